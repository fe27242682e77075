"""How errors of the Cypher front end look: where (line, column, caret), what, and what may have been meant.

The exceptions themselves are in `mandala_graph.errors`; when they are raised, the parser and the scope check know.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from mandala_graph.errors import CypherError, CypherSyntaxError, UnsupportedCypher

__all__ = ["locate", "missing", "nearest", "show", "syntax_error", "unsupported"]

_WIDTH = 100  # of a line that is shown


def locate(text: str, pos: int) -> tuple[int, int]:
    """Line and column, both from 1, of an offset.

    >>> locate("MATCH (n)\\nRETURN m", 17)
    (2, 8)
    """
    pos = max(0, min(pos, len(text)))
    return text.count("\n", 0, pos) + 1, pos - (text.rfind("\n", 0, pos) + 1) + 1


def show(text: str, pos: int) -> str:
    """The line of an offset, and below it a caret at the place; long lines are cut on both sides.

    >>> print(show("MATCH (n) RETURN m", 17))
      MATCH (n) RETURN m
                       ^
    """
    _, column = locate(text, pos)
    start = max(0, min(pos, len(text))) - (column - 1)
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else len(text)].rstrip("\r").replace("\t", " ")
    at = min(column - 1, len(line))
    cut = max(0, at - _WIDTH * 2 // 3) if len(line) > _WIDTH else 0
    piece = line[cut : cut + _WIDTH]
    left = "... " if cut else ""
    right = " ..." if cut + _WIDTH < len(line) else ""
    shown = "".join(c if c.isprintable() else "?" for c in piece)
    return f"  {left}{shown}{right}\n  {' ' * (len(left) + at - cut)}^"


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that a reader would have meant by `word`, or None.

    >>> nearest("Cal", ["Call", "Ref"]), nearest("call", ["Call", "Ref"]), nearest("xyz", ["Call"])
    ('Call', 'Call', None)
    """
    known: dict[str, str] = {}
    for c in choices:
        known.setdefault(c.lower(), c)
    lower = word.lower()
    if lower in known:
        return known[lower] if known[lower] != word else None
    close = get_close_matches(lower[:60], known, n=1, cutoff=0.7)
    return known[close[0]] if close else None


def syntax_error(text: str, pos: int, what: str, hint: str | None = None) -> CypherSyntaxError:
    """The error for a text that is not Cypher, or that no engine can run.

    `what` says what is wrong, `hint` what to write instead; both without a full stop.
    """
    line, column = locate(text, pos)
    error = CypherSyntaxError(f"line {line}, column {column}: {what}{f'; {hint}' if hint else ''}\n{show(text, pos)}")
    error.line, error.column = line, column
    return error


def missing(text: str, pos: int, what: str) -> CypherError:
    """The error for a query that is right and lacks something to run."""
    line, column = locate(text, pos)
    error = CypherError(f"line {line}, column {column}: {what}\n{show(text, pos)}")
    error.line, error.column = line, column
    return error


def unsupported(text: str, pos: int, construct: str, hint: str | None = None) -> UnsupportedCypher:
    """The error for Cypher outside the subset; `construct` is a noun."""
    line, column = locate(text, pos)
    error = UnsupportedCypher(
        f"line {line}, column {column}: {construct} is not in the subset of Cypher that runs on every store. "
        f"Neo4j runs it{f'; {hint}' if hint else ''}\n{show(text, pos)}"
    )
    error.line, error.column = line, column
    return error
