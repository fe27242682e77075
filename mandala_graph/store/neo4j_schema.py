"""Opening a Neo4j database as a store: its constraints, its indexes, its own node, its format. What it then keeps, is
elsewhere."""

from __future__ import annotations

import logging
import re
import time
import uuid
from typing import NamedTuple

from neo4j.exceptions import DriverError, Neo4jError

from mandala_graph import errors
from mandala_graph.graph import FORMAT
from mandala_graph.store import migrations
from mandala_graph.store.neo4j_link import Link, Step
from mandala_graph.store.statements import statement, statements

__all__ = ["OLDEST_SERVER", "StoreNode", "open_database"]

log = logging.getLogger("mandala_graph")

OLDEST_SERVER = (5, 26)
_TARGET = re.compile(r"FOR \(n:(\w+)\) (?:REQUIRE|ON) \(?([^)]*?)\)?(?: IS UNIQUE)?$")


class StoreNode(NamedTuple):
    """The properties of the one :Store node, and the format that it had when it was opened."""

    uuid: str
    format: int
    created: float
    values: str
    found: int = FORMAT


def open_database(link: Link, create: bool, values: str) -> StoreNode:
    """Make the database ready, or say why it cannot be; `values` is what a new store records."""
    link.read("RETURN 1")  # tells an absent server or a wrong password from all that may fail below
    check_server(link)
    node = read_store(link)
    writable = not link.read_only
    if node is None and not (create and writable):
        raise errors.StoreUnreachable(
            f"the database at {link.address.uri} holds no store of mandala_graph; open it with create=True to make one"
        )
    if node is not None:
        check_format(link, node)
    ensure_schema(link, writable)
    if node is None:
        row = {"uuid": str(uuid.uuid4()), "format": FORMAT, "created": time.time(), "values": values}
        link.write([(statement("schema/store"), row)])
        node = read_store(link)
        if node is None:
            raise errors.StoreCorrupt(f"the store made at {link.address.uri} was deleted at once by somebody else")
    return migrate(link, node) if node.format < FORMAT else node


def check_server(link: Link) -> None:
    try:
        with link.session() as session:
            agent = session.run("RETURN 1").consume().server.agent
    except (DriverError, Neo4jError) as problem:
        link.fail(problem)
    m = re.match(r"Neo4j/(\d+)\.(\d+)", agent)
    if m and (int(m[1]), int(m[2])) < OLDEST_SERVER:
        raise errors.StoreSchemaError(
            f"{link.address.uri} runs {agent}; mandala_graph needs Neo4j {'.'.join(map(str, OLDEST_SERVER))} or newer"
        )


def read_store(link: Link) -> StoreNode | None:
    """The store's node; None where the database is not a store yet."""
    ((stores, calls),) = link.read(statement("read/store"))
    if len(stores) > 1:
        raise errors.StoreCorrupt(
            f"the database at {link.address.uri} holds {len(stores)} :Store nodes; two stores were mixed in it"
        )
    if stores:
        id_, format_, created, values = stores[0]
        return StoreNode(id_, format_, created, values or "")
    if calls:
        raise errors.StoreCorrupt(
            f"the database at {link.address.uri} holds :Call nodes but no :Store node: it is no store of "
            f"mandala_graph, or that node was deleted"
        )
    return None


def check_format(link: Link, node: StoreNode) -> None:
    """Refuse a store of a newer release, one that no step leads up from, and an older one that may only be read."""
    where = f"the store at {link.address.uri} has format {node.format}"
    if node.format > FORMAT:
        raise errors.StoreFormatError(
            f"{where}, this release of mandala_graph reads {FORMAT}: install a newer release "
            f"(pip install -U mandala-graph)"
        )
    steps = migrations.between(node.format, FORMAT)
    if len(steps) < FORMAT - node.format:
        raise errors.StoreFormatError(
            f"{where}, and nothing leads from there to {FORMAT}, which this release reads. Open it with the release "
            f"of mandala_graph that wrote it."
        )
    if steps and link.read_only:
        raise errors.StoreFormatError(
            f"{where} and must be migrated to {FORMAT} first: run `mandala-graph migrate`, or open it once without "
            f"read_only=True"
        )


def migrate(link: Link, node: StoreNode) -> StoreNode:
    """Bring an older store to the present format, in one transaction. (Two processes that do it at once do no harm.)"""
    steps: list[Step] = [(text, {}) for step in migrations.between(node.format, FORMAT) for text in step.neo4j]
    link.write([*steps, (statement("schema/format"), {"uuid": node.uuid, "format": FORMAT})])
    log.warning("the store at %s was migrated from format %d to %d", link.address.uri, node.format, FORMAT)
    return node._replace(format=FORMAT, found=node.format)


def missing_schema(link: Link) -> tuple[list[str], list[str]]:
    """Our constraints and indexes that the server lacks, by what they are on, as statements that make them."""
    constraints, indexes = set(), set()
    with link.errors_as_ours(), link.session() as session:
        for label, properties, unique in session.run(statement("schema/show")):
            indexes.add((label, tuple(properties)))
            if unique:
                constraints.add((label, tuple(properties)))

    def lacking(name: str, there: set[tuple[str, tuple[str, ...]]]) -> list[str]:
        found = []
        for text in statements(name):
            m = _TARGET.search(text)
            if m and (m[1], tuple(re.findall(r"n\.(\w+)", m[2]))) not in there:
                found.append(text)
        return found

    return lacking("schema/constraints", constraints), lacking("schema/indexes", indexes)


def ensure_schema(link: Link, writable: bool) -> None:
    """Create what is missing. Without the constraints calls could double, so then the store does not open."""
    constraints, indexes = missing_schema(link)
    if not constraints and not indexes:
        return
    problem: Exception | None = None
    if writable:
        try:
            for text in constraints + indexes:
                link.write([(text, {})])
            link.read("CALL db.awaitIndexes(300) RETURN 1")
        except errors.MandalaGraphError as e:
            if isinstance(e, errors.StoreUnreachable):
                raise
            problem = e  # another process may have made them; or we may not
        constraints, indexes = missing_schema(link)
    if constraints:
        raise errors.StoreSchemaError(
            f"the database at {link.address.uri} lacks constraints that keep calls unique, and they cannot be made "
            f"here{f' ({problem})' if problem else ' (opened for reading only)'}. Let somebody who may run: "
            + "; ".join(constraints)
        ) from problem
    if indexes:
        log.warning("%s lacks indexes, so look-ups are slow: %s", link.address.uri, "; ".join(indexes))
