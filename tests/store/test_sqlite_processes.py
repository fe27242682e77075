"""Many processes on one SQLite file, killed writers, forks: real processes, real kills."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mandala_graph.errors import StoreError, StoreLocked
from mandala_graph.store.sqlite import SQLiteStore
from tests.store.rows import all_numbers, an_id, numbered, overlapping_plans
from tests.store.test_writes import assert_whole

# Python 3.12 warns of forks in a process with threads; here we do it on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")

ROOT = Path(__file__).parents[2]


def start(function: str, *arguments: object) -> subprocess.Popen[bytes]:
    """A child process that runs a function of `sqlite_children`."""
    command = [sys.executable, "-m", "tests.store.sqlite_children", function, *map(json.dumps, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def integrity(path: Path) -> str:
    """What SQLite itself says of the file."""
    store = SQLiteStore(path, read_only=True)
    with store.reading() as connection:
        (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
    store.close()
    return str(answer)


def test_eight_processes_make_one_store_and_write_overlapping_calls(tmp_path: Path) -> None:
    path = tmp_path / "s.db"  # not there yet: all of them make it at once
    plans = overlapping_plans(5, writers=8, batches=12, size=60, span=900)
    children = [start("write_plan", str(path), plan) for plan in plans]
    ends = [child.communicate() for child in children]
    assert [(child.returncode, err) for child, (_, err) in zip(children, ends, strict=True)] == [(0, b"")] * 8
    store = SQLiteStore(path, create=False)
    assert_whole(store, all_numbers(plans))
    store.close()
    assert integrity(path) == "ok"


def test_killed_fifty_times_nothing_acknowledged_is_lost_and_nothing_is_half(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    rng = random.Random(50)
    size, begin = 60, 0
    acknowledged: list[int] = []
    for i in range(50):
        child = start("write_until_killed", str(path), begin, size, i % 2 == 0)
        assert child.stdout is not None
        pieces = [child.stdout.readline()]  # it is at work
        deadline = time.monotonic() + rng.uniform(0, 0.03)
        while (left := deadline - time.monotonic()) > 0:
            if select.select([child.stdout], [], [], left)[0]:
                pieces.append(os.read(child.stdout.fileno(), 1 << 16))
        child.send_signal(signal.SIGKILL)
        pieces.append(child.communicate()[0])
        lines = b"".join(pieces).split(b"\n")[:-1]
        assert lines
        acknowledged += map(int, lines)
        begin = acknowledged[-1] + size
    store = SQLiteStore(path, create=False)
    written = set(store.calls_of())
    sure = {i for first in acknowledged for i in range(first, first + size)}
    possible = {i for first in range(0, begin + size, size) for i in range(first, first + size)}
    by_hid = {hid: i for i in possible for hid in [an_id("call", i)]}
    numbers = {by_hid[hid] for hid in written}
    assert sure <= numbers
    assert all(len(numbers & set(range(f, f + size))) in (0, size) for f in range(0, begin + size, size))
    assert_whole(store, numbers)
    store.write(numbered(range(begin, begin + size)))
    store.close()
    assert integrity(path) == "ok"


def in_child(work: object) -> int:
    """Run `work()` in a forked child; its exit status (0 when it returned something true)."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if work() else 1)  # type: ignore[operator]
        except BaseException as failure:
            os.write(2, repr(failure).encode())
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_parent_and_child_go_on_after_a_fork(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    store = SQLiteStore(path)
    store.write(numbered(range(10)))

    def child() -> bool:
        store.write(numbered(range(5, 20)))
        return len(store.calls_of()) == 20

    assert in_child(child) == 0
    store.write(numbered(range(15, 30)))
    assert_whole(store, set(range(30)))
    assert in_child(lambda: len(store.calls_of()) == 30) == 0
    store.close()
    assert integrity(path) == "ok"


def test_a_connection_opened_before_a_fork_is_never_used_after(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "s.db")
    with store.reading() as before:
        pass

    def child() -> bool:
        with store.reading() as after:
            return after is not before

    assert in_child(child) == 0
    with store.reading() as after:
        assert after is not before
    store.close()


def test_forks_while_threads_write(tmp_path: Path) -> None:
    """The child holds no lock that a thread of its parent held, and no state of its connections."""
    path = tmp_path / "s.db"
    store = SQLiteStore(path)
    stop = threading.Event()
    written: list[int] = []
    failures: list[BaseException] = []

    def work(k: int) -> None:
        try:
            i = k
            while not stop.is_set():
                store.write(numbered(range(i * 10, i * 10 + 10)))
                written.append(i)
                i += 3
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(3)]
    for thread in threads:
        thread.start()
    ends = []
    for n in range(15):
        batch = numbered(range(10**6 + 10 * n, 10**6 + 10 * n + 10))

        def child(batch: object = batch) -> bool:
            store.write(batch)  # type: ignore[arg-type]
            return True

        ends.append(in_child(child))
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert ends == [0] * 15
    numbers = {i * 10 + j for i in written for j in range(10)} | {10**6 + i for i in range(150)}
    assert_whole(store, numbers)
    store.close()
    assert integrity(path) == "ok"


def test_a_fork_in_the_middle_of_a_statement_is_refused_in_the_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mandala_graph.store.sqlite_file._FORK_PATIENCE", 0.05)
    store = SQLiteStore(tmp_path / "s.db")
    store.write(numbered([1]))

    def child() -> bool:
        with pytest.raises(StoreError, match="forked while another thread"):
            store.calls_of()
        return True

    with store.reading() as connection:
        assert in_child(child) == 0
        assert connection.execute("SELECT count(*) FROM call").fetchone() == (1,)
    assert len(store.calls_of()) == 1
    store.close()


def test_a_process_that_holds_the_file_for_too_long(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    store = SQLiteStore(path, timeout=0.2)
    store.write(numbered([1]))
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sqlite3, sys\n"
            "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
            "c.execute('BEGIN IMMEDIATE')\n"
            "print('held', flush=True)\n"
            "sys.stdin.read()\n",
            str(path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    try:
        with pytest.raises(StoreLocked, match=r"more than 0\.2 s"):
            store.write(numbered([2]))
        assert len(store.lookup([an_id("call", 1)], [])[0]) == 1  # reads go on
    finally:
        holder.communicate()
    store.write(numbered([2]))
    assert_whole(store, {1, 2})
    store.close()
