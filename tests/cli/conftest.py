"""A filled store on each engine, and the command line on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mandala_graph import Storage
from mandala_graph.cli import cli
from tests.store.sample import fill


@dataclass
class Shell:
    """Runs commands on a store; `refs` are what `fill` made, by name."""

    place: str
    refs: dict[str, Any]

    def run(self, *words: object, code: int = 0, **options: Any) -> str:
        """What a command prints on standard output, or where it fails on standard error."""
        options.setdefault("env", {})
        options["env"] = {"MANDALA_GRAPH_STORE": self.place, "FORCE_COLOR": None, **options["env"]}
        done = CliRunner().invoke(cli, [str(w) for w in words], catch_exceptions=False, **options)
        assert done.exit_code == code, (done.exit_code, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done.stdout if code == 0 or not done.stderr else done.stderr

    def json(self, *words: object, code: int = 0) -> Any:
        done = CliRunner().invoke(
            cli, [*map(str, words), "--json"], catch_exceptions=False, env={"MANDALA_GRAPH_STORE": self.place}
        )
        assert done.exit_code == code, (done.stdout, done.stderr)
        return json.loads(done.stdout)

    def open(self) -> Storage:
        return Storage(self.place)


@pytest.fixture
def shell(engine: str, storage_url: Callable[[], str], tmp_path: Path) -> Shell:
    """The command line on a store with everything in it."""
    storage = Storage(storage_url(), values=tmp_path / "values")
    refs = fill(storage)
    storage.close()
    return Shell(storage_url(), refs)


@pytest.fixture
def local_shell(tmp_path: Path) -> Shell:
    """The same on SQLite only, for what does not depend on the engine."""
    storage = Storage(tmp_path / "local.db")
    refs = fill(storage)
    storage.close()
    return Shell(str(tmp_path / "local.db"), refs)
