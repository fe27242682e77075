"""The command about keys: whose pickles may be loaded, which means whose code may run."""

from __future__ import annotations

import sys
from typing import Any

import click

from mandala_graph.cli.common import Ended, Nothing, json_option
from mandala_graph.cli.output import emit_json, line, table

__all__ = ["trust"]

_OWN = "own"


@click.group()
def trust() -> None:
    """List, add and remove keys whose pickled values may be loaded.

    Loading a pickle runs code that its writer chose. Values are signed with their writer's key, and only those of one's
    own key and of the keys listed here are loaded. Whoever has a key can sign with it: hand keys on in private.
    """


@trust.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the trusted keys by name and fingerprint, one's own first."""
    from mandala_graph.codecs.signing import fingerprint, own_key, trusted_keys

    keys = {_OWN: own_key(), **trusted_keys()}
    rows = [{"name": name, "fingerprint": fingerprint(key)} for name, key in keys.items()]
    if as_json:
        emit_json(rows)
    else:
        table(("name", "fingerprint"), [(r["name"], r["fingerprint"]) for r in rows])


@trust.command("key")
@json_option
def key(as_json: bool) -> None:
    """Print one's own key, for somebody who is to trust it."""
    from mandala_graph.codecs.signing import fingerprint, own_key

    mine = own_key()
    if as_json:
        emit_json({"key": mine.hex(), "fingerprint": fingerprint(mine)})
    else:
        click.echo(mine.hex())


@trust.command("add")
@click.argument("name")
@json_option
@click.option("--file", "-f", type=click.File(), default="-", help="Where the key is; it is asked for when not given.")
def add(name: str, as_json: bool, file: Any) -> None:
    """Trust a key, under the name NAME. The key is asked for, or read from standard input or a file."""
    from mandala_graph.codecs.signing import Trust, fingerprint, own_key, trusted_keys, write_trusted

    if not name.strip() or name == _OWN or not name.isprintable():
        raise Ended(f"{line(name)!r} is no name for a key: take another.")
    text = click.prompt("Key", hide_input=True) if file.name == "<stdin>" and sys.stdin.isatty() else file.read()
    Trust.of([text.strip()])  # says what is wrong with it
    new = bytes.fromhex(text.strip())
    keys = trusted_keys()
    known = next((n for n, k in {_OWN: own_key(), **keys}.items() if k == new), None)
    if known is not None and known != name:
        raise Ended(f"this key is trusted already, as {known}.")
    if keys.get(name, new) != new:
        raise Ended(f"{name} has another key already: `mandala-graph trust remove {name}` first.")
    write_trusted({**keys, name: new})
    if as_json:
        emit_json({"name": name, "fingerprint": fingerprint(new)})
    else:
        click.echo(f"{name} ({fingerprint(new)}) is trusted from now on")


@trust.command("remove")
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Trust the key of NAME no more."""
    from mandala_graph.codecs.signing import fingerprint, trusted_keys, write_trusted

    keys = trusted_keys()
    if name not in keys:
        raise Nothing(f"no key is called {line(name)}; `mandala-graph trust list` lists them.")
    gone = keys.pop(name)
    write_trusted(keys)
    if as_json:
        emit_json({"name": name, "fingerprint": fingerprint(gone)})
    else:
        click.echo(f"{name} ({fingerprint(gone)}) is trusted no more")
