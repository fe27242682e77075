"""The side panel: values without running anything, neighbours, run, code then and now."""

from __future__ import annotations

import base64
import io
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mandala_graph import MDict, MList, Storage, op
from mandala_graph.codecs.arrays import encode_buffer
from mandala_graph.codecs.envelope import seal
from mandala_graph.hashing import content_id
from mandala_graph.identity import raw_id
from mandala_graph.store.protocol import Batch, RefRow
from tests.web.conftest import Page


def test_a_call(recorded: Storage, open_page: Callable[..., Page]) -> None:
    call = recorded.calls("train")[1]
    found = open_page().ask(f"/api/node/{call.hid}")
    assert (found["kind"], found["label"], found["op"]) == ("call", "train", "train")
    assert {i["name"]: i["id"] for i in found["inputs"]} == {n: r.hid for n, r in call.inputs.items()}
    assert [(o["name"], o["id"]) for o in found["outputs"]] == [("model", call.outputs["model"].hid)]
    assert {i["name"]: i["preview"] for i in found["inputs"]}["rate"] == "0.5"
    assert found["status"] == "ok"
    assert found["duration"] == call.duration
    run = recorded.store.runs()[call.run]
    assert found["run"]["id"] == run.id
    assert found["run"]["packages"] == list(run.packages)
    assert (found["run"]["host"], found["run"]["user"], found["run"]["argv"]) == (run.host, run.user, run.argv)
    assert found["has_code"]


def test_a_failed_call(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()
    table = page.ask("/api/table/op:divide")
    at = {c["key"]: i for i, c in enumerate(table["columns"])}
    (row,) = [r for r in table["rows"] if r[at["status"]] == "failed"]
    found = page.ask(f"/api/node/{row[at['id']]}")
    assert (found["status"], found["outputs"]) == ("failed", [])
    assert {i["name"]: i["preview"] for i in found["inputs"]} == {"a": "1.0", "b": "0.0"}


def test_a_ref(recorded: Storage, open_page: Callable[..., Page]) -> None:
    made = recorded.calls("load")[0]
    x = made.outputs["X"]
    found = open_page().ask(f"/api/node/{x.hid}")
    assert (found["kind"], found["label"], found["type"]) == ("ref", "X", "numpy.ndarray")
    assert found["creator"] == {"id": made.hid, "label": "load", "name": "X"}
    readers = {c.hid for op in ("train", "evaluate") for c in recorded.calls(op)}
    assert found["consumers"]["total"] == len(readers) == 8
    assert {c["id"] for c in found["consumers"]["first"]} == readers
    assert {c["name"] for c in found["consumers"]["first"]} == {"X"}
    assert found["preview"]["kind"] == "array"
    assert found["preview"]["shape"] == [20, 3]
    assert found["preview"]["values"] == x.obj.tolist()
    assert found["preview"]["statistics"]["max"] == 1.0


def test_kinds_of_previews(recorded: Storage, open_page: Callable[..., Page]) -> None:
    page = open_page()

    def preview(ref: Any) -> Any:
        return page.ask(f"/api/node/{ref.hid}")["preview"]

    error, table = (recorded.calls("evaluate")[0].outputs[x] for x in ("error", "table"))
    assert preview(error)["kind"] == "number"
    assert preview(error)["value"] == error.obj
    shown = preview(table)
    assert (shown["kind"], shown["columns"], shown["shape"]) == ("table", ["off", "right"], [20, 2])
    assert shown["rows"] == [list(row) for row in table.obj.itertuples(index=False)]
    opaque = preview(recorded.calls("train")[0].outputs["model"])
    assert (opaque["kind"], opaque["type"]) == ("opaque", "tests.web.lab.Model")
    assert "pickle" in opaque["text"]
    best = recorded.calls("best")[0]
    assert preview(best.outputs["best"])["values"] == {
        "words": "least",
        "error": min(e.obj for e in best.inputs["errors"]),
    }
    assert preview(best.inputs["words"]) == {"kind": "text", "text": "least", "words": "'least'"}
    listed = page.ask(f"/api/node/{best.inputs['errors'].hid}")
    assert [e["id"] for e in listed["elements"]] == [e.hid for e in best.inputs["errors"]]


@op
def made(what: str) -> Any:
    return {
        "grey": np.arange(300, dtype=np.uint8).reshape(15, 20),
        "colour": np.full((9, 8, 3), 7, np.uint8),
        "png": base64.b64decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg=="
        ),
        "nan": float("nan"),
        "large": 10**400,
        "huge": 1 << 1_000_000,
        "deep": [[[[[[[[[1]]]]]]]]],
        "wide": list(range(100_000)),
        "empty": np.zeros((0, 3)),
        "complex": np.array([1 + 2j, np.nan]),
        "odd": {(1, 2): b"\xff", "t": {3}, "s": "\ud800"},
        "none": None,
        "long": "x" * 100_000,
        "frame": pd.DataFrame({f"c{i}": range(1000) for i in range(60)}),
        "script": "<script>alert(1)</script>",
    }[what]


