"""Deleting versions from a SQLite store, inside a transaction that the caller began."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from mandala_graph.store.sqlite_write import COUNT_DELETION, find

__all__ = ["drop_versions"]

_NEIGHBOURS = (
    "SELECT count(DISTINCT other) FROM (SELECT target AS other FROM edge_changed_to WHERE source = :nid AND compatible "
    "UNION SELECT source FROM edge_changed_to WHERE target = :nid AND compatible)"
)


def drop_versions(connection: sqlite3.Connection, ids: Iterable[str]) -> list[str]:
    """Delete versions that no call has, and the components that nothing else needs; the ids of the latter."""

    def one(sql: str, given: int | str) -> int:
        return int(connection.execute(sql, (given,)).fetchone()[0])

    def neighbours(nid: int) -> int:
        return int(connection.execute(_NEIGHBOURS, {"nid": nid}).fetchone()[0])

    components: set[int] = set()
    for id, nid in find(connection, "version", "id", ids).items():
        if one("SELECT EXISTS (SELECT 1 FROM call WHERE version = ?)", id):
            continue
        needed = connection.execute("SELECT target FROM edge_depends_on WHERE source = ?", (nid,))
        components.update([c for (c,) in needed])
        for table, column in (("edge_depends_on", "source"), ("edge_of", "source"), ("version", "nid")):
            connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (nid,))
    unused = [
        nid
        for nid in components
        if not one("SELECT EXISTS (SELECT 1 FROM edge_depends_on WHERE target = ?)", nid) and neighbours(nid) <= 1
    ]
    gone = [connection.execute("SELECT id FROM component WHERE nid = ?", (nid,)).fetchone()[0] for nid in unused]
    for nid in unused:
        connection.execute("DELETE FROM edge_changed_to WHERE source = :nid OR target = :nid", {"nid": nid})
        connection.execute("DELETE FROM component WHERE nid = ?", (nid,))
    connection.execute(COUNT_DELETION)
    return sorted(gone)
