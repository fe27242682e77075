"""What differs between the provenance of two refs (or calls), as a table and as a picture: what both share is one node.

The pairs of steps at the same place are `mandala_graph.runtime.compare`'s.
"""

from __future__ import annotations

from typing import Any, Literal

from mandala_graph.errors import ValueMissing
from mandala_graph.runtime.compare import MAX_PAIRS, compared
from mandala_graph.store.protocol import CallRow
from mandala_graph.store.reach import reader
from mandala_graph.web.nodes import call_node, edges_of, graph, name_of, names_of, ref_node, short
from mandala_graph.web.rows import Rows
from mandala_graph.web.state import LIMIT, Browser

__all__ = ["compare"]

Side = Literal["both", "a", "b"]


def compare(browser: Browser, a: str, b: str) -> dict[str, Any]:
    """What is shared, what only one has, and what is different at the same place."""
    rows = Rows(browser)
    sets = [_upstream(rows, hid) for hid in (a, b)]
    shared = sets[0] & sets[1]
    changed, complete = _changes(rows, a, b)
    side: dict[str, Side] = dict.fromkeys(sets[0] - shared, "a")
    side.update(dict.fromkeys(sets[1] - shared, "b"))
    shown, message = _shown(rows, side, shared)
    if not complete:
        message = f"{message or ''} Only the first {MAX_PAIRS:,} pairs of steps were compared.".strip()
    only_a = [h for h, s in side.items() if s == "a"]
    only_b = [h for h, s in side.items() if s == "b"]
    return {
        "a": _label(rows, a),
        "b": _label(rows, b),
        "same": len(shared),
        "only_a": _graph(rows, {h: "a" for h in shown if side.get(h) == "a"}, len(only_a), None),
        "only_b": _graph(rows, {h: "b" for h in shown if side.get(h) == "b"}, len(only_b), None),
        "changed": changed,
        "graph": _graph(rows, shown, len(sets[0] | sets[1]), message),
    }


def _upstream(rows: Rows, hid: str) -> set[str]:
    refs, calls = reader(rows.browser.store).ancestors(hid)
    found = {hid, *refs, *calls}
    if len(found) == 1:
        rows.need_refs([hid])
        rows.need_calls([] if hid in rows.refs else [hid])
        if hid not in rows.refs and hid not in rows.calls:
            raise ValueMissing(f"no ref or call {hid} in this store.")
    return found


# -- pairs of steps --------------------------------------------------------------------------------------------------


def _changes(rows: Rows, a: str, b: str) -> tuple[list[dict[str, Any]], bool]:
    """Differences at the same place, nearest to the two first; and whether all pairs were looked at."""
    found, complete = compared(rows.browser.store, a, b)
    _fetch(rows, [h for d in found if d.what == "op" for h in d.ids if h is not None])
    changes: dict[tuple[str, ...], dict[str, Any]] = {}
    for d in found:
        where, left, right = d.place or "value", d.a, d.b
        if d.what == "op":
            left, right = (_made_by(rows, h or "") for h in d.ids)
        elif d.what == "version":
            where = f"version of {d.place}"
        elif d.what == "input":
            left, right = f"({left})", f"({right})"
        if left != right:
            key = (where, left, right) if d.what == "version" else (where, *map(str, d.ids))
            changes.setdefault(key, {"where": where, "a": left, "b": right, "ids": list(d.ids)})
    return list(changes.values()), complete


def _fetch(rows: Rows, hids: list[str]) -> None:
    rows.need_refs(hids)
    refs = [h for h in hids if h in rows.refs]
    rows.need_calls([*[h for h in hids if h not in rows.refs], *rows.creators_of(refs).values()])


def _maker(rows: Rows, hid: str) -> CallRow | None:
    if hid in rows.calls:
        return rows.calls[hid]
    made = rows.creators.get(hid)
    return rows.calls.get(made) if made is not None else None


def _made_by(rows: Rows, hid: str) -> str:
    maker = _maker(rows, hid)
    if maker is None:
        return rows.refs[hid].preview if hid in rows.refs else hid
    output = next((name_of(x) for x, r in maker.outputs if r == hid), "")
    return f"{output} of {maker.op}" if output else maker.op


# -- pictures --------------------------------------------------------------------------------------------------------


def _shown(rows: Rows, side: dict[str, Side], shared: set[str]) -> tuple[dict[str, Side], str | None]:
    """What differs first; of what is shared what stands next to it, then the rest, as long as there is room."""
    total = len(side) + len(shared)
    if total <= LIMIT:
        return {**side, **dict.fromkeys(sorted(shared), "both")}, None
    shown: dict[str, Side] = {h: side[h] for h in sorted(side)[:LIMIT]}
    _fetch(rows, list(shown))
    beside: dict[str, Side] = {}
    for h in shown:
        call = rows.calls.get(h)
        near = [e.ref for e in call.inputs] if call is not None else [c for c in [rows.creators.get(h)] if c]
        beside.update({n: "both" for n in near if n in shared})
    shown.update(list(beside.items())[: max(0, LIMIT - len(shown))])
    return shown, f"{total:,} nodes; {len(shown):,} are shown, those that differ first."


def _graph(rows: Rows, shown: dict[str, Side], total: int, message: str | None) -> dict[str, Any]:
    rows.need_refs(shown)
    rows.need_calls(h for h in shown if h not in rows.refs)
    calls = [rows.calls[h] for h in shown if h in rows.calls]
    names = names_of(rows.calls.values())
    nodes = []
    for h, s in shown.items():
        if h in rows.refs:
            nodes.append({**ref_node(rows.refs[h], names.get(h, "")), "side": s})
        elif h in rows.calls:
            nodes.append({**call_node(rows.calls[h]), "side": s})
    return graph(nodes, edges_of(calls, shown), total=total, truncated=total > len(nodes), message=message)


def _label(rows: Rows, hid: str) -> str:
    _fetch(rows, [hid])
    if hid in rows.calls:
        return f"call of {rows.calls[hid].op}"
    ref, maker = rows.refs[hid], _maker(rows, hid)
    name = next((name_of(x) for x, r in maker.outputs if r == hid), "") if maker is not None else ""
    return f"{name} = {short(ref.preview)}" if name else short(ref.preview)
