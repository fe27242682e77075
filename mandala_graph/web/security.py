"""Who may ask: a wrapper around the application that lets in the page it served, and nobody else.

A browser visits many sites, and any of them may send requests to this computer. So: the token of the opening address
becomes a cookie that other sites' requests do not carry; `Host` must be ours (a name that an attacker points here is
not); `Origin`, when sent, too; a POST needs a header that a foreign page cannot set. Answers forbid inline script,
framing, and guessing of types.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from html import escape
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, quote, urlencode

from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mandala_graph.web.form import Json

__all__ = ["POLICY", "Guard"]

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The content security policy of every answer."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_FOREIGN = (b"cross-site", b"same-site")


class Guard:
    """The application behind the checks.

    Args:
        app: the application.
        token: the secret of the opening address.
        hosts: the values of `Host` (with port) that are ours.
        public: beginnings of paths that need no cookie and may be asked for by any site: files without secrets, which
            set CORS headers of their own.
        origins: values of `Origin` that are ours besides `http://` and a host: those of a proxy that encrypts.
    """

    def __init__(
        self,
        app: ASGIApp,
        token: str,
        hosts: Iterable[str],
        public: Iterable[str] = (),
        origins: Iterable[str] = (),
    ) -> None:
        self.app = app
        self.token = token
        self.hosts = frozenset(h.lower() for h in hosts)
        self.origins = frozenset([*(f"http://{h}" for h in self.hosts), *(o.lower() for o in origins)])
        self.public = tuple(public)
        # Cookies are shared by all ports of a host: each browser gets a name of its own.
        self.cookie = f"mandala_graph_{secrets.token_hex(4)}"
        self._once: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            answer = self._refusal(scope) or self.app
            await answer(scope, receive, _with_headers(send))
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _refusal(self, scope: Scope) -> Response | None:
        """What is answered instead of the application."""
        headers = _single(scope)
        if headers is None:
            return _refused(400, "a header was sent twice.")
        if headers.get(b"host", b"").decode("latin-1").lower() not in self.hosts:
            return _refused(421, "this server answers to its own address only.")
        path: str = scope["path"]
        public = bool(self.public) and path.startswith(self.public)
        if scope["method"] not in ("GET", "HEAD", "POST") and not (public and scope["method"] == "OPTIONS"):
            return _refused(405, f"{scope['method']} is not allowed here.", Allow="GET, HEAD, POST")
        if path == "/health" or public:
            return None
        origin = headers.get(b"origin")
        if origin is not None and origin.decode("latin-1").lower() not in self.origins:
            return _refused(403, "requests from other sites are refused.")
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        if "token" in query and scope["method"] == "GET" and not path.startswith("/api/"):
            return self._opened(headers, path, query)
        if not self._known(headers):
            return _refused(401, "open the address that mandala-graph printed: it holds the token of this session.")
        if scope["method"] == "POST" and headers.get(b"x-mandala-graph") != b"1":
            return _refused(403, "a POST needs the header X-Mandala-Graph: 1.")
        return None

    def one_time_token(self) -> str:
        """A token that opens the page once: for a command line, which other users of the computer can see."""
        token = secrets.token_urlsafe(24)
        self._once.add(token)
        return token

    def _opens(self, given: str) -> bool:
        if given in self._once:
            self._once.discard(given)
            return True
        return self._same(given)

    def _same(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self.token.encode())

    def _known(self, headers: dict[bytes, bytes]) -> bool:
        try:
            cookies = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
        except CookieError:
            return False
        found = cookies.get(self.cookie)
        return found is not None and self._same(found.value)

    def _opened(self, headers: dict[bytes, bytes], path: str, query: dict[str, str]) -> Response:
        """Make the token a cookie, and go to the same address without it."""
        if not self._opens(query.pop("token")):
            return _refused(401, "this is not the token of this session: open the address that mandala-graph printed.")
        to = "/" + quote(path.lstrip("/")) + (f"?{urlencode(query)}" if query else "")
        answer: Response
        if headers.get(b"sec-fetch-site") in _FOREIGN:
            # Whoever followed a link on another site: a strict cookie is not sent along with a redirect then, but it
            # is with a page's own refresh.
            answer = HTMLResponse(
                f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={escape(to)}">'
                "<title>mandala_graph</title>"
            )
        else:
            answer = RedirectResponse(to, 303)
        answer.set_cookie(self.cookie, self.token, httponly=True, samesite="strict", path="/")
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _single(scope: Scope) -> dict[bytes, bytes] | None:
    """Headers by name; None where one that decides was sent twice."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in found and name in (b"host", b"origin", b"x-mandala-graph"):
            return None
        found[name] = found[name] + b"; " + value if name == b"cookie" and name in found else value
    return found


def _refused(status: int, message: str, **headers: str) -> Response:
    return Json({"error": {"kind": "Refused", "message": message}}, status, headers)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = message.get("headers", ())
            there = {name.lower() for name, _ in given}
            more = [(k.lower().encode(), v.encode()) for k, v in _HEADERS.items() if k.lower().encode() not in there]
            message = {**message, "headers": [*given, *more]}
        await send(message)

    return sending
