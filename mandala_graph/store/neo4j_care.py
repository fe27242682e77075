"""Reads of a Neo4j store that go through all of it: pages of keys, calls in order, edges that the schema forbids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from mandala_graph.graph import RELATIONSHIPS
from mandala_graph.store.neo4j_link import Link
from mandala_graph.store.pages import pages
from mandala_graph.store.statements import statement, statements

__all__ = ["calls_in_order", "faults", "keys"]


@cache
def _statement_of(label: str) -> str:
    """The one statement of `read/keys` that is about a label."""
    (found,) = [s for s in statements("read/keys") if re.search(rf"\(n:{label}\)", s)]
    return found


def keys(link: Link, label: str, after: str, limit: int) -> list[str]:
    """The next keys of a label's nodes, in order."""
    return [key for rows in link.read(_statement_of(label), {"after": after, "limit": limit}) for key in rows]


def calls_in_order(link: Link) -> Iterator[list[str]]:
    """hids of all calls by the time they ended, a thousand a page, streamed."""
    yield from pages(link.stream(statement("read/calls_in_order")))


def faults(link: Link) -> Iterator[tuple[str, str, str]]:
    """(kind, id, what is wrong): edges of our types between other nodes, and edges that are there twice."""
    allowed = [[r.type, r.source, r.target] for r in RELATIONSHIPS.values()]
    for type_, a, b, text in link.stream(statement("read/faults"), {"allowed": allowed}):
        yield (
            "edge",
            str(a or b or ""),
            f"{type_} from {a or 'a node without key'} to {b or 'a node without key'} {text}",
        )
