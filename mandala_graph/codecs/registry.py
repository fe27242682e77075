"""Which codec keeps which type. Codecs for libraries are found by the type's module, and imported then."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from mandala_graph.errors import UsageError

__all__ = ["Codec", "codec", "find", "named"]

Payload = list[bytes | memoryview]


@dataclass(frozen=True, slots=True)
class Codec:
    """How one kind of value becomes bytes and comes back.

    `encode` gives chunks of bytes, or None for a value that it cannot keep faithfully (it is pickled then);
    `decode` gets all of them in one buffer, and must be safe on any bytes.
    """

    name: str
    encode: Callable[[Any], Payload | None]
    decode: Callable[[memoryview], Any]
    by_content: bool = False
    """Does the content id of what `decode` gives prove the bytes, so that no digest of them is needed?"""


_LIBRARIES = {
    "numpy": "mandala_graph.codecs.arrays",
    "pandas": "mandala_graph.codecs.tables",
    "pyarrow": "mandala_graph.codecs.tables",
    "polars": "mandala_graph.codecs.tables",
    "torch": "mandala_graph.codecs.tensors",
}
_by_type: dict[type, Codec | None] = {}
_own: dict[type, Codec] = {}
_own_names: dict[str, Codec] = {}

C = TypeVar("C", bound=type)


def find(kind: type) -> Codec | None:
    """The codec for exactly this type, or None."""
    try:
        return _by_type[kind]
    except KeyError:
        pass
    found = _own.get(kind)
    if found is None:
        library = _LIBRARIES.get(kind.__module__.partition(".")[0])
        if library is not None:
            found = importlib.import_module(library).codec_for(kind)
    _by_type[kind] = found
    return found


def named(name: str) -> Codec | None:
    """The codec that wrote this name into an envelope, or None when the program does not have it."""
    found = _own_names.get(name)
    if found is not None:
        return found
    library = _LIBRARIES.get(name.partition(".")[0])
    if library is None:
        return None
    try:
        importlib.import_module(name.partition(".")[0])
        decoder: Codec | None = importlib.import_module(library).codec_named(name)
    except ImportError:
        return None
    return decoder


def codec(kind: type, encode: Callable[[Any], bytes], decode: Callable[[bytes], Any], name: str | None = None) -> None:
    """Keep values of a type by functions of your own instead of pickle.

    `name` is written beside each value and must stay the same (default: the type's module and name). Only
    values of exactly this type are meant. `decode` gets whatever bytes a store holds: it should raise, not run
    them. See `mandala_graph.hashes` for content ids of your own.

    >>> class Point:
    ...     def __init__(self, x, y): self.x, self.y = x, y
    >>> codec(Point, lambda p: f"{p.x} {p.y}".encode(), lambda b: Point(*map(int, b.split())), name="docs.Point")
    >>> from mandala_graph.codecs import decode, encode as keep
    >>> kept = keep(Point(1, 2))
    >>> decode(kept.cid, b"".join(kept.envelope)).y
    2
    """
    if not isinstance(kind, type):
        raise UsageError(f"codec(type, encode, decode) needs a class, not {kind!r}.")
    name = name or f"{kind.__module__}.{kind.__qualname__}"
    if not name.isascii() or len(name) > 255 or named(name) is not None or name in ("plain", "pickle"):
        raise UsageError(f"the codec name {name!r} is taken, too long, or not ASCII: give another by name=.")
    made = Codec(name, lambda value: [encode(value)], lambda payload: decode(bytes(payload)))
    _own[kind] = _own_names[name] = made
    _by_type[kind] = made
