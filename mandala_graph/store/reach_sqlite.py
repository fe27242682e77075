"""Parts of a SQLite store's graph, found by recursive queries: each node once, a few statements for any depth.

A reference or call of a closure is one integer there, `2 * nid` or `2 * nid + 1`. How the columns become a
frame is `mandala_graph.frame`'s business.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any

from mandala_graph.store.protocol import Native
from mandala_graph.store.reach import Condition, Direction, Part
from mandala_graph.store.reach_columns import last, part, part_of_whole, some, whole
from mandala_graph.store.sqlite_schema import from_column, to_column

if TYPE_CHECKING:
    from mandala_graph.store.sqlite import SQLiteStore

__all__ = ["SQLiteReader"]

FEW = 1000
"""Nodes of a closure up to which it is always searched for."""

READ_ALL = 16
"""The whole store is read for a closure of more than this part of its nodes: that costs less by then, a microsecond a node."""

_LIST = "(SELECT value FROM json_each({}))"
_MADE = "EXISTS (SELECT 1 FROM edge_output made WHERE made.target = r.nid)"
_PLAIN = f"(r.value IS NOT NULL AND r.structure IS NULL AND NOT {_MADE})"
_LEADS = f"NOT {_PLAIN}"
_UP = (
    "SELECT e.source * 2 + 1 FROM at CROSS JOIN edge_output e ON e.target = at.n / 2 WHERE at.n % 2 = 0",
    "SELECT e.source * 2 FROM at CROSS JOIN edge_input e ON e.target = at.n / 2 WHERE at.n % 2 = 1",
)
_DOWN = (
    "SELECT e.target * 2 + 1 FROM at CROSS JOIN edge_input e ON e.source = at.n / 2 WHERE at.n % 2 = 0",
    "SELECT e.target * 2 FROM at CROSS JOIN edge_output e ON e.source = at.n / 2 WHERE at.n % 2 = 1",
)
_BESIDE = (
    "SELECT r.nid * 2 FROM at CROSS JOIN edge_input e ON e.target = at.n / 2 CROSS JOIN ref r ON r.nid = e.source "
    f"WHERE at.n % 2 = 1 AND {_LEADS}"
)
_TERMS: dict[str, tuple[str, ...]] = {
    "back": _UP,
    "forward": (*_DOWN, _BESIDE),
    "both": (_UP[0], *_DOWN, _BESIDE),
}
_STEP = {"back": _UP[:1], "forward": _DOWN[:1], "both": (_UP[0], _DOWN[0])}


def _all(near: str, far: str, begin: str, end: str) -> str:
    """The statement for refs (0, hid) and calls (1, hid) that are reached from one, each edge from `begin` to `end`.

    From call to call, so that each edge is met once: `near` is the table of a call's edges to refs, `far` that of the
    refs' edges to the calls behind them.
    """
    return (
        "WITH RECURSIVE at(c) AS ("
        f"SELECT e.{end} FROM ref r CROSS JOIN {far} e ON e.{begin} = r.nid WHERE r.hid = :hid "
        "UNION SELECT nid FROM call WHERE hid = :hid "
        f"UNION SELECT f.{end} FROM at CROSS JOIN {near} e ON e.{begin} = at.c CROSS JOIN {far} f ON f.{begin} = e.{end}) "
        "SELECT 1, c.hid FROM at CROSS JOIN call c ON c.nid = at.c WHERE c.hid <> :hid UNION ALL "
        f"SELECT 0, r.hid FROM (SELECT DISTINCT e.{end} AS n FROM at CROSS JOIN {near} e ON e.{begin} = at.c) "
        "CROSS JOIN ref r ON r.nid = n WHERE r.hid <> :hid"
    )


_BEFORE = _all("edge_input", "edge_output", "target", "source")
_AFTER = _all("edge_output", "edge_input", "source", "target")


class SQLiteReader:
    """Reads parts of one SQLite store's graph; see `store.reach.Reader`."""

    def __init__(self, store: SQLiteStore) -> None:
        self.store = store

    def of_op(self, op: str, version: str | None = None) -> Part:
        with self.store.reading() as db:
            db.execute("BEGIN")
            sql = "SELECT nid FROM call WHERE op = ? AND status = 'ok'" + (" AND version = ?" if version else "")
            calls = [n for (n,) in db.execute(sql, (op, version) if version else (op,))]
            return part(some(db, calls, [], ()), calls, [])

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
        with self.store.reading() as db:
            db.execute("BEGIN")
            ends = last(db) if recursive and direction != "none" else (0, 0)
            limit = max(FEW, sum(ends) // READ_ALL) if any(ends) else 0
            found: list[int] | None = [] if direction == "none" else None
            if found is None and (not limit or len(refs) + len(follow) < limit):
                follows = direction == "forward" or (direction == "both" and recursive)
                leading = _nids(db, "ref", refs, f"AND {_LEADS}" if follows else "")
                found = _closure(db, [*leading, *_nids(db, "ref", follow)], direction, recursive, limit)
            if found is None:
                return part_of_whole(whole(db, *ends), refs, calls, direction, follow, known)
            nodes = [*_nids(db, "call", calls), *found]
            starts = _nids(db, "ref", refs)
            return part(some(db, nodes, starts, known), nodes, starts, known)

    def call_details(self, hids: Iterable[str]) -> dict[str, tuple[str, str, str, float, float, str]]:
        sql = (
            "SELECT c.hid, c.cid, c.version, c.run, c.started, c.duration, c.status "
            "FROM json_each(?) j CROSS JOIN call c ON c.hid = j.value"
        )
        with self.store.reading() as db:
            return {row[0]: row[1:] for row in db.execute(sql, (json.dumps(list(hids)),))}

    def natives(self, refs: Iterable[str]) -> dict[str, tuple[str, Native]]:
        sql = (
            "SELECT r.hid, r.type, r.value FROM json_each(?) j CROSS JOIN ref r ON r.hid = j.value "
            "WHERE r.value IS NOT NULL AND r.structure IS NULL AND r.dropped IS NULL"
        )
        with self.store.reading() as db:
            rows = db.execute(sql, (json.dumps(list(refs)),))
            return {hid: (type, from_column(value)) for hid, type, value in rows}

    def passing(self, refs: Iterable[str], condition: Condition) -> tuple[set[str], set[str]]:
        parameters: dict[str, Any] = {"hids": json.dumps(list(refs))}
        unknown = "(r.value IS NULL OR r.dropped IS NOT NULL)"
        sql = (
            f"SELECT r.hid, {unknown} FROM json_each(:hids) j CROSS JOIN ref r ON r.hid = j.value "
            f"WHERE {unknown} OR {_rendered(condition, parameters)}"
        )
        with self.store.reading() as db:
            rows = db.execute(sql, parameters).fetchall()
        return {h for h, absent in rows if not absent}, {h for h, absent in rows if absent}

    def ancestors(self, hid: str) -> tuple[list[str], list[str]]:
        return self._ways(hid, _BEFORE)

    def descendants(self, hid: str) -> tuple[list[str], list[str]]:
        return self._ways(hid, _AFTER)

    def _ways(self, hid: str, sql: str) -> tuple[list[str], list[str]]:
        with self.store.reading() as db:
            rows = db.execute(sql, {"hid": hid}).fetchall()
        return sorted(h for kind, h in rows if not kind), sorted(h for kind, h in rows if kind)

    def path(self, start: str, end: str) -> list[str]:
        sql = (
            "WITH RECURSIVE at(n) AS (SELECT nid * 2 FROM ref WHERE hid = :hid UNION SELECT nid * 2 + 1 FROM call "
            f"WHERE hid = :hid UNION {' UNION '.join(_DOWN)}) SELECT n FROM at"
        )
        with self.store.reading() as db:
            db.execute("BEGIN")
            below = {n for (n,) in db.execute(sql, {"hid": start})}
            ends = [n * 2 for n in _nids(db, "ref", [end])] + [n * 2 + 1 for n in _nids(db, "call", [end])]
            if not ends or ends[0] not in below:
                return []
            return self._walk_up(db, start, ends[0], below)

    @staticmethod
    def _walk_up(db: Connection, start: str, end: int, below: set[int]) -> list[str]:
        first = [n * 2 for n in _nids(db, "ref", [start])] + [n * 2 + 1 for n in _nids(db, "call", [start])]
        came: dict[int, int] = {end: -1}
        layer = [end]
        edges = _edges_among(db, below)
        while layer and first[0] not in came:
            after = []
            for n in layer:
                for p in sorted(edges.get(n, ())):
                    if p not in came:
                        came[p] = n
                        after.append(p)
            layer = after
        way, n = [], first[0]
        while n != -1:
            table = "call" if n % 2 else "ref"
            way.append((table, n // 2))
            n = came[n]
        names: dict[tuple[str, int], str] = {}
        for table in ("ref", "call"):
            nids = json.dumps([n for t, n in way if t == table])
            rows = db.execute(f"SELECT nid, hid FROM {table} WHERE nid IN {_LIST.format('?')}", (nids,))
            names.update({(table, n): h for n, h in rows})
        return [names[x] for x in way]


_BLOB = "CAST(r.value AS BLOB)"  # bytes, for SQLite's functions of text end at a NUL
_STRINGS = {
    "STARTS WITH": f"substr({_BLOB}, 1, length({{0}})) = {{0}}",
    "ENDS WITH": f"substr({_BLOB}, -length({{0}})) = {{0}}",
    "CONTAINS": f"instr({_BLOB}, {{0}}) > 0",
}


def _rendered(condition: Condition, parameters: dict[str, Any]) -> str:
    """A condition on `r.value` in SQL, its constants put into the parameters."""
    op, *rest = condition
    if op in ("AND", "OR"):
        return "(" + f" {op} ".join(_rendered(c, parameters) for c in rest) + ")"
    if op == "NOT":
        return f"(NOT {_rendered(rest[0], parameters)})"
    if op == "IN":
        return "(" + (" OR ".join(_rendered(("=", c), parameters) for c in rest[0]) or "0") + ")"
    (constant,) = rest
    name = f"c{len(parameters)}"
    parameters[name] = to_column(constant)
    if op in _STRINGS:
        parameters[name] = constant.encode()
        holds = (
            f"length(:{name}) = 0 OR coalesce({_STRINGS[op].format(':' + name)}, 0)"  # of nothing, substr gives NULL
        )
        return f"(CASE WHEN typeof(r.value) = 'text' THEN {holds} END)"
    kinds = {str: "'text'", bool: "'blob'"}.get(type(constant), "'integer', 'real'")
    otherwise = {"=": "ELSE 0 ", "<>": "ELSE 1 "}.get(op, "")
    return f"(CASE WHEN typeof(r.value) IN ({kinds}) THEN r.value {op} :{name} {otherwise}END)"


def _edges_among(db: Connection, nodes: set[int]) -> dict[int, list[int]]:
    """node -> nodes directly upstream of it, of these."""
    up: dict[int, list[int]] = {}
    calls = json.dumps([n // 2 for n in nodes if n % 2])
    for c, r in db.execute(f"SELECT target, source FROM edge_input WHERE target IN {_LIST.format('?')}", (calls,)):
        if r * 2 in nodes:
            up.setdefault(c * 2 + 1, []).append(r * 2)
    for c, r in db.execute(f"SELECT source, target FROM edge_output WHERE source IN {_LIST.format('?')}", (calls,)):
        if r * 2 in nodes:
            up.setdefault(r * 2, []).append(c * 2 + 1)
    return up


def _nids(db: Connection, table: str, hids: Iterable[str], further: str = "") -> list[int]:
    hids = list(hids)
    if not hids:
        return []
    sql = f"SELECT r.nid FROM {table} r WHERE r.hid IN {_LIST.format('?')} {further}"
    rows = db.execute(sql, (json.dumps(hids),))
    return [n for (n,) in rows]


def _closure(db: Connection, starts: list[int], direction: Direction, recursive: bool, limit: int) -> list[int] | None:
    """nids of the calls that are reached, or None when that would look at more than `limit` nodes."""
    if not starts:
        return []
    seed = "SELECT value * 2 FROM json_each(?)"
    if recursive:
        terms = " UNION ".join((seed, *_TERMS[direction]))
        sql = f"WITH RECURSIVE at(n) AS ({terms} LIMIT {limit}) SELECT n FROM at"
        nodes = [n for (n,) in db.execute(sql, (json.dumps(starts),))]
        return None if len(nodes) >= limit else [n // 2 for n in nodes if n % 2]
    steps = " UNION ".join(f"SELECT n / 2 FROM ({s.replace(' * 2 + 1', ' * 2 + 1 AS n', 1)})" for s in _STEP[direction])
    sql = f"WITH at(n) AS MATERIALIZED ({seed}) {steps}"
    return [n for (n,) in db.execute(sql, (json.dumps(starts),))]
