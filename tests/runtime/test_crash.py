"""Programs that are killed, and programs whose store fails under them."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mandala_graph import Storage, StoreError, op
from mandala_graph.store.protocol import Batch

Open = Callable[..., Storage]

WRITER = textwrap.dedent(
    """
    import sys
    from mandala_graph import Storage, op

    @op(nout=1)
    def work(i):
        return {"i": i, "data": list(range(i % 50)), "text": "x" * (i % 3000)}

    storage = Storage(sys.argv[1], commit_interval=float(sys.argv[2]))
    start = int(sys.argv[3])
    with storage:
        work(start + 10**6)  # the first commit of a process takes longer than the others
        storage.commit()
        print("ready", flush=True)
        for i in range(start, start + 100_000):
            work(i)
            print(i, len(storage.writer), flush=True)
    """
)


def _run_and_kill(script: Path, location: str, interval: float, start: int, after: float) -> tuple[list[int], int]:
    """Start the writer, kill it some seconds after its first call; the calls that had returned, and how many of them
    no transaction held yet."""
    child = subprocess.Popen(
        [sys.executable, str(script), location, str(interval), str(start)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    lines = [child.stdout.readline()]
    time.sleep(after)  # not for luck: the moment of death is what is random here
    child.send_signal(signal.SIGKILL)
    lines += child.stdout.read().splitlines(keepends=True)
    child.stdout.close()
    assert child.wait(30) == -signal.SIGKILL
    pairs = [line.split() for line in lines if line.endswith("\n")]
    return [int(i) for i, _ in pairs], int(pairs[-1][1])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("interval", [0.0, 0.1])
def test_a_killed_program_loses_only_what_was_not_committed(
    open_storage: Open, tmp_path: Path, interval: float
) -> None:
    script = tmp_path / "writer.py"
    script.write_text(WRITER)
    location = open_storage().location
    rng = random.Random(7)
    start = 0
    for _ in range(6):
        done, pending = _run_and_kill(script, location, interval, start, rng.uniform(0, 2))
        reader = open_storage()
        kept = {reader.unwrap(c.inputs["i"]): c for c in reader.calls("work")}
        # calls are committed in order, so what is lost is an end of what was pending, and the call after that
        lost = [i for i in done if i not in kept]
        assert lost == done[len(done) - len(lost) :]
        assert len(lost) <= pending
        assert interval > 0 or pending == 0
        for i, call in kept.items():
            value = reader.unwrap(call.outputs["output_0"])
            assert (value["i"], len(value["data"]), len(value["text"])) == (i, i % 50, i % 3000)
        assert reader.verify() == []
        start = max([i for i in kept if i < 10**6], default=start) + 1
        reader.close()


def test_a_write_that_fails_is_kept_and_written_later(open_storage: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    @op
    def f(x: int) -> int:
        return x + 1

    storage = open_storage(commit_interval=3600)
    real = type(storage.store).write
    broken = True

    def write(self: Any, batch: Batch, settle: bool = True) -> None:
        if broken:
            raise StoreError("the disk is on fire")
        real(self, batch, settle)

    monkeypatch.setattr(type(storage.store), "write", write)
    with pytest.raises(StoreError, match="on fire"), storage:
        a = f(1)
    assert storage.unwrap(a) == 2  # the computed value is still there
    broken = False
    with storage:
        assert f(1) == a
    assert storage.stats()["f"]["computed"] == 1
    assert len(open_storage().calls("f")) == 1


def test_an_exit_without_closing_writes_the_rest(open_storage: Open, tmp_path: Path) -> None:
    script = tmp_path / "exit.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys
            from mandala_graph import Storage, op

            @op
            def f(x):
                return x

            storage = Storage(sys.argv[1], commit_interval=3600)
            storage.__enter__()
            for i in range(10):
                f(i)
            """
        )
    )
    done = subprocess.run([sys.executable, str(script), open_storage().location], timeout=60, env=dict(os.environ))
    assert done.returncode == 0
    assert len(open_storage().calls("f")) == 10
