"""Streams that do not run straight to their end: forks, a storage closed meanwhile, rows left, writes in between."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable
from typing import Any

import pytest

from mandala_graph import Storage
from mandala_graph.errors import StoreClosed, StoreError
from tests.query.conftest import score

ALL = "UNWIND range(1, 300) AS i MATCH (r:Ref) RETURN i, r.hid AS hid ORDER BY hid, i"
MANY = "UNWIND range(1, 4000) AS i MATCH (c:Call) RETURN i, c.hid AS hid"  # 24,000 rows


def in_a_child(work: Callable[[], Any]) -> Any:
    """What `work` gives in a forked child: a value that JSON holds, or the error's class and words."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            found: Any = work()
        except BaseException as e:
            found = [type(e).__name__, str(e)]
        os.write(into, json.dumps(found).encode())
        os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text)


forks = pytest.mark.skipif(not hasattr(os, "fork") or sys.platform == "darwin", reason="no fork here")


@forks
def test_a_fork_while_a_stream_is_open(storage: Storage, engine: str) -> None:
    rows = storage.query(MANY, stream=True)
    first = [next(rows)["i"] for _ in range(10)]
    kind, words = in_a_child(lambda: [sum(1 for _ in rows)])
    assert (kind, "ask the query again" in words) == ("StoreError", True)
    asked = in_a_child(lambda: storage.query("MATCH (c:Call) RETURN count(c) AS n")["n"].tolist())
    if engine == "sqlite":
        assert asked[0] == "StoreError"
        assert "were being taken one by one" in asked[1]
        assert "spawn" in asked[1]
    else:
        assert asked == [6]
    assert len(first) + sum(1 for _ in rows) == 24_000  # the parent's stream goes on
    assert in_a_child(lambda: storage.query("MATCH (c:Call) RETURN count(c) AS n")["n"].tolist()) == [6]


@forks
def test_a_child_frees_its_parents_stream(storage: Storage) -> None:
    kept = {"rows": storage.query(MANY, stream=True)}
    next(kept["rows"])

    def free() -> bool:
        kept.clear()
        return bool(gc.collect() >= 0)

    assert in_a_child(free) is True
    assert sum(1 for _ in kept["rows"]) == 23_999


def test_a_storage_closed_while_a_stream_is_open(storage: Storage, engine: str, storage_url: Callable[[], str]) -> None:
    other = Storage(storage_url())
    rows = other.query(MANY, stream=True)
    next(rows)
    other.close()
    if engine == "sqlite":  # the stream has its connection to itself
        assert sum(1 for _ in rows) == 23_999
    else:
        with pytest.raises(StoreError, match="closed"):
            list(rows)
    rows.close()
    with pytest.raises(StoreClosed):
        next(other.query(MANY, stream=True))
    with pytest.raises(StoreClosed):
        other.query(MANY)
    assert len(storage.query("MATCH (c:Call) RETURN c")) == 6


def test_streams_that_are_left(storage: Storage) -> None:
    """Each gives its connection back; none holds up a writer."""
    for _ in range(30):
        rows = storage.query(MANY, stream=True)
        next(rows)
        del rows
    gc.collect()
    with storage:
        score({"w": 7.0})
    assert len(storage.query("MATCH (c:Call) RETURN c")) == 7


def test_two_streams_with_writes_between(storage: Storage) -> None:
    """Each gives its rows in its order, whatever the other one and a writer do; a later query sees what was written."""
    whole = storage.query(ALL).to_dict("records")
    up, down = storage.query(ALL, stream=True), storage.query(ALL + " DESC", stream=True)
    taken: list[dict[str, Any]] = []
    for i in range(3):
        taken.append(next(up))
        next(down)
        with storage:
            score({"w": 10.0 + i})
    taken += up
    assert taken == whole
    assert len(list(down)) == len(whole) - 3
    assert len(storage.query("MATCH (c:Call) RETURN c")) == 9
