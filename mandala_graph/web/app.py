"""The routes: addresses to answers. Each answer is another module's; errors become JSON here."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from mandala_graph.errors import (
    CypherError,
    FrameError,
    MandalaGraphError,
    StoreError,
    UnknownNode,
    UsageError,
    ValueMissing,
    VersionError,
)
from mandala_graph.storage import Storage
from mandala_graph.web import around, compare, details, info, live, paths, queries, search, summary, tables
from mandala_graph.web.filters import Filters
from mandala_graph.web.form import Json
from mandala_graph.web.security import Guard
from mandala_graph.web.state import Browser

__all__ = ["ANSWERS", "STATIC", "create_app"]

log = logging.getLogger("mandala_graph")

STATIC = Path(__file__).parent / "static"
_HID = re.compile(r"[0-9a-f]{40}")
_LARGEST_BODY = 1 << 20

Answer = Callable[[Browser, Request], Any]


class _Anything(Convertor[str]):
    """The rest of a path, even with line breaks: names of ops may hold anything."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", _Anything())


def create_app(
    storage: Storage,
    *,
    token: str,
    hosts: Iterable[str],
    neo4j_browser: str | None = None,
    routes: Sequence[BaseRoute] = (),
    public: Iterable[str] = (),
    origins: Iterable[str] = (),
    static: Path = STATIC,
    stopping: Callable[[], bool] = lambda: False,
) -> Guard:
    """The application over a storage.

    Args:
        storage: what is looked at.
        token: the secret of the opening address.
        hosts: `Host` headers (with port) that are ours.
        neo4j_browser: the address of Neo4j Browser, where it is known.
        routes: more routes, before ours.
        public: beginnings of paths of these routes that need no cookie.
        origins: `Origin` headers that are ours besides those of `hosts` by http.
        static: the folder of the built page.
        stopping: does the server want to end? Answers without an end then end.
    """
    browser = Browser(storage, neo4j_browser)
    app = Starlette(
        routes=[
            *routes,
            *(_route(path, answer) for path, answer in ANSWERS.items()),
            *(_post(path, answer) for path, answer in _POST.items()),
            *_others(static, live.Watch(browser), stopping),
        ],
        exception_handlers={MandalaGraphError: _ours, HTTPException: _http, Exception: _unexpected},
        max_body_size=_LARGEST_BODY,
        lifespan=_counting_ahead,
    )
    app.state.browser = browser
    return Guard(app, token, hosts, public, origins)


@asynccontextmanager
async def _counting_ahead(app: Starlette) -> AsyncIterator[None]:
    """Count the store while the page is being opened, which asks for the summary first."""

    def count() -> None:
        with suppress(MandalaGraphError):  # whoever asks for it will be told
            summary.summary(app.state.browser, Filters())

    counting = asyncio.get_running_loop().run_in_executor(None, count)
    yield
    await counting


def _route(path: str, answer: Answer, methods: Sequence[str] = ("GET",)) -> Route:
    def endpoint(request: Request) -> Response:
        found = answer(request.app.state.browser, request)
        return found if isinstance(found, Response) else Json(found)

    return Route(path, endpoint, methods=list(methods))


def _hid(request: Request, name: str = "hid") -> str:
    hid: str = request.path_params[name]
    if not _HID.fullmatch(hid):
        raise UsageError(f"an id is 40 hexadecimal digits, not {hid[:60]!r}.")
    return hid


ANSWERS: dict[str, Answer] = {
    "/api/info": lambda b, r: info.info(b),
    "/api/runs": lambda b, r: info.runs(b),
    "/api/graph/summary": lambda b, r: summary.summary(b, Filters.of(r.query_params)),
    "/api/graph/around/{hid}": lambda b, r: around.around(b, _hid(r), r.query_params),
    "/api/graph/members": lambda b, r: around.members(b, r.query_params),
    "/api/graph/path/{a}/{b}": lambda b, r: paths.path(b, _hid(r, "a"), _hid(r, "b")),
    "/api/export/{hid}": lambda b, r: around.export(b, _hid(r), r.query_params),
    "/api/table/{node:anything}": lambda b, r: tables.table(b, r.path_params["node"], r.query_params),
    "/api/search": lambda b, r: search.search(b, r.query_params),
    "/api/questions": lambda b, r: queries.listed(),
    "/api/compare/{a}/{b}": lambda b, r: compare.compare(b, _hid(r, "a"), _hid(r, "b")),
    "/api/node/{hid}": lambda b, r: details.details(b, _hid(r)),
    "/api/code/{hid}": lambda b, r: details.code(b, _hid(r)),
}

