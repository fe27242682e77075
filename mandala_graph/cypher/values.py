"""What a query gives back besides plain Python values: nodes, relationships and paths, detached from any store.

Both engines make these; what is done with them (refs and calls, pictures) is the caller's matter.

>>> a, b = Node("Ref", {"hid": "r1"}), Node("Call", {"hid": "c1"})
>>> Path((a, b), (Relationship("INPUT", "r1", "c1", {"name": "x"}),)).length
1
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from mandala_graph.graph import NODES

__all__ = ["Node", "Path", "Relationship", "Rows", "all_native"]


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its label, and the properties that it has (absent ones are not in the mapping)."""

    label: str
    properties: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The value of the label's key property: `hid` of a Ref or Call, `name` of an Op, ..."""
        return str(self.properties[NODES[self.label].key])

    def __hash__(self) -> int:
        return hash((self.label, self.key))


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship: its type, the keys of its two nodes, and its properties."""

    type: str
    start: str
    end: str
    properties: Mapping[str, Any] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.type, self.start, self.end))


@dataclass(frozen=True, slots=True)
class Path:
    """A path: one node more than relationships, each relationship between its neighbours."""

    nodes: tuple[Node, ...]
    relationships: tuple[Relationship, ...] = ()

    @property
    def length(self) -> int:
        return len(self.relationships)


class Rows(NamedTuple):
    """A query's result: column names, and rows of values."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


_NATIVE = {bool, int, float, str, datetime, type(None)}


def all_native(rows: Iterable[tuple[Any, ...]]) -> bool:
    """Are the rows without lists, maps, nodes, relationships and paths, so that nothing in them has another form?

    >>> all_native([(1, "a"), (None, 0.5)]), all_native([(1, [2])])
    (True, False)
    """
    return _NATIVE.issuperset(map(type, chain.from_iterable(rows)))
