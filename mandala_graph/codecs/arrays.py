"""NumPy arrays and scalars: a small plain header, and the buffer as it is in memory."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.lib import format as npy

from mandala_graph.codecs.registry import Codec
from mandala_graph.hashing import decode_plain, encode_plain

__all__ = ["codec_for", "codec_named", "decode_buffer", "encode_buffer"]

_ALIGN = 64


def encode_buffer(header: dict[str, Any], data: memoryview) -> list[bytes | memoryview]:
    """Length of the header (4 bytes, little endian), header as plain data, zeros up to 64, the data."""
    return [_head(header), data]


def _head(header: dict[str, Any]) -> bytes:
    encoded = encode_plain(header)
    if encoded is None:
        raise TypeError(f"a header is plain data, not {header!r}")
    head = b"".join(bytes(part) for part in encoded[1])
    head = len(head).to_bytes(4, "little") + head
    return head.ljust(-(-len(head) // _ALIGN) * _ALIGN, b"\0")


def decode_buffer(payload: memoryview) -> tuple[dict[str, Any], memoryview]:
    """The header and the data."""
    length = int.from_bytes(payload[:4], "little")
    header = decode_plain(payload[4 : 4 + length])
    if not isinstance(header, dict):
        raise ValueError("its header is none")
    return header, payload[-(-(4 + length) // _ALIGN) * _ALIGN :]


def _encode(array: Any) -> list[bytes | memoryview] | None:
    dtype = array.dtype
    if dtype.hasobject or dtype.kind == "T" or dtype.metadata or not dtype.itemsize:
        return None  # objects are pickled
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    header = _header(dtype, array.shape, fortran)
    if header is None:
        return None
    flat = np.ascontiguousarray(array.T if fortran else array).reshape(-1)
    return [header, flat.view(np.uint8).data if flat.nbytes else memoryview(b"")]


@functools.lru_cache(1024)  # a program makes many arrays of few shapes
def _header(dtype: Any, shape: tuple[int, ...], fortran: bool) -> bytes | None:
    descr = npy.dtype_to_descr(dtype)
    if npy.descr_to_dtype(descr) != dtype:
        return None
    return _head({"descr": descr, "shape": shape, "fortran": fortran})


def _decode(payload: memoryview) -> Any:
    header, data = decode_buffer(payload)
    dtype = npy.descr_to_dtype(header["descr"])
    shape, fortran = header["shape"], header["fortran"]
    if dtype.hasobject:
        raise ValueError("arrays of objects are not kept like this")
    if not dtype.itemsize:
        raise ValueError("its elements have no size")  # no size of the data would bound the shape
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"its shape is {shape!r}")
    if math.prod(shape) * dtype.itemsize != data.nbytes:
        raise ValueError("its shape and its size do not match")
    if data.nbytes:
        flat = np.frombuffer(data, dtype)
        if data.readonly:
            flat = flat.copy()
    else:
        flat = np.empty(math.prod(shape), dtype)
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def _encode_scalar(value: Any) -> list[bytes | memoryview] | None:
    dtype = value.dtype
    if dtype.kind not in "biufcmM" or npy.descr_to_dtype(npy.dtype_to_descr(dtype)).type is not type(value):
        return None  # longlong comes back as int64
    return _encode(np.array(value, dtype))


def _decode_scalar(payload: memoryview) -> Any:
    array = _decode(payload)
    if array.shape or array.dtype.names is not None:
        raise ValueError("it is no scalar")
    return array[()]


def _encode_text(value: Any) -> list[bytes | memoryview]:
    # not str(value), which drops trailing NULs too
    return [b"U" + value.encode("utf-8", "surrogatepass") if isinstance(value, str) else b"S" + bytes(value)]


def _decode_text(payload: memoryview) -> Any:
    data = bytes(payload)
    if data[:1] == b"S":
        return np.bytes_(data[1:])
    if data[:1] != b"U":
        raise ValueError("it is neither text nor bytes")
    return np.str_(data[1:].decode("utf-8", "surrogatepass"))


_ARRAY = Codec("numpy.ndarray", _encode, _decode, by_content=True)
_SCALAR = Codec("numpy.generic", _encode_scalar, _decode_scalar)
_TEXT = Codec("numpy.text", _encode_text, _decode_text)  # arrays, and NumPy's own pickles, lose trailing NULs


def codec_for(kind: type) -> Codec | None:
    if kind is np.ndarray:
        return _ARRAY
    if kind in (np.str_, np.bytes_):
        return _TEXT
    plain = kind.__module__ == "numpy" and issubclass(kind, np.generic) and not issubclass(kind, np.void)
    return _SCALAR if plain else None


def codec_named(name: str) -> Codec | None:
    return {c.name: c for c in (_ARRAY, _SCALAR, _TEXT)}.get(name)
