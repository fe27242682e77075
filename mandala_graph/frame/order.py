"""Orders of a frame's nodes: along the edges, with cycles kept together."""

from __future__ import annotations

from mandala_graph.frame.body import Body

__all__ = ["along_edges", "components"]


def components(body: Body) -> list[list[str]]:
    """Strongly connected groups of nodes, each after those that feed it; within one, in order of creation.

    Where edges leave a choice, the group whose oldest node is older comes first, so the order is the same for
    every insertion order of edges.
    """
    nodes = body.nodes()
    place = {n: i for i, n in enumerate(nodes)}
    group: dict[str, int] = {}
    groups: list[list[str]] = []
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    for root in nodes:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        work = [(root, iter(_targets(body, root)))]
        while work:
            node, targets = work[-1]
            for t in targets:
                if t not in index:
                    index[t] = low[t] = len(index)
                    stack.append(t)
                    on_stack.add(t)
                    work.append((t, iter(_targets(body, t))))
                    break
                if t in on_stack:
                    low[node] = min(low[node], index[t])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    members = []
                    while True:
                        n = stack.pop()
                        on_stack.discard(n)
                        group[n] = len(groups)
                        members.append(n)
                        if n == node:
                            break
                    groups.append(sorted(members, key=place.__getitem__))
    return _sorted(body, groups, group, place)


def _targets(body: Body, node: str) -> list[str]:
    return list(dict.fromkeys(t for t, _ in body.outs[node]))


def _sorted(body: Body, groups: list[list[str]], group: dict[str, int], place: dict[str, int]) -> list[list[str]]:
    import heapq

    waits = [0] * len(groups)
    after: list[set[int]] = [set() for _ in groups]
    for source, target, _ in body.edges:
        a, b = group[source], group[target]
        if a != b and b not in after[a]:
            after[a].add(b)
            waits[b] += 1
    ready = [(place[g[0]], i) for i, g in enumerate(groups) if not waits[i]]
    heapq.heapify(ready)
    found = []
    while ready:
        _, i = heapq.heappop(ready)
        found.append(groups[i])
        for j in after[i]:
            waits[j] -= 1
            if not waits[j]:
                heapq.heappush(ready, (place[groups[j][0]], j))
    return found


def along_edges(body: Body) -> list[str]:
    """All nodes, each after those that feed it (the nodes of a cycle stand together)."""
    return [n for g in components(body) for n in g]
