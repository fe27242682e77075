"""Parts of a Neo4j store's graph, by `cypher/read/reach_*.cypher`; how columns become a frame is not here.

A closure upstream of a few refs is one pruning statement. Others go step by step, a statement a step; what is not
at its end after `ROUNDS` of them is deep, and is found in memory, in the whole store fetched in four statements.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from mandala_graph.store.protocol import Native
from mandala_graph.store.reach import Condition, Direction, Ints, Part
from mandala_graph.store.reach_columns import Columns, part_of_whole
from mandala_graph.store.statements import statement

if TYPE_CHECKING:
    from mandala_graph.store.neo4j import Neo4jStore

__all__ = ["Neo4jReader"]

FEW = 50
"""Starts up to which one pruning statement is the fastest: it looks at the graph once for each."""

ROUNDS = 2

_OUTPUT = -2  # the index of an output in reach_all_edges

MANY = 1000
"""New refs of a step from which on it is asked whether they are a good part of the store."""

AT_ONCE = 300_000
"""Calls up to which a store is read in one range."""

READ_ALL = 8
"""The whole store is read where a step has more new refs than this part of the calls."""


class _Found:
    """Calls and refs as they come in; `new` are the refs that came with the last of them."""

    def __init__(self) -> None:
        self.calls: dict[str, str] = {}
        self.refs: dict[str, tuple[int, int]] = {}
        self.inputs: list[tuple[str, str, int, str]] = []
        self.outputs: list[tuple[str, str, str]] = []
        self.new: list[str] = []

    def add(self, rows: Iterable[Any]) -> None:
        for hid, op, inputs, outputs in rows:
            if hid in self.calls:
                continue
            self.calls[hid] = op
            for name, index, ref, native, made in inputs:
                self.inputs.append((hid, name, index, ref))
                self.ref(ref, native, made)
            for name, ref in outputs:
                self.outputs.append((hid, name, ref))
                self.ref(ref, False, True)

    def ref(self, hid: str, native: bool, made: bool) -> None:
        if hid not in self.refs:
            self.refs[hid] = (int(native and not made), int(made))
            self.new.append(hid)

    def part(self) -> Part:
        return Part.of_rows(
            [(h, h, op) for h, op in self.calls.items()],
            [(h, h, plain, made) for h, (plain, made) in self.refs.items()],
            self.inputs,
            self.outputs,
        )


class Neo4jReader:
    """Reads parts of one Neo4j store's graph; see `store.reach.Reader`."""

    def __init__(self, store: Neo4jStore) -> None:
        self.store = store

    def _paged(self, name: str, ids: Iterable[str], **more: Any) -> Iterator[Any]:
        ids = list(ids)
        return self.store.link.read_in_pages(statement(f"read/{name}"), ids, **more) if ids else iter(())

    def _rows(self, name: str, **parameters: Any) -> Iterator[Any]:
        for rows in self.store.link.read(statement(f"read/{name}"), parameters):
            yield from rows

    def of_op(self, op: str, version: str | None = None) -> Part:
        found = _Found()
        found.add(self._rows("reach_of_op", op=op, version=version))
        return found.part()

    def reach(
        self,
        refs: Iterable[str],
        calls: Iterable[str],
        direction: Direction,
        recursive: bool,
        follow: Iterable[str],
        known: Container[str] = (),
    ) -> Part:
        refs, calls, follow = list(refs), list(calls), list(follow)
        starts = list(dict.fromkeys([*refs, *follow]))
        if recursive and direction != "none" and self._is_much(starts):
            return part_of_whole(self._whole(), refs, calls, direction, follow, known)
        found = _Found()
        for hid, native, made in self._paged("reach_refs", starts):
            found.ref(hid, native, made)
        found.add(self._paged("reach_calls", calls))
        if direction == "back" and recursive and len(starts) <= FEW:
            found.add(self._paged("reach_calls", self._paged("reach_back", starts)))
        elif direction != "none" and self._walk(found, starts, direction, set(follow), recursive):
            return part_of_whole(self._whole(), refs, calls, direction, follow, known)
        return found.part()

    def _walk(self, found: _Found, starts: list[str], direction: Direction, follow: set[str], recursive: bool) -> bool:
        """A few steps, or one; is there more to be reached than they did?"""
        layer = [h for h in starts if h in found.refs]
        for _ in range(ROUNDS if recursive else 1):
            found.new = []
            if direction != "forward":
                found.add(self._paged("reach_creators", [h for h in layer if found.refs[h][1]]))
            if direction != "back":
                leading = [h for h in layer if not found.refs[h][0] or h in follow]
                found.add(self._paged("reach_consumers", leading))
            layer = found.new
            if recursive and self._is_much(layer):
                return True
        return recursive and bool(layer)

    def _is_much(self, layer: list[str]) -> bool:
        """Do these refs lead to so much that reading the whole store costs less?"""
        if len(layer) < MANY:
            return False
        return len(layer) >= self._calls() // READ_ALL

    def _calls(self) -> int:
        """How many calls the store has."""
        (calls,) = self.store.link.read(statement("read/reach_size"))
        return int(calls)

    def _whole(self) -> Columns:
        """The whole store; refs and calls by their places."""
        ranges = self._ranges()
        call_hids, ops = self._columns("reach_all_calls", 2, ranges)
        callers, labels, indices, ends = self._columns("reach_all_edges", 4, ranges)
        ref_hids, native = self._columns("reach_all_refs", 2, ranges)
        edges = _edges(_places(call_hids), _places(ref_hids), callers, labels, indices, ends)
        output = edges[2] == _OUTPUT
        made = np.zeros(len(ref_hids), np.int64)
        made[edges[3][output]] = 1
        return Columns(
            np.arange(len(call_hids)),
            call_hids,
            ops,
            _picked(edges, ~output),
            _picked(edges, output),
            np.arange(len(ref_hids)),
            ref_hids,
            np.array(native, np.int64),
            made,
        )

    def _columns(self, name: str, width: int, ranges: list[str]) -> list[list[Any]]:
        found: list[list[Any]] = [[] for _ in range(width)]
        for first, end in pairwise(ranges):
            for parts in self.store.link.read(statement(f"read/{name}"), {"first": first, "end": end}):
                for column, part in zip(found, parts, strict=True):
                    column += part
        return found

    def _ranges(self) -> list[str]:
        """Ends of ranges of hids that are each read at once: the server holds a range in its memory."""
        return ["", *("123456789abcdef" if self._calls() > AT_ONCE else ""), "g"]

    def call_details(self, hids: Iterable[str]) -> dict[str, tuple[str, str, str, float, float, str]]:
        return {row[0]: tuple(row[1:]) for row in self._paged("reach_details", hids)}

    def natives(self, refs: Iterable[str]) -> dict[str, tuple[str, Native]]:
        return {hid: (type, value) for hid, type, value in self._paged("reach_natives", refs)}

    def passing(self, refs: Iterable[str], condition: Condition) -> tuple[set[str], set[str]]:
        constants: list[Any] = []
        text = statement("read/reach_passing").replace("true AS holds", f"{_rendered(condition, constants)} AS holds")
        passed, unknown = set(), set()
        for hid, absent, holds in self.store.link.read_in_pages(text, list(refs), constants=constants):
            if absent:
                unknown.add(hid)
            elif holds:
                passed.add(hid)
        return passed, unknown

    def ancestors(self, hid: str) -> tuple[list[str], list[str]]:
        return self._ways("reach_up", hid)

    def descendants(self, hid: str) -> tuple[list[str], list[str]]:
        return self._ways("reach_down", hid)

    def _ways(self, name: str, hid: str) -> tuple[list[str], list[str]]:
        rows = [(h, is_call) for h, is_call in self._rows(name, hid=hid) if h != hid]
        return sorted(h for h, is_call in rows if not is_call), sorted(h for h, is_call in rows if is_call)

    def path(self, start: str, end: str) -> list[str]:
        if start == end:
            return [start] if self.store.refs([start]) or self.store.calls([start]) else []
        return list(self._rows("reach_path", start=start, end=end))


