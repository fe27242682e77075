"""Each saved question runs on both engines and gives the same table: the one that plain Python works out."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from mandala_graph.cypher.questions import Question, question, questions
from mandala_graph.cypher.run import run_on_sqlite
from mandala_graph.cypher.values import Node
from mandala_graph.errors import CypherError
from mandala_graph.store.protocol import Batch, CallRow
from mandala_graph.store.sqlite import SQLiteStore
from tests.cypher.answers import ANSWERS
from tests.cypher.compare import normal
from tests.cypher.conftest import Ask
from tests.cypher.pool import NAMES, OPS, pool


def _values(q: Question, batch: Batch) -> list[dict[str, Any]]:
    """Parameters to ask with: every value of those that are names, some refs and pairs of refs."""
    names = {p.name for p in q.parameters}
    refs = sorted(batch.refs)
    runs = sorted(batch.runs)
    found: list[dict[str, Any]] = [{}]
    for name, values in (
        ("metric", NAMES), ("op", OPS), ("run", [*runs, "nobody"]), ("first", runs), ("second", runs[1:]),
        ("ref", [*refs[::3], "nobody"]),
    ):  # fmt: skip
        if name in names:
            found = [{**f, name: v} for f in found for v in values]
    if "start" in names:
        pairs = [(c.inputs[0].ref, d.outputs[-1][1]) for c in batch.calls.values() for d in batch.calls.values()
                 if c.inputs and d.outputs]  # fmt: skip
        found = [{"start": a, "end": b} for a, b in pairs[:: max(1, len(pairs) // 60)] if a != b]
    return [{**f, **({"limit": 10_000} if "limit" in names else {})} for f in found]


def _table(columns: tuple[str, ...], rows: list[tuple[Any, ...]], only: set[str]) -> Counter[Any]:
    return Counter(
        tuple(
            (c, normal(v.key if isinstance(v, Node) else v, {}))
            for c, v in sorted(zip(columns, row, strict=True))
            if c in only
        )
        for row in rows
    )


def _hold(q: Question, batch: Batch, run: Callable[[dict[str, Any]], Any]) -> int:
    """Compare a question's answers with those of plain Python; how many rows there were."""
    n = 0
    for given in _values(q, batch):
        expected = list(ANSWERS[q.name](batch, **{k: v for k, v in given.items() if k != "limit"}))
        columns, rows = run(q.bind(given))
        only = set(expected[0]) if expected else set(columns)
        assert only <= set(columns)
        wanted = Counter(tuple((c, normal(v, {})) for c, v in sorted(row.items())) for row in expected)
        assert _table(columns, rows, only) == wanted, given
        n += len(rows)
    return n


@pytest.mark.parametrize("q", questions(), ids=lambda q: q.name)
def test_question(ask_both: Ask, sqlite_pool: sqlite3.Connection, q: Question) -> None:
    assert q.title
    assert q.comment
    assert all(p.meaning for p in q.parameters)
    for given in _values(q, pool())[:8]:
        outcome = ask_both(q.text, q.bind(given))
        assert outcome.verdict == "same", outcome.detail
    rows = _hold(q, pool(), lambda given: run_on_sqlite(sqlite_pool, q.text, given))
    assert rows or q.name == "duplicated-work"


def test_duplicated_work(tmp_path: Any) -> None:
    """The pool holds no contents twice."""
    batch = pool(seed=3, graphs=5)
    for i, (hid, c) in enumerate(list(batch.calls.items())):
        batch.calls[f"{i:040x}"] = CallRow(f"{i:040x}", c.cid, *c[2:6], c.duration + i, c.status, (), ())
        assert hid != f"{i:040x}"
    store = SQLiteStore(str(tmp_path / "a.db"))
    store.write(batch)
    q = question("duplicated-work")
    assert _hold(q, batch, lambda given: store.query(q.text, given)) > 5
    store.close()


def test_each_question_has_an_answer_of_its_own() -> None:
    assert len(questions()) >= 15
    assert {q.name for q in questions()} == set(ANSWERS)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: question("best-run"), "did you mean best-runs"),
        (lambda: question("best-runs").bind({}), "needs metric"),
        (lambda: question("best-runs").bind({"metric": "a", "limits": 1}), "did you mean limit"),
    ],
)
def test_mistakes_are_named(call: object, message: str) -> None:
    with pytest.raises(CypherError, match=message):
        call()  # type: ignore[operator]
