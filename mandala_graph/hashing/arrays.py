"""Encodings of NumPy arrays and scalars: dtype, shape and the bytes in C order, whatever the layout in memory.

Bytes that mean nothing (padding of structures and of long doubles, payloads of NaN) do not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mandala_graph.hashing.encoder import Encode, Encoder
from mandala_graph.hashing.objects import write_type

__all__ = ["write_array", "writer"]

_CHUNK = 1 << 22  # bytes


def writer(base: type, kind: type) -> Encode | None:
    """What writes values of `kind`, which is a subclass of `base`, a type of NumPy."""
    if issubclass(kind, np.ma.MaskedArray):
        return _masked
    if issubclass(kind, np.ndarray):
        return write_array if kind in (np.ndarray, np.memmap) else _subclass
    if issubclass(kind, np.generic):
        return _scalar if kind.__module__ == "numpy" else None
    if issubclass(kind, np.dtype):
        return _dtype_value
    return None


def write_array(encoder: Encoder, array: Any) -> None:
    """Write an array (of exactly `ndarray`, or of whatever its memory is mapped from)."""
    encoder.not_plain()
    if array.dtype.hasobject or array.dtype.kind == "T":
        if encoder.enter(array):
            _write_data(encoder, b"A", array)
            encoder.leave(array)
        return
    _write_data(encoder, b"A", array)


def _write_data(encoder: Encoder, tag: bytes, array: Any) -> None:
    encoder.out += tag
    dtype = array.dtype
    write_dtype(encoder, dtype)
    encoder.encode(array.shape)
    if dtype.names is not None:
        for name in dtype.names:
            _write_data(encoder, b"f", np.ndarray.__getitem__(array, name).view(np.ndarray))
        return
    if dtype.kind == "O" or dtype.kind == "T":
        encoder.step(array.reshape(-1).tolist(), "")
        return
    flat = np.ascontiguousarray(array).reshape(-1)
    if encoder.tolerance is not None and dtype.kind in "fc":
        _write_rounded(encoder, flat)
        return
    if dtype.kind not in "fc":
        encoder.leaf(b"d", _bytes(flat))
    elif dtype.char in "gG":
        _write_long(encoder, flat)
    else:
        encoder.stream(b"d", flat.nbytes, _without_payloads(flat))


def _bytes(flat: Any) -> memoryview:
    if flat.nbytes == 0:
        return memoryview(b"")
    return memoryview(flat.view(np.uint8))


def _without_payloads(flat: Any) -> Iterator[memoryview]:
    """The bytes of floating-point numbers, every NaN as the same one."""
    if flat.dtype.kind == "c":
        flat = flat.view(flat.real.dtype)
    step = max(_CHUNK // flat.itemsize, 1)
    for start in range(0, flat.size, step):
        chunk = flat[start : start + step]
        if _may_hold_nan(chunk):
            hole = np.isnan(chunk)
            if hole.any():
                chunk = chunk.copy()
                chunk[hole] = np.nan
        yield _bytes(chunk)


def _may_hold_nan(chunk: Any) -> bool:
    # A minimum is NaN when anything is; it needs no array of its own.
    return bool(np.isnan(chunk.min())) if chunk.dtype.isnative else True


def _write_long(encoder: Encoder, flat: Any) -> None:
    if flat.dtype.kind == "c":
        flat = flat.view(flat.real.dtype)
    flat = flat.copy()
    flat[np.isnan(flat)] = np.nan
    raw = flat.view(np.uint8).reshape(flat.size, flat.itemsize)
    if np.finfo(flat.dtype).nmant == 63:  # 80 bits, the rest is padding
        raw = raw[:, :10] if flat.dtype.isnative else raw[:, -10:]
    encoder.leaf(b"d", np.ascontiguousarray(raw).reshape(-1).tobytes())


def _write_rounded(encoder: Encoder, flat: Any) -> None:
    if flat.dtype.kind == "c":
        flat = flat.view(flat.real.dtype)
    with np.errstate(all="ignore"):
        steps = np.rint(flat.astype(np.float64) / encoder.tolerance)
    encoder.stream(b"g", steps.nbytes, _without_payloads(steps + 0.0))  # no steps of -0.0


def write_dtype(encoder: Encoder, dtype: Any) -> None:
    """Write a dtype, with its fields, byte order, units and layout of structures."""
    if dtype.names is not None:
        encoder.out += b"{"
        encoder.encode((dtype.type.__name__, dtype.itemsize, len(dtype.names)))
        for name in dtype.names:
            kind, offset, *title = dtype.fields[name]
            encoder.encode((name, offset, title[0] if title else None))
            write_dtype(encoder, kind)
    elif dtype.subdtype is not None:
        encoder.out += b"["
        write_dtype(encoder, dtype.subdtype[0])
        encoder.encode(dtype.subdtype[1])
    else:
        encoder.out += b"="
        # The `str` of StringDType says nothing of what stands for a missing string.
        encoder.text(repr(dtype) if dtype.kind == "T" else dtype.str)
        if dtype.kind == "T":
            encoder.encode(getattr(dtype, "na_object", None))
            encoder.encode((hasattr(dtype, "na_object"), dtype.coerce))


def _dtype_value(encoder: Encoder, dtype: Any) -> None:
    encoder.not_plain()
    encoder.out += b"Ad"
    write_dtype(encoder, dtype)


def _scalar(encoder: Encoder, value: Any) -> None:
    encoder.not_plain()
    if isinstance(value, np.void):
        encoder.out += b"v"
        encoder.text(type(value).__name__)
    _write_data(encoder, b"a", np.asarray(value))


def _subclass(encoder: Encoder, array: Any) -> None:
    encoder.not_plain()
    if encoder.enter(array):
        encoder.out += b"As"
        state = getattr(array, "__dict__", None) or {}
        write_type(encoder, type(array), state)
        write_array(encoder, array.view(np.ndarray))
        encoder.encode({name: item for name, item in state.items() if not name.startswith("__array")})
        encoder.leave(array)


def _masked(encoder: Encoder, array: Any) -> None:
    encoder.not_plain()
    if encoder.enter(array):
        encoder.out += b"Am"
        write_type(encoder, type(array))
        write_array(encoder, np.ma.getdata(array).view(np.ndarray))
        write_array(encoder, np.ma.getmaskarray(array))
        if array is np.ma.masked:  # one constant; it has no fill value of its own
            encoder.leave(array)
            return
        encoder.step(np.asarray(array.fill_value), ".fill_value")
        encoder.encode(bool(array.hardmask))
        encoder.leave(array)
