"""The test engines themselves: a real server is there, is empty, and nothing of it leaks into reports."""

from __future__ import annotations

import neo4j
import pytest

from tests import engines


def test_the_server_is_a_real_neo4j_of_a_supported_version_and_empty(neo4j_server: engines.Server) -> None:
    with neo4j.GraphDatabase.driver(neo4j_server.uri, auth=neo4j_server.auth) as driver:
        records = driver.execute_query("CALL dbms.components() YIELD name, versions RETURN name, versions[0]").records
        version = next(v for name, v in records if "Kernel" in name)
        assert tuple(map(int, version.split(".")[:2])) >= (5, 26)
        assert driver.execute_query("MATCH (n) RETURN count(n)").records[0][0] == 0


def test_a_given_server_that_holds_data_is_refused(
    neo4j_server: engines.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(f"{engines.ENV}_EMPTY", raising=False)
    with neo4j.GraphDatabase.driver(neo4j_server.uri, auth=neo4j_server.auth) as driver:
        driver.execute_query("CREATE (:Precious)")
    with pytest.raises(engines.NoServer, match="holds 1 nodes"):
        engines.GivenServer(neo4j_server.url)
    monkeypatch.setenv(f"{engines.ENV}_EMPTY", "1")
    assert engines.GivenServer(neo4j_server.url).uri.endswith(neo4j_server.uri.rpartition(":")[2])


def test_a_given_server_shows_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = engines.free_ports(1)
    with pytest.raises(engines.NoServer) as e:
        engines.GivenServer(f"bolt://me:very-secret@127.0.0.1:{port}")
    assert "very-secret" not in str(e.value)
    assert f"127.0.0.1:{port}" in str(e.value)
