"""Tables as Arrow IPC streams: pyarrow's own, polars', and those of pandas that Arrow keeps faithfully.

pandas objects with anything that Arrow would change (object columns, odd labels, frequencies, attrs, ...) are
left to pickle. Without pyarrow all tables are: it checks the bytes that others would believe.
"""

from __future__ import annotations

from typing import Any

from mandala_graph.codecs.registry import Codec

__all__ = ["codec_for", "codec_named"]

_NUMPY_KINDS = "biuf"
_MASKED = ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float32", "Float64", "boolean")


def _arrow() -> Any:
    try:
        import pyarrow

        return pyarrow
    except ImportError:
        return None


def _stream(table: Any) -> list[bytes | memoryview]:
    pa = _arrow()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return [memoryview(sink.getvalue())]


def _table(payload: memoryview) -> Any:
    pa = _arrow()
    with pa.ipc.open_stream(pa.py_buffer(payload)) as reader:
        table = reader.read_all()
    table.validate(full=True)
    return table


def _kept(dtype: Any) -> bool:
    """Does Arrow give back exactly this dtype, and every value in it?"""
    import numpy as np
    import pandas as pd

    if isinstance(dtype, np.dtype):
        return (dtype.kind in _NUMPY_KINDS and dtype.isnative and dtype.itemsize <= 8 and dtype != np.float16) or (
            dtype.kind in "mM"
            and np.datetime_data(dtype) in (("s", 1), ("ms", 1), ("us", 1), ("ns", 1))
            and dtype.isnative
        )
    if isinstance(dtype, pd.StringDtype):
        return dtype == pd.array(["x"], dtype="str").dtype
    return str(dtype) in _MASKED


def _frame_is_kept(frame: Any) -> bool:
    import pandas as pd

    labels = frame.columns
    return (
        not frame.attrs
        and frame.flags.allows_duplicate_labels
        and type(labels) is pd.Index
        and labels.dtype == pd.array(["x"], dtype="str").dtype
        and labels.is_unique
        and labels.name is None
        and not labels.hasnans
        and type(frame.index) is pd.RangeIndex
        and frame.index.name is None
        and len(labels) > 0
        and all(_kept(dtype) for dtype in frame.dtypes)
    )


def _encode_frame(frame: Any) -> list[bytes | memoryview] | None:
    pa = _arrow()
    if pa is None or not _frame_is_kept(frame):
        return None
    return _stream(pa.Table.from_pandas(frame))


def _decode_frame(payload: memoryview) -> Any:
    return _table(payload).to_pandas()


def _encode_arrow(table: Any) -> list[bytes | memoryview] | None:
    return _stream(table)


def _encode_polars(frame: Any) -> list[bytes | memoryview] | None:
    import io

    import polars as pl

    pa = _arrow()
    if pa is None or any(dtype == pl.Object for dtype in frame.dtypes):
        return None
    sink = io.BytesIO()
    frame.write_ipc_stream(sink)
    data = sink.getbuffer()
    try:
        _table(data)
    except pa.ArrowException:
        return None  # a type that only polars knows: nobody could check its bytes
    return [data]


def _decode_polars(payload: memoryview) -> Any:
    import io

    import polars as pl

    _table(payload)  # polars believes whatever sizes are declared, and ends the process when it cannot allocate them
    try:
        return pl.read_ipc_stream(io.BytesIO(payload))
    except pl.exceptions.PanicException as panic:  # not an Exception: it would pass by whoever reads the store
        raise ValueError(f"polars gave up on it: {str(panic)[:80]}") from None


_CODECS = {
    c.name: c
    for c in (
        Codec("pandas.DataFrame", _encode_frame, _decode_frame),
        Codec("pyarrow.Table", _encode_arrow, _table),
        Codec("polars.DataFrame", _encode_polars, _decode_polars),
    )
}


def codec_for(kind: type) -> Codec | None:
    package = kind.__module__.partition(".")[0]
    found = _CODECS.get(f"{package}.{kind.__name__}")
    if package == "pyarrow" and kind.__name__ != "Table":
        return None
    return found


def codec_named(name: str) -> Codec | None:
    if name in _CODECS and _arrow() is None:
        return None
    return _CODECS.get(name)
