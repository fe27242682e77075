"""What the child processes of the Neo4j tests do, and the rows that they write."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from mandala_graph.store.neo4j import Neo4jStore
from mandala_graph.store.protocol import Batch, CallRow, InputEdge, RefRow


def some_id(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=20).hexdigest()


def a_ref(*parts: object, value: str | int | float | bool | None = None) -> RefRow:
    return RefRow(some_id("ref", *parts), some_id("value", *parts), "int", repr(parts), 8, value)


def a_call(i: int) -> tuple[list[RefRow], CallRow]:
    """Call `i` of an op: reads a ref that every tenth call shares and a ref of its own, makes two refs."""
    refs = [a_ref("shared", i % 10, value=i % 10), a_ref("own", i, value=i), a_ref("sum", i), a_ref("product", i)]
    call = CallRow(
        some_id("call", i),
        some_id("call content", i),
        "both",
        "v1",
        "run",
        1000.0 + i,
        0.5,
        "ok",
        (InputEdge("x", refs[0].hid), InputEdge("y", refs[1].hid)),
        (("sum", refs[2].hid), ("product", refs[3].hid)),
    )
    return refs, call


def a_batch(numbers: Iterable[int]) -> Batch:
    batch = Batch()
    for i in numbers:
        refs, call = a_call(i)
        batch.refs.update((r.hid, r) for r in refs)
        batch.calls[call.hid] = call
    return batch


def write_batches(url: str, batches: list[list[int]], acknowledged: Path, timeout: float) -> None:
    """Write batches, and note in a file the first number of each as soon as it is written."""
    store = Neo4jStore(url, timeout=timeout)
    out = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for numbers in batches:
        store.write(a_batch(numbers))
        os.write(out, f"{numbers[0]}\n".encode())
    store.close()


def open_and_tell(url: str, told: Path) -> None:
    """Open a store and note its uuid."""
    store = Neo4jStore(url)
    told.write_text(store.info().uuid)
    store.close()
