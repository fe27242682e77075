"""Query results of Neo4j as plain Python, without the driver's types."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import neo4j.graph
import neo4j.spatial
import neo4j.time

from mandala_graph.store.protocol import GraphNode, GraphPath, GraphRelationship

__all__ = ["plain"]


def plain(value: Any) -> Any:
    """A value of a record; nodes, relationships and paths as the tuples of `store.protocol`."""
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is list:
        return [plain(v) for v in value]
    if isinstance(value, neo4j.graph.Node):
        return GraphNode(tuple(sorted(value.labels)), _properties(value), value.element_id)
    if isinstance(value, neo4j.graph.Relationship):
        source, target = value.nodes
        return GraphRelationship(
            value.type,
            _properties(value),
            value.element_id,
            source.element_id if source else "",
            target.element_id if target else "",
        )
    if isinstance(value, neo4j.graph.Path):
        return GraphPath(tuple(map(plain, value.nodes)), tuple(map(plain, value.relationships)))
    if isinstance(value, neo4j.time.Duration):
        days = datetime.timedelta(days=value.days, seconds=value.seconds, microseconds=value.nanoseconds // 1000)
        return value.iso_format() if value.months else days
    if isinstance(value, neo4j.time.DateTime | neo4j.time.Date | neo4j.time.Time):
        return value.to_native()
    if isinstance(value, neo4j.spatial.Point):
        return tuple(value)
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    return value


_AS_THEY_ARE = {type(None), bool, int, float, str, bytes}


def _properties(entity: neo4j.graph.Entity) -> dict[str, Any]:
    return {k: plain(v) for k, v in sorted(entity.items())}
