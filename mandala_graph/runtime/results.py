"""Results of queries for people: nodes as refs and calls, paths as lists, all of it a DataFrame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mandala_graph.store.protocol import GraphNode, GraphPath, GraphRelationship, Table

if TYPE_CHECKING:
    import pandas as pd

    from mandala_graph.model import Call, Ref
    from mandala_graph.storage import Storage

__all__ = ["to_frame"]


def to_frame(storage: Storage, table: Table) -> pd.DataFrame:
    """The table of a query's result.

    A `:Ref` or `:Call` node becomes a Ref or Call (lazy, fetched in two statements for any number of them);
    another node and a relationship become dicts of their properties; a path a list of its nodes in order.
    """
    import pandas as pd

    nodes = [n for row in table.rows for cell in row for n in _nodes(cell)]
    calls = {c.hid: c for c in storage.mget_call(dict.fromkeys(_hids(nodes, "Call")))}
    rows = storage.store.refs(dict.fromkeys(_hids(nodes, "Ref")))
    refs = {hid: storage.values.ref(row) for hid, row in rows.items()}
    handles: dict[str, Ref | Call] = {**refs, **calls}
    records = [tuple([_handed(cell, handles) for cell in row]) for row in table.rows]
    return pd.DataFrame.from_records(records, columns=list(table.columns))


def _nodes(value: Any) -> Iterator[GraphNode]:
    if isinstance(value, GraphNode):
        yield value
    elif isinstance(value, GraphPath):
        yield from value.nodes
    elif isinstance(value, list):
        for item in value:
            yield from _nodes(item)
    elif isinstance(value, dict):
        yield from _nodes(list(value.values()))


def _hids(nodes: list[GraphNode], label: str) -> Iterator[str]:
    return (n.properties["hid"] for n in nodes if label in n.labels and "hid" in n.properties)


def _handed(value: Any, handles: dict[str, Any]) -> Any:
    if isinstance(value, GraphNode):
        return handles.get(value.properties.get("hid", ""), value.properties)
    if isinstance(value, GraphRelationship):
        return {"type": value.type, **value.properties}
    if isinstance(value, GraphPath):
        return [_handed(n, handles) for n in value.nodes]
    if isinstance(value, list):
        return [_handed(v, handles) for v in value]
    if isinstance(value, dict):
        return {k: _handed(v, handles) for k, v in value.items()}
    return value
