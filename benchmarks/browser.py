"""Speed of the graph browser's server: what the page asks first, and what each click asks.

    python benchmarks/browser.py [--calls 100000] [--neo4j bolt://...]

A store of two shapes (see frames.py), half chains of three ops, half ensembles of a hundred models that all read one value,
is filled directly; then a server in this process answers over a socket. Milliseconds of the first answer and of the best
of four further ones. The machine should be idle.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import threading
import time
from pathlib import Path

import httpx2 as httpx
from frames import fill

from mandala_graph import Storage
from mandala_graph.web import serve


def opened(location: str) -> httpx.Client:
    """A client that has opened the page of a server on this store."""
    said: list[str] = []
    ready = threading.Event()

    def say(text: str) -> None:
        said.append(text)
        ready.set()

    threading.Thread(target=serve, args=[location], kwargs={"open_browser": False, "say": say}, daemon=True).start()
    if not ready.wait(60):
        raise SystemExit("the server did not start")
    (address,) = re.findall(r"http://\S+", said[0])
    client = httpx.Client(base_url=address.partition("/?")[0], timeout=120)
    client.get(f"/?token={address.rpartition(chr(61))[2]}")
    return client


def measure(client: httpx.Client, hub: str, call: str, scores: list[str]) -> None:
    asked = {
        "info": "/api/info",
        "summary": "/api/graph/summary",
        "summary, two ops": "/api/graph/summary?op=train&op=score",
        "summary, value range": "/api/graph/summary?min=50000",
        "around a call, 2 steps": f"/api/graph/around/{call}",
        "all upstream of a call": f"/api/graph/around/{call}?direction=up&depth=all",
        "all downstream of a hub": f"/api/graph/around/{hub}?direction=down&depth=all",
        "the same, one op": f"/api/graph/around/{hub}?direction=down&depth=all&op=score",
        "panel of the hub": f"/api/node/{hub}",
        "search, an id's start": f"/api/search?q={call[:6]}",
        "search, no such value": "/api/search?q=nowhere",
        "table, page 300": "/api/table/op:train?offset=30000",
        "table, by an input": "/api/table/op:train?sort=input:seed&desc=1",
        "compare two results": f"/api/compare/{scores[0]}/{scores[1]}",
    }
    print(f"{'':26}{'first':>8}{'again':>8}{'KB':>8}")
    for what, path in asked.items():
        times, size = [], 0
        for _ in range(5):
            begin = time.perf_counter()
            answer = client.get(path)
            times.append((time.perf_counter() - begin) * 1000)
            answer.raise_for_status()
            size = len(answer.content)
        print(f"{what:26}{times[0]:8.1f}{min(times[1:]):8.1f}{size / 1000:8.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--neo4j", help="an empty database to use instead of a SQLite file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        location = given.neo4j or str(Path(folder) / "store.db")
        with Storage(location, values=str(Path(folder) / "values") if given.neo4j else None) as storage:
            for shape in ("chain", "ensemble"):
                fill(storage, shape, given.calls // 2)
        hub = storage.query("MATCH (r:Ref {preview: '-1'}) RETURN r.hid AS h")["h"][0]
        last = storage.query("MATCH (c:Call {op: 'score'})-[:OUTPUT]->(r) RETURN c.hid AS c, r.hid AS r LIMIT 2")
        storage.close()
        measure(opened(location), hub, last["c"][0], last["r"].tolist())


if __name__ == "__main__":
    main()
