"""Search, queries, saved questions, paths and comparisons, on both engines."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, MutableMapping
from typing import Any

from mandala_graph import Storage, op
from mandala_graph.cypher.questions import questions
from tests.web import lab
from tests.web.conftest import HOST, POST, Page


def results(page: Page, text: str, **more: Any) -> list[tuple[str, str]]:
    return [(r["kind"], r["id"]) for r in page.ask("/api/search", q=text, **more)["results"]]


def test_search(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()
    call = recorded.calls("evaluate")[0]
    error = call.outputs["error"]
    assert results(page, call.hid)[0] == ("call", call.hid)
    assert results(page, call.hid[:10].upper())[0] == ("call", call.hid)
    assert ("ref", error.hid) in results(page, error.hid[:6])
    assert results(page, "eval")[0] == ("op", "op:evaluate")
    assert results(page, "error")[0] == ("var", "var:error")
    assert results(page, "evaluat")[0] == ("op", "op:evaluate")
    assert results(page, "trian")[0] == ("op", "op:train")  # nearly
    assert ("ref", error.hid) in results(page, repr(error.obj))
    assert ("ref", recorded.calls("load")[0].inputs["n"].hid) in results(page, "20")
    assert ("ref", recorded.calls("best")[0].inputs["words"].hid) in results(page, "least")
    assert ("question", "slowest-ops") in results(page, "slowest")
    assert results(page, "MATCH (c:Call) RETURN count(*)")[0] == ("cypher", "MATCH (c:Call) RETURN count(*)")
    assert results(page, "matches") == []
    assert results(page, "") == results(page, "   ") == []
    assert len(results(page, "e", limit=3)) == 3
    for odd in ("'", '"', "\\", "$q", "*", "%", "\u0000", "x" * 10_000, "1e999", "nan", "9" * 5000, "0x10"):
        results(page, odd)


def test_queries(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()
    found = page.post(
        "/api/query",
        {
            "cypher": "MATCH (c:Call {op: $op})-[o:OUTPUT]->(r:Ref) WHERE r.value < $most RETURN c, o, r, r.value AS v ORDER BY v",
            "parameters": {"op": "evaluate", "most": 100},
        },
    )
    assert found["columns"] == ["c", "o", "r", "v"]
    errors = sorted(c.outputs["error"].obj for c in recorded.calls("evaluate"))
    assert [row[3] for row in found["rows"]] == errors
    assert found["rows"][0][0]["kind"] == "call"
    assert found["rows"][0][2]["kind"] == "ref"
    assert found["rows"][0][1]["label"] == "OUTPUT"
    assert len(found["graph"]["nodes"]) == 8
    assert len(found["graph"]["edges"]) == 4
    assert found["seconds"] > 0
    assert [tuple(r) for r in page.post("/api/query", {"cypher": found["graph"]["cypher"]})["rows"]] != []
    names: dict[str, Any] = {"storage": recorded}
    exec("frame = " + found["graph"]["python"], names)
    assert names["frame"]["v"].tolist() == errors
    paths = page.post("/api/query", {"cypher": "MATCH p = (:Ref)-[:INPUT]->(:Call {op: 'best'}) RETURN p"})
    assert paths["graph"]["shown"] == 3
    assert (
        page.post("/api/query", {"cypher": "RETURN 1 AS one, null AS nothing, [1, {a: 'b'}] AS nested"})["graph"]
        is None
    )


def test_queries_that_cannot_be(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()
    for body, kind in (
        ({"cypher": "MATCH (c:Call RETURN c"}, "CypherSyntaxError"),
        ({"cypher": "MATCH (c:Call) DETACH DELETE c"}, None),
        ({"cypher": "CREATE (c:Call {hid: 'x'})"}, None),
        ({"cypher": "RETURN $missing"}, None),
        ({"cypher": "   "}, "CypherError"),
        ({"cypher": 5}, "UsageError"),
        ({"cypher": "RETURN 1", "parameters": [1]}, "UsageError"),
        (["RETURN 1"], "UsageError"),
    ):
        error = page.post("/api/query", body, 400)["error"]
        assert error["message"], body
        assert kind in (None, error["kind"]), body
        assert kind != "CypherSyntaxError" or "RETURN" in error["message"]
    assert len(recorded.calls("train")) == 4


def test_many_rows_are_cut(recorded: Storage, open_page: Callable[..., Page]) -> None:
    found = open_page().post("/api/query", {"cypher": "UNWIND range(1, 20000) AS i RETURN i"})
    assert found["truncated"]
    assert [r[0] for r in found["rows"]] == list(range(1, 10_001))


def test_every_saved_question_is_answered(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()
    best = recorded.calls("best")[0]
    x = recorded.calls("load")[0].outputs["X"]
    run = best.run
    values = {"ref": x.hid, "start": x.hid, "end": best.outputs["best"].hid, "run": run, "first": run, "second": run}
    values |= {"op": "train", "metric": "error"}
    listed = page.ask("/api/questions")
    assert [q["name"] for q in listed] == [q.name for q in questions()]
    kinds = {"ref", "run", "op", "output", "integer", "number", "boolean", "text"}
    for q in listed:
        given = {p["name"]: values[p["name"]] for p in q["parameters"] if p["required"]}
        assert {p["type"] for p in q["parameters"]} <= kinds
        found = page.post(f"/api/questions/{q['name']}", {"parameters": given})
        again = page.post("/api/query", {"cypher": found["cypher"]})
        assert again["rows"] == found["rows"], q["name"]
    ranked = page.post("/api/questions/best-runs", {"parameters": {"metric": "error"}})
    errors = sorted((c.outputs["error"].obj for c in recorded.calls("evaluate")), reverse=True)
    assert [r[2] for r in ranked["rows"]] == errors
    assert page.post("/api/questions/best-runs", {}, 400)["error"]["kind"] == "CypherError"
    near = page.post("/api/questions/best-run", {}, 400)["error"]
    assert near["suggestion"] == "best-runs"


def test_paths(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()
    n = recorded.calls("load")[0].inputs["n"].hid
    one, other = (c.outputs["error"].hid for c in recorded.calls("evaluate")[:2])
    found = page.ask(f"/api/graph/path/{n}/{one}")
    assert [x["id"] for x in found["nodes"]] == [x.hid for x in recorded.path(n, one)]
    assert len(found["edges"]) == len(found["nodes"]) - 1
    assert found["message"] is None
    rows = recorded.store.query(found["cypher"], {}).rows
    assert {x.properties["hid"] for (x,) in rows} >= {n, one}
    assert len(rows) == len(found["nodes"])
    back = page.ask(f"/api/graph/path/{one}/{n}")
    assert [x["id"] for x in back["nodes"]] == [x["id"] for x in found["nodes"]]
    assert "second to the first" in back["message"]
    meet = page.ask(f"/api/graph/path/{one}/{other}")
    assert {one, other} < {x["id"] for x in meet["nodes"]}
    assert meet["nodes"][0]["id"] in {x.hid for x in recorded.upstream(one)} & {x.hid for x in recorded.upstream(other)}
    assert "both were made from" in meet["message"]
    rate = recorded.calls("train")[1].inputs["rate"].hid
    none = page.ask(f"/api/graph/path/{rate}/{n}")
    assert (none["nodes"], none["edges"]) == ([], [])
    assert "no way" in none["message"]
    assert page.ask(f"/api/graph/path/{n}/{'0' * 40}", 404)["error"]["kind"] == "ValueMissing"


def test_comparing_two_results(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()
    one, other = (c.outputs["error"].hid for c in recorded.calls("evaluate")[:2])
    found = page.ask(f"/api/compare/{one}/{other}")
    assert [(c["where"], c["a"], c["b"]) for c in found["changed"]] == [("train.rate", "0.1", "0.5")]
    up = [{h, *(x.hid for x in recorded.upstream(h))} for h in (one, other)]
    assert found["same"] == len(up[0] & up[1])
    sides = {n["id"]: n["side"] for n in found["graph"]["nodes"]}
    assert {h for h, s in sides.items() if s == "both"} == up[0] & up[1]
    assert {n["id"] for n in found["only_a"]["nodes"]} == up[0] - up[1] == {h for h, s in sides.items() if s == "a"}
    assert {n["id"] for n in found["only_b"]["nodes"]} == up[1] - up[0]
    assert page.ask(f"/api/compare/{one}/{one}")["changed"] == []
    model = recorded.calls("train")[0].outputs["model"].hid
    unlike = page.ask(f"/api/compare/{one}/{model}")["changed"]
    assert [(c["a"], c["b"]) for c in unlike] == [("error of evaluate", "model of train")]
    calls = page.ask(f"/api/compare/{recorded.calls('train')[0].hid}/{recorded.calls('train')[2].hid}")
    assert [(c["where"], c["a"], c["b"]) for c in calls["changed"]] == [("train.rate", "0.1", "1.0")]
    best = recorded.calls("best")[0]
    with recorded:
        fewer = lab.best([c.outputs["error"] for c in recorded.calls("evaluate")[:3]])
    recorded.commit()
    lists = page.ask(f"/api/compare/{best.outputs['best'].hid}/{fewer.hid}")["changed"]
    assert [(c["where"], c["a"], c["b"]) for c in lists] == [("__make_list__.elts[3]", "(given)", "(not given)")]


@op
def step(x: int, size: int = 1) -> int:
    return x + size


def test_comparing_says_where_the_code_was_another(
    storage_url: Callable[[], str], open_page: Callable[..., Page], tmp_path: Any
) -> None:
    import importlib.util
    import sys

    ends = []
    for body in ("x + 1", "x + 2"):
        (tmp_path / "twice.py").write_text(f"from mandala_graph import op\n\n@op\ndef twice(x):\n    return {body}\n")
        spec = importlib.util.spec_from_file_location("twice", tmp_path / "twice.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["twice"] = module
        spec.loader.exec_module(module)
        with Storage(storage_url()) as storage:
            ends.append(module.twice(1).hid)
        storage.close()
    del sys.modules["twice"]
    (change,) = open_page().ask(f"/api/compare/{ends[0]}/{ends[1]}")["changed"]
    assert change["where"] == "version of twice"
    assert change["a"] != change["b"]


def test_runs_and_info(recorded: Storage, open_page: Callable[..., Page], engine: str) -> None:
    page = open_page()
    (run,) = page.ask("/api/runs")
    assert run["calls"] == 13
    assert run["failed"] == 1
    assert run["ops"] == {"load": 1, "train": 4, "evaluate": 4, "best": 1, "divide": 2, "__make_list__": 1}
    info = page.ask("/api/info")
    assert info["engine"] == engine
    assert info["counts"] == dict(recorded.store.counts())
    assert info["read_only"] is True
    assert info["runs"][0]["calls"] == run["calls"]
    assert {v["id"]: v["calls"] for v in info["versions"]} == {v.id: v.calls for v in recorded.versions().itertuples()}
    assert (info["neo4j_browser"] is None) == (engine == "sqlite")
    call = recorded.calls("best")[0]
    there = page.ask(f"/api/node/{call.hid}")["neo4j_browser"]
    if engine == "sqlite":
        assert there is None
        return
    assert ":7474/browser/?connectURL=bolt" in info["neo4j_browser"]
    assert f"{call.hid}" in there
    assert "cmd=edit" in there
    given = open_page(neo4j_browser="http://localhost:1234/browser/?connectURL=neo4j%3A%2F%2Flocalhost%3A9")
    assert given.ask("/api/info")["neo4j_browser"].startswith("http://localhost:1234/browser/?connectURL=neo4j")
    ref = given.ask(f"/api/node/{call.outputs['best'].hid}")["neo4j_browser"]
    assert ref.startswith("http://localhost:1234/browser/?connectURL=neo4j%3A%2F%2Flocalhost%3A9&cmd=edit&arg=MATCH")


def test_export(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()
    call = recorded.calls("evaluate")[1]
    for hid in (call.hid, call.inputs["model"].hid):
        for query in ("direction=up&depth=all", "direction=down&depth=2", "direction=both&depth=1"):
            found = page.ask(f"/api/export/{hid}?{query}")
            shown = page.ask(f"/api/graph/around/{hid}?{query}")
            assert found == {k: shown[k] for k in ("cypher", "python")}
            rows = recorded.store.query(found["cypher"], {}).rows
            assert {n.properties["hid"] for (n,) in rows} == {n["id"] for n in shown["nodes"]}
            names: dict[str, Any] = {"storage": recorded}
            exec(found["python"], names)
            hids = set().union(*names["cf"].sets.values())
            calls = {n["id"] for n in shown["nodes"] if n["kind"] == "call"}
            if query == "direction=up&depth=all":
                assert calls <= hids
            assert hid in hids


def test_a_query_ends_when_whoever_asked_has_gone(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()
    slow = "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN sum(a * b % 7) AS s"
    body = json.dumps({"cypher": slow}).encode()
    cookie = "; ".join(f"{k}={v}" for k, v in page.client.cookies.items())
    headers = {"host": HOST, "cookie": cookie, "content-type": "application/json", **POST}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/query",
        "raw_path": b"/api/query",
        "query_string": b"",
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
    }
    said = bytearray()

    async def ask() -> None:
        heard = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if heard:
                return heard.pop()
            await asyncio.sleep(0.3)  # the query runs meanwhile
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            said.extend(message.get("body", b""))

        await page.app(scope, receive, send)

    asyncio.run(ask())
    assert json.loads(said)["error"]["kind"] == "QueryCancelled"
    assert page.post("/api/query", {"cypher": "RETURN 1 AS one"})["rows"] == [[1]]
