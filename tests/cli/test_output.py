"""How commands end and what they print: exit statuses, terminals, pipes, hostile names, docs that keep pace."""

from __future__ import annotations

import csv
import importlib.machinery
import importlib.util
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import click
import pytest

from mandala_graph import Storage
from mandala_graph.cli import cli
from mandala_graph.cli.output import clean, plain, size
from mandala_graph.store.protocol import Batch, CallRow, InputEdge, OpRow, RefRow, RunRow
from mandala_graph.store.sqlite import SQLiteStore
from tests.cli.conftest import Shell
from tests.store.rows import an_id

ROOT = Path(__file__).parents[2]


def script(name: str) -> Any:
    """A program of `scripts/` as a module."""
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(ROOT / "scripts" / name))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


COMMANDS = list(script("cli-docs").commands(cli))


def test_every_command_and_option_is_documented() -> None:
    page = (ROOT / "docs" / "cli.md").read_text()
    docs = script("cli-docs")
    written = page[page.index(docs.BEGIN) + len(docs.BEGIN) : page.index(docs.END)].strip()
    assert written == docs.reference().strip(), "run scripts/cli-docs --write"
    for path, command in COMMANDS:
        assert command.help, path
        assert command.name == path[-1]
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (path, parameter.name)
                assert all(f"`{o}`" in page for o in parameter.opts)
    forms = page[page.index("## JSON") : page.index("## Keeping")]
    with_json = {path[0] for path, c in COMMANDS if any("--json" in p.opts for p in c.params)}
    assert with_json == set(re.findall(r"`([a-z0-9]+)`", " ".join(re.findall(r"^\| ([^|]+) \|", forms, re.M))))


def test_what_prints_data_prints_json() -> None:
    without = {" ".join(path) for path, c in COMMANDS if not any("--json" in p.opts for p in c.params)}
    assert without == {"demo", "drop", "trust", "completion", "browse"}


def test_the_commands_asked_for_are_there() -> None:
    asked = (
        "demo info ops calls show log upstream downstream path why code diff versions query ask draw browse export verify "
        "gc drop migrate copy trust neo4j completion"
    )
    assert {path[0] for path, _ in COMMANDS} >= set(asked.split())


@pytest.mark.parametrize("words", [["calls"], ["show", "x"], ["verify"], ["query", "RETURN 1"], ["draw"], ["export"]])
def test_a_store_that_is_not_there_is_status_3(words: list[str], tmp_path: Path) -> None:
    message = Shell(str(tmp_path / "nope.db"), {}).run(*words, code=3)
    assert message.startswith("mandala-graph: ")
    assert message.count("\n") == 1
    assert not (tmp_path / "nope.db").exists()


def test_a_server_that_is_not_there_is_status_3() -> None:
    message = Shell("neo4j://127.0.0.1:1", {}).run("info", code=3)
    assert message.startswith("mandala-graph: no answer from the Neo4j server at neo4j://127.0.0.1:1")


def test_no_message_shows_a_password(storage_url: Callable[[], str], engine: str) -> None:
    assert "hush" not in Shell("neo4j://me:hush@127.0.0.1:1", {}).run("info", code=3)
    if engine == "neo4j":
        place = storage_url().replace("://", "://me:hush@", 1) if "@" not in storage_url() else storage_url()
        Storage(place).close()
        secret = urlsplit(place).password
        assert secret
        assert secret not in Shell(place, {}).run("drop", "calls", "0" * 40, code=1)
        assert secret not in Shell(place, {}).run("info")
        assert secret not in Shell(place, {}).run("neo4j")


def test_wrong_words_are_status_2(local_shell: Shell) -> None:
    assert "No such command 'nope'" in local_shell.run("nope", code=2)
    assert "No such option" in local_shell.run("calls", "--nope", code=2)
    assert "x://y" in Shell("x://y", {}).run("info", code=2)


def on_a_terminal(words: list[str], environment: dict[str, str]) -> str:
    """What a program writes to a terminal."""
    master, terminal = pty.openpty()
    with subprocess.Popen(words, stdout=terminal, stderr=terminal, env=environment):
        os.close(terminal)
        shown = b""
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:  # what Linux says at the end
                break
            if not data:
                break
            shown += data
    os.close(master)
    return shown.decode()


