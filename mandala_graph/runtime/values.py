"""From refs to values: loading, unwrapping, the elements of structures, and recomputing what was not kept."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from mandala_graph import codecs
from mandala_graph.errors import MandalaGraphError, UnhashableValue, UsageError, ValueDropped, ValueMissing
from mandala_graph.hashing import content_id
from mandala_graph.model import NOT_LOADED, REF_TYPES, DictRef, Ref, StructRef
from mandala_graph.runtime import context
from mandala_graph.runtime.cache import Generations
from mandala_graph.runtime.markers import Atom, ValuePointer
from mandala_graph.runtime.structs import cid_of_elements
from mandala_graph.store.protocol import CallRow, RefRow
from mandala_graph.structures import STRUCT_OPS

if TYPE_CHECKING:
    from mandala_graph.storage import Storage

__all__ = ["Values"]

log = logging.getLogger("mandala_graph")

_IMMUTABLE = frozenset(
    {int, float, complex, bool, str, bytes, type(None), type(Ellipsis), type(NotImplemented), range, ValuePointer}
)


def immutable(value: Any) -> bool:
    """Is this a value that nobody can change in place, as far as is cheap to tell?"""
    kind = type(value)
    if kind in _IMMUTABLE:
        return True
    if kind is tuple or kind is frozenset:
        return len(value) <= 16 and all(map(immutable, value))
    return kind.__module__ in ("datetime", "decimal", "fractions", "uuid") or (
        kind.__module__ == "numpy"
        and kind.__name__ != "ndarray"
        and hasattr(kind, "item")
        and getattr(value, "shape", None) == ()
        and kind.__name__ != "void"
    )


class Values:
    """Loads values for one storage. What it keeps in memory cannot be changed by anybody."""

    def __init__(self, storage: Storage, limit: int) -> None:
        self.storage = storage
        self._known: Generations[str, tuple[Any]] = Generations(limit)
        self._elements: Generations[str, Any] = Generations(1_000)

    def remember(self, cid: str, value: Any) -> None:
        self._known[cid] = (value,)

    def forget(self) -> None:
        self._known.clear()
        self._elements.clear()

    # -- one value -------------------------------------------------------------------------------------------
    def load(self, ref: Ref) -> Any:
        """The value of a ref.

        A mutable value in memory is given only while it still has the ref's content; one that was changed in
        place is fetched anew, with a warning.
        """
        if isinstance(ref, StructRef):
            return self._structure(ref)
        if not isinstance(ref, Ref):
            raise UsageError(f"expected a ref, not {ref!r}.")
        value = ref._obj
        if value is not NOT_LOADED:
            if immutable(value) or ref._fresh or self._unchanged(ref, value):
                ref._fresh = False
                return value
            log.warning("the value of %s was changed in place after it was recorded: it is loaded anew", ref.hid)
        known = self._known.get(ref.cid)
        if known is not None:
            return known[0]
        return self._fetch(ref)

    def _unchanged(self, ref: Ref, value: Any) -> bool:
        try:
            return content_id(value) == ref.cid
        except UnhashableValue:
            return False

    def _fetch(self, ref: Ref) -> Any:
        data = self.storage.writer.value(ref.cid) or self.storage.store.get_value(ref.cid)
        if data is not None:
            return codecs.decode(ref.cid, data, self.storage.trust)
        row = self._row(ref.hid)
        if row is None:
            raise ValueMissing(
                f"{ref!r} is not in {self.storage.location}: it is a ref of another store, or its calls were dropped."
            )
        return self.from_row(row)

    def _row(self, hid: str) -> RefRow | None:
        row = self.storage.store.refs([hid]).get(hid)
        if row is None:
            self.storage.writer.flush()
            row = self.storage.store.refs([hid]).get(hid)
        return row

    def from_row(self, row: RefRow) -> Any:
        """The value of a ref's row."""
        if row.type == "ValuePointer" and isinstance(row.value, str):
            return self.storage.pointers.get(row.value) or ValuePointer(row.value, None)
        if row.dropped is None:
            value = codecs.from_native(row.type, row.value)
            if value is not codecs.MISSING:
                self.remember(row.cid, value)
                return value
        data = self.storage.store.get_value(row.cid)
        if data is not None:
            return codecs.decode(row.cid, data, self.storage.trust)
        if row.dropped is not None:
            return self._recompute(row)
        raise ValueMissing(
            f"the bytes of ref {row.hid} ({row.type}, {row.preview}) cannot be found: values of this store are kept "
            f"in {self.storage.store.info().values or self.storage.location}; storage.verify() lists what is missing."
        )

    # -- many values -----------------------------------------------------------------------------------------
    def preload(self, refs: Iterable[Ref]) -> None:
        """Fetch the native values among these refs' in a few statements."""
        wanted = {r.hid for r in refs if r._obj is NOT_LOADED and self._known.get(r.cid) is None}
        if len(wanted) < 2:
            return
        for row in self.storage.store.refs(sorted(wanted)).values():
            if row.dropped is None:
                value = codecs.from_native(row.type, row.value)
                if value is not codecs.MISSING:
                    self.remember(row.cid, value)

    def unwrap(self, obj: Any) -> Any:
        """Replace every ref by its value, in nested plain lists, tuples, sets and dicts too."""
        if isinstance(obj, Ref):
            return self._owner(obj).load(obj)
        if type(obj) in (list, tuple, set, frozenset, dict):
            self.preload(r for r in _refs_in(obj) if not isinstance(r, StructRef))
            return self._unwrap(obj)
        return obj.value if isinstance(obj, Atom) else obj

    def _unwrap(self, obj: Any) -> Any:
        kind = type(obj)
        if isinstance(obj, Ref):
            return self._owner(obj).load(obj)
        if kind is dict:
            return {self._unwrap(k): self._unwrap(v) for k, v in obj.items()}
        if kind in (list, tuple, set, frozenset):
            return kind(self._unwrap(v) for v in obj)
        return obj.value if isinstance(obj, Atom) else obj

    def _owner(self, ref: Ref) -> Any:
        return ref._loader if ref._loader is not None else self.storage

    def attach(self, obj: Any, inplace: bool) -> Any:
        """The same refs with their values in memory (`inplace`: these very objects)."""
        if isinstance(obj, Ref):
            target = obj if inplace else (obj.detached() if obj._obj is NOT_LOADED else _copy(obj))
            if target._loader is None:
                target._loader = self.storage
            if isinstance(target, StructRef):
                elements = target.elements
                parts = elements.values() if isinstance(elements, dict) else elements
                for part in parts:
                    self.attach(part, inplace=True)
            elif target._obj is NOT_LOADED:
                target._obj = self.load(target)
            return target
        if isinstance(obj, dict):
            return type(obj)((k, self.attach(v, inplace)) for k, v in obj.items())
        if isinstance(obj, (list, tuple, set)):
            return type(obj)(self.attach(v, inplace) for v in obj)
        return obj

    # -- structures ------------------------------------------------------------------------------------------
    def _structure(self, ref: StructRef) -> Any:
        elements = ref.elements if ref._loader is not None else self.elements(ref)
        if isinstance(elements, dict):
            self.preload(elements.values())
            return {k: self.load(v) for k, v in elements.items()}
        self.preload(elements)
        values = [self.load(e) for e in elements]
        return {"list": list, "tuple": tuple, "set": set}[str(ref.structure)](values)

    def elements(self, ref: StructRef) -> Any:
        """The elements of a structure, read from the struct calls that made it or take it apart."""
        if not isinstance(ref, StructRef):
            raise UsageError(f"only refs of lists, dicts, sets and tuples have elements; {ref!r} is none.")
        known = self._elements.get(ref.hid)
        if known is None:
            known = self._elements[ref.hid] = self._elements_of(ref)
        return known

    def _elements_of(self, ref: StructRef) -> Any:
        storage, ops = self.storage, STRUCT_OPS[str(ref.structure)]
        storage.writer.flush()
        store = storage.store
        creator = store.creators([ref.hid]).get(ref.hid)
        made = store.calls([creator]).get(creator) if creator is not None else None
        if made is not None and made.op == ops.make:
            ordered = sorted(made.inputs, key=lambda e: (e.name, e.index or 0))
            keys = [e.ref for e in ordered if e.name == "keys"]
            items = [e.ref for e in ordered if e.name != "keys"]
        else:
            pairs = self._getitems(ref.hid, ops.getitem, ops.key)
            keys, items = [k for k, _ in pairs], [v for _, v in pairs]
        rows = store.refs({*keys, *items})
        if len(rows) < len({*keys, *items}):
            raise self._incomplete(ref)
        refs = [self.ref(rows[h]) for h in items]
        if not isinstance(ref, DictRef) and (made is None or made.op != ops.make):
            positions = [self.from_row(rows[k]) for k in keys]
            refs = [r for _, r in sorted(zip(positions, refs, strict=True), key=lambda p: p[0])]
        if cid_of_elements(str(ref.structure), [r.cid for r in refs], [rows[k].cid for k in keys]) != ref.cid:
            raise self._incomplete(ref)  # read while another program deleted it, or the store is damaged
        if isinstance(ref, DictRef):
            return dict(zip([self.from_row(rows[k]) for k in keys], refs, strict=True))
        return refs

    def _incomplete(self, ref: StructRef) -> ValueMissing:
        return ValueMissing(
            f"some elements of {ref!r} are not in {self.storage.location} any more: run the block again "
            f"(storage.verify() says whether something is damaged)."
        )

    def _getitems(self, hid: str, op: str, key: str) -> list[tuple[str, str]]:
        """(hid of the key or position, hid of the element) for every element of a structure, a dict's in its order."""
        store = self.storage.store
        calls: dict[str, CallRow] = store.calls(store.consumers([hid]).get(hid, ()))
        found = [
            (next(e for e in c.inputs if e.name == key), c.outputs[0][1])
            for c in calls.values()
            if c.op == op and c.outputs
        ]
        found.sort(key=lambda pair: pair[0].index or 0)
        return [(edge.ref, item) for edge, item in found]

    def ref(self, row: RefRow) -> Ref:
        """The lazy ref of a row."""
        return REF_TYPES[row.structure](row.hid, row.cid, row.type, loader=self.storage)

    # -- what was not kept -----------------------------------------------------------------------------------
    def _recompute(self, row: RefRow) -> Any:
        """Run the call that made a transient value once more; a dropped one says which call would."""
        store = self.storage.store
        creator = store.creators([row.hid]).get(row.hid)
        call = store.calls([creator]).get(creator) if creator is not None else None
        if call is None:
            raise ValueDropped(
                f"the value of ref {row.hid} ({row.type}, {row.preview}) was dropped or never stored, and no call of "
                f"the store made it: pass the value again."
            )
        states = self.storage.memoizer.states.values()
        state = next((s for s in states if s.names.shown == call.op), None)
        hint = f"run {call.op} again on the same inputs (call {call.hid}) inside `with storage:` to recompute it"
        name = next(n for n, h in call.outputs if h == row.hid)
        if state is not None:
            name = state.names.outputs.program.get(name, name)
        if state is None or not state.op.outputs.is_transient(name):
            raise ValueDropped(f"the value of ref {row.hid} ({row.type}, {row.preview}) is not stored: {hint}.")
        op = state.op
        by_name = {state.names.inputs.program.get(e.name, e.name): e.ref for e in call.inputs}
        positional, keywords = op.signature.split(list(by_name))
        try:
            refs = {n: self.ref(r) for n, r in ((n, store.refs([h])[h]) for n, h in by_name.items())}
            args = [self.unwrap(refs[n]) for n in positional]
            kwargs = {n: self.unwrap(refs[n]) for n in keywords}
        except (MandalaGraphError, KeyError) as problem:
            raise ValueDropped(
                f"the value of ref {row.hid} is not stored, nor are its inputs ({problem}): {hint}."
            ) from None
        token = context.push(context.Context(self.storage.memoizer, inside_op=True))
        try:
            value = op.fn(*[a.obj if isinstance(a, ValuePointer) else a for a in args], **kwargs)
        finally:
            context.pop(token)
        value = dict(op.outputs.split(value)).get(name)
        if not self._unchanged(Ref(row.hid, row.cid), value):
            raise ValueDropped(
                f"the value of ref {row.hid} is not stored, and {call.op} gives another one now: its code, "
                f"an ignored argument or chance decides. Results that used the old value keep it in their history."
            )
        return value


def _copy(ref: Ref) -> Ref:
    copy = ref.detached()
    copy._obj = ref._obj
    return copy


def _refs_in(obj: Any) -> Iterator[Ref]:
    if isinstance(obj, Ref):
        yield obj
    elif type(obj) is dict:
        for k, v in obj.items():
            yield from _refs_in(k)
            yield from _refs_in(v)
    elif type(obj) in (list, tuple, set, frozenset):
        for v in obj:
            yield from _refs_in(v)
