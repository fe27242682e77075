"""Commands about whole stores: copying one into another, and bringing one to this release's format."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import click

from mandala_graph.cli.common import FOUND_NOTHING, json_option, opened, progress_option, store_option
from mandala_graph.cli.output import emit_json, say, size, table

__all__ = ["copy", "migrate"]


@click.command()
@click.argument("source")
@click.argument("target")
@json_option
@progress_option
@click.option("--source-values", help="Where the source's values are, if it is on a server that does not say.")
@click.option("--target-values", help="Where a Neo4j target is to keep values: a folder, or an fsspec URL.")
@click.option("--merge", is_flag=True, help="Copy into a target that holds other things too.")
@click.option(
    "--check/--no-check", default=True, show_default=True, help="Compare both stores afterwards, byte by byte."
)
def copy(
    source: str,
    target: str,
    as_json: bool,
    no_progress: bool,
    source_values: str | None,
    target_values: str | None,
    merge: bool,
    check: bool,
) -> None:
    """Copy the store SOURCE into TARGET: SQLite files and Neo4j URLs, in any combination.

    Everything is brought over: nodes, edges, properties, values. What is there already is not written again, so that the
    same command resumes a copy that was killed, or brings what is new since. Exit status 1 when the stores differ
    afterwards.
    """
    from mandala_graph.store import copy as copying

    # A file that may be written to is opened so: then what a program at work, or killed, has left pending comes along.
    aside = "://" in source or not os.access(source, os.W_OK)
    show = _Bars(sys.stderr.isatty() and not no_progress and not as_json)
    with opened(source, aside, values=source_values) as first, opened(target, False, values=target_values) as second:
        copied = copying.copy(first.store, second.store, merge=merge, progress=show)
        differences = list(copying.compare(first.store, second.store, show)) if check and not merge else None
        show.close()
        places = (first.store.info().location, second.store.info().location)
    if as_json:
        emit_json(
            {
                "source": places[0], "target": places[1], "written": copied.written, "present": copied.present,
                "nbytes": copied.nbytes, "differences": differences,
            }
        )  # fmt: skip
    else:
        rows = [(what, copied.written[what], copied.present[what]) for what in copied.written]
        table(("what", "copied", "there before"), rows, right=("copied", "there before"))
        click.echo(f"{size(copied.nbytes)} of values copied")
        for text in differences or ():
            say(f"differs: {text}")
        if differences == []:
            click.echo("both stores are equal")
    sys.exit(FOUND_NOTHING if differences else 0)


class _Bars:
    """A progress bar for each thing that is copied, one after the other."""

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted
        self.bar: Any = None
        self.what = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        if not self.wanted:
            return
        from tqdm.auto import tqdm

        if what != self.what:
            self.close()
            self.what = what
            self.bar = tqdm(desc=what, total=total or None, unit="")
        self.bar.update(max(0, done - self.bar.n))

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None


@click.command()
@store_option
@json_option
def migrate(location: str, as_json: bool) -> None:
    """Bring a store that an earlier release wrote to the format of this one.

    A SQLite file is copied to FILE.formatN.bak before. Opening such a store for writing does the same.
    """
    from mandala_graph.storage import Storage

    migrating: Callable[..., tuple[int, int]] = Storage.migrate
    before, after = migrating(location)
    if as_json:
        emit_json({"before": before, "after": after})
    elif before == after:
        click.echo(f"the store has format {after} already")
    else:
        click.echo(f"migrated from format {before} to {after}")
