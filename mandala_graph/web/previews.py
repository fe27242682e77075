"""A value to look at, without running anything from the store.

Only what the graph holds natively and the codecs named here are read: plain data, arrays, Arrow tables, dense tensors.
Everything else, pickles above all, is opaque: its type, its size, and the words recorded when it was saved.
"""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Mapping
from typing import Any

from mandala_graph import codecs
from mandala_graph.codecs.envelope import open_envelope
from mandala_graph.codecs.registry import named
from mandala_graph.errors import CorruptValue, MandalaGraphError
from mandala_graph.hashing import decode_plain
from mandala_graph.store.protocol import RefRow
from mandala_graph.web.form import iso, plain
from mandala_graph.web.state import Browser

__all__ = ["preview"]

_LARGEST = 256 * 1024 * 1024
_PLAIN_LARGEST = 16 * 1024 * 1024
_ROWS, _COLUMNS, _ITEMS, _TEXT, _DEEP = 50, 30, 200, 20_000, 6
_SIDE = 512
_PICTURES = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"))
_TABLES = ("pandas.DataFrame", "pyarrow.Table", "polars.DataFrame")


def preview(browser: Browser, row: RefRow) -> dict[str, Any]:
    """What can be shown of a ref's value."""
    if row.dropped is not None:
        return _opaque(row, f"dropped on {iso(row.dropped)}; {row.preview}")
    if row.type == "NoneType":
        return {"kind": "text", "text": "None"}
    if row.value is not None:
        return _native(row)
    if row.structure is not None:
        return _opaque(row, row.preview)
    try:
        data = browser.store.get_value(row.cid)
        if data is None:
            return _opaque(row, f"its bytes cannot be found; {row.preview}")
        if len(data) > _LARGEST:
            return _opaque(row, f"too large to be shown; {row.preview}")
        return _envelope(row, data)
    except MandalaGraphError as problem:
        return _opaque(row, str(problem))
    except Exception as problem:  # dates that Python has not, digits without an end: the rest is worth showing
        return _opaque(row, f"cannot be shown ({type(problem).__name__}: {problem}); {row.preview}")


def _opaque(row: RefRow, text: str) -> dict[str, Any]:
    return {"kind": "opaque", "text": text, "type": row.type, "size": row.nbytes}


def _native(row: RefRow) -> dict[str, Any]:
    value = row.value
    if isinstance(value, str):
        return {"kind": "text", "text": value}
    if isinstance(value, bool):
        return {"kind": "text", "text": str(value)}
    return {"kind": "number", "text": str(value), "value": plain(value)}


def _envelope(row: RefRow, data: bytes | memoryview) -> dict[str, Any]:
    opened = open_envelope(row.cid, data)
    if opened.codec == "plain":
        if len(opened.payload) > _PLAIN_LARGEST:
            return _opaque(row, f"too large to be shown; {row.preview}")
        return _plain_value(decode_plain(opened.payload))
    if opened.codec in _TABLES:
        return _arrow(row, opened.payload)
    if opened.codec in ("numpy.ndarray", "numpy.generic"):
        return _array(codecs.decode(row.cid, data))
    if opened.codec == "torch.Tensor":
        return _tensor(row, opened.payload)
    what = "a pickle, which is never loaded here" if opened.codec == "pickle" else f"kept by {opened.codec}"
    return _opaque(row, f"{what}; {row.preview}")


# -- plain data ------------------------------------------------------------------------------------------------------


def _plain_value(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"kind": "text", "text": _cut(value, _TEXT)}
    if isinstance(value, (bytes, bytearray)):
        return _bytes(bytes(value))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {"kind": "number", "text": _cut(_number(value), _TEXT)}
    if isinstance(value, (list, tuple, set, frozenset, Mapping)):
        return {"kind": "json", "values": _tree(value, 0), "text": _cut(repr(_tree(value, 0)), _TEXT)}
    return {"kind": "text", "text": _cut(str(value), _TEXT)}


def _number(value: int | float) -> str:
    if isinstance(value, int) and value.bit_length() > 10_000:
        return f"an integer of {value.bit_length()} bits"  # its digits take long to find
    return repr(value)


