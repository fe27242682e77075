"""`mandala_graph.ogm`: what docs/ogm.md shows, handles, neomodel's own way on Neo4j, and that no server is needed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path as File
from typing import Any

import pytest

pytest.importorskip("neomodel")

import neo4j
import neomodel
from neomodel import RelationshipTo, StringProperty, StructuredNode
from neomodel.sync_ import match

from mandala_graph import AtomRef, Call, Ref, Storage, UsageError, ogm, op
from mandala_graph.graph import NODES, RELATIONSHIPS
from mandala_graph.ogm import CallNode, ComponentNode, OpNode, RefNode, RunNode, StoreNode, VersionNode
from mandala_graph.store.statements import statement, statements
from tests import engines

PAGE = File(__file__).parent.parent / "docs" / "ogm.md"
QUERIES = re.findall(r"\*\*(\d+)\. (.*?)\*\*\n\n```python\n(.*?)```\n```cypher\n(.*?)```", PAGE.read_text(), re.DOTALL)
CLASSES = (RefNode, CallNode, OpNode, VersionNode, ComponentNode, RunNode, StoreNode)


@op(output_names=["model"])
def train(data: list[int], rate: float) -> dict[str, float]:
    return {"rate": rate, "sum": rate * sum(data)}


@op(output_names=["accuracy"])
def test(model: dict[str, float], data: list[int]) -> float:
    return min(0.9, model["sum"] / 10)


test.__test__ = False  # an op, not one of pytest's


@pytest.fixture
def experiment(storage_url: Callable[[], str], tmp_path: File) -> Iterator[Storage]:
    with Storage(storage_url(), values=tmp_path / "values") as storage:
        for rate in (0.25, 0.5, 0.75, 1.0):
            test(train([1, 2, 3], rate), [4, 5])
    yield storage
    storage.close()


def test_the_page_has_ten_queries() -> None:
    assert [int(n) for n, *_ in QUERIES] == list(range(1, 11))


def test_the_page_says_the_same_in_both_languages(experiment: Storage) -> None:
    for number, title, python, cypher in QUERIES:
        nodes = eval(python, {**vars(ogm), **vars(match)})
        a, b = experiment.query(nodes), experiment.query(cypher)
        rows = [[tuple(map(_plain, row)) for row in t.itertuples(index=False)] for t in (a, b)]
        assert len(rows[0]) > 0, f"{number}. {title} finds nothing"
        assert Counter(rows[0]) == Counter(rows[1]), f"{number}. {title}"
        assert "ORDER BY" not in cypher.partition("RETURN")[2] or rows[0] == rows[1], f"{number}. {title}: order"


def _plain(cell: Any) -> Any:
    return cell.hid if isinstance(cell, (Ref, Call)) else repr(cell)


def test_nodes_are_handles_that_unwrap(experiment: Storage) -> None:
    found = experiment.query(CallNode.nodes.filter(op="train").traverse("outputs").order_by("started"))
    assert list(found.columns) == ["call", "ref_outputs1", "r1"]
    assert [experiment.unwrap(r)["rate"] for r in found["ref_outputs1"]] == [0.25, 0.5, 0.75, 1.0]
    call = found["call"][0]
    assert isinstance(call, Call)
    assert experiment.unwrap(call.inputs) == {"data": [1, 2, 3], "rate": 0.25}
    assert found["r1"][0] | {"type": "OUTPUT", "name": "model"} == found["r1"][0]
    (one,) = experiment.query(RefNode.nodes.filter(read_by__hid=call, value=0.25))["ref"]
    assert experiment.unwrap(one) == 0.25
    assert len(experiment.query(CallNode.nodes.filter(op=train))) == 4


def test_a_set_is_explained_and_streamed(experiment: Storage) -> None:
    nodes = CallNode.nodes.filter(op="train").order_by("started")
    found = experiment.explain_query(nodes)
    assert found.rows == 4 and found.query == ogm.compile(nodes).statement
    with experiment.query(nodes, stream=True) as rows:
        assert next(rows)["call"] == experiment.query(nodes)["call"][0]
    for call in CallNode.nodes.using(experiment):
        assert isinstance(call, Call)
        break


def test_a_set_asks_its_storage(experiment: Storage) -> None:
    def calls() -> ogm.Nodes:
        return CallNode.nodes.using(experiment)

    assert len(calls().filter(op="train")) == 4
    assert len(calls()[2:5]) == 3
    assert bool(calls().filter(op="train")) and not calls().filter(op="no")
    first = calls().order_by("started").first()
    assert isinstance(first, Call) and first.op.name == "train"
    assert first in calls().filter(op="train") and first not in calls().filter(op="test")
    assert calls().get(hid=first) == first
    assert calls().get_or_none(hid="0" * 40) is None
    assert calls().first_or_none(op="no") is None
    with pytest.raises(CallNode.DoesNotExist):
        calls().first(op="no")
    with pytest.raises(neomodel.MultipleNodesReturned):
        calls().get(op="train")
    values = RefNode.nodes.using(experiment).filter(type="float").has(made_by=True).order_by("value")
    assert [experiment.unwrap(ref) for ref in values] == pytest.approx([0.15, 0.3, 0.45, 0.6])
    row = calls().filter(inputs__value=0.25).first()
    assert all(isinstance(x, t) for x, t in zip(row, (Call, AtomRef, dict), strict=True))
    assert calls().order_by("-started")[1].op.name == "train"
    assert {c.hid for c in calls().all()} == {c.hid for c in experiment.calls()}
    assert len(calls().order_by("?").all()) == 8
    assert len(RefNode.nodes.using(experiment).has(made_by=True)) == 8
    assert len(OpNode.nodes.using(experiment).filter(name=train)) == 1


def test_mistakes_are_named(experiment: Storage) -> None:
    with pytest.raises(UsageError, match=r"node set of mandala_graph\.ogm, not 3"):
        experiment.query(3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"traverse\('inputs'\)"):
        experiment.query(CallNode.nodes.order_by("inputs__value"))
    with pytest.raises(ValueError, match="No such property cost"):
        CallNode.nodes.filter(cost=3)
        ogm.compile(CallNode.nodes.filter(cost=3))
    with pytest.raises(neomodel.exceptions.DeflateError, match="expected a string"):
        ogm.compile(CallNode.nodes.filter(op=3))
    with pytest.raises(ValueError, match=r"not \[1\]"):
        ogm.compile(RefNode.nodes.filter(value=[1]))
    with pytest.raises(UsageError, match="resolve_subgraph"):
        CallNode.nodes.using(experiment).traverse("inputs").resolve_subgraph()


def test_no_connection_is_made(tmp_path: File) -> None:
    program = """
