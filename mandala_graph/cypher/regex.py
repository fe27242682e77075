"""Cypher's regular expressions, which are Java's, as Python's: where the two read a pattern differently.

>>> bool(compiled("(?iu)été.*").fullmatch("ÉTÉ 2024"))
True
>>> bool(compiled("(?i)été.*").fullmatch("ÉTÉ 2024"))  # without u, case is that of ASCII letters
False
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from mandala_graph.errors import CypherError

__all__ = ["compiled"]

_FLAGS = re.compile(r"\(\?([a-zA-Z]+)\)")
_PART = re.compile(
    r"""\\Q(?P<quoted>.*?)(?:\\E|\Z)
      | (?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])
      | (?P<shorthand>\\[wWdDsS])
      | (?P<posix>\\[pP]\{\w+\})
      | (?P<group>\(\?<(?=[A-Za-z]))
      | (?P<dot>\.)
      | (?P<other>\\.|.)""",
    re.DOTALL | re.VERBOSE,
)


_POSIX = {
    "Lower": "a-z", "Upper": "A-Z", "Alpha": "A-Za-z", "Digit": "0-9", "Alnum": "0-9A-Za-z", "XDigit": "0-9A-Fa-f",
    "Punct": "!-/:-@\\[-`{-~", "Graph": "!-~", "Print": " -~", "ASCII": "\\x00-\\x7f", "Cntrl": "\\x00-\\x1f\\x7f",
    "Space": " \\t\\n\\x0b\\f\\r", "Blank": " \\t",
}  # fmt: skip
"""Java's `\\p{Alpha}` and the like, of ASCII, which Python has not."""


def _posix(text: str) -> str:
    """Those names in a text, as what stands in brackets."""
    return re.sub(r"\\p\{(\w+)\}", lambda m: _POSIX.get(m[1], m[0]), text)


def _class(text: str) -> str:
    """A class in brackets, its shorthands apart from its letters: these have a case beyond ASCII, those do not."""
    shorthands: list[str] = []

    def out(m: re.Match[str]) -> str:
        if m[1] not in "wWdDsS":
            return m[0]
        shorthands.append(m[0])
        return ""

    rest = re.sub(r"\\(.)", out, text, flags=re.DOTALL)
    if not shorthands:
        return text
    ways = [f"(?a:[{''.join(shorthands)}])"]
    if len(rest) > len("[^]" if rest[1] == "^" else "[]"):
        ways.append(rest.replace("[^", "[", 1))
    either = f"(?:{'|'.join(ways)})"
    return f"(?!{either})(?s:.)" if rest[1] == "^" else either


def _parts(pattern: str, unicode: bool, any_dot: bool) -> Iterator[str]:
    for part in _PART.finditer(pattern):
        text = part.group()
        if part["quoted"] is not None:
            yield re.escape(part["quoted"])
        elif part["dot"] and not any_dot:
            yield r"[^\n\r\u0085\u2028\u2029]"
        elif part["group"]:
            yield "(?P<"
        elif part["posix"] and (inside := _POSIX.get(text[3:-1])):
            yield f"[{'^' if text[1] == 'P' else ''}{inside}]"
        elif part["shorthand"] and unicode:  # \w, \d and \s stay those of ASCII
            yield f"(?a:{text})"
        elif part["class"]:
            if "&&" in text or "[" in text[1:].replace("\\[", ""):
                raise CypherError(f"=~ does not know classes inside classes: {text}")
            yield _class(_posix(text)) if unicode else _posix(text)
        else:
            yield text


@lru_cache(256)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern of a `=~`, to be matched in full.

    Errors: CypherError where Python does not understand it.
    """
    flags = found[1] if (found := _FLAGS.match(pattern)) else ""
    rest = pattern[len(found.group()) :] if found else pattern
    unicode = "u" in flags or "U" in flags
    kept = "".join(f for f in flags if f not in "uU")
    text = "".join(_parts(rest, unicode and "U" not in flags, "s" in flags))
    try:
        return re.compile((f"(?{kept})" if kept else "") + text, 0 if unicode else re.ASCII)
    except re.error as e:
        raise CypherError(f"=~ does not understand the pattern {pattern!r}: {e}") from None
