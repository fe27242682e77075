"""Answers that are kept: for as long as they are true, and made once for all who ask at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mandala_graph import Storage
from mandala_graph.web.state import Browser
from tests.web import lab
from tests.web.conftest import Page


def test_what_is_added_and_deleted_is_seen(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()

    def counts() -> dict[str, int]:
        return {n["id"]: n["count"] for n in page.ask("/api/graph/summary")["nodes"]}

    before = counts()
    assert page.ask("/api/table/op:divide")["total"] == 2
    with recorded:
        lab.divide(8.0, 2.0)
    after = counts()
    assert after["op:divide"] == before["op:divide"] + 1
    assert page.ask("/api/table/op:divide")["total"] == 3
    assert page.ask("/api/runs")[-1]["ops"]["divide"] == 1
    recorded.drop_calls(recorded.calls("divide")[-1:])
    assert counts() == before
    assert page.ask("/api/table/op:divide")["total"] == 2


def test_a_new_op_is_known_at_once(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.ask("/api/table/op:divide")
    page.ask("/api/search?q=x")
    with recorded:
        lab.halve(1.0)
    assert page.ask("/api/table/op:halve")["total"] == 1
    assert page.ask("/api/table/var:half")["total"] == 1


def test_made_once_for_all_who_ask_together() -> None:
    with Storage() as storage:
        lab.divide(1.0, 2.0)
    browser = Browser(storage)
    made: list[int] = []
    started, go = threading.Event(), threading.Event()

    def make() -> int:
        made.append(1)
        started.set()
        assert go.wait(30)
        return len(made)

    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(browser.kept("key", make))) for _ in range(4)]
    for t in threads:
        t.start()
    assert started.wait(30)
    go.set()
    for t in threads:
        t.join()
    assert found == [1, 1, 1, 1]
    assert browser.kept("other", lambda: 7) == 7
    with storage:
        lab.divide(1.0, 4.0)
    assert browser.kept("key", make) == 2
    storage.close()


def test_an_error_is_not_kept() -> None:
    storage = Storage()
    browser = Browser(storage)
    with pytest.raises(ZeroDivisionError):
        browser.kept("key", lambda: 1 // 0)
    assert browser.kept("key", lambda: 5) == 5
    storage.close()


def test_a_store_that_is_gone_is_said(tmp_path: Path) -> None:
    with Storage(tmp_path / "s.db") as storage:
        lab.divide(1.0, 2.0)
    storage.close()
    read = Storage(tmp_path / "s.db", read_only=True)
    page = Page(read)
    assert page.ask("/api/info")["counts"]["Call"] == 1
    read.close()
    error = page.ask("/api/graph/summary", 503)["error"]
    assert error["kind"] == "StoreClosed"
    events = page.client.get("/api/events")  # which ends then, and is asked for again by browsers
    assert events.text.startswith("event: trouble\ndata: ")
    assert "closed" in events.text
