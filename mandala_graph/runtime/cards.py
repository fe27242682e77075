"""What notebooks show of refs, calls and storages: from rows of the graph and what is in memory; no value is loaded."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mandala_graph.display import Row, card, said, size, took, without_password
from mandala_graph.errors import MandalaGraphError, QueryTimeout
from mandala_graph.model import Call, Ref
from mandala_graph.store.protocol import RefRow
from mandala_graph.structures import MAKE_OPS

if TYPE_CHECKING:
    from mandala_graph.storage import Storage

__all__ = ["of_call", "of_ref", "of_storage"]

_SHOWN = 12
"""So many inputs, elements or ops are listed."""

_SHORT = 120
_PATIENCE = 2.0
"""Seconds that counting for a card may take."""


def of_ref(storage: Storage, ref: Ref) -> str:
    """Value or preview, type, size, which call made it."""
    try:
        storage.writer.flush()
        row = storage.store.refs([ref.hid]).get(ref.hid)
        maker = storage.get_ref_creator(ref)
    except MandalaGraphError as problem:
        return card("ref", ref.type, [*_held(ref), ("id", ref.hid), ("store", str(problem))])
    rows: list[Row] = [("value", _words(ref, row, None))] if row is not None or ref.in_memory else []
    if row is None:
        rows.append(("store", "not in this store: of another one, or its calls were dropped"))
    elif ref.structure is None:
        rows.append(("size", size(row.nbytes)))
    elif maker is not None and maker.op.name in MAKE_OPS:
        rows += _listed(storage, _flat({name: given for name, given in maker.inputs.items() if name != "keys"}))
    if maker is not None:
        label = next((name for name, made in maker.outputs.items() if made.hid == ref.hid), "")
        rows.append(("made by", f"{maker.op.name} ({label})" if label else maker.op.name))
    elif row is not None:
        rows.append(("made by", "no call: it came from outside"))
    return card("ref", ref.type, [*rows, ("id", ref.hid)])


def _held(ref: Ref) -> list[Row]:
    return [("value", said(ref._obj))] if ref.in_memory and ref.structure is None else []


def _words(ref: Ref, row: RefRow | None, longest: int | None) -> str:
    """A value that is in memory as it is, any other as the store describes it."""
    if row is not None and row.dropped is not None and not ref.in_memory:
        return f"{row.preview} (dropped; running its call again makes it again)"
    if ref.in_memory and ref.structure is None:
        return said(ref._obj) if longest is None else said(ref._obj, longest)
    return row.preview if row is not None else f"<{ref.type}, not loaded>"


def of_call(storage: Storage, call: Call) -> str:
    """Inputs, outputs, when, how long, of which version."""
    rows: list[Row] = []
    try:
        for side, refs in ("input", _flat(call.inputs)), ("output", _flat(call.outputs)):
            rows.append((side if len(refs) == 1 else side + "s", "" if refs else "none"))
            rows += _listed(storage, refs)
    except MandalaGraphError as problem:
        rows = [("store", str(problem))]
    return card("call" if call.status == "ok" else f"call, {call.status}", call.op.name, [*rows, *_times(call)])


def _listed(storage: Storage, refs: list[tuple[str, Ref]]) -> list[Row]:
    """The first of these refs, by name."""
    first, more = refs[:_SHOWN], len(refs) - _SHOWN
    rows_of = storage.store.refs({r.hid for _, r in first})
    rows = [(f" {name}", _words(r, rows_of.get(r.hid), _SHORT)) for name, r in first]
    return rows if more <= 0 else [*rows, (" …", f"and {more:,} more")]


def _flat(edges: Any) -> list[tuple[str, Ref]]:
    """(name, ref), with a number for each element of a structure."""
    found: list[tuple[str, Ref]] = []
    for name, given in edges.items():
        if isinstance(given, tuple):
            found += [(f"{name}[{i}]", r) for i, r in enumerate(given)]
        else:
            found.append((name, given))
    return found


def _times(call: Call) -> Iterable[Row]:
    if call.started:
        yield "started", datetime.datetime.fromtimestamp(call.started).isoformat(" ", "seconds")
    if call.started and call.duration is not None:
        yield "took", took(call.duration)
    if call.version:
        yield "version", call.version[:12]
    yield "id", call.hid


def of_storage(storage: Storage) -> str:
    """Where it is, how much is in it, and how calls were answered since it was opened."""
    try:
        storage.writer.flush()
        facts, counts = storage.store.info(), storage.store.counts()
        of_op = _calls_of_ops(storage)
    except MandalaGraphError as problem:
        return card("storage", without_password(storage.location), [("store", str(problem))])
    rows: list[Row] = [
        ("engine", {"sqlite": "SQLite", "neo4j": "Neo4j"}.get(facts.engine, facts.engine)),
        ("holds", ", ".join(_count(counts[label], label.lower()) for label in ("Call", "Ref", "Run"))),
    ]
    if storage.read_only:
        rows.append(("opened", "for reading only"))
    if of_op:
        rows.append(("calls", ""))
        answered = storage.stats()
        rows += [(f" {op}", _counted(n, answered.get(op))) for op, n in of_op[:_SHOWN]]
        if len(of_op) > _SHOWN:
            rows.append((" …", f"and {len(of_op) - _SHOWN:,} more ops"))
    return card("storage", without_password(facts.location), rows)


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _calls_of_ops(storage: Storage) -> list[tuple[str, int]]:
    """(op, calls), most first; nothing where counting takes too long."""
    try:
        found = storage.store.query(
            "MATCH (c:Call) RETURN c.op AS op, count(*) AS n ORDER BY n DESC, op", {}, timeout=_PATIENCE
        )
    except QueryTimeout:
        return []
    return [(str(op), int(n)) for op, n in found.rows]


def _counted(n: int, answered: dict[str, float] | None) -> str:
    if answered is None:
        return f"{n:,}"
    again = int(answered["hits"] + answered["found"] + answered["reused"])
    return f"{n:,}  ({int(answered['computed']):,} computed, {again:,} reused here)"
