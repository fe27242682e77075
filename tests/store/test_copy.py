"""Copies between the engines: equal in every node, edge, property and byte, also after kills and in several runs."""

from __future__ import annotations

import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mandala_graph import Storage, UsageError, ValueMissing
from mandala_graph.store.copy import compare, copy
from mandala_graph.store.protocol import Batch, Store
from tests import engines
from tests.store.copy_stores import open_at
from tests.store.rows import a_ref, numbered
from tests.store.sample import dump_neo4j, dump_sqlite, fill, matrix, test, train


@dataclass
class Pair:
    """A source and a target on different engines, and how to read all of each with no code of ours."""

    source: str
    target: str
    values: Path
    server: engines.Server

    def open(self, place: str) -> Store:
        return open_at(place, self.values)

    def dump(self, place: str) -> dict[str, Any]:
        if "://" in place:
            return dump_neo4j(self.server.uri, self.server.auth, self.values)
        return dump_sqlite(place)

    def equal(self) -> bool:
        first, second = self.dump(self.source), self.dump(self.target)
        assert first.keys() == second.keys()
        for what in first:
            assert first[what] == second[what], what
        return True


@pytest.fixture(params=["sqlite to neo4j", "neo4j to sqlite"])
def pair(request: pytest.FixtureRequest, neo4j_server: engines.Server, tmp_path: Path) -> Pair:
    places = [str(tmp_path / "store.db"), neo4j_server.url]
    if request.param == "neo4j to sqlite":
        places.reverse()
    return Pair(places[0], places[1], tmp_path / "neo4j-values", neo4j_server)


def run(pair: Pair, **options: Any) -> Any:
    with closing(pair.open(pair.source)) as source, closing(pair.open(pair.target)) as target:
        return copy(source, target, **options)


def test_everything_arrives(pair: Pair) -> None:
    with closing(Storage(pair.source, values=pair.values)) as storage:
        refs = fill(storage)
        order = storage.store.calls_of()
    copied = run(pair)
    assert pair.equal()
    assert set(copied.present.values()) == {0}
    dump = pair.dump(pair.target)
    for what, rows in dump.items():  # else equality would say little
        assert rows, what
    assert copied.nbytes == sum(map(len, dump["values"].values()))
    with closing(Storage(pair.target, values=pair.values)) as storage:
        assert storage.verify() == []
        assert storage.unwrap(storage.load_ref(refs["best"].hid)) == 0.75
        assert storage.unwrap(storage.load_ref(refs["big"].hid)).shape == (150, 150)
        with storage:
            assert train(0.25)[1].hid == refs["score 0.25"].hid
        assert storage.stats()["train"]["computed"] == 0
        assert storage.store.calls_of() == order or sorted(storage.store.calls_of()) == sorted(order)


@pytest.mark.parametrize("stage", ["values", "Ref", "Call"])
def test_a_killed_copy_goes_on_where_it_was(pair: Pair, stage: str, python: str) -> None:
    with closing(pair.open(pair.source)) as source:
        source.write(numbered(range(1200)))
        source.put_value("f" * 40, [b"large" * 100_000])
        source.write(Batch(refs={r.hid: r for r in [a_ref("large", cid="f" * 40)]}))
    words = [python, "-m", "tests.store.copy_child", pair.source, pair.target, stage, str(pair.values)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "here\n"
        child.kill()
    with closing(pair.open(pair.target)) as target:
        counts = target.counts()
    assert 0 < counts["Call"] < 1200 if stage == "Call" else counts["Call"] == 0
    copied = run(pair)
    assert pair.equal()
    assert copied.present["Call"] == counts["Call"]
    assert copied.present["values"] > 0
    again = run(pair)
    assert sum(again.written.values()) == again.nbytes == 0


def test_a_second_run_brings_what_is_new(pair: Pair) -> None:
    with closing(Storage(pair.source, values=pair.values)) as storage:
        refs = fill(storage)
    run(pair)
    with closing(Storage(pair.source, values=pair.values)) as storage:
        with storage:
            test(train(0.9)[0])
            storage.unwrap(matrix(4))  # its value was dropped, and is there again
        storage.drop_values([refs["small"]])
    copied = run(pair)
    assert pair.equal()
    assert copied.written["Call"] == 2


def test_a_target_with_other_things_is_left_alone(pair: Pair) -> None:
    with closing(pair.open(pair.source)) as source, closing(pair.open(pair.target)) as target:
        source.write(numbered(range(3)))
        target.write(numbered(range(2, 5)))
        before = target.counts()
        with pytest.raises(UsageError, match="holds what the source does not have"):
            copy(source, target)
        assert target.counts() == before
        assert any("nodes Call" in d or "only in one store" in d for d in compare(source, target))
        copy(source, target, merge=True)
        assert target.counts()["Call"] == 5


def test_calls_whose_refs_came_later(pair: Pair) -> None:
    """The source is written to while it is copied: a call is there whose refs were not when refs were copied."""
    with closing(pair.open(pair.source)) as source, closing(pair.open(pair.target)) as target:
        source.write(numbered(range(5)))

        def more(what: str, done: int, total: int) -> None:
            if what == "Ref" and done == total:
                source.write(numbered(range(5, 9)))

        copy(source, target, progress=more)
        assert list(compare(source, target)) == []


def test_what_cannot_be_copied(pair: Pair) -> None:
    with closing(pair.open(pair.source)) as source, closing(pair.open(pair.target)) as target:
        with pytest.raises(UsageError, match="onto itself"):
            copy(source, source)
        source.put_value("a" * 40, [b"x" * 200_000])
        source.write(Batch(refs={r.hid: r for r in [a_ref("lost", cid="a" * 40)]}))
        folder = pair.values if "://" in pair.source else Path(f"{pair.source}.values")
        next(folder.rglob("a" * 40)).unlink()
        if "://" not in pair.source:  # where a table says that there is a file
            with pytest.raises(ValueMissing, match="its bytes are gone"):
                copy(source, target)


def test_differences_are_found(pair: Pair) -> None:
    with closing(pair.open(pair.source)) as source, closing(pair.open(pair.target)) as target:
        source.write(numbered(range(3)))
        copy(source, target)
        assert list(compare(source, target)) == []
        (hid,) = source.keys("Ref", limit=1)
        cid = source.refs([hid])[hid].cid
        target.drop_values([cid], 5.0)
        assert any(f"Ref {hid}: " in d and "dropped is None and 5.0" in d for d in compare(source, target))


def test_calls_that_are_not_in_the_graph_yet(pair: Pair) -> None:
    """What a writer has made durable and not settled comes along."""
    with closing(pair.open(pair.source)) as source, closing(pair.open(pair.target)) as target:
        source.write(numbered(range(200)), settle=False)
        copy(source, target)
        assert target.counts()["Call"] == 200
        assert list(compare(source, target)) == []


def test_what_was_renamed(pair: Pair) -> None:
    """Ids keep the names that they were made with: ops say which these were."""
    with closing(Storage(pair.source, values=pair.values)) as storage:
        fill(storage)
        storage.rename_op("train", "fit")
        storage.rename_argument("fit", "rate", "speed")
        storage.rename_output("test", "accuracy", "share")
    run(pair)
    assert pair.equal()
    with closing(Storage(pair.target, values=pair.values)) as storage:
        assert storage.verify() == []
        assert storage.store.ops()["fit"].identity == "train"
