"""The path of one call: bind, identify, look up, run, record.

Everything above asks a `Memoizer` to call an op; it asks the store and the codecs. What is kept in memory
are the outputs of recent calls (`Entry`), never values that could change.
"""

from __future__ import annotations

import inspect
import logging
import os
import sys
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mandala_graph import codecs
from mandala_graph.errors import MandalaGraphError, MissingCall, OpDefinitionError, UnhashableValue, UnsavableValue
from mandala_graph.identity import call_head, output_id, simple_call_id
from mandala_graph.model import NOT_LOADED, REF_TYPES, AtomRef, Ref
from mandala_graph.runtime import context
from mandala_graph.runtime.cache import Generations
from mandala_graph.runtime.flight import Flights, Waiter
from mandala_graph.runtime.identify import ElementEncoder, Identifier, Input
from mandala_graph.runtime.leases import Leases
from mandala_graph.runtime.markers import Atom, Ignored, ValuePointer
from mandala_graph.runtime.rename import load
from mandala_graph.runtime.runs import new_run
from mandala_graph.runtime.signature import Bound
from mandala_graph.runtime.structs import Rows, rebase, take_apart
from mandala_graph.runtime.writer import Writer
from mandala_graph.store.protocol import CallRow, InputEdge, OpRow, OutputsRow, RefRow, RunRow
from mandala_graph.structures import STRUCT_OP_NAMES
from mandala_graph.versions.names import Names, OpNames

if TYPE_CHECKING:
    from mandala_graph.runtime.op import OpFunction
    from mandala_graph.storage import Storage
    from mandala_graph.versions import CodeState, Versions

__all__ = ["Entry", "Memoizer", "OpState", "Request"]

log = logging.getLogger("mandala_graph")


_SNAPSHOT = 1_000_000
"""How many short ids are kept of one op's calls in a remote store, at about 80 bytes each."""
_FIRST_PAGE = 10_000
"""How many calls of an op are fetched from a remote store before the first is looked up."""
_PATIENCE = 300
"""After so many single questions about an op, about what they cost, more is fetched at once."""


class Entry:
    """The outputs of a known call, in the op's order: (hid, cid, type, structure) each."""

    __slots__ = ("hid", "outputs", "single")

    def __init__(self, hid: str, outputs: tuple[tuple[str, str, str, str | None], ...], alone: bool) -> None:
        self.hid = hid
        self.outputs = outputs
        self.single = outputs[0] if alone and outputs[0][3] is None else None

    def refs(self, loader: Storage) -> list[Ref]:
        return [REF_TYPES[s](h, c, t, loader=loader) for h, c, t, s in self.outputs]


class OpState:
    """What a storage knows of one op in the current `with` block: versions to look for, and counts.

    `hits` were in memory, `found` in the store, `reused` had equal contents under another history,
    `computed` ran. `mean_duration` is a running mean of the latter, in seconds.
    """

    __slots__ = (
        "asked_known", "asked_new", "block", "complete", "computed", "earlier", "fetched", "found", "head", "heads",
        "hits", "known", "mean_duration", "names", "op", "renamed_inputs", "reused", "snapshot", "versions",
    )  # fmt: skip

    def __init__(self, op: OpFunction[Any, Any]) -> None:
        self.op = op
        self.block = -1
        self.names = OpNames(op.name, op.name)
        self.renamed_inputs: Mapping[str, str] = {}  # program's name -> name in ids, where they differ
        self.versions: CodeState | None = None
        self.head = ""
        self.known: tuple[str, ...] | None = None  # the versions that `heads` was made from
        self.heads: tuple[str, ...] = ()
        self.earlier: dict[frozenset[str], tuple[str, ...]] = {}
        self.hits = 0
        self.reused = 0
        self.computed = 0
        self.found = 0
        self.mean_duration = 0.0
        self.snapshot: set[int] | frozenset[int] | None = None  # short ids of the calls known to be in the store
        self.complete = False  # are all of them in `snapshot`?
        self.fetched = False  # were many fetched at once?
        self.asked_known = 0  # questions about single calls that the store knew, and did not know
        self.asked_new = 0