import socket
from mandala_graph import Storage, op
@op
def f(x):
    return x + 1
with Storage("e.db") as storage:
    f(1)
def refuse(*a, **k):
    raise AssertionError("a connection is made")
socket.socket.connect = socket.create_connection = refuse
from mandala_graph.ogm import CallNode, RefNode
from neomodel import db
nodes = CallNode.nodes.filter(op="f").outputs.match(name="output_0")
print(storage.unwrap(list(storage.query(nodes).iloc[:, 0])), len(CallNode.nodes.using(storage)), db.driver)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[2] 1 None\n", "")


def test_the_classes_are_the_schema() -> None:
    assert {c.__label__ for c in CLASSES} == set(NODES)
    for c in CLASSES:
        names = {p.get_db_property_name(n) for n, p in c.defined_properties(rels=False).items()}
        assert names == {p.name for p in NODES[c.__label__].properties}
    seen = set()
    for c in CLASSES:
        for relation in c.defined_properties(properties=False, aliases=False).values():
            relation.lookup_node_class()
            d, other = relation.definition, relation.definition["node_class"]
            schema = RELATIONSHIPS[d["relation_type"]]
            ends = (c.__label__, other.__label__) if d["direction"] == 1 else (other.__label__, c.__label__)
            assert ends == (schema.source, schema.target)
            model = d["model"].defined_properties() if d["model"] else {}
            assert set(model) == {p.name for p in schema.properties}
            seen.add((d["relation_type"], d["direction"]))
    assert seen == {(t, way) for t in RELATIONSHIPS for way in (1, -1)}


