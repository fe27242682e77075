"""Real stores of earlier formats, written by the releases of their time (see formats/make.py), opened by this one."""

from __future__ import annotations

import base64
import gzip
import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mandala_graph import Storage, StoreFormatError, StoreUnreachable
from mandala_graph.graph import FORMAT, NODES, RELATIONSHIPS
from mandala_graph.store.migrations import STEPS
from tests import engines
from tests.store.formats import project

FOLDER = Path(__file__).parent / "formats"
FORMATS = sorted(int(p.name.split(".")[0].removeprefix("format")) for p in FOLDER.glob("format*.db.gz"))
Restore = Callable[[int], str]


def restore_file(number: int, folder: Path) -> str:
    """Put a kept SQLite store back into a folder."""
    path = folder / "store.db"
    path.write_bytes(gzip.decompress((FOLDER / f"format{number}.db.gz").read_bytes()))
    return str(path)


def restore_graph(server: engines.Server, data: dict[str, Any]) -> None:
    """Put a dumped graph back into an empty database."""
    import neo4j

    with neo4j.GraphDatabase.driver(server.uri, auth=server.auth) as driver, driver.session() as session:
        ids = [
            session.run(f"CREATE (n:{':'.join(labels)}) SET n = $p RETURN elementId(n)", p=properties).single(True)[0]
            for labels, properties in data["nodes"]
        ]
        for a, kind, properties, b in data["relationships"]:
            session.run(
                f"MATCH (a), (b) WHERE elementId(a) = $a AND elementId(b) = $b CREATE (a)-[r:{kind}]->(b) SET r = $p",
                a=ids[a], b=ids[b], p=properties,
            ).consume()  # fmt: skip


@pytest.fixture
def restore(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Restore:
    """`restore(n)` puts the kept store of format n back, and gives its location."""

    def neo4j(number: int) -> str:
        server: engines.Server = request.getfixturevalue("neo4j_server")
        data = json.loads(gzip.decompress((FOLDER / f"format{number}.neo4j.json.gz").read_bytes()))
        values = tmp_path / "values"
        for name, content in data["values"].items():
            (values / name).parent.mkdir(parents=True, exist_ok=True)
            (values / name).write_bytes(base64.b64decode(content))
        for labels, properties in data["nodes"]:
            if labels == ["Store"]:
                properties["values"] = str(values)
        restore_graph(server, data)
        return server.url

    return (lambda number: restore_file(number, tmp_path)) if engine == "sqlite" else neo4j


def schema(path: str) -> set[tuple[str, str]]:
    """The tables with their columns, and the indexes, of a SQLite store."""
    import sqlite3

    connection = sqlite3.connect(path)
    tables = [*(t.table for t in (*NODES.values(), *RELATIONSHIPS.values())), "pending", "lease"]
    found = {(t, row[1]) for t in tables for row in connection.execute(f"PRAGMA table_info({t})")}
    found |= set(connection.execute("SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'"))
    connection.close()
    return found


def test_a_step_leads_to_every_format() -> None:
    assert [s.format for s in STEPS] == list(range(2, FORMAT + 1))
    assert list(range(1, FORMAT)) == FORMATS


@pytest.mark.parametrize("number", FORMATS)
def test_a_store_of_an_earlier_format_is_migrated_when_opened(
    restore: Restore, number: int, engine: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    location = restore(number)
    storage = Storage(location)
    assert f"migrated from format {number} to {FORMAT}" in caplog.text
    assert storage.info()["format"] == FORMAT
    assert storage.verify() == []
    assert len(storage.calls("train")) == 6
    assert [c.status for c in storage.calls("fails")] == ["failed"]
    old, new = storage.versions("train").id
    assert storage.diff(old, new, colour=False).endswith("-RATE = 0.25\n+RATE = 0.5\n")
    with storage:
        project.run()
    # all is reused, but the call whose value was dropped
    assert {n: s["computed"] for n, s in storage.stats().items()} == {"train": 1, "pick": 0}
    (mark,) = storage.store.changes()
    assert not mark.compatible
    assert storage.query("MATCH (o:Op) WHERE o.identity IS NOT NULL OR o.renamed IS NOT NULL RETURN o").empty
    storage.close()
    if engine == "sqlite":
        Storage(tmp_path / "fresh.db").close()
        assert schema(location) == schema(str(tmp_path / "fresh.db"))
        assert Path(f"{location}.format{number}.bak").exists()


@pytest.mark.parametrize("number", FORMATS)
def test_a_reader_of_an_earlier_format_is_told_what_to_do(restore: Restore, number: int) -> None:
    location = restore(number)
    with pytest.raises(StoreFormatError, match="mandala-graph migrate"):
        Storage(location, read_only=True)
    assert Storage.migrate(location) == (number, FORMAT)
    assert Storage.migrate(location) == (FORMAT, FORMAT)
    storage = Storage(location, read_only=True)
    assert len(storage.calls("train")) == 6
    storage.close()


def test_there_is_nothing_to_migrate_where_there_is_no_store(tmp_path: Path, neo4j_server: engines.Server) -> None:
    with pytest.raises(StoreUnreachable):
        Storage.migrate(tmp_path / "no.db")
    assert not (tmp_path / "no.db").exists()
    with pytest.raises(StoreUnreachable, match="holds no store"):
        Storage.migrate(neo4j_server.url)


def _migrate(location: str) -> tuple[int, int]:
    return Storage.migrate(location)


def test_several_processes_may_migrate_at_once(restore: Restore) -> None:
    location = restore(1)
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        done = pool.map(_migrate, [location] * 3, chunksize=1)
    assert {now for _, now in done} == {FORMAT}
    assert min(found for found, _ in done) == 1
    storage = Storage(location)
    assert len(storage.calls("train")) == 6
    assert storage.verify() == []
    storage.close()


DIES = """
import os, signal, sys
from mandala_graph import Storage
from mandala_graph.store import neo4j_link, sqlite_migrate

# after every statement of the migration, just before it is committed
class Dies:
    def __getitem__(self, number):
        yield from sqlite_migrate.STEPS_BEFORE[number]
        os.kill(os.getpid(), signal.SIGKILL)
    def __contains__(self, number):
        return number in sqlite_migrate.STEPS_BEFORE

sqlite_migrate.STEPS_BEFORE = sqlite_migrate.STEPS
sqlite_migrate.migrate.__defaults__ = (Dies(), *sqlite_migrate.migrate.__defaults__[1:])
Storage.migrate(sys.argv[1])
"""


def test_a_migration_of_a_file_that_is_killed_leaves_it_as_it_was(tmp_path: Path) -> None:
    location = restore_file(1, tmp_path)  # at a server it is one transaction, which is the server's to keep whole
    child = subprocess.run([sys.executable, "-c", DIES, location], env=os.environ, timeout=60, check=False)
    assert child.returncode == -signal.SIGKILL
    with pytest.raises(StoreFormatError, match="has format 1"):
        Storage(location, read_only=True)
    assert Storage.migrate(location) == (1, FORMAT)
