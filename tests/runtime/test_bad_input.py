"""What cannot mean anything: each wrong use is an error of ours that says what to do, and leaves the storage in order."""

from __future__ import annotations

import copy
import logging
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mandala_graph
from mandala_graph import (
    MandalaGraphError,
    MDict,
    MList,
    OpDefinitionError,
    OutputError,
    RefUsageError,
    Storage,
    StoreReadOnly,
    Tolerance,
    UnhashableValue,
    UnknownNode,
    UsageError,
    ValueMissing,
    VersionError,
    env,
    hashes,
    op,
)
from tests.runtime.conftest import Counter


@op
def inc(x: Any) -> Any:
    return x + 1


def test_every_error_can_be_imported_from_the_package() -> None:
    from mandala_graph import errors

    assert {n: getattr(mandala_graph, n) for n in errors.__all__} == {n: getattr(errors, n) for n in errors.__all__}
    assert set(errors.__all__) <= set(mandala_graph.__all__)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"commit_interval": "x"}, "commit_interval is in seconds, 0 or more"),
        ({"commit_interval": float("nan")}, "commit_interval is in seconds"),
        ({"lease": 0}, "lease is in seconds, more than 0"),
        ({"timeout": "x"}, "timeout is in seconds, more than 0"),
        ({"timeout": 0}, "timeout is in seconds, more than 0"),
        ({"cache_calls": "many"}, "cache_calls is a whole number"),
        ({"cache_calls": -1}, "cache_calls is a whole number"),
        ({"prefetch": 1.5}, "prefetch is a whole number"),
        ({"auth": "secret"}, "auth is a pair"),
        ({"database": 3}, "name of a database"),
        ({"values": 3}, "values is a path"),
        ({"on_unsaved": "x"}, "on_unsaved is"),
        ({"on_change": "x"}, "on_change is"),
        ({"trust": "x"}, "trust is"),
        ({"read_only": True}, "a store in memory is empty"),
    ],
)
def test_options_that_mean_nothing(options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        Storage(":memory:", **options)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("place", [3, None, "", b"store.db", "a\0b"])
def test_places_that_are_none(place: Any) -> None:
    with pytest.raises(UsageError, match="location is a path or an address"):
        Storage(place)
    with pytest.raises(UsageError, match="location is a path or an address"):
        Storage.migrate(place)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"output_names": "model"}, "output_names is a list"),
        ({"output_names": ["a", "a"]}, "twice"),
        ({"output_names": [1]}, "non-empty strings"),
        ({"output_names": []}, "at least one output"),
        ({"packages": "numpy"}, r"packages=\['numpy'\]"),
        ({"depends_on": "settings.yaml"}, r"depends_on=\['settings.yaml'\]"),
        ({"ignore_args": "x"}, r"ignore_args=\['x'\]"),
        ({"ignore_args": ["y"]}, "no parameters of it"),
        ({"version": []}, "version is a string or a number"),
        ({"name": ""}, "non-empty strings"),
        ({"name": "__make_list__"}, "name of a struct op"),
        ({"nout": 2, "output_names": ["a"]}, "nout=2"),
        ({"foo": 1}, "no option 'foo'; it has: depends_on"),
    ],
)
def test_ops_that_cannot_be_defined(options: dict[str, Any], says: str) -> None:
    def identity(x: Any) -> Any:
        return x

    with pytest.raises(OpDefinitionError, match=says):
        op(**options)(identity)


def test_other_things_that_cannot_be_made() -> None:
    for make in (lambda: env(3), lambda: op(3), lambda: op("x"), lambda: op(int), lambda: op(inc)):  # type: ignore[arg-type, call-overload, list-item]
        with pytest.raises(OpDefinitionError):
            make()
    with pytest.raises(UsageError, match="needs a class"):
        hashes(3)  # type: ignore[type-var]
    with pytest.raises(UsageError, match="positive"):
        Tolerance("x")  # type: ignore[arg-type]


