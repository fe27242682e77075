"""The store on a Neo4j server (5.26 or newer). Statements are in `cypher/`, the connection in `neo4j_link`,
opening in `neo4j_schema`, the bytes of values in `blobs`.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mandala_graph import errors
from mandala_graph.store import neo4j_care
from mandala_graph.store.blobs import Blobs, open_blobs
from mandala_graph.store.neo4j_link import Link, Step, parse_address
from mandala_graph.store.neo4j_query import Neo4jStream, plan, query
from mandala_graph.store.neo4j_rename import rename
from mandala_graph.store.neo4j_schema import open_database
from mandala_graph.store.neo4j_write import batch_steps, parts
from mandala_graph.store.pages import pages
from mandala_graph.store.protocol import (
    SHORT_ID,
    Batch,
    CallRow,
    ChangeRow,
    ComponentRow,
    InputEdge,
    OpRow,
    OutputRow,
    OutputsRow,
    Plan,
    RefRow,
    Renaming,
    RunRow,
    StoreInfo,
    Stream,
    Table,
    VersionRow,
)
from mandala_graph.store.statements import statement
from mandala_graph.store.whole import ends, without

__all__ = ["Neo4jStore"]

_FEW = 50  # starts from which one pruned expansion each is quicker than rounds of single steps


class Neo4jStore:
    """A provenance store in a Neo4j database.

    `uri` is `neo4j://host:7687` (also `bolt://`, `+s` for TLS); user, password and database may stand in it
    (`neo4j://user:password@host:7687/database`) or be given. `values` is the folder or fsspec URL where the bytes
    of values go; the store remembers it. The default is a folder of its own under the user's data folder.
    `timeout` is for how many seconds a server that does not answer is waited for, `query_timeout` after how many
    a user's query is ended.

    Raises `StoreUnreachable`, `StoreAuthError`, `StoreSchemaError` or `StoreFormatError` where the server cannot
    be used.
    """

    round_trip = 1e-3
    inline_limit = 1 << 16

    def __init__(
        self,
        uri: str,
        auth: tuple[str, str] | Any | None = None,
        *,
        database: str | None = None,
        values: str | os.PathLike[str] | None = None,
        timeout: float = 60.0,
        query_timeout: float = 600.0,
        create: bool = True,
        read_only: bool = False,
    ) -> None:
        address = parse_address(uri, auth if isinstance(auth, tuple) else None, database)
        # A wrong address should not cost a minute; once open, the server is waited for up to `timeout`.
        self.link = Link(address, auth or address.auth or _from_environment(), min(timeout, 10.0), read_only)
        wanted = "" if values is None else _place(values)
        try:
            self._node = open_database(self.link, create, wanted)
            if wanted and "://" not in wanted and not read_only:
                _make_folder(wanted)
            if wanted and wanted != self._node.values:
                if not read_only:
                    self.link.write([(statement("schema/values"), {"uuid": self._node.uuid, "values": wanted})])
                self._node = self._node._replace(values=wanted)
        except BaseException:
            self.link.close()
            raise
        self.link.timeout = timeout
        self.found_format = self._node.found
        self.query_timeout = query_timeout
        self._blobs: Blobs | None = None
        self._written: set[str] = set()  # cids put since the last write

    def info(self) -> StoreInfo:
        node, address = self._node, self.link.address
        location = f"{address.uri}/{address.database}" if address.database else address.uri
        return StoreInfo(node.uuid, node.format, node.created, "neo4j", location, self._values_place())

    # -- values ----------------------------------------------------------------------------------------------
    def _values_place(self) -> str:
        return self._node.values or str(_data_folder() / "values" / self._node.uuid)

    @property
    def blobs(self) -> Blobs:
        """Where the bytes of values are; opened when first needed, so that provenance works without it."""
        if self._blobs is None:
            self._blobs = open_blobs(self._values_place())
        recorded = self._node.values
        if recorded and "://" not in recorded and not os.path.isdir(recorded):
            # Made anew here it would hide that the values are elsewhere.
            raise errors.StoreUnreachable(
                f"the values of the store at {self.link.address.uri} are kept in {recorded}, which cannot be reached "
                f"from here: mount it, or say where it is with values=..."
            )
        return self._blobs

    def put_value(self, cid: str, chunks: Sequence[bytes | memoryview]) -> None:
        self._check_writable()
        self.blobs.put(cid, chunks)
        self._written.add(cid)

    def get_value(self, cid: str) -> bytes | memoryview | None:
        return self.blobs.get(cid)

    def has_values(self, cids: Iterable[str]) -> set[str]:
        return {cid for cid in cids if self.blobs.exists(cid)}

    def iter_values(self) -> Iterator[str]:
        return self.blobs.iterate()

    def drop_values(self, cids: Iterable[str], at: float) -> int:
        # Marked before, so that a crash in between leaves bytes that nobody reads rather than refs that promise what
        # is gone; and after, for refs that somebody wrote in between, believing the bytes to be there.
        unique = sorted(set(cids))
        marked = self._mark_dropped(unique, at)
        for cid in unique:
            self.blobs.delete(cid)
        self._mark_dropped(unique, at)
        return marked

    def _mark_dropped(self, cids: list[str], at: float) -> int:
        told: Step = (statement("write/epoch"), {})
        steps: list[Step] = [(statement("write/drop_values"), {"cids": page, "at": at}) for page in pages(cids)]
        return sum(self.link.write([step, told])[0][0] for step in steps)

    def forget_values(self, cids: Iterable[str]) -> int:
        self._check_writable()
        gone = list(self.link.read_in_pages(statement("read/unreferenced"), sorted(set(cids))))
        deleted = sum([self.blobs.delete(cid) for cid in gone])
        self._mark_dropped(gone, time.time())  # refs that somebody wrote in between, believing the bytes to be there
        return deleted

    def _check_writable(self) -> None:
        if self.link.read_only:
            raise errors.StoreReadOnly(f"the store at {self.link.address.uri} was opened for reading only")

    # -- writing ---------------------------------------------------------------------------------------------
    def settle(self) -> None:
        """Nothing: every write is in the graph when it returns."""

    def unsettled(self) -> float | None:
        return None

    def write(self, batch: Batch, settle: bool = True) -> None:
        """Write a batch: the bytes of its values first, then the graph, in one transaction or a few (`Batch.cuts`).

        May be called again with the same batch after an error; nothing is written twice.
        """
        self._check_writable()
        put = set(self._written)
        if batch.values:
            for cid, data in batch.values.items():
                self.blobs.put(cid, [data])
            put |= batch.values.keys()
        if put:
            self.blobs.sync()
        written = put
        for part in parts(batch):
            self._write_part(part, written)
            written = set()  # with the first
        self._written -= put
        self._check_bytes(put, batch.values)

    def _check_bytes(self, put: set[str], values: Mapping[str, bytes]) -> None:
        """Write bytes again that somebody deleted before these refs named them; those that went by: mark their refs."""
        lost = [cid for cid in sorted(put) if not self.blobs.exists(cid)]
        again = [cid for cid in lost if cid in values]
        for cid in again:
            self.blobs.put(cid, [values[cid]])
        if again:
            self.blobs.sync()
        self._mark_dropped([cid for cid in lost if cid not in values], time.time())

    def _write_part(self, part: Batch, written: set[str]) -> None:
        while steps := batch_steps(part, written):
            try:
                self.link.write(steps)
                return
            except errors.StoreUnreachable:
                raise
            except errors.StoreError:
                named = ends(part)
                gone = named - self.refs(named).keys()  # an edge to them failed the transaction
                if not gone:
                    raise
                part = without(part, gone, self.epoch())

    # -- hot path --------------------------------------------------------------------------------------------
    def lookup(self, hids: Sequence[str], cids: Sequence[str]) -> tuple[dict[str, OutputsRow], dict[str, OutputsRow]]:
        by_hid: dict[str, OutputsRow] = {}
        by_cid: dict[str, OutputsRow] = {}
        page = 5000
        for i in range(0, max(len(hids), len(cids)), page):
            parameters = {"hids": list(hids[i : i + page]), "cids": list(cids[i : i + page])}
            ((first, second),) = self.link.read(statement("read/lookup"), parameters)
            by_hid.update((row.hid, row) for row in _outputs_rows(first))
            by_cid.update((row.cid, row) for row in _outputs_rows(second))
        return by_hid, by_cid

    def call_ids(self, op: str, limit: int) -> list[str] | None:
        given = {"op": op, "limit": limit + 1, "length": SHORT_ID}
        number, ids = self.link.read(statement("read/call_ids"), given)[0]
        return [i for i in ids if i is not None] if number <= limit else None

    def prefetch(self, op: str, limit: int) -> tuple[list[OutputsRow], bool]:
        pages = self.link.read(statement("read/prefetch"), {"op": op, "limit": limit + 1})
        rows = [row for page in pages for row in page]
        return list(_outputs_rows(rows[:limit])), len(rows) <= limit

    def read_ahead(self, hid: str, limit: int) -> list[OutputsRow]:
        pages = self.link.read(statement("read/read_ahead"), {"hid": hid, "limit": limit})
        return list(_outputs_rows(row for page in pages for row in page))

    # -- reads -----------------------------------------------------------------------------------------------
    def refs(self, hids: Iterable[str]) -> dict[str, RefRow]:
        rows = self.link.read_in_pages(statement("read/refs"), _unique(hids))
        return {row[0]: RefRow._make(row) for row in _there(rows)}

    def refs_by_cid(self, cids: Iterable[str]) -> dict[str, list[RefRow]]:
        found: dict[str, list[RefRow]] = {}
        for row in _there(self.link.read_in_pages(statement("read/refs_by_cid"), _unique(cids), 500)):
            found.setdefault(row[1], []).append(RefRow._make(row))
        return found

    def calls(self, hids: Iterable[str]) -> dict[str, CallRow]:
        rows = self.link.read_in_pages(statement("read/calls"), _unique(hids), 1000)
        return {row[0]: _call_row(row) for row in _there(rows) if _whole(row[8]) and _whole(row[9])}

    def calls_of(self, op: str | None = None, version: str | None = None) -> list[str]:
        name = "calls_of_op" if op is not None else "calls_of_version" if version is not None else "calls_of"
        pages = self.link.read(statement(f"read/{name}"), {"op": op, "version": version})
        return [hid for page in pages for hid in page if hid is not None]

    def creators(self, ref_hids: Iterable[str]) -> dict[str, str]:
        return dict(_there(self.link.read_in_pages(statement("read/creators"), _unique(ref_hids))))

    def consumers(self, ref_hids: Iterable[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for ref, call in _there(self.link.read_in_pages(statement("read/consumers"), _unique(ref_hids), 500)):
            found.setdefault(ref, []).append(call)
        return found

    def descendants(self, call_hids: Iterable[str]) -> set[str]:
        starts = _unique(call_hids)
        if len(starts) <= _FEW:
            return set(self.link.read_in_pages(statement("read/descendants"), starts))
        frontier = set(self.calls_exist(starts))
        seen = set(frontier)
        while frontier:
            frontier = set(self.link.read_in_pages(statement("read/next_calls"), sorted(frontier))) - seen
            seen |= frontier
        return seen

    def calls_exist(self, hids: Iterable[str]) -> list[str]:
        """Those of these calls that are in the store."""
        return list(self.link.read_in_pages(statement("read/calls_exist"), _unique(hids)))

    def orphans(self) -> list[str]:
        return [hid for page in self.link.read(statement("read/orphans")) for hid in page]

    def ops(self) -> dict[str, OpRow]:
        rows = self._all("read/ops")
        return {r[0]: OpRow(r[0], r[1], r[2], r[3], tuple(r[4]), tuple(r[5]), r[6], tuple(r[7])) for r in rows}

    def runs(self) -> dict[str, RunRow]:
        return {r[0]: RunRow._make([*r[:9], tuple(r[9])]) for r in self._all("read/runs")}

    def versions(self, op: str | None = None) -> dict[str, VersionRow]:
        rows = self._all("read/versions", op=op)
        return {r[0]: VersionRow(r[0], r[1], r[2], r[3], tuple(r[4]), r[5]) for r in rows}

    def components(self, ids: Iterable[str]) -> dict[str, ComponentRow]:
        rows = self.link.read_in_pages(statement("read/components"), _unique(ids))
        return {row[0]: ComponentRow._make(row) for row in rows}

    def changes(self) -> list[ChangeRow]:
        return [ChangeRow._make(row) for row in self._all("read/changes")]

    def keys(self, label: str, after: str = "", limit: int = 1000) -> list[str]:
        return neo4j_care.keys(self.link, label, after, limit)

    def calls_in_order(self) -> Iterator[list[str]]:
        return neo4j_care.calls_in_order(self.link)

    def counts(self) -> Mapping[str, int]:
        counts: dict[str, int]
        (counts,) = self.link.read(statement("read/counts"))
        return counts

    def query(
        self,
        statement: str,
        parameters: Mapping[str, Any],
        *,
        timeout: float | None = None,
        max_rows: int | None = None,
        cancel: threading.Event | None = None,
    ) -> Table:
        """Run a user's Cypher, for reading; nodes, relationships and paths come as tuples of `store.protocol`."""
        return query(self.link, statement, parameters, timeout or self.query_timeout, max_rows, cancel)

    def stream(self, statement: str, parameters: Mapping[str, Any], *, timeout: float | None = None) -> Stream:
        return Neo4jStream(self.link, statement, parameters, timeout or self.query_timeout)

    def plan(
        self, statement: str, parameters: Mapping[str, Any], *, timeout: float | None = None, run: bool = False
    ) -> Plan:
        return plan(self.link, statement, parameters, timeout or self.query_timeout, run)

    def _all(self, name: str, **parameters: Any) -> list[Any]:
        return [row for rows in self.link.read(statement(name), parameters) for row in rows]

    # -- deletion and care -----------------------------------------------------------------------------------
    def delete(self, calls: Iterable[str] = (), refs: Iterable[str] = ()) -> None:
        steps: list[Step] = [(statement("write/delete_calls"), {"hids": page}) for page in pages(sorted(set(calls)))]
        steps += [(statement("write/delete_refs"), {"hids": page}) for page in pages(sorted(set(refs)))]
        if steps:
            self.link.write([*steps, (statement("write/epoch"), {})])
        else:
            self._check_writable()

    def lease(self, hid: str, owner: str, seconds: float) -> bool:
        self._check_writable()
        step = (statement("write/lease"), {"hid": hid, "owner": owner, "seconds": seconds})
        return bool(self.link.write([step])[0][0])

    def release(self, hids: Iterable[str], owner: str) -> None:
        self._check_writable()
        self.link.write([(statement("write/release"), {"hids": list(hids), "owner": owner})])

    def set_active(self, active: Mapping[str, bool]) -> None:
        self.link.write([(statement("write/active_versions"), {"rows": [list(r) for r in active.items()]})])

    def drop_versions(self, ids: Iterable[str]) -> list[str]:
        done = self.link.write(
            [(statement("write/drop_versions"), {"ids": _unique(ids)}), (statement("write/epoch"), {})]
        )
        return sorted(done[0][0])

    def rename(self, renaming: Renaming) -> int:
        self._check_writable()
        return self.link.transact(lambda transaction: rename(transaction, renaming))

    def epoch(self) -> int:
        return int(self.link.read(statement("read/epoch"))[0])

    def faults(self) -> Iterator[tuple[str, str, str]]:
        return neo4j_care.faults(self.link)

    def value_stat(self, cid: str) -> tuple[int, float] | None:
        return self.blobs.stat(cid)

    def sweep(self, before: float, dry_run: bool = False) -> tuple[int, int]:
        if not dry_run:
            self._check_writable()
        return self.blobs.sweep(before, dry_run)

    def vacuum(self) -> None:
        """Nothing to do: Neo4j reuses the space of what was deleted."""
        self._check_writable()

    def close(self) -> None:
        self.link.close()


