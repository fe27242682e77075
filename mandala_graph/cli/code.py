"""Commands about code: what ran for a value, what changed, which versions there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mandala_graph.cli import complete
from mandala_graph.cli.common import Ended, Nothing, json_option, one, opened, store_option
from mandala_graph.cli.output import clean, emit_json, line, moment, on_terminal, say, short, table

if TYPE_CHECKING:
    from mandala_graph.store.find import Found
    from mandala_graph.store.protocol import Store

__all__ = ["code", "diff", "rename", "versions"]


@click.command()
@click.argument("id", shell_complete=complete.ids)
@store_option
@json_option
def code(id: str, location: str, as_json: bool) -> None:
    """Print all the code that made the ref ID or ran in the call ID, as it was then (or a version's, a component's)."""
    from mandala_graph.runtime.code import code_of, history

    with opened(location) as storage:
        found = one(storage.store, id, ["Ref", "Call", "Version", "Component"])
        if found.label == "Ref":
            maker = storage.store.creators([found.key]).get(found.key)
            if maker is None:
                raise Nothing(f"{found.key} was given to a call as it is: no code made it.")
            text = code_of(storage, maker)
        elif found.label == "Call":
            text = code_of(storage, found.key)
        else:
            text = history(storage).show(found.key)
    if as_json:
        emit_json({"id": found.key, "kind": found.label.lower(), "code": text})
    else:
        _print_code(text, "python")


def _print_code(text: str, language: str) -> None:
    if not on_terminal():
        say(text.rstrip("\n"))
        return
    from rich.console import Console
    from rich.syntax import Syntax

    Console().print(Syntax(clean(text).rstrip("\n"), language, background_color="default", word_wrap=True))


@click.command()
@click.argument("a", shell_complete=complete.ids)
@click.argument("b", shell_complete=complete.ids)
@store_option
@json_option
def diff(a: str, b: str, location: str, as_json: bool) -> None:
    """Show what differs between two versions, two components, or the provenance of two refs or calls.

    Exit status 1 when nothing does.
    """
    from mandala_graph.runtime.code import history
    from mandala_graph.runtime.compare import differences

    with opened(location) as storage:
        store = storage.store
        first, second = (one(store, id, ["Ref", "Call", "Version", "Component"]) for id in (a, b))
        text = ""
        parts = []
        if {first.label, second.label} <= {"Ref", "Call"}:
            parts = differences(store, first.key, second.key)
            changed = dict.fromkeys((d.a, d.b) for d in parts if d.what == "version" and d.a and d.b)
            text = "".join(history(storage).diff(*pair, colour=False) for pair in changed)
        elif first.label == second.label:
            text = history(storage).diff(first.key, second.key, colour=False)
        else:
            raise Ended(f"{line(a)} is a {_kind(first)}, {line(b)} a {_kind(second)}: two of a kind can be compared.")
    if as_json:
        said = [{"where": d.where, "what": d.what, "a": d.a, "b": d.b} for d in parts]
        emit_json({"a": first.key, "b": second.key, "differences": said, "code": text})
    elif parts:
        rows = [(d.where, d.what, d.a, d.b) for d in parts]
        table(("where", "what", short(first.key), short(second.key)), rows)
    if not as_json and text:
        _print_code(text, "diff")
    if not parts and not text:
        raise Nothing("nothing differs.")


def _kind(found: Found) -> str:
    return found.label.lower()


@click.command()
@click.argument("op", required=False, shell_complete=complete.ops)
@store_option
@json_option
def versions(op: str | None, location: str, as_json: bool) -> None:
    """List the versions of the code (of OP, or of all ops), the oldest first, with their calls and what they ran."""
    from mandala_graph.runtime.code import history

    with opened(location) as storage:
        found = history(storage).table(_op(storage.store, op))
    if as_json:
        emit_json([v._asdict() for v in found])
        return
    table(
        ("id", "op", "created", "calls", "compatible with", "ran"),
        [
            (v.id, v.op, moment(v.created), v.calls, ", ".join(map(short, v.compatible_with)), ", ".join(v.components))
            for v in found
        ],
        right=("calls",),
    )


@click.command()
@click.argument("op", shell_complete=complete.ops)
@click.argument("new")
@store_option
@json_option
@click.option("--argument", help="Rename this argument of OP, instead of OP itself.")
@click.option("--output", help="Rename this output of OP, instead of OP itself.")
def rename(op: str, new: str, location: str, as_json: bool, argument: str | None, output: str | None) -> None:
    """Call the op OP otherwise from now on: NEW. Ids stay, and programs that use the old name still find its calls."""
    if argument is not None and output is not None:
        raise Ended("one thing at a time: give --argument or --output.")
    with opened(location, read_only=False) as storage:
        name = one(storage.store, op, ["Op"]).key
        if argument is not None:
            calls = storage.rename_argument(name, argument, new)
        elif output is not None:
            calls = storage.rename_output(name, output, new)
        else:
            calls = storage.rename_op(name, new)
    if as_json:
        emit_json({"calls": calls})
    else:
        click.echo(f"renamed in {calls} calls")


def _op(store: Store, name: str | None) -> str | None:
    return None if name is None else one(store, name, ["Op"]).key
