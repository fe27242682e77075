"""Writing a batch into a SQLite store, inside a transaction that the caller began. Hand-written SQL for speed.

Rows go in by `executemany` with integer keys given out here (the write lock is ours, so nobody else gives
any), so that edges need no look-up of their ends. The optimistic case, in which every call is new, costs no
question at all: what was there already shows in the count of inserted rows.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from mandala_graph.errors import StoreError
from mandala_graph.graph import NODES
from mandala_graph.store.protocol import Batch, Native, RefRow
from mandala_graph.store.sqlite_schema import columns, of_contents, quoted, to_column, to_strings
from mandala_graph.store.whole import ends, without

__all__ = [
    "COUNT_DELETION",
    "Nids",
    "chunks",
    "delete_nodes",
    "deletions",
    "drop",
    "end_leases",
    "find",
    "forget",
    "take_lease",
    "write_batch",
]

_CHUNK = 500


class Nids:
    """A bounded memory of hid -> nid for refs written or used lately: two generations, the older one forgotten.

    It is true as long as no ref was deleted from the store, by any process; `generation` is the store's
    count of deletions when the memory was begun.
    """

    def __init__(self, size: int = 32768) -> None:
        self._size = size
        self.generation = -1
        self._young: dict[str, int] = {}
        self._old: dict[str, int] = {}

    def forget(self, generation: int) -> None:
        """Begin anew."""
        self.generation = generation
        self._young = {}
        self._old = {}

    def known(self, hids: Iterable[str]) -> dict[str, int]:
        """Those of `hids` that are remembered."""
        young, old = self._young, self._old
        found = {}
        for hid in hids:
            nid = young.get(hid)
            if nid is None:
                nid = old.get(hid)
                if nid is None:
                    continue
            found[hid] = nid
        return found

    def learn(self, nids: Mapping[str, int]) -> None:
        """Remember these."""
        if len(self._young) + len(nids) > self._size:
            self._old = self._young
            self._young = dict(nids) if len(nids) <= self._size else {}
        else:
            self._young.update(nids)


def chunks(items: Iterable[Any]) -> Iterator[Sequence[Any]]:
    """Items in groups that fit one statement with a placeholder each."""
    items = list(items)
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]


def _marks(n: int) -> str:
    return ("?," * n)[:-1]


def _insert(label: str, verb: str = "INSERT OR IGNORE") -> str:
    names = ("nid", *columns(label))
    return f"{verb} INTO {quoted(NODES[label].table)} ({','.join(map(quoted, names))}) VALUES ({_marks(len(names))})"


_INSERT_REF = _insert("Ref")
_INSERT_CALL = _insert("Call")
_INSERT_COMPONENT = _insert("Component")
_INSERT_VERSION = _insert("Version")
_INSERT_RUN = (
    _insert("Run", "INSERT") + " ON CONFLICT (id) DO UPDATE SET ended = excluded.ended WHERE excluded.ended IS NOT NULL"
)
_DESCRIBED = ("module", "qualname", "doc", "inputs", "outputs")
"""What a program says of an op anew; the rest only renaming changes."""
_INSERT_OP = (
    _insert("Op", "INSERT")
    + " ON CONFLICT (name) DO UPDATE SET "
    + ", ".join(f"{quoted(n)} = excluded.{quoted(n)}" for n in _DESCRIBED)
    + " WHERE ("
    + ", ".join(quoted(n) for n in _DESCRIBED)
    + ") IS NOT ("
    + ", ".join(f"excluded.{quoted(n)}" for n in _DESCRIBED)
    + ")"
)
_INSERT_INPUT = "INSERT OR IGNORE INTO edge_input VALUES (?,?,?,?)"
_INSERT_OUTPUT = "INSERT OR IGNORE INTO edge_output VALUES (?,?,?)"


def write_batch(
    connection: sqlite3.Connection, batch: Batch, nids: Nids, filed: Collection[str], lost: Collection[str], now: float
) -> dict[str, int]:
    """Write a batch; returns hid -> nid of the refs it touched, for `nids` to learn once it is committed.

    `filed` are cids whose envelopes stand in files, `lost` those of them whose file was deleted meanwhile by
    somebody who dropped the value: the outcome is as if the value had been dropped after this batch, at `now`.
    """
    generation = deletions(connection)
    if generation != nids.generation:
        nids.forget(generation)
    named = ends(batch)
    there = _known_ends(connection, named, nids)
    if len(there) != len(named):
        batch = without(batch, named - there.keys(), generation)
    if batch.values or filed:
        rows: list[tuple[str, bytes | None]] = [(cid, None) for cid in filed if cid not in lost]
        rows.extend(batch.values.items())
        connection.executemany("INSERT OR IGNORE INTO blob (cid, data) VALUES (?,?)", rows)
    known = _write_refs(connection, batch.refs, nids) if batch.refs else {}
    known.update(there)
    if batch.ops:
        _write_ops(connection, batch)
    if batch.runs:
        _write_rows(
            connection,
            "Run",
            _INSERT_RUN,
            [
                (*r[:-2], None if r.git_dirty is None else int(r.git_dirty), to_strings(r.packages))
                for r in batch.runs.values()
            ],
        )
    if batch.components:
        _write_rows(connection, "Component", _INSERT_COMPONENT, list(batch.components.values()))
    if batch.versions:
        _write_versions(connection, batch)
    if batch.changes:
        _write_changes(connection, batch)
    if batch.calls:
        _write_calls(connection, batch, known)
    _lift_drops(connection, batch, filed)
    if lost:
        drop(connection, lost, now)
    return known


def _next(connection: sqlite3.Connection, label: str) -> int:
    (last,) = connection.execute(f"SELECT max(nid) FROM {quoted(NODES[label].table)}").fetchone()
    return (last or 0) + 1


def _write_refs(connection: sqlite3.Connection, refs: Mapping[str, RefRow], nids: Nids) -> dict[str, int]:
    known = nids.known(refs)
    nid = first = _next(connection, "Ref")
    rows: list[tuple[Any, ...]] = []
    fresh: dict[str, int] = {}
    for hid, row in refs.items():
        if hid in known:
            continue
        if type(row[5]) is bool:
            rows.append((nid, *row[:5], to_column(row[5]), *row[6:]))
        else:
            rows.append((nid, *row))
        fresh[hid] = nid
        nid += 1
    if rows:
        inserted = connection.executemany(_INSERT_REF, rows).rowcount
        if inserted != nid - first:  # some were there before, under other nids
            fresh.update(find(connection, "ref", "hid", fresh))
        known.update(fresh)
    return known


def _write_calls(connection: sqlite3.Connection, batch: Batch, known: Mapping[str, int]) -> None:
    calls = list(batch.calls.values())
    first = _next(connection, "Call")
    rows = [(nid, *call[:8]) for nid, call in enumerate(calls, first)]
    numbered: Iterable[tuple[int, Any]] = enumerate(calls, first)
    if connection.executemany(_INSERT_CALL, rows).rowcount != len(calls):
        real = find(connection, "call", "hid", batch.calls)
        numbered = [(real[c[0]], c) for c in calls if real[c[0]] >= first]  # the others have their edges
    inputs: list[tuple[int, int, str, int]] = []
    outputs: list[tuple[int, int, str]] = []
    for nid, call in numbered:
        for name, ref, index in call[8]:
            inputs.append((known[ref], nid, name, -1 if index is None else index))
        for name, ref in call[9]:
            outputs.append((nid, known[ref], name))
    connection.executemany(_INSERT_INPUT, inputs)
    connection.executemany(_INSERT_OUTPUT, outputs)


def _known_ends(connection: sqlite3.Connection, hids: set[str], nids: Nids) -> dict[str, int]:
    """Those of these refs that are in the store."""
    known = nids.known(hids)
    if len(known) != len(hids):
        known.update(find(connection, "ref", "hid", hids - known.keys()))
    return known


def find(connection: sqlite3.Connection, table: str, key: str, ids: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in chunks(ids):
        found.update(
            connection.execute(f'SELECT "{key}", nid FROM "{table}" WHERE "{key}" IN ({_marks(len(some))})', some)
        )
    return found


def _write_rows(connection: sqlite3.Connection, label: str, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    first = _next(connection, label)
    connection.executemany(statement, [(nid, *row) for nid, row in enumerate(rows, first)])


def _write_ops(connection: sqlite3.Connection, batch: Batch) -> None:
    rows = [
        (
            *op[:4],
            to_strings(op.inputs),
            to_strings(op.outputs),
            op.identity or None,
            to_strings(op.renamed) if op.renamed else None,
        )
        for op in batch.ops.values()
    ]
    _write_rows(connection, "Op", _INSERT_OP, rows)


def _write_versions(connection: sqlite3.Connection, batch: Batch) -> None:
    versions = batch.versions.values()
    _write_rows(
        connection, "Version", _INSERT_VERSION, [(v.id, v.op, v.created, int(v.active), int(v.whole)) for v in versions]
    )
    nids = find(connection, "version", "id", batch.versions)
    ops = find(connection, "op", "name", {v.op for v in versions})
    components = find(connection, "component", "id", {c for v in versions for c in v.components})
    try:
        of = [(nids[v.id], ops[v.op]) for v in versions]
        on = [(nids[v.id], components[c]) for v in versions for c in v.components]
    except KeyError as error:
        raise StoreError(
            f"a version names the op or component {error}, which is neither in its batch nor in the store. "
            f"Nothing was written."
        ) from None
    connection.executemany("INSERT OR IGNORE INTO edge_of VALUES (?,?)", of)
    connection.executemany("INSERT OR IGNORE INTO edge_depends_on VALUES (?,?)", on)


def _write_changes(connection: sqlite3.Connection, batch: Batch) -> None:
    components = find(connection, "component", "id", {i for pair in batch.changes for i in pair})
    try:
        rows = [(components[c.old], components[c.new], int(c.compatible), c.at, c.by) for c in batch.changes.values()]
    except KeyError as error:
        raise StoreError(
            f"a change names the component {error}, which is neither in its batch nor in the store. "
            f"Nothing was written."
        ) from None
    connection.executemany("INSERT OR REPLACE INTO edge_changed_to VALUES (?,?,?,?,?)", rows)


def _lift_drops(connection: sqlite3.Connection, batch: Batch, filed: Collection[str]) -> None:
    """Take the mark `dropped` from refs whose value is written again."""
    if connection.execute("SELECT 1 FROM ref WHERE dropped IS NOT NULL LIMIT 1").fetchone() is None:
        return
    back: dict[str, Native | bytes] = dict.fromkeys((*batch.values, *filed))
    for _, cid, type, _, _, value, _, dropped in batch.refs.values():
        if dropped is None and (value is not None or type == "NoneType"):
            back[cid] = to_column(value)
    connection.executemany(
        "UPDATE ref SET dropped = NULL, value = coalesce(?, value) WHERE cid = ? AND dropped IS NOT NULL",
        [(value, cid) for cid, value in back.items()],
    )


COUNT_DELETION = "UPDATE state SET value = value + 1 WHERE name = 'deletions'"


def deletions(connection: sqlite3.Connection) -> int:
    """How often anything was deleted: what is remembered of a store holds only as long as this stands still."""
    return int(connection.execute("SELECT value FROM state WHERE name = 'deletions'").fetchone()[0])


def drop(connection: sqlite3.Connection, cids: Iterable[str], at: float) -> int:
    """Delete the values of these contents and mark their refs; returns how many refs were marked."""
    cids = list(cids)
    connection.executemany("DELETE FROM blob WHERE cid = ?", [(cid,) for cid in cids])
    marked = connection.execute(of_contents("nid", "AND dropped IS NULL"), {"cids": json.dumps(cids)}).fetchall()
    connection.executemany("UPDATE ref SET dropped = ?, value = NULL WHERE nid = ?", [(at, nid) for (nid,) in marked])
    connection.execute(COUNT_DELETION)
    return len(marked)


def forget(connection: sqlite3.Connection, cids: Iterable[str]) -> dict[str, bool]:
    """Delete those of these values that no ref names; returns their cids, and whether they stood in the table."""
    wanted = set(cids)
    named = connection.execute(of_contents("cid"), {"cids": json.dumps(sorted(wanted))})
    wanted.difference_update([cid for (cid,) in named])
    return {cid: connection.execute("DELETE FROM blob WHERE cid = ?", (cid,)).rowcount > 0 for cid in sorted(wanted)}


def delete_nodes(connection: sqlite3.Connection, calls: Iterable[str], refs: Iterable[str]) -> None:
    """Delete calls with their edges, then refs, which must have no edge left."""
    gone = [(nid,) for nid in find(connection, "call", "hid", calls).values()]
    connection.executemany("DELETE FROM edge_input WHERE target = ?", gone)
    connection.executemany("DELETE FROM edge_output WHERE source = ?", gone)
    connection.executemany("DELETE FROM call WHERE nid = ?", gone)
    found = find(connection, "ref", "hid", refs)
    for hid, nid in found.items():
        bound = connection.execute(
            "SELECT EXISTS (SELECT 1 FROM edge_input WHERE source = :nid) "
            "OR EXISTS (SELECT 1 FROM edge_output WHERE target = :nid)",
            {"nid": nid},
        ).fetchone()[0]
        if bound:
            raise StoreError(
                f"ref {hid} cannot be deleted: a call still reads it or made it. Delete these calls first. "
                f"Nothing was deleted."
            )
    if found:
        connection.executemany("DELETE FROM ref WHERE nid = ?", [(nid,) for nid in found.values()])
    if gone or found:
        connection.execute(COUNT_DELETION)


def take_lease(connection: sqlite3.Connection, hid: str, owner: str, seconds: float, now: float) -> bool:
    """Take or renew a lease; False when it is another owner's and has not ended."""
    taken = connection.execute(
        "INSERT INTO lease (hid, owner, until) VALUES (?, ?, ?) ON CONFLICT (hid) DO UPDATE "
        "SET owner = excluded.owner, until = excluded.until WHERE owner = excluded.owner OR until < ?",
        (hid, owner, now + seconds, now),
    )
    return taken.rowcount == 1


def end_leases(connection: sqlite3.Connection, hids: Iterable[str], owner: str, now: float) -> None:
    """End these leases of an owner, and sweep those of programs that died more than a day ago."""
    connection.executemany("DELETE FROM lease WHERE hid = ? AND owner = ?", [(hid, owner) for hid in hids])
    connection.execute("DELETE FROM lease WHERE until < ?", (now - 86400,))
