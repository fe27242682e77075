"""Edits in fresh processes: exactly the calls that depend on them run again, and no result is stale."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import engines
from tests.versions.scenarios import SCENARIOS, Scenario

EVERY = bool(os.environ.get("MANDALA_GRAPH_EVERY_EDIT"))
HERE = Path(__file__).absolute().parent
ROOT = HERE.parent.parent


def run(folder: Path, peer: str = "mandala_graph") -> dict:
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(HERE), str(ROOT)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAB_REPORT": str(report),
        "LAB_PEER": peer,
    }
    done = subprocess.run(
        [sys.executable, "main.py"], cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
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
def test_edit(scenario: Scenario, tmp_path: Path) -> None:
    edit(scenario, tmp_path)


@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if s.plain or EVERY], ids=lambda s: s.name)
def test_edit_on_a_server(
    scenario: Scenario, tmp_path: Path, neo4j_server: engines.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plain cases; all of them where MANDALA_GRAPH_EVERY_EDIT is set (some ten minutes)."""
    monkeypatch.setenv("LAB_STORE", neo4j_server.url)
    edit(scenario, tmp_path)


def edit(scenario: Scenario, tmp_path: Path) -> None:
    """Run a project, edit it, restore it: each time exactly what is right runs."""
    write(tmp_path, scenario.project())
    first = run(tmp_path)
    assert first["ran"], "the first run computes"
    assert run(tmp_path) == {**first, "ran": {}}, "nothing changed, so nothing runs"
    write(tmp_path, scenario.edited())
    edited = run(tmp_path)
    assert scenario.stale or edited["results"] == run(tmp_path, "plain")["results"], "stale"
    assert edited["ran"] == scenario.again, scenario.why
    write(tmp_path, scenario.project())
    assert run(tmp_path) == {**first, "ran": {}}, "the old code finds the old results"


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
