"""Opening a Neo4j database as a store: what must be there, what is made, and what each refusal says."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import neo4j
import pytest

from mandala_graph import errors
from mandala_graph.graph import FORMAT, NODES
from mandala_graph.store.neo4j import Neo4jStore
from mandala_graph.store.neo4j_link import parse_address
from mandala_graph.store.statements import statements
from tests import engines
from tests.store.neo4j_children import a_batch


@pytest.fixture
def driver(neo4j_server: engines.Server) -> Iterator[neo4j.Driver]:
    with neo4j.GraphDatabase.driver(neo4j_server.uri, auth=neo4j_server.auth) as driver:
        yield driver


@pytest.fixture(scope="module")
def server_with_password() -> Iterator[engines.Server]:
    try:
        server = engines.server_with_password()
    except engines.NoServer as e:
        pytest.fail(f"this test needs a server with authentication: {e}", pytrace=False)
    yield server
    server.stop()


def open_and_close(server: engines.Server, **options: object) -> str:
    store = Neo4jStore(server.url, **options)  # type: ignore[arg-type]
    store.close()
    return store.info().uuid


def test_the_schema_files_are_the_schema_of_the_graph() -> None:
    constraints = {
        re.search(r"FOR \(n:(\w+)\) REQUIRE n\.(\w+) IS UNIQUE", s).groups()  # type: ignore[union-attr]
        for s in statements("schema/constraints")
    }
    assert constraints == {(n.label, n.key) for n in NODES.values()}
    indexes = {
        re.search(r"FOR \(n:(\w+)\) ON \(n\.(\w+)\)", s).groups()  # type: ignore[union-attr]
        for s in statements("schema/indexes")
        if "," not in s
    }
    assert indexes == {(n.label, p.name) for n in NODES.values() for p in n.properties if p.indexed}


def test_a_store_is_made_once_and_found_again(neo4j_server: engines.Server, driver: neo4j.Driver) -> None:
    engines.drop_schema(neo4j_server)
    first = open_and_close(neo4j_server)
    assert open_and_close(neo4j_server) == first
    names = driver.execute_query("SHOW CONSTRAINTS YIELD labelsOrTypes RETURN labelsOrTypes[0]").records
    assert sorted(r[0] for r in names) == sorted(NODES)
    assert driver.execute_query("SHOW INDEXES YIELD state WHERE state <> 'ONLINE' RETURN count(*)").records[0][0] == 0


def test_constraints_under_other_names_are_as_good(neo4j_server: engines.Server, driver: neo4j.Driver) -> None:
    engines.drop_schema(neo4j_server)
    driver.execute_query("CREATE CONSTRAINT by_the_admin FOR (n:Call) REQUIRE n.hid IS UNIQUE")
    open_and_close(neo4j_server)
    found = driver.execute_query(
        "SHOW CONSTRAINTS YIELD name, labelsOrTypes WHERE labelsOrTypes = ['Call'] RETURN name"
    )
    assert [r[0] for r in found.records] == ["by_the_admin"]


def test_reading_only_makes_nothing(neo4j_server: engines.Server, driver: neo4j.Driver) -> None:
    with pytest.raises(errors.StoreUnreachable, match="holds no store"):
        open_and_close(neo4j_server, read_only=True)
    with pytest.raises(errors.StoreUnreachable, match="create=True"):
        open_and_close(neo4j_server, create=False)
    assert driver.execute_query("MATCH (n) RETURN count(n)").records[0][0] == 0


def test_reading_only_reads_and_refuses_to_write(neo4j_server: engines.Server, tmp_path: Path) -> None:
    store = Neo4jStore(neo4j_server.url, values=tmp_path / "values")
    store.write(a_batch(range(3)))
    store.close()
    reader = Neo4jStore(neo4j_server.url, read_only=True)
    assert len(reader.calls_of()) == 3
    for write in (
        lambda: reader.write(a_batch(range(1))),
        lambda: reader.delete(calls=reader.calls_of()),
        lambda: reader.drop_values(["0" * 40], 1.0),
        lambda: reader.put_value("0" * 40, [b"x"]),
        reader.vacuum,
    ):
        with pytest.raises(errors.StoreReadOnly, match="reading only"):
            write()
    reader.close()


def test_without_constraints_a_reader_is_refused(neo4j_server: engines.Server) -> None:
    open_and_close(neo4j_server)
    engines.drop_schema(neo4j_server)
    with pytest.raises(errors.StoreSchemaError, match=r"CREATE CONSTRAINT ref_hid"):
        open_and_close(neo4j_server, read_only=True)
    open_and_close(neo4j_server)  # a writer makes them
    open_and_close(neo4j_server, read_only=True)


def test_constraints_that_cannot_be_made_are_a_clear_error(neo4j_server: engines.Server, driver: neo4j.Driver) -> None:
    open_and_close(neo4j_server)
    engines.drop_schema(neo4j_server)
    driver.execute_query("UNWIND [1, 2] AS i CREATE (:Call {hid: 'twice'})")
    with pytest.raises(errors.StoreSchemaError, match="keep calls unique"):
        open_and_close(neo4j_server)
    driver.execute_query("MATCH (c:Call) DELETE c")
    open_and_close(neo4j_server)


@pytest.mark.parametrize(("format_", "advice"), [(FORMAT + 1, "pip install -U"), (0, "the release of mandala_graph")])
def test_other_formats_are_refused_and_left_as_they_are(
    neo4j_server: engines.Server, driver: neo4j.Driver, format_: int, advice: str
) -> None:
    open_and_close(neo4j_server)
    driver.execute_query("MATCH (s:Store) SET s.format = $f", f=format_)
    with pytest.raises(errors.StoreFormatError, match=advice):
        open_and_close(neo4j_server)
    assert driver.execute_query("MATCH (s:Store) RETURN s.format").records[0][0] == format_


def test_two_stores_in_one_database_are_refused(neo4j_server: engines.Server, driver: neo4j.Driver) -> None:
    open_and_close(neo4j_server)
    driver.execute_query("CREATE (:Store {uuid: 'other', format: 1})")
    with pytest.raises(errors.StoreCorrupt, match="2 :Store nodes"):
        open_and_close(neo4j_server)


def test_calls_without_a_store_are_refused(neo4j_server: engines.Server, driver: neo4j.Driver) -> None:
    driver.execute_query("CREATE (:Call {hid: 'of another program'})")
    with pytest.raises(errors.StoreCorrupt, match="no :Store node"):
        open_and_close(neo4j_server)


def test_other_data_in_the_database_is_left_alone(neo4j_server: engines.Server, driver: neo4j.Driver) -> None:
    driver.execute_query("CREATE (:Person {name: 'Ada'})")
    open_and_close(neo4j_server)
    assert driver.execute_query("MATCH (p:Person) RETURN p.name").records[0][0] == "Ada"


def test_a_wrong_password_is_said_at_once_and_not_shown(server_with_password: engines.Server) -> None:
    began = time.monotonic()
    for auth in (("neo4j", "a wrong one"), ("nobody", "a wrong one"), None):
        with pytest.raises(errors.StoreAuthError) as e:
            Neo4jStore(server_with_password.uri, auth)
        assert "a wrong one" not in str(e.value)
    assert time.monotonic() - began < 10
    store = Neo4jStore(server_with_password.uri, server_with_password.auth)
    store.write(a_batch(range(3)))
    assert server_with_password.auth[1] not in repr(store.info())  # type: ignore[index]
    store.close()
    in_the_address = Neo4jStore(server_with_password.url)
    assert len(in_the_address.calls_of()) == 3
    assert in_the_address.info().location == server_with_password.uri
    in_the_address.close()


@pytest.mark.parametrize("timeout", [0.0, 1.0])
def test_an_absent_server_is_waited_for_as_long_as_asked(timeout: float) -> None:
    (port,) = engines.free_ports(1)
    began = time.monotonic()
    with pytest.raises(errors.StoreUnreachable, match=f"127.0.0.1:{port}") as e:
        Neo4jStore(f"bolt://me:very-secret@127.0.0.1:{port}", timeout=timeout)
    assert time.monotonic() - began < timeout + 3
    assert "very-secret" not in str(e.value)


@pytest.mark.parametrize(
    "uri", ["exp.db", "http://localhost:7474", "neo4j://", "neo4j://host:port", "bolt://me:very-secret@"]
)
def test_what_is_no_address_is_a_usage_error_without_the_password(uri: str) -> None:
    with pytest.raises(errors.UsageError) as e:
        Neo4jStore(uri)
    assert "very-secret" not in str(e.value)


def test_addresses() -> None:
    assert parse_address("bolt://h") == ("bolt://h:7687", None, None)
    assert parse_address("neo4j+s://u:p%40ss@h:1/db") == ("neo4j+s://h:1", ("u", "p@ss"), "db")
    assert parse_address("neo4j://u:p@[::1]:1", ("a", "b"), "d") == ("neo4j://[::1]:1", ("a", "b"), "d")
    assert parse_address("neo4j://h?policy=eu").uri == "neo4j://h:7687?policy=eu"


def test_an_unknown_database_is_unreachable(neo4j_server: engines.Server) -> None:
    with pytest.raises(errors.StoreUnreachable, match="nosuchdatabase"):
        Neo4jStore(neo4j_server.url, database="nosuchdatabase", timeout=1)


def test_a_closed_store_says_so(neo4j_server: engines.Server) -> None:
    store = Neo4jStore(neo4j_server.url)
    store.close()
    store.close()
    with pytest.raises(errors.StoreClosed):
        store.counts()
    with pytest.raises(errors.StoreClosed):
        store.write(a_batch(range(1)))


def test_a_server_that_takes_no_writes() -> None:
    try:
        server = engines.LocalServer(quick=True)
    except engines.NoServer as e:
        pytest.fail(f"this test needs a local server: {e}", pytrace=False)
    try:
        store = Neo4jStore(server.url)
        server.shut_down()  # a database that was killed may have to write before it can be read
        server.configure("server.databases.default_to_read_only=true")
        server.start()
        with pytest.raises(errors.StoreReadOnly):
            store.write(a_batch(range(1)))
        assert store.calls_of() == []
        store.close()
        opened = Neo4jStore(server.url)  # nothing is missing, so nothing has to be made
        opened.close()
    finally:
        server.stop()
