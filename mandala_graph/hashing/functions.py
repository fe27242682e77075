"""Encodings of functions, classes, methods and modules.

What belongs to an installed distribution or to Python itself stands by its name. The user's own functions and
classes stand by their code, independent of where it was written, and by what the code captured: defaults,
closure, and the globals it refers to (followed through the user's own functions and classes).
"""

from __future__ import annotations

import functools
import sys
import sysconfig
import types
from pathlib import Path
from typing import Any

from mandala_graph.hashing.code import code_digest, global_names
from mandala_graph.hashing.encoder import Encoder, Refused, varint
from mandala_graph.hashing.objects import is_op, is_ref, write_name, write_type

__all__ = ["is_user_module", "write_class", "write_class_data", "write_function"]

_NOISE = frozenset(
    {
        "__module__",
        "__doc__",
        "__dict__",
        "__weakref__",
        "__annotations__",
        "__qualname__",
        "__firstlineno__",
        "__static_attributes__",
        "__abstractmethods__",
        "_abc_impl",
        "__dataclass_fields__",
        "__dataclass_params__",
        "__match_args__",
        "__annotate__",
        "__annotate_func__",
        "__annotations_cache__",
        "__parameters__",
        "__orig_bases__",
        "__hash__",
        "__classdictcell__",
        "__slotnames__",
    }
)
"""Attributes of a class that say nothing that the rest does not, or that hang on where it was written."""


@functools.lru_cache(maxsize=1)
def _installed() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple(str(Path(paths[key])) for key in ("stdlib", "platstdlib", "purelib", "platlib"))


def is_user_module(name: str | None) -> bool:
    """Is this a module of the user's own project (not Python's, not of an installed distribution, not ours)?"""
    if name is None:
        return False
    known = _known_modules.get(name)
    if known is None:
        known = _is_user_module(name)
        if name in sys.modules:
            _known_modules[name] = known
    return known


_known_modules: dict[str, bool] = {}


def _is_user_module(name: str) -> bool:
    top = name.partition(".")[0]
    if name in ("__main__", "__mp_main__"):
        return True
    if top == "mandala_graph" or top in sys.stdlib_module_names or name in sys.builtin_module_names:
        return False
    file = getattr(sys.modules.get(name), "__file__", None)
    if file is None:
        return True  # made by exec, or by hand
    return not (file.startswith(_installed()) or "site-packages" in file or "dist-packages" in file)


# -- functions


def write_function(encoder: Encoder, function: types.FunctionType) -> None:
    """Write a function: by name when installed, else by code, defaults, closure and globals."""
    if not is_user_module(function.__module__):
        if "<locals>" not in function.__qualname__ and "<lambda>" not in function.__qualname__:
            encoder.out += b"Fn"
            write_name(encoder, function.__module__, function.__qualname__)
            return
        if encoder.enter(function):  # made by a library: its name is not enough, its globals are the library's
            encoder.out += b"Fl"
            write_name(encoder, function.__module__, function.__qualname__)
            _write_body(encoder, function)
            encoder.leave(function)
        return
    if encoder.enter(function):
        encoder.out += b"Fc"
        _write_body(encoder, function)
        _write_globals(encoder, function)
        encoder.leave(function)


def _write_body(encoder: Encoder, function: types.FunctionType, ambient: bool = False) -> None:
    """Code, defaults, closure and attributes; `ambient` ones need no stable values (see `_write_ambient`)."""
    encoder.text(function.__name__)
    encoder.out += code_digest(function.__code__)
    attributes = {k: v for k, v in vars(function).items() if k != "__wrapped__"}
    parts = [
        (function.__defaults__, ".__defaults__"),
        (function.__kwdefaults__, ".__kwdefaults__"),
        (attributes, ".__dict__"),
    ]
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            parts.append((cell.cell_contents, f".<closure {name}>"))
        except ValueError:  # not filled yet
            encoder.out += b"0"
    for part, where in parts:
        _write_ambient(encoder, part) if ambient else encoder.step(part, where)


