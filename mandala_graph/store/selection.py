"""A part of the provenance graph as rows: what is around some refs or calls, or the calls of an op, run or version.

What a part looks like as JSON, CSV or GraphML is `export`'s matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from mandala_graph.store.protocol import CallRow, RefRow, Store
from mandala_graph.store.reach import reader

__all__ = ["Edge", "Selection", "around", "between", "of_calls"]

Way = Literal["up", "down"]
Edge = tuple[str, str, str, str, int | None]
"""source hid, target hid, INPUT or OUTPUT, name, index."""


@dataclass
class Selection:
    """Refs and calls by hid, in the order in which they were met; `fringe` are refs that only complete a call."""

    refs: dict[str, RefRow] = field(default_factory=dict)
    calls: dict[str, CallRow] = field(default_factory=dict)
    fringe: set[str] = field(default_factory=set)

    def edges(self) -> Iterator[Edge]:
        """The edges between what is selected."""
        for call in self.calls.values():
            for e in call.inputs:
                if e.ref in self.refs:
                    yield e.ref, call.hid, "INPUT", e.name, e.index
            for name, ref in call.outputs:
                if ref in self.refs:
                    yield call.hid, ref, "OUTPUT", name, None

    def core(self) -> Selection:
        """The selection without its fringe."""
        return Selection({h: r for h, r in self.refs.items() if h not in self.fringe}, self.calls)


def ends(calls: Iterable[CallRow]) -> list[str]:
    """hids of the refs that calls read or made, each once."""
    found = {e.ref: None for c in calls for e in c.inputs}
    found.update({ref: None for c in calls for _, ref in c.outputs})
    return list(found)


def of_calls(store: Store, hids: Iterable[str]) -> Selection:
    """These calls, with all refs that they read or made."""
    calls = store.calls(hids)
    return Selection(store.refs(ends(calls.values())), calls)


def around(store: Store, hid: str, way: Way, depth: int | None = None) -> Selection:
    """A ref or call, and what is up- or downstream of it: all, or what can be reached in `depth` calls.

    The other refs that these calls read or made are the selection's fringe.
    """
    if depth is None:
        walk = reader(store)
        refs, calls = walk.ancestors(hid) if way == "up" else walk.descendants(hid)
        found = Selection(store.refs([hid, *refs]), store.calls([hid, *calls]))
    else:
        found = _steps(store, hid, way, depth)
    fringe = store.refs([ref for ref in ends(found.calls.values()) if ref not in found.refs])
    found.refs.update(fringe)
    found.fringe = set(fringe)
    return found


def _steps(store: Store, hid: str, way: Way, depth: int) -> Selection:
    found = Selection(store.refs([hid]), store.calls([hid]))
    edge = _read if way == "up" else _made
    frontier = list(found.refs) or [ref for c in found.calls.values() for ref in edge(c)]
    left = depth - len(found.calls)
    while frontier and left > 0:
        if way == "up":
            hids: Iterable[str] = store.creators(frontier).values()
        else:
            hids = [c for calls in store.consumers(frontier).values() for c in calls]
        new = store.calls([h for h in dict.fromkeys(hids) if h not in found.calls])
        found.calls.update(new)
        frontier = list(dict.fromkeys(ref for c in new.values() for ref in edge(c)))
        left -= 1
    reached = [ref for c in found.calls.values() for ref in edge(c)]
    found.refs.update(store.refs([ref for ref in reached if ref not in found.refs]))
    return found


def _read(call: CallRow) -> list[str]:
    return [e.ref for e in call.inputs]


def _made(call: CallRow) -> list[str]:
    return [ref for _, ref in call.outputs]


def between(store: Store, start: str, end: str) -> list[str]:
    """hids of a shortest way downstream from one ref or call to another; empty where there is none."""
    return reader(store).path(start, end)
