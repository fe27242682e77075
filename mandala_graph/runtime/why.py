"""Why a value is what it is: the calls that made it, in the order in which each can follow the others, in words.

Everything said comes from the graph; no value is loaded. Calls that only build or read a list, dict, set or tuple are
told as part of the calls that they serve.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from mandala_graph.errors import ValueMissing
from mandala_graph.store.protocol import CallRow, RefRow, RunRow, Store
from mandala_graph.store.selection import Selection, around
from mandala_graph.structures import MAKE_OPS, STRUCT_OP_NAMES, STRUCT_OPS

__all__ = ["Account", "Step", "lasted", "why"]

_WIDTH = 60
_ELEMENTS = 4
_DEEP = 5
_KEYS = {ops.getitem: (ops.container, ops.key) for ops in STRUCT_OPS.values()}


@dataclass(frozen=True)
class Step:
    """One call, its number, and for each of its input edges the number of the step that made it (None: given)."""

    number: int
    call: CallRow
    sources: tuple[int | None, ...]


@dataclass
class Account:
    """The history of a ref or call. `str()` tells it in words; `given` are the refs that no call made."""

    hid: str
    steps: list[Step]
    given: list[str]
    runs: list[RunRow]
    part: Selection = field(repr=False)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self, most: int | None = None, width: int = _WIDTH) -> Iterator[str]:
        """The account line by line, of at most `most` steps (the last ones)."""
        words = _Words(self, width)
        yield words.beginning()
        left_out = 0 if most is None else max(0, len(self.steps) - most)
        if self.steps:
            yield ""
        if left_out:
            yield f"({left_out} earlier steps are left out)"
        for step in self.steps[left_out:]:
            yield words.step(step)
        if self.steps:
            yield ""
            yield from words.end()


def why(store: Store, hid: str) -> Account:
    """The account of a ref or call.

    Errors: ValueMissing where there is none of that hid.

    >>> from mandala_graph import Storage, op
    >>> @op(output_names=["y"])
    ... def inc(x):
    ...     return x + 1
    >>> with Storage() as storage:
    ...     y = inc(inc(1))
    >>> print("\\n".join(list(why(storage.store, y.hid).lines())[:4]))
    3 (int) is the output y of inc, step 2.
    <BLANKLINE>
    1. inc(x=1) gave y = 2.
    2. inc(x=y of step 1) gave y = 3.
    """
    part = around(store, hid, "up")
    if hid not in part.refs and hid not in part.calls:
        raise ValueMissing(f"no ref or call {hid} in this store.")
    makers = {ref: c.hid for c in part.calls.values() for _, ref in c.outputs}
    numbers: dict[str, int] = {}
    steps = []
    for call in _in_order(part, makers):
        if call.op not in STRUCT_OP_NAMES:
            numbers[call.hid] = len(numbers) + 1
            sources = tuple(numbers.get(makers.get(e.ref, "")) for e in call.inputs)
            steps.append(Step(numbers[call.hid], call, sources))
    wanted = {s.call.run for s in steps}
    runs = sorted((r for r in store.runs().values() if r.id in wanted), key=lambda r: (r.started, r.id))
    used = {e.ref for c in part.calls.values() for e in c.inputs}
    given = [ref for ref in part.refs if ref in used and ref not in makers]
    return Account(hid, steps, given, runs, part)


def _in_order(part: Selection, makers: dict[str, str]) -> Iterator[CallRow]:
    """Calls after those that made what they read; where that leaves a choice, as they began."""
    needs = {c.hid: {makers[e.ref] for e in c.inputs if e.ref in makers} for c in part.calls.values()}
    after: dict[str, list[str]] = {}
    for hid, others in needs.items():
        for other in others:
            after.setdefault(other, []).append(hid)
    ready = [(part.calls[h].started, h) for h, others in needs.items() if not others]
    heapq.heapify(ready)
    while ready:
        _, hid = heapq.heappop(ready)
        yield part.calls[hid]
        for other in after.get(hid, ()):
            needs[other].discard(hid)
            if not needs[other]:
                heapq.heappush(ready, (part.calls[other].started, other))


class _Words:
    """An account in words."""

    def __init__(self, account: Account, width: int) -> None:
        self.account = account
        self.width = width
        self.refs = account.part.refs
        self.makers = {ref: c for c in account.part.calls.values() for _, ref in c.outputs}
        self.numbers = {s.call.hid: s.number for s in account.steps}

    def value(self, row: RefRow | None) -> str:
        if row is None:
            return "?"
        text = row.preview or f"a {row.type}"
        text = text if len(text) <= self.width else text[: self.width - 1] + "…"
        return f"{text} (since dropped)" if row.dropped is not None else text

    def beginning(self) -> str:
        hid = self.account.hid
        row = self.refs.get(hid)
        if row is None:
            call = self.account.part.calls[hid]
            number = f", step {self.numbers[hid]}" if hid in self.numbers else ""
            return f"This is a call of {call.op}{number}."
        what = f"{self.value(row)} ({row.type})"
        call_ = self.makers.get(hid)
        if call_ is None:
            return f"{what} was given to a call as it is: nothing here made it."
        if call_.op in MAKE_OPS:
            return f"{what} was put together from values: {self.expression(hid, 0)}."
        if call_.op in STRUCT_OP_NAMES:
            return f"{what} is a part of a result: {self.expression(hid, 0)}."
        return f"{what} is the output {_name(call_, hid)} of {call_.op}, step {self.numbers[call_.hid]}."

    def step(self, step: Step) -> str:
        call = step.call
        outputs = [f"{name} = {self.value(self.refs.get(ref))}" for name, ref in sorted(call.outputs)]
        did = f"gave {', '.join(outputs)}" if outputs else "failed" if call.status == "failed" else "gave nothing"
        return f"{step.number}. {call.op}({self.inputs(call)}) {did}."

    def inputs(self, call: CallRow) -> str:
        edges = sorted(call.inputs, key=lambda e: (e.name, -1 if e.index is None else e.index))
        return ", ".join(f"{e.name}={self.expression(e.ref, 0)}" for e in edges)

    def expression(self, ref: str, depth: int) -> str:
        """What an input was: a given value, an output of a step, or a structure of such."""
        maker = self.makers.get(ref)
        if maker is None or depth > _DEEP:
            return self.value(self.refs.get(ref))
        if maker.op in MAKE_OPS:
            return self.structure(maker, depth)
        if maker.op in _KEYS:
            container, key = _KEYS[maker.op]
            inside = {e.name: e.ref for e in maker.inputs}
            at = self.value(self.refs.get(inside.get(key, "")))
            return f"{self.expression(inside.get(container, ''), depth + 1)}[{at}]"
        return f"{_name(maker, ref)} of step {self.numbers[maker.hid]}"

    def structure(self, maker: CallRow, depth: int) -> str:
        columns: dict[str, list[str]] = {}
        for e in sorted(maker.inputs, key=lambda e: (e.name, -1 if e.index is None else e.index)):
            columns.setdefault(e.name, []).append(e.ref)
        if "keys" in columns:
            pairs = zip(columns["keys"], columns.get("values", ()), strict=False)
            parts = [f"{self.expression(k, depth + 1)}: {self.expression(v, depth + 1)}" for k, v in pairs]
            return f"{{{_few(parts)}}}"
        parts = [self.expression(ref, depth + 1) for ref in columns.get("elts", ())]
        return f"[{_few(parts)}]" if maker.op == STRUCT_OPS["list"].make else f"{{{_few(parts)}}}" if (
            maker.op == STRUCT_OPS["set"].make
        ) else f"({_few(parts)})"  # fmt: skip

    def end(self) -> Iterator[str]:
        account = self.account
        given = sorted({self.value(self.refs[ref]) for ref in account.given})
        if given:
            yield f"It all comes from {_count(len(given), 'value')} given from outside: {_few(given, 12)}."
        seconds = sum(s.call.duration for s in account.steps)
        yield f"{_count(len(account.steps), 'call')} took {lasted(seconds)} in all, each counted once."
        for run in account.runs:
            moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.started))
            commit = f", commit {run.git_commit[:12]}" if run.git_commit else ""
            dirty = " with uncommitted changes" if run.git_dirty else ""
            yield f"Run {run.id[:10]} on {moment} by {run.user}@{run.host}: {run.argv}{commit}{dirty}."


def lasted(seconds: float) -> str:
    """How long, with its unit.

    >>> lasted(0.00002), lasted(0.25), lasted(90), lasted(600)
    ('20 µs', '250 ms', '90 s', '10 min')
    """
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.3g} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"


def _name(call: CallRow, ref: str) -> str:
    return next((name for name, r in call.outputs if r == ref), "?")


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _few(parts: list[str], most: int = _ELEMENTS) -> str:
    return ", ".join(parts if len(parts) <= most else [*parts[:most], f"… {len(parts) - most} more"])
