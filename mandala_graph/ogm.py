"""The graph as neomodel classes: a query builder for both engines, and models for tools on Neo4j (extra `ogm`).

`storage.query(CallNode.nodes.filter(op="train"))` makes the node set's Cypher without a connection, and runs it where
the store is, on SQLite too; `CallNode.nodes.using(storage)` is a node set whose `first()`, `len(...)` and the like do
so as well. Refs and calls come as the handles of `mandala_graph.model`. On Neo4j, with neomodel's own connection, the
classes work as any of neomodel's. They are made from `mandala_graph.graph`; what a query may say, docs/ogm.md shows.

neomodel refuses a property named `id`: it is `uid` here, and `id` in the graph.

>>> from mandala_graph import Storage, op
>>> @op(output_names=["y"])
... def inc(x):
...     return x + 1
>>> with Storage(":memory:") as storage:
...     y = inc(inc(1))
>>> made = storage.query(RefNode.nodes.filter(value__gt=1, made_by__op=inc).order_by("-value"))
>>> storage.unwrap(list(made["ref"]))
[3, 2]
>>> len(CallNode.nodes.using(storage).filter(op__startswith="in"))
2
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from mandala_graph.errors import UsageError
from mandala_graph.graph import NODES, RELATIONSHIPS
from mandala_graph.graph import Property as GraphProperty

try:
    from neomodel import (
        ArrayProperty,
        BooleanProperty,
        FloatProperty,
        IntegerProperty,
        NodeSet,
        RelationshipDefinition,
        RelationshipFrom,
        RelationshipTo,
        StringProperty,
        StructuredNode,
        StructuredRel,
        ZeroOrOne,
    )
    from neomodel.properties import Property
    from neomodel.sync_.match import BaseSet, QueryBuilder, RawCypher, process_has_args
except ImportError as e:  # pragma: no cover - the extra is installed where the tests run
    raise ImportError("mandala_graph.ogm needs neomodel 7: pip install 'mandala-graph[ogm]'") from e

if TYPE_CHECKING:
    from mandala_graph.storage import Storage

__all__ = [
    "CallNode",
    "ChangedTo",
    "ComponentNode",
    "GraphNode",
    "Input",
    "Nodes",
    "OpNode",
    "Output",
    "RefNode",
    "RunNode",
    "StoreNode",
    "VersionNode",
    "compile",
]

# --- properties ---------------------------------------------------------------------------------------------------------


class Text(StringProperty):
    """A string; a ref or call given for it stands for its hid, an op for its name."""

    def normalize(self, value: Any) -> str:
        for stands_for in ("hid", "name"):
            named = getattr(value, stands_for, None)
            if isinstance(named, str):
                return named
        if not isinstance(value, str):
            raise ValueError(f"expected a string (or a ref, a call, an op), not {value!r}")
        return value


class Native(Property[Any]):
    """What the graph can hold of a value itself: a string, number or boolean, unchanged."""

    def inflate(self, value: Any, rethrow: bool = False) -> Any:
        return value

    def deflate(self, value: Any, rethrow: bool = False) -> Any:
        if not isinstance(value, bool | int | float | str):
            raise ValueError(f"the graph holds strings, numbers and booleans as values, not {value!r}")
        return value


_KINDS: dict[str, type[Property[Any]]] = {
    "string": Text,
    "integer": IntegerProperty,
    "float": FloatProperty,
    "boolean": BooleanProperty,
    "scalar": Native,
}


def _property(p: GraphProperty, key: bool = False) -> Property[Any]:
    if p.kind == "strings":
        return ArrayProperty(StringProperty())
    stored_as = p.name if p.name == "id" else None
    return _KINDS[p.kind](unique_index=key, index=p.indexed, db_property=stored_as)


def _properties(properties: tuple[GraphProperty, ...], key: str = "") -> dict[str, Property[Any]]:
    return {"uid" if p.name == "id" else p.name: _property(p, p.name == key) for p in properties}


# --- node sets ----------------------------------------------------------------------------------------------------------


class _Builder(QueryBuilder):
    """neomodel's builder of Cypher, without what asks a server, and with the graph's own names in `order_by`."""

    node_set: Any

    def build_node(self, node: StructuredNode) -> str:
        """Where a traversal starts at one node: found by its key (neomodel: by the server's id)."""
        if not isinstance(node, GraphNode):
            return str(super().build_node(node))
        name, key = type(node).__label__.lower(), NODES[type(node).__label__].key
        parameter = self._register_place_holder(f"{name}_{key}")
        self._ast.lookup = f"MATCH ({name}:{type(node).__label__} {{{key}: ${parameter}}}) WITH {name}"
        self._query_params[parameter] = node.key
        self._ast.return_clause, self._ast.result_class = name, type(node)
        return name

    def build_order_by(self, ident: str, source: Any) -> None:
        given = source.order_by_elements
        source.order_by_elements = [e if isinstance(e, RawCypher) else self._checked(e, source) for e in given]
        try:
            super().build_order_by(ident, source)
        finally:
            source.order_by_elements = given
        if self._ast.order_by:
            self._ast.order_by = [re.sub(r"\.uid( DESC)?$", r".id\1", e) for e in self._ast.order_by]

    def _checked(self, element: str, source: Any) -> str:
        """neomodel leaves out an order by what the query does not traverse, and says nothing."""
        path, way, _ = element.rpartition("|") if "|" in element else element.rpartition("__")
        if way and not self.lookup_query_variable(path, return_relation=way == "|"):
            raise UsageError(
                f"order_by({element.split(' ')[0]!r}): the query does not reach {path!r}; add .traverse({path!r})."
            )
        return element

    def _count(self) -> int:
        storage = getattr(self.node_set, "storage", None)
        if storage is None:
            return int(super()._count())
        page = [f" {word} {n}" for word, n in (("SKIP", self._ast.skip), ("LIMIT", self._ast.limit)) if n]
        self._ast.with_clause = f"{self._ast.return_clause}{''.join(page)}"
        self._ast.return_clause, self._ast.is_count = f"count({self._ast.return_clause})", True
        self._ast.order_by, self._ast.additional_return = None, []
        with storage.query(self.build_query(), self._query_params, stream=True) as rows:
            ((number,),) = (row.values() for row in rows)
        return int(number)

    def _execute(self, lazy: bool = False, dict_output: bool = False) -> Iterator[Any]:
        storage = getattr(self.node_set, "storage", None)
        if storage is None:
            yield from super()._execute(lazy, dict_output)
            return
        if dict_output:
            raise UsageError("resolve_subgraph() is for neomodel's own connection: use storage.cf(...) for subgraphs.")
        with storage.query(self.build_query(), self._query_params, stream=True) as rows:
            for row in rows:
                yield next(iter(row.values())) if len(row) == 1 else tuple(row.values())


class Nodes(NodeSet[Any]):
    """`SomeNode.nodes`: neomodel's node set, which `using(storage)` lets ask a storage."""

    query_cls = _Builder
    storage: Storage | None = None

    def using(self, storage: Storage) -> Nodes:
        """From here on, ask this storage: `first()`, `get()`, `all()`, `len`, `in`, iteration give refs and calls."""
        self.storage = storage
        return self

    def has(self, **relations: bool) -> Nodes:
        """Keep nodes that have (True) or have not (False) such relationships: `has(made_by=False)`."""
        found, missing = process_has_args(self.source_class, relations)
        self.must_match.update(found)
        self.dont_match.update(missing)
        return self

    def __contains__(self, thing: Any) -> bool:
        if self.storage is None:
            return bool(super().__contains__(thing))
        key = NODES[self.source_class.__label__].key
        hid = getattr(thing, key, thing)
        builder = self.query_cls(self).build_ast()
        parameter = builder._register_place_holder("contains")
        builder._ast.where.append(f"{builder._ast.return_clause}.{key} = ${parameter}")
        builder._query_params[parameter] = hid
        return builder._count() > 0


class _NodesOf:
    def __get__(self, instance: Any, owner: type[Any]) -> Nodes:
        return Nodes(owner)


class Compiled(NamedTuple):
    """A node set as Cypher."""

    statement: str
    parameters: dict[str, Any]


def compile(nodes: BaseSet[Any]) -> Compiled:
    """The Cypher of a node set or traversal, and its parameters. No server is asked.

    Errors: UsageError where this is neither.

    >>> compile(CallNode.nodes.filter(duration__gt=1)[:5]).statement
    'MATCH (call:Call) WHERE call.duration > $call_duration_1 RETURN call LIMIT 5'
    """
    if not isinstance(nodes, BaseSet):
        raise UsageError(f"a query is Cypher text or a node set of mandala_graph.ogm, not {nodes!r}.")
    builder = _Builder(nodes).build_ast()
    return Compiled(builder.build_query().strip(), dict(builder._query_params))


# --- the classes ---------------------------------------------------------------------------------------------------------


class GraphNode(StructuredNode):
    """What the classes of this module share: they are made from the graph's schema."""

    __abstract_node__ = True
    __label__: ClassVar[str]
    nodes = _NodesOf()

    @property
    def key(self) -> str:
        """What is unique in nodes of this label: a hid, name or id."""
        name = NODES[type(self).__label__].key
        return str(getattr(self, "uid" if name == "id" else name))


def _relation(type_: str) -> type[StructuredRel]:
    found = RELATIONSHIPS[type_]
    name = "".join(map(str.capitalize, type_.split("_")))
    doc = f"A `{found.type}` relationship, from a {found.source} to a {found.target}."
    space = {"__module__": __name__, "__doc__": doc, **_properties(found.properties)}
    return types.new_class(name, (StructuredRel,), exec_body=lambda body: body.update(space))


def _node(label: str, doc: str, **relations: RelationshipDefinition) -> type[GraphNode]:
    found = NODES[label]
    space = {"__module__": __name__, "__doc__": doc, "__label__": label, **_properties(found.properties, found.key)}
    return types.new_class(f"{label}Node", (GraphNode,), exec_body=lambda body: body.update(space | relations))


_HERE = f"{__name__}."  # where neomodel finds classes that are defined further down

Input = _relation("INPUT")
Output = _relation("OUTPUT")
ChangedTo = _relation("CHANGED_TO")

RefNode = _node(
    "Ref",
    "A value with a history: `made_by` the call whose output it is, `read_by` those that took it as input.",
    made_by=RelationshipFrom(_HERE + "CallNode", "OUTPUT", cardinality=ZeroOrOne, model=Output),
    read_by=RelationshipTo(_HERE + "CallNode", "INPUT", model=Input),
)
CallNode = _node(
    "Call",
    "One run of an op, with `inputs` and `outputs` (the name of each is on the relationship: `inputs|name`).",
    inputs=RelationshipFrom(_HERE + "RefNode", "INPUT", model=Input),
    outputs=RelationshipTo(_HERE + "RefNode", "OUTPUT", model=Output),
)
OpNode = _node("Op", "An op; `versions` are those of its code.", versions=RelationshipFrom(_HERE + "VersionNode", "OF"))
VersionNode = _node(
    "Version",
    "A version of an op's code: `of` the op, `depends_on` components.",
    of=RelationshipTo(_HERE + "OpNode", "OF"),
    depends_on=RelationshipTo(_HERE + "ComponentNode", "DEPENDS_ON"),
)
ComponentNode = _node(
    "Component",
    "A piece of code that calls depend on, as it was at some time.",
    versions=RelationshipFrom(_HERE + "VersionNode", "DEPENDS_ON"),
    changed_to=RelationshipTo(_HERE + "ComponentNode", "CHANGED_TO", model=ChangedTo),
    changed_from=RelationshipFrom(_HERE + "ComponentNode", "CHANGED_TO", model=ChangedTo),
)
RunNode = _node("Run", "A process that recorded calls; `Call.run` is its `uid`.")
StoreNode = _node("Store", "The store itself.")
