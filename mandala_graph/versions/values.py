"""Data that code depends on: globals, defaults, captured variables, class attributes, by content.

Data that calls themselves change (a counter, a cache, a random generator) say nothing about the code: such a
piece counts by its type only, from the moment it is noticed.
"""

from __future__ import annotations

import collections
import enum
import functools
import gc
import struct
import threading
import time
import types
import weakref
from collections.abc import Callable
from contextvars import Context, ContextVar
from typing import Any

from mandala_graph.hashing import content_id
from mandala_graph.versions.normal import digest
from mandala_graph.versions.scope import Scope

__all__ = ["ATOMS", "CHANGING", "MISSING", "Place", "Values", "is_op", "unwrap_method", "wrapped_by"]


class _Missing:
    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()
"""The value of a name that is not bound."""

CHANGING = "changes as calls run"
"""The text of a piece of data that calls change."""

ATOMS = frozenset({int, float, complex, str, bytes, bool, type(None), type(Ellipsis), type(NotImplemented)})
_CONTAINERS = (list, tuple, dict, set, frozenset)
_BOUND = (types.BuiltinFunctionType, types.MethodWrapperType)
_NAMED = (
    types.FunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
    type,
    types.ModuleType,
)
_DEEP = 12
_LARGE = 5000
"""How deep containers are searched for functions."""


def is_op(value: Any) -> bool:
    """An op, by its looks: what it wraps and what it says it depends on."""
    own = getattr(value, "__dict__", None)
    return type(own) is dict and "fn" in own and "depends_on" in own and "packages" in own


def wrapped_by(value: Any) -> Any:
    """What a callable says that it wraps (`functools.wraps`, `lru_cache`, ...); None if nothing."""
    own = getattr(value, "__dict__", None) if callable(value) else None
    return own.get("__wrapped__") if type(own) is dict else None


def unwrap_method(value: Any) -> list[tuple[str, Any]] | None:
    """The functions inside a member of a class, each with its role; None if it is no method."""
    if isinstance(value, types.FunctionType):
        return [("method", value)]
    if isinstance(value, (staticmethod, classmethod)):
        return [(type(value).__name__, value.__func__)]
    if isinstance(value, property):
        roles = (("get", value.fget), ("set", value.fset), ("delete", value.fdel))
        return [(role, f) for role, f in roles if f is not None]
    if isinstance(value, functools.cached_property):
        return [("cached", value.func)]
    if isinstance(value, functools.singledispatchmethod):
        return [("dispatch", value.dispatcher)]
    if isinstance(value, functools.partialmethod):
        return [("partialmethod", functools.partial(value.func, *value.args, **value.keywords))]
    return None


class Place:
    """Where a piece of data is kept: `get` fetches what is there now (None: what cannot be bound anew)."""

    __slots__ = ("checks", "cost", "get", "mark", "shape", "text", "value")

    def __init__(self, mark: Any, value: Any, get: Callable[[], Any] | None = None) -> None:
        self.mark = mark
        self.value = value
        self.get = get
        self.text = ""
        self.shape = ""  # as `text`, with code inside by identity: enough to see a change in this process
        self.cost = 0.0  # seconds that making the text takes
        self.checks = 0


class Values:
    """Texts that stand for data in digests, for one scope.

    `changing` are the marks of the places that calls were seen to change. It is shared by all ops of a process.
    """

    def __init__(self, scope: Scope, changing: dict[Any, Any]) -> None:
        self.scope = scope
        self.changing = changing

    def is_named(self, value: Any) -> bool:
        """Is this code that its name says all about, or that has components of its own?"""
        if isinstance(value, _BOUND):
            return isinstance(value.__self__, (types.ModuleType, type, type(None)))
        return isinstance(value, _NAMED) or is_op(value)

    def is_data(self, value: Any) -> bool:
        """Is this data (so that it may change without being bound anew), maybe with code inside?"""
        if type(value) in ATOMS:
            return True
        if self.is_named(value) or isinstance(value, (functools.partial, types.MethodType, enum.Enum)):
            return False
        return wrapped_by(value) is None

    def name(self, value: Any) -> str:
        own = getattr(value, "__self__", None)
        owner = "" if own is None or isinstance(own, types.ModuleType) else f"{type(own).__qualname__}."
        module = getattr(value, "__module__", None) or ""
        return f"{type(value).__name__} {module}.{owner}{getattr(value, '__qualname__', repr(type(value)))}"

    def text(self, place: Place, refer: Callable[[Any], str]) -> None:
        """Fill in what stands for a place: its content, or that calls change it."""
        started = time.perf_counter()
        referred = False

        def watched(value: Any) -> str:
            nonlocal referred
            referred = True
            return refer(value)

        place.text = self.plain_text(place.value, watched)
        place.shape = self.plain_text(place.value, _by_identity) if referred else place.text
        place.cost = time.perf_counter() - started
        if place.mark in self.changing:
            place.text = CHANGING

    def same(self, place: Place) -> bool:
        """Is the content of a place what it was? (Yes if it counts as changed by calls.)"""
        if place.mark in self.changing:
            return place.text == CHANGING
        value = place.value if place.get is None else place.get()
        if value is place.value and type(value) in ATOMS:
            return True
        return value is not MISSING and self.plain_text(value, _by_identity) == place.shape

    def plain_text(self, value: Any, refer: Callable[[Any], str]) -> str:
        """A value's content as a text; functions, classes and ops inside stand as `refer` says."""
        if type(value) in ATOMS:
            return f"value {content_id(value)}"
        try:
            return _Text(self, refer).of(value)
        except _TooLarge:
            return self.content_text(value)

    def content_text(self, value: Any) -> str:
        kind = type(value)
        if kind.__module__.startswith("mandala_graph.") and kind.__qualname__ in ("Ignored", "NewDefault"):
            return "ignored" if kind.__qualname__ == "Ignored" else self.content_text(value.value)
        try:
            return f"value {content_id(value)}"
        except Exception:  # no stable content, or whatever the object raises when it is taken apart
            return f"opaque {kind.__module__}.{kind.__qualname__}"

    def hidden(self, value: Any) -> list[Any]:
        """What can be read of an object that has no stable content, or that holds code without being a container."""
        kind = type(value)
        if isinstance(value, ContextVar):
            return [Context().run(_current, value), _current(value)]
        if kind is struct.Struct:
            return [value.format]
        if kind is threading.local:
            return [vars(value)]
        if isinstance(value, weakref.ref):
            return [value()]
        if isinstance(value, collections.defaultdict):
            return [value.default_factory]
        return []

    def holds_code(self, value: Any, depth: int = 0) -> bool:
        """Is there a function, class or object of the user's own in a container?"""
        kind = type(value)
        if kind in ATOMS:
            return False
        if isinstance(value, _CONTAINERS):
            if depth > _DEEP:
                return False
            if isinstance(value, collections.defaultdict) and self.holds_code(value.default_factory, depth + 1):
                return True
            if isinstance(value, dict):
                return any(self.holds_code(v, depth + 1) for v in value.values()) or any(
                    self.holds_code(k, depth + 1) for k in value if type(k) not in ATOMS
                )
            return any(self.holds_code(v, depth + 1) for v in value if type(v) not in ATOMS)
        if isinstance(value, _BOUND):
            return self.holds_code(value.__self__, depth + 1)
        return not self.is_data(value) or self.scope.has_class(kind)


