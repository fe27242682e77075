"""Structures: elements are refs of their own, in and out, nested, warm and cold."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mandala_graph import (
    AtomRef,
    DictRef,
    ListRef,
    MDict,
    MList,
    MSet,
    MTuple,
    OutputError,
    RefUsageError,
    SetRef,
    Storage,
    TupleRef,
    UsageError,
    op,
    wrap_atom,
)

Open = Callable[..., Storage]


@op
def primes_below(n: int) -> MList[int]:
    return [i for i in range(2, n) if all(i % j for j in range(2, i))]


@op
def total(elts: MList[int]) -> int:
    return sum(elts)


@op
def square(p: int) -> int:
    return p * p


def test_a_list_out_behaves_like_a_list_of_refs(open_storage: Open) -> None:
    with open_storage() as storage:
        ps = primes_below(20)
        assert type(ps) is ListRef
        assert len(ps) == 8
        assert storage.unwrap(ps) == [2, 3, 5, 7, 11, 13, 17, 19]
        assert storage.unwrap(ps[0]) == 2
        assert storage.unwrap(ps[-1]) == 19
        assert storage.unwrap(ps[:2]) == [2, 3]
        assert [storage.unwrap(p) for p in ps] == [2, 3, 5, 7, 11, 13, 17, 19]
        assert ps[1] in ps
        with pytest.raises(RefUsageError, match="plain value"):
            3 in ps  # noqa: B015
        with pytest.raises(IndexError):
            ps[8]
    with open_storage() as storage:
        again = primes_below(20)
        assert not again.in_memory
        assert [r.hid for r in again] == [r.hid for r in ps]
        assert storage.unwrap(again) == storage.unwrap(ps)


def test_elements_keep_their_history_through_a_list_in(open_storage: Open) -> None:
    with open_storage() as storage:
        ps = primes_below(20)
        squares = [square(p) for p in ps]
        t = total(squares)
        same = total([p * p for p in storage.unwrap(ps)])
    assert storage.unwrap(t) == 1027
    assert (same.cid, same.hid == t.hid) == (t.cid, False)
    creator = storage.get_ref_creator(t)
    assert creator is not None
    made = storage.get_ref_creator(creator.inputs["elts"])
    assert made is not None
    assert made.op.name == "__make_list__"
    assert made.inputs["elts"] == tuple(squares)
    item = storage.get_ref_creator(ps[2])
    assert item is not None
    assert (item.op.name, storage.unwrap(item.inputs["i"]), item.inputs["list"]) == ("__list_getitem__", 2, ps)
    with open_storage() as cold:
        assert cold.unwrap(total([square(p) for p in primes_below(20)])) == 1027
        assert all(s["computed"] == 0 for s in cold.stats().values())


def test_dicts_sets_and_tuples(open_storage: Open) -> None:
    @op
    def bounds(x: int) -> MDict[str, int]:
        return {"lo": x - 1, "hi": x + 1}

    @op
    def span(d: MDict[str, int]) -> int:
        return d["hi"] - d["lo"]

    @op
    def digits(n: int) -> MSet[int]:
        return {int(c) for c in str(n)}

    @op
    def count(s: MSet[int]) -> int:
        return len(s)

    @op
    def halves(n: int) -> MTuple[int, int]:
        return n // 2, n - n // 2

    @op
    def first(t: MTuple[int]) -> int:
        return t[0]

    for _ in range(2):  # computed, then read cold
        with open_storage() as storage:
            d = bounds(5)
            assert isinstance(d, DictRef)
            assert (set(d.keys()), len(d), "hi" in d, d.get("nope")) == ({"lo", "hi"}, 2, True, None)
            assert list(storage.unwrap(d).items()) == [("lo", 4), ("hi", 6)]
            assert storage.unwrap(d["hi"]) == 6
            assert storage.unwrap(span(d)) == 2
            assert storage.unwrap(span({"hi": 9, "lo": d["lo"]})) == 5
            s = digits(1123)
            assert isinstance(s, SetRef)
            assert storage.unwrap(s) == {1, 2, 3}
            assert storage.unwrap(count(s)) == storage.unwrap(count({3, 2, 1})) == 3
            t = halves(7)
            assert isinstance(t, TupleRef)
            assert storage.unwrap(t) == (3, 4)
            assert storage.unwrap(first(t)) == storage.unwrap(first((3, 8))) == 3
            assert span({"hi": 9, "lo": 2}) == span({"lo": 2, "hi": 9})


def test_nested_structures(open_storage: Open) -> None:
    @op
    def table(n: int) -> MDict[str, MList[int]]:
        return {str(i): list(range(i)) for i in range(n)}

    @op
    def weigh(rows: MList[MDict[str, int]]) -> int:
        return sum(sum(r.values()) for r in rows)

    for _ in range(2):
        with open_storage() as storage:
            t = table(4)
            assert isinstance(t["3"], ListRef)
            assert storage.unwrap(t["3"][1]) == 1
            assert storage.unwrap(t) == {"0": [], "1": [0], "2": [0, 1], "3": [0, 1, 2]}
            assert storage.unwrap(weigh([{"a": 1, "b": t["3"][2]}, {"c": 5}])) == 8


def test_wrap_atom_and_wrong_types(storage: Storage) -> None:
    with storage:
        assert storage.unwrap(total(wrap_atom([1, 2, 3]))) == 6
        with pytest.raises(UsageError, match=r"argument 'elts' of op total is annotated MList, but got a int"):
            total(5)

        @op
        def wrong(x: int) -> MList[int]:
            return x  # type: ignore[return-value]

        with pytest.raises(OutputError, match="annotated MList"):
            wrong(1)


def test_atoms_and_refs_within_plain_structures_are_their_values(open_storage: Open) -> None:
    @op
    def rows(n: int) -> MList[MList[int]]:
        return [primes_below(n), wrap_atom([n, n]), [wrap_atom(n)]]  # type: ignore[list-item]

    @op
    def flat(table: MList[MList[int]]) -> int:
        return sum(sum(row) for row in table)

    for _ in range(2):
        with open_storage() as storage:
            made = rows(6)
            assert storage.unwrap(made) == [[2, 3, 5], [6, 6], [6]]
            assert isinstance(made[0], ListRef)
            assert isinstance(made[1], AtomRef)
            assert storage.unwrap(flat([wrap_atom([1, 2]), [wrap_atom(3), 4]])) == 10  # type: ignore[list-item]


def test_a_list_reused_by_content_has_elements_of_its_own_history(open_storage: Open) -> None:
    @op
    def same(n: int) -> int:
        return n

    with open_storage() as storage:
        a = primes_below(10)
    with open_storage() as storage:
        b = primes_below(same(10))
        assert a.cid == b.cid
        assert a.hid != b.hid
        assert storage.unwrap(b) == [2, 3, 5, 7]
        assert {r.hid for r in a} & {r.hid for r in b} == set()
    with open_storage() as storage:
        assert storage.unwrap(primes_below(same(10))[3]) == 7


def test_generator_ops_give_lists(open_storage: Open) -> None:
    @op
    def countdown(n: int) -> Iterator[int]:
        while n:
            yield n
            n -= 1

    assert list(countdown(3)) == [3, 2, 1]
    for _ in range(2):
        with open_storage() as storage:
            assert storage.unwrap(countdown(3)) == [3, 2, 1]
            assert storage.unwrap(total(countdown(3))) == 6


def test_async_generator_ops_give_lists(open_storage: Open) -> None:
    import asyncio

    @op
    async def countdown(n: int) -> AsyncIterator[int]:
        while n:
            await asyncio.sleep(0)
            yield n
            n -= 1

    async def main(storage: Storage) -> Any:
        with storage:
            return storage.unwrap(await countdown(3))

    for _ in range(2):
        assert asyncio.run(main(open_storage())) == [3, 2, 1]


_leaf = st.integers(-3, 3) | st.text("ab", max_size=2)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.lists(st.dictionaries(st.text("xy", max_size=2), st.lists(_leaf, max_size=3), max_size=3), max_size=3))
def test_whatever_goes_in_comes_out(value: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("s") / "s.db"

    @op
    def through(v: MList[MDict[str, MList[Any]]]) -> MList[MDict[str, MList[Any]]]:
        return v

    ids = []
    for _ in range(2):
        storage = Storage(path)
        with storage:
            ref = through(value)
            assert storage.unwrap(ref) == value
            assert storage.unwrap(through(ref)) == value
            ids.append(ref.hid)
        storage.close()
    assert ids[0] == ids[1]
