"""What stands in a table's cell that holds several elements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mandala_graph.model import Call, Ref

__all__ = ["CallCollection", "RefCollection", "ValueCollection"]


@dataclass(frozen=True, slots=True)
class RefCollection:
    """Several refs in one cell, in order of hid."""

    refs: tuple[Ref, ...]

    def __len__(self) -> int:
        return len(self.refs)

    def __iter__(self) -> Iterator[Ref]:
        return iter(self.refs)


@dataclass(frozen=True, slots=True)
class ValueCollection:
    """Several values in one cell, in order of their refs' hids.

    >>> ValueCollection((1, 2))
    ValueCollection(values=(1, 2))
    """

    values: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)


@dataclass(frozen=True, slots=True)
class CallCollection:
    """Several calls in one cell, in order of hid."""

    calls: tuple[Call, ...]

    def __len__(self) -> int:
        return len(self.calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(self.calls)
