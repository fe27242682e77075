"""The same frames from real stores, on both engines, in few statements."""

from __future__ import annotations

import contextlib
import itertools
import random
from pathlib import Path
from typing import Any

import pytest

from mandala_graph.frame.body import Body
from mandala_graph.store import reach_sqlite
from mandala_graph.store.protocol import Store
from mandala_graph.store.reach import Edges, Part, reader
from mandala_graph.store.sqlite import SQLiteStore
from tests.frame.programs import MANY, OPS, Builder, Provenance
from tests.frame.stores import Counted, web_of_store, write
from tests.frame.test_expand import expand, named, refs_of, rows_of, start_op, start_vars


def program(seed: int, calls: int) -> tuple[Provenance, list[str]]:
    rng = random.Random(seed)
    b = Builder()
    pool = [b.raw(i) for i in range(3)] + [b.raw("data", scalar=False)]
    for _ in range(calls):
        op = rng.choice(sorted(OPS))
        n = 2 if op in MANY else 1
        pool += b.call(op, [(label, rng.choice(pool[-10:])) for label in OPS[op][0] for _ in range(n)])
    return b.provenance(), pool


def test_a_closure_is_the_same_read_from_the_whole_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prov, pool = program(1, 60)
    with contextlib.closing(SQLiteStore(tmp_path / "store.db")) as store:
        write(store, prov)
        r = reader(store)
        for start in pool:
            for direction in ("back", "forward", "both"):
                for follow in ((), (start,)):
                    found = []
                    for few in (1000, 0):
                        monkeypatch.setattr(reach_sqlite, "FEW", few)
                        found.append(edges_of(r.reach([start], (), direction, True, follow)))  # type: ignore[arg-type]
                    assert found[0] == found[1]


def edges_of(part: Part) -> Any:
    def told(edges: Edges) -> list[Any]:
        columns = edges.calls.tolist(), edges.labels, edges.indices.tolist(), edges.refs.tolist()
        return sorted((part.calls[c], x, i, part.refs[r]) for c, x, i, r in zip(*columns, strict=True))

    refs = sorted(zip(part.refs, part.plain.tolist(), part.made.tolist(), strict=True))
    return sorted(zip(part.calls, part.ops, strict=True)), refs, told(part.inputs), told(part.outputs)


@pytest.mark.parametrize("seed", range(6))
def test_a_store_gives_the_same_frames_as_plain_memory(store: Store, seed: int) -> None:
    prov, pool = program(seed, 25)
    write(store, prov)
    for op in ("inc", "fit", "__make_list__"):
        for how, turns, recursive in (("all", 1, True), ("back", None, True), ("forward", 2, True), ("back", 1, False)):
            web = web_of_store(store)
            web.load(web.reader.of_op(op))
            body = Body.from_op(web, op, [c for c, o in enumerate(web.call_op) if o == op])
            plain = start_op(prov, op)
            expand(body, how, turns, recursive)
            expand(plain, how, turns, recursive)
            assert named(body) == named(plain)
            assert rows_of(body) == rows_of(plain)
    used = set(refs_of(prov))
    for start in [*[r for r in pool if r in used][:4], pool[-1]]:
        for how in ("all", "back", "forward"):
            web = web_of_store(store)
            web.load(web.reader.reach([start], (), "none", False, ()))
            body, plain = Body.from_vars(web, {"v": {web.ref_of[start]}}), start_vars(prov, {"v": [start]})
            expand(body, how, 1)
            expand(plain, how, 1)
            assert named(body) == named(plain)


def deep(shape: str, layers: int) -> tuple[Provenance, str]:
    b = Builder()
    left = right = b.raw(0)
    for _ in range(layers):
        if shape == "chain":
            (left,) = b.call("inc", [("x", left)])
        else:
            (x,) = b.call("add", [("x", left), ("y", right)])
            (y,) = b.call("mix", [("y", left), ("z", right)])
            left, right = x, y
    return b.provenance(), left


