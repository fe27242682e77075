"""Which command is where, and how the program ends: errors of ours are one line on stderr."""

from __future__ import annotations

import importlib
from typing import Any

import click

from mandala_graph.cli.common import Ended, Interrupted
from mandala_graph.errors import MandalaGraphError

__all__ = ["COMMANDS", "cli", "main"]

COMMANDS: dict[str, str] = {
    "demo": "mandala_graph.cli.start:demo",
    "info": "mandala_graph.cli.start:info",
    "ops": "mandala_graph.cli.look:ops",
    "calls": "mandala_graph.cli.look:calls",
    "show": "mandala_graph.cli.look:show",
    "log": "mandala_graph.cli.look:log",
    "upstream": "mandala_graph.cli.walk:upstream",
    "downstream": "mandala_graph.cli.walk:downstream",
    "path": "mandala_graph.cli.walk:path",
    "why": "mandala_graph.cli.walk:why",
    "code": "mandala_graph.cli.code:code",
    "diff": "mandala_graph.cli.code:diff",
    "versions": "mandala_graph.cli.code:versions",
    "rename": "mandala_graph.cli.code:rename",
    "query": "mandala_graph.cli.ask:query",
    "ask": "mandala_graph.cli.ask:ask",
    "draw": "mandala_graph.cli.share:draw",
    "export": "mandala_graph.cli.share:export",
    "neo4j": "mandala_graph.cli.share:neo4j",
    "verify": "mandala_graph.cli.keep:verify",
    "gc": "mandala_graph.cli.keep:gc",
    "drop": "mandala_graph.cli.keep:drop",
    "migrate": "mandala_graph.cli.stores:migrate",
    "copy": "mandala_graph.cli.stores:copy",
    "trust": "mandala_graph.cli.trust:trust",
    "completion": "mandala_graph.cli.completion:completion",
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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, 2, 0.6)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each command with the whole first sentence of its help, in as many lines as that takes."""
        rows = []
        for name in COMMANDS:
            command = self.get_command(ctx, name)
            rows.append((name, " ".join((command.help or "").split("\n\n")[0].split()) if command else ""))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MandalaGraphError as problem:
            raise Ended.of(problem) from problem
        except KeyboardInterrupt:
            raise Interrupted("interrupted") from None


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mandala-graph")
def cli() -> None:
    """Memoize Python experiments into a provenance graph, and ask it questions.

    Ids may be shortened to a beginning that is theirs alone. With --json, output has a fixed form (docs/cli.md).

    Exit status: 0 done, 1 nothing found or damage found, 2 wrong use, 3 the store cannot be used, 130 interrupted.
    """


def main() -> None:
    """Entry point of the program `mandala-graph`."""
    cli(prog_name="mandala-graph")
