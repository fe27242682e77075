"""Columns of a SQLite store's graph: a statement fetches a column as one JSON text, which is not a tuple for each row.

Of some calls, or of the whole store; and closures found in arrays, where they are a good part of the store.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable
from sqlite3 import Connection
from typing import Any, NamedTuple

import numpy as np

from mandala_graph.store.reach import Direction, Edges, Ints, Part, distinct

__all__ = ["Columns", "last", "part", "part_of_whole", "some", "whole"]

_AT_ONCE = 5_000_000  # rows in one text: SQLite's longest has 1 GB, and a hid takes 43 bytes of it
_FEW = 64  # nodes from which on a step in arrays costs less than one by one
_CALL = ("c.nid", "c.hid", "c.op")
_INPUT = ("e.target", "e.name", 'e."index"', "e.source")
_OUTPUT = ("e.source", "e.name", "e.target")
_REF = ("r.nid", "r.hid", "r.value IS NOT NULL AND r.structure IS NULL")
_TEXTS = {"c.hid", "c.op", "e.name", "r.hid"}


class Columns(NamedTuple):
    """Calls, their edges and refs, by nid; `inputs` and `outputs` are (call, label, index, ref)."""

    calls: Ints
    call_hids: list[str]
    ops: list[str]
    inputs: tuple[Ints, list[str], Ints, Ints]
    outputs: tuple[Ints, list[str], Ints, Ints]
    refs: Ints
    ref_hids: list[str]
    native: Ints
    made: Ints


def whole(db: Connection, last_call: int, last_ref: int) -> Columns:
    """The whole store up to these nids, in four statements for up to millions of nodes."""
    calls, call_hids, ops = _pages(db, _CALL, "call c WHERE c.status = 'ok' AND c.nid", last_call)
    callers, labels, indices, used = _pages(db, _INPUT, "edge_input e WHERE e.target", last_call)
    makers, names, made = _pages(db, _OUTPUT, "edge_output e WHERE e.source", last_call)
    refs, ref_hids, native = _pages(db, _REF, "ref r WHERE r.nid", last_ref)
    return Columns(
        calls,
        call_hids,
        ops,
        (callers, labels, indices, used),
        (makers, names, np.full(len(makers), -1), made),
        refs,
        ref_hids,
        native,
        np.isin(refs, made).astype(np.int64),
    )


def some(db: Connection, calls: list[int], refs: list[int], known: Container[str]) -> Columns:
    """These calls with all their edges (but of known ones), and these refs."""
    nids, call_hids, ops = _of(db, _CALL, "call c ON c.nid = j.value WHERE c.status = 'ok'", calls)
    new = [n for n, hid in zip(nids.tolist(), call_hids, strict=True) if hid not in known]
    callers, labels, indices, used = _of(db, _INPUT, "edge_input e ON e.target = j.value", new)
    makers, names, made = _of(db, _OUTPUT, "edge_output e ON e.source = j.value", new)
    wanted = distinct(np.concatenate([used, made, np.array(refs, np.int64)])).tolist()
    maker = "EXISTS (SELECT 1 FROM edge_output o WHERE o.target = r.nid)"
    found, ref_hids, native, computed = _of(db, (*_REF, maker), "ref r ON r.nid = j.value", wanted)
    return Columns(
        nids,
        call_hids,
        ops,
        (callers, labels, indices, used),
        (makers, names, np.full(len(makers), -1), made),
        found,
        ref_hids,
        native,
        computed,
    )


def part(c: Columns, calls: list[int], refs: list[int], known: Container[str] = ()) -> Part:
    """Of columns, the calls and refs of these nids, with the edges of calls that are not known."""
    kept, order = _places(c.calls, np.array(calls, np.int64))
    call_hids = [c.call_hids[i] for i in order.tolist()]
    new = kept[[hid not in known for hid in call_hids]] if known else kept
    picked = [_edges(e, new) for e in (c.inputs, c.outputs)]
    wanted, at = _places(c.refs, distinct(np.concatenate([picked[0][3], picked[1][3], np.array(refs, np.int64)])))
    return Part(
        call_hids,
        [c.ops[i] for i in order.tolist()],
        [c.ref_hids[i] for i in at.tolist()],
        c.native[at] & ~c.made[at] & 1,
        c.made[at],
        *[
            Edges(np.searchsorted(kept, callers), labels, indices, np.searchsorted(wanted, ends))
            for callers, labels, indices, ends in picked
        ],
    )


def _places(have: Ints, wanted: Ints) -> tuple[Ints, Ints]:
    """Those of `wanted` that are there, sorted, and where."""
    order = np.argsort(have, kind="stable")
    ranked = have[order]
    wanted = distinct(wanted)
    at = np.searchsorted(ranked, wanted)
    there = (at < len(ranked)) & (ranked[np.minimum(at, len(ranked) - 1)] == wanted) if len(ranked) else at < 0
    return wanted[there], order[at[there]]


def _edges(edges: tuple[Ints, list[str], Ints, Ints], calls: Ints) -> tuple[Ints, list[str], Ints, Ints]:
    """The edges of these calls, given sorted."""
    callers, labels, indices, refs = edges
    mine = np.flatnonzero(np.isin(callers, calls))
    if len(mine) == len(callers):
        return edges
    return callers[mine], [labels[i] for i in mine.tolist()], indices[mine], refs[mine]


# -- fetching ------------------------------------------------------------------------------------------
def last(db: Connection) -> tuple[int, int]:
    """The highest nids of calls and refs."""
    sql = "SELECT (SELECT max(nid) FROM call), (SELECT max(nid) FROM ref)"
    return tuple(n or 0 for n in db.execute(sql).fetchone())  # type: ignore[return-value]


def _pages(db: Connection, columns: tuple[str, ...], source: str, last: int) -> list[Any]:
    pages = [(n, n + _AT_ONCE - 1) for n in range(0, last + 1, _AT_ONCE)]
    return _fetch(db, columns, f"{source} BETWEEN ? AND ?", pages)


def _of(db: Connection, columns: tuple[str, ...], join: str, keys: list[int]) -> list[Any]:
    pages = [(json.dumps(keys[i : i + _AT_ONCE]),) for i in range(0, len(keys), _AT_ONCE)]
    return _fetch(db, columns, f"json_each(?) j CROSS JOIN {join}", pages)


def _fetch(db: Connection, columns: tuple[str, ...], source: str, pages: Iterable[tuple[object, ...]]) -> list[Any]:
    """The columns of a source, page after page: texts as a list, numbers as an array."""
    sql = f"SELECT {', '.join(f'json_group_array({c})' for c in columns)} FROM {source}"
    found: list[list[Any]] = [[] for _ in columns]
    for page in pages:
        for parts, name, text in zip(found, columns, db.execute(sql, page).fetchone(), strict=True):
            parts.append(json.loads(text) if name in _TEXTS else _numbers(text))
    return [
        [x for p in parts for x in p] if name in _TEXTS else np.concatenate([np.zeros(0, np.int64), *parts])
        for name, parts in zip(columns, found, strict=True)
    ]


def _numbers(text: str) -> Ints:
    inside = text[1:-1]
    return np.fromstring(inside, np.int64, sep=",") if inside else np.zeros(0, np.int64)


# -- closures ------------------------------------------------------------------------------------------
def part_of_whole(
    c: Columns, refs: list[str], calls: list[str], direction: Direction, follow: list[str], known: Container[str]
) -> Part:
    """Of a whole store, what is up or down from refs, as `Reader.reach` defines it."""
    at = dict(zip(c.ref_hids, c.refs.tolist(), strict=True))
    starts = [at[h] for h in refs if h in at]
    plain = set(c.refs[(c.native == 1) & (c.made == 0)].tolist())
    leading = starts if direction == "back" else [r for r in starts if r not in plain]
    found = _closure(c, [*leading, *[at[h] for h in follow if h in at]], direction)
    if calls:
        call_at = dict(zip(c.call_hids, c.calls.tolist(), strict=True))
        found += [call_at[h] for h in calls if h in call_at]
    return part(c, found, starts, known)


def _closure(c: Columns, starts: list[int], direction: Direction) -> list[int]:
    """nids of the calls that are reached from refs, as `reach_sqlite` defines it."""
    (callers, _, _, used), (makers, _, _, made) = c.inputs, c.outputs
    size = 2 * (1 + max((int(a.max()) for a in (c.calls, c.refs) if len(a)), default=0))
    sources, targets = [], []

    def lead(a: Ints, b: Ints) -> None:
        sources.append(a)
        targets.append(b)

    if direction in ("back", "both"):
        lead(made * 2, makers * 2 + 1)
    if direction == "back":
        lead(callers * 2 + 1, used * 2)
    else:
        plain = np.zeros(size, bool)
        plain[c.refs] = (c.native == 1) & (c.made == 0)
        lead(used * 2, callers * 2 + 1)
        lead(makers * 2 + 1, made * 2)
        lead(callers[~plain[used]] * 2 + 1, used[~plain[used]] * 2)
    seen = _reached(size, np.concatenate(sources), np.concatenate(targets), np.array(starts, np.int64) * 2)
    return np.flatnonzero(seen[1::2]).tolist()


def _reached(size: int, sources: Ints, targets: Ints, starts: Ints) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which nodes can be reached: in steps of arrays while many are new at once, one by one while few are."""
    targets = targets[np.argsort(sources, kind="stable")]
    first = np.concatenate([[0], np.cumsum(np.bincount(sources, minlength=size))])
    flags = bytearray(size)
    seen = np.frombuffer(flags, np.bool_)
    layer = distinct(starts)
    seen[layer] = True
    near: list[int] | None = None
    while len(layer):
        if len(layer) >= _FEW:
            count = first[layer + 1] - first[layer]
            at = np.arange(count.sum()) + np.repeat(first[layer] - (np.cumsum(count) - count), count)
            layer = distinct(targets[at])
            layer = layer[~seen[layer]]
            seen[layer] = True
            continue
        if near is None:
            near, begin = targets.tolist(), first.tolist()
        todo = layer.tolist()
        while todo and len(todo) < 2 * _FEW:
            n = todo.pop()
            for m in near[begin[n] : begin[n + 1]]:
                if not flags[m]:
                    flags[m] = 1
                    todo.append(m)
        layer = np.array(todo, np.int64)
    return seen
