"""The SQLite functions of nodes, relationships and paths, which may look into the graph themselves."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable
from datetime import datetime
from json import loads
from typing import Any

from mandala_graph.cypher.encoding import (
    BITS,
    LABELS,
    MASK,
    TYPES,
    Cell,
    NodeId,
    PathIds,
    RelationshipId,
    decode,
    encode,
    trail,
)
from mandala_graph.cypher.functions import index_of, of_values, scalar
from mandala_graph.cypher.functions_time import part_of
from mandala_graph.cypher.semantics import name_of_type
from mandala_graph.cypher.shortest import shortest
from mandala_graph.errors import CypherError
from mandala_graph.graph import NODES, RELATIONSHIPS

__all__ = ["graph_functions", "properties_of", "restored", "source_id", "target_id"]


@scalar("cy_rel", 5)
def _relationship(kind: Any, source: Any, target: Any, name: Any, index: Any) -> Cell:
    return None if source is None else encode(RelationshipId(kind, source, target, name, index))


@scalar("cy_node", 1)
def _node(id: Any) -> Cell:
    return None if id is None else encode(NodeId(id))


@scalar("cy_id", 1)
def _id(cell: Cell) -> int | None:
    value = decode(cell)
    if value is not None and not isinstance(value, NodeId):
        raise CypherError(f"a node is needed here, not {name_of_type(value)}")
    return None if value is None else value.id


def source_id(r: RelationshipId) -> NodeId:
    return NodeId(r.source << BITS | LABELS.index(RELATIONSHIPS[TYPES[r.type]].source))


def target_id(r: RelationshipId) -> NodeId:
    return NodeId(r.target << BITS | LABELS.index(RELATIONSHIPS[TYPES[r.type]].target))


@scalar("cy_path", -1)
def _path(start: Any, *trails: Any) -> Cell:
    """A path from a node along trails (texts of relationships), in either direction."""
    if start is None or None in trails:
        return None
    nodes = [NodeId(start)]
    passed: list[RelationshipId] = []
    for text in trails:
        for r in decode(b"\x02[" + text.encode() + b"]"):
            ends = source_id(r), target_id(r)
            nodes.append(ends[1] if ends[0] == nodes[-1] else ends[0])
            passed.append(r)
    return encode(PathIds(tuple(nodes), tuple(passed)))


@scalar("cy_turn", 1)
def _turn(text: str) -> str:
    """A trail from its other end."""
    return trail(decode(b"\x02[" + text.encode() + b"]")[::-1])


@scalar("cy_disjoint", 2)
def _disjoint(a: str, b: str) -> int:
    passed = decode(b"\x02[" + a.encode() + b"]")
    return int(not set(passed) & set(decode(b"\x02[" + b.encode() + b"]")))


@of_values("cy_nodes", 1)
def _nodes(value: Any) -> list[Any]:
    if not isinstance(value, PathIds):
        raise CypherError(f"nodes() needs a path, not {name_of_type(value)}")
    return list(value.nodes)


@of_values("cy_relationships", 1)
def _relationships(value: Any) -> list[Any]:
    if not isinstance(value, PathIds):
        raise CypherError(f"relationships() needs a path, not {name_of_type(value)}")
    return list(value.relationships)


@of_values("cy_end", 2)
def _end(value: Any, which: Any) -> Any:
    if not isinstance(value, RelationshipId):
        raise CypherError(f"a relationship is needed here, not {name_of_type(value)}")
    return source_id(value) if which == 0 else target_id(value)


@of_values("cy_type", 1)
def _type(value: Any) -> str:
    if not isinstance(value, RelationshipId):
        raise CypherError(f"type() needs a relationship, not {name_of_type(value)}")
    return TYPES[value.type]


@of_values("cy_labels", 1)
def _labels(value: Any) -> list[str]:
    if not isinstance(value, NodeId):
        raise CypherError(f"labels() needs a node, not {name_of_type(value)}")
    return [LABELS[value.id & MASK]]


def properties_of(connection: sqlite3.Connection, value: NodeId | RelationshipId) -> dict[str, Any]:
    """The properties that a node or relationship has."""
    key: tuple[Any, ...]
    if isinstance(value, NodeId):
        kinds = NODES[LABELS[value.id & MASK]]
        table, where, key = kinds.table, "nid = ?", (value.id >> BITS,)
        properties = kinds.properties
    else:
        edge = RELATIONSHIPS[TYPES[value.type]]
        table, properties = edge.table, edge.properties
        where, key = "source = ? AND target = ?", (value.source, value.target)
        for column, part in (("name", value.name), ("index", -1 if value.index is None else value.index)):
            if any(p.name == column for p in properties):
                where, key = f'{where} AND "{column}" = ?', (*key, part)
    if not properties:
        return {}
    columns = ", ".join(f'"{p.name}"' for p in properties)
    row = connection.execute(f'SELECT {columns} FROM "{table}" WHERE {where}', key).fetchone()
    return {
        p.name: v for p, c in zip(properties, row or (), strict=False) if (v := restored(p.kind, p.name, c)) is not None
    }


def restored(kind: str, name: str, cell: Cell) -> Any:
    """A property's value from its column."""
    if cell is None or (name == "index" and cell == -1):
        return None
    if kind == "strings":
        return loads(cell)  # type: ignore[arg-type]
    if kind == "boolean":
        return bool(cell)
    return decode(cell)


def graph_functions(active: Callable[[], sqlite3.Connection]) -> dict[str, tuple[int, Callable[..., Any]]]:
    """The functions that look into the graph themselves, for values whose kind only shows when they are there."""

    def of(value: Any, key: Any) -> Any:
        if not isinstance(key, str):
            raise CypherError(f"a key of a map is a string, not {name_of_type(key)}")
        if isinstance(value, (NodeId, RelationshipId)):
            return properties_of(active(), value).get(key)
        if isinstance(value, dict):
            return value.get(key)
        if isinstance(value, datetime):
            return part_of(value, key)
        raise CypherError(f"{name_of_type(value)} has no properties ({key})")

    def get(cell: Cell, key: Cell) -> Cell:
        value, at = decode(cell), decode(key)
        if value is None or at is None:
            return None
        if isinstance(value, list):
            i = index_of(at)
            return encode(value[i]) if -len(value) <= i < len(value) else None
        return encode(of(value, at))

    def properties(cell: Cell) -> Cell:
        value = decode(cell)
        if isinstance(value, (NodeId, RelationshipId)):
            return encode(properties_of(active(), value))
        if value is not None and not isinstance(value, dict):
            raise CypherError(f"properties() needs a node, relationship or map, not {name_of_type(value)}")
        return cell

    def keys(cell: Cell) -> Cell:
        found = properties(cell)
        return None if found is None else encode(sorted(decode(found)))

    def paths(start: int | None, end: int | None, spec: str, *wanted: Cell) -> str | None:
        return shortest(active(), start, end, spec, wanted)

    return {
        "cy_uuid": (0, lambda: str(uuid.uuid4())),
        "cy_get": (2, get),
        "cy_properties": (1, properties),
        "cy_keys": (1, keys),
        "cy_shortest": (-1, paths),
    }