# --- neomodel's own way, on Neo4j ---------------------------------------------------------------------------------------


@pytest.fixture
def connected(neo4j_server: engines.Server, tmp_path: File) -> Iterator[Storage]:
    """An experiment on the server, and neomodel connected to it."""
    with Storage(neo4j_server.url, values=tmp_path / "values") as storage:
        for rate in (0.25, 0.5):
            test(train([1, 2, 3], rate), [4, 5])
    with neo4j.GraphDatabase.driver(neo4j_server.uri, auth=neo4j_server.auth) as driver:
        neomodel.db.set_connection(driver=driver)
        yield storage
        neomodel.db.close_connection()
    storage.close()


class Remark(StructuredNode):
    """A class of a user's own, about refs."""

    text = StringProperty()
    about = RelationshipTo("mandala_graph.ogm.RefNode", "ABOUT")


def test_objects_on_neo4j(connected: Storage) -> None:
    calls = CallNode.nodes.filter(op="train").order_by("started").all()
    assert [type(c) for c in calls] == [CallNode, CallNode]
    first = calls[0]
    values = {r.preview: first.inputs.relationship(r).name for r in first.inputs.all()}
    assert values == {"[1, 2, 3]": "data", "0.25": "rate"}
    (model,) = first.outputs.all()
    assert model.made_by.single() == first
    assert [c.op for c in model.read_by.all()] == ["test"]
    assert connected.unwrap(connected.load_ref(model.hid)) == {"rate": 0.25, "sum": 1.5}
    assert len(connected.query(first.inputs.match(name="rate"))) == 1  # a set of the connection's, asked of the storage
    assert len(RefNode.nodes.filter(value__gt=0.1)) == 4
    assert RunNode.nodes.order_by("-uid").all()[0].uid == first.run
    version = VersionNode.nodes.get(uid=first.version)
    assert [o.name for o in version.of.all()] == ["train"]
    assert "train" in {c.name for c in version.depends_on.all()}
    ((path,),), _ = neomodel.db.cypher_query(
        "MATCH p = (:Ref {value: 0.25})-[:INPUT]->(:Call)-[:OUTPUT]->(:Ref) RETURN p LIMIT 1", resolve_objects=True
    )
    assert [type(n) for n in path.nodes] == [RefNode, CallNode, RefNode]
    remark = Remark(text="good").save()
    remark.about.connect(model)
    assert [r.hid for r in Remark.nodes.get(text="good").about.all()] == [model.hid]


def test_neomodel_would_install_the_constraints_of_the_store(
    connected: Storage, neo4j_server: engines.Server, tmp_path: File
) -> None:
    def there() -> set[tuple[str, tuple[str, ...], bool]]:
        rows, _ = neomodel.db.cypher_query(statement("schema/show"))
        return {(label, tuple(properties), unique) for label, properties, unique in rows}

    ours = there()
    assert len(ours) == len(statements("schema/constraints")) + len(statements("schema/indexes"))
    before = sorted(map(str, neomodel.db.cypher_query("SHOW INDEXES YIELD name, owningConstraint")[0]))
    for c in CLASSES:  # where the store has made them, there is nothing to do
        neomodel.db.install_labels(c)
    assert sorted(map(str, neomodel.db.cypher_query("SHOW INDEXES YIELD name, owningConstraint")[0])) == before
    neomodel.db.drop_constraints()
    neomodel.db.drop_indexes()
    try:
        assert there() == set()
        for c in CLASSES:
            neomodel.db.install_labels(c)
        assert there() == {i for i in ours if len(i[1]) == 1}  # neomodel has no index over two properties
        Storage(neo4j_server.url, values=tmp_path / "values").close()  # which the store then adds
        assert there() == ours
    finally:
        neomodel.db.drop_constraints()
        neomodel.db.drop_indexes()
        Storage(neo4j_server.url, values=tmp_path / "values").close()
