"""The search box: an id's beginning, the name of an op or variable, a value, a saved question, or Cypher."""

from __future__ import annotations

import difflib
import math
import re
from typing import Any

from starlette.datastructures import QueryParams

from mandala_graph.cypher.questions import questions
from mandala_graph.web.filters import whole
from mandala_graph.web.nodes import names_of, short
from mandala_graph.web.rows import Rows
from mandala_graph.web.state import Browser
from mandala_graph.web.summary import recent_plan

__all__ = ["search"]

_CYPHER = re.compile(r"\s*(match|optional\s+match|unwind|with|return|call)\b.*\S", re.IGNORECASE | re.DOTALL)
_ID = re.compile(r"[0-9a-f]{4,40}")
_LONGEST = 2000


def search(browser: Browser, query: QueryParams) -> dict[str, Any]:
    """What a text may mean, the surest first."""
    text = (query.get("q") or "")[:_LONGEST].strip()
    limit = whole(query, "limit", 20, 100, 1)
    found: list[dict[str, Any]] = []
    if text:
        if _CYPHER.fullmatch(text) and re.search(r"[\s({]", text):
            found.append(_result("cypher", text, short(text), "run this query"))
        if _ID.fullmatch(text.lower()):
            found += _ids(browser, text.lower(), limit)
        found += _names(browser, text, limit)
        found += _questions(text)
        if len(found) < limit:
            found += _values(browser, text, limit - len(found), {f["id"] for f in found})
    return {"results": found[:limit]}


def _result(kind: str, id: str, label: str, detail: str) -> dict[str, Any]:
    return {"kind": kind, "id": id, "label": label, "detail": detail}


def _ids(browser: Browser, start: str, limit: int) -> list[dict[str, Any]]:
    near = {"from": start, "to": start + "g", "limit": limit}
    hids = [[h for (h,) in browser.ask(f"{what}_by_prefix", **near).rows] for what in ("calls", "refs")]
    rows = Rows(browser)
    rows.need_calls(hids[0])
    calls = [_result("call", h, rows.calls[h].op, f"call {h[:12]}") for h in hids[0] if h in rows.calls]
    return [*calls, *_refs(browser, rows, hids[1])]


def _refs(browser: Browser, rows: Rows, hids: list[str]) -> list[dict[str, Any]]:
    """Refs with the name that their maker or a reader has for them."""
    rows.need_refs(hids)
    makers = rows.creators_of(hids)
    rows.need_calls(makers.values())
    names = names_of(rows.calls[c] for c in makers.values())
    found = []
    for h in hids:
        if (ref := rows.refs.get(h)) is not None:
            origin = f"{names.get(h, 'output')} of {rows.calls[makers[h]].op}" if h in makers else "given"
            found.append(_result("ref", h, short(ref.preview), f"{ref.type}, {origin}, {h[:12]}"))
    return found


def _names(browser: Browser, text: str, limit: int) -> list[dict[str, Any]]:
    body = recent_plan(browser).body
    named = {f"op:{n}": n for n in body.funcs} | {f"var:{n}": n for n in body.vars}
    low = text.lower()
    exact = [k for k, n in named.items() if n.lower() == low]
    starts = [k for k, n in named.items() if n.lower().startswith(low)]
    inside = [k for k, n in named.items() if low in n.lower()]
    keys = list(dict.fromkeys([*exact, *starts, *inside]))
    if not keys:
        near = set(difflib.get_close_matches(text, set(named.values()), 3, 0.7))
        keys = [k for k, n in named.items() if n in near]
    found = []
    for key in keys[:limit]:
        kind = key.partition(":")[0]
        found.append(_result(kind, key, named[key], "operation" if kind == "op" else "variable"))
    return found


def _questions(text: str) -> list[dict[str, Any]]:
    words = text.lower().split()
    return [
        _result("question", q.name, q.title, q.comment)
        for q in questions()
        if words and all(w in f"{q.name} {q.title} {q.comment}".lower() for w in words) and len(text) > 2
    ]


def _values(browser: Browser, text: str, limit: int, seen: set[str]) -> list[dict[str, Any]]:
    """Refs that are this number, or have this text in their value or preview."""
    number = _number(text)
    hids: list[str] = []
    if number is not None:
        hids += [h for (h,) in browser.ask("refs_by_value", value=number, limit=limit).rows]
    if len(hids) < limit:
        hids += [h for (h,) in browser.ask("refs_by_text", text=text, limit=limit).rows]
    return _refs(browser, Rows(browser), [h for h in dict.fromkeys(hids) if h not in seen][:limit])


def _number(text: str) -> int | float | None:
    try:
        whole_number = int(text)
        return whole_number if -(2**63) <= whole_number < 2**63 else None
    except ValueError:
        pass
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
