"""What is in a store, as the command line says it: exact JSON on both engines, and what stands on a line."""

from __future__ import annotations

from typing import Any

from tests.cli.conftest import Shell


def ref(row: Any) -> dict[str, Any]:
    return {"kind": "ref", **row._asdict()}


def test_ops(shell: Shell) -> None:
    found = {o["name"]: o for o in shell.json("ops")}
    assert {n: (o["calls"], o["failed"], o["versions"]) for n, o in found.items()} == {
        "about": (1, 0, 1), "best": (1, 0, 1), "fails": (1, 1, 1), "matrix": (3, 0, 1), "parts": (1, 0, 1),
        "test": (3, 0, 1), "train": (3, 0, 1),
    }  # fmt: skip
    storage = shell.open()
    calls = storage.calls("train")
    row = storage.store.ops()["train"]
    storage.close()
    took = found["train"].pop("duration")
    assert abs(took - sum(c.duration for c in calls)) < 1e-12
    assert found["train"] == {
        "kind": "op", "name": "train", "module": "tests.store.sample", "qualname": "train",
        "doc": "Learn, at a rate.", "inputs": ["rate", "steps"], "outputs": ["model", "score"],
        "identity": row.identity, "renamed": list(row.renamed), "calls": 3, "failed": 0,
        "last": max(c.started for c in calls), "versions": 1,
    }  # fmt: skip
    assert {o["name"] for o in shell.json("ops", "--structs")} - set(found) == {"__make_list__", "__dict_getitem__"}
    header, *rows = shell.run("ops").splitlines()
    assert header.split("\t")[:4] == ["op", "calls", "failed", "versions"]
    assert [r.split("\t")[0] for r in rows] == sorted(found)


def test_calls(shell: Shell) -> None:
    storage = shell.open()
    rows = storage.store.calls(storage.store.calls_of("train"))
    refs = storage.store.refs(
        {e.ref for c in rows.values() for e in c.inputs} | {r for c in rows.values() for _, r in c.outputs}
    )
    storage.close()
    expected = [
        {
            "kind": "call", **{k: v for k, v in c._asdict().items() if k not in ("inputs", "outputs")},
            "inputs": [{"name": e.name, "index": None, "ref": ref(refs[e.ref])} for e in sorted(c.inputs)],
            "outputs": [{"name": n, "ref": ref(refs[r])} for n, r in sorted(c.outputs)],
        }
        for c in sorted(rows.values(), key=lambda c: -c.started)
    ]  # fmt: skip
    assert shell.json("calls", "train") == expected
    assert shell.json("calls", "train", "--oldest", "-n", 2) == expected[::-1][:2]
    assert [i["ref"]["value"] for i in expected[0]["inputs"]] == [0.75, 100]
    run, version = expected[0]["run"], expected[0]["version"]
    assert [c["op"] for c in shell.json("calls", "--run", run[:12], "--version", version[:12])] == ["train"] * 3
    assert [c["op"] for c in shell.json("calls", "--status", "failed")] == ["fails"]
    assert {c["op"][:2] for c in shell.json("calls", "-n", 100)} == {"ab", "be", "fa", "ma", "pa", "te", "tr"}
    assert "__make_list__" in {c["op"] for c in shell.json("calls", "-n", 100, "--structs")}
    lines = shell.run("calls", "train").splitlines()
    assert lines[1].split("\t")[:4] == [
        expected[0]["hid"], "train", "rate=0.75, steps=100", "model={'rate': 0.75, 'score':…, score=75.0"
    ]  # fmt: skip
    assert "no op is called 'tran'. Did you mean train?" in shell.run("calls", "tran", code=1)


