"""Many writers, killed writers, a killed server: no call is lost, doubled or half there."""

from __future__ import annotations

import multiprocessing
import random
import subprocess
import threading
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from mandala_graph.errors import StoreFull, StoreUnreachable
from mandala_graph.store.neo4j import Neo4jStore
from tests import engines
from tests.store.neo4j_children import a_batch, open_and_tell, some_id, write_batches

WRONG_DEGREE = """
MATCH (c:Call)
WHERE COUNT { (c)<-[:INPUT]-() } <> 2 OR COUNT { (c)-[:OUTPUT]->() } <> 2
RETURN count(c) AS n
"""


@pytest.fixture(scope="module")
def children() -> ForkServerContext:
    """Child processes that start quickly and inherit no driver."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.store.neo4j_children"])
    return context


@pytest.fixture
def own_server() -> Iterator[engines.KillableServer]:
    """A server that this test may kill."""
    try:
        server = engines.killable_server()
    except engines.NoServer as e:
        pytest.fail(f"this test kills its server, so it needs one of its own: {e}", pytrace=False)
    yield server
    server.stop()


def assert_whole(store: Neo4jStore, numbers: set[int]) -> None:
    """Exactly these calls are there, each with its two inputs and two outputs."""
    assert set(store.calls_of("both")) == {some_id("call", i) for i in numbers}
    assert store.query(WRONG_DEGREE, {}).rows == [(0,)]


def test_eight_processes_write_overlapping_calls_without_doubles(
    neo4j_server: engines.Server, children: ForkServerContext, tmp_path: Path
) -> None:
    rng = random.Random(8)
    plans = [[sorted(rng.sample(range(600), 60)) for _ in range(12)] for _ in range(8)]
    processes = [
        children.Process(target=write_batches, args=(neo4j_server.url, plan, tmp_path / f"{i}", 60.0))
        for i, plan in enumerate(plans)
    ]
    for p in processes:
        p.start()
    for p in processes:
        p.join()
    assert [p.exitcode for p in processes] == [0] * 8
    store = Neo4jStore(neo4j_server.url)
    assert_whole(store, {i for plan in plans for batch in plan for i in batch})
    store.close()


def test_eight_threads_share_one_store(neo4j_server: engines.Server) -> None:
    store = Neo4jStore(neo4j_server.url)
    failures: list[Exception] = []

    def work(seed: int) -> None:
        rng = random.Random(seed)
        try:
            for _ in range(15):
                numbers = rng.sample(range(300), 20)
                store.write(a_batch(numbers))
                assert len(store.lookup([some_id("call", i) for i in numbers], [])[0]) == 20
        except Exception as e:
            failures.append(e)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert failures == []
    assert store.query(WRONG_DEGREE, {}).rows == [(0,)]
    store.close()


def test_eight_processes_open_an_empty_database_at_once(
    neo4j_server: engines.Server, children: ForkServerContext, tmp_path: Path
) -> None:
    engines.drop_schema(neo4j_server)
    processes = [children.Process(target=open_and_tell, args=(neo4j_server.url, tmp_path / str(i))) for i in range(8)]
    for p in processes:
        p.start()
    for p in processes:
        p.join()
    assert [p.exitcode for p in processes] == [0] * 8
    assert len({(tmp_path / str(i)).read_text() for i in range(8)}) == 1


def test_a_writer_killed_fifty_times_loses_nothing_acknowledged(
    neo4j_server: engines.Server, children: ForkServerContext, tmp_path: Path
) -> None:
    rng = random.Random(50)
    acknowledged = tmp_path / "acknowledged"
    for turn in range(50):
        batches = [list(range(turn * 10_000 + b * 20, turn * 10_000 + b * 20 + 20)) for b in range(400)]
        before = acknowledged.stat().st_size if acknowledged.exists() else 0
        child = children.Process(target=write_batches, args=(neo4j_server.url, batches, acknowledged, 60.0))
        child.start()
        # At a random moment, but not before it has written something: else most turns would only kill imports.
        while child.is_alive() and not (acknowledged.exists() and acknowledged.stat().st_size > before):
            child.join(0.005)
        child.join(rng.uniform(0, 0.05))
        child.kill()
        child.join()
        assert child.exitcode == -9
    store = Neo4jStore(neo4j_server.url)
    there = set(store.calls_of("both"))
    firsts = [int(line) for line in acknowledged.read_text().split()]
    assert len(firsts) >= 50
    assert {some_id("call", i) for first in firsts for i in range(first, first + 20)} <= there
    assert len(there) % 20 == 0  # a batch is there as a whole or not at all
    assert store.query(WRONG_DEGREE, {}).rows == [(0,)]
    assert store.orphans() == []
    store.close()


@pytest.mark.timeout(600)
def test_writers_outlive_a_server_that_is_killed_and_restarted(
    own_server: engines.KillableServer, children: ForkServerContext, tmp_path: Path
) -> None:
    plans = [[list(range(w * 10_000 + b * 20, w * 10_000 + b * 20 + 20)) for b in range(300)] for w in range(3)]
    files = [tmp_path / str(w) for w in range(3)]
    processes = [
        children.Process(target=write_batches, args=(own_server.url, plan, file, 180.0))
        for plan, file in zip(plans, files, strict=True)
    ]
    for p in processes:
        p.start()

    def done() -> int:
        return sum(len(f.read_text().split()) for f in files if f.exists())

    for mark in (30, 300):
        while done() < mark and any(p.is_alive() for p in processes):
            processes[0].join(0.01)
        assert any(p.is_alive() for p in processes)  # killed while they write
        own_server.kill()
        own_server.start()
    for p in processes:
        p.join()
    assert [p.exitcode for p in processes] == [0] * 3
    store = Neo4jStore(own_server.url)
    assert_whole(store, {i for plan in plans for batch in plan for i in batch})
    store.close()


@pytest.mark.timeout(600)
def test_a_batch_that_met_a_dead_server_is_written_after_its_return(own_server: engines.KillableServer) -> None:
    store = Neo4jStore(own_server.url, timeout=1.0)
    store.write(a_batch(range(10)))
    own_server.kill()
    batch = a_batch(range(10, 20))
    with pytest.raises(StoreUnreachable, match="waited up to 1 s"):
        store.write(batch)
    with pytest.raises(StoreUnreachable):
        store.lookup([some_id("call", 1)], [])
    own_server.start()
    store.write(batch)
    assert_whole(store, set(range(20)))
    store.close()


FORK = """
import os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # fork with threads about
from mandala_graph.store.neo4j import Neo4jStore
from tests.store.neo4j_children import a_batch
store = Neo4jStore(sys.argv[1])
store.write(a_batch(range(10)))
store.link.timeout = 0.0  # a connection that the child closed would show, not be made again
for use in (True, False):
    pid = os.fork()
    if pid == 0:
        if use:
            store.write(a_batch(range(10, 20)))
        sys.exit(0)  # tears everything down, connections too
    assert os.waitpid(pid, 0)[1] == 0
    store.write(a_batch(range(20, 30)))
