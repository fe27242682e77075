"""The embedded store: one SQLite file, with large values as files in a folder beside it.

`SQLiteStore` implements `mandala_graph.store.protocol.Store` and delegates: the file, its connections and
transactions to `sqlite_file`, tables to `sqlite_schema`, statements to `sqlite_read` and `sqlite_write`,
large envelopes to `blobs`.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from sqlite3 import Connection
from typing import Any

from mandala_graph.store import sqlite_care
from mandala_graph.store import sqlite_pending as pending
from mandala_graph.store import sqlite_read as read
from mandala_graph.store.blobs import open_blobs
from mandala_graph.store.protocol import (
    Batch,
    CallRow,
    ChangeRow,
    ComponentRow,
    OpRow,
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
from mandala_graph.store.sqlite_errors import FAILURES
from mandala_graph.store.sqlite_file import StoreFile, Synchronous
from mandala_graph.store.sqlite_rename import rename
from mandala_graph.store.sqlite_versions import drop_versions
from mandala_graph.store.sqlite_write import (
    Nids,
    delete_nodes,
    deletions,
    drop,
    end_leases,
    forget,
    take_lease,
    write_batch,
)

__all__ = ["SQLiteStore"]

log = logging.getLogger("mandala_graph")

_QUERY_SECONDS = 600.0


class SQLiteStore:
    """A store in the SQLite file at `path`, which is made when it is not there (unless `create` is false).

    `synchronous` is SQLite's: with NORMAL what was committed survives the death of any process, with FULL
    also a power failure, at the price of waiting for the disk at each commit. With `read_only` nothing is
    written, not even to the folder. `timeout` is how long, in seconds, to wait for others who are writing
    before `StoreLocked` is raised.

    >>> import tempfile, os
    >>> folder = tempfile.TemporaryDirectory()
    >>> store = SQLiteStore(os.path.join(folder.name, "exp.db"))
    >>> store.info().engine, store.counts()["Call"]
    ('sqlite', 0)
    >>> store.close(); folder.cleanup()
    """

    round_trip = 1e-5
    inline_limit = 64 * 1024

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        synchronous: Synchronous = "NORMAL",
        create: bool = True,
        read_only: bool = False,
        timeout: float = 60.0,
    ) -> None:
        place = os.path.abspath(os.path.expanduser(os.fspath(path)))
        self._file = StoreFile(place, synchronous, create, read_only, timeout)
        self._nids = Nids()
        self._values = place + ".values"
        self._durable = synchronous in ("FULL", "EXTRA")
        self._blobs = open_blobs(self._values, self._durable)
        self._pending: dict[str, None] = {}  # cids of values in files that no write has recorded yet
        self._recent = pending.Recent()
        self._pid = os.getpid()
        self._settle_at_start()

    def _settle_at_start(self) -> None:
        """What a program that was killed left pending is put into the graph before anybody looks."""
        if not self._file.read_only:
            self.settle()
            return
        with self._file.reading() as connection:
            if left := pending.ids(connection):
                log.warning(
                    "%s: %d batches of a program that is at work or was killed are not in the graph yet, so they are "
                    "not seen. Open the store once without read_only=True to see them.",
                    self._file.path,
                    len(left),
                )

    @property
    def found_format(self) -> int:
        return self._file.found_format

    def info(self) -> StoreInfo:
        with self._file.reading() as connection:
            uuid, format, created = connection.execute("SELECT uuid, format, created FROM store").fetchone()
        return StoreInfo(uuid, format, created, "sqlite", self._file.path, self._values)

    # -- writes --------------------------------------------------------------------------------

    def write(self, batch: Batch, settle: bool = True) -> None:
        filed = dict(self._pending)
        if filed:
            self._blobs.sync()
        elif not settle and len(batch.calls) >= pending.APPEND_CALLS:
            self._append(batch)
            return
        with self._settling(not settle) as connection:
            # Under the write lock nobody drops values: what is missing now was dropped between put and write.
            lost = [cid for cid in filed if not self._blobs.exists(cid)]
            learned = write_batch(connection, batch, self._nids, filed, lost, time.time())
        self._nids.learn(learned)
        for cid in filed:
            self._pending.pop(cid, None)

    def _append(self, batch: Batch) -> None:
        """Make a batch durable, and leave its refs and calls to be settled with those of other batches."""
        recent = self._recent_of_process()
        with recent.lock:
            with self._file.writing() as connection:
                now = time.time()
                write_batch(connection, replace(batch, refs={}, calls={}), self._nids, (), (), now)
                id = pending.append(connection, batch, now)
            recent.add(id, batch)
        if recent.due():
            self.settle()

    def settle(self) -> None:
        if self._file.read_only:
            return
        if not self._recent_of_process().ids:
            with self._file.reading() as connection:
                if not pending.ids(connection):
                    return
        with self._settling():
            pass

    def unsettled(self) -> float | None:
        recent = self._recent_of_process()
        return recent.since if recent.ids else None

    @contextmanager
    def _settling(self, abandoned: bool = False) -> Iterator[Connection]:
        """A write transaction that has put pending rows into the graph: ours, and others' (or only abandoned ones)."""
        recent = self._recent_of_process()
        with recent.lock:
            learned: dict[str, int] = {}
            with self._file.writing() as connection:
                now = time.time()
                if recent.ids:
                    learned = write_batch(connection, recent.batch, self._nids, (), (), now)
                    pending.remove(connection, recent.ids)
                if others := pending.ids(connection, abandoned):
                    write_batch(connection, pending.load(connection, others), self._nids, (), (), now)
                    pending.remove(connection, others)
                yield connection
            recent.clear()
            self._nids.learn(learned)

    def _recent_of_process(self) -> pending.Recent:
        """What we appended; a forked child leaves its parent's to it."""
        if self._pid != os.getpid():
            self._pid, self._recent = os.getpid(), pending.Recent()
        return self._recent

    def delete(self, calls: Iterable[str] = (), refs: Iterable[str] = ()) -> None:
        with self._settling() as connection:
            delete_nodes(connection, calls, refs)

    def lease(self, hid: str, owner: str, seconds: float) -> bool:
        with self._file.writing() as connection:
            return take_lease(connection, hid, owner, seconds, time.time())

    def release(self, hids: Iterable[str], owner: str) -> None:
        with self._file.writing() as connection:
            end_leases(connection, hids, owner, time.time())

    def set_active(self, active: Mapping[str, bool]) -> None:
        with self._settling() as connection:
            rows = [(holds, id) for id, holds in active.items()]
            connection.executemany("UPDATE version SET active = ? WHERE id = ?", rows)

    def drop_versions(self, ids: Iterable[str]) -> list[str]:
        with self._settling() as connection:
            return drop_versions(connection, ids)

    def rename(self, renaming: Renaming) -> int:
        with self._settling() as connection:
            return rename(connection, renaming)

    def epoch(self) -> int:
        with self._file.reading() as connection:
            return deletions(connection)

    # -- values --------------------------------------------------------------------------------

    def put_value(self, cid: str, chunks: Sequence[bytes | memoryview]) -> None:
        self._file.check_writable()
        try:
            self._blobs.put(cid, chunks)
        except FAILURES as error:
            raise self._file.explain(error) from error
        self._pending[cid] = None

    def get_value(self, cid: str) -> bytes | memoryview | None:
        with self._file.reading() as connection:
            row = connection.execute("SELECT data FROM blob WHERE cid = ?", (cid,)).fetchone()
        if row is None:
            return self._blobs.get(cid) if cid in self._pending else None
        data: bytes | None = row[0]
        return self._blobs.get(cid) if data is None else data

    def has_values(self, cids: Iterable[str]) -> set[str]:
        wanted = list(cids)
        with self._file.reading() as connection:
            rows = read.blobs(connection, wanted)
        rows.update((cid, True) for cid in wanted if cid in self._pending)
        return {cid for cid, filed in rows.items() if not filed or self._blobs.exists(cid)}

    def iter_values(self) -> Iterator[str]:
        last = ""
        while True:
            with self._file.reading() as connection:
                page = connection.execute(
                    "SELECT cid FROM blob WHERE cid > ? ORDER BY cid LIMIT 10000", (last,)
                ).fetchall()
            if not page:
                break
            yield from (cid for (cid,) in page)
            last = page[-1][0]
        # Files that a program wrote just before it was killed; the same value, written again, adopts its file.
        for name in self._blobs.iterate():
            with self._file.reading() as connection:
                kept = read.blobs(connection, [name])
            if not kept:
                yield name

    def drop_values(self, cids: Iterable[str], at: float) -> int:
        wanted = list(dict.fromkeys(cids))
        with self._settling() as connection:
            marked = drop(connection, wanted, at)
        self._delete_files(wanted)
        return marked

    def forget_values(self, cids: Iterable[str]) -> int:
        with self._settling() as connection:
            unnamed = forget(connection, cids)
        files = self._delete_files(unnamed)
        return sum([inline or cid in files for cid, inline in unnamed.items()])

    def _delete_files(self, cids: Iterable[str]) -> set[str]:
        """Delete the files of values that the store does not list; which there were.

        After the commit that takes them from the list, so that nobody is told of a file that is gone, not even after
        a crash in between; and under the write lock, which keeps others from recording the same value anew meanwhile.
        """
        with self._file.writing() as connection:
            listed = read.blobs(connection, cids)
            return {cid for cid in cids if cid not in listed and self._blobs.delete(cid)}

    # -- hot path ------------------------------------------------------------------------------

    def lookup(self, hids: Sequence[str], cids: Sequence[str]) -> tuple[dict[str, OutputsRow], dict[str, OutputsRow]]:
        file = self._file
        connection = file.acquire()
        try:
            return read.lookup(connection, hids, cids)
        except FAILURES as error:
            raise file.explain(error) from error
        finally:
            file.release(connection)

    def call_ids(self, op: str, limit: int) -> list[str] | None:
        with self._file.reading() as connection:
            return read.call_ids(connection, op, limit)

    def prefetch(self, op: str, limit: int) -> tuple[list[OutputsRow], bool]:
        with self._file.reading() as connection:
            return read.prefetch(connection, op, limit)

    def read_ahead(self, hid: str, limit: int) -> list[OutputsRow]:
        with self._file.reading() as connection:
            return read.read_ahead(connection, hid, limit)

    # -- reads ---------------------------------------------------------------------------------

    def refs(self, hids: Iterable[str]) -> dict[str, RefRow]:
        with self._file.reading() as connection:
            return read.refs(connection, hids)

    def refs_by_cid(self, cids: Iterable[str]) -> dict[str, list[RefRow]]:
        with self._file.reading() as connection:
            return read.refs_by_cid(connection, cids)

    def calls(self, hids: Iterable[str]) -> dict[str, CallRow]:
        with self._file.snapshot() as connection:
            return read.calls(connection, hids)

    def calls_of(self, op: str | None = None, version: str | None = None) -> list[str]:
        with self._file.reading() as connection:
            return read.calls_of(connection, op, version)

    def creators(self, ref_hids: Iterable[str]) -> dict[str, str]:
        with self._file.reading() as connection:
            return read.creators(connection, ref_hids)

    def consumers(self, ref_hids: Iterable[str]) -> dict[str, list[str]]:
        with self._file.reading() as connection:
            return read.consumers(connection, ref_hids)

    def descendants(self, call_hids: Iterable[str]) -> set[str]:
        with self._file.snapshot() as connection:
            return read.descendants(connection, call_hids)

    def orphans(self) -> list[str]:
        with self._file.reading() as connection:
            return read.orphans(connection)

    def ops(self) -> dict[str, OpRow]:
        with self._file.reading() as connection:
            return read.ops(connection)

    def runs(self) -> dict[str, RunRow]:
        with self._file.reading() as connection:
            return read.runs(connection)

    def versions(self, op: str | None = None) -> dict[str, VersionRow]:
        with self._file.snapshot() as connection:
            return read.versions(connection, op)

    def components(self, ids: Iterable[str]) -> dict[str, ComponentRow]:
        with self._file.reading() as connection:
            return read.components(connection, ids)

    def changes(self) -> list[ChangeRow]:
        with self._file.reading() as connection:
            return read.changes(connection)

    def keys(self, label: str, after: str = "", limit: int = 1000) -> list[str]:
        with self._file.reading() as connection:
            return sqlite_care.keys(connection, label, after, limit)

    def calls_in_order(self) -> Iterator[list[str]]:
        last = 0
        while True:
            with self._file.reading() as connection:
                page = sqlite_care.call_page(connection, last, 1000)
            if not page:
                return
            yield [hid for _, hid in page]
            last = page[-1][0]

    def counts(self) -> Mapping[str, int]:
        with self._file.snapshot() as connection:
            return read.counts(connection)

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection for reads of one's own (frames, Cypher), whose failures come out as `StoreError`s."""
        return self._file.reading()

    # A program that asks nothing needs no query language: it is imported here.
    def query(
        self,
        statement: str,
        parameters: Mapping[str, Any],
        *,
        timeout: float | None = None,
        max_rows: int | None = None,
        cancel: threading.Event | None = None,
    ) -> Table:
        """Run Cypher of the subset (docs/cypher.md)."""
        from mandala_graph.store.sqlite_query import query

        return query(self._file, statement, parameters, timeout or _QUERY_SECONDS, max_rows, cancel)

    def stream(self, statement: str, parameters: Mapping[str, Any], *, timeout: float | None = None) -> Stream:
        from mandala_graph.store.sqlite_query import SQLiteStream

        return SQLiteStream(self._file, statement, parameters, timeout or _QUERY_SECONDS)

    def plan(
        self, statement: str, parameters: Mapping[str, Any], *, timeout: float | None = None, run: bool = False
    ) -> Plan:
        from mandala_graph.store.sqlite_query import plan

        return plan(self._file, statement, parameters, timeout or _QUERY_SECONDS, run)

    # -- care ----------------------------------------------------------------------------------

    def faults(self) -> Iterator[tuple[str, str, str]]:
        with self._file.reading() as connection:
            yield from sqlite_care.faults(connection)

    def value_stat(self, cid: str) -> tuple[int, float] | None:
        with self._file.reading() as connection:
            inline = sqlite_care.value_size(connection, cid)
        return self._blobs.stat(cid) if inline is None else (inline, 0.0)

    def sweep(self, before: float, dry_run: bool = False) -> tuple[int, int]:
        if not dry_run:
            self._file.check_writable()
        return self._blobs.sweep(before, dry_run)

    def vacuum(self) -> None:
        self._file.vacuum()

    def close(self) -> None:
        if self._recent_of_process().ids:
            self.settle()
        self._file.close()
