"""Rows for the tests of stores: made from numbers, so that any process makes the same ones."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Sequence

from mandala_graph.store.protocol import (
    Batch,
    CallRow,
    ComponentRow,
    InputEdge,
    Native,
    OpRow,
    RefRow,
    RunRow,
    VersionRow,
)


def an_id(*parts: object) -> str:
    """40 hex characters that depend on the parts alone."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=20).hexdigest()


def a_ref(*parts: object, value: Native = None, cid: str | None = None, type: str = "thing") -> RefRow:
    """A ref of its own for each `parts`; its contents are its own too, unless `cid` is given."""
    return RefRow(an_id("ref", *parts), cid or an_id("value", *parts), type, repr(parts), 8, value)


def a_call(
    *parts: object,
    op: str = "f",
    inputs: Iterable[tuple[str, RefRow]] = (),
    outputs: Iterable[tuple[str, RefRow]] = (),
    cid: str | None = None,
    status: str = "ok",
    version: str = "v1",
    run: str = "run",
    started: float = 1000.5,
) -> CallRow:
    """A call of its own for each `parts`."""
    return CallRow(
        an_id("call", *parts),
        cid or an_id("call contents", *parts),
        op,
        version,
        run,
        started,
        0.25,
        status,
        tuple(InputEdge(name, ref.hid) for name, ref in inputs),
        tuple((name, ref.hid) for name, ref in outputs),
    )


def a_batch(refs: Iterable[RefRow] = (), calls: Iterable[CallRow] = (), **rest: dict[str, object]) -> Batch:
    """A batch of these rows."""
    return Batch({r.hid: r for r in refs}, {c.hid: c for c in calls}, **rest)  # type: ignore[arg-type]


def numbered(numbers: Iterable[int]) -> Batch:
    """Calls of the op `sum_product`: each reads a ref that others read and one of its own, and makes two refs."""
    batch = Batch()
    for i in numbers:
        shared, own = a_ref("shared", i % 10, value=i % 10), a_ref("own", i, value=i)
        total, product = a_ref("sum", i), a_ref("product", i)
        call = a_call(
            i,
            op="sum_product",
            inputs=[("x", shared), ("y", own)],
            outputs=[("sum", total), ("product", product)],
            started=1000.5 + i,
        )
        batch.refs.update((r.hid, r) for r in (shared, own, total, product))
        batch.calls[call.hid] = call
        batch.values[total.cid] = b"%d" % i
    return batch


def overlapping_plans(seed: int, writers: int, batches: int, size: int, span: int) -> list[list[list[int]]]:
    """For each writer some batches of numbers below `span`, so that every number is written several times."""
    rng = random.Random(seed)
    return [[rng.sample(range(span), size) for _ in range(batches)] for _ in range(writers)]


def all_numbers(plans: Sequence[Sequence[Sequence[int]]]) -> set[int]:
    """Every number in the plans."""
    return {i for plan in plans for batch in plan for i in batch}


AN_OP = OpRow("f", "project.module", "f", "What f does.", ("x", "y"), ("output_0",))
A_RUN = RunRow("run", 10.0, None, "host", "user", "python x.py", "3.12.1", "abc", True, ("numpy==2.4.6", "pandas==3.0"))
A_COMPONENT = ComponentRow(an_id("component"), "project.module", "f", "function", "def f(x): ...", 5.0)
ANOTHER_COMPONENT = ComponentRow(an_id("other"), "project.module", "LIMIT", "global", "3", 6.0)
A_VERSION = VersionRow("v1", "f", 7.0, True, (A_COMPONENT.id, ANOTHER_COMPONENT.id))