def write_cell(encoder: Encoder, cell: types.CellType) -> None:
    """Write a cell of a closure by its content."""
    if encoder.enter(cell):
        try:
            content = cell.cell_contents
        except ValueError:
            encoder.out += b"k0"
        else:
            encoder.out += b"k1"
            encoder.step(content, ".cell_contents")
        encoder.leave(cell)


def _users_function(item: Any) -> types.FunctionType | None:
    """The user's own function that a global is, or that it is an op of."""
    if is_op(item):
        item = item.__wrapped__
    return item if isinstance(item, types.FunctionType) and is_user_module(item.__module__) else None


def _write_globals(encoder: Encoder, function: types.FunctionType) -> None:
    """The globals that a function reaches, as one flat, sorted list: recursion and meshes of functions end here."""
    found: dict[tuple[str, str], Any] = {}
    waiting = [(function.__globals__, *global_names(function.__code__))]
    while waiting:
        space, names, attributes = waiting.pop()
        module = str(space.get("__name__"))
        for name in names:
            if name not in space or (module, name) in found:
                continue
            item = found[module, name] = space[name]
            inner = _users_function(item)
            if inner is not None and inner is not function:
                waiting.append((inner.__globals__, *global_names(inner.__code__)))
            elif isinstance(item, types.ModuleType) and is_user_module(item.__name__):
                waiting.append((vars(item), attributes, attributes))  # module.name is a global of another place
    keys = sorted(found, key=lambda key: (key[1], key[0]))
    encoder.out += b"g" + varint(len(keys))
    for key in keys:
        encoder.text(key[1])
        inner = _users_function(found[key])
        if inner is None:
            _write_ambient(encoder, found[key])
        elif inner is function:
            encoder.out += b"me"
        else:
            encoder.out += b"op" if is_op(found[key]) else b"fn"
            if encoder.enter(inner):
                _write_body(encoder, inner, ambient=True)
                encoder.leave(inner)


def _write_ambient(encoder: Encoder, item: Any) -> None:
    """Something that code refers to: by value, or, of what has no stable value (a pool, a connection), by its type.

    Functions and containers without a stable value are taken apart first, so that only the part that has none
    counts for its type alone.
    """
    kind = type(item)
    if is_ref(kind):
        encoder.out += b"&"
        encoder.text(item.hid)
    elif (kind.__module__.startswith("mandala_graph.") and not is_op(item)) or not encoder.attempt(item):
        encoder.out += b"?"
        write_name(encoder, kind.__module__, kind.__qualname__)
        _write_what_is_stable(encoder, item)


def _write_what_is_stable(encoder: Encoder, item: Any) -> None:
    parts: list[Any]
    if isinstance(item, types.FunctionType):
        parts = []
    elif type(item) in (list, tuple):
        parts = list(item)
    elif type(item) is dict and all(type(key) is str for key in item):
        parts = [part for key in sorted(item) for part in (key, item[key])]
    elif isinstance(item, classmethod | staticmethod | functools._lru_cache_wrapper):
        parts = [item.__wrapped__]
    elif isinstance(item, property):
        parts = [item.fget, item.fset, item.fdel]
    else:
        return
    if encoder.enter(item):
        if isinstance(item, types.FunctionType):
            _write_body(encoder, item, ambient=True)
        encoder.out += varint(len(parts))
        for part in parts:
            _write_ambient(encoder, part)
        encoder.leave(item)


def write_builtin(encoder: Encoder, function: Any) -> None:
    """Write a function, method or descriptor that is made in C."""
    owner = getattr(function, "__self__", None)
    module = getattr(function, "__module__", None)
    if module is None and getattr(function, "__objclass__", None) is not None:
        encoder.out += b"Bd"
        write_name(
            encoder, function.__objclass__.__module__, f"{function.__objclass__.__qualname__}.{function.__name__}"
        )
        return
    if owner is None or isinstance(owner, types.ModuleType):
        encoder.out += b"Bn"
        write_name(encoder, module, function.__qualname__)
        return
    if encoder.enter(function):
        encoder.out += b"Bm"
        encoder.text(function.__name__)
        encoder.step(owner, ".__self__")
        encoder.leave(function)


