"""Encodings of values without parts: numbers, strings, dates, ids. Each is a function from value to bytes.

Only exact types: a subclass (`IntEnum`, a `str` with attributes) is another type and goes another way.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from fractions import Fraction
from pathlib import PosixPath, PurePath, PurePosixPath, PureWindowsPath, WindowsPath
from types import EllipsisType, NotImplementedType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from mandala_graph.hashing.encoder import Refused, varint

__all__ = ["LARGE", "NAN", "PATHS", "OtherZone", "SCALARS", "encode_scalar", "rounding"]

_pack_tagged_int = struct.Struct("<cq").pack
_pack_tagged_float = struct.Struct("<cd").pack
_pack_float = struct.Struct("<d").pack
_pack_date = struct.Struct("<cHBB").pack
_pack_time = struct.Struct("<BBBIB").pack
_pack_delta = struct.Struct("<ciII").pack

NAN = struct.pack("<Q", 0x7FF8000000000000)
"""The one NaN that every NaN is written as."""

PATHS: dict[type[PurePath], bytes] = {
    PosixPath: b"P",
    PurePosixPath: b"p",
    WindowsPath: b"W",
    PureWindowsPath: b"w",
}


def _signed(value: int) -> bytes:
    data = value.to_bytes((value.bit_length() >> 3) + 1, "little", signed=True)
    return varint(len(data)) + data


def _int(value: int) -> bytes:
    try:
        return _pack_tagged_int(b"i", value)
    except struct.error:
        return b"I" + _signed(value)


def _float(value: float) -> bytes:
    return _pack_tagged_float(b"f", value) if value == value else b"f" + NAN


def _complex(value: complex) -> bytes:
    return b"c" + _float(value.real)[1:] + _float(value.imag)[1:]


def _str(value: str) -> bytes:
    try:
        data = value.encode()
    except UnicodeEncodeError:  # lone surrogates, as in file names that are not UTF-8
        data = value.encode("utf-8", "surrogatepass")
    return b"s" + varint(len(data)) + data


def _bytes(value: bytes) -> bytes:
    return b"b" + varint(len(value)) + value


def _bytearray(value: bytearray) -> bytes:
    return b"B" + varint(len(value)) + bytes(value)


class OtherZone(Exception):
    """A time zone of a foreign type: a date in it is an object like any other."""


def _zone(zone: tzinfo | None) -> bytes:
    if zone is None:
        return b"N"
    if type(zone) is timezone or type(zone) is ZoneInfo:
        return SCALARS[type(zone)](zone)
    raise OtherZone


def _timezone(zone: timezone) -> bytes:
    offset, *name = zone.__getinitargs__()  # type: ignore[attr-defined]
    return b"z" + _timedelta(offset)[1:] + (_str(name[0]) if name else b"N")


def _zone_info(zone: ZoneInfo) -> bytes:
    if zone.key is None:
        raise Refused("a time zone read from a file has no name")
    return b"Z" + _str(zone.key)[1:]


def _date(value: date) -> bytes:
    return _pack_date(b"d", value.year, value.month, value.day)


def _time(value: time) -> bytes:
    clock = _pack_time(value.hour, value.minute, value.second, value.microsecond, value.fold)
    return b"h" + clock + _zone(value.tzinfo)


def _datetime(value: datetime) -> bytes:
    clock = _pack_time(value.hour, value.minute, value.second, value.microsecond, value.fold)
    return _pack_date(b"D", value.year, value.month, value.day) + clock + _zone(value.tzinfo)


def _timedelta(value: timedelta) -> bytes:
    return _pack_delta(b"t", value.days, value.seconds, value.microseconds)


def _decimal(value: Decimal) -> bytes:
    text = str(value).upper().encode()  # the case of E, NaN and Infinity hangs on the decimal context
    return b"m" + varint(len(text)) + text


def _fraction(value: Fraction) -> bytes:
    return b"q" + _signed(value.numerator) + _signed(value.denominator)


def _uuid(value: UUID) -> bytes:
    return b"u" + value.bytes


def _path(value: PurePath) -> bytes:
    return PATHS[type(value)] + _str(str(value))[1:]


SCALARS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"N",
    bool: lambda value: b"T" if value else b"F",
    int: _int,
    float: _float,
    complex: _complex,
    str: _str,
    bytes: _bytes,
    bytearray: _bytearray,
    EllipsisType: lambda _: b".",
    NotImplementedType: lambda _: b"!",
    date: _date,
    time: _time,
    datetime: _datetime,
    timedelta: _timedelta,
    timezone: _timezone,
    ZoneInfo: _zone_info,
    Decimal: _decimal,
    Fraction: _fraction,
    UUID: _uuid,
    **dict.fromkeys(PATHS, _path),
}
"""Exact type -> function from a value to its whole encoding."""

LARGE = frozenset({str, bytes, bytearray})
"""Scalars whose encoding can be long enough to stand as a digest."""


def rounding(tolerance: float) -> dict[type, Callable[[Any], bytes]]:
    """`SCALARS` with floats put on a grid of width `tolerance`."""

    def steps(value: float) -> bytes:
        ratio = value / tolerance
        if ratio - ratio != 0:  # NaN and infinities are on no grid
            return _float(value)
        return b"g" + _signed(round(ratio))

    def pair(value: complex) -> bytes:
        return b"G" + steps(value.real) + steps(value.imag)

    return {**SCALARS, float: steps, complex: pair}


def encode_scalar(value: Any) -> bytes:
    """The encoding of a value whose exact type is in `SCALARS`.

    >>> encode_scalar(1) != encode_scalar(True) != encode_scalar(1.0)
    True
    """
    return SCALARS[type(value)](value)
