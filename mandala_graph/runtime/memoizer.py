"""The path of one call: bind, identify, look up, run, record. What each step does is its module's.

Everything above asks a `Memoizer` to call an op. It knows which code and which block are current, and sees to it that
a call runs once: in this process by flights, among processes by leases.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mandala_graph.errors import OpDefinitionError, StoreError, UnhashableValue
from mandala_graph.identity import call_head
from mandala_graph.model import NOT_LOADED, AtomRef
from mandala_graph.runtime import context
from mandala_graph.runtime.flight import Flights, Waiter
from mandala_graph.runtime.identify import Identifier
from mandala_graph.runtime.known import Known
from mandala_graph.runtime.leases import Leases
from mandala_graph.runtime.recorder import Recorder
from mandala_graph.runtime.rename import load
from mandala_graph.runtime.request import Entry, OpState, Request, refs_of
from mandala_graph.runtime.runner import Runner
from mandala_graph.runtime.writer import Writer
from mandala_graph.structures import STRUCT_OP_NAMES
from mandala_graph.versions.names import Names, OpNames

if TYPE_CHECKING:
    from mandala_graph.runtime.op import OpFunction
    from mandala_graph.storage import Storage
    from mandala_graph.versions import CodeState, Versions

__all__ = ["Memoizer"]

log = logging.getLogger("mandala_graph")


class Memoizer:
    """Memoizes calls into one storage. Safe to use from any thread, task and process."""

    def __init__(
        self, storage: Storage, writer: Writer, *, cache_calls: int, versions: Versions | None, leases: Leases | None
    ) -> None:
        self.storage = storage
        self.leases = leases
        self.writer = writer
        self.store = writer.store
        self.versions = versions
        self.identifier = Identifier(storage)
        self.flights = Flights()
        self.recorder = Recorder(storage, writer)
        self.known = Known(storage, self.identifier, self.recorder, cache_calls)
        self.runner = Runner(storage, self.identifier, self.recorder, self.known)
        self.cache = self.known.cache
        self.states: dict[str, OpState] = {}
        self._names: Names | None = None
        self.block = 0
        self._told = [0, 0]
        self.epoch = self.store.epoch()
        self._lock = threading.Lock()
        _memoizers.add(self)

    # -- blocks and ops --------------------------------------------------------------------------------------
    def enter_block(self) -> None:
        """A `with` block begins: what was true of code and store before is asked again."""
        self.block += 1
        self.recorder.chatty = log.isEnabledFor(logging.DEBUG)
        epoch = self.store.epoch()
        if epoch != self.epoch:
            self.storage.forget()
            self.forget_names()
            self.epoch = epoch

    def leave_block(self) -> None:
        """The outermost block ends: so does its run."""
        if log.isEnabledFor(logging.INFO):
            computed = sum(s.computed for s in self.states.values())
            reused = sum(s.hits + s.found + s.reused for s in self.states.values())
            n, m = computed - self._told[0], reused - self._told[1]
            self._told = [computed, reused]
            log.info("%s: %d calls computed, %d reused in this block", self.storage.location, n, m)
        self.recorder.end_run()

    def forget(self) -> None:
        """Drop everything remembered about calls (something was deleted)."""
        self.known.forget()
        for state in self.states.values():
            state.snapshot, state.complete, state.ahead, state.last = None, False, 0, ""

    @property
    def names(self) -> Names:
        """What ops are called in the store."""
        names = self._names
        if names is None:
            names = self._names = load(self.store, self.storage.read_only)
        return names

    def forget_names(self) -> None:
        """Ask the store again what ops are called, and which versions there are (something was renamed or deleted)."""
        self._names = None
        for state in self.states.values():
            state.block = -1
        self.storage.known_ops.clear()
        if self.versions is not None:
            self.versions.forget()

    def state(self, op: OpFunction[Any, Any]) -> OpState:
        state = self.states.get(op.name)
        if state is None or state.op is not op or state.block != self.block:
            return self._new_state(op, state)
        if state.versions is not None:
            state.versions.glance()
        return state

    def _new_state(self, op: OpFunction[Any, Any], old: OpState | None) -> OpState:
        if op.name in STRUCT_OP_NAMES:
            raise OpDefinitionError(f"{op.name} is the name of a struct op: name yours by @op(name=...).")
        if old is not None and old.op is not op and old.op.module != op.module and old.op.is_live:
            raise OpDefinitionError(
                f"two ops are named {op.name!r}, one of {old.op.module} and one of {op.module}: "
                f"name one of them by @op(name=...)."
            )
        if old is not None and old.op is not op and old.op.outputs.nout != op.outputs.nout:
            self.writer.flush()  # what is remembered of its calls may not fit its outputs: the store is asked again
            self.known.forget()
        names = self.names.of(op)
        self._check_names(op, names)
        with self._lock:
            state = old if old is not None else OpState(op)
            state.op = op
            state.block = self.block
            state.names, state.renamed_inputs = names, names.inputs.ids
            state.head = call_head(names.identity, op.version)
            state.heads, state.known, state.earlier = (state.head,), None, {}
            if self.versions is not None:
                state.versions = self.versions.enter(op)
            self.states[op.name] = state
        if state.versions is not None:
            self._tell_active(state.versions)
        return state

    def _tell_active(self, code: CodeState) -> None:
        """Keep in the store which versions hold for the code as it is now; that it is told late harms nobody."""
        turned = code.turned()
        if turned and not self.storage.read_only:
            try:
                self.writer.flush()
                self.store.set_active(turned)
            except StoreError as problem:
                log.warning("which versions of %s are active could not be written: %s", code.op.name, problem)

    def _check_names(self, op: OpFunction[Any, Any], names: OpNames) -> None:
        if not self.names:
            return
        for other in self.states.values():
            if other.names.shown == names.shown and other.op.name != op.name and other.block == self.block:
                earlier = next(n for n in (op.name, other.op.name) if n != names.shown)
                raise OpDefinitionError(
                    f"ops {other.op.name!r} and {op.name!r} are one here: {earlier!r} was renamed to {names.shown!r}. "
                    f"Name one of them by @op(name=...), or give the old name free by "
                    f"storage.rename_op({names.shown!r}, {names.shown!r}, forward=False)."
                )

    def after_fork(self) -> None:
        """In a forked child no other thread runs a call."""
        self._lock = threading.Lock()
        self.flights.clear()
        if self.leases is not None:
            self.leases.after_fork()
        self.recorder.after_fork()

    def run_id(self) -> str:
        """The id of the run of this block."""
        return self.recorder.run_id()

    # -- calling ---------------------------------------------------------------------------------------------
    def call(
        self, op: OpFunction[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any], here: context.Context
    ) -> Any:
        """Call an op: refs of its outputs (or plain values inside another op's body)."""
        state = self.state(op)
        bound = op.signature.bind(args, kwargs)
        try:
            inputs = self.identifier.inputs(op, bound)
        except UnhashableValue as problem:
            if self.storage.on_unsaved == "return":
                return self.runner.uncached(op, bound, problem)
            raise
        request = Request(op, state, bound, inputs, here)
        for head in request.heads:
            entry = self.cache.get(request.hid(head))
            if entry is not None:
                state.hits += 1
                if self.recorder.chatty:
                    log.debug("hit %s: in memory", request.describe())
                result = self._refs(op, entry, here)
                return _done(result) if op.is_async else result
        return self._miss_async(request) if op.is_async else self._miss(request)

    def _refs(self, op: OpFunction[Any, Any], entry: Entry, here: context.Context | None) -> Any:
        """What a known call returns: lazy refs."""
        if here is not None and here.inside_op:
            return op.outputs.join([self.storage.load(r) for r in refs_of(entry, self.storage)])
        if entry[0] and entry[4] is None:
            return AtomRef(entry[1], entry[2], entry[3], NOT_LOADED, self.storage)
        return op.outputs.join(refs_of(entry, self.storage))

    def identified(self, request: Request) -> Request:
        """The same request anew, after a wait: others may have changed its arguments in place meanwhile."""
        return Request(
            request.op, request.state, request.bound, self.identifier.inputs(request.op, request.bound), request.here
        )

    def _miss(self, request: Request) -> Any:
        while True:
            flight = self.flights.take(request.key)
            if isinstance(flight, Waiter):
                self.flights.wait(flight)
                entry = self.known.in_memory(request)
                if entry is not None:
                    return self._refs(request.op, entry, request.here)
                request = self.identified(request)
                continue
            with flight:
                entry = self.known.find(request)
                if entry is not None:
                    return self._refs(request.op, entry, request.here)
                if self.leases is None or request.inside_op:
                    return self.runner.run(request)
                now, waited = request, False
                for wait in self.leases.waits():
                    with self._leased(request, self.leases) as (entry, ours):
                        if entry is not None:
                            return self._refs(request.op, entry, request.here)
                        if ours:
                            now = self.identified(request) if waited else request
                            if now.key == request.key:
                                return self.runner.run(now)
                            break
                    time.sleep(wait)
                    waited = True
            request = now

    async def _miss_async(self, request: Request) -> Any:
        while True:
            flight = self.flights.take(request.key)
            if isinstance(flight, Waiter):
                await self.flights.wait_async(flight)
                entry = self.known.in_memory(request)
                if entry is not None:
                    return self._refs(request.op, entry, request.here)
                request = self.identified(request)
                continue
            with flight:
                entry = self.known.find(request)
                if entry is not None:
                    return self._refs(request.op, entry, request.here)
                if self.leases is None or request.inside_op:
                    return await self.runner.run_async(request)
                import asyncio

                now, waited = request, False
                for wait in self.leases.waits():
                    with self._leased(request, self.leases) as (entry, ours):
                        if entry is not None:
                            return self._refs(request.op, entry, request.here)
                        if ours:
                            now = self.identified(request) if waited else request
                            if now.key == request.key:
                                return await self.runner.run_async(now)
                            break
                    await asyncio.sleep(wait)
                    waited = True
            request = now

    def look_again(self, state: OpState) -> None:
        """Learn of what other processes made: with a lease in hand, none makes the call now, but one may have made it."""
        self.store.settle()
        if state.versions is not None:
            state.versions.reload()

    @contextmanager
    def _leased(self, request: Request, leases: Leases) -> Iterator[tuple[Entry | None, bool]]:
        """Ask for the lease of a call: the call, if another process has made it meanwhile, and whether it is ours now.

        What the block computes is in the store before the lease is given back.
        """
        hid = request.key
        ours = leases.take(hid)
        try:
            self.look_again(request.state)
            entry = self.known.ask(request)
            yield entry, ours
            if ours and entry is None:
                self.writer.flush()
        finally:
            if ours:
                leases.give_back(hid)


_memoizers: weakref.WeakSet[Memoizer] = weakref.WeakSet()


def _in_child() -> None:
    for memoizer in list(_memoizers):
        memoizer.after_fork()


os.register_at_fork(after_in_child=_in_child)


async def _done(value: Any) -> Any:
    return value
