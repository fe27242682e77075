"""One ref or call in full, for the side panel: value, inputs, outputs, who else used it, run; and its code, then and now."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from mandala_graph import neo4j_browser
from mandala_graph.errors import ValueMissing
from mandala_graph.store.protocol import CallRow, RefRow, RunRow, VersionRow
from mandala_graph.structures import STRUCT_OPS
from mandala_graph.versions import History, Marks
from mandala_graph.web.form import iso
from mandala_graph.web.nodes import call_node, name_of, names_of, ref_node
from mandala_graph.web.previews import preview
from mandala_graph.web.rows import Rows
from mandala_graph.web.state import Browser

__all__ = ["code", "details", "neo4j_page", "run_facts"]

_FIRST = 20
_PARTS = 200
"""So many inputs or elements of one node are listed; the graph has the rest."""


def details(browser: Browser, hid: str) -> dict[str, Any]:
    """Everything about a ref or call that is not a picture."""
    rows = Rows(browser)
    rows.need_refs([hid])
    if hid in rows.refs:
        return _ref(browser, rows, rows.refs[hid])
    rows.need_calls([hid])
    if hid not in rows.calls:
        raise ValueMissing(f"no ref or call {hid} in this store.")
    return _call(browser, rows, rows.calls[hid])


def neo4j_page(browser: Browser, cypher: str | None = None) -> str | None:
    """The address of Neo4j Browser on this store, with a query in its editor when one is given; None for SQLite.

    Unless it was given, it is taken to be where Neo4j puts it: port 7474 of the store's server.
    """
    facts = browser.store.info()
    if facts.engine != "neo4j":
        return None
    server = urlsplit(facts.location)
    bolt = f"{server.scheme}://{server.hostname}:{server.port}"
    page = browser.neo4j_browser or f"http://{server.hostname}:7474/browser/?connectURL={quote(bolt, safe='')}"
    if cypher is None:
        return page
    given = parse_qs(urlsplit(page).query)
    return neo4j_browser.link(page, cypher, given.get("connectURL", [None])[0])


def _run_and_version(browser: Browser, call: CallRow | None) -> dict[str, Any]:
    if call is None:
        return {"version": None, "run": None, "started": None, "duration": None, "status": None, "has_code": False}
    run = browser.kept("runs", browser.store.runs).get(call.run)
    return {
        "version": call.version or None,
        "run": None if run is None else run_facts(run),
        "started": iso(call.started or None),
        "duration": call.duration,
        "status": call.status,
        "has_code": bool(call.version),
    }


def run_facts(run: RunRow) -> dict[str, Any]:
    """When, where and by whom."""
    return {
        "id": run.id,
        "started": iso(run.started),
        "ended": iso(run.ended),
        "host": run.host,
        "user": run.user,
        "argv": run.argv,
        "python": run.python,
        "commit": run.git_commit,
        "dirty": run.git_dirty,
        "packages": list(run.packages),
    }


def _parts(rows: Rows, edges: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Inputs or outputs as (name, ref)."""
    edges = edges[:_PARTS]
    rows.need_refs(ref for _, ref in edges)
    found = []
    for name, ref in edges:
        row = rows.refs[ref]
        found.append({"name": name, "id": ref, "label": name, "type": row.type, "preview": row.preview})
    return found


def _inputs(call: CallRow) -> list[tuple[str, str]]:
    return [(e.name if e.index is None else f"{e.name}[{e.index}]", e.ref) for e in call.inputs]


def _call(browser: Browser, rows: Rows, call: CallRow) -> dict[str, Any]:
    inputs, outputs = _inputs(call), list(call.outputs)
    return {
        **call_node(call),
        "neo4j_browser": neo4j_page(browser, neo4j_browser.lineage(call.hid, "Call")),
        **_run_and_version(browser, call),
        "cid": call.cid,
        "preview": None,
        "inputs": _parts(rows, inputs),
        "outputs": _parts(rows, outputs),
        "totals": {"inputs": len(inputs), "outputs": len(outputs)},
        "creator": None,
        "consumers": None,
    }


