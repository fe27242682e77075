"""The pool of random graphs, loaded once a session into a SQLite file and into a real Neo4j."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import neo4j
import pytest

from mandala_graph.store.neo4j import Neo4jStore
from mandala_graph.store.sqlite import SQLiteStore
from tests import engines
from tests.cypher.compare import Outcome, compare, keys_of
from tests.cypher.pool import pool


class Ask(Protocol):
    """Asks both engines (see `compare`)."""

    def __call__(self, text: str, parameters: dict[str, Any], unordered: bool = False) -> Outcome: ...


@pytest.fixture(scope="session")
def sqlite_pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A connection to the pool in a file."""
    store = SQLiteStore(str(tmp_path_factory.mktemp("pool") / "pool.db"))
    store.write(pool())
    with store.reading() as connection:
        connection.execute("DELETE FROM store")  # its uuid and time differ between the two
        yield connection
    store.close()


@pytest.fixture(scope="session")
def driver(neo4j_session_server: engines.Server) -> Iterator[neo4j.Driver]:
    server = neo4j_session_server
    with neo4j.GraphDatabase.driver(server.uri, auth=server.auth, notifications_min_severity="OFF") as driver:
        yield driver


@pytest.fixture
def ask_both(
    sqlite_pool: sqlite3.Connection, driver: neo4j.Driver, neo4j_session_server: engines.Server, tmp_path: Path
) -> Iterator[Ask]:
    """`ask_both(text, parameters)` compares the two engines on the pool."""
    with driver.session() as session:
        expected = sum(map(len, (pool().refs, pool().calls)))
        found = session.run("MATCH (n) WHERE n:Ref OR n:Call RETURN count(n) AS n, count(n.hid) AS h").single()
        mine = session.run("MATCH (c:Component {source: 'src4'}) RETURN count(c) AS n").single()
        if found is None or mine is None or found["n"] != expected or mine["n"] != 1:
            engines.empty(neo4j_session_server)
            store = Neo4jStore(neo4j_session_server.url, values=str(tmp_path / "values"))
            store.write(pool())
            store.close()
            session.run("MATCH (s:Store) DELETE s").consume()
        keys = keys_of(session)

        def ask(text: str, parameters: dict[str, Any], unordered: bool = False) -> Outcome:
            return compare(sqlite_pool, session, keys, text, parameters, unordered)

        yield ask
