"""Renamed ops, arguments and outputs: nothing runs again, ids stay, and everything shows the new names."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mandala_graph import NewArgDefault, OpDefinitionError, Storage, UsageError, op
from mandala_graph.versions import Change
from tests.versions.conftest import Open


@pytest.fixture
def program() -> Iterator[Callable[..., Any]]:
    """`program(text)` is a fresh module of this text, as another process would have it."""
    made: list[str] = []

    def run(text: str, name: str = "program_under_test") -> Any:
        module = types.ModuleType(name)
        module.__dict__.update(op=op, NewArgDefault=NewArgDefault)
        sys.modules[name] = module
        made.append(name)
        exec(compile(textwrap.dedent(text), f"<{name}>", "exec"), module.__dict__)
        return module

    yield run
    for name in set(made):
        sys.modules.pop(name, None)


OLD = """
    def helper(x):
        return x * 10
    @op(output_names=["y"])
    def old(x, lr=2):
        return helper(x) + lr
    @op
    def outer(x):
        return old(x) + 1
"""


def run(storage: Storage, *calls: tuple[Any, ...]) -> tuple[list[Any], dict[str, int]]:
    """Calls in a block of their own: their values, and how many calls of each op ran."""
    before = {n: s["computed"] for n, s in storage.stats().items()}
    with storage:
        got = [f(*args) for f, *args in calls]
    ran = {n: int(s["computed"] - before.get(n, 0)) for n, s in storage.stats().items()}
    return storage.unwrap(got), {n: k for n, k in ran.items() if k}


def ids(storage: Storage) -> set[str]:
    hids = set(storage.store.calls_of())
    for call in storage.store.calls(hids).values():
        hids |= {e.ref for e in call.inputs} | {h for _, h in call.outputs}
    return hids


def test_an_op_called_otherwise_finds_its_calls(open_storage: Open, program: Callable[..., Any]) -> None:
    first = open_storage()
    m = program(OLD)
    assert run(first, (m.old, 1), (m.outer, 1)) == ([12, 13], {"old": 1, "outer": 1})
    before = ids(first)
    (call,) = first.calls("old")
    assert first.rename_op(m.old, "new") == 1
    assert ids(first) == before
    # the same process, before its code knows of it, and another
    assert run(first, (m.old, 1)) == ([12], {})
    second = open_storage()
    m = program(OLD.replace("old", "new"))
    assert run(second, (m.new, 1), (m.outer, 1)) == ([12, 13], {})
    assert run(second, (m.new, 5), (m.outer, 5)) == ([52, 53], {"new": 1, "outer": 1})
    # everything shows the new name, and old ids lead there
    assert second.get_call(call.hid).op.name == "new"
    assert {c.op.name for c in second.calls()} == {"new", "outer"}
    assert second.calls("old") == second.calls("new") == second.calls(m.new)
    assert len(second.calls("new")) == 2
    assert sorted(second.cf(m.new).fnames) == ["new"]
    assert sorted(second.cf("old").df(include_calls=False)["y"]) == [12, 52]
    assert second.query("MATCH (c:Call {op: 'new'})-[:OUTPUT]->(r) RETURN r.value AS v ORDER BY v")["v"].tolist() == [
        12,
        52,
    ]
    assert second.query("MATCH (v:Version)-[:OF]->(o:Op {name: 'new'}) RETURN v.op AS op")["op"].tolist() == ["new"]
    assert "def old" in second.code_of(call.hid)  # the code that ran then
    assert second.show("new") == second.show("old")
    assert list(second.versions(m.new).active) == [True]
    assert second.explain(m.new, 1).hit
    assert second.verify() == []
    # the code that was there before finds all of it too
    third = open_storage()
    m = program(OLD)
    assert run(third, (m.old, 1), (m.old, 5), (m.outer, 5)) == ([12, 52, 53], {})


def test_an_edit_after_a_rename_is_an_edit(open_storage: Open, program: Callable[..., Any]) -> None:
    storage = open_storage()
    m = program(OLD)
    run(storage, (m.old, 1), (m.outer, 1))
    storage.rename_op("old", "new")
    m = program(OLD.replace("old", "new").replace("* 10", "* 100"))
    assert run(storage, (m.new, 1), (m.outer, 1)) == ([102, 103], {"new": 1, "outer": 1})
    m = program(OLD.replace("old", "new").replace("+ lr", "+ lr + 1"))
    assert run(storage, (m.new, 1), (m.outer, 1)) == ([13, 14], {"new": 1, "outer": 1})
    assert list(storage.log("new").changed)[:2] == [("helper", "new"), ("helper",)]
    m = program(OLD.replace("old", "new"))
    assert run(storage, (m.new, 1), (m.outer, 1)) == ([12, 13], {})


def test_a_policy_is_asked_about_the_renamed_function(open_storage: Open, program: Callable[..., Any]) -> None:
    changes: list[Change] = []

    def decide(change: Change) -> str:
        changes.append(change)
        return "keep"

    storage = open_storage(on_change=decide)
    m = program(OLD)
    run(storage, (m.old, 1))
    storage.rename_op("old", "new")
    m = program(OLD.replace("old", "new").replace("+ lr", "+ lr * 2"))
    assert run(storage, (m.new, 1)) == ([12], {})
    assert [(c.op, c.key.name) for c in changes] == [("new", "new")]
    assert storage.mark_compatible("new", changes[0].old, changes[0].new, compatible=False)
    assert run(open_storage(), (m.new, 1)) == ([14], {"new": 1})


def test_a_name_is_not_confused_with_another(open_storage: Open, program: Callable[..., Any]) -> None:
    """A call of something else under the name that ids know is no call of the renamed op."""
    storage = open_storage()
    m = program("@op\ndef old(x):\n    return x + 1\n@op\ndef outer(x):\n    return old(x) * 2\n")
    run(storage, (m.outer, 1))
    with storage:
        m.old(1)
    storage.rename_op(m.old, "new")
    m = program(
        "@op\ndef new(x):\n    return x + 1\ndef old(x):\n    return x + 5\n@op\ndef outer(x):\n    return old(x) * 2\n"
    )
    assert run(storage, (m.outer, 1)) == ([12], {"outer": 1})
    m = program(
        "@op\ndef new(x):\n    return x + 1\ndef old(x):\n    return x\n@op\ndef outer(x):\n    return old(new(x)) * 2\n"
    )
    assert run(storage, (m.outer, 1)) == ([4], {"outer": 1})


def test_arguments_and_outputs_called_otherwise(open_storage: Open, program: Callable[..., Any]) -> None:
    storage = open_storage()
    text = """
    @op(output_names=["model", "acc"])
    def train(X, lr=0.5, *, steps=3):
        f = lambda: lr * 2
        return [X, f() * steps], X - lr
    @op
    def total(acc):
        return acc + 1
    """
    m = program(text)
    with storage:
        model, acc = m.train(4, steps=1)
        end = m.total(acc)
    before = ids(storage)
    assert storage.rename_argument(m.train, "lr", "rate") == 1
    assert storage.rename_argument("train", "steps", "a_number") == 1  # comes before the others in the alphabet now
    assert storage.rename_output(m.train, "acc", "accuracy") == 1
    assert storage.rename_argument(m.total, "acc", "accuracy") == 1
    assert ids(storage) == before
    new = (
        text.replace("lr", "rate").replace("steps", "a_number").replace('"acc"', '"accuracy"')
        .replace("total(acc)", "total(accuracy)").replace("acc + 1", "accuracy + 1")
    )  # fmt: skip
    fresh = open_storage()
    m = program(new)
    with fresh:
        again_model, again_acc = m.train(4, a_number=1)
        assert (again_model, again_acc, m.total(again_acc)) == (model, acc, end)
        other = m.train(4, rate=0.25)[1]
    assert fresh.stats()["train"]["computed"] == 1
    assert fresh.unwrap([again_model, again_acc, end, other]) == [[4, 1.0], 3.5, 4.5, 3.75]
    calls = fresh.calls(m.train)
    assert [sorted(c.inputs) for c in calls] == [["X", "a_number", "rate"]] * 2
    assert [sorted(c.outputs) for c in calls] == [["accuracy", "model"]] * 2
    frame = fresh.cf(m.train)
    assert sorted(frame.vnames) == ["X", "a_number", "accuracy", "model", "rate"]
    assert {"X", "a_number", "accuracy", "rate"} <= set(fresh.cf(m.total).expand_back(recursive=True).vnames)
    rows = fresh.query(
        "MATCH (:Ref {value: 4})-[e:INPUT]->(:Call)-[:OUTPUT {name: 'accuracy'}]->(r) RETURN e.name AS n"
    )
    assert rows["n"].tolist() == ["X", "X"]
    assert fresh.store.ops()["train"].inputs == ("X", "rate", "a_number")
    assert fresh.verify() == []
    # a dropped value is restored by the call that made it
    fresh.drop_values([again_model])
    with fresh:
        assert m.train(4, a_number=1)[0] == model
    assert fresh.unwrap(model) == [4, 1.0]
    # equal contents of another history
    with fresh:
        made = m.total(3)
        assert fresh.unwrap(m.train(made, a_number=1)[1]) == 3.5
    assert fresh.stats()["train"]["reused"] == 1
    # the code as it was before
    old = open_storage()
    m = program(text)
    with old:
        assert m.train(4, steps=1) == (model, acc)
        old.unwrap(m.train(4, lr=0.125)[1])
    assert old.stats()["train"]["computed"] == 1
    assert all(sorted(c.inputs) == ["X", "a_number", "rate"] for c in old.calls("train"))
    assert "hit" in str(old.explain(m.train, 4, steps=1))
    assert "lr" in str(old.explain(m.train, 4, lr=7))


def test_outputs_without_names_get_some(open_storage: Open, program: Callable[..., Any]) -> None:
    storage = open_storage()
    m = program("@op\ndef split(x):\n    return x - 1, x + 1\n")
    assert run(storage, (m.split, 1)) == ([(0, 2)], {"split": 1})
    storage.rename_output(m.split, "output_1", "above")
    storage.rename_output(m.split, "output_0", "below")
    for text in ("@op", '@op(output_names=["below", "above"])'):
        fresh = open_storage()
        m = program(f"{text}\ndef split(x):\n    return x - 1, x + 1\n")
        assert run(fresh, (m.split, 1)) == ([(0, 2)], {})
        assert run(fresh, (m.split, len(text))) == ([(len(text) - 1, len(text) + 1)], {"split": 1})
        assert all(set(c.outputs) == {"above", "below"} for c in fresh.calls("split"))


def test_a_new_argument_may_have_the_old_name_of_another(open_storage: Open, program: Callable[..., Any]) -> None:
    storage = open_storage()
    m = program("@op\ndef f(a):\n    return a * 2\n")
    run(storage, (m.f, 3))
    storage.rename_argument("f", "a", "b")
    m = program("@op\ndef f(b, a=NewArgDefault(0)):\n    return b * 2 + a\n")
    assert run(storage, (m.f, 3)) == ([6], {})  # from before `a` existed
    assert run(storage, (m.f, 3, 1)) == ([7], {"f": 1})
    fresh = open_storage()
    assert run(fresh, (m.f, 3, 1), (m.f, 3)) == ([7, 6], {})
    assert sorted(fresh.calls("f")[1].inputs) == ["a", "b"]
    assert fresh.verify() == []
    fresh.rename_argument("f", "a", "c")
    m = program("@op\ndef f(b, c=NewArgDefault(0)):\n    return b * 2 + c\n")
    assert run(open_storage(), (m.f, 3, 1), (m.f, 3)) == ([7, 6], {})


def test_renames_add_up_and_can_be_taken_back(open_storage: Open, program: Callable[..., Any]) -> None:
    storage = open_storage()
    text = "@op\ndef {}({}):\n    return 1\n"
    m = program(text.format("a", "x"))
    run(storage, (m.a, 1))
    for old, new in (("a", "b"), ("b", "c")):
        storage.rename_op(old, new)
        storage.rename_argument(new, "x" if old == "a" else "y", "y" if old == "a" else "z")
    for name, argument in (("a", "x"), ("b", "y"), ("c", "z"), ("a", "z")):
        m = program(text.format(name, argument))
        assert run(open_storage(), (getattr(m, name), 1)) == ([1], {})
    storage.rename_op("c", "a")
    storage.rename_argument("a", "z", "x")
    row = storage.store.ops()["a"]
    assert (row.identity, row.inputs, len(row.renamed)) == ("", ("x",), 6)
    for name, argument in (("a", "x"), ("b", "y"), ("c", "z")):
        m = program(text.format(name, argument))
        assert run(open_storage(), (getattr(m, name), 1)) == ([1], {})


def test_names_in_use_and_unknown_ones_are_clear_errors(open_storage: Open, program: Callable[..., Any]) -> None:
    storage = open_storage()
    m = program("@op\ndef f(x, y):\n    return x, y\n@op\ndef g(*xs):\n    return 1\n")
    run(storage, (m.f, 1, 2), (m.g, 1, 2))
    before = storage.store.ops(), storage.store.calls(storage.store.calls_of())
    for what, words in (
        (lambda: storage.rename_op("f", "g"), "op 'g' with 1 calls"),
        (lambda: storage.rename_op("f", "f"), "called 'f' already"),
        (lambda: storage.rename_op("h", "k"), "no op 'h'.*there are: f, g"),
        (lambda: storage.rename_op("f", ""), "non-empty string"),
        (lambda: storage.rename_op("f", "__make_list__"), "of mandala_graph itself"),
        (lambda: storage.rename_op("__make_list__", "f"), "of mandala_graph itself"),
        (lambda: storage.rename_argument("f", "x", "y"), "have an argument 'y' already"),
        (lambda: storage.rename_argument("f", "z", "w"), "no argument 'z'; it has: x, y"),
        (lambda: storage.rename_argument("g", "xs", "ys"), "cannot be changed"),
        (lambda: storage.rename_output("f", "output_0", "output_1"), "have an output 'output_1' already"),
        (lambda: storage.rename_output("f", "o", "p"), "no output 'o'; it has: output_0, output_1"),
    ):
        with pytest.raises(UsageError, match=words):
            what()
    assert (storage.store.ops(), storage.store.calls(storage.store.calls_of())) == before


def test_an_old_name_can_be_given_free(open_storage: Open, program: Callable[..., Any]) -> None:
    storage = open_storage()
    m = program("@op\ndef train(x):\n    return x\n")
    run(storage, (m.train, 1))
    storage.rename_op("train", "train_v1")
    both = "@op\ndef train_v1(x):\n    return x\n@op\ndef train(x):\n    return x\n"
    m = program(both)
    with pytest.raises(OpDefinitionError, match=r"are one here.*forward=False"), storage:
        m.train(1), m.train_v1(1)
    with pytest.raises(UsageError, match="called 'train_v1' already"):
        storage.rename_op("train_v1", "train_v1")
    storage.rename_op("train_v1", "train_v1", forward=False)
    for _ in range(2):
        fresh = open_storage()
        with fresh:
            a, b = m.train(1), m.train_v1(1)
            assert a.hid != b.hid
            assert a.cid == b.cid
        assert fresh.stats()["train_v1"]["computed"] == 0
    assert {n: len(fresh.calls(n)) for n in ("train", "train_v1")} == {"train": 1, "train_v1": 1}
    assert fresh.stats()["train"]["computed"] == 0
    assert fresh.verify() == []
    with pytest.raises(UsageError, match="op 'train' with 1 calls"):
        fresh.rename_op("train_v1", "train")


def test_who_had_not_heard_of_a_rename_is_brought_along(open_storage: Open, program: Callable[..., Any]) -> None:
    first, second = open_storage(), open_storage()
    m = program("@op\ndef old(x, a=0):\n    return x\n@op\ndef other(x):\n    return x\n")
    with first:
        m.old(1)
        first.commit()
        with second:
            second.rename_op("old", "new")
        m.old(2)  # first is in a block that began before
        first.commit()
    third = open_storage()
    assert run(third, (m.old, 1), (m.old, 2)) == ([1, 2], {})
    assert {c.op.name for c in third.calls()} == {"new"}
    # a program that wrote an op's very first call under the earlier name
    fourth, fifth = open_storage(), open_storage()
    with fourth:
        m.other(0)
        m.old(3)
        fourth.commit()
        fifth.rename_op("other", "another")
        row = fifth.store.ops()["another"]._replace(name="other", identity="", renamed=())
        fourth.writer.pending().ops["other"] = row
        m.other(1)
    sixth = open_storage()
    assert run(sixth, (m.other, 0), (m.other, 1)) == ([0, 1], {})
    assert sorted(n for n in sixth.store.ops()) == ["another", "new"]
    assert len(sixth.calls("another")) == 2
    assert sixth.query("MATCH (v:Version)-[:OF]->(o:Op) WHERE o.name <> v.op RETURN v").empty


def test_an_op_moves_to_another_module(open_storage: Open, program: Callable[..., Any]) -> None:
    storage = open_storage()
    text = "def h(x):\n    return x + 1\n@op\ndef f(x):\n    return h(x)\n"
    m = program(text, "before_the_move")
    assert run(storage, (m.f, 1)) == ([2], {"f": 1})
    n = program(text, "after_the_move")
    with pytest.raises(OpDefinitionError, match="two ops are named 'f'"):
        run(storage, (n.f, 1))
    del m.f  # it is there no more
    assert run(storage, (n.f, 1)) == ([2], {})
    assert run(storage, (n.f, 2)) == ([3], {"f": 1})
    assert storage.calls("f")[0].op.module == "after_the_move"
    fresh = open_storage()
    assert run(fresh, (n.f, 1)) == ([2], {})
    assert len(fresh.versions("f")) == 1


RENAMES = """
import sys
from mandala_graph import Storage
storage = Storage(sys.argv[1])
print("ready", flush=True)
for i in range(10_000):
    a, b = ("f", "g") if i % 2 == 0 else ("g", "f")
    storage.rename_op(a, b)
    storage.rename_argument(b, "x" if i % 2 == 0 else "y", "y" if i % 2 == 0 else "x")
    print(i, flush=True)
"""


def test_a_rename_that_is_killed_is_done_or_not(
    open_storage: Open, program: Callable[..., Any], tmp_path: Path
) -> None:
    storage = open_storage()
    m = program("@op\ndef f(x):\n    return x + 1\n")
    values = run(storage, *((m.f, i) for i in range(50)))[0]
    location = storage.location
    for lines in (1, 3, 8):
        if "g" in storage.store.ops():
            storage.rename_op("g", "f")
        if storage.store.ops()["f"].inputs == ("y",):
            storage.rename_argument("f", "y", "x")
        child = subprocess.Popen(
            [sys.executable, "-c", RENAMES, location], stdout=subprocess.PIPE, text=True, env=os.environ
        )
        assert child.stdout is not None
        for _ in range(lines):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        child.stdout.close()
        child.wait(30)
        fresh = open_storage()
        names = {(c.op.name, *c.inputs) for c in fresh.calls()}
        assert len(names) == 1
        assert names <= {("f", "x"), ("g", "x"), ("g", "y"), ("f", "y")}
        assert run(fresh, *((m.f, i) for i in range(50))) == (values, {})
        assert fresh.verify() == []
