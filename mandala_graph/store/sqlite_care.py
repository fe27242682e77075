"""Statements of a SQLite store that go through all of it: pages of keys, calls in order, what is wrong in the tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from mandala_graph.graph import NODES, RELATIONSHIPS, RelationshipType
from mandala_graph.store.sqlite_schema import quoted

__all__ = ["call_page", "faults", "keys", "value_size"]

_FAULTS_SHOWN = 100


def keys(connection: sqlite3.Connection, label: str, after: str, limit: int) -> list[str]:
    """The next keys of a label's nodes, in order."""
    node = NODES[label]
    sql = f"SELECT {quoted(node.key)} FROM {quoted(node.table)} WHERE {quoted(node.key)} > ? ORDER BY 1 LIMIT ?"
    return [key for (key,) in connection.execute(sql, (after, limit))]


def call_page(connection: sqlite3.Connection, after: int, limit: int) -> list[tuple[int, str]]:
    """The next (nid, hid) of calls in the order in which they were written."""
    sql = "SELECT nid, hid FROM call WHERE nid > ? ORDER BY nid LIMIT ?"
    return connection.execute(sql, (after, limit)).fetchall()


def value_size(connection: sqlite3.Connection, cid: str) -> int | None:
    """How many bytes an envelope in the table has; None where it is a file, or not there."""
    row = connection.execute("SELECT length(data) FROM blob WHERE cid = ?", (cid,)).fetchone()
    return None if row is None else row[0]


def faults(connection: sqlite3.Connection) -> Iterator[tuple[str, str, str]]:
    """(kind, id, what is wrong): damaged pages and indexes, and edges whose ends are not there."""
    for (text,) in connection.execute(f"PRAGMA integrity_check({_FAULTS_SHOWN})"):
        if text != "ok":
            yield "file", "", str(text)
    for edge in RELATIONSHIPS.values():
        yield from _loose(connection, edge)


def _loose(connection: sqlite3.Connection, edge: RelationshipType) -> Iterator[tuple[str, str, str]]:
    source, target = NODES[edge.source], NODES[edge.target]
    rows = connection.execute(
        f"SELECT a.{quoted(source.key)}, e.source, b.{quoted(target.key)}, e.target FROM {edge.table} e "
        f"LEFT JOIN {quoted(source.table)} a ON a.nid = e.source "
        f"LEFT JOIN {quoted(target.table)} b ON b.nid = e.target WHERE a.nid IS NULL OR b.nid IS NULL"
    )
    for first, a, second, b in rows:
        ends = [
            f"{edge.source} {first or f'(row {a}, not there)'}",
            f"{edge.target} {second or f'(row {b}, not there)'}",
        ]
        yield "edge", first or second or f"{a}-{b}", f"{edge.type} from {ends[0]} to {ends[1]} leads nowhere"
