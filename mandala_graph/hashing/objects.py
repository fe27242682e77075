"""Encodings of objects in general: by their type and their reduced state, as pickle would take them apart.

The type of an object stands in its encoding by name, with the data attributes of its class when that is the
user's own code (a changed class attribute is another value; a changed method is a matter of `versions`).
A class made inside a function has no name of its own and stands there with its code. Functions and classes as
values are in `functions`.
"""

from __future__ import annotations

import _thread
import copyreg
import enum
import functools
import io
import types
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any

from mandala_graph.hashing.encoder import Encode, Encoder, Refused

__all__ = ["is_op", "is_ref", "write_name", "write_object", "write_type", "writer"]

_REFUSED: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (types.GeneratorType, "a generator is a running computation; pass list(...) of it"),
    (types.CoroutineType, "a coroutine is a running computation; await it first"),
    (types.AsyncGeneratorType, "an async generator is a running computation"),
    ((_thread.LockType, _thread.RLock), "a lock has no content"),
    ((types.FrameType, types.TracebackType), "it belongs to a running program"),
    ((weakref.ref, weakref.ProxyType, weakref.CallableProxyType), "a weak reference may be gone any time"),
)


def writer(kind: type) -> Encode:
    """What writes objects of a type that neither the user nor a module of ours knows."""
    if is_ref(kind):
        return _refuse(
            "it is a ref, not the value itself; use storage.unwrap(ref), or give it to an @op as an argument of its own, or in one "
            "that is annotated MList, MDict, MSet or MTuple"
        )
    for refused, reason in _REFUSED:
        if issubclass(kind, refused):
            return _refuse(reason)
    if issubclass(kind, io.IOBase) and not issubclass(kind, io.BytesIO | io.StringIO):
        return _refuse("an open file has no content of its own; pass its path, or what it reads")
    if issubclass(kind, enum.Enum):
        return _enum
    if issubclass(kind, type):
        return _function_writer("write_class")
    known = _FUNCTIONS.get(kind)
    if known is not None:
        return _function_writer(known)
    if issubclass(kind, set | frozenset):
        return _set_like
    return write_object


_FUNCTIONS: dict[type, str] = {
    types.FunctionType: "write_function",
    types.BuiltinFunctionType: "write_builtin",
    types.WrapperDescriptorType: "write_builtin",
    types.MethodDescriptorType: "write_builtin",
    types.ClassMethodDescriptorType: "write_builtin",
    types.MethodWrapperType: "write_builtin",
    types.GetSetDescriptorType: "write_builtin",
    types.MemberDescriptorType: "write_builtin",
    types.MethodType: "write_method",
    types.CodeType: "write_code",
    types.ModuleType: "write_module",
    types.CellType: "write_cell",
    types.MappingProxyType: "write_proxy",
    memoryview: "write_memory",
    property: "write_descriptor",
    classmethod: "write_descriptor",
    staticmethod: "write_descriptor",
    functools._lru_cache_wrapper: "write_cached",
}


def _function_writer(name: str) -> Encode:
    def write(encoder: Encoder, value: Any) -> None:
        from mandala_graph.hashing import functions

        encoder.not_plain()
        getattr(functions, name)(encoder, value)

    return write


def is_ref(kind: type) -> bool:
    """Are values of this type refs? (Their module is above this one.)"""
    return any(base.__module__ == "mandala_graph.model" and base.__name__ == "Ref" for base in kind.__mro__)


def is_op(value: Any) -> bool:
    """Is this an op? It is hashed by its name and its function, in a `with` block or not."""
    return type(value).__module__ == "mandala_graph.runtime.op" and hasattr(value, "__wrapped__")


def _refuse(reason: str) -> Encode:
    def write(encoder: Encoder, value: Any) -> None:
        raise Refused(f"{type(value).__qualname__}: {reason}")

    return write


def write_name(encoder: Encoder, module: str | None, qualname: str) -> None:
    """Write something that is known by where it is found."""
    # A spawned worker knows the program that started it by another name.
    encoder.text("__main__" if module == "__mp_main__" else module or "")
    encoder.text(qualname)


@functools.lru_cache(maxsize=4096)
def _by_name_alone(kind: type) -> bool:
    from mandala_graph.hashing.functions import is_user_module

    return not any(is_user_module(base.__module__) for base in kind.__mro__)


def write_type(encoder: Encoder, kind: type, shadowed: Iterable[str] = ()) -> None:
    """Write the type of an object; `shadowed` are class attributes that the object has values of its own for."""
    if _by_name_alone(kind):
        encoder.out += b"n"
        write_name(encoder, kind.__module__, kind.__qualname__)
        return
    from mandala_graph.hashing import functions

    if "<locals>" in kind.__qualname__:
        encoder.out += b"l"
        functions.write_class(encoder, kind)
        return
    encoder.out += b"a"
    write_name(encoder, kind.__module__, kind.__qualname__)
    functions.write_class_data(encoder, kind, shadowed)


