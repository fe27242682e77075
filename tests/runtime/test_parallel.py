"""Threads, tasks, processes: each call runs once, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import joblib
import pytest

from mandala_graph import Storage, UsageError, op

Open = Callable[..., Storage]


@pytest.fixture(autouse=True)
def fresh_workers() -> Iterator[None]:
    """loky keeps its workers; those of another test have its environment and its store."""
    yield
    joblib.externals.loky.get_reusable_executor().shutdown(wait=True)


def test_a_call_in_flight_is_awaited_by_other_threads(storage: Storage, ran: Any) -> None:
    started, go_on = threading.Event(), threading.Event()

    @op
    def slow(x: int) -> int:
        ran.hit("slow")
        started.set()
        assert go_on.wait(30)
        return x + 1

    with storage, ThreadPoolExecutor(4) as pool:
        first = pool.submit(slow, 1)
        assert started.wait(30)
        others = [pool.submit(slow, 1) for _ in range(3)]
        go_on.set()
        assert {f.result(30).hid for f in [first, *others]} == {first.result().hid}
    assert ran.take() == {"slow": 1}


def test_threads_that_fail_tell_those_who_wait(storage: Storage, ran: Any) -> None:
    @op
    def bad(x: int) -> int:
        ran.hit("bad")
        raise ValueError("no")

    with storage, ThreadPoolExecutor(4) as pool:
        for f in [pool.submit(bad, 1) for _ in range(8)]:
            with pytest.raises(ValueError, match="no"):
                f.result(30)
    assert 1 <= ran.take()["bad"] <= 8


def test_ops_that_wait_for_each_other_do_not_deadlock(storage: Storage) -> None:
    """Two threads, each inside one call, ask for the other's call."""
    barrier = threading.Barrier(2)
    inside = threading.local()

    @op
    def left(x: int, depth: int) -> int:
        if depth == 0:
            barrier.wait(30)
            return right(x, 1)
        return x

    @op
    def right(x: int, depth: int) -> int:
        if depth == 0:
            barrier.wait(30)
            return left(x, 1)
        return x

    del inside
    with storage, ThreadPoolExecutor(2) as pool:
        a, b = pool.submit(left, 1, 0), pool.submit(right, 1, 0)
        assert storage.unwrap([a.result(30), b.result(30)]) == [1, 1]


def test_many_threads_many_calls(open_storage: Open) -> None:
    counts: dict[int, int] = {}
    lock = threading.Lock()

    @op
    def f(x: int) -> int:
        with lock:
            counts[x] = counts.get(x, 0) + 1
        return x * x

    storage = open_storage(commit_interval=0.01)

    def work(seed: int) -> list[int]:
        with storage:
            return [storage.unwrap(f((i * seed) % 97)) for i in range(300)]

    with ThreadPoolExecutor(8) as pool:
        for seed, result in zip(range(1, 9), pool.map(work, range(1, 9)), strict=True):
            assert result == [((i * seed) % 97) ** 2 for i in range(300)]
    assert counts == dict.fromkeys(range(97), 1)
    assert len(storage.calls(f)) == 97


def test_a_thread_without_a_block_uses_the_only_one_there_is(storage: Storage) -> None:
    @op
    def f(x: int) -> int:
        return x

    with storage:
        ref = f(1)
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.append(f(1)))
        thread.start()
        thread.join(30)
    assert found == [ref]


def test_async_ops(open_storage: Open, ran: Any) -> None:
    @op
    async def fetch(x: int) -> int:
        ran.hit("fetch")
        await asyncio.sleep(0)
        return x * 2

    async def main(storage: Storage) -> Any:
        with storage:
            refs = await asyncio.gather(*[fetch(i % 3) for i in range(9)])
        return storage.unwrap(refs)

    assert asyncio.run(main(open_storage())) == [0, 2, 4] * 3
    assert ran.take() == {"fetch": 3}
    assert asyncio.run(main(open_storage())) == [0, 2, 4] * 3
    assert ran.take() == {}


