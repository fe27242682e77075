"""Random programs as provenance, without any store: what they compute, and a reader over it.

`Call` and `Provenance` are plain; `MemoryReader` gives parts of a Provenance as a store would.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass

from hypothesis import strategies as st

from mandala_graph.frame.web import Web
from mandala_graph.store.reach import Part


@dataclass(frozen=True)
class Call:
    """One call; `inputs` and `outputs` are (label, ref) in canonical order, labels repeat for list elements."""

    id: str
    op: str
    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, str], ...]


class Provenance:
    """All calls, who made a ref, who uses it, and which refs are plain scalars."""

    def __init__(self, calls: Iterable[Call], scalars: Iterable[str]):
        self.calls = {c.id: c for c in calls}
        self.scalars = set(scalars)
        self.creator = {r: c.id for c in self.calls.values() for _, r in c.outputs}
        self.consumers: dict[str, set[str]] = defaultdict(set)
        for c in self.calls.values():
            for _, r in c.inputs:
                self.consumers[r].add(c.id)


def hashed(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=20).hexdigest()


OPS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "inc": (("x",), ("output_0",)),
    "scale": (("X",), ("X",)),
    "add": (("x", "y"), ("output_0",)),
    "mix": (("y", "z"), ("w",)),
    "fit": (("X", "y", "lr"), ("model", "acc")),
    "split": (("X", "seed"), ("X", "rest")),
    "step": (("state", "data"), ("state",)),
    "__make_list__": (("elts",), ("list",)),
    "__list_getitem__": (("list", "i"), ("list_item",)),
    "__make_dict__": (("keys", "values"), ("dict",)),
    "mean": (("elts",), ("output_0",)),
}
MANY = {"__make_list__": 1, "__make_dict__": 2}


class Builder:
    """Makes calls as the runtime would: same op and inputs, same call."""

    def __init__(self) -> None:
        self.calls: dict[str, Call] = {}
        self.scalars: set[str] = set()

    def raw(self, value: object, scalar: bool = True) -> str:
        ref = hashed("raw", value)
        if scalar:
            self.scalars.add(ref)
        return ref

    def call(self, op: str, inputs: list[tuple[str, str]]) -> list[str]:
        id = hashed("call", op, tuple(inputs))
        outputs = tuple((label, hashed("out", id, label)) for label in OPS[op][1])
        self.calls.setdefault(id, Call(id, op, tuple(inputs), outputs))
        return [r for _, r in outputs]

    def provenance(self) -> Provenance:
        return Provenance(self.calls.values(), self.scalars)


@st.composite
def programs(draw: st.DrawFn, max_calls: int = 9, ops: tuple[str, ...] = tuple(OPS)) -> Provenance:
    """Up to `max_calls` calls over few raw values and earlier outputs, so that refs and calls are shared a lot."""
    b = Builder()
    pool = [b.raw(i) for i in range(draw(st.integers(1, 3)))]
    pool += [b.raw(f"data {i}", scalar=False) for i in range(draw(st.integers(0, 2)))]
    for _ in range(draw(st.integers(1, max_calls))):
        op = draw(st.sampled_from(ops))
        recent = st.sampled_from(pool) if draw(st.booleans()) else st.sampled_from(pool[-4:])
        if op in MANY:
            n = draw(st.integers(1, 3))
            inputs = [(label, draw(recent)) for label in OPS[op][0] for _ in range(n)]
        else:
            labels = OPS[op][0]
            if len(labels) == 3 and draw(st.booleans()):
                labels = labels[:2]
            inputs = [(label, draw(recent)) for label in labels]
        pool += b.call(op, inputs)
    return b.provenance()


def apart(prov: Provenance) -> Provenance:
    """The same program with ops and refs of its own, told by what it does, so that many can share one store."""
    tag = "p" + hashed(sorted(prov.calls), sorted(prov.scalars))[:10]

    def edges(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((label, hashed(tag, r)) for label, r in pairs)

    calls = [Call(hashed(tag, c.id), f"{tag}.{c.op}", edges(c.inputs), edges(c.outputs)) for c in prov.calls.values()]
    return Provenance(calls, {hashed(tag, r) for r in prov.scalars})


def plain_name(op: str) -> str:
    """The name of an op before `apart`."""
    return op.rpartition(".")[2]


class MemoryReader:
    """A `store.reach.Reader` over a Provenance."""

    def __init__(self, prov: Provenance):
        self.prov = prov
        self.statements = 0

    def of_op(self, op: str, version: str | None = None) -> Part:
        return self._part([c.id for c in self.prov.calls.values() if c.op == op], [])

    def _plain(self, ref: str) -> bool:
        return ref in self.prov.scalars and ref not in self.prov.creator

    def reach(
        self,
        refs: Iterable[str],
        calls: Iterable[str],
        direction: str,
        recursive: bool,
        follow: Iterable[str],
        known: Container[str] = (),
    ) -> Part:
        self.statements += 1
        refs, follow = list(refs), set(follow)
        found = dict.fromkeys(calls)
        todo, seen = list(dict.fromkeys([*refs, *follow])), set()
        while todo:
            r = todo.pop(0)
            if r in seen:
                continue
            seen.add(r)
            near: list[str] = []
            if direction in ("back", "both") and r in self.prov.creator:
                near.append(self.prov.creator[r])
            if direction in ("forward", "both") and (not self._plain(r) or r in follow):
                near += sorted(self.prov.consumers[r])
            for c in near:
                found[c] = None
                if recursive:
                    call = self.prov.calls[c]
                    todo += [x for _, x in call.inputs]
                    todo += [x for _, x in call.outputs] if direction != "back" else []
        return self._part(list(found), refs)

    def _part(self, calls: list[str], refs: list[str]) -> Part:
        number: dict[str, int] = {}
        key = lambda r: number.setdefault(r, len(number))
        for r in refs:
            key(r)
        rows = [(i, c, self.prov.calls[c].op) for i, c in enumerate(calls)]
        inputs, outputs = [], []
        for i, c in enumerate(calls):
            call = self.prov.calls[c]
            place: dict[str, int] = defaultdict(int)
            for label, r in call.inputs:
                many = call.op in MANY
                inputs.append((i, label, place[label] if many else -1, key(r)))
                place[label] += 1
            outputs += [(i, label, key(r)) for label, r in call.outputs]
        made = self.prov.creator
        return Part.of_rows(rows, [(i, r, self._plain(r), r in made) for r, i in number.items()], inputs, outputs)


def web_of(prov: Provenance) -> Web:
    return Web(MemoryReader(prov), lambda: OPS)
