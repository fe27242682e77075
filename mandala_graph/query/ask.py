"""Asking: a query's text and parameters are checked, run on the storage's engine, and come out in the form asked for."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mandala_graph.cypher.compile import parsed
from mandala_graph.cypher.errors import show
from mandala_graph.cypher.questions import question
from mandala_graph.cypher.scope import prepare
from mandala_graph.errors import CypherError, CypherSyntaxError, ResultTooLarge, UsageError
from mandala_graph.query.drawing import QueryGraph, draw
from mandala_graph.query.frame import to_frame
from mandala_graph.query.handles import Handler
from mandala_graph.query.parameters import check_names, together
from mandala_graph.query.rows import RowStream
from mandala_graph.store.protocol import MAX_ROWS

if TYPE_CHECKING:
    import pandas as pd
    from neomodel.sync_.match import BaseSet

    from mandala_graph.storage import Storage

__all__ = ["ask", "check", "query", "text_of"]

log = logging.getLogger("mandala_graph")


def query(
    storage: Storage,
    statement: str | BaseSet[Any],
    parameters: Mapping[str, Any] | None = None,
    named: Mapping[str, Any] | None = None,
    *,
    as_graph: bool = False,
    stream: bool = False,
    timeout: float | None = None,
    max_rows: int | None = MAX_ROWS,
) -> pd.DataFrame | QueryGraph | RowStream:
    """See `Storage.query`."""
    if as_graph and stream:
        raise UsageError("a result is either streamed or drawn: give as_graph or stream, not both.")
    if timeout is not None and not (isinstance(timeout, (int, float)) and timeout > 0):
        raise UsageError(f"timeout is in seconds, more than 0, not {timeout!r}.")
    if max_rows is not None and (not isinstance(max_rows, int) or max_rows < 0):
        raise UsageError(f"max_rows is a number of rows, or None for no limit, not {max_rows!r}.")
    text, given = text_of(statement, together(parameters, named or {}))
    check(text, given)
    storage.writer.flush()
    try:
        if stream:
            return RowStream(storage, storage.store.stream(text, given, timeout=timeout))
        table = storage.store.query(text, given, timeout=timeout, max_rows=None if max_rows is None else max_rows + 1)
    except CypherSyntaxError as e:
        raise _pointing(text, e) from None
    if max_rows is not None and len(table.rows) > max_rows:
        raise ResultTooLarge(
            f"the query has more than {max_rows} rows; add a LIMIT, raise max_rows, or take them one by one with "
            f"stream=True"
        )
    if as_graph:
        return draw(storage.store, table)
    return to_frame(table.columns, Handler(storage).rows(table.rows))


def ask(
    storage: Storage,
    name: str,
    parameters: Mapping[str, Any] | None,
    named: Mapping[str, Any],
    **options: Any,
) -> pd.DataFrame | QueryGraph | RowStream:
    """See `Storage.ask`."""
    q = question(name)
    return query(storage, q.text, q.bind(together(parameters, named)), **options)


def check(statement: str, given: Mapping[str, Any]) -> None:
    """Raise CypherError for a parameter that is missing; log what looks like a slip in the text.

    A text that our parser does not take is not judged here: the engine says more, and Neo4j may run it.
    """
    try:
        tree, needed = parsed(statement)
    except CypherError:
        return
    check_names(needed, given, tree)
    for note in prepare(statement).notes:
        log.warning("%s\n%s", note, show(statement, note.pos))


def text_of(statement: str | BaseSet[Any], given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The text of a query, and its parameters with those that a node set holds."""
    if isinstance(statement, str):
        return statement, given
    if not type(statement).__module__.startswith(("neomodel", "mandala_graph")):
        raise UsageError(f"a query is Cypher text or a node set of mandala_graph.ogm, not {statement!r}.")
    from mandala_graph import ogm

    text, built = ogm.compile(statement)
    return text, {**built, **given}


def _pointing(statement: str, error: CypherSyntaxError) -> CypherSyntaxError:
    """Our own error for a text that Neo4j refused, where we refuse it too: it points, and suggests."""
    try:
        prepare(statement)
    except CypherSyntaxError as own:
        return own
    except CypherError:
        pass
    return error
