"""Running a call that is not known, and recording it: plain values in, the body, refs of the outputs out."""

from __future__ import annotations

import inspect
import logging
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mandala_graph.errors import MandalaGraphError, MissingCall, StoreReadOnly, UnhashableValue, UnsavableValue
from mandala_graph.identity import call_head, output_id
from mandala_graph.model import Ref
from mandala_graph.runtime import context
from mandala_graph.runtime.identify import ElementEncoder, Identifier, Input
from mandala_graph.runtime.known import Known
from mandala_graph.runtime.markers import Atom, Ignored, ValuePointer
from mandala_graph.runtime.recorder import Recorder
from mandala_graph.runtime.request import Request, Running, entry_of
from mandala_graph.runtime.signature import Bound
from mandala_graph.runtime.structs import Rows, take_apart
from mandala_graph.store.protocol import CallRow

if TYPE_CHECKING:
    from mandala_graph.runtime.op import OpFunction
    from mandala_graph.storage import Storage

__all__ = ["Runner"]

log = logging.getLogger("mandala_graph")


class Runner:
    """Runs calls for one storage."""

    def __init__(self, storage: Storage, identifier: Identifier, recorder: Recorder, known: Known) -> None:
        self.storage = storage
        self.identifier = identifier
        self.recorder = recorder
        self.writer = recorder.writer
        self.known = known

    def plain(self, op: OpFunction[Any, Any], bound: Bound, inputs: Iterable[Input]) -> tuple[Any, Any]:
        """Positional and keyword arguments with plain values, to call the function with."""
        by_name = {i.name: i for i in inputs}
        values: dict[str, Any] = {}
        for name, p, value in bound:
            i = by_name.get(name)
            if i is not None and i.ref is not None:
                value = i.ref.obj if i.ref._loader is not None else self.storage.attach(i.ref).obj
            elif i is not None and p.struct is None:
                value = i.source
            else:
                value = self.storage.unwrap(value.value if isinstance(value, (Ignored, Atom)) else value)
            values[name] = value.obj if isinstance(value, ValuePointer) else value
        return op.signature.arguments(values, bound)

    def begin(self, request: Request, concurrent: bool) -> Running:
        """Keep the inputs of a call that is about to run (before it can change them)."""
        here = request.here
        if here is not None and not here.allow_new_calls:
            raise MissingCall(
                f"{request.describe()} is not in {self.storage.location}, and new calls are not allowed here: "
                f"storage.explain({request.op.name}, ...) says why; allow_new_calls=True computes it."
            )
        if self.storage.read_only:
            raise StoreReadOnly(
                f"{request.describe()} is not in {self.storage.location}, and cannot be recorded there: it was opened with "
                f"read_only=True. storage.explain({request.op.name}, ...) says why; Storage({self.storage.location!r}) "
                f"computes it."
            )
        rows = Rows()
        self.recorder.run_id()
        shown = request.state.names.inputs.shown
        edges = self.identifier.save(request.op, request.inputs, rows, shown)
        versions = request.state.versions
        return Running(edges, rows, versions.running(concurrent) if versions is not None else None)

    def run(self, request: Request) -> Any:
        op = request.op
        try:
            running = self.begin(request, concurrent=False)
        except (UnsavableValue, UnhashableValue) as problem:
            if self.storage.on_unsaved == "return":
                return self.uncached(op, request.bound, problem)
            raise
        args, kwargs = self.plain(op, request.bound, request.inputs)
        if running.trace is not None:
            running.trace.arguments((*args, *kwargs.values()))
        token = context.push(context.inside(request.here))
        running.clock = time.perf_counter()
        try:
            if running.trace is None:
                value = op.fn(*args, **kwargs)
                if op.is_generator:
                    value = list(value)
            else:
                with running.trace:
                    value = op.fn(*args, **kwargs)
                    if op.is_generator:
                        value = list(value)
        except Exception as problem:
            self._failed(request, running, problem)
            raise
        finally:
            context.pop(token)
        duration = time.perf_counter() - running.clock
        # an array that only this frame and getrefcount's argument refer to: nobody can change it before it is used
        alone = type(value).__name__ == "ndarray" and value.base is None and sys.getrefcount(value) <= 2
        return self.record(request, running, value, duration, alone)

    async def run_async(self, request: Request) -> Any:
        op = request.op
        try:
            running = self.begin(request, concurrent=True)
        except (UnsavableValue, UnhashableValue) as problem:
            if self.storage.on_unsaved != "return":
                raise
            result = self.uncached(op, request.bound, problem)
            return await result if inspect.isawaitable(result) else [item async for item in result]
        args, kwargs = self.plain(op, request.bound, request.inputs)
        if running.trace is not None:
            running.trace.arguments((*args, *kwargs.values()))
        token = context.push(context.inside(request.here))
        running.clock = time.perf_counter()
        try:
            if op.is_generator:
                value = [item async for item in op.fn(*args, **kwargs)]
            else:
                value = await op.fn(*args, **kwargs)
        except Exception as problem:
            self._failed(request, running, problem)
            raise
        finally:
            context.pop(token)
        return self.record(request, running, value, time.perf_counter() - running.clock)

    def uncached(self, op: OpFunction[Any, Any], bound: Bound, problem: MandalaGraphError) -> Any:
        """Run a call that cannot be recorded, and say so (`on_unsaved="return"`)."""
        log.warning("op %s ran without being recorded: %s", op.name, problem)
        self.storage.unsaved.append(f"{op.name}: {problem}")
        args, kwargs = self.plain(op, bound, ())
        return op.fn(*args, **kwargs)

    def record(self, request: Request, running: Running, value: Any, duration: float, alone: bool = False) -> Any:
        """Record a call that ran, and give what it returns: refs that hold their values.

        `alone` says that nobody else refers to the value.
        """
        op, state, rows = request.op, request.state, running.rows
        parts = op.outputs.split(value)
        head = state.head if running.trace is None else self._version_of(request, running)
        hid = request.hid(head)
        run = self.recorder.run_id()
        labels = state.names.outputs
        try:
            refs = [
                self._output(op, i, n, part, output_id(hid, labels.ids.get(n, n)), rows, run)
                for i, (n, part) in enumerate(parts)
            ]
        except (UnsavableValue, UnhashableValue) as problem:
            if self.storage.on_unsaved == "return":
                log.warning("op %s: its result is returned, but not recorded: %s", op.name, problem)
                self.storage.unsaved.append(f"{op.name}: {problem}")
                return value
            problem.result = value
            raise
        cid = request.cid(head)
        outputs = tuple([(labels.shown.get(n, n), ref.hid) for (n, _), ref in zip(parts, refs, strict=True)])
        version = head.split("\0")[2]
        rows.calls.append(
            CallRow(hid, cid, state.names.shown, version, run, running.started, duration, "ok", running.edges, outputs)
        )
        self.recorder.add(state, rows)
        single = len(refs) == 1 and op.outputs.nout in (None, 1)
        if single and alone:
            refs[0]._fresh = True
        entry = entry_of(refs, single)
        self.known.made(state, hid, cid, entry)
        state.computed += 1
        if self.recorder.chatty:
            log.debug("miss %s: computed in %.3g s", request.describe(), duration)
        state.mean_duration += (duration - state.mean_duration) / min(state.computed, 100)
        if request.inside_op:
            return value
        return op.outputs.join(refs)

    def _version_of(self, request: Request, running: Running) -> str:
        """The head of the new call's id, now that its version is known; the version's rows are added."""
        version, versions, components = running.trace.finish()
        if versions or components:
            self.recorder.describe(request.state)
            with self.writer.lock:
                pending = self.writer.pending()
                for v in versions:
                    pending.versions.setdefault(v.id, v)
                for c in components:
                    pending.components.setdefault(c.id, c)
            running.trace.handed(version)
        return call_head(request.state.names.identity, version)

    def _output(
        self, op: OpFunction[Any, Any], index: int, name: str, value: Any, hid: str, rows: Rows, run: str
    ) -> Ref:
        where = f"op {op.name}, output {name!r}"
        struct = op.outputs.struct_at(index)
        if isinstance(value, Ref):
            value = self.storage.load(value)
        if isinstance(value, Atom):
            value = value.value
        elif struct is not None:
            return take_apart(struct, value, hid, ElementEncoder(self.identifier, rows), run, self.storage, rows, where)
        ref = self.identifier.encode(value, hid, where, rows, op.outputs.transient_at(index))
        self.known.remember_row(rows.refs[-1])
        return ref

    def _failed(self, request: Request, running: Running, problem: Exception) -> None:
        """Record that a call raised, when asked to. It is never reused: its id is its own."""
        if not self.storage.record_failures:
            return
        op, rows = request.op, running.rows
        duration = time.perf_counter() - running.clock
        run = self.recorder.run_id()
        hid = output_id(request.hid(request.state.head), f"failed in {run} at {running.started!r}")
        cid = output_id(request.cid(request.state.head), "failed")
        rows.calls.append(
            CallRow(
                hid,
                cid,
                request.state.names.shown,
                op.version,
                run,
                running.started,
                duration,
                "failed",
                running.edges,
                (),
            )
        )
        self.recorder.add(request.state, rows)
        log.info("%s failed: %r", request.describe(), problem)