def _ref(browser: Browser, rows: Rows, ref: RefRow) -> dict[str, Any]:
    creator = None
    maker = rows.creators_of([ref.hid]).get(ref.hid)
    if maker is not None:
        rows.need_calls([maker])
        creator = rows.calls[maker]
    first, total = _consumers(browser, rows, ref.hid)
    label = names_of([creator] if creator is not None else first).get(ref.hid, "")
    return {
        **ref_node(ref, label),
        "neo4j_browser": neo4j_page(browser, neo4j_browser.lineage(ref.hid)),
        **_run_and_version(browser, creator),
        "cid": ref.cid,
        "status": "dropped" if ref.dropped is not None else "ok",
        "preview": {**preview(browser, ref), "words": ref.preview},
        "elements": _elements(rows, ref, creator),
        "inputs": _parts(rows, _inputs(creator)) if creator is not None else [],
        "outputs": [],
        "creator": None if creator is None else {"id": creator.hid, "label": creator.op, "name": _output(creator, ref)},
        "consumers": {
            "total": total,
            "first": [{"id": c.hid, "label": c.op, "name": _input(c, ref.hid)} for c in first],
        },
    }


def _output(call: CallRow, ref: RefRow) -> str:
    return next((name_of(x) or x for x, r in call.outputs if r == ref.hid), "")


def _input(call: CallRow, ref: str) -> str:
    return next((e.name for e in call.inputs if e.ref == ref), "")


def _consumers(browser: Browser, rows: Rows, hid: str) -> tuple[list[CallRow], int]:
    total = sum(n for n, _ in rows.consumer_counts([hid])[hid].values())
    found = browser.ask("first_readers", ref=hid, limit=_FIRST).rows
    rows.need_calls(h for (h,) in found)
    return [rows.calls[h] for (h,) in found], total


def _elements(rows: Rows, ref: RefRow, creator: CallRow | None) -> list[dict[str, Any]] | None:
    """The elements of a structure that a struct op made; None for other values."""
    ops = STRUCT_OPS.get(ref.structure or "")
    if ops is None or creator is None or creator.op != ops.make:
        return None
    items = [(_label(e.name, e.index), e.ref) for e in creator.inputs if e.name != "keys"]
    return _parts(rows, items)


def _label(name: str, index: int | None) -> str:
    return name if index is None else str(index)


# -- code ------------------------------------------------------------------------------------------------------------


def code(browser: Browser, hid: str) -> dict[str, Any]:
    """The code of the call (of the call that made the ref), beside the newest code of that op in the store."""
    store = browser.store
    call = store.calls([hid]).get(hid)
    if call is None:
        maker = store.creators([hid]).get(hid)
        call = store.calls([maker]).get(maker) if maker is not None else None
    if call is None or not call.version:
        raise ValueMissing(f"no code was recorded for {hid}: no call made it, or it ran without versions.")
    versions = store.versions(call.op)
    then = versions.get(call.version)
    if then is None:
        raise ValueMissing(f"the version {call.version} of {call.op} is not in this store any more.")
    newest = max(versions.values(), key=lambda v: (v.created, v.id))
    history = History(store, Marks(store.changes()))
    text = history.code(then)
    return {
        "op": call.op,
        "version": then.id,
        "newest": newest.id,
        "then": text,
        "now": None if newest.id == then.id else history.code(newest),
        "diff": "" if newest.id == then.id else history.diff(then.id, newest.id, colour=False),
        "components": _components(browser, then, newest),
    }


def _components(browser: Browser, then: VersionRow, newest: VersionRow) -> list[dict[str, Any]]:
    known = browser.store.components({*then.components, *newest.components})
    now = {(c.module, c.name, c.kind): c.id for i in newest.components if (c := known.get(i)) is not None}
    return [
        {
            "id": c.id,
            "module": c.module,
            "name": c.name,
            "kind": c.kind,
            "changed": now.get((c.module, c.name, c.kind)) != c.id,
            "source": c.source,
        }
        for i in then.components
        if (c := known.get(i)) is not None
    ]