def _there(rows: Iterable[Any]) -> Iterator[Any]:
    """Rows without those of nodes that were deleted while they were read: a server gives them without their ids."""
    return (row for row in rows if row[0] is not None and row[1] is not None)


def _whole(edges: Iterable[Any]) -> bool:
    """Have all of these edges, as [name, id, ...], an end?"""
    return all(edge[1] is not None for edge in edges)


def _outputs_rows(rows: Iterable[Any]) -> Iterator[OutputsRow]:
    for hid, cid, op, outputs in _there(rows):
        if _whole(outputs):
            yield OutputsRow(hid, cid, op, tuple(map(OutputRow._make, outputs)))


def _call_row(row: list[Any]) -> CallRow:
    inputs = sorted((InputEdge._make(i) for i in row[8]), key=lambda i: (i.name, -1 if i.index is None else i.index))
    return CallRow._make([*row[:8], tuple(inputs), tuple(sorted((name, ref) for name, ref in row[9]))])


def _unique(ids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(ids))


def _place(values: str | os.PathLike[str]) -> str:
    """A folder as an absolute path, a URL as it is."""
    text = os.fspath(values)
    return text if "://" in text else str(Path(text).expanduser().absolute())


def _from_environment() -> tuple[str, str] | None:
    """`NEO4J_AUTH=user/password`, as the server's own image has it ("none": no password is asked for)."""
    user, slash, password = os.environ.get("NEO4J_AUTH", "").partition("/")
    return (user, password) if slash else None


def _make_folder(path: str) -> None:
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as e:
        raise errors.StoreUnreachable(f"values cannot be kept in {path}: {e.strerror}") from e


def _data_folder() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "mandala_graph"
