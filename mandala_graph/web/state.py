"""What all requests share: the storage, and answers that are kept for as long as the store stays as it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from mandala_graph.storage import Storage
from mandala_graph.store.protocol import Store, Table

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
        self._kept: dict[Hashable, Any] = {}
        self._stamp: Stamp = ()
        self._lock = threading.Lock()

    @property
    def store(self) -> Store:
        return self.storage.store

    def query(self, statement: str, **parameters: Any) -> Table:
        """A statement of ours."""
        return self.store.query(statement, parameters, timeout=_SECONDS)

    def counts(self) -> dict[str, int]:
        """Nodes of the store by label."""
        self.storage.commit()
        return dict(self.store.counts())

    def stamp(self) -> Stamp:
        """Another one says that something was added or deleted."""
        return (self.store.epoch(), *self.counts().values())

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made again only after the store has changed."""
        stamp = self.stamp()
        with self._lock:
            if stamp != self._stamp:
                self._kept, self._stamp = {}, stamp
            if key in self._kept:
                return cast(T, self._kept[key])
        made = make()
        with self._lock:
            if stamp == self._stamp:
                if len(self._kept) >= _KEPT:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[key] = made
        return made
