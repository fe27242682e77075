"""The answers to the saved questions, worked out in plain Python from a batch of rows: no Cypher, no SQL."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from typing import Any

from mandala_graph.store.protocol import Batch, CallRow

__all__ = ["ANSWERS"]

Row = dict[str, Any]


def _inputs(batch: Batch, c: CallRow) -> list[str]:
    return [f"{e.name} = {batch.refs[e.ref].preview}" for e in sorted(c.inputs, key=lambda e: (e.name, e.ref))]


def _below(batch: Batch, ref: str) -> tuple[set[str], set[str]]:
    """Calls and refs downstream of a ref."""
    readers = defaultdict(set)
    for c in batch.calls.values():
        for e in c.inputs:
            readers[e.ref].add(c.hid)
    calls: set[str] = set()
    refs: set[str] = set()
    todo = [ref]
    while todo:
        for hid in readers[todo.pop()] - calls:
            calls.add(hid)
            new = {h for _, h in batch.calls[hid].outputs} - refs
            refs |= new
            todo += new
    return calls, refs


def _above(batch: Batch, ref: str) -> set[str]:
    """Calls upstream of a ref."""
    makers = defaultdict(set)
    for c in batch.calls.values():
        for _, h in c.outputs:
            makers[h].add(c.hid)
    calls: set[str] = set()
    todo = [ref]
    while todo:
        for hid in makers[todo.pop()] - calls:
            calls.add(hid)
            todo += [e.ref for e in batch.calls[hid].inputs]
    return calls


def _by(calls: Iterable[CallRow], key: Callable[[CallRow], Any]) -> dict[Any, list[CallRow]]:
    groups: dict[Any, list[CallRow]] = defaultdict(list)
    for c in calls:
        groups[key(c)].append(c)
    return groups


def best_runs(batch: Batch, metric: str) -> Iterator[Row]:
    for c in batch.calls.values():
        for name, ref in c.outputs:
            if name == metric and (value := batch.refs[ref].value) is not None:
                yield {"call": c.hid, "op": c.op, "metric": value, "run": c.run, "inputs": _inputs(batch, c)}


def biggest_values(batch: Batch) -> Iterator[Row]:
    for r in batch.refs.values():
        makers = sorted(c.op for c in batch.calls.values() if r.hid in {h for _, h in c.outputs})
        readers = sum(e.ref == r.hid for c in batch.calls.values() for e in c.inputs)
        yield {
            "ref": r.hid, "type": r.type, "bytes": r.nbytes, "preview": r.preview, "made_by": (makers or [None])[0],
            "read_by": readers,
        }  # fmt: skip


def compare_runs(batch: Batch, first: str, second: str) -> Iterator[Row]:
    of_two = [c for c in batch.calls.values() if c.run in (first, second)]
    groups = _by(of_two, lambda c: (c.op, c.cid))
    alone = [(op, {c.run for c in calls}) for (op, _), calls in groups.items()]
    for (op, run), n in _count((op, *runs) for op, runs in alone if len(runs) == 1).items():
        yield {"op": op, "only_in": run, "calls": n}


def _count(keys: Iterable[Any]) -> dict[Any, int]:
    found: dict[Any, int] = defaultdict(int)
    for k in keys:
        found[k] += 1
    return found


def dirty_runs(batch: Batch) -> Iterator[Row]:
    for r in batch.runs.values():
        if r.git_dirty:
            n = sum(c.run == r.id for c in batch.calls.values())
            yield {
                "run": r.id,
                "started": r.started,
                "commit": r.git_commit,
                "user": r.user,
                "host": r.host,
                "calls": n,
            }


def duplicated_work(batch: Batch) -> Iterator[Row]:
    for (op, cid), calls in _by(batch.calls.values(), lambda c: (c.op, c.cid)).items():
        if len(calls) > 1:
            times = sorted(c.duration for c in calls)
            yield {"op": op, "contents": cid, "calls": len(calls), "repeated": sum(times[:-1])}


def failures(batch: Batch) -> Iterator[Row]:
    for c in batch.calls.values():
        if c.status == "failed":
            yield {"call": c.hid, "op": c.op, "started": c.started, "run": c.run, "inputs": _inputs(batch, c)}


def from_data_set(batch: Batch, ref: str) -> Iterator[Row]:
    for op, calls in _by((batch.calls[h] for h in _below(batch, ref)[0]), lambda c: c.op).items():
        starts = [c.started for c in calls]
        yield {
            "op": op, "calls": len(calls), "total": sum(c.duration for c in calls), "first": min(starts),
            "last": max(starts),
        }  # fmt: skip


def old_versions(batch: Batch) -> Iterator[Row]:
    for v in batch.versions.values():
        calls = [c for c in batch.calls.values() if c.version == v.id]
        if not v.active and calls:
            yield {
                "op": v.op, "version": v.id, "created": v.created, "calls": len(calls),
                "last": max(c.started for c in calls),
            }  # fmt: skip


def orphans(batch: Batch) -> Iterator[Row]:
    used = {e.ref for c in batch.calls.values() for e in c.inputs}
    used |= {h for c in batch.calls.values() for _, h in c.outputs}
    for r in batch.refs.values():
        if r.hid not in used:
            yield {"ref": r.hid, "type": r.type, "bytes": r.nbytes, "preview": r.preview}


def run_timeline(batch: Batch, run: str) -> Iterator[Row]:
    for c in batch.calls.values():
        if c.run == run:
            yield {"started": c.started, "duration": c.duration, "op": c.op, "status": c.status, "call": c.hid}


def slowest_ops(batch: Batch) -> Iterator[Row]:
    for op, calls in _by(batch.calls.values(), lambda c: c.op).items():
        times = [c.duration for c in calls]
        yield {
            "op": op, "calls": len(calls), "total": sum(times), "mean": statistics.fmean(times), "longest": max(times),
        }  # fmt: skip


def varying_inputs(batch: Batch, op: str) -> Iterator[Row]:
    pairs: dict[tuple[str, str], list[tuple[str, str, str]]] = defaultdict(list)
    for c in batch.calls.values():
        if c.op == op:
            for i, j in combinations(sorted(c.inputs, key=lambda e: e.name), 2):
                if i.name < j.name:
                    pairs[i.name, j.name].append((batch.refs[i.ref].cid, batch.refs[j.ref].cid, c.hid))
    for (first, second), found in pairs.items():
        yield {
            "first": first, "second": second, "first_values": len({a for a, _, _ in found}),
            "second_values": len({b for _, b, _ in found}), "pairs": len({(a, b) for a, b, _ in found}),
            "calls": len({c for _, _, c in found}),
        }  # fmt: skip


def what_depends(batch: Batch, ref: str) -> Iterator[Row]:
    calls, refs = _below(batch, ref)
    for c in (batch.calls[h] for h in calls):
        for name, h in c.outputs:
            if h in refs:
                r = batch.refs[h]
                yield {
                    "ref": h, "op": c.op, "output": name, "type": r.type, "preview": r.preview, "started": c.started,
                }  # fmt: skip


def where_from(batch: Batch, ref: str) -> Iterator[Row]:
    for c in (batch.calls[h] for h in _above(batch, ref)):
        yield {
            "call": c.hid, "op": c.op, "started": c.started, "duration": c.duration, "run": c.run,
            "inputs": _inputs(batch, c),
        }  # fmt: skip


def path_between(batch: Batch, start: str, end: str) -> Iterator[Row]:
    """Only how long: there may be several ways of that length."""
    steps, near = 0, {start}
    seen: set[str] = set()
    while near:
        seen |= near
        steps += 2
        calls = [c for c in batch.calls.values() if any(e.ref in near for e in c.inputs)]
        near = {h for c in calls for _, h in c.outputs} - seen
        if end in near:
            yield {"steps": steps}
            return


def _nodes(hids: Iterable[str]) -> Iterator[Row]:
    """Rows of nodes, told by their keys (see `test_questions`)."""
    for hid in set(hids):
        yield {"n": hid}


def draw_op(batch: Batch, op: str) -> Iterator[Row]:
    calls = [c for c in batch.calls.values() if c.op == op]
    ends = [e.ref for c in calls for e in c.inputs] + [h for c in calls for _, h in c.outputs]
    return _nodes([*(c.hid for c in calls), *ends])


def impact(batch: Batch, ref: str) -> Iterator[Row]:
    calls, refs = _below(batch, ref)
    return _nodes([*calls, *refs, *({ref} & batch.refs.keys())])


def lineage(batch: Batch, ref: str) -> Iterator[Row]:
    calls = _above(batch, ref)
    read = [e.ref for h in calls for e in batch.calls[h].inputs]
    return _nodes([*calls, *read, *({ref} & batch.refs.keys())])


ANSWERS: dict[str, Callable[..., Iterator[Row]]] = {
    f.__name__.replace("_", "-"): f
    for f in (
        best_runs, biggest_values, compare_runs, dirty_runs, duplicated_work, failures, from_data_set, old_versions,
        orphans, draw_op, impact, lineage, path_between, run_timeline, slowest_ops, varying_inputs, what_depends, where_from,
    )
}  # fmt: skip
"""By name of the question: from the batch and the question's parameters (without `limit`) to its rows, in any order."""
