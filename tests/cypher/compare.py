"""Both engines asked the same: results in a form that compares, and what counts as agreement."""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import neo4j
import neo4j.graph
import neo4j.time
from neo4j.exceptions import ClientError, Neo4jError

from mandala_graph.cypher.run import run_on_sqlite
from mandala_graph.cypher.values import Node, Path, Relationship
from mandala_graph.errors import CypherError, UnsupportedCypher
from mandala_graph.graph import NODES

__all__ = ["Outcome", "compare", "keys_of", "normal"]


def normal(value: Any, keys: Mapping[str, str]) -> Any:
    """A value as something hashable, the same for both engines; `keys` are nodes' keys by Neo4j's element id."""
    if isinstance(value, float):
        return (
            ("float", "NaN") if value != value else ("float", float(f"{value:.9g}") if math.isfinite(value) else value)
        )
    if value is None or isinstance(value, (bool, int, str)):
        return (type(value).__name__, value)
    if isinstance(value, neo4j.time.DateTime | datetime):
        at = value.to_native() if isinstance(value, neo4j.time.DateTime) else value
        return ("time", at.replace(tzinfo=None).isoformat(), str(at.utcoffset()))
    if isinstance(value, Node):
        return ("node", value.label, value.key, normal(dict(value.properties), keys))
    if isinstance(value, Relationship):
        return ("rel", value.type, value.start, value.end, normal(dict(value.properties), keys))
    if isinstance(value, Path):
        return ("path", *(tuple(normal(v, keys) for v in part) for part in (value.nodes, value.relationships)))
    if isinstance(value, neo4j.graph.Node):
        (label,) = value.labels
        return ("node", label, str(value[NODES[label].key]), normal(dict(value), keys))
    if isinstance(value, neo4j.graph.Relationship):
        ends = [keys[n.element_id] for n in value.nodes if n is not None]  # these nodes came without properties
        return ("rel", value.type, *ends, normal(dict(value), keys))
    if isinstance(value, neo4j.graph.Path):
        return ("path", *(tuple(normal(v, keys) for v in part) for part in (value.nodes, value.relationships)))
    if isinstance(value, dict):
        return ("map", tuple(sorted((k, normal(v, keys)) for k, v in value.items())))
    return ("list", tuple(normal(v, keys) for v in value))


def _sorted(value: Any) -> Any:
    """A normal value whose lists are in one order."""
    if not isinstance(value, tuple):
        return value
    parts = tuple(map(_sorted, value))
    return ("list", tuple(sorted(parts[1], key=repr))) if parts[:1] == ("list",) else parts


@dataclass
class Outcome:
    """`same`, `refused` (Neo4j takes it for no query), `stricter` (Neo4j fails while it runs), `unsupported`, or
    `different`, in words."""

    verdict: str
    rows: int = 0
    detail: str = ""


def keys_of(session: neo4j.Session) -> dict[str, str]:
    """Each node's key, by element id."""
    found = {}
    for (n,) in session.run("MATCH (n) RETURN n"):
        (label,) = n.labels
        found[n.element_id] = str(n[NODES[label].key])
    return found


def compare(
    connection: sqlite3.Connection,
    session: neo4j.Session,
    keys: Mapping[str, str],
    text: str,
    parameters: dict[str, Any],
    unordered: bool = False,
) -> Outcome:
    """Ask both engines. `unordered` when lists were collected in no order."""
    theirs: list[Any] | None = None
    try:
        result = session.run(neo4j.Query(text, timeout=20), parameters)
        records = list(result)
        columns = tuple(result.keys())
        error = None
        theirs = []
    except ClientError as e:
        if "Syntax" in (e.code or ""):
            return Outcome("refused", detail=str(e.message))
        error = e.message
    except Neo4jError as e:
        error = e.message
    if theirs is not None:  # needs the session's graph objects to be hydrated: nodes at ends of relationships
        theirs = [tuple(normal(v, keys) for v in r.values()) for r in records]
    try:
        ours = run_on_sqlite(connection, text, parameters, time_limit=60)  # machines of CI can be slow
    except UnsupportedCypher as e:
        return Outcome("unsupported", detail=str(e))
    except CypherError as e:
        if error is not None:
            return Outcome("same")
        return Outcome("different", detail=f"SQLite fails: {e}")
    except sqlite3.Error as e:
        return Outcome("different", detail=f"SQL fails: {e}")
    if error is not None or theirs is None:  # which rows an error is met in depends on the order of evaluation
        return Outcome("stricter", len(ours.rows), f"Neo4j fails: {error}; SQLite gives {ours.rows[:3]}")
    mine = [tuple(normal(v, keys) for v in r) for r in ours.rows]
    if unordered:
        mine, theirs = [[_sorted(r) for r in rows] for rows in (mine, theirs)]
    if ours.columns != columns:
        return Outcome("different", detail=f"columns {ours.columns}, Neo4j {columns}")
    if Counter(mine) != Counter(theirs):
        extra, missing = Counter(mine) - Counter(theirs), Counter(theirs) - Counter(mine)
        return Outcome("different", detail=f"too many {list(extra.items())[:3]}\n  missing {list(missing.items())[:3]}")
    tail = text.rpartition(" RETURN ")[2].partition(" ORDER BY ")[2]
    keys_shown = [k.split()[0] for k in tail.split(" LIMIT ")[0].split(" SKIP ")[0].split(", ") if k]
    at = [columns.index(k) for k in keys_shown if k in columns]
    if "}" not in tail and [[r[i] for i in at] for r in mine] != [[r[i] for i in at] for r in theirs]:
        return Outcome("different", len(mine), "the order differs")
    return Outcome("same", len(mine))
