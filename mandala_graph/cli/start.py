"""The first commands of a newcomer: the demo, and what a store is."""

from __future__ import annotations

import sys

import click

from mandala_graph.cli.common import json_option, opened, progress_option, store_option
from mandala_graph.cli.output import emit_json, fields, moment

__all__ = ["demo", "info"]


@click.command()
@store_option
@click.option("--fresh", is_flag=True, help="Use a new temporary store, so that everything is computed.")
@progress_option
def demo(location: str, fresh: bool, no_progress: bool) -> None:
    """Run an experiment on handwritten digits; run it again, and all of it is reused."""
    from mandala_graph.demo import run

    with opened(":memory:" if fresh else location, read_only=False) as storage:
        run(storage, click.echo, progress=sys.stderr.isatty() and not no_progress)


@click.command()
@store_option
@json_option
def info(location: str, as_json: bool) -> None:
    """Say where a store is, and how much is in it."""
    with opened(location) as storage:
        facts = storage.info()
    if as_json:
        emit_json(facts)
        return
    counts = ", ".join(f"{n} {k}" for k, n in facts.pop("counts").items())
    facts.pop("cached_calls")
    fields([*{**facts, "created": moment(facts["created"])}.items(), ("counts", counts)])