@pytest.mark.parametrize(("command", "width"), [("ops", 40), ("calls", 80), ("versions", 120)])
def test_a_table_fits_the_terminal_and_cuts_no_number(local_shell: Shell, command: str, width: int) -> None:
    """Columns for which the line has no room stand below their row, so that ids, numbers and times are whole."""
    place = {**os.environ, "MANDALA_GRAPH_STORE": local_shell.place, "TERM": "xterm-256color", "NO_COLOR": "1"}
    words = [sys.executable, "-m", "mandala_graph", command]
    drawn = re.sub("\x1b\\[[0-9;]*m", "", on_a_terminal(words, {**place, "COLUMNS": str(width)}))
    lines = drawn.replace("\r\n", "\n").split("\n")
    assert max(map(len, lines)) <= width
    columns, *rows = (r.split("\t") for r in local_shell.run(command).splitlines())
    whole = {
        c for row in rows for n, c in zip(columns, row, strict=True) if n in ("op", "calls", "took", "time", "status")
    }
    assert whole
    for cell in whole:
        assert re.search(rf"(?<![\w.]){re.escape(cell)}(?![\w.…])", drawn), cell


def test_an_empty_store_is_told_on_a_terminal(tmp_path: Path) -> None:
    Storage(tmp_path / "empty.db").close()
    shell = Shell(str(tmp_path / "empty.db"), {})
    for command in ("ops", "calls", "versions"):
        assert shell.run(command).count("\n") == 1  # for programs: the names of the columns
        assert shell.json(command) == []
        words = [sys.executable, "-m", "mandala_graph", command, "--store", shell.place]
        assert on_a_terminal(words, dict(os.environ)) == "there is none in this store\r\n"


def test_the_nearest_name_is_suggested(local_shell: Shell) -> None:
    assert "No such command 'shw'. Did you mean show?" in local_shell.run("shw", code=2)
    for command in ("show", "calls", "draw", "export", "versions"):
        assert "Did you mean train?" in local_shell.run(command, "trian", code=1)
    assert "did you mean best-runs?" in local_shell.run("ask", "bestruns", code=1)


def test_what_is_not_there_leaves_standard_output_empty(local_shell: Shell, python: str) -> None:
    command = [python, "-m", "mandala_graph", "export", "nope", "--store", local_shell.place]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")


def test_the_help_tells_of_each_command_in_a_whole_sentence(local_shell: Shell) -> None:
    shown = local_shell.run("--help")
    assert "..." not in shown.partition("Commands:")[2]
    assert max(map(len, shown.split("\n"))) <= 80
    listed = re.findall(r"^  ([a-z0-9]+) +[A-Z]", shown, re.M)
    assert listed == list(dict.fromkeys(path[0] for path, _ in COMMANDS))


def test_a_pipe_gets_plain_text_and_a_terminal_a_drawn_table(local_shell: Shell) -> None:
    words = [sys.executable, "-m", "mandala_graph", "ops"]
    environment = {**os.environ, "MANDALA_GRAPH_STORE": local_shell.place, "TERM": "xterm-256color", "COLUMNS": "100"}
    environment.pop("NO_COLOR", None)
    piped = subprocess.run(words, capture_output=True, env=environment, check=True).stdout
    assert b"\x1b" not in piped
    assert piped.splitlines()[0].split(b"\t")[0] == b"op"

    def seen(**more: str) -> str:
        return on_a_terminal(words, {**environment, **more})

    drawn = seen()
    assert "\x1b[1m" in drawn
    assert "────" in drawn
    assert "train" in drawn
    assert "\x1b[3" not in seen(NO_COLOR="1")  # no colours


HOSTILE = "\x1b]0;owned\x07\x1b[31mred\x9b1m\u202egnp\r\n\t[bold]x[/bold]"


@pytest.fixture
def hostile(tmp_path: Path) -> Shell:
    """A store in which every text commands the terminal."""
    ref = RefRow(an_id("r"), an_id("c"), HOSTILE, HOSTILE, 8)
    out = RefRow(an_id("o"), an_id("d"), "str", repr(HOSTILE), 8, HOSTILE)
    call = CallRow(
        an_id("k"),
        an_id("e"),
        HOSTILE,
        HOSTILE,
        "run",
        5.0,
        0.5,
        "ok",
        (InputEdge(HOSTILE, ref.hid),),
        ((HOSTILE, out.hid),),
    )
    run = RunRow("abcdef", 5.0, None, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, True, (HOSTILE,))
    store = SQLiteStore(tmp_path / "hostile.db")
    store.write(
        Batch(
            refs={ref.hid: ref, out.hid: out},
            calls={call.hid: call},
            ops={HOSTILE: OpRow(HOSTILE, HOSTILE, HOSTILE, HOSTILE, (HOSTILE,), (HOSTILE,))},
            runs={run.id: run},
        )
    )
    store.close()
    return Shell(str(tmp_path / "hostile.db"), {"ref": ref, "out": out, "call": call})


