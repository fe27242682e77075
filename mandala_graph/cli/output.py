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
    "paragraph",
    "plain",
    "say",
    "short",
    "size",
    "table",
]

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LINE_ENDS = re.compile("[\t\n\u2028\u2029]")
_KEPT = 20  # columns of up to this many characters are never cut
_LEAST = 24  # others are shown below their row when less than this is left for them
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


def paragraph(text: str, indent: str = "") -> None:
    """Print text of any length: on a terminal in lines that end between words, elsewhere as one line."""
    if not on_terminal():
        say(text)
        return
    import shutil
    import textwrap

    width = max(40, shutil.get_terminal_size().columns)
    for part in clean(text).split("\n"):
        lines = textwrap.wrap(part, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        click.echo("\n".join(lines))


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
    if not cells:
        click.echo("there is none in this store", err=True)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    shown = [n for n in range(len(columns)) if any(row[n] for row in cells)]  # no column of nothing
    beside, below = _layout([columns[n] for n in shown], [[row[n] for n in shown] for row in cells], console.width)

    def across(texts: Sequence[str], header: bool) -> Text:
        parts = []
        for n, width in beside:
            name, text = columns[shown[n]], texts[shown[n]]
            part = Text(text, style="bold" if header else _style(name, text))
            part.truncate(width, overflow="ellipsis")
            part.align("right" if name in right else "left", width)
            parts.append(part)
        whole = Text.assemble(" ", Text("  ").join(parts))
        whole.rstrip()
        return whole

    names = [line(name) for name in columns]
    console.print()
    console.print(across(names, True), no_wrap=True, crop=False)
    console.print(" " + "─" * (sum(w for _, w in beside) + 2 * (len(beside) - 1)), no_wrap=True, crop=False)
    label = max((len(names[shown[n]]) for n in below), default=0)
    for row in cells:
        console.print(across(row, False), no_wrap=True, crop=False)
        for n in below:
            if row[shown[n]]:
                console.print(
                    Text.assemble(f"   {names[shown[n]]:<{label}}  ", row[shown[n]]), no_wrap=True, overflow="ellipsis"
                )
    console.print()


def _layout(
    columns: Sequence[str], cells: Sequence[Sequence[str]], room: int
) -> tuple[list[tuple[int, int]], list[int]]:
    """Columns beside each other with their widths, and those that stand below each row, a line each.

    Narrow columns keep their width, wide ones share what is left of the line, and where that is too little to read,
    the widest go below.
    """
    from rich.cells import cell_len

    widths = [max(cell_len(c), *(cell_len(row[n]) for row in cells)) for n, c in enumerate(columns)]
    beside = list(range(len(columns)))
    below: list[int] = []
    while True:
        left = room - 2 * len(beside) - sum(widths[n] for n in beside if widths[n] <= _KEPT)
        wide = sorted((n for n in beside if widths[n] > _KEPT), key=lambda n: widths[n])
        chosen = dict(enumerate(widths))
        for place, n in enumerate(wide):
            chosen[n] = min(widths[n], left // (len(wide) - place))
            left -= chosen[n]
        if (left >= 0 and all(chosen[n] >= min(widths[n], _LEAST) for n in wide)) or len(beside) == 1:
            return [(n, chosen[n]) for n in beside], below
        widest = max(beside[1:], key=lambda n: widths[n])
        beside.remove(widest)
        below = sorted([*below, widest])


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
