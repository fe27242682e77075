"""Renaming in a SQLite store, inside a transaction that the caller began: ids stay, names on calls and edges change."""

from __future__ import annotations

import sqlite3

from mandala_graph.errors import StoreError
from mandala_graph.store.protocol import Renaming
from mandala_graph.store.sqlite_schema import from_strings, to_strings
from mandala_graph.store.sqlite_write import COUNT_DELETION

__all__ = ["rename"]

_EDGES = {"input": ("edge_input", "target"), "output": ("edge_output", "source")}


def rename(connection: sqlite3.Connection, r: Renaming) -> int:
    """Carry a renaming out; how many calls, or edges, had the name."""
    _check(connection, r)
    if r.kind == "op":
        count = _rename_op(connection, r)
    else:
        table, owner = _EDGES[r.kind]
        sql = f"UPDATE {table} SET name = ? WHERE name = ? AND {owner} IN (SELECT nid FROM call WHERE op = ?)"
        count = connection.execute(sql, (r.new, r.old, r.before.name)).rowcount
    after = r.after
    connection.execute(
        "UPDATE op SET inputs = ?, outputs = ?, identity = ?, renamed = ? WHERE name = ?",
        (
            to_strings(after.inputs),
            to_strings(after.outputs),
            after.identity or None,
            to_strings(after.renamed),
            r.after.name,
        ),
    )
    connection.execute(COUNT_DELETION)
    return count


def _check(connection: sqlite3.Connection, r: Renaming) -> None:
    row = connection.execute("SELECT renamed FROM op WHERE name = ?", (r.before.name,)).fetchone()
    same = (from_strings(row[0]) if row is not None else ()) == r.before.renamed
    if r.kind == "op":
        used = r.old != r.new and not r.merge and _exists(connection, "call WHERE op = ?", r.new)
    else:
        table, owner = _EDGES[r.kind]
        used = _exists(
            connection,
            f"call c JOIN {table} e ON e.{owner} = c.nid WHERE c.op = ? AND e.name = ?",
            r.before.name,
            r.new,
        )
    if not same or used:
        raise StoreError(
            f"somebody else renamed something of op {r.before.name}, or used the name {r.new}, at the same moment: "
            f"nothing was renamed. Do it again."
        )


def _rename_op(connection: sqlite3.Connection, r: Renaming) -> int:
    count = connection.execute("UPDATE call SET op = ? WHERE op = ?", (r.new, r.old)).rowcount
    connection.execute("UPDATE version SET op = ? WHERE op = ?", (r.new, r.old))
    nids = dict(connection.execute("SELECT name, nid FROM op WHERE name IN (?, ?)", (r.old, r.new)))
    if r.old in nids and r.new in nids and r.old != r.new:
        connection.execute("UPDATE OR REPLACE edge_of SET target = ? WHERE target = ?", (nids[r.new], nids[r.old]))
        connection.execute("DELETE FROM op WHERE nid = ?", (nids[r.old],))
    elif r.old in nids:
        connection.execute("UPDATE op SET name = ? WHERE nid = ?", (r.new, nids[r.old]))
    return count


def _exists(connection: sqlite3.Connection, what: str, *given: str) -> bool:
    return bool(connection.execute(f"SELECT EXISTS (SELECT 1 FROM {what})", given).fetchone()[0])
