"""What is around one ref or call, as a graph; the same as a query and as a program; pages of its groups."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import QueryParams

from mandala_graph.errors import UsageError, ValueMissing
from mandala_graph.web.filters import Filters, whole
from mandala_graph.web.narrowed import as_cypher, as_python, narrowed, reached
from mandala_graph.web.nodes import call_node, edges_of, graph, names_of, ref_node
from mandala_graph.web.rows import Rows
from mandala_graph.web.state import LIMIT, Browser
from mandala_graph.web.walk import ALL, Walk, page_of_readers, walked

__all__ = ["around", "export", "members"]

_BROTHERS = 60
"""More brothers than this are one group, even where there is room: a wall of boxes says nothing."""


def around(browser: Browser, hid: str, query: QueryParams) -> dict[str, Any]:
    """The graph around a ref or call."""
    direction, depth = _extent(query)
    limit = whole(query, "limit", LIMIT, LIMIT, 1)
    brothers = ALL if query.get("brothers") == "all" else whole(query, "brothers", _BROTHERS, ALL, 1)
    rows = Rows(browser)
    kind = _start(rows, hid)
    filters = Filters.of(query)
    if filters:
        walk = narrowed(rows, hid, kind, _ways(direction), depth, limit, filters)
    else:
        walk = walked(rows, hid, kind, _ways(direction), depth, limit, brothers)
    return _answer(walk, hid, direction, depth, filters)


def _ways(direction: str) -> tuple[str, ...]:
    return ("up", "down") if direction == "both" else (direction,)


def _extent(query: QueryParams) -> tuple[str, int]:
    direction = query.get("direction") or "both"
    if direction not in ("up", "down", "both"):
        raise UsageError(f'direction is "up", "down" or "both", not {direction!r}.')
    return direction, ALL if query.get("depth") == "all" else whole(query, "depth", 2, ALL)


def _start(rows: Rows, hid: str) -> str:
    """Is it a ref or a call?"""
    rows.need_refs([hid])
    if hid in rows.refs:
        return "ref"
    rows.need_calls([hid])
    if hid not in rows.calls:
        raise ValueMissing(f"no ref or call {hid} in this store.")
    return "call"


def export(browser: Browser, hid: str, query: QueryParams) -> dict[str, str]:
    """The graph around a ref or call as a query, and as a program."""
    direction, depth = _extent(query)
    rows = Rows(browser)
    _start(rows, hid)
    return _exports(rows, hid, direction, depth, Filters.of(query))


def _exports(rows: Rows, hid: str, direction: str, depth: int, filters: Filters) -> dict[str, str]:
    python, is_ref = _python(hid, direction, depth, rows), hid in rows.refs
    if not filters:
        return {"cypher": _cypher(hid, direction, depth, is_ref), "python": python}
    ways = _ways(direction)
    return {
        "cypher": as_cypher(hid, is_ref, ways, depth, filters),
        "python": as_python(python, hid, is_ref, ways, depth, filters),
    }


def _answer(walk: Walk, hid: str, direction: str, depth: int, filters: Filters) -> dict[str, Any]:
    rows = walk.rows
    calls = [h for h, kind in walk.nodes.items() if kind == "call"]
    refs = [h for h, kind in walk.nodes.items() if kind == "ref"]
    rows.need_calls(calls)
    rows.need_refs(refs)
    shown = [rows.calls[h] for h in calls if h in rows.calls]
    names = names_of([*shown, *_makers(rows, refs)])
    nodes = [call_node(c) for c in shown] + [ref_node(rows.refs[h], names.get(h, "")) for h in refs if h in rows.refs]
    grouped = sum(g["count"] for g in walk.groups.values())
    words = []
    if walk.groups:
        groups = len(walk.groups)
        words.append(f"{grouped:,} nodes are shown as {groups:,} group{'s' * (groups != 1)}.")
    if walk.left_out:
        words.append(f"The walk ends at {walk.limit:,} nodes; at least {walk.left_out:,} more are not shown.")
    return graph(
        [*nodes, *walk.groups.values()],
        [*edges_of(shown, walk.nodes), *walk.edges],
        total=len(nodes) + grouped + walk.left_out,
        truncated=bool(walk.groups or walk.left_out),
        message=" ".join(words) or None,
        focus=hid,
        **_exports(rows, hid, direction, depth, filters),
    )


def _makers(rows: Rows, refs: list[str]) -> list[Any]:
    """The calls that made refs, for the names they gave them; only those that are known already."""
    return [rows.calls[c] for r in refs if (c := rows.creators.get(r)) is not None and c in rows.calls]


def _cypher(hid: str, direction: str, depth: int, is_ref: bool) -> str:
    """A query for the same nodes, to be pasted."""
    return "\nUNION\n".join(
        f"MATCH {reached(hid, is_ref, way, depth, '(n)')} RETURN DISTINCT n" for way in _ways(direction)
    )


def _python(hid: str, direction: str, depth: int, rows: Rows) -> str:
    """The frame around it, as a program would make it. A step of a frame goes through a call to its other side."""
    if hid in rows.refs:
        start, steps = f'storage.cf(storage.load_ref("{hid}"))', (depth + 1) // 2
    else:
        op = rows.calls[hid].op
        start, steps = f'storage.cf({op!r}).isin(["{hid}"], by="hid", node_class="func").cleanup()', depth // 2
    ways = {"up": ["back"], "down": ["forward"], "both": ["back", "forward"]}[direction]
    if depth >= ALL:
        more = [f".expand_{way}(recursive=True)" for way in ways]
    else:
        more = [f".expand_{way}()" for way in ways for _ in range(min(steps, 20))]
    return f"cf = {start}{''.join(more)}"


def members(browser: Browser, query: QueryParams) -> dict[str, Any]:
    """A page of a group: the brothers, and their edges to the node they hang on."""
    of, direction, op, label = (query.get(k) or "" for k in ("of", "direction", "op", "label"))
    offset, limit = whole(query, "offset", 0, ALL), whole(query, "limit", 100, LIMIT, 1)
    rows = Rows(browser)
    if op:
        counts = rows.consumer_counts([of])[of]
        if op not in counts:
            raise ValueMissing(f"no call of {op} reads {of}.")
        total = counts[op][0]
        page = page_of_readers(browser, of, op, offset, limit)
        rows.need_calls(page)
        calls = [rows.calls[h] for h in page]
        nodes = [call_node(c) for c in calls]
        edges = edges_of(calls, {of: None})
    else:
        rows.need_calls([of])
        if of not in rows.calls:
            raise ValueMissing(f"no call {of} in this store.")
        call = rows.calls[of]
        edges_in = [e.ref for e in call.inputs if e.name == label]
        every = list(dict.fromkeys(edges_in if direction == "up" else [r for x, r in call.outputs if x == label]))
        total, page = len(every), every[offset : offset + limit]
        rows.need_refs(page)
        nodes = [ref_node(rows.refs[h], label) for h in page]
        edges = edges_of([call], dict.fromkeys(page))
    message = None if offset + len(page) >= total else f"{offset + 1:,} to {offset + len(page):,} of {total:,}."
    return graph(nodes, edges, total=total, truncated=len(page) < total, message=message)
