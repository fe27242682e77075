"""From arguments to ids, and from plain values to refs with their rows and bytes.

Looking up and running calls is the memoizer's; this module knows what a value is called and how it is kept.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mandala_graph import codecs
from mandala_graph.errors import UnhashableValue, UnsavableValue, ValueMissing
from mandala_graph.hashing import content_id
from mandala_graph.identity import pointer_cid, raw_id
from mandala_graph.model import AtomRef, Ref
from mandala_graph.runtime.cache import Generations
from mandala_graph.runtime.markers import Atom, Ignored, ValuePointer
from mandala_graph.runtime.signature import Bound, Parameter
from mandala_graph.runtime.structs import Rows, build, check_type, element_pairs
from mandala_graph.store.protocol import InputEdge, RefRow
from mandala_graph.structures import StructType

if TYPE_CHECKING:
    from mandala_graph.runtime.op import OpFunction
    from mandala_graph.storage import Storage

__all__ = ["ElementEncoder", "Identifier", "Input"]


class Input:
    """One input of a call: its ids, and where its value comes from."""

    __slots__ = ("cid", "cids", "hid", "name", "parameter", "ref", "source")

    def __init__(
        self,
        name: str,
        hid: str,
        cid: str,
        parameter: Parameter,
        source: Any,
        ref: Ref | None,
        cids: dict[int, str] | None = None,
    ) -> None:
        self.name = name
        self.hid = hid
        self.cid = cid
        self.parameter = parameter
        self.source = source  # the plain value, when `ref` is None
        self.ref = ref
        self.cids = cids  # of the parts of a plain structure, by the parts' `id()`: `source` keeps them alive


class Identifier:
    """Gives values their ids and refs, for one storage."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._ints: Generations[int, tuple[str, str]] = Generations(20_000)
        self._strings: Generations[str, tuple[str, str]] = Generations(20_000)

    def inputs(self, op: OpFunction[Any, Any], bound: Bound) -> list[Input]:
        """The inputs of a call that take part in its identity, sorted by name."""
        found: list[Input] = []
        for name, p, value in bound:
            if type(value) is int and p.plain:
                ids = self._ints.get(value)
                if ids is None:
                    cid = content_id(value)
                    ids = self._ints[value] = (cid, raw_id(cid))
                found.append(Input(name, ids[1], ids[0], p, value, None))
            elif (
                p.ignored
                or isinstance(value, Ignored)
                or (p.new_default is not None and self._is_default(p.new_default.value, value))
            ):
                continue
            else:
                found.append(self._input(op, name, p, value))
        if len(found) > 1:
            found.sort(key=_by_name)
        return found

    def _is_default(self, default: Any, value: Any) -> bool:
        cid = value.cid if isinstance(value, Ref) else content_id(value)
        return cid == content_id(default)

    def _input(self, op: OpFunction[Any, Any], name: str, p: Parameter, value: Any) -> Input:
        if isinstance(value, Atom):
            value = value.value
            p = Parameter(p.name, transient=p.transient)
        value = self.own(value)
        if isinstance(value, Ref):
            return Input(name, value.hid, value.cid, p, None, value)
        where = f"argument {name!r} of op {op.name}"
        if p.struct is not None:
            cids: dict[int, str] = {}
            ref = self.struct_input(p.struct, value, where, None, cids)
            return Input(name, ref.hid, ref.cid, p, value, None, cids)
        if isinstance(value, ValuePointer):
            cid = pointer_cid(value.id)
        elif type(value) is str and p.tolerance is None:
            ids = self._strings.get(value)
            if ids is None:
                cid = content_id(value)
                ids = (cid, raw_id(cid))
                if len(value) <= 200:
                    self._strings[value] = ids
            return Input(name, ids[1], ids[0], p, value, None)
        else:
            cid = self.content_id(value, p, where)
        return Input(name, raw_id(cid), cid, p, value, None)

    def content_id(self, value: Any, p: Parameter | None, where: str) -> str:
        try:
            if p is not None and p.tolerance is not None:
                return content_id(value, tolerance=p.tolerance)
            return content_id(value)
        except UnhashableValue as problem:
            raise type(problem)(f"{where}: {problem}") from None

    def own(self, value: Any) -> Any:
        """A ref of another storage as its value: here it has no history."""
        if isinstance(value, Ref) and value._loader is not None and value._loader is not self.storage:
            return value.obj
        return value

    def _known(self, ref: Ref, rows: Rows | None) -> Ref:
        """A ref that is recorded. One whose call was dropped has no history any more, and might be of code that changed."""
        if rows is not None and not self.storage.memoizer.known.holds(ref):
            if ref.hid == raw_id(ref.cid):
                return self.encode(ref.obj, None, "a ref", rows)
            raise ValueMissing(
                f"{ref!r} is not in {self.storage.location}: the call that made it was dropped since, or is not "
                f"written yet by the process that it came from (storage.commit() writes). Call its op again, or give "
                f"the plain value."
            )
        return ref

    def struct_input(self, struct: StructType, value: Any, where: str, rows: Rows | None, cids: dict[int, str]) -> Ref:
        """A plain structure given as an input (or a part of one), as a struct ref made from its elements.

        Without `rows`, the content ids of its parts are put into `cids`, by `id()`; with them they are taken from it.
        """
        value = self.own(value)
        if isinstance(value, Ref):
            return self._known(value, rows)
        if isinstance(value, Atom):
            return self.raw(value, where, rows, cids)
        check_type(struct.kind, value, where)
        keys: list[Ref] = []
        elements: list[Ref] = []
        for i, (key, element) in enumerate(element_pairs(struct.kind, value)):
            path = f"{where}[{i if key is None else key!r}]"
            inner = struct.element(i) if struct.kind == "tuple" else struct.element(0)
            if struct.kind == "dict":
                keys.append(self.raw(key, f"{path} (its key)", rows, cids))
            elements.append(
                self.struct_input(inner, element, path, rows, cids)
                if inner is not None
                else self.raw(element, path, rows, cids)
            )
        content = dict(zip(value, elements, strict=True)) if struct.kind == "dict" else elements
        run = self.storage.memoizer.run_id() if rows is not None else ""
        return build(struct.kind, content, keys, run, self.storage, rows)

    def raw(self, value: Any, where: str, rows: Rows | None, cids: dict[int, str]) -> Ref:
        """The ref of a plain value that no call made; `rows` and `cids` as of `struct_input`."""
        value = self.own(value.value if isinstance(value, Atom) else value)
        if isinstance(value, Ref):
            return self._known(value, rows)
        if rows is None:
            if isinstance(value, ValuePointer):
                cid = pointer_cid(value.id)
            else:
                cid = self.content_id(value, None, where)
                cids[id(value)] = cid
            return AtomRef(raw_id(cid), cid, type(value).__name__, value, self.storage)
        return self.encode(value, None, where, rows, cid=cids.get(id(value)))

    def encode(
        self, value: Any, hid: str | None, where: str, rows: Rows, transient: bool = False, cid: str | None = None
    ) -> AtomRef:
        """The ref of an atom, with its row and bytes added to `rows`; a raw ref when `hid` is None.

        `cid` is its content id where that was just found.
        """
        if isinstance(value, ValuePointer):
            self.storage.pointers[value.id] = value
            cid = pointer_cid(value.id)
            row = RefRow(hid or raw_id(cid), cid, "ValuePointer", repr(value.id), 0, value.id)
            rows.refs.append(row)
            return AtomRef(row.hid, cid, row.type, value, self.storage)
        try:
            encoded = codecs.encode(value, self.storage.signer, cid)
        except (UnsavableValue, UnhashableValue) as problem:
            raise type(problem)(f"{where}: {problem}") from None
        cid = encoded.cid
        if hid is None:
            hid = raw_id(cid)
        native = None if transient else encoded.native
        row = RefRow(
            hid, cid, encoded.type, encoded.preview, encoded.nbytes, native, None, time.time() if transient else None
        )
        rows.refs.append(row)
        if encoded.envelope is None:
            if not transient:
                self.storage.remember(cid, value)
        elif not transient:
            self._keep(cid, encoded.envelope, rows)
        return AtomRef(hid, cid, encoded.type, value, self.storage)

    def _keep(self, cid: str, envelope: list[bytes | memoryview], rows: Rows) -> None:
        """Copy a small envelope into the batch; write a large one now, before its value can change."""
        size = sum(memoryview(c).nbytes for c in envelope)
        if size > self.storage.store.inline_limit:
            self.storage.store.put_value(cid, envelope)
        else:
            rows.values.append((cid, b"".join(envelope)))

    def key_encoder(self, rows: Rows) -> Any:
        """A function from a structure's position or key to its raw ref, whose row is added to `rows`."""
        return lambda key: self.encode(key, None, "a structure's key", rows)

    def save(
        self, op: OpFunction[Any, Any], inputs: list[Input], rows: Rows, shown: Mapping[str, str]
    ) -> tuple[InputEdge, ...]:
        """Add the rows and bytes of a call's inputs, and give its edges; `shown` are inputs that were renamed."""
        edges = []
        for i in inputs:
            ref = i.ref
            if ref is not None:
                self._known(ref, rows)
            elif i.parameter.struct is not None and i.cids is not None:
                where = f"argument {i.name!r} of op {op.name}"
                self.struct_input(i.parameter.struct, i.source, where, rows, i.cids)
            else:
                self._save_raw(op, i, rows)
            edges.append(InputEdge(shown.get(i.name, i.name) if shown else i.name, i.hid))
        return tuple(edges)

    def _save_raw(self, op: OpFunction[Any, Any], i: Input, rows: Rows) -> None:
        where = f"argument {i.name!r} of op {op.name}"
        if i.parameter.tolerance is not None:
            kind, preview, nbytes = codecs.describe(i.source)
            native = i.source if isinstance(i.source, (int, float)) else None
            gone = None if native is not None else time.time()
            # Its content id stands for all values near it: `≈` says so, to readers and to whoever checks the store.
            rows.refs.append(RefRow(i.hid, i.cid, kind, f"≈{preview}", nbytes, native, None, gone))
            return
        self.encode(i.source, i.hid, where, rows, i.parameter.transient, i.cid)


class ElementEncoder:
    """Encodes the elements of one returned structure."""

    def __init__(self, identifier: Identifier, rows: Rows) -> None:
        self.identifier = identifier
        self.rows = rows

    def __call__(self, value: Any, hid: str | None, where: str) -> Ref:
        return self.identifier.encode(self._atom(value), hid, where, self.rows)

    def cid(self, value: Any, where: str) -> str:
        return self.identifier.content_id(self._atom(value), None, where)

    def plain(self, value: Any) -> Any:
        """A ref as its value."""
        return self.identifier.storage.load(value) if isinstance(value, Ref) else value

    def _atom(self, value: Any) -> Any:
        return value.value if isinstance(value, Atom) else self.plain(value)


def _by_name(i: Input) -> str:
    return i.name
