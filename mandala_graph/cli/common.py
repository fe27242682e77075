"""What commands share: options, opening the store they name, ids that were typed, and how they end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from mandala_graph.cli.output import clean, line, on_terminal
from mandala_graph.errors import MandalaGraphError, StoreError, ValueProblem

if TYPE_CHECKING:
    from mandala_graph.storage import Storage
    from mandala_graph.store.find import Found
    from mandala_graph.store.protocol import Store

__all__ = [
    "DEFAULT_STORE",
    "FOUND_NOTHING",
    "STORE_TROUBLE",
    "WRONG_USE",
    "Ended",
    "Interrupted",
    "Nothing",
    "about",
    "json_option",
    "limit_option",
    "one",
    "opened",
    "progress_option",
    "store_option",
]

FOUND_NOTHING = 1
"""Exit status: nothing of that name, no answer, or damage was found."""
WRONG_USE = 2
"""Exit status: the command cannot mean anything, or was refused; click uses the same."""
STORE_TROUBLE = 3
"""Exit status: the store cannot be reached, read, or written."""

DEFAULT_STORE = "mandala_graph.db"

store_option = click.option(
    "--store",
    "-s",
    "location",
    envvar="MANDALA_GRAPH_STORE",
    show_envvar=True,
    default=DEFAULT_STORE,
    show_default=True,
    help="A SQLite file, or a Neo4j URL (neo4j://user:password@host:7687).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
limit_option = click.option(
    "--limit", "-n", type=click.IntRange(1), default=20, show_default=True, help="Show at most this many."
)
progress_option = click.option("--no-progress", is_flag=True, help="Show no progress bar.")


_PASSWORD = re.compile(r"(?<=\w)://[^/@\s]+@")
"""User and password in the address of a server, which no message shows."""


class Ended(click.ClickException):
    """The end of a command that was used in a wrong way, or refused: one message on stderr, and the exit status."""

    exit_code = WRONG_USE

    @staticmethod
    def of(problem: MandalaGraphError) -> Ended:
        if isinstance(problem, StoreError):
            return StoreTrouble(str(problem))
        return Nothing(str(problem)) if isinstance(problem, ValueProblem) else Ended(str(problem))

    def show(self, file: Any = None) -> None:
        click.echo(f"mandala-graph: {clean(_PASSWORD.sub('://', self.message))}", err=True)


class Nothing(Ended):
    """There is nothing of that kind."""

    exit_code = FOUND_NOTHING


class StoreTrouble(Ended):
    """The store cannot be used."""

    exit_code = STORE_TROUBLE


class Interrupted(Ended):
    """Somebody pressed Ctrl-C."""

    exit_code = 130


@contextmanager
def opened(location: str, read_only: bool = True, **options: Any) -> Iterator[Storage]:
    """The storage at a location, for reading unless told otherwise; closed afterwards."""
    from mandala_graph.storage import Storage

    storage = Storage(location, read_only=read_only, **options)
    try:
        yield storage
    finally:
        storage.close()


_WORDS = {"Ref": "ref", "Call": "call", "Op": "op", "Version": "version", "Component": "component", "Run": "run"}


def one(store: Store, text: str, labels: Sequence[str] = ("Ref", "Call")) -> Found:
    """The one node that a text names; where it names several, the error lists them."""
    from mandala_graph.store.find import find

    found = find(store, text, labels)
    meant = ""
    if not found and "Op" in labels:
        from mandala_graph.cypher.errors import nearest

        hint = nearest(text, store.ops())
        meant = f" Did you mean {line(hint)}?" if hint else ""
    if not found and list(labels) == ["Op"]:
        raise Nothing(f"no op is called {line(text)!r}.{meant} `mandala-graph ops` lists them.")
    if not found:
        kinds = [_WORDS[n] for n in labels]
        what = kinds[0] if len(kinds) == 1 else f"{', '.join(kinds[:-1])} or {kinds[-1]}"
        raise Nothing(
            f"no {what} has an id that is or begins with {line(text)!r}.{meant} `mandala-graph calls` lists ids."
        )
    if len(found) > 1:
        listed = "\n".join(f"  {_WORDS[f.label]:<9} {f.key}  {line(about(store, f))}" for f in found)
        several = f"{len(found)}{' or more' if len(found) >= 20 else ''}"
        raise Ended(f"{line(text)!r} may mean {several} things, give more of the id:\n{listed}")
    return found[0]


def about(store: Store, found: Found) -> str:
    """A few words that tell one candidate from another."""
    if found.label == "Ref":
        row = store.refs([found.key])[found.key]
        return f"{row.type} {row.preview}"[:60]
    if found.label == "Call":
        return store.calls([found.key])[found.key].op
    if found.label == "Component":
        return store.components([found.key])[found.key].name
    if found.label == "Version":
        return store.versions()[found.key].op
    if found.label == "Run":
        return store.runs()[found.key].argv[:60]
    return ""


def progress_wanted(no_progress: bool, as_json: bool) -> bool:
    """Is a progress bar of use: somebody is looking, and did not say no?"""
    return on_terminal() and not no_progress and not as_json
