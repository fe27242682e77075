"""Commands that ask: Cypher of one's own, and the saved questions."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import click

from mandala_graph.cli import complete
from mandala_graph.cli.common import Ended, Nothing, json_option, opened, store_option
from mandala_graph.cli.output import CleanOut, emit_json, fields, line, on_terminal, paragraph, say, table
from mandala_graph.errors import CypherError

if TYPE_CHECKING:
    from mandala_graph.storage import Storage
    from mandala_graph.store.protocol import Table

__all__ = ["ask", "query"]

parameter_option = click.option(
    "--param", "-p", "given", multiple=True, metavar="NAME=VALUE", help="A parameter; VALUE is JSON, or else a text."
)
timeout_option = click.option(
    "--timeout", type=click.FloatRange(0, min_open=True), help="Give up after so many seconds."
)
csv_option = click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of text.")


def _parameters(given: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise Ended(f"--param {line(text)}: give it as NAME=VALUE.")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


@click.command()
@click.argument("cypher", required=False)
@store_option
@json_option
@csv_option
@parameter_option
@timeout_option
@click.option(
    "--file", "-f", type=click.File(encoding="utf-8"), help="Read the query from a file; - is standard input."
)
@click.option("--explain", is_flag=True, help="Print what becomes of the query on this engine, and how long it takes.")
def query(
    cypher: str | None,
    location: str,
    as_json: bool,
    as_csv: bool,
    given: tuple[str, ...],
    timeout: float | None,
    file: Any,
    explain: bool,
) -> None:
    """Run the Cypher query CYPHER (reads only), and print the table of its result.

    `$name` in it stands for the value of --param name=... Exit status 1 when there is no row.
    """
    if (cypher is None) == (file is None):
        raise Ended("give the query, or a file that has it by --file (- is standard input).")
    text = (cypher if cypher is not None else file.read()).strip().rstrip(";")
    parameters = _parameters(given)
    with opened(location) as storage:
        if explain:
            found = storage.explain_query(text, parameters, timeout=timeout)
            if as_json:
                emit_json({"query": text, "plan": str(found), "seconds": found.seconds, "rows": found.rows})
            else:
                say(str(found))
            return
        result = _run(storage, text, parameters, timeout)
    _print(result, as_json, as_csv)


def _run(storage: Storage, text: str, parameters: dict[str, Any], timeout: float | None) -> Table:
    """The rows of a query, with notes on what looks like a slip in it on standard error."""
    from mandala_graph.query.ask import check

    check(text, parameters)
    return storage.store.query(text, parameters, timeout=timeout)


@click.command()
@click.argument("question", required=False, shell_complete=complete.questions)
@store_option
@json_option
@csv_option
@parameter_option
@timeout_option
@click.option("--cypher", "only_text", is_flag=True, help="Print the question's Cypher instead of running it.")
def ask(
    question: str | None,
    location: str,
    as_json: bool,
    as_csv: bool,
    given: tuple[str, ...],
    timeout: float | None,
    only_text: bool,
) -> None:
    """Ask the saved question QUESTION; without it, list the questions.

    Exit status 1 when there is no row.
    """
    from mandala_graph.cypher import questions as saved

    if question is None:
        _print_questions(as_json)
        return
    try:
        chosen = saved.question(question)
    except CypherError as problem:
        raise Nothing(f"{problem}.") from None
    if only_text:
        say(chosen.text)
        return
    values = chosen.bind(_parameters(given))
    with opened(location) as storage:
        result = _run(storage, chosen.text, values, timeout)
    _print(result, as_json, as_csv)


def _print_questions(as_json: bool) -> None:
    from mandala_graph.cypher.questions import questions

    if as_json:
        emit_json(
            [
                {
                    "name": q.name,
                    "title": q.title,
                    "comment": q.comment,
                    "parameters": [
                        {"name": p.name, "meaning": p.meaning, "default": p.default, "required": p.required}
                        for p in q.parameters
                    ],
                }
                for q in questions()
            ]
        )
        return
    for q in questions():
        paragraph(f"{q.name}: {q.title}{'' if q.title.endswith('?') else '.'} {q.comment}", indent="  ")
        fields(
            (f"  -p {p.name}=", p.meaning + ("" if p.required else f" (else {json.dumps(p.default)})"))
            for p in q.parameters
        )


def _print(result: Table, as_json: bool, as_csv: bool) -> None:
    rows = [[_cell(value) for value in row] for row in result.rows]
    if as_json:
        emit_json({"columns": result.columns, "rows": rows})
    elif as_csv:
        writer = csv.writer(CleanOut(), lineterminator="\n")
        writer.writerow(result.columns)
        writer.writerows([_text(value) for value in row] for row in rows)
    elif rows:
        numbers = [c for n, c in enumerate(result.columns) if all(_is_number(row[n]) for row in rows)]
        table(result.columns, [[_shown(value) for value in row] for row in rows], right=numbers)
    if not rows:
        raise Nothing("no row: nothing in the store is like that.")


def _cell(value: Any) -> Any:
    """A value of a result for JSON: nodes, relationships and paths as maps."""
    from mandala_graph.store.protocol import GraphNode, GraphPath, GraphRelationship

    if isinstance(value, GraphNode):
        return {"labels": list(value.labels), "properties": _cell(value.properties)}
    if isinstance(value, GraphRelationship):
        return {"type": value.type, "properties": _cell(value.properties)}
    if isinstance(value, GraphPath):
        return {"nodes": [_cell(n) for n in value.nodes], "relationships": [_cell(r) for r in value.relationships]}
    if isinstance(value, dict):
        return {k: _cell(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cell(v) for v in value]
    return value


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def _shown(value: Any) -> Any:
    """A value of a result in a cell: for a person, numbers have six digits (all of them by --json and --csv)."""
    return f"{value:.6g}" if isinstance(value, float) and on_terminal() else _text(value)


def _text(value: Any) -> Any:
    """A value of a result in a cell of a table."""
    if isinstance(value, dict) and set(value) == {"labels", "properties"}:
        shown = value["properties"]
        return f"({':'.join(value['labels'])} {shown.get('hid') or shown.get('id') or shown.get('name') or ''})"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value