@pytest.mark.parametrize("shape", ["chain", "ladder"])
@pytest.mark.parametrize("how", ["back", "forward", "all"])
def test_depth_costs_no_statements(store: Store, shape: str, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    prov, end = deep(shape, 1000)
    write(store, prov)
    first = next(c for c in prov.calls.values() if c.op == "inc" or c.op == "add").outputs[0][1]
    web = web_of_store(store)
    start = first if how == "forward" else end
    web.load(web.reader.reach([start], (), "none", False, ()))
    body = Body.from_vars(web, {"v": {web.ref_of[start]}})
    counted = Counted(store, monkeypatch)
    expand(body, how, 1)
    assert len(set().union(*body.funcs.values())) >= 999
    assert 1 <= len(counted.reads()) <= 10


def test_ways_up_and_down_and_between(store: Store) -> None:
    prov, end = deep("ladder", 30)
    write(store, prov)
    r = reader(store)
    refs, calls = r.ancestors(end)
    assert len(calls) == 59
    assert len(refs) == 59
    first = min((c for c in prov.calls.values()), key=lambda c: len(r.ancestors(c.id)[0]))
    below = r.descendants(first.id)
    assert end in below[0]
    way = r.path(first.id, end)
    assert way[0] == first.id
    assert way[-1] == end
    for a, b in itertools.pairwise(way):
        assert prov.creator.get(b) == a or a in [x for _, x in prov.calls[b].inputs]
    assert r.path(end, first.id) == []
    assert r.path(end, end) == [end]


def test_neo4j_prunes(store: Any) -> None:
    if store.info().engine != "neo4j":
        pytest.skip("plans of Neo4j")
    from mandala_graph.store.statements import statement

    with store.link.session() as session:
        for name in ("reach_back", "reach_up", "reach_down"):
            plan = session.run("EXPLAIN " + statement(f"read/{name}"), ids=["x"], hid="x").consume().plan
            assert "VarLengthExpand(Pruning,BFS" in str(plan)


def test_comparisons_in_the_store_look_at_values_of_one_kind(store: Store) -> None:
    from mandala_graph.store.protocol import Batch, CallRow, InputEdge, RefRow

    values: list[Any] = [1, 2.5, "2", True, None, "b"]
    refs = [RefRow(f"{i:040x}", f"{i:040x}", "t", "", 8, v) for i, v in enumerate(values)]
    edges = tuple(InputEdge("x", r.hid, i) for i, r in enumerate(refs))
    call = CallRow("c" * 40, "c" * 40, "f", "", "", 1.0, 1.0, "ok", edges, ())
    store.write(Batch({r.hid: r for r in refs}, {call.hid: call}))
    r = reader(store)
    hids = [x.hid for x in refs]

    def passed(condition: Any) -> list[Any]:
        found, unknown = r.passing(hids, condition)
        assert unknown == {hids[4]}
        return [values[i] for i, h in enumerate(hids) if h in found]

    assert passed((">", 1)) == [2.5]
    assert passed(("=", "2")) == ["2"]
    assert passed(("<=", "b")) == ["2", "b"]
    assert passed(("=", True)) == [True]
    assert passed(("=", 1)) == [1]
    assert passed(("<>", 1)) == [2.5, "2", True, "b"]
    assert passed(("IN", (1, "b", True))) == [1, True, "b"]
    assert passed(("NOT", (">", 1))) == [1]  # unknown is neither
    assert passed(("OR", (">", 2), ("<", "a"))) == [2.5, "2"]
    assert passed(("AND", (">=", 1), ("NOT", ("IN", (2.5, 7))))) == [1]
    assert passed(("STARTS WITH", "b")) == passed(("ENDS WITH", "b")) == passed(("CONTAINS", "b")) == ["b"]
    assert passed(("CONTAINS", "")) == ["2", "b"]
    assert passed(("NOT", ("CONTAINS", "b"))) == ["2"]
