"""The named Cypher statements that this package runs, from the files of `cypher/`. What they mean, they say.

A file holds one statement or several, each ended by a semicolon; a comment is a line that starts with `//`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

__all__ = ["statement", "statements"]


def _folder() -> Traversable:
    """`_cypher` inside an installed package, `cypher` beside the package in a checkout."""
    installed = files("mandala_graph").joinpath("_cypher")
    if installed.is_dir():
        return installed
    return Path(__file__).parents[2] / "cypher"


@cache
def statements(name: str) -> tuple[str, ...]:
    """The statements of a file, without comments.

    >>> len(statements("schema/constraints"))
    7
    """
    text = _folder().joinpath(f"{name}.cypher").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("//")]
    return tuple(s for part in "\n".join(lines).split(";") if (s := part.strip()))


def statement(name: str) -> str:
    """The one statement of a file.

    >>> statement("read/epoch").startswith("MATCH (s:Store)")
    True
    """
    (one,) = statements(name)
    return one
