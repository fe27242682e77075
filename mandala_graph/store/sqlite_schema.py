"""The tables of a SQLite store, made from `mandala_graph.graph`: DDL, column names, native values.

How a file is opened and by whom is `sqlite_file`; what is read and written is `sqlite_read` and `sqlite_write`.

>>> columns("Op")
('name', 'module', 'qualname', 'doc', 'inputs', 'outputs', 'identity', 'renamed')
>>> to_column(True), from_column(b"\\x00"), to_column(1)
(b'\\x01', False, 1)
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from mandala_graph.graph import NODES, RELATIONSHIPS, Kind, NodeType, RelationshipType
from mandala_graph.store.protocol import Native

__all__ = [
    "APPLICATION_ID",
    "DERIVED",
    "LEASE",
    "PENDING",
    "columns",
    "ddl",
    "from_column",
    "from_strings",
    "of_contents",
    "quoted",
    "to_column",
    "to_strings",
]

APPLICATION_ID = 0x4D616E67  # "Mang": marks the file as ours in SQLite's header

_COLUMN_TYPES: dict[Kind, str] = {
    "string": "TEXT",
    "integer": "INTEGER",
    "float": "REAL",
    "boolean": "INTEGER",
    "scalar": "",  # no affinity: 1, 1.0 and '1' stay what they are
    "strings": "TEXT",
}

_PARTIAL = {("Ref", "cid"): " WHERE value IS NULL"}
"""Indexes of the schema that are kept in part. Hashes are scattered all over an index, so that each new one dirties
a page of its own: with every ref in this index a write takes half as long again. Who looks for refs by contents has
mostly a large value in hand, which is no native `value`; the rest is found by reading the table."""

DERIVED = {
    ("Ref", "name"): "CASE WHEN length(preview) <= 40 THEN preview ELSE type END",
    ("Call", "name"): "op",
}
"""What derived properties are, in SQL; they take no room in the file."""

PENDING = "CREATE TABLE pending (id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, rows TEXT NOT NULL)"
"""The table of `sqlite_pending`; its ids are never used again, so that nobody removes another's row."""

LEASE = "CREATE TABLE lease (hid TEXT PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL) WITHOUT ROWID"
"""Who runs a call now, until when at the latest (see `mandala_graph.runtime.leases`)."""

_TRUE, _FALSE = b"\x01", b"\x00"


def quoted(name: str) -> str:
    """A name of the schema as an SQL identifier (`index` and `values` are keywords)."""
    return f'"{name}"'


def columns(label: str) -> tuple[str, ...]:
    """The property columns of a node table that rows carry, in the order of the schema."""
    return tuple(p.name for p in NODES[label].properties if not p.derived)


def to_column(value: Native) -> str | int | float | bytes | None:
    """A native value as it stands in a column without a type."""
    if value is True:
        return _TRUE
    if value is False:
        return _FALSE
    return value


def from_column(value: str | int | float | bytes | None) -> Native:
    """The native value that a column without a type holds."""
    if isinstance(value, bytes):
        return value == _TRUE
    return value


def to_strings(values: tuple[str, ...]) -> str:
    """A list of strings as a column."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def from_strings(text: str | None) -> tuple[str, ...]:
    """The list of strings in a column."""
    return tuple(json.loads(text)) if text else ()


def of_contents(what: str, further: str = "") -> str:
    """A statement for `what` of the refs whose cid is in the JSON array that it gets as `:cids`.

    In two parts, because the index holds only refs without a native value: the others are found by reading on.
    """
    return " UNION ALL ".join(
        f"SELECT {what} FROM ref WHERE value IS {native} NULL AND cid IN (SELECT value FROM json_each(:cids)) {further}"
        for native in ("", "NOT")
    )


def _node(node: NodeType) -> Iterator[str]:
    parts = ["nid INTEGER PRIMARY KEY"]
    for p in node.properties:
        key = " NOT NULL UNIQUE" if p.name == node.key else ""
        made = f" GENERATED ALWAYS AS ({DERIVED[node.label, p.name]}) VIRTUAL" if p.derived else ""
        parts.append(f"{quoted(p.name)} {_COLUMN_TYPES[p.kind]}{key}{made}".rstrip())
    yield f"CREATE TABLE {quoted(node.table)} ({', '.join(parts)})"
    for p in node.properties:
        if p.indexed:
            where = _PARTIAL.get((node.label, p.name), "")
            yield f"CREATE INDEX {node.table}_by_{p.name} ON {quoted(node.table)} ({quoted(p.name)}){where}"


def _edge(edge: RelationshipType) -> Iterator[str]:
    parts = ["source INTEGER NOT NULL", "target INTEGER NOT NULL"]
    names = [p.name for p in edge.properties if p.name in ("name", "index")]
    for p in edge.properties:
        required = " NOT NULL" if p.name in names else ""
        parts.append(f"{quoted(p.name)} {_COLUMN_TYPES[p.kind]}{required}")
    labels = [quoted(n) for n in names]
    # An edge's row stands with the call (or version) that it belongs to: one page read for all of a call's edges.
    owner, other = ("target", "source") if edge.type == "INPUT" else ("source", "target")
    key = ", ".join([owner, *labels, other])
    yield f"CREATE TABLE {edge.table} ({', '.join(parts)}, PRIMARY KEY ({key})) WITHOUT ROWID"
    yield f"CREATE INDEX {edge.table}_by_{other} ON {edge.table} ({', '.join([other, owner, *labels])})"


def ddl() -> Iterator[str]:
    """The statements that make an empty store, in order."""
    for node in NODES.values():
        yield from _node(node)
    for edge in RELATIONSHIPS.values():
        yield from _edge(edge)
    # Hardly any ref is dropped: this costs nothing to keep, and tells a writer at once that there is none.
    yield "CREATE INDEX ref_by_dropped ON ref (cid) WHERE dropped IS NOT NULL"
    # Envelopes by content id; data is NULL when the envelope is a file beside the database.
    yield "CREATE TABLE blob (cid TEXT PRIMARY KEY, data BLOB)"
    yield PENDING
    yield LEASE
    # `deletions` counts deletions of refs: a writer's memory of nids holds only as long as it stands still.
    yield "CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID"
    yield "INSERT INTO state VALUES ('deletions', 0)"
