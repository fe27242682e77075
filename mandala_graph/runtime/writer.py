"""Writing behind: calls gather in a batch, and a thread commits it while the program goes on.

A batch is committed at most `interval` seconds after its first call, on `flush()`, and before it grows
too large. What could not be written stays here and is written by the next flush that succeeds.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import weakref
from collections.abc import Iterable
from typing import Any

from mandala_graph.errors import StoreError
from mandala_graph.store.protocol import SETTLE_SECONDS, Batch, CallRow, RefRow, Store, plain_call

__all__ = ["Writer"]

log = logging.getLogger("mandala_graph")

MAX_CALLS = 20_000
"""A batch is written at the latest when it has so many calls or refs ..."""
_CUT_CALLS = 1_000
"""A batch may be cut after about so many calls: beyond, longer transactions gain nothing on a server."""
MAX_BYTES = 64 << 20
"""... or so many bytes of values; who calls then waits (this bounds memory)."""


class Writer:
    """Gathers rows and writes them in batches. All methods are safe to call from any thread."""

    def __init__(self, store: Store, interval: float, gathers: bool = True) -> None:
        self.store = store
        self.interval = interval
        self._gathers = gathers  # may the store keep what is written in time apart from the graph for a while?
        # An embedded store is written by who computes, when it is time: a second thread would only fight it for
        # the interpreter. A server is written by the thread, while the program goes on.
        self._helps = interval * 0.7 if store.round_trip < 2e-4 else float("inf")
        self._batch = Batch()
        self._writing: Batch | None = None
        self._bytes = 0
        self._first: float | None = None  # when the batch got its first call
        self._lock = threading.Lock()  # guards the batch
        self._write_lock = threading.Lock()  # one write at a time, in order
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        self._closed = False
        self.error: StoreError | None = None
        reference = weakref.ref(self)

        def at_exit() -> None:
            writer = reference()
            if writer is not None and writer._pid == os.getpid():
                try:
                    writer.close()
                except StoreError as problem:
                    log.error("%d calls could not be written at the end of the program: %s", len(writer), problem)

        self._at_exit = at_exit
        atexit.register(at_exit)
        _writers.add(self)

    # -- adding ----------------------------------------------------------------------------------------------
    def add(self, calls: Iterable[CallRow], refs: Iterable[RefRow], values: Iterable[tuple[str, bytes]]) -> None:
        """Add calls with their refs and values; all of them are written in one transaction."""
        with self._lock:
            batch = self._batch
            now = time.monotonic()
            if self._first is None:
                self._first = now
            new_refs: dict[str, Any] = batch.refs
            new_calls: dict[str, Any] = batch.calls
            for ref in refs:
                hid = ref[0]
                if hid not in new_refs:
                    new_refs[hid] = tuple(ref)
            for call in calls:
                hid = call[0]
                if hid not in new_calls:
                    new_calls[hid] = plain_call(call)
            if len(new_calls) - (batch.cuts[-1] if batch.cuts else 0) >= _CUT_CALLS:
                batch.cuts.append(len(new_calls))
            for cid, data in values:
                if cid not in batch.values:
                    batch.values[cid] = data
                    self._bytes += len(data)
            due = (
                now - self._first >= self._helps
                or len(batch.calls) >= MAX_CALLS
                or len(batch.refs) >= 3 * MAX_CALLS
                or self._bytes >= MAX_BYTES
            )
        if due or self.interval <= 0:
            self.flush(settle=self.interval <= 0 or not self._gathers)
        elif self._thread is None:
            self._start()

    def pending(self) -> Batch:
        """The rows that no transaction holds yet, to add ops, runs and versions to (under `lock`)."""
        return self._batch

    @property
    def lock(self) -> threading.Lock:
        return self._lock

    # -- writing ---------------------------------------------------------------------------------------------
    def _start(self) -> None:
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(
                    target=_run, args=(weakref.ref(self), self._wake), name="mandala-graph-writer", daemon=True
                )
                self._thread.start()

    def _after_fork(self) -> None:
        """A forked child has the parent's pending rows too, but none of its threads. Both write them: it is idempotent.

        (A child that left them to its parent could write an edge before the ref at its end.)
        """
        self._pid = os.getpid()
        self._thread = None
        self._lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._wake = threading.Event()
        if self._writing is not None:
            self._restore(self._writing, 0)

    def tick(self) -> float:
        """Write what is due; how many seconds until the next batch may be due."""
        with self._lock:
            due = self._first + self.interval if self._first is not None else None
        if due is None:
            since = self.store.unsettled()
            if since is not None and time.monotonic() - since >= SETTLE_SECONDS:
                self.flush()
            return self.interval
        wait = due - time.monotonic()
        if wait > 0:
            return wait
        try:
            self.flush(settle=not self._gathers)
        except StoreError as problem:
            log.warning("writing %s calls failed, will be tried again: %s", len(self._batch.calls), problem)
            return max(self.interval, 1.0)
        return self.interval

    def flush(self, settle: bool = True) -> None:
        """Write all that was added before this call. Raises StoreError, and keeps what was not written.

        With `settle` it is in the graph then, with all that other processes committed.
        """
        with self._write_lock:
            with self._lock:
                batch, size = self._batch, self._bytes
                if batch:
                    self._batch, self._bytes, self._writing, self._first = Batch(), 0, batch, None
            if not batch:
                if settle:
                    self.store.settle()
                return
            try:
                self.store.write(batch, settle)
            except BaseException as problem:
                with self._lock:
                    self._restore(batch, size)
                if isinstance(problem, StoreError):
                    self.error = problem
                raise
            with self._lock:
                self._writing = None
                self.error = None

    def _restore(self, batch: Batch, size: int) -> None:
        newer = self._batch
        batch.cuts.append(len(batch.calls))
        for kind in ("refs", "calls", "values", "ops", "runs", "components", "versions", "changes"):
            rows = getattr(batch, kind)
            rows.update(getattr(newer, kind)) if kind in ("runs", "ops", "changes") else rows.update(
                {k: v for k, v in getattr(newer, kind).items() if k not in rows}
            )
        self._batch, self._writing = batch, None
        self._bytes += size
        self._first = time.monotonic()

    # -- reading what is not written yet ---------------------------------------------------------------------
    def value(self, cid: str) -> bytes | None:
        """The envelope of a value that is pending."""
        with self._lock:
            data = self._batch.values.get(cid)
            if data is None and self._writing is not None:
                data = self._writing.values.get(cid)
            return data

    def holds(self, hids: Iterable[str]) -> bool:
        """Is one of these calls not written yet?"""
        with self._lock:
            batch, writing = self._batch.calls, self._writing.calls if self._writing is not None else ()
            return any(h in batch or h in writing for h in hids)

    def __len__(self) -> int:
        """How many calls no transaction holds yet."""
        with self._lock:
            return len(self._batch.calls) + (len(self._writing.calls) if self._writing is not None else 0)

    def close(self) -> None:
        """Write the rest and end the thread."""
        self._closed = True
        atexit.unregister(self._at_exit)
        self._wake.set()
        self.flush()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=10)


_writers: weakref.WeakSet[Writer] = weakref.WeakSet()
_held: list[Writer] = []


def _before_fork() -> None:
    """No batch may be half changed in the child."""
    _held[:] = list(_writers)
    for writer in _held:
        writer._lock.acquire()


def _in_parent() -> None:
    for writer in _held:
        writer._lock.release()
    _held.clear()


def _in_child() -> None:
    for writer in _held:
        writer._after_fork()
    _held.clear()


os.register_at_fork(before=_before_fork, after_in_parent=_in_parent, after_in_child=_in_child)


def _run(reference: weakref.ref[Writer], wake: threading.Event) -> None:
    """The writing thread: holds its writer only while it writes, so that a forgotten storage can go."""
    wait = 0.0
    while not wake.wait(wait):
        writer = reference()
        if writer is None or writer._closed:
            return
        wait = writer.tick()
        del writer
