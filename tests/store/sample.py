"""A small store with everything in it that a store can hold, made by ops that really ran; and all of it, raw.

`dump` reads the engines' own tables and nodes, not our store: it is what copies are compared by.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Annotated, Any

import neo4j
import numpy as np

from mandala_graph import MDict, MList, Storage, Tolerance, Transient, op
from mandala_graph.graph import NODES, RELATIONSHIPS
from mandala_graph.store.protocol import Batch, ChangeRow
from tests.store.rows import A_COMPONENT, ANOTHER_COMPONENT


@op(output_names=["model", "score"])
def train(rate: float, steps: int = 100) -> tuple[dict[str, float], float]:
    """Learn, at a rate."""
    return {"rate": rate, "score": rate * steps}, rate * steps


@op(output_names=["accuracy"])
def test(model: dict[str, float]) -> float:
    return min(0.99, model["score"] / 100)


test.__test__ = False  # type: ignore[attr-defined]


@op
def best(accuracies: MList[float]) -> float:
    return max(accuracies)


@op
def parts(n: int) -> MDict[str, int]:
    return {f"part {i}": i for i in range(n)}


@op
def matrix(n: int) -> Any:
    return np.arange(n * n, dtype=np.float64).reshape(n, n)


@op
def about(x: Annotated[float, Tolerance(1e-3)], note: Annotated[str, Transient]) -> str:
    return f"{x:.1f} {len(note)}"


@op
def fails(x: int) -> int:
    raise ValueError(f"no {x}")


def fill(storage: Storage) -> dict[str, Any]:
    """Run everything; gives refs by name."""
    storage.record_failures = True
    found: dict[str, Any] = {}
    with storage:
        tried = []
        for rate in (0.25, 0.5, 0.75):
            found[f"model {rate}"], found[f"score {rate}"] = train(rate)
            tried.append(test(found[f"model {rate}"]))
            found[f"accuracy {rate}"] = tried[-1]
        found["best"] = best(tried)
        found["parts"] = parts(3)
        found["big"] = matrix(150)  # a file of its own on both engines
        found["small"] = matrix(3)
        found["about"] = about(1.0004, "a note")
        found["dropped"] = matrix(4)
    with storage, suppress(ValueError):
        fails(1)
    storage.drop_values([found["dropped"]])
    storage.store.write(
        Batch(
            components={c.id: c for c in (A_COMPONENT, ANOTHER_COMPONENT)},
            changes={
                (A_COMPONENT.id, ANOTHER_COMPONENT.id): ChangeRow(A_COMPONENT.id, ANOTHER_COMPONENT.id, True, 9.5, "me")
            },
        )
    )
    return found


def dump_sqlite(path: str) -> dict[str, Any]:
    """Every node and relationship with all properties, and every value, of a SQLite store."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        keys: dict[str, dict[int, str]] = {}
        found: dict[str, Any] = {}
        for label, node in NODES.items():
            rows = [dict(r) for r in connection.execute(f'SELECT * FROM "{node.table}"')]
            keys[label] = {r.pop("nid"): r[node.key] for r in rows}
            for r in rows:
                for p in node.properties:
                    if p.kind == "strings" and r[p.name] is not None:
                        r[p.name] = json.loads(r[p.name])
                    if p.kind == "boolean" and r[p.name] is not None:
                        r[p.name] = bool(r[p.name])
                    if isinstance(r[p.name], bytes):
                        r[p.name] = r[p.name] == b"\x01"
            found[label] = {r[node.key]: {k: v for k, v in r.items() if v is not None} for r in rows}
        for kind, edge in RELATIONSHIPS.items():
            edges = []
            for row in connection.execute(f"SELECT * FROM {edge.table}"):
                r = dict(row)
                ends = keys[edge.source][r.pop("source")], keys[edge.target][r.pop("target")]
                if r.get("index") == -1:
                    del r["index"]
                if "compatible" in r:
                    r["compatible"] = bool(r["compatible"])
                edges.append((*ends, sorted((k, v) for k, v in r.items() if v is not None)))
            found[kind] = sorted(edges)
        values = {}
        for cid, data in connection.execute("SELECT cid, data FROM blob"):
            values[cid] = data if data is not None else (Path(f"{path}.values") / cid[:2] / cid).read_bytes()
    found["values"] = values
    return _without_store(found)


def dump_neo4j(url: str, auth: Any, values: Path) -> dict[str, Any]:
    """Every node and relationship with all properties, and every value, of a Neo4j store."""
    found: dict[str, Any] = {label: {} for label in NODES}
    with neo4j.GraphDatabase.driver(url, auth=auth) as driver:
        for record in driver.execute_query("MATCH (n) RETURN n").records:
            (label,) = record[0].labels
            found[label][record[0][NODES[label].key]] = dict(record[0])
        for kind, edge in RELATIONSHIPS.items():
            rows = driver.execute_query(
                f"MATCH (a)-[r:{kind}]->(b) RETURN a.{NODES[edge.source].key}, b.{NODES[edge.target].key}, properties(r)"
            ).records
            found[kind] = sorted((a, b, sorted(r.items())) for a, b, r in rows)
    found["values"] = {f.name: f.read_bytes() for f in values.rglob("*") if f.is_file()}
    return _without_store(found)


def _without_store(found: dict[str, Any]) -> dict[str, Any]:
    assert len(found.pop("Store")) == 1
    return found