def test_previews_of_all_kinds_of_values(storage_url: Callable[[], str], open_page: Callable[..., Page]) -> None:
    names = [
        "grey",
        "colour",
        "png",
        "nan",
        "large",
        "huge",
        "deep",
        "wide",
        "empty",
        "complex",
        "odd",
        "none",
        "long",
        "frame",
        "script",
    ]
    with Storage(storage_url()) as storage:
        refs = {n: made(n) for n in names}
    storage.close()
    page = open_page()
    found = {n: page.ask(f"/api/node/{r.hid}")["preview"] for n, r in refs.items()}
    assert found["grey"]["kind"] == found["colour"]["kind"] == found["png"]["kind"] == "image"
    assert pixels(found["grey"]["source"]) == np.arange(300, dtype=np.uint8).tobytes()
    assert found["png"]["source"].startswith("data:image/png;base64,iVBOR")
    assert (found["nan"]["kind"], found["nan"]["text"]) == ("number", "nan")
    assert found["large"]["text"] == str(10**400)
    assert found["huge"]["text"] == "an integer of 1000001 bits"
    assert found["deep"]["values"] == [[[[[["…"]]]]]]
    assert len(found["wide"]["values"]) == 201
    assert found["empty"]["shape"] == [0, 3]
    assert found["complex"]["values"][0] == "(1+2j)"
    assert found["odd"]["values"] == {"(1, 2)": "b'\\xff'", "t": [3], "s": "?"}
    assert found["none"] == {"kind": "text", "text": "None", "words": "None"}
    assert len(found["long"]["text"]) == 20_000
    assert (len(found["frame"]["columns"]), len(found["frame"]["rows"]), found["frame"]["shape"]) == (
        30,
        50,
        [1000, 60],
    )
    assert found["script"]["text"] == "<script>alert(1)</script>"


def pixels(url: str) -> bytes:
    """The bytes of a grey PNG without filters."""
    data = base64.b64decode(url.partition(",")[2])
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width = int.from_bytes(data[16:20], "big")
    at, body = 8, b""
    while at < len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        chunk = data[at + 8 : at + 8 + length]
        assert zlib.crc32(name + chunk) == int.from_bytes(data[at + 8 + length : at + 12 + length], "big")
        body += chunk if name == b"IDAT" else b""
        at += 12 + length
    raw = io.BytesIO(zlib.decompress(body))
    lines = []
    while line := raw.read(width + 1):
        assert line[0] == 0
        lines.append(line[1:])
    return b"".join(lines)


class Poison:
    """Unpickled, it leaves a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def test_a_poisoned_pickle_is_never_loaded(
    recorded: Storage, open_page: Callable[..., Page], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every part of the API is asked about a value whose pickle runs code, signed with our own key even."""
    trap = tmp_path / "it-ran"
    with recorded:
        poisoned = keep(Poison(trap))
        listed, named = many(1), by_name(1)
    recorded.commit()
    trap.unlink(missing_ok=True)
    assert pickle.loads(pickle.dumps(Poison(trap))) is None
    assert trap.exists()
    trap.unlink()
    call = recorded.get_ref_creator(poisoned)
    assert call is not None
    # A key of a dict and an unsigned pickle in place of a plain value, as only an attacker would write them.
    for ref in (listed, named):
        row = recorded.store.refs([ref.hid])[ref.hid]
        data = b"".join(bytes(c) for c in seal("pickle", row.cid, [pickle.dumps(Poison(trap))], None))
        recorded.store.write(Batch(values={row.cid: data}))
    trap.unlink(missing_ok=True)
    page = open_page()
    before = page.ask("/api/graph/summary")
    assert before["nodes"]
    for hid in (poisoned.hid, call.hid, listed.hid, named.hid):
        page.ask(f"/api/node/{hid}")
        page.ask(f"/api/graph/around/{hid}?depth=all")
        page.ask(f"/api/compare/{hid}/{poisoned.hid}")
        page.ask(f"/api/graph/path/{hid}/{poisoned.hid}")
        page.ask(f"/api/search?q={hid[:8]}")
        page.post("/api/query", {"cypher": "MATCH (r:Ref {hid: $h}) RETURN r, r.value", "parameters": {"h": hid}})
    for node in before["nodes"]:
        page.ask(f"/api/table/{node['id']}")
        page.client.get(f"/api/table/{node['id']}?format=csv")
    assert page.ask(f"/api/node/{poisoned.hid}")["preview"]["kind"] == "opaque"
    assert not trap.exists()


