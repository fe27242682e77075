"""A result taken row by row, in memory that does not grow with it."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from mandala_graph.errors import StoreError
from mandala_graph.query.handles import Handler
from mandala_graph.store.protocol import Stream

if TYPE_CHECKING:
    from mandala_graph.storage import Storage

__all__ = ["RowStream"]

_PAGE = 1_000

_open: weakref.WeakSet[RowStream] = weakref.WeakSet()
_inherited: list[Stream] = []
"""Streams that came through a fork: kept so that nothing closes them, over the connection that the parent still uses."""


class _Inherited:
    """What a forked child has in place of its parent's stream."""

    columns: tuple[str, ...] = ()

    def page(self, n: int) -> list[tuple[Any, ...]]:
        raise StoreError("these rows belong to the process that this one was forked from; ask the query again here.")

    def close(self) -> None:
        pass


class RowStream:
    """The rows of a query, each a dict by column, while it runs: iterate, or use `with` to stop before the end.

    Attributes:
        columns: names of the columns in order.

    >>> from mandala_graph import Storage
    >>> with Storage().query("UNWIND range(1, 3) AS x RETURN x, x * x AS y", stream=True) as rows:
    ...     print(rows.columns, next(rows))
    ('x', 'y') {'x': 1, 'y': 1}
    """

    def __init__(self, storage: Storage, stream: Stream) -> None:
        self._storage = storage
        self._stream = stream
        self._page: Iterator[tuple[Any, ...]] = iter(())
        self._ended = False
        _open.add(self)
        self.columns = stream.columns

    def __iter__(self) -> RowStream:
        return self

    def __next__(self) -> dict[str, Any]:
        row = next(self._page, None)
        if row is None:
            if self._ended:
                raise StopIteration
            page = self._stream.page(_PAGE)
            if len(page) < _PAGE:
                self.close()  # what the rows refer to is read by the storage
            self._page = iter(Handler(self._storage).rows(page))
            row = next(self._page, None)
            if row is None:
                raise StopIteration
        return dict(zip(self.columns, row, strict=True))

    def __enter__(self) -> RowStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the query; no more rows come. Closing twice does nothing."""
        self._page = iter(())
        self._ended = True
        _open.discard(self)
        self._stream.close()

    def __repr__(self) -> str:
        return f"RowStream(columns={list(self.columns)})"


def _after_fork() -> None:
    for rows in list(_open):
        _inherited.append(rows._stream)
        rows._stream = _Inherited()
    _open.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
