"""What a user does with frames, on both engines, through a Storage."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from mandala_graph import MList, Storage, op
from mandala_graph.errors import FrameError, JoinTooLarge, UnknownNode, UsageError, ValueDropped
from mandala_graph.frame import (
    CallCollection,
    ComputationFrame,
    RefCollection,
    ValueCollection,
    from_op,
    from_refs,
    path,
)
from mandala_graph.frame import downstream as all_downstream
from mandala_graph.frame import upstream as all_upstream


@op(output_names=["y"])
def increment(x):
    return x + 1


@op(output_names=["w"])
def add(y, z):
    return y + z


@op(output_names=["model", "acc"])
def train(data, lr):
    return ("model", lr), round(1 - lr, 3)


@op
def mean(nums: MList[float]) -> float:
    return sum(nums) / len(nums)


@op
def grow(state, by):
    return [*state, by]


@pytest.fixture
def storage(storage_url: Callable[[], str], tmp_path: Path) -> Any:
    url = storage_url()
    with Storage(url, **({"values": tmp_path / "values"} if "://" in url else {})) as s:
        for x in range(5):
            y = increment(x)
            if x % 2 == 0:
                add(y=y, z=x)
        data = increment(100)
        for lr in (0.1, 0.2, 0.3):
            train(data, lr)
        mean([1.0, 2.0, 4.0])
    yield s
    s.close()


@pytest.fixture
def cf(storage: Storage) -> ComputationFrame:
    return from_op(storage, add).expand_back(recursive=True)


def check(cf: ComputationFrame) -> ComputationFrame:
    assert cf.body.problems() == []
    return cf


def test_reading_a_frame(cf: ComputationFrame, storage: Storage) -> None:
    assert (cf.vnames, cf.fnames) == ({"y", "z", "w"}, {"add", "increment"})
    assert {v: len(h) for v, h in cf.vs.items()} == {"y": 3, "z": 3, "w": 3}
    assert cf.nodes == cf.vnames | cf.fnames
    assert sorted(cf.edges()) == cf.edges()
    assert cf.in_neighbors("add") == {"y", "z"}
    assert cf.out_neighbors("increment") == {"y"}
    assert cf.sources == {"z"}
    assert cf.sinks == {"w"}
    assert cf.ops()["add"].outputs == ("w",)
    assert {storage.unwrap(r) for r in cf.get_var_values("w")} == {1, 5, 9}
    assert set(cf.calls) == cf.fs["add"] | cf.fs["increment"]
    assert set(cf.refs) == cf.vs["y"] | cf.vs["z"] | cf.vs["w"]
    assert cf.calls_by_func()["add"] == {c for c in cf.calls.values() if c.op.name == "add"}
    call = min(cf.calls_by_func()["add"], key=lambda c: c.hid)
    assert cf.get_adj_elts("add", [call.hid], "forward") == {"w": {call.outputs["w"].hid}}
    assert cf.get_adj_elts("add", [call.hid], "back")["y"] == {call.inputs["y"].hid}
    assert cf.get_adj_elts_edge(("y", "add", "y"), [call.inputs["y"].hid], "forward") == {call.hid}
    assert cf.get_source_elts()["z"] == cf.vs["z"]
    assert cf.get_sink_elts()["w"] == cf.vs["w"]
    assert cf.get_reachable_nodes(["y"], "forward") == {"y", "add", "w"}
    assert cf.get_reachable_elts({"y": cf.vs["y"]}, "forward", "weak")["w"] == cf.vs["w"]
    assert cf.get_reachable_elts({"y": cf.vs["y"]}, "forward", "strong")["w"] == set()
    assert cf.sort_nodes(["w", "add", "z"]) == ["z", "add", "w"]


def test_calls_around_a_variable_and_histories(cf: ComputationFrame, storage: Storage) -> None:
    assert {c.hid for c in cf["y"].get_creators("y")} == cf.fs["increment"]
    assert {c.hid for c in cf["y"].get_consumers("y")} == cf.fs["add"]
    assert {c.op.name for c in cf.get_consumers(["z"])} == {"add", "increment"}
    assert cf["w"].get_creators([]) == set()
    assert cf.in_neighbor_elts("add", cf.fs["add"]) == {"y": cf.vs["y"], "z": cf.vs["z"]}
    assert cf.get_direct_history("y", cf.vs["y"]) == {"y": cf.vs["y"], "z": cf.vs["z"]}
    assert cf.get_total_history("w", cf.vs["w"], include_calls=True) == cf.sets
    assert cf.get_all_edges_on_paths_between("y", "w") == {("y", "add"), ("add", "w")}
    assert cf.get_all_edges_on_paths_between("w", "y") == set()


def test_outputs_that_were_left_out_can_be_added(storage: Storage) -> None:
    (call, *_) = from_op(storage, train).calls_by_func()["train"]
    cf = from_refs(storage, call.outputs["acc"]).expand_back()
    assert cf.vnames == {"v", "data", "lr"}
    assert check(cf.complete_func("train", "outputs")).vnames == {"v", "data", "lr", "model"}
    bare = check(cf.drop(["data", "lr"]).complete_func("train", "inputs"))
    assert bare.edges() == cf.edges()
    with pytest.raises(UsageError, match='"inputs" or "outputs"'):
        cf.complete_func("train", "both")


def test_a_function_of_what_tables_show(cf: ComputationFrame) -> None:
    seen: list[Any] = []
    shown = cf.apply(lambda v: (seen.append(v), v * 10)[1])
    assert seen == []
    assert shown.df("w")["w"].tolist() == [10, 50, 90]
    assert sorted(seen) == [1, 5, 9]
    assert cf.df("w")["w"].tolist() == [1, 5, 9]
    hids = cf.apply(lambda r: r.hid, to="refs").df("w", values="refs")["w"]
    assert hids.tolist() == [r.hid for r in cf.df("w", values="refs")["w"]]
    with pytest.raises(UsageError, match="apply a function"):
        cf.apply(str, to="calls")


def test_every_method_has_an_example() -> None:
    for name, member in inspect.getmembers(ComputationFrame):
        if not name.startswith("_"):
            assert ">>>" in (inspect.getdoc(member) or ""), f"{name} has no example"


def test_tables(cf: ComputationFrame) -> None:
    df = cf.df()
    assert list(df.columns) == ["z", "increment", "y", "add", "w"]
    assert df[["z", "y", "w"]].values.tolist() == [[0, 1, 1], [2, 3, 5], [4, 5, 9]]
    assert {r.hid for r in cf.df(values="refs")["w"]} == set(cf.df(values="ids")["w"]) == cf.vs["w"]
    assert all(hasattr(r, "hid") for r in cf.df(lazy_vars=["y"])["y"])
    assert cf.df("w", "y").columns.tolist() == ["y", "w"]
    assert cf.df("w")["w"].tolist() == [1, 5, 9]
    table = cf.get_func_table("add", values="objs")
    assert sorted(map(tuple, table[["y", "z", "w"]].values.tolist())) == [(1, 0, 1), (3, 2, 5), (5, 4, 9)]
    history = cf.get_history_df("y", values="objs", include_calls=False)
    assert history.values.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert len(cf.get_joint_history_df(["w", "y"])) == 3


def test_partial_rows(storage: Storage) -> None:
    cf = check(from_op(storage, increment).expand_forward())
    df = cf.df("x", "w")
    assert df["x"].tolist() == [0, 1, 2, 3, 4, 100]
    assert [None if math.isnan(w) else w for w in df["w"]] == [1, None, 5, None, 9, None]
    assert cf.df("x", "w", join_how="inner")["w"].tolist() == [1, 5, 9]


def test_collections_in_cells(storage: Storage) -> None:
    cf = check(from_op(storage, mean).expand_all())
    row = cf.df().iloc[0]
    assert sorted(row["elts"]) == [1.0, 2.0, 4.0]
    assert isinstance(row["elts"], ValueCollection)
    assert isinstance(cf.df(values="refs").iloc[0]["elts"], RefCollection)
    assert row["nums"] == [1.0, 2.0, 4.0]
    backwards = from_op(storage, "__make_list__")
    assert isinstance(backwards.merge(["elts"]).df("elts", "list").iloc[0]["elts"], ValueCollection)
    assert CallCollection(()) == CallCollection(())


def test_loops(storage: Storage) -> None:
    with storage:
        state: Any = []
        for i in range(4):
            state = grow(state, i)
    cf = check(from_refs(storage, state).expand_back(recursive=True))
    assert cf.fnames == {"grow"}
    row = cf.df().iloc[0]
    assert len(row["grow"]) == 4
    assert len(from_refs(storage, state).expand_back(recursive=True, unroll=None).fnames) == 4
    assert "grow" in cf.to_svg()


def test_filters(storage: Storage) -> None:
    cf = from_op(storage, train).expand_back(recursive=True)
    best = check(cf.where("acc > 0.75"))
    assert best.df()["lr"].tolist() == [0.1, 0.2]
    assert check(cf.where("acc > 0.75 AND lr <> 0.1")).df()["lr"].tolist() == [0.2]
    assert check(cf.where("lr IN [0.3, 7]")).df()["acc"].tolist() == [0.7]
    assert check(cf.where("acc > lr * 4")).df()["lr"].tolist() == [0.1]
    assert check(cf.where(lambda acc, lr: acc + lr > 0 and lr > 0.2)).df()["lr"].tolist() == [0.3]
    assert check(cf.where(model=lambda m: m[1] == 0.1)).df()["acc"].tolist() == [0.9]
    assert check(cf.isin([0.1, 0.2], node="lr")).df()["acc"].tolist() == [0.9, 0.8]
    assert len(check(cf.isin(list(cf.fs["train"])[:1], by="hid", node_class="func", node="train")).fs["train"]) == 1
    assert check(cf["acc"] < 0.85).df("acc")["acc"].tolist() == [0.7, 0.8]
    versions = {c.version for c in cf.calls_by_func()["train"]}
    assert len(check(cf.at_version(*versions)).fs["train"]) == 3
    with pytest.raises(FrameError, match="no call of the frame"):
        cf.at_version("0" * 40)


def test_selecting(storage: Storage) -> None:
    cf = from_op(storage, increment).expand_all()
    assert check(cf["x"]).nodes == {"x"}
    assert check(cf[["x", "increment"]]).edges() == [("x", "increment", "x")]
    assert (
        check(cf.select_subsets({"x": [], **{n: s for n, s in cf.sets.items() if n != "x"}})).fs["increment"] == set()
    )
    up = check(cf.upstream("w"))
    assert len(up.fs["add"]) == 3
    assert len(up.fs["increment"]) == 3
    down = check(cf.downstream("x"))
    assert len(down.fs["add"]) == 3
    assert check(cf.midstream("x", "w")).nodes == {"x", "increment", "y", "add", "w"}
    assert check(cf.drop_unreachable("back")).nodes == cf.nodes
    assert check(cf.drop_unreachable("forward", "weak")).nodes == cf.nodes


def test_changing_nodes(cf: ComputationFrame, storage: Storage) -> None:
    assert check(cf.rename(vars={"y": "z", "z": "y"})).in_neighbors("add") == {"y", "z"}
    renamed = check(cf.rename(vars={"w": "total"}, funcs={"add": "plus"}))
    assert ("plus", "total", "w") in renamed.edges()
    assert cf.rename(vars={"w": "v"}, inplace=True) is None
    assert "v" in cf.vnames
    cf.rename_var("v", "w", inplace=True)
    assert check(cf.drop(["increment"])).fnames == {"add"}
    assert check(cf.drop("y", with_dependents=True)).nodes == {"z", "increment"}
    assert check(cf.drop_var("z")).vnames == {"y", "w"}
    assert check(cf.drop_func("add")).fnames == {"increment"}
    parts = check(cf.split("w", by=lambda w: w > 4))
    assert sorted(len(parts.vs[v]) for v in ("w", "w_0")) == [1, 2]
    merged = check(parts.merge(["w", "w_0"], new_name="all"))
    assert len(merged.vs["all"]) == 3
    assert len(check(cf.split("add", by="version")).fnames) == 2
    split = check(cf.split("add", by=lambda call: storage.unwrap(call.inputs["z"]) > 1))
    assert sorted(len(split.fs[f]) for f in ("add", "add_0")) == [1, 2]
    ref = next(iter(cf.get_var_values("y")))
    moved = check(cf.move_ref("y", "z", ref.hid, inplace=False))
    assert len(moved.fs["add"]) == 2
    assert check(cf.drop_ref("y", ref.hid, inplace=False)).df("w")["w"].size >= 2
    call = next(iter(cf.calls_by_func()["add"]))
    without = cf.drop_call("add", call.hid, inplace=False)
    assert len(without.fs["add"]) == 2
    assert check(without.add_call("add", call, inplace=False)).sets == cf.sets
    assert check(cf.add_ref("extra", ref, inplace=False)).vs["extra"] == {ref.hid}
    assert check(cf.merge_into("z", "y")).vnames == {"y", "w"}
    assert check(cf.merge_vars()).vnames == cf.vnames
    assert check(cf["y"].cleanup()).nodes == {"y"}
    with pytest.raises(FrameError, match="unique"):
        cf.rename(vars={"y": "z"})
    with pytest.raises(FrameError, match="of one kind"):
        cf.merge(["y", "add"])
    with pytest.raises(FrameError, match="only one op"):
        cf.merge(["increment", "add"])


def test_algebra(storage: Storage) -> None:
    cf = from_op(storage, train)
    a, b = cf.where("lr < 0.25"), cf.where("lr > 0.15")
    assert check(a | b).sets == cf.sets
    assert check(a & b).df()["lr"].tolist() == [0.2]
    assert check(a - b).fs["train"] == set()  # the data that all share go, and calls without an input with them
    numbers = from_op(storage, increment)
    assert check(numbers - numbers.where("x > 1")).df("x")["x"].tolist() == [0, 1]
    other = from_op(storage, train).where("lr < 0.15")
    assert len(check(b | other).fs["train"]) == 3
    assert ComputationFrame.union(a, b, other).sets == cf.sets
    assert len(ComputationFrame.intersection(a, b).fs["train"]) == 1
    diff = a.diff(b).set_index("name")
    assert diff.loc["train", ["only_here", "both", "only_there"]].tolist() == [1, 1, 1]
    with Storage() as elsewhere:
        train(1, 2)
    with pytest.raises(FrameError, match="different stores"):
        a | from_op(elsewhere, train)
    with pytest.raises(UsageError, match="combine with frames"):
        a | {"x"}


def test_words_and_figures(cf: ComputationFrame, capsys: pytest.CaptureFixture[str]) -> None:
    cf.print_graph()
    assert capsys.readouterr().out.splitlines() == ["z@source", "y = increment(x=z)", "w@sink = add(y=y, z=z)"]
    cf.info()
    cf.info("y", "add")
    printed = capsys.readouterr().out
    assert "variable y: 3 refs" in printed
    assert "function add (add): 3 calls" in printed
    stats = cf.stats().set_index("name")
    assert stats.loc["add", "count"] == 3
    assert stats.loc["w", "bytes"] == 24
    assert cf.get_var_stats().set_index("name").loc["w", "types"] == "int"
    assert cf.get_func_stats().set_index("name").loc["add", "num_calls"] == 3
    assert "2 functions (6 calls)" in repr(cf)


def test_pictures(cf: ComputationFrame, tmp_path: Path) -> None:
    for theme in ("auto", "light", "dark"):
        root = ElementTree.fromstring(cf.to_svg(theme=theme))
        texts = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
        assert {"add", "increment", "3 calls", "3 values", "z", "y", "w"} <= set(texts)
    cf.draw(tmp_path / "frame.svg")
    assert (tmp_path / "frame.svg").read_text().startswith("<svg")
    pytest.importorskip("resvg_py")
    cf.draw(tmp_path / "frame.png", theme="dark")
    assert (tmp_path / "frame.png").read_bytes().startswith(b"\x89PNG")
    assert cf.to_dot().count("->") == len(cf.edges())
    assert cf.to_mermaid().count("-->") == len(cf.edges())
    assert "<svg" in cf._repr_html_()
    with pytest.raises(UsageError, match=r"\.svg or \.png"):
        cf.draw(tmp_path / "frame.gif")
    odd = cf.rename(vars={"w": 'a<b&"c"'})
    ElementTree.fromstring(odd.to_svg())


def test_saved_frames_come_back(cf: ComputationFrame, storage: Storage, tmp_path: Path) -> None:
    cf.save(tmp_path / "view.json")
    again = check(ComputationFrame.load(storage, tmp_path / "view.json"))
    assert again.sets == cf.sets
    assert again.edges() == cf.edges()
    with Storage() as other, pytest.raises(FrameError, match="is a frame of store"):
        ComputationFrame.load(other, tmp_path / "view.json")
    (tmp_path / "junk.json").write_text(json.dumps([1]))
    with pytest.raises(FrameError, match="no saved frame"):
        ComputationFrame.load(storage, tmp_path / "junk.json")


def test_values_that_nobody_looks_at_are_not_loaded(
    cf: ComputationFrame, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.forget()
    loaded: list[Any] = []
    real = storage.load
    monkeypatch.setattr(storage, "load", lambda ref: (loaded.append(ref), real(ref))[1])
    full = from_op(storage, train).expand_back(recursive=True)
    full.where("acc > 0.75").df(lazy_vars=["model"])
    full.draw()
    full.stats()
    assert loaded == []
    full.df()
    assert len(loaded) == 3  # the models, once each


def test_dropped_values_are_counted_and_the_rest_is_shown(storage: Storage) -> None:
    cf = from_op(storage, train)
    storage.drop_values(list(cf.get_var_values("model")))
    fresh = from_op(storage, train)
    assert fresh.df("lr", "acc")["acc"].tolist() == [0.9, 0.8, 0.7]
    assert len(fresh.df(lazy_vars=["model"])) == 3
    assert fresh.get_var_stats().set_index("name").loc["model", "dropped"] == 3
    with pytest.raises(ValueDropped, match="run train again"):
        fresh.df()


def test_a_table_that_would_explode_is_refused(storage: Storage) -> None:
    with storage:
        shared = increment(50)
        for i in range(6):
            train(shared, i)
            add(shared, i)
    cf = check(from_refs(storage, shared).expand_forward())
    assert len(cf.df(values="ids")) == 36
    with pytest.raises(JoinTooLarge, match=r"36 rows.*max_rows is 20.*multiply"):
        cf.df(max_rows=20)


def test_cypher_gives_the_rows(storage: Storage) -> None:
    frames = [
        from_op(storage, increment).expand_forward(),
        from_op(storage, train).expand_all(),
        from_op(storage, mean).expand_all(),
        from_op(storage, add).expand_back(recursive=True).where("w > 1"),
    ]
    for cf in frames:
        got = storage.query(cf.cypher())
        want = cf.df(values="ids")
        assert set(got.columns) == set(want.columns)
        assert rows(got) == rows(want)
    looped = from_op(storage, increment)
    looped.body.add_edge(("y", "increment", "x"))
    with pytest.raises(FrameError, match="loop"):
        looped.cypher()


def test_cypher_of_a_long_chain(storage: Storage) -> None:
    with storage:
        for x in (100, 200):
            for _ in range(30):
                x = increment(x)
    cf = from_refs(storage, x).expand_all(unroll=None)
    assert len(cf.fs) == 30
    assert rows(storage.query(cf.cypher())) == rows(cf.df(values="ids"))


def rows(df: Any) -> list[list[tuple[str, list[str]]]]:
    def ids(cell: Any) -> list[str]:
        if isinstance(cell, str):
            return [cell]
        return sorted(cell) if isinstance(cell, (list, tuple)) else []

    return sorted([sorted((n, ids(r[n])) for n in df.columns) for r in df.to_dict("records")])


def test_deleting_calls(storage: Storage) -> None:
    cf = from_op(storage, train).where("lr > 0.15")
    assert len(cf.delete_calls(dry_run=True)) == 2
    assert len(cf.delete_calls()) == 2
    assert from_op(storage, train).df()["lr"].tolist() == [0.1]
    assert len(from_op(storage, train).delete_calls_from_df(from_op(storage, train).df())) == 1
    assert len(from_op(storage, train).df()) == 0


def test_bad_input_says_what_would_do(cf: ComputationFrame, storage: Storage) -> None:
    with pytest.raises(UnknownNode, match="did you mean increment"):
        cf.df("incremnt")
    with pytest.raises(UnknownNode, match="no 'q' here"):
        cf.where("q > 1")
    for bad in ("w >", "f(w) > 1", "3 > 2", "(w)-->() > 1"):
        with pytest.raises(UsageError):
            cf.where(bad)
    for call in (
        lambda: cf.df(values="what"),
        lambda: cf.df(join_how="left"),
        lambda: cf.expand_back(unroll=0),
        lambda: cf.get_reachable_nodes(["y"], "up"),
        lambda: cf.upstream("w", how="very"),
        lambda: cf.split("w", by=3),
        lambda: from_refs(storage, [3]),
        lambda: from_op(storage, 3),
        lambda: cf.where(),
        lambda: cf < cf,
    ):
        with pytest.raises(UsageError):
            call()
    with Storage() as other:
        stranger = increment(1)
        foreign = increment(stranger)
    with pytest.raises(FrameError, match="not in this store"):
        from_refs(storage, foreign)
    never = check(from_op(storage, "never_called").expand_all())
    assert len(never.df()) == 0
    assert never.fs == {"never_called": set()}
    assert other is not storage


def test_the_whole_store_by_op(storage: Storage) -> None:
    cf = check(storage.cf())
    assert cf.fnames == {"increment", "add", "train", "mean", "__make_list__"}
    assert ("y", "train", "data") in cf.edges()
    assert ("list", "mean", "nums") in cf.edges()


def test_ways_without_a_frame(storage: Storage) -> None:
    with storage:
        a = increment(1)
        b = add(a, 7)
    up = all_upstream(storage, b)
    assert {x.hid for x in up} >= {a.hid}
    assert b.hid in {x.hid for x in all_downstream(storage, a)}
    way = path(storage, a, b)
    assert [way[0].hid, way[-1].hid] == [a.hid, b.hid]
    assert len(way) == 3
    assert path(storage, b, a) == []