def test_arguments_that_do_not_fit(storage: Storage) -> None:
    with storage:
        for wrong in (lambda: inc(), lambda: inc(1, 2), lambda: inc(z=2)):
            with pytest.raises(UsageError, match=r"inc\(\): .*; its signature is inc\(x: 'Any'\)\."):
                wrong()
    with pytest.raises(TypeError, match="missing a required argument"):  # as Python itself has it
        storage.explain(inc)


def test_a_ref_where_a_value_is_wanted(storage: Storage) -> None:
    with storage:
        y = inc(1)
    for use in (
        lambda: y + 1,
        lambda: f"{y:.2f}",
        lambda: y.shape,
        lambda: bool(y),
        lambda: y[0],
        lambda: y == 2,
        lambda: np.array([y, y]),
    ):
        with pytest.raises(RefUsageError, match=r"Use storage\.unwrap\(ref\)"):
            use()
    assert not hasattr(y, "shape")
    assert f"{y}" == repr(y)
    assert pickle.loads(pickle.dumps(y)) == copy.deepcopy(y) == y


def test_a_ref_inside_a_plain_argument(storage: Storage) -> None:
    with storage:
        y = inc(1)
        for given in ([y], {"a": y}):
            with pytest.raises(UnhashableValue, match="annotated MList, MDict"):
                inc(given)


