"""What the pages say is there is there, and their examples run: on both engines where an engine answers.

Blocks of README are run by `test_readme`, those of docs/frames.md by `tests/frame/test_page`, the ten queries of
docs/ogm.md by `test_ogm`, docs/cli.md's reference by `tests/cli/test_output`; the rest here.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import mandala_graph
from mandala_graph import Change, CypherSyntaxError, Storage, op
from mandala_graph.cli import cli
from mandala_graph.cli.groups import COMMANDS
from mandala_graph.frame import ComputationFrame
from mandala_graph.versions.components import Key

ROOT = Path(__file__).parents[1]
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docker/README.md",
    *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")),
]


def text(page: str) -> str:
    return (ROOT / page).read_text()


def prose(page: str) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```", "", text(page), flags=re.M | re.S)


def blocks(page: str, language: str = "") -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```", text(page), re.M | re.S)
    return [code for named, code in found if named == language]


def slug(heading: str) -> str:
    """The anchor that a heading gets on GitHub."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if "://" in target:
            continue
        place, _, anchor = target.partition("#")
        file = (ROOT / page).parent / place if place else ROOT / page
        assert file.exists(), f"{page} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)", file.read_text(), re.M)
            assert anchor in map(slug, headings), f"{page} links to {target}"


@pytest.mark.parametrize("page", PAGES)
def test_names_that_pages_mention_are_there(page: str) -> None:
    whole = text(page)
    for name in re.findall(r"\b(?:storage|Storage)\.([a-z_]+)", whole):
        assert hasattr(Storage, name) or f"storage.{name}" in ("storage.py", "storage.db"), f"{page}: storage.{name}"
    for name in re.findall(r"\bcf\.([a-z_]+)\(", whole):
        assert hasattr(ComputationFrame, name), f"{page}: cf.{name}"
    for dotted in re.findall(r"\bmandala_graph\.([\w.]*\w)", whole):
        if dotted.split(".")[0] not in ("db", "egg"):
            assert _found(dotted), f"{page}: mandala_graph.{dotted}"
    for command in re.findall(r"mandala-graph ([a-z0-9]+)(?=[ `\n])", whole):
        assert command in COMMANDS, f"{page}: mandala-graph {command}"
    for extra in re.findall(r"mandala-graph\[([a-z-]+)\]|extra `([a-z-]+)`", whole):
        assert "".join(extra) in text("pyproject.toml"), f"{page}: extra {extra}"


def _found(dotted: str) -> bool:
    thing: Any = mandala_graph
    path = "mandala_graph"
    for part in dotted.split("."):
        path = f"{path}.{part}"
        try:
            thing = getattr(thing, part) if hasattr(thing, part) else importlib.import_module(path)
        except ImportError:
            return False
    return True


@pytest.mark.parametrize("page", PAGES)
def test_files_that_pages_name_are_there(page: str) -> None:
    """Paths in backticks: from the root, from the package, or from the page's own folder."""
    folders = (
        "benchmarks|cypher|docker|docs|examples|frame|hashing|mandala_graph|query|runtime|scripts|store|tests|versions"
    )
    for path in re.findall(rf"`((?:{folders})/[\w./*-]+)", text(page)):
        at = [
            ROOT / path,
            ROOT / "mandala_graph" / path,
            (ROOT / page).parent / path,
            ROOT / f"{path}.py",
            ROOT / "mandala_graph" / f"{path}.py",
        ]
        pattern = path.rstrip("*")
        assert (
            any(p.exists() for p in at)
            or list(ROOT.glob(f"{pattern}*"))
            or list((ROOT / "mandala_graph").glob(f"{pattern}*"))
            or (ROOT / path.partition(".")[0]).is_dir()
            or path == "mandala_graph/web/static/"  # what the build makes
        ), f"{page}: {path}"


def scale(rate: float) -> float:
    return 2 * rate


@op(output_names=["model", "acc"])
def train(rate: float) -> tuple[dict[str, float], float]:
    return {"rate": rate}, min(0.99, scale(rate))


@pytest.fixture
def experiment(storage_url: Callable[[], str], tmp_path: Path) -> Iterator[Storage]:
    """What the pages' examples ask about: an op `train` with outputs `model` and `acc`, and a helper `scale`."""
    with Storage(storage_url(), values=tmp_path / "values") as storage:
        for rate in (0.25, 0.46, 0.5):
            train(rate)
    yield storage
    storage.close()


def test_the_query_of_the_page_on_cypher(experiment: Storage) -> None:
    (query,) = blocks("docs/cypher.md", "cypher")
    found = experiment.query(query, t=0.9)
    assert list(found.columns) == ["c.hid", "a.value"]
    assert found["a.value"].tolist() == [0.99, 0.92]


