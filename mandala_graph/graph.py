"""The provenance graph's schema, as data: labels, relationship types, properties, keys, indexes.

Both engines are made from it: the DDL of the SQLite file, the constraints of Neo4j, the name
resolution of the Cypher front end, and the object classes of `mandala_graph.ogm`. Nothing here
knows how a store works.

>>> NODES["Call"].key
'hid'
>>> sorted(RELATIONSHIPS)
['CHANGED_TO', 'DEPENDS_ON', 'INPUT', 'OF', 'OUTPUT']
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["FORMAT", "NODES", "RELATIONSHIPS", "NodeType", "Property", "RelationshipType"]

FORMAT = 2
"""Version of the stored format; a store of another number is migrated (`store.migrations`) or refused."""

Kind = Literal["string", "integer", "float", "boolean", "scalar", "strings"]


@dataclass(frozen=True, slots=True)
class Property:
    """One property: its name, what it holds, and the SQLite column of the same name.

    `scalar` holds any native value (string, integer, float, boolean); `strings` is a list of strings.
    Times are seconds since the epoch (float), durations seconds, sizes bytes. A `derived` one follows from
    others: rows do not carry it, each engine makes it.
    """

    name: str
    kind: Kind
    indexed: bool = False
    derived: bool = False


@dataclass(frozen=True, slots=True)
class NodeType:
    """One node label: `key` is unique; `table` is its table in SQLite, with the integer key `nid`.

    In SQLite a column has the property's name. Booleans are 0/1, but in a `scalar` column they are the
    blobs x'00'/x'01', so that they differ from integers; `strings` are JSON arrays.
    """

    label: str
    key: str
    properties: tuple[Property, ...]

    @property
    def table(self) -> str:
        return self.label.lower()


@dataclass(frozen=True, slots=True)
class RelationshipType:
    """One relationship type, from `source` label to `target` label.

    In SQLite it is the table `table`, whose columns `source` and `target` hold the integer `nid` of
    the nodes' rows; a property that may be absent from an edge is NULL there (`index` is stored as -1
    when absent, because it is part of the primary key).
    """

    type: str
    source: str
    target: str
    properties: tuple[Property, ...] = ()

    @property
    def table(self) -> str:
        return "edge_" + self.type.lower()


def _p(kind: Kind, *names: str, indexed: tuple[str, ...] = ()) -> tuple[Property, ...]:
    return tuple(Property(n, kind, n in indexed) for n in names)


_NAME = Property("name", "string", derived=True)
"""What a picture writes on a ref or call: a ref's preview where it is short (else its type), a call's op."""

NODES: dict[str, NodeType] = {
    n.label: n
    for n in (
        NodeType(
            "Ref",
            "hid",
            (
                *_p("string", "hid", "cid", "type", "preview", indexed=("cid",)),
                *_p("integer", "nbytes"),
                *_p("scalar", "value"),
                *_p("string", "structure"),
                *_p("float", "dropped"),
                _NAME,
            ),
        ),
        NodeType(
            "Call",
            "hid",
            (
                *_p("string", "hid", "cid", "op", "version", "run", indexed=("cid", "op", "version", "run")),
                *_p("float", "started", "duration"),
                *_p("string", "status"),
                _NAME,
            ),
        ),
        NodeType(
            "Op",
            "name",
            (
                *_p("string", "name", "module", "qualname", "doc"),
                *_p("strings", "inputs", "outputs"),
                *_p("string", "identity"),
                *_p("strings", "renamed"),
            ),
        ),
        NodeType(
            "Version", "id", (*_p("string", "id", "op"), *_p("float", "created"), *_p("boolean", "active", "whole"))
        ),
        NodeType(
            "Component",
            "id",
            (*_p("string", "id", "module", "name", "kind", "source"), *_p("float", "created")),
        ),
        NodeType(
            "Run",
            "id",
            (
                *_p("string", "id"),
                *_p("float", "started", "ended"),
                *_p("string", "host", "user", "argv", "python", "git_commit"),
                *_p("boolean", "git_dirty"),
                *_p("strings", "packages"),
            ),
        ),
        NodeType(
            "Store",
            "uuid",
            (*_p("string", "uuid"), *_p("integer", "format"), *_p("float", "created"), *_p("string", "values")),
        ),
    )
}
"""Every node label of the graph."""

RELATIONSHIPS: dict[str, RelationshipType] = {
    r.type: r
    for r in (
        RelationshipType("INPUT", "Ref", "Call", (*_p("string", "name"), *_p("integer", "index"))),
        RelationshipType("OUTPUT", "Call", "Ref", _p("string", "name")),
        RelationshipType("OF", "Version", "Op"),
        RelationshipType("DEPENDS_ON", "Version", "Component"),
        RelationshipType(
            "CHANGED_TO",
            "Component",
            "Component",
            (*_p("boolean", "compatible"), *_p("float", "at"), *_p("string", "by")),
        ),
    )
}
"""Every relationship type of the graph."""
