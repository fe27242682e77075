"""Users' queries on a Neo4j server: results in the form of the protocol, limits, and Ctrl-C that ends them there too."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import neo4j
from neo4j.exceptions import DriverError, Neo4jError

from mandala_graph import errors
from mandala_graph.store.neo4j_link import Link
from mandala_graph.store.neo4j_values import entities, key_of, plain
from mandala_graph.store.protocol import Plan, Table
from mandala_graph.store.statements import statement as own_statement

__all__ = ["Neo4jStream", "plan", "query"]

T = TypeVar("T")

_PAGE = 10_000  # records on their way at once
_PATIENCE = 10.0  # seconds for a server to end what it was told to end


class _Running:
    """A statement on the server, in a session of its own, with a mark by which another session finds it."""

    def __init__(
        self,
        link: Link,
        statement: str,
        parameters: Mapping[str, Any],
        timeout: float,
        fetch_size: int,
        cancel: threading.Event | None = None,
    ) -> None:
        self.link = link
        self.cancel = cancel
        self.timeout = timeout
        self.mark = uuid.uuid4().hex
        self._query = neo4j.Query(statement, timeout=timeout, metadata={"mandala_graph": self.mark})
        self._parameters = dict(parameters)
        self._fetch_size = fetch_size
        self._session: neo4j.Session | None = None
        try:
            with self.in_time():
                self.result: neo4j.Result = self.interruptible(lambda: link.retry(self._start))
        except (OverflowError, TypeError, ValueError) as e:
            self.close()
            raise errors.CypherError(f"a parameter of the query cannot be sent to Neo4j: {e}") from e
        except BaseException:
            self.close()
            raise

    def _start(self) -> neo4j.Result:
        self.close()
        self._session = self.link.session(fetch_size=self._fetch_size)
        result = self._session.run(self._query, self._parameters)
        result.peek()  # so that what fails at the first record is tried again
        return result

    def interruptible(self, work: Callable[[], T]) -> T:
        """Do `work` so that Ctrl-C meets a thread that waits, not one that is reading a message of the server: with
        half a message read, the connection could not even be closed in peace. The same thread looks at `cancel`."""
        if self.cancel is None and threading.current_thread() is not threading.main_thread():
            return work()
        done = threading.Event()
        outcome: list[T] = []
        problem: list[BaseException] = []

        def run() -> None:
            try:
                outcome.append(work())
            except BaseException as e:
                problem.append(e)
            finally:
                done.set()

        thread = threading.Thread(target=run, name="mandala_graph query", daemon=True)
        try:
            thread.start()  # waits too, until it runs
            while not done.wait(0.2 if self.cancel is None else 0.05):  # without a limit, Windows is deaf to Ctrl-C
                if self.cancel is not None and self.cancel.is_set():
                    raise errors.QueryCancelled("the query was cancelled")
        except BaseException:
            self._end(done)
            raise
        if problem:
            raise problem[0]
        return outcome[0]

    def _end(self, done: threading.Event) -> None:
        """End it on the server too; once more where it had not begun there when it was looked for."""
        patience = time.monotonic() + _PATIENCE
        while not done.is_set() and time.monotonic() < patience:
            self._terminate()
            done.wait(0.5)

    @contextlib.contextmanager
    def in_time(self) -> Iterator[None]:
        """Let the server's errors out as ours."""
        try:
            with self.link.errors_as_ours():
                yield
        except errors.QueryTimeout as e:
            if "specified at its start by the client" not in str(e):
                raise  # a limit of the server's own, and it says so
            raise errors.QueryTimeout(
                f"the query took longer than {self.timeout:g} s; narrow it down, or allow more time"
            ) from None

    def _terminate(self) -> None:
        with contextlib.suppress(DriverError, Neo4jError), self.link.session() as session:
            found = session.run(
                "SHOW TRANSACTIONS YIELD transactionId, metaData WHERE metaData.mandala_graph = $mark "
                "RETURN transactionId",
                mark=self.mark,
            ).value()
            if found:
                session.run("TERMINATE TRANSACTIONS $ids", ids=found).consume()

    def rows(self, n: int) -> list[tuple[Any, ...]]:
        """The next `n` rows."""
        with self.in_time():
            records = self.interruptible(lambda: self.result.fetch(n))
        keys = self._keys(records)
        return [tuple([plain(v, keys) for v in record.values()]) for record in records]

    def _keys(self, records: list[neo4j.Record]) -> dict[str, str]:
        """The keys of the nodes in records, and of the ends of relationships, which come without properties."""
        known: dict[str, str] = {}
        ends: set[str] = set()
        for record in records:
            for value in record.values():
                for entity in entities(value):
                    if isinstance(entity, neo4j.graph.Node):
                        known[entity.element_id] = key_of(entity)
                    elif isinstance(entity, neo4j.graph.Relationship):
                        ends.update(n.element_id for n in entity.nodes if n is not None)
        missing = sorted(ends - known.keys())
        for id, key in self.link.read_in_pages(own_statement("read/ends"), missing):
            known[id] = id if key is None else key
        return known

    def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(DriverError, Neo4jError):
                session.close()


