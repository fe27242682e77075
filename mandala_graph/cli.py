"""The command line `mandala-graph`: options in, text or JSON out. What it says comes from `Storage`."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from mandala_graph.errors import MandalaGraphError

__all__ = ["cli", "main"]

store_option = click.option(
    "--store",
    "-s",
    "location",
    envvar="MANDALA_GRAPH_STORE",
    default="mandala_graph.db",
    show_default=True,
    help="A SQLite file, or a Neo4j URL (neo4j://host:7687).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def _storage(location: str, **options: Any) -> Any:
    from mandala_graph.storage import Storage

    return Storage(location, **options)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mandala-graph")
def cli() -> None:
    """Memoize Python experiments into a provenance graph, and ask it questions."""


@cli.command()
@store_option
@click.option("--fresh", is_flag=True, help="Use a new temporary store, so that everything is computed.")
@click.option("--no-progress", is_flag=True, help="Show no progress bar.")
def demo(location: str, fresh: bool, no_progress: bool) -> None:
    """Run an experiment on handwritten digits; run it again, and all of it is reused."""
    from mandala_graph.demo import run

    storage = _storage(":memory:" if fresh else location)
    try:
        run(storage, click.echo, progress=not no_progress)
    finally:
        storage.close()


@cli.command()
@store_option
@json_option
def info(location: str, as_json: bool) -> None:
    """Say where a store is, and how much is in it."""
    storage = _storage(location, read_only=True)
    try:
        facts = storage.info()
    finally:
        storage.close()
    if as_json:
        click.echo(json.dumps(facts, default=str, indent=2))
        return
    for key, value in facts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{n} {k}" for k, n in value.items())
        click.echo(f"{key:<14}{value}")


@cli.command()
@store_option
@json_option
@click.option("--no-progress", is_flag=True, help="Show no progress bar.")
def verify(location: str, as_json: bool, no_progress: bool) -> None:
    """Check every stored value; exit status 1 when something is damaged."""
    storage = _storage(location, read_only=True)
    try:
        damage = storage.verify(progress=not no_progress and not as_json)
    finally:
        storage.close()
    if as_json:
        click.echo(json.dumps([{"kind": d.kind, "id": d.id, "text": d.text} for d in damage], indent=2))
    else:
        for d in damage:
            click.echo(str(d))
        click.echo(f"{len(damage)} damaged" if damage else "everything is whole")
    sys.exit(1 if damage else 0)


def main() -> None:
    """Entry point: errors of ours are one line on stderr and exit status 2."""
    try:
        cli()
    except MandalaGraphError as problem:
        click.echo(f"mandala-graph: {problem}", err=True)
        sys.exit(2)
