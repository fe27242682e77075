"""What commands print: tables and colours on a terminal, plain text with tabs elsewhere, JSON when asked.

Whatever comes from a store is data: control characters, which could command a terminal, are shown as escapes.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

import click

__all__ = [
    "CleanOut",
    "clean",
    "duration",
    "emit_json",
    "fields",
    "moment",
    "on_terminal",
    "plain",
    "say",
    "short",
    "size",
    "table",
]

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LINE_ENDS = re.compile("[\t\n\u2028\u2029]")
_KEPT = 20  # columns of up to this many characters are never cut
_ID = re.compile("[0-9a-f]{32,40}")


def on_terminal() -> bool:
    """Is somebody looking? `FORCE_COLOR` says so too."""
    return sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))


def clean(text: object) -> str:
    """A text without characters that command a terminal (they are shown as escapes); lines and tabs stay."""
    return _CONTROLS.sub(lambda m: m[0].encode("unicode_escape").decode("ascii"), str(text))


def line(text: object) -> str:
    """The same on one line."""
    return _LINE_ENDS.sub(lambda m: m[0].encode("unicode_escape").decode("ascii"), clean(text))


def plain(value: Any) -> Any:
    """A value as JSON can hold it: a number that is none (`inf`, `nan`) becomes a text."""
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def emit_json(value: Any) -> None:
    """Print JSON (ASCII, so that no terminal and no pipe can misread it)."""
    click.echo(json.dumps(plain(value), indent=2, allow_nan=False))


def say(text: str = "") -> None:
    """Print lines of text from a store, without what commands a terminal."""
    click.echo(clean(text))


class CleanOut:
    """Standard output for data of other programs: as it is in a pipe, and without commands on a terminal."""

    def write(self, text: str, /) -> int:
        return sys.stdout.write(clean(text) if on_terminal() else text)


def short(id: str) -> str:
    """An id as a person reads it: its beginning on a terminal, all of it elsewhere."""
    return id[:10] if on_terminal() and _ID.fullmatch(id) else id


def moment(seconds: float | None) -> str:
    """A time: by the clock of this place on a terminal, ISO 8601 in UTC elsewhere."""
    if not seconds:
        return ""
    try:
        if on_terminal():
            return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    except (OverflowError, ValueError, OSError):
        return str(seconds)


def duration(seconds: float | None) -> str:
    """How long, with its unit."""
    from mandala_graph.runtime.why import lasted

    return "" if seconds is None else lasted(seconds)


def size(nbytes: float) -> str:
    """A number of bytes, with its unit (powers of 1,000)."""
    for unit in ("B", "kB", "MB", "GB"):
        if nbytes < 1000:
            return f"{nbytes:.3g} {unit}"
        nbytes /= 1000
    return f"{nbytes:.3g} TB"


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], right: Sequence[str] = ()) -> None:
    """Rows below their columns' names; `right` are those whose cells stand to the right."""
    cells = [["" if c is None else line(short(c) if isinstance(c, str) else c) for c in row] for row in rows]
    if not on_terminal():
        for row in [list(columns), *cells]:
            click.echo("\t".join(row))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name, width in zip(columns, _widths(columns, cells, console.width), strict=True):
        justify: Any = "right" if name in right else "left"
        shown.add_column(Text(line(name)), justify=justify, no_wrap=True, overflow="ellipsis", width=width)
    for row in cells:
        shown.add_row(*[Text(cell, style=_style(n, cell)) for n, cell in zip(columns, row, strict=False)])
    console.print(shown)


def _widths(columns: Sequence[str], cells: list[list[str]], room: int) -> list[int]:
    """Widths of columns: narrow ones keep theirs, the others share what is left of the line."""
    widths = [max([len(c), *(len(row[n]) for row in cells)]) for n, c in enumerate(columns)]
    left = room - 2 - 3 * (len(columns) - 1) - sum(w for w in widths if w <= _KEPT)
    wide = [n for n, w in enumerate(widths) if w > _KEPT]
    for place, n in enumerate(sorted(wide, key=lambda n: widths[n])):
        share = max(8, left // (len(wide) - place))
        widths[n] = min(widths[n], share)
        left -= widths[n]
    return widths


def _style(column: str, cell: str) -> str:
    if column in ("id", "hid", "run", "version"):
        return "cyan"
    if column == "status":
        return "red" if cell == "failed" else "green"
    return "bold" if column == "op" else ""


def fields(pairs: Iterable[tuple[str, Any]]) -> None:
    """Names and what they are, a line each; empty ones are left out."""
    shown = [(name, line(value)) for name, value in pairs if value not in (None, "", ())]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        label = click.style(f"{name:<{width}}", fg="cyan") if on_terminal() else f"{name:<{width}}"
        click.echo(f"{label}  {value}")
