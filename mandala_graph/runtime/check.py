"""Is a store whole? Every envelope, ref, call, version and edge is held against the ids that were made from it.

A call's id is made from its inputs' ids and a ref's from its call's, so that an edge that is missing, moved or too
many shows, whichever engine keeps it. Nothing that a store contains is run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from mandala_graph import codecs
from mandala_graph.errors import CorruptValue, StoreCorrupt, ValueMissing
from mandala_graph.identity import call_id, output_id, raw_id
from mandala_graph.store.protocol import CallRow, RefRow, Store
from mandala_graph.structures import MAKE_OPS, STRUCT_OP_NAMES
from mandala_graph.versions.components import version_id
from mandala_graph.versions.names import Names

__all__ = ["Damage", "verify"]

_PAGE = 1000
_TIMES = 5


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is wrong in a store: what kind, of which ref, value, call, edge, ..., and in words."""

    kind: str
    id: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id}: {self.text}" if self.id else f"{self.kind}: {self.text}"


def verify(store: Store, progress: bool) -> list[Damage]:
    """Everything that is wrong, in the order in which it is found.

    Something can look wrong because another program deleted it while it was read: what is wrong is looked at again,
    and anew if anything was deleted meanwhile.
    """
    found = _verify(store, progress)
    for _ in range(_TIMES):
        if not found:
            break
        epoch = _epoch(store)
        again = set(_verify(store, progress))
        found = [damage for damage in found if damage in again]
        if epoch == _epoch(store):
            break
    return found


def _epoch(store: Store) -> int | None:
    try:
        return store.epoch()
    except StoreCorrupt:
        return None


def _verify(store: Store, progress: bool) -> list[Damage]:
    from tqdm.auto import tqdm

    counts = store.counts()
    with tqdm(desc="verify", unit="", total=counts["Ref"] + counts["Call"], disable=not progress) as bar:
        found = [Damage(*fault) for fault in store.faults()]
        found += _values(store)
        try:
            for page in _keys(store, "Ref"):
                found += _refs(store, page)
                bar.update(len(page))
            known = _Known(store)
            for page in _keys(store, "Call"):
                rows = store.calls(page)
                known.learn(rows.values())
                for row in rows.values():
                    found += _call(row, known)
                bar.update(len(page))
            found += _versions(store)
        except StoreCorrupt as problem:  # a file so damaged that it cannot be read on
            found.append(Damage("store", "", str(problem)))
    return list(dict.fromkeys(found))


def _keys(store: Store, label: str) -> Iterator[list[str]]:
    last = ""
    while page := store.keys(label, last, _PAGE):
        yield page
        last = page[-1]


def _values(store: Store) -> Iterator[Damage]:
    for cid in store.iter_values():
        try:
            data = store.get_value(cid)
            if data is not None:
                codecs.verify_envelope(cid, data)
            elif store.value_stat(cid) is None:  # else bytes that a killed program left, and nobody was promised
                raise ValueMissing("listed, but its bytes are gone")
        except (CorruptValue, ValueMissing, StoreCorrupt) as problem:
            yield Damage("value", cid, str(problem))


def _refs(store: Store, page: list[str]) -> Iterator[Damage]:
    rows, made = store.refs(page), store.creators(page)
    kept = _kept(store, rows)
    for hid, row in rows.items():
        if hid not in made and hid != raw_id(row.cid):
            yield Damage("edge", hid, "a call made this ref, and no OUTPUT edge says which")
        if row.structure is not None or row.dropped is not None or row.type == "ValuePointer" or row.cid in kept:
            continue
        value = codecs.from_native(row.type, row.value)
        if value is codecs.MISSING:
            yield Damage("ref", hid, f"its value ({row.type}, {row.preview}) is missing")
        elif not row.preview.startswith("≈") and codecs.encode(value).cid != row.cid:
            yield Damage("ref", hid, f"its value {row.value!r} is not the one of its content id")


def _kept(store: Store, rows: Mapping[str, RefRow]) -> set[str]:
    """Contents that have an envelope; without the place where these are, every value would be said to be missing."""
    wanted = {r.cid for r in rows.values() if codecs.from_native(r.type, r.value) is codecs.MISSING}
    return store.has_values(wanted) if wanted else set()


class _Known:
    """What calls name: ops, versions and runs, read anew where a program at work has added some; and inputs' contents."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._read()

    def _read(self) -> None:
        self.names = Names(self.store.ops())
        self.versions, self.runs = set(self.store.versions()), set(self.store.runs())

    def learn(self, rows: Collection[CallRow]) -> None:
        self.cids = {h: r.cid for h, r in self.store.refs({e.ref for c in rows for e in c.inputs}).items()}
        if {c.version for c in rows} - self.versions - {""} or {c.run for c in rows} - self.runs - {""}:
            self._read()


def _call(row: CallRow, known: _Known) -> Iterator[Damage]:
    names, versions, runs = known.names, known.versions, known.runs
    indexed = row.op in MAKE_OPS  # elsewhere an index keeps an order that is no part of the identity
    inputs = [(e.name, e.index if indexed else None, e.ref) for e in row.inputs]
    op = names.rows.get(row.op)
    labels, results = names.labels(row.op)
    own = (op and op.identity) or row.op
    edges = [(labels.of_shown(n), i, r) for n, i, r in inputs]
    hid = call_id(own, row.version, edges)
    cid = call_id(own, row.version, [(n, i, known.cids.get(r, "")) for n, i, r in edges])
    if row.status == "failed":
        hid, cid = output_id(hid, f"failed in {row.run} at {row.started!r}"), output_id(cid, "failed")
    if hid != row.hid:
        yield Damage("call", row.hid, f"{row.op}: its op, version and INPUT edges are not those of its id")
    elif cid != row.cid:
        yield Damage("call", row.hid, f"{row.op}: its content id is not that of its inputs, so it answers other calls")
    if len({e[:2] for e in inputs}) < len(inputs):
        yield Damage("edge", row.hid, f"{row.op}: two INPUT edges have one name")
    for name, ref in row.outputs:
        if ref != output_id(row.hid, results.of_shown(name)):
            yield Damage("edge", row.hid, f"{row.op}: its OUTPUT edge {name} leads to {ref}, which it did not make")
    if op is None and row.op not in STRUCT_OP_NAMES:
        yield Damage("call", row.hid, f"its op {row.op} is not in the store")
    if row.status == "ok" and not row.outputs and op is not None and op.outputs:
        yield Damage("edge", row.hid, f"{row.op}: it has no OUTPUT edge")
    if row.version and row.version not in versions:
        yield Damage("call", row.hid, f"{row.op}: its version {row.version} is not in the store")
    if row.run and row.run not in runs:
        yield Damage("call", row.hid, f"{row.op}: its run {row.run} is not in the store")


def _versions(store: Store) -> Iterator[Damage]:
    ops = store.ops()
    for row in store.versions().values():
        if row.op not in ops:
            yield Damage("version", row.id, f"its op {row.op} is not in the store")
        if (
            version_id((ops[row.op].identity if row.op in ops else "") or row.op, tuple(sorted(row.components)))
            != row.id
        ):
            yield Damage("version", row.id, f"{row.op}: its DEPENDS_ON edges are not those of its id")
        lacking = set(row.components) - store.components(row.components).keys()
        if lacking:
            yield Damage("version", row.id, f"{row.op}: its component {min(lacking)} is not in the store")
