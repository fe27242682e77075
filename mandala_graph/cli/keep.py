"""Commands that keep a store whole and small: checking it, cleaning it, dropping from it."""

from __future__ import annotations

import sys

import click

from mandala_graph.cli import complete
from mandala_graph.cli.common import FOUND_NOTHING, json_option, one, opened, progress_option, store_option
from mandala_graph.cli.output import emit_json, say, size, table

__all__ = ["drop", "gc", "verify"]

yes_option = click.option("--yes", "-y", is_flag=True, help="Do it; without this, only say what would be done.")


@click.command()
@store_option
@json_option
@progress_option
def verify(location: str, as_json: bool, no_progress: bool) -> None:
    """Check every value, ref, call and edge; list what is damaged.

    Exit status 1 when something is. Ids are made from contents and history, so that a changed byte, and an edge that is
    missing, moved or too many, all show.
    """
    with opened(location) as storage:
        damage = storage.verify(progress=sys.stderr.isatty() and not no_progress and not as_json)
    if as_json:
        emit_json([{"kind": d.kind, "id": d.id, "text": d.text} for d in damage])
    else:
        for d in damage:
            say(str(d))
        click.echo(f"{len(damage)} damaged" if damage else "everything is whole")
    sys.exit(FOUND_NOTHING if damage else 0)


@click.command()
@store_option
@json_option
@yes_option
@click.option(
    "--older", type=click.FloatRange(0), default=3600.0, show_default=True,
    help="Leave files younger than so many seconds: somebody may be writing them.",
)  # fmt: skip
def gc(location: str, as_json: bool, yes: bool, older: float) -> None:
    """Delete what nothing needs, and give the space back.

    That is: refs that no call reads or made, values that no ref has, and files that killed programs left half-written.
    """
    with opened(location, read_only=not yes) as storage:
        found = storage.gc(older, dry_run=not yes)
    if as_json:
        names = ("refs", "values", "value_bytes", "files", "file_bytes", "freed")
        emit_json({"dry_run": not yes, **{name: getattr(found, name) for name in names}})
        return
    table(
        ("what", "how many", "size"),
        [
            ("refs that nothing uses", found.refs, ""),
            ("values without a ref", found.values, size(found.value_bytes)),
            ("unfinished files", found.files, size(found.file_bytes)),
        ],
        right=("how many", "size"),
    )
    if yes:
        click.echo(f"deleted; the store's file is {size(found.freed)} smaller" if found.freed else "deleted")
    else:
        click.echo("nothing was deleted: --yes does it")


@click.group()
def drop() -> None:
    """Drop calls, values, or a version with all that depends on it. Says what it would do, until --yes is given."""


def _report(dropped: list[str], yes: bool, as_json: bool, what: str) -> None:
    if as_json:
        emit_json({"dry_run": not yes, "dropped": dropped})
        return
    for hid in dropped:
        say(hid)
    done = "dropped" if yes else "would be dropped: --yes does it"
    click.echo(f"{len(dropped)} {what}{'' if len(dropped) == 1 else 's'} {done}")


@drop.command("calls")
@click.argument("ids", nargs=-1, required=True, shell_complete=complete.ids)
@store_option
@json_option
@yes_option
@click.option("--dependents", is_flag=True, help="Also all calls that used what these made; else these must be none.")
def drop_calls(ids: tuple[str, ...], location: str, as_json: bool, yes: bool, dependents: bool) -> None:
    """Forget the calls IDS and what they made."""
    with opened(location, read_only=not yes) as storage:
        hids = [one(storage.store, id, ["Call"]).key for id in ids]
        dropped = storage.drop_calls(hids, delete_dependents=dependents, dry_run=not yes)
    _report(dropped, yes, as_json, "call")


@drop.command("values")
@click.argument("ids", nargs=-1, required=True, shell_complete=complete.ids)
@store_option
@json_option
@yes_option
def drop_values(ids: tuple[str, ...], location: str, as_json: bool, yes: bool) -> None:
    """Delete the values of the refs IDS; their provenance stays, and running their calls again restores them.

    Equal contents are kept once, so that they go for every ref that has them.
    """
    with opened(location, read_only=not yes) as storage:
        hids = [one(storage.store, id, ["Ref"]).key for id in ids]
        dropped = storage.drop_values(hids, dry_run=not yes)
    _report(dropped, yes, as_json, "value")


@drop.command("version")
@click.argument("id", shell_complete=complete.ids)
@store_option
@json_option
@yes_option
def drop_version(id: str, location: str, as_json: bool, yes: bool) -> None:
    """Drop the calls of the version ID, all that was computed from them, the version, and code that no other one has."""
    with opened(location, read_only=not yes) as storage:
        version = one(storage.store, id, ["Version"]).key
        dropped = storage.drop_version(version, dry_run=not yes)
    _report(dropped, yes, as_json, "call")
