"""Shortest paths, searched layer by layer from the start: what recursion in SQL cannot do without visiting twice."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from itertools import islice
from typing import Any

from mandala_graph.cypher.encoding import BITS, MASK, RelationshipId, trail
from mandala_graph.cypher.lower_path import Hop
from mandala_graph.graph import RELATIONSHIPS

__all__ = ["shortest"]


def shortest(
    connection: sqlite3.Connection, start: int | None, end: int | None, text: str, wanted: Sequence[Any]
) -> str | None:
    """The shortest trails (one or all) between two nodes as a JSON array of their texts; None for a null end.

    `text` is JSON: `hops`, `minimum`, `maximum`, `all`, and `keys`, the properties whose values are `wanted`.
    """
    if start is None or end is None:
        return None
    spec = json.loads(text)
    found = _search(connection, start, end, spec, wanted)
    return json.dumps([trail(t) for t in found], ensure_ascii=False)


def _search(
    connection: sqlite3.Connection, start: int, end: int, spec: dict[str, Any], wanted: Sequence[Any]
) -> list[list[RelationshipId]]:
    if start == end and spec["minimum"] == 0:
        return [[]]
    steps = [(h, *_statement(h, spec["keys"], wanted)) for h in (Hop(t, bool(f)) for t, f in spec["hops"])]
    before: dict[int, list[tuple[int, RelationshipId]]] = {start: []}
    layer, depth = [start], 0
    while layer and end not in before.keys() - {start} and (spec["maximum"] is None or depth < spec["maximum"]):
        depth += 1
        reached: dict[int, list[tuple[int, RelationshipId]]] = {}
        for node in layer:
            for hop, sql, values in steps:
                if node & MASK != hop.near:
                    continue
                for source, target, name, index in connection.execute(sql, (node >> BITS, *values)):
                    there = ((target if hop.forward else source) << BITS) | hop.far
                    if there not in before:
                        passed = RelationshipId(hop.type, source, target, name, None if index == -1 else index)
                        reached.setdefault(there, []).append((node, passed))
        before.update(reached)
        layer = list(reached)
    if start == end or end not in before:
        return []
    return list(islice(_unroll(before, start, end), None if spec["all"] else 1))


def _statement(hop: Hop, keys: list[str], wanted: Sequence[Any]) -> tuple[str, list[Any]]:
    has = {p.name for r in RELATIONSHIPS.values() if r.table == hop.table for p in r.properties}
    name, index = ("name" if "name" in has else "NULL"), ('"index"' if "index" in has else "NULL")
    sql = f"SELECT source, target, {name}, {index} FROM {hop.table} WHERE {hop.columns[0]} = ?"
    for k in keys:
        sql += f' AND "{k}" = ?' if k in has else " AND ? IS NULL AND 0"
    return sql, list(wanted)


def _unroll(before: dict[int, list[tuple[int, RelationshipId]]], start: int, end: int) -> Any:
    """Every way back from the end, first relationship first."""
    stack: list[tuple[int, tuple[RelationshipId, ...]]] = [(end, ())]
    while stack:
        node, rest = stack.pop()
        if node == start:
            yield list(rest)
            continue
        stack.extend((near, (passed, *rest)) for near, passed in before[node])
