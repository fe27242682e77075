"""What is said of a value without loading it: type, preview, size; and values that the graph holds natively."""

from __future__ import annotations

import enum
import itertools
import math
import re
import sys
import types
from collections.abc import Callable
from typing import Any

__all__ = ["MISSING", "describe", "from_native", "native_of", "type_name"]

PREVIEW = 200
_SHORT = 200
_INT64 = 1 << 63


class _Missing:
    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()
"""`from_native` gives it when the value is in an envelope."""

_SHOWN = frozenset(["numpy", "datetime", "decimal", "fractions", "uuid", "pathlib", "zoneinfo", "sklearn"])
"""Packages whose reprs are short, quick and do not fail."""

_KNOWN = _SHOWN | {"pandas", "polars", "pyarrow", "scipy", "torch", "xarray", "geopandas", "dask"}
"""Packages whose `shape`, `columns`, `dtype` and `nbytes` may be asked for."""

_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)

_PLAIN: dict[type, Callable[[Any], str]] = {
    str: lambda value: repr(str.__getitem__(value, slice(PREVIEW))),
    int: lambda value: _big(int.__index__(value)),
    float: float.__repr__,
    bytes: lambda value: repr(bytes.__getitem__(value, slice(40))),
    list: lambda value: f"{list.__len__(value)} items",
    tuple: lambda value: f"{tuple.__len__(value)} items",
    dict: lambda value: f"{dict.__len__(value)} items",
    set: lambda value: f"{set.__len__(value)} items",
    frozenset: lambda value: f"{frozenset.__len__(value)} items",
}
"""What is shown of a subclass, by methods of its base."""

_NUMPY_NATIVE = frozenset(
    ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"]
)


def type_name(kind: type) -> str:
    """`int` for builtins, `pandas.DataFrame` for others: the module in which users know the type."""
    module = kind.__module__
    if module == "builtins":
        return kind.__qualname__
    package = module.partition(".")[0]
    if package != module and getattr(sys.modules.get(package), kind.__name__, None) is kind:
        module = package
    return f"{module}.{kind.__qualname__}"


def native_of(value: Any) -> Any:
    """The value as the graph can hold it without loss, or None (None itself is told by its type)."""
    kind = type(value)
    if kind is int:
        return value if -_INT64 <= value < _INT64 else None
    if kind is float:
        return None if value != value else value
    if kind is str:
        return value if len(value) <= _SHORT and "\0" not in value and _encodable(value) else None
    if kind is bool:
        return value
    if kind.__module__ == "numpy" and kind.__name__ in _NUMPY_NATIVE and getattr(value, "shape", None) == ():
        item = value.item()
        return native_of(item) if not isinstance(item, float) or math.isfinite(item) else None
    return None


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False  # a lone surrogate
    return True


def from_native(type: str, value: Any) -> Any:
    """The value that `native_of` gave, as it was; MISSING when it is in an envelope.

    >>> from_native("int", 5), from_native("list", None)
    (5, MISSING)
    """
    if type == "NoneType":
        return None
    if value is None:
        return MISSING
    if type == "int" or type == "str" or type == "bool":
        return value
    if type == "float":
        return float(value)  # a store may give 2 for 2.0
    if type.startswith("numpy.") and type[6:] in _NUMPY_NATIVE:
        import numpy as np

        return getattr(np, type[6:])(value)
    return MISSING


