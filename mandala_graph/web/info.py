"""What the store is: sizes, ops, versions, runs."""

from __future__ import annotations

from typing import Any

from mandala_graph.web.details import neo4j_page, run_facts
from mandala_graph.web.form import iso
from mandala_graph.web.state import Browser
from mandala_graph.web.tally import tally

__all__ = ["info", "runs"]


def _package_version() -> str:
    from importlib.metadata import version

    return version("mandala-graph")


def info(browser: Browser) -> dict[str, Any]:
    """The first thing a page asks."""
    facts = browser.store.info()
    calls = tally(browser)
    of_run: dict[str, int] = {}
    of_version: dict[str, int] = {}
    for t in calls:
        of_run[t.run] = of_run.get(t.run, 0) + t.calls
        of_version[t.version] = of_version.get(t.version, 0) + t.calls
    return {
        "location": facts.location,
        "uuid": facts.uuid,
        "created": iso(facts.created),
        "engine": facts.engine,
        "format": facts.format,
        "version": _package_version(),
        "read_only": browser.storage.read_only,
        "counts": browser.counts(),
        "epoch": browser.store.epoch(),
        "ops": sorted({t.op for t in calls}),
        "versions": [
            {"id": v.id, "op": v.op, "created": iso(v.created), "calls": of_version.get(v.id, 0)}
            for v in browser.kept("versions", browser.store.versions).values()
        ],
        "runs": [
            {
                "id": r.id,
                "started": iso(r.started),
                "host": r.host,
                "user": r.user,
                "commit": r.git_commit,
                "dirty": r.git_dirty,
                "calls": of_run.get(r.id, 0),
            }
            for r in browser.kept("runs", browser.store.runs).values()
        ],
        "neo4j_browser": neo4j_page(browser),
    }


def runs(browser: Browser) -> list[dict[str, Any]]:
    """The runs with what each of them called, oldest first."""
    found: dict[str, dict[str, Any]] = {}
    for r in browser.store.runs().values():
        facts = run_facts(r)
        del facts["packages"]
        found[r.id] = {**facts, "calls": 0, "ops": {}, "failed": 0}
    for t in tally(browser):
        if t.run in found:
            one = found[t.run]
            one["calls"] += t.calls
            one["ops"][t.op] = one["ops"].get(t.op, 0) + t.calls
            one["failed"] += t.calls if t.status != "ok" else 0
    return sorted(found.values(), key=lambda r: (r["started"] or "", r["id"]))
