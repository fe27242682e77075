"""Tables of ops and variables: the same rows as frames have, sorted and paged by the store."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

from mandala_graph import Storage, op
from tests.web.conftest import Page


def column(table: Any, key: str) -> list[Any]:
    (at,) = [i for i, c in enumerate(table["columns"]) if c["key"] == key]
    return [row[at] for row in table["rows"]]


def values(table: Any, key: str) -> list[Any]:
    return [None if cell is None else cell["value"] for cell in column(table, key)]


def test_every_node_has_a_table_of_its_size(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()
    cf = recorded.cf()
    for query in ({}, {"max": 0.2, "output": "error", "op": ["evaluate", "train"]}):
        for node in page.ask("/api/graph/summary", **query)["nodes"]:
            kind, _, name = node["id"].partition(":")
            found = page.ask(f"/api/table/{node['id']}", **query)
            failed = node["failed"] if kind == "op" else 0
            assert found["total"] == len(found["rows"]) == node["count"] + failed, (node["id"], query)
            hids = {row[0] for row in found["rows"]}
            assert {n.properties["hid"] for (n,) in recorded.store.query(found["cypher"], {}).rows} == hids
            names: dict[str, Any] = {"storage": recorded}
            exec(found["python"], names)
            assert {x.hid for x in names["rows"]} == hids
            if not query:
                assert cf.sets[name] <= hids
                assert len(hids - cf.sets[name]) == failed


def test_calls_with_what_went_in_and_out(recorded: Storage, open_page: Callable[..., Page]) -> None:
    found = open_page().ask("/api/table/op:train")
    calls = {c.hid: c for c in recorded.calls("train")}
    assert [c["name"] for c in found["columns"]] == [
        "call", "X", "y", "rate", "steps", "model", "status", "started", "duration", "version", "run"
    ]  # fmt: skip
    for hid, rate, model, seconds in zip(
        column(found, "id"),
        column(found, "input:rate"),
        column(found, "output:model"),
        column(found, "duration"),
        strict=True,
    ):
        assert rate["value"] == calls[hid].inputs["rate"].obj
        assert rate["id"] == calls[hid].inputs["rate"].hid
        assert model["id"] == calls[hid].outputs["model"].hid
        assert seconds == calls[hid].duration
    started = column(found, "started")
    assert started == sorted(started)


def test_sorted_both_ways_and_in_pages(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()
    up = page.ask("/api/table/op:train?sort=input:rate")
    down = page.ask("/api/table/op:train?sort=rate&desc=1")
    assert values(up, "input:rate") == [0.1, 0.5, 1.0, 1.5]
    assert values(down, "input:rate") == [1.5, 1.0, 0.5, 0.1]
    errors = page.ask("/api/table/op:evaluate?sort=output:error&desc=1")
    assert values(errors, "output:error") == sorted(values(errors, "output:error"), reverse=True)
    pages = [page.ask(f"/api/table/op:train?sort=input:rate&offset={i}&limit=3") for i in (0, 3, 6)]
    assert [len(p["rows"]) for p in pages] == [3, 1, 0]
    assert [r for p in pages for r in p["rows"]] == up["rows"]
    assert {p["total"] for p in pages} == {4}
    failed = page.ask("/api/table/op:divide?sort=output:ratio&desc=1")  # a call that has none comes last, both ways
    assert column(failed, "status") == ["ok", "failed"]
    assert column(page.ask("/api/table/op:divide?sort=output:ratio"), "status") == ["ok", "failed"]


def test_values_of_a_variable(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()
    rates = page.ask("/api/table/var:rate?sort=value&desc=1")
    assert values(rates, "value") == [1.5, 1.0, 0.5, 0.1]
    assert column(rates, "made") == [None] * 4
    assert column(rates, "used") == [1, 2, 1, 1]  # 1.0 by `divide` too
    errors = page.ask("/api/table/var:error")
    made = {r.hid: c.hid for c in recorded.calls("evaluate") for r in [c.outputs["error"]]}
    assert dict(zip(column(errors, "id"), column(errors, "made"), strict=True)) == made
    assert sorted(column(errors, "used")) == [1, 1, 1, 2]  # in the list, and one in `divide` too


def test_wrong_names_are_errors(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()
    for name in ("op:nothing", "var:nothing", "train", "op:", "ref:x"):
        assert page.ask(f"/api/table/{name}", 404)["error"]["kind"] == "UnknownNode"
    for query in ("sort=nothing", "offset=-1", "limit=x", "limit=0", "format=xml"):
        assert page.ask(f"/api/table/op:train?{query}", 400)["error"]["kind"] == "UsageError"


FORMULA = '=HYPERLINK("http://evil.example","x")'


@op(output_names=["said"])
def say(text: str) -> str:
    return text


def test_csv_is_all_of_it_and_inert(storage_url: Callable[[], str], open_page: Callable[..., Page]) -> None:
    texts = [FORMULA, "+1", "-1+1", "@x", "\t=1", "a,b", 'quo"te', "two\nlines", "plain"]
    with Storage(storage_url()) as storage:
        for text in texts:
            say(text)
    storage.close()
    page = open_page()
    answer = page.client.get("/api/table/op:say?format=csv&sort=input:text")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="op_say.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [r["text"].removeprefix("'") for r in rows] == sorted(texts)
    for row in rows:
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    two = page.client.get("/api/table/var:said?format=csv&limit=2&offset=1")
    assert len(list(csv.reader(io.StringIO(two.text)))) == 3


HOSTILE = '</script><script>alert("1")</script>&\'"`$\\ \u202e\u2028 ../..%2f\n{{7*7}} MATCH (n) DETACH DELETE n //'


@op(name=HOSTILE, output_names=["<img src=x onerror=alert(1)>"])
def hostile(x: Any) -> Any:
    return x


def test_hostile_names_and_values_are_only_text(storage_url: Callable[[], str], open_page: Callable[..., Page]) -> None:
    with Storage(storage_url()) as storage:
        ref = hostile(HOSTILE)
    call = storage.calls(HOSTILE)[0]
    storage.close()
    page = open_page()
    found = page.ask("/api/graph/summary")
    assert {n["label"] for n in found["nodes"]} == {HOSTILE, "x", "<img src=x onerror=alert(1)>"}
    for node in found["nodes"]:
        answer = page.client.get(f"/api/table/{quoted(node['id'])}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["total"] == 1
        export = page.client.get(f"/api/table/{quoted(node['id'])}?format=csv")
        assert "\n" not in export.headers["content-disposition"]
    assert page.ask(f"/api/node/{ref.hid}")["preview"]["text"] == HOSTILE
    assert page.ask(f"/api/node/{call.hid}")["label"] == HOSTILE
    shown = page.ask(f"/api/graph/around/{ref.hid}?depth=all")
    assert {n["label"] for n in shown["nodes"]} == {HOSTILE, "x", "<img src=x onerror=alert(1)>"}
    filtered = page.ask("/api/graph/summary", op=HOSTILE)
    assert filtered["nodes"]
    with Storage(storage_url()) as again:  # what is offered to be pasted means the same, and nothing else
        assert dict(again.store.query(filtered["cypher"], {}).rows) == {HOSTILE: 1}
        names: dict[str, Any] = {"storage": again}
        exec(filtered["python"], names)
        assert names["cf"].fs[HOSTILE] == {call.hid}
        exec(page.ask(f"/api/export/{call.hid}?depth=1")["python"], names)
        assert names["cf"].fs[HOSTILE] == {call.hid}
    again.close()
    for kind in page.ask("/api/search", q=HOSTILE)["results"]:
        assert kind["kind"] in ("op", "ref", "var")
    assert page.post("/api/query", {"cypher": "MATCH (c:Call) RETURN c.op AS op"})["rows"] == [[HOSTILE]]


def quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")
