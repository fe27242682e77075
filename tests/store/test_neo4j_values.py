"""Where a Neo4j store keeps the bytes of values, and what happens where they cannot be reached."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mandala_graph import errors
from mandala_graph.store.neo4j import Neo4jStore
from mandala_graph.store.protocol import Batch
from tests import engines
from tests.store.neo4j_children import a_batch, a_ref, some_id

CID = some_id("value", "kept")


def with_value(data: bytes = b"the bytes") -> Batch:
    ref = a_ref("kept")
    return Batch(refs={ref.hid: ref}, values={ref.cid: data})


def test_the_place_of_values_is_recorded(neo4j_server: engines.Server, tmp_path: Path) -> None:
    first = Neo4jStore(neo4j_server.url, values=tmp_path / "values")
    first.write(with_value())
    first.close()
    again = Neo4jStore(neo4j_server.url)
    assert again.info().values == str(tmp_path / "values")
    assert bytes(again.get_value(CID) or b"") == b"the bytes"
    assert list(again.iter_values()) == [CID]
    again.close()


def test_the_default_place_is_the_users_own_by_uuid(neo4j_server: engines.Server) -> None:
    store = Neo4jStore(neo4j_server.url)
    store.write(with_value())
    place = Path(store.info().values)
    assert place == Path(os.environ["XDG_DATA_HOME"], "mandala_graph", "values", store.info().uuid)
    assert [p.read_bytes() for p in place.rglob("*") if p.is_file()] == [b"the bytes"]
    store.close()


def test_values_in_another_folder_are_missed_only_when_looked_at(neo4j_server: engines.Server, tmp_path: Path) -> None:
    store = Neo4jStore(neo4j_server.url, values=tmp_path / "values")
    store.write(with_value())
    store.write(a_batch(range(3)))
    store.close()
    (tmp_path / "values").rename(tmp_path / "moved")
    store = Neo4jStore(neo4j_server.url)
    store.write(a_batch(range(6)))
    assert len(store.lookup([some_id("call", i) for i in range(6)], [])[0]) == 6
    for look in (
        lambda: store.get_value(CID),
        lambda: store.has_values([CID]),
        lambda: store.put_value(CID, [b"x"]),
        lambda: store.write(with_value()),
        lambda: list(store.iter_values()),
    ):
        with pytest.raises(errors.StoreUnreachable, match=r"values=\.\.\."):
            look()
    assert not (tmp_path / "values").exists()
    store.close()
    moved = Neo4jStore(neo4j_server.url, values=tmp_path / "moved")
    assert bytes(moved.get_value(CID) or b"") == b"the bytes"
    moved.close()
    after = Neo4jStore(neo4j_server.url)
    assert after.info().values == str(tmp_path / "moved")
    after.close()


def test_a_reader_may_say_where_values_are_without_changing_the_record(
    neo4j_server: engines.Server, tmp_path: Path
) -> None:
    store = Neo4jStore(neo4j_server.url, values=tmp_path / "values")
    store.write(with_value())
    store.close()
    (tmp_path / "values").rename(tmp_path / "mounted here")
    reader = Neo4jStore(neo4j_server.url, values=tmp_path / "mounted here", read_only=True)
    assert bytes(reader.get_value(CID) or b"") == b"the bytes"
    reader.close()
    after = Neo4jStore(neo4j_server.url)
    assert after.info().values == str(tmp_path / "values")
    after.close()


def test_values_at_an_fsspec_url(neo4j_server: engines.Server) -> None:
    pytest.importorskip("fsspec")
    store = Neo4jStore(neo4j_server.url, values=f"memory://{some_id(neo4j_server.uri)}")
    store.write(with_value())
    assert bytes(store.get_value(CID) or b"") == b"the bytes"
    assert store.has_values([CID, "0" * 40]) == {CID}
    assert store.drop_values([CID], 7.0) == 1
    assert store.get_value(CID) is None
    assert store.refs([a_ref("kept").hid])[a_ref("kept").hid].dropped == 7.0
    store.write(with_value())
    assert store.refs([a_ref("kept").hid])[a_ref("kept").hid].dropped is None
    assert bytes(store.get_value(CID) or b"") == b"the bytes"
    store.close()


def test_a_folder_that_cannot_be_made_is_said_when_opening(neo4j_server: engines.Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.StoreUnreachable, match="cannot be kept"):
        Neo4jStore(neo4j_server.url, values=tmp_path / "file" / "values")


def test_a_value_put_aside_is_there_once_the_batch_is_written(neo4j_server: engines.Server, tmp_path: Path) -> None:
    store = Neo4jStore(neo4j_server.url, values=tmp_path)
    store.write(with_value())
    store.drop_values([CID], 7.0)
    store.put_value(CID, [b"the ", memoryview(b"bytes")])
    batch = with_value()
    batch.values.clear()  # it went ahead by put_value
    store.write(batch)
    assert store.refs([a_ref("kept").hid])[a_ref("kept").hid].dropped is None
    assert bytes(store.get_value(CID) or b"") == b"the bytes"
    assert store.forget_values([CID]) == 0  # a ref still names it
    store.delete(refs=[a_ref("kept").hid])
    assert store.forget_values([CID]) == 1
    assert store.get_value(CID) is None
    store.close()