WRONG: list[tuple[Callable[[Storage], Any], type[MandalaGraphError], str]] = [
    (lambda s: s.get_call("zz"), ValueMissing, "no call zz"),
    (lambda s: s.get_call(None), UsageError, "expected a call, or the hid of one"),  # type: ignore[arg-type]
    (lambda s: s.mget_call("abc"), UsageError, "in brackets"),
    (lambda s: s.mget_call(3), UsageError, "expected hids, not 3"),  # type: ignore[arg-type]
    (lambda s: s.mget_call([3]), UsageError, "not 3"),  # type: ignore[list-item]
    (lambda s: s.exists_call([]), UsageError, "expected a call"),  # type: ignore[arg-type]
    (lambda s: s.load_ref(3), UsageError, "expected a ref"),  # type: ignore[arg-type]
    (lambda s: s.load(3), UsageError, "expected a ref"),  # type: ignore[arg-type]
    (lambda s: s.get_creators(3), UsageError, "expected refs or their hids"),  # type: ignore[arg-type]
    (lambda s: s.get_consumers(3), UsageError, "expected refs or their hids"),  # type: ignore[arg-type]
    (lambda s: s.get_ref_creator(s.calls(inc)[0]), UsageError, "expected refs"),  # type: ignore[arg-type]
    (lambda s: s.calls(3), UsageError, "expected an op"),
    (lambda s: s.calls(int), UsageError, "expected an op"),
    (lambda s: s.upstream(3), UsageError, "expected a ref, a call or a hid"),  # type: ignore[arg-type]
    (lambda s: s.upstream("zz"), ValueMissing, "no ref or call zz"),
    (lambda s: s.downstream("zz"), ValueMissing, "no ref or call zz"),
    (lambda s: s.why(3), UsageError, "expected a ref or a call"),  # type: ignore[arg-type]
    (lambda s: s.why("zz"), ValueMissing, "no ref or call zz"),
    (lambda s: s.explain(3, 1), UsageError, "decorated by @op"),
    (lambda s: s.call(3, 1), UsageError, "decorated by @op"),
    (lambda s: s.map(3, [1]), UsageError, "decorated by @op"),
    (lambda s: s.map(inc, 3), UsageError, "not 3"),  # type: ignore[arg-type]
    (lambda s: s.map(inc), UsageError, "something to map over"),
    (lambda s: s.map(inc, [5], n_jobs=0), UsageError, "n_jobs is a number of workers"),
    (lambda s: s.map(inc, [5], n_jobs=2, backend="zz"), UsageError, "no backend 'zz'"),
    (lambda s: s.query("RETURN 1 AS x", timeout="x"), UsageError, "timeout is in seconds"),
    (lambda s: s.ask(3), MandalaGraphError, "no question 3"),  # type: ignore[arg-type]
    (lambda s: s.show(3), VersionError, "expected the id"),  # type: ignore[arg-type]
    (lambda s: s.diff(3, 4), VersionError, "expected the id"),  # type: ignore[arg-type]
    (lambda s: s.drop_version(3), VersionError, "expected the id"),  # type: ignore[arg-type]
    (lambda s: s.code_of(3), UsageError, "expected a call"),  # type: ignore[arg-type]
    (lambda s: s.mark_compatible("ink", "zz"), VersionError, "no version has a component called 'ink'"),
    (lambda s: s.mark_compatible("inc", 3), UsageError, "not 3"),  # type: ignore[arg-type]
    (lambda s: s.rename_op(3, "a"), UsageError, "expected an op"),
    (lambda s: s.rename_argument("inc", "x", "a b"), UsageError, "name of a parameter"),
    (lambda s: s.rename_argument("inc", "x", "class"), UsageError, "name of a parameter"),
    (lambda s: s.drop_calls(None), UsageError, "expected calls or their hids"),
    (lambda s: s.drop_values(3), UsageError, "expected refs or their hids"),
    (lambda s: s.gc(older="x"), UsageError, "older is in seconds"),  # type: ignore[arg-type]
    (lambda s: s.copy_to("x.db"), UsageError, "copy_to takes the storage"),  # type: ignore[arg-type]
    (lambda s: s.elements(s.calls(inc)[0].outputs["output_0"]), UsageError, "have elements"),  # type: ignore[arg-type]
    (lambda s: s.cf(3), UsageError, "a frame is made of an op"),
    (lambda s: s.cf(lambda x: x), UsageError, "a frame is made of an op"),
    (lambda s: s.cf({"x": 3}), UsageError, "a frame is made of an op"),
    (lambda s: s.cf({3: []}), UsageError, "variables of a frame have names"),
    (lambda s: s.cf(inc)[3], UnknownNode, "no 3 here"),  # type: ignore[index]
    (lambda s: s.cf(inc).isin(3), UsageError, r"isin\(\[3\]\)"),  # type: ignore[arg-type]
    (lambda s: s.cf(inc).df(max_rows="x"), UsageError, "max_rows"),  # type: ignore[arg-type]
    (lambda s: s.cf(inc).rename("x", "y"), UsageError, "rename_var"),  # type: ignore[arg-type]
    (lambda s: s.cf(inc).merge("x", "y"), UsageError, "in a list"),
    (lambda s: s.cf(inc).delete_calls_from_df(3), UsageError, "expected a table"),  # type: ignore[arg-type]
    (lambda s: s.cf(inc).load("x.json", s), UsageError, "storage first"),  # type: ignore[arg-type]
    (lambda s: s.__exit__(None, None, None), UsageError, "no block"),
]


def test_what_a_storage_is_asked_wrongly(storage: Storage) -> None:
    with storage:
        y = inc(1)
    for wrong, kind, says in WRONG:
        with pytest.raises(kind, match=says):
            wrong(storage)
    assert storage.calls(inc)[0] == storage.get_ref_creator(y) == storage.get_call(storage.calls(inc)[0].hid)
    assert storage.verify() == []


def test_a_call_is_told_in_one_short_line(storage: Storage) -> None:
    with storage:
        y = inc(1)
    call = storage.get_ref_creator(y)
    assert call is not None
    assert repr(call) == f"Call(inc, hid={call.hid[:8]}…, x -> output_0)"


