"""Fixtures of the whole test-suite: both engines, fresh and empty for each test."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from mandala_graph.store.protocol import Store
from tests import engines

ENGINES = ("sqlite", "neo4j")
REQUIRED = os.environ.get("MANDALA_GRAPH_REQUIRE_NEO4J") == "1" or os.environ.get("CI", "").lower() == "true"

settings.register_profile("mandala_graph", deadline=None)  # how long an example takes is the machine's affair
settings.load_profile("mandala_graph")

_server: engines.Server | None = None
_no_server: str | None = None
_notes: set[str] = set()  # what to say at the end, of the workers of pytest-xdist too


def pytest_report_header() -> str:
    if url := os.environ.get(engines.ENV):
        plan = f"the server that {engines.ENV} names ({url.rpartition('@')[2]})"
    elif importlib.util.find_spec("testcontainers"):
        plan = "a container where a Docker engine answers, else a local process"
    else:
        plan = "a local process"
    return f"neo4j: {plan}, started when first needed{', required' if REQUIRED else ''}"


def _note() -> str | None:
    if _server:
        return f"the tests ran on {_server.how}"
    return f"tests SKIPPED, {_no_server}" if _no_server else None


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    if note := getattr(node, "workeroutput", {}).get("neo4j"):
        _notes.add(note)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for note in sorted({*_notes, *filter(None, [_note()])}):
        bad = "SKIPPED" in note
        terminalreporter.write_line(f"neo4j: {note}", red=bad, bold=bad)


def pytest_configure(config: pytest.Config) -> None:
    # A shell starts what runs in the background with Ctrl-C ignored, and so would every process that tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(config, "workerinput") and os.environ.get(engines.ENV):
        raise pytest.UsageError(f"{engines.ENV} names one database, which parallel test workers would share: no -n")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["neo4j"] = _note()
    if _server:
        with contextlib.suppress(Exception):  # a test may have left it dead; then there is nothing to empty
            if isinstance(_server, engines.GivenServer):
                engines.empty(_server)
        _server.stop()


@pytest.fixture(autouse=True)
def user_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and default folders of values come and go with the test, in child processes too."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user-config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user-data"))


@pytest.fixture(scope="session")
def neo4j_session_server() -> engines.Server:
    """The one server of this test run (of this worker, under pytest-xdist)."""
    global _server, _no_server
    if _server is None and _no_server is None:
        try:
            _server = engines.find_server()
        except engines.NoServer as e:
            _no_server = str(e)
    if _server is None:
        if REQUIRED:
            pytest.fail(f"a real Neo4j is required here: {_no_server}", pytrace=False)
        pytest.skip(str(_no_server))
    return _server


@pytest.fixture
def neo4j_server(neo4j_session_server: engines.Server) -> engines.Server:
    """The server, its database emptied (constraints and indexes stay)."""
    engines.empty(neo4j_session_server)
    return neo4j_session_server


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """The engine a test runs on; the test runs once for each."""
    if request.param == "neo4j":
        request.getfixturevalue("neo4j_server")
    return str(request.param)


@pytest.fixture
def storage_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """`storage_url()` is what to give to `Storage(...)`: always the same empty place in one test."""
    if engine == "sqlite":
        return lambda: str(tmp_path / "store.db")
    server: engines.Server = request.getfixturevalue("neo4j_server")
    return lambda: server.url


@pytest.fixture
def open_store(storage_url: Callable[[], str], engine: str, tmp_path: Path) -> Iterator[Callable[..., Store]]:
    """`open_store(**options)` opens the test's store: empty at first, the same place each further time."""
    with contextlib.ExitStack() as stack:

        def open_one(**options: Any) -> Store:
            store: Store
            if engine == "sqlite":
                from mandala_graph.store.sqlite import SQLiteStore

                store = SQLiteStore(storage_url(), **options)
            else:
                from mandala_graph.store.neo4j import Neo4jStore

                store = Neo4jStore(storage_url(), **{"values": str(tmp_path / "values"), **options})
            stack.callback(store.close)
            return store

        yield open_one


@pytest.fixture
def store(open_store: Callable[..., Store]) -> Store:
    """A fresh, empty store on each engine."""
    return open_store()


@pytest.fixture
def python() -> str:
    """The interpreter to start child processes with."""
    return sys.executable
