"""Many items, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

__all__ = ["pages"]

T = TypeVar("T")


def pages(items: Iterable[T], size: int = 1000) -> Iterator[list[T]]:
    """Items in lists of at most `size`, each read only when it is asked for.

    >>> list(pages("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    rest = iter(items)
    while page := list(islice(rest, size)):
        yield page
