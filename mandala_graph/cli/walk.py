"""Commands that walk through provenance: what a value comes from, what came of it, and in words why it is so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from mandala_graph.cli import complete, forms
from mandala_graph.cli.common import Nothing, json_option, one, opened, store_option
from mandala_graph.cli.output import emit_json, line, on_terminal, paragraph, short, table

if TYPE_CHECKING:
    from mandala_graph.store.selection import Selection, Way

__all__ = ["downstream", "path", "upstream", "why"]

depth_option = click.option("--depth", "-d", type=click.IntRange(1), help="Go at most through this many calls.")
lines_option = click.option(
    "--limit", "-n", type=click.IntRange(1), default=200, show_default=True, help="Show at most this many lines."
)


@click.command()
@click.argument("id", shell_complete=complete.ids)
@store_option
@json_option
@depth_option
@lines_option
def upstream(id: str, location: str, as_json: bool, depth: int | None, limit: int) -> None:
    """Show what the ref or call ID was made from, back to what was given from outside."""
    _stream(id, location, as_json, depth, limit, "up")


@click.command()
@click.argument("id", shell_complete=complete.ids)
@store_option
@json_option
@depth_option
@lines_option
def downstream(id: str, location: str, as_json: bool, depth: int | None, limit: int) -> None:
    """Show what was made from the ref or call ID."""
    _stream(id, location, as_json, depth, limit, "down")


def _stream(id: str, location: str, as_json: bool, depth: int | None, limit: int, way: Way) -> None:
    from mandala_graph.store.export import graph_form
    from mandala_graph.store.selection import around

    with opened(location) as storage:
        hid = one(storage.store, id).key
        part = around(storage.store, hid, way, depth)
    if as_json:
        emit_json({"start": hid, **graph_form(part.core())})
    elif on_terminal():
        _print_tree(part.core(), hid, way, limit)
    else:
        _print_nodes(part, [h for h in (*part.calls, *part.core().refs) if h != hid][:limit])


def _print_nodes(part: Selection, hids: list[str]) -> None:
    rows = []
    for hid in hids:
        if hid in part.calls:
            call = part.calls[hid]
            rows.append(("call", hid, call.op, forms.given(call, part.refs)))
        else:
            ref = part.refs[hid]
            rows.append(("ref", hid, ref.type, forms.value_of(ref, 80)))
    table(("kind", "id", "what", "value"), rows)


def _print_tree(part: Selection, hid: str, way: Way, limit: int) -> None:
    lines = _tree(part, hid, way)
    for shown, text in enumerate(lines):
        if shown == limit:
            click.echo(f"… --limit {limit} was reached")
            return
        click.echo(text)


def _tree(part: Selection, start: str, way: Way) -> Iterator[str]:
    """A tree in lines; what hangs on several nodes is drawn below the first of them."""
    edges: dict[str, list[tuple[str, str]]] = {}
    for source, target, _, name, index in part.edges():
        label = name if index is None else f"{name}[{index}]"
        a, b = (target, source) if way == "up" else (source, target)
        edges.setdefault(a, []).append((label, b))
    seen: set[str] = set()
    stack = [(start, "", "", "")]
    while stack:
        hid, label, before, below = stack.pop()
        again = hid in seen and hid in edges
        yield before + _describe(part, hid, label) + (click.style("  (above)", dim=True) if again else "")
        if again:
            continue
        seen.add(hid)
        children = edges.get(hid, [])
        for number in range(len(children) - 1, -1, -1):
            name, child = children[number]
            last = number == len(children) - 1
            stack.append((child, name, f"{below}{'└─ ' if last else '├─ '}", f"{below}{'   ' if last else '│  '}"))


def _describe(part: Selection, hid: str, label: str) -> str:
    id = click.style(short(hid), fg="cyan")
    if hid in part.calls:
        call = part.calls[hid]
        name = f" ({label})" if label else ""
        return f"{click.style(line(call.op), bold=True)}{line(name)} {id}"
    return f"{line(label)}{' = ' if label else ''}{line(forms.value_of(part.refs.get(hid), 60))} {id}"


@click.command()
@click.argument("start", shell_complete=complete.ids)
@click.argument("end", shell_complete=complete.ids)
@store_option
@json_option
def path(start: str, end: str, location: str, as_json: bool) -> None:
    """Show a shortest way downstream from START to END (refs or calls)."""
    from mandala_graph.store.selection import Selection, between

    with opened(location) as storage:
        store = storage.store
        first, last = one(store, start).key, one(store, end).key
        hids = between(store, first, last)
        part = Selection(store.refs(hids), store.calls(hids))
    if as_json:
        emit_json([_node(part, hid) for hid in hids])
    if not hids:
        raise Nothing(f"nothing leads from {line(first)} downstream to {line(last)}.")
    if not as_json:
        _print_nodes(part, hids)


def _node(part: Selection, hid: str) -> dict[str, Any]:
    from mandala_graph.store.export import call_node

    return call_node(part.calls[hid]) if hid in part.calls else forms.ref_form(part.refs[hid])


@click.command()
@click.argument("id", shell_complete=complete.ids)
@store_option
@json_option
@click.option(
    "--steps", type=click.IntRange(1), default=50, show_default=True, help="Tell at most the last so many steps."
)
def why(id: str, location: str, as_json: bool, steps: int) -> None:
    """Explain in words the ref or call ID: the calls and the given values that made it."""
    from mandala_graph.runtime import why as accounts

    with opened(location) as storage:
        account = accounts.why(storage.store, one(storage.store, id).key)
    if not as_json:
        for text in account.lines(steps):
            paragraph(text, indent="   ")
        return
    refs = account.part.refs
    emit_json(
        {
            "id": account.hid,
            "steps": [
                {"number": s.number, "sources": s.sources, "call": forms.call_form(s.call, refs)} for s in account.steps
            ],
            "given": [forms.ref_form(refs[hid]) for hid in account.given],
            "runs": [forms.run_form(r) for r in account.runs],
            "duration": sum(s.call.duration for s in account.steps),
        }
    )
