"""From numbers to what a user holds: refs, calls and values, each kind in a few statements for any number of them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from mandala_graph import codecs
from mandala_graph.errors import ValueMissing
from mandala_graph.frame.web import Web
from mandala_graph.model import REF_TYPES, Call, Op, Ref
from mandala_graph.store.protocol import Native, RefRow, Store
from mandala_graph.store.reach import reader
from mandala_graph.structures import STRUCT_OPS

__all__ = ["Objects", "StorageLike", "open_web"]

_MAKE = {(o.make, label) for o in STRUCT_OPS.values() for label in o.make_inputs}


class StorageLike(Protocol):
    """What a frame needs of a storage."""

    store: Store

    def commit(self) -> None: ...
    def load(self, ref: Ref) -> Any: ...
    def elements(self, ref: Any) -> Any: ...
    def unwrap(self, obj: Any) -> Any: ...
    def card(self, thing: Any) -> str: ...
    def explore(self, of: Any = None, height: int = 480) -> Any: ...


def open_web(storage: StorageLike) -> Web:
    """A web over what a storage holds now."""
    storage.commit()
    store = storage.store

    def declared() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
        return {o.name: (o.inputs, o.outputs) for o in store.ops().values()}

    return Web(reader(store), declared)


class Objects:
    """Makes objects for one web; a ref or call that was made stays made."""

    def __init__(self, storage: StorageLike, web: Web) -> None:
        self.storage = storage
        self.web = web
        self._rows: dict[int, RefRow] = {}
        self._natives: dict[int, tuple[str, Native] | None] = {}
        self._refs: dict[int, Ref] = {}
        self._calls: dict[int, Call] = {}
        self._ops: dict[str, Op] = {}
        self._shown: dict[str, Callable[[Any], Any]] = {}

    def applied(self, f: Callable[[Any], Any], to: str) -> Objects:
        """The same objects, of which tables show `f` of each value (`to="vals"`) or ref (`to="refs"`)."""
        other = copy.copy(self)
        other._shown = {**self._shown, to: f}
        return other

    def shown(self, known: dict[int, Any], numbers: Iterable[int], what: str) -> dict[int, Any]:
        """Of these values or refs, what tables show of them."""
        f = self._shown.get(what)
        return known if f is None else {r: f(known[r]) for r in numbers}

    def rows(self, numbers: Iterable[int]) -> dict[int, RefRow]:
        """Rows of refs by number (all that are known, these among them)."""
        wanted = [r for r in set(numbers) if r not in self._rows]
        if wanted:
            ids, of = self.web.ref_ids, self.web.ref_of
            for hid, row in self.storage.store.refs([ids[r] for r in wanted]).items():
                self._rows[of[hid]] = row
        return self._rows

    def natives(self, numbers: Iterable[int]) -> dict[int, tuple[str, Native] | None]:
        """Type and native value of refs by number, None where there is none (of all that are known, these among them)."""
        wanted = [r for r in numbers if r not in self._natives]
        if wanted:
            ids = self.web.ref_ids
            found = self.web.reader.natives([ids[r] for r in wanted])
            self._natives.update({r: found.get(ids[r]) for r in wanted})
        return self._natives

    def refs(self, numbers: Iterable[int]) -> dict[int, Ref]:
        """Ref objects by number, their values not loaded."""
        known, storage = self._refs, self.storage
        wanted = [r for r in set(numbers) if r not in known]
        rows = self.rows(wanted)
        for r in wanted:
            if r not in rows:
                raise self._deleted("ref", self.web.ref_ids[r])
            hid, cid, type, _, _, _, structure, _ = rows[r]
            known[r] = REF_TYPES[structure](hid, cid, type, loader=storage)
        return known

    def _deleted(self, what: str, hid: str) -> ValueMissing:
        return ValueMissing(
            f"{what} {hid} was deleted by another program after this frame was made: make the frame anew."
        )

    def values(self, numbers: Iterable[int], progress: bool = False) -> dict[int, Any]:
        """Values by ref number: native ones from the graph, others loaded once each."""
        numbers = set(numbers)
        natives = self.natives(numbers)
        found: dict[int, Any] = {}
        rest: list[int] = []
        for r in numbers:
            native = natives[r]
            value = codecs.MISSING
            if native is not None and native[0] != "ValuePointer":
                value = codecs.from_native(*native)
            if value is codecs.MISSING:
                rest.append(r)
            else:
                found[r] = value
        if rest:
            refs = self.refs(rest)
            by_cid: dict[str, Any] = {}
            for r in _watched(rest, "loading values", progress):
                ref = refs[r]
                if ref.cid not in by_cid:
                    by_cid[ref.cid] = self.storage.load(ref)
                found[r] = by_cid[ref.cid]
        return found

    def calls(self, numbers: Iterable[int]) -> dict[int, Call]:
        """Call objects by number, with lazy refs."""
        web, known = self.web, self._calls
        wanted = [c for c in set(numbers) if c not in known]
        if not wanted:
            return known
        refs = self.refs({r for c in wanted for _, r in (*web.ins[c], *web.outs[c])})
        details = web.reader.call_details([web.call_ids[c] for c in wanted])
        for c in wanted:
            op = web.call_op[c]
            inputs: dict[str, Any] = {}
            for label, r in web.ins[c]:
                if (op, label) in _MAKE:
                    inputs[label] = (*inputs.get(label, ()), refs[r])
                else:
                    inputs[label] = refs[r]
            outputs = {label: refs[r] for label, r in web.outs[c]}
            hid = web.call_ids[c]
            if hid not in details:
                raise self._deleted("call", hid)
            cid, version, run, started, duration, status = details[hid]
            known[c] = Call(hid, cid, self.op(op), inputs, outputs, version, run, started, duration, status)
        return known

    def op(self, name: str) -> Op:
        """The op of a name, as the store describes it."""
        if name not in self._ops:
            self._ops.update({o.name: Op(*o[:6]) for o in self.storage.store.ops().values()})
        return self._ops.setdefault(name, Op(name))


def _watched(items: Sequence[int], what: str, progress: bool) -> Iterable[int]:
    """The items, with a progress bar where it takes a while to go through them."""
    if not progress or len(items) < 100:
        return items
    from tqdm.auto import tqdm

    bar: Callable[..., Iterable[int]] = tqdm
    return bar(items, desc=what, leave=False, delay=1.0)
