"""Leases: of the processes that ask for them, one at a time runs a call, and the others wait for its result.

A lease is a row of the store with an owner and an end. Who runs a call renews it; when that process dies, its lease
ends by itself and another takes over. Nothing depends on leases for being right: the same call made twice is kept
once. They spare the work. Calls inside an op's body take none, so that nobody who waits holds what another waits for.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mandala_graph.errors import StoreError

if TYPE_CHECKING:
    from mandala_graph.store.protocol import Store

__all__ = ["Leases"]

log = logging.getLogger("mandala_graph")

_LONGEST_WAIT = 0.5


class Leases:
    """The leases of one storage, each of them for `seconds` and renewed three times as often."""

    def __init__(self, store: Store, seconds: float) -> None:
        self.store = store
        self.seconds = seconds
        self._start()

    def _start(self) -> None:
        self.owner = uuid.uuid4().hex
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def take(self, hid: str) -> bool:
        """Take the lease of a call; False while somebody else has it."""
        if not self.store.lease(hid, self.owner, self.seconds):
            return False
        with self._lock:
            self._held.add(hid)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=_renew, args=(weakref.ref(self), self._stop), name="mandala-graph-leases", daemon=True
                )
                self._thread.start()
        return True

    def give_back(self, hid: str) -> None:
        """Let others have it."""
        with self._lock:
            self._held.discard(hid)
        try:
            self.store.release([hid], self.owner)
        except StoreError as problem:  # it ends by itself
            log.warning("a lease could not be given back, it ends in %g s: %s", self.seconds, problem)

    def waits(self) -> Iterator[float]:
        """How long to wait before each further question, in seconds."""
        wait = 0.005
        while True:
            yield wait
            wait = min(wait * 1.5, _LONGEST_WAIT, self.seconds)

    def renew(self) -> float:
        """Prolong all leases; in how many seconds to do so again."""
        begin = time.monotonic()
        with self._lock:
            held = list(self._held)
        for hid in held:
            try:
                ours = self.store.lease(hid, self.owner, self.seconds)
            except StoreError as problem:
                log.warning("a lease could not be renewed: %s", problem)
                break
            with self._lock:
                late = not ours and hid in self._held
                self._held -= {hid} if late else set()
            if late:
                log.warning("the lease of call %s ended before it was renewed: another process runs it too", hid)
            elif ours and hid not in self._held:  # given back meanwhile
                self.store.release([hid], self.owner)
        return max(0.0, self.seconds / 3 - (time.monotonic() - begin))

    def close(self) -> None:
        """Renew no more."""
        self._stop.set()

    def after_fork(self) -> None:
        """A child owns none of its parent's leases."""
        self._start()


def _renew(reference: weakref.ref[Leases], stop: threading.Event) -> None:
    leases = reference()
    wait = leases.seconds / 3 if leases is not None else 0.0
    while True:
        del leases
        if stop.wait(wait):
            return
        leases = reference()
        if leases is None:
            return
        wait = leases.renew()
