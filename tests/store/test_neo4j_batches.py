"""What a batch becomes on a server: in pieces that each stand alone, and with what rows share said once."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mandala_graph.store.neo4j_write import batch_steps, parts
from mandala_graph.store.protocol import Batch, CallRow, InputEdge, RefRow, plain_call
from mandala_graph.store.statements import statement

HIDS = st.integers(0, 30).map(lambda n: f"r{n:02}")


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Calls that read and make any refs, some of which are in the store already and not in the batch."""
    batch = Batch()
    for hid in draw(st.lists(HIDS, unique=True)):
        value = draw(st.sampled_from([None, 1, "x", 2.5]))
        dropped = draw(st.sampled_from([None, None, 7.0]))
        kind = draw(st.sampled_from(["int", "NoneType", "list"]))
        batch.refs[hid] = RefRow(hid, "c" + hid, kind, "p", 8, value, draw(st.sampled_from([None, "list"])), dropped)
    for n in range(draw(st.integers(0, 12))):
        inputs = [InputEdge(f"x{i % 2}", h, i) for i, h in enumerate(draw(st.lists(HIDS, max_size=4)))]
        outputs = [(f"y{i}", h) for i, h in enumerate(draw(st.lists(HIDS, max_size=3)))]
        op = draw(st.sampled_from(["f", "g"]))
        call = CallRow(f"k{n:02}", f"c{n}", op, "v", "run", 1.0 * n, 0.5, "ok", tuple(inputs), tuple(outputs))
        batch.calls[call.hid] = draw(st.sampled_from([call, plain_call(call)]))
    batch.cuts = sorted(draw(st.sets(st.integers(1, max(len(batch.calls), 1)))) if batch.calls else [])
    return batch


@given(batches())
def test_pieces_have_every_row_once_and_refs_come_no_later_than_the_calls_that_name_them(batch: Batch) -> None:
    refs: dict[str, Any] = {}
    calls: dict[str, Any] = {}
    ends = []
    for piece in parts(batch):
        assert not refs.keys() & piece.refs.keys()
        refs.update(piece.refs)
        calls.update(piece.calls)
        ends.append(len(calls))
        for call in piece.calls.values():
            named = {edge[1] for edge in call[8]} | {ref for _, ref in call[9]}
            assert named & batch.refs.keys() <= refs.keys()
    assert (refs, list(calls)) == (batch.refs, list(batch.calls))
    assert set(ends) <= {*batch.cuts, len(batch.calls)}


@given(batches())
def test_parameters_say_what_the_rows_said(batch: Batch) -> None:
    refs, calls = [], []
    for text, parameters in batch_steps(batch, set()):
        assert text == statement("write/batch")
        kinds, groups = parameters["kinds"], parameters["groups"]
        for hid, cid, preview, nbytes, value, kind in parameters["refs"]:
            type, structure, dropped = kinds[kind]
            refs.append(RefRow(hid, cid, type, preview, nbytes, value, structure, dropped))
        assert not set(parameters["ends"]) & batch.refs.keys()
        places = [*[row[0] for row in parameters["refs"]], *parameters["ends"]]
        for hid, cid, started, duration, read, made, group in parameters["calls"]:
            op, version, run, status, inputs, outputs = groups[group]
            edges = tuple([InputEdge(n, places[p], i) for (n, i), p in zip(inputs, read, strict=True)])
            ends = tuple([(n, places[p]) for n, p in zip(outputs, made, strict=True)])
            calls.append(CallRow(hid, cid, op, version, run, started, duration, status, edges, ends))
    assert refs == [batch.refs[h] for h in sorted(batch.refs)]
    assert calls == [batch.calls[h] for h in sorted(batch.calls)]
