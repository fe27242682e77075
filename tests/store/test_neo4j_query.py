"""Statements on Neo4j: users' queries come back as plain Python, and ours run by index, whatever the store's size."""

from __future__ import annotations

import datetime
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mandala_graph import errors
from mandala_graph.store.neo4j import Neo4jStore
from mandala_graph.store.protocol import Batch, CallRow, GraphNode, GraphPath, GraphRelationship, InputEdge
from mandala_graph.store.statements import statement, statements
from tests import engines
from tests.store.neo4j_children import a_batch, a_call, a_ref, some_id

CYPHER = Path(__file__).parents[2] / "cypher"


@pytest.fixture
def store(neo4j_server: engines.Server) -> Iterator[Neo4jStore]:
    store = Neo4jStore(neo4j_server.url)
    yield store
    store.close()


def test_graph_values_are_plain_tuples(store: Neo4jStore) -> None:
    refs, call = a_call(1)
    store.write(a_batch([1]))
    table = store.query(
        "MATCH p = (r:Ref {hid: $hid})-[i:INPUT]->(c:Call) RETURN r, i, c.op AS op, p, {refs: [r], n: 1} AS m",
        {"hid": refs[1].hid},
    )
    assert table.columns == ("r", "i", "op", "p", "m")
    ((r, i, op, p, m),) = table.rows
    assert type(r) is GraphNode
    assert r.labels == ("Ref",)
    assert r.properties == {k: v for k, v in refs[1]._asdict().items() if v is not None} | {"name": refs[1].preview}
    assert type(i) is GraphRelationship
    assert (i.type, i.properties, i.source) == ("INPUT", {"name": "y"}, r.element_id)
    assert op == call.op
    assert type(p) is GraphPath
    assert p.nodes[0] == r
    assert p.relationships == (i,)
    assert p.nodes[1].element_id == i.target
    assert m == {"refs": [r], "n": 1}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[1, 2.5, 'x', true, null]", [1, 2.5, "x", True, None]),
        ("datetime('2024-05-01T10:00:00Z')", datetime.datetime(2024, 5, 1, 10, tzinfo=datetime.UTC)),
        ("date('2024-05-01')", datetime.date(2024, 5, 1)),
        ("duration('P1DT2S')", datetime.timedelta(days=1, seconds=2)),
        ("duration('P1M')", "P1M"),
        ("point({x: 1.0, y: 2.0})", (1.0, 2.0)),
    ],
)
def test_other_values(store: Neo4jStore, expression: str, value: Any) -> None:
    ((found,),) = store.query(f"RETURN {expression} AS v", {}).rows
    assert found == value
    assert type(found).__module__.partition(".")[0] != "neo4j"


@pytest.mark.parametrize("value", [0, 1, -(2**63), 2**63 - 1, 0.5, float("inf"), "", "ü", True, False, None])
def test_native_values_keep_their_type(store: Neo4jStore, value: Any) -> None:
    ref = a_ref("native", value=value)
    store.write(Batch(refs={ref.hid: ref}))
    found = store.refs([ref.hid])[ref.hid]
    assert found == ref
    assert type(found.value) is type(value)


@pytest.mark.parametrize(
    "query",
    [
        "CREATE (:Ref)",
        "MATCH (s:Store) DELETE s",
        "MATCH (s:Store) SET s.format = 7",
        "CREATE INDEX FOR (n:X) ON (n.y)",
    ],
)
def test_a_query_that_writes_is_refused(store: Neo4jStore, query: str) -> None:
    with pytest.raises(errors.CypherError, match="only read"):
        store.query(query, {})
    assert store.counts() == {**dict.fromkeys(store.counts(), 0), "Store": 1}


def test_a_wrong_query_says_where(store: Neo4jStore) -> None:
    with pytest.raises(errors.CypherSyntaxError, match="line 1, column"):
        store.query("MATCH (n RETURN n", {})
    with pytest.raises(errors.CypherError, match="threshold"):
        store.query("MATCH (n:Ref) WHERE n.value > $threshold RETURN n", {})


def test_a_query_that_takes_too_long_is_ended(neo4j_server: engines.Server) -> None:
    store = Neo4jStore(neo4j_server.url, query_timeout=0.5)
    began = time.monotonic()
    with pytest.raises(errors.CypherError, match="took longer"):
        store.query("UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN sum(a * b % 7)", {})
    assert time.monotonic() - began < 30
    assert store.query("RETURN 1", {}).rows == [(1,)]
    store.close()


