"""A part of the provenance graph as a file for other programs: JSON, JSON lines, CSV, GraphML. Nothing is unpickled.

Values are what the graph holds natively, and previews of the others.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol
from xml.sax.saxutils import escape, quoteattr

from mandala_graph.graph import NODES
from mandala_graph.store.protocol import CallRow, RefRow
from mandala_graph.store.selection import Selection

__all__ = ["FORMATS", "call_node", "graph_form", "ref_node", "write"]


class Out(Protocol):
    """Where text is written to."""

    def write(self, text: str, /) -> object: ...


_NODE = {label: [p.name for p in NODES[label].properties if not p.derived] for label in ("Ref", "Call")}


def ref_node(row: RefRow) -> dict[str, Any]:
    """A ref with its properties, as JSON has it."""
    return {"kind": "ref", **row._asdict()}


def call_node(row: CallRow) -> dict[str, Any]:
    """A call with its properties, without its edges."""
    return {"kind": "call", **{name: getattr(row, name) for name in _NODE["Call"]}}


def graph_form(part: Selection) -> dict[str, Any]:
    """Nodes and edges: `{"nodes": [...], "edges": [{"source", "target", "type", "name", "index"}]}`."""
    nodes = [call_node(c) for c in part.calls.values()] + [ref_node(r) for r in part.refs.values()]
    names = ("source", "target", "type", "name", "index")
    return {"nodes": nodes, "edges": [dict(zip(names, e, strict=True)) for e in part.edges()]}


def _json_value(value: Any) -> Any:
    """Numbers that JSON has not (`inf`) as texts."""
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value


def _dumps(form: dict[str, Any]) -> str:
    return json.dumps({k: _json_value(v) for k, v in form.items()}, allow_nan=False)


def _pieces(parts: Iterable[Selection]) -> Iterator[tuple[Selection, list[RefRow]]]:
    """Each part with those of its refs that came in no part before."""
    seen: set[str] = set()
    for part in parts:
        new = [row for hid, row in part.refs.items() if hid not in seen]
        seen.update(row.hid for row in new)
        yield part, new


def _edges(part: Selection) -> Iterator[dict[str, Any]]:
    for source, target, type_, name, index in part.edges():
        yield {"source": source, "target": target, "type": type_, "name": name, "index": index}


def _write_jsonl(parts: Iterable[Selection], out: Out) -> None:
    """A node or an edge (its `kind` is "edge") a line; every node before its edges."""
    for part, refs in _pieces(parts):
        for form in (*map(ref_node, refs), *map(call_node, part.calls.values())):
            out.write(_dumps(form) + "\n")
        for edge in _edges(part):
            out.write(_dumps({"kind": "edge", **edge}) + "\n")


def _write_json(parts: Iterable[Selection], out: Out) -> None:
    """The form of `graph_form`."""
    edges: list[str] = []
    separator = "\n"
    out.write('{"nodes": [')
    for part, refs in _pieces(parts):
        for form in (*map(ref_node, refs), *map(call_node, part.calls.values())):
            out.write(separator + _dumps(form))
            separator = ",\n"
        edges += map(_dumps, _edges(part))
    out.write("\n], " + '"edges": [\n' + ",\n".join(edges) + "\n]}\n")


_CALL_COLUMNS = ("hid", "op", "version", "run", "started", "duration", "status")


def _write_csv(parts: Iterable[Selection], out: Out) -> None:
    """A call a row, with a column for each name of an input (`in.`) or output (`out.`)."""
    rows: list[dict[str, Any]] = []
    names: dict[str, None] = {}
    for part in parts:
        for call in part.calls.values():
            row: dict[str, Any] = {name: getattr(call, name) for name in _CALL_COLUMNS}
            edges = [("in." + e.name, e.index, e.ref) for e in call.inputs]
            edges += [("out." + name, None, ref) for name, ref in call.outputs]
            for name, _, ref in sorted(edges, key=lambda e: (e[0], -1 if e[1] is None else e[1])):
                cell = _cell(part.refs.get(ref))
                row[name] = cell if name not in row else f"{row[name]}; {cell}"
                names[name] = None
            rows.append(row)
    writer = csv.DictWriter(out, [*_CALL_COLUMNS, *sorted(names)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _cell(row: RefRow | None) -> Any:
    """A value, or its preview. A text that a spreadsheet would run gets an apostrophe before it."""
    if row is None:
        return ""
    value = row.preview if row.value is None else row.value
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TYPES = {"string": "string", "integer": "long", "float": "double", "scalar": "string"}


def _write_graphml(parts: Iterable[Selection], out: Out) -> None:
    """GraphML 1.0 (Brandes et al. 2001), with a key for every property; `label` is the node's in our graph."""
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n')
    keys = {p.name: _TYPES[p.kind] for label in ("Ref", "Call") for p in NODES[label].properties if not p.derived}
    for name, kind in {"label": "string", **keys}.items():
        out.write(f'<key id="n_{name}" for="node" attr.name="{name}" attr.type="{kind}"/>\n')
    for name, kind in (("type", "string"), ("name", "string"), ("index", "long")):
        out.write(f'<key id="e_{name}" for="edge" attr.name="{name}" attr.type="{kind}"/>\n')
    out.write('<graph edgedefault="directed">\n')
    for part, refs in _pieces(parts):
        rows: list[tuple[str, Any]] = [("Ref", r) for r in refs]
        rows += [("Call", c) for c in part.calls.values()]
        for label, row in rows:
            data = {"label": label, **{name: getattr(row, name) for name in _NODE[label]}}
            out.write(f"<node id={quoteattr(_text(row.hid))}>{_data('n', data)}</node>\n")
        for edge in _edges(part):
            ends = f"source={quoteattr(_text(edge.pop('source')))} target={quoteattr(_text(edge.pop('target')))}"
            out.write(f"<edge {ends}>{_data('e', edge)}</edge>\n")
    out.write("</graph>\n</graphml>\n")


def _text(value: Any) -> str:
    """A value as text that XML can hold."""
    return _XML.sub("\ufffd", str(value))


def _data(prefix: str, values: dict[str, Any]) -> str:
    shown = [(name, escape(_text(value))) for name, value in values.items() if value is not None]
    return "".join([f'<data key="{prefix}_{name}">{text}</data>' for name, text in shown])


FORMATS: dict[str, Callable[[Iterable[Selection], Out], None]] = {
    "json": _write_json,
    "jsonl": _write_jsonl,
    "csv": _write_csv,
    "graphml": _write_graphml,
}
"""Names of formats; the functions write parts of the graph, one after the other, to a text file."""


def write(parts: Iterable[Selection], out: Out, format: str) -> None:
    """Write parts of a graph in one of `FORMATS`; a ref that several parts have is written once.

    >>> import io
    >>> out = io.StringIO()
    >>> write([Selection({"1": RefRow("1", "2", "int", "5", 8, 5)})], out, "jsonl")
    >>> out.getvalue()
    '{"kind": "ref", "hid": "1", "cid": "2", "type": "int", "preview": "5", "nbytes": 8, "value": 5, "structure": null, "dropped": null}\\n'
    """
    FORMATS[format](parts, out)
