"""Cypher on the SQLite store: runs it (`mandala_graph.cypher`), and gives its results the form of the protocol."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from mandala_graph.cypher.run import Execution, explain, run_on_sqlite
from mandala_graph.cypher.sql import pretty
from mandala_graph.cypher.values import Node, Path, Relationship, all_native
from mandala_graph.errors import MandalaGraphError
from mandala_graph.store.protocol import GraphNode, GraphPath, GraphRelationship, Plan, Table
from mandala_graph.store.sqlite_errors import FAILURES
from mandala_graph.store.sqlite_file import StoreFile

__all__ = ["SQLiteStream", "plan", "query"]


def query(
    file: StoreFile,
    statement: str,
    parameters: Mapping[str, Any],
    timeout: float,
    max_rows: int | None,
    cancel: threading.Event | None = None,
) -> Table:
    """The result of a query of the subset."""
    with file.reading() as connection:
        found = run_on_sqlite(connection, statement, parameters, time_limit=timeout, max_rows=max_rows, cancel=cancel)
    return Table(found.columns, _forms(found.rows))


class SQLiteStream:
    """A query's rows, a page at a time (see `protocol.Stream`)."""

    def __init__(self, file: StoreFile, statement: str, parameters: Mapping[str, Any], timeout: float) -> None:
        self._file = file
        self._open = False
        self._connection = file.lend()
        try:
            self._execution = Execution(self._connection, statement, parameters, timeout)
            self._open = True
        except MandalaGraphError:
            raise  # one of them is an OSError too
        except FAILURES as error:
            raise file.explain(error) from error
        finally:
            if not self._open:
                file.take_back(self._connection)
        self.columns = self._execution.columns

    def page(self, n: int) -> list[tuple[Any, ...]]:
        if not self._open:
            return []
        try:
            rows = self._execution.rows(n)
        except MandalaGraphError:
            self.close()
            raise
        except FAILURES as error:
            self.close()
            raise self._file.explain(error) from error
        except BaseException:
            self.close()
            raise
        return _forms(rows)

    def close(self) -> None:
        if self._open:
            self._open = False
            self._execution.close()
            self._file.take_back(self._connection)

    def __del__(self) -> None:
        self.close()


def plan(file: StoreFile, statement: str, parameters: Mapping[str, Any], timeout: float, run: bool) -> Plan:
    """The SQL of a query, and SQLite's plan for it."""
    with file.reading() as connection:
        found = explain(statement, parameters, connection)
        rows, seconds = None, None
        if run:
            began = time.perf_counter()
            rows = len(run_on_sqlite(connection, statement, parameters, time_limit=timeout).rows)
            seconds = time.perf_counter() - began
    return Plan("sql", pretty(found.sql), found.binds, found.plan, rows, seconds)


def _forms(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return rows if all_native(rows) else [tuple([_form(cell) for cell in row]) for row in rows]


def _form(value: Any) -> Any:
    if isinstance(value, Node):
        return GraphNode((value.label,), dict(value.properties), value.key)
    if isinstance(value, Relationship):
        return GraphRelationship.between(value.type, dict(value.properties), value.start, value.end)
    if isinstance(value, Path):
        return GraphPath(tuple(map(_form, value.nodes)), tuple(map(_form, value.relationships)))
    if isinstance(value, list):
        return [_form(v) for v in value]
    if isinstance(value, dict):
        return {k: _form(v) for k, v in value.items()}
    return value
