"""Parts of a Neo4j store's graph, by `cypher/read/reach_*.cypher`; how columns become a frame is not here.

A closure upstream of a few refs is one pruning statement. Others go step by step, a statement a step; what is not
at its end after `ROUNDS` of them is deep, and is found in memory, in all calls fetched at once.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from mandala_graph.store.protocol import Native
from mandala_graph.store.reach import Direction, Part
from mandala_graph.store.statements import statement

if TYPE_CHECKING:
    from mandala_graph.store.neo4j import Neo4jStore

__all__ = ["Neo4jReader"]

FEW = 50
"""Starts up to which one pruning statement is the fastest: it looks at the graph once for each."""

ROUNDS = 3


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
        found = _Found()
        follow = set(follow)
        starts = list(dict.fromkeys([*refs, *sorted(follow)]))
        for hid, native, made in self._paged("reach_refs", starts):
            found.ref(hid, native, made)
        found.add(self._paged("reach_calls", calls))
        if direction == "back" and recursive and len(starts) <= FEW:
            found.add(self._paged("reach_calls", self._paged("reach_back", starts)))
        elif direction != "none" and starts:
            self._walk(found, starts, direction, follow, recursive)
        return found.part()

    def _walk(self, found: _Found, starts: list[str], direction: Direction, follow: set[str], recursive: bool) -> None:
        layer = [h for h in starts if h in found.refs]
        for _ in range(ROUNDS if recursive else 1):
            found.new = []
            if direction != "forward":
                found.add(self._paged("reach_creators", [h for h in layer if found.refs[h][1]]))
            if direction != "back":
                leading = [h for h in layer if not found.refs[h][0] or h in follow]
                found.add(self._paged("reach_consumers", leading))
            layer = found.new
            if not layer:
                return
        if recursive:
            self._walk_in_memory(found, layer, direction, follow)

    def _walk_in_memory(self, found: _Found, layer: list[str], direction: Direction, follow: set[str]) -> None:
        rows = {row[0]: row for row in self._rows("reach_all")}
        made: dict[str, str] = {}
        used: dict[str, list[str]] = {}
        for hid, _, inputs, outputs in rows.values():
            for edge in inputs:
                used.setdefault(edge[2], []).append(hid)
            for _, ref in outputs:
                made[ref] = hid
        while layer:
            found.new = []
            for ref in layer:
                if direction != "forward" and ref in made:
                    found.add([rows[made[ref]]])
                if direction != "back" and (not found.refs[ref][0] or ref in follow):
                    found.add([rows[c] for c in used.get(ref, ())])
            layer = found.new

    def call_details(self, hids: Iterable[str]) -> dict[str, tuple[str, str, str, float, float, str]]:
        return {row[0]: tuple(row[1:]) for row in self._paged("reach_details", hids)}

    def natives(self, refs: Iterable[str]) -> dict[str, tuple[str, Native]]:
        return {hid: (type, value) for hid, type, value in self._paged("reach_natives", refs)}

    def compare(self, refs: Iterable[str], op: str, constant: str | int | float) -> tuple[set[str], set[str]]:
        passed, unknown = set(), set()
        for hid, absent, holds in self._paged("reach_compare", refs, op=op, constant=constant):
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
