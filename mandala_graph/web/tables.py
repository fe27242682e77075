"""The calls of an op, or the values of a variable, as a table: pages for the page, the whole as CSV.

Sorting and paging is the store's work. A cell of a value is {"id", "text", "value"}; several are said in words.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import Response, StreamingResponse

from mandala_graph.errors import UnknownNode, UsageError
from mandala_graph.store.protocol import CallRow, RefRow
from mandala_graph.web.filters import Filters, pasted, whole
from mandala_graph.web.form import iso, plain
from mandala_graph.web.rows import Rows
from mandala_graph.web.state import LIMIT, Browser
from mandala_graph.web.summary import OK, plan, recent_plan

__all__ = ["of_calls", "of_refs", "table"]

_PAGE = 5000
_MOST = 10_000_000


@dataclass(frozen=True)
class Column:
    """`key` is what a request sorts by; `order` is that in Cypher, empty where it cannot be sorted."""

    key: str
    name: str
    kind: str
    order: str = ""
    match: str = ""


@dataclass(frozen=True)
class _Source:
    """Where rows come from: a pattern that binds the hids to give, and the name of the node in question."""

    match: str
    given: dict[str, Any]
    columns: list[Column]
    returned: str
    is_call: bool


def table(browser: Browser, name: str, query: QueryParams) -> dict[str, Any] | Response:
    """A page of a table as JSON, or all of it as CSV."""
    source = _source(browser, name, Filters.of(query))
    if query.get("format") == "csv":
        offset, limit = whole(query, "offset", 0, _MOST), whole(query, "limit", _MOST, _MOST, 1)
        return _csv(browser, name, source, _order(source, query), offset, limit)
    if query.get("format") not in (None, "", "json"):
        raise UsageError(f'format is "json" or "csv", not {query["format"]!r}.')
    return _listed(
        browser, source, query, browser.kept(("total", name, Filters.of(query)), lambda: _total(browser, source))
    )


def of_calls(
    browser: Browser, hids: list[str], ins: list[tuple[str, str]], outs: list[tuple[str, str]], query: QueryParams
) -> dict[str, Any]:
    """A page of these calls; `ins` and `outs` are the (variable, label) pairs around them."""
    columns = _calls(ins, outs, "", Filters()).columns
    return _listed(
        browser, _Source("MATCH (c:Call) WHERE c.hid IN $hids", {"hids": hids}, columns, "c", True), query, len(hids)
    )


def of_refs(browser: Browser, hids: list[str], query: QueryParams) -> dict[str, Any]:
    """A page of these refs."""
    source = _Source("MATCH (r:Ref) WHERE r.hid IN $hids", {"hids": hids}, _REF_COLUMNS, "r", False)
    return _listed(browser, source, query, len(hids))


def _listed(browser: Browser, source: _Source, query: QueryParams, total: int) -> dict[str, Any]:
    order = _order(source, query)
    offset, limit = whole(query, "offset", 0, _MOST), whole(query, "limit", 100, LIMIT, 1)
    return {
        "columns": [{"name": c.name, "kind": c.kind, "key": c.key, "sortable": bool(c.order)} for c in source.columns],
        "rows": _page(browser, source, _hids(browser, source, order, offset, limit)),
        "total": total,
        **_exports(source),
    }


def _exports(source: _Source) -> dict[str, str]:
    """The whole selection as a query, and as a program."""
    statement = f"{source.match} RETURN {source.returned}"
    words = "".join(f", {name}={value!r}" for name, value in source.given.items())
    return {
        "cypher": pasted(statement, source.given),
        "python": f"rows = storage.query({statement!r}{words})[{source.returned!r}]",
    }


# -- what rows there are ---------------------------------------------------------------------------------------------


def _source(browser: Browser, name: str, filters: Filters) -> _Source:
    kind, _, rest = name.partition(":")
    for known in (recent_plan, plan):
        names = known(browser)
        if kind == "op" and rest in names.body.funcs:
            return _calls(names.body.ins[rest], names.body.outs[rest], rest, filters)
        if kind == "var" and rest in names.body.vars:
            op, label, made = names.meaning(rest)
            return _made(op, label, filters) if made else _given(op, label, filters)
    raise UnknownNode(f"there is no {name!r} in this store: op:NAME or var:NAME as in the summary.")


def _calls(ins: list[tuple[str, str]], outs: list[tuple[str, str]], op: str, filters: Filters) -> _Source:
    where, given = filters.where("c.op = $op")
    columns = [Column("id", "call", "id", "c.hid")]
    for side, edges in (("input", ins), ("output", outs)):
        for label in dict.fromkeys(x for _, x in edges):
            way = "<-[:INPUT {name: $label}]-" if side == "input" else "-[:OUTPUT {name: $label}]->"
            columns.append(Column(f"{side}:{label}", label, "value", "min(v.value)", f"OPTIONAL MATCH (c){way}(v:Ref)"))
    columns += [
        Column("status", "status", "text", "c.status"),
        Column("started", "started", "time", "c.started"),
        Column("duration", "duration", "number", "c.duration"),
        Column("version", "version", "text", "c.version"),
        Column("run", "run", "text", "c.run"),
    ]
    return _Source(f"MATCH (c:Call){where}", {**given, "op": op}, columns, "c", True)


_REF_COLUMNS = [
    Column("id", "ref", "id", "r.hid"),
    Column("value", "value", "value", "r.value"),
    Column("type", "type", "text", "r.type"),
    Column("size", "size", "number", "r.nbytes"),
    Column("made", "made by", "id"),
    Column("used", "used by", "number"),
]


def _made(op: str, label: str, filters: Filters) -> _Source:
    """What calls that count made or read, of the outputs of an op under a label."""
    where = ["p.status = 'ok'"]
    given: dict[str, Any] = {}
    if filters:
        makers, given = filters.conditions("p")
        readers, _ = filters.where(OK)
        read = f"EXISTS {{ MATCH (r)-[:INPUT]->(c:Call){readers} }}"
        where.append(f"(({' AND '.join(makers)}) OR {read})")
    match = f"MATCH (p:Call {{op: $op}})-[:OUTPUT {{name: $out}}]->(r:Ref) WHERE {' AND '.join(where)}"
    return _Source(match, {**given, "op": op, "out": label}, _REF_COLUMNS, "r", False)


def _given(op: str, label: str, filters: Filters) -> _Source:
    """What came from outside into an input of the calls that count."""
    where, given = filters.where(OK, "c.op = $op", "NOT EXISTS { MATCH (r)<-[:OUTPUT]-(:Call) }")
    match = f"MATCH (r:Ref)-[:INPUT {{name: $input}}]->(c:Call){where} WITH DISTINCT r"
    return _Source(match, {**given, "op": op, "input": label}, _REF_COLUMNS, "r", False)


# -- pages -----------------------------------------------------------------------------------------------------------


def _order(source: _Source, query: QueryParams) -> tuple[Column, bool]:
    wanted = query.get("sort") or ("started" if source.is_call else "value")
    found = next((c for c in source.columns if wanted == c.key), None)
    found = found or next((c for c in source.columns if wanted == c.name), None)
    if found is None or not found.order:
        known = ", ".join(c.key for c in source.columns if c.order)
        raise UsageError(f"the table cannot be sorted by {wanted[:60]!r}: it has {known}.")
    return found, query.get("desc") in ("1", "true")


def _total(browser: Browser, source: _Source) -> int:
    n: int = browser.query(f"{source.match} RETURN count(*)", **source.given).rows[0][0]
    return n


def _hids(browser: Browser, source: _Source, order: tuple[Column, bool], offset: int, limit: int) -> list[str]:
    column, down = order
    x = source.returned
    given = {**source.given, "offset": offset, "limit": limit}
    steps = f"{source.match} WITH {x} {column.match} "
    if column.match:
        given["label"] = column.key.partition(":")[2]
        steps += f"WITH {x}, {column.order} AS key "
    else:
        steps += f"WITH {x}, {column.order} AS key "
    # Without a value last, whichever way it is sorted.
    steps += f"RETURN {x}.hid ORDER BY key IS NULL, key {'DESC' if down else 'ASC'}, {x}.hid SKIP $offset LIMIT $limit"
    return [row[0] for row in browser.query(steps, **given).rows]


def _page(browser: Browser, source: _Source, hids: list[str]) -> list[list[Any]]:
    """The rows of these calls or refs."""
    rows = Rows(browser)
    if source.is_call:
        rows.need_calls(hids)
        calls = [rows.calls[h] for h in hids if h in rows.calls]
        rows.need_refs(_single(calls))
        return [_call_cells(source, rows, c) for c in calls]
    rows.need_refs(hids)
    made, used = rows.creators_of(hids), rows.consumer_counts(hids)
    return [_ref_cells(rows.refs[h], made.get(h), sum(n for n, _ in used[h].values())) for h in hids if h in rows.refs]


def _single(calls: list[CallRow]) -> set[str]:
    """Refs that have a cell of their own: of several under one name only their number is shown."""
    found = {ref for c in calls for _, ref in c.outputs}
    for c in calls:
        names = Counter(e.name for e in c.inputs)
        found.update(e.ref for e in c.inputs if names[e.name] == 1)
    return found


def _call_cells(source: _Source, rows: Rows, call: CallRow) -> list[Any]:
    by_key: dict[str, list[str]] = {}
    for e in call.inputs:
        by_key.setdefault(f"input:{e.name}", []).append(e.ref)
    for label, ref in call.outputs:
        by_key.setdefault(f"output:{label}", []).append(ref)
    facts = {
        "id": call.hid,
        "status": call.status,
        "started": iso(call.started or None),
        "duration": call.duration,
        "version": call.version or None,
        "run": call.run or None,
    }
    return [_cell(rows, by_key.get(c.key, [])) if c.kind == "value" else facts[c.key] for c in source.columns]


def _cell(rows: Rows, refs: list[str]) -> dict[str, Any] | None:
    if not refs:
        return None
    if len(refs) > 1:
        return {"id": None, "text": f"{len(refs):,} values", "value": None}
    return _value(rows.refs[refs[0]])


def _value(ref: RefRow) -> dict[str, Any]:
    return {"id": ref.hid, "text": ref.preview, "value": None if ref.dropped is not None else plain(ref.value)}


def _ref_cells(ref: RefRow, made: str | None, used: int) -> list[Any]:
    return [ref.hid, _value(ref), ref.type, ref.nbytes, made, used]


# -- CSV -------------------------------------------------------------------------------------------------------------


def _csv(browser: Browser, name: str, source: _Source, order: tuple[Column, bool], offset: int, limit: int) -> Response:
    hids = _hids(browser, source, order, offset, limit)

    def lines() -> Iterator[str]:
        yield _line([c.name for c in source.columns])
        for at in range(0, len(hids), _PAGE):
            page = _page(browser, source, hids[at : at + _PAGE])
            yield "".join(_line([_flat(cell) for cell in row]) for row in page)

    file = re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:80]
    return StreamingResponse(
        lines(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file}.csv"', "Cache-Control": "no-store"},
    )


def _flat(cell: Any) -> Any:
    """A cell as text or number. Text that a spreadsheet would take for a formula is marked as text."""
    if isinstance(cell, dict):
        cell = cell["text"] if cell["value"] is None else cell["value"]
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + cell
    return "" if cell is None else cell


def _line(cells: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
