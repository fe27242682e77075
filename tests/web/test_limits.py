"""Never more than 2,000 nodes: what is too much is grouped, paged or cut, and said."""

from __future__ import annotations

from collections.abc import Callable

from mandala_graph import Storage
from tests.web.conftest import Page
from tests.web.filler import Filler


def test_a_hub_is_grouped_and_its_members_are_paged(
    storage_url: Callable[[], str], open_page: Callable[..., Page]
) -> None:
    f = Filler()
    data = f.raw("the data set")
    models = [f.call("train", [("data", data), ("seed", f.raw(i))], ("model",))[0] for i in range(2100)]
    (best,) = f.call("choose", [("models", m) for m in models], ("best",), listed=True)
    (score,) = f.call("score", [("model", best), ("data", data)], ("score",))
    with Storage(storage_url()) as storage:
        storage.store.write(f.batch)
    storage.close()
    page = open_page()

    found = page.ask(f"/api/graph/around/{data}?direction=down&depth=all")
    assert found["shown"] == len(found["nodes"]) <= 2000
    assert found["truncated"]
    (group,) = [n for n in found["nodes"] if n["kind"] == "group"]
    assert (group["count"], group["op"]) == (2100, "train")
    assert group["members"] == {"of": data, "direction": "down", "op": "train"}
    assert "2,100" in found["message"]
    assert {n["label"] for n in found["nodes"]} >= {"score"}
    (edge,) = [e for e in found["edges"] if e["target"] == group["id"]]
    assert (edge["source"], edge["label"], edge["count"]) == (data, "data", 2100)

    hids: list[str] = []
    for offset in range(0, 2200, 700):
        part = page.ask("/api/graph/members", **group["members"], offset=offset, limit=700)
        assert part["total"] == 2100
        assert {(e["source"], e["label"]) for e in part["edges"]} <= {(data, "data")}
        assert len(part["edges"]) == len(part["nodes"])
        hids += [n["id"] for n in part["nodes"]]
    assert len(hids) == len(set(hids)) == 2100
    assert all(f.batch.calls[h].op == "train" for h in hids)

    back = page.ask(f"/api/graph/around/{score}?direction=up&depth=all")
    assert back["shown"] <= 2000
    (inputs,) = [n for n in back["nodes"] if n["kind"] == "group"]
    assert inputs["count"] == 2100
    part = page.ask("/api/graph/members", **inputs["members"], offset=2090, limit=100)
    assert len(part["nodes"]) == 10
    assert {n["id"] for n in part["nodes"]} <= set(models)
    assert page.ask("/api/graph/members", 404, of="0" * 40, direction="down", op="train")

    assert page.ask(f"/api/graph/around/{data}?depth=1&limit=10")["shown"] <= 10
    assert page.ask(f"/api/graph/around/{data}?depth=1&brothers=all")["shown"] <= 2000
    compared = page.ask(f"/api/compare/{best}/{models[3]}")
    assert compared["graph"]["shown"] <= 2000
    assert compared["graph"]["truncated"]
    assert compared["graph"]["total"] == 1 + 1 + 2100 * 3 + 1
    several = page.post("/api/query", {"cypher": "MATCH (r:Ref) RETURN r"})
    assert len(several["rows"]) == len(f.batch.refs)
    assert (several["graph"]["shown"], several["graph"]["truncated"]) == (2000, True)
    assert len(page.ask("/api/table/op:train?limit=100000")["rows"]) == 2000


def test_a_deep_and_a_wide_web_end_at_the_limit(storage_url: Callable[[], str], open_page: Callable[..., Page]) -> None:
    """1,010 layers in a row; then 45 readers of each of 45 values, which are no brothers of one node."""
    f = Filler()
    end = start = f.raw("start")
    for _ in range(1010):
        (end,) = f.call("step", [("x", end)], ("y",))
    root = f.raw("root")
    for i in range(45):
        (middle,) = f.call("split", [("x", root), ("i", f.raw(i))], ("part",))
        for j in range(45):
            f.call("use", [("part", middle), ("j", f.raw(j))], ("used",))
    with Storage(storage_url()) as storage:
        storage.store.write(f.batch)
    storage.close()
    page = open_page()
    for hid, direction in ((start, "down"), (end, "up")):
        found = page.ask(f"/api/graph/around/{hid}?direction={direction}&depth=all")
        assert found["shown"] == 2000
        assert found["truncated"]
        assert "2,000" in found["message"]
        layers = sorted(abs(n["layer"]) for n in found["nodes"])
        assert layers == list(range(2000))  # the nearest ones, without a gap
    short = page.ask(f"/api/graph/around/{start}?direction=down&depth=1000")
    assert (short["shown"], short["truncated"], short["message"]) == (1001, False, None)
    some = page.ask(f"/api/graph/around/{root}?direction=down&depth=1&brothers=44")
    assert [(n["kind"], n["count"]) for n in some["nodes"]] == [("ref", 1), ("group", 45)]
    assert page.ask(f"/api/graph/around/{root}?direction=down&depth=1")["shown"] == 46
    wide = page.ask(f"/api/graph/around/{root}?direction=down&depth=all")
    assert wide["shown"] <= 2000
    assert wide["truncated"]
    assert wide["total"] >= 45 * 45
    way = page.ask(f"/api/graph/path/{start}/{end}")
    assert (way["shown"], way["total"], way["truncated"]) == (2000, 2021, True)


def test_a_store_of_very_many_ops(storage_url: Callable[[], str], open_page: Callable[..., Page]) -> None:
    f = Filler()
    for i in range(700):
        f.call(f"op_{i:04}", [("x", f.raw(i))], ("y",))
    with Storage(storage_url()) as storage:
        storage.store.write(f.batch)
    storage.close()
    found = open_page().ask("/api/graph/summary")
    assert (found["shown"], found["total"], found["truncated"]) == (2000, 2100, True)
    assert "2,100" in found["message"]
    shown = {n["id"] for n in found["nodes"]}
    assert all(e["source"] in shown and e["target"] in shown for e in found["edges"])
