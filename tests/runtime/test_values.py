"""Values in a store: dropped and recomputed, unsavable, poisoned, checked, cleaned up."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mandala_graph import (
    CorruptValue,
    MList,
    Storage,
    UnsavableValue,
    UntrustedValue,
    UsageError,
    ValueDropped,
    op,
)

Open = Callable[..., Storage]


class Thing:
    """Something that only pickle can keep."""

    def __init__(self, x: int) -> None:
        self.x = x


@op
def make(n: int) -> Any:
    return Thing(n)


@op
def numbers(n: int) -> list[int]:
    return list(range(n))


def test_values_of_many_types_come_back_cold(open_storage: Open) -> None:
    values: list[Any] = [
        None,
        True,
        -7,
        10**30,
        0.5,
        float("inf"),
        "text",
        "x" * 1000,
        b"bytes",
        [1, [2.5, "three"]],
        {"a": (1, 2)},
        {1, 2},
        np.float64(1.5),
        np.arange(12).reshape(3, 4),
        np.zeros(200_000),
        pd.DataFrame({"a": [1, 2], "b": ["x", None]}),
    ]

    @op(nout=1)
    def value(i: int) -> Any:
        return values[i]

    with open_storage() as storage:
        refs = [value(i) for i in range(len(values))]
    with open_storage() as storage:
        for i, expected in enumerate(values):
            ref = value(i)
            assert ref == refs[i]
            found = storage.unwrap(ref)
            assert type(found) is type(expected)
            if isinstance(expected, pd.DataFrame):
                pd.testing.assert_frame_equal(found, expected)
            else:
                assert np.array_equal(found, expected) if isinstance(expected, np.ndarray) else found == expected
        assert storage.stats()["value"]["computed"] == 0
    assert storage.verify() == []


def test_a_dropped_value_keeps_its_provenance_and_is_recomputed_when_asked_again(open_storage: Open, ran: Any) -> None:
    @op
    def f(n: int) -> Any:
        ran.hit("f")
        return n if n < 10 else [n]

    with open_storage() as storage:
        small, large = f(3), f(30)
    for ref, reader in ((small, open_storage()), (large, storage)):
        assert reader.drop_values(ref, dry_run=True) == [ref.hid]
        assert reader.drop_values([ref.hid]) == [ref.hid]
        creator = reader.get_ref_creator(ref.hid)
        assert creator is not None
        with pytest.raises(ValueDropped, match=r"run f again.*recompute"):
            reader.unwrap(reader.load_ref(ref.hid))
        assert reader.verify() == []
    ran.take()
    with open_storage() as storage:
        again = [f(3), f(30)]
        assert ran.take() == {"f": 2}
        assert again == [small, large]
    with open_storage() as storage:
        assert storage.unwrap([f(3), f(30)]) == [3, [30]]
        assert ran.take() == {}
    assert len(storage.calls("f")) == 2


def test_dropping_the_values_of_a_list_drops_its_elements(open_storage: Open) -> None:
    @op
    def items(n: int) -> MList[list[int]]:
        return [[i] for i in range(n)]

    with open_storage() as storage:
        xs = items(3)
    storage = open_storage()
    assert len(storage.drop_values(xs)) == 4
    with pytest.raises(ValueDropped):
        storage.unwrap(storage.load_ref(xs[1].hid))
    with pytest.raises(UsageError, match="no ref"):
        storage.drop_values("0" * 40)


def test_what_cannot_be_saved_is_named(open_storage: Open, caplog: pytest.LogCaptureFixture) -> None:
    @op
    def f(x: int) -> Any:
        return {"fine": x, "deep": [1, {"lock": threading.Lock()}]}

    @op
    def g(x: Any) -> int:
        return 5

    with open_storage() as storage:
        with pytest.raises(Exception, match=r"op f, output 'output_0'.*\['deep'\]\[1\]\['lock'\]") as caught:
            f(1)
        assert caught.value.result["fine"] == 1  # type: ignore[attr-defined]
        with pytest.raises(Exception, match=r"argument 'x' of op g.*generator"):
            g(i for i in range(3))
    assert storage.calls() == []
    with open_storage(on_unsaved="return") as storage:
        assert f(1)["fine"] == 1
        assert g(i for i in range(3)) == 5
        assert len(storage.unsaved) == 2
    assert "not recorded" in caplog.text
    assert storage.calls() == []
    assert issubclass(UnsavableValue, TypeError)


class Hostile:
    """Unpickling it would leave a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.path}",)


def _poison(storage: Storage, cid: str, data: bytes) -> None:
    storage.store.drop_values([cid], 0.0)
    storage.store.put_value(cid, [data])
    from mandala_graph.store.protocol import Batch

    row = storage.store.refs_by_cid([cid])[cid][0]
    storage.store.write(Batch(refs={row.hid: row._replace(dropped=None)}, values={cid: data}))


