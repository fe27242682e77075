"""Query results of Neo4j as plain Python, without the driver's types and the server's ids."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

import neo4j.graph
import neo4j.spatial
import neo4j.time

from mandala_graph.graph import NODES
from mandala_graph.store.protocol import GraphNode, GraphPath, GraphRelationship

__all__ = ["entities", "key_of", "plain"]


def key_of(node: neo4j.graph.Node) -> str:
    """The value of its label's key property; the server's id for a label that is not ours."""
    for label in node.labels:
        if label in NODES and (key := node.get(NODES[label].key)) is not None:
            return str(key)
    return node.element_id


def entities(value: Any) -> Iterator[neo4j.graph.Entity]:
    """The nodes and relationships in a value of a record."""
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return
    if isinstance(value, neo4j.graph.Entity):
        yield value
    elif isinstance(value, neo4j.graph.Path):
        yield from value.nodes
        yield from value.relationships
    elif isinstance(value, (list, Mapping)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from entities(item)


def plain(value: Any, keys: Mapping[str, str]) -> Any:
    """A value of a record; nodes, relationships and paths as the tuples of `store.protocol`.

    `keys` are those of nodes by the server's ids: what a relationship knows of its ends.
    """
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is list:
        return [plain(v, keys) for v in value]
    if isinstance(value, neo4j.graph.Node):
        return GraphNode(tuple(sorted(value.labels)), _properties(value), key_of(value))
    if isinstance(value, neo4j.graph.Relationship):
        source, target = ["" if n is None else keys.get(n.element_id, n.element_id) for n in value.nodes]
        return GraphRelationship.between(value.type, _properties(value), source, target)
    if isinstance(value, neo4j.graph.Path):
        return GraphPath(
            tuple([plain(n, keys) for n in value.nodes]), tuple([plain(r, keys) for r in value.relationships])
        )
    if isinstance(value, neo4j.time.Duration):
        days = datetime.timedelta(days=value.days, seconds=value.seconds, microseconds=value.nanoseconds // 1000)
        return value.iso_format() if value.months else days
    if isinstance(value, neo4j.time.DateTime | neo4j.time.Date | neo4j.time.Time):
        return value.to_native()
    if isinstance(value, neo4j.spatial.Point):
        return tuple(value)
    if isinstance(value, Mapping):
        return {k: plain(v, keys) for k, v in value.items()}
    return value


_AS_THEY_ARE = {type(None), bool, int, float, str, bytes}


def _properties(entity: neo4j.graph.Entity) -> dict[str, Any]:
    return {k: plain(v, {}) for k, v in sorted(entity.items())}
