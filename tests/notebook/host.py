"""A page that shows one widget as a notebook does: it loads the widget's module and passes messages to and fro.

The widget is a real one, with a comm of its own in place of a kernel's; what it sends goes to the page over a local
server, and what the page sends comes in as the kernel would hand it on.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import comm
from comm.base_comm import BaseComm

__all__ = ["Host", "hosted"]

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>a notebook</title>
<style>body { margin: 16px; background: PAPER; color: INK; font: 14px sans-serif } button { all: revert; color: red }</style>
<div id="output" style="max-width: 1000px"></div>
<script type="module">
  const state = await (await fetch("/state")).json();
  const url = URL.createObjectURL(new Blob([state._esm], { type: "text/javascript" }));
  const heard = new Map();
  const tell = (event, ...what) => (heard.get(event) ?? []).forEach((f) => f(...what));
  const model = {
    get: (name) => state[name],
    on: (event, f) => heard.set(event, [...(heard.get(event) ?? []), f]),
    off: (event, f) => heard.set(event, (heard.get(event) ?? []).filter((g) => g !== f)),
    send: async (content) => {
      const said = await (await fetch("/send", { method: "POST", body: JSON.stringify(content) })).json();
      for (const one of said) tell("msg:custom", one, []);
    },
  };
  const widget = (await import(url)).default;
  window.end = await widget.render({ model, el: document.getElementById("output") });
  document.body.dataset.ready = "yes";
</script>
"""


class _Comm(BaseComm):
    """Messages of a widget, kept until the page fetches them."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.said: list[dict[str, Any]] = []
        super().__init__(*args, **options)

    def publish_msg(self, msg_type: str, data: Any = None, **_: Any) -> None:
        self.said.append({"type": msg_type, "data": data})


class Host:
    """A widget that is shown."""

    def __init__(self, widget: Any, paper: str) -> None:
        self.widget = widget
        self.dark = paper == "dark"
        self.lock = threading.Lock()
        self.asked: list[str] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/state":
                    self._answer("application/json", json.dumps(host.state()))
                elif self.path == "/":
                    self._answer("text/html", host.page())
                else:
                    self.send_error(404)

            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._answer("application/json", json.dumps(host.pass_on(content)))

            def _answer(self, kind: str, text: str) -> None:
                body = text.encode()
                self.send_response(200)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def page(self) -> str:
        paper, ink = ("#111111", "#dddddd") if self.dark else ("#ffffff", "#222222")
        return _PAGE.replace("PAPER", paper).replace("INK", ink)

    def state(self) -> dict[str, Any]:
        return {name: self.widget.get_state()[name] for name in ("_esm", "graph", "title", "start", "height")}

    def pass_on(self, content: Any) -> list[Any]:
        """Hand a message of the page on as a kernel does; what the widget says to it."""
        with self.lock:
            self.asked.append(content.get("ask", ""))
            channel: _Comm = self.widget.comm
            channel.said.clear()
            channel.handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})
            return [m["data"]["content"] for m in channel.said if m["data"].get("method") == "custom"]


@contextmanager
def hosted(make: Any, paper: str = "light") -> Iterator[Host]:
    """Shows the widget that `make()` gives."""
    before = comm.create_comm
    comm.create_comm = _Comm
    try:
        host = Host(make(), paper)
    finally:
        comm.create_comm = before
    thread = threading.Thread(target=host.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        host.server.shutdown()
        host.server.server_close()
        thread.join()