@pytest.mark.parametrize("kind", ["pickle", "truncated", "swapped", "noise", "empty", "foreign"])
def test_a_poisoned_store_runs_nothing_and_names_the_entry(
    open_storage: Open, kind: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_storage() as storage:
        bad, good, other = make(1), numbers(300), make(2)
    storage = open_storage()
    original = bytes(storage.store.get_value(bad.cid) or b"")
    canary = tmp_path / "canary"
    hostile = pickle.dumps(Hostile(str(canary)))
    data = {
        "pickle": original[:-40] + hostile if len(original) > 40 else hostile,
        "truncated": original[: len(original) // 2],
        "swapped": bytes(storage.store.get_value(other.cid) or b""),
        "noise": bytes(range(256)) * 4,
        "empty": b"",
        "foreign": original,
    }[kind]
    if kind == "foreign":
        monkeypatch.setenv("MANDALA_GRAPH_KEY", "ab" * 32)
    else:
        _poison(storage, bad.cid, data)
    reader = open_storage()
    expected = UntrustedValue if kind == "foreign" else (CorruptValue, UntrustedValue)
    with pytest.raises(expected, match=bad.cid):
        reader.unwrap(reader.load_ref(bad.hid))
    assert reader.unwrap(reader.load_ref(good.hid)) == list(range(300))
    damaged = [d.id for d in reader.verify()]
    assert damaged == ([] if kind == "foreign" else [bad.cid])
    assert not canary.exists()


def test_a_foreign_pickle_can_be_trusted_on_purpose(open_storage: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANDALA_GRAPH_KEY", "11" * 32)
    with open_storage():
        ref = make(1)
    monkeypatch.setenv("MANDALA_GRAPH_KEY", "22" * 32)
    with pytest.raises(UntrustedValue, match="trust"):
        open_storage().load_ref(ref.hid, in_memory=True)
    assert open_storage(trust=["11" * 32]).load_ref(ref.hid, in_memory=True).obj.x == 1
    assert open_storage(trust="all").load_ref(ref.hid, in_memory=True).obj.x == 1


@pytest.mark.parametrize("versions", [True, False])
def test_dropped_calls_do_not_come_back(open_storage: Open, versions: bool) -> None:
    def define(k: int) -> Any:
        @op(name="f")
        def f(x: int) -> int:
            return x + k

        return f

    @op
    def g(x: int) -> int:
        return -x

    @op
    def same(x: int) -> int:
        return x

    f = define(1)
    storage = open_storage(versions=versions)
    with storage:
        a = f(1)
        b = g(a)
        f(same(1))
    (call,) = storage.get_creators([a])
    with pytest.raises(UsageError, match=r"1 other calls used.* of g.*delete_dependents"):
        storage.drop_calls([call])
    assert len(storage.drop_calls([call], delete_dependents=True, dry_run=True)) == 2
    assert len(storage.calls()) == 4
    storage.drop_calls(storage.calls("f"), delete_dependents=True)
    assert [c.op.name for c in storage.calls()] == ["same"]
    changed = define(10)
    with storage:
        assert storage.unwrap(changed(1)) == 11
        assert storage.unwrap(changed(same(1))) == 11
        assert storage.unwrap(g(changed(1))) == -11
    assert storage.stats()["f"]["computed"] == 2
    assert storage.stats()["g"]["computed"] == 2
    assert len(storage.get_creators([b])) == (0 if versions else 1)
    storage.cleanup_refs()
    assert storage.get_orphans() == set()
    assert storage.verify() == []
    with open_storage(versions=versions) as cold:
        assert cold.unwrap(changed(1)) == 11
        assert cold.stats()["f"]["computed"] == 0


def test_cleaning_up_frees_values_that_nobody_has(open_storage: Open) -> None:
    with open_storage() as storage:
        a, b = numbers(300), numbers(301)
    storage.drop_calls(storage.get_creators([a]))
    assert storage.cleanup_refs() == 1
    assert storage.store.has_values([a.cid, b.cid]) == {b.cid}
    storage.vacuum()
    with open_storage() as storage:
        assert storage.unwrap(numbers(301)) == list(range(301))
        assert storage.unwrap(numbers(300)) == list(range(300))


def test_explain_says_why(open_storage: Open) -> None:
    @op
    def train(x: int, rate: float = 0.1) -> int:
        return int(x * rate)

    @op
    def same(x: int) -> int:
        return x

    storage = open_storage()
    assert storage.explain(train, 1).reason == "new op"
    with storage:
        t = train(1)
        s = same(1)
    hit = storage.explain(train, 1, rate=0.1)
    assert (hit.hit, hit.reason) == (True, "same call")
    assert storage.explain(train, s).reason == "same contents"
    new = storage.explain(train, 1, rate=0.2)
    assert (new.hit, new.reason, new.changed) == (False, "new input", {"rate": ("0.1", "0.2")})
    assert "rate (0.1 -> 0.2)" in str(new)
    storage.drop_values(t)
    assert storage.explain(train, 1).reason == "dropped value"
    assert len(storage.calls()) == 2


def test_a_process_notices_what_another_one_dropped(open_storage: Open) -> None:
    @op
    def f(x: int) -> int:
        return x + 1

    one, other = open_storage(), open_storage()
    with one:
        a = f(1)
    with other:
        assert f(1) == a
    one.drop_calls(one.calls("f"))
    with other:
        assert other.unwrap(f(1)) == 2
    assert other.stats()["f"]["computed"] == 1
    assert len(one.calls("f")) == 1
    one.drop_values(a)
    with other:
        assert other.unwrap(f(1)) == 2
    assert other.stats()["f"]["computed"] == 2
