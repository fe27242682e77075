"""The real thing: `mandala-graph browse` as a process, asked over sockets, followed live, ended by Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from mandala_graph import Storage
from mandala_graph.web import serve
from tests import engines
from tests.web import lab


class Server:
    """A process that serves a store, and a client that has opened its address."""

    def __init__(self, *words: str, env: dict[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "mandala_graph", "browse", *words, "--no-open"]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
        )
        self.said = self._line()
        (self.address,) = re.findall(r"http://\S+", self.said)
        self.base, self.token = self.address.split("/?token=")
        self.port = int(self.base.rpartition(":")[2])
        self.client = httpx.Client(base_url=self.base, timeout=60)
        assert self.client.get(f"/?token={self.token}").status_code == 303

    def _line(self) -> str:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], 60)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self.process.kill()
            raise AssertionError(self.process.communicate())
        return line

    def raw(self, request: bytes) -> bytes:
        """What the server says to these very bytes."""
        with socket.create_connection(("127.0.0.1", self.port), 30) as s:
            s.sendall(request)
            parts = []
            while part := s.recv(65536):
                parts.append(part)
        return b"".join(parts)

    def end(self, how: int = signal.SIGINT) -> tuple[int, str]:
        """Exit status and what it said on stderr."""
        self.client.close()
        self.process.send_signal(how)
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


@pytest.fixture
def browse() -> Iterator[Callable[..., Server]]:
    """`browse(store, ...)` starts a server that ends with the test."""
    with contextlib.ExitStack() as stack:

        def start(*words: str, **options: Any) -> Server:
            server = Server(*words, **options)
            stack.callback(server.process.wait)
            stack.callback(server.process.kill)
            stack.callback(server.client.close)
            assert server.process.stdout is not None
            assert server.process.stderr is not None
            stack.callback(server.process.stdout.close)
            stack.callback(server.process.stderr.close)
            return server

        yield start


def test_it_serves_and_ctrl_c_ends_it(
    recorded: Storage, storage_url: Callable[[], str], browse: Callable[..., Server], engine: str
) -> None:
    server = browse(storage_url())
    assert server.base.startswith("http://127.0.0.1:")
    assert len(server.token) >= 32
    assert server.client.get("/api/info").json()["engine"] == engine
    summary = server.client.get("/api/graph/summary").json()
    assert {n["id"] for n in summary["nodes"] if n["kind"] == "op"} == {f"op:{f}" for f in recorded.cf().fnames}
    assert httpx.get(f"{server.base}/api/info").status_code == 401
    with socket.socket() as other:  # only this computer's own address is listened at
        assert other.connect_ex(("127.0.0.2", server.port)) != 0
    code, errors = server.end()
    assert "Traceback" not in errors
    assert code in (0, 130)


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_the_other_loopback(browse: Callable[..., Server], tmp_path: Path) -> None:
    with contextlib.closing(socket.socket(socket.AF_INET6)) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 loopback here")
    Storage(tmp_path / "s.db").close()
    server = browse(str(tmp_path / "s.db"), "--host", "::1")
    assert server.base.startswith("http://[::1]:")
    assert server.client.get("/api/info").status_code == 200


def test_paths_and_hosts_on_the_wire(browse: Callable[..., Server], tmp_path: Path) -> None:
    Storage(tmp_path / "s.db").close()
    server = browse(str(tmp_path / "s.db"))
    cookie = "; ".join(f"{k}={v}" for k, v in server.client.cookies.items())

    def get(path: str, host: str | None = None) -> bytes:
        head = f"GET {path} HTTP/1.1\r\nHost: {host or f'127.0.0.1:{server.port}'}\r\nCookie: {cookie}\r\n"
        return server.raw(f"{head}Connection: close\r\n\r\n".encode())

    assert get("/api/info").startswith(b"HTTP/1.1 200")
    assert get(f"http://127.0.0.1:{server.port}/api/info").split(b" ", 2)[1] in (b"200", b"400", b"404", b"503")
    for host in ("evil.example", f"evil.example:{server.port}", "127.0.0.1", f"127.0.0.1:{server.port}.evil.example"):
        assert get("/api/info", host).startswith(b"HTTP/1.1 421")
    assert server.raw(f"GET /api/info HTTP/1.0\r\nCookie: {cookie}\r\n\r\n".encode()).startswith(b"HTTP/1.1 421")
    source = Path(lab.__file__).parents[2] / "mandala_graph" / "web"
    assert (source / "app.py").exists()
    for path in ("/../app.py", "/static/../app.py", "/%2e%2e/app.py", "/..%2fapp.py", "/assets/..%2f..%2fapp.py"):
        assert b"create_app" not in get(path)
    assert b"root:" not in get("/../../../../../../etc/passwd") + get("//etc/passwd") + get("/%2fetc%2fpasswd")


def test_events_follow_a_running_experiment(
    recorded: Storage, storage_url: Callable[[], str], browse: Callable[..., Server]
) -> None:
    server = browse(storage_url())
    seen: list[dict[str, Any]] = []
    changed = threading.Condition()

    def listen() -> None:
        with contextlib.suppress(httpx.HTTPError), server.client.stream("GET", "/api/events") as events:
            assert events.headers["content-type"].startswith("text/event-stream")
            for line in events.iter_lines():
                if line.startswith("data:"):
                    with changed:
                        seen.append(json.loads(line[5:]))
                        changed.notify_all()

    listener = threading.Thread(target=listen)
    listener.start()

    def wait_for(n: int) -> dict[str, Any]:
        with changed:
            assert changed.wait_for(lambda: len(seen) >= n, 60)
            return seen[n - 1]

    first = wait_for(1)
    assert first["counts"] == dict(recorded.store.counts())
    with recorded:
        lab.divide(5.0, 4.0)
    second = wait_for(2)
    assert second["counts"]["Call"] == first["counts"]["Call"] + 1
    before = second["epoch"]
    recorded.drop_calls(recorded.calls("divide")[-1:])
    third = wait_for(3)
    assert third["epoch"] > before
    code, errors = server.end()  # though somebody listens
    assert "Traceback" not in errors
    assert code in (0, 130)
    listener.join(30)
    assert not listener.is_alive()


def test_what_the_command_refuses(tmp_path: Path) -> None:
    def run(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "mandala_graph", "browse", *words], capture_output=True, text=True, timeout=60
        )
        return done.returncode, done.stderr

    code, said = run(str(tmp_path / "nothing.db"), "--no-open")
    assert (code, "no such file" in said or "no store" in said, "Traceback" in said) == (3, True, False)
    Storage(tmp_path / "s.db").close()
    code, said = run(str(tmp_path / "s.db"), "--host", "0.0.0.0", "--no-open")
    assert (code, "--allow-remote" in said, "Traceback" in said) == (2, True, False)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, said = run(str(tmp_path / "s.db"), "--port", str(taken.getsockname()[1]), "--no-open")
    assert (code, "cannot listen" in said, "Traceback" in said) == (2, True, False)


def test_other_computers_only_on_request(browse: Callable[..., Server], tmp_path: Path) -> None:
    Storage(tmp_path / "s.db").close()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "mandala_graph", "browse", str(tmp_path / "s.db"), "--no-open"),
            *("--host", "0.0.0.0", "--allow-remote", "--name", "proxy.example"),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "MANDALA_GRAPH_TOKEN": "given"},
    )
    try:
        assert process.stdout is not None
        assert "warning" in process.stdout.readline()
        line = process.stdout.readline()
        (port,) = re.findall(r":(\d+)/\?token=given", line)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            assert client.get("/?token=given", headers={"Host": "proxy.example"}).status_code == 303
            assert client.get("/api/info", headers={"Host": "proxy.example"}).status_code == 200
            assert client.get("/api/info", headers={"Host": "evil.example"}).status_code == 421
            for origin, status in (("https://proxy.example", 200), ("https://evil.example", 403)):
                headers = {"Host": "proxy.example", "Origin": origin, "X-Mandala-Graph": "1"}
                assert client.post("/api/query", json={"cypher": "RETURN 1"}, headers=headers).status_code == status
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_neither_password_nor_token_is_shown_to_others(
    neo4j_server: engines.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password of the store's URL is not printed, and what the web browser is started with opens once only."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html>")
    opened: list[str] = []
    said: list[str] = []
    monkeypatch.setattr("mandala_graph.web.app.STATIC", folder)
    monkeypatch.setattr("webbrowser.open", lambda address: bool(opened.append(address)))

    def run(self: Any, sockets: list[socket.socket]) -> None:
        """Ended at once: what is printed and opened before it serves is the matter here."""

    monkeypatch.setattr("uvicorn.Server.run", run)
    url = (
        neo4j_server.url.replace("://", "://somebody:a-password@", 1)
        if "@" not in neo4j_server.url
        else neo4j_server.url
    )
    Storage(neo4j_server.url).close()
    serve(url, say=said.append, auth=neo4j_server.auth or ("neo4j", "none"))
    password = url.partition("://")[2].rpartition("@")[0].partition(":")[2]
    assert password
    assert password not in "".join(said)
    (token,) = re.findall(r"token=(\S+)", said[0])
    assert len(opened) == 1
    assert token not in opened[0]