@pytest.mark.timeout(60)
def test_ctrl_c_while_the_thread_of_a_query_starts(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = store.stream("UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN a, b", {})
    assert len(stream.page(1000)) == 1000
    start = threading.Thread.start

    def start_and_interrupt(thread: threading.Thread) -> None:
        start(thread)
        if thread.name == "mandala_graph query":
            monkeypatch.undo()
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(threading.Thread, "start", start_and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        stream.page(1000)
    assert stream.page(1000) == []
    ours = store.query("SHOW TRANSACTIONS YIELD metaData WHERE metaData.mandala_graph IS NOT NULL", {}).rows
    assert len(ours) == 1  # the one that asks


def test_a_parameter_that_bolt_cannot_send_is_named(store: Neo4jStore) -> None:
    with pytest.raises(errors.CypherError, match="parameter"):
        store.query("RETURN $x", {"x": object()})
    with pytest.raises(errors.CypherError, match="parameter"):
        store.query("RETURN $x", {"x": 2**70})
    assert store.query("RETURN 1", {}).rows == [(1,)]


def plan_of(store: Neo4jStore, text: str) -> list[str]:
    many: dict[str, list[str]] = {k: [] for k in ("refs", "written", "calls", "hids", "cids", "ids", "rows", "keys")}
    with store.link.session(write=True) as session:
        one = {"op": "x", "version": "v", "limit": 10, "at": 1.0}
        plan = session.run("EXPLAIN " + text, {**many, **one}).consume().plan  # type: ignore[arg-type]
    found: list[str] = []

    def walk(step: dict[str, Any]) -> None:
        found.append(f"{step['operatorType']} {step['args'].get('Details', '')}")
        for child in step.get("children", []):
            walk(child)

    assert plan is not None
    walk(plan)
    return found


WHOLE_LABEL = {
    f"read/{n}"
    for n in (
        "ops",
        "runs",
        "versions",
        "changes",
        "orphans",
        "calls_of",
        "calls_in_order",
        "faults",
        "store",
        "counts",
        "epoch",
        "reach_size",
    )
} | {"write/epoch", "write/lease", "write/release", "write/rename_op"}
"""Statements that look at every node of a label: because that is what they are asked for, or as there are few."""


@pytest.mark.parametrize("calls", [0, 300])
def test_statements_find_their_nodes_by_index(store: Neo4jStore, calls: int) -> None:
    store.write(a_batch(range(calls)))
    store.query("CALL db.clearQueryCaches() YIELD value RETURN value", {})
    names = {f"{p.parent.name}/{p.stem}" for folder in ("read", "write") for p in (CYPHER / folder).glob("*.cypher")}
    assert names > WHOLE_LABEL
    for name in sorted(names - WHOLE_LABEL):
        for text in statements(name):
            plan = plan_of(store, text)
            assert not [step for step in plan if "Scan" in step], (name, plan)


def test_reachability_visits_each_node_once(store: Neo4jStore) -> None:
    store.write(a_batch(range(10)))
    assert any("VarLengthExpand(Pruning,BFS" in step for step in plan_of(store, statement("read/descendants")))


def test_only_dropped_refs_are_searched_for_values_that_come_back(store: Neo4jStore) -> None:
    assert any("n:Ref(cid, dropped)" in step for step in plan_of(store, statement("write/batch")))


def ladder(layers: int) -> Batch:
    """Each layer's two calls read what both calls of the layer before made: 2 ** layers paths."""
    batch = Batch()
    below = [a_ref("bottom", k, value=k) for k in range(2)]
    batch.refs.update((r.hid, r) for r in below)
    for layer in range(layers):
        above = []
        for k in range(2):
            out = a_ref(layer, k)
            call = CallRow(
                some_id("rung", layer, k), some_id("rung content", layer, k), "rung", "", "run", 1.0, 1.0, "ok",
                (InputEdge("a", below[0].hid), InputEdge("b", below[1].hid)), (("out", out.hid),),
            )  # fmt: skip
            batch.refs[out.hid] = out
            batch.calls[call.hid] = call
            above.append(out)
        below = above
    return batch


@pytest.mark.parametrize("starts", [1, 60])
def test_descendants_of_a_ladder(store: Neo4jStore, starts: int) -> None:
    store.write(ladder(100))
    first = [some_id("rung", layer, 0) for layer in range(starts)]
    expected = {some_id("rung", layer, k) for layer in range(1, 100) for k in range(2)} | {first[0]}
    began = time.monotonic()
    assert store.descendants([*first, some_id("no such call")]) == expected
    assert time.monotonic() - began < 20  # 2 ** 100 paths are never walked
    assert store.descendants([]) == set()


def test_many_ids_are_asked_for_in_pages(store: Neo4jStore) -> None:
    store.write(a_batch(range(12_000)))
    hids = [some_id("call", i) for i in range(12_100)]
    by_hid, by_cid = store.lookup(hids, [some_id("call content", i) for i in range(11_000, 12_100)])
    assert len(by_hid) == 12_000
    assert len(by_cid) == 1_000
    rows, complete = store.prefetch("both", 12_000)
    assert complete
    assert [r.hid for r in rows[:2]] == [hids[11_999], hids[11_998]]  # the newest first
    assert {r.hid: set(r.outputs) for r in rows} == {hid: set(r.outputs) for hid, r in by_hid.items()}
    rows, complete = store.prefetch("both", 11_999)
    assert not complete
    assert len(rows) == 11_999
    assert len(store.calls(hids)) == 12_000
    assert store.calls_of("both") == hids[:12_000]
