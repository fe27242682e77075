"""From the text of a query to its statement, by way of caches, and the values to bind to it; and how long that takes."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from mandala_graph.cypher import ast
from mandala_graph.cypher.encoding import Cell, encode
from mandala_graph.cypher.lower import Lowered, lower, type_of
from mandala_graph.cypher.parser import parse
from mandala_graph.cypher.scope import check, prepare
from mandala_graph.cypher.sql import Type
from mandala_graph.errors import CypherError

__all__ = ["bind", "compiled", "parsed", "timed"]


@lru_cache(512)
def parsed(statement: str) -> tuple[ast.Query, tuple[str, ...]]:
    """A checked query's tree, and the names of its parameters."""
    query = prepare(statement).query
    return query, tuple(sorted({n.name for n in ast.walk(query) if isinstance(n, ast.Parameter)}))


@lru_cache(1024)
def _lowered(statement: str, types: tuple[Type, ...]) -> Lowered:
    query, names = parsed(statement)
    return lower(query, dict(zip(names, types, strict=True)))


def compiled(statement: str, parameters: Mapping[str, Any]) -> Lowered:
    """The statement for a query with parameters of these types."""
    _, names = parsed(statement)
    try:
        types = tuple([type_of(parameters[n]) for n in names])
    except KeyError as e:
        raise CypherError(f"the query needs a value for the parameter ${e.args[0]}") from None
    return _lowered(statement, types)


def bind(query: Lowered, parameters: Mapping[str, Any]) -> list[Cell]:
    """What to bind, in order."""
    values: list[Cell] = []
    for b in query.binds:
        if b[0] == "=":
            values.append(query.constants[int(b[1:])])
        elif b[0] == "v":
            values.append(encode(parameters[b[2:]]))
        elif b[0] == "l":
            values.append(int(parameters[b[2:]]))
        else:
            values.append(json.dumps(list(parameters[b[2:]]), ensure_ascii=False))
    return values


def timed(
    statement: str, parameters: Mapping[str, Any], lowered: bool
) -> tuple[ast.Query, tuple[str, ...], dict[str, float]]:
    """A query's tree and notes, and the seconds that it takes to `parse` (and check) and to `lower`, past the caches."""
    began = time.perf_counter()
    query = check(parse.__wrapped__(statement))
    seconds = {"parse": time.perf_counter() - began}
    if lowered:
        began = time.perf_counter()
        names = parsed(statement)[1]
        lower(query.query, {n: type_of(parameters[n]) for n in names})
        seconds["lower"] = time.perf_counter() - began
    return query.query, tuple(str(n) for n in query.notes), seconds
