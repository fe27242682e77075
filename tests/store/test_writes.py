"""What a write promises, on both engines: atomic, idempotent, first writer wins."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from mandala_graph.errors import StoreClosed, StoreError
from mandala_graph.store.protocol import Batch, InputEdge, Native, Store
from tests.store.rows import (
    A_COMPONENT,
    A_RUN,
    A_VERSION,
    AN_OP,
    ANOTHER_COMPONENT,
    a_batch,
    a_call,
    a_ref,
    all_numbers,
    an_id,
    numbered,
    overlapping_plans,
)


def sorted_call(call: object) -> object:
    """A call with its edges in one order: a store may give them in any."""
    return call._replace(inputs=tuple(sorted(call.inputs, key=str)), outputs=tuple(sorted(call.outputs)))  # type: ignore[attr-defined]


def assert_whole(store: Store, numbers: set[int]) -> None:
    """Exactly these calls of `numbered` are there, each once, with all its edges, refs and values."""
    expected = numbered(numbers)
    hids = store.calls_of("sum_product")
    assert len(hids) == len(set(hids))
    assert set(hids) == set(expected.calls)
    assert {h: sorted_call(c) for h, c in store.calls(hids).items()} == {
        h: sorted_call(c) for h, c in expected.calls.items()
    }
    assert store.refs(expected.refs) == expected.refs
    assert store.counts()["Ref"] == len(expected.refs)
    assert store.has_values(expected.values) == set(expected.values)
    assert store.orphans() == []


def test_a_fresh_store_is_empty(store: Store, engine: str) -> None:
    info = store.info()
    assert info.engine == engine
    assert len(info.uuid) == 36
    assert dict(store.counts()) == {
        "Ref": 0,
        "Call": 0,
        "Op": 0,
        "Version": 0,
        "Component": 0,
        "Run": 0,
        "Store": 1,
    }
    assert store.lookup([an_id(1)], [an_id(2)]) == ({}, {})
    assert store.prefetch("f", 10) == ([], True)


def test_everything_written_is_read_back_by_another_opening(open_store: Callable[..., Store]) -> None:
    first = open_store()
    x, y = a_ref("x", value=1), a_ref("y")
    call = a_call(1, inputs=[("x", x)], outputs=[("output_0", y)])
    batch = a_batch([x, y], [call], values={y.cid: b"envelope"}, ops={"f": AN_OP}, runs={"run": A_RUN})
    batch.components = {A_COMPONENT.id: A_COMPONENT, ANOTHER_COMPONENT.id: ANOTHER_COMPONENT}
    batch.versions = {"v1": A_VERSION}
    first.write(batch)
    uuid = first.info().uuid
    first.close()
    second = open_store()
    assert second.info().uuid == uuid
    assert second.refs([x.hid, y.hid]) == {x.hid: x, y.hid: y}
    assert second.calls([call.hid]) == {call.hid: call}
    assert bytes(second.get_value(y.cid) or b"") == b"envelope"
    assert second.ops() == {"f": AN_OP}
    assert second.runs() == {"run": A_RUN}
    assert second.components([A_COMPONENT.id]) == {A_COMPONENT.id: A_COMPONENT}
    (version,) = second.versions("f").values()
    assert version._replace(components=tuple(sorted(version.components))) == A_VERSION._replace(
        components=tuple(sorted(A_VERSION.components))
    )
    assert second.versions("g") == {}
    assert dict(second.counts()) == {
        "Ref": 2,
        "Call": 1,
        "Op": 1,
        "Version": 1,
        "Component": 2,
        "Run": 1,
        "Store": 1,
    }


def test_writing_again_changes_nothing(store: Store) -> None:
    batch = numbered(range(30))
    store.write(batch)
    store.write(batch)
    store.write(numbered(range(20, 40)))
    assert_whole(store, set(range(40)))


def test_the_first_writer_of_a_call_wins_with_all_its_edges(store: Store) -> None:
    x, y, other = a_ref("x"), a_ref("y"), a_ref("other")
    first = a_call(1, inputs=[("x", x)], outputs=[("output_0", y)])
    store.write(a_batch([x, y], [first]))
    store.write(
        a_batch(
            [x._replace(preview="another"), y, other],
            [first._replace(started=9.0, inputs=(InputEdge("z", other.hid),), outputs=(("output_1", other.hid),))],
        )
    )
    assert store.calls([first.hid]) == {first.hid: first}
    assert store.refs([x.hid]) == {x.hid: x}


def test_a_batch_is_written_whole_or_not_at_all(store: Store) -> None:
    good = numbered([1, 2])
    ghost = a_ref("ghost")
    good.calls["k"] = a_call("k", inputs=[("x", ghost)])._replace(hid="k")
    good.values[an_id("some value")] = b"1"
    with pytest.raises(StoreError):
        store.write(good)
    assert store.counts()["Call"] == 0
    assert store.counts()["Ref"] == 0
    assert store.lookup(list(good.calls), [])[0] == {}
    del good.calls["k"]
    store.write(good)
    del good.values[an_id("some value")]
    assert_whole(store, {1, 2})


def test_calls_that_read_what_another_opening_deletes_meanwhile_go_with_it(
    open_store: Callable[..., Store], caplog: pytest.LogCaptureFixture
) -> None:
    first, second = open_store(), open_store()
    base = a_call("base", outputs=[("output_0", a_ref("x"))])
    first.write(a_batch([a_ref("x"), a_ref("given")], [base]))  # `first` remembers where these refs are
    batch = numbered(range(60))
    for n, (read, made) in enumerate([("x", "y"), ("y", "z"), ("given", "w")]):
        call = a_call("use", n, inputs=[("x", a_ref(read))], outputs=[("output_0", a_ref(made))])
        batch.calls[call.hid] = call
        batch.refs[a_ref(made).hid] = a_ref(made)
    batch.cuts = [61, 62]
    second.delete(calls=[base.hid])
    second.delete(refs=[a_ref("x").hid])
    first.write(batch)
    assert first.calls_of("f") == [a_call("use", 2).hid]
    assert len(first.calls_of("sum_product")) == 60
    assert first.refs([a_ref(name).hid for name in "xyzw"]).keys() == {a_ref("w").hid}
    assert first.orphans() == []
    assert "not kept" in caplog.text


def test_what_is_written_but_not_settled_cannot_lose_what_it_reads(open_store: Callable[..., Store]) -> None:
    first, second = open_store(), open_store()
    base = a_call("base", outputs=[("output_0", a_ref("x"))])
    first.write(a_batch([a_ref("x")], [base]))
    batch = numbered(range(60))  # so many that an embedded store appends them, to be settled later
    call = a_call("use", inputs=[("x", a_ref("x"))])
    batch.calls[call.hid] = call
    first.write(batch, settle=False)
    with pytest.raises(StoreError):
        second.delete(calls=[base.hid], refs=[a_ref("x").hid])
    first.settle()
    assert set(first.calls_of("f")) == {base.hid, call.hid}


def test_calls_may_name_refs_of_earlier_batches(open_store: Callable[..., Store]) -> None:
    x, y = a_ref("x", value=3), a_ref("y")
    open_store().write(a_batch([x]))
    late = open_store()  # another opening remembers nothing
    call = a_call(1, inputs=[("x", x), ("again", x)], outputs=[("output_0", y)])
    late.write(a_batch([y], [call]))
    assert sorted_call(late.calls([call.hid])[call.hid]) == sorted_call(call)


def test_edges_with_an_index_keep_it_and_their_number(store: Store) -> None:
    a, b, made = a_ref("a"), a_ref("b"), a_ref("list")
    edges = (InputEdge("elts", a.hid, 0), InputEdge("elts", b.hid, 1), InputEdge("elts", a.hid, 2))
    call = a_call(1, op="__make_list__", outputs=[("list", made)])._replace(inputs=edges)
    store.write(a_batch([a, b, made], [call]))
    assert set(store.calls([call.hid])[call.hid].inputs) == set(edges)
    assert store.consumers([a.hid]) == {a.hid: [call.hid]}


def test_a_run_is_ended_and_an_op_described_anew(store: Store) -> None:
    store.write(Batch(runs={"run": A_RUN}, ops={"f": AN_OP}))
    ended = A_RUN._replace(ended=99.0)
    store.write(Batch(runs={"run": ended}, ops={"f": AN_OP._replace(doc="Better.", inputs=("a", "b", "c"))}))
    assert store.runs() == {"run": ended}
    store.write(Batch(runs={"run": A_RUN}))
    assert store.runs() == {"run": ended}
    assert store.ops()["f"] == AN_OP._replace(doc="Better.", inputs=("a", "b", "c"))


NATIVES: list[Native] = [
    None, True, False, 0, 1, -1, 2**63 - 1, -(2**63), 0.0, 1.0, -0.0, 0.1, 1e308, 5e-324, float("inf"), float("-inf"),
    "", "a", "True", "1", "1.0", "ä€😀", "line\nbreak",
    "'; DROP TABLE ref; --", "`}) DETACH DELETE n //", "$hid", "\\u0041",
]  # fmt: skip


def test_native_values_come_back_with_their_type(store: Store) -> None:
    refs = [a_ref("native", i, value=value) for i, value in enumerate(NATIVES)]
    call = a_call("native", inputs=[("x", refs[0])], outputs=[(f"o{i}", r) for i, r in enumerate(refs)])
    store.write(a_batch(refs, [call]))
    read = store.refs([r.hid for r in refs])
    assert [(type(v), repr(v)) for v in (read[r.hid].value for r in refs)] == [(type(v), repr(v)) for v in NATIVES]
    (looked_up,) = store.lookup([call.hid], [])[0].values()
    by_name = {o.name: o.value for o in looked_up.outputs}
    assert [repr(by_name[f"o{i}"]) for i in range(len(NATIVES))] == [repr(v) for v in NATIVES]


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**40])
def test_numbers_that_no_column_holds_are_refused_whole(store: Store, value: int) -> None:
    with pytest.raises(StoreError):
        store.write(a_batch([a_ref("small", value=1), a_ref("big", value=value)]))
    assert store.counts()["Ref"] == 0


@pytest.mark.parametrize("text", ["'", '"', "`", "\\", "{x}", "$p", "a\tb", "𝔘", "  ", "0", "NULL", "*/ --"])
def test_hostile_names_are_only_names(store: Store, text: str) -> None:
    x, y = a_ref("x"), a_ref("y")._replace(type=text, preview=text * 20)
    call = a_call(1, op=text, inputs=[(text, x)], outputs=[(text, y)], version=text, run=text)
    store.write(a_batch([x, y], [call], ops={text: AN_OP._replace(name=text, doc=text, inputs=(text,))}))
    assert store.calls([call.hid]) == {call.hid: call}
    assert store.refs([y.hid]) == {y.hid: y}
    assert store.calls_of(text) == [call.hid]
    assert store.calls_of(text, text) == [call.hid]
    assert [row.hid for row in store.prefetch(text, 5)[0]] == [call.hid]
    assert store.ops()[text].inputs == (text,)


def test_eight_threads_write_overlapping_calls(store: Store) -> None:
    plans = overlapping_plans(1, writers=8, batches=8, size=25, span=250)
    failures: list[BaseException] = []

    def work(plan: list[list[int]]) -> None:
        try:
            for numbers in plan:
                batch = numbered(numbers)
                store.write(batch)
                assert set(store.lookup(list(batch.calls), [])[0]) == set(batch.calls)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(plan,)) for plan in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert_whole(store, all_numbers(plans))


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreClosed):
        store.write(numbered([1]))
    with pytest.raises(StoreClosed):
        store.lookup([an_id(1)], [])
