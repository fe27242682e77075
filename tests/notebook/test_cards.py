"""What notebooks show of storages, refs, calls and frames: all of it escaped, none of it loaded."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from mandala_graph import MList, Storage, op
from mandala_graph.display import without_password

HOSTILE = '<img src=x onerror="alert(1)">&"\''
opened: list[str] = []


class Bomb:
    """A value that says when its pickle is opened."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __setstate__(self, state: Any) -> None:
        opened.append("loaded")
        self.__dict__.update(state)


class Mute:
    def __repr__(self) -> str:
        raise ValueError("no words")


@op(output_names=["bomb"])
def arm(name: str) -> Bomb:
    return Bomb(name)


@op(output_names=["text"])
def same(text: str) -> str:
    return text


@op(output_names=["total"])
def total(numbers: MList[int]) -> int:
    return sum(numbers)


@op(output_names=["y"])
def fail(x: int) -> int:
    raise ZeroDivisionError(x)


@pytest.fixture
def storage(storage_url: Callable[[], str]) -> Iterator[Storage]:
    storage = Storage(storage_url(), record_failures=True)
    yield storage
    storage.close()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def shown(thing: Any) -> str:
    """The words of a card; it is one well-formed element, and of known tags only."""
    html = thing._repr_html_()
    ET.fromstring(html)
    parser = _Words()
    parser.feed(html)
    assert parser.tags <= {"div", "span", "b", "table", "tr", "th", "td"}, parser.tags
    return " ".join(parser.words)


def test_a_ref_shows_what_the_store_knows_and_stays_unloaded(storage: Storage) -> None:
    with storage:
        made = same(HOSTILE)
    ref = storage.load_ref(made.hid)
    words = shown(ref)
    assert repr(HOSTILE) in words or HOSTILE in words
    assert "same (text)" in words
    assert ref.hid in words
    assert not ref.in_memory
    assert HOSTILE not in ref._repr_html_()


def test_no_pickle_is_opened_to_show_it(storage: Storage) -> None:
    with storage:
        made = arm("one")
    call = storage.get_ref_creator(made)
    assert call is not None
    opened.clear()
    storage.forget()
    for thing in (storage.load_ref(made.hid), call, storage, storage.cf(arm)):
        thing._repr_html_()
    words = shown(storage.load_ref(made.hid))
    assert "Bomb" in words
    assert "arm (bomb)" in words
    assert opened == []
    assert storage.unwrap(storage.load_ref(made.hid)).name == "one"
    assert opened == ["loaded"]  # the check above would have seen it


def test_a_value_in_memory_shows_its_repr_whatever_that_does(storage: Storage) -> None:
    with storage:
        made = same("word\n" * 400)
    ref = storage.load_ref(made.hid, in_memory=True)
    assert len(shown(ref)) < 2_000
    ref._obj = Mute()
    assert "<Mute, whose repr raises ValueError>" in shown(ref)


def test_a_call_shows_inputs_and_outputs_and_a_list_its_first_elements(storage: Storage) -> None:
    with storage:
        assert storage.unwrap(total(list(range(100, 130)))) == 3335 + 100
    [call] = storage.calls("total")
    words = shown(call)
    for part in ("total", "numbers", "list of 30", "3435", call.hid, call.version[:12]):
        assert part in words, part
    numbers = shown(call.inputs["numbers"])
    for part in ("elts[0]", "100", "111", "and 18 more"):
        assert part in numbers, part
    assert "112" not in numbers
    assert "3435" in shown(storage.query("MATCH (c:Call {op: 'total'}) RETURN c")["c"][0])


def test_a_failed_call_says_so(storage: Storage) -> None:
    with storage, pytest.raises(ZeroDivisionError):
        fail(1)
    [call] = storage.calls("fail")
    assert "call, failed" in shown(call)
    assert call.outputs == {}
    assert call.hid in shown(call)


def test_a_storage_shows_its_size_and_how_calls_were_answered(storage: Storage) -> None:
    with storage:
        for word in ("a", "b", "a"):
            same(word)
    words = shown(storage)
    assert "2 calls, 4 refs, 1 run" in words
    assert "2  (2 computed, 1 reused here)" in words
    assert {"sqlite": "SQLite", "neo4j": "Neo4j"}[storage.store.info().engine] in words


def test_a_dropped_value_and_a_foreign_ref_are_named(storage: Storage) -> None:
    with storage:
        made = arm("gone")
    storage.drop_values(made)
    assert "dropped" in shown(storage.load_ref(made.hid))
    with Storage():
        foreign = same("elsewhere")
    foreign._loader = storage
    assert "not in this store" in shown(foreign)


def test_what_belongs_to_a_closed_store_still_has_a_card(storage: Storage) -> None:
    with storage:
        made = same("x")
    [call] = storage.calls("same")
    ref = storage.load_ref(made.hid)
    storage.close()
    for thing in (ref, call, storage):
        assert "closed" in shown(thing)


def test_no_password_is_shown() -> None:
    assert without_password("bolt://ann:secret@host:7687/db") == "bolt://host:7687/db"
    assert without_password("/data/a@b.db") == "/data/a@b.db"
