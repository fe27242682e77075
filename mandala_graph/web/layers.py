"""Columns for a left-to-right picture: each node after those that feed it."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["layers"]


def layers(nodes: Iterable[str], edges: Iterable[tuple[str, str]], focus: str | None = None) -> dict[str, int]:
    """The column of each node: the longest way from a start. A start stands just before what it feeds.

    Edges that close a cycle do not count. With a focus its column is 0, those upstream are negative: so nothing moves
    when more is shown on one side only.

    >>> layers("abc", [("a", "b"), ("b", "c"), ("c", "b")])
    {'a': 0, 'b': 1, 'c': 2}
    """
    order = list(nodes)
    after: dict[str, list[str]] = {n: [] for n in order}
    for s, t in edges:
        if s != t and s in after and t in after:
            after[s].append(t)
    fed = {t for ts in after.values() for t in ts}
    topological, ahead = _sorted(order, after, fed)
    rank = dict.fromkeys(order, 0)
    for n in topological:
        for t in ahead[n]:
            rank[t] = max(rank[t], rank[n] + 1)
    for n in reversed(topological):
        if n not in fed and ahead[n]:
            rank[n] = min(rank[t] for t in ahead[n]) - 1
    first = min(rank.values(), default=0) if focus is None or focus not in rank else rank[focus]
    return {n: r - first for n, r in rank.items()}


def _sorted(order: list[str], after: dict[str, list[str]], fed: set[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Nodes in an order along the edges, and the edges without those that lead back to a node on the way to them."""
    state: dict[str, int] = {}
    finished: list[str] = []
    ahead: dict[str, list[str]] = {n: [] for n in order}
    for root in sorted(order, key=lambda n: n in fed):
        if root in state:
            continue
        state[root] = 1
        stack = [(root, iter(after[root]))]
        while stack:
            node, left = stack[-1]
            for t in left:
                if state.get(t) == 1:
                    continue
                ahead[node].append(t)
                if t not in state:
                    state[t] = 1
                    stack.append((t, iter(after[t])))
                    break
            else:
                state[node] = 2
                finished.append(node)
                stack.pop()
    return finished[::-1], ahead
