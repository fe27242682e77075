"""Makes the kept stores of this folder, with the release whose format they are of.

`python -m tests.store.formats.make sqlite FOLDER` writes `FOLDER/format<n>.db.gz`; `... neo4j FOLDER URL` fills the
empty database at URL and writes `FOLDER/format<n>.neo4j.json.gz`: its nodes, relationships and values.
The kept ones were made so, by the last commit of each format.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

from mandala_graph import Storage
from mandala_graph.graph import FORMAT
from tests.store.formats import project


def fill(storage: Storage) -> None:
    """Two versions of the code, a mark between them, a failed call, a dropped value."""
    project.RATE = 0.25  # type: ignore[misc]
    with storage:
        project.train(0.0)
    old = str(storage.versions(project.train).id[0])
    project.RATE = 0.5  # type: ignore[misc]
    with storage:
        project.run()
        with contextlib.suppress(ValueError):
            project.fails(1.0)
    storage.mark_compatible("RATE", old)
    storage.mark_compatible("RATE", old, compatible=False)
    gone = next(c for c in storage.calls("train") if storage.unwrap(c.inputs["x"]) == 9.0)
    storage.drop_values([gone.outputs["model"]])
    storage.commit()


def make_sqlite(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary, "store.db")
        storage = Storage(path, record_failures=True)
        fill(storage)
        storage.vacuum()
        storage.close()
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        target = folder / f"format{FORMAT}.db.gz"
        with path.open("rb") as plain, gzip.GzipFile(target, "wb", mtime=0) as packed:
            shutil.copyfileobj(plain, packed)


def dump(url: str) -> dict[str, Any]:
    """The whole graph at a server, as plain data."""
    import neo4j

    with neo4j.GraphDatabase.driver(url) as driver:
        nodes = driver.execute_query("MATCH (n) RETURN elementId(n), labels(n), properties(n)").records
        edges = driver.execute_query(
            "MATCH (a)-[r]->(b) RETURN elementId(a), type(r), properties(r), elementId(b)"
        ).records
    number = {id: i for i, (id, _, _) in enumerate(nodes)}
    return {
        "nodes": [[labels, properties] for _, labels, properties in nodes],
        "relationships": [[number[a], kind, properties, number[b]] for a, kind, properties, b in edges],
    }


def make_neo4j(folder: Path, url: str) -> None:
    with tempfile.TemporaryDirectory() as values:
        storage = Storage(url, record_failures=True, values=values)
        fill(storage)
        storage.close()
        files = {str(p.relative_to(values)): base64.b64encode(p.read_bytes()).decode() for p in files_in(values)}
    packed = json.dumps({**dump(url), "values": files}, sort_keys=True).encode()
    (folder / f"format{FORMAT}.neo4j.json.gz").write_bytes(gzip.compress(packed, mtime=0))


def files_in(folder: str) -> list[Path]:
    return sorted(p for p in Path(folder).rglob("*") if p.is_file())


if __name__ == "__main__":
    _, engine, target, *url = sys.argv
    sys.argv = ["make.py"]  # a run records its command line, and a kept store should name no machine
    if engine == "sqlite":
        make_sqlite(Path(target))
    else:
        make_neo4j(Path(target), url[0])
