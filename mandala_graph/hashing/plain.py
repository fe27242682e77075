"""Reading the canonical encoding of plain data back. Safe on any bytes: it builds values, it runs nothing.

What it does not read: ids of objects, arrays, functions; their encodings are made to be hashed only.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from mandala_graph.errors import CorruptValue
from mandala_graph.hashing.encoder import PLAIN_DEPTH, Buffer, varint
from mandala_graph.hashing.scalars import PATHS

__all__ = ["DEPTH", "decode_plain", "pack_orders"]

DEPTH = PLAIN_DEPTH + 5
"""Nothing nested deeper than this was written as plain data."""


class _Bad(Exception):
    """These are not bytes that the encoder wrote."""


def pack_orders(orders: list[list[int] | None]) -> bytes:
    """The insertion orders of the dicts, as they follow the encoding; nothing when all are canonical."""
    if not any(orders):
        return b""
    parts = []
    for order in orders:
        if order is None:
            parts.append(b"\0")
        else:
            parts.append(b"\1" + b"".join(map(varint, order)))
    return b"".join(parts)


def decode_plain(buffer: Buffer) -> Any:
    """The value that `encode_plain` encoded.

    Raises CorruptValue when the bytes are not such an encoding; never runs code from them.

    >>> from mandala_graph.hashing import encode_plain
    >>> cid, parts = encode_plain({"b": [1, 2.5], "a": None})
    >>> decode_plain(b"".join(parts))
    {'b': [1, 2.5], 'a': None}
    """
    reader = _Reader(memoryview(buffer).cast("B"))
    try:
        value = reader.value(0)
        reader.reorder()
    except (_Bad, ValueError, TypeError, ArithmeticError, LookupError, struct.error) as error:
        raise CorruptValue(f"not an encoding of plain data: {error} (near byte {reader.at})") from error
    except OSError as error:  # a time zone that cannot be read
        raise CorruptValue(f"a part of the value is not known on this machine: {error}") from error
    return value


class _Reader:
    __slots__ = ("at", "data", "dicts", "size")

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.size = len(data)
        self.at = 0
        self.dicts: list[dict[Any, Any]] = []

    def take(self, count: int) -> memoryview:
        start, end = self.at, self.at + count
        if end > self.size:
            raise _Bad(f"{count} bytes announced, {self.size - start} left")
        self.at = end
        return self.data[start:end]

    def count(self) -> int:
        result = shift = 0
        data = self.data
        while True:
            if self.at >= self.size or shift > 56:
                raise _Bad("a length that does not end")
            byte = data[self.at]
            self.at += 1
            result |= (byte & 127) << shift
            if byte < 128:
                return result
            shift += 7

    def value(self, depth: int) -> Any:
        if depth > DEPTH:
            raise _Bad(f"nested more than {DEPTH} deep")
        if self.at >= self.size:
            raise _Bad("it ends too early")
        tag = self.data[self.at]
        self.at += 1
        read = _READERS.get(tag)
        if read is not None:
            return read(self)
        build = _NESTED.get(tag)
        if build is None:
            raise _Bad(f"no type has the tag {tag}")
        return build(self, depth + 1)

    def signed(self) -> int:
        return int.from_bytes(self.take(self.count()), "little", signed=True)

    def raw(self) -> bytes:
        return bytes(self.take(self.count()))

    def text(self) -> str:
        return str(self.take(self.count()), "utf-8", "surrogatepass")

    def unpack(self, layout: struct.Struct) -> tuple[Any, ...]:
        return layout.unpack(self.take(layout.size))

    def one_of(self, tags: bytes) -> Any:
        """A value with one of these tags (none of which holds another date, so that this ends)."""
        if self.at >= self.size or self.data[self.at] not in tags:
            raise _Bad("a part of a date is missing")
        return self.value(DEPTH)

    def run(self, depth: int) -> list[Any]:
        count = self.count()
        mode = self.take(1)[0]
        if mode == ord(":"):
            if count > self.size - self.at:
                raise _Bad(f"{count} values announced, {self.size - self.at} bytes left")
            return [self.value(depth) for _ in range(count)]
        if mode != ord("="):
            raise _Bad("neither packed nor listed")
        block = self.take(self.count())
        kind, block = block[0], block[1:]
        if kind == ord("t"):
            if len(block) != count or (count and max(block) > 1):
                raise _Bad("packed booleans that are none")
            return list(map(bool, block))
        if kind in (ord("i"), ord("f")):
            if len(block) != 8 * count:
                raise _Bad("packed numbers of another size")
            return list(struct.unpack(f"<{count}{'q' if kind == ord('i') else 'd'}", block))
        if kind in (ord("s"), ord("S")):
            return _texts(block, count, 1 if kind == ord("s") else 8)
        raise _Bad("packed values of an unknown type")

    def reorder(self) -> None:
        """Put dicts back in the order in which they were built, if it follows."""
        if self.at == self.size:
            return
        for found in self.dicts:
            flag = self.take(1)[0]
            if flag == 0:
                continue
            if flag != 1:
                raise _Bad("no order of a dict")
            order = [self.count() for _ in found]
            if sorted(order) != list(range(len(found))):
                raise _Bad("no order of a dict")
            items = list(found.items())
            found.clear()
            found.update(items[index] for index in order)
        if self.at != self.size:
            raise _Bad("more bytes than the value has")


def _texts(block: memoryview, count: int, width: int) -> list[Any]:
    if len(block) < count * width:
        raise _Bad("packed strings of another number")
    lengths = list(block[:count]) if width == 1 else list(struct.unpack(f"<{count}Q", block[: count * 8]))
    reader = _Reader(block[count * width :])
    text = reader.text()
    if reader.at != reader.size or sum(lengths) != len(text):
        raise _Bad("packed strings of another length")
    texts = []
    start = 0
    for length in lengths:
        texts.append(text[start : start + length])
        start += length
    return texts


_INT = struct.Struct("<q")
_FLOAT = struct.Struct("<d")
_COMPLEX = struct.Struct("<dd")
_DATE = struct.Struct("<HBB")
_TIME = struct.Struct("<BBBIB")
_DELTA = struct.Struct("<iII")


def _time(reader: _Reader) -> time:
    hour, minute, second, micro, fold = reader.unpack(_TIME)
    return time(hour, minute, second, micro, reader.one_of(b"NzZ"), fold=fold)


def _datetime(reader: _Reader) -> datetime:
    year, month, day = reader.unpack(_DATE)
    hour, minute, second, micro, fold = reader.unpack(_TIME)
    return datetime(year, month, day, hour, minute, second, micro, reader.one_of(b"NzZ"), fold=fold)


def _timezone(reader: _Reader) -> timezone:
    offset = timedelta(*reader.unpack(_DELTA))
    name = reader.one_of(b"Ns")
    return timezone(offset) if name is None else timezone(offset, name)


def _path(kind: Callable[[str], Any]) -> Callable[[_Reader], Any]:
    def read(reader: _Reader) -> Any:
        try:
            return kind(reader.text())
        except NotImplementedError as error:  # a path of the other family of systems
            raise _Bad(str(error)) from error

    return read


_READERS: dict[int, Callable[[_Reader], Any]] = {
    ord("N"): lambda _: None,
    ord("T"): lambda _: True,
    ord("F"): lambda _: False,
    ord("."): lambda _: ...,
    ord("!"): lambda _: NotImplemented,
    ord("i"): lambda reader: reader.unpack(_INT)[0],
    ord("I"): _Reader.signed,
    ord("f"): lambda reader: reader.unpack(_FLOAT)[0],
    ord("c"): lambda reader: complex(*reader.unpack(_COMPLEX)),
    ord("s"): _Reader.text,
    ord("b"): _Reader.raw,
    ord("B"): lambda reader: bytearray(reader.take(reader.count())),
    ord("d"): lambda reader: date(*reader.unpack(_DATE)),
    ord("h"): _time,
    ord("D"): _datetime,
    ord("t"): lambda reader: timedelta(*reader.unpack(_DELTA)),
    ord("z"): _timezone,
    ord("Z"): lambda reader: ZoneInfo(reader.text()),
    ord("m"): lambda reader: Decimal(str(reader.take(reader.count()), "ascii")),
    ord("q"): lambda reader: Fraction(reader.signed(), reader.signed()),
    ord("u"): lambda reader: UUID(bytes=bytes(reader.take(16))),
    **{ord(tag): _path(kind) for kind, tag in PATHS.items()},
}


def _dict(reader: _Reader, depth: int) -> dict[Any, Any]:
    result: dict[Any, Any] = {}
    keys = reader.run(depth)
    reader.dicts.append(result)
    values = reader.run(depth)
    if len(values) != len(keys):
        raise _Bad("keys without values")
    result.update(zip(keys, values, strict=True))
    if len(result) != len(keys):
        raise _Bad("a key twice")
    return result


def _set(kind: type[set[Any]] | type[frozenset[Any]]) -> Callable[[_Reader, int], Any]:
    def read(reader: _Reader, depth: int) -> Any:
        elements = reader.run(depth)
        result = kind(elements)
        if len(result) != len(elements):
            raise _Bad("an element twice")
        return result

    return read


def _range(reader: _Reader, depth: int) -> range:
    return range(reader.value(depth), reader.value(depth), reader.value(depth))


_NESTED: dict[int, Callable[[_Reader, int], Any]] = {
    ord("["): _Reader.run,
    ord("("): lambda reader, depth: tuple(reader.run(depth)),
    ord("{"): _dict,
    ord("}"): _dict,
    ord("<"): _set(set),
    ord(">"): _set(frozenset),
    ord("r"): _range,
    ord("|"): lambda reader, depth: slice(reader.value(depth), reader.value(depth), reader.value(depth)),
}
