"""Each saved question runs on both engines and gives the same table, which is not always empty."""

from __future__ import annotations

import pytest

from mandala_graph.cypher.questions import Question, question, questions
from mandala_graph.errors import CypherError
from tests.cypher.conftest import Ask
from tests.cypher.pool import pool


def _values(q: Question) -> list[dict[str, object]]:
    """Parameters to ask with: a few refs that lead somewhere, and the pool's names."""
    calls = pool().calls.values()
    ends = [(c.inputs[0].ref, c.outputs[0][1]) for c in calls if c.inputs and c.outputs]
    names = {p.name for p in q.parameters}
    found = []
    for start, end in ends[:6]:
        known = {
            "ref": start if q.name != "where-from" else end, "start": start, "end": end, "metric": "acc",
            "first": "run0", "second": "run1", "run": "run1", "op": "train",
        }  # fmt: skip
        found.append({k: v for k, v in known.items() if k in names})
    return found


@pytest.mark.parametrize("q", questions(), ids=lambda q: q.name)
def test_question(ask_both: Ask, q: Question) -> None:
    assert q.title and q.comment and all(p.meaning for p in q.parameters)
    rows = 0
    for given in _values(q):
        outcome = ask_both(q.text, q.bind(given))
        assert outcome.verdict == "same", outcome.detail
        rows += outcome.rows
    assert rows or q.name == "duplicated-work"


def test_fifteen() -> None:
    assert len(questions()) >= 15


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
