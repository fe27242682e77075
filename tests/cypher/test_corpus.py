"""The front end against a real Neo4j: which queries it takes, what their columns are called, what their text means."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import neo4j
import pytest
from neo4j.exceptions import ClientError, DatabaseError

from mandala_graph.cypher.parser import parse
from mandala_graph.cypher.render import render
from mandala_graph.cypher.scope import check, prepare
from mandala_graph.cypher.tokens import tokenize
from mandala_graph.errors import CypherError, CypherSyntaxError, UnsupportedCypher
from tests import engines
from tests.cypher.corpus import ACCEPTED, REJECTED, UNSUPPORTED


def say(query: str) -> str:
    """What the front end says: accepted, unsupported or rejected."""
    try:
        prepare(query)
    except UnsupportedCypher:
        return "unsupported"
    except CypherSyntaxError:
        return "rejected"
    return "accepted"


@pytest.fixture(scope="module")
def session(neo4j_session_server: engines.Server) -> Iterator[neo4j.Session]:
    with (
        neo4j.GraphDatabase.driver(
            neo4j_session_server.uri, auth=neo4j_session_server.auth, notifications_min_severity="OFF"
        ) as driver,
        driver.session() as session,
    ):
        session.run("CALL db.clearQueryCaches()").consume()  # plans from before other tests' data
        yield session


def explain(session: neo4j.Session, query: str) -> str:
    try:
        session.run("EXPLAIN " + query).consume()  # type: ignore[arg-type]
    except (ClientError, DatabaseError):
        return "rejected"
    return "accepted"


def shape(plan: dict[str, Any]) -> tuple[str, list[Any]]:
    return plan["operatorType"], [shape(child) for child in plan.get("children", [])]


def test_the_corpus_is_large_and_each_query_is_in_it_once() -> None:
    everything = ACCEPTED + UNSUPPORTED + REJECTED
    assert len(everything) == len(set(everything)) >= 150
    assert min(len(ACCEPTED), len(REJECTED)) >= 150
    assert len(UNSUPPORTED) >= 30


@pytest.mark.parametrize(
    ("expected", "queries"), [("accepted", ACCEPTED), ("unsupported", UNSUPPORTED), ("rejected", REJECTED)]
)
def test_what_the_front_end_says(expected: str, queries: tuple[str, ...]) -> None:
    assert [(said, q) for q in queries if (said := say(q)) != expected] == []


@pytest.mark.parametrize("query", REJECTED + UNSUPPORTED)
def test_every_refusal_points_at_a_place(query: str) -> None:
    with pytest.raises(CypherError) as e:
        prepare(query)
    first, line, caret = str(e.value).split("\n")
    assert first.startswith(f"line {e.value.line}, column {e.value.column}: ")
    assert caret.strip() == "^"
    assert len(caret) <= len(line) + 1
    assert ("Neo4j runs it" in first) == isinstance(e.value, UnsupportedCypher)


@pytest.mark.parametrize(
    ("expected", "queries"), [("accepted", ACCEPTED), ("accepted", UNSUPPORTED), ("rejected", REJECTED)]
)
def test_what_neo4j_says(session: neo4j.Session, expected: str, queries: tuple[str, ...]) -> None:
    assert [(said, q) for q in queries if (said := explain(session, q)) != expected] == []


def test_rendered_text_has_the_plan_and_the_columns_of_the_original(session: neo4j.Session) -> None:
    different = []
    for query in ACCEPTED:
        result = session.run("EXPLAIN " + query)  # type: ignore[arg-type]
        columns, plan = tuple(result.keys()), shape(result.consume().plan)  # type: ignore[arg-type]
        tree = parse(query)
        if check(tree).columns != columns:
            different.append((query, f"columns {check(tree).columns}, Neo4j's {columns}"))
        for parenthesised in (False, True):
            text = render(tree, parenthesised)
            again = session.run("EXPLAIN " + text)  # type: ignore[arg-type]
            if tuple(again.keys()) != columns or shape(again.consume().plan) != plan:  # type: ignore[arg-type]
                different.append((query, text))
    assert different == []


def mutants(seed: int, count: int) -> Iterator[str]:
    """Queries of the corpus with a word or two taken out, doubled, exchanged or put in."""
    draw = random.Random(seed)
    cut = []
    for query in ACCEPTED:
        tokens = tokenize(query)
        cut.append([query[a:b] for a, b in zip(tokens.starts, tokens.ends, strict=True) if a < b])
    hints = {"USING"}  # whether a hint can be followed is a matter of plans and indexes, not of the text
    cut = [words for words in cut if not hints & set(words)]
    pool = sorted({word for words in cut for word in words})
    for _ in range(count):
        words = list(draw.choice(cut))
        for _ in range(draw.choice((1, 1, 1, 2))):
            at = draw.randrange(len(words))
            match draw.randrange(5):
                case 0 if len(words) > 1:
                    del words[at]
                case 1:
                    words.insert(at, words[at])
                case 2:
                    other = draw.randrange(len(words))
                    words[at], words[other] = words[other], words[at]
                case 3:
                    words[at] = draw.choice(pool)
                case _:
                    words.insert(at, draw.choice(pool))
        yield " ".join(words)


def test_neo4j_agrees_on_mutated_queries(session: neo4j.Session) -> None:
    different = []
    for query in mutants(seed=20261124, count=500):
        said = say(query)
        if said != "unsupported" and explain(session, query) != said:
            different.append((said, query))
    assert different == []
