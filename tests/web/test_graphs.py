"""Graphs of the browser, against frames and reachability of the same store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mandala_graph import Storage
from tests.web.conftest import Page


def counts(graph: Any) -> dict[str, int]:
    return {n["id"]: n["count"] for n in graph["nodes"]}


def of_frame(cf: Any) -> dict[str, int]:
    return {f"var:{v}": len(x) for v, x in cf.vs.items()} | {f"op:{f}": len(x) for f, x in cf.fs.items()}


def edges(graph: Any) -> set[tuple[str, str, str]]:
    return {(e["source"].partition(":")[2], e["target"].partition(":")[2], e["label"]) for e in graph["edges"]}


def test_the_summary_is_the_frame_of_the_store(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()
    found = page.ask("/api/graph/summary")
    cf = recorded.cf()
    assert counts(found) == of_frame(cf)
    assert edges(found) == set(cf.edges())
    assert found["shown"] == found["total"] == len(found["nodes"])
    layer = {n["id"]: n["layer"] for n in found["nodes"]}
    assert all(layer[e["source"]] < layer[e["target"]] for e in found["edges"])
    failed = {n["id"]: n["failed"] for n in found["nodes"] if n["kind"] == "op"}
    assert failed.pop("op:divide") == 1
    assert set(failed.values()) == {0}


def test_filters_leave_what_a_frame_would(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()
    call = recorded.calls("train")[0]
    errors = sorted(c.outputs["error"].obj for c in recorded.calls("evaluate"))
    for query in (
        {"op": "evaluate"},
        {"op": ["load", "train"]},
        {"min": errors[1]},
        {"max": errors[1], "output": "error"},
        {"min": errors[0], "max": errors[2], "op": "evaluate"},
        {"since": "2000-01-01T00:00:00Z", "until": "2200-01-01T00:00:00+02:00"},
        {"version": call.version},
        {"run": call.run},
    ):
        found = page.ask("/api/graph/summary", **query)
        names: dict[str, Any] = {"storage": recorded}
        exec(found["python"], names)
        assert counts(found) == of_frame(names["cf"]), query
        assert edges(found) == set(names["cf"].edges()), query
        assert found["nodes"], query
        ops = {n["label"]: n["count"] for n in found["nodes"] if n["kind"] == "op"}
        assert dict(recorded.store.query(found["cypher"], {}).rows) == ops, query
    assert not page.ask("/api/graph/summary", until="2000-01-01T00:00:00Z")["nodes"]
    for wrong in ({"since": "yesterday"}, {"min": "much"}, {"max": "nan"}):
        assert page.ask("/api/graph/summary", 400, **wrong)["error"]["kind"] == "UsageError"


def test_around_is_what_can_be_reached(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()
    call = recorded.calls("evaluate")[2]
    for hid in (call.hid, call.inputs["model"].hid, recorded.calls("load")[0].outputs["X"].hid):
        for direction in ("up", "down", "both"):
            found = page.ask(f"/api/graph/around/{hid}?direction={direction}&depth=all")
            wanted = {hid}
            if direction != "down":
                wanted |= {x.hid for x in recorded.upstream(hid)}
            if direction != "up":
                wanted |= {x.hid for x in recorded.downstream(hid)}
            assert {n["id"] for n in found["nodes"]} == wanted
            layer = {n["id"]: n["layer"] for n in found["nodes"]}
            assert layer[hid] == 0
            assert all(layer[e["source"]] < layer[e["target"]] for e in found["edges"])
            rows = recorded.store.query(found["cypher"], {}).rows
            assert {n.properties["hid"] for (n,) in rows} == wanted


def test_filters_narrow_a_walk_but_not_its_way(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()
    x = recorded.calls("load")[0].outputs["X"].hid
    errors = sorted(c.outputs["error"].obj for c in recorded.calls("evaluate"))
    best = recorded.calls("best")[0]
    for hid, query in (
        (x, {"direction": "down", "depth": "all", "max": errors[1], "output": "error"}),
        (x, {"direction": "both", "depth": "all", "op": ["train", "best"]}),
        (best.hid, {"direction": "up", "depth": "all", "op": "train"}),
        (best.outputs["best"].hid, {"direction": "up", "depth": 4, "run": best.run}),
    ):
        found = page.ask(f"/api/graph/around/{hid}", **query)
        plain = {k: v for k, v in query.items() if k in ("direction", "depth")}
        every = {n["id"]: n for n in page.ask(f"/api/graph/around/{hid}", **plain)["nodes"]}
        passing = {n["id"] for n in page.ask("/api/graph/summary", **query)["nodes"] if n["kind"] == "op"}
        calls = {n["id"] for n in found["nodes"] if n["kind"] == "call"} - {hid}
        left = {h for (h,) in self_query(recorded, query)} & {h for h, n in every.items() if n["kind"] == "call"}
        assert calls == left - {hid}, query
        assert {f"op:{every[h]['op']}" for h in calls} <= passing
        beside = {r for h in left for r in sides(recorded, h)} & every.keys()
        assert {n["id"] for n in found["nodes"]} == left | beside | {hid}, query
        assert {n.properties["hid"] for (n,) in recorded.store.query(found["cypher"], {}).rows} == left
        names: dict[str, Any] = {"storage": recorded}
        exec(found["python"], names)
        assert set().union(*names["cf"].fs.values()) <= left
    few = page.ask(f"/api/graph/around/{x}", direction="down", depth="all", op="evaluate", limit=8)
    assert few["shown"] <= 8
    assert few["truncated"]


def self_query(storage: Storage, query: dict[str, Any]) -> list[Any]:
    """Calls that pass, asked for plainly."""
    tests = {
        "max": "EXISTS { MATCH (c)-[:OUTPUT {name: $output}]->(v:Ref) WHERE v.value <= $max }",
        "op": "c.op IN $op",
        "run": "c.run = $run",
    }
    given = {**query, "op": [query["op"]] if isinstance(query.get("op"), str) else query.get("op")}
    where = " AND ".join(text for name, text in tests.items() if name in query)
    return storage.store.query(f"MATCH (c:Call) WHERE {where} RETURN c.hid", given).rows


def sides(storage: Storage, hid: str) -> set[str]:
    row = storage.store.calls([hid])[hid]
    return {e.ref for e in row.inputs} | {r for _, r in row.outputs}
