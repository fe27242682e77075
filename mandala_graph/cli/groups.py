"""Which command is where, and how the program ends: errors of ours are one line on stderr."""

from __future__ import annotations

import importlib
import sys

import click

from mandala_graph.errors import MandalaGraphError

__all__ = ["COMMANDS", "cli", "main"]

COMMANDS: dict[str, str] = {
    "demo": "mandala_graph.cli.start:demo",
    "info": "mandala_graph.cli.start:info",
    "verify": "mandala_graph.cli.keep:verify",
    "browse": "mandala_graph.cli.browse:browse",
}
"""Name of a command -> "module:attribute" of its click command. Nothing else has to know a new one."""


class _Lazy(click.Group):
    """A group whose commands are imported when they are looked at."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mandala-graph")
def cli() -> None:
    """Memoize Python experiments into a provenance graph, and ask it questions."""


def main() -> None:
    """Entry point: errors of ours are one line on stderr and exit status 2."""
    try:
        cli()
    except MandalaGraphError as problem:
        click.echo(f"mandala-graph: {problem}", err=True)
        sys.exit(2)
