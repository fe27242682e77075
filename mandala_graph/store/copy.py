"""Copying one store into another, of whatever engine: page by page, so that memory is bounded and a kill costs a page.

What the target has already is not written again, so that running a copy again resumes it, or brings what is new
since. The stores' own nodes (uuid, time of creation, place of values) stay their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mandala_graph.errors import StoreError, UsageError, ValueMissing
from mandala_graph.store.pages import pages
from mandala_graph.store.protocol import Batch, CallRow, RefRow, Store

__all__ = ["Copied", "Progress", "compare", "copy"]

Progress = Callable[[str, int, int], None]
"""Told what is being copied ("values", "Ref", "Call", ...), how many are done, and how many there are (0: unknown)."""

_PAGE = 1000
_BYTES = 8 << 20  # of small values in one write
_SHOWN = 50
_NODES = ("Ref", "Call", "Op", "Version", "Component", "Run")


@dataclass
class Copied:
    """What a copy wrote, and what was there already, by label (`values` are envelopes); `nbytes` of envelopes written."""

    written: dict[str, int] = field(default_factory=dict)
    present: dict[str, int] = field(default_factory=dict)
    nbytes: int = 0

    def add(self, what: str, written: int, present: int) -> None:
        self.written[what] = self.written.get(what, 0) + written
        self.present[what] = self.present.get(what, 0) + present


def _silent(what: str, done: int, total: int) -> None:
    pass


def copy(source: Store, target: Store, *, merge: bool = False, progress: Progress = _silent) -> Copied:
    """Bring everything that `source` has into `target`: values first, then refs, code, runs, and calls last.

    Unless `merge`, the target must be empty or hold only what the source has (an earlier copy, finished or not).

    Errors: UsageError for a store onto itself or a target with other things in it; `ValueMissing` for an envelope
    that the source lists and cannot give; what either store raises.

    >>> import tempfile, os
    >>> from mandala_graph.store.sqlite import SQLiteStore
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     a, b = (SQLiteStore(os.path.join(folder, name)) for name in ("a.db", "b.db"))
    ...     a.write(Batch(refs={"1" * 40: RefRow("1" * 40, "2" * 40, "int", "5", 8, 5)}))
    ...     copied = copy(a, b)
    ...     print(copied.written["Ref"], list(compare(a, b)))
    ...     a.close(); b.close()
    1 []
    """
    if source.info().uuid == target.info().uuid:
        raise UsageError("a store cannot be copied onto itself: both places name the same one.")
    source.settle()
    if not merge:
        _check_target(source, target)
    total = source.counts()
    copied = Copied()
    _copy_values(source, target, copied, progress)
    _copy_refs(source, target, copied, total["Ref"], progress)
    _copy_code(source, target, copied)
    done = 0
    for page in source.calls_in_order():
        _copy_calls(source, target, page, copied)
        done += len(page)
        progress("Call", done, total["Call"])
    return copied


def _keys(store: Store, label: str) -> Iterator[list[str]]:
    last = ""
    while page := store.keys(label, last, _PAGE):
        yield page
        last = page[-1]


def _rows(store: Store, label: str, keys: list[str]) -> dict[str, Any]:
    """The rows of these nodes, in a form that does not depend on the order in which edges are read."""
    if label == "Ref":
        return dict(store.refs(keys))
    if label == "Call":
        return {hid: _plain(row) for hid, row in store.calls(keys).items()}
    if label == "Component":
        return dict(store.components(keys))
    rows: Mapping[str, Any] = store.ops() if label == "Op" else store.versions() if label == "Version" else store.runs()
    return {key: rows[key] for key in keys if key in rows}


def _plain(row: CallRow) -> CallRow:
    inputs = sorted(row.inputs, key=lambda e: (e.name, -1 if e.index is None else e.index, e.ref))
    return row._replace(inputs=tuple(inputs), outputs=tuple(sorted(row.outputs)))


def _check_target(source: Store, target: Store) -> None:
    for label in _NODES:
        for page in _keys(target, label):
            others = set(page) - _rows(source, label, page).keys()
            if others:
                raise UsageError(
                    f"the target holds what the source does not have, e.g. the {label} {min(others)}, so it could not "
                    f"become equal to it. Copy into an empty store, or let both be united by merge=True (--merge)."
                )


def _copy_values(source: Store, target: Store, copied: Copied, progress: Progress) -> None:
    done = 0
    for page in pages(source.iter_values(), _PAGE):
        there = target.has_values(page)
        _put_values(source, target, [cid for cid in page if cid not in there], copied)
        copied.add("values", len(page) - len(there), len(there))
        done += len(page)
        progress("values", done, 0)


def _put_values(source: Store, target: Store, cids: Iterable[str], copied: Copied) -> None:
    batch, size, pending = Batch(), 0, False
    for cid in cids:
        data = source.get_value(cid)
        if data is None:
            raise ValueMissing(f"the source lists the value {cid}, and its bytes are gone: run `mandala-graph verify`.")
        nbytes = memoryview(data).nbytes
        copied.nbytes += nbytes
        if nbytes > target.inline_limit:
            target.put_value(cid, [data])
            pending = True
        else:
            batch.values[cid] = bytes(data)
            size += nbytes
        if size > _BYTES:
            target.write(batch)
            batch, size, pending = Batch(), 0, False
    if batch.values or pending:
        target.write(batch)


def _copy_refs(source: Store, target: Store, copied: Copied, total: int, progress: Progress) -> None:
    """Refs with their value, then dropped ones: writing the former takes the mark from equal contents."""
    done, dropped = 0, False
    for page in _keys(source, "Ref"):
        rows, there = source.refs(page), target.refs(page)
        kept = {h: r for h, r in rows.items() if r.dropped is None}
        dropped = dropped or len(kept) < len(rows)
        new = {h: r for h, r in kept.items() if h not in there or there[h].dropped is not None}
        if new:
            target.write(Batch(refs=new))
        copied.add("Ref", len(new), len(kept) - len(new))
        done += len(page)
        progress("Ref", done, total)
    if dropped:
        for page in _keys(source, "Ref"):
            _copy_dropped(target, {h: r for h, r in source.refs(page).items() if r.dropped is not None}, copied)


def _copy_dropped(target: Store, rows: dict[str, RefRow], copied: Copied) -> None:
    there = target.refs(rows)
    new = {h: r for h, r in rows.items() if h not in there}
    if new:
        target.write(Batch(refs=new))
    gone: dict[float, set[str]] = {}  # dropped at the source since an earlier copy
    for hid, row in there.items():
        at = rows[hid].dropped
        if row.dropped is None and at is not None:
            gone.setdefault(at, set()).add(row.cid)
    for at, cids in gone.items():
        target.drop_values(cids, at)
    copied.add("Ref", len(new), len(there))


def _copy_code(source: Store, target: Store, copied: Copied) -> None:
    """Ops, components, versions, changes and runs; what may have changed since an earlier copy is written again."""
    for page in _keys(source, "Component"):
        there = target.components(page)
        new = [c for c in page if c not in there]
        if new:
            target.write(Batch(components=dict(source.components(new))))
        copied.add("Component", len(new), len(there))
    ops, versions, runs = source.ops(), source.versions(), source.runs()
    changes = {(c.old, c.new): c for c in source.changes()}
    before = {
        "Op": target.ops(),
        "Version": target.versions(),
        "Run": target.runs(),
        "changes": {(c.old, c.new): c for c in target.changes()},
    }
    now: dict[str, dict[Any, Any]] = {"Op": ops, "Version": versions, "Run": runs, "changes": changes}
    new_rows = {what: {k: r for k, r in now[what].items() if before[what].get(k) != r} for what in now}  # type: ignore[attr-defined]
    batch = Batch(ops=new_rows["Op"], versions=new_rows["Version"], runs=new_rows["Run"], changes=new_rows["changes"])
    if batch or batch.changes:
        target.write(batch)
    for what, rows in new_rows.items():
        copied.add(what, len(rows), len(now[what]) - len(rows))


def _copy_calls(source: Store, target: Store, page: list[str], copied: Copied) -> None:
    there = target.calls(page)
    missing = [hid for hid in page if hid not in there]
    if missing:
        rows = source.calls(missing)
        batch = Batch(calls={hid: rows[hid] for hid in missing if hid in rows})
        try:
            target.write(batch)
        except StoreError:
            if not _bring_refs(source, target, batch, copied):
                raise
            target.write(batch)
    copied.add("Call", len(missing), len(there))


def _bring_refs(source: Store, target: Store, batch: Batch, copied: Copied) -> bool:
    """Refs that calls need and the target lacks, written to the source after its refs were copied; were there any?"""
    ends = {e.ref for c in batch.calls.values() for e in c.inputs}
    ends |= {ref for c in batch.calls.values() for _, ref in c.outputs}
    lacking = ends - target.refs(ends).keys()
    batch.refs.update(source.refs(lacking))
    cids = {r.cid for r in batch.refs.values()}
    _put_values(source, target, sorted(source.has_values(cids) - target.has_values(cids)), copied)
    copied.add("Ref", len(batch.refs), 0)
    return bool(lacking)


def compare(a: Store, b: Store, progress: Progress = _silent) -> Iterator[str]:
    """In words, what one store has and the other has not, or has otherwise: every node, edge, property and byte.

    The stores' own nodes are left out. At most a few differences of a kind are told.
    """
    counts = (a.counts(), b.counts())
    for label in _NODES:
        told = done = 0
        if counts[0][label] != counts[1][label]:
            yield f"{counts[0][label]} nodes {label} in one store, {counts[1][label]} in the other"
        for page in _keys(a, label):
            first, second = _rows(a, label, page), _rows(b, label, page)
            for key in page:
                if first.get(key) != second.get(key) and told < _SHOWN:
                    told += 1
                    yield f"{label} {key}: {_difference(first.get(key), second.get(key))}"
            done += len(page)
            progress(f"compare {label}", done, counts[0][label])
    if set(a.changes()) != set(b.changes()):
        yield "changes between components differ"
    yield from _compare_values(a, b, progress)


def _difference(x: Any, y: Any) -> str:
    if x is None or y is None:
        return "only in one store"
    names = [n for n in x._fields if getattr(x, n) != getattr(y, n)]
    return ", ".join(f"{n} is {getattr(x, n)!r} and {getattr(y, n)!r}" for n in names)


def _compare_values(a: Store, b: Store, progress: Progress) -> Iterator[str]:
    counts = [0, 0]
    for page in pages(a.iter_values(), _PAGE):
        counts[0] += len(page)
        for cid in page:
            first, second = a.get_value(cid), b.get_value(cid)
            if second is None or first is None or memoryview(first) != memoryview(second):
                yield f"value {cid}: {'its bytes differ' if first and second else 'only in one store'}"
        progress("compare values", counts[0], 0)
    counts[1] = sum(1 for _ in b.iter_values())
    if counts[0] != counts[1]:
        yield f"{counts[0]} values in one store, {counts[1]} in the other"
