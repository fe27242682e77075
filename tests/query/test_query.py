"""`storage.query` and its relatives: forms of results, parameters, mistakes; the same on both engines."""

from __future__ import annotations

import json
import pickle
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mandala_graph import Call, Ref, Storage
from mandala_graph.errors import CypherError, CypherSyntaxError, QueryTimeout, ResultTooLarge, UsageError
from mandala_graph.query.frame import to_frame

SLOW = "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN sum(a * b % 7) AS s"


# -- tables --------------------------------------------------------------------------------------------------


def test_columns_have_the_kind_of_their_values(storage: Storage) -> None:
    table = storage.query(
        "MATCH (r:Ref) RETURN r.hid AS hid, r.nbytes AS size, r.value AS value, r.nbytes > 1 AS big, null AS nothing, "
        "CASE WHEN r.nbytes > 8 THEN r.nbytes END AS some, CASE WHEN r.nbytes > 8 THEN true END AS maybe, "
        "r.structure AS structure, [r.nbytes] AS list"
    )
    assert {name: str(kind) for name, kind in table.dtypes.items()} == {
        "hid": "str", "size": "int64", "value": "float64", "big": "bool", "nothing": "object", "some": "Int64",
        "maybe": "boolean", "structure": "object", "list": "object",
    }  # fmt: skip
    assert table["some"].isna().any()
    assert table["some"].notna().any()


def test_big_integers_stay_exact() -> None:
    table = to_frame(["x"], [(2**53 + 1,), (0.5,)])
    assert table["x"].tolist() == [2**53 + 1, 0.5]
    assert to_frame(["x"], [(2**62 + 1,), (None,)])["x"].dtype == "Int64"


def test_times_are_times(storage: Storage) -> None:
    table = storage.query(
        "MATCH (c:Call) RETURN datetime({epochSeconds: toInteger(c.started)}) AS t, datetime('2024-05-01T10:00+02:00') AS u"
    )
    assert str(table["t"].dtype).startswith("datetime64[")
    assert str(table["t"].dt.tz) in ("UTC", "Etc/UTC")
    assert table["u"].iloc[0] == pd.Timestamp("2024-05-01T10:00+02:00")


def test_empty_results_have_their_columns(storage: Storage) -> None:
    table = storage.query("MATCH (c:Call {op: 'nope'}) RETURN c.hid AS hid, c.started")
    assert isinstance(table, pd.DataFrame)
    assert table.columns.tolist() == ["hid", "c.started"]
    assert len(table) == 0


def test_nodes_are_handles(storage: Storage) -> None:
    table = storage.query(
        "MATCH (m:Ref)-[:INPUT]->(c:Call {op: 'score'})-[:OUTPUT]->(a) RETURN m, c, a ORDER BY a.value"
    )
    first = table.iloc[0]
    assert isinstance(first.a, Ref)
    assert isinstance(first.c, Call)
    assert storage.unwrap(first.a) == pytest.approx(0.075)
    assert first.a.properties["value"] == storage.unwrap(first.a)
    assert set(first.a.properties) == {"hid", "cid", "type", "preview", "nbytes", "value", "name"}
    assert storage.unwrap(first.m) == {"w": 0.75}
    whole = storage.get_call(first.c.hid)
    assert (first.c, first.c.inputs, first.c.outputs) == (whole, {"model": first.m}, {"acc": first.a})
    assert first.c.op == whole.op
    assert first.c.properties == whole.properties
    again = pickle.loads(pickle.dumps(first.c))
    assert (again, again.outputs) == (whole, whole.outputs)
    assert repr(first.c) == repr(whole)


