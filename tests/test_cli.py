"""The command line as processes: the demo that README promises, and damage. Each command is in tests/cli."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


def run(*words: str, code: int = 0) -> str:
    done = subprocess.run([sys.executable, "-m", "mandala_graph", *words], capture_output=True, text=True, timeout=250)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 or done.stdout else done.stderr


@pytest.mark.timeout(600)
def test_the_demo_computes_everything_once(storage_url: Callable[[], str]) -> None:
    first = run("demo", "--store", storage_url(), "--no-progress")
    assert "39 calls computed, 0 reused" in first
    best = re.search(r"svm +c=10.0, gamma=0.001 +(0\.\d+)", first)
    assert best
    assert float(best.group(1)) > 0.98
    again = run("demo", "--store", storage_url(), "--no-progress")
    assert "0 calls computed, 39 reused" in again
    assert again.split("op  ")[0] == first.split("op  ")[0]  # the same table of results
    facts = json.loads(run("info", "--store", storage_url(), "--json"))
    assert facts["counts"]["Call"] == 40  # and one __make_list__
    assert "everything is whole" in run("verify", "--store", storage_url(), "--no-progress")


def test_damage_is_an_exit_status(tmp_path: Path) -> None:
    from mandala_graph import Storage, op

    @op
    def numbers(n: int) -> list[int]:
        return list(range(n))

    with Storage(tmp_path / "s.db") as storage:
        ref = numbers(100_000)
    storage.close()
    (file,) = (tmp_path / "s.db.values").rglob(ref.cid)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    found = json.loads(run("verify", "--store", str(tmp_path / "s.db"), "--json", code=1))
    assert [d["id"] for d in found] == [ref.cid]
