"""Walks under filters: of all calls up or down from one node, those that the filters leave, and the refs beside them.

The way itself is not narrowed: what stands between is walked through and not drawn. So the best results made from a data
set are found, though the calls that led to them have no such result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mandala_graph.web.filters import Filters, literal, pasted
from mandala_graph.web.rows import Rows
from mandala_graph.web.walk import ALL, Walk

__all__ = ["as_cypher", "as_python", "narrowed", "reached"]

_MOST = 100_000
"""So many calls are counted; there may be more."""


def reached(hid: str, is_ref: bool, way: str, depth: int, end: str) -> str:
    """The pattern of what is up or down from a node; `end` is the node at its other end."""
    hops = "*0.." if depth >= ALL else f"*0..{depth}"
    start = f"(s:{'Ref' if is_ref else 'Call'} {{hid: {literal(hid)}}})"
    left, right = ("<-", "-") if way == "up" else ("-", "->")
    return f"{start}{left}[:INPUT|OUTPUT{hops}]{right}{end}"


def _calls(hid: str, is_ref: bool, way: str, depth: int, filters: Filters, result: str) -> tuple[str, dict[str, Any]]:
    where, given = filters.where()
    return f"MATCH {reached(hid, is_ref, way, depth, '(c:Call)')} WITH DISTINCT c{where} RETURN {result}", given


def narrowed(rows: Rows, hid: str, kind: str, ways: Sequence[str], depth: int, limit: int, filters: Filters) -> Walk:
    """The walk with what the filters leave; the start always is in it."""
    walk = Walk(rows, limit, ALL, strict=False)
    walk.add([hid], kind)
    for way in ways:
        result = "c.hid AS call ORDER BY c.started, c.hid LIMIT $limit"
        statement, given = _calls(hid, kind == "ref", way, depth, filters, result)
        found = [h for (h,) in rows.browser.query(statement, **given, limit=_MOST).rows]
        rows.need_calls(found[:limit])
        beside = {h: _refs(rows, h) for h in found[:limit]}
        met = _met(rows, hid, kind == "ref", way, depth, {r for refs in beside.values() for r in refs})
        shown = 0
        for call, refs in beside.items():
            near = [r for r in refs if r in met and r not in walk.nodes]
            if len(near) + (call not in walk.nodes) > walk.room():
                break
            walk.add([call], "call")
            walk.add(near, "ref")
            shown += 1
        walk.left_out += len(found) - shown
    return walk


def _refs(rows: Rows, call: str) -> list[str]:
    row = rows.calls[call]
    return list(dict.fromkeys([*(e.ref for e in row.inputs), *(r for _, r in row.outputs)]))


def _met(rows: Rows, hid: str, is_ref: bool, way: str, depth: int, refs: set[str]) -> set[str]:
    """Those of these refs that the walk reaches."""
    statement = f"MATCH {reached(hid, is_ref, way, depth, '(r:Ref)')} WITH DISTINCT r WHERE r.hid IN $refs RETURN r.hid"
    return {h for (h,) in rows.browser.query(statement, refs=sorted(refs)).rows}


def as_cypher(hid: str, is_ref: bool, ways: Sequence[str], depth: int, filters: Filters) -> str:
    """The calls of the walk as a query, to be pasted."""
    parts = [_calls(hid, is_ref, way, depth, filters, "c") for way in ways]
    return "\nUNION\n".join(pasted(statement, given) for statement, given in parts)


def as_python(frame: str, hid: str, is_ref: bool, ways: Sequence[str], depth: int, filters: Filters) -> str:
    """The frame of the walk, `frame` being the program without filters."""
    statement = as_cypher(hid, is_ref, ways, depth, filters).replace("RETURN c", "RETURN c.hid AS call")
    return (
        f'{frame}\ncalls = storage.query({statement!r})["call"]\n'
        'cf = cf.isin(calls, by="hid", node_class="func").cleanup()'
    )
