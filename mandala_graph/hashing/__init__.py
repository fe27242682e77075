"""Content ids: what a value is, as 40 hex characters, and plain data as bytes.

`content_id` gives values that are equal in type and content one id, in any process, whatever their layout in
memory; it gives values that differ in anything a program could notice different ids; and it refuses values that
have no content of their own (locks, generators, open files). How values are kept is the matter of `codecs`.

>>> content_id({"a": 1, "b": 2}) == content_id({"b": 2, "a": 1})
True
>>> content_id(1) != content_id(1.0) != content_id(True)
True
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from blake3 import blake3

from mandala_graph.errors import UnhashableValue, UsageError
from mandala_graph.hashing.containers import quick
from mandala_graph.hashing.encoder import Buffer, Encoder, Refused
from mandala_graph.hashing.plain import decode_plain, pack_orders
from mandala_graph.hashing.registry import dispatch, hashes
from mandala_graph.hashing.scalars import SCALARS

__all__ = ["Tolerance", "content_id", "decode_plain", "encode_plain", "encode_value", "hashes"]

_DOMAIN = b"mg1:value\0"
_TOO_DEEP = "it is nested deeper than Python's recursion limit allows"

_known_ints: dict[int, str] = {}
_INTS = 4096


def content_id(value: Any, tolerance: float | Tolerance | None = None) -> str:
    """The content id of a value: 160 bits of BLAKE3 of its canonical encoding, as 40 hex characters.

    Parameters
    ----------
    value
        Anything with a content: builtins, dates, NumPy, pandas, Arrow, polars, torch, sparse matrices,
        functions (by code and captured values), classes, objects (by their reduced state), cycles.
    tolerance
        Width of the grid that floats anywhere inside are rounded to before they are compared, in the units of
        the values. Ids made with a tolerance differ from those made without, or with another one. Two values
        closer than the tolerance can still fall on two sides of a grid line.

    Raises
    ------
    UnhashableValue
        For what has no stable content (a lock, a generator, an open file, a ref); names the path inside the value.

    >>> content_id([1, 2]) == content_id([1, 2]) != content_id((1, 2))
    True
    >>> content_id(0.1 + 0.2, tolerance=1e-9) == content_id(0.3, tolerance=1e-9)
    True
    """
    kind = type(value)
    if tolerance is not None:
        return _id_within(value, tolerance)
    if kind is int:
        known = _known_ints.get(value)
        if known is not None:
            return known
        known = blake3(b"mg1:value\0" + SCALARS[int](value)).digest(20).hex()
        if len(_known_ints) < _INTS:
            _known_ints[value] = known
        return known
    encoded = quick(value)
    if encoded is None:
        encoder = Encoder(dispatch)
        _run(encoder, value)
        return blake3(_DOMAIN + encoder.out).digest(20).hex()
    return blake3(_DOMAIN + encoded).digest(20).hex()


def _run(encoder: Encoder, value: Any) -> None:
    try:
        dispatch(type(value))(encoder, value)
    except Refused as refused:
        raise refused.error() from refused.__cause__
    except UnhashableValue:
        raise  # a hasher of the user that calls content_id itself
    except RecursionError as error:
        raise Refused(_TOO_DEEP).error() from error
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        reason = f"a part of it failed while it was looked at ({type(error).__name__}: {error})"
        raise Refused(reason).error() from error


def encode_value(value: Any) -> tuple[str, list[Buffer] | None]:
    """The content id of a value and, when it is plain data, its encoding (else None), in one traversal.

    Raises UnhashableValue as `content_id` does.

    >>> encode_value(len)[1] is None
    True
    """
    if type(value) is not dict:  # their order is to be kept
        encoded = quick(value)
        if encoded is not None:
            return blake3(_DOMAIN + encoded).digest(20).hex(), [encoded]
    encoder = Encoder(dispatch, plain=True)
    _run(encoder, value)
    cid = blake3(_DOMAIN + encoder.out).digest(20).hex()
    if not encoder.plain:
        return cid, None
    if not encoder.parts and not encoder.orders:
        return cid, [bytes(encoder.out)]
    parts = encoder.flat()
    orders = pack_orders(encoder.orders)
    if orders:
        parts.append(orders)
    return cid, parts


def encode_plain(value: Any) -> tuple[str, list[Buffer]] | None:
    """The content id and the encoding of plain data, or None when the value is something else.

    Plain data are None, numbers, strings, bytes, the datetime family, Decimal, Fraction, UUID, paths, and lists,
    tuples, dicts, sets, ranges and slices of them; exact types only, without cycles. The encoding is the
    concatenation of the parts; `decode_plain` reads it. Dicts keep their insertion order.

    >>> encode_plain(object) is None
    True
    """
    cid, parts = encode_value(value)
    return None if parts is None else (cid, parts)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Marks an argument whose floats are compared on a grid of this width: `Annotated[float, Tolerance(1e-9)]`.

    `width` is in the units of the argument, and positive.

    >>> Tolerance(1e-3).content_id(0.1234) == Tolerance(1e-3).content_id(0.12341)
    True
    """

    width: float

    def __post_init__(self) -> None:
        if not (isinstance(self.width, (int, float)) and self.width > 0 and math.isfinite(self.width)):
            raise UsageError(f"Tolerance({self.width!r}): the width must be a positive, finite number.")

    def content_id(self, value: Any) -> str:
        """The content id of a value whose floats are rounded to this grid."""
        return content_id(value, self)


def _id_within(value: Any, tolerance: float | Tolerance) -> str:
    width = tolerance.width if isinstance(tolerance, Tolerance) else Tolerance(tolerance).width
    encoder = Encoder(dispatch, tolerance=float(width))
    _run(encoder, value)
    return blake3(b"mg1:within\0" + SCALARS[float](float(width)) + encoder.out).digest(20).hex()