def query(
    link: Link,
    statement: str,
    parameters: Mapping[str, Any],
    timeout: float,
    max_rows: int | None,
    cancel: threading.Event | None = None,
) -> Table:
    """A user's statement, for reading, and its whole result; ended after `timeout` seconds, or when `cancel` is set."""
    some = _PAGE if max_rows is None else max(1, min(max_rows, _PAGE))
    running = _Running(link, statement, parameters, timeout, some, cancel)
    try:
        rows: list[tuple[Any, ...]] = []
        while page := running.rows(some if max_rows is None else min(some, max_rows - len(rows))):
            rows += page
        return Table(tuple(running.result.keys()), rows)
    finally:
        running.close()


class Neo4jStream:
    """A query's rows, a page at a time (see `protocol.Stream`)."""

    def __init__(self, link: Link, statement: str, parameters: Mapping[str, Any], timeout: float) -> None:
        self._running = _Running(link, statement, parameters, timeout, 1_000)
        self.columns = tuple(self._running.result.keys())
        self._open = True

    def page(self, n: int) -> list[tuple[Any, ...]]:
        if not self._open:
            return []
        try:
            return self._running.rows(n)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._open = False
        self._running.close()

    def __del__(self) -> None:
        if hasattr(self, "_running"):
            self.close()


def plan(link: Link, statement: str, parameters: Mapping[str, Any], timeout: float, run: bool) -> Plan:
    """The server's plan of a statement; with `run` also how many rows and accesses each step took."""
    word = "PROFILE" if run else "EXPLAIN"
    running = _Running(link, f"{word} {statement}", parameters, timeout, _PAGE)
    try:
        rows = 0
        with running.in_time():
            while page := running.interruptible(lambda: running.result.fetch(_PAGE)):
                rows += len(page)
            summary = running.result.consume()
    finally:
        running.close()
    if not run:
        return Plan("cypher", statement, (), tuple(_steps(summary.plan or {}, 0)), None, None)
    milliseconds = (summary.result_available_after or 0) + (summary.result_consumed_after or 0)
    return Plan("cypher", statement, (), tuple(_steps(summary.profile or {}, 0)), rows, milliseconds / 1e3)


def _steps(step: Mapping[str, Any], depth: int) -> list[str]:
    """A plan's steps, the last one first, each above those that feed it."""
    if not step:
        return []
    args = step.get("args", {})
    name = str(step["operatorType"]).partition("@")[0]
    line = f"{'  ' * depth}{name} {args.get('Details', '')}".rstrip()
    if "rows" in step:
        line += f" ({step['rows']} rows, {step['dbHits']} accesses)"
    elif "EstimatedRows" in args:
        line += f" (about {args['EstimatedRows']:.0f} rows)"
    return [line, *(text for child in step.get("children", []) for text in _steps(child, depth + 1))]
