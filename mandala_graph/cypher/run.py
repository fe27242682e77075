"""Running Cypher on the tables of a SQLite store: compile, cache, bind, time and row limits, results, explanations.

>>> explain("RETURN toString($x) AS y", {"x": 1}).sql
'SELECT cy_string(?) AS c0'
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from mandala_graph.cypher import (
    ast,
    functions_text,  # noqa: F401 (registers functions)
)
from mandala_graph.cypher.aggregates import AGGREGATES
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
)
from mandala_graph.cypher.functions import SCALARS
from mandala_graph.cypher.functions_graph import graph_functions, properties_of, restored, source_id, target_id
from mandala_graph.cypher.lower import Column, Lowered, lower, type_of
from mandala_graph.cypher.scope import prepare
from mandala_graph.cypher.sql import Type
from mandala_graph.cypher.values import Node, Path, Relationship, Rows
from mandala_graph.errors import CypherError, MandalaGraphError
from mandala_graph.graph import NODES

__all__ = ["Explanation", "explain", "run_on_sqlite"]

_STEPS = 20_000  # of SQLite's machine between two looks at the clock: a few milliseconds at most


class _Installed:
    """What a connection's functions share: the connection while a query runs, and the last error of one of them."""

    def __init__(self) -> None:
        self.connection: sqlite3.Connection | None = None
        self.error: BaseException | None = None

    def active(self) -> sqlite3.Connection:
        if self.connection is None:
            raise CypherError("this function works inside a query only")
        return self.connection


_installed: weakref.WeakValueDictionary[int, _Installed] = weakref.WeakValueDictionary()
"""By id of the connection, which nothing can refer to weakly. Only its functions keep an entry alive: it goes with it."""


