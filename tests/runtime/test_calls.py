"""What a call does: reuse by history and by content, warm and cold, names of inputs and outputs."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pytest

from mandala_graph import (
    AtomRef,
    Ignore,
    MDict,
    MissingCall,
    MList,
    NewArgDefault,
    OpDefinitionError,
    OutputError,
    RefUsageError,
    Storage,
    Tolerance,
    Transient,
    UnhashableValue,
    UsageError,
    ValueDropped,
    ValuePointer,
    codec,
    hashes,
    noop,
    op,
    wrap_atom,
)

Open = Callable[..., Storage]


class Big:
    """A value with a codec of its own, which counts how often its content is looked at."""

    looked: ClassVar[list[int]] = []

    def __init__(self, n: int) -> None:
        self.n = n


@hashes(Big)
def _(big: Big) -> Any:
    Big.looked.append(big.n)
    return big.n


codec(Big, lambda big: str(big.n).encode(), lambda data: Big(int(data)))


def test_a_call_runs_once_and_its_ref_is_the_same(storage: Storage, ran: Any) -> None:
    @op
    def inc(x: int) -> int:
        ran.hit("inc")
        return x + 1

    with storage:
        first, again = inc(1), inc(1)
    assert type(first) is AtomRef
    assert first.in_memory
    assert not again.in_memory
    assert first == again
    assert storage.unwrap([first, again]) == [2, 2]
    assert ran.take() == {"inc": 1}
    assert storage.stats()["inc"]["hits"] == 1


def test_a_call_that_memory_forgot_before_it_was_written_runs_once(open_storage: Open, ran: Any) -> None:
    @op
    def inc(x: int) -> int:
        ran.hit("inc")
        return x + 1

    with open_storage(cache_calls=4, commit_interval=60):
        first = [inc(i) for i in range(50)]
        assert [inc(i) for i in range(50)] == first
    assert ran.take() == {"inc": 50}


def test_a_new_storage_finds_what_an_old_one_committed(open_storage: Open, ran: Any) -> None:
    @op
    def inc(x: int) -> int:
        ran.hit("inc")
        return x + 1

    with open_storage() as first:
        a = inc(inc(1))
    with open_storage() as second:
        b = inc(inc(1))
    assert a.hid == b.hid
    assert second.unwrap(b) == 3
    assert ran.take() == {"inc": 2}
    assert first is not second


def test_equal_contents_of_another_history_are_reused_and_recorded(open_storage: Open, ran: Any) -> None:
    @op
    def inc(x: int) -> int:
        ran.hit("inc")
        return x + 1

    with open_storage() as storage:
        y = inc(1)
        z = inc(2)
        w = inc(y)  # y is 2, so the result is known
    assert (w.cid, storage.unwrap(w)) == (z.cid, 3)
    assert len({w.hid, z.hid}) == 2
    assert ran.take() == {"inc": 2}
    creator = storage.get_ref_creator(w)
    assert creator is not None
    assert creator.inputs["x"].hid == y.hid
    with open_storage():  # and cold: a ref with yet another history
        v = inc(inc(inc(0)))
        assert ran.take() == {"inc": 1}  # only inc(0)
        assert v.cid == z.cid


def test_outside_of_a_block_and_under_noop_an_op_is_a_plain_function(storage: Storage) -> None:
    @op
    def inc(x: int) -> int:
        return x + 1

    assert inc(41) == 42
    with storage:
        with noop():
            assert inc(41) == 42
        with storage(mode="noop"):
            assert inc(41) == 42
        assert storage.mode == "run"
        assert type(inc(41)) is AtomRef
    assert not storage.in_context


def test_without_new_calls_only_known_calls_are_answered(storage: Storage) -> None:
    @op
    def inc(x: int) -> int:
        return x + 1

    with storage:
        inc(1)
    with storage(allow_new_calls=False):
        assert storage.unwrap(inc(1)) == 2
        with pytest.raises(MissingCall, match=r"inc\(x=2\).*explain"):
            inc(2)


def test_defaults_keywords_and_varargs_are_named_inputs(storage: Storage) -> None:
    @op
    def sum_args(a: int, *args: int, b: int = 1, **kwargs: int) -> int:
        return a + sum(args) + b + sum(kwargs.values())

    with storage:
        s = sum_args(6, 7, 8, 9, c=11)
        assert sum_args(6, 7, 8, 9, b=1, c=11) == s
    assert storage.unwrap(s) == 42
    call = storage.get_ref_creator(s)
    assert call is not None
    assert {n: storage.unwrap(r) for n, r in call.inputs.items()} == {
        "a": 6,
        "args_0": 7,
        "args_1": 8,
        "args_2": 9,
        "b": 1,
        "c": 11,
    }
    with storage, pytest.raises(UsageError, match="args_0"):
        sum_args(1, 2, args_0=3)
    with storage, pytest.raises(TypeError, match="missing"):
        sum_args()


def test_names_and_numbers_of_outputs(storage: Storage) -> None:
    @op
    def pair(x: int) -> Any:
        return x, x + 1

    @op(output_names=["whole"])
    def whole(x: int) -> Any:
        return x, x + 1

    @op(output_names=["lo", "hi"])
    def named(x: int) -> Any:
        return x, x + 1

    @op(nout=1)
    def one(x: int) -> Any:
        return x, x + 1

    with storage:
        a, b = pair(1)
        assert storage.unwrap([a, b]) == [1, 2]
        assert storage.unwrap(whole(1)) == (1, 2)
        assert storage.unwrap(one(1)) == (1, 2)
        lo, hi = named(1)
        again = named(1)
        assert again == (lo, hi)
    call = storage.get_ref_creator(hi)
    assert call is not None
    assert call.outputs == {"lo": lo, "hi": hi}


def test_a_wrong_number_of_outputs_is_an_error_and_nothing_is_kept(storage: Storage) -> None:
    @op(output_names=["a", "b"])
    def wrong(x: int) -> Any:
        return x, x, x

    with storage, pytest.raises(OutputError, match=r"tuple of 3.*2 outputs.*exactly 2"):
        wrong(1)
    assert storage.calls("wrong") == []


@pytest.mark.parametrize(
    ("define", "match"),
    [
        (lambda: op(lambda x: x), "lambda"),
        (lambda: op(int), "function"),
        (lambda: op(output_names=["a", "a"])(len), "twice"),
        (lambda: op(output_names=[])(_plain), "at least one"),
        (lambda: op(ignore_args=["nope"])(_plain), "nope"),
        (lambda: op(op(_plain)), "already"),
        (lambda: op(nout=2, output_names=["a"])(_plain), "nout"),
    ],
)
def test_ops_that_cannot_be(define: Callable[[], Any], match: str) -> None:
    with pytest.raises(OpDefinitionError, match=match):
        define()


def _plain(x: int) -> int:
    return x


def test_two_live_ops_of_different_modules_need_different_names(storage: Storage) -> None:
    def make(module: str) -> Any:
        def f(x: int) -> int:
            return x

        f.__module__ = module
        return op(f)

    one, other, redefined = make("a"), make("b"), make("a")
    with storage:
        one(1)
        redefined(2)  # a notebook cell run again
        with pytest.raises(OpDefinitionError, match="two ops are named 'f'"):
            other(1)


def test_ignored_arguments_are_no_part_of_the_call(storage: Storage, ran: Any) -> None:
    @op(ignore_args=["log"])
    def f(x: int, log: Any = None, jobs: int = Ignore(1)) -> Any:
        ran.hit("f")
        return x, jobs

    with storage:
        a = f(1, log=object(), jobs=3)
        assert f(1, jobs=7) == a
        assert f(Ignore(5)) != a
    assert storage.unwrap(a) == (1, 3)
    assert ran.take() == {"f": 2}


def test_a_new_argument_with_its_default_finds_the_calls_before_it(open_storage: Open, ran: Any) -> None:
    @op
    def fit(x: int) -> int:
        ran.hit("fit")
        return x

    old = fit

    @op
    def fit(x: int, rate: float = NewArgDefault(0.5), deep: bool = NewArgDefault(False)) -> float:  # type: ignore
        ran.hit("fit")
        return x * rate if not deep else -x

    new: Any = fit
    with open_storage():
        a = old(4)
    with open_storage() as storage:
        assert new(4) == a
        assert new(4, rate=0.5) == a
        assert ran.take() == {"fit": 1}
        assert storage.unwrap(new(4, rate=0.25)) == 1.0
        assert storage.unwrap(new(4, deep=True)) == -4


def test_a_value_pointer_is_known_by_its_name_only(storage: Storage, ran: Any) -> None:
    @op
    def size(data: Any, k: int) -> int:
        ran.hit("size")
        return len(data) + k

    import threading

    class Data:
        def __init__(self) -> None:
            self.lock = threading.Lock()  # can be neither hashed nor pickled

        def __len__(self) -> int:
            return 3

    with storage:
        a = size(ValuePointer("data", Data()), 1)
        assert size(ValuePointer("data", Data()), 1) == a
        assert size(ValuePointer("other", Data()), 1) != a
    assert ran.take() == {"size": 2}
    creator = storage.get_ref_creator(a)
    assert creator is not None
    assert storage.unwrap(creator.inputs["data"]).id == "data"


def test_tolerance_treats_near_numbers_as_one(storage: Storage, ran: Any) -> None:
    @op
    def f(x: Annotated[float, Tolerance(1e-6)]) -> float:
        ran.hit("f")
        return x

    with storage:
        a = f(1.0)
        assert f(1.0 + 1e-9) == a
        assert f(1.001) != a
    assert ran.take() == {"f": 2}


def test_transient_values_are_not_stored_and_come_back_when_needed(open_storage: Open, ran: Any) -> None:
    @op
    def big(n: int) -> Annotated[list[int], Transient]:
        ran.hit("big")
        return list(range(n))

    @op
    def total(xs: Any) -> int:
        ran.hit("total")
        return sum(xs)

    with open_storage() as storage:
        t = total(big(4))
    with open_storage() as storage:
        b = big(4)
        assert storage.unwrap(total(b)) == storage.unwrap(t) == 6
        assert ran.take() == {"big": 1, "total": 1}  # the second run needed no value
        assert storage.unwrap(b) == [0, 1, 2, 3]
        assert ran.take() == {"big": 1}
    assert not storage.store.has_values([b.cid])
    with pytest.raises(ValueDropped, match="run big again"):
        fresh = open_storage()
        fresh.unwrap(fresh.load_ref(b.hid))


def test_methods_take_their_object_as_an_input(storage: Storage, ran: Any) -> None:
    with storage:
        a = Scaler(2.0).scale(3.0)
        assert Scaler(2.0).scale(3.0) == a
        assert Scaler(3.0).scale(3.0) != a
        assert Scaler.twice(4.0).hid == Scaler(1.0).twice(4.0).hid
    assert storage.unwrap(a) == 6.0
    creator = storage.get_ref_creator(a)
    assert creator is not None
    assert storage.unwrap(creator.inputs["self"]) == Scaler(2.0)


@dataclass(frozen=True)
class Scaler:
    factor: float

    @op
    def scale(self, x: float) -> float:
        return self.factor * x

    @staticmethod
    @op
    def twice(x: float) -> float:
        return 2 * x


def test_a_ref_where_a_plain_value_is_needed_says_so(storage: Storage) -> None:
    @op
    def f(x: int) -> int:
        return x

    with storage:
        ref = f(5)
        uses: list[Callable[[], Any]] = [
            lambda: bool(ref),
            lambda: ref + 1,
            lambda: 1 - ref,
            lambda: ref < 3,
            lambda: ref == 5,
            lambda: len(ref),
            lambda: list(ref),
            lambda: ref[0],
            lambda: int(ref),
            lambda: range(ref),
            lambda: 5 in ref,
            lambda: ref(),
        ]
        for use in uses:
            with pytest.raises(RefUsageError, match="unwrap"):
                use()
        with pytest.raises(UnhashableValue, match=r"argument 'x' of op f"):
            f([ref])


def test_exceptions_keep_what_was_computed_before(open_storage: Open, ran: Any) -> None:
    @op
    def f(x: int) -> int:
        ran.hit("f")
        if x == 3:
            raise ZeroDivisionError("three")
        return x

    with pytest.raises(ZeroDivisionError, match="three"), open_storage() as storage:
        for i in range(5):
            f(i)
    assert ran.take() == {"f": 4}
    with open_storage(record_failures=True) as storage:
        assert [storage.unwrap(f(i)) for i in range(3)] == [0, 1, 2]
        assert ran.take() == {}
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                f(3)
        assert ran.take() == {"f": 2}  # a failure is never reused
    assert [c.status for c in storage.calls("f")].count("failed") == 2


def test_keyboard_interrupt_ends_the_block_and_keeps_the_rest(open_storage: Open, ran: Any) -> None:
    @op
    def f(x: int) -> int:
        ran.hit("f")
        if x == 2 and ran.counts["f"] == 3:
            raise KeyboardInterrupt
        return x

    with pytest.raises(KeyboardInterrupt), open_storage():
        for i in range(5):
            f(i)
    ran.take()
    with open_storage():
        for i in range(5):
            f(i)
    assert ran.take() == {"f": 3}


def test_ops_called_by_ops_are_memoized_and_give_plain_values(storage: Storage, ran: Any) -> None:
    @op
    def fib(n: int) -> int:
        ran.hit("fib")
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    with storage:
        assert storage.unwrap(fib(30)) == 832040
    assert ran.take() == {"fib": 31}


def test_two_storages_at_once_keep_their_own(open_storage: Open, ran: Any) -> None:
    @op
    def inc(x: int) -> int:
        ran.hit("inc")
        return x + 1

    one, other = open_storage(), Storage(":memory:")
    with one:
        a = inc(1)
        with other:
            b = inc(1)
            c = inc(a)  # a ref of another storage is a plain value here
        assert inc(1).hid == a.hid
    assert ran.take() == {"inc": 3}
    assert b.hid == a.hid
    assert other.unwrap(c) == 3
    assert len(one.calls("inc")) == 1
    creator = other.get_ref_creator(c)
    assert creator is not None
    assert other.get_ref_creator(creator.inputs["x"]) is None
    other.close()


def test_a_value_changed_in_place_is_not_taken_for_what_it_was(
    storage: Storage, ran: Any, caplog: pytest.LogCaptureFixture
) -> None:
    @op
    def make(n: int) -> list[int]:
        return list(range(n))

    @op
    def spoil(xs: Any) -> int:
        xs.append(99)
        return len(xs)

    with storage:
        xs = make(3)
        spoil(xs)
        storage.unwrap(xs).append(7)
        assert storage.unwrap(xs) == [0, 1, 2]
        assert storage.unwrap(make(3)) == [0, 1, 2]
    assert "changed in place" in caplog.text


def test_calls_read_back_from_the_store(open_storage: Open) -> None:
    @op(output_names=["total"])
    def add(x: int, y: int = 2) -> int:
        """Adds."""
        return x + y

    with open_storage():
        t = add(1)
    reader = open_storage()
    (call,) = reader.calls(add)
    assert (call.op.name, call.op.doc, call.op.inputs, call.op.outputs) == ("add", "Adds.", ("x", "y"), ("total",))
    assert call.status == "ok"
    assert call.duration >= 0
    assert reader.exists_call(call.hid)
    assert not reader.exists_call("0" * 40)
    assert reader.get_call(call.hid) == call
    assert reader.mget_call([call.hid, "0" * 40]) == [call]
    assert reader.get_creators([t, call.inputs["x"]]) == [call]
    assert reader.get_consumers([call.inputs["x"]]) == [call]
    assert reader.load_ref(t.hid, in_memory=True).in_memory
    run = reader.store.runs()[call.run]
    assert run.started <= call.started
    assert run.ended is not None
    assert run.ended >= call.started
    assert any(p.startswith("numpy==") for p in run.packages)


def test_a_call_is_durable_when_it_returns_if_asked(open_storage: Open) -> None:
    @op
    def inc(x: int) -> int:
        return x + 1

    storage, reader = open_storage(commit_interval=0), open_storage()
    with storage:
        ref = inc(1)
        assert reader.store.refs([ref.hid])
    with open_storage(commit_interval=3600) as lazy:
        ref = inc(2)
        assert not reader.store.refs([ref.hid])
        lazy.commit()
        assert reader.store.refs([ref.hid])


def test_a_mutable_input_is_hashed_once(open_storage: Open) -> None:
    Big.looked.clear()

    @op
    def size(big: Any) -> int:
        return int(big.n)

    with open_storage() as storage:
        assert storage.unwrap(size(Big(5))) == 5
    assert Big.looked == [5]  # hashing a large array costs as much as writing it
    (call,) = open_storage().calls(size)
    assert call.inputs["big"].obj.n == 5


def test_the_parts_of_a_plain_structure_are_hashed_once(open_storage: Open) -> None:
    Big.looked.clear()

    @op
    def sizes(groups: MDict[str, MList[Any]]) -> int:
        return sum(int(big.n) for group in groups.values() for big in group)

    with open_storage() as storage:
        assert storage.unwrap(sizes({"a": [Big(1), Big(2)], "b": [Big(3), wrap_atom(Big(4))]})) == 10
    assert Big.looked == [1, 2, 3, 4]
    assert storage.verify() == []
    (call,) = open_storage().calls(sizes)
    assert [big.obj.n for group in call.inputs["groups"].values() for big in group] == [1, 2, 3, 4]


class Shy:
    """Every look at it changes its state."""

    def __init__(self) -> None:
        self.looked = 0

    def __reduce__(self) -> tuple[Any, ...]:
        self.looked += 1
        return Shy, (), {"looked": self.looked}


@pytest.mark.parametrize("annotated", [Any, MList[Any]])
def test_a_value_that_changes_as_it_is_looked_at_is_refused(open_storage: Open, annotated: Any) -> None:
    def look(x: Any) -> int:
        return 1

    look.__annotations__["x"] = annotated
    shown = op(look)
    with open_storage() as storage:
        with pytest.raises(UnhashableValue, match=r"argument 'x' of op look.*another content each time"):
            shown([Shy()])
        assert storage.unwrap(shown([])) == 1
    with open_storage(on_unsaved="return") as storage:
        assert shown([Shy()]) == 1
    assert len(open_storage().calls(shown)) == 1


@pytest.mark.parametrize("lease", [None, 30])
@pytest.mark.parametrize("within", ["an array", "a list of arrays"])
def test_an_input_changed_while_its_call_waited_makes_it_another_call(
    open_storage: Open, lease: float | None, within: str
) -> None:
    class Stop(BaseException):
        pass

    started, waiting, go = threading.Event(), threading.Event(), threading.Event()

    def summed(arrays: list[Any]) -> float:
        if not started.is_set():
            started.set()
            assert go.wait(60)
            arrays[0][:] = 7
            raise Stop
        return float(sum(a.sum() for a in arrays))

    @op
    def total(x: Any) -> float:
        return summed([x])

    @op
    def total_of(xs: MList[Any]) -> float:
        return summed(list(xs))

    def call(x: Any) -> Any:
        return total(x) if within == "an array" else total_of([x])

    storage = open_storage(lease=lease)
    other = storage if lease is None else open_storage(lease=lease)
    x = np.zeros(20_000)  # so large that its content id is all that vouches for its bytes
    sums: list[float] = []

    def first() -> None:
        with storage, contextlib.suppress(Stop):
            call(x)

    def second() -> None:
        with other:
            sums.append(other.unwrap(call(x)))

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert started.wait(60)
    if other.memoizer.leases is not None:
        waits = other.memoizer.leases.waits

        def noted() -> Any:
            for wait in waits():
                yield wait
                waiting.set()  # asked again: the lease was not to be had the first time

        other.memoizer.leases.waits = noted  # type: ignore[method-assign]
    threads[1].start()
    while not (waiting.is_set() if lease else storage.memoizer.flights._waiting):
        time.sleep(0.001)
    go.set()
    for thread in threads:
        thread.join(60)
    assert sums == [140_000.0]
    with open_storage() as later:
        assert later.unwrap([call(np.zeros(20_000)), call(np.full(20_000, 7.0))]) == [0.0, 140_000.0]
        assert [s["computed"] for s in later.stats().values()] == [1]
        assert later.verify() == []


def test_an_array_that_its_op_keeps_and_changes_later_is_not_taken_for_what_it_was(storage: Storage) -> None:
    kept: list[Any] = []

    @op
    def zeros(n: int) -> Any:
        array = np.zeros(n)
        kept.append(array)
        return array

    @op
    def ones(n: int) -> Any:
        return np.ones(n)

    with storage:
        z, o = zeros(3), ones(3)
        kept[0][:] = 7
        storage.unwrap(o)[:] = 7
        assert storage.unwrap([z, o])[0].tolist() == [0, 0, 0]
        assert storage.unwrap(o).tolist() == [1, 1, 1]


def test_hits_and_misses_are_logged(open_storage: Open, caplog: pytest.LogCaptureFixture) -> None:
    @op
    def inc(x: int) -> int:
        return x + 1

    with caplog.at_level("DEBUG", logger="mandala_graph"), open_storage() as storage:
        y = inc(1)
        inc(1)
        inc(y)
        inc(2)
    told = [m for m in caplog.messages if "inc(x=" in m]
    assert [m.split(":")[0] for m in told] == ["miss inc(x=1)", "hit inc(x=1)", told[2].split(":")[0], "hit inc(x=2)"]
    assert told[3].endswith("equal contents of another history")
    assert f"{storage.location}: 2 calls computed, 2 reused in this block" in caplog.messages
    caplog.clear()
    with caplog.at_level("DEBUG", logger="mandala_graph"), open_storage():
        inc(1)
    assert any(m.endswith(("inc(x=1): in the store", "in memory")) for m in caplog.messages)


def test_blocks_nest(open_storage: Open, ran: Any) -> None:
    @op
    def inc(x: int) -> int:
        ran.hit("inc")
        return x + 1

    storage = open_storage(commit_interval=3600)
    with storage:
        a = inc(1)
        with storage:
            assert inc(1) == a
        assert storage.in_context
        with storage(mode="noop"):
            assert inc(1) == 2
            assert storage.mode == "noop"
            with storage:
                assert inc(1) == a
        with pytest.raises(MissingCall), storage(allow_new_calls=False):
            inc(5)
        assert inc(5) is not None
    assert ran.take() == {"inc": 3}
    assert not storage.in_context
    assert len({c.run for c in storage.calls()}) == 1


def test_query_gives_refs_and_calls(open_storage: Open) -> None:
    @op(output_names=["y"])
    def inc(x: int) -> int:
        return x + 1

    with open_storage() as storage:
        y = inc(1)
    query = "MATCH (c:Call {op: $op})-[o:OUTPUT {name: 'y'}]->(r:Ref {hid: $ref}) RETURN c, r, r.value AS v, o"
    (row,) = storage.query(query, op="inc", ref=y).to_dict("records")
    assert (row["c"], row["r"], row["v"]) == (storage.calls(inc)[0], y, 2)
    assert storage.unwrap(row["r"]) == 2
    assert storage.query("MATCH (c:Call) WHERE c.op = 'nope' RETURN c.hid AS hid").columns.tolist() == ["hid"]


@pytest.mark.parametrize("ids_a_question", [1, 250])
def test_what_is_fetched_at_once_from_a_server_changes_no_answer(
    open_storage: Open, ran: Any, monkeypatch: pytest.MonkeyPatch, ids_a_question: int
) -> None:
    """Small pages and little patience, so that every way of asking is taken."""
    from mandala_graph.runtime import known

    monkeypatch.setattr(known, "_FIRST_PAGE", 3)
    monkeypatch.setattr(known, "_PATIENCE", 4)
    monkeypatch.setattr(known, "_IDS_A_QUESTION", ids_a_question)

    @op
    def square(x: int) -> int:
        ran.hit("square")
        return x * x

    with open_storage() as storage:
        refs = [square(i) for i in range(20)]
    assert ran.take() == {"square": 20}
    with open_storage(prefetch=30) as storage:
        assert [square(i) for i in range(0, 20, 2)] == refs[::2]  # known, one by one and then at once
        assert ran.take() == {}
        assert storage.unwrap([square(i) for i in range(100, 110)]) == [i * i for i in range(100, 110)]
        assert ran.take() == {"square": 10}
        assert [square(i) for i in range(1, 20, 2)] == refs[1::2]
        assert ran.take() == {}
    store = storage.store
    ids = {i for c in store.calls(store.calls_of("square")).values() for i in (c.hid, c.cid)}
    assert sorted(store.call_ids("square", 30) or []) == sorted(i[:15] for i in ids)
    assert store.call_ids("square", 29) is None
    assert store.call_ids("nope", 5) == []


def test_what_is_upstream_downstream_and_between(open_storage: Open) -> None:
    @op
    def inc(x: int) -> int:
        return x + 1

    with open_storage() as storage:
        a = inc(1)
        b = inc(a)
        other = inc(10)
    up = storage.upstream(b)
    assert a in up
    assert {storage.unwrap(r) for r in up if isinstance(r, AtomRef)} == {1, 2}
    assert {c.hid for c in up if not isinstance(c, AtomRef)} == {c.hid for c in storage.get_creators([a, b])}
    assert b in storage.downstream(a)
    assert a not in storage.downstream(b)
    way = storage.path(a, b)
    assert (way[0], len(way), way[-1]) == (a, 3, b)
    assert storage.path(b, a) == []
    assert other not in storage.downstream(a)
