"""The part of the graph that a result shows: its nodes, and the relationships among them, once each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mandala_graph.store.protocol import GraphNode, GraphPath, GraphRelationship, Store, Table
from mandala_graph.store.statements import statement

__all__ = ["QueryGraph", "draw"]

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class QueryGraph:
    """Nodes and edges, in the order in which the result names them; each edge's ends are among the nodes.

    A node has `labels`, `properties` and `element_id` (its `hid`, or its name or id where it is no ref or call); an
    edge `type`, `properties`, `element_id`, and the `source` and `target` that are the element ids of its ends.

    >>> from mandala_graph import Storage, op
    >>> @op(output_names=["y"])
    ... def inc(x):
    ...     return x + 1
    >>> with Storage() as storage:
    ...     y = inc(1)
    >>> graph = storage.query("MATCH p = (:Ref)-->(:Call)-->(:Ref) RETURN p", as_graph=True)
    >>> [e.type for e in graph.edges], sorted(graph.to_dict())
    (['INPUT', 'OUTPUT'], ['edges', 'nodes'])
    """

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphRelationship, ...]

    def to_dict(self) -> dict[str, list[dict[str, Any]]]:
        """Lists of plain dicts that JSON can hold: nodes with `id`, `label`, `properties`; edges with `id`, `type`,
        `source`, `target`, `properties`."""
        return {
            "nodes": [
                {"id": n.element_id, "label": ":".join(n.labels), "properties": n.properties} for n in self.nodes
            ],
            "edges": [
                {"id": e.element_id, "type": e.type, "source": e.source, "target": e.target, "properties": e.properties}
                for e in self.edges
            ],
        }

    def __repr__(self) -> str:
        return f"QueryGraph({len(self.nodes)} nodes, {len(self.edges)} edges)"


def draw(store: Store, table: Table) -> QueryGraph:
    """The graph of a result: the nodes in it, the ends of its relationships, and the INPUT and OUTPUT relationships
    between any two of these."""
    nodes: dict[str, GraphNode] = {}
    edges: dict[str, GraphRelationship] = {}
    for row in table.rows:
        for thing in _things(list(row)):
            if isinstance(thing, GraphNode):
                nodes.setdefault(thing.element_id, thing)
            else:
                edges.setdefault(thing.element_id, thing)
    missing = {key for e in edges.values() for key in (e.source, e.target)} - nodes.keys()
    for page in _pages(sorted(missing)):
        for (found,) in store.query(statement("read/nodes"), {"keys": page}).rows:
            nodes[found.element_id] = found
    calls = [n.element_id for n in nodes.values() if "Call" in n.labels]
    for page in _pages(calls):
        for (found,) in store.query(statement("read/edges"), {"calls": page}).rows:
            if found.source in nodes and found.target in nodes:
                edges.setdefault(found.element_id, found)
    return QueryGraph(
        tuple(nodes.values()), tuple(e for e in edges.values() if e.source in nodes and e.target in nodes)
    )


def _things(value: Any) -> Iterator[GraphNode | GraphRelationship]:
    if isinstance(value, GraphNode | GraphRelationship):
        yield value
    elif isinstance(value, GraphPath):
        yield from value.nodes
        yield from value.relationships
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _things(item)


def _pages(keys: list[str]) -> Iterator[list[str]]:
    for i in range(0, len(keys), _PAGE):
        yield keys[i : i + _PAGE]
