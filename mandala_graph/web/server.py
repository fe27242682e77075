"""Running the browser: a free port of this computer, a token, uvicorn, and the address to open."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import secrets
import socket
import sys
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mandala_graph.errors import UsageError
from mandala_graph.storage import Storage

if TYPE_CHECKING:
    import uvicorn

    from mandala_graph.web.security import Guard

__all__ = ["build_hint", "listening", "serve"]

_GRACE = 2
"""Seconds that answers have to end after Ctrl-C."""

_PATIENCE = 10.0
"""Seconds that a store which does not answer is waited for."""


def serve(
    location: str | os.PathLike[str] = "mandala_graph.db",
    host: str = "127.0.0.1",
    port: int = 0,
    open_browser: bool = True,
    read_only: bool = True,
    *,
    allow_remote: bool = False,
    names: Sequence[str] = (),
    token: str | None = None,
    path: str = "/",
    neo4j_browser: str | None = None,
    say: Callable[[str], None] = print,
    **options: Any,
) -> None:
    """Show a store in a web browser, until Ctrl-C.

    Args:
        location: a SQLite file, or the URL of a Neo4j server.
        host: the address to listen at; only this computer can reach the default one.
        port: the port; 0 for any that is free.
        open_browser: open the address in the user's web browser.
        read_only: open the store for reading only. Nothing of the page writes; opened for writing, a store of an
            earlier format is migrated, and what a killed program left is put into the graph.
        allow_remote: let `host` be an address that other computers reach. Whoever has the token can then read the
            store, over a connection that is not encrypted.
        names: more names (`name` or `name:port`) by which the server may be addressed, behind a proxy for example.
        token: the secret of the opening address; a random one when not given.
        path: what the page opens on, `/focus/HID` for example.
        neo4j_browser: the address of Neo4j Browser (`http://host:7474/browser/`), for links to it.
        say: where the address is printed.
        options: further options of `Storage`.

    Raises:
        UsageError: Starlette and uvicorn are missing, or `host` is not an address of this computer alone.
    """
    local = _is_local(host)
    if not local and not allow_remote:
        raise UsageError(
            f"{host} can be reached from other computers, which could then read the store over an unencrypted "
            f"connection: use 127.0.0.1, or allow it explicitly (allow_remote=True, --allow-remote)."
        )
    try:
        import uvicorn

        from mandala_graph.web import neo4j
        from mandala_graph.web.app import STATIC, create_app
    except ImportError as missing:
        raise UsageError(f"the graph browser needs {missing.name}: pip install 'mandala-graph[web]'.") from None
    if not local:
        say(f"warning: {host} can be reached from other computers; whoever has the address below can read the store.")
    with listening(host, port) as listener:
        port = listener.getsockname()[1]
        token = token or secrets.token_urlsafe(24)
        storage = Storage(location, read_only=read_only, **{"timeout": _PATIENCE, **options})
        try:
            server: uvicorn.Server
            hosts = _hosts(host, port, local, names)
            app = create_app(
                storage,
                token=token,
                hosts=hosts,
                neo4j_browser=neo4j_browser,
                routes=neo4j.ROUTES,
                public=neo4j.PUBLIC,
                origins=[f"https://{name}" for name in names],
                stopping=lambda: server.should_exit,
            )
            server = uvicorn.Server(_config(app))
            address = f"http://{_shown(host, local)}:{port}{path}{'&' if '?' in path else '?'}token="
            say(f"{storage.store.info().location}: open {address}{token}")
            hint = build_hint(STATIC)
            if hint:
                say(hint)
            _run(server, listener, address + app.one_time_token() if open_browser and not hint else None)
        finally:
            storage.close()


def _config(app: Guard) -> uvicorn.Config:
    import uvicorn

    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=_GRACE,
    )


def _shown(host: str, local: bool) -> str:
    """The host as part of an address that can be opened."""
    return f"[{host}]" if ":" in host and local else host if local else socket.gethostname()


def build_hint(static: Path) -> str:
    """What to do when the page is not built; empty when it is."""
    if (static / "index.html").is_file():
        return ""
    return "The page is not built, only the API answers: run scripts/build-web in the source tree (Node.js and npm)."


def _run(server: uvicorn.Server, listener: socket.socket, address: str | None) -> None:
    if address is not None:
        webbrowser.open(address)  # the socket listens already: the page waits until the server answers
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it ends
        server.run(sockets=[listener])


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens at this address; port 0 is any that is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Of this protocol by name, asyncio sends small answers at once; else each waits 40 ms for an acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as problem:
        listener.close()
        raise UsageError(f"cannot listen at {host}:{port} ({problem.strerror}): give another port.") from None
    return listener


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _hosts(host: str, port: int, local: bool, names: Sequence[str]) -> set[str]:
    """The `Host` headers that are ours."""
    ours = {"localhost", "127.0.0.1", "[::1]", f"[{host}]" if ":" in host else host}
    if not local:
        ours |= {socket.gethostname(), socket.getfqdn()}
    found = {f"{name}:{port}" for name in ours}
    for name in names:
        found |= {name} if ":" in name else {name, f"{name}:{port}"}
    if port == 80:
        found |= ours
    return found
