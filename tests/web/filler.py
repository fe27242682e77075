"""Rows of calls, without running any: webs of a given shape in little time."""

from __future__ import annotations

from typing import Any

from mandala_graph.hashing import content_id
from mandala_graph.identity import call_id, output_id, raw_id
from mandala_graph.store.protocol import Batch, CallRow, InputEdge, OpRow, RefRow

__all__ = ["Filler"]


class Filler:
    """Collects a batch; `raw` and `call` give the hids of what they add."""

    def __init__(self) -> None:
        self.batch = Batch()
        self.clock = 1.0

    def raw(self, value: Any) -> str:
        cid = content_id(value)
        self.batch.refs[raw_id(cid)] = RefRow(raw_id(cid), cid, type(value).__name__, repr(value), 8, value)
        return raw_id(cid)

    def call(self, op: str, inputs: list[tuple[str, str]], outputs: tuple[str, ...], listed: bool = False) -> list[str]:
        """The hids of the outputs of a call; `inputs` are (name, ref), with their places when `listed`."""
        edges = tuple(InputEdge(x, r, i if listed else None) for i, (x, r) in enumerate(inputs))
        hid = call_id(op, "", [(e.name, e.index, e.ref) for e in edges])
        self.clock += 1
        made = tuple((name, output_id(hid, name)) for name in outputs)
        for name, ref in made:
            cid = content_id([hid, name])
            self.batch.refs[ref] = RefRow(ref, cid, "float", repr(self.clock), 8, self.clock)
        self.batch.ops.setdefault(op, OpRow(op, "", op, "", tuple(dict.fromkeys(x for x, _ in inputs)), outputs))
        self.batch.calls[hid] = CallRow(hid, hid, op, "", "r", self.clock, 0.5, "ok", edges, made)
        return [r for _, r in made]
