"""Cards for notebooks: a small table in HTML. What stands in them is the business of whoever shows something.

Every text is escaped. Colours are those around the card (ink as it comes, lines and badges in half-transparent grey), so
that it reads on light and dark paper, and also where a notebook lets no style sheet through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Any

__all__ = ["card", "said", "size", "took", "without_password"]

LONGEST = 1_200
"""Characters of a value that a card shows at most; also at most `_LINES` lines."""

_LINES = 12
_MONO = "font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:90%"
_BOX = "display:inline-block;max-width:100%;box-sizing:border-box;overflow-x:auto;padding:6px 12px 8px;"
_LINE = "border:1px solid rgba(128,128,128,.45);border-radius:6px;"
_BADGE = "padding:0 6px;border-radius:4px;background:rgba(128,128,128,.22);font-size:85%"
_CELL = "text-align:left;vertical-align:top;padding:1px 14px 1px 0;border:0;background:none;color:inherit"

Row = tuple[str, str]
"""(name, words); a name that begins with a space stands further in."""


def card(kind: str, title: str, rows: Iterable[Row], code: Iterable[str] = ("value", "id")) -> str:
    """A card of rows; those named in `code` have letters of one width.

    >>> "<b>&lt;b&gt;</b>" in card("ref", "<b>", [("value", "1")])
    True
    """
    mono = set(code)
    lines = []
    for name, words in rows:
        look = f"{_MONO};white-space:pre-wrap;overflow-wrap:anywhere" if name in mono or name[:1] == " " else ""
        inner = f'<span style="{look}">{escape(words)}</span>' if look else escape(words)
        indent = ";padding-left:12px" if name[:1] == " " else ""
        lines.append(
            f'<tr style="background:none"><th scope="row" style="{_CELL};font-weight:normal;opacity:.72{indent}">'
            f'{escape(name.strip())}</th><td style="{_CELL}">{inner}</td></tr>'
        )
    head = f'<span style="{_BADGE}">{escape(kind)}</span> <b>{escape(_cut(title, 120))}</b>'
    table = f'<table style="border-collapse:collapse;border:0;margin:4px 0 0;font-size:inherit;color:inherit">{"".join(lines)}</table>'
    return f'<div style="{_BOX}{_LINE}"><div>{head}</div>{table if lines else ""}</div>'


def said(value: Any, longest: int = LONGEST) -> str:
    """The repr of a value in memory, cut to a few lines; a repr that raises is named, not raised."""
    try:
        text = repr(value)
    except Exception as problem:  # a value's own code: whatever it does, the card is shown
        return f"<{type(value).__name__}, whose repr raises {type(problem).__name__}>"
    lines = _cut(text, longest).split("\n")
    return "\n".join(lines if len(lines) <= _LINES else [*lines[: _LINES - 1], "…"])


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def size(nbytes: int) -> str:
    """Bytes in words, powers of 1000.

    >>> size(1), size(24_000)
    ('1 byte', '24.0 kB')
    """
    if nbytes < 1_000:
        return f"{nbytes} byte{'' if nbytes == 1 else 's'}"
    power = min(4, (len(str(nbytes)) - 1) // 3)
    return f"{nbytes / 1_000**power:.1f} {'kMGT'[power - 1]}B"


def took(seconds: float) -> str:
    """Seconds in words.

    >>> took(0.00025), took(1.5), took(200)
    ('0.25 ms', '1.5 s', '3 min 20 s')
    """
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms"
    if seconds < 60:
        return f"{seconds:.3g} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"


def without_password(location: str) -> str:
    """A location as it may be shown, and kept in a notebook.

    >>> without_password("neo4j://ann:secret@host:7687")
    'neo4j://host:7687'
    """
    return re.sub(r"(?<=://)[^/]*@", "", location)
