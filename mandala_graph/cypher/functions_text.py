"""The SQLite functions of strings."""

from __future__ import annotations

import re
from typing import Any

from mandala_graph.cypher.encoding import Cell
from mandala_graph.cypher.functions import of_values, scalar
from mandala_graph.cypher.semantics import name_of_type
from mandala_graph.errors import CypherError

__all__: list[str] = []  # imported for what it registers


def _text(value: Any, function: str) -> str:
    if not isinstance(value, str):
        raise CypherError(f"{function} needs a string, not {name_of_type(value)}")
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise CypherError("a length or start in a string is an integer of at least 0")
    return value


of_values("cy_lower", 1)(lambda s: _text(s, "toLower()").lower())
of_values("cy_upper", 1)(lambda s: _text(s, "toUpper()").upper())
_SPACE = "".join(map(chr, [*range(9, 14), *range(28, 33), 0x1680, *range(0x2000, 0x2007), *range(0x2008, 0x200B)]))
_SPACE += "\u2028\u2029\u205f\u3000"  # what Java takes for white space: not the no-break spaces
of_values("cy_trim", 1)(lambda s: _text(s, "trim()").strip(_SPACE))
of_values("cy_btrim", -1)(lambda s, by=_SPACE: _text(s, "bTrim()").strip(_text(by, "bTrim()")))
of_values("cy_ltrim", -1)(lambda s, by=_SPACE: _text(s, "lTrim()").lstrip(_text(by, "lTrim()")))
of_values("cy_left", 2)(lambda s, n: _text(s, "left()") and s[: _count(n)])
of_values("cy_characters", 1)(lambda s: len(_text(s, "char_length()")))
of_values("cy_right", 2)(lambda s, n: _text(s, "right()")[max(0, len(s) - _count(n)) :])
of_values("cy_replace", 3)(lambda s, a, b: _text(s, "replace()").replace(_text(a, "replace()"), _text(b, "replace()")))


@of_values("cy_rtrim", -1)
def _rtrim(text: Any, by: Any = None) -> str:
    """Where all characters are to go, Neo4j leaves the first one if it is of ASCII."""
    whole = _text(text, "rTrim()")
    if by is None:
        return whole.rstrip(_SPACE)
    return whole.rstrip(_text(by, "rTrim()")) or (whole[:1] if whole[:1].isascii() else "")


_REST = b"rest"


@scalar("cy_substring", -1)
def _substring(text: Cell, start: Cell, length: Cell = _REST) -> str | None:
    if text is None or start is None or length is None:
        return None
    numbers = [n for n in (start, length) if n != _REST]
    if any(not isinstance(n, int) or abs(n) >= 1 << 31 for n in numbers):
        raise CypherError("a length or start in substring() is an integer of at most 31 bits")
    if text == "":
        return ""
    first, *count = [_count(n) for n in numbers]
    return _text(text, "substring()")[first : first + count[0] if count else None]


@of_values("cy_split", 2)
def _split(text: Any, by: Any) -> list[str] | None:
    text = _text(text, "split()")
    marks = [by] if isinstance(by, str) else list(by)
    if not text or not marks:
        return [text]
    for mark in marks:
        if mark is None:
            return None
        _text(mark, "split()")
    parts = re.split("|".join(re.escape(m) for m in marks if m), text) if any(marks) else [text]
    if "" not in marks:
        return parts
    return [c for part in parts for c in part]


@scalar("cy_count", 1)
def _row_count(cell: Cell) -> int:
    if not isinstance(cell, int) or cell < 0:
        raise CypherError("SKIP and LIMIT take an integer of at least 0")
    return cell
