"""What reads and deletions promise, on both engines, some against an oracle on random graphs."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from mandala_graph.errors import StoreError
from mandala_graph.store.protocol import Batch, CallRow, RefRow, Store
from tests.store.rows import a_batch, a_call, a_ref, an_id, numbered


def test_lookup_by_hid_and_cid(store: Store) -> None:
    x, y, z = a_ref("x", value=1), a_ref("y", value=True)._replace(structure="list"), a_ref("z", value="text")
    call = a_call(1, inputs=[("x", x)], outputs=[("a", y), ("b", z)])
    empty = a_call(2, op="g", inputs=[("x", x)])
    store.write(a_batch([x, y, z], [call, empty]))
    by_hid, by_cid = store.lookup([call.hid, empty.hid, an_id("absent")], [call.cid, an_id("absent")])
    assert set(by_hid) == {call.hid, empty.hid}
    assert set(by_cid) == {call.cid}
    for row in (by_hid[call.hid], by_cid[call.cid]):
        assert row[:3] == (call.hid, call.cid, "f")
        assert sorted(row.outputs) == [
            ("a", y.hid, y.cid, y.type, True, "list", None),
            ("b", z.hid, z.cid, z.type, "text", None, None),
        ]
        assert {type(o.value) for o in row.outputs} == {bool, str}
    assert by_hid[empty.hid] == (empty.hid, empty.cid, "g", ())


@pytest.mark.parametrize("hid_known", [True, False])
@pytest.mark.parametrize("cid_known", [True, False])
def test_lookup_of_one_of_each(store: Store, hid_known: bool, cid_known: bool) -> None:
    y = a_ref("y")
    call, other = a_call(1, outputs=[("a", y)]), a_call(2)
    store.write(a_batch([y], [call, other]))
    by_hid, by_cid = store.lookup([call.hid if hid_known else an_id("no")], [call.cid if cid_known else an_id("no")])
    assert [r.hid for r in by_hid.values()] == [call.hid] * hid_known
    assert [(cid, r.hid) for cid, r in by_cid.items()] == [(call.cid, call.hid)] * cid_known


def test_failed_calls_are_kept_and_never_hit(store: Store) -> None:
    failed = a_call(1, status="failed")
    store.write(a_batch((), [failed]))
    assert store.lookup([failed.hid], [failed.cid]) == ({}, {})
    assert store.prefetch("f", 10) == ([], True)
    assert store.calls([failed.hid]) == {failed.hid: failed}


def test_lookup_by_cid_prefers_a_call_whose_outputs_are_there(store: Store) -> None:
    gone, kept = a_ref("gone"), a_ref("kept")
    calls = [a_call(i, cid=an_id("same"), outputs=[("a", gone if i != 3 else kept)]) for i in range(5)]
    store.write(a_batch([gone, kept], calls))
    assert store.drop_values([gone.cid], 5.0) == 1
    assert store.lookup([], [an_id("same")])[1][an_id("same")].hid == calls[3].hid
    assert store.lookup([calls[0].hid], [an_id("same")])[1][an_id("same")].hid == calls[3].hid
    store.drop_values([kept.cid], 6.0)
    row = store.lookup([], [an_id("same")])[1][an_id("same")]
    assert row.outputs[0].dropped in (5.0, 6.0)


def test_many_lookups_at_once(store: Store) -> None:
    batch = numbered(range(3000))
    store.write(batch)
    hids, cids = list(batch.calls), [c.cid for c in batch.calls.values()]
    by_hid, by_cid = store.lookup([*hids, *map(an_id, range(500))], [*cids, *map(an_id, range(500))])
    assert set(by_hid) == set(hids)
    assert {cid: row.hid for cid, row in by_cid.items()} == {c.cid: c.hid for c in batch.calls.values()}
    for hid, row in by_hid.items():
        assert {(o.name, o.hid) for o in row.outputs} == set(batch.calls[hid].outputs)


def test_prefetch_gives_the_newest_and_says_whether_that_is_all(store: Store) -> None:
    for start in range(0, 40, 10):
        store.write(numbered(range(start, start + 10)))
    rows, complete = store.prefetch("sum_product", 15)
    assert not complete
    assert len(rows) == 15
    assert {r.hid for r in rows} > {a_call(i).hid for i in range(30, 40)}
    assert all(len(r.outputs) == 2 for r in rows)
    rows, complete = store.prefetch("sum_product", 40)
    assert complete
    assert {r.hid for r in rows} == {a_call(i).hid for i in range(40)}
    assert store.prefetch("nothing", 40) == ([], True)


def test_read_ahead_gives_what_began_after_a_call(store: Store) -> None:
    batch = numbered(range(40))
    for i, call in enumerate(list(batch.calls.values())):
        status = "failed" if i == 25 else "ok"
        batch.calls[call.hid] = call._replace(started=1000.0 + i, op="other" if i == 24 else call.op, status=status)
    store.write(batch)
    rows = store.read_ahead(a_call(20).hid, 6)
    assert [r.hid for r in rows] == [a_call(i).hid for i in (20, 21, 22, 23, 26, 27)]
    assert all(len(r.outputs) == 2 for r in rows)
    assert [r.hid for r in store.read_ahead(a_call(38).hid, 6)] == [a_call(38).hid, a_call(39).hid]
    assert store.read_ahead(an_id("nothing"), 6) == []


def test_calls_are_listed_as_written(store: Store) -> None:
    order = random.Random(3).sample(range(60), 60)
    for i in range(0, 60, 20):
        now = 1000.0 + i  # a store may tell the order by the clock
        calls = [a_call(n, op="f" if n % 2 else "g", version=f"v{n % 3}", started=now) for n in order[i : i + 20]]
        store.write(a_batch((), calls))
    hid = {n: an_id("call", n) for n in order}
    batch_of = {hid[n]: i // 20 for i, n in enumerate(order)}
    listed = store.calls_of()
    assert [batch_of[h] for h in listed] == sorted(batch_of[h] for h in listed)
    assert set(listed) == set(hid.values())
    assert set(store.calls_of("f")) == {hid[n] for n in order if n % 2}
    assert set(store.calls_of("g", "v1")) == {hid[n] for n in order if n % 2 == 0 and n % 3 == 1}
    assert set(store.calls_of(version="v2")) == {hid[n] for n in order if n % 3 == 2}


class Oracle:
    """The same graph in plain Python."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        self.refs: dict[str, RefRow] = {}
        self.calls: dict[str, CallRow] = {}
        known = [a_ref(seed, "raw", i) for i in range(6)]
        self.refs.update((r.hid, r) for r in known)
        for i in range(40):
            inputs = [(f"x{k}", rng.choice(known)) for k in range(rng.randrange(4))]
            outputs = [(f"o{k}", a_ref(seed, i, k)) for k in range(rng.randrange(3))]
            call = a_call(seed, i, inputs=inputs, outputs=outputs)
            self.calls[call.hid] = call
            self.refs.update((r.hid, r) for _, r in outputs)
            known.extend(r for _, r in outputs)

    def creators(self) -> dict[str, str]:
        return {ref: c.hid for c in self.calls.values() for _, ref in c.outputs}

    def consumers(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for c in self.calls.values():
            for edge in c.inputs:
                found.setdefault(edge.ref, set()).add(c.hid)
        return found

    def descendants(self, starts: set[str]) -> set[str]:
        consumers = self.consumers()
        reached: set[str] = set()
        todo = set(starts)
        while todo:
            call = todo.pop()
            reached.add(call)
            for _, ref in self.calls[call].outputs:
                todo |= consumers.get(ref, set()) - reached
        return reached


@pytest.mark.parametrize("seed", range(4))
def test_neighbours_and_descendants_as_in_plain_python(store: Store, seed: int) -> None:
    oracle = Oracle(seed)
    store.write(Batch(oracle.refs, oracle.calls))
    absent = an_id("absent")
    assert store.creators([*oracle.refs, absent]) == oracle.creators()
    consumers = store.consumers([*oracle.refs, absent])
    assert {ref: sorted(calls) for ref, calls in consumers.items()} == {
        ref: sorted(calls) for ref, calls in oracle.consumers().items()
    }
    rng = random.Random(seed)
    for size in (1, 2, 10):
        starts = rng.sample(sorted(oracle.calls), size)
        assert store.descendants([*starts, absent]) == oracle.descendants(set(starts))
    assert store.descendants([]) == set()
    used = oracle.creators().keys() | oracle.consumers().keys()
    assert set(store.orphans()) == oracle.refs.keys() - used


def test_descendants_of_a_ladder_visit_each_call_once(store: Store) -> None:
    """Each layer's two calls read both refs of the layer before: 2**300 paths, 600 calls."""
    batch = Batch()
    layer = [a_ref("rung", 0), a_ref("rail", 0)]
    batch.refs.update((r.hid, r) for r in layer)
    for i in range(1, 301):
        above = [a_ref("rung", i), a_ref("rail", i)]
        for side, made in enumerate(above):
            call = a_call(i, side, inputs=[("x", layer[0]), ("y", layer[1])], outputs=[("o", made)])
            batch.calls[call.hid] = call
            batch.refs[made.hid] = made
        layer = above
    store.write(batch)
    assert len(store.descendants([a_call(1, 0).hid])) == 1 + 2 * 299


def test_refs_by_contents(store: Store) -> None:
    same = [a_ref("one", cid=an_id("c"), value=1), a_ref("two", cid=an_id("c"), value=1), a_ref("three")]
    store.write(a_batch(same))
    found = store.refs_by_cid([an_id("c"), same[2].cid, an_id("absent")])
    assert {cid: sorted(rows) for cid, rows in found.items()} == {
        an_id("c"): sorted(same[:2]),
        same[2].cid: [same[2]],
    }


def test_delete_takes_calls_with_their_edges_then_refs(open_store: Callable[..., Store]) -> None:
    store, other = open_store(), open_store()
    batch = numbered(range(12))
    store.write(batch)
    gone = [a_call(i).hid for i in range(4)]
    store.delete(calls=gone)
    assert set(store.calls_of()) == batch.calls.keys() - set(gone)
    assert store.lookup(gone, [])[0] == {}
    orphans = {a_ref(kind, i).hid for kind in ("own", "sum", "product") for i in range(4)} | {
        a_ref("shared", i).hid for i in (2, 3)
    }
    assert set(store.orphans()) == orphans
    store.delete(refs=orphans)
    assert store.refs(batch.refs).keys() == batch.refs.keys() - orphans
    assert store.orphans() == []
    # What one opening deleted, another that remembers it must write anew.
    other.write(numbered(range(12)))
    store.write(numbered(range(12)))
    assert store.refs(batch.refs) == batch.refs
    assert set(store.calls_of()) == batch.calls.keys()
    assert all(len(c.inputs) == len(c.outputs) == 2 for c in store.calls(batch.calls).values())
    assert store.orphans() == []


def test_an_opening_that_remembers_a_deleted_ref_writes_it_again(open_store: Callable[..., Store]) -> None:
    first, second = open_store(), open_store()
    batch = numbered(range(5))
    first.write(batch)  # `first` remembers where these refs are
    second.delete(calls=list(batch.calls))
    second.delete(refs=list(batch.refs))
    second.write(numbered(range(100, 110)))  # takes their places
    first.write(batch)
    calls = first.calls(batch.calls)
    assert {h: (set(c.inputs), set(c.outputs)) for h, c in calls.items()} == {
        h: (set(c.inputs), set(c.outputs)) for h, c in batch.calls.items()
    }


def test_refs_with_an_edge_cannot_be_deleted(store: Store) -> None:
    batch = numbered(range(3))
    store.write(batch)
    for ref in (a_ref("own", 1), a_ref("sum", 1)):
        with pytest.raises(StoreError):
            store.delete(calls=[a_call(0).hid], refs=[a_ref("own", 0).hid, ref.hid])
        assert sorted(store.calls_of()) == sorted(batch.calls)
        assert store.refs(batch.refs) == batch.refs
