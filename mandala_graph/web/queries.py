"""Cypher of the user's own, and the saved questions: rows, and what of the graph stands in them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from mandala_graph.cypher.questions import Question, QuestionParameter, question, questions
from mandala_graph.errors import CypherError, UsageError
from mandala_graph.store.protocol import GraphNode, GraphPath, GraphRelationship
from mandala_graph.web.filters import pasted
from mandala_graph.web.nodes import call_node, edges_of, graph, names_of, ref_node
from mandala_graph.web.rows import Rows
from mandala_graph.web.state import LIMIT, Browser

__all__ = ["answer", "listed", "run"]

_SECONDS = 60.0
_ROWS = 10_000
_HID = re.compile(r"[0-9a-f]{40}")
_KINDS = {"ref": "ref", "start": "ref", "end": "ref", "run": "run", "first": "run", "second": "run", "op": "op"}


def run(browser: Browser, body: Any, cancel: threading.Event | None = None) -> dict[str, Any]:
    """The answer to `{"cypher", "parameters"}`; `cancel` ends it."""
    if not isinstance(body, Mapping) or not isinstance(body.get("cypher"), str):
        raise UsageError('the body is {"cypher": "MATCH ...", "parameters": {...}}.')
    return _run(browser, body["cypher"], _parameters(body), cancel)


def _parameters(body: Mapping[str, Any]) -> dict[str, Any]:
    given = body.get("parameters") or {}
    if not isinstance(given, Mapping):
        raise UsageError('"parameters" is an object: {"name": value}.')
    return dict(given)


def _run(
    browser: Browser, statement: str, parameters: dict[str, Any], cancel: threading.Event | None
) -> dict[str, Any]:
    if not statement.strip():
        raise CypherError("the query is empty.")
    begin = time.perf_counter()
    browser.storage.commit()
    found = browser.store.query(statement, parameters, timeout=_SECONDS, max_rows=_ROWS + 1, cancel=cancel)
    seconds = time.perf_counter() - begin
    rows = found.rows[:_ROWS]
    return {
        "columns": list(found.columns),
        "rows": [list(row) for row in rows],
        "truncated": len(found.rows) > _ROWS,
        "graph": _graph(browser, rows, statement, parameters),
        "seconds": seconds,
    }


def _graph(
    browser: Browser, rows: list[tuple[Any, ...]], statement: str, parameters: dict[str, Any]
) -> dict[str, Any] | None:
    """The refs and calls that stand in the rows, by themselves or by their ids; None when there are none."""
    hids = list(dict.fromkeys(h for row in rows for cell in row for h in _hids(cell)))
    known = Rows(browser)
    known.need_calls(hids[:LIMIT])
    known.need_refs(h for h in hids[:LIMIT] if h not in known.calls)
    shown = {h: None for h in hids[:LIMIT] if h in known.calls or h in known.refs}
    if not shown:
        return None
    names = names_of(known.calls.values())
    message = f"{len(hids):,} nodes; the first {LIMIT:,} are shown." if len(hids) > LIMIT else None
    words = "".join(f", {name}={value!r}" for name, value in parameters.items() if name.isidentifier())
    return graph(
        [call_node(known.calls[h]) if h in known.calls else ref_node(known.refs[h], names.get(h, "")) for h in shown],
        edges_of(known.calls.values(), shown),
        total=len(hids),
        truncated=len(hids) > LIMIT,
        message=message,
        cypher=pasted(statement, parameters),
        python=f"storage.query({statement!r}{words})",
    )


def _hids(cell: Any) -> Iterator[str]:
    if isinstance(cell, str):
        if _HID.fullmatch(cell):
            yield cell
    elif isinstance(cell, GraphNode):
        hid = cell.properties.get("hid")
        if isinstance(hid, str):
            yield hid
    elif isinstance(cell, GraphPath):
        for node in cell.nodes:
            yield from _hids(node)
    elif isinstance(cell, GraphRelationship):
        return
    elif isinstance(cell, (list, tuple)):
        for part in cell:
            yield from _hids(part)
    elif isinstance(cell, Mapping):
        for part in cell.values():
            yield from _hids(part)


# -- saved questions -------------------------------------------------------------------------------------------------


def listed() -> list[dict[str, Any]]:
    """The saved questions, with what they ask for."""
    return [
        {
            "name": q.name,
            "title": q.title,
            "answers": q.comment,
            "parameters": [
                {
                    "name": p.name,
                    "type": _type(q, p),
                    "default": p.default,
                    "required": p.required,
                    "meaning": p.meaning,
                }
                for p in q.parameters
            ],
            "cypher": q.text,
        }
        for q in questions()
    ]


def _type(q: Question, p: QuestionParameter) -> str:
    """What kind of thing a form should offer."""
    if isinstance(p.default, bool):
        return "boolean"
    if isinstance(p.default, int):
        return "integer"
    if isinstance(p.default, float):
        return "number"
    if p.name == "metric":
        return "output"
    return _KINDS.get(p.name, "text")


def answer(browser: Browser, name: str, body: Any, cancel: threading.Event | None = None) -> dict[str, Any]:
    """The answer to a saved question; `cancel` ends it."""
    if not isinstance(body, Mapping):
        raise UsageError('the body is {"parameters": {...}}.')
    asked = question(name)
    given = asked.bind(_parameters(body))
    return {**_run(browser, asked.text, given, cancel), "cypher": pasted(asked.text, given), "title": asked.title}
