"""Bounded in-memory caches of the runtime. Nothing here knows what it holds."""

from __future__ import annotations

from typing import Generic, TypeVar

__all__ = ["Generations"]

K = TypeVar("K")
V = TypeVar("V")


class Generations(Generic[K, V]):
    """A dict that forgets what was not used for long, at the price of a dict.

    Two generations of at most `limit / 2` entries each: what is read from the old one moves to the young
    one; when the young one is full, it becomes the old one and the old one goes. Reads and writes are
    single dict operations, so threads need no lock (a race costs an entry, never a wrong value).

    >>> g = Generations(4)
    >>> for i in range(6): g[i] = str(i)
    >>> len(g) <= 4, g.get(5), g.get(0)
    (True, '5', None)
    """

    __slots__ = ("_half", "_old", "_young")

    def __init__(self, limit: int) -> None:
        self._half = max(1, limit // 2)
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        value = self._young.get(key)
        if value is None:
            value = self._old.get(key)
            if value is not None:
                self[key] = value
        return value

    def __setitem__(self, key: K, value: V) -> None:
        self._young[key] = value
        if len(self._young) > self._half:
            self._old, self._young = self._young, {}

    def pop(self, key: K) -> None:
        self._young.pop(key, None)
        self._old.pop(key, None)

    def clear(self) -> None:
        self._young, self._old = {}, {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)