def test_a_storage_opened_for_reading_gives_what_is_known(
    open_storage: Callable[..., Storage], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ran = Counter()

    @op
    def double(x: int) -> int:
        ran.hit("double")
        return 2 * x

    with open_storage() as storage:
        eight = double(double(2))
    ran.take()
    storage.close()
    reading = open_storage(read_only=True)
    with reading:
        assert reading.unwrap(double(double(2))) == 8  # the same history
        again = double(4)  # equal contents, but of another history, which is not recorded
        assert reading.unwrap(again) == 8
        assert again.hid != eight.hid
        assert reading.unwrap(double(4)) == 8
        with pytest.raises(StoreReadOnly, match=r"double\(x=.*\) is not in .* read_only=True"):
            double(again)
    assert ran.take() == {}
    with pytest.raises(StoreReadOnly):
        reading.mark_compatible("double", "0" * 40)
    # nothing waits to be written, so that all else goes on
    reading.commit()
    assert reading.verify() == []
    assert len(reading.calls()) == 2
    with Storage(tmp_path / "copy.db") as copied:
        assert reading.copy_to(copied).written["Call"] == 2
    assert "writing" not in caplog.text


@pytest.mark.parametrize("versions", [True, False])
def test_another_number_of_outputs_is_told(open_storage: Callable[..., Storage], versions: bool) -> None:
    def pair(x: int) -> tuple[int, int]:
        return x, x

    one, two = op(output_names=["both"])(pair), op(output_names=["a", "b"])(pair)
    storage = open_storage(versions=versions)
    with storage:
        both = one(1)
    for again in (storage, open_storage(versions=versions)):
        with again, pytest.raises(OutputError, match=r"pair\(x=1\) was computed before, with other outputs \(both\)"):
            two(1)
    with storage:
        assert storage.unwrap(one(1)) == (1, 1)
        with pytest.raises(OutputError):
            two(1)
        assert storage.unwrap(two(2)) == (2, 2)
    storage.drop_calls([storage.get_ref_creator(both)])
    with storage:
        a, b = two(1)
    assert storage.unwrap([a, b]) == [1, 1]
    third = op(output_names=["a"], version=2)(pair)
    with storage:
        assert storage.unwrap(third(1)) == (1, 1)


def test_results_that_do_not_fit_the_outputs(storage: Storage) -> None:
    @op(output_names=["a", "b"])
    def two(x: Any) -> Any:
        return x

    @op
    def some(x: Any) -> MList[int]:
        return x

    @op
    def named(x: MDict[str, int]) -> int:
        return len(x)

    with storage:
        for wrong in (1, "ab", (1, 2, 3), {"a": 1, "b": 2}):
            with pytest.raises(OutputError, match="return a tuple of exactly 2"):
                two(wrong)
        with pytest.raises(OutputError, match="annotated MList"):
            some(3)
        with pytest.raises(UsageError, match="annotated MDict"):
            named([1])
    assert storage.calls() == []


def test_blocks_that_are_not_nested_properly_leave_none_open(open_storage: Callable[..., Storage]) -> None:
    first, second = open_storage(), Storage()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    assert not first.in_context
    assert not second.in_context
    with first:
        y = inc(1)
        with second:
            z = inc(y)
        assert first.in_context
    assert (first.unwrap(y), second.unwrap(z)) == (2, 3)
    assert [c.op.name for c in second.calls()] == ["inc"]


def test_a_recursion_without_end_leaves_the_storage_in_order(storage: Storage) -> None:
    @op
    def down(n: int) -> int:
        return 0 if n == 0 else down(n - 1) + 1

    with storage:
        with pytest.raises(RecursionError):
            down(100_000)
        assert storage.unwrap(down(20)) == 20
    assert storage.verify() == []
    assert not threading.current_thread().daemon


@pytest.mark.parametrize("versions", [True, False])
def test_a_ref_that_is_held_while_its_call_is_dropped(open_storage: Callable[..., Storage], versions: bool) -> None:
    """With it, a call could be recorded that has the id of one on the op's new result."""

    def define(k: int) -> Any:
        @op(name="f")
        def f(x: int) -> int:
            return x + k

        return f

    @op
    def negative(x: int) -> int:
        return -x

    @op
    def total(xs: MList[int]) -> int:
        return sum(xs)

    storage = open_storage(versions=versions)
    with storage:
        old, given = define(1)(1), storage.get_ref_creator(define(1)(1)).inputs["x"]  # type: ignore[union-attr]
    storage.drop_calls(storage.calls("f"), delete_dependents=True)
    storage.cleanup_refs()
    with storage:
        for use in (lambda: negative(old), lambda: total([old]), lambda: total([1, old])):
            with pytest.raises(ValueMissing, match="the call that made it was dropped"):
                use()
        assert storage.unwrap(negative(define(10)(1))) == -11
        assert storage.unwrap(negative(storage.unwrap(old))) == -2
        assert storage.unwrap(total([define(10)(2), 3])) == 15
        assert storage.unwrap(negative(given)) == -1  # given from outside: it has no history to lose
    assert storage.verify() == []


def test_calls_of_dropped_refs_go_with_them_and_the_rest_is_written(
    open_storage: Callable[..., Storage], caplog: pytest.LogCaptureFixture
) -> None:
    @op
    def base(x: int) -> int:
        return x + 1

    @op
    def total(xs: MList[int]) -> int:
        return sum(xs)

    storage, other = open_storage(commit_interval=3600), open_storage()
    with storage:
        kept, dropped = base(1), base(2)
    with storage:
        sums = [total([dropped, n]) for n in range(60)]
        twice = [base(s) for s in sums]
        fine = base(kept)
        other.drop_calls([c for c in other.calls(base) if c.inputs["x"].obj == 2])
        storage.commit()
        assert "180 calls are not kept" in caplog.text  # and of each 60, the call that makes the list
    assert (len(other.calls(base)), len(other.calls(total))) == (2, 0)
    assert other.verify() == []
    with storage:
        assert storage.unwrap(fine) == 3
        with pytest.raises(ValueMissing, match="was dropped"):
            base(twice[0])
        assert storage.unwrap(total([base(2), 5])) == 8
    assert other.verify() == []


def test_a_ref_that_its_process_has_not_written_yet_is_no_input_elsewhere(open_storage: Callable[..., Storage]) -> None:
    @op
    def base(x: int) -> int:
        return x + 1

    storage, other = open_storage(commit_interval=3600), open_storage()
    with storage:
        sent = pickle.dumps(base(1))
        with other:
            with pytest.raises(ValueMissing, match=r"storage\.commit\(\) writes"):
                base(pickle.loads(sent))
            storage.commit()
            assert other.unwrap(base(pickle.loads(sent))) == 3
    assert other.verify() == []


def test_an_argument_that_holds_itself(storage: Storage) -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    named: dict[str, Any] = {"loop": loop}
    named["self"] = named

    @op
    def first(x: Any) -> Any:
        return x[0] if isinstance(x, list) else first.fn(x["loop"])

    with storage:
        results = storage.unwrap([first(loop), first(named)])
    assert results == [1, 1]
    assert {s["computed"] for s in storage.stats().values()} == {2}


def test_what_cannot_be_written_at_the_end_is_told_without_a_traceback(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import shutil\nfrom mandala_graph import Storage, op\n"
        "@op\ndef inc(x): return x + 1\n"
        "storage = Storage('folder/store.db', commit_interval=600)\n"
        "storage.__enter__()\ninc(1)\n"
        "def refuse(*a, **k): raise storage_error\n"
        "from mandala_graph import StoreFull\nstorage_error = StoreFull('no space left')\n"
        "storage.store.write = refuse\n"
    )
    (tmp_path / "folder").mkdir()
    done = subprocess.run([sys.executable, str(program)], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stderr == "1 calls could not be written at the end of the program: no space left\n"
    assert done.returncode == 0


def test_logging_is_not_configured_by_us() -> None:
    assert logging.getLogger("mandala_graph").handlers == []
