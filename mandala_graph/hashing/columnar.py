"""Encodings of pyarrow and polars values: types and contents; not chunks, offsets or what lies under nulls."""

from __future__ import annotations

from typing import Any

import numpy as np

from mandala_graph.hashing.encoder import Encode, Encoder, Refused
from mandala_graph.hashing.objects import write_type

__all__ = ["arrow_strings", "writer"]


def writer(base: type, kind: type) -> Encode | None:
    """What writes values of `kind`, which is a subclass of `base`, a type of pyarrow or polars."""
    if base.__module__.partition(".")[0] == "polars":
        import polars as pl

        if issubclass(kind, pl.DataFrame):
            return _entered(_polars_frame)
        if issubclass(kind, pl.Series):
            return _entered(_polars_series)
        if issubclass(kind, pl.LazyFrame):
            return _refuse("a lazy frame is a plan; collect() it first")
        return None
    import pyarrow as pa

    known: tuple[tuple[type, Encode], ...] = (
        (pa.Table, _table),
        (pa.RecordBatch, _table),
        (pa.ChunkedArray, _chunked),
        (pa.Array, _array_value),
        (pa.Scalar, _scalar),
        (pa.Schema, _schema),
        (pa.Field, _field),
        (pa.DataType, _type),
        (pa.Buffer, _buffer),
    )
    for known_kind, write in known:
        if issubclass(kind, known_kind):
            return _entered(write)
    return None


def _refuse(reason: str) -> Encode:
    def write(encoder: Encoder, value: Any) -> None:
        raise Refused(reason)

    return write


def _entered(write: Encode) -> Encode:
    def entered(encoder: Encoder, value: Any) -> None:
        encoder.not_plain()
        if encoder.enter(value):
            encoder.out += b"W"
            write_type(encoder, type(value))
            write(encoder, value)
            encoder.leave(value)

    return entered


# -- pyarrow


def arrow_strings(array: Any) -> tuple[Any, Any, Any]:
    """(which are missing or None, lengths in bytes, all bytes) of an Arrow array of strings or binaries."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks() if array.num_chunks != 1 else array.chunk(0)
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    binary = pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type)
    large = pa.large_binary() if binary else pa.large_string()
    if array.type not in (large, pa.string(), pa.binary()):
        array = array.cast(large)
    missing = None
    if array.null_count:
        missing = np.asarray(array.is_null())
        array = pc.fill_null(array, b"" if binary else "")
    width = np.int64 if array.type == large else np.int32
    _, offsets, data = array.buffers()
    if len(array) == 0:
        return missing, np.zeros(0, np.int64), b""
    places = np.frombuffer(offsets, width)[array.offset : array.offset + len(array) + 1]
    text = memoryview(data)[int(places[0]) : int(places[-1])] if data is not None else b""
    return missing, np.diff(places), text


def _table(encoder: Encoder, table: Any) -> None:
    _schema(encoder, table.schema)
    encoder.encode((table.num_rows, table.num_columns))
    for name, column in zip(table.column_names, table.columns, strict=True):
        encoder.step(column, f"[{name!r}]")


def _chunked(encoder: Encoder, array: Any) -> None:
    _type(encoder, array.type)
    _contents(encoder, array)


def _array_value(encoder: Encoder, array: Any) -> None:
    _type(encoder, array.type)
    _contents(encoder, array)


def _contents(encoder: Encoder, array: Any) -> None:
    """Length, nulls and values of an array whose type is written already."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from mandala_graph.hashing.arrays import write_array
    from mandala_graph.hashing.frames import write_strings

    kind = array.type
    types = pa.types
    if types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_large_binary(kind):
        write_strings(encoder, *arrow_strings(array))
        return
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], kind)
    encoder.encode(len(array))
    if types.is_dictionary(kind):
        _contents(encoder, array.dictionary_decode())
    elif (types.is_integer(kind) or types.is_float32(kind) or types.is_float64(kind)) and len(array):
        if array.null_count:
            write_array(encoder, np.asarray(array.is_null()))
            array = pc.fill_null(array, pa.scalar(0, pa.int8()).cast(kind))
        write_array(encoder, array.to_numpy(zero_copy_only=False))
    elif types.is_temporal(kind) and kind.bit_width in (32, 64) and not types.is_interval(kind):
        _contents(encoder, array.cast(pa.int64() if kind.bit_width == 64 else pa.int32(), safe=False))
    elif isinstance(array, pa.ExtensionArray):
        _contents(encoder, array.storage)
    else:
        encoder.encode(array.to_pylist())


def _scalar(encoder: Encoder, scalar: Any) -> None:
    import pyarrow as pa

    _type(encoder, scalar.type)
    _contents(encoder, pa.array([scalar.as_py()], scalar.type))


def _type(encoder: Encoder, kind: Any) -> None:
    encoder.text(str(kind))
    for index in range(kind.num_fields):
        _field(encoder, kind.field(index))


def _field(encoder: Encoder, field: Any) -> None:
    encoder.text(field.name)
    encoder.encode((field.nullable, dict(field.metadata or {})))
    _type(encoder, field.type)


def _schema(encoder: Encoder, schema: Any) -> None:
    encoder.encode((len(schema), dict(schema.metadata or {})))
    for field in schema:
        _field(encoder, field)


def _buffer(encoder: Encoder, buffer: Any) -> None:
    encoder.leaf(b"b", memoryview(buffer))


# -- polars


def _polars_frame(encoder: Encoder, frame: Any) -> None:
    encoder.encode(frame.shape)
    for series in frame.get_columns():
        encoder.step(series, f"[{series.name!r}]")


def _polars_series(encoder: Encoder, series: Any) -> None:
    encoder.text(series.name)
    encoder.text(repr(series.dtype))
    encoder.encode(len(series))
    if series.dtype.is_nested() or str(series.dtype) == "Object":
        encoder.encode(series.to_list())
        return
    import polars as pl

    if series.dtype == pl.Enum:
        encoder.encode(series.dtype.categories.to_list())
    if series.dtype in (pl.Categorical, pl.Enum):
        series = series.cast(pl.String)
    missing = series.is_null()
    if series.dtype in (pl.String, pl.Binary):
        lengths = series.fill_null("" if series.dtype == pl.String else b"")
        data = [item.encode() if isinstance(item, str) else item for item in lengths.to_list()]
        _missing(encoder, missing)
        encoder.encode([len(item) for item in data])
        encoder.leaf(b"s", b"".join(data))
        return
    if series.dtype.is_temporal():
        series = series.to_physical()
    # NumPy has no integers of 128 bits
    if series.dtype.is_numeric() and not series.dtype.is_decimal() and not str(series.dtype).endswith("Int128"):
        from mandala_graph.hashing.arrays import write_array

        _missing(encoder, missing)
        write_array(encoder, series.fill_null(0).to_numpy())
        return
    encoder.encode(series.to_list())


def _missing(encoder: Encoder, missing: Any) -> None:
    from mandala_graph.hashing.arrays import write_array

    if missing.any():
        encoder.out += b"1"
        write_array(encoder, missing.to_numpy())
    else:
        encoder.out += b"0"