def test_show_a_ref(shell: Shell) -> None:
    model, score = shell.refs["model 0.5"], shell.refs["score 0.5"]
    storage = shell.open()
    maker = storage.get_ref_creator(model)
    (reader,) = storage.get_consumers([model])
    rows = storage.store.refs([model.hid, score.hid])
    storage.close()
    assert maker is not None
    assert shell.json("show", model.hid[:12]) == {
        **ref(rows[model.hid]),
        "made_by": {"call": maker.hid, "op": "train", "name": "model"},
        "readers": 1,
        "read_by": [{"call": reader.hid, "op": "test", "name": "model"}],
        "same_contents": [],
    }
    raw = maker.inputs["rate"]
    shown = shell.json("show", raw.hid)
    assert shown["made_by"] is None
    assert shown["same_contents"] == [shell.refs["accuracy 0.5"].hid]  # 0.5, made by another history
    assert shell.json("show", shell.refs["small"].cid)["hid"] == shell.refs["small"].hid  # by its contents
    steps = shell.json("show", maker.inputs["steps"].hid, "-n", 2)
    assert (steps["readers"], len(steps["read_by"])) == (3, 2)
    text = shell.run("show", score.hid)
    assert f"made by   train {maker.hid}, as its output score" in text


def test_show_other_things(shell: Shell) -> None:
    storage = shell.open()
    call = storage.get_ref_creator(shell.refs["best"])
    assert call is not None
    version = storage.store.versions()[call.version]
    component = storage.store.components(version.components)[version.components[0]]
    run = storage.store.runs()[call.run]
    storage.close()
    shown = shell.json("show", call.hid)
    assert [(e["name"], e["ref"]["preview"]) for e in shown["inputs"]] == [("accuracies", "list of 3")]
    assert [(e["name"], e["ref"]["value"]) for e in shown["outputs"]] == [("output_0", 0.75)]
    assert shell.json("show", version.id) == {
        "kind": "version", **version._asdict(), "calls": 1,
        "components": [{"id": component.id, "module": "tests.store.sample", "name": "best", "kind": "function"}],
    }  # fmt: skip
    assert shell.json("show", component.id) == shell.json("show", "tests.store.sample.best")
    assert shell.json("show", component.id) == {
        "kind": "component", **component._asdict(), "versions": [version.id], "changed_to": []
    }  # fmt: skip
    assert "    return max(accuracies)" in shell.run("show", component.id)
    assert shell.json("show", run.id) == {
        "kind": "run", **run._asdict(), "packages": list(run.packages),
        "calls": {"__dict_getitem__": 3, "__make_list__": 1, "about": 1, "best": 1, "matrix": 3, "parts": 1, "test": 3, "train": 3},
    }  # fmt: skip
    op = shell.json("show", "best")
    assert (op["name"], op["calls"], op["versions"]) == ("best", 1, [version.id])
    for id in (call.hid, version.id, run.id, "best"):
        assert id in shell.run("show", id)


def test_an_id_that_may_mean_several_things_lists_them(shell: Shell) -> None:
    storage = shell.open()
    ids = [*storage.store.keys("Ref"), *storage.store.keys("Call")]
    storage.close()
    first = next(i for i in "0123456789abcdef" if sum(k.startswith(i) for k in ids) > 1)
    message = shell.run("upstream", first, code=2)
    several = [k for k in ids if k.startswith(first)]
    assert message.splitlines()[0] == (f"mandala-graph: '{first}' may mean {len(several)} things, give more of the id:")
    assert {line.split()[1] for line in message.splitlines()[1:]} == set(several)
    assert "no ref or call has an id" in shell.run("upstream", "not an id", code=1)


def test_log(shell: Shell) -> None:
    storage = shell.open()
    runs, versions = storage.store.runs(), storage.store.versions()
    storage.close()
    entries = shell.json("log", "-n", 100)
    assert [e["at"] for e in entries] == sorted((e["at"] for e in entries), reverse=True)
    assert {e["id"] for e in entries if e["kind"] == "run"} == set(runs)
    assert {e["id"]: (e["op"], e["added"]) for e in entries if e["kind"] == "version"} == {
        v.id: (v.op, [v.op]) for v in versions.values()
    }
    assert next(e["calls"] for e in entries if e["kind"] == "run") == {"fails": 1}
    assert {e["kind"] for e in shell.json("log", "--code")} == {"version"}
    assert {e["kind"] for e in shell.json("log", "--runs")} == {"run"}
    assert [(e["kind"], e.get("op")) for e in shell.json("log", "fails", "-n", 9)] == [("run", None)]
    assert "best: +best" in shell.run("log")


def test_info(shell: Shell) -> None:
    storage = shell.open()
    facts = storage.info()
    storage.close()
    facts["cached_calls"] = 0
    assert shell.json("info") == facts
    assert "17 Call" in shell.run("info")