Query = Callable[[Browser, Request, Any, threading.Event], Any]

_POST: dict[str, Query] = {
    "/api/query": lambda b, r, body, cancel: queries.run(b, body, cancel),
    "/api/questions/{name}": lambda b, r, body, cancel: queries.answer(b, r.path_params["name"], body, cancel),
}


def _post(path: str, answer: Query) -> Route:
    async def endpoint(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise HTTPException(415, "the body of a POST is application/json.")
        try:
            body = json.loads(await request.body())
        except (ValueError, RecursionError) as problem:
            raise UsageError(f"the body is not JSON ({problem}).") from None
        with _left(request) as cancel:
            return Json(await run_in_threadpool(answer, request.app.state.browser, request, body, cancel))

    return Route(path, endpoint, methods=["POST"])


@contextmanager
def _left(request: Request) -> Iterator[threading.Event]:
    """An event that is set when whoever asked has gone: pressed Cancel, went to another view, closed the page."""
    gone = threading.Event()

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone.set()

    watching = asyncio.ensure_future(watch())
    try:
        yield gone
    finally:
        watching.cancel()


def _others(static: Path, watch: live.Watch, stopping: Callable[[], bool]) -> list[BaseRoute]:
    def missing(request: Request) -> Response:
        raise HTTPException(404, "there is no such part of the API.")

    def health(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    def follow(request: Request) -> Response:
        return live.events(watch, stopping)

    def page(request: Request) -> Response:
        return _file(static, request.path_params["path"])

    return [
        Route("/health", health),
        Route("/api/events", follow),
        Route("/api/{path:anything}", missing, methods=["GET", "POST"]),
        Route("/{path:anything}", page),
    ]


def _file(static: Path, path: str) -> Response:
    """A file of the page; every other path is the page itself, which knows what it means."""
    index = static / "index.html"
    if not index.is_file():
        raise HTTPException(
            503, "the page is not built: run scripts/build-web in the source tree (it needs Node.js and npm)."
        )
    if path and "\0" not in path:
        file = (static / path).resolve()
        if file.is_relative_to(static.resolve()) and file.is_file() and file != index.resolve():
            hashed = file.parent.name == "assets"  # the build names these by their content
            return FileResponse(
                file, headers={"Cache-Control": "max-age=31536000, immutable" if hashed else "no-cache"}
            )
        if path.startswith("assets/"):
            raise HTTPException(404, "there is no such file.")
    return FileResponse(index, headers={"Cache-Control": "no-cache"})


# -- errors ----------------------------------------------------------------------------------------------------------


def _error(status: int, kind: str, message: str, **more: Any) -> Response:
    return Json({"error": {"kind": kind, "message": message, **more}}, status)


_STATUS: tuple[tuple[type[MandalaGraphError], int], ...] = (
    (StoreError, 503),
    (ValueMissing, 404),
    (UnknownNode, 404),
    (CypherError, 400),
    (UsageError, 400),
    (FrameError, 400),
    (VersionError, 404),
)


def _ours(request: Request, problem: Exception) -> Response:
    status = next((code for kind, code in _STATUS if isinstance(problem, kind)), 400)
    more: dict[str, Any] = {}
    if isinstance(problem, CypherError):
        if problem.line:
            more = {"line": problem.line, "column": problem.column}
        found = re.search(r"did you mean (.+?)\?", str(problem))
        if found:
            more["suggestion"] = found[1]
    return _error(status, type(problem).__name__, str(problem), **more)


def _http(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    kinds = {404: "NotFound", 405: "MethodNotAllowed", 413: "TooLarge", 415: "UsageError", 503: "NotBuilt"}
    return _error(problem.status_code, kinds.get(problem.status_code, "Refused"), str(problem.detail))


def _unexpected(request: Request, problem: Exception) -> Response:
    log.exception("%s %s failed", request.method, request.url.path, exc_info=problem)
    return _error(500, "Unexpected", "something went wrong in the server; its log says what.")
