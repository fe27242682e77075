"""What is around one ref or call: a walk up and down that stays within a number of nodes.

When everything fits it is shown. Otherwise brothers (the calls of one op that read one value, the inputs of one call)
beyond a number are one group each, of which `members` gives pages; the number is made smaller until it fits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.datastructures import QueryParams

from mandala_graph.errors import UsageError, ValueMissing
from mandala_graph.store.reach import reader
from mandala_graph.web.filters import literal, whole
from mandala_graph.web.nodes import call_node, edge, edges_of, graph, names_of, node, ref_node
from mandala_graph.web.rows import Rows
from mandala_graph.web.state import LIMIT, Browser

__all__ = ["around", "export", "members"]

Direction = Literal["up", "down", "both"]
_ALL = 1 << 30
_CAPS = (_ALL, 200, 50, 12, 3)
"""How many brothers are shown one by one; the next number is tried when the last was too many."""

_PREFETCH_AFTER = 6
"""After so many steps without an end, what is up or down is fetched as a whole."""


class _TooMany(Exception):
    """The walk has met more nodes than may be shown."""


@dataclass
class _Walk:
    """One try: nodes met, in order, and groups."""

    rows: Rows
    limit: int
    cap: int
    strict: bool
    nodes: dict[str, str] = field(default_factory=dict)  # hid -> "call" or "ref"
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    edges: list[dict[str, Any]] = field(default_factory=list)
    left_out: int = 0

    def room(self) -> int:
        return self.limit - len(self.nodes) - len(self.groups)

    def add(self, hids: list[str], kind: str) -> list[str]:
        """Those that are new and have a place."""
        new = [h for h in dict.fromkeys(hids) if h not in self.nodes]
        if len(new) > self.room():
            if self.strict:
                raise _TooMany
            self.left_out += len(new) - self.room()
            new = new[: max(0, self.room())]
        self.nodes.update(dict.fromkeys(new, kind))
        return new

    def group(self, of: str, direction: str, count: int, op: str | None, label: str, what: str) -> None:
        """One node for many brothers."""
        if self.room() <= 0:
            self.left_out += count
            return
        id = f"group:{of}:{direction}:{op if op is not None else label}"
        members = {"of": of, "direction": direction, **({"op": op} if op is not None else {"label": label})}
        self.groups[id] = node(id, "group", what, count=count, op=op, members=members)
        if direction == "down" and op is not None:
            self.edges.append(edge(of, id, label, "input", count))
        elif direction == "down":
            self.edges.append(edge(of, id, label, "output", count))
        else:
            self.edges.append(edge(id, of, label, "input", count))


def around(browser: Browser, hid: str, query: QueryParams) -> dict[str, Any]:
    """The graph around a ref or call."""
    direction, depth = _extent(query)
    limit = whole(query, "limit", LIMIT, LIMIT, 1)
    rows = Rows(browser)
    kind = _start(rows, hid)
    for cap in _CAPS:
        walk = _Walk(rows, limit, cap, strict=cap != _CAPS[-1])
        walk.add([hid], kind)
        try:
            for way in ("up", "down") if direction == "both" else (direction,):
                _walk(walk, hid, kind, way, depth)
            break
        except _TooMany:
            continue
    return _answer(browser, walk, hid, direction, depth)


def _extent(query: QueryParams) -> tuple[str, int]:
    direction = query.get("direction") or "both"
    if direction not in ("up", "down", "both"):
        raise UsageError(f'direction is "up", "down" or "both", not {direction!r}.')
    return direction, _ALL if query.get("depth") == "all" else whole(query, "depth", 2, _ALL)


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
    return {"cypher": _cypher(hid, direction, depth, rows), "python": _python(hid, direction, depth, rows)}


def _walk(walk: _Walk, start: str, kind: str, way: str, depth: int) -> None:
    frontier = [start]
    seen = {start}
    at = kind
    for step in range(depth):
        if not frontier:
            break
        if step == _PREFETCH_AFTER and depth - step > _PREFETCH_AFTER:
            _prefetch(walk, start, way)
        if at == "call":
            frontier = _refs_of(walk, frontier, way)
        elif way == "up":
            made = walk.rows.creators_of(frontier)
            frontier = list(made.values())
            walk.add(frontier, "call")
        else:
            frontier = _readers(walk, frontier)
            walk.add(frontier, "call")
        at = "ref" if at == "call" else "call"
        frontier = [h for h in dict.fromkeys(frontier) if h not in seen and h in walk.nodes]
        seen.update(frontier)


def _prefetch(walk: _Walk, start: str, way: str) -> None:
    """Fetch a deep closure in a few statements rather than step by step."""
    known = reader(walk.rows.browser.store)
    refs, calls = known.ancestors(start) if way == "up" else known.descendants(start)
    if len(refs) + len(calls) > 2 * walk.limit:
        return
    walk.rows.need_calls(calls)
    if way == "down":
        walk.rows.consumer_counts(refs)
        walk.rows.consumers_of(refs)
    else:
        walk.rows.creators_of(refs)


def _refs_of(walk: _Walk, calls: list[str], way: str) -> list[str]:
    """Inputs (up) or outputs (down) of calls; very many inputs of one call as a group a label."""
    walk.rows.need_calls(calls)
    found: list[str] = []
    for hid in calls:
        row = walk.rows.calls[hid]
        by_label: dict[str, list[str]] = {}
        for e in row.inputs if way == "up" else ():
            by_label.setdefault(e.name, []).append(e.ref)
        for label, ref in row.outputs if way == "down" else ():
            by_label.setdefault(label, []).append(ref)
        for label, refs in by_label.items():
            if len(refs) > walk.cap:
                walk.group(hid, way, len(refs), None, label, f"{len(refs):,} values of {label}")
            else:
                walk.add(refs, "ref")
                found += refs
    return found


def _readers(walk: _Walk, refs: list[str]) -> list[str]:
    """The calls that read refs; very many of one op as a group."""
    counts = walk.rows.consumer_counts(refs)
    total = sum(n for ops in counts.values() for n, _ in ops.values())
    if walk.strict and walk.cap == _ALL and total > 4 * walk.limit:
        raise _TooMany
    whole_refs, found = [], []
    for ref, ops in counts.items():
        large = {op: (n, name) for op, (n, name) in ops.items() if n > walk.cap}
        for op, (n, name) in large.items():
            walk.group(ref, "down", n, op, name, f"{n:,} calls of {op}")
        if not large:
            whole_refs.append(ref)
        else:
            for op, (n, _) in ops.items():
                if op not in large:
                    found += _page(walk.rows.browser, ref, op, 0, n)
    for calls in walk.rows.consumers_of(whole_refs).values():
        found += calls
    return found


def _page(browser: Browser, ref: str, op: str, offset: int, limit: int) -> list[str]:
    rows = browser.query(
        "MATCH (r:Ref {hid: $ref})-[:INPUT]->(c:Call) WHERE c.op = $op WITH DISTINCT c "
        "RETURN c.hid ORDER BY c.started, c.hid SKIP $offset LIMIT $limit",
        ref=ref,
        op=op,
        offset=offset,
        limit=limit,
    ).rows
    return [hid for (hid,) in rows]


def _answer(browser: Browser, walk: _Walk, hid: str, direction: str, depth: int) -> dict[str, Any]:
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
        words.append(f"{grouped:,} nodes are shown as {len(walk.groups):,} groups.")
    if walk.left_out:
        words.append(f"The walk ends at {walk.limit:,} nodes; at least {walk.left_out:,} more are not shown.")
    return graph(
        [*nodes, *walk.groups.values()],
        [*edges_of(shown, walk.nodes), *walk.edges],
        total=len(nodes) + grouped + walk.left_out,
        truncated=bool(walk.groups or walk.left_out),
        message=" ".join(words) or None,
        cypher=_cypher(hid, direction, depth, rows),
        python=_python(hid, direction, depth, rows),
        focus=hid,
    )


def _makers(rows: Rows, refs: list[str]) -> list[Any]:
    """The calls that made refs, for the names they gave them; only those that are known already."""
    return [rows.calls[c] for r in refs if (c := rows.creators.get(r)) is not None and c in rows.calls]


def _cypher(hid: str, direction: str, depth: int, rows: Rows) -> str:
    """A query for the same nodes, to be pasted."""
    label = "Ref" if hid in rows.refs else "Call"
    hops = "*0.." if depth >= _ALL else f"*0..{depth}"
    start = f"(s:{label} {{hid: {literal(hid)}}})"
    up = f"MATCH {start}<-[:INPUT|OUTPUT{hops}]-(n) RETURN DISTINCT n"
    down = f"MATCH {start}-[:INPUT|OUTPUT{hops}]->(n) RETURN DISTINCT n"
    return {"up": up, "down": down, "both": f"{up}\nUNION\n{down}"}[direction]


def _python(hid: str, direction: str, depth: int, rows: Rows) -> str:
    """The frame around it, as a program would make it. A step of a frame goes through a call to its other side."""
    if hid in rows.refs:
        start, steps = f'storage.cf(storage.load_ref("{hid}"))', (depth + 1) // 2
    else:
        op = rows.calls[hid].op
        start, steps = f'storage.cf({op!r}).isin(["{hid}"], by="hid", node_class="func").cleanup()', depth // 2
    ways = {"up": ["back"], "down": ["forward"], "both": ["back", "forward"]}[direction]
    if depth >= _ALL:
        more = [f".expand_{way}(recursive=True)" for way in ways]
    else:
        more = [f".expand_{way}()" for way in ways for _ in range(min(steps, 20))]
    return f"cf = {start}{''.join(more)}"


def members(browser: Browser, query: QueryParams) -> dict[str, Any]:
    """A page of a group: the brothers, and their edges to the node they hang on."""
    of, direction, op, label = (query.get(k) or "" for k in ("of", "direction", "op", "label"))
    offset, limit = whole(query, "offset", 0, _ALL), whole(query, "limit", 100, LIMIT, 1)
    rows = Rows(browser)
    if op:
        counts = rows.consumer_counts([of])[of]
        if op not in counts:
            raise ValueMissing(f"no call of {op} reads {of}.")
        total = counts[op][0]
        page = _page(browser, of, op, offset, limit)
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
