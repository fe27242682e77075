"""Storages on both engines, and modules whose text changes as a notebook's does."""

from __future__ import annotations

import contextlib
import linecache
import sys
import textwrap
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mandala_graph import NewArgDefault, Storage, op

Cell = Callable[[str], types.ModuleType]
Open = Callable[..., Storage]


@pytest.fixture
def open_storage(storage_url: Callable[[], str]) -> Iterator[Open]:
    """`open_storage(**options)` opens the test's storage: empty at first, the same place each further time."""
    with contextlib.ExitStack() as stack:

        def open_one(**options: Any) -> Storage:
            storage = Storage(storage_url(), **options)
            stack.callback(storage.close)
            return storage

        yield open_one


@pytest.fixture
def storage(open_storage: Open) -> Storage:
    return open_storage()


@pytest.fixture
def cell() -> Iterator[Cell]:
    """Runs source text in one module, as a notebook runs its cells."""
    module = types.ModuleType("notebook_under_test")
    module.__dict__.update(op=op, NewArgDefault=NewArgDefault, ran=[])
    sys.modules[module.__name__] = module
    names: list[str] = []

    def run(text: str) -> types.ModuleType:
        text = textwrap.dedent(text)
        name = f"<ipython-input-{len(names)}>"
        names.append(name)
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)  # as IPython does
        exec(compile(text, name, "exec"), module.__dict__)
        return module

    yield run
    del sys.modules[module.__name__]
    for name in names:
        linecache.cache.pop(name, None)


def computed(storage: Storage, name: str) -> int:
    return storage.memoizer.states[name].computed


def calls(storage: Storage, f: Any, *args: Any) -> tuple[Any, int]:
    """What a call gives in a block of its own, and how many calls it had to run."""
    before = computed(storage, f.name) if f.name in storage.memoizer.states else 0
    with storage:
        got = storage.unwrap(f(*args))
    return got, computed(storage, f.name) - before
