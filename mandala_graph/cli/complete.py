"""What a shell offers when an argument is half typed: names of ops, ids, saved questions."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from mandala_graph.cli.output import line

if TYPE_CHECKING:
    from mandala_graph.store.protocol import Store

__all__ = ["ids", "ops", "questions"]

_OFFERED = 50


def _offer(ctx: click.Context, incomplete: str, labels: Iterable[str]) -> list[CompletionItem]:
    from mandala_graph.cli.common import DEFAULT_STORE, about, opened
    from mandala_graph.errors import MandalaGraphError
    from mandala_graph.store.find import find

    location = ctx.params.get("location") or os.environ.get("MANDALA_GRAPH_STORE") or DEFAULT_STORE
    wanted = list(labels)
    try:
        with opened(location, timeout=2.0) as storage:
            store: Store = storage.store
            names = [n for n in store.ops() if n.startswith(incomplete)] if "Op" in wanted else []
            found = find(store, incomplete, [n for n in wanted if n != "Op"], _OFFERED) if incomplete else []
            items = [CompletionItem(line(name)) for name in sorted(names)]
            return items + [CompletionItem(f.key, help=line(about(store, f))) for f in found if f.label != "Op"]
    except MandalaGraphError:
        return []  # a shell that asks for words has no use for an error


def ops(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ops of the store."""
    return _offer(ctx, incomplete, ["Op"])


def ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids of refs, calls, versions and runs, once some of one is there, and ops."""
    return _offer(ctx, incomplete, ["Op", "Ref", "Call", "Version", "Run"])


def questions(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Saved questions."""
    from mandala_graph.cypher.questions import questions

    return [CompletionItem(q.name, help=q.title) for q in questions() if q.name.startswith(incomplete)]