def test_the_ways_to_ask_of_the_page_on_cypher(experiment: Storage, capsys: pytest.CaptureFixture[str]) -> None:
    """Line by line, as they stand there; `"..."` is any query."""
    (lines,) = blocks("docs/cypher.md", "python")
    names: dict[str, Any] = {"storage": experiment}
    shown = []
    for one in lines.replace('"..."', '"MATCH (c:Call) RETURN c.op"').splitlines():
        code = one.partition("   #")[0].strip()
        if code.startswith("for "):
            exec(code.replace(": ...", ": seen.append(row)"), names | {"seen": shown})
        elif code.startswith("print("):
            exec(code, names)
        else:
            shown.append(eval(code, names))
    calls, parameter, drawn, *rows, limited, best = shown
    assert set(calls["c"]) == set(experiment.calls("train"))
    assert parameter["x"].tolist() == [3]
    assert {e["type"] for e in drawn["edges"]} == {"INPUT", "OUTPUT"}
    assert {r["hid"] for r in rows} == set(experiment.query("MATCH (r:Ref) RETURN r.hid AS hid")["hid"])
    assert limited["c.op"].tolist() == ["train"] * 3
    assert best["metric"].tolist() == [0.99, 0.92, 0.5]
    assert "MATCH (c:Call) RETURN c.op" in capsys.readouterr().out


def test_the_error_of_the_page_on_cypher() -> None:
    message = next(b for b in blocks("docs/cypher.md") if b.startswith("line 1"))
    with pytest.raises(CypherSyntaxError) as caught:
        Storage().query("MATCH (call:Call) RETURN cal.hid")
    assert str(caught.value) == message.rstrip("\n")


def test_the_query_of_the_page_on_versions(experiment: Storage) -> None:
    (query,) = blocks("docs/versions.md", "cypher")
    found = experiment.query(query)
    assert len(found) == 1
    assert "def scale(rate: float)" in found["c.source"][0]


def test_the_policy_of_the_page_on_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (program,) = blocks("docs/versions.md", "python")
    names: dict[str, Any] = {"Storage": Storage}
    exec(program, names)
    decided = [
        names["only_logging"](Change("train", Key(module, "helper", "function"), "", "", "", ""))
        for module in ("lab.logs", "lab.models")
    ]
    assert decided == ["keep", "recompute"]
    names["storage"].close()
    assert (tmp_path / "exp.db").exists()


def test_what_readme_asks_in_cypher(experiment: Storage) -> None:
    queries = re.findall(r"`storage\.query\(\"(MATCH.*?)\"\)`", text("README.md"), re.S)
    assert len(queries) == 1
    found = experiment.query(" ".join(queries[0].split()))
    assert found["r.value"].dropna().tolist() == [0.5, 0.92, 0.99]
    assert 'storage.ask("best-runs", metric="acc")' in text("README.md")
    assert experiment.ask("best-runs", metric="acc")["op"].tolist() == ["train"] * 3


def test_the_first_lines_of_the_page_on_the_command_line(tmp_path: Path) -> None:
    """Each command of the block, on what the demo leaves; the ids in it are such that the demo makes."""
    block = next(b for b in blocks("docs/cli.md") if b.startswith("$ mandala-graph demo"))
    environment = {**os.environ, "COLUMNS": "120"}
    ran = []
    for shown in re.findall(r"^\$ (.*?)(?:  +#.*)?$", block, re.M):
        if shown.startswith("export "):
            name, _, value = shown.removeprefix("export ").partition("=")
            environment[name] = value
            continue
        if "neo4j://lab" in shown:
            continue  # tests/store/test_copy does it
        words = shown.replace("mandala-graph", f"{sys.executable} -m mandala_graph", 1)
        done = subprocess.run(["sh", "-c", words], cwd=tmp_path, env=environment, capture_output=True, text=True)
        same_ids = sys.version_info[:2] == (3, 11) or not re.search(r"\b[0-9a-f]{6}\b", shown)  # bytecode counts in ids
        assert not same_ids or (done.returncode, done.stdout != "") == (0, True), (shown, done.stderr)
        ran.append(shown.split()[1])
    assert ran == ["demo", "ops", "calls", "why", "diff", "query"]


def test_the_page_on_neomodel_asks_a_storage(experiment: Storage) -> None:
    """The first example, and the look-ups with `using`."""
    first, *_, using, _ = blocks("docs/ogm.md", "python")
    names: dict[str, Any] = {"storage": experiment, "call": experiment.calls()[0]}
    exec(first, names)
    assert len(eval(first.strip().splitlines()[-1], names)) == 3
    exec(using, names)
    assert len(names["train_calls"]) == 3
    assert experiment.unwrap(names["best"]) == 0.99
    assert eval(using.strip().splitlines()[-1], names) is False


def test_the_help_names_what_the_page_names() -> None:
    listed = re.findall(r"^### `mandala-graph ([a-z0-9]+)", text("docs/cli.md"), re.M)
    assert list(dict.fromkeys(listed)) == list(COMMANDS)
    assert cli.name == "cli"


def test_readme_lists_every_extra() -> None:
    import tomllib

    extras = tomllib.loads(text("pyproject.toml"))["project"]["optional-dependencies"]
    (listed,) = re.findall(r"\(extras: ([^)]*)\)", text("README.md"))
    assert re.findall(r"`([\w-]+)`", listed) == sorted(extras)
