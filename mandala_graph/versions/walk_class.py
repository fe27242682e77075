"""What of a class counts for those who use it. A part of `walk`."""

from __future__ import annotations

import abc
import dataclasses
import enum
import functools
import inspect
import types
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from mandala_graph.versions.components import source_of
from mandala_graph.versions.nodes import Node
from mandala_graph.versions.values import MISSING, Place, unwrap_method

if TYPE_CHECKING:
    from mandala_graph.versions.walk import Walk

__all__ = ["fill_class"]

_NOISE = frozenset(
    {
        "__abstractmethods__",
        "__annotate__",
        "__annotate_func__",
        "__annotations__",
        "__annotations_cache__",
        "__classdictcell__",
        "__dataclass_fields__",
        "__dict__",
        "__doc__",
        "__firstlineno__",
        "__module__",
        "__orig_bases__",
        "__parameters__",
        "__qualname__",
        "__slotnames__",
        "__static_attributes__",
        "__type_params__",
        "__weakref__",
        "_abc_impl",
    }
)
_PLAIN_BASES = frozenset({"builtins", "enum", "abc", "typing", "typing_extensions", "collections.abc"})
_GENERATED = "<string>"
"""The file name of methods that `dataclass` and `namedtuple` write: their fields say it all."""


def fill_class(walk: Walk, node: Node, cls: type) -> None:
    """What of a class counts: its bases, and those of its members that may be used."""
    members = vars(cls)
    walk.classes[id(cls)] = (cls, cls.__bases__, tuple(members))
    every = walk.dynamic or not all(
        walk.scope.has_class(b) or b.__module__ in _PLAIN_BASES for b in cls.__mro__ if b is not object
    )
    for base in cls.__bases__:
        node.parts.append("base " + walk.refer(base, node))
    if type(cls) is not type:
        node.parts.append("metaclass " + walk.refer(type(cls), node))
    if issubclass(type(cls), abc.ABCMeta):
        node.parts += [f"registered {walk.refer(c, node)}" for c in _registered(cls)]
    if "__subclasses__" in walk.attributes:
        below: list[Any] = type.__subclasses__(cls)
        node.parts += [f"subclass {walk.refer(c, node)}" for c in below if walk.scope.has_class(c)]
    if every or "annotations" in walk.reads_code:  # an installed base class may read them
        node.parts.append(f"annotations {sorted((k, str(v)) for k, v in _annotations(cls).items())}")
    if "docs" in walk.reads_code:
        node.parts.append(f"doc {members.get('__doc__')}")
    if "source" in walk.reads_code:
        node.parts.append(f"source {source_of(cls)}")
    fields = members.get("__dataclass_fields__")
    if fields is not None:
        for f in fields.values():
            node.parts.append(f"field {f.name} {f.init} {f.repr} {f.compare} {f.hash} {f.kw_only}")
            for default in (f.default, f.default_factory):
                if default is not dataclasses.MISSING:
                    node.parts.append("is " + walk.held(default, node, (id(cls), "field", f.name), None))
    enumeration = issubclass(cls, enum.Enum)
    if enumeration:
        for name, member in cls.__members__.items():  # type: ignore[attr-defined]
            node.parts.append(f"member {name} {walk.refer(member._value_, node)}")
    for name in sorted(members):
        special = name.startswith("_") and name.endswith("_")  # `__init__`, `_missing_` of an enum
        if name in _NOISE or (fields is not None and name in fields):
            continue  # the default of a field stands with it
        if enumeration and (name in cls.__members__ or (name.startswith("_") and not _own(walk, members[name]))):  # type: ignore[attr-defined]
            continue
        if every or special or name in walk.attributes or name == "_field_defaults":
            _member(walk, node, cls, name, walk.look(members, name))
        elif _own(walk, members[name]):
            walk.hidden = True  # who calls it does so by a name that no code of the user's own has


def _registered(cls: type) -> list[type]:
    """The classes that `ABCMeta.register` made virtual subclasses."""
    registry: Any = getattr(abc, "_get_dump", None)  # what `ABCMeta._dump_registry` prints
    known: Iterable[Callable[[], type | None]] = registry(cls)[0] if registry is not None else ()
    classes = [get() for get in known]
    return sorted((c for c in classes if c is not None), key=lambda c: (c.__module__, c.__qualname__))


def _annotations(cls: type) -> dict[str, Any]:
    try:
        return inspect.get_annotations(cls)
    except Exception:  # whatever an annotation that is only worked out now (Python 3.14) raises
        return {}


def _own(walk: Walk, value: Any) -> bool:
    """Is a member of a class a method that the user wrote?"""
    parts = unwrap_method(value) or ()
    return any(not isinstance(fn, types.FunctionType) or walk.scope.has_function(fn) for _, fn in parts)


def _member(walk: Walk, node: Node, cls: type, name: str, value: Any) -> None:
    parts = unwrap_method(value)
    if parts is None:
        if isinstance(value, (types.MemberDescriptorType, types.GetSetDescriptorType)):
            node.parts.append(f"slot {name}")
        elif walk.values.is_data(value):
            get = functools.partial(vars(cls).get, name, MISSING)
            i = walk.data(Place((id(cls), "member", name), value, get), None)
            node.hard.add(i)
            node.parts.append(f"attribute {name} \1{i}\2")
        else:
            node.parts.append(f"attribute {name} {walk.refer(value, node)}")
        return
    for role, fn in parts:
        if isinstance(fn, types.FunctionType):
            dunder = name.startswith("__") and name.endswith("__")
            written = fn.__code__.co_filename == _GENERATED or not walk.scope.has_function(fn)
            if written and dunder and hasattr(cls, "__dataclass_fields__"):
                continue
            if not walk.scope.has_function(fn):
                node.parts.append(f"{role} {name} {walk.foreign(fn, node)}")
                continue
        # cached_property answers from the instance the second time
        node.parts.append(f"{role} {name} {walk.refer(fn, node, hard=role == 'cached')}")