def _enum(encoder: Encoder, value: enum.Enum) -> None:
    encoder.not_plain()
    if encoder.enter(value):
        encoder.out += b"e"
        kind = type(value)
        write_name(encoder, kind.__module__, kind.__qualname__)
        name = value.name  # None for a combination of flags
        encoder.encode(name)
        encoder.step(value._value_, ".value")
        encoder.leave(value)


def _set_like(encoder: Encoder, value: Any) -> None:
    encoder.not_plain()
    if encoder.enter(value):
        encoder.out += b"S"
        state = getattr(value, "__dict__", None) or {}
        write_type(encoder, type(value), state)
        encoder.encode(frozenset(set.__iter__(value) if isinstance(value, set) else frozenset.__iter__(value)))
        _write_state(encoder, type(value), state)
        encoder.leave(value)


def write_object(encoder: Encoder, value: Any) -> None:
    """Write an object by its reduced state."""
    encoder.not_plain()
    kind = type(value)
    if kind is object:
        raise Refused("a bare object() has no content; it is only itself")
    if not encoder.enter(value):
        return
    if is_op(value):
        encoder.out += b"op"
        encoder.text(value.name)
        encoder.encode(value.__wrapped__)
        encoder.leave(value)
        return
    reduced = _reduce(value)
    if isinstance(reduced, str):
        encoder.out += b"G"
        write_name(encoder, getattr(value, "__module__", None) or kind.__module__, reduced)
    else:
        encoder.out += b"O"
        _write_reduced(encoder, value, *reduced)
    encoder.leave(value)


def _reduce(value: Any) -> Any:
    kind = type(value)
    try:
        special = copyreg.dispatch_table.get(kind)
        return special(value) if special is not None else value.__reduce_ex__(4)
    except (Refused, RecursionError):
        raise
    except Exception as error:
        reason = f"{kind.__qualname__}: {error or type(error).__name__}"
        raise Refused(f"{reason}; give it a hasher with @mandala_graph.hashes({kind.__name__})") from error


def _write_reduced(
    encoder: Encoder,
    value: Any,
    function: Any,
    arguments: tuple[Any, ...],
    state: Any = None,
    elements: Iterator[Any] | None = None,
    items: Iterator[tuple[Any, Any]] | None = None,
    setter: Any = None,
) -> None:
    kind = type(value)
    attributes = state[0] if isinstance(state, tuple) and len(state) == 2 and isinstance(state[0], dict) else state
    write_type(encoder, kind, attributes if isinstance(attributes, dict) else ())
    if getattr(function, "__name__", "") in ("__newobj__", "__newobj_ex__") and arguments and arguments[0] is kind:
        encoder.out += b"*"
        arguments = arguments[1:]
    elif function is kind:
        encoder.out += b"!"
    else:
        encoder.out += b"+"
        encoder.encode(function)
    for index, argument in enumerate(arguments):
        if argument is kind:
            encoder.out += b"="
            continue
        encoder.out += b","
        encoder.step(argument, f".__reduce__()[1][{index}]")
    encoder.out += b";"
    _write_state(encoder, kind, state)
    if elements is not None:
        encoder.out += b"L"
        encoder.encode(list(elements))
    if items is not None:
        if isinstance(value, dict) and not isinstance(value, OrderedDict):
            encoder.out += b"D"
            encoder.encode(dict(items))
        else:
            encoder.out += b"P"
            encoder.encode(list(items))
    if setter is not None:
        encoder.out += b"s"
        encoder.encode(setter)
    encoder.out += b"."


@functools.lru_cache(maxsize=4096)
def _cached_properties(kind: type) -> frozenset[str]:
    return frozenset(
        name
        for base in kind.__mro__
        for name, item in vars(base).items()
        if isinstance(item, functools.cached_property)
    )


def _write_state(encoder: Encoder, kind: type, state: Any) -> None:
    if type(state) is dict:
        cached = _cached_properties(kind)
        if not cached.isdisjoint(state):
            state = {name: item for name, item in state.items() if name not in cached}
        encoder.out += b"d"
        _write_attributes(encoder, state)
    elif type(state) is tuple and len(state) == 2 and type(state[1]) is dict and type(state[0]) in (dict, type(None)):
        encoder.out += b"t"
        _write_state(encoder, kind, state[0])
        _write_attributes(encoder, state[1])
    else:
        encoder.out += b"x"
        encoder.encode(state)


def _write_attributes(encoder: Encoder, attributes: dict[Any, Any]) -> None:
    if not all(type(name) is str for name in attributes):
        encoder.encode(attributes)
        return
    encoder.out += len(attributes).to_bytes(4, "little")
    for name in sorted(attributes):
        encoder.text(name)
        encoder.step(attributes[name], f".{name}")