def test_a_cancelled_task_does_not_cancel_the_others(storage: Storage, ran: Any) -> None:
    @op
    async def slow(x: int) -> int:
        ran.hit("slow")
        await asyncio.sleep(0.01)
        return x

    async def main() -> Any:
        with storage:
            first = asyncio.ensure_future(slow(1))
            second = asyncio.ensure_future(slow(1))
            await asyncio.sleep(0)
            first.cancel()
            return storage.unwrap(await second)

    assert asyncio.run(main()) == 1
    assert ran.take() == {"slow": 2}


@pytest.mark.parametrize(("n_jobs", "backend"), [(1, None), (2, "threading"), (2, "loky")])
def test_map_computes_only_what_is_missing_and_once(open_storage: Open, n_jobs: int, backend: str | None) -> None:
    storage = open_storage()
    with storage:
        known = [_traced(i) for i in range(3)]
    refs = storage.map(_traced, [*range(6), 1, 5, 5], n_jobs=n_jobs, backend=backend)
    assert refs[:3] == known
    assert [v for v, _ in storage.unwrap(refs)] == [0, 1, 4, 9, 16, 25, 1, 25, 25]
    assert len(storage.calls(_traced)) == 6
    assert storage.stats()["_traced"]["computed"] == 6
    if backend == "loky":
        pids = {pid for _, pid in storage.unwrap(refs[3:6])}
        assert os.getpid() not in pids
    again = open_storage()
    assert again.map(_traced, range(6), n_jobs=n_jobs, backend=backend) == refs[:6]
    assert again.stats()["_traced"]["computed"] == 0


@op(nout=1)
def _traced(x: int) -> tuple[int, int]:
    return x * x, os.getpid()


def test_map_refuses_what_is_no_op(storage: Storage) -> None:
    with pytest.raises(UsageError, match="@op"):
        storage.map(len, [[1]])


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_ops_inside_joblib_parallel(open_storage: Open, backend: str) -> None:
    with open_storage() as storage:
        base = [_traced(i) for i in range(2)]
        refs = joblib.Parallel(n_jobs=2, backend=backend)(joblib.delayed(_traced)(i) for i in range(6))
        assert refs[:2] == base
        squares = joblib.Parallel(n_jobs=2, backend=backend)(joblib.delayed(_first)(r) for r in refs)
        assert storage.unwrap(squares) == [i * i for i in range(6)]
    reader = open_storage()
    assert len(reader.calls(_traced)) == 6
    creators = reader.get_creators(squares)
    assert [c.inputs["pair"].hid for c in creators] == [r.hid for r in refs]


@op
def _first(pair: tuple[int, int]) -> int:
    return pair[0]


def test_dask_through_joblib(open_storage: Open) -> None:
    program = textwrap.dedent(
        """
        import sys, joblib
        from dask.distributed import Client
        from mandala_graph import Storage, op

        @op
        def square(x):
            return x * x

        if __name__ == "__main__":
            with Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
                with Storage(sys.argv[1]) as storage, joblib.parallel_config(backend="dask"):
                    refs = joblib.Parallel()(joblib.delayed(square)(i) for i in range(8))
                    mapped = storage.map(square, range(10), n_jobs=2, backend="dask")
                    assert storage.unwrap(refs) == [i * i for i in range(8)], refs
                    assert mapped[:8] == refs
            print("calls", len(storage.calls(square)), "computed", storage.stats()["square"]["computed"])
        """
    )
    storage = open_storage()
    folder = Path(storage.store.info().values or ".").parent
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "program.py"
    script.write_text(program)
    done = subprocess.run([sys.executable, str(script), storage.location], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert "calls 10 computed 2" in done.stdout
    assert len(storage.calls("square")) == 10


def test_a_forked_child_goes_on_by_itself(open_storage: Open) -> None:
    """Fork with calls pending: parent and child each write their own, nothing twice."""

    @op
    def f(x: int) -> int:
        return x

    storage = open_storage(commit_interval=3600)
    with storage:
        for i in range(5):
            f(i)
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                with storage:
                    for i in range(3, 8):
                        f(i)
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(pid, 0)[1] == 0
    reader = open_storage()
    assert len(reader.calls("f")) == 8
    assert sorted(reader.unwrap(c.outputs["output_0"]) for c in reader.calls("f")) == list(range(8))
