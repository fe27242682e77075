"""The command line `mandala-graph`: options in, text or JSON out. What it says comes from `Storage` and the libraries.

`groups.COMMANDS` says which module holds which command; a module is imported when its command is used, so that the
program starts quickly.
"""

from __future__ import annotations

from mandala_graph.cli.groups import cli, main

__all__ = ["cli", "main"]