store.close()
"""


def test_a_store_works_on_both_sides_of_a_fork(neo4j_server: engines.Server, python: str) -> None:
    subprocess.run([python, "-W", "error", "-c", FORK, neo4j_server.url], check=True, cwd=Path(__file__).parents[2])
    store = Neo4jStore(neo4j_server.url)
    assert_whole(store, set(range(30)))
    store.close()


def test_a_server_whose_disk_is_full_says_so_and_loses_nothing(tmp_path: Path) -> None:
    try:
        server = engines.LocalServer(quick=True)
    except engines.NoServer as e:
        pytest.fail(f"this test needs a local server: {e}", pytrace=False)
    try:
        store = Neo4jStore(server.url, timeout=30.0)
        server.kill()
        server.start(file_limit=6 << 20)  # its transaction log cannot grow beyond that
        batches = [a_batch(range(i, i + 500)) for i in range(0, 20_000, 500)]
        done: list[int] = []

        def write_all() -> None:
            for batch in batches:
                store.write(batch)
                done.append(len(batch.calls))

        with pytest.raises(StoreFull, match="disk is full"):
            write_all()
        written = sum(done)
        assert written > 0
        with pytest.raises(StoreUnreachable, match="restarted"):
            store.write(a_batch(range(written, written + 500)))
        server.kill()
        server.start()
        store.write(a_batch(range(written, written + 500)))
        assert_whole(store, set(range(written + 500)))
        store.close()
    finally:
        server.stop()
