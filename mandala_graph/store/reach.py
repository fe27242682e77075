"""Parts of the provenance graph as columns, and who fetches them: one reader for each engine.

`Part` is what crosses the border. The statements are in `reach_sqlite` and, for Neo4j, in `cypher/read/reach_*.cypher`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

from mandala_graph.store.protocol import Native, Store

__all__ = ["Condition", "Direction", "Edges", "Ints", "Part", "Reader", "distinct", "reader"]

Direction = Literal["none", "back", "forward", "both"]
Condition = tuple[Any, ...]
"""A condition on a value, as nested tuples: `(op, constant)` with `<`, `<=`, `>`, `>=`, `=`, `<>`, `STARTS WITH`, `ENDS
WITH`, `CONTAINS`; `("IN", constants)`; `("NOT", condition)`; `("AND" or "OR", condition, ...)`. Constants are numbers,
booleans and strings. As in Cypher: numbers, booleans and strings are not equal to each other, to order them is unknown, and
so is the opposite of that; only what is true is met."""

Ints = np.ndarray[Any, np.dtype[np.int64]]


class Edges(NamedTuple):
    """Edges of calls, a column each: place of the call and of the ref in their part, label, index in a list or -1."""

    calls: Ints
    labels: list[str]
    indices: Ints
    refs: Ints


class Part(NamedTuple):
    """A part of the graph, a column each. Edges name calls and refs by their places in this part.

    `plain` tells plain scalars among the refs (a native value, and no call made it), `made` what calls made.
    Every call has all its edges in the part, but those that the asker knew already.
    """

    calls: list[str]
    ops: list[str]
    refs: list[str]
    plain: Ints
    made: Ints
    inputs: Edges
    outputs: Edges

    @classmethod
    def of_rows(
        cls,
        calls: Iterable[tuple[Any, str, str]],
        refs: Iterable[tuple[Any, str, int, int]],
        inputs: Iterable[tuple[Any, str, int, Any]],
        outputs: Iterable[tuple[Any, str, Any]],
    ) -> Part:
        """A part from rows: calls (key, hid, op), refs (key, hid, plain, made), inputs (call key, label, index or -1,
        ref key), outputs (call key, label, ref key). Edges of calls that are not there are left out.

        >>> p = Part.of_rows([(7, "c", "f")], [(1, "r", 1, 0)], [(7, "x", -1, 1), (8, "x", -1, 1)], [])
        >>> p.calls, p.inputs.labels, p.inputs.refs.tolist()
        (['c'], ['x'], [0])
        """
        calls, refs = list(calls), list(refs)
        call_at = {row[0]: i for i, row in enumerate(calls)}
        ref_at = {row[0]: i for i, row in enumerate(refs)}
        ins = [e for e in inputs if e[0] in call_at]
        outs = [e for e in outputs if e[0] in call_at]
        return cls(
            [row[1] for row in calls],
            [row[2] for row in calls],
            [row[1] for row in refs],
            _ints([row[2] for row in refs]),
            _ints([row[3] for row in refs]),
            Edges(
                _ints([call_at[e[0]] for e in ins]),
                [e[1] for e in ins],
                _ints([e[2] for e in ins]),
                _ints([ref_at[e[3]] for e in ins]),
            ),
            Edges(
                _ints([call_at[e[0]] for e in outs]),
                [e[1] for e in outs],
                np.full(len(outs), -1),
                _ints([ref_at[e[2]] for e in outs]),
            ),
        )


def distinct(values: Ints) -> Ints:
    """Each value once, ascending; by sorting, which is several times as fast as `np.unique` is by hashing."""
    ordered = np.sort(values)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered


def _ints(values: list[int]) -> Ints:
    return np.array(values, np.int64)


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

    def natives(self, refs: Iterable[str]) -> dict[str, tuple[str, Native]]:
        """By ref hid, type and native value of those that have one, are no structures and were not dropped."""
        ...

    def passing(self, refs: Iterable[str], condition: Condition) -> tuple[set[str], set[str]]:
        """Of these refs, those whose native value meets a condition; and those of whose values the store cannot tell."""
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
