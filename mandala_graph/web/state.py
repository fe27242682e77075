"""What all requests share: the storage, and answers that are kept for as long as the store stays as it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar, cast

from mandala_graph.storage import Storage
from mandala_graph.store.protocol import Store, Table
from mandala_graph.store.statements import statement

__all__ = ["LIMIT", "Browser"]

LIMIT = 2000
"""Never more nodes than this in one answer."""

_KEPT = 64
_SECONDS = 60.0
"""For how long a statement of ours may run."""

T = TypeVar("T")
Stamp = tuple[int, ...]


class Browser:
    """A storage that is looked at."""

    def __init__(self, storage: Storage, neo4j_browser: str | None = None) -> None:
        self.storage = storage
        self.neo4j_browser = neo4j_browser
        self._kept: dict[Hashable, Future[Any]] = {}
        self._recent: dict[Hashable, tuple[float, int, Any]] = {}
        self._stamp: Stamp = ()
        self._lock = threading.Lock()

    @property
    def store(self) -> Store:
        return self.storage.store

    def query(self, text: str, /, **parameters: Any) -> Table:
        """A statement of ours."""
        return self.store.query(text, parameters, timeout=_SECONDS)

    def ask(self, name: str, /, **parameters: Any) -> Table:
        """A statement of `cypher/browse/`."""
        return self.query(statement(f"browse/{name}"), **parameters)

    def counts(self) -> dict[str, int]:
        """Nodes of the store by label."""
        self.storage.commit()
        return dict(self.store.counts())

    def stamp(self) -> Stamp:
        """Another one says that something was added or deleted."""
        return (self.store.epoch(), *self.counts().values())

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made again only after the store has changed; who asks meanwhile waits for it."""
        stamp = self.stamp()
        mine: Future[Any] | None = None
        with self._lock:
            if stamp != self._stamp:
                self._kept, self._stamp = {}, stamp
            found = self._kept.get(key)
            if found is None:
                if len(self._kept) >= _KEPT:
                    self._kept.pop(next(iter(self._kept)))
                found = mine = self._kept[key] = Future()
        if mine is not None:
            try:
                mine.set_result(make())
            except BaseException as problem:
                mine.set_exception(problem)
                with self._lock:
                    if self._kept.get(key) is mine:
                        del self._kept[key]
        return cast(T, found.result())

    def kept_for(self, seconds: float, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gave, made again when it is so old, or when something was deleted."""
        now, epoch = time.monotonic(), self.store.epoch()
        found = self._recent.get(key)
        if found is None or now - found[0] > seconds or found[1] != epoch:
            found = self._recent[key] = (now, epoch, make())
        return cast(T, found[2])
