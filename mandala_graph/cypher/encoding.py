"""How Cypher's values stand in SQLite's cells, and back.

Integers, floats and strings are SQLite's own; null is NULL. The rest are blobs: `x'00'` and `x'01'` are false and
true (as in the column `value`), and `x'02'` with JSON behind it is a list, a map, a node, a relationship, a path or
NaN, which SQLite does not have. In that JSON a node is `{"~n": id}`, a relationship `{"~r": [type, source, target,
name, index]}`, a path `{"~p": [ids, relationships]}`, a point in time `{"~t": text}`; a key of a map that starts with `~` gets another one before it.

The id of a node is its table's `nid` times 16 plus the number of its label, so that nodes of any label compare and
travel as one integer. A type of relationship is its number in the schema.

>>> decode(encode([1, 2.0, None, {"a": True}]))
[1, 2.0, None, {'a': True}]
>>> encode(True), encode("x"), encode(7)
(b'\\x01', 'x', 7)
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from mandala_graph.errors import CypherError
from mandala_graph.graph import NODES, RELATIONSHIPS

__all__ = [
    "BITS",
    "LABELS",
    "MASK",
    "TYPES",
    "Cell",
    "NodeId",
    "PathIds",
    "RelationshipId",
    "decode",
    "encode",
    "pack",
    "trail",
    "unpack",
]

LABELS = tuple(NODES)
TYPES = tuple(RELATIONSHIPS)
BITS = 4
MASK = (1 << BITS) - 1

Cell: TypeAlias = int | float | str | bytes | None

_INT64 = 1 << 63


class NodeId(NamedTuple):
    """A node: nid * 16 + number of its label."""

    id: int


class RelationshipId(NamedTuple):
    """A relationship: the number of its type, the nids of its ends, and what else tells it from its like."""

    type: int
    source: int
    target: int
    name: str | None
    index: int | None  # type: ignore[assignment]  # the property's name; nobody asks this tuple for index()


class PathIds(NamedTuple):
    """A path."""

    nodes: tuple[NodeId, ...]
    relationships: tuple[RelationshipId, ...]


def _plain(value: Any) -> Any:
    """A value as something that `json` writes."""
    if value is None or isinstance(value, (bool, int, str, float)):
        return value
    if isinstance(value, RelationshipId):
        return {"~r": list(value)}
    if isinstance(value, NodeId):
        return {"~n": value.id}
    if isinstance(value, PathIds):
        return {"~p": [[n.id for n in value.nodes], [list(r) for r in value.relationships]]}
    if isinstance(value, datetime):
        return {"~t": value.isoformat()}
    if isinstance(value, dict):
        return {f"~{k}" if k.startswith("~") else k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    raise CypherError(f"a {type(value).__name__} cannot be a value in a query")


def _restore(found: dict[str, Any]) -> Any:
    """What a JSON object stands for."""
    if len(found) == 1:
        ((key, value),) = found.items()
        if key == "~n":
            return NodeId(value)
        if key == "~t":
            return datetime.fromisoformat(value)
        if key == "~r":
            return RelationshipId(*value)
        if key == "~p":
            return PathIds(tuple(NodeId(n) for n in value[0]), tuple(RelationshipId(*r) for r in value[1]))
    return {k[1:] if k.startswith("~") else k: v for k, v in found.items()}


_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_read = json.JSONDecoder(object_hook=_restore).decode


def encode(value: Any) -> Cell:
    """The cell for a Python value: None, bool, int (of 64 bits), float, str, list, dict, and the ids of this module."""
    if value is None or isinstance(value, str):
        return value
    if value is True:
        return b"\x01"
    if value is False:
        return b"\x00"
    if isinstance(value, int):
        if not -_INT64 <= value < _INT64:
            raise CypherError(f"the integer {value} has more than 64 bits")
        return value
    if isinstance(value, float) and value == value:
        return value
    return b"\x02" + _write(_plain(value)).encode("utf-8", "surrogatepass")


def decode(cell: Cell) -> Any:
    """The value in a cell."""
    if not isinstance(cell, bytes):
        return cell
    if len(cell) == 1:
        return cell == b"\x01"
    return _read(cell[1:].decode("utf-8", "surrogatepass"))


def pack(cell: Cell) -> int | str | None:
    """A cell as an item of JSON made by SQLite, which has neither blobs nor exact floats nor NUL: an integer stays, a
    string gets `s` before it (`j` and JSON if it has a NUL), a float is `f` and its digits, a boolean `t` or `n`,
    another blob `b` and its text."""
    if cell is None or isinstance(cell, int):
        return cell
    if isinstance(cell, str):
        return "s" + cell if "\0" not in cell else "j" + json.dumps(cell)
    if isinstance(cell, float):
        return "f" + repr(cell)
    if len(cell) == 1:
        return "t" if cell == b"\x01" else "n"
    return "b" + cell.decode("utf-8", "surrogatepass")


def unpack(item: int | str | None) -> Cell:
    """The cell that `pack` packed."""
    if not isinstance(item, str):
        return item
    tag, rest = item[0], item[1:]
    if tag == "s":
        return rest
    if tag == "f":
        return float(rest)
    if tag in "tn":
        return b"\x01" if tag == "t" else b"\x00"
    if tag == "j":
        return str(json.loads(rest))
    return rest.encode("utf-8", "surrogatepass")


def trail(relationships: list[RelationshipId]) -> str:
    """Relationships in order as the text that recursive statements gather: JSON without the brackets."""
    return _write(_plain(relationships))[1:-1]
