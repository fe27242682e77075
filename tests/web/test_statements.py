"""The statements of `cypher/browse/` find what they look for by an index, where there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mandala_graph.store.neo4j import Neo4jStore
from mandala_graph.store.statements import statement
from tests.engines import Server

FOLDER = Path(__file__).parents[2] / "cypher" / "browse"
NAMES = sorted(p.stem for p in FOLDER.glob("*.cypher"))
WITHOUT = {"refs_by_value", "refs_by_text"}


def test_every_statement_is_used() -> None:
    source = "".join(p.read_text() for p in (Path(__file__).parents[2] / "mandala_graph" / "web").glob("*.py"))
    asked = source.replace('f"{what}_by_prefix"', '"calls_by_prefix" "refs_by_prefix"')
    assert NAMES
    for name in NAMES:
        assert f'"{name}"' in asked


@pytest.mark.parametrize("name", NAMES)
def test_an_index_is_used(name: str, neo4j_server: Server) -> None:
    store = Neo4jStore(neo4j_server.url)
    given: dict[str, Any] = {"ids": ["x"], "ref": "x", "op": "x", "offset": 0, "limit": 1, "from": "0", "to": "1"}
    with store.link.session() as session:
        plan = session.run("EXPLAIN " + statement(f"browse/{name}"), {**given, "value": 1, "text": "x"}).consume().plan
    steps: list[str] = []

    def walk(step: Any) -> None:
        steps.append(step["operatorType"])
        for child in step.get("children", []):
            walk(child)

    walk(plan)
    store.close()
    assert any("Scan" in step for step in steps) == (name in WITHOUT), steps
