"""The command that teaches a shell to complete this program's words."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from mandala_graph.cli.common import Ended

__all__ = ["completion"]

_PROGRAM, _VARIABLE = "mandala-graph", "_MANDALA_GRAPH_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a script that lets SHELL complete commands, options, ops and ids.

    In bash or zsh: eval "$(mandala-graph completion bash)" in ~/.bashrc or ~/.zshrc; in fish: save it as
    ~/.config/fish/completions/mandala-graph.fish.
    """
    made = get_completion_class(shell)
    if made is None:
        raise Ended(f"click knows no completion for {shell}.")
    click.echo(made(ctx.find_root().command, {}, _PROGRAM, _VARIABLE).source())
