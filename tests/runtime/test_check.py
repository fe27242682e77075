"""`Storage.verify` finds each kind of damage, and `Storage.gc` what nothing needs; nothing where there is nothing."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import neo4j
import pytest

from mandala_graph import Storage
from tests import engines
from tests.store.sample import fill, train


@pytest.fixture
def filled(engine: str, storage_url: Callable[[], str], tmp_path: Path) -> tuple[Storage, dict[str, Any]]:
    storage = Storage(storage_url(), values=tmp_path / "values")
    return storage, fill(storage)


@pytest.fixture
def tamper(engine: str, storage_url: Callable[[], str], request: pytest.FixtureRequest) -> Callable[..., None]:
    """Change what the engine keeps, behind the store's back."""

    def change(sql: str, cypher: str, **parameters: Any) -> None:
        if engine == "sqlite":
            with closing(sqlite3.connect(storage_url(), isolation_level=None)) as connection:
                assert connection.execute(sql, parameters).rowcount > 0
            return
        server: engines.Server = request.getfixturevalue("neo4j_server")
        with neo4j.GraphDatabase.driver(server.uri, auth=server.auth) as driver:
            assert driver.execute_query(cypher, **parameters).summary.counters.contains_updates

    return change


CALL, REF = "(SELECT nid FROM call WHERE hid = :call)", "(SELECT nid FROM ref WHERE hid = :ref)"
DAMAGE = {
    "an INPUT edge is missing": (
        f"DELETE FROM edge_input WHERE target = {CALL} AND name = 'rate'",
        "MATCH ()-[e:INPUT {name: 'rate'}]->(:Call {hid: $call}) DELETE e",
        ("call", "call"),
    ),
    "an INPUT edge leads elsewhere": (
        f"UPDATE edge_input SET source = {REF} WHERE target = {CALL} AND name = 'rate'",
        "MATCH ()-[e:INPUT {name: 'rate'}]->(c:Call {hid: $call}) DELETE e WITH c MATCH (r:Ref {hid: $ref}) "
        "CREATE (r)-[:INPUT {name: 'rate'}]->(c)",
        ("call", "call"),
    ),
    "an INPUT edge has another name": (
        f"UPDATE edge_input SET name = 'speed' WHERE target = {CALL} AND name = 'rate'",
        "MATCH ()-[e:INPUT {name: 'rate'}]->(:Call {hid: $call}) SET e.name = 'speed'",
        ("call", "call"),
    ),
    "an INPUT edge too many": (
        f"INSERT INTO edge_input VALUES ({REF}, {CALL}, 'rate', -1)",
        "MATCH (r:Ref {hid: $ref}), (c:Call {hid: $call}) CREATE (r)-[:INPUT {name: 'rate'}]->(c)",
        ("edge", "call"),
    ),
    "an OUTPUT edge is missing": (
        f"DELETE FROM edge_output WHERE target = {REF}",
        "MATCH ()-[e:OUTPUT]->(:Ref {hid: $ref}) DELETE e",
        ("edge", "ref"),
    ),
    "an OUTPUT edge has another name": (
        f"UPDATE edge_output SET name = 'mark' WHERE target = {REF}",
        "MATCH ()-[e:OUTPUT]->(:Ref {hid: $ref}) SET e.name = 'mark'",
        ("edge", "call"),
    ),
    "a ref is missing": (
        f"DELETE FROM ref WHERE nid = (SELECT source FROM edge_input WHERE target = {CALL} AND name = 'rate')",
        "MATCH (r:Ref)-[:INPUT {name: 'rate'}]->(:Call {hid: $call}) DETACH DELETE r",
        ("call", "call"),
    ),
    "a native value was changed": (
        "UPDATE ref SET value = 99.5 WHERE hid = :ref",
        "MATCH (r:Ref {hid: $ref}) SET r.value = 99.5",
        ("ref", "ref"),
    ),
    "a call is said to be of another op": (
        "UPDATE call SET op = 'test' WHERE hid = :call",
        "MATCH (c:Call {hid: $call}) SET c.op = 'test'",
        ("call", "call"),
    ),
    "a call is said to be of other contents": (
        "UPDATE call SET cid = substr(cid, 2) || substr(cid, 1, 1) WHERE hid = :call",
        "MATCH (c:Call {hid: $call}) SET c.cid = substring(c.cid, 1) + left(c.cid, 1)",
        ("call", "call"),
    ),
    "a run is missing": (
        "DELETE FROM run WHERE id = (SELECT run FROM call WHERE hid = :call)",
        "MATCH (c:Call {hid: $call}) MATCH (r:Run {id: c.run}) DELETE r",
        ("call", "call"),
    ),
    "a version is missing": (
        "DELETE FROM version WHERE id = (SELECT version FROM call WHERE hid = :call)",
        "MATCH (c:Call {hid: $call}) MATCH (v:Version {id: c.version}) DETACH DELETE v",
        ("call", "call"),
    ),
    "a DEPENDS_ON edge is missing": (
        "DELETE FROM edge_depends_on WHERE source = (SELECT nid FROM version WHERE id = :version)",
        "MATCH (:Version {id: $version})-[e:DEPENDS_ON]->() DELETE e",
        ("version", "version"),
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_to_the_graph_is_found(what: str, filled: tuple[Storage, dict[str, Any]], tamper: Any) -> None:
    storage, refs = filled
    assert storage.verify() == []
    call = storage.get_ref_creator(refs["score 0.5"])
    assert call is not None
    ids = {"call": call.hid, "ref": refs["score 0.5"].hid, "version": call.version}
    sql, cypher, (kind, which) = DAMAGE[what]
    tamper(sql, cypher, **ids)
    found = storage.verify()
    assert (kind, ids[which]) in [(d.kind, d.id) for d in found], found
    storage.close()


def test_edges_that_only_one_engine_can_have(engine: str, filled: tuple[Storage, dict[str, Any]], tamper: Any) -> None:
    storage, refs = filled
    hid = refs["score 0.5"].hid
    tamper(
        f"INSERT INTO edge_input VALUES ({REF}, 123456, 'x', -1)",
        "MATCH (a:Ref {hid: $ref}), (b:Component) WITH a, b LIMIT 1 CREATE (a)-[:INPUT {name: 'x'}]->(b)",
        ref=hid,
    )
    texts = [d.text for d in storage.verify() if d.kind == "edge" and d.id == hid]
    assert len(texts) == 1
    assert ("not there" if engine == "sqlite" else "may not join") in texts[0]
    storage.close()


def test_a_damaged_index_is_found(tmp_path: Path) -> None:
    """The rows are all there, but an index has lost one: look-ups would miss it."""
    storage = Storage(tmp_path / "s.db")
    fill(storage)
    storage.close()
    with closing(sqlite3.connect(tmp_path / "s.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'call_by_op'").fetchone()
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'call_by_op'", (sql + " WHERE op = 'x'",))
    with closing(Storage(tmp_path / "s.db")) as storage:
        assert any(d.kind == "file" and "call_by_op" in d.text for d in storage.verify())


def test_garbage(engine: str, filled: tuple[Storage, dict[str, Any]], tmp_path: Path, python: str) -> None:
    storage, refs = filled
    folder = tmp_path / "values" if engine == "neo4j" else Path(f"{storage.location}.values")
    before = storage.gc(older=0, dry_run=True)
    # what a killed writer leaves: a file without its name, and a value that no ref came to name
    killed = (
        "import os, sys; from mandala_graph.store.blobs import FolderBlobs; blobs = FolderBlobs(sys.argv[1]);"
        "blobs.put('ab' * 20, [b'x' * 5000]);"
        "os.rename = lambda *_: os.kill(os.getpid(), 9); blobs.put('cd' * 20, [b'y' * 700])"
    )
    assert subprocess.run([python, "-c", killed, str(folder)]).returncode == -9
    assert len(list(folder.rglob("*.part"))) == 1
    assert storage.gc(dry_run=True) == storage.gc(older=3600, dry_run=True)
    young = storage.gc()  # another program may be writing just now: young files stay
    assert (young.files, young.file_bytes) == (0, 0)
    assert len(list(folder.rglob("*.part"))) == 1
    storage.drop_calls([refs["parts"].hid and storage.get_ref_creator(refs["parts"])], delete_dependents=True)
    planned = storage.gc(older=0, dry_run=True)
    assert (planned.files, planned.file_bytes) == (1, 700)
    assert planned.values == before.values + 1
    assert planned.value_bytes >= 5000
    assert planned.refs > before.refs
    assert (folder / "ab" / ("ab" * 20)).exists()
    done = storage.gc(older=0)
    assert (done.refs, done.values, done.files) == (planned.refs, planned.values, planned.files)
    assert not list(folder.rglob("*.part"))
    assert not (folder / "ab" / ("ab" * 20)).exists()
    nothing = storage.gc(older=0, dry_run=True)
    assert (nothing.refs, nothing.values, nothing.files) == (0, 0, 0)
    assert storage.verify() == []
    with storage:
        train(0.25)
    assert storage.stats()["train"]["computed"] == 3  # those of `fill`
    storage.close()


def test_young_values_are_left(filled: tuple[Storage, dict[str, Any]]) -> None:
    """A large value is a file before its ref is written: it must not be swept away in between."""
    storage, _ = filled
    storage.store.put_value("ef" * 20, [b"z" * 300_000])
    before = storage.store.value_stat("ef" * 20)
    assert before is not None
    assert before[0] == 300_000
    assert abs(before[1] - time.time()) < 3600
    storage.gc()
    assert storage.store.value_stat("ef" * 20) == before
    assert os.path.exists(storage.location) or "://" in storage.location
    storage.close()
