"""The SQLite functions that lowered queries call where SQL itself cannot say what Cypher means.

They work on cells (see `encoding`) and defer to `semantics`; aggregates are in `aggregates`. `install` gives them to
a connection, once. An error raised in one of them reaches SQLite without its text, so it is kept in the connection's
`Functions`, where the runner finds it.
"""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from mandala_graph.cypher.encoding import (
    BITS,
    LABELS,
    MASK,
    TYPES,
    Cell,
    NodeId,
    PathIds,
    RelationshipId,
    decode,
    encode,
    pack,
    trail,
    unpack,
)
from mandala_graph.cypher.semantics import (
    add,
    calculate,
    compare,
    contains,
    equal,
    integer,
    name_of_type,
    sort_key,
    to_string,
)
from mandala_graph.cypher.shortest import shortest
from mandala_graph.errors import CypherError
from mandala_graph.graph import NODES, RELATIONSHIPS

__all__ = ["SCALARS", "graph_functions", "properties_of", "restored", "source_id", "target_id"]

SCALARS: dict[str, tuple[int, Callable[..., Any]]] = {}
"""Name in SQL -> (number of arguments or -1, function of cells)."""


def scalar(name: str, arguments: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function of cells under a name."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        SCALARS[name] = (arguments, function)
        return function

    return register


def _values(name: str, arguments: int, *, strict: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function of values; a `strict` one gives null for any null."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        def on_cells(*cells: Cell) -> Cell:
            if strict and None in cells:
                return None
            return encode(function(*map(decode, cells)))

        SCALARS[name] = (arguments, on_cells)
        return function

    return register


def _logic(result: bool | None) -> int | None:
    return None if result is None else int(result)


# --- operators -------------------------------------------------------------------------------------------------------


@scalar("cy_eq", 2)
def _eq(a: Cell, b: Cell) -> int | None:
    return _logic(equal(decode(a), decode(b)))


@scalar("cy_cmp", 3)
def _cmp(operator: str, a: Cell, b: Cell) -> int | None:
    return _logic(compare(operator, decode(a), decode(b)))


@scalar("cy_in", 2)
def _in(item: Cell, items: Cell) -> int | None:
    return _logic(contains(decode(item), decode(items)))


@scalar("cy_key", 1)
def _key(cell: Cell) -> bytes:
    return sort_key(decode(cell))


@scalar("cy_logic", 1)
def _as_logic(cell: Cell) -> int | None:
    if cell is None:
        return None
    if isinstance(cell, bytes) and len(cell) == 1:
        return cell[0]
    raise CypherError(f"a condition needs a boolean, not {name_of_type(decode(cell))}")


_values("cy_add", 2, strict=False)(add)
_values("cy_calc", 3, strict=False)(calculate)


@_values("cy_neg", 1)
def _negate(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CypherError(f"cannot negate {name_of_type(value)}")
    return integer(-value) if isinstance(value, int) else -value


@_values("cy_concat", 2)
def _concat(a: Any, b: Any) -> Any:
    if isinstance(a, str) and isinstance(b, str):
        return a + b
    if isinstance(a, list) and isinstance(b, list):
        return a + b
    raise CypherError(f"|| joins two strings or two lists, not {name_of_type(a)} and {name_of_type(b)}")


@_values("cy_starts", 2)
def _starts(a: Any, b: Any) -> bool | None:
    return a.startswith(b) if isinstance(a, str) and isinstance(b, str) else None


@_values("cy_ends", 2)
def _ends(a: Any, b: Any) -> bool | None:
    return a.endswith(b) if isinstance(a, str) and isinstance(b, str) else None


@_values("cy_contains", 2)
def _contains(a: Any, b: Any) -> bool | None:
    return b in a if isinstance(a, str) and isinstance(b, str) else None


@lru_cache(256)
def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.ASCII)
    except re.error as e:
        raise CypherError(f"=~ does not understand the pattern {text!r}: {e}") from None


@_values("cy_match", 2)
def _match(a: Any, pattern: Any) -> bool | None:
    if not isinstance(pattern, str):
        raise CypherError(f"=~ needs a string on its right, not {name_of_type(pattern)}")
    return _pattern(pattern).fullmatch(a) is not None if isinstance(a, str) else None


# --- lists and maps --------------------------------------------------------------------------------------------------


def _list(value: Any, function: str) -> list[Any]:
    if not isinstance(value, list):
        raise CypherError(f"{function} needs a list, not {name_of_type(value)}")
    return value


def _index(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise CypherError(f"an index into a list is an integer, not {name_of_type(value)}")
    return value


@scalar("cy_list", -1)
def _make_list(*cells: Cell) -> Cell:
    return encode([decode(c) for c in cells])


@scalar("cy_map", -1)
def _make_map(*cells: Cell) -> Cell:
    return encode({decode(k): decode(v) for k, v in zip(cells[::2], cells[1::2], strict=True)})


@scalar("cy_merge", 2)
def _merge(base: Cell, further: Cell) -> Cell:
    return None if base is None else encode({**decode(base), **decode(further)})


@scalar("cy_rows", 1)
def _rows(cell: Cell) -> str | None:
    """A list as a JSON array of packed items, for json_each; any other value is a list of itself."""
    if cell is None:
        return None
    value = decode(cell)
    items = value if isinstance(value, list) else [value]
    return _json([pack(encode(i)) for i in items])


@scalar("cy_ids", 1)
def _ids(cell: Cell) -> str | None:
    """A list of nodes as a JSON array of ids."""
    return None if cell is None else _json([None if n is None else n.id for n in decode(cell)])


scalar("cy_pack", 1)(pack)
scalar("cy_unpack", 1)(unpack)


@_values("cy_slice", 3, strict=False)
def _slice(items: Any, start: Any, stop: Any) -> Any:
    return None if items is None else _list(items, "a slice")[_index(start) : stop if stop is None else _index(stop)]


@_values("cy_range", 3)
def _range(start: Any, stop: Any, step: Any) -> list[int]:
    if step == 0:
        raise CypherError("the step of range() cannot be 0")
    if abs(stop - start) // abs(step) > 10_000_000:
        raise CypherError("range() makes a list of more than 10 million items here")
    return list(range(start, stop + (1 if step > 0 else -1), step))


@_values("cy_size", 1)
def _size(value: Any) -> int:
    if isinstance(value, PathIds) or not isinstance(value, (str, list)):
        raise CypherError(f"size() needs a list or a string, not {name_of_type(value)}")
    return len(value)


@_values("cy_length", 1)
def _length(value: Any) -> int:
    if not isinstance(value, PathIds):
        raise CypherError(f"length() needs a path, not {name_of_type(value)}")
    return len(value.relationships)


@_values("cy_head", 1)
def _head(value: Any) -> Any:
    return next(iter(_list(value, "head()")), None)


@_values("cy_last", 1)
def _last(value: Any) -> Any:
    return value[-1] if _list(value, "last()") else None


@_values("cy_tail", 1)
def _tail(value: Any) -> Any:
    return _list(value, "tail()")[1:]


@_values("cy_reverse", 1)
def _reverse(value: Any) -> Any:
    return value[::-1] if isinstance(value, str) else _list(value, "reverse()")[::-1]


@_values("cy_empty", 1)
def _is_empty(value: Any) -> bool:
    if not isinstance(value, (str, list, dict)):
        raise CypherError(f"isEmpty() needs a list, map or string, not {name_of_type(value)}")
    return len(value) == 0


# --- strings ---------------------------------------------------------------------------------------------------------


def _text(value: Any, function: str) -> str:
    if not isinstance(value, str):
        raise CypherError(f"{function} needs a string, not {name_of_type(value)}")
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise CypherError("a length or start in a string is an integer of at least 0")
    return value


_values("cy_lower", 1)(lambda s: _text(s, "toLower()").lower())
_values("cy_upper", 1)(lambda s: _text(s, "toUpper()").upper())
_SPACE = "".join(map(chr, [*range(9, 14), *range(28, 33), 0x1680, *range(0x2000, 0x2007), *range(0x2008, 0x200B)]))
_SPACE += "\u2028\u2029\u205f\u3000"  # what Java takes for white space: not the no-break spaces
_values("cy_trim", 1)(lambda s: _text(s, "trim()").strip(_SPACE))
_values("cy_ltrim", 1)(lambda s: _text(s, "lTrim()").lstrip(_SPACE))
_values("cy_rtrim", 1)(lambda s: _text(s, "rTrim()").rstrip(_SPACE))
_values("cy_left", 2)(lambda s, n: _text(s, "left()")[: _count(n)])
_values("cy_right", 2)(lambda s, n: _text(s, "right()")[max(0, len(s) - _count(n)) :])
_values("cy_replace", 3)(lambda s, a, b: _text(s, "replace()").replace(_text(a, "replace()"), _text(b, "replace()")))


@scalar("cy_substring", -1)
def _substring(text: Cell, start: Cell, length: Cell = -1) -> str | None:
    if text is None or start is None or length is None:
        return None
    start = _count(start)
    return _text(text, "substring()")[start : None if length == -1 else start + _count(length)]


@_values("cy_split", 2)
def _split(text: Any, by: Any) -> list[str]:
    marks = [by] if isinstance(by, str) else list(by)
    if marks == [""]:
        return list(_text(text, "split()"))
    return re.split("|".join(map(re.escape, marks)), _text(text, "split()"))


# --- conversions and numbers ------------------------------------------------------------------------------------------

_FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?|[+-]?(NaN|Infinity)")


def _parse(text: str) -> float | None:
    text = text.strip()
    if not _FLOAT.fullmatch(text):
        return None
    return float(text.rstrip("fFdD") if text[-1] in "fFdD" else text.replace("Infinity", "inf"))


@_values("cy_integer", 1)
def _to_integer(value: Any) -> int | None:
    if isinstance(value, str):
        text = value.strip()
        if re.fullmatch(r"[+-]?\d+", text, re.ASCII):
            return integer(int(text))
        number = _parse(text)
        return None if number is None or not math.isfinite(number) else integer(int(number))
    if isinstance(value, float):
        if value != value:
            return 0
        return max(-(1 << 63), min((1 << 63) - 1, int(value))) if math.isfinite(value) else (1 << 63) - 1
    if isinstance(value, (bool, int)):
        return int(value)
    raise CypherError(f"toInteger() takes a number, string or boolean, not {name_of_type(value)}")


@_values("cy_float", 1)
def _to_float(value: Any) -> float | None:
    if isinstance(value, str):
        return _parse(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CypherError(f"toFloat() takes a number or string, not {name_of_type(value)}")
    return float(value)


@_values("cy_string", 1)
def _to_string(value: Any) -> str:
    if not isinstance(value, (str, int, float)):
        raise CypherError(f"toString() takes a number, string or boolean, not {name_of_type(value)}")
    return to_string(value)


@_values("cy_boolean", 1)
def _to_boolean(value: Any) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    if isinstance(value, (bool, int)):
        return bool(value)
    raise CypherError(f"toBoolean() takes a boolean, integer or string, not {name_of_type(value)}")


def _numeric(name: str, function: Callable[[float], float]) -> None:
    @_values(f"cy_{name}", 1)
    def on_number(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise CypherError(f"{name}() needs a number, not {name_of_type(value)}")
        return function(value)


def _log(value: float, base: Callable[[float], float]) -> float:
    return base(value) if value > 0 else -math.inf if value == 0 else math.nan


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def _whole(function: Callable[[float], int]) -> Callable[[float], float]:
    return lambda x: float(function(x)) if math.isfinite(x) else float(x)


_numeric("abs", lambda x: integer(abs(x)) if isinstance(x, int) else abs(x))
_numeric("ceil", _whole(math.ceil))
_numeric("floor", _whole(math.floor))
_numeric("sqrt", lambda x: math.sqrt(x) if x >= 0 else math.nan)
_numeric("exp", _exp)
_numeric("log", lambda x: _log(x, math.log))
_numeric("log10", lambda x: _log(x, math.log10))
_numeric("sign", lambda x: (x > 0) - (x < 0))


@scalar("cy_round", -1)
def _round(cell: Cell, digits: Cell = 0) -> Cell:
    if cell is None or digits is None:
        return None
    value = decode(cell)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CypherError(f"round() needs a number, not {name_of_type(value)}")
    if not math.isfinite(value):
        return encode(float(value))
    if digits == 0:
        return float(math.floor(Decimal(value) + Decimal("0.5")))
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-int(digits)), ROUND_HALF_UP))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@_values("cy_time", 1)
def _time(parts: Any) -> str:
    """A point in time, as the text that Neo4j's toString() makes of it."""
    if not isinstance(parts, dict) or not parts.keys() <= {"epochSeconds", "epochMillis"} or len(parts) != 1:
        raise CypherError("datetime() takes {epochSeconds: ...} or {epochMillis: ...} here")
    ((unit, number),) = parts.items()
    at = _EPOCH + timedelta(**{"seconds" if unit == "epochSeconds" else "milliseconds": int(number)})
    text = at.isoformat(timespec="milliseconds" if at.microsecond else "seconds")
    return text.replace("+00:00", "Z")


@scalar("cy_count", 1)
def _row_count(cell: Cell) -> int:
    if not isinstance(cell, int) or cell < 0:
        raise CypherError("SKIP and LIMIT take an integer of at least 0")
    return cell


# --- the graph -------------------------------------------------------------------------------------------------------


def _json(value: Any) -> str:
    from json import dumps

    return dumps(value, ensure_ascii=False, separators=(",", ":"))


@scalar("cy_rel", 5)
def _relationship(kind: Any, source: Any, target: Any, name: Any, index: Any) -> Cell:
    return None if source is None else encode(RelationshipId(kind, source, target, name, index))


@scalar("cy_node", 1)
def _node(id: Any) -> Cell:
    return None if id is None else encode(NodeId(id))


@scalar("cy_id", 1)
def _id(cell: Cell) -> int | None:
    value = decode(cell)
    if value is not None and not isinstance(value, NodeId):
        raise CypherError(f"a node is needed here, not {name_of_type(value)}")
    return None if value is None else value.id


def source_id(r: RelationshipId) -> NodeId:
    return NodeId(r.source << BITS | LABELS.index(RELATIONSHIPS[TYPES[r.type]].source))


def target_id(r: RelationshipId) -> NodeId:
    return NodeId(r.target << BITS | LABELS.index(RELATIONSHIPS[TYPES[r.type]].target))


@scalar("cy_path", -1)
def _path(start: Any, *trails: Any) -> Cell:
    """A path from a node along trails (texts of relationships), in either direction."""
    if start is None or None in trails:
        return None
    nodes = [NodeId(start)]
    passed: list[RelationshipId] = []
    for text in trails:
        for r in decode(b"\x02[" + text.encode() + b"]"):
            ends = source_id(r), target_id(r)
            nodes.append(ends[1] if ends[0] == nodes[-1] else ends[0])
            passed.append(r)
    return encode(PathIds(tuple(nodes), tuple(passed)))


@scalar("cy_turn", 1)
def _turn(text: str) -> str:
    """A trail from its other end."""
    return trail(decode(b"\x02[" + text.encode() + b"]")[::-1])


@scalar("cy_disjoint", 2)
def _disjoint(a: str, b: str) -> int:
    passed = decode(b"\x02[" + a.encode() + b"]")
    return int(not set(passed) & set(decode(b"\x02[" + b.encode() + b"]")))


@_values("cy_nodes", 1)
def _nodes(value: Any) -> list[Any]:
    if not isinstance(value, PathIds):
        raise CypherError(f"nodes() needs a path, not {name_of_type(value)}")
    return list(value.nodes)


@_values("cy_relationships", 1)
def _relationships(value: Any) -> list[Any]:
    if not isinstance(value, PathIds):
        raise CypherError(f"relationships() needs a path, not {name_of_type(value)}")
    return list(value.relationships)


@_values("cy_end", 2)
def _end(value: Any, which: Any) -> Any:
    if not isinstance(value, RelationshipId):
        raise CypherError(f"a relationship is needed here, not {name_of_type(value)}")
    return source_id(value) if which == 0 else target_id(value)


@_values("cy_type", 1)
def _type(value: Any) -> str:
    if not isinstance(value, RelationshipId):
        raise CypherError(f"type() needs a relationship, not {name_of_type(value)}")
    return TYPES[value.type]


@_values("cy_labels", 1)
def _labels(value: Any) -> list[str]:
    if not isinstance(value, NodeId):
        raise CypherError(f"labels() needs a node, not {name_of_type(value)}")
    return [LABELS[value.id & MASK]]


def properties_of(connection: sqlite3.Connection, value: NodeId | RelationshipId) -> dict[str, Any]:
    """The properties that a node or relationship has."""
    key: tuple[Any, ...]
    if isinstance(value, NodeId):
        kinds = NODES[LABELS[value.id & MASK]]
        table, where, key = kinds.table, "nid = ?", (value.id >> BITS,)
        properties = kinds.properties
    else:
        edge = RELATIONSHIPS[TYPES[value.type]]
        table, properties = edge.table, edge.properties
        where, key = "source = ? AND target = ?", (value.source, value.target)
        for column, part in (("name", value.name), ("index", -1 if value.index is None else value.index)):
            if any(p.name == column for p in properties):
                where, key = f'{where} AND "{column}" = ?', (*key, part)
    if not properties:
        return {}
    columns = ", ".join(f'"{p.name}"' for p in properties)
    row = connection.execute(f'SELECT {columns} FROM "{table}" WHERE {where}', key).fetchone()
    return {
        p.name: v for p, c in zip(properties, row or (), strict=False) if (v := restored(p.kind, p.name, c)) is not None
    }


def restored(kind: str, name: str, cell: Cell) -> Any:
    """A property's value from its column."""
    if cell is None or (name == "index" and cell == -1):
        return None
    if kind == "strings":
        from json import loads

        return loads(cell)  # type: ignore[arg-type]
    if kind == "boolean":
        return bool(cell)
    return decode(cell)


def graph_functions(active: Callable[[], sqlite3.Connection]) -> dict[str, tuple[int, Callable[..., Any]]]:
    """The functions that look into the graph themselves, for values whose kind only shows when they are there."""

    def of(value: Any, key: Any) -> Any:
        if isinstance(value, (NodeId, RelationshipId)):
            return properties_of(active(), value).get(key)
        if isinstance(value, dict):
            return value.get(key)
        raise CypherError(f"{name_of_type(value)} has no properties ({key})")

    def get(cell: Cell, key: Cell) -> Cell:
        value, at = decode(cell), decode(key)
        if value is None or at is None:
            return None
        if isinstance(value, list):
            i = _index(at)
            return encode(value[i]) if -len(value) <= i < len(value) else None
        return encode(of(value, at))

    def properties(cell: Cell) -> Cell:
        value = decode(cell)
        if isinstance(value, (NodeId, RelationshipId)):
            return encode(properties_of(active(), value))
        if value is not None and not isinstance(value, dict):
            raise CypherError(f"properties() needs a node, relationship or map, not {name_of_type(value)}")
        return cell

    def keys(cell: Cell) -> Cell:
        found = properties(cell)
        return None if found is None else encode(sorted(decode(found)))

    def paths(start: int | None, end: int | None, spec: str, *wanted: Cell) -> str | None:
        return shortest(active(), start, end, spec, wanted)

    return {"cy_get": (2, get), "cy_properties": (1, properties), "cy_keys": (1, keys), "cy_shortest": (-1, paths)}
