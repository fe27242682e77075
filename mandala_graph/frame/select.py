"""Smaller frames from a frame: induced by nodes, by elements, by reachability, by filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from mandala_graph.frame.body import Body
from mandala_graph.frame.order import components

__all__ = [
    "How",
    "between",
    "ends",
    "filtered",
    "induced",
    "neighbours",
    "reached",
    "restricted",
    "without_broken_calls",
]

How = Literal["strong", "weak"]
Elements = dict[str, set[int]]


def induced(body: Body, nodes: Iterable[str]) -> Body:
    """These nodes with the edges among them."""
    keep = set(nodes)
    new = body.copy()
    for n in body.nodes():
        if n not in keep:
            new.drop_node(n)
    return new


def restricted(body: Body, elements: Mapping[str, set[int]]) -> Body:
    """All nodes, each with those of its elements that are given."""
    new = body.copy()
    for table in (new.vars, new.funcs):
        for n in table:
            table[n] &= elements.get(n, set())
    return new


def neighbours(body: Body, node: str, elements: set[int], back: bool) -> Elements:
    """What is directly up or down from these elements of a node, by node."""
    found: Elements = {}
    for other, label in (body.ins if back else body.outs)[node]:
        edge = (other, node, label) if back else (node, other, label)
        here, there = (1, 0) if back else (0, 1)
        found.setdefault(other, set()).update(p[there] for p in body.pairs(edge) if p[here] in elements)
    return found


def ends(body: Body, back: bool) -> Elements:
    """By node, the elements that nothing in the frame feeds (`back`), or that feed nothing."""
    found = {n: set(body.elements(n)) for n in body.nodes()}
    for edge in body.edges:
        source, target, _ = edge
        for a, b in body.pairs(edge):
            if back:
                found[target].discard(b)
            else:
                found[source].discard(a)
    return found


def reached(body: Body, starts: Mapping[str, set[int]], back: bool, how: How) -> Elements:
    """By node, what can be reached from these elements.

    `weak`: along any element edge. `strong`: a call is reached only with all of its wired inputs (going back:
    with all of its outputs that the frame holds).
    """
    near: dict[tuple[str, int], list[tuple[str, int]]] = {}
    needs: dict[tuple[str, int], set[tuple[str, int]]] = {}
    for edge in body.edges:
        source, target, label = edge
        for a, b in body.pairs(edge):
            p, q = ((target, b), (source, a)) if back else ((source, a), (target, b))
            near.setdefault(p, []).append(q)
            if q[0] in body.funcs:
                needs.setdefault(q, set()).add((label, p[1]))
    labels: dict[tuple[str, str], list[str]] = {}
    for s, t, label in body.edges:
        v, f = (s, t) if s in body.vars else (t, s)
        labels.setdefault((v, f), []).append(label)
    seen: set[tuple[str, int]] = {(n, x) for n, xs in starts.items() for x in xs}
    todo = list(seen)
    while todo:
        p = todo.pop()
        for q in near.get(p, ()):
            if q in seen:
                continue
            if how == "strong" and q[0] in body.funcs:
                open_ = needs[q]
                open_ -= {(label, p[1]) for label in labels[p[0], q[0]]}
                if open_:
                    continue
            seen.add(q)
            todo.append(q)
    found: Elements = {n: set() for n in body.nodes()}
    for n, x in seen:
        found[n].add(x)
    return found


def between(body: Body, nodes: Iterable[str]) -> set[str]:
    """The nodes on ways from one of these to another, those of cycles that such a way crosses too."""
    nodes = list(nodes)
    found: set[str] = set()
    for a in nodes:
        down = body.reachable([a], back=False) | {a}
        for b in nodes:
            if a != b and b in down:
                found |= down & (body.reachable([b], back=True) | {b})
    return found | (set(nodes) if len(nodes) == 1 else set())


def without_broken_calls(body: Body) -> None:
    """Drop, in place, every call that has no ref left in a variable wired to one of its inputs."""
    web = body.web
    for f, calls in body.funcs.items():
        wired: dict[str, list[set[int]]] = {}
        for v, label in body.ins[f]:
            wired.setdefault(label, []).append(body.vars[v])
        broken = [
            c
            for c in calls
            if any(label in wired and not any(r in held for held in wired[label]) for label, r in web.ins[c])
        ]
        calls.difference_update(broken)


def filtered(body: Body, keep: Mapping[str, set[int]]) -> Body:
    """Drop the elements of these nodes that are not to be kept, and what means nothing without them.

    A call goes with a wired input or output of its own; an element that had neighbours goes with the last.
    """
    near: dict[tuple[str, int], set[tuple[str, int]]] = {}
    homes: dict[tuple[tuple[str, int], int, str, int], int] = {}  # (call, side, label, ref) -> variables that hold it
    uses: dict[tuple[str, int], list[tuple[tuple[str, int], int, str, int]]] = {}
    for edge in body.edges:
        source, target, label = edge
        side = 0 if source in body.vars else 1
        for a, b in body.pairs(edge):
            p, q = (source, a), (target, b)
            near.setdefault(p, set()).add(q)
            near.setdefault(q, set()).add(p)
            call, ref = (q, p) if side == 0 else (p, q)
            wire = (call, side, label, ref[1])
            homes[wire] = homes.get(wire, 0) + 1
            uses.setdefault(ref, []).append(wire)
    gone = {(n, x) for n, kept in keep.items() for x in body.elements(n) - kept}
    todo = list(gone)
    while todo:
        e = todo.pop()
        for wire in uses.get(e, ()):
            homes[wire] -= 1
            if not homes[wire] and wire[0] not in gone:
                gone.add(wire[0])
                todo.append(wire[0])
        for other in near.get(e, ()):
            near[other].discard(e)
            if not near[other] and other not in gone:
                gone.add(other)
                todo.append(other)
    new = body.copy()
    for n, x in gone:
        new.elements(n).discard(x)
    return new


def cyclic(body: Body) -> bool:
    """Has the graph of nodes a cycle?"""
    return any(len(g) > 1 for g in components(body))