class Request:
    """One call that was asked for, bound and identified."""

    __slots__ = ("_cids", "_hids", "absent", "bound", "here", "inputs", "op", "pairs", "state")

    def __init__(
        self, op: OpFunction[Any, Any], state: OpState, bound: Bound, inputs: list[Input], here: context.Context | None
    ) -> None:
        self.op = op
        self.state = state
        self.bound = bound
        renamed = state.renamed_inputs
        if renamed:
            inputs.sort(key=lambda i: renamed.get(i.name, i.name))
            self.pairs = [(renamed.get(i.name, i.name), i.hid) for i in inputs]
        else:
            self.pairs = [(i.name, i.hid) for i in inputs]
        self.inputs = inputs
        self.here = here
        self._hids: dict[str, str] = {}
        self._cids: dict[str, str] = {}
        self.absent: frozenset[str] = frozenset()
        if op.signature.new_defaults:
            present = {i.name for i in inputs}
            self.absent = frozenset(n for n in op.signature.new_defaults if n not in present)

    def hid(self, head: str) -> str:
        found = self._hids.get(head)
        if found is None:
            found = self._hids[head] = simple_call_id(head, self.pairs)
        return found

    def cid(self, head: str) -> str:
        found = self._cids.get(head)
        if found is None:
            found = self._cids[head] = simple_call_id(
                head, [(n, i.cid) for (n, _), i in zip(self.pairs, self.inputs, strict=True)]
            )
        return found

    def describe(self) -> str:
        return f"{self.op.name}({', '.join(f'{i.name}={_short(i)}' for i in self.inputs)})"


