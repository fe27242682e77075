"""Commands that take a part of the graph elsewhere: pictures, files for other programs, Neo4j Browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import click

from mandala_graph.cli import complete
from mandala_graph.cli.common import Ended, Nothing, json_option, one, opened, store_option
from mandala_graph.cli.output import CleanOut, emit_json, say

if TYPE_CHECKING:
    from mandala_graph.frame import ComputationFrame
    from mandala_graph.storage import Storage
    from mandala_graph.store.find import Found
    from mandala_graph.store.protocol import Store
    from mandala_graph.store.selection import Selection

__all__ = ["draw", "export", "neo4j"]

_ENDINGS = {".svg": "svg", ".png": "png", ".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".txt": "text"}


@click.command()
@click.argument("what", required=False, shell_complete=complete.ids)
@store_option
@json_option
@click.option("--output", "-o", type=click.Path(dir_okay=False), help="The file to write; its ending tells the format.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["svg", "png", "dot", "mermaid", "text"]),
    help="The format, where the file's ending does not tell it [default: text].",
)
@click.option("--back", "way", flag_value="back", help="With all that it was made from (the default for a ref).")
@click.option("--forward", "way", flag_value="forward", help="With all that was made from it.")
@click.option("--all", "way", flag_value="all", help="Both.")
def draw(
    what: str | None, location: str, as_json: bool, output: str | None, format_: str | None, way: str | None
) -> None:
    """Draw the frame of WHAT (an op, or the id of a ref or call; all ops when not given).

    Without --output, the picture's text is printed: `text` reads well in a terminal.
    """
    format_ = format_ or (_ENDINGS.get(Path(output).suffix, "") if output else "text")
    if not format_:
        raise Ended(f"what format is {output}? Give one by --format, or an ending of {', '.join(_ENDINGS)}.")
    if format_ == "png" and not output:
        raise Ended("a png is no text: say by --output where to write it.")
    with opened(location) as storage:
        frame = _expanded(_frame(storage, what), way or ("back" if what and _is_ref(storage, what) else None))
        if not frame.nodes:
            raise Nothing("there is nothing to draw: no call is in this store yet.")
        if format_ == "png":
            frame.draw(Path(str(output)).with_suffix(".png"))
            text = ""
        else:
            text = {
                "svg": frame.to_svg,
                "dot": frame.to_dot,
                "mermaid": frame.to_mermaid,
                "text": frame.get_graph_desc,
            }[format_]()
        facts = {"format": format_, "file": output, "variables": len(frame.vnames), "functions": len(frame.fnames)}
    if output and format_ != "png":
        _write(output, text)
    if as_json:
        emit_json({**facts, "text": None if output else text})
    elif output:
        click.echo(f"{output}: {facts['variables']} variables, {facts['functions']} functions")
    else:
        say(text.rstrip("\n"))


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
    except OSError as problem:
        raise Ended(f"{path} cannot be written: {problem.strerror}.") from problem


def _is_ref(storage: Storage, what: str) -> bool:
    return what not in storage.store.ops()


def _frame(storage: Storage, what: str | None) -> ComputationFrame:
    if what is None:
        return storage.cf()
    found = one(storage.store, what, ["Op", "Ref", "Call"])
    if found.label == "Op":
        return storage.cf(found.key)
    if found.label == "Ref":
        return storage.cf(storage.load_ref(found.key))
    call = storage.get_call(found.key)
    if not call.outputs:
        raise Nothing(f"the call {found.key} made nothing that could be drawn: it {call.status}.")
    return storage.cf(list(call.outputs.values()))


def _expanded(frame: ComputationFrame, way: str | None) -> ComputationFrame:
    expanded: ComputationFrame | None = frame
    if way == "back":
        expanded = frame.expand_back(recursive=True)
    elif way == "forward":
        expanded = frame.expand_forward(recursive=True)
    elif way == "all":
        expanded = frame.expand_all()
    assert expanded is not None  # only an expansion in place gives nothing
    return expanded


@click.command()
@click.argument("what", nargs=-1, shell_complete=complete.ids)
@store_option
@click.option("--json", "format_", flag_value="json", help="The same as --format json.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["json", "jsonl", "csv", "graphml"]),
    help="The format, where the file's ending does not tell it [default: json].",
)
@click.option("--output", "-o", type=click.Path(dir_okay=False), help="The file to write, instead of standard output.")
@click.option("--up", "way", flag_value="up", help="Of ids, also all that they were made from.")
@click.option("--down", "way", flag_value="down", help="Of ids, also all that was made from them.")
@click.option("--depth", type=click.IntRange(1), help="With --up or --down, go at most through this many calls.")
def export(
    what: tuple[str, ...], location: str, format_: str | None, output: str | None, way: str | None, depth: int | None
) -> None:
    """Write a part of the graph for other programs: calls with their inputs and outputs.

    WHAT are ops, or ids of refs, calls, versions or runs; everything when not given. Values are those that the graph
    holds natively, else previews; nothing is unpickled.
    """
    from mandala_graph.store import export as exporting

    ending = Path(output).suffix.lstrip(".") if output else "json"
    format_ = format_ or ending
    if format_ not in exporting.FORMATS:
        raise Ended(f"what format is {output}? Give one by --format: {', '.join(exporting.FORMATS)}.")
    with opened(location) as storage:
        named = [one(storage.store, text, ["Op", "Ref", "Call", "Version", "Run"]) for text in what]
        parts = _parts(storage.store, named, way, depth)
        if output is None:
            exporting.write(parts, CleanOut(), format_)
            return
        unfinished = f"{output}.part"  # so that nobody takes a half-written file for a whole one
        try:
            with open(unfinished, "w", encoding="utf-8", newline="") as out:
                exporting.write(parts, out, format_)
            os.replace(unfinished, output)
        except OSError as problem:
            raise Ended(f"{output} cannot be written: {problem.strerror}.") from problem


def _parts(store: Store, named: list[Found], way: Any, depth: int | None) -> Iterator[Selection]:
    from mandala_graph.store.selection import Selection, around, of_calls

    if not named:
        for page in store.calls_in_order():
            yield of_calls(store, page)
        yield Selection(store.refs(store.orphans()))
        return
    done: set[str] = set()
    for label, key in named:
        if label in ("Ref", "Call"):
            pieces = [around(store, key, way, depth)] if way else [_single(store, label, key)]
        else:
            pieces = [of_calls(store, page) for page in _calls_of(store, label, key)]
        for piece in pieces:
            piece.calls = {h: c for h, c in piece.calls.items() if h not in done}
            done.update(piece.calls)
            yield piece


def _single(store: Store, label: str, key: str) -> Selection:
    from mandala_graph.store.selection import Selection, of_calls

    return of_calls(store, [key]) if label == "Call" else Selection(store.refs([key]))


def _calls_of(store: Store, label: str, key: str) -> Iterator[list[str]]:
    statement = f"MATCH (c:Call {{{label.lower()}: $key}}) RETURN c.hid ORDER BY c.started, c.hid"
    hids = [hid for (hid,) in store.query(statement, {"key": key}).rows]
    for start in range(0, len(hids), 1000):
        yield hids[start : start + 1000]


@click.command()
@click.argument("id", required=False, shell_complete=complete.ids)
@store_option
@json_option
@click.option("--browser", help="Address of Neo4j Browser [default: http://HOST:7474/browser/ on the store's server].")
@click.option("--down", is_flag=True, help="Show what was made from ID, instead of what it was made from.")
@click.option("--open", "launch", is_flag=True, help="Open the link in your web browser.")
def neo4j(id: str | None, location: str, as_json: bool, browser: str | None, down: bool, launch: bool) -> None:
    """Print the link that opens Neo4j Browser with a query for the history of the ref or call ID.

    The query stands in the editor and is not run: look at it, then press Ctrl-Enter.
    """
    from mandala_graph import neo4j_browser

    with opened(location) as storage:
        info = storage.store.info()
        if info.engine != "neo4j":
            raise Ended(
                f"{info.location} is a SQLite file, which Neo4j Browser cannot open. "
                f"`mandala-graph copy {info.location} neo4j://host:7687` brings it to a server."
            )
        cypher = "MATCH (c:Call) RETURN c ORDER BY c.started DESC LIMIT 50"
        if id is not None:
            found = one(storage.store, id)
            cypher = neo4j_browser.lineage(found.key, found.label)
            if down:
                cypher = cypher.replace("<-[:INPUT|OUTPUT*0..]-", "-[:INPUT|OUTPUT*0..]->")
    server, named = urlsplit(info.location), urlsplit(location)
    user = f"{quote(named.username, safe='')}@" if named.username else ""
    secret = bool(user or os.environ.get("NEO4J_AUTH"))
    url = neo4j_browser.link(
        browser or f"http://{server.hostname}:7474/browser/",
        cypher,
        f"{server.scheme}://{user}{server.hostname}:{server.port}",
        no_auth=not secret,
    )
    if as_json:
        emit_json({"url": url, "cypher": cypher})
    else:
        click.echo(url)
    if launch:
        click.launch(url)
