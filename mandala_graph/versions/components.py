"""Components: the pieces of code and data that calls depend on, by content. How they are found is in `closure`."""

from __future__ import annotations

import inspect
import linecache
import textwrap
import types
from dataclasses import dataclass
from typing import Any, NamedTuple

from mandala_graph.versions.normal import digest

__all__ = ["Component", "Key", "NO_SOURCE", "describe_value", "source_of", "stand_in", "version_id"]


class Key(NamedTuple):
    """Which piece: the module it stands in, its qualified name there, and what it is.

    `kind` is function, class, global, package, file or env.
    """

    module: str
    name: str
    kind: str

    def __str__(self) -> str:
        return self.name if not self.module else f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True)
class Component:
    """One piece with its content. Two components are the same when their ids are.

    >>> Component(Key("m", "N", "global"), "N", "1").id == Component(Key("m", "N", "global"), "N", "2").id
    False
    """

    key: Key
    label: str
    """What it is called where it is used: its name; with its module where two modules have one of that name."""
    digest: str
    rest: str = ""
    """For a function: the digest of what is not its code (defaults, captured values, what its names mean)."""

    @property
    def id(self) -> str:
        """40 hex characters. Of a function, the first half stands for its code, the second for the rest."""
        if not self.rest:
            return digest("component", self.key.kind, self.label, self.digest)
        return (
            digest("component", self.key.kind, self.label, self.digest)[:20]
            + digest("component", self.key.kind, self.label, self.rest)[:20]
        )


def version_id(op: str, components: tuple[str, ...]) -> str:
    """The id of a version of an op: a function of the ids of its components (sorted), so going back finds it."""
    return digest("version", op, *components)


NO_SOURCE = "# no source"
"""How a text begins that is not, or not surely, the source of the code that ran."""


def source_of(thing: Any) -> str:
    """The source text of a function, class or code object; its names and constants where there is none."""
    try:
        lines, _ = inspect.getsourcelines(thing)
    except (OSError, TypeError, IndexError, SyntaxError):
        return stand_in(thing)
    return textwrap.dedent("".join(lines))


def stand_in(thing: Any) -> str:
    """What is known of code without its text: parameters, names, constants."""
    code = thing if isinstance(thing, types.CodeType) else getattr(thing, "__code__", None)
    if code is None:
        return f"{NO_SOURCE}: {getattr(thing, '__qualname__', thing)!r}\n"
    count = code.co_argcount + code.co_kwonlyargcount
    parameters = ", ".join(code.co_varnames[:count])
    constants = [c for c in code.co_consts if not isinstance(c, types.CodeType)]
    name = code.co_name if code.co_name.isidentifier() else "_"
    return f"{NO_SOURCE}: names {code.co_names!r}, constants {constants!r}\ndef {name}({parameters}): ...\n"


def describe_value(name: str, value: Any) -> str:
    """A global as a line of source: what `show` and `diff` print for it."""
    code = getattr(value, "__code__", None)
    if isinstance(code, types.CodeType):
        return source_of(value)
    try:
        text = repr(value)
    except Exception as problem:
        text = f"<{type(value).__name__}, whose repr raised {type(problem).__name__}>"
    if " at 0x" in text:
        text = f"<{type(value).__module__}.{type(value).__qualname__}>"
    if len(text) > 2000:
        text = text[:2000] + "..."
    return f"{name} = {text}\n"


def check_sources() -> None:
    """Let source texts be read again where files have changed."""
    linecache.checkcache()
