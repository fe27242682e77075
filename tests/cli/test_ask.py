"""Code, queries and saved questions on the command line, on both engines."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import pytest

from mandala_graph.cypher.questions import questions
from tests.cli.conftest import Shell


def test_code(shell: Shell) -> None:
    best = shell.refs["best"]
    storage = shell.open()
    call = storage.get_ref_creator(best)
    assert call is not None
    expected = storage.code_of(call)
    storage.close()
    assert "return max(accuracies)" in expected
    for id, kind in ((best.hid, "ref"), (call.hid, "call"), (call.version, "version")):
        assert shell.json("code", id) == {"id": id, "kind": kind, "code": expected}
    assert shell.run("code", best.hid) == expected.rstrip("\n") + "\n"
    assert "no code made it" in shell.run("code", call.inputs["accuracies"].hid[:0] + _raw(shell), code=1)


def _raw(shell: Shell) -> str:
    storage = shell.open()
    hid: str = storage.calls("train")[0].inputs["rate"].hid
    storage.close()
    return hid


PROGRAM = """
import sys
from mandala_graph import Storage, op

def helper(x):
    return x + {}

@op
def f(x):
    return helper(x)

storage = Storage(sys.argv[1])
with storage:
    print(f(1).hid)
storage.close()
"""


def test_versions_and_their_differences(shell: Shell, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    hids = []
    for number in (1, 2):
        script.write_text(PROGRAM.format(number))
        done = subprocess.run([sys.executable, script, shell.place], capture_output=True, text=True, check=True)
        hids.append(done.stdout.strip())
    found = shell.json("versions", "f")
    assert [(v["op"], v["calls"], v["components"]) for v in found] == [
        ("f", 1, ["__main__.f", "__main__.helper"])
    ] * 2  # fmt: skip
    old, new = (v["id"] for v in found)
    text = shell.json("diff", old[:14], new[:14])
    assert (text["a"], text["b"], text["differences"]) == (old, new, [])
    assert "-    return x + 1" in text["code"]
    assert "+    return x + 2" in text["code"]
    of_refs = shell.json("diff", *hids)
    assert of_refs["differences"] == [{"where": "f", "what": "version", "a": old, "b": new}]
    assert of_refs["code"] == text["code"]
    assert "+    return x + 2" in shell.run("diff", *hids)
    log = shell.json("log", "f", "--code")
    assert [(e["id"], e["changed"], e["added"]) for e in log] == [(new, ["helper"], []), (old, [], ["f", "helper"])]
    assert "two of a kind" in shell.run("diff", old, hids[0], code=2)
    assert old in shell.run("versions")


def test_rename(shell: Shell) -> None:
    assert shell.json("rename", "train", "fit") == {"calls": 3}
    assert shell.run("rename", "fit", "speed", "--argument", "rate") == "renamed in 3 calls\n"
    assert shell.json("rename", "fit", "mark", "--output", "score") == {"calls": 3}
    call = shell.json("calls", "fit", "-n", 1)[0]
    assert sorted(e["name"] for e in (*call["inputs"], *call["outputs"])) == ["mark", "model", "speed", "steps"]
    assert "fit(speed=0.25, steps=100)" in shell.run("why", shell.refs["score 0.25"].hid)
    assert shell.json("verify") == []
    assert "no op" in shell.run("rename", "train", "learn", code=1)
    assert "one thing at a time" in shell.run("rename", "fit", "x", "--argument", "a", "--output", "b", code=2)
    assert shell.run("rename", "fit", "test", code=2).startswith("mandala-graph: ")


def test_query(shell: Shell, tmp_path: Path) -> None:
    text = "MATCH (c:Call {op: $op})-[:OUTPUT {name: 'score'}]->(r) WHERE r.value > $t RETURN c.op, r.value ORDER BY r.value;"
    given = ("-p", "op=train", "-p", "t=30")
    assert shell.json("query", text, *given) == {
        "columns": ["c.op", "r.value"],
        "rows": [["train", 50.0], ["train", 75.0]],
    }
    assert shell.run("query", text, *given) == "c.op\tr.value\ntrain\t50.0\ntrain\t75.0\n"
    assert list(csv.reader(io.StringIO(shell.run("query", text, *given, "--csv")))) == [
        ["c.op", "r.value"], ["train", "50.0"], ["train", "75.0"],
    ]  # fmt: skip
    (tmp_path / "q.cypher").write_text(text)
    assert shell.run("query", "-f", tmp_path / "q.cypher", *given) == shell.run("query", "-f", "-", *given, input=text)
    assert shell.json("query", text, "-p", "op=train", "-p", "t=1000", code=1)["rows"] == []
    assert "no row" in shell.run("query", text, "-p", "op=train", "-p", "t=1000", code=1)


def test_graph_values_in_a_result(shell: Shell) -> None:
    score = shell.refs["score 0.5"]
    text = "MATCH p = (c:Call)-[o:OUTPUT]->(r:Ref {hid: $hid}) RETURN r, o, p, c IS NULL AS no, [1, 'x'] AS xs"
    ((r, o, p, no, xs),) = shell.json("query", text, "-p", f"hid={score.hid}")["rows"]
    assert r["labels"] == ["Ref"]
    assert (r["properties"]["hid"], r["properties"]["value"]) == (score.hid, 50.0)
    assert (o["type"], o["properties"]) == ("OUTPUT", {"name": "score"})
    assert [n["labels"] for n in p["nodes"]] == [["Call"], ["Ref"]]
    assert [e["type"] for e in p["relationships"]] == ["OUTPUT"]
    assert (no, xs) == (False, [1, "x"])
    assert shell.run("query", text, "-p", f"hid={score.hid}").splitlines()[1].split("\t")[0] == f"(Ref {score.hid})"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["MATCH (c:Call RETURN c"], "line 1"),
        (["MATCH (c:Call) DELETE c"], "DELETE"),
        (["RETURN $x"], "x"),
        ([], "give the query"),
        (["RETURN 1", "-p", "nothing"], "NAME=VALUE"),
    ],
)
def test_queries_that_cannot_be_run(words: list[str], message: str, local_shell: Shell) -> None:
    said = local_shell.run("query", *words, code=2)
    assert said.startswith("mandala-graph: ")
    assert message in said


def test_saved_questions(shell: Shell) -> None:
    listed = shell.json("ask")
    assert [q["name"] for q in listed] == [q.name for q in questions()]
    assert listed[0] == {
        "name": "best-runs",
        "title": questions()[0].title,
        "comment": questions()[0].comment,
        "parameters": [
            {"name": "metric", "meaning": "the name of the output to rank by", "default": None, "required": True},
            {"name": "limit", "meaning": "how many calls", "default": 10, "required": False},
        ],
    }
    found = shell.json("ask", "best-runs", "-p", "metric=accuracy", "-p", "limit=2")
    assert found["columns"][:3] == ["call", "op", "metric"]
    assert [row[2] for row in found["rows"]] == [0.75, 0.5]
    assert "did you mean best-runs?" in shell.run("ask", "best-run", code=1)
    assert "needs metric" in shell.run("ask", "best-runs", code=2)
    assert shell.run("ask", "best-runs", "--cypher").strip() == questions()[0].text
    assert "best-runs: " in shell.run("ask")
    assert "no row" in shell.run("ask", "best-runs", "-p", "metric=nothing", code=1)


def test_an_explained_query(shell: Shell, engine: str) -> None:
    found = shell.json("query", "MATCH (c:Call {op: $op}) RETURN c.hid", "-p", "op=train", "--explain")
    assert found["rows"] == 3
    assert {"parse", "run"} <= set(found["seconds"])
    assert ("SELECT" in found["plan"]) == (engine == "sqlite")


def test_a_slip_in_a_query_is_noted(local_shell: Shell, python: str) -> None:
    words = [python, "-m", "mandala_graph", "query", "-s", local_shell.place, "MATCH (c:Cal) RETURN c"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Call" in done.stderr.splitlines()[0]  # what was probably meant
    assert "Traceback" not in done.stderr


def test_a_query_that_takes_too_long(local_shell: Shell) -> None:
    endless = "UNWIND range(1, 3000) AS a UNWIND range(1, 3000) AS b UNWIND range(1, 3000) AS c RETURN sum(a * b * c)"
    assert "0.2 s" in local_shell.run("query", endless, "--timeout", "0.2", code=2)