def describe(value: Any) -> tuple[str, str, int]:
    """(type, preview of at most 200 characters in one line, size in bytes, roughly)."""
    kind = type(value)
    if kind is int or kind is float or kind is bool or value is None:
        text = repr(value) if kind is not int or -_INT64 <= value < _INT64 else _big(value)
        return kind.__name__, text, 8 if kind is not int else max(8, (value.bit_length() + 7) // 8)
    if kind is str:
        return "str", _line(repr(value[:PREVIEW])), len(value)
    return type_name(kind), _preview(value, kind), _nbytes(value)


def _big(value: int) -> str:
    digits = value.bit_length() * 0.30103
    return f"{'-' if value < 0 else ''}int of about {digits:.0f} digits" if digits > 100 else str(value)


def _line(text: str) -> str:
    text = re.sub(r"\s+", " ", text[: 4 * PREVIEW])
    text = text if _encodable(text) else text.encode("utf-8", "backslashreplace").decode()
    text = text.replace("\0", "\\0")
    return text if len(text) <= PREVIEW else text[: PREVIEW - 1] + "…"


def _preview(value: Any, kind: type) -> str:
    try:
        return _line(_summary(value, kind, 0))
    except Exception as problem:
        # a preview must never cost a result: whatever a user's repr raises, the type is said
        return _line(f"<{type_name(kind)}, no preview: {type(problem).__name__}>")


def _known(kind: type) -> bool:
    return any(base.__module__.partition(".")[0] in _KNOWN for base in kind.__mro__)


def _summary(value: Any, kind: type, depth: int) -> str:
    if kind in (list, tuple, set, frozenset, dict):
        return _container(value, kind, depth)
    if kind in (bytes, bytearray):
        return repr(value[:40]) + ("…" if len(value) > 40 else "")
    if kind is str:
        return repr(value[:PREVIEW])
    if kind is int:
        return _big(value)
    name = type_name(kind)
    if not _known(kind):
        return _users(value, kind, name, depth)
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and hasattr(value, "columns"):
        columns = ", ".join(c if type(c) is str else _summary(c, type(c), depth + 1) for c in value.columns[:8])
        return f"{kind.__name__} {' x '.join(map(str, shape))}: {columns}{', …' if len(value.columns) > 8 else ''}"
    if isinstance(shape, tuple) and hasattr(value, "dtype") and shape != ():
        first = ""
        if name.startswith("numpy.") and not value.dtype.hasobject:
            first = " " + ", ".join(repr(x) for x in value.flat[:4].tolist()) + (", …" if value.size > 4 else "")
        return (
            f"{kind.__name__} {' x '.join(map(str, shape))} {value.dtype}:{first}"
            if first
            else (f"{kind.__name__} {' x '.join(map(str, shape))} {value.dtype}")
        )
    if kind.__module__.partition(".")[0] in _SHOWN:
        return f"<{name}>" if getattr(getattr(value, "dtype", None), "hasobject", False) else repr(value)
    return _users(value, kind, name, depth)


def _users(value: Any, kind: type, name: str, depth: int) -> str:
    """Of a class that we do not know: its name and state. Nothing of it is called, least of all its repr."""
    if kind in (float, complex, bool, range, slice, types.NoneType):
        return repr(value)
    if issubclass(kind, type) or kind in _FUNCTIONS:
        return f"{kind.__name__} {getattr(value, '__module__', '')}.{value.__qualname__}"
    if issubclass(kind, enum.Enum):
        return f"{kind.__qualname__}.{value._name_}"
    for base, plain in _PLAIN.items():
        if issubclass(kind, base):
            return f"{kind.__name__}({plain(value)})"
    try:
        state = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return f"<{name}>"
    if not state or depth > 2:
        return f"<{name}>"
    shown = []
    for key, part in itertools.islice(state.items(), 8):
        shown.append(f"{key}={_summary(part, type(part), depth + 1)[:PREVIEW]}")
    return f"{kind.__name__}({', '.join(shown)}{', …' if len(state) > 8 else ''})"


def _container(value: Any, kind: type, depth: int) -> str:
    if depth > 3:
        return "…"
    shown: list[str] = []
    room = PREVIEW
    items = value.items() if kind is dict else value
    for item in items:
        if kind is dict:
            text = f"{_summary(item[0], type(item[0]), depth + 1)}: {_summary(item[1], type(item[1]), depth + 1)}"
        else:
            text = _summary(item, type(item), depth + 1)
        shown.append(text)
        room -= len(text) + 2
        if room < 0:
            shown.append("…")
            break
    body = ", ".join(shown)
    if kind is list:
        return f"[{body}]"
    if kind is tuple:
        return f"({body},)" if len(value) == 1 else f"({body})"
    if kind is dict or value:
        return f"{{{body}}}" if kind is not frozenset else f"frozenset({{{body}}})"
    return f"{kind.__name__}()"


def _nbytes(value: Any) -> int:
    try:
        kind = type(value)
        if not _known(kind):
            return (
                sys.getsizeof(value)
                if kind.__module__.partition(".")[0] in sys.stdlib_module_names
                else object.__sizeof__(value)
            )
        memory = getattr(value, "memory_usage", None)
        if callable(memory) and hasattr(value, "columns"):
            return int(memory(index=True).sum())
        size = getattr(value, "nbytes", None)
        if isinstance(size, int):
            return size
        return sys.getsizeof(value)
    except Exception:
        return 0  # a size is for information only: an object that cannot tell it is still worth keeping
