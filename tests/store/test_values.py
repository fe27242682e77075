"""Envelopes and dropped values, on both engines."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from mandala_graph.store.protocol import Store
from tests.store.rows import a_batch, a_call, a_ref, an_id


@pytest.mark.parametrize("size", [0, 1, 1000, 65536])
def test_small_envelopes_stand_in_the_batch(store: Store, size: int) -> None:
    assert store.inline_limit >= 65536 or size <= store.inline_limit
    data = bytes(i % 251 for i in range(size))
    ref = a_ref("v")
    store.write(a_batch([ref], values={ref.cid: data}))
    assert bytes(store.get_value(ref.cid) or b"") == data
    assert store.has_values([ref.cid, an_id("absent")]) == {ref.cid}
    assert store.get_value(an_id("absent")) is None
    assert list(store.iter_values()) == [ref.cid]


def test_large_envelopes_are_put_in_pieces(open_store: Callable[..., Store]) -> None:
    store = open_store()
    head, body = b"head", memoryview(bytearray(range(256)) * 8000)
    ref = a_ref("large")
    store.put_value(ref.cid, [head, body, b""])
    assert bytes(store.get_value(ref.cid) or b"") == head + bytes(body)
    store.put_value(ref.cid, [head, body, b""])
    store.write(a_batch([ref]))
    store.close()
    again = open_store()
    value = again.get_value(ref.cid)
    assert value is not None
    assert bytes(value) == head + bytes(body)
    assert again.has_values([ref.cid]) == {ref.cid}
    assert list(again.iter_values()) == [ref.cid]


@pytest.mark.parametrize("large", [False, True])
def test_dropped_values_are_gone_until_written_again(store: Store, large: bool) -> None:
    def keep(*refs: object, cid: str) -> None:
        if large:
            store.put_value(cid, [b"x" * 300_000])
            store.write(a_batch(refs))  # type: ignore[arg-type]
        else:
            store.write(a_batch(refs, values={cid: b"x"}))  # type: ignore[arg-type]

    made, twin, other = a_ref("made", cid=an_id("c")), a_ref("twin", cid=an_id("c")), a_ref("other")
    call = a_call(1, outputs=[("o", made)])
    keep(made, twin, other, cid=an_id("c"))
    store.write(a_batch((), [call], values={other.cid: b"y"}))
    assert store.drop_values([an_id("c"), an_id("absent")], 12.5) == 2
    assert store.drop_values([an_id("c")], 13.5) == 0
    assert store.get_value(an_id("c")) is None
    assert store.has_values([an_id("c"), other.cid]) == {other.cid}
    assert list(store.iter_values()) == [other.cid]
    assert store.lookup([call.hid], [])[0][call.hid].outputs[0].dropped == 12.5
    assert {r.hid: r.dropped for r in store.refs([made.hid, twin.hid, other.hid]).values()} == {
        made.hid: 12.5,
        twin.hid: 12.5,
        other.hid: None,
    }
    store.write(a_batch([made]))  # the ref alone brings no value back
    assert store.refs([made.hid])[made.hid].dropped == 12.5
    keep(made, cid=an_id("c"))
    assert store.refs([made.hid, twin.hid]) == {made.hid: made, twin.hid: twin}
    assert store.get_value(an_id("c")) is not None


@pytest.mark.parametrize("value", [7, 0, True, False, 0.5, "text", ""])
def test_dropped_native_values_come_back_when_written_again(store: Store, value: object) -> None:
    ref = a_ref("n", value=value)  # type: ignore[arg-type]
    store.write(a_batch([ref]))
    assert store.drop_values([ref.cid], 3.0) == 1
    assert store.refs([ref.hid]) == {ref.hid: ref._replace(value=None, dropped=3.0)}
    store.write(a_batch([ref]))
    assert store.refs([ref.hid]) == {ref.hid: ref}
    assert type(store.refs([ref.hid])[ref.hid].value) is type(value)


def test_a_ref_may_be_written_as_dropped(store: Store) -> None:
    """An output that is excluded from storage."""
    ref = a_ref("excluded")._replace(dropped=4.0)
    store.write(a_batch([ref], [a_call(1, outputs=[("o", ref)])]))
    assert store.refs([ref.hid]) == {ref.hid: ref}
    present = a_ref("present")
    store.write(a_batch([present], values={present.cid: b"1"}))
    store.write(a_batch([present._replace(dropped=5.0)]))
    assert store.refs([present.hid]) == {present.hid: present}


def test_only_values_that_no_ref_names_are_forgotten(store: Store) -> None:
    named, unnamed, large = a_ref("named"), a_ref("unnamed"), a_ref("large")
    store.put_value(large.cid, [b"x" * 300_000])
    store.write(a_batch([named, unnamed, large], values={named.cid: b"1", unnamed.cid: b"2"}))
    assert store.forget_values([named.cid, unnamed.cid, large.cid, an_id("absent")]) == 0
    store.delete(refs=[unnamed.hid, large.hid])
    assert store.forget_values([named.cid, unnamed.cid, large.cid, an_id("absent")]) == 2
    assert store.has_values([named.cid, unnamed.cid, large.cid]) == {named.cid}
    store.vacuum()
    assert bytes(store.get_value(named.cid) or b"") == b"1"


def test_a_value_put_but_never_written_can_be_found_and_forgotten(open_store: Callable[..., Store]) -> None:
    killed = open_store()
    killed.put_value(an_id("left"), [b"x" * 300_000])
    killed.close()
    store = open_store()
    assert list(store.iter_values()) == [an_id("left")]
    assert store.forget_values([an_id("left")]) == 1
    assert list(store.iter_values()) == []


def test_threads_put_and_drop_the_same_value(store: Store) -> None:
    """Whatever the order: a ref that is not marked as dropped has its value."""
    refs = [a_ref("shared", i, cid=an_id("c")) for i in range(8)]
    failures: list[BaseException] = []

    def keep(i: int) -> None:
        try:
            for _ in range(10):
                store.put_value(an_id("c"), [b"x" * 300_000])
                store.write(a_batch([refs[i]]))
        except BaseException as failure:
            failures.append(failure)

    def drop() -> None:
        try:
            for k in range(30):
                store.drop_values([an_id("c")], float(k))
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=keep, args=(i,)) for i in range(8)] + [threading.Thread(target=drop)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    rows = store.refs([r.hid for r in refs]).values()
    assert len(rows) == 8
    if any(row.dropped is None for row in rows):
        assert store.get_value(an_id("c")) is not None
