"""Batches that are durable but not in the graph yet: who settles them, and that nothing is lost or seen half."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandala_graph import Storage, op
from mandala_graph.store import sqlite_pending
from mandala_graph.store.protocol import Batch, CallRow, InputEdge, RefRow
from mandala_graph.store.sqlite import SQLiteStore
from tests.store.rows import numbered
from tests.store.test_sqlite_processes import in_child
from tests.store.test_writes import assert_whole

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")

FEW, MANY = sqlite_pending.APPEND_CALLS - 1, sqlite_pending.APPEND_CALLS + 10


def in_graph(store: SQLiteStore) -> int:
    """How many calls stand in the graph's own table."""
    with store.reading() as connection:
        return int(connection.execute("SELECT count(*) FROM call").fetchone()[0])


def waiting(store: SQLiteStore) -> int:
    """How many rows are pending."""
    with store.reading() as connection:
        return int(connection.execute("SELECT count(*) FROM pending").fetchone()[0])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.db"


names = st.text(max_size=5)
hids = st.text("0123456789abcdef", min_size=4, max_size=4)
natives = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text())
refs = st.builds(RefRow, hids, hids, names, names, st.integers(0, 2**40), natives, st.none() | names, st.none())


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    rows = draw(st.lists(refs, unique_by=lambda r: r.hid, max_size=6))
    ends = st.sampled_from([r.hid for r in rows] + ["elsewhere"])
    edges = st.lists(st.builds(InputEdge, names, ends, st.none() | st.integers(0, 9)), max_size=3).map(tuple)
    outputs = st.lists(st.tuples(names, ends), max_size=3).map(tuple)
    times = st.floats(0, 2e9)
    status = st.sampled_from(["ok", "failed"])
    call = st.builds(CallRow, hids, hids, names, names, names, times, times, status, edges, outputs)
    calls = draw(st.lists(call, unique_by=lambda c: c.hid, max_size=4))
    return Batch({r.hid: r for r in rows}, {c.hid: c for c in calls})


@given(batches())
def test_a_batch_comes_back_from_its_text(batch: Batch) -> None:
    again = sqlite_pending.decode(sqlite_pending.encode(batch))
    assert again == batch
    for old, new in zip(batch.refs.values(), again.refs.values(), strict=True):
        assert type(old.value) is type(new.value)


def test_large_batches_wait_and_small_ones_do_not(path: Path) -> None:
    store = SQLiteStore(path)
    store.write(numbered(range(MANY)), settle=False)
    assert (in_graph(store), waiting(store)) == (0, 1)
    assert store.unsettled() is not None
    store.write(numbered(range(MANY, MANY + FEW)), settle=False)  # is written at once, and what waited before it
    assert (in_graph(store), waiting(store)) == (MANY + FEW, 0)
    assert store.unsettled() is None
    assert_whole(store, set(range(MANY + FEW)))
    store.close()


def test_whoever_settles_sees_what_others_committed(path: Path) -> None:
    one, other = SQLiteStore(path), SQLiteStore(path)
    one.write(numbered(range(MANY)), settle=False)
    other.settle()
    assert_whole(other, set(range(MANY)))
    one.write(numbered(range(20, MANY + 90)), settle=False)
    one.settle()
    assert_whole(one, set(range(MANY + 90)))
    for store in (one, other):
        assert waiting(store) == 0
        store.close()


def test_who_opens_the_file_settles_and_a_reader_is_warned(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def dies() -> bool:
        SQLiteStore(path).write(numbered(range(MANY)), settle=False)
        os._exit(0)  # as if it were killed: nothing is closed

    assert in_child(dies) == 0
    reader = SQLiteStore(path, read_only=True)
    assert in_graph(reader) == 0
    assert "are not in the graph yet" in caplog.text
    reader.close()
    writer = SQLiteStore(path)
    assert_whole(writer, set(range(MANY)))
    writer.close()


def test_values_dropped_by_others_while_their_call_waits_are_dropped(path: Path) -> None:
    one, other = SQLiteStore(path), SQLiteStore(path)
    batch = numbered(range(MANY))
    one.write(batch, settle=False)
    cid = next(iter(batch.values))
    assert other.drop_values([cid], 5.0) == 1
    one.write(numbered(range(MANY, 2 * MANY)), settle=False)
    one.settle()
    (ref,) = one.refs_by_cid([cid])[cid]
    assert ref.dropped == 5.0
    assert one.get_value(cid) is None
    one.close()
    other.close()


def test_values_of_calls_that_wait_are_not_taken_for_unnamed(path: Path) -> None:
    one, other = SQLiteStore(path), SQLiteStore(path)
    batch = numbered(range(MANY))
    one.write(batch, settle=False)
    assert other.forget_values(list(batch.values)) == 0
    one.settle()
    assert_whole(one, set(range(MANY)))
    one.close()
    other.close()


def test_a_forked_child_leaves_its_parents_rows_alone(path: Path) -> None:
    store = SQLiteStore(path)
    store.write(numbered(range(MANY)), settle=False)

    def child() -> bool:
        store.write(numbered(range(MANY, 2 * MANY)), settle=False)
        return waiting(store) == 2 and store.unsettled() is not None

    assert in_child(child) == 0
    store.settle()
    assert_whole(store, set(range(2 * MANY)))
    store.close()


def test_a_call_is_settled_soon_when_no_more_come(path: Path) -> None:
    @op
    def f(x: int) -> int:
        return x + 1

    storage, reader = Storage(path, commit_interval=0.05), SQLiteStore(path)
    with storage:
        x, deadline = 0, time.monotonic() + 60
        while not waiting(reader) and time.monotonic() < deadline:
            f(x)
            x += 1
        calls = x
        while waiting(reader) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert in_graph(reader) >= sqlite_pending.APPEND_CALLS
    assert in_graph(reader) == calls
    reader.close()
    storage.close()


def test_calls_that_memory_may_forget_do_not_wait(path: Path) -> None:
    @op
    def f(x: int) -> int:
        return x + 1

    storage, reader = Storage(path, commit_interval=0.01, cache_calls=100), SQLiteStore(path)
    with storage:
        for x in range(2000):
            f(x)
            assert not waiting(reader)
        for x in range(2000):
            f(x)
    assert storage.stats()["f"]["computed"] == 2000
    reader.close()
    storage.close()
