"""Expansion and rows against the oracle, and the laws of frames, on random programs."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandala_graph.errors import JoinTooLarge
from mandala_graph.frame import fits
from mandala_graph.frame.body import Body
from mandala_graph.frame.expand import Expander
from mandala_graph.frame.rows import table
from tests.frame.oracle import Oracle
from tests.frame.programs import Builder, Provenance, programs, web_of

TURNS = st.sampled_from([1, 1, 2, None])
PLANS = st.lists(st.tuples(st.sampled_from(["back", "forward", "all"]), TURNS, st.booleans()), min_size=1, max_size=3)


@pytest.fixture(params=["element by element", "in arrays"], autouse=True, scope="module")
def large(request: pytest.FixtureRequest) -> Any:
    """Both ways in which `fits` looks at a change give the same frames."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "in arrays":
            patch.setattr(fits, "LARGE", 0)
        yield


def start_op(prov: Provenance, op: str) -> Body:
    web = web_of(prov)
    web.load(web.reader.of_op(op))
    return Body.from_op(web, op, [c for c, o in enumerate(web.call_op) if o == op])


def start_vars(prov: Provenance, named: dict[str, list[str]]) -> Body:
    web = web_of(prov)
    web.load(web.reader.reach([r for rs in named.values() for r in rs], (), "none", False, ()))
    return Body.from_vars(web, {n: {web.ref_of[r] for r in rs} for n, rs in named.items()})


def expand(body: Body, how: str, turns: int | None, recursive: bool = True) -> None:
    e = Expander(body, turns)
    if how == "all":
        e.all()
    else:
        getattr(e, how)(recursive)


def named(body: Body) -> tuple[Any, ...]:
    ref, call = body.web.ref_ids, body.web.call_ids
    return (
        [(v, sorted(ref[r] for r in rs)) for v, rs in body.vars.items()],
        [(f, sorted(call[c] for c in cs)) for f, cs in body.funcs.items()],
        body.ops,
        sorted(body.edges),
    )


def told(o: Oracle) -> tuple[Any, ...]:
    return (
        [(v, sorted(rs)) for v, rs in o.variables.items()],
        [(f, sorted(cs)) for f, cs in o.functions.items()],
        o.op,
        sorted(o.wires),
    )


def rows_of(body: Body) -> list[list[tuple[str, list[str]]]]:
    names = {n: body.web.ref_ids if n in body.vars else body.web.call_ids for n in body.nodes()}
    return sorted(
        sorted((n, sorted(names[n][x] for x in cell)) for n, cell in row.items()) for row in table(body).as_dicts()
    )


def rows_told(o: Oracle) -> list[list[tuple[str, list[str]]]]:
    return sorted(sorted((n, sorted(cell)) for n, cell in row.items()) for row in o.rows())


def refs_of(prov: Provenance) -> list[str]:
    return sorted({r for c in prov.calls.values() for _, r in (*c.inputs, *c.outputs)})


@settings(max_examples=150, deadline=None)
@given(programs(), st.data())
def test_frames_of_ops_are_what_the_oracle_says(prov: Provenance, data: st.DataObject) -> None:
    op = data.draw(st.sampled_from(sorted({c.op for c in prov.calls.values()})))
    body, oracle = start_op(prov, op), Oracle.of_op(prov, op)
    for how, turns, recursive in data.draw(PLANS):
        expand(body, how, turns, recursive)
        oracle.expand(how, turns, recursive or how == "all")
        assert named(body) == told(oracle)
        assert body.problems() == []
    if len(oracle.histories()) <= 9:
        assert rows_of(body) == rows_told(oracle)


@settings(max_examples=100, deadline=None)
@given(programs(), st.data())
def test_frames_of_refs_are_what_the_oracle_says(prov: Provenance, data: st.DataObject) -> None:
    some = st.lists(st.sampled_from(refs_of(prov)), min_size=1, max_size=3, unique=True)
    start = data.draw(st.dictionaries(st.sampled_from(["v", "x", "y", "model"]), some, min_size=1, max_size=3))
    body, oracle = start_vars(prov, start), Oracle.of_variables(prov, start)
    for how, turns, recursive in data.draw(PLANS):
        expand(body, how, turns, recursive)
        oracle.expand(how, turns, recursive or how == "all")
        assert named(body) == told(oracle)
        assert body.problems() == []
    if len(oracle.histories()) <= 9:
        assert rows_of(body) == rows_told(oracle)


@settings(max_examples=80, deadline=None)
@given(programs(max_calls=14), st.data(), TURNS)
def test_recursive_expansion_back_reaches_exactly_the_ancestors(
    prov: Provenance, data: st.DataObject, turns: int | None
) -> None:
    start = data.draw(st.sampled_from(refs_of(prov)))
    body = start_vars(prov, {"v": [start]})
    expand(body, "back", turns)
    calls: set[str] = set()
    todo = [start]
    while todo:
        c = prov.creator.get(todo.pop())
        if c is not None and c not in calls:
            calls.add(c)
            todo += [r for _, r in prov.calls[c].inputs]
    assert {body.web.call_ids[c] for cs in body.funcs.values() for c in cs} == calls


