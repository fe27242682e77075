"""The functions and aggregates of a query on a connection: put there once, and what they share while a query runs."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from mandala_graph.cypher import functions_number, functions_text  # noqa: F401 (they register functions)
from mandala_graph.cypher.aggregates import AGGREGATES
from mandala_graph.cypher.encoding import encode
from mandala_graph.cypher.functions import SCALARS
from mandala_graph.cypher.functions_graph import graph_functions
from mandala_graph.errors import CypherError, MandalaGraphError

__all__ = ["Installed", "install"]


class Installed:
    """What a connection's functions share: the connection while a query runs, and the last error of one of them."""

    def __init__(self) -> None:
        self.connection: sqlite3.Connection | None = None
        self.error: BaseException | None = None
        self.now: str | int | float | bytes | None = None

    def time(self) -> str | int | float | bytes | None:
        """Now, the same all through a query."""
        if self.now is None:
            self.now = encode(datetime.now(UTC))
        return self.now

    def active(self) -> sqlite3.Connection:
        if self.connection is None:
            raise CypherError("this function works inside a query only")
        return self.connection


_installed: weakref.WeakValueDictionary[int, Installed] = weakref.WeakValueDictionary()
"""By id of the connection, which nothing can refer to weakly. Only its functions keep an entry alive: it goes with it."""


def _kept(state: Installed, function: Callable[..., Any]) -> Callable[..., Any]:
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
        except BaseException as e:  # Ctrl-C
            state.error = e
            raise

    return call


def install(connection: sqlite3.Connection, again: bool = False) -> Installed:
    state = None if again else _installed.get(id(connection))
    if state is not None:
        return state
    state = _installed[id(connection)] = Installed()
    for name, (n, function) in SCALARS.items():
        connection.create_function(name, n, _kept(state, function), deterministic=True)
    for name, (n, function) in graph_functions(state.active).items():
        connection.create_function(name, n, _kept(state, function))
    connection.create_function("cy_now", 0, state.time)
    for name, (n, kind) in AGGREGATES.items():
        methods = {m: _kept(weakref.proxy(state), getattr(kind, m)) for m in ("step", "finalize")}
        connection.create_aggregate(name, n, type(name, (cast(type, kind),), methods))
    return state
