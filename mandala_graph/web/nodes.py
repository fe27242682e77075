"""The nodes, edges and graphs that the page gets, made from rows of the store."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mandala_graph.store.protocol import CallRow, RefRow
from mandala_graph.web.form import iso
from mandala_graph.web.layers import layers

__all__ = ["call_node", "edge", "edges_of", "graph", "name_of", "names_of", "ref_node", "short"]

_UNNAMED = re.compile(r"output_\d+")
_EMPTY: dict[str, Any] = dict.fromkeys(
    ("op", "version", "run", "started", "duration", "status", "type", "preview", "value", "size")
)
_SHOWN = 80


def short(text: str, length: int = _SHOWN) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def node(id: str, kind: str, label: str, **facts: Any) -> dict[str, Any]:
    """A node with every field of the contract."""
    return {"id": id, "kind": kind, "label": label, "layer": 0, "count": 1, **_EMPTY, **facts}


def call_node(row: CallRow) -> dict[str, Any]:
    return node(
        row.hid,
        "call",
        row.op,
        op=row.op,
        version=row.version or None,
        run=row.run or None,
        started=iso(row.started or None),
        duration=row.duration,
        status=row.status,
    )


def ref_node(row: RefRow, name: str = "") -> dict[str, Any]:
    """`name` is what a call knows the ref by."""
    return node(
        row.hid,
        "ref",
        name or short(row.preview) or row.type,
        type=row.type,
        preview=row.preview,
        value=None if row.dropped is not None else row.value,
        size=row.nbytes,
        status=None if row.dropped is None else "dropped",
    )


def name_of(label: str) -> str:
    """What a ref is called after an edge; nothing where the op gave its output no name."""
    return "" if _UNNAMED.fullmatch(label) else label


def names_of(calls: Iterable[CallRow]) -> dict[str, str]:
    """Ref hid -> the name its maker gave it, else the name that a call has for its input."""
    used: dict[str, str] = {}
    made: dict[str, str] = {}
    for c in calls:
        for e in c.inputs:
            used[e.ref] = min(e.name, used.get(e.ref, e.name))
        made.update((ref, name) for label, ref in c.outputs if (name := name_of(label)))
    return {**used, **made}


def edge(source: str, target: str, label: str, kind: str, count: int = 1, index: int | None = None) -> dict[str, Any]:
    at = "" if index is None else f"[{index}]"
    return {
        "id": f"{source}>{target}:{label}{at}",
        "source": source,
        "target": target,
        "label": label + at,
        "kind": kind,
        "count": count,
    }


def edges_of(calls: Iterable[CallRow], shown: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The edges of these calls to and from refs that are shown."""
    found: dict[str, dict[str, Any]] = {}
    for c in calls:
        for e in c.inputs:
            if e.ref in shown:
                made = edge(e.ref, c.hid, e.name, "input", index=e.index)
                found[made["id"]] = made
        for label, ref in c.outputs:
            if ref in shown:
                made = edge(c.hid, ref, label, "output")
                found[made["id"]] = made
    return list(found.values())


def graph(
    nodes: Iterable[dict[str, Any]],
    edges: list[dict[str, Any]],
    *,
    total: int | None = None,
    truncated: bool = False,
    message: str | None = None,
    cypher: str = "",
    python: str = "",
    focus: str | None = None,
) -> dict[str, Any]:
    """A graph of the contract; columns are found here."""
    listed = list(nodes)
    place = layers([n["id"] for n in listed], [(e["source"], e["target"]) for e in edges], focus)
    for n in listed:
        n["layer"] = place[n["id"]]
    return {
        "nodes": listed,
        "edges": edges,
        "shown": len(listed),
        "total": len(listed) if total is None else total,
        "truncated": truncated,
        "message": message,
        "cypher": cypher,
        "python": python,
    }