@settings(max_examples=80, deadline=None)
@given(programs(max_calls=14), st.data(), TURNS, st.sampled_from(["back", "forward"]))
def test_recursive_is_single_steps_repeated(prov: Provenance, data: st.DataObject, turns: int | None, how: str) -> None:
    op = data.draw(st.sampled_from(sorted({c.op for c in prov.calls.values()})))
    at_once, stepwise = start_op(prov, op), start_op(prov, op)
    expand(at_once, how, turns)
    last: Any = None
    while last != (last := named(stepwise)):
        expand(stepwise, how, turns, recursive=False)
    assert named(at_once) == named(stepwise)


@settings(max_examples=80, deadline=None)
@given(programs(max_calls=14, ops=("inc", "scale", "add", "mix", "fit", "split", "step")), st.data())
def test_unrolled_rows_upstream_have_one_element_a_cell(prov: Provenance, data: st.DataObject) -> None:
    body = start_vars(prov, {"v": [data.draw(st.sampled_from(refs_of(prov)))]})
    expand(body, "back", None)
    assert all(len(cell) == 1 for row in table(body).as_dicts() for cell in row.values())


@settings(max_examples=60, deadline=None)
@given(programs(max_calls=12), st.data(), TURNS, st.randoms(use_true_random=False))
def test_order_of_insertion_and_unrelated_calls_change_nothing(
    prov: Provenance, data: st.DataObject, turns: int | None, rng: random.Random
) -> None:
    op = data.draw(st.sampled_from(sorted({c.op for c in prov.calls.values()})))
    calls = list(prov.calls.values())
    rng.shuffle(calls)
    other = Builder()
    lonely = other.raw("elsewhere", scalar=False)
    if op != "inc":
        other.call("inc", [("x", lonely)])
    more = Provenance([*calls, *other.calls.values()], prov.scalars)
    first, second = start_op(prov, op), start_op(more, op)
    expand(first, "all", turns)
    expand(second, "all", turns)
    assert named(first) == named(second)
    assert rows_of(first) == rows_of(second)


def test_a_frame_of_an_op_has_a_row_a_call() -> None:
    b = Builder()
    for i in range(20):
        b.call("add", [("x", b.raw(i)), ("y", b.raw(i % 3))])
    assert table(start_op(b.provenance(), "add")).length == 20


def test_metrics_of_one_model_share_a_row_and_shared_data_does_not_multiply_them() -> None:
    b = Builder()
    data = b.raw("data", scalar=False)
    for i in range(30):
        model, _ = b.call("fit", [("X", data), ("y", data), ("lr", b.raw(i))])
        for _ in range(2):
            b.call("inc", [("x", model)])
        b.call("scale", [("X", model)])
    body = start_op(b.provenance(), "fit")
    expand(body, "all", 1)
    rows = list(table(body).as_dicts())
    assert len(rows) == 30
    assert all(set(row) == set(body.nodes()) for row in rows)


def test_a_table_that_explodes_says_what_multiplies() -> None:
    b = Builder()
    data = b.raw("data", scalar=False)
    for i in range(40):
        b.call("add", [("x", data), ("y", b.raw(i))])
        b.call("split", [("X", data), ("seed", b.raw(i))])
    body = start_vars(b.provenance(), {"data": [data]})
    expand(body, "forward", 1)
    assert table(body).length == 1600
    with pytest.raises(JoinTooLarge, match=r"1,600 rows.*X.*multiply"):
        table(body, max_rows=1000)


@pytest.mark.parametrize("shape", ["chain", "ladder"])
def test_deep_programs_take_few_statements(shape: str) -> None:
    b = Builder()
    left = right = b.raw(0)
    for _ in range(1000):
        if shape == "chain":
            (left,) = b.call("inc", [("x", left)])
        else:
            (a,) = b.call("add", [("x", left), ("y", right)])
            (c,) = b.call("mix", [("y", left), ("z", right)])
            left, right = a, c
    body = start_vars(b.provenance(), {"end": [left]})
    expand(body, "back", 1)
    assert len(set().union(*body.funcs.values())) == (1000 if shape == "chain" else 1999)
    assert body.web.reader.statements <= 3
    assert table(body).length == 1


def test_a_chain_with_every_turn_apart() -> None:
    b = Builder()
    ref = b.raw(0)
    for _ in range(60):
        (ref,) = b.call("inc", [("x", ref)])
    body = start_vars(b.provenance(), {"end": [ref]})
    expand(body, "back", None)
    assert len(body.funcs) == 60
    assert table(body).length == 1


_SEEDED = """
from tests.frame.test_expand import *
rng = random.Random(7)
b = Builder()
pool = [b.raw(i) for i in range(3)] + [b.raw("d", scalar=False)]
from tests.frame.programs import MANY, OPS
for _ in range(40):
    op = rng.choice(sorted(OPS))
    n = 2 if op in MANY else 1
    pool += b.call(op, [(label, rng.choice(pool[-12:])) for label in OPS[op][0] for _ in range(n)])
for op in ("inc", "fit"):
    for turns in (1, 2, None):
        body = start_op(b.provenance(), op)
        expand(body, "all", turns)
        print(named(body), rows_of(body), list(table(body).columns))
"""


def test_hash_seeds_change_nothing() -> None:
    printed = set()
    for seed in ("0", "1", "4242"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", _SEEDED], env=env, capture_output=True, text=True, check=True)
        printed.add(done.stdout)
    assert len(printed) == 1
    assert len(printed.pop()) > 1000
