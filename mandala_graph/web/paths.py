"""The way from one ref or call to another, or where the histories of both meet."""

from __future__ import annotations

from typing import Any

from mandala_graph.errors import ValueMissing
from mandala_graph.store.reach import reader
from mandala_graph.web.filters import literal
from mandala_graph.web.nodes import call_node, edges_of, graph, names_of, ref_node
from mandala_graph.web.rows import Rows
from mandala_graph.web.state import LIMIT, Browser

__all__ = ["path"]


def path(browser: Browser, a: str, b: str) -> dict[str, Any]:
    """A shortest way downstream from a to b, or from b to a; else from what both were made from; else nothing."""
    known = reader(browser.store)
    rows = Rows(browser)
    _both_exist(rows, a, b)
    way = known.path(a, b)
    message, ends = None, (a, b)
    if not way and (way := known.path(b, a)):
        message, ends = "The way leads from the second to the first.", (b, a)
    ways = [way] if way else []
    if not way:
        common = _meeting(rows, a, set(known.ancestors(a)[0]) & set(known.ancestors(b)[0]))
        if common is None:
            message = "There is no way between the two, and nothing that both were made from."
        else:
            ways = [known.path(common, a), known.path(common, b)]
            message = "There is no way between the two; both were made from the first value shown."
    hids = list(dict.fromkeys(h for w in ways for h in w))
    if len(hids) > LIMIT:
        message = f"The way has {len(hids):,} nodes; the first {LIMIT:,} are shown."
    return _graph(rows, hids[:LIMIT], len(hids), message, ends)


def _both_exist(rows: Rows, *hids: str) -> None:
    rows.need_refs(hids)
    rows.need_calls([h for h in hids if h not in rows.refs])
    for h in hids:
        if h not in rows.refs and h not in rows.calls:
            raise ValueMissing(f"no ref or call {h} in this store.")


def _meeting(rows: Rows, start: str, common: set[str]) -> str | None:
    """The ref of these that is nearest upstream of the start."""
    if not common:
        return None
    refs = [start] if start in rows.refs else [e.ref for e in rows.calls[start].inputs]
    seen: set[str] = set()
    while refs:
        met = sorted(r for r in refs if r in common)
        if met:
            return met[0]
        seen.update(refs)
        made = list(dict.fromkeys(rows.creators_of(refs).values()))
        rows.need_calls(made)
        refs = list(dict.fromkeys(e.ref for c in made for e in rows.calls[c].inputs if e.ref not in seen))
    return None


def _graph(rows: Rows, hids: list[str], total: int, message: str | None, ends: tuple[str, str]) -> dict[str, Any]:
    rows.need_refs(hids)
    rows.need_calls(h for h in hids if h not in rows.refs)
    calls = [rows.calls[h] for h in hids if h in rows.calls]
    names = names_of(calls)
    kind = {h: "Ref" if h in rows.refs else "Call" for h in ends}
    a, b = ends
    return graph(
        [ref_node(rows.refs[h], names.get(h, "")) if h in rows.refs else call_node(rows.calls[h]) for h in hids],
        edges_of(calls, dict.fromkeys(hids)),
        total=total,
        truncated=total > len(hids),
        message=message,
        cypher=f"MATCH (a:{kind[a]} {{hid: {literal(a)}}}), (b:{kind[b]} {{hid: {literal(b)}}})\n"
        "MATCH p = shortestPath((a)-[:INPUT|OUTPUT*]->(b)) UNWIND nodes(p) AS n RETURN DISTINCT n",
        python=f'way = storage.path("{a}", "{b}")',
    )
