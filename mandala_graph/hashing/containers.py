"""Encodings of the builtin containers, and of scalars as parts of other values.

Runs of one scalar type are written packed, which is what makes long lists of numbers fast; whether a sequence is
such a run depends on its values alone, so equal sequences have one encoding.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Sequence
from operator import ne
from typing import Any

from mandala_graph.hashing.encoder import LIMIT, Encode, Encoder, Refused, varint
from mandala_graph.hashing.scalars import LARGE, NAN, SCALARS, OtherZone, rounding

__all__ = ["CONTAINERS", "RUN", "quick", "write_run", "write_scalar"]

RUN = 8
"""Sequences of at least this many values of one scalar type are written packed."""

_SMALL = frozenset(SCALARS) - LARGE
_ALL = frozenset(SCALARS)
_ONLY_STR = frozenset({str})
_ONLY_INT = frozenset({int})
_grids: dict[float, dict[type, Callable[[Any], bytes]]] = {}


def _scalars(encoder: Encoder) -> dict[type, Callable[[Any], bytes]]:
    tolerance = encoder.tolerance
    if tolerance is None:
        return SCALARS
    if tolerance not in _grids:
        _grids[tolerance] = rounding(tolerance)
    return _grids[tolerance]


def write_scalar(encoder: Encoder, value: Any) -> None:
    """Write a value whose exact type is in `SCALARS`."""
    kind = type(value)
    if kind is bytes or kind is bytearray:
        encoder.leaf(b"b" if kind is bytes else b"B", value)
        return
    if kind is str and len(value) > LIMIT // 4:
        encoder.leaf(b"s", value.encode("utf-8", "surrogatepass"))
        return
    try:
        encoder.out += _scalars(encoder)[kind](value)
    except OtherZone:
        encoder.dispatch(object)(encoder, value)


def _packed(kind: type, values: Sequence[Any], encoder: Encoder) -> bytes | None:
    """Values of one scalar type as one block, or None when they do not fit one."""
    if kind is int:
        try:
            return b"i" + struct.pack(f"<{len(values)}q", *values)
        except struct.error:
            return None
    if kind is float and encoder.tolerance is None:
        if any(map(ne, values, values)):
            return b"f" + b"".join([_pack_float(value) for value in values])
        return b"f" + struct.pack(f"<{len(values)}d", *values)
    if kind is bool:
        return b"t" + bytes(values)
    if kind is str:
        lengths = list(map(len, values))
        text = "".join(values).encode("utf-8", "surrogatepass")
        if max(lengths) < 128:
            return b"s" + bytes(lengths) + varint(len(text)) + text
        return b"S" + struct.pack(f"<{len(values)}Q", *lengths) + varint(len(text)) + text
    return None


def _pack_float(value: float) -> bytes:
    return struct.pack("<d", value) if value == value else NAN


def write_run(encoder: Encoder, values: Sequence[Any], types: set[type], keys: Sequence[Any] | None = None) -> None:
    """Write the number of values, whether they are packed, and the values.

    `types` are their types; `keys` name the values in errors (default: their positions).
    """
    count = len(values)
    if count >= RUN and len(types) == 1:
        packed = _packed(next(iter(types)), values, encoder)
        if packed is not None:
            encoder.leaf(varint(count) + b"=", packed)
            return
    if types <= _SMALL or (types <= _ALL and _short(values)):
        scalars = SCALARS if encoder.tolerance is None else _scalars(encoder)
        try:
            encoder.out += varint(count) + b":" + b"".join([scalars[type(value)](value) for value in values])
            return
        except (OtherZone, Refused):
            pass  # below, one by one
    encoder.out += varint(count) + b":"
    index = 0
    dispatch = encoder.dispatch
    try:
        for index, value in enumerate(values):  # noqa: B007 - named in the error
            dispatch(type(value))(encoder, value)
    except Refused as refused:
        refused.at(f"[{index if keys is None else keys[index]!r}]")
        raise


def _short(values: Sequence[Any]) -> bool:
    return all(len(value) < LIMIT // 4 for value in values if type(value) in LARGE)


def _sequence(tag: bytes) -> Encode:
    def write(encoder: Encoder, value: Any) -> None:
        types = set(map(type, value))
        if types <= _ALL:
            encoder.out += tag
            write_run(encoder, value, types)
        elif encoder.enter(value):
            encoder.out += tag
            write_run(encoder, value, types)
            encoder.leave(value)

    return write


def _dict(encoder: Encoder, value: dict[Any, Any]) -> None:
    types = set(map(type, value.values()))
    if types <= _ALL and not encoder.plain and encoder.tolerance is None:
        encoded = quick(value)
        if encoded is not None:
            encoder.out += encoded
            return
    if types <= _ALL and not _keys_enter(value):
        _write_dict(encoder, value, types)
    elif encoder.enter(value):
        _write_dict(encoder, value, types)
        encoder.leave(value)


def _keys_enter(value: dict[Any, Any]) -> bool:
    return not set(map(type, value)) <= _ALL


def _write_dict(encoder: Encoder, value: dict[Any, Any], types: set[type]) -> None:
    kinds = set(map(type, value))
    if kinds <= _ONLY_STR:
        keys = sorted(value)
        encoder.out += b"{"
        write_run(encoder, keys, kinds)
        if encoder.plain:
            encoder.orders.append(None if keys == list(value) else _order(keys, value))
        write_run(encoder, [value[key] for key in keys], types, keys)
        return
    encoder.out += b"}" + varint(len(value)) + b":"
    keys_apart = encoder.all_apart(value)
    items = [
        (encoded, position, key, item)
        for position, (encoded, (key, item)) in enumerate(zip(keys_apart, value.items(), strict=True))
    ]
    if len({encoded[0] for encoded, *_ in items}) == len(items):
        items.sort(key=lambda entry: entry[0][0])
    else:  # several NaNs: their values decide
        items.sort(key=lambda entry: (entry[0][0], _alone(encoder, entry[3])))
    for encoded, *_ in items:
        encoder.join(encoded)
    if encoder.plain:
        order = [0] * len(items)
        for index, (_, position, _, _) in enumerate(items):
            order[position] = index
        encoder.orders.append(None if order == list(range(len(order))) else order)
    write_run(encoder, [item for *_, item in items], types, [key for _, _, key, _ in items])


def _alone(encoder: Encoder, value: Any) -> bytes:
    plain, encoder.plain = encoder.plain, False  # encoded only to be compared
    try:
        return encoder.all_apart([value])[0][0]
    finally:
        encoder.plain = plain


def _order(keys: list[Any], value: dict[Any, Any]) -> list[int]:
    index = {key: i for i, key in enumerate(keys)}
    return [index[key] for key in value]


def _set(tag: bytes) -> Encode:
    def write(encoder: Encoder, value: Collection[Any]) -> None:
        types = set(map(type, value))
        if types <= _ONLY_STR or types == _ONLY_INT:
            encoder.out += tag
            write_run(encoder, sorted(value), types)
        elif types <= _ALL:
            encoder.out += tag + varint(len(value)) + b":"
            encoder.unordered(value)
        elif encoder.enter(value):
            encoder.out += tag + varint(len(value)) + b":"
            encoder.unordered(value)
            encoder.leave(value)

    return write


def _range(encoder: Encoder, value: range) -> None:
    encoder.out += b"r"
    for part in (value.start, value.stop, value.step):
        write_scalar(encoder, part) if type(part) is int else encoder.step(part, ".start")


def _slice(encoder: Encoder, value: slice) -> None:
    if encoder.enter(value):
        encoder.out += b"|"
        encoder.step(value.start, ".start")
        encoder.step(value.stop, ".stop")
        encoder.step(value.step, ".step")
        encoder.leave(value)


def quick(value: Any) -> bytes | None:
    """The whole encoding of a scalar, or of a short list, tuple or dict of scalars; None for all else.

    The same bytes as an Encoder would write, without one.
    """
    kind = type(value)
    try:
        if kind is dict:
            count = len(value)
            if count >= RUN or set(map(type, value)) != _ONLY_STR:
                return None
            head = _HEADS[count]
            keys = sorted(value)
            return b"".join(
                [b"{", head, *[_known[key] if key in _known else _key(key) for key in keys], head]
                + [_QUICK[type(item)](item) for item in map(value.__getitem__, keys)]
            )
        if kind is list or kind is tuple:
            if len(value) >= RUN:
                return None
            parts = [_QUICK[type(item)](item) for item in value]
            return (b"[" if kind is list else b"(") + _HEADS[len(value)] + b"".join(parts)
        return _QUICK[kind](value)
    except (KeyError, OtherZone, Refused, _TooLong):
        return None


class _TooLong(Exception):
    """A string that may have to stand as a digest."""


def _limited(kind: type) -> Callable[[Any], bytes]:
    write = SCALARS[kind]

    def limited(value: Any) -> bytes:
        if len(value) > LIMIT // 4:
            raise _TooLong
        return write(value)

    return limited


def _key(key: str) -> bytes:
    encoded = _QUICK[str](key)
    if len(_known) < _KNOWN and len(key) <= 64:
        _known[key] = encoded
    return encoded


_QUICK: dict[Any, Callable[[Any], bytes]] = {**SCALARS, **{kind: _limited(kind) for kind in LARGE}}
_HEADS = [varint(count) + b":" for count in range(RUN)]
_KNOWN = 4096
_known: dict[str, bytes] = {}  # encodings of keys; only exact strings come here


CONTAINERS: dict[type, Encode] = {
    list: _sequence(b"["),
    tuple: _sequence(b"("),
    dict: _dict,
    set: _set(b"<"),
    frozenset: _set(b">"),
    range: _range,
    slice: _slice,
}
"""Exact type -> what writes it."""
