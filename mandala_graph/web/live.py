"""Following an experiment while it runs: an event whenever something was added to the store, or deleted from it."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from mandala_graph.errors import MandalaGraphError
from mandala_graph.web.state import Browser

__all__ = ["Watch", "events"]

EVERY = 1.0
"""Seconds between two looks at the store."""

_QUIET = 15.0
"""Seconds after which a comment is sent, so that a connection that is gone is noticed."""


class Watch:
    """Looks at a store at most once a second, however many listen."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self._lock = threading.Lock()
        self._looked = 0.0
        self._files: Any = None
        self._seen: dict[str, Any] | None = None

    def now(self) -> dict[str, Any]:
        """Counts and epoch, as they were at most a second ago."""
        with self._lock:
            if self._seen is None or time.monotonic() - self._looked > EVERY / 2:
                files = _files(self.browser)
                if self._seen is None or files is None or files != self._files:
                    self._seen = {"counts": self.browser.counts(), "epoch": self.browser.store.epoch()}
                    self._files = files
                self._looked = time.monotonic()
            return self._seen


def _files(browser: Browser) -> Any:
    """What changes with every commit to a SQLite store, found without opening anything; None for a server."""
    info = browser.store.info()
    if info.engine != "sqlite":
        return None
    found = []
    for name in (info.location, info.location + "-wal"):
        try:
            status = os.stat(name)
        except OSError:
            found.append((0, 0))
        else:
            found.append((status.st_mtime_ns, status.st_size))
    return tuple(found)


def events(watch: Watch, stopping: Callable[[], bool]) -> StreamingResponse:
    """An endless answer: the counts now, then again after each change."""

    async def lines() -> AsyncIterator[str]:
        last: dict[str, Any] | None = None
        said = time.monotonic()
        while not stopping():
            try:
                now = await run_in_threadpool(watch.now)
            except MandalaGraphError as problem:
                yield _event("trouble", {"message": str(problem)})
                return  # the page asks again after a while, as browsers do
            if now != last:
                yield _event("counts", now)
                last, said = now, time.monotonic()
            elif time.monotonic() - said > _QUIET:
                yield ": still here\n\n"
                said = time.monotonic()
            await asyncio.sleep(EVERY)

    return StreamingResponse(
        lines(), media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )


def _event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"