class Running:
    """A call that runs: what is already known of its record."""

    __slots__ = ("clock", "edges", "rows", "started", "trace")

    def __init__(self, edges: tuple[InputEdge, ...], rows: Rows, trace: Any) -> None:
        self.edges = edges
        self.rows = rows
        self.trace = trace
        self.started = time.time()
        self.clock = time.perf_counter()


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
        self.cache: Generations[str, Entry] = Generations(cache_calls)
        self.by_content: Generations[str, Entry] = Generations(cache_calls)
        self.rows_of: Generations[str, RefRow] = Generations(min(cache_calls, 50_000))
        self.states: dict[str, OpState] = {}
        self._names: Names | None = None
        self.block = 0
        self.chatty = False  # is every call logged?
        self._told = [0, 0]
        self.epoch = self.store.epoch()
        self.run: RunRow | None = None
        self._lock = threading.Lock()
        _memoizers.add(self)

    # -- blocks and ops --------------------------------------------------------------------------------------
    def enter_block(self) -> None:
        """A `with` block begins: what was true of code and store before is asked again."""
        self.block += 1
        self.chatty = log.isEnabledFor(logging.DEBUG)
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
        run = self.run
        if run is not None:
            with self.writer.lock:
                self.writer.pending().runs[run.id] = run._replace(ended=time.time())
            self.run = None

    def forget(self) -> None:
        """Drop everything remembered about calls (something was deleted)."""
        self.cache.clear()
        self.by_content.clear()
        self.rows_of.clear()
        for state in self.states.values():
            state.snapshot, state.complete, state.fetched = None, False, False

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
            state = self._new_state(op, state)
        return state

    def _new_state(self, op: OpFunction[Any, Any], old: OpState | None) -> OpState:
        if op.name in STRUCT_OP_NAMES:
            raise OpDefinitionError(f"{op.name} is the name of a struct op: name yours by @op(name=...).")
        if old is not None and old.op is not op and old.op.module != op.module and old.op.is_live:
            raise OpDefinitionError(
                f"two ops are named {op.name!r}, one of {old.op.module} and one of {op.module}: "
                f"name one of them by @op(name=...)."
            )
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
        return state

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
        """In a forked child no other thread runs a call, and its calls are a run of their own."""
        self._lock = threading.Lock()
        self.flights.clear()
        if self.leases is not None:
            self.leases.after_fork()
        self.run = None

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

    def heads(self, state: OpState, absent: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """The beginnings of the ids to look for: one a version that holds for the current code, newest first.

        `absent` are parameters with a `NewArgDefault` that has its default: the versions from before they
        existed hold too, whatever has changed since.
        """
        code = state.versions
        if code is not None and code.candidates is not state.known:
            state.known = code.candidates
            state.heads = tuple([call_head(state.names.identity, v) for v in code.candidates])
        if not absent or code is None:
            return state.heads
        more = state.earlier.get(absent)
        if more is None:
            more = tuple([call_head(state.names.identity, v) for v in code.earlier(absent)])
            state.earlier[absent] = more
        return (*state.heads, *(h for h in more if h not in state.heads))

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
                return self._uncached(op, bound, problem)
            raise
        request = Request(op, state, bound, inputs, here)
        for head in self.heads(state, request.absent):
            entry = self.cache.get(request.hid(head))
            if entry is not None:
                state.hits += 1
                if self.chatty:
                    log.debug("hit %s: in memory", request.describe())
                result = self._refs(op, entry, here)
                return _done(result) if op.is_async else result
        return self._miss_async(request) if op.is_async else self._miss(request)

    def _refs(self, op: OpFunction[Any, Any], entry: Entry, here: context.Context | None) -> Any:
        """What a known call returns: lazy refs."""
        single = entry.single
        if here is not None and here.inside_op:
            return op.outputs.join([self.storage.load(r) for r in entry.refs(self.storage)])
        if single is not None:
            return AtomRef(single[0], single[1], single[2], NOT_LOADED, self.storage)
        return op.outputs.join(entry.refs(self.storage))

    def _miss(self, request: Request) -> Any:
        while True:
            flight = self.flights.take(request.hid(request.state.head))
            if isinstance(flight, Waiter):
                self.flights.wait(flight)
                entry = self._in_memory(request)
                if entry is not None:
                    return self._refs(request.op, entry, request.here)
                continue
            with flight:
                entry = self.lookup_only(request)
                if entry is not None:
                    return self._refs(request.op, entry, request.here)
                if self.leases is None or _inside(request):
                    return self._run(request)
                for wait in self.leases.waits():
                    with self._leased(request, self.leases) as (entry, ours):
                        if entry is not None:
                            return self._refs(request.op, entry, request.here)
                        if ours:
                            return self._run(request)
                    time.sleep(wait)

    async def _miss_async(self, request: Request) -> Any:
        while True:
            flight = self.flights.take(request.hid(request.state.head))
            if isinstance(flight, Waiter):
                await self.flights.wait_async(flight)
                entry = self._in_memory(request)
                if entry is not None:
                    return self._refs(request.op, entry, request.here)
                continue
            with flight:
                entry = self.lookup_only(request)
                if entry is not None:
                    return self._refs(request.op, entry, request.here)
                if self.leases is None or _inside(request):
                    return await self._run_async(request)
                import asyncio

                for wait in self.leases.waits():
                    with self._leased(request, self.leases) as (entry, ours):
                        if entry is not None:
                            return self._refs(request.op, entry, request.here)
                        if ours:
                            return await self._run_async(request)
                    await asyncio.sleep(wait)

    @contextmanager
    def _leased(self, request: Request, leases: Leases) -> Iterator[tuple[Entry | None, bool]]:
        """Ask for the lease of a call: the call, if another process has made it meanwhile, and whether it is ours now.

        What the block computes is in the store before the lease is given back.
        """
        hid = request.hid(request.state.head)
        ours = leases.take(hid)
        try:
            self.store.settle()
            if request.state.versions is not None:
                request.state.versions.reload()
            entry = self._ask(request)
            yield entry, ours
            if ours and entry is None:
                self.writer.flush()
        finally:
            if ours:
                leases.give_back(hid)

    # -- looking up ------------------------------------------------------------------------------------------
    def _in_memory(self, request: Request) -> Entry | None:
        """The call among those remembered (another thread may have made it a moment ago)."""
        for head in self.heads(request.state, request.absent):
            entry = self.cache.get(request.hid(head))
            if entry is not None:
                request.state.hits += 1
                return entry
        return None

    def lookup_only(self, request: Request) -> Entry | None:
        """The call if it is known, in memory or in the store; never runs it."""
        return self._in_memory(request) or self._find(request)

    def _find(self, request: Request) -> Entry | None:
        """The call in the store: by its history, else by its contents (the new history is then recorded)."""
        for head in self.heads(request.state, request.absent):
            entry = self.by_content.get(request.cid(head))
            if entry is not None:
                return self._reuse(request, head, entry)
        return self._ask(request) if self._worth_asking(request) else None

    def _ask(self, request: Request) -> Entry | None:
        """The call, if the store has it."""
        op, state = request.op, request.state
        heads = self.heads(state, request.absent)
        cids = [request.cid(head) for head in heads]
        hids = [request.hid(head) for head in heads]
        by_hid, by_cid = self.store.lookup(hids, cids)
        for hid in hids:
            row = in_program(state, by_hid.get(hid))
            if row is not None and usable(op, row):
                state.found += 1
                state.asked_known += 1
                if self.chatty:
                    log.debug("hit %s: in the store", request.describe())
                return self.learn(op, row)
        for cid, head in zip(cids, heads, strict=True):
            row = in_program(state, by_cid.get(cid))
            if row is not None and row.hid not in hids and usable(op, row):
                state.asked_known += 1
                return self._reuse(request, head, self._entry(op, row))
        state.asked_new += 1
        return None

    def _worth_asking(self, request: Request) -> bool:
        """Is the store worth asking? It is, unless asking costs more than computing, and we know the calls.

        Over a network, an op's calls are fetched in bulk first; after that a call that is not among them is
        new, or another process is making it at this moment. Short ops then run at once (writing a call twice
        is harmless); long ones ask.
        """
        if self.store.round_trip < 2e-4:
            return True
        state = request.state
        if state.snapshot is None:
            self._prefetch(state, _FIRST_PAGE)
        elif state.asked_new >= _PATIENCE and not state.complete:
            state.asked_new = 0
            ids = self.store.call_ids(state.names.shown, _SNAPSHOT // 2)
            if ids is not None:
                state.snapshot, state.complete = {_short_id(i) for pair in ids for i in pair}, True
        elif state.asked_known >= _PATIENCE and not state.fetched:
            self._prefetch(state, self.storage.prefetch)
            state.fetched = True
        if not state.complete or state.computed == 0 or state.mean_duration > 5 * self.store.round_trip:
            return True
        known = state.snapshot or frozenset()
        return any(
            _short_id(request.hid(h)) in known or _short_id(request.cid(h)) in known
            for h in self.heads(state, request.absent)
        )

    def _prefetch(self, state: OpState, limit: int) -> None:
        """Fetch the newest calls of an op from a remote store."""
        self.writer.flush()
        rows, complete = self.store.prefetch(state.names.shown, limit)
        for row in in_program_all(state, reversed(rows)):
            if usable(state.op, row):
                self.learn(state.op, row)
        if complete:
            state.snapshot, state.complete = {_short_id(i) for row in rows for i in (row.hid, row.cid)}, True
        elif state.snapshot is None:
            state.snapshot = frozenset()

    def _entry(self, op: OpFunction[Any, Any], row: OutputsRow) -> Entry:
        try:
            ordered = sorted(row.outputs, key=lambda o: op.outputs.position(o.name))
        except (ValueError, IndexError):
            ordered = sorted(row.outputs)  # outputs named by an earlier definition of the op: by name
        for o in ordered:
            if o.value is not None or o.type == "NoneType":
                value = codecs.from_native(o.type, o.value)
                if value is not codecs.MISSING:
                    self.storage.remember(o.cid, value)
        outputs = tuple([(o.hid, o.cid, o.type, o.structure) for o in ordered])
        return Entry(row.hid, outputs, len(outputs) == 1 and op.outputs.nout in (None, 1))

    def learn(self, op: OpFunction[Any, Any], row: OutputsRow) -> Entry:
        """Remember a call of the store."""
        entry = self._entry(op, row)
        self.cache[row.hid] = entry
        self.by_content[row.cid] = entry
        return entry

    def _reuse(self, request: Request, head: str, old: Entry) -> Entry:
        """Record a call whose contents are known under another history, with the known outputs."""
        op = request.op
        rows = Rows()
        run = self.run_id()
        hid = request.hid(head)
        called = request.state.names
        edges = self.identifier.save(op, request.inputs, rows, called.inputs.shown)
        names = [op.outputs.names[i] if op.outputs.names else f"output_{i}" for i in range(len(old.outputs))]
        refs = []
        for name, ref in zip(names, old.refs(self.storage), strict=True):
            key_ref = self.identifier.key_encoder(rows)
            new_hid = output_id(hid, called.outputs.ids.get(name, name))
            refs.append(rebase(ref, new_hid, key_ref, self.template, run, self.storage, rows))
        version = head.split("\0")[2]
        outputs = tuple([(called.outputs.shown.get(n, n), r.hid) for n, r in zip(names, refs, strict=True)])
        rows.calls.append(
            CallRow(hid, request.cid(head), called.shown, version, run, time.time(), 0.0, "ok", edges, outputs)
        )
        self._add(request.state, rows)
        entry = self.cache[hid] = Entry(
            hid, tuple([(r.hid, r.cid, r.type, r.structure) for r in refs]), old.single is not None
        )
        request.state.reused += 1
        if self.chatty:
            log.debug("hit %s: equal contents of another history", request.describe())
        return entry

    def template(self, ref: Ref) -> RefRow:
        """The row of a ref that is recorded already."""
        row = self.rows_of.get(ref.hid)
        if row is None:
            self.writer.flush()
            row = self.store.refs([ref.hid]).get(ref.hid)
            if row is None:
                raise MandalaGraphError(f"{ref!r} is not in the store any more: run the block again.")
        return row

    def warm(self, requests: Iterable[Request]) -> None:
        """Look many calls of one op up in a few statements, so that calling them finds them in memory."""
        hids: list[str] = []
        cids: list[str] = []
        state: OpState | None = None
        for request in requests:
            state = request.state
            heads = self.heads(request.state, request.absent)
            hids += [h for h in map(request.hid, heads) if self.cache.get(h) is None]
            cids += [c for c in map(request.cid, heads) if self.by_content.get(c) is None]
        if state is None or not hids:
            return
        op = state.op
        by_hid, by_cid = self.store.lookup(hids, cids)
        for row in in_program_all(state, by_hid.values()):
            if usable(op, row):
                self.learn(op, row)
        for row in in_program_all(state, by_cid.values()):
            if usable(op, row):
                self.by_content[row.cid] = self._entry(op, row)

    # -- running ---------------------------------------------------------------------------------------------
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
        rows = Rows()
        self.run_id()
        edges = self.identifier.save(request.op, request.inputs, rows, request.state.names.inputs.shown)
        versions = request.state.versions
        return Running(edges, rows, versions.running(concurrent) if versions is not None else None)

    def _run(self, request: Request) -> Any:
        op = request.op
        try:
            running = self.begin(request, concurrent=False)
        except (UnsavableValue, UnhashableValue) as problem:
            if self.storage.on_unsaved == "return":
                return self._uncached(op, request.bound, problem)
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

    async def _run_async(self, request: Request) -> Any:
        op = request.op
        try:
            running = self.begin(request, concurrent=True)
        except (UnsavableValue, UnhashableValue) as problem:
            if self.storage.on_unsaved != "return":
                raise
            result = self._uncached(op, request.bound, problem)
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

    def _uncached(self, op: OpFunction[Any, Any], bound: Bound, problem: MandalaGraphError) -> Any:
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
        run = self.run_id()
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
        self._add(state, rows)
        single = len(refs) == 1 and op.outputs.nout in (None, 1)
        if single and alone:
            refs[0]._fresh = True
        entry = Entry(hid, tuple([(r.hid, r.cid, r.type, r.structure) for r in refs]), single)
        self.cache[hid] = entry
        self.by_content[cid] = entry
        if state.complete and isinstance(state.snapshot, set):
            state.snapshot.add(_short_id(hid))
            state.snapshot.add(_short_id(cid))
            state.complete = len(state.snapshot) < _SNAPSHOT
        state.computed += 1
        if self.chatty:
            log.debug("miss %s: computed in %.3g s", request.describe(), duration)
        state.mean_duration += (duration - state.mean_duration) / min(state.computed, 100)
        if request.here is not None and request.here.inside_op:
            return value
        return op.outputs.join(refs)

    def _version_of(self, request: Request, running: Running) -> str:
        """The head of the new call's id, now that its version is known; the version's rows are added."""
        version, versions, components = running.trace.finish()
        if versions or components:
            self._describe(request.state)
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
        self.rows_of[hid] = rows.refs[-1]
        return ref

    def _failed(self, request: Request, running: Running, problem: Exception) -> None:
        """Record that a call raised, when asked to. It is never reused: its id is its own."""
        if not self.storage.record_failures:
            return
        op, rows = request.op, running.rows
        duration = time.perf_counter() - running.clock
        run = self.run_id()
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
        self._add(request.state, rows)
        log.info("%s failed: %r", request.describe(), problem)

    def _add(self, state: OpState, rows: Rows) -> None:
        self._describe(state)
        self.writer.add(rows.calls, rows.refs, rows.values)

    def _describe(self, state: OpState) -> None:
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


_memoizers: weakref.WeakSet[Memoizer] = weakref.WeakSet()


def _in_child() -> None:
    for memoizer in list(_memoizers):
        memoizer.after_fork()


os.register_at_fork(after_in_child=_in_child)


def _inside(request: Request) -> bool:
    return request.here is not None and request.here.inside_op


def in_program(state: OpState, row: OutputsRow | None) -> OutputsRow | None:
    """A row of the store with its outputs named as the program names them."""
    program = state.names.outputs.program
    if not program or row is None:
        return row
    return row._replace(outputs=tuple([o._replace(name=program.get(o.name, o.name)) for o in row.outputs]))


def in_program_all(state: OpState, rows: Iterable[OutputsRow]) -> Iterable[OutputsRow]:
    return rows if not state.names.outputs.program else [r for r in (in_program(state, row) for row in rows) if r]


def usable(op: OpFunction[Any, Any], row: OutputsRow) -> bool:
    """Are all outputs there, or declared transient? A call with dropped values runs again."""
    gone = [o.name for o in row.outputs if o.dropped is not None]
    return bool(row.outputs) and all(map(op.outputs.is_transient, gone))


def _short_id(id: str) -> int:
    """Enough of an id to say that a call is not among those known (a collision costs a question)."""
    return int(id[:15], 16)


def _short(i: Input) -> str:
    text = repr(i.ref) if i.ref is not None else codecs.describe(i.source)[1]
    return text if len(text) <= 40 else text[:37] + "..."


async def _done(value: Any) -> Any:
    return value
