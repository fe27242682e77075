"""Which writer a type has: hashers of the user, exact builtin types, optional libraries, then objects in general.

Optional libraries are recognised by the module of the type and are never imported before their values exist.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, TypeVar

from mandala_graph.errors import UsageError
from mandala_graph.hashing.containers import CONTAINERS, write_scalar
from mandala_graph.hashing.encoder import Encode, Encoder
from mandala_graph.hashing.scalars import SCALARS

__all__ = ["dispatch", "hashes"]

_T = TypeVar("_T")

_LIBRARIES = {
    "numpy": "arrays",
    "pandas": "frames",
    "polars": "columnar",
    "pyarrow": "columnar",
    "scipy": "tensors",
    "torch": "tensors",
}
"""Top package of a type -> the module here that writes its values."""

_exact: dict[type, Encode] = {**dict.fromkeys(SCALARS, write_scalar), **CONTAINERS}
_users: dict[type, Callable[[Any], Any]] = {}
_writers: dict[type, Encode] = dict(_exact)
_MOST = 10_000


def dispatch(kind: type) -> Encode:
    """What writes values of exactly this type."""
    writer = _writers.get(kind)
    if writer is None:
        if len(_writers) >= _MOST:  # a program that makes classes without end
            _restart()
        writer = _writers[kind] = _resolve(kind)
    return writer


def _restart() -> None:
    _writers.clear()
    _writers.update(_exact)


def _resolve(kind: type) -> Encode:
    from mandala_graph.hashing import objects

    for base in kind.__mro__:
        if base in _users:
            return _by_user(_users[base])
    if kind is object:
        return objects.write_object
    for base in kind.__mro__[:-1]:
        name = _LIBRARIES.get(base.__module__.partition(".")[0])
        if name is not None:
            writer: Encode | None = importlib.import_module(f"mandala_graph.hashing.{name}").writer(base, kind)
            if writer is not None:
                return writer
    return objects.writer(kind)


def _by_user(state: Callable[[Any], Any]) -> Encode:
    def write(encoder: Encoder, value: Any) -> None:
        from mandala_graph.hashing.objects import write_type

        encoder.not_plain()
        if encoder.enter(value):
            encoder.out += b"H"
            write_type(encoder, type(value))
            encoder.encode(state(value))
            encoder.leave(value)

    return write


def hashes(kind: type[_T]) -> Callable[[Callable[[_T], Any]], Callable[[_T], Any]]:
    """Register how values of a type (and of its subclasses) are hashed: by what the function returns.

    The function gives any value that has a content id itself and that says all that matters about its argument.
    Ids of other types never collide with it: the type is hashed too.

    >>> from mandala_graph.hashing import content_id
    >>> class Pipe:
    ...     def __init__(self, command): self.command, self.lock = command, object()
    >>> @hashes(Pipe)
    ... def _(pipe):
    ...     return pipe.command
    >>> content_id(Pipe("ls")) == content_id(Pipe("ls")) != content_id(Pipe("ps"))
    True
    """

    if not isinstance(kind, type):
        raise UsageError(f"@hashes(type) needs a class, not {kind!r}.")

    def register(function: Callable[[_T], Any]) -> Callable[[_T], Any]:
        if kind in _exact:
            raise UsageError(
                f"@hashes({kind.__name__}): builtin types are hashed by their content; use a type of your own."
            )
        _users[kind] = function
        _restart()
        return function

    return register