def _bytes(value: bytes) -> dict[str, Any]:
    for start, kind in _PICTURES:
        if value.startswith(start) and len(value) <= 4 * 1024 * 1024:
            return {"kind": "image", "source": f"data:image/{kind};base64,{base64.b64encode(value).decode()}"}
    return {"kind": "text", "text": _cut(repr(value[:1000]), _TEXT) + ("…" if len(value) > 1000 else "")}


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _tree(value: Any, depth: int) -> Any:
    """Nested data with as much in it as can be looked at."""
    if isinstance(value, (list, tuple, set, frozenset, Mapping)) and depth >= _DEEP:
        return "…"
    if isinstance(value, Mapping):
        shown = {_key(k): _tree(v, depth + 1) for k, v in list(value.items())[:_ITEMS]}
        if len(value) > _ITEMS:
            shown["…"] = f"{len(value) - _ITEMS:,} more"
        return shown
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [_tree(v, depth + 1) for v in list(value)[:_ITEMS]]
        return items if len(value) <= _ITEMS else [*items, f"… {len(value) - _ITEMS:,} more"]
    if isinstance(value, str):
        return _cut(value, 1000)
    if isinstance(value, int) and not isinstance(value, bool):
        return plain(value) if value.bit_length() < 64 else _number(value)
    if value is None or isinstance(value, (bool, float)):
        return plain(value)
    return _cut(repr(value[:100]) if isinstance(value, (bytes, bytearray)) else str(value), 200)


def _key(key: Any) -> str:
    return key if isinstance(key, str) else _cut(repr(key), 200)


# -- tables ----------------------------------------------------------------------------------------------------------


def _arrow(row: RefRow, payload: memoryview) -> dict[str, Any]:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        return _opaque(row, f"pyarrow shows its rows (pip install 'mandala-graph[arrow]'); {row.preview}")
    codec = named("pyarrow.Table")
    assert codec is not None  # pyarrow is there
    try:
        table = codec.decode(payload)
    except Exception as problem:  # whatever Arrow says of damaged bytes
        raise CorruptValue(f"its bytes are no table ({problem}).") from problem
    shown = table.slice(0, _ROWS).select(list(range(min(table.num_columns, _COLUMNS))))
    columns = [c.to_pylist() for c in shown.columns]
    return {
        "kind": "table",
        "columns": [_cut(str(n), 200) for n in shown.column_names],
        "rows": [[_tree(c[i], _DEEP - 2) for c in columns] for i in range(shown.num_rows)],
        "shape": [table.num_rows, table.num_columns],
    }


# -- arrays ----------------------------------------------------------------------------------------------------------


def _array(array: Any) -> dict[str, Any]:
    import numpy as np

    array = np.asarray(array)
    found: dict[str, Any] = {"kind": "array", "shape": list(array.shape), "dtype": str(array.dtype)}
    if array.ndim == 0:
        return {**found, "kind": "number" if array.dtype.kind in "iuf" else "text", "text": str(array[()])}
    if _is_picture(array):
        small = array[:: math.ceil(array.shape[0] / _SIDE), :: math.ceil(array.shape[1] / _SIDE)]
        found = {**found, "kind": "image", "source": _png(np.ascontiguousarray(small))}
    if array.dtype.kind in "biuf" and array.size:
        numbers = array[np.isfinite(array)] if array.dtype.kind == "f" else array
        if numbers.size:
            least, most = numbers.min().item(), numbers.max().item()
            mean = float(numbers.mean(dtype=np.float64))
            found["statistics"] = {"min": plain(least), "max": plain(most), "mean": plain(mean)}
    corner = array[tuple(slice(0, _ROWS if array.ndim == 1 else 20) for _ in range(min(array.ndim, 2)))]
    while corner.ndim > 2:
        corner = corner[..., 0]
    return {**found, "values": _tree(corner.tolist(), 0)}


def _is_picture(array: Any) -> bool:
    plane = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    return array.dtype == "uint8" and plane and min(array.shape[:2]) >= 8 and max(array.shape[:2]) <= 8192


def _png(array: Any) -> str:
    """An array of bytes, height x width (x 3 or 4), as a PNG in a data URL."""
    height, width = array.shape[:2]
    colour = {2: 0, 3: {3: 2, 4: 6}.get(array.shape[-1], 0)}[array.ndim]
    lines = b"".join(b"\0" + array[y].tobytes() for y in range(height))

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(file).decode()


def _tensor(row: RefRow, payload: memoryview) -> dict[str, Any]:
    """A tensor through NumPy: PyTorch need not be there, and takes a second to import."""
    import numpy as np

    from mandala_graph.codecs.arrays import decode_buffer

    header, data = decode_buffer(payload)
    shape, name = header.get("shape"), str(header.get("dtype"))
    try:
        array = np.frombuffer(data, np.dtype(name)).reshape(shape)
    except (TypeError, ValueError):
        return {"kind": "array", "shape": plain(shape), "dtype": name, "text": row.preview}
    return _array(array)
