"""Answers to what the widget asks: those of the graph browser, and a frame's own graph and tables in place of the store's."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from mandala_graph.errors import FrameError, UnknownNode, UsageError
from mandala_graph.frame import ComputationFrame
from mandala_graph.frame.order import along_edges
from mandala_graph.storage import Storage
from mandala_graph.web import summary, tables
from mandala_graph.web.app import ANSWERS
from mandala_graph.web.filters import Filters
from mandala_graph.web.nodes import edge, graph, node
from mandala_graph.web.state import LIMIT, Browser

__all__ = ["Answers"]


async def _nothing(request: Request) -> None:
    """Routes here only say which question a path is."""


class Answers:
    """What the front end of one widget may ask, by the paths of the graph browser's API; all of it only reads."""

    def __init__(self, storage: Storage, frame: ComputationFrame | None = None) -> None:
        self.browser = Browser(storage)
        self.frame = frame
        self._routes = [(Route(path, _nothing), path, answer) for path, answer in ANSWERS.items()]

    def ask(self, question: str) -> Any:
        """The answer to a path with its query, as the server would give it. UsageError for a path that there is not."""
        url = urlsplit(question)
        scope = {
            "type": "http",
            "method": "GET",
            "path": unquote(url.path),
            "query_string": url.query.encode(),
            "headers": [],
        }
        for route, path, answer in self._routes:
            match, found = route.matches(scope)
            if match is Match.FULL:
                request = Request({**scope, **found})
                if self.frame is not None and path == "/api/graph/summary":
                    return self.summary()
                if self.frame is not None and path.startswith("/api/table/"):
                    return self._table(self.frame, request)
                said = answer(self.browser, request)
                if not isinstance(said, Response):
                    return said
        raise UsageError(f"a notebook has no answer to {question[:80]!r}.")

    def summary(self) -> dict[str, Any]:
        """The first picture: of the frame, or of the whole store."""
        return summary.summary(self.browser, Filters()) if self.frame is None else _drawn(self.frame)

    def _table(self, frame: ComputationFrame, request: Request) -> Any:
        """The calls of a function, or the refs of a variable, of this frame only."""
        kind, _, name = request.path_params["node"].partition(":")
        body, web = frame.body, frame.body.web
        if kind == "op" and name in body.funcs:
            ids = [web.call_ids[c] for c in body.funcs[name]]
            return tables.of_calls(self.browser, ids, body.ins[name], body.outs[name], request.query_params)
        if kind == "var" and name in body.vars:
            return tables.of_refs(self.browser, [web.ref_ids[r] for r in body.vars[name]], request.query_params)
        if kind == "op" and name in body.ops.values():  # calls of an op that has other names in the frame
            return tables.table(self.browser, f"op:{name}", request.query_params)
        raise UnknownNode(f"the frame has no {kind} {name!r}.")


def _drawn(frame: ComputationFrame) -> dict[str, Any]:
    """The frame's graph: functions and variables with their counts."""
    body = frame.body
    shown = along_edges(body)
    message = None
    if len(shown) > LIMIT:
        message = f"{len(shown):,} functions and variables: the {LIMIT:,} with most calls and values are shown."
        largest = sorted(shown, key=lambda n: (-len(body.elements(n)), n))[:LIMIT]
        shown = [n for n in shown if n in set(largest)]
    ids = {n: f"{'var' if n in body.vars else 'op'}:{n}" for n in shown}
    nodes = []
    for n in shown:
        makers = [body.ops[f] for f, _ in body.ins[n]] if n in body.vars else [body.ops[n]]
        kind = "var" if n in body.vars else "op"
        nodes.append(node(ids[n], kind, n, count=len(body.elements(n)), op=makers[0] if makers else None))
    edges = [
        edge(ids[s], ids[t], x, "input" if s in body.vars else "output", len(body.arrows((s, t, x))[0]))
        for s, t, x in sorted(body.edges)
        if s in ids and t in ids
    ]
    try:
        statement = frame.cypher()
    except FrameError:  # a loop has no one statement
        statement = ""
    total = len(body.vars) + len(body.funcs)
    return graph(nodes, edges, total=total, truncated=message is not None, message=message, cypher=statement)
