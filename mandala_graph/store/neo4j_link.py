"""The connection to a Neo4j server: driver, retries, and its errors as ours. What is sent over it, is elsewhere.

Statements are run so that sending one again does no harm: a lost connection, a commit whose answer never came,
a deadlock, a server that restarts are all met by sending the transaction again, until `timeout` has passed.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import random
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn, TypeAlias, TypeVar
from urllib.parse import unquote, urlsplit

import neo4j
from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    ConnectionAcquisitionTimeoutError,
    CypherSyntaxError,
    DriverError,
    Forbidden,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
)

from mandala_graph import errors

__all__ = ["Address", "Link", "Step", "parse_address"]

T = TypeVar("T")
Step: TypeAlias = tuple[str, Mapping[str, Any]]
"""A statement and its parameters."""

# The driver logs each broken connection as an error; what comes of it, our errors say. Who configures logging still
# sees its lines.
logging.getLogger("neo4j").addHandler(logging.NullHandler())

SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
_FIRST_DELAY, _LAST_DELAY = 0.01, 1.0  # seconds; doubles in between


class Address(NamedTuple):
    """Where a server is: `uri` holds no secret, so it may be shown."""

    uri: str
    auth: tuple[str, str] | None
    database: str | None


def parse_address(uri: str, auth: tuple[str, str] | None = None, database: str | None = None) -> Address:
    """Take `scheme://[user:password@]host[:port][/database]` apart; explicit arguments come first.

    >>> parse_address("neo4j://me:secret@example.org/lab")
    Address(uri='neo4j://example.org:7687', auth=('me', 'secret'), database='lab')
    """
    parts = urlsplit(uri)
    try:
        host, port = parts.hostname, parts.port or 7687
    except ValueError as e:
        raise errors.UsageError(f"the address of the server has a port that is no number: {e}") from e
    if parts.scheme not in SCHEMES or not host:
        shown = uri.rpartition("@")[2]
        raise errors.UsageError(f"{shown!r} is no address of a Neo4j server: give one such as neo4j://host:7687")
    if parts.username and auth is None:
        auth = (unquote(parts.username), unquote(parts.password or ""))
    name = f"[{host}]" if ":" in host else host
    query = f"?{parts.query}" if parts.query else ""
    return Address(f"{parts.scheme}://{name}:{port}{query}", auth, database or parts.path.strip("/") or None)


class Link:
    """A driver, opened again after a fork. All methods are safe to call from any thread.

    `timeout` is for how long, in seconds, a server that does not answer is waited for.
    """

    def __init__(self, address: Address, auth: Any, timeout: float, read_only: bool) -> None:
        self.address = address
        self.timeout = timeout
        self.read_only = read_only
        self._auth = auth
        self._driver: neo4j.Driver | None = None
        self._closed = False
        self._begin()
        _links.add(self)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        # A cluster's members must not answer from before our last write; a single server cannot.
        routed = self.address.uri.startswith("neo4j")
        self._bookmarks = neo4j.GraphDatabase.bookmark_manager() if routed else None

    @property
    def driver(self) -> neo4j.Driver:
        driver = self._driver
        if driver is None:
            with self._lock:
                if self._closed:
                    raise errors.StoreClosed(f"the store at {self.address.uri} is closed")
                driver = self._driver
                if driver is None:
                    driver = self._driver = self._connect()
        return driver

    def after_fork(self) -> None:
        """Open anew: a forked child must not use or close its parent's connections, nor wait for its threads."""
        if self._driver is not None:
            # Freed, a connection says goodbye to the server, over the socket that the parent still uses.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._driver))
            self._driver = None
        self._begin()

    def _connect(self) -> neo4j.Driver:
        try:
            return neo4j.GraphDatabase.driver(
                self.address.uri,
                auth=self._auth,
                connection_timeout=min(self.timeout, 10.0),
                connection_acquisition_timeout=max(self.timeout, 1.0),
                keep_alive=True,
                user_agent="mandala_graph",
                notifications_min_severity="OFF",
                fetch_size=-1,
            )
        except (ConfigurationError, ValueError, OSError) as e:
            raise errors.UsageError(f"cannot connect to {self.address.uri}: {e}") from e

    def session(self, write: bool = False, fetch_size: int = -1) -> neo4j.Session:
        """A session; `fetch_size` is how many records are on their way at once (-1: all)."""
        return self.driver.session(
            database=self.address.database,
            default_access_mode=neo4j.WRITE_ACCESS if write else neo4j.READ_ACCESS,
            fetch_size=fetch_size,
            bookmark_manager=self._bookmarks,
        )

    def close(self) -> None:
        with self._lock:
            driver, self._driver, self._closed = self._driver, None, True
            if driver is not None:
                driver.close()

    def read(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[Any]:
        """The first column of a statement's records."""
        return self.retry(lambda: self._values(statement, parameters or {}, False))

    def stream(self, statement: str, parameters: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """The first column of a statement's records, held a thousand at a time; not sent again if it breaks off."""
        with (
            self.errors_as_ours(),
            self.driver.session(
                database=self.address.database,
                default_access_mode=neo4j.READ_ACCESS,
                fetch_size=1000,
                bookmark_manager=self._bookmarks,
            ) as session,
        ):
            for record in session.run(statement, dict(parameters or {})):
                yield record[0]

    def read_in_pages(self, statement: str, ids: Sequence[Any], page: int = 5000, **more: Any) -> Iterator[Any]:
        """Run a statement that takes `$ids` and returns one list a record, for many ids; yields the lists' items."""
        for i in range(0, len(ids), page):
            for rows in self.read(statement, {"ids": ids[i : i + page], **more}):
                yield from rows

    def write(self, steps: Sequence[Step]) -> list[list[Any]]:
        """Run statements in one transaction; the first column of the records of each."""
        if self.read_only:
            raise errors.StoreReadOnly(f"the store at {self.address.uri} was opened for reading only")
        try:
            if len(steps) == 1:  # one round trip less than an explicit transaction
                ((statement, parameters),) = steps
                return self.retry(lambda: [self._values(statement, parameters, True)])
            return self.retry(lambda: self._transaction(steps))
        except (OverflowError, UnicodeError) as e:
            raise errors.StoreError(f"Neo4j cannot hold one of these values, nothing was written: {e}") from e

    def transact(self, work: Callable[[neo4j.Transaction], T]) -> T:
        """Do several things in one transaction, where what comes later depends on what came before."""
        if self.read_only:
            raise errors.StoreReadOnly(f"the store at {self.address.uri} was opened for reading only")

        def run() -> T:
            with self.session(True) as session, session.begin_transaction() as transaction:
                done = work(transaction)
                transaction.commit()
                return done

        return self.retry(run)

    def _values(self, statement: str, parameters: Mapping[str, Any], write: bool) -> list[Any]:
        with self.session(write) as session:
            return session.run(statement, parameters).value()  # type: ignore[arg-type]

    def _transaction(self, steps: Sequence[Step]) -> list[list[Any]]:
        with self.session(True) as session, session.begin_transaction() as transaction:
            done = [transaction.run(statement, parameters).value() for statement, parameters in steps]  # type: ignore[arg-type]
            transaction.commit()
            return done

    def retry(self, work: Callable[[], T]) -> T:
        """Do `work`, again and again while what fails may pass."""
        deadline = time.monotonic() + self.timeout
        delay = _FIRST_DELAY
        while True:
            try:
                return work()
            except (DriverError, Neo4jError) as problem:
                wait = delay * random.uniform(0.5, 1.5)  # so that writers who met do not meet again
                if not may_pass(problem) or time.monotonic() + wait > deadline:
                    self.fail(problem)
            time.sleep(wait)
            delay = min(2 * delay, _LAST_DELAY)

    def fail(self, problem: Exception) -> NoReturn:
        raise translate(problem, self.address.uri, self.timeout) from problem

    @contextlib.contextmanager
    def errors_as_ours(self) -> Iterator[None]:
        try:
            yield
        except (DriverError, Neo4jError) as problem:
            self.fail(problem)


_links: weakref.WeakSet[Link] = weakref.WeakSet()


def _after_fork() -> None:
    for link in list(_links):
        link.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


_LOST = (ServiceUnavailable, SessionExpired, ConnectionAcquisitionTimeoutError)  # IncompleteCommit is one of them


def may_pass(problem: Exception) -> bool:
    """May the same transaction succeed when it is sent again?"""
    if isinstance(problem, _LOST):
        return True
    if isinstance(problem, Neo4jError):
        code = problem.code or ""
        # A query that took too long or too much memory will do so again; a read-only database stays one.
        if code.endswith((".TransactionTimedOutClientConfiguration", "OutOfMemoryError", "ReadOnlyDatabase")):
            return False
        # Two processes that made the same constraint at once; a server that shuts down or has just started; a node that
        # was deleted while it was read.
        passing = (".ConcurrentModification", "DatabaseNotFound.Starting", ".EntityNotFound")
        return problem.is_retryable() or code.endswith(passing)
    return False


def translate(problem: Exception, uri: str, timeout: float) -> errors.MandalaGraphError:
    """The driver's or server's error as ours: what happened, and what to do."""
    code = (problem.code if isinstance(problem, Neo4jError) else None) or ""
    text = (problem.message if isinstance(problem, Neo4jError) else None) or str(problem)
    if isinstance(problem, _LOST) or code.endswith((".DatabaseUnavailable", ".DatabaseNotFound")):
        return errors.StoreUnreachable(
            f"no answer from the Neo4j server at {uri} (waited up to {timeout:g} s): {text}. Is it running, is the "
            f"address right? Nothing that was waiting to be written is lost while this program runs."
        )
    if isinstance(problem, AuthError) or code in _AUTH_CODES:
        return errors.StoreAuthError(f"the Neo4j server at {uri} refused user or password: {text}")
    if isinstance(problem, Forbidden) or "ReadOnly" in code:
        return errors.StoreReadOnly(f"the Neo4j server at {uri} does not let us write: {text}")
    if "No space left" in text or ("disk" in text.lower() and "full" in text.lower()):
        return errors.StoreFull(f"the Neo4j server at {uri} has no space left: {text}")
    if code.endswith("TransactionLogError"):  # what a server says whose disk is full; it names no reason
        return errors.StoreFull(
            f"the Neo4j server at {uri} cannot write its log: {text}. Most often its disk is full: make room, then "
            f"restart the server."
        )
    if "needs to be restarted" in text:
        return errors.StoreUnreachable(f"the database at {uri} stopped itself: {text}")
    if "OutOfMemory" in code:
        return errors.StoreFull(
            f"the Neo4j server at {uri} has too little memory for this transaction: {text}. "
            f"Raise server.memory.heap.max_size or dbms.memory.transaction.total.max."
        )
    if "still has relationships" in text:
        return errors.StoreError(
            f"a ref cannot be deleted: a call still reads it or made it. Delete these calls first. Nothing was deleted "
            f"({text})."
        )
    if code.endswith("Schema.ConstraintValidationFailed"):
        return errors.StoreError(f"the Neo4j server at {uri} refused a change that its constraints forbid: {text}")
    if isinstance(problem, CypherSyntaxError):
        return errors.CypherSyntaxError(text)
    if code.endswith("Statement.AccessMode"):
        return errors.CypherError(f"queries only read; this one writes: {text}")
    if code.endswith(("TransactionTimedOut", "TransactionTimedOutClientConfiguration")):
        return errors.QueryTimeout(f"the query took longer than it may: {text}")
    if code.startswith("Neo.ClientError.Statement"):
        if "Failed to create relationship" in text:
            return errors.StoreError(f"a call names a ref that is neither in the store nor in its batch: {text}")
        return errors.CypherError(text)
    return errors.StoreError(f"the Neo4j server at {uri} failed: {text or type(problem).__name__} ({code or 'driver'})")


_AUTH_CODES = (
    "Neo.ClientError.Security.CredentialsExpired",
    "Neo.ClientError.Security.AuthenticationRateLimit",
)
