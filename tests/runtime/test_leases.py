"""Leases: several processes work on one sweep, and each call runs in one of them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mandala_graph import Storage, UsageError, op

Open = Callable[..., Storage]

WORKER = textwrap.dedent(
    """
    import os, random, sys, time
    from mandala_graph import Storage, op

    location, lease, seed, what, log = sys.argv[1:]

    def note(text):
        with open(log, "a") as file:
            file.write(text + "\\n")

    @op
    def square(x):
        note(f"ran {x}")
        time.sleep(0.05)
        return x * x

    @op
    def hangs(x):
        note("hangs")
        if os.environ.get("HANG"):
            time.sleep(600)
        return x + 1

    @op
    def fails(x):
        note("fails")
        raise ValueError("no")

    storage = Storage(location, lease=float(lease))
    if what == "sweep":
        xs = list(range(15))
        random.Random(int(seed)).shuffle(xs)
        with storage:
            refs = storage.map(square, xs, n_jobs=2, backend="threading") if seed in "23" else [square(x) for x in xs]
            assert sorted(storage.unwrap(refs)) == [x * x for x in range(15)]
    elif what == "hangs":
        with storage:
            assert storage.unwrap(hangs(1)) == 2
    else:
        with storage:
            try:
                fails(1)
            except ValueError:
                note("raised")
    """
)


@pytest.fixture
def start(tmp_path: Path, open_storage: Open) -> Callable[..., subprocess.Popen[bytes]]:
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    location = open_storage().location

    def run(what: str, lease: float, seed: int = 0, **environment: str) -> subprocess.Popen[bytes]:
        arguments = [location, str(lease), str(seed), what, str(tmp_path / "log")]
        return subprocess.Popen([sys.executable, str(script), *arguments], env={**os.environ, **environment})

    return run


def lines(tmp_path: Path) -> list[str]:
    log = tmp_path / "log"
    return log.read_text().splitlines() if log.exists() else []


def test_each_call_of_a_shared_sweep_runs_in_one_process(
    start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path, open_storage: Open
) -> None:
    workers = [start("sweep", 30, seed) for seed in range(4)]
    assert [w.wait(120) for w in workers] == [0] * 4
    assert sorted(lines(tmp_path)) == sorted(f"ran {x}" for x in range(15))
    assert len(open_storage().calls("square")) == 15


def test_the_lease_of_a_killed_process_ends(
    start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path, open_storage: Open
) -> None:
    first = start("hangs", 2, HANG="1")
    while not lines(tmp_path):
        assert first.poll() is None
        time.sleep(0.02)
    second = start("hangs", 2)
    begin = time.monotonic()
    while time.monotonic() - begin < 4:  # twice as long as a lease: the first renews its own
        assert second.poll() is None
        assert lines(tmp_path) == ["hangs"]
        time.sleep(0.1)
    first.send_signal(signal.SIGKILL)
    first.wait(30)
    assert second.wait(60) == 0
    assert lines(tmp_path) == ["hangs", "hangs"]
    assert len(open_storage().calls("hangs")) == 1


def test_a_call_that_fails_gives_its_lease_back(start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path) -> None:
    for _ in range(2):  # the second would wait for a day
        assert start("fails", 86400).wait(60) == 0
    assert lines(tmp_path) == ["fails", "raised"] * 2


def test_async_ops_lease_too(open_storage: Open) -> None:
    ran = []

    @op
    async def double(x: int) -> int:
        ran.append(x)
        await asyncio.sleep(0.05)
        return 2 * x

    one, other = open_storage(lease=30), open_storage(lease=30)

    async def both() -> list[int]:
        async def at(storage: Storage) -> int:
            with storage:
                return int(storage.unwrap(await double(4)))

        return await asyncio.gather(at(one), at(other))

    assert asyncio.run(both()) == [8, 8]
    assert ran == [4]


def test_a_lease_takes_time(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="more than 0"):
        Storage(tmp_path / "s.db", lease=0)
