"""Union, intersection and difference of frames, node by node of the same name."""

from __future__ import annotations

from mandala_graph.errors import FrameError
from mandala_graph.frame.body import Body
from mandala_graph.frame.select import without_broken_calls
from mandala_graph.frame.web import Web
from mandala_graph.store.reach import Part

__all__ = ["difference", "intersection", "moved", "union"]


def moved(body: Body, web: Web) -> Body:
    """The same body over another web of the same store."""
    if body.web is web:
        return body
    old = body.web
    calls = sorted(set().union(*body.funcs.values()))
    refs = set().union(*body.vars.values())
    refs.update(r for c in calls for _, r in (*old.ins[c], *old.outs[c]))
    place: dict[int, int] = {}
    inputs = []
    for c in calls:
        for i, (label, r) in enumerate(old.ins[c]):
            inputs.append((c, label, i, r))
    web.load(
        Part.of_rows(
            [(c, old.call_ids[c], old.call_op[c]) for c in calls],
            [(r, old.ref_ids[r], int(old.scalar[r]), int(old.computed[r])) for r in sorted(refs)],
            inputs,
            [(c, label, r) for c in calls for label, r in old.outs[c]],
        )
    )
    new = body.copy()
    new.web = web
    place = {r: web.ref_of[old.ref_ids[r]] for r in refs}
    new.vars = {n: {place[r] for r in xs} for n, xs in body.vars.items()}
    new.funcs = {n: {web.call_of[old.call_ids[c]] for c in xs} for n, xs in body.funcs.items()}
    return new


def _check(a: Body, b: Body) -> None:
    for n in a.nodes():
        if (n in a.vars and n in b.funcs) or (n in a.funcs and n in b.vars):
            raise FrameError(f"{n} is a variable in one frame and a function in the other: rename one first.")
        if n in a.funcs and n in b.funcs and a.ops[n] != b.ops[n]:
            raise FrameError(
                f"{n} holds calls of {a.ops[n]} in one frame and of {b.ops[n]} in the other: rename one first."
            )


def union(a: Body, b: Body) -> Body:
    _check(a, b)
    new = a.copy()
    for n, refs in b.vars.items():
        if n not in new.vars:
            new.add_var(n)
        new.vars[n] |= refs
    for n, calls in b.funcs.items():
        if n not in new.funcs:
            new.add_func(n, b.ops[n])
        new.funcs[n] |= calls
    for edge in b.edges:
        new.add_edge(edge)
    new.pinned |= b.pinned
    _complete(new)
    return new


def _complete(body: Body) -> None:
    """Where one frame wired an input and the other held the call without it, the call's ref comes too."""
    web = body.web
    for f, calls in body.funcs.items():
        for label in dict.fromkeys(x for _, x in body.ins[f]):
            homes = body.wired(f, label, 0)
            missing = web.refs_at(calls, 0, label) - set().union(*[body.vars[v] for v in homes])
            if missing:
                body.vars[min(homes, key=body.home_order())] |= missing


def intersection(a: Body, b: Body) -> Body:
    _check(a, b)
    new = a.copy()
    for n in a.nodes():
        if n not in b.vars and n not in b.funcs:
            new.drop_node(n)
        else:
            new.elements(n).intersection_update(b.elements(n))
    for edge in a.edges:
        if edge not in b.edges:
            new.drop_edge(edge)
    without_broken_calls(new)
    return new


def difference(a: Body, b: Body) -> Body:
    _check(a, b)
    new = a.copy()
    for n in a.nodes():
        if n in b.vars or n in b.funcs:
            new.elements(n).difference_update(b.elements(n))
    without_broken_calls(new)
    return new
