"""Cypher on the SQLite store: runs it (`mandala_graph.cypher`), and gives its results the form of the protocol."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from mandala_graph.cypher.run import run_on_sqlite
from mandala_graph.cypher.values import Node, Path, Relationship
from mandala_graph.store.protocol import GraphNode, GraphPath, GraphRelationship, Table

__all__ = ["query"]


def query(
    connection: sqlite3.Connection,
    statement: str,
    parameters: Mapping[str, Any],
    time_limit: float,
    max_rows: int | None = None,
) -> Table:
    """The result of a query of the subset. Element ids are the keys of nodes, and their ends' for relationships."""
    found = run_on_sqlite(connection, statement, parameters, time_limit=time_limit, max_rows=max_rows, cut=True)
    return Table(found.columns, [tuple([_form(cell) for cell in row]) for row in found.rows])


def _form(value: Any) -> Any:
    if isinstance(value, Node):
        return GraphNode((value.label,), dict(value.properties), value.key)
    if isinstance(value, Relationship):
        element_id = f"{value.start} {value.type} {value.end}"
        return GraphRelationship(value.type, dict(value.properties), element_id, value.start, value.end)
    if isinstance(value, Path):
        return GraphPath(tuple(map(_form, value.nodes)), tuple(map(_form, value.relationships)))
    if isinstance(value, list):
        return [_form(v) for v in value]
    if isinstance(value, dict):
        return {k: _form(v) for k, v in value.items()}
    return value
