"""Parts of the provenance graph as columns, and who fetches them: one function for each engine.

`Part` is what crosses the border. The statements are in `reach_sqlite` and, for Neo4j, in `cypher/read/reach_*.cypher`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any, Literal, NamedTuple, Protocol

from mandala_graph.store.protocol import Store

__all__ = ["Direction", "Part", "Reader", "reader"]

Direction = Literal["none", "back", "forward", "both"]


class Part(NamedTuple):
    """A part of the graph. Keys mean something within one part only.

    `calls`: (key, hid, op). `refs`: (key, hid, is it a plain scalar, was it computed): a plain scalar is a ref
    with a native value that no call made. `inputs`: (call key, label, index or -1, ref key). `outputs`:
    (call key, label, ref key). Every call of the part has all its edges in it.
    """

    calls: list[tuple[Any, str, str]]
    refs: list[tuple[Any, str, int, int]]
    inputs: list[tuple[Any, str, int, Any]]
    outputs: list[tuple[Any, str, Any]]


class Reader(Protocol):
    """Reads parts of one store's graph, in a bounded number of statements each."""

    def of_op(self, op: str, version: str | None = None) -> Part:
        """The calls of an op, with their edges."""
        ...

    def reach(
        self,
        refs: Iterable[str],
        calls: Iterable[str],
        direction: Direction,
        recursive: bool,
        follow: Iterable[str],
        known: Container[str] = (),
    ) -> Part:
        """These refs and calls, and what is upstream (`back`) or downstream (`forward`) of the refs, or both.

        One step, or all of them when `recursive`. A step back goes from a ref to the call that made it, and on
        from the call's inputs. A step forward goes from a ref to the calls that use it, and on from all their
        inputs and outputs; plain scalars lead nowhere, but those of `follow`, which start it, do. Edges of calls
        whose hids are in `known` may be left out.
        """
        ...

    def call_details(self, hids: Iterable[str]) -> dict[str, tuple[str, str, str, float, float, str]]:
        """By call hid: cid, version, run, start (epoch seconds), duration (seconds), status."""
        ...

    def compare(self, refs: Iterable[str], op: str, constant: str | int | float) -> tuple[set[str], set[str]]:
        """Of these refs, those whose native value stands in `op` (`<`, `<=`, `>`, `>=`, `=`) to a constant; and those
        without a native value. Values of another kind than the constant do not pass."""
        ...

    def ancestors(self, hid: str) -> tuple[list[str], list[str]]:
        """hids of the refs and of the calls from which a ref or call can be reached, itself left out."""
        ...

    def descendants(self, hid: str) -> tuple[list[str], list[str]]:
        """hids of the refs and of the calls that can be reached from a ref or call, itself left out."""
        ...

    def path(self, start: str, end: str) -> list[str]:
        """hids of the nodes of a shortest way downstream from `start` to `end`, both included; empty: none."""
        ...


def reader(store: Store) -> Reader:
    """The reader of a store's engine."""
    if store.info().engine == "neo4j":
        from mandala_graph.store.reach_neo4j import Neo4jReader

        return Neo4jReader(store)  # type: ignore[arg-type]
    from mandala_graph.store.reach_sqlite import SQLiteReader

    return SQLiteReader(store)  # type: ignore[arg-type]
