"""Nodes of a result as refs and calls that cost nothing until they are looked into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mandala_graph import codecs
from mandala_graph.cypher.values import all_native
from mandala_graph.model import Call, Op, Ref
from mandala_graph.store.protocol import GraphNode, GraphPath, GraphRelationship, RefRow

if TYPE_CHECKING:
    from mandala_graph.storage import Storage

__all__ = ["Handler", "LazyCall"]

_BLOCK = 1_000  # calls of a result whose edges are fetched together


class LazyCall(Call):
    """A call of a query's result: its edges are fetched when looked at, together with those of its neighbours."""

    __slots__ = ("_block",)

    _block: _Block

    def __init__(self, properties: Mapping[str, Any], op: Op, block: _Block) -> None:
        put = object.__setattr__
        for name in ("hid", "cid", "version", "run", "started", "duration", "status"):
            put(self, name, properties.get(name))
        put(self, "op", op)
        put(self, "_block", block)
        block.hids.append(self.hid)

    @property
    def inputs(self) -> dict[str, Any]:
        return self._block.call(self.hid).inputs

    @property
    def outputs(self) -> dict[str, Ref]:
        return self._block.call(self.hid).outputs

    def __repr__(self) -> str:
        return super().__repr__().replace("LazyCall", "Call", 1)

    def __reduce__(self) -> tuple[Any, ...]:
        c = self._block.call(self.hid)
        return Call, (c.hid, c.cid, c.op, c.inputs, c.outputs, c.version, c.run, c.started, c.duration, c.status)


class _Block:
    """Calls that are fetched at once."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.hids: list[str] = []
        self._calls: dict[str, Call] | None = None

    def call(self, hid: str) -> Call:
        if self._calls is None:
            self._calls = {c.hid: c for c in self.storage.mget_call(dict.fromkeys(self.hids))}
        found = self._calls.get(hid)
        return found if found is not None else self.storage.get_call(hid)  # says that it was dropped


class Handler:
    """Hands out the values of one result: a node that occurs twice is the same object."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._nodes: dict[tuple[str, str], Ref | Call] = {}
        self._block = _Block(storage)
        self._ops: dict[str, Op] | None = None

    def rows(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Rows of a result with their nodes as refs and calls."""
        return rows if all_native(rows) else [tuple([self.value(cell) for cell in row]) for row in rows]

    def value(self, value: Any) -> Any:
        """A `:Ref` or `:Call` as a Ref or Call; another node as its properties, a relationship as its type, ends and
        properties; a path as the list of its nodes."""
        if isinstance(value, GraphNode):
            return self._node(value)
        if isinstance(value, GraphRelationship):
            return {"type": value.type, "source": value.source, "target": value.target, **value.properties}
        if isinstance(value, GraphPath):
            return [self._node(n) for n in value.nodes]
        if isinstance(value, list):
            return [self.value(v) for v in value]
        if isinstance(value, dict):
            return {k: self.value(v) for k, v in value.items()}
        return value

    def _node(self, node: GraphNode) -> Any:
        label = next((name for name in ("Ref", "Call") if name in node.labels), None)
        if label is None or "hid" not in node.properties:
            return node.properties
        key = label, node.properties["hid"]
        if key not in self._nodes:
            self._nodes[key] = self._ref(node.properties) if label == "Ref" else self._call(node.properties)
        return self._nodes[key]

    def _ref(self, properties: dict[str, Any]) -> Ref:
        row = RefRow(*(properties.get(name) for name in RefRow._fields))  # type: ignore[arg-type]
        ref = self.storage.values.ref(row)
        ref.properties = properties
        if row.dropped is None and row.type != "ValuePointer":
            value = codecs.from_native(row.type, row.value)
            if value is not codecs.MISSING:
                self.storage.values.remember(row.cid, value)
        return ref

    def _call(self, properties: dict[str, Any]) -> LazyCall:
        if len(self._block.hids) >= _BLOCK:
            self._block = _Block(self.storage)
        if self._ops is None:
            self._ops = {
                name: Op(o.name, o.module, o.qualname, o.doc, o.inputs, o.outputs)
                for name, o in self.storage.store.ops().items()
            }
        name = str(properties.get("op", ""))
        return LazyCall(properties, self._ops.get(name) or Op(name), self._block)
