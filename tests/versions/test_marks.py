"""Compatibility marks: kept by both engines, used by later processes, taken back."""

from __future__ import annotations

import time

import pytest

from mandala_graph.errors import StoreError, VersionError
from mandala_graph.store.protocol import Batch, ChangeRow, ComponentRow, Store
from tests.versions.conftest import Cell, Open, calls


def component(name: str) -> ComponentRow:
    return ComponentRow(name * 40, "m", name, "function", f"def {name}(): ...\n", 1.0)


def test_a_store_keeps_the_last_word_on_a_change(store: Store) -> None:
    a, b = component("a"), component("b")
    yes = ChangeRow(a.id, b.id, True, 2.0, "ann")
    store.write(Batch(components={a.id: a, b.id: b}, changes={(a.id, b.id): yes}))
    assert store.changes() == [yes]
    no = ChangeRow(a.id, b.id, False, 3.0, "bob")
    store.write(Batch(changes={(a.id, b.id): no}))
    store.write(Batch(changes={(a.id, b.id): no}))
    assert store.changes() == [no]


def test_a_change_of_nothing_is_refused(store: Store) -> None:
    change = ChangeRow("0" * 40, "1" * 40, True, 2.0, "")
    with pytest.raises(StoreError):
        store.write(Batch(changes={(change.old, change.new): change}))
    assert store.changes() == []


def test_marks_outlive_the_program(open_storage: Open, cell: Cell) -> None:
    storage = open_storage()
    m = cell("def h(x):\n    return x\n@op\ndef f(x):\n    return h(x)\n")
    assert calls(storage, m.f, 1) == (1, 1)
    cell("def h(x):\n    return +x\n")
    with storage:
        assert storage.memoizer.states["f"].versions is not None
        versions = storage.memoizer.versions
        assert versions is not None
        versions.enter(m.f)
        old = storage.store.versions("f")
        change = versions.mark_compatible("h", next(iter(old)))
        with pytest.raises(VersionError, match="names 0 contents"):
            versions.mark_compatible("h", "nothing")
    assert change.compatible
    assert abs(change.at - time.time()) < 60
    assert calls(storage, m.f, 1) == (1, 0)
    storage.close()

    again = open_storage()
    assert calls(again, m.f, 1) == (1, 0)
    assert again.memoizer.versions is not None
    again.memoizer.versions.mark_compatible("h", change.old, change.new, compatible=False)
    assert calls(again, m.f, 1) == (1, 1)
    again.close()
