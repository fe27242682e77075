"""Renaming ops, inputs and outputs for a storage; and the names that its store has. What names mean is `versions.names`."""

from __future__ import annotations

import keyword
import time
from typing import TYPE_CHECKING, Any, Literal

from mandala_graph.errors import UsageError
from mandala_graph.store.protocol import OpRow, Renaming, Store
from mandala_graph.structures import STRUCT_OP_NAMES
from mandala_graph.versions.names import Names, Rename
from mandala_graph.versions.policy import current_user

if TYPE_CHECKING:
    from mandala_graph.storage import Storage

__all__ = ["load", "rename_label", "rename_op"]

_EDGES = {
    "input": "MATCH (c:Call {op: $op})<-[e:INPUT]-(r:Ref) RETURN DISTINCT e.name AS name",
    "output": "MATCH (c:Call {op: $op})-[e:OUTPUT]->(r:Ref) RETURN DISTINCT e.name AS name",
}


def load(store: Store, read_only: bool) -> Names:
    """The names of a store. What programs wrote under an earlier name, because they had not heard of a rename, is
    brought along first."""
    names = Names(store.ops())
    if not names or read_only:
        return names
    moved = False
    for old, new in names.split():
        store.rename(Renaming("op", old, new, names.rows[old], names.rows[new], merge=True))
        moved = True
    for old, new in names.earlier():
        if store.calls_of(old):
            store.rename(Renaming("op", old, new, _nothing(old), names.rows[new], merge=True))
    return Names(store.ops()) if moved else names


def _nothing(name: str) -> OpRow:
    return OpRow(name, "", "", "", (), ())


def _row(storage: Storage, names: Names, op: Any) -> OpRow:
    called = op if isinstance(op, str) else getattr(op, "name", None)
    if not isinstance(called, str):
        raise UsageError(f"expected an op or its name, not {op!r}.")
    name = names.shown(called)
    if name in STRUCT_OP_NAMES:
        raise UsageError(f"{name} is an op of mandala_graph itself, which cannot be renamed.")
    row = names.rows.get(name)
    if row is None:
        known = ", ".join(sorted(n for n in names.rows if n not in STRUCT_OP_NAMES)) or "none"
        raise UsageError(f"no op {name!r} is in {storage.location}; there are: {known}.")
    return row


def _check_name(new: Any) -> None:
    if not isinstance(new, str) or not new or "\0" in new:
        raise UsageError(f"a name is a non-empty string, not {new!r}.")


def rename_op(storage: Storage, op: Any, new: str, forward: bool) -> int:
    _check_name(new)
    storage.writer.flush()
    names = load(storage.store, False)
    row = _row(storage, names, op)
    if new in STRUCT_OP_NAMES:
        raise UsageError(f"{new} is the name of an op of mandala_graph itself.")
    renames = [Rename.parse(t) for t in row.renamed]
    if new == row.name:
        if forward or not any(r.kind == "op" and r.forward for r in renames):
            raise UsageError(f"the op is called {new!r} already.")
        renames = [r._replace(forward=False) if r.kind == "op" else r for r in renames]
    else:
        there = storage.store.calls_of(new) if new in names.rows else []
        if there or (new in names.rows and storage.store.versions(new)):
            raise UsageError(
                f"an op {new!r} with {len(there)} calls is in {storage.location} already, so {row.name!r} cannot be "
                f"renamed to it: take another name, or drop these calls and versions, or rename that op first."
            )
        renames = [r for r in renames if not (r.kind == "op" and r.new == r.old)]
        renames.append(Rename("op", row.name, new, time.time(), current_user(), forward))
    identity = row.identity or row.name
    after = row._replace(
        name=new, identity="" if identity == new else identity, renamed=tuple(r.text() for r in renames)
    )
    return _carry_out(storage, Renaming("op", row.name, new, row, after))


def rename_label(storage: Storage, kind: Literal["input", "output"], op: Any, old: str, new: str) -> int:
    """Rename an input or an output of an op."""
    _check_name(new)
    storage.writer.flush()
    row = _row(storage, load(storage.store, False), op)
    there = {name for (name,) in storage.store.query(_EDGES[kind], {"op": row.name}).rows}
    declared = row.inputs if kind == "input" else row.outputs
    what = "argument" if kind == "input" else "output"
    if kind == "input" and (not new.isidentifier() or keyword.iskeyword(new)):
        raise UsageError(f"an argument has the name of a parameter, which {new!r} cannot be.")
    if old == new:
        raise UsageError(f"the {what} is called {new!r} already.")
    if old not in there and old not in declared:
        known = ", ".join(sorted(there | set(declared))) or "none"
        more = " Elements of *args have no name of their own to change." if f"{old}_0" in there else ""
        raise UsageError(f"op {row.name} has no {what} {old!r}; it has: {known}.{more}")
    if old in declared and kind == "input" and old not in there and f"{old}_0" in there:
        raise UsageError(f"{old!r} takes the extra arguments of {row.name}, whose names cannot be changed.")
    if new in there:
        raise UsageError(
            f"calls of {row.name} have an {what} {new!r} already, so {old!r} cannot be renamed to it: take another "
            f"name, or rename that one first, or drop these calls."
        )
    renames = (*row.renamed, Rename(kind, old, new, time.time(), current_user()).text())
    names = tuple(dict.fromkeys(new if n == old else n for n in declared))
    after = row._replace(renamed=renames)
    after = after._replace(inputs=names) if kind == "input" else after._replace(outputs=names)
    return _carry_out(storage, Renaming(kind, old, new, row, after))


def _carry_out(storage: Storage, renaming: Renaming) -> int:
    count = storage.store.rename(renaming)
    storage.memoizer.forget_names()
    storage.forget()
    return count
