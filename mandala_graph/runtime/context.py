"""Which storage is active here, and how: the `with` blocks of this thread or task, and of the process.

A thread or task that has entered no block of its own (a worker of a thread pool) uses the block that
its process is in, as long as all threads' blocks are of one storage.
"""

from __future__ import annotations

import os
import threading
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mandala_graph.errors import UsageError

if TYPE_CHECKING:
    from mandala_graph.runtime.memoizer import Memoizer

__all__ = ["Context", "Mode", "current", "enter", "inside", "leave", "noop", "pop", "push"]

Mode = Literal["run", "noop"]


@dataclass(eq=False, slots=True)
class Context:
    """One `with` block: whose calls are memoized, and how.

    `memoizer` is None in a `noop` block outside of any storage. `inside_op` is set while an op's body
    runs: ops called there give plain values.
    """

    memoizer: Memoizer | None
    mode: Mode = "run"
    allow_new_calls: bool = True
    inside_op: bool = False


_here: ContextVar[Context | None] = ContextVar("mandala_graph_context", default=None)
_everywhere: list[Context] = []
_lock = threading.Lock()


def _in_child() -> None:
    global _lock
    _lock = threading.Lock()  # a thread that does not exist here may have held it


os.register_at_fork(after_in_child=_in_child)


def current() -> Context | None:
    """The active block, or None when ops are plain functions here."""
    context = _here.get()
    if context is not None:
        return context if context.mode == "run" else None
    return _of_process() if _everywhere else None


def _of_process() -> Context | None:
    with _lock:
        blocks = [c for c in _everywhere if c.memoizer is not None]
    if not blocks:
        return None
    if any(c.memoizer is not blocks[0].memoizer for c in blocks):
        raise UsageError(
            "an op is called in a thread that entered no storage, while other threads use different storages: "
            "say which one by `with storage:` inside the thread's function."
        )
    return blocks[-1] if blocks[-1].mode == "run" else None


def enter(context: Context) -> Token[Context | None]:
    """Make a block the active one; give the token to `leave`."""
    with _lock:
        _everywhere.append(context)
    return _here.set(context)


def leave(context: Context, token: Token[Context | None]) -> None:
    """End a block, in whatever order blocks of different threads end."""
    with _lock:
        if context in _everywhere:
            _everywhere.remove(context)
    _here.reset(token)


def inside(context: Context | None) -> Context:
    """The block as the body of an op sees it."""
    if context is None:
        return Context(None, mode="noop")
    return Context(context.memoizer, context.mode, context.allow_new_calls, inside_op=True)


def push(context: Context) -> Token[Context | None]:
    """As `enter`, for this thread or task only (an op's body)."""
    return _here.set(context)


def pop(token: Token[Context | None]) -> None:
    _here.reset(token)


class noop:
    """Inside `with noop():` ops are plain functions, whatever storage is active around it.

    >>> from mandala_graph import noop, op
    >>> @op
    ... def inc(x):
    ...     return x + 1
    >>> with noop():
    ...     inc(1)
    2
    """

    def __init__(self) -> None:
        self._tokens: list[Token[Context | None]] = []

    def __enter__(self) -> noop:
        outer = _here.get()
        self._tokens.append(_here.set(Context(outer.memoizer if outer else None, mode="noop")))
        return self

    def __exit__(self, *exc: object) -> None:
        _here.reset(self._tokens.pop())
