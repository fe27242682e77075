"""Commands that keep a store whole and small."""

from __future__ import annotations

import json
import sys

import click

from mandala_graph.cli.common import json_option, opened, store_option

__all__ = ["verify"]


@click.command()
@store_option
@json_option
@click.option("--no-progress", is_flag=True, help="Show no progress bar.")
def verify(location: str, as_json: bool, no_progress: bool) -> None:
    """Check every stored value; exit status 1 when something is damaged."""
    with opened(location, read_only=True) as storage:
        damage = storage.verify(progress=not no_progress and not as_json)
    if as_json:
        click.echo(json.dumps([{"kind": d.kind, "id": d.id, "text": d.text} for d in damage], indent=2))
    else:
        for d in damage:
            click.echo(str(d))
        click.echo(f"{len(damage)} damaged" if damage else "everything is whole")
    sys.exit(1 if damage else 0)
