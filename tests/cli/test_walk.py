"""Walks through provenance on the command line, on both engines, against the store's own answers."""

from __future__ import annotations

import re
from typing import Any

from tests.cli.conftest import Shell
from tests.store.sample import train


def ids(part: Any) -> set[str]:
    return {n["hid"] for n in part["nodes"]}


def test_upstream_and_downstream(shell: Shell) -> None:
    best, model = shell.refs["best"], shell.refs["model 0.25"]
    storage = shell.open()
    up = {x.hid for x in storage.upstream(best)} | {best.hid}
    down = {x.hid for x in storage.downstream(model)} | {model.hid}
    test_call = storage.get_consumers([model])[0].hid
    storage.close()
    found = shell.json("upstream", best.hid[:10])
    assert found["start"] == best.hid
    assert ids(found) == up
    assert len(up) == 20
    hids = ids(found)
    assert all(e["source"] in hids and e["target"] in hids for e in found["edges"])
    assert sorted(e["index"] for e in found["edges"] if e["name"] == "elts") == [0, 1, 2]
    assert ids(shell.json("downstream", model.hid)) == down
    near = shell.json("downstream", model.hid, "--depth", 1)
    assert ids(near) == {model.hid, test_call, shell.refs["accuracy 0.25"].hid}
    assert ids(shell.json("upstream", best.hid, "-d", 2)) < up
    call = shell.json("downstream", test_call, "-d", 1)
    assert ids(call) == {test_call, shell.refs["accuracy 0.25"].hid}
    rows = [line.split("\t") for line in shell.run("upstream", best.hid).splitlines()]
    assert {r[1] for r in rows[1:]} == up - {best.hid}


def test_the_tree_on_a_terminal(shell: Shell) -> None:
    text = re.sub(
        "\x1b\\[[0-9;]*m", "", shell.run("upstream", shell.refs["accuracy 0.5"].hid, env={"FORCE_COLOR": "1"})
    )
    words = [re.sub(" [0-9a-f]{10}$", "", line) for line in text.splitlines()]
    assert words == [
        "0.5",
        "└─ test (accuracy)",
        "   └─ model = {'rate': 0.5, 'score': 50.0}",
        "      └─ train (model)",
        "         ├─ rate = 0.5",
        "         └─ steps = 100",
    ]
    short = shell.run("upstream", shell.refs["best"].hid, "-n", 3, env={"FORCE_COLOR": "1"})
    assert short.splitlines()[3:] == ["… --limit 3 was reached"]


def test_path(shell: Shell) -> None:
    model, best = shell.refs["model 0.25"], shell.refs["best"]
    found = shell.json("path", model.hid, best.hid)
    assert [n.get("op", n.get("preview")) for n in found] == [
        "{'rate': 0.25, 'score': 25.0}", "test", "0.25", "__make_list__", "list of 3", "best", "0.75",
    ]  # fmt: skip
    assert shell.json("path", best.hid, model.hid, code=1) == []
    assert "nothing leads from" in shell.run("path", best.hid, model.hid, code=1)
    assert len(shell.run("path", model.hid, best.hid).splitlines()) == 8


WORDS = """\
0.75 (float) is the output output_0 of best, step 7.

1. train(rate=0.25, steps=100) gave model = {'rate': 0.25, 'score': 25.0}, score = 25.0.
2. test(model=model of step 1) gave accuracy = 0.25.
3. train(rate=0.5, steps=100) gave model = {'rate': 0.5, 'score': 50.0}, score = 50.0.
4. test(model=model of step 3) gave accuracy = 0.5.
5. train(rate=0.75, steps=100) gave model = {'rate': 0.75, 'score': 75.0}, score = 75.0.
6. test(model=model of step 5) gave accuracy = 0.75.
7. best(accuracies=[accuracy of step 2, accuracy of step 4, accuracy of step 6]) gave output_0 = 0.75.

It all comes from 4 values given from outside: 0.25, 0.5, 0.75, 100.
"""


def test_why_in_words(shell: Shell) -> None:
    text = shell.run("why", shell.refs["best"].hid)
    assert text.startswith(WORDS)
    assert re.search(r"^7 calls took .* in all, each counted once\.$", text, re.M)
    assert re.search(r"^Run [0-9a-f]{10} on \d{4}-.* by \S+@\S+: ", text, re.M)
    few = shell.run("why", shell.refs["best"].hid, "--steps", 1)
    assert "(6 earlier steps are left out)\n7. best(" in few
    dropped = shell.run("why", shell.refs["dropped"].hid)
    assert "(since dropped) (numpy.ndarray) is the output output_0 of matrix, step 1." in dropped


def test_why_of_parts_of_structures(shell: Shell) -> None:
    storage = shell.open()
    element = storage.elements(shell.refs["parts"])["part 1"]
    raw = storage.get_ref_creator(shell.refs["best"])
    assert raw is not None
    made = raw.inputs["accuracies"]
    failed = storage.calls("fails")[0]
    storage.close()
    assert shell.run("why", element.hid).startswith("1 (int) is a part of a result: output_0 of step 1['part 1'].")
    assert shell.run("why", made.hid).startswith(
        "list of 3 (list) was put together from values: [accuracy of step 2, accuracy of step 4, accuracy of step 6]."
    )
    assert "1. fails(x=1) failed." in shell.run("why", failed.hid)
    assert shell.run("why", failed.inputs["x"].hid) == "1 (int) was given to a call as it is: nothing here made it.\n"


def test_why_as_json(shell: Shell) -> None:
    found = shell.json("why", shell.refs["best"].hid)
    assert found["id"] == shell.refs["best"].hid
    assert [(s["number"], s["call"]["op"]) for s in found["steps"]] == [
        (1, "train"), (2, "test"), (3, "train"), (4, "test"), (5, "train"), (6, "test"), (7, "best"),
    ]  # fmt: skip
    assert [s["sources"] for s in found["steps"]][:2] == [[None, None], [1]]
    assert sorted(r["value"] for r in found["given"]) == [0.25, 0.5, 0.75, 100]
    assert len(found["runs"]) == 1
    assert abs(found["duration"] - sum(s["call"]["duration"] for s in found["steps"])) < 1e-12


def test_diff_of_histories(shell: Shell) -> None:
    a, b = shell.refs["accuracy 0.25"], shell.refs["accuracy 0.5"]
    assert shell.json("diff", a.hid, b.hid) == {
        "a": a.hid,
        "b": b.hid,
        "differences": [{"where": "test.model.train.rate", "what": "value", "a": "0.25", "b": "0.5"}],
        "code": "",
    }
    assert shell.run("diff", a.hid, a.hid, code=1) == "mandala-graph: nothing differs.\n"
    with shell.open() as storage:
        fewer = train(0.25, steps=50)[1]
    storage.close()
    found = shell.json("diff", fewer.hid, shell.refs["best"].hid)
    assert [d["what"] for d in found["differences"]] == ["op"]
    where = [d["where"] for d in shell.json("diff", fewer.hid, shell.refs["score 0.25"].hid)["differences"]]
    assert where == ["train.steps"]
