"""What a batch needs to be in the store already, and what is left of it when another program has deleted that.

Between the moment in which a program uses a ref and the one in which its batch is written, another program may drop
the call that made the ref, and all that depend on it. The outcome is then as if the batch had been written first:
its calls that depend on the ref are gone too.
"""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace

from mandala_graph.errors import StoreError
from mandala_graph.store.protocol import Batch, CallRow

__all__ = ["ends", "named", "without"]

log = logging.getLogger("mandala_graph")


def named(call: CallRow) -> list[str]:
    """The refs that a call reads, then those that it made."""
    return [*[edge[1] for edge in call[8]], *[ref for _, ref in call[9]]]


def ends(batch: Batch) -> set[str]:
    """The refs that the calls of a batch name and that are none of its own.

    >>> call = CallRow("h", "", "f", "", "", 0.0, 0.0, "ok", (("x", "r1", None),), (("y", "r2"),))
    >>> sorted(ends(Batch(calls={"h": call})))
    ['r1', 'r2']
    """
    return {ref for call in batch.calls.values() for ref in named(call)} - batch.refs.keys()


def without(batch: Batch, gone: Iterable[str], deletions: int) -> Batch:
    """The batch without the calls that name one of these refs, and without all that read what those made; logged.

    Raises StoreError if nothing was ever deleted from the store (`deletions`): the batch is wrong then.

    >>> made = [
    ...     CallRow(h, "", "f", "", "", 0.0, 0.0, "ok", (("x", x, None),), (("y", y),))
    ...     for h, x, y in [("h1", "r1", "r2"), ("h2", "r2", "r3"), ("h3", "r5", "r4")]
    ... ]
    >>> batch = Batch(refs=dict.fromkeys(["r2", "r3", "r4"]), calls={c.hid: c for c in made}, cuts=[2, 3])
    >>> left = without(batch, ["r1"], deletions=1)
    >>> list(left.calls), list(left.refs), left.cuts
    (['h3'], ['r4'], [0, 1])
    """
    lost = set(gone)
    if not deletions:
        call = next(c for c in batch.calls.values() if not lost.isdisjoint(named(c)))
        raise StoreError(
            f"call {call[0]} of {call[2]} names a ref which is neither in its batch nor in the store. Nothing was written."
        )
    calls: dict[str, CallRow] = batch.calls
    before = -1
    while before != len(calls):
        before = len(calls)
        kept: dict[str, CallRow] = {}
        for hid, call in calls.items():
            if lost.isdisjoint(named(call)):
                kept[hid] = call
            else:
                lost.update([ref for _, ref in call[9]])
        calls = kept
    log.warning(
        "%d calls are not kept: another program has deleted what they read, and what depended on it, meanwhile; "
        "call their ops again to have them (the first: %s)",
        len(batch.calls) - len(calls),
        next(f"{call[2]}, {hid}" for hid, call in batch.calls.items() if hid not in calls),
    )
    places = [i for i, hid in enumerate(batch.calls) if hid in calls]
    refs = {hid: row for hid, row in batch.refs.items() if hid not in lost}
    return replace(batch, refs=refs, calls=calls, cuts=[bisect_left(places, cut) for cut in batch.cuts])
