"""Refs and calls have a name to be shown by: pictures of other tools write it where they know no better."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mandala_graph import Storage, op


@op(output_names=["y"])
def widen(x: object) -> object:
    return [x] * 30


def test_a_call_is_named_by_its_op_and_a_ref_by_its_preview_where_it_is_short(
    storage_url: Callable[[], str], tmp_path: Path
) -> None:
    storage = Storage(storage_url(), values=tmp_path / "values")
    with storage:
        widen("ñ😀")
        widen(0.25)
    refs = storage.query("MATCH (r:Ref) RETURN r.preview AS preview, r.type AS type, r.name AS name")
    for row in refs.itertuples():
        assert row.name == (row.preview if len(row.preview) <= 40 else row.type)
    assert set(refs["name"]) == {"'ñ😀'", "0.25", "list"}
    calls = storage.query(
        "MATCH (c:Call {name: 'widen'}) RETURN c.op AS op, properties(c).name AS name, keys(c) AS keys"
    )
    assert [(r.op, r.name) for r in calls.itertuples()] == [("widen", "widen")] * 2
    assert all("name" in keys for keys in calls["keys"])
    storage.rename_op("widen", "broaden")
    assert set(storage.query("MATCH (c:Call) RETURN c.name AS name")["name"]) == {"broaden"}
    storage.close()