def _current(variable: ContextVar[Any]) -> Any:
    try:
        return variable.get()
    except LookupError:
        return None


def _by_identity(value: Any) -> str:
    return f"<{id(value)}>"


class _TooLarge(Exception):
    """A structure with code inside that is too large to look through; its content id says it all."""


class _Text:
    """One pass over a value with code inside."""

    def __init__(self, values: Values, refer: Callable[[Any], str]) -> None:
        self.values = values
        self.refer = refer
        self.inside: set[int] = set()
        self.left = _LARGE

    def of(self, value: Any) -> str:
        kind = type(value)
        if kind in ATOMS:
            return f"value {content_id(value)}"
        if not self.values.is_data(value):
            return self.refer(value)
        if isinstance(value, _BOUND):
            return f"{self.values.name(value)} of {self.of(value.__self__)}"
        own = self.values.scope.has_class(kind)
        if not own and callable(value):
            # a tool of somebody else's around functions of the user's own
            # np.vectorize has them as attributes, np.frompyfunc and cmp_to_key keep them to themselves
            held = [*state_of(value).values(), *gc.get_referents(value)]
            inside = list({id(v): v for v in held if isinstance(v, types.FunctionType)}.values())
            if inside:
                return f"{self.values.content_text(value)} of {' '.join(map(self.refer, inside))}"
        known = isinstance(value, _CONTAINERS) and self.values.holds_code(value)
        text = "" if own or known else self.values.content_text(value)
        if text and not text.startswith("opaque "):
            return text
        if id(value) in self.inside:
            return "^"
        self.left -= 1
        if self.left < 0:
            raise _TooLarge
        self.inside.add(id(value))
        parts = [self.of(v) for v in self.values.hidden(value)]
        if text:
            self.inside.discard(id(value))
            return f"{text} {digest_text(parts)}" if parts else text
        if isinstance(value, dict):
            parts += sorted(f"{self.of(k)}: {self.of(v)}" for k, v in value.items())
        elif isinstance(value, (set, frozenset)):
            parts += sorted(map(self.of, value))
        elif isinstance(value, _CONTAINERS):
            parts += map(self.of, value)
        head = kind.__qualname__
        if own:
            head = f"object {self.refer(kind)}"
            parts.append("with " + digest_text(sorted(f"{k}={self.of(v)}" for k, v in state_of(value).items())))
        self.inside.discard(id(value))
        return f"{head} {digest_text(parts)}"


def digest_text(parts: list[str]) -> str:
    """Parts of a container as one text. Inline pieces (\\1n\\2) have no content yet, so they stay as they are."""
    if any("\1" in p for p in parts):
        return "(" + " , ".join(parts) + ")"
    return digest(*parts)


def state_of(value: Any) -> dict[str, Any]:
    """The attributes of an object: those in its `__dict__`, and its slots."""
    state = dict(getattr(value, "__dict__", {}) or {})
    for cls in type(value).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            if slot not in ("__dict__", "__weakref__"):
                name = f"_{cls.__name__.lstrip('_')}{slot}" if slot.startswith("__") and slot[-2:] != "__" else slot
                try:
                    state[name] = getattr(value, name)
                except AttributeError:
                    continue
    return state
