"""Refs, calls and ops as values: what a store gives back and a user holds. How they are kept is elsewhere.

A *ref* is a value with a history: `hid` says where it came from, `cid` what it is. It may hold the value
(`in_memory`) or fetch it when asked, through the loader that made it. A *call* is one run of an op.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, overload

from mandala_graph.display import card
from mandala_graph.errors import RefUsageError, ValueMissing

__all__ = [
    "NOT_LOADED",
    "AtomRef",
    "Call",
    "DictRef",
    "ListRef",
    "Loader",
    "Op",
    "Ref",
    "SetRef",
    "StructRef",
    "TupleRef",
    "REF_TYPES",
]


class _NotLoaded:
    """The one object that says "the value is not in memory" (None is a value)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NOT_LOADED"

    def __reduce__(self) -> str:
        return "NOT_LOADED"


NOT_LOADED = _NotLoaded()


class Loader(Protocol):
    """Who fetches a ref's value or elements: a Storage."""

    def load(self, ref: Ref) -> Any:
        """The ref's value: the one in memory when it still has the ref's content, else the stored one."""
        ...

    def elements(self, ref: StructRef) -> Any: ...

    def card(self, thing: Ref | Call) -> str:
        """What a notebook shows of a ref or call, as HTML; no value is loaded for it."""
        ...


class _NoAttribute(RefUsageError, AttributeError):
    """A ref was asked for an attribute that it has not; `hasattr` is false then."""


def _refuse(action: str, kind: type[RefUsageError] = RefUsageError) -> Any:
    def method(self: Ref, *args: object, **kwargs: object) -> NoReturn:
        raise kind(
            f"cannot {action} {self!r}: it is a ref, not the value itself. Use storage.unwrap(ref) to get the "
            f"value, or do this inside an @op, where refs arrive as plain values."
        )

    return method


class Ref:
    """A value with a history.

    Two refs are equal when their histories (`hid`) are. A ref in a position where Python wants a plain
    value (truth, arithmetic, comparison, ...) raises `RefUsageError` that says to unwrap it.
    """

    __slots__ = ("__weakref__", "_fresh", "_loader", "_obj", "_properties", "cid", "hid", "type")

    structure: str | None = None
    """`list`, `dict`, `set`, `tuple`, or None for an atom."""

    def __init__(
        self, hid: str, cid: str, type: str = "object", obj: Any = NOT_LOADED, loader: Loader | None = None
    ) -> None:
        self.hid = hid
        self.cid = cid
        self.type = type
        self._obj = obj
        self._loader = loader
        self._fresh = False  # True while nobody but this ref can have got hold of `_obj`

    @property
    def properties(self) -> Mapping[str, Any]:
        """What is known of the ref without loading it: `hid`, `cid` and `type`, and where it came from a query all that
        its node has (`nbytes`, `preview`, ...)."""
        known: Mapping[str, Any] | None = getattr(self, "_properties", None)
        return {"hid": self.hid, "cid": self.cid, "type": self.type} if known is None else known

    @properties.setter
    def properties(self, properties: Mapping[str, Any]) -> None:
        self._properties = properties

    @property
    def in_memory(self) -> bool:
        """Does this ref hold its value, so that looking at it reads nothing from the store?"""
        return self._obj is not NOT_LOADED

    @property
    def obj(self) -> Any:
        """The value, fetched and kept when it is not in memory yet.

        Treat it as read-only: a value changed in place is noticed, and fetched anew the next time.
        """
        if self._loader is None:
            if self._obj is NOT_LOADED:
                raise ValueMissing(
                    f"{self!r} belongs to no open storage, so its value cannot be loaded: "
                    f"use storage.attach(ref) or storage.unwrap(ref)."
                )
            return self._obj
        self._obj = self._loader.load(self)
        return self._obj

    def detached(self) -> Ref:
        """The same ref without its value."""
        return type(self)(self.hid, self.cid, self.type, NOT_LOADED, self._loader)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Ref):
            return self.hid == other.hid
        _refuse(f"compare with a {type(other).__name__}")(self)
        return False

    def __hash__(self) -> int:
        return hash(self.hid)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.hid, self.cid, self.type, self._obj))

    def __format__(self, spec: str) -> str:
        if spec:
            _refuse("format")(self)
        return repr(self)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Looked up only where there is no such attribute: often one of the value's is meant."""
            if name.startswith("_"):  # what Python and libraries ask of any object
                raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
            _refuse(f"get .{name} of", _NoAttribute)(self)

    def __repr__(self) -> str:
        what = repr(self._obj) if self.in_memory else f"<{self.type}, not loaded>"
        if len(what) > 60:
            what = what[:57] + "..."
        return f"{type(self).__name__}({what}, hid={self.hid[:8]}…, cid={self.cid[:8]}…)"

    def _repr_html_(self) -> str:
        """For notebooks: from what is in memory and the graph; no value is loaded."""
        if self._loader is not None:
            return self._loader.card(self)
        return card("ref", self.type, [("value", repr(self)), ("id", self.hid)])

    __bool__ = _refuse("use as a truth value")
    __lt__ = __le__ = __gt__ = __ge__ = _refuse("order")
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse("calculate with")
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _refuse("calculate with")
    __pow__ = __rpow__ = __matmul__ = __rmatmul__ = __neg__ = __pos__ = __abs__ = _refuse("calculate with")
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __invert__ = _refuse("calculate with")
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = __divmod__ = __rdivmod__ = _refuse("calculate with")
    __int__ = __float__ = __complex__ = __index__ = __round__ = _refuse("convert to a number")
    __array__ = _refuse("make an array of")
    __call__ = _refuse("call")
    __enter__ = _refuse("enter")


