"""Files for Neo4j Browser, which asks for them from its own address: the style sheet, favourites and guide.

They hold no secret, so they need no token; only pages on this computer (`http://localhost:PORT`) may read them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mandala_graph import neo4j_browser

__all__ = ["PUBLIC", "ROUTES"]

PUBLIC = ("/neo4j/",)
"""Paths that need no token."""

_LOCAL = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?")


def _headers(request: Request) -> dict[str, str]:
    headers = {"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "no-cache", "Vary": "Origin"}
    origin = request.headers.get("origin", "")
    if _LOCAL.fullmatch(origin):
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Allow-Methods"] = "GET"
        headers["Access-Control-Allow-Headers"] = request.headers.get("access-control-request-headers", "*")
    return headers


def _route(path: str, kind: str, content: Callable[[str], str | bytes]) -> Route:
    def endpoint(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_headers(request))
        origin = f"{request.url.scheme}://{request.url.netloc}"
        return Response(content(origin), media_type=kind, headers=_headers(request))

    return Route(path, endpoint, methods=["GET", "OPTIONS"])


ROUTES = (
    _route("/neo4j/style.grass", "text/plain; charset=utf-8", lambda origin: neo4j_browser.style()),
    _route("/neo4j/favourites.zip", "application/zip", lambda origin: neo4j_browser.favourites()),
    _route("/neo4j/guide.html", "text/html; charset=utf-8", neo4j_browser.guide),
)