def _kept(state: _Installed, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which keeps its error where the runner finds it."""

    def call(*cells: Any) -> Any:
        try:
            return function(*cells)
        except MandalaGraphError as e:
            state.error = e
            raise
        except (TypeError, ValueError, AttributeError, OverflowError) as e:
            state.error = CypherError(f"a function got a value that it does not take ({e})")
            raise

    return call


def _install(connection: sqlite3.Connection, again: bool = False) -> _Installed:
    state = None if again else _installed.get(id(connection))
    if state is not None:
        return state
    state = _installed[id(connection)] = _Installed()
    for name, (n, function) in SCALARS.items():
        connection.create_function(name, n, _kept(state, function), deterministic=True)
    for name, (n, function) in graph_functions(state.active).items():
        connection.create_function(name, n, _kept(state, function))
    for name, (n, kind) in AGGREGATES.items():
        methods = {m: _kept(weakref.proxy(state), getattr(kind, m)) for m in ("step", "finalize")}
        connection.create_aggregate(name, n, type(name, (cast(type, kind),), methods))
    return state


# --- compiling ---------------------------------------------------------------------------------------------------------


@lru_cache(512)
def _parsed(statement: str) -> tuple[ast.Query, tuple[str, ...]]:
    query = prepare(statement).query
    return query, tuple(sorted({n.name for n in ast.walk(query) if isinstance(n, ast.Parameter)}))


@lru_cache(1024)
def _lowered(statement: str, types: tuple[Type, ...]) -> Lowered:
    query, names = _parsed(statement)
    return lower(query, dict(zip(names, types, strict=True)))


def _compiled(statement: str, parameters: Mapping[str, Any]) -> Lowered:
    _, names = _parsed(statement)
    try:
        types = tuple([type_of(parameters[n]) for n in names])
    except KeyError as e:
        raise CypherError(f"the query needs a value for the parameter ${e.args[0]}") from None
    return _lowered(statement, types)


def _bind(query: Lowered, parameters: Mapping[str, Any]) -> list[Cell]:
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


# --- results -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Results:
    """Ids in result rows, replaced by nodes, relationships and paths."""

    connection: sqlite3.Connection
    nodes: dict[int, Node] = field(default_factory=dict)

    def fetch(self, ids: set[int]) -> None:
        """Read these nodes, a table at a time."""
        for label, name in enumerate(LABELS):
            nids = [i >> BITS for i in ids if i & MASK == label and i not in self.nodes]
            if not nids:
                continue
            n = NODES[name]
            columns = ", ".join(f'"{p.name}"' for p in n.properties)
            sql = f"SELECT nid, {columns} FROM {n.table} WHERE nid IN (SELECT value FROM json_each(?))"
            for nid, *cells in self.connection.execute(sql, (json.dumps(nids),)):
                found = zip(n.properties, cells, strict=True)
                properties = {p.name: v for p, c in found if (v := restored(p.kind, p.name, c)) is not None}
                self.nodes[nid << BITS | label] = Node(name, properties)

    def value(self, v: Any) -> Any:
        if isinstance(v, NodeId):
            if v.id not in self.nodes:
                self.fetch({v.id})
            return self.nodes[v.id]
        if isinstance(v, RelationshipId):
            ends = [self.value(e).key for e in (source_id(v), target_id(v))]
            return Relationship(TYPES[v.type], ends[0], ends[1], properties_of(self.connection, v))
        if isinstance(v, PathIds):
            self.fetch({n.id for n in v.nodes})
            return Path(tuple(map(self.value, v.nodes)), tuple(map(self.value, v.relationships)))
        if isinstance(v, list):
            self.fetch({i.id for i in v if isinstance(i, NodeId)})
            return [self.value(i) for i in v]
        if isinstance(v, dict):
            return {k: self.value(i) for k, i in v.items()}
        return v

    def column(self, c: Column, cells: list[tuple[Cell, ...]]) -> list[Any]:
        """A column's values from its columns in SQL."""
        kind = c.type.kind
        if kind == "bool":
            return [None if x is None else bool(x) for (x,) in cells]
        if kind == "node":
            one = c.type.labels[0] if len(c.type.labels) == 1 else None
            ids = [x if x is None or one is None else x << BITS | one for (x,) in cells]  # type: ignore[operator]
            self.fetch({i for i in ids if i is not None})  # type: ignore[misc]
            return [None if i is None else self.nodes[i] for i in ids]  # type: ignore[index]
        if kind == "rel":
            return [None if x[1] is None else self.value(RelationshipId(*x)) for x in cells]  # type: ignore[arg-type]
        if kind in ("int", "float", "num", "str", "null"):
            return [x for (x,) in cells]
        return [self.value(decode(x)) if isinstance(x, bytes) else x for (x,) in cells]

    def table(self, query: Lowered, rows: list[tuple[Cell, ...]]) -> Rows:
        names = tuple(c.name for c in query.columns)
        if all(c.type.kind in ("int", "float", "num", "str", "null") for c in query.columns):
            return Rows(names, rows)
        columns, at = [], 0
        for c in query.columns:
            columns.append(self.column(c, [r[at : at + c.width] for r in rows]))
            at += c.width
        return Rows(names, list(zip(*columns, strict=True)))


# --- running -----------------------------------------------------------------------------------------------------------


def run_on_sqlite(
    connection: sqlite3.Connection,
    statement: str,
    parameters: Mapping[str, Any],
    *,
    time_limit: float | None = None,
    max_rows: int | None = None,
    cut: bool = False,
) -> Rows:
    """Run a query of the subset on a store's tables. `time_limit` is in seconds.

    More rows than `max_rows` are an error, or with `cut` they are not read.

    Nodes, relationships and paths come as the values of `mandala_graph.cypher.values`. Raises `CypherSyntaxError`,
    `UnsupportedCypher`, or `CypherError` for what goes wrong while it runs, at a limit too; sqlite3's own errors
    (a locked file) pass through. Ctrl-C ends it.
    """
    query = _compiled(statement, parameters)
    state = _install(connection)
    state.error, state.connection = None, connection
    end = None if time_limit is None else time.monotonic() + time_limit

    def look() -> int:  # also where Python meets Ctrl-C; SQLite then stops, and KeyboardInterrupt is lost
        return int(end is not None and time.monotonic() > end)

    own = not connection.in_transaction
    connection.set_progress_handler(look, _STEPS)
    try:
        if own:
            connection.execute("BEGIN")  # so that ids and what they stand for are of one state
        binds = _bind(query, parameters)
        try:
            cursor = connection.execute(query.sql, binds)
        except sqlite3.OperationalError as e:
            if "no such function: cy_" not in str(e):
                raise
            state = _install(connection, again=True)  # the entry was that of a connection gone, in whose place this is
            state.connection = connection
            cursor = connection.execute(query.sql, binds)
        rows = cursor.fetchall() if max_rows is None else cursor.fetchmany(max_rows if cut else max_rows + 1)
        if max_rows is not None:
            cursor.close()
        if max_rows is not None and len(rows) > max_rows:
            raise CypherError(f"the query has more than {max_rows} rows; add a LIMIT, or allow more rows")
        return _Results(connection).table(query, rows)
    except sqlite3.Error as e:
        if state.error is not None:
            error, state.error = state.error, None
            raise error from None
        if "interrupted" in str(e):
            if end is not None and time.monotonic() > end:
                raise CypherError(
                    f"the query took longer than {time_limit} s; narrow it down, or allow more time"
                ) from None
            if threading.current_thread() is threading.main_thread():
                raise KeyboardInterrupt from None
            raise CypherError("the query was interrupted") from None
        if "integer overflow" in str(e):
            raise CypherError("integer overflow: the result of a calculation has more than 64 bits") from None
        raise
    finally:
        state.connection = None
        connection.set_progress_handler(None, 0)
        if own and connection.in_transaction:
            connection.execute("ROLLBACK")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a query becomes: its tree, SQL, what is bound, and SQLite's plan (empty without a connection)."""

    tree: ast.Query
    sql: str
    binds: tuple[Any, ...]
    plan: tuple[str, ...] = ()


def explain(statement: str, parameters: Mapping[str, Any], connection: sqlite3.Connection | None = None) -> Explanation:
    """The tree, SQL and plan of a query, which is not run."""
    query = _compiled(statement, parameters)
    binds = _bind(query, parameters)
    plan: tuple[str, ...] = ()
    if connection is not None:
        _install(connection)
        plan = tuple(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query.sql}", binds))
    return Explanation(_parsed(statement)[0], query.sql, tuple(binds), plan)