class AtomRef(Ref):
    """A ref to one value, whatever it is made of."""

    __slots__ = ()

    __len__ = _refuse("take the length of")
    __iter__ = _refuse("iterate over")
    __getitem__ = _refuse("index")
    __contains__ = _refuse("look into")
    __setitem__ = __delitem__ = _refuse("change")


class StructRef(Ref):
    """A ref to a structure whose elements are refs of their own."""

    __slots__ = ("_elements",)

    def __init__(
        self,
        hid: str,
        cid: str,
        type: str = "object",
        obj: Any = NOT_LOADED,
        loader: Loader | None = None,
        elements: Any = None,
    ) -> None:
        super().__init__(hid, cid, type, obj, loader)
        self._elements = elements

    @property
    def in_memory(self) -> bool:
        """Are all elements, and their values, in memory?"""
        if self._elements is None:
            return False
        elements = self._elements.values() if isinstance(self._elements, dict) else self._elements
        return all(e.in_memory for e in elements)

    @property
    def obj(self) -> Any:
        """The plain structure, made anew from the elements' values."""
        if self._loader is None:
            raise ValueMissing(f"{self!r} belongs to no open storage: use storage.unwrap(ref).")
        return self._loader.load(self)

    def detached(self) -> Ref:
        return type(self)(self.hid, self.cid, self.type, loader=self._loader)

    def __repr__(self) -> str:
        n = f"{len(self._elements)} elements" if self._elements is not None else "not loaded"
        return f"{type(self).__name__}(<{n}>, hid={self.hid[:8]}…, cid={self.cid[:8]}…)"

    @property
    def elements(self) -> Any:
        """The elements: a list of refs, or for a dict a dict of refs (fetched when needed)."""
        if self._elements is None:
            if self._loader is None:
                raise ValueMissing(f"{self!r} belongs to no open storage, so its elements cannot be loaded.")
            self._elements = self._loader.elements(self)
        return self._elements

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.hid, self.cid, self.type, self._obj, None, self._elements))

    def __len__(self) -> int:
        return len(self.elements)

    def __bool__(self) -> bool:
        return len(self) > 0

    def __iter__(self) -> Iterator[Any]:
        return iter(self.elements)

    def __contains__(self, item: object) -> bool:
        if not isinstance(item, Ref):
            _refuse("look for a plain value in")(self)
        return any(e.hid == item.hid for e in self.elements)  # type: ignore[attr-defined]

    __setitem__ = __delitem__ = _refuse("change")


class ListRef(StructRef):
    """A list of refs: length, iteration, indexing and slicing (a slice is a plain list of refs)."""

    __slots__ = ()
    structure = "list"

    @overload
    def __getitem__(self, index: int) -> Ref: ...
    @overload
    def __getitem__(self, index: slice) -> list[Ref]: ...
    def __getitem__(self, index: int | slice) -> Ref | list[Ref]:
        result: Ref | list[Ref] = self.elements[index]
        return result


class TupleRef(ListRef):
    """A tuple of refs; behaves as `ListRef`."""

    __slots__ = ()
    structure = "tuple"


class SetRef(StructRef):
    """A set of refs, in an order that depends only on their contents."""

    __slots__ = ()
    structure = "set"


class DictRef(StructRef):
    """A dict from plain keys to refs."""

    __slots__ = ()
    structure = "dict"

    def __getitem__(self, key: Any) -> Ref:
        result: Ref = self.elements[key.obj if isinstance(key, Ref) else key]
        return result

    def __contains__(self, key: object) -> bool:
        return (key.obj if isinstance(key, Ref) else key) in self.elements

    def get(self, key: Any, default: Any = None) -> Any:
        return self.elements.get(key, default)

    def keys(self) -> KeysView[Any]:
        return self.elements.keys()  # type: ignore[no-any-return]

    def values(self) -> ValuesView[Ref]:
        return self.elements.values()  # type: ignore[no-any-return]

    def items(self) -> ItemsView[Any, Ref]:
        return self.elements.items()  # type: ignore[no-any-return]


REF_TYPES: dict[str | None, type[Ref]] = {
    None: AtomRef,
    "list": ListRef,
    "dict": DictRef,
    "set": SetRef,
    "tuple": TupleRef,
}
"""The class of a ref by its `structure`."""


@dataclass(frozen=True, slots=True)
class Op:
    """What an op is, apart from its code: enough to read a store without the program that filled it."""

    name: str
    module: str = ""
    qualname: str = ""
    doc: str = ""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One run of an op: what went in, what came out, when and for how long.

    `inputs` and `outputs` map names to refs; a struct op's elements are a tuple of refs under one name.
    `started` is in seconds since the epoch, `duration` in seconds.
    """

    hid: str
    cid: str
    op: Op
    inputs: dict[str, Any] = field(repr=False)
    outputs: dict[str, Ref] = field(repr=False)
    version: str = ""
    run: str = ""
    started: float = 0.0
    duration: float = 0.0
    status: str = "ok"

    def __repr__(self) -> str:
        return f"Call({self.op.name}, hid={self.hid[:8]}…, {', '.join(self.inputs)} -> {', '.join(self.outputs)})"

    @property
    def properties(self) -> dict[str, Any]:
        """The properties of the call's node."""
        names = ("hid", "cid", "version", "run", "started", "duration", "status")
        return {**{n: getattr(self, n) for n in names}, "op": self.op.name, "name": self.op.name}

    def _repr_html_(self) -> str:
        """For notebooks: from what is in memory and the graph; no value is loaded."""
        for ref in (*self.outputs.values(), *self.inputs.values()):
            if isinstance(ref, Ref) and ref._loader is not None:
                return ref._loader.card(self)
        return card("call", self.op.name, [("id", self.hid)])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Call) and other.hid == self.hid

    def __hash__(self) -> int:
        return hash(self.hid)
