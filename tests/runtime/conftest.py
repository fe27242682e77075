"""Storages for the runtime's tests, on both engines."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mandala_graph import Storage


@pytest.fixture
def open_storage(storage_url: Callable[[], str]) -> Iterator[Callable[..., Storage]]:
    """`open_storage(**options)` opens the test's storage: empty at first, the same place each further time."""
    with contextlib.ExitStack() as stack:

        def open_one(**options: Any) -> Storage:
            storage = Storage(storage_url(), **options)
            stack.callback(storage.close)
            return storage

        yield open_one


@pytest.fixture
def storage(open_storage: Callable[..., Storage]) -> Storage:
    return open_storage()


class Counter:
    """Counts how often op bodies run."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def hit(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1

    def take(self) -> dict[str, int]:
        taken, self.counts = self.counts, {}
        return taken


@pytest.fixture
def ran() -> Counter:
    return Counter()
