"""What a batch becomes on a Neo4j server: statements of `cypher/write` with their parameters. Nothing is sent here.

What many rows share is said once, because packing a parameter costs the program as much as computing a short op does.

>>> from mandala_graph.store.protocol import InputEdge
>>> ref = RefRow("r" * 40, "c" * 40, "int", "5", 28, 5)
>>> call = CallRow("h" * 40, "i" * 40, "f", "v", "run", 1.0, 0.5, "ok", (InputEdge("x", ref.hid),), ())
>>> ((_, parameters),) = batch_steps(Batch(refs={ref.hid: ref}, calls={call.hid: call}), set())
>>> parameters["kinds"], parameters["groups"], parameters["calls"][0][2:]
([('int', None, None)], [('f', 'v', 'run', 'ok', (('x', None),), ())], [1.0, 0.5, [0], [], 0])
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from mandala_graph.store.neo4j_link import Step
from mandala_graph.store.pages import pages
from mandala_graph.store.protocol import Batch, CallRow, RefRow
from mandala_graph.store.statements import statement
from mandala_graph.store.whole import named

__all__ = ["batch_steps", "parts"]

_REFS_A_STATEMENT = 5_000
_WORK_A_STATEMENT = 5_000  # calls + edges; about a thousand calls, beyond which batches gain nothing


def batch_steps(batch: Batch, put: set[str]) -> list[Step]:
    """The statements of a batch, in the order in which writers of the same things do not block one another.

    `put` are the cids of values whose bytes are there now.
    """
    found: list[Step] = []
    for name, rows in (
        ("ops", batch.ops),
        ("components", batch.components),
        ("versions", batch.versions),
        ("changes", batch.changes),
        ("runs", batch.runs),
    ):
        for page in pages(sorted(map(list, rows.values()), key=lambda r: str(r[0]))):
            found.append((statement(f"write/{name}"), {"rows": page}))
    refs = [batch.refs[hid] for hid in sorted(batch.refs)]
    calls = [batch.calls[hid] for hid in sorted(batch.calls)]
    written = sorted(put)
    groups = list(_by_work(calls))
    if len(groups) <= 1 and max(len(refs), len(written)) <= _REFS_A_STATEMENT:
        if refs or written or calls:
            found.append(_graph(refs, written, calls))
        return found
    found += [_graph(page, [], []) for page in pages(refs, _REFS_A_STATEMENT)]
    found += [_graph([], page, []) for page in pages(written, _REFS_A_STATEMENT)]
    found += [_graph([], [], group) for group in groups]
    return found


def parts(batch: Batch) -> Iterator[Batch]:
    """A batch in pieces of about a thousand calls, each with the refs it names, so that a statement has both.

    >>> calls = {str(i): CallRow(str(i), "", "f", "", "", 0.0, 0.0, "ok", (), (("y", f"r{i}"),)) for i in range(3)}
    >>> refs = {f"r{i}": RefRow(f"r{i}", "", "int", str(i), 28, i) for i in range(4)}
    >>> [(list(b.refs), list(b.calls)) for b in parts(Batch(refs=refs, calls=calls, cuts=[2]))]
    [(['r0', 'r1', 'r3'], ['0', '1']), (['r2'], ['2'])]
    """
    if not batch.cuts:
        yield batch
        return
    refs = dict(batch.refs)
    pieces: list[Batch] = []
    rest = iter(batch.calls.items())
    done = 0
    for cut in (*batch.cuts, len(batch.calls)):
        piece = Batch(calls=dict(islice(rest, cut - done)))
        done = cut
        for call in piece.calls.values():
            for hid in named(call):
                if hid in refs:
                    piece.refs[hid] = refs.pop(hid)
        pieces.append(piece)
    first = pieces[0]
    first.refs.update(refs)  # those that no call of the batch names
    yield replace(batch, refs=first.refs, calls=first.calls, cuts=[])
    yield from [piece for piece in pieces[1:] if piece]


def _graph(refs: Sequence[RefRow], written: list[str], calls: Iterable[CallRow]) -> Step:
    kinds: dict[Any, int] = {}
    groups: dict[Any, int] = {}
    places: dict[str, int] = {}
    ref_rows: list[Any] = []
    for hid, cid, type, preview, nbytes, value, structure, dropped in refs:
        places[hid] = len(places)
        kind = kinds.setdefault((type, structure, dropped), len(kinds))
        ref_rows.append([hid, cid, preview, nbytes, value, kind])
    here = len(places)
    call_rows: list[Any] = []
    for hid, cid, op, version, run, started, duration, status, inputs, outputs in calls:
        read = [places.setdefault(ref, len(places)) for _, ref, _ in inputs]
        made = [places.setdefault(ref, len(places)) for _, ref in outputs]
        key = (op, version, run, status, tuple([(n, i) for n, _, i in inputs]), tuple([n for n, _ in outputs]))
        group = groups.setdefault(key, len(groups))
        call_rows.append([hid, cid, started, duration, read, made, group])
    parameters = {
        "refs": ref_rows,
        "kinds": list(kinds),
        "ends": list(islice(places, here, None)),
        "written": written,
        "calls": call_rows,
        "groups": list(groups),
    }
    return statement("write/batch"), parameters


def _by_work(calls: Iterable[CallRow]) -> Iterator[list[CallRow]]:
    """Group calls so that a statement makes a bounded number of edges."""
    group: list[CallRow] = []
    work = 0
    for call in calls:
        if group and work >= _WORK_A_STATEMENT:
            yield group
            group, work = [], 0
        group.append(call)
        work += 1 + len(call[8]) + len(call[9])
    if group:
        yield group
