"""What neomodel can say of the graph, both engines answer alike: node sets of every kind, asked of the pool."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("neomodel")

from neomodel import Q
from neomodel.sync_.match import Collect, Last, NodeNameResolver, Path, RawCypher, RelationNameResolver, Size

from mandala_graph.graph import NODES
from mandala_graph.ogm import (
    CallNode,
    ComponentNode,
    OpNode,
    RefNode,
    RunNode,
    StoreNode,
    VersionNode,
    compile,
)
from tests.cypher.conftest import Ask
from tests.cypher.pool import pool

CALL = next(iter(pool().calls))
READ = next(c.inputs[0].ref for c in pool().calls.values() if c.inputs)
C, R, V = (lambda: CallNode.nodes), (lambda: RefNode.nodes), (lambda: VersionNode.nodes)

QUERIES: dict[str, Callable[[], Any]] = {
    # every look-up, on each kind of property
    "all": C,
    "equal": lambda: C().filter(op="train"),
    "exact": lambda: C().filter(op__exact="train", status__exact="ok"),
    "iexact": lambda: R().filter(value__iexact="B"),
    "lt": lambda: C().filter(duration__lt=3),
    "gte": lambda: C().filter(started__gte=20.5),
    "gt_scalar": lambda: R().filter(value__gt=0.5),
    "gt_string": lambda: R().filter(value__gt="a"),
    "lte_integer": lambda: R().filter(nbytes__lte=10),
    "ne": lambda: C().filter(status__ne="ok"),
    "ne_scalar": lambda: R().filter(value__ne=1),
    "equal_boolean": lambda: R().filter(value=True),
    "equal_float_of_an_integer": lambda: R().filter(value=2.0),
    "in": lambda: C().filter(op__in=["train", "load", "nothing"]),
    "in_scalars": lambda: R().filter(value__in=[1, "a", True, 0.5]),
    "in_nothing": lambda: C().filter(op__in=[]),
    "isnull": lambda: R().filter(value__isnull=True),
    "isnull_not": lambda: R().filter(structure__isnull=False),
    "regex": lambda: C().filter(op__regex="t.*n|ev.*"),
    "regex_scalar": lambda: R().filter(value__regex="[ab].*"),
    "iregex": lambda: R().filter(value__iregex="a.*"),
    "contains": lambda: C().filter(op__contains="ai"),
    "contains_what_is_special_in_a_regex": lambda: R().filter(preview__contains="."),
    "contains_no_ascii": lambda: R().filter(preview__contains="ñ😀"),
    "icontains": lambda: C().filter(op__icontains="AI"),
    "icontains_no_ascii": lambda: R().filter(preview__icontains="Ñ"),
    "startswith": lambda: C().filter(op__startswith="t"),
    "istartswith": lambda: C().filter(op__istartswith="T"),
    "endswith": lambda: C().filter(op__endswith="in"),
    "iendswith": lambda: C().filter(op__iendswith="IN"),
    "startswith_minus": lambda: R().filter(preview__startswith="-1."),
    "includes": lambda: OpNode.nodes.filter(inputs__includes="x"),
    "includes_all": lambda: OpNode.nodes.filter(inputs__includes_all=["x", "y"]),
    "includes_any": lambda: OpNode.nodes.filter(outputs__includes_any=["acc", "no"]),
    "in_array": lambda: RunNode.nodes.filter(packages__in=["x==1"]),
    "boolean": lambda: V().filter(active=True),
    "boolean_null": lambda: RunNode.nodes.filter(git_dirty__isnull=True),
    "id": lambda: RunNode.nodes.filter(uid="run1"),
    "id_in": lambda: RunNode.nodes.filter(uid__in=["run1", "run2"]),
    "no_such": lambda: C().filter(op="no such op"),
    "store": lambda: StoreNode.nodes.filter(format=1),
    "exists": lambda: R().filter(made_by__exists=True),
    "exists_not": lambda: R().filter(made_by__exists=False, read_by__exists=True),
    # filters put together
    "and": lambda: C().filter(op="train").filter(status="ok"),
    "or": lambda: C().filter(Q(op="train") | Q(duration__gt=5)),
    "or_and": lambda: C().filter(Q(op="train") | (Q(op="eval") & Q(duration__lt=4)), status="ok"),
    "not": lambda: C().filter(~Q(op="train")),
    "not_nested": lambda: R().filter(~(Q(value__gt=1) | ~Q(structure__isnull=True))),
    "not_null": lambda: R().filter(~Q(value__gt=1)),
    "exclude": lambda: C().exclude(op="train", status="ok"),
    "exclude_or": lambda: C().exclude(Q(op="train") | Q(status="failed")),
    "filter_exclude": lambda: C().filter(status="ok").exclude(op__in=["load", "eval"]),
    # order and pages
    "order": lambda: C().order_by("op", "-duration", "hid"),
    "order_scalar": lambda: R().order_by("-value", "hid"),
    "order_id": lambda: RunNode.nodes.order_by("-uid"),
    "limit": lambda: C().order_by("hid")[:5],
    "slice": lambda: C().order_by("-hid")[3:9],
    "skip": lambda: C().order_by("hid")[20:],
    "order_raw": lambda: C().order_by(RawCypher("toUpper($n.op) DESC"), "hid"),
    "order_path": lambda: C().traverse("inputs").order_by("-inputs__preview", "inputs__hid", "hid"),
    "order_relation": lambda: C().traverse("inputs").order_by("inputs|name", "inputs__hid", "hid"),
    # relationships
    "has": lambda: R().has(made_by=True),
    "has_not": lambda: R().has(made_by=False, read_by=True),
    "has_filter": lambda: C().has(outputs=False).filter(op="train"),
    "through": lambda: C().filter(inputs__value__gt=1),
    "through_two": lambda: R().filter(read_by__outputs__value__gt=0),
    "through_id": lambda: OpNode.nodes.filter(versions__depends_on__uid__startswith="0000"),
    "through_or": lambda: C().filter(Q(inputs__value=1) | Q(outputs__value=2)),
    "through_not": lambda: C().filter(~Q(inputs__value__gt=1)),
    "relation_property": lambda: C().filter(**{"inputs|name": "x"}),
    "relation_property_lookup": lambda: C().filter(**{"inputs|index__gte": 1}),
    "relation_and_node": lambda: C().filter(**{"outputs|name": "acc", "outputs__value__isnull": False}),
    "traverse": lambda: C().traverse("inputs"),
    "traverse_two": lambda: C().traverse("inputs", "outputs"),
    "traverse_far": lambda: R().traverse("read_by__outputs__read_by"),
    "traverse_optional": lambda: R().traverse(Path("read_by", optional=True)),
    "traverse_optional_filter": lambda: R()
    .traverse(Path("read_by", optional=True))
    .filter(Q(read_by__op="train") | Q(value=1)),
    "traverse_optional_where": lambda: R().traverse(Path("read_by", optional=True)).filter(read_by__op="train"),
    "traverse_no_relations": lambda: C().traverse(Path("outputs", include_rels_in_return=False)),
    "traverse_no_nodes": lambda: C().traverse(Path("outputs", include_nodes_in_return=False)),
    "traverse_alias": lambda: C().traverse(made="outputs"),
    "traverse_filter": lambda: C().traverse("inputs").filter(inputs__value__gt=1, op="train"),
    "traverse_versions": lambda: V().traverse("of", "depends_on").order_by("uid"),
    "traverse_changes": lambda: ComponentNode.nodes.traverse("changed_to").filter(**{"changed_to|compatible": False}),
    "changed_twice": lambda: ComponentNode.nodes.traverse("changed_to__changed_to"),
    "changed_from": lambda: ComponentNode.nodes.filter(changed_from__name="f0"),
    "unique_variables": lambda: C().unique_variables("inputs").traverse("inputs").filter(inputs__value=1),
    "from_a_set": lambda: C().filter(op="train").outputs,
    "from_a_set_matched": lambda: C().filter(op="train").inputs.match(name="x").filter(nbytes__gt=5).order_by("hid"),
    "from_a_set_matched_not": lambda: C().inputs.match(index__isnull=True).exclude(value=1),
    "from_a_node": lambda: _saved(CallNode(hid=CALL)).inputs.filter(nbytes__gte=0),
    "from_a_node_matched": lambda: _saved(RefNode(hid=READ)).read_by.match(name__in=["x", "y"]).order_by("-hid"),
    # aggregations
    "collect": lambda: C().traverse("inputs").annotate(Collect(NodeNameResolver("inputs"))),
    "collect_distinct": lambda: OpNode.nodes.traverse("versions__depends_on").annotate(
        parts=Collect(NodeNameResolver("versions__depends_on"), distinct=True)
    ),
    "collect_relations": lambda: C().traverse("outputs").annotate(all=Collect(RelationNameResolver("outputs"))),
    "size": lambda: C().traverse("inputs").annotate(n=Size(Collect(NodeNameResolver("inputs"), distinct=True))),
    "last": lambda: C().traverse("outputs").annotate(one=Last(Collect(NodeNameResolver("outputs")))),
    # transforms and subqueries
    "transform": lambda: C()
    .traverse("inputs")
    .intermediate_transform(
        {"call": {"source": "call", "include_in_return": True}, "v": {"source": NodeNameResolver("inputs"),
          "source_prop": "value", "include_in_return": True}},
        distinct=True,
        ordering=["v", RawCypher("call.hid")],
    ),
    "transform_ordered": lambda: C().intermediate_transform(
        {"op": {"source": "call", "source_prop": "op", "include_in_return": True}}, distinct=True, ordering=["-op"]
    ),
    "subquery": lambda: C().subquery(
        C().traverse("inputs").annotate(number=Size(Collect(NodeNameResolver("inputs")))), ["number"], ["call"]
    ),
    "subquery_transform": lambda: C()
    .filter(op="train")
    .subquery(
        C()
        .traverse("outputs")
        .intermediate_transform(
            {"made": {"source": NodeNameResolver("outputs"), "include_in_return": True}}, ordering=["made.hid"]
        )
        .annotate(last_made=Last(Collect("made"))),
        ["last_made"],
        ["call"],
    ),
    "subquery_resolved": lambda: V().subquery(
        V().traverse("depends_on").annotate(parts=Collect(NodeNameResolver("depends_on"), distinct=True)),
        ["parts"],
        [NodeNameResolver("self")],
    ),
}  # fmt: skip


def _saved(node: Any) -> Any:
    """The node as neomodel takes it for one that is in the graph."""
    node.element_id_property = "4:some-id:1"
    return node


@pytest.mark.parametrize("name", QUERIES)
def test_both_engines_agree(ask_both: Ask, name: str) -> None:
    built = compile(QUERIES[name]())
    print(built.statement)
    outcome = ask_both(built.statement, built.parameters)
    assert outcome.verdict == "same", f"{built}\n{outcome.detail}"
    assert outcome.rows or name in ("in_nothing", "no_such", "store"), built


# --- random node sets ---------------------------------------------------------------------------------------------------

VALUES = {
    "Text": ["train", "eval", "ok", "x", "a", "b", "run1", "10", "", "f0", "A.", "ñ"],
    "IntegerProperty": [0, 1, 10, 25, -3],
    "FloatProperty": [0.5, 2.25, 10.5, 3.5, 40],
    "BooleanProperty": [True, False],
    "Native": [1, 2.25, "a", "B", True, 0, -1.5, ""],
}
ORDERED = ("", "__lt", "__gt", "__lte", "__gte", "__ne", "__in", "__isnull")
TEXTS = (
    "__iexact",
    "__contains",
    "__icontains",
    "__startswith",
    "__istartswith",
    "__endswith",
    "__iendswith",
    "__regex",
)
CLASSES = (CallNode, RefNode, VersionNode, ComponentNode, RunNode, OpNode)


def _condition(rng: random.Random, cls: Any, hops: int = 2) -> Q:
    relations = cls.defined_properties(properties=False, aliases=False)
    path = ""
    if relations and hops and rng.random() < 0.35:
        name = rng.choice(sorted(relations))
        relations[name].lookup_node_class()
        if rng.random() < 0.2:
            return Q(**{f"{name}__exists": rng.random() < 0.5})
        path, cls = f"{name}__", relations[name].definition["node_class"]
        model = relations[name].definition["model"]
        if model is not None and rng.random() < 0.3:
            return Q(**{f"{name}|name": rng.choice(["x", "y", "acc"])}) if "name" in model.defined_properties() else Q()
    properties = cls.defined_properties(rels=False, aliases=False)
    name = rng.choice(sorted(properties))
    kind = type(properties[name]).__name__
    if kind == "ArrayProperty":
        return Q(**{f"{path}{name}__includes": rng.choice(["x", "acc", "x==1"])})
    value, look_up = rng.choice(VALUES[kind]), rng.choice(ORDERED)
    if kind == "Text" and rng.random() < 0.5:
        look_up = rng.choice(TEXTS)
    if look_up == "__in":
        return Q(**{f"{path}{name}__in": rng.sample(VALUES[kind], 2)})
    return Q(**{f"{path}{name}{look_up}": rng.random() < 0.5 if look_up == "__isnull" else value})


def _tree(rng: random.Random, cls: Any, depth: int) -> Q:
    if depth == 0 or rng.random() < 0.3:
        return _condition(rng, cls)
    a, b = _tree(rng, cls, depth - 1), _tree(rng, cls, depth - 1)
    found = a & b if rng.random() < 0.5 else a | b
    return ~found if rng.random() < 0.25 else found


@pytest.mark.parametrize("part", range(4))
def test_both_engines_agree_on_random_sets(ask_both: Ask, part: int) -> None:
    found = 0
    for i in range(25):
        rng = random.Random(part * 1000 + i)
        cls = rng.choice(CLASSES)
        nodes = cls.nodes.filter(_tree(rng, cls, 2))
        if rng.random() < 0.3:
            nodes = nodes.exclude(_condition(rng, cls, 0))
        key = "uid" if "uid" in cls.defined_properties() else NODES[cls.__label__].key
        if rng.random() < 0.4:
            names = sorted(cls.defined_properties(rels=False, aliases=False))
            nodes = nodes.order_by(rng.choice(("", "-")) + rng.choice(names), key)
            if "]-" not in compile(nodes).statement:  # one row a node, so that the order leaves no ties
                nodes = nodes[rng.randint(1, 3) : rng.randint(4, 9)]
        built = compile(nodes)
        outcome = ask_both(built.statement, built.parameters)
        assert outcome.verdict == "same", f"part {part}, {i}: {built}\n{outcome.detail}"
        found += outcome.rows > 0
    assert found >= 5
