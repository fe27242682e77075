"""Ctrl-C ends a query: a real SIGINT to this process, on both engines, before the first row and between rows."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from mandala_graph import QueryCancelled, Storage
from tests import engines

SLOW = "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN sum(a * b % 7) AS s"
SLOW_FUNCTION = "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN count(DISTINCT toString(a + b)) AS s"


def _waiting(modules: tuple[str, ...]) -> bool:
    """Is the main thread inside one of these modules?"""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None:
        if frame.f_code.co_filename.endswith(modules) and frame.f_code.co_name in ("__init__", "rows", "_look"):
            return True
        frame = frame.f_back
    return False


@contextlib.contextmanager
def ctrl_c_while(running: Callable[[], bool]) -> Iterator[None]:
    """Send SIGINT to this process once, when the condition has come true."""

    def send() -> None:
        end = time.monotonic() + 60
        while not running():
            if time.monotonic() > end:
                return
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        thread.join()


@pytest.fixture
def running(engine: str, request: pytest.FixtureRequest) -> Iterator[Callable[[], int]]:
    """How many of our queries run on the server (on SQLite: in the main thread) now."""
    if engine == "sqlite":
        yield lambda: int(_waiting(("cypher/run.py",)))
        return
    import neo4j

    server: engines.Server = request.getfixturevalue("neo4j_server")
    text = (
        "SHOW TRANSACTIONS YIELD metaData, currentQuery WHERE metaData.mandala_graph IS NOT NULL RETURN count(*) AS n"
    )
    with neo4j.GraphDatabase.driver(server.uri, auth=server.auth) as driver:

        def count() -> int:
            with driver.session() as session:
                return int(session.run(text).value()[0])

        yield count


@pytest.mark.parametrize("query", [SLOW, SLOW_FUNCTION])
def test_ctrl_c_ends_a_query(storage: Storage, running: Callable[[], int], query: str) -> None:
    began = time.monotonic()
    with ctrl_c_while(lambda: running() > 0), pytest.raises(KeyboardInterrupt):
        storage.query(query, timeout=120)
    assert time.monotonic() - began < 60
    assert running() == 0
    assert storage.query("MATCH (c:Call) RETURN count(c) AS n")["n"].tolist() == [6]


def test_ctrl_c_ends_a_stream(storage: Storage, running: Callable[[], int]) -> None:
    rows = storage.query("UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN a, b", stream=True)
    seen = 0
    with ctrl_c_while(lambda: seen > 5_000), pytest.raises(KeyboardInterrupt):
        for _ in rows:
            seen += 1
    rows.close()
    assert running() == 0
    assert storage.query("MATCH (c:Call) RETURN count(c) AS n")["n"].tolist() == [6]


def test_ctrl_c_leaves_other_threads_alone(storage: Storage, running: Callable[[], int], engine: str) -> None:
    """A query in a thread goes on; its time limit ends it."""
    found: list[BaseException] = []

    def ask() -> None:
        try:
            storage.query(SLOW, timeout=3)
        except BaseException as e:
            found.append(e)

    thread = threading.Thread(target=ask)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        thread.join()
    thread.join()
    assert [type(e).__name__ for e in found] == ["QueryTimeout"]


@pytest.mark.parametrize("statement", [SLOW, SLOW_FUNCTION])
def test_another_thread_cancels(storage: Storage, running: Callable[[], int], statement: str) -> None:
    """What the graph browser does when its user does not want the answer any more."""
    cancel = threading.Event()

    def ended() -> None:
        while not running():
            time.sleep(0.01)
        cancel.set()

    thread = threading.Thread(target=ended)
    thread.start()
    with pytest.raises(QueryCancelled):
        storage.store.query(statement, {}, timeout=60, cancel=cancel)
    thread.join()
    assert running() == 0
    with pytest.raises(QueryCancelled):
        storage.store.query(statement, {}, timeout=60, cancel=cancel)  # before it began
    assert storage.query("MATCH (c:Call) RETURN count(c) AS n")["n"].tolist() == [6]
