"""Edits in fresh processes: exactly the calls that depend on them run again, and no result is stale."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import engines
from tests.versions.scenarios import SCENARIOS, Scenario

HERE = Path(__file__).absolute().parent
ROOT = HERE.parent.parent
Launch = Callable[[Path, dict[str, str]], tuple[int, str]]
"""Runs `main.py` of a folder in an environment; gives its exit code and what it printed."""


def launch(folder: Path, env: dict[str, str]) -> tuple[int, str]:
    """In an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "main.py"], cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stderr


@pytest.fixture(scope="session")
def fork() -> Iterator[Launch]:
    """In a fork of one process that has the packages imported: a tenth of the time (see `forks`)."""
    if not hasattr(os, "fork"):
        yield launch
        return
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(HERE / "forks.py")]
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        if server.stdin is None or server.stdout is None:
            raise RuntimeError("Popen made no pipes")
        to, answers = server.stdin, server.stdout

        def run_fork(folder: Path, env: dict[str, str]) -> tuple[int, str]:
            print(json.dumps([str(folder), env]), file=to, flush=True)
            code, printed = json.loads(answers.readline())
            return code, printed

        yield run_fork
        to.close()


def run(folder: Path, peer: str = "mandala_graph", launch: Launch = launch) -> dict:
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(HERE), str(ROOT)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAB_REPORT": str(report),
        "LAB_PEER": peer,
    }
    code, printed = launch(folder, env)
    assert code == 0, printed
    return json.loads(report.read_text())


def write(folder: Path, files: dict[str, str]) -> None:
    for old in [*folder.rglob("*.py"), *folder.rglob("*.txt")]:
        if "cache" not in old.parts:  # what the peers keep
            old.unlink()
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_edit(scenario: Scenario, tmp_path: Path, fork: Launch) -> None:
    edit(scenario, tmp_path, launch, fork)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_edit_on_a_server(
    scenario: Scenario, tmp_path: Path, neo4j_server: engines.Server, monkeypatch: pytest.MonkeyPatch, fork: Launch
) -> None:
    """The same on Neo4j. The processes are forks, as SQLite had its own interpreters and that is most of the time."""
    monkeypatch.setenv("LAB_STORE", neo4j_server.url)
    edit(scenario, tmp_path, fork, fork)


def edit(scenario: Scenario, tmp_path: Path, launch: Launch, plain: Launch) -> None:
    """Run a project, edit it, restore it: each time exactly what is right runs, as a `plain` run says."""
    write(tmp_path, scenario.project())
    first = run(tmp_path, launch=launch)
    assert first["ran"], "the first run computes"
    assert run(tmp_path, launch=launch) == {**first, "ran": {}}, "nothing changed, so nothing runs"
    write(tmp_path, scenario.edited())
    edited = run(tmp_path, launch=launch)
    assert scenario.stale or edited["results"] == run(tmp_path, "plain", plain)["results"], "stale"
    assert edited["ran"] == scenario.again, scenario.why
    write(tmp_path, scenario.project())
    assert run(tmp_path, launch=launch) == {**first, "ran": {}}, "the old code finds the old results"


def test_programs_with_different_code_at_once(tmp_path: Path) -> None:
    """Two checkouts of one project share a store: each sees the versions that hold for its own code."""
    store = tmp_path / "shared.db"
    program = (
        "import sys\nfrom mandala_graph import Storage, op\n"
        "def h(x):\n    return x + {}\n@op\ndef f(x):\n    return h(x)\n"
        "storage = Storage(sys.argv[1], commit_interval=0)\nout = []\n"
        "for i in range(30):\n    with storage:\n        out.append(storage.unwrap(f(i)))\n"
        "print(out, storage.stats()['f']['computed'])\nstorage.close()\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    for again in (False, True):
        running = []
        for add in (1, 100):
            folder = tmp_path / str(add)
            folder.mkdir(exist_ok=True)
            (folder / "main.py").write_text(program.format(add))
            command = [sys.executable, "main.py", str(store)]
            running.append(subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True))
        for add, process in zip((1, 100), running, strict=True):
            out, _ = process.communicate(timeout=120)
            assert process.returncode == 0
            assert out.strip() == f"{[i + add for i in range(30)]} {0 if again else 30}"
