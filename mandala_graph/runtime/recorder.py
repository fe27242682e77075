"""From rows to the writer: the run that calls belong to, what their ops are, and the rows themselves."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from mandala_graph.runtime.request import OpState
from mandala_graph.runtime.runs import new_run
from mandala_graph.runtime.structs import Rows
from mandala_graph.runtime.writer import Writer
from mandala_graph.store.protocol import OpRow, RunRow

if TYPE_CHECKING:
    from mandala_graph.storage import Storage

__all__ = ["Recorder"]


class Recorder:
    """Adds rows to a storage's writer. `chatty` says that every call is logged."""

    def __init__(self, storage: Storage, writer: Writer) -> None:
        self.storage = storage
        self.writer = writer
        self.chatty = False
        self.run: RunRow | None = None
        self._lock = threading.Lock()

    def run_id(self) -> str:
        """The id of the run of this block, recorded with its first call."""
        run = self.run
        if run is None:
            with self._lock:
                run = self.run
                if run is None:
                    run = self.run = new_run()
                    with self.writer.lock:
                        self.writer.pending().runs[run.id] = run
        return run.id

    def end_run(self) -> None:
        """The outermost block ends: so does its run."""
        run = self.run
        if run is not None:
            with self.writer.lock:
                self.writer.pending().runs[run.id] = run._replace(ended=time.time())
            self.run = None

    def after_fork(self) -> None:
        """A forked child's calls are a run of their own."""
        self._lock = threading.Lock()
        self.run = None

    def add(self, state: OpState, rows: Rows) -> None:
        self.describe(state)
        self.writer.add(rows.calls, rows.refs, rows.values)

    def describe(self, state: OpState) -> None:
        """Write what the op is, the first time."""
        known, op = self.storage.known_ops, state.op
        if known.get(op.name) is not op:
            o, names = op.op, state.names
            inputs = tuple([names.inputs.shown.get(n, n) for n in o.inputs])
            outputs = tuple([names.outputs.shown.get(n, n) for n in o.outputs])
            identity = names.identity if names.identity != names.shown else ""
            with self.writer.lock:
                row = OpRow(names.shown, o.module, o.qualname, o.doc, inputs, outputs, identity)
                self.writer.pending().ops[names.shown] = row
            known[op.name] = op