@op
def keep(x: Any) -> Any:
    return x


@op
def many(n: int) -> MList[Any]:  # type: ignore[valid-type]
    return [Quiet(n)]


@op
def by_name(n: int) -> MDict[Any, Any]:  # type: ignore[valid-type]
    return {(1, 2): Quiet(n)}


class Quiet:
    def __init__(self, n: int) -> None:
        self.n = n


def test_damaged_and_missing_values_are_said(storage_url: Callable[[], str], open_page: Callable[..., Page]) -> None:
    with Storage(storage_url()) as storage:
        gone, damaged = made("grey"), made("wide")
    storage.drop_values([gone])
    data = bytearray(storage.store.get_value(damaged.cid) or b"")
    data[-1] ^= 1
    storage.store.drop_values([damaged.cid], 1.0)
    storage.store.write(Batch(values={damaged.cid: bytes(data)}, refs={}))
    storage.close()
    page = open_page()
    assert "dropped on" in page.ask(f"/api/node/{gone.hid}")["preview"]["text"]
    shown = page.ask(f"/api/node/{damaged.hid}")["preview"]
    assert shown["kind"] == "opaque"
    assert "changed since they were written" in shown["text"]


def test_code_then_and_now(storage_url: Callable[[], str], open_page: Callable[..., Page], tmp_path: Path) -> None:
    import importlib.util
    import sys

    calls = []
    for i, body in enumerate(("x + 1", "x + 2")):
        (tmp_path / "steps.py").write_text(
            f"from mandala_graph import op\n\ndef helper(x):\n    return {body}\n\n@op\ndef step(x):\n    return helper(x)\n"
        )
        spec = importlib.util.spec_from_file_location("steps", tmp_path / "steps.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["steps"] = module
        spec.loader.exec_module(module)
        with Storage(storage_url()) as storage:
            calls.append(storage.get_ref_creator(module.step(i)))
        storage.close()
    del sys.modules["steps"]
    page = open_page()
    old, new = calls
    assert old is not None
    assert new is not None
    found = page.ask(f"/api/code/{old.hid}")
    assert "return x + 1" in found["then"]
    assert "return x + 2" in found["now"]
    assert "-    return x + 1" in found["diff"]
    assert "+    return x + 2" in found["diff"]
    assert {c["name"]: c["changed"] for c in found["components"]} == {"helper": True, "step": False}
    assert page.ask(f"/api/code/{new.outputs['output_0'].hid}")["diff"] == ""
    assert page.ask(f"/api/code/{new.inputs['x'].hid}", 404)["error"]["kind"] == "ValueMissing"


def test_ids_that_are_none(open_page: Callable[..., Page], recorded: Storage) -> None:
    page = open_page()
    assert page.ask(f"/api/node/{'0' * 40}", 404)["error"]["kind"] == "ValueMissing"
    assert page.ask("/api/node/xyz", 400)["error"]["kind"] == "UsageError"
    assert page.ask("/api/node/" + "A" * 40, 400)["error"]["kind"] == "UsageError"


def test_a_tensor_is_shown_without_its_library(recorded: Storage, open_page: Callable[..., Page]) -> None:
    """Written as the codec of tensors does, which needs PyTorch; reading it does not."""
    data = np.arange(6, dtype=np.float32).reshape(2, 3)
    hids = {}
    for dtype in ("float32", "bfloat16"):
        payload = encode_buffer({"dtype": dtype, "shape": (2, 3)}, memoryview(data.tobytes()))
        cid = content_id(["tensor", dtype])
        envelope = b"".join(bytes(c) for c in seal("torch.Tensor", cid, list(payload), None))
        row = RefRow(raw_id(cid), cid, "torch.Tensor", f"Tensor 2 x 3 {dtype}", 24)
        recorded.store.write(Batch(refs={row.hid: row}, values={cid: envelope}))
        hids[dtype] = row.hid
    page = open_page()
    shown = page.ask(f"/api/node/{hids['float32']}")["preview"]
    assert (shown["kind"], shown["shape"], shown["values"]) == ("array", [2, 3], data.tolist())
    unknown = page.ask(f"/api/node/{hids['bfloat16']}")["preview"]  # NumPy has no such numbers
    assert (unknown["kind"], unknown["shape"], unknown["dtype"]) == ("array", [2, 3], "bfloat16")
    assert "values" not in unknown
