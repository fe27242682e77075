"""Walks over random webs, against a plain search: what is shown is there, what is missing is said."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from mandala_graph import Storage
from mandala_graph.store.protocol import CallRow
from mandala_graph.web.around import around, members
from mandala_graph.web.state import Browser
from tests.web.filler import Filler

Steps = list[tuple[int, list[int], int]]


def web(steps: Steps) -> tuple[Storage, dict[str, CallRow], list[str]]:
    """Each step is a call of one of a few ops on refs that are there already."""
    f = Filler()
    refs = [f.raw(0), f.raw(1)]
    for op, inputs, outputs in steps:
        edges = [(f"x{j % 3}", refs[i % len(refs)]) for j, i in enumerate(inputs)]
        refs += f.call(f"op{op}", edges, tuple(f"y{k}" for k in range(outputs)), listed=True)
    storage = Storage(":memory:")
    storage.store.write(f.batch)
    return storage, f.batch.calls, list(dict.fromkeys([*refs, *f.batch.calls]))


def searched(calls: dict[str, CallRow], start: str, ways: tuple[str, ...], depth: int) -> set[str]:
    """A plain breadth-first search, each way by itself."""
    next_to: dict[str, dict[str, set[str]]] = {"up": {}, "down": {}}
    for c in calls.values():
        for a, b in [(e.ref, c.hid) for e in c.inputs] + [(c.hid, r) for _, r in c.outputs]:
            next_to["down"].setdefault(a, set()).add(b)
            next_to["up"].setdefault(b, set()).add(a)
    found = {start}
    for way in ways:
        layer = {start}
        seen = {start}
        for _ in range(depth):
            layer = {n for h in layer for n in next_to[way].get(h, ())} - seen
            seen |= layer
        found |= seen
    return found


steps = st.lists(
    st.tuples(st.integers(0, 2), st.lists(st.integers(0, 40), min_size=1, max_size=6), st.integers(1, 2)),
    min_size=1,
    max_size=30,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=steps,
    at=st.integers(0, 200),
    direction=st.sampled_from(["up", "down", "both"]),
    depth=st.sampled_from([0, 1, 2, 3, 5, None]),
    limit=st.sampled_from([1, 2, 5, 12, 40, 2000]),
    brothers=st.sampled_from(["1", "3", "all"]),
)
def test_walks(steps: Steps, at: int, direction: str, depth: int | None, limit: int, brothers: str) -> None:
    storage, calls, nodes = web(steps)
    browser = Browser(storage)
    start = nodes[at % len(nodes)]
    asked = {"direction": direction, "depth": "all" if depth is None else depth, "limit": limit, "brothers": brothers}
    found = around(browser, start, QueryParams(asked))
    ways = ("up", "down") if direction == "both" else (direction,)
    wanted = searched(calls, start, ways, 10**6 if depth is None else depth)
    single = {n["id"] for n in found["nodes"] if n["kind"] != "group"}
    groups = [n for n in found["nodes"] if n["kind"] == "group"]
    assert len(found["nodes"]) == found["shown"] <= limit
    assert start in single <= wanted
    assert found["truncated"] == bool(found["message"])
    if not found["truncated"]:
        assert single == wanted
        assert found["total"] == found["shown"]
    if brothers == "all" and len(wanted) <= limit:
        assert not found["truncated"]
    for g in groups:
        check_group(browser, calls, g, wanted, found)
    check_edges(calls, single, groups, found)
    layer = {n["id"]: n["layer"] for n in found["nodes"]}
    assert layer[start] == 0
    assert all(layer[e["source"]] < layer[e["target"]] for e in found["edges"])
    storage.close()


def check_group(browser: Browser, calls: dict[str, CallRow], group: Any, wanted: set[str], found: Any) -> None:
    """Its members are as many as it says, and hang on the node it says."""
    pages = [members(browser, QueryParams({**group["members"], "offset": i, "limit": 2})) for i in range(0, 60, 2)]
    listed = [n["id"] for p in pages for n in p["nodes"]]
    assert len(set(listed)) == len(listed) == pages[0]["total"]
    assert set(listed) <= wanted
    (edge,) = [e for e in found["edges"] if group["id"] in (e["source"], e["target"])]
    assert group["members"]["of"] in (edge["source"], edge["target"])
    assert group["count"] == edge["count"] == len(listed)
    for p in pages:
        for e in p["edges"]:
            assert group["members"]["of"] in (e["source"], e["target"])
    if group["op"] is not None:
        readers = {c.hid for c in calls.values() if c.op == group["op"] and group["members"]["of"] in refs_of(c)}
        assert set(listed) == readers


def refs_of(call: CallRow) -> set[str]:
    return {e.ref for e in call.inputs}


def check_edges(calls: dict[str, CallRow], single: set[str], groups: list[Any], found: Any) -> None:
    """All edges among what is shown, and one for each group."""
    among = set()
    for c in calls.values():
        if c.hid in single:
            among |= {(e.ref, c.hid, f"{e.name}[{e.index}]") for e in c.inputs if e.ref in single}
            among |= {(c.hid, r, x) for x, r in c.outputs if r in single}
    ids = {g["id"] for g in groups}
    shown = {(e["source"], e["target"], e["label"]) for e in found["edges"] if not {e["source"], e["target"]} & ids}
    assert shown == among
    assert len({e["id"] for e in found["edges"]}) == len(found["edges"]) == len(among) + len(groups)
