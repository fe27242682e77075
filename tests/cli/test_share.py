"""Pictures, exports and links, on both engines; what other programs read of them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest

from mandala_graph import Storage
from tests import engines
from tests.cli.conftest import Shell

SVG = "{http://www.w3.org/2000/svg}"
XML = "{http://graphml.graphdrawing.org/xmlns}"


def test_draw(shell: Shell, tmp_path: Path) -> None:
    storage = shell.open()
    frame = storage.cf("train")
    expected = {"text": frame.get_graph_desc(), "dot": frame.to_dot(), "mermaid": frame.to_mermaid()}
    back = storage.cf(shell.refs["best"]).expand_back(recursive=True)
    assert back is not None
    functions = back.fnames
    storage.close()
    for format, text in expected.items():
        assert shell.run("draw", "train", "--format", format).rstrip("\n") == text.rstrip("\n")
        assert shell.json("draw", "train", "--format", format)["text"] == text
    for name, start in (("a.dot", "digraph"), ("a.mmd", "flowchart"), ("a.txt", "")):
        shell.run("draw", "train", "-o", tmp_path / name)
        assert (tmp_path / name).read_text().startswith(start)
    found = shell.json("draw", shell.refs["best"].hid[:12], "-o", tmp_path / "best.svg")
    assert found == {
        "format": "svg", "file": str(tmp_path / "best.svg"), "variables": 6, "functions": len(functions), "text": None,
    }  # fmt: skip
    picture = ElementTree.parse(tmp_path / "best.svg").getroot()
    assert picture.tag == f"{SVG}svg"
    said = {t.text for t in picture.iter(f"{SVG}text")} | {t.text for t in picture.iter(f"{SVG}tspan")}
    assert {"train", "test", "best"} <= said
    forward = shell.run("draw", shell.refs["model 0.5"].hid, "--forward")
    assert "test(" in forward
    assert "train(" not in forward
    assert "train(" in shell.run("draw", shell.refs["model 0.5"].hid, "--all")
    whole = shell.run("draw")
    assert all(f"{op}(" in whole for op in ("about", "best", "matrix", "parts", "test", "train"))
    assert "no op, ref or call" in shell.run("draw", "nope", code=1)
    assert "what format" in shell.run("draw", "-o", tmp_path / "x.jpg", code=2)
    assert "--output" in shell.run("draw", "--format", "png", code=2)
    assert "cannot be written" in shell.run("draw", "-o", tmp_path / "no" / "x.svg", code=2)


def test_draw_a_png(local_shell: Shell, tmp_path: Path) -> None:
    pytest.importorskip("resvg_py")
    local_shell.run("draw", "-o", tmp_path / "x.png")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_export_json(shell: Shell, tmp_path: Path) -> None:
    storage = shell.open()
    rows = storage.store.calls(storage.store.calls_of())
    refs = {ref for c in rows.values() for ref in [*(e.ref for e in c.inputs), *(r for _, r in c.outputs)]}
    edges = [(e.ref, c.hid, "INPUT", e.name, e.index) for c in rows.values() for e in c.inputs]
    edges += [(c.hid, ref, "OUTPUT", name, None) for c in rows.values() for name, ref in c.outputs]
    nodes = {h: {"kind": "ref", **r._asdict()} for h, r in storage.store.refs(refs).items()}
    fields = ("hid", "cid", "op", "version", "run", "started", "duration", "status")
    nodes.update({h: {"kind": "call", **{f: getattr(c, f) for f in fields}} for h, c in rows.items()})
    storage.close()
    found = json.loads(shell.run("export"))
    assert {n["hid"]: n for n in found["nodes"]} == nodes
    assert len(found["nodes"]) == len(nodes)
    key = str
    assert sorted((tuple(e.values()) for e in found["edges"]), key=key) == sorted(edges, key=key)
    lines = [json.loads(line) for line in shell.run("export", "--format", "jsonl").splitlines()]
    assert sorted((tuple(e.values())[1:] for e in lines if e["kind"] == "edge"), key=key) == sorted(edges, key=key)
    assert {n["hid"]: n for n in lines if n["kind"] != "edge"} == nodes
    shell.run("export", "-o", tmp_path / "all.json")
    assert json.loads((tmp_path / "all.json").read_text()) == found
    assert [f.name for f in tmp_path.glob("all.json*")] == ["all.json"]
    assert "cannot be written" in shell.run("export", "-o", tmp_path / "no" / "all.json", code=2)


def test_export_of_parts(shell: Shell) -> None:
    def ops(*words: str) -> list[str]:
        nodes = json.loads(shell.run("export", *words))["nodes"]
        return sorted(n["op"] for n in nodes if n["kind"] == "call")

    best = shell.refs["best"].hid
    call = shell.json("show", best)["made_by"]["call"]
    run = shell.json("show", call)["run"]
    version = shell.json("show", call)["version"]
    assert ops("test") == ["test"] * 3
    assert ops("test", call, call) == ["best", "test", "test", "test"]
    assert ops(version) == ["best"]
    assert len(ops(run)) == 16
    assert ops(best) == []
    assert ops(best, "--up") == ["__make_list__", "best", "test", "test", "test", "train", "train", "train"]
    assert ops(best, "--up", "--depth", "1") == ["best"]
    assert ops(shell.refs["model 0.5"].hid, "--down") == ["__make_list__", "best", "test"]
    assert shell.json("export", "train") == json.loads(shell.run("export", "train"))


def test_export_csv(shell: Shell) -> None:
    rows = list(csv.DictReader(io.StringIO(shell.run("export", "train", "best", "--format", "csv"))))
    assert sorted((r["op"], r["in.rate"], r["in.steps"], r["out.score"], r["out.output_0"]) for r in rows) == [
        ("best", "", "", "", "0.75"),
        ("train", "0.25", "100", "25.0", ""),
        ("train", "0.5", "100", "50.0", ""),
        ("train", "0.75", "100", "75.0", ""),
    ]
    elements = list(csv.DictReader(io.StringIO(shell.run("export", "__make_list__", "--format", "csv", code=0))))
    assert [r["in.elts"] for r in elements] == ["0.25; 0.5; 0.75"]


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    with Storage(tmp_path / "s.db") as storage:
        from mandala_graph import op

        @op
        def same(x: object) -> object:
            return x

        same("=HYPERLINK(1)")
        same(-5)
    storage.close()
    rows = list(csv.DictReader(io.StringIO(Shell(storage.location, {}).run("export", "same", "--format", "csv"))))
    assert sorted(r["in.x"] for r in rows) == ["'=HYPERLINK(1)", "-5"]


def test_export_graphml(shell: Shell) -> None:
    import networkx

    text = shell.run("export", "--format", "graphml")
    graph = networkx.parse_graphml(text)
    found = json.loads(shell.run("export"))
    assert set(graph.nodes) == {n["hid"] for n in found["nodes"]}
    assert sorted((a, b, d["type"], d["name"]) for a, b, d in graph.edges(data=True)) == sorted(
        (e["source"], e["target"], e["type"], e["name"]) for e in found["edges"]
    )
    for node in found["nodes"]:
        data = graph.nodes[node["hid"]]
        assert data["label"] == node["kind"].title()
        for name in ("cid", "preview", "nbytes", "op", "started", "duration", "dropped"):
            assert data.get(name) == node.get(name), name


def test_the_link_to_neo4j_browser(shell: Shell, engine: str, request: pytest.FixtureRequest) -> None:
    best = shell.refs["best"].hid
    if engine == "sqlite":
        assert "is a SQLite file" in shell.run("neo4j", best, code=2)
        return
    server: engines.Server = request.getfixturevalue("neo4j_server")
    found = shell.json("neo4j", best[:10])
    parts = urlsplit(found["url"])
    words = {k: v for k, (v,) in parse_qs(parts.query).items()}
    assert (parts.scheme, parts.netloc, parts.path) == ("http", f"{urlsplit(server.uri).hostname}:7474", "/browser/")
    assert words["cmd"] == "edit"  # never run by itself
    assert words["arg"] == found["cypher"]
    assert urlsplit(words["connectURL"]).port == urlsplit(server.uri).port
    assert ":" not in urlsplit(words["connectURL"]).netloc.rpartition("@")[0]  # no password in a link
    up = shell.json("query", found["cypher"])
    assert {row[0]["properties"]["hid"] for row in up["rows"]} == {
        n["hid"] for n in shell.json("upstream", best)["nodes"]
    }
    down = shell.json("neo4j", shell.refs["model 0.5"].hid, "--down")["cypher"]
    assert len(shell.json("query", down)["rows"]) == len(shell.json("downstream", shell.refs["model 0.5"].hid)["nodes"])
    assert shell.run("neo4j", "--browser", "https://lab.example/browser/").startswith("https://lab.example/browser/?")
