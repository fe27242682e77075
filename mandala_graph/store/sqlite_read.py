"""Reads of a SQLite store on a connection that the caller lends. Hand-written SQL, one statement a question.

The hot path is `lookup`: a call with its outputs in one statement.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from mandala_graph.graph import NODES
from mandala_graph.store.protocol import (
    SHORT_ID,
    CallRow,
    ChangeRow,
    ComponentRow,
    InputEdge,
    OpRow,
    OutputRow,
    OutputsRow,
    RefRow,
    RunRow,
    VersionRow,
)
from mandala_graph.store.sqlite_schema import columns, from_column, from_strings, of_contents, quoted
from mandala_graph.store.sqlite_write import chunks

__all__ = [
    "blobs",
    "call_ids",
    "calls",
    "calls_of",
    "changes",
    "components",
    "consumers",
    "counts",
    "creators",
    "descendants",
    "lookup",
    "ops",
    "orphans",
    "prefetch",
    "read_ahead",
    "refs",
    "refs_by_cid",
    "runs",
    "versions",
]


def _outputs_of(calls: str) -> str:
    """A statement for calls with what a hit needs of their outputs; `calls` is a table or subquery that has theirs."""
    return (
        f"SELECT c.hid, c.cid, c.op, o.name, r.hid, r.cid, r.type, r.value, r.structure, r.dropped FROM {calls} c "
        "LEFT JOIN edge_output o ON o.source = c.nid LEFT JOIN ref r ON r.nid = o.target "
    )


_OUTPUTS = _outputs_of("call")
_SOUND = (
    "NOT EXISTS (SELECT 1 FROM edge_output e JOIN ref d ON d.nid = e.target "
    "WHERE e.source = k.nid AND d.dropped IS NOT NULL)"
)
_BY_HID = _OUTPUTS + "WHERE c.hid = ? AND c.status = 'ok'"
_OF_CID = (
    f"(SELECT k.nid FROM call k WHERE k.cid = ? AND k.status = 'ok' AND {_SOUND} LIMIT 1), "
    "(SELECT k.nid FROM call k WHERE k.cid = ? AND k.status = 'ok' LIMIT 1)"
)
_BY_CID = f"{_OUTPUTS} WHERE c.nid = coalesce({_OF_CID})"
# Half of what a short statement costs is the locking around it, so that one statement for both ids is worth having.
_BY_EITHER = f"{_OUTPUTS} WHERE c.nid = coalesce((SELECT nid FROM call WHERE hid = ? AND status = 'ok'), {_OF_CID})"


def _one(rows: list[tuple[Any, ...]]) -> OutputsRow | None:
    """The call whose rows these are, one an output (or one of NULLs)."""
    if not rows:
        return None
    first = rows[0]
    outputs = [_output(row[3:]) for row in rows] if first[3] is not None else ()
    return OutputsRow(first[0], first[1], first[2], tuple(outputs))


def _output(columns: tuple[Any, ...]) -> OutputRow:
    row = _make_output(OutputRow, columns)
    if type(columns[4]) is bytes:
        row = row._replace(value=from_column(columns[4]))
    return row


_make_output = tuple.__new__  # OutputRow._make without its check of the length, which the statement fixes


def _many(rows: Iterable[tuple[Any, ...]]) -> list[OutputsRow]:
    """Rows of calls, those of one call next to each other."""
    found: list[OutputsRow] = []
    group: list[tuple[Any, ...]] = []
    last: str | None = None
    for row in rows:
        if row[0] != last and group:
            found.append(_one(group))  # type: ignore[arg-type]
            group = []
        last = row[0]
        group.append(row)
    if group:
        found.append(_one(group))  # type: ignore[arg-type]
    return found


def lookup(
    connection: sqlite3.Connection, hids: Sequence[str], cids: Sequence[str]
) -> tuple[dict[str, OutputsRow], dict[str, OutputsRow]]:
    """Ok calls by hid, and one ok call for each cid, without dropped outputs where there is such a call."""
    if len(hids) == len(cids) == 1:
        return _lookup_either(connection, hids[0], cids[0])
    by_hid: dict[str, OutputsRow] = {}
    by_cid: dict[str, OutputsRow] = {}
    if len(hids) == 1:
        row = _one(connection.execute(_BY_HID, hids).fetchall())
        if row is not None:
            by_hid[row.hid] = row
    else:
        for some in chunks(hids):
            sql = f"{_OUTPUTS} WHERE c.hid IN ({_marks(some)}) AND c.status = 'ok'"
            by_hid.update([(row.hid, row) for row in _many(connection.execute(sql, some))])
    for cid in cids:
        row = _one(connection.execute(_BY_CID, (cid, cid)).fetchall())
        if row is not None:
            by_cid[cid] = row
    return by_hid, by_cid


def _lookup_either(
    connection: sqlite3.Connection, hid: str, cid: str
) -> tuple[dict[str, OutputsRow], dict[str, OutputsRow]]:
    """The same for one of each: what a program asks before it runs a call."""
    row = _one(connection.execute(_BY_EITHER, (hid, cid, cid)).fetchall())
    if row is None:
        return {}, {}
    if row.hid != hid:
        return {}, {cid: row}
    if row.cid == cid and all(o.dropped is None for o in row.outputs):
        return {hid: row}, {cid: row}
    other = _one(connection.execute(_BY_CID, (cid, cid)).fetchall())
    return {hid: row}, {} if other is None else {cid: other}


def call_ids(connection: sqlite3.Connection, op: str, limit: int) -> list[str] | None:
    """The beginnings of hid and cid of every ok call of an op, or None when there are more than `limit`."""
    sql = "SELECT substr(hid, 1, ?), substr(cid, 1, ?) FROM call WHERE op = ? AND status = 'ok' LIMIT ?"
    found = connection.execute(sql, (SHORT_ID, SHORT_ID, op, limit + 1)).fetchall()
    return [id for pair in found for id in pair] if len(found) <= limit else None


def prefetch(connection: sqlite3.Connection, op: str, limit: int) -> tuple[list[OutputsRow], bool]:
    """Up to `limit` ok calls of an op, newest first, and whether there are no more."""
    newest = "(SELECT nid, hid, cid, op FROM call WHERE op = ? AND status = 'ok' ORDER BY nid DESC LIMIT ?)"
    found = _many(connection.execute(f"{_outputs_of(newest)} ORDER BY c.nid DESC", (op, limit + 1)))
    return found[:limit], len(found) <= limit


def read_ahead(connection: sqlite3.Connection, hid: str, limit: int) -> list[OutputsRow]:
    """Up to `limit` ok calls of the same op that began when a call did or later, the oldest first."""
    later = (
        "(SELECT n.nid, n.hid, n.cid, n.op, n.started FROM call k JOIN call n ON n.op = k.op AND n.started >= k.started "
        "WHERE k.hid = ? AND n.status = 'ok' ORDER BY n.started, n.nid LIMIT ?)"
    )
    return _many(connection.execute(f"{_outputs_of(later)} ORDER BY c.started, c.nid", (hid, limit)))


def _marks(some: Sequence[Any]) -> str:
    return ("?," * len(some))[:-1]


def _select(label: str) -> str:
    return f"SELECT {', '.join(map(quoted, columns(label)))} FROM {quoted(NODES[label].table)}"


def _ref(row: tuple[Any, ...]) -> RefRow:
    ref = RefRow._make(row)
    return ref._replace(value=from_column(row[5])) if type(row[5]) is bytes else ref


def refs(connection: sqlite3.Connection, hids: Iterable[str]) -> dict[str, RefRow]:
    """These refs by hid."""
    found: dict[str, RefRow] = {}
    for some in chunks(hids):
        rows = connection.execute(f"{_select('Ref')} WHERE hid IN ({_marks(some)})", some)
        found.update([(row[0], _ref(row)) for row in rows])
    return found


def refs_by_cid(connection: sqlite3.Connection, cids: Iterable[str]) -> dict[str, list[RefRow]]:
    """The refs of each of these contents."""
    found: dict[str, list[RefRow]] = {}
    sql = of_contents(", ".join(map(quoted, columns("Ref"))))
    for row in connection.execute(sql, {"cids": json.dumps(list(cids))}):
        found.setdefault(row[1], []).append(_ref(row))
    return found


def calls(connection: sqlite3.Connection, hids: Iterable[str]) -> dict[str, CallRow]:
    """These calls with their edges."""
    found: dict[str, CallRow] = {}
    for some in chunks(dict.fromkeys(hids)):
        marks = _marks(some)
        inputs: dict[str, list[InputEdge]] = {}
        outputs: dict[str, list[tuple[str, str]]] = {}
        for hid, name, ref, index in connection.execute(
            'SELECT c.hid, e.name, r.hid, e."index" FROM call c JOIN edge_input e ON e.target = c.nid '
            f"JOIN ref r ON r.nid = e.source WHERE c.hid IN ({marks})",
            some,
        ):
            inputs.setdefault(hid, []).append(InputEdge(name, ref, None if index == -1 else index))
        for hid, name, ref in connection.execute(
            "SELECT c.hid, e.name, r.hid FROM call c JOIN edge_output e ON e.source = c.nid "
            f"JOIN ref r ON r.nid = e.target WHERE c.hid IN ({marks})",
            some,
        ):
            outputs.setdefault(hid, []).append((name, ref))
        for row in connection.execute(f"{_select('Call')} WHERE hid IN ({marks})", some):
            hid = row[0]
            found[hid] = CallRow._make([*row, tuple(inputs.get(hid, ())), tuple(outputs.get(hid, ()))])
    return found


def calls_of(connection: sqlite3.Connection, op: str | None, version: str | None) -> list[str]:
    """Call hids in the order in which they were written."""
    tests = [f"{name} = ?" for name, value in (("op", op), ("version", version)) if value is not None]
    where = f" WHERE {' AND '.join(tests)}" if tests else ""
    given = [value for value in (op, version) if value is not None]
    return [hid for (hid,) in connection.execute(f"SELECT hid FROM call{where} ORDER BY nid", given)]


def creators(connection: sqlite3.Connection, ref_hids: Iterable[str]) -> dict[str, str]:
    """ref hid -> hid of the call that made it."""
    found: dict[str, str] = {}
    for some in chunks(ref_hids):
        found.update(
            connection.execute(
                "SELECT r.hid, c.hid FROM ref r JOIN edge_output e ON e.target = r.nid JOIN call c ON c.nid = e.source "
                f"WHERE r.hid IN ({_marks(some)})",
                some,
            )
        )
    return found


def consumers(connection: sqlite3.Connection, ref_hids: Iterable[str]) -> dict[str, list[str]]:
    """ref hid -> hids of the calls that read it, each once, in the order in which they were written."""
    found: dict[str, list[str]] = {}
    for some in chunks(dict.fromkeys(ref_hids)):
        for ref, call in connection.execute(
            "SELECT DISTINCT r.hid, c.hid FROM ref r JOIN edge_input e ON e.source = r.nid "
            f"JOIN call c ON c.nid = e.target WHERE r.hid IN ({_marks(some)}) ORDER BY c.nid",
            some,
        ):
            found.setdefault(ref, []).append(call)
    return found


def descendants(connection: sqlite3.Connection, call_hids: Iterable[str]) -> set[str]:
    """These calls, and all that read what they made. Each call is visited once, whatever the number of paths."""
    rows = connection.execute(
        "WITH RECURSIVE reached (nid) AS ("
        "SELECT nid FROM call WHERE hid IN (SELECT value FROM json_each(?)) "
        "UNION SELECT i.target FROM reached x CROSS JOIN edge_output o ON o.source = x.nid "
        "CROSS JOIN edge_input i ON i.source = o.target) "
        "SELECT c.hid FROM reached x CROSS JOIN call c ON c.nid = x.nid",
        (json.dumps(list(call_hids)),),
    )
    return {hid for (hid,) in rows}


def orphans(connection: sqlite3.Connection) -> list[str]:
    """hids of refs without edges."""
    return [
        hid
        for (hid,) in connection.execute(
            "SELECT hid FROM ref r WHERE NOT EXISTS (SELECT 1 FROM edge_input e WHERE e.source = r.nid) "
            "AND NOT EXISTS (SELECT 1 FROM edge_output e WHERE e.target = r.nid) ORDER BY nid"
        )
    ]


def ops(connection: sqlite3.Connection) -> dict[str, OpRow]:
    """Every op by name."""
    rows = connection.execute(f"{_select('Op')} ORDER BY nid")
    return {
        r[0]: OpRow(*r[:4], from_strings(r[4]), from_strings(r[5]), r[6] or "", from_strings(r[7]))  # type: ignore[call-arg]
        for r in rows
    }


def runs(connection: sqlite3.Connection) -> dict[str, RunRow]:
    """Every run by id, the oldest first."""
    rows = connection.execute(f"{_select('Run')} ORDER BY nid")
    return {r[0]: RunRow._make([*r[:-2], None if r[-2] is None else bool(r[-2]), from_strings(r[-1])]) for r in rows}


def versions(connection: sqlite3.Connection, op: str | None) -> dict[str, VersionRow]:
    """Versions by id, the oldest first, of one op or of all."""
    where, given = ("", ()) if op is None else (" WHERE v.op = ?", (op,))
    depends: dict[str, list[str]] = {}
    for id, component in connection.execute(
        "SELECT v.id, c.id FROM version v JOIN edge_depends_on e ON e.source = v.nid "
        f"JOIN component c ON c.nid = e.target{where} ORDER BY c.id",
        given,
    ):
        depends.setdefault(id, []).append(component)
    rows = connection.execute(
        f"SELECT v.id, v.op, v.created, v.active, v.whole FROM version v{where} ORDER BY v.nid", given
    )
    return {
        id: VersionRow(id, name, created, bool(active), tuple(depends.get(id, ())), bool(whole))
        for id, name, created, active, whole in rows
    }


def changes(connection: sqlite3.Connection) -> list[ChangeRow]:
    """Every change from a component to another."""
    rows = connection.execute(
        "SELECT a.id, b.id, e.compatible, e.at, e.by FROM edge_changed_to e "
        "JOIN component a ON a.nid = e.source JOIN component b ON b.nid = e.target ORDER BY e.at, a.id, b.id"
    )
    return [ChangeRow(old, new, bool(compatible), at, by) for old, new, compatible, at, by in rows]


def components(connection: sqlite3.Connection, ids: Iterable[str]) -> dict[str, ComponentRow]:
    """These components by id."""
    found: dict[str, ComponentRow] = {}
    for some in chunks(ids):
        sql = f"{_select('Component')} WHERE id IN ({_marks(some)})"
        found.update((row[0], ComponentRow._make(row)) for row in connection.execute(sql, some))
    return found


def blobs(connection: sqlite3.Connection, cids: Iterable[str]) -> dict[str, bool]:
    """Those of `cids` whose envelope is kept, and whether it stands in a file."""
    found: dict[str, bool] = {}
    for some in chunks(cids):
        sql = f"SELECT cid, data IS NULL FROM blob WHERE cid IN ({_marks(some)})"
        found.update((cid, bool(filed)) for cid, filed in connection.execute(sql, some))
    return found


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """Rows by label."""
    return {
        label: connection.execute(f"SELECT count(*) FROM {quoted(node.table)}").fetchone()[0]
        for label, node in NODES.items()
    }
