"""The first commands of a newcomer: the demo, and what a store is."""

from __future__ import annotations

import json

import click

from mandala_graph.cli.common import json_option, opened, store_option

__all__ = ["demo", "info"]


@click.command()
@store_option
@click.option("--fresh", is_flag=True, help="Use a new temporary store, so that everything is computed.")
@click.option("--no-progress", is_flag=True, help="Show no progress bar.")
def demo(location: str, fresh: bool, no_progress: bool) -> None:
    """Run an experiment on handwritten digits; run it again, and all of it is reused."""
    from mandala_graph.demo import run

    with opened(":memory:" if fresh else location) as storage:
        run(storage, click.echo, progress=not no_progress)


@click.command()
@store_option
@json_option
def info(location: str, as_json: bool) -> None:
    """Say where a store is, and how much is in it."""
    with opened(location, read_only=True) as storage:
        facts = storage.info()
    if as_json:
        click.echo(json.dumps(facts, default=str, indent=2))
        return
    for key, value in facts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{n} {k}" for k, n in value.items())
        click.echo(f"{key:<14}{value}")
