"""The SQLite file of a store: making and opening it, a pool of connections, write transactions, forks.

Any number of threads and processes may work on the file. A connection serves one statement (or one
transaction) of one thread at a time and is lent from a pool; the one used last is lent first, so that a
program of one thread has one connection, whose page cache stays warm. What the statements say is elsewhere.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import uuid
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal
from urllib.parse import quote

from mandala_graph.errors import (
    MandalaGraphError,
    StoreClosed,
    StoreError,
    StoreLocked,
    StoreReadOnly,
    StoreUnreachable,
)
from mandala_graph.graph import FORMAT
from mandala_graph.store.sqlite_errors import FAILURES, cannot_open, corrupt, explain, moved
from mandala_graph.store.sqlite_migrate import migrate
from mandala_graph.store.sqlite_schema import APPLICATION_ID, ddl

__all__ = ["StoreFile", "Synchronous"]

Synchronous = Literal["OFF", "NORMAL", "FULL", "EXTRA"]

_PAGE_SIZE = 8192
"""Bytes. A commit into large indexes costs half as many reads and writes as with 4096, a single call a fifth more."""
_CACHE_KIB = 64 * 1024
_WAL_PAGES = 16384  # pages in the log before they are copied into the file
_FORK_PATIENCE = 5.0

_open_files: weakref.WeakSet[StoreFile] = weakref.WeakSet()
_abandoned: list[sqlite3.Connection] = []
"""Connections that came through a fork: kept so that nothing closes them, which would confuse SQLite's locks."""