@pytest.mark.parametrize("colour", [None, "1"], ids=["pipe", "terminal"])
def test_nothing_in_a_store_commands_the_terminal(hostile: Shell, colour: str | None) -> None:
    ref, out, call = (hostile.refs[n].hid for n in ("ref", "out", "call"))
    # in a pipe these are data for other programs, who want them as they are
    data = (
        ["export", "--format", "graphml"],
        ["export", "--format", "csv"],
        ["query", "MATCH (n) RETURN n.preview", "--csv"],
    )
    only_on_a_terminal = [(words, 0) for words in data if colour]
    for words, code in (
        (["ops"], 0), (["calls"], 0), (["show", ref], 0), (["show", call], 0), (["show", HOSTILE], 0),
        (["show", "abcdef"], 0), (["log"], 0), (["upstream", out], 0), (["downstream", ref], 0), (["path", ref, out], 0),
        (["why", out], 0), (["query", "MATCH (n) RETURN n, n.preview, keys(n)"], 0), (["verify"], 1), (["draw"], 0),
        (["draw", "--format", "dot"], 0), (["draw", "--format", "mermaid"], 0), *only_on_a_terminal,
        (["export"], 0), (["versions"], 0), (["show", HOSTILE + "x"], 1), (["calls", HOSTILE + "x"], 1),
        (["diff", ref, out], 0), (["drop", "calls", call], 0),
    ):  # fmt: skip
        shown = hostile.run(*words, code=code, env={"FORCE_COLOR": colour})
        rest = re.sub("\x1b\\[[0-9;]*m", "", shown) if colour else shown
        assert not set(rest) & set("\x1b\x07\x9b\r\u202e"), (words, rest)
        assert "\x1b[31mred" not in shown
    if colour:
        assert "[bold]x[/bold]" in hostile.run("show", out, env={"FORCE_COLOR": "1"})  # no markup of ours either


def test_exports_of_hostile_names_can_be_read(hostile: Shell, tmp_path: Path) -> None:
    """XML has no word for most control characters: they become U+FFFD there. CSV and JSON keep them."""
    graph = ElementTree.fromstring(hostile.run("export", "--format", "graphml"))
    texts = {t.text for t in graph.iter("{http://graphml.graphdrawing.org/xmlns}data")}
    assert any(t and t.startswith("\ufffd]0;owned\ufffd\ufffd[31mred") and t.endswith("[bold]x[/bold]") for t in texts)
    hostile.run("export", "-o", tmp_path / "all.csv")
    with (tmp_path / "all.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row[f"out.{HOSTILE}"] == HOSTILE
    (call,) = [n for n in json.loads(hostile.run("export"))["nodes"] if n["kind"] == "call"]
    assert call["op"] == HOSTILE


def test_a_pipe_that_is_closed_is_no_error(local_shell: Shell, python: str) -> None:
    for words in (["export", "--format", "jsonl"], ["query", "UNWIND range(1, 60000) AS n RETURN n"]):
        command = [python, "-m", "mandala_graph", *words, "--store", local_shell.place]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stderr is not None
            child.stdout.read(10)
            child.stdout.close()
            assert child.stderr.read() == b""


def test_completion_works_in_bash(local_shell: Shell, python: str) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert "_MANDALA_GRAPH_COMPLETE" in Shell("", {}).run("completion", shell)
    words = {"COMP_WORDS": "mandala-graph up", "COMP_CWORD": "1", "_MANDALA_GRAPH_COMPLETE": "bash_complete"}
    done = subprocess.run(
        [python, "-c", "from mandala_graph.cli import main; main()"],
        env={**os.environ, **words}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "plain,upstream\n"
    checked = subprocess.run(
        ["bash", "-n"], input=Shell("", {}).run("completion", "bash"), text=True, capture_output=True
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_help_starts_quickly_without_the_store(python: str) -> None:
    code = (
        "import sys\nfrom mandala_graph.cli import cli\n"
        "try:\n    cli(['calls', '--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'pandas', 'rich', 'mandala_graph.cli.share', 'neo4j'} & set(sys.modules)))"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_numbers_that_json_does_not_have() -> None:
    assert plain({"a": float("inf"), "b": [float("nan")], "c": (1, None, True)}) == {
        "a": "inf",
        "b": ["nan"],
        "c": [1, None, True],
    }
    assert clean("a\x1b[0mb\x00\nc\td") == "a\\x1b[0mb\\x00\nc\td"
    assert [size(n) for n in (0, 999, 1000, 1.5e6, 2e9, 3e12, 4e15)] == [
        "0 B", "999 B", "1 kB", "1.5 MB", "2 GB", "3 TB", "4e+03 TB",
    ]  # fmt: skip
