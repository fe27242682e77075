"""A walk up and down from one node that stays within a number of nodes.

Brothers (the calls of one op that read one value, the inputs of one call under one name) beyond a number become one
group. When the rest does not fit, the walk goes again, and at each step the number is made smaller until the step takes
no more than half of the room that is left. So what is near is shown, and what is far is grouped or left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mandala_graph.store.reach import reader
from mandala_graph.web.nodes import edge, node
from mandala_graph.web.rows import Rows
from mandala_graph.web.state import Browser

__all__ = ["ALL", "Walk", "page_of_readers", "walked"]

ALL = 1 << 30
"""A depth without an end."""

_CAPS = (ALL, 200, 50, 12, 3)
_PREFETCH_AFTER = 6
"""After so many steps without an end, what is up or down is fetched as a whole."""


class _TooMany(Exception):
    """The walk has met more nodes than may be shown."""


class _Brothers(NamedTuple):
    """What hangs on one node in one way. `members` is None where only their number is known yet."""

    of: str
    way: str
    op: str | None
    label: str
    size: int
    members: list[str] | None


@dataclass
class Walk:
    """Nodes met, nearest first, and groups. A strict walk raises when there is no more room."""

    rows: Rows
    limit: int
    brothers: int
    strict: bool
    nodes: dict[str, str] = field(default_factory=dict)  # hid -> "call" or "ref"
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    edges: list[dict[str, Any]] = field(default_factory=list)
    left_out: int = 0

    def room(self) -> int:
        return self.limit - len(self.nodes) - len(self.groups)

    def add(self, hids: list[str], kind: str) -> None:
        """Take in what is new, as far as there is room."""
        new = [h for h in dict.fromkeys(hids) if h not in self.nodes]
        if len(new) > self.room():
            if self.strict:
                raise _TooMany
            self.left_out += len(new) - self.room()
            new = new[: max(0, self.room())]
        self.nodes.update(dict.fromkeys(new, kind))

    def group(self, b: _Brothers) -> None:
        """One node for many brothers."""
        if self.room() <= 0:
            self.left_out += b.size
            return
        id = f"group:{b.of}:{b.way}:{b.op if b.op is not None else b.label}"
        members = {"of": b.of, "direction": b.way, **({"op": b.op} if b.op is not None else {"label": b.label})}
        what = f"{b.size:,} calls of {b.op}" if b.op is not None else f"{b.size:,} values of {b.label}"
        self.groups[id] = node(id, "group", what, count=b.size, op=b.op, members=members)
        kind = "input" if b.op is not None or b.way == "up" else "output"
        source, target = (b.of, id) if b.way == "down" else (id, b.of)
        self.edges.append(edge(source, target, b.label, kind, b.size))


def walked(rows: Rows, start: str, kind: str, ways: Sequence[str], depth: int, limit: int, brothers: int = ALL) -> Walk:
    """The walk from a node (`kind` is "ref" or "call") in these ways; more brothers than that are always grouped."""
    for strict in (True, False):
        walk = Walk(rows, limit, brothers, strict)
        walk.add([start], kind)
        try:
            _go(walk, start, kind, ways, depth)
        except _TooMany:
            continue
        break
    return walk


def _go(walk: Walk, start: str, kind: str, ways: Sequence[str], depth: int) -> None:
    """All ways a step each, then the next step: so that none takes the room of another."""
    frontier = {way: [start] for way in ways}
    seen = {way: {start} for way in ways}
    at = kind
    for step in range(depth):
        if not any(frontier.values()):
            break
        other = "ref" if at == "call" else "call"
        for way in ways:
            if step == _PREFETCH_AFTER and depth > 2 * _PREFETCH_AFTER and frontier[way]:
                _prefetch(walk, start, way)
            found = _step(walk, frontier[way], at, way) if frontier[way] else []
            frontier[way] = [h for h in dict.fromkeys(found) if h not in seen[way] and h in walk.nodes]
            seen[way].update(frontier[way])
        at = other


def _step(walk: Walk, frontier: list[str], at: str, way: str) -> list[str]:
    """Go from these nodes to the next ones, which are returned."""
    sets = _brothers(walk.rows, frontier, at, way)
    cap = walk.brothers
    unknown = sum(b.size for b in sets if b.members is None and b.size <= cap)
    if walk.strict and unknown > 4 * walk.limit:  # calls that read several of these values are counted for each
        raise _TooMany
    if not walk.strict:
        cap = min(cap, _cap(walk, sets))
    for b in sets:
        if b.size > cap:
            walk.group(b)
    found = _members(walk.rows, [b for b in sets if b.size <= cap])
    walk.add(found, "ref" if at == "call" else "call")
    return found


def _cap(walk: Walk, sets: list[_Brothers]) -> int:
    """The largest number of brothers with which this step leaves room for further ones."""
    for cap in _CAPS:
        known = {h for b in sets if b.members is not None and b.size <= cap for h in b.members}
        cost = len(known - walk.nodes.keys()) + sum(b.size for b in sets if b.members is None and b.size <= cap)
        if cost + sum(b.size > cap for b in sets) <= max(1, walk.room() // 2):
            return cap
    return _CAPS[-1]


def _brothers(rows: Rows, frontier: list[str], at: str, way: str) -> list[_Brothers]:
    if at == "call":
        return _values(rows, frontier, way)
    if way == "up":
        return [_Brothers(ref, way, None, "", 1, [call]) for ref, call in rows.creators_of(frontier).items()]
    return [
        _Brothers(ref, way, op, name, n, None)
        for ref, ops in rows.consumer_counts(frontier).items()
        for op, (n, name) in sorted(ops.items())
    ]


def _values(rows: Rows, calls: list[str], way: str) -> list[_Brothers]:
    """Inputs (up) or outputs (down) of calls, by name."""
    rows.need_calls(calls)
    found = []
    for hid in calls:
        row = rows.calls[hid]
        edges = [(e.name, e.ref) for e in row.inputs] if way == "up" else list(row.outputs)
        by_label: dict[str, dict[str, None]] = {}
        for label, ref in edges:
            by_label.setdefault(label, {})[ref] = None
        found += [_Brothers(hid, way, None, label, len(refs), list(refs)) for label, refs in by_label.items()]
    return found


def _members(rows: Rows, sets: list[_Brothers]) -> list[str]:
    """All of these brothers; calls that read a value are fetched now."""
    found = [h for b in sets if b.members is not None for h in b.members]
    asked: dict[str, list[_Brothers]] = {}
    for b in sets:
        if b.members is None:
            asked.setdefault(b.of, []).append(b)
    whole = [ref for ref, some in asked.items() if len(some) == len(rows.consumer_counts([ref])[ref])]
    for calls in rows.consumers_of(whole).values():
        found += calls
    for ref, some in asked.items():
        for b in some if len(some) < len(rows.consumer_counts([ref])[ref]) else ():
            found += page_of_readers(rows.browser, ref, b.op or "", 0, b.size)
    return found


def _prefetch(walk: Walk, start: str, way: str) -> None:
    """Fetch a deep closure in a few statements rather than step by step."""
    known = reader(walk.rows.browser.store)
    refs, calls = known.ancestors(start) if way == "up" else known.descendants(start)
    if len(refs) + len(calls) > 2 * walk.limit:
        return
    walk.rows.need_calls(calls)
    if way == "down":
        walk.rows.consumer_counts(refs)
        walk.rows.consumers_of(refs)
    else:
        walk.rows.creators_of(refs)


def page_of_readers(browser: Browser, ref: str, op: str, offset: int, limit: int) -> list[str]:
    """hids of calls of an op that read a ref, oldest first."""
    rows = browser.ask("readers_of_op", ref=ref, op=op, offset=offset, limit=limit).rows
    return [hid for (hid,) in rows]