class StoreFile:
    """The open file at `path`; see `mandala_graph.store.sqlite.SQLiteStore` for the parameters."""

    def __init__(self, path: str, synchronous: Synchronous, create: bool, read_only: bool, timeout: float) -> None:
        self.path = path
        self.read_only = read_only
        self.timeout = timeout
        self._synchronous = synchronous
        self._closed = False
        self._broken: str | None = None
        self.found_format = FORMAT
        self._reset()
        if not os.path.exists(path) and (read_only or not create):
            raise cannot_open(path, "no such file")
        if not read_only:
            self._mode = "rwc"
        elif os.access(os.path.dirname(path), os.W_OK) or os.path.exists(path + "-wal"):
            self._mode = "ro"
        else:  # SQLite cannot share a file without files beside it; nobody is writing, for there would be a log
            self._mode = "ro&immutable=1"
        self._identity: tuple[int, int] | None = None
        _open_files.add(self)
        connection = self._prepare()
        if not read_only:
            self._mode = "rw"
        self._identity = self._on_disk()
        self.release(connection)

    def _reset(self) -> None:
        self._idle: list[sqlite3.Connection] = []
        self._all: set[sqlite3.Connection] = set()
        self._lent: set[sqlite3.Connection] = set()
        self._gate = threading.Lock()  # held while connections are made, and through a fork
        self._writer = threading.Lock()
        self._forking = False
        self._returned = threading.Event()

    # -- connections ---------------------------------------------------------------------------

    def acquire(self) -> sqlite3.Connection:
        """A connection for one statement or transaction; give it back with `release`."""
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def lend(self) -> sqlite3.Connection:
        """A connection for as long as its user likes, for which a fork does not wait; give it back with `take_back`."""
        connection = self.acquire()
        self._lent.add(connection)
        return connection

    def take_back(self, connection: sqlite3.Connection) -> None:
        """Take back a connection that was lent."""
        self._lent.discard(connection)
        self.release(connection)

    def release(self, connection: sqlite3.Connection) -> None:
        """Take back a connection."""
        if connection.in_transaction:
            connection.rollback()
        self._idle.append(connection)
        if self._forking:
            self._returned.set()
        elif self._closed:
            self.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for reads, whose failures come out as ours."""
        connection = self.acquire()
        try:
            yield connection
        except MandalaGraphError:
            raise  # one of them is an OSError too
        except FAILURES as error:
            raise self.explain(error) from error
        finally:
            self.release(connection)

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A connection for several reads that see one state of the store."""
        with self.reading() as connection:
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a write transaction, committed at the end unless something was raised."""
        self.check_writable()
        if not self._writer.acquire(timeout=self.timeout):
            raise StoreLocked(f"another thread has been writing to {self.path} for more than {self.timeout:g} s.")
        try:
            connection = self.acquire()
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                # A file that is gone takes commits without complaint, and nobody ever reads them.
                if self._on_disk() != self._identity:
                    raise moved(self.path)
                connection.execute("COMMIT")
            except FAILURES as error:
                raise self.explain(error) from error
            finally:
                self.release(connection)
        finally:
            self._writer.release()

    def check_writable(self) -> None:
        """Refuse to write to a store that was opened for reads only."""
        if self.read_only:
            raise StoreReadOnly(f"{self.path} was opened with read_only=True. Open it without, to write.")

    def vacuum(self) -> None:
        """Give free pages back to the disk, and renew what the planner knows of the tables."""
        self.check_writable()
        with self._writer, self.reading() as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA optimize")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def explain(self, error: BaseException) -> StoreError:
        """Our error for one of SQLite's."""
        if isinstance(error, sqlite3.DatabaseError) and self._identity not in (None, self._on_disk()):
            return moved(self.path)
        return explain(error, self.path, self.timeout)

    def close(self) -> None:
        """Close every connection that no thread is using; the others are closed when they come back."""
        self._closed = True
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:
                break
            self._all.discard(connection)
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        with self._gate:
            if self._closed:
                raise StoreClosed(f"the store {self.path} is closed. Open it again.")
            if self._broken:
                raise StoreError(self._broken)
            if self._identity is not None and self._on_disk() != self._identity:
                raise moved(self.path)
            return self._connect_now()

    def _connect_now(self) -> sqlite3.Connection:
        address = f"file:{quote(self.path)}?mode={self._mode}"
        try:
            connection = sqlite3.connect(
                address,
                uri=True,
                timeout=self.timeout,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=256,
            )
        except sqlite3.Error as error:
            raise self.explain(error) from error
        try:
            for pragma in (
                f"synchronous = {self._synchronous}",
                f"cache_size = -{_CACHE_KIB}",
                f"wal_autocheckpoint = {_WAL_PAGES}",
                f"journal_size_limit = {_WAL_PAGES * _PAGE_SIZE}",
                "secure_delete = OFF",
                "temp_store = MEMORY",
                "trusted_schema = OFF",
            ):
                connection.execute(f"PRAGMA {pragma}")
        except FAILURES as error:
            connection.close()
            raise self.explain(error) from error
        self._all.add(connection)
        return connection

    def _on_disk(self) -> tuple[int, int] | None:
        try:
            stat = os.stat(self.path)
        except OSError:
            return None
        return stat.st_dev, stat.st_ino

    # -- making and checking -------------------------------------------------------------------

    def _prepare(self) -> sqlite3.Connection:
        """Open the file, make it a store if it is empty, and check that it is one."""
        connection = self._connect_now()
        try:
            self._check(connection)
        except BaseException as error:
            self._all.discard(connection)
            connection.close()
            if isinstance(error, FAILURES):
                raise self.explain(error) from error
            raise
        return connection

    def _check(self, connection: sqlite3.Connection) -> None:
        application, format, tables = _header(connection)
        if application == 0 and format == 0 and tables == 0:
            if self.read_only:
                raise StoreUnreachable(f"{self.path} is empty: there is no store in it yet.")
            self._make(connection)
            return
        if application != APPLICATION_ID:
            raise corrupt(self.path, "it is another program's SQLite database")
        if format != FORMAT:
            migrate(connection, self.path, format, self.read_only)
            self.found_format = format
        connection.execute("SELECT uuid FROM store").fetchone()

    def _make(self, connection: sqlite3.Connection) -> None:
        connection.execute(f"PRAGMA page_size = {_PAGE_SIZE}")
        self._use_log(connection)
        connection.execute("BEGIN IMMEDIATE")
        try:
            if _header(connection) == (0, 0, 0):  # else another process was faster
                for statement in ddl():
                    connection.execute(statement)
                connection.execute(
                    'INSERT INTO store (uuid, format, created, "values") VALUES (?, ?, ?, ?)',
                    (str(uuid.uuid4()), FORMAT, time.time(), ""),
                )
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {FORMAT}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.rollback()
            raise

    def _use_log(self, connection: sqlite3.Connection) -> None:
        """Switch to write-ahead logging. SQLite does not wait for others here, so we do."""
        deadline = time.monotonic() + self.timeout
        while True:
            try:
                (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
                break
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.005)
        if mode != "wal":
            raise StoreError(
                f"{self.path} is on a file system without shared memory (often a network drive), where SQLite cannot "
                f"be shared safely. Put the store on a local disk, or use a Neo4j server."
            )

    # -- forks ---------------------------------------------------------------------------------

    def before_fork(self) -> None:
        """Close all connections, waiting for those in use, if not lent: SQLite's locks do not survive a fork.

        The child inherits the bookkeeping of locks but not the locks, so that even a fresh connection
        there would believe that it holds what it does not. Nothing open, nothing inherited.
        """
        deadline = time.monotonic() + _FORK_PATIENCE
        self._fork_locked = self._gate.acquire(timeout=_FORK_PATIENCE)
        self._forking = True
        while True:
            self._returned.clear()
            while self._idle:
                try:
                    connection = self._idle.pop()
                except IndexError:
                    break
                self._all.discard(connection)
                connection.close()
            left = deadline - time.monotonic()
            if not self._all - self._lent or left <= 0:
                break
            self._returned.wait(left)

    def after_fork_in_parent(self) -> None:
        """Open again for business."""
        self._forking = False
        if self._fork_locked:
            self._gate.release()

    def after_fork_in_child(self) -> None:
        """Start afresh; refuse if a connection was in use all through the fork."""
        left, lent = self._all, self._lent
        self._reset()
        if left:
            _abandoned.extend(left)
            what, instead = "another thread was using", "Fork while the store is idle"
            if left <= lent:
                what, instead = (
                    "rows of a query were being taken one by one from",
                    "Take all rows before it forks, or close the result",
                )
            self._broken = (
                f"this process was forked while {what} the store {self.path}, which SQLite cannot survive. "
                f"{instead}, or start processes with the method 'spawn' or 'forkserver'."
            )


def _header(connection: sqlite3.Connection) -> tuple[int, int, int]:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (format,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return application, format, tables


def _for_all(method: str) -> None:
    for file in list(_open_files):
        getattr(file, method)()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: _for_all("before_fork"),
        after_in_parent=lambda: _for_all("after_fork_in_parent"),
        after_in_child=lambda: _for_all("after_fork_in_child"),
    )
