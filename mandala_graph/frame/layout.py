"""Where the nodes of a small directed graph go in a picture: layers from left to right, few crossings.

Boxes in, places out; nothing here knows what is drawn. Edges that close a cycle are turned round while the
layers are found, and long edges pass through places of their own in every layer between.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Layout", "Place", "layout"]

LAYER_GAP = 84.0
ROW_GAP = 26.0
WAY = "\0way"


@dataclass
class Place:
    """Centre and size of a box."""

    x: float
    y: float
    width: float
    height: float


@dataclass
class Layout:
    """Places of nodes, the way of each edge as points (ends left out), and which edges run backwards."""

    places: dict[str, Place]
    ways: list[list[tuple[float, float]]]
    backward: list[bool]
    width: float
    height: float


def layout(sizes: dict[str, tuple[float, float]], edges: list[tuple[str, str]], gap: float = LAYER_GAP) -> Layout:
    """Places for boxes of these sizes (width, height), joined by these edges, with this gap between layers."""
    backward = _cycle_edges(list(sizes), edges)
    forward = [(t, s) if b else (s, t) for (s, t), b in zip(edges, backward, strict=True)]
    rank = _ranks(list(sizes), [e for e in forward if e[0] != e[1]])
    layers: dict[int, list[str]] = defaultdict(list)
    for n in sizes:
        layers[rank[n]].append(n)
    size = dict(sizes)
    links: list[tuple[str, str]] = []
    chains: list[list[str]] = []
    for i, (s, t) in enumerate(forward):
        chain = []
        if s != t:
            last = s
            for r in range(rank[s] + 1, rank[t]):
                way = f"{WAY}{i}:{r}"
                size[way] = (0.0, 14.0)
                rank[way] = r
                layers[r].append(way)
                links.append((last, way))
                chain.append(way)
                last = way
            links.append((last, t))
        chains.append(chain)
    order = [layers[r] for r in sorted(layers)]
    _fewer_crossings(order, links)
    places = _place(order, size, links, max(gap, LAYER_GAP))
    ways = []
    for chain, back in zip(chains, backward, strict=True):
        points = [(places[w].x, places[w].y) for w in chain]
        ways.append(points[::-1] if back else points)
    nodes = {n: places[n] for n in sizes}
    left = min((p.x - p.width / 2 for p in places.values()), default=0)
    top = min((p.y - p.height / 2 for p in places.values()), default=0)
    for p in nodes.values():
        p.x, p.y = p.x - left, p.y - top
    ways = [[(x - left, y - top) for x, y in way] for way in ways]
    width = max((p.x + p.width / 2 for p in nodes.values()), default=0)
    height = max([p.y + p.height / 2 for p in nodes.values()] + [y for w in ways for _, y in w], default=0)
    return Layout(nodes, ways, backward, width, height)


def _cycle_edges(nodes: list[str], edges: list[tuple[str, str]]) -> list[bool]:
    """Which edges lead back to a node on the way to them, walking from sources first."""
    out: dict[str, list[int]] = defaultdict(list)
    fed = {t for s, t in edges if s != t}
    for i, (s, _) in enumerate(edges):
        out[s].append(i)
    state: dict[str, int] = {}
    back = [False] * len(edges)
    for root in sorted(nodes, key=lambda n: (n in fed, nodes.index(n))):
        if root in state:
            continue
        state[root] = 1
        stack = [(root, iter(out[root]))]
        while stack:
            node, left = stack[-1]
            for i in left:
                t = edges[i][1]
                if state.get(t) == 1:
                    back[i] = True
                elif t not in state:
                    state[t] = 1
                    stack.append((t, iter(out[t])))
                    break
            else:
                state[node] = 2
                stack.pop()
    return back


def _ranks(nodes: list[str], edges: list[tuple[str, str]]) -> dict[str, int]:
    """Longest way from a source; a source moves right to just before what it feeds."""
    after: dict[str, list[str]] = defaultdict(list)
    waits = dict.fromkeys(nodes, 0)
    for s, t in edges:
        after[s].append(t)
        waits[t] += 1
    rank = dict.fromkeys(nodes, 0)
    todo = [n for n in nodes if not waits[n]]
    sources = list(todo)
    while todo:
        n = todo.pop()
        for t in after[n]:
            rank[t] = max(rank[t], rank[n] + 1)
            waits[t] -= 1
            if not waits[t]:
                todo.append(t)
    for n in sources:
        if after[n]:
            rank[n] = min(rank[t] for t in after[n]) - 1
    return rank


def _fewer_crossings(order: list[list[str]], links: list[tuple[str, str]]) -> None:
    """Sort each layer by the mean position of its neighbours, forth and back, keeping the best order seen."""
    up: dict[str, list[str]] = defaultdict(list)
    down: dict[str, list[str]] = defaultdict(list)
    for s, t in links:
        up[t].append(s)
        down[s].append(t)
    best, fewest = [list(x) for x in order], _crossings(order, down)
    for turn in range(8):
        if not fewest:
            break
        forth = turn % 2 == 0
        near = up if forth else down
        sequence = range(1, len(order)) if forth else range(len(order) - 2, -1, -1)
        for r in sequence:
            fixed = {n: i for i, n in enumerate(order[r - 1 if forth else r + 1])}
            old = {n: i for i, n in enumerate(order[r])}

            def key(n: str, fixed: dict[str, int] = fixed, old: dict[str, int] = old) -> tuple[float, int]:
                at = [fixed[m] for m in near[n] if m in fixed]  # noqa: B023
                return (sum(at) / len(at) if at else old[n], old[n])

            order[r].sort(key=key)
        now = _crossings(order, down)
        if now < fewest:
            best, fewest = [list(x) for x in order], now
    order[:] = best


def _crossings(order: list[list[str]], down: dict[str, list[str]]) -> int:
    total = 0
    for a, b in pairwise(order):
        at = {n: i for i, n in enumerate(b)}
        ends = [sorted(at[t] for t in down[n] if t in at) for n in a]
        flat = [(i, e) for i, es in enumerate(ends) for e in es]
        total += sum(1 for i, (a1, e1) in enumerate(flat) for a2, e2 in flat[i + 1 :] if a1 < a2 and e1 > e2)
    return total


def _place(
    order: list[list[str]], size: dict[str, tuple[float, float]], links: list[tuple[str, str]], gap: float
) -> dict[str, Place]:
    """Columns side by side; within one, boxes as near to their neighbours' heights as the order allows."""
    near: dict[str, list[str]] = defaultdict(list)
    for s, t in links:
        near[s].append(t)
        near[t].append(s)
    places: dict[str, Place] = {}
    x = 0.0
    for layer in order:
        width = max((size[n][0] for n in layer), default=0)
        y = 0.0
        for n in layer:
            w, h = size[n]
            places[n] = Place(x + width / 2, y + h / 2, w, h)
            y += h + ROW_GAP
        shift = -(y - ROW_GAP) / 2
        for n in layer:
            places[n].y += shift
        x += width + gap
    for turn in range(12):
        for layer in order if turn % 2 == 0 else order[::-1]:
            wanted = [sum(places[m].y for m in near[n]) / len(near[n]) if near[n] else places[n].y for n in layer]
            _settle([places[n] for n in layer], wanted)
    return places


def _settle(column: list[Place], wanted: list[float]) -> None:
    """Move boxes to where they want to be, without changing their order or letting them touch."""
    blocks: list[list[float]] = []  # [sum of wishes, boxes, start, length]
    tops: list[float] = []
    offset = 0.0
    for p, w in zip(column, wanted, strict=True):
        tops.append(offset + p.height / 2)
        blocks.append([w - tops[-1], 1.0])
        offset += p.height + ROW_GAP
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    i = 0
    for total, count in blocks:
        for _ in range(int(count)):
            column[i].y = total / count + tops[i]
            i += 1
