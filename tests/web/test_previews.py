"""Previews of whatever bytes a store may hold under a right digest: always an answer, never code, never an error."""

from __future__ import annotations

import datetime
import decimal
import fractions
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandala_graph import Storage
from mandala_graph.codecs import encode
from mandala_graph.codecs.envelope import open_envelope, seal
from mandala_graph.hashing import content_id
from mandala_graph.store.protocol import Batch, RefRow
from mandala_graph.web.form import plain
from mandala_graph.web.previews import preview
from mandala_graph.web.state import Browser

CODECS = [
    "plain",
    "numpy.ndarray",
    "numpy.generic",
    "pandas.DataFrame",
    "pyarrow.Table",
    "polars.DataFrame",
    "torch.Tensor",
]
VALUES: list[Any] = [
    {"a": [1, 2.5, None, (3,)], "b": {1, 2}},
    np.arange(12.0).reshape(3, 4),
    np.arange(256, dtype=np.uint8).reshape(16, 16),
    np.array(["2020-01-01", "NaT"], "datetime64[s]"),
    pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}),
    pa.table({"t": pa.array([2**62], pa.timestamp("s")), "n": pa.array([None], pa.int8())}),
    pa.table({"s": pa.array([{"a": 1}]), "l": pa.array([[1, 2]]), "d": pa.array(["u"]).dictionary_encode()}),
    [fractions.Fraction(1 << 20_000, 3), decimal.Decimal("1E+999999"), datetime.timedelta.max, datetime.date.min],
]


def shown(codec: str, payload: bytes, by_content: bool = False) -> Any:
    """The preview of an envelope with these bytes, as the page gets it."""
    storage = Storage()
    cid = content_id([codec, payload])
    row = RefRow("a" * 40, cid, "some.Type", "its words", len(payload))
    data = b"".join(bytes(c) for c in seal(codec, cid, [payload], None, by_content))
    storage.store.write(Batch(refs={row.hid: row}, values={cid: data}))
    found = preview(Browser(storage), row)
    storage.close()
    assert found["kind"] in ("text", "number", "table", "array", "image", "json", "opaque")
    return json.loads(json.dumps(plain(found), allow_nan=False))


@settings(max_examples=60, deadline=None)
@given(codec=st.sampled_from([*CODECS, "pickle", "unknown.codec"]), payload=st.binary(max_size=300))
def test_any_bytes(codec: str, payload: bytes) -> None:
    shown(codec, payload)


@settings(max_examples=80, deadline=None)
@given(
    value=st.sampled_from(VALUES),
    codec=st.sampled_from([None, *CODECS]),
    changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=6),
    cut=st.integers(0, 64),
)
def test_changed_bytes(value: Any, codec: str | None, changes: list[tuple[int, int]], cut: int) -> None:
    """Bytes that another codec wrote, a few of them changed, the end cut off, and a right digest over them all."""
    encoded = encode(value)
    opened = open_envelope(encoded.cid, b"".join(bytes(c) for c in encoded.envelope or ()))
    payload = bytearray(opened.payload)
    for at, byte in changes:
        payload[at % len(payload)] = byte
    shown(codec or opened.codec, bytes(payload[: len(payload) - cut]))


@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_values_that_are_hard_to_show(value: Any) -> None:
    with Storage() as storage:
        ref = storage.load_ref(keep(storage, value))
    found = preview(Browser(storage), storage.store.refs([ref.hid])[ref.hid])
    json.dumps(plain(found), allow_nan=False)
    assert found["kind"] != "opaque" or "cannot be shown" in found["text"]
    storage.close()


def keep(storage: Storage, value: Any) -> str:
    from mandala_graph import op

    @op(name="keep_value")
    def kept(x: Any) -> Any:
        return x

    hid: str = kept(value).hid
    storage.commit()
    return hid


class Trap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("codec", [*CODECS, "pickle", "unknown.codec"])
def test_a_pickle_under_any_name_is_not_run(codec: str, tmp_path: Path) -> None:
    shown(codec, pickle.dumps(Trap(tmp_path / "it-ran")))
    assert not (tmp_path / "it-ran").exists()
