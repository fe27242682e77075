"""Calls that are durable, but not in the graph yet: batches as rows of one table, put into the graph many at a time.

Ids are hashes, so each new one dirties a page of its own in every index that holds it, and a commit writes all pages
that it dirtied: with a hundred thousand calls in a store, a batch of some hundred new ones writes three pages a call.
A program that makes thousands of calls a second therefore appends its batches here, as JSON in one row each, and
*settles* them by the ten thousand, so that a page is written once for many calls. Whoever reads the graph settles
first; whoever opens the file after a program was killed does too. Settling a batch twice is harmless, as writing is.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterable

from mandala_graph.store.protocol import SETTLE_SECONDS, Batch, CallRow, InputEdge, RefRow

__all__ = ["Recent", "append", "decode", "encode", "ids", "load", "remove"]

SETTLE_CALLS = 20_000
"""So many calls are settled at the latest, or those of `SETTLE_SECONDS`."""
APPEND_CALLS = 50
"""A batch of fewer calls is written at once: there are few pages to save, and others see it sooner."""

_ABANDONED = 10.0  # seconds after which rows of others are settled too: their program was killed, or stands still


def encode(batch: Batch) -> str:
    """Refs and calls of a batch as JSON; an edge names its ref by its place among the refs, or by hid.

    >>> ref = RefRow("r" * 40, "c" * 40, "float", "1.5", 24, 1.5)
    >>> call = CallRow("h" * 40, "i" * 40, "f", "", "run", 1.0, 0.5, "ok", (InputEdge("x", ref.hid),), ())
    >>> batch = Batch(refs={ref.hid: ref}, calls={call.hid: call})
    >>> decode(encode(batch)) == batch
    True
    """
    place = {hid: i for i, hid in enumerate(batch.refs)}
    calls = [
        (
            *call[:8],
            [(name, place.get(ref, ref), index) for name, ref, index in call[8]],
            [(name, place.get(ref, ref)) for name, ref in call[9]],
        )
        for call in batch.calls.values()
    ]
    return json.dumps([list(batch.refs.values()), calls], separators=(",", ":"), check_circular=False)


def decode(text: str) -> Batch:
    """The batch that `encode` gave as text."""
    refs, calls = json.loads(text)
    batch = Batch(refs={row[0]: RefRow._make(row) for row in refs})
    hids = list(batch.refs)

    def hid(ref: int | str) -> str:
        return hids[ref] if isinstance(ref, int) else ref

    for *facts, inputs, outputs in calls:
        read = tuple([InputEdge(name, hid(ref), index) for name, ref, index in inputs])
        made = tuple([(name, hid(ref)) for name, ref in outputs])
        batch.calls[facts[0]] = CallRow._make((*facts, read, made))
    return batch


def append(connection: sqlite3.Connection, batch: Batch, now: float) -> int:
    """Keep the refs and calls of a batch as a row; its id."""
    inserted = connection.execute("INSERT INTO pending (at, rows) VALUES (?, ?)", (now, encode(batch)))
    assert inserted.lastrowid is not None
    return inserted.lastrowid


def ids(connection: sqlite3.Connection, abandoned: bool = False) -> list[int]:
    """The ids of all rows; only of those that nobody else will settle soon, when `abandoned`."""
    found = connection.execute("SELECT id, at FROM pending ORDER BY id").fetchall()
    now = time.time()
    return [i for i, at in found if not abandoned or not now - _ABANDONED < at < now + _ABANDONED]


def load(connection: sqlite3.Connection, ids: Iterable[int]) -> Batch:
    """The batches of these rows as one."""
    whole = Batch()
    for i in ids:
        for (text,) in connection.execute("SELECT rows FROM pending WHERE id = ?", (i,)):
            part = decode(text)
            whole.refs = {**part.refs, **whole.refs}
            whole.calls = {**part.calls, **whole.calls}
    return whole


def remove(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Delete these rows."""
    connection.executemany("DELETE FROM pending WHERE id = ?", [(i,) for i in ids])


class Recent:
    """What this process appended and did not settle yet: settling it needs no reading."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.clear()

    def clear(self) -> None:
        """All of it was settled."""
        self.batch = Batch()
        self.ids: list[int] = []
        self.since = 0.0

    def add(self, id: int, batch: Batch) -> None:
        """Remember a batch that was appended."""
        if not self.ids:
            self.since = time.monotonic()
        self.ids.append(id)
        for hid, ref in batch.refs.items():
            self.batch.refs.setdefault(hid, ref)
        for hid, call in batch.calls.items():
            self.batch.calls.setdefault(hid, call)

    def due(self) -> bool:
        """Is it time to settle?"""
        return bool(self.ids) and (
            len(self.batch.calls) >= SETTLE_CALLS or time.monotonic() - self.since >= SETTLE_SECONDS
        )
