"""Running Cypher on the tables of a SQLite store: one query from its first row to its last, within its limits.

>>> explain("RETURN toString($x) AS y", {"x": 1}).sql
'SELECT cy_string(?) AS c0'
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from mandala_graph.cypher import ast
from mandala_graph.cypher.compile import bind, compiled, parsed
from mandala_graph.cypher.encoding import Cell
from mandala_graph.cypher.handles import Handles
from mandala_graph.cypher.installed import install
from mandala_graph.cypher.values import Rows
from mandala_graph.errors import CypherError, QueryCancelled, QueryTimeout

__all__ = ["Execution", "Explanation", "explain", "run_on_sqlite"]

_STEPS = 20_000  # of SQLite's machine between two looks at the clock: a few milliseconds at most


class Execution:
    """A query that is running. `time_limit` is in seconds, until the last row; `cancel`, once set, ends it at once.

    Take rows, then close; while it is open, it has the connection to itself, and sees one state of the store.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        statement: str,
        parameters: Mapping[str, Any],
        time_limit: float | None = None,
        cancel: threading.Event | None = None,
    ) -> None:
        self._query = query = compiled(statement, parameters)
        binds = bind(query, parameters)
        self.connection = connection
        self._limit = time_limit
        self._cancel = cancel
        self._end = None if time_limit is None else time.monotonic() + time_limit
        self._raised: BaseException | None = None
        self._state = install(connection)
        self._state.error, self._state.connection, self._state.now = None, connection, None
        self._own = not connection.in_transaction
        connection.set_progress_handler(self._look, _STEPS)
        try:
            if self._own:
                connection.execute("BEGIN")  # so that ids and what they stand for are of one state
            try:
                self._cursor = connection.execute(query.sql, binds)
            except sqlite3.OperationalError as e:
                if "no such function: cy_" not in str(e):
                    raise
                # the entry was that of a connection gone, in whose place this is
                self._state = install(connection, again=True)
                self._state.connection = connection
                self._cursor = connection.execute(query.sql, binds)
        except sqlite3.Error as e:
            self._fail(e)
        except BaseException:
            self.close()
            raise

    def _look(self) -> int:
        # Also where Python meets Ctrl-C, and raises; SQLite then stops, and would lose what was raised.
        try:
            if self._cancel is not None and self._cancel.is_set():
                return 1
            return int(self._end is not None and time.monotonic() > self._end)
        except BaseException as e:
            self._raised = e
            return 1

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(c.name for c in self._query.columns)

    def rows(self, n: int | None = None) -> list[tuple[Any, ...]]:
        """The next rows, at most `n`; none where there are no more."""
        try:
            cells: list[tuple[Cell, ...]] = self._cursor.fetchall() if n is None else self._cursor.fetchmany(n)
            return Handles(self.connection).rows(self._query, cells)
        except sqlite3.Error as e:
            self._fail(e)

    def close(self) -> None:
        """Give the connection back as it was. Closing twice does nothing."""
        if self._state.connection is None:
            return
        self._state.connection = None
        self.connection.set_progress_handler(None, 0)
        if hasattr(self, "_cursor"):
            self._cursor.close()
        if self._own and self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def _fail(self, e: sqlite3.Error) -> NoReturn:
        """Close, and raise what was really wrong."""
        error, self._state.error = self._state.error, None
        late = self._end is not None and time.monotonic() > self._end
        self.close()
        text = str(e)
        if self._raised is not None:
            raise self._raised from None
        if error is not None:
            raise error from None
        if "interrupted" in text or "user-defined" in text:
            if self._cancel is not None and self._cancel.is_set():
                raise QueryCancelled("the query was cancelled") from None
            if late:
                raise QueryTimeout(
                    f"the query took longer than {self._limit:g} s; narrow it down, or allow more time"
                ) from None
            if threading.current_thread() is threading.main_thread():
                raise KeyboardInterrupt from None  # raised where a function of ours begins, SQLite keeps it to itself
            raise CypherError("the query was interrupted") from None
        if "parser stack overflow" in text or "Expression tree is too large" in text:
            raise CypherError(
                f"the query's subqueries stand deeper in each other than SQLite {sqlite3.sqlite_version} can read; take "
                f"inner ones out into a WITH before. Neo4j runs it"
            ) from None
        if "integer overflow" in text:
            raise CypherError("integer overflow: the result of a calculation has more than 64 bits") from None
        raise e


def run_on_sqlite(
    connection: sqlite3.Connection,
    statement: str,
    parameters: Mapping[str, Any],
    *,
    time_limit: float | None = None,
    max_rows: int | None = None,
    cancel: threading.Event | None = None,
) -> Rows:
    """Run a query of the subset on a store's tables. `time_limit` is in seconds.

    Rows beyond `max_rows` are not read.

    Nodes, relationships and paths come as the values of `mandala_graph.cypher.values`. Raises `CypherSyntaxError`,
    `UnsupportedCypher`, or `CypherError` for what goes wrong while it runs, `QueryTimeout` at the time
    limit, `QueryCancelled` when another thread sets `cancel`; sqlite3's own errors (a locked file) pass through. Ctrl-C
    ends it.
    """
    execution = Execution(connection, statement, parameters, time_limit, cancel)
    try:
        return Rows(execution.columns, execution.rows(max_rows))
    finally:
        execution.close()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a query becomes: its tree, SQL, what is bound, and SQLite's plan (empty without a connection)."""

    tree: ast.Query
    sql: str
    binds: tuple[Any, ...]
    plan: tuple[str, ...] = ()


def explain(statement: str, parameters: Mapping[str, Any], connection: sqlite3.Connection | None = None) -> Explanation:
    """The tree, SQL and plan of a query, which is not run."""
    query = compiled(statement, parameters)
    binds = bind(query, parameters)
    plan: tuple[str, ...] = ()
    if connection is not None:
        install(connection)
        plan = tuple(_indented(connection.execute(f"EXPLAIN QUERY PLAN {query.sql}", binds).fetchall()))
    return Explanation(parsed(statement)[0], query.sql, tuple(binds), plan)


def _indented(steps: list[tuple[int, int, int, str]]) -> list[str]:
    """SQLite's steps, each under the one that it belongs to."""
    depth = {0: -1}
    lines = []
    for id, parent, _, text in steps:
        depth[id] = depth.get(parent, -1) + 1
        lines.append("  " * depth[id] + text)
    return lines
