"""The SQLite functions that lowered queries call where SQL itself cannot say what Cypher means: operators, lists, maps.

They work on cells (see `encoding`) and defer to `semantics`. Those of strings and numbers are in `functions_text`, those
of nodes, relationships and paths in `functions_graph`, aggregates in `aggregates`; `run` gives them to a connection.
"""

from __future__ import annotations

from collections.abc import Callable
from json import dumps
from typing import Any

from mandala_graph.cypher.encoding import Cell, PathIds, decode, encode, pack, unpack
from mandala_graph.cypher.regex import compiled
from mandala_graph.cypher.semantics import (
    add,
    calculate,
    compare,
    contains,
    divide,
    equal,
    integer,
    name_of_type,
    sort_key,
)
from mandala_graph.errors import CypherError

__all__ = ["SCALARS", "as_json", "index_of", "of_values", "scalar"]

SCALARS: dict[str, tuple[int, Callable[..., Any]]] = {}
"""Name in SQL -> (number of arguments or -1, function of cells)."""


def scalar(name: str, arguments: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function of cells under a name."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        SCALARS[name] = (arguments, function)
        return function

    return register


def of_values(name: str, arguments: int, *, strict: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
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


of_values("cy_add", 2, strict=False)(add)
of_values("cy_calc", 3, strict=False)(calculate)


@of_values("cy_neg", 1)
def _negate(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CypherError(f"cannot negate {name_of_type(value)}")
    return integer(-value) if isinstance(value, int) else -value


@of_values("cy_concat", 2)
def _concat(a: Any, b: Any) -> Any:
    if isinstance(a, str) and isinstance(b, str):
        return a + b
    if isinstance(a, list) and isinstance(b, list):
        return a + b
    raise CypherError(f"|| joins two strings or two lists, not {name_of_type(a)} and {name_of_type(b)}")


@of_values("cy_starts", 2)
def _starts(a: Any, b: Any) -> bool | None:
    return a.startswith(b) if isinstance(a, str) and isinstance(b, str) else None


@of_values("cy_ends", 2)
def _ends(a: Any, b: Any) -> bool | None:
    return a.endswith(b) if isinstance(a, str) and isinstance(b, str) else None


@of_values("cy_contains", 2)
def _contains(a: Any, b: Any) -> bool | None:
    return b in a if isinstance(a, str) and isinstance(b, str) else None


@of_values("cy_match", 2)
def _match(a: Any, pattern: Any) -> bool | None:
    if not isinstance(pattern, str):
        raise CypherError(f"=~ needs a string on its right, not {name_of_type(pattern)}")
    return compiled(pattern).fullmatch(a) is not None if isinstance(a, str) else None


# --- lists and maps --------------------------------------------------------------------------------------------------


def _list(value: Any, function: str) -> list[Any]:
    if not isinstance(value, list):
        raise CypherError(f"{function} needs a list, not {name_of_type(value)}")
    return value


def index_of(value: Any) -> int:
    """The value, if it can be an index."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise CypherError(f"an index into a list is an integer, not {name_of_type(value)}")
    return value


def as_json(value: Any) -> str:
    """The value as JSON that SQLite reads."""
    return dumps(value, ensure_ascii=False, separators=(",", ":"))


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
    return as_json([pack(encode(i)) for i in items])


@scalar("cy_ids", 1)
def _ids(cell: Cell) -> str | None:
    """A list of nodes as a JSON array of ids."""
    return None if cell is None else as_json([None if n is None else n.id for n in decode(cell)])


scalar("cy_pack", 1)(pack)
scalar("cy_unpack", 1)(unpack)


@of_values("cy_slice", 3, strict=False)
def _slice(items: Any, start: Any, stop: Any) -> Any:
    return (
        None if items is None else _list(items, "a slice")[index_of(start) : stop if stop is None else index_of(stop)]
    )


@of_values("cy_range", 3, strict=False)
def _range(start: Any, stop: Any, step: Any) -> list[int]:
    if step == 0:
        raise CypherError("the step of range() cannot be 0")
    for n in (start, stop, step):
        if isinstance(n, bool) or not isinstance(n, int):
            raise CypherError(f"range() needs integers, not {name_of_type(n)}")
    n = (
        divide(stop - start, step) + 1
        if abs(stop - start) < 1 << 63
        else (1 << 63) * (1 if (stop > start) == (step > 0) else -1)
    )
    if n > 10_000_000:
        raise CypherError("range() makes a list of more than 10 million items here")
    return [start + i * step for i in range(int(n))]  # as Neo4j: range(5, 4, 3) has one item, for -1 / 3 is 0


@of_values("cy_size", 1)
def _size(value: Any) -> int:
    if isinstance(value, PathIds) or not isinstance(value, (str, list)):
        raise CypherError(f"size() needs a list or a string, not {name_of_type(value)}")
    return len(value)


@of_values("cy_length", 1)
def _length(value: Any) -> int:
    if not isinstance(value, PathIds):
        raise CypherError(f"length() needs a path, not {name_of_type(value)}")
    return len(value.relationships)


@of_values("cy_head", 1)
def _head(value: Any) -> Any:
    return next(iter(_list(value, "head()")), None)


@of_values("cy_last", 1)
def _last(value: Any) -> Any:
    return value[-1] if _list(value, "last()") else None


@of_values("cy_tail", 1)
def _tail(value: Any) -> Any:
    return _list(value, "tail()")[1:]


@of_values("cy_reverse", 1)
def _reverse(value: Any) -> Any:
    return value[::-1] if isinstance(value, str) else _list(value, "reverse()")[::-1]


@of_values("cy_empty", 1)
def _is_empty(value: Any) -> bool:
    if not isinstance(value, (str, list, dict)):
        raise CypherError(f"isEmpty() needs a list, map or string, not {name_of_type(value)}")
    return len(value) == 0