def _rendered(condition: Condition, constants: list[Any]) -> str:
    """A condition on `r.value` in Cypher, its constants taken from `$constants`."""
    op, *rest = condition
    if op in ("AND", "OR"):
        return "(" + f" {op} ".join(_rendered(c, constants) for c in rest) + ")"
    if op == "NOT":
        return f"(NOT {_rendered(rest[0], constants)})"
    constants.append(list(rest[0]) if op == "IN" else rest[0])
    return f"(r.value {op} $constants[{len(constants) - 1}])"


def _places(hids: list[str]) -> dict[str, int]:
    return {hid: i for i, hid in enumerate(hids)}


def _edges(
    call_at: dict[str, int],
    ref_at: dict[str, int],
    calls: list[str],
    labels: list[str],
    indices: list[int],
    refs: list[str],
) -> tuple[Ints, list[str], Ints, Ints]:
    """Edges by places, without those of calls that failed, or that came or went between two statements."""
    callers = np.array([call_at.get(h, -1) for h in calls], np.int64)
    ends = np.array([ref_at.get(h, -1) for h in refs], np.int64)
    return _picked((callers, labels, np.array(indices, np.int64), ends), (callers >= 0) & (ends >= 0))


def _picked(
    edges: tuple[Ints, list[str], Ints, Ints], which: np.ndarray[Any, np.dtype[np.bool_]]
) -> tuple[Ints, list[str], Ints, Ints]:
    callers, labels, indices, refs = edges
    return (
        callers[which],
        [x for x, yes in zip(labels, which.tolist(), strict=True) if yes],
        indices[which],
        refs[which],
    )
