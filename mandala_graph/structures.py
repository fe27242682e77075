"""Structures whose elements are refs of their own: the annotations, and the names of their struct ops.

`MList[T]`, `MDict[K, V]`, `MSet[T]`, `MTuple[...]` annotate inputs and outputs of ops. Building one from
elements is a call of `__make_list__` (and so on); reading an element is a call of `__list_getitem__`.
How refs are made and written is the runtime's business.
"""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = [
    "MAKE_OPS",
    "STRUCT_OPS",
    "STRUCT_OP_NAMES",
    "MDict",
    "MList",
    "MSet",
    "MTuple",
    "StructOps",
    "StructType",
    "struct_type",
]

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")


class MList(list[T]):
    """Annotation: a list whose elements are refs of their own.

    >>> from mandala_graph import op, MList
    >>> @op
    ... def average(nums: MList[float]) -> float:
    ...     return sum(nums) / len(nums)
    >>> average([1.0, 2.0, 3.0])   # outside of a storage it is a plain function
    2.0
    """


class MDict(dict[K, V]):
    """Annotation: a dict whose values are refs of their own; keys are plain."""


class MSet(set[T]):
    """Annotation: a set whose elements are refs of their own."""


class MTuple(tuple[T, ...]):
    """Annotation: a tuple whose elements are refs of their own: `MTuple[int]` or `MTuple[int, str]`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class StructType:
    """A structure annotation, resolved: its kind and what its elements are (None: an atom).

    `elements` has one entry for all elements, or for a tuple one an element.
    """

    kind: str
    elements: tuple[StructType | None, ...]

    def element(self, index: int) -> StructType | None:
        return self.elements[index] if len(self.elements) > 1 else self.elements[0]


@dataclass(frozen=True, slots=True)
class StructOps:
    """The struct ops of one kind and their labels."""

    make: str
    make_inputs: tuple[str, ...]
    make_output: str
    getitem: str
    container: str
    key: str
    item: str


STRUCT_OPS: dict[str, StructOps] = {
    "list": StructOps("__make_list__", ("elts",), "list", "__list_getitem__", "list", "i", "list_item"),
    "tuple": StructOps("__make_tuple__", ("elts",), "tuple", "__tuple_getitem__", "tuple", "i", "tuple_item"),
    "set": StructOps("__make_set__", ("elts",), "set", "__set_getitem__", "set", "i", "set_item"),
    "dict": StructOps("__make_dict__", ("keys", "values"), "dict", "__dict_getitem__", "dict", "key", "dict_value"),
}
"""Names and labels of the struct ops, by kind."""

MAKE_OPS = frozenset(o.make for o in STRUCT_OPS.values())
"""The ops that build structures: their labels stand for several inputs each."""

STRUCT_OP_NAMES = frozenset(n for o in STRUCT_OPS.values() for n in (o.make, o.getitem))
"""Names that no op of a user can have."""

_KINDS: dict[Any, str] = {MList: "list", MDict: "dict", MSet: "set", MTuple: "tuple"}


def struct_type(annotation: Any) -> StructType | None:
    """What structure an annotation asks for, or None for an atom.

    `Annotated[...]` and `X | None` are looked through.

    >>> struct_type(MList[MDict[str, int]])
    StructType(kind='list', elements=(StructType(kind='dict', elements=(None,)),))
    >>> struct_type(list[int]) is None
    True
    """
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return struct_type(typing.get_args(annotation)[0])
    if origin is typing.Union or origin is types.UnionType:
        found = [s for s in map(struct_type, typing.get_args(annotation)) if s is not None]
        return found[0] if len(found) == 1 else None
    kind = _KINDS.get(origin if origin is not None else annotation)
    if kind is None:
        return None
    args = typing.get_args(annotation)
    if kind == "dict":
        args = args[1:2]
    args = tuple(a for a in args if a is not Ellipsis)
    return StructType(kind, tuple(map(struct_type, args)) or (None,))
