"""Cells of a result as values: ids become nodes, relationships and paths, read from the tables a label at a time."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from mandala_graph.cypher.encoding import BITS, LABELS, MASK, TYPES, Cell, NodeId, PathIds, RelationshipId, decode
from mandala_graph.cypher.functions_graph import properties_of, restored, source_id, target_id
from mandala_graph.cypher.lower import Column, Lowered
from mandala_graph.cypher.values import Node, Path, Relationship
from mandala_graph.graph import NODES

__all__ = ["Handles"]


@dataclass(slots=True)
class Handles:
    """Ids in result rows, replaced by nodes, relationships and paths."""

    connection: sqlite3.Connection
    nodes: dict[int, Node] = field(default_factory=dict)

    def fetch(self, ids: set[int]) -> None:
        """Read these nodes, a table at a time."""
        for label, name in enumerate(LABELS):
            nids = [i >> BITS for i in ids if i & MASK == label and i not in self.nodes]
            if not nids:
                continue
            n = NODES[name]
            columns = ", ".join(f'"{p.name}"' for p in n.properties)
            sql = f"SELECT nid, {columns} FROM {n.table} WHERE nid IN (SELECT value FROM json_each(?))"
            for nid, *cells in self.connection.execute(sql, (json.dumps(nids),)):
                found = zip(n.properties, cells, strict=True)
                properties = {p.name: v for p, c in found if (v := restored(p.kind, p.name, c)) is not None}
                self.nodes[nid << BITS | label] = Node(name, properties)

    def value(self, v: Any) -> Any:
        if isinstance(v, NodeId):
            if v.id not in self.nodes:
                self.fetch({v.id})
            return self.nodes[v.id]
        if isinstance(v, RelationshipId):
            ends = [self.value(e).key for e in (source_id(v), target_id(v))]
            return Relationship(TYPES[v.type], ends[0], ends[1], properties_of(self.connection, v))
        if isinstance(v, PathIds):
            self.fetch({n.id for n in v.nodes})
            return Path(tuple(map(self.value, v.nodes)), tuple(map(self.value, v.relationships)))
        if isinstance(v, list):
            self.fetch({i.id for i in v if isinstance(i, NodeId)})
            return [self.value(i) for i in v]
        if isinstance(v, dict):
            return {k: self.value(i) for k, i in v.items()}
        return v

    def column(self, c: Column, cells: list[tuple[Cell, ...]]) -> list[Any]:
        """A column's values from its columns in SQL."""
        kind = c.type.kind
        if kind == "bool":
            return [None if x is None else bool(x) for (x,) in cells]
        if kind == "node":
            one = c.type.labels[0] if len(c.type.labels) == 1 else None
            ids = [x if x is None or one is None else x << BITS | one for (x,) in cells]  # type: ignore[operator]
            self.fetch({i for i in ids if i is not None})  # type: ignore[misc]
            return [None if i is None else self.nodes[i] for i in ids]  # type: ignore[index]
        if kind == "rel":
            return [None if x[1] is None else self.value(RelationshipId(*x)) for x in cells]  # type: ignore[arg-type]
        if kind in ("int", "float", "num", "str", "null"):
            return [x for (x,) in cells]
        return [self.value(decode(x)) if isinstance(x, bytes) else x for (x,) in cells]

    def rows(self, query: Lowered, rows: list[tuple[Cell, ...]]) -> list[tuple[Any, ...]]:
        """A statement's rows as the query's."""
        if all(c.type.kind in ("int", "float", "num", "str", "null") for c in query.columns):
            return rows
        columns, at = [], 0
        for c in query.columns:
            columns.append(self.column(c, [r[at : at + c.width] for r in rows]))
            at += c.width
        return list(zip(*columns, strict=True))
