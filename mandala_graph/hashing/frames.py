"""Encodings of pandas values: index, columns, names, dtypes and values; not how blocks lie in memory.

Levels of a MultiIndex that no row uses, the chunks of Arrow arrays and what lies under missing values do not
count. `attrs`, the frequency of an index and the order of categories do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray, ExtensionDtype

from mandala_graph.hashing.arrays import write_array, write_dtype
from mandala_graph.hashing.encoder import Encode, Encoder
from mandala_graph.hashing.objects import write_object, write_type

__all__ = ["write_strings", "writer"]


def writer(base: type, kind: type) -> Encode | None:
    """What writes values of `kind`, which is a subclass of `base`, a type of pandas."""
    known: tuple[tuple[type, Encode], ...] = (
        (pd.DataFrame, _frame),
        (pd.Series, _series),
        (pd.Index, _index),
        (ExtensionArray, _extension),
        (ExtensionDtype, _dtype_value),
        (type(pd.NaT), _missing),
        (type(pd.NA), _missing),
        (pd.Timestamp, _timestamp),
        (pd.Timedelta, _timedelta),
        (pd.Period, _period),
        (pd.Interval, _interval),
    )
    for known_kind, writer_ in known:
        if issubclass(kind, known_kind):
            return _container(writer_)
    return None


def _container(write: Encode) -> Encode:
    def entered(encoder: Encoder, value: Any) -> None:
        encoder.not_plain()
        if encoder.enter(value):
            encoder.out += b"D"
            write_type(encoder, type(value))
            write(encoder, value)
            encoder.leave(value)

    return entered


def _frame(encoder: Encoder, frame: Any) -> None:
    encoder.step(frame.columns, ".columns")
    encoder.step(frame.index, ".index")
    for name, column in pd.DataFrame.items(frame):
        _step_values(encoder, column.array, f"[{name!r}]")
    _ambience(encoder, frame)


def _series(encoder: Encoder, series: Any) -> None:
    encoder.step(series.name, ".name")
    encoder.step(series.index, ".index")
    _step_values(encoder, series.array, "")
    _ambience(encoder, series)


def _ambience(encoder: Encoder, value: Any) -> None:
    encoder.step(value.attrs, ".attrs")
    encoder.encode(bool(value.flags.allows_duplicate_labels))
    own = [name for name in value._metadata if name != "name"]
    encoder.encode({name: getattr(value, name, None) for name in own})


def _index(encoder: Encoder, index: Any) -> None:
    if isinstance(index, pd.RangeIndex):
        encoder.encode((index.start, index.stop, index.step))
        encoder.step(index.name, ".name")
    elif isinstance(index, pd.MultiIndex):
        encoder.step(list(index.names), ".names")
        for level in range(index.nlevels):
            encoder.step(index.get_level_values(level), f".levels[{level}]")
    else:
        encoder.step(index.name, ".name")
        encoder.encode(getattr(index, "freqstr", None))
        _step_values(encoder, index.array, "")


def _step_values(encoder: Encoder, values: Any, where: str) -> None:
    if isinstance(values, pd.arrays.NumpyExtensionArray):
        values = values.to_numpy()
    encoder.step(values, where)


def _extension(encoder: Encoder, array: Any) -> None:
    _dtype(encoder, array.dtype)
    if isinstance(array, pd.Categorical):
        encoder.step(array.categories, ".categories")
        most = len(array.categories)
        width = np.int8 if most < 1 << 7 else np.int16 if most < 1 << 15 else np.int32
        write_array(encoder, array.codes.astype(width, copy=False))
    elif isinstance(array.dtype, pd.StringDtype):
        _strings(encoder, array)
    elif isinstance(array, pd.arrays.DatetimeArray | pd.arrays.TimedeltaArray | pd.arrays.PeriodArray):
        write_array(encoder, array.view("i8"))
    elif isinstance(array, pd.arrays.IntegerArray | pd.arrays.FloatingArray | pd.arrays.BooleanArray):
        masked: Any = array
        missing, values = masked._mask, masked._data
        if missing.any():
            values = values.copy()
            values[missing] = 0
        write_array(encoder, values)
        write_array(encoder, missing)
    elif isinstance(array, pd.arrays.IntervalArray):
        encoder.step(array.left, ".left")
        encoder.step(array.right, ".right")
    elif isinstance(array, pd.arrays.SparseArray):
        write_array(encoder, np.asarray(array.sp_index.to_int_index().indices, dtype=np.int64))
        encoder.encode(len(array))
        encoder.encode(array.sp_values)
    elif isinstance(array, pd.arrays.ArrowExtensionArray):
        encoder.encode(array.__arrow_array__())
    elif isinstance(array, pd.arrays.NumpyExtensionArray):
        write_array(encoder, array.to_numpy())
    else:
        write_object(encoder, array)


def _strings(encoder: Encoder, array: Any) -> None:
    if hasattr(array, "__arrow_array__") and array.dtype.storage == "pyarrow":
        from mandala_graph.hashing.columnar import arrow_strings

        write_strings(encoder, *arrow_strings(array.__arrow_array__()))
        return
    missing = np.asarray(array.isna())
    texts = ["" if gone else text for gone, text in zip(missing.tolist(), array.to_numpy(object).tolist(), strict=True)]
    data = [text.encode("utf-8", "surrogatepass") for text in texts]
    write_strings(encoder, missing, np.fromiter(map(len, data), np.int64, len(data)), b"".join(data))


def write_strings(encoder: Encoder, missing: Any, lengths: Any, text: Any) -> None:
    """Write a column of strings: which are missing, their lengths in bytes of UTF-8, and all the bytes."""
    encoder.encode(len(lengths))
    if missing is None or not missing.any():
        encoder.out += b"0"
    else:
        encoder.out += b"1"
        write_array(encoder, missing)
    write_array(encoder, lengths.astype(np.uint32, copy=False) if len(text) < 1 << 32 else lengths.astype(np.uint64))
    encoder.leaf(b"s", text)


def _dtype(encoder: Encoder, dtype: Any) -> None:
    encoder.text(type(dtype).__name__)
    if isinstance(dtype, pd.CategoricalDtype):
        encoder.encode(dtype.ordered)
    elif isinstance(dtype, pd.StringDtype):
        # `str` is one dtype, wherever pyarrow keeps it or Python does; `string[...]` names its storage.
        encoder.text("str" if dtype.na_value is not pd.NA else f"string[{dtype.storage}]")
    elif isinstance(dtype, pd.DatetimeTZDtype):
        encoder.text(dtype.unit)
        encoder.step(dtype.tz, ".tz")
    elif isinstance(dtype, pd.SparseDtype):
        encoder.text(str(dtype.subtype))
        encoder.encode(dtype.fill_value)
    elif isinstance(dtype, pd.ArrowDtype):
        encoder.encode(dtype.pyarrow_dtype)
    elif isinstance(dtype, np.dtype):
        write_dtype(encoder, dtype)
    else:
        encoder.text(str(dtype))


def _dtype_value(encoder: Encoder, dtype: Any) -> None:
    _dtype(encoder, dtype)
    if isinstance(dtype, pd.CategoricalDtype):
        encoder.step(dtype.categories, ".categories")


def _missing(encoder: Encoder, value: Any) -> None:
    encoder.out += b"0"


def _timestamp(encoder: Encoder, value: Any) -> None:
    encoder.text(value.unit)
    encoder.encode((int(value._value), value.fold))
    encoder.step(value.tzinfo, ".tzinfo")


def _timedelta(encoder: Encoder, value: Any) -> None:
    encoder.text(value.unit)
    encoder.encode(int(value._value))


def _period(encoder: Encoder, value: Any) -> None:
    encoder.text(value.freqstr)
    encoder.encode(int(value.ordinal))


def _interval(encoder: Encoder, value: Any) -> None:
    encoder.text(value.closed)
    encoder.step(value.left, ".left")
    encoder.step(value.right, ".right")