def write_method(encoder: Encoder, method: types.MethodType) -> None:
    """Write a bound method: the function and what it is bound to."""
    if encoder.enter(method):
        encoder.out += b"M"
        encoder.step(method.__func__, ".__func__")
        encoder.step(method.__self__, ".__self__")
        encoder.leave(method)


def write_cached(encoder: Encoder, cached: Any) -> None:
    """Write a function under functools.lru_cache: the function and how it is cached."""
    if encoder.enter(cached):
        encoder.out += b"Kc"
        encoder.step(cached.__wrapped__, ".__wrapped__")
        encoder.encode(cached.cache_parameters())
        encoder.leave(cached)


def write_descriptor(encoder: Encoder, item: Any) -> None:
    """Write a property, classmethod or staticmethod by its functions."""
    if encoder.enter(item):
        encoder.out += b"d"
        encoder.text(type(item).__name__)
        parts = ("fget", "fset", "fdel") if isinstance(item, property) else ("__func__",)
        for name in parts:
            encoder.step(getattr(item, name), f".{name}")
        encoder.leave(item)


def write_code(encoder: Encoder, code: types.CodeType) -> None:
    """Write compiled code."""
    encoder.out += b"C" + code_digest(code)


def write_module(encoder: Encoder, module: types.ModuleType) -> None:
    """Write a module by its name; it must be importable under it."""
    if sys.modules.get(module.__name__) is not module:
        raise Refused(f"module {module.__name__!r} cannot be imported by that name")
    encoder.out += b"Mn"
    encoder.text(module.__name__)


def write_proxy(encoder: Encoder, proxy: Any) -> None:
    """Write a read-only view of a dict by its content."""
    if encoder.enter(proxy):
        encoder.out += b"X"
        encoder.encode(dict(proxy))
        encoder.leave(proxy)


def write_memory(encoder: Encoder, view: memoryview) -> None:
    """Write a memoryview by its format, shape and bytes."""
    encoder.out += b"V"
    encoder.encode((view.format, view.shape))
    encoder.leaf(b"v", view.tobytes())


# -- classes


def write_class(encoder: Encoder, kind: type) -> None:
    """Write a class: by name when installed, else by its bases and everything in its body."""
    if not is_user_module(kind.__module__) and "<locals>" not in kind.__qualname__:
        encoder.out += b"Tn"
        write_name(encoder, kind.__module__, kind.__qualname__)
        return
    if encoder.enter(kind):
        encoder.out += b"Tc"
        write_name(encoder, kind.__module__, kind.__qualname__)
        write_type(encoder, type(kind))
        encoder.encode(kind.__bases__)
        body = {
            name: item
            for name, item in vars(kind).items()
            if name not in _NOISE and not isinstance(item, types.MemberDescriptorType | types.GetSetDescriptorType)
        }
        encoder.out += varint(len(body))
        for name in sorted(body):
            encoder.text(name)
            _write_ambient(encoder, body[name])
        encoder.leave(kind)


def write_class_data(encoder: Encoder, kind: type, shadowed: Any) -> None:
    """Write the data attributes of the user's own classes among the bases of a class, nearest first."""
    hidden = set(shadowed)
    found: dict[str, Any] = {}
    for base in kind.__mro__:
        if not is_user_module(base.__module__):
            continue
        for name, item in vars(base).items():
            if name.startswith("__") or name in _NOISE or name in hidden:
                continue
            hidden.add(name)
            if not callable(item) and not hasattr(type(item), "__get__"):
                found[name] = item
    encoder.out += varint(len(found))
    for name in sorted(found):
        encoder.text(name)
        _write_ambient(encoder, found[name])