def test_edges_of_many_calls_are_fetched_together(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = storage.query("MATCH (c:Call) RETURN c")["c"].tolist()
    assert len(calls) == 6
    fetched: list[int] = []
    original = storage.store.calls
    monkeypatch.setattr(storage.store, "calls", lambda hids: fetched.append(1) or original(hids))
    assert all(c.inputs and c.outputs for c in calls)
    assert len(fetched) == 1


def test_relationships_and_paths(storage: Storage) -> None:
    query = "MATCH p = (r:Ref)-[e:INPUT]->(c:Call {op: 'score'}) RETURN e, p, {n: r, l: [c]} AS m, r, c"
    row = storage.query(query).iloc[0]
    assert row.e == {"type": "INPUT", "source": row.r.hid, "target": row.c.hid, "name": "model"}
    assert row.p == [row.r, row.c]
    assert row.m == {"n": row.r, "l": [row.c]}


# -- drawings ------------------------------------------------------------------------------------------------


def test_a_result_as_a_graph(storage: Storage) -> None:
    graph = storage.query("MATCH p = (:Ref)-[:INPUT]->(c:Call {op: 'score'})-->() RETURN p", as_graph=True)
    assert (len(graph.nodes), len(graph.edges)) == (9, 6)
    data = json.loads(json.dumps(graph.to_dict()))
    ids = {n["id"]: n["label"] for n in data["nodes"]}
    assert sorted(ids.values()) == ["Call"] * 3 + ["Ref"] * 6
    for edge in data["edges"]:
        assert ids[edge["source"]], (
            ids[edge["target"]] == ("Ref", "Call") if edge["type"] == "INPUT" else ("Call", "Ref")
        )
    assert len({e["id"] for e in data["edges"]}) == 6
    assert {n["properties"]["hid"] for n in data["nodes"]} == ids.keys()


def test_a_graph_is_whole(storage: Storage) -> None:
    alone = storage.query("MATCH (c:Call) RETURN c", as_graph=True)
    assert (len(alone.nodes), len(alone.edges)) == (6, 0)
    ends = storage.query("MATCH (:Ref)-[e:INPUT]->(:Call {op: 'train'}) RETURN e", as_graph=True)
    assert (len(ends.nodes), len(ends.edges)) == (7, 6)  # 3 calls, 3 rates, 1 list
    between = storage.query("MATCH (c:Call {op: 'train'}), (r:Ref) RETURN r, c", as_graph=True)
    assert {e.type for e in between.edges} == {"INPUT", "OUTPUT"}
    code = storage.query("MATCH (v:Version)-[e]->(x) RETURN [v, e], {x: x} AS x", as_graph=True)
    assert {label for n in code.nodes for label in n.labels} == {"Version", "Op", "Component"}
    assert {e.type for e in code.edges} == {"OF", "DEPENDS_ON"}


# -- streams -------------------------------------------------------------------------------------------------


def test_rows_one_by_one(storage: Storage) -> None:
    query = "MATCH (c:Call) RETURN c, c.op AS op ORDER BY op, c.hid"
    whole = storage.query(query).to_dict("records")
    with storage.query(query, stream=True) as rows:
        assert rows.columns == ("c", "op")
        assert list(rows) == whole
        assert next(rows, None) is None


def test_a_stream_takes_little_memory(storage: Storage) -> None:
    long = " + ".join(["a.hid + b.hid"] * 8)
    query = f"MATCH (a:Ref), (b:Ref), (c:Ref), (d:Ref) RETURN {long} AS s"
    tracemalloc.start()
    try:
        n = sum(1 for _ in storage.query(query, stream=True))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert n == 10_000
    assert peak < 4e6  # at once they take some 9 MB


def test_a_stream_may_be_left(storage: Storage) -> None:
    endless = "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN a, b"
    with storage.query(endless, stream=True) as rows:
        assert next(rows) == {"a": 1, "b": 1}
    assert list(rows) == []
    del rows
    forgotten = storage.query(endless, stream=True)
    next(forgotten)
    del forgotten
    assert len(storage.query("MATCH (c:Call) RETURN c")) == 6


def test_writing_goes_on_beside_a_stream(storage: Storage) -> None:
    from tests.query.conftest import score

    with storage.query("MATCH (c:Call) RETURN c.hid AS hid", stream=True) as rows:
        next(rows)
        with storage:
            score({"w": 5.0})
        assert len(list(rows)) >= 5
    assert len(storage.query("MATCH (c:Call) RETURN c")) == 7


# -- limits --------------------------------------------------------------------------------------------------


def test_limits(storage: Storage) -> None:
    many = "UNWIND range(1, 20000) AS x RETURN x"
    assert len(storage.query(many)) == 20_000
    assert len(storage.query(many, max_rows=20_000)) == 20_000
    with pytest.raises(ResultTooLarge, match="more than 19999 rows; add a LIMIT"):
        storage.query(many, max_rows=19_999)
    with pytest.raises(QueryTimeout, match=r"longer than 0\.5 s"):
        storage.query(SLOW, timeout=0.5)
    with pytest.raises(QueryTimeout, match=r"longer than 0\.5 s"):
        next(storage.query(SLOW, timeout=0.5, stream=True))
    assert storage.query("RETURN 1 AS x")["x"].tolist() == [1]


# -- parameters ----------------------------------------------------------------------------------------------


def test_parameters(storage: Storage) -> None:
    acc = storage.query("MATCH (:Call {op: 'score'})-[:OUTPUT]->(a) RETURN a ORDER BY a.value")["a"].tolist()
    given = {
        "ref": acc[0],
        "refs": (acc[0], acc[1]),
        "map": {"n": np.int64(3), "x": np.array([1.5, 2.5])},
        "none": None,
    }
    row = storage.query("RETURN $ref, $refs, $map, $none, $f, $b", given, f=np.float64(0.5), b=np.True_).iloc[0]
    assert row.tolist() == [acc[0].hid, [a.hid for a in acc[:2]], {"n": 3, "x": [1.5, 2.5]}, None, 0.5, True]
    assert list(storage.query("MATCH (r:Ref {hid: $ref}) RETURN r", ref=acc[2])["r"]) == [acc[2]]


def test_parameters_may_be_named_as_options(storage: Storage) -> None:
    given = {"timeout": 1, "stream": 2, "parameters": 3, "self": 4, "statement": 5, "as_graph": 6}
    row = storage.query("RETURN $timeout, $stream, $parameters, $self, $statement, $as_graph", given).iloc[0]
    assert row.tolist() == [1, 2, 3, 4, 5, 6]
    assert storage.query("RETURN $self + $statement AS x", self=1, statement=2)["x"].tolist() == [3]


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda s: s.query("RETURN $threshold", treshold=1), CypherError, r"\$threshold; did you mean it by treshold"),
        (lambda s: s.query("RETURN $x"), CypherError, r"\$x: give it as x="),
        (lambda s: s.query("RETURN $x", {"x": 1}, x=1), UsageError, "given twice"),
        (lambda s: s.query("RETURN $x", [1]), UsageError, "mapping"),
        (lambda s: s.query("RETURN $x", x={1}), UsageError, r"\$x is a set"),
        (lambda s: s.query("RETURN $x", x=[{"a": b""}]), UsageError, r"\$x\[0\].a is a builtins.bytes"),
        (lambda s: s.query("RETURN $x", x={1: 2}), UsageError, "keys of maps are strings"),
        (lambda s: s.query("RETURN $x", x=2**63), UsageError, "64 bits"),
        (lambda s: s.query("RETURN $x", x=pd.Timestamp("2026-01-01")), UsageError, r"\.timestamp\(\)"),
        (lambda s: s.query(b"RETURN 1"), UsageError, "Cypher text or a node set"),
        (lambda s: s.query("RETURN 1 AS x", stream=True, as_graph=True), UsageError, "not both"),
        (lambda s: s.query("RETURN 1 AS x", timeout=0), UsageError, "seconds"),
        (lambda s: s.query("RETURN 1 AS x", max_rows=-1), UsageError, "max_rows"),
        (lambda s: s.query("MATCH (call:Call) RETURN cal.hid"), CypherSyntaxError, "did you mean `call`"),
        (lambda s: s.query("MATCH (c:Call) RETRUN c"), CypherSyntaxError, "line 1, column 16"),
        (lambda s: s.query("MATCH (c:Call) DELETE c"), CypherError, "DELETE|only read"),
        (lambda s: s.query("UNWIND [1, 0] AS x RETURN 1 / x AS y"), CypherError, "zero"),
        (lambda s: s.ask("best-run", metric="acc"), CypherError, "did you mean best-runs"),
        (lambda s: s.ask("best-runs", metric="acc", limits=1), CypherError, "did you mean limit"),
        (lambda s: s.ask("best-runs"), CypherError, "needs metric: the name of the output"),
    ],
)  # fmt: skip
def test_mistakes(storage: Storage, ask: Callable[[Storage], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ask(storage)


def test_a_label_that_is_not_there_is_noted(storage: Storage, caplog: pytest.LogCaptureFixture) -> None:
    assert len(storage.query("MATCH (c:Cal) RETURN c")) == 0
    assert "did you mean Call" in caplog.text


# -- saved questions and explanations ------------------------------------------------------------------------


def test_asking(storage: Storage) -> None:
    best = storage.ask("best-runs", metric="acc", limit=2)
    assert best["metric"].tolist() == pytest.approx([0.225, 0.15])
    assert set(best["op"]) == {"score"}
    assert {q.name for q in storage.questions()} >= {"best-runs", "where-from", "path-between"}
    ref = storage.query("MATCH (r:Ref) WHERE r.value = 0.25 RETURN r")["r"].iloc[0]
    assert storage.ask("from-data-set", ref=ref)["op"].tolist() == ["train", "score"]
    assert [r["op"] for r in storage.ask("slowest-ops", stream=True, limit=1)] != []


def test_an_explanation(storage: Storage, engine: str) -> None:
    found = storage.explain_query("MATCH (c:Call {hid: $h})-[o:OUTPUT]->(r) RETURN o.name, r.hid", h="1f")
    text = str(found)
    assert found.engine == engine
    assert found.rows == 0
    assert "NodePattern 'c'" in text
    assert {"parse", "run"} <= found.seconds.keys()
    assert all(0 <= s < 60 for s in found.seconds.values())
    if engine == "sqlite":
        assert found.sql is not None
        assert 'c_2."hid" = ?' in found.sql
        assert "lower" in found.seconds
        assert any("INDEX sqlite_autoindex_call_1" in step for step in found.plan.steps)
    else:
        assert found.sql is None
        assert any("NodeUniqueIndexSeek" in step for step in found.plan.steps)
    assert storage.explain_query("MATCH (n:Nod) RETURN n", run=False).rows is None
    assert "did you mean" in str(storage.explain_query("MATCH (n:Cal) RETURN n", run=False))
