"""Dropping from and cleaning a store, for the storage that a user holds. Checking it is in `check`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from mandala_graph.errors import StoreError, UsageError
from mandala_graph.model import Call, Ref, StructRef
from mandala_graph.runtime import given
from mandala_graph.store.pages import pages
from mandala_graph.structures import STRUCT_OP_NAMES

if TYPE_CHECKING:
    from mandala_graph.storage import Storage

__all__ = ["Garbage", "cleanup_refs", "collect", "drop_calls", "drop_values", "migrate"]

_YOUNG = 3600.0


@dataclass(frozen=True, slots=True)
class Garbage:
    """What nothing in a store needs: refs that no call reads or made, values that no ref has, and files that killed
    writers left half-written. Sizes are in bytes; `freed` is what the store's file shrank by (0: not known)."""

    refs: int
    values: int
    value_bytes: int
    files: int
    file_bytes: int
    freed: int = 0


def migrate(location: str | os.PathLike[str], options: Mapping[str, Any]) -> tuple[int, int]:
    """Open a store that is there, which migrates it; the format it had, and the one it has."""
    text = given.location(location)
    store: Any
    if "://" in text:
        from mandala_graph.store.neo4j import Neo4jStore

        store = Neo4jStore(text, create=False, **options)
    else:
        from mandala_graph.store.sqlite import SQLiteStore

        store = SQLiteStore(text, create=False, **options)
    try:
        return store.found_format, store.info().format
    finally:
        store.close()


def drop_calls(storage: Storage, calls: Any, delete_dependents: bool, dry_run: bool) -> list[str]:
    """Delete calls and what they made. Never leaves a call whose input nothing made any more.

    A result computed from a dropped one would otherwise be found again, under the same history, after the
    op's code has changed.
    """
    hids = set(given.hids_of(calls, Call, "calls"))
    store = storage.store
    unknown = hids - store.calls(hids).keys()
    if unknown:
        raise UsageError(f"no call {min(unknown)} in {storage.location}.")

    def doomed() -> tuple[list[str], list[str]]:
        rows = store.calls(store.descendants(hids))
        others = [c for c in rows.values() if c.hid not in hids and c.op not in STRUCT_OP_NAMES]
        if others and not delete_dependents:
            raise UsageError(
                f"{len(others)} other calls used what these calls made, e.g. {others[0].hid} of {others[0].op}: "
                f"delete_dependents=True drops them too (dry_run=True lists them)."
            )
        return sorted(rows), sorted({h for c in rows.values() for _, h in c.outputs})

    if dry_run:
        return doomed()[0]
    dropped, _, cids = _delete(storage, doomed)
    _forget_unused(storage, cids)
    storage.forget()
    return dropped


def _delete(storage: Storage, find: Callable[[], tuple[list[str], list[str]]]) -> tuple[list[str], list[str], set[str]]:
    """Delete the calls and refs that `find` gives, in one transaction: which they were, and the refs' contents.

    If another program has just written something that needs one of them, nothing is deleted: they are found anew.
    """
    store = storage.store
    calls, refs = find()
    while calls or refs:
        cids = {row.cid for row in store.refs(refs).values()}
        try:
            store.delete(calls, refs)
            return calls, refs, cids
        except StoreError:
            again = find()
            if again == (calls, refs):
                raise
            calls, refs = again
    return [], [], set()


def drop_values(storage: Storage, refs: Any, dry_run: bool) -> list[str]:
    hids = given.hids_of(refs, Ref, "refs")
    store = storage.store
    rows = store.refs(hids)
    unknown = set(hids) - rows.keys()
    if unknown:
        raise UsageError(f"no ref {min(unknown)} in {storage.location}.")
    wanted = dict(rows)
    for row in rows.values():
        if row.structure is not None:
            wanted.update(_parts(storage, row.hid))
    cids = sorted({r.cid for r in wanted.values()})
    if not dry_run and cids:
        store.drop_values(cids, time.time())
        storage.forget()
    return sorted(wanted)


def _parts(storage: Storage, hid: str) -> dict[str, Any]:
    """The rows of all elements of a structure, of its structures' elements, and so on."""
    found: dict[str, Any] = {}
    row = storage.store.refs([hid])[hid]
    elements: Any = storage.values.elements(cast(StructRef, storage.values.ref(row)))
    parts = list(elements.values()) if isinstance(elements, dict) else list(elements)
    for part_row in storage.store.refs([p.hid for p in parts]).values():
        found[part_row.hid] = part_row
        if part_row.structure is not None:
            found.update(_parts(storage, part_row.hid))
    return found


def cleanup_refs(storage: Storage) -> int:
    """Delete refs that no call reads or made, and the bytes of values that no ref has.

    Bytes that never had a ref are left for `_YOUNG` seconds: a writer may be about to name them.
    """
    store = storage.store
    _, orphans, cids = _delete(storage, lambda: ([], sorted(store.orphans())))
    _forget_unused(storage, cids)
    doomed = [cid for cid, _, dropped in _unused(storage, set(), time.time() - _YOUNG) if not dropped]
    if doomed:
        store.forget_values(doomed)
    storage.forget()
    return len(orphans)


def _forget_unused(storage: Storage, cids: set[str]) -> None:
    unused = cids - storage.store.refs_by_cid(cids).keys()
    if unused:
        storage.store.forget_values(unused)


def collect(storage: Storage, older: float, dry_run: bool) -> Garbage:
    """Find, and unless `dry_run` delete, what nothing needs.

    Files younger than `older` seconds are left: a writer may be about to name them.
    """
    store = storage.store
    before = time.time() - given.seconds("older", older)
    orphans = set(store.orphans())
    values = size = 0
    doomed: dict[bool, list[str]] = {True: [], False: []}
    for cid, nbytes, dropped in _unused(storage, orphans, before):
        values += 1
        size += nbytes
        doomed[dropped].append(cid)
    if not dry_run:
        _delete(storage, lambda: ([], sorted(orphans.intersection(store.orphans()))))
        if doomed[False]:
            store.forget_values(doomed[False])
        if doomed[True]:  # whoever dropped them was killed before their bytes were deleted
            store.drop_values(doomed[True], time.time())
        storage.forget()
    files, file_bytes = store.sweep(before, dry_run)
    freed = 0 if dry_run else _vacuum(storage)
    return Garbage(len(orphans), values, size, files, file_bytes, freed)


def _unused(storage: Storage, orphans: set[str], before: float) -> Iterator[tuple[str, int, bool]]:
    """The values that no ref needs: cid, size, and whether refs are left whose value was dropped."""
    store = storage.store
    for cids in pages(store.iter_values()):
        named = store.refs_by_cid(cids)
        for cid in cids:
            left = [ref for ref in named.get(cid, ()) if ref.hid not in orphans]
            if all(ref.dropped is not None for ref in left):
                stat = store.value_stat(cid)
                if stat is not None and stat[1] < before:
                    yield cid, stat[0], bool(left)


def _vacuum(storage: Storage) -> int:
    path = storage.location if os.path.exists(storage.location) else None
    size = os.path.getsize(path) if path else 0
    storage.store.vacuum()
    return max(0, size - os.path.getsize(path)) if path else 0
