"""Parts of the graph and typed ids, against a plain search in memory, on both engines."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest

from mandala_graph.store.find import Found, find
from mandala_graph.store.protocol import Batch, CallRow, RefRow, Store
from mandala_graph.store.selection import around, between
from tests.store.rows import A_COMPONENT, A_RUN, A_VERSION, AN_OP, ANOTHER_COMPONENT, a_call, a_ref, numbered


def random_graph(seed: int, calls: int = 40) -> Batch:
    """Calls that read some of the refs made before them, or raw ones, and make one or two."""
    rng = random.Random(seed)
    batch = Batch()
    refs = [a_ref("raw", seed, i) for i in range(4)]
    batch.refs.update((r.hid, r) for r in refs)
    for i in range(calls):
        read = rng.sample(refs[-12:], rng.randint(1, 3))
        made = [a_ref("made", seed, i, j) for j in range(rng.randint(1, 2))]
        call = a_call(
            seed,
            i,
            inputs=[(f"x{n}", r) for n, r in enumerate(read)],
            outputs=[(f"y{n}", r) for n, r in enumerate(made)],
        )
        batch.calls[call.hid] = call
        batch.refs.update((r.hid, r) for r in made)
        refs += made
    return batch


def neighbours(batch: Batch, up: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for call in batch.calls.values():
        for e in call.inputs:
            a, b = (call.hid, e.ref) if up else (e.ref, call.hid)
            found.setdefault(a, []).append(b)
        for _, ref in call.outputs:
            a, b = (ref, call.hid) if up else (call.hid, ref)
            found.setdefault(a, []).append(b)
    return found


def reached(batch: Batch, start: str, up: bool, depth: int | None) -> set[str]:
    """Nodes within `depth` calls of a start (which counts, if it is a call), by layers of single steps."""
    edges = neighbours(batch, up)
    steps = 10**9 if depth is None else 2 * depth - (start in batch.calls)
    seen, layer = {start}, {start}
    for _ in range(steps):
        layer = {b for a in layer for b in edges.get(a, ())} - seen
        if not layer:
            break
        seen |= layer
    return seen


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_around_a_node(store: Store, seed: int) -> None:
    batch = random_graph(seed)
    store.write(batch)
    rng = random.Random(seed)
    for start in rng.sample(sorted([*batch.refs, *batch.calls]), 12):
        for way in ("up", "down"):
            for depth in (None, 1, 2, 4):
                part = around(store, start, way, depth)  # type: ignore[arg-type]
                expected = reached(batch, start, way == "up", depth)
                assert {*part.core().refs, *part.calls} == expected, (start, way, depth)
                ends = {r for h in part.calls for r in ends_of(batch.calls[h])}
                assert set(part.refs) == ends | {h for h in expected if h in batch.refs}
                edges = {(a, b) for a, b, *_ in part.edges()}
                assert edges == {
                    (a, b) for a, bs in neighbours(batch, False).items() for b in bs if part.calls.keys() & {a, b}
                }


def ends_of(call: CallRow) -> Iterator[str]:
    yield from (e.ref for e in call.inputs)
    yield from (ref for _, ref in call.outputs)


def test_a_shortest_way(store: Store) -> None:
    batch = random_graph(7)
    store.write(batch)
    rng = random.Random(7)
    edges = neighbours(batch, False)
    nodes = sorted([*batch.refs, *batch.calls])
    for _ in range(25):
        start, end = rng.sample(nodes, 2)
        way = between(store, start, end)
        if not way:
            assert end not in reached(batch, start, False, None)
            continue
        assert (way[0], way[-1]) == (start, end)
        assert all(b in edges[a] for a, b in itertools.pairwise(way))
        layers, layer, seen = 0, {start}, {start}
        while end not in layer:
            layer = {b for a in layer for b in edges.get(a, ())} - seen
            seen |= layer
            layers += 1
        assert len(way) == layers + 1


def test_beginnings_of_ids(store: Store) -> None:
    batch = numbered(range(30))
    batch.components = {c.id: c for c in (A_COMPONENT, ANOTHER_COMPONENT)}
    batch.ops, batch.versions, batch.runs = {AN_OP.name: AN_OP}, {A_VERSION.id: A_VERSION}, {A_RUN.id: A_RUN}
    store.write(batch)
    keys = [Found("Call", h) for h in batch.calls] + [Found("Ref", h) for h in batch.refs]
    keys += [Found("Component", c) for c in batch.components]
    texts = {k.key[:n] for k in keys for n in (1, 2, 3, 5, 39, 40)}
    assert find(store, AN_OP.name) == [Found("Op", AN_OP.name)]  # "f", which begins ids too
    for text in sorted(texts - {AN_OP.name}):
        expected = sorted(k for k in keys if k.key.startswith(text))
        found = find(store, text, limit=1000)
        assert sorted(f for f in found if f.label not in ("Version", "Run", "Op")) == expected, text
        assert find(store, text.upper(), limit=1000) == found
    one = next(iter(batch.calls))
    assert find(store, one) == [Found("Call", one)]
    assert find(store, one, ["Ref"]) == []
    assert find(store, "sum_product") == []
    assert find(store, "__make_list__", ["Op"]) == [Found("Op", "__make_list__")]
    assert find(store, f"{A_COMPONENT.module}.{A_COMPONENT.name}", ["Component"]) == [
        Found("Component", A_COMPONENT.id)
    ]
    assert len(find(store, next(iter(texts))[:1], limit=3)) <= 3
    assert find(store, " ") == find(store, "g'; DROP") == find(store, "é") == []


def test_contents_lead_to_their_refs(store: Store) -> None:
    same = [a_ref("same", i, cid="5" * 40) for i in range(3)]
    native = RefRow("6" * 40, "7" * 40, "int", "5", 8, 5)
    store.write(Batch(refs={r.hid: r for r in [*same, native]}))
    assert sorted(f.key for f in find(store, "5" * 40)) == sorted(r.hid for r in same)
    assert sorted(f.key for f in find(store, "5" * 8)) == sorted(r.hid for r in same)
    assert find(store, "7" * 40) == find(store, "7" * 9) == [Found("Ref", "6" * 40)]
    assert find(store, "7" * 5) == []  # too short to be meant as contents
