"""The calls that are known: in memory, then in the store. Nothing is run here.

What is kept in memory are the outputs of recent calls (`Entry`), never values that could change.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mandala_graph import codecs
from mandala_graph.errors import MandalaGraphError, OutputError
from mandala_graph.identity import output_id
from mandala_graph.model import Ref
from mandala_graph.runtime.cache import Generations
from mandala_graph.runtime.identify import Identifier
from mandala_graph.runtime.recorder import Recorder
from mandala_graph.runtime.request import Entry, OpState, Request, entry_of, refs_of
from mandala_graph.runtime.structs import Rows, rebase
from mandala_graph.runtime.writer import MAX_CALLS
from mandala_graph.store.protocol import SHORT_ID, CallRow, OutputsRow, RefRow

if TYPE_CHECKING:
    from mandala_graph.runtime.op import OpFunction
    from mandala_graph.storage import Storage

__all__ = ["Known", "in_program", "usable"]

log = logging.getLogger("mandala_graph")


_SNAPSHOT = 1_000_000
"""How many short ids are kept of one op's calls in a remote store, at about 80 bytes each."""
_FIRST_PAGE = 10_000
"""How many calls of an op are fetched from a remote store before the first is looked up."""
_PATIENCE = 300
"""After so many single questions about an op, about what they cost, more is fetched at once: what was asked next in an
earlier run if the calls were known, the ids of all calls if they were new."""
_IDS_A_QUESTION = 500
"""So many ids are fetched in the time of two questions: a program that makes few calls of an op with many does not
fetch the ids of all, and one that makes many spends on questions no more than the ids cost."""


class Known:
    """What one storage knows of calls: `cache` by hid, `by_content` by cid, `rows_of` the rows of refs made here."""

    def __init__(self, storage: Storage, identifier: Identifier, recorder: Recorder, cache_calls: int) -> None:
        self.storage = storage
        self.identifier = identifier
        self.recorder = recorder
        self.writer = recorder.writer
        self.store = recorder.writer.store
        self.cache: Generations[str, Entry] = Generations(cache_calls)
        self.by_content: Generations[str, Entry] = Generations(cache_calls)
        # May a call be forgotten here before it is written? Half of a cache outlasts the batch that is written and the next.
        self._forgets_early = cache_calls < 4 * MAX_CALLS
        self.rows_of: Generations[str, tuple[Any, ...]] = Generations(min(cache_calls, 50_000))
        self.doubted = False  # may refs that a program holds be of dropped calls?
        self._there: Generations[str, bool] = Generations(min(cache_calls, 50_000))

    def holds(self, ref: Ref) -> bool:
        """Is a ref that a program holds in the store? Asked once a ref, if it came from elsewhere or something was deleted."""
        doubted = self.doubted or ref._loader is None
        if not doubted or self.storage.read_only or self.rows_of.get(ref.hid) is not None:
            return True
        if self._there.get(ref.hid) is None:
            self.writer.flush()
            if not self.store.refs([ref.hid]):
                return False
            self._there[ref.hid] = True
        return True

    def forget(self) -> None:
        """Drop everything remembered (something was deleted)."""
        self.doubted = True
        self._there.clear()
        self.cache.clear()
        self.by_content.clear()
        self.rows_of.clear()

    def made(self, state: OpState, hid: str, cid: str, entry: Entry) -> None:
        """Remember a call that ran."""
        self.cache[hid] = entry
        self.by_content[cid] = entry
        if state.complete and isinstance(state.snapshot, set):
            state.snapshot.add(_short_id(hid))
            state.snapshot.add(_short_id(cid))
            state.complete = len(state.snapshot) < _SNAPSHOT

    def in_memory(self, request: Request) -> Entry | None:
        """The call among those remembered (another thread may have made it a moment ago)."""
        for head in request.heads:
            entry = self.cache.get(request.hid(head))
            if entry is not None:
                request.state.hits += 1
                return entry
        return None

    def find(self, request: Request) -> Entry | None:
        """The call if it is known, in memory or in the store; never runs it."""
        return self.in_memory(request) or self._in_store(request)

    def _in_store(self, request: Request) -> Entry | None:
        """The call in the store: by its history, else by its contents (the new history is then recorded)."""
        for head in request.heads:
            entry = self.by_content.get(request.cid(head))
            if entry is not None:
                return self._reuse(request, head, entry)
        return self.ask(request) if self._worth_asking(request) else None

    def ask(self, request: Request) -> Entry | None:
        """The call, if the store has it."""
        op, state = request.op, request.state
        heads = request.heads
        cids = [request.cid(head) for head in heads]
        hids = [request.hid(head) for head in heads]
        if self._forgets_early and self.writer.holds(hids):
            self.writer.flush()
        by_hid, by_cid = self.store.lookup(hids, cids)
        for hid in hids:
            row = in_program(state, by_hid.get(hid))
            if row is not None and usable(op, row):
                self._check_outputs(request, row)
                state.found += 1
                state.asked_known += 1
                state.last = row.hid
                if self.recorder.chatty:
                    log.debug("hit %s: in the store", request.describe())
                return self.learn(op, row)
        for cid, head in zip(cids, heads, strict=True):
            row = in_program(state, by_cid.get(cid))
            if row is not None and row.hid not in hids and usable(op, row):
                self._check_outputs(request, row)
                state.asked_known += 1
                state.last = row.hid
                return self._reuse(request, head, self._entry(op, row))
        state.asked_new += 1
        return None

    def _check_outputs(self, request: Request, row: OutputsRow) -> None:
        """A known call must have as many outputs as the op has now."""
        wanted = request.op.outputs
        if wanted.nout is not None and len(row.outputs) != wanted.nout:
            had = ", ".join(sorted(o.name for o in row.outputs))
            now = ", ".join(wanted.names) if wanted.names else f"{wanted.nout} (nout)"
            raise OutputError(
                f"{request.describe()} was computed before, with other outputs ({had}) than op {request.op.name} has now "
                f"({now}), and nothing else says that it changed: give it another version, @op(version=...), or drop "
                f"the call, storage.drop_calls({row.hid!r})."
            )

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
            state.asked_new, state.patience = 0, _PATIENCE
        elif state.asked_new >= state.patience and not state.complete:
            limit = min(state.asked_new * _IDS_A_QUESTION, _SNAPSHOT // 2)
            ids = self.store.call_ids(state.names.shown, limit)
            if ids is None:
                state.patience *= 2
            else:
                state.snapshot, state.complete = set(map(_short_id, ids)), True
        elif state.asked_known >= _PATIENCE:
            self._read_ahead(state)
        if not state.complete or state.computed == 0 or state.mean_duration > 5 * self.store.round_trip:
            return True
        known = state.snapshot or frozenset()
        return any(_short_id(request.hid(h)) in known or _short_id(request.cid(h)) in known for h in request.heads)

    def _prefetch(self, state: OpState, limit: int) -> None:
        """Fetch the newest calls of an op from a remote store."""
        self.writer.flush()
        rows, complete = self.store.prefetch(state.names.shown, limit)
        self._learn_all(state, reversed(rows))
        if complete:
            state.snapshot, state.complete = {_short_id(i) for row in rows for i in (row.hid, row.cid)}, True
        elif state.snapshot is None:
            state.snapshot = frozenset()

    def _read_ahead(self, state: OpState) -> None:
        """Fetch the calls that began after the one last found: a program that runs again calls in the same order."""
        state.asked_known = 0
        state.ahead = min(max(_FIRST_PAGE, 4 * state.ahead), self.storage.prefetch)
        self._learn_all(state, self.store.read_ahead(state.last, state.ahead))

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
        return entry_of(ordered, len(ordered) == 1 and op.outputs.nout in (None, 1))

    def learn(self, op: OpFunction[Any, Any], row: OutputsRow) -> Entry:
        """Remember a call of the store."""
        entry = self._entry(op, row)
        self.cache[row.hid] = entry
        self.by_content[row.cid] = entry
        return entry

    def _learn_all(self, state: OpState, rows: Iterable[OutputsRow]) -> None:
        """Remember those calls of the store whose outputs are there."""
        for row in in_program_all(state, rows):
            if usable(state.op, row):
                self.learn(state.op, row)

    def _reuse(self, request: Request, head: str, old: Entry) -> Entry:
        """Record a call whose contents are known under another history, with the known outputs."""
        op = request.op
        rows = Rows()
        read_only = self.storage.read_only
        run = "" if read_only else self.recorder.run_id()
        hid = request.hid(head)
        called = request.state.names
        edges = self.identifier.save(op, request.inputs, rows, called.inputs.shown)
        names = [op.outputs.names[i] if op.outputs.names else f"output_{i}" for i in range(len(old) // 4)]
        refs = []
        for name, ref in zip(names, refs_of(old, self.storage), strict=True):
            key_ref = self.identifier.key_encoder(rows)
            new_hid = output_id(hid, called.outputs.ids.get(name, name))
            refs.append(rebase(ref, new_hid, key_ref, self.template, run, self.storage, rows))
        version = head.split("\0")[2]
        outputs = tuple([(called.outputs.shown.get(n, n), r.hid) for n, r in zip(names, refs, strict=True)])
        rows.calls.append(
            CallRow(hid, request.cid(head), called.shown, version, run, time.time(), 0.0, "ok", edges, outputs)
        )
        if not read_only:
            self.recorder.add(request.state, rows)
        entry = self.cache[hid] = entry_of(refs, old[0])
        request.state.reused += 1
        if self.recorder.chatty:
            log.debug("hit %s: equal contents of another history", request.describe())
        return entry

    def template(self, ref: Ref) -> RefRow:
        """The row of a ref that is recorded already."""
        known = self.rows_of.get(ref.hid)
        if known is not None:
            return RefRow._make(known)
        self.writer.flush()
        row = self.store.refs([ref.hid]).get(ref.hid)
        if row is None:
            raise MandalaGraphError(f"{ref!r} is not in the store any more: run the block again.")
        return row

    def remember_row(self, row: RefRow) -> None:
        """Remember the row of a ref made here, as a plain tuple (for the reason that `Entry` gives)."""
        self.rows_of[row[0]] = tuple(row)

    def warm(self, requests: Iterable[Request]) -> None:
        """Look many calls of one op up in a few statements, so that calling them finds them in memory."""
        hids: list[str] = []
        cids: list[str] = []
        state: OpState | None = None
        for request in requests:
            state = request.state
            heads = request.heads
            hids += [h for h in map(request.hid, heads) if self.cache.get(h) is None]
            cids += [c for c in map(request.cid, heads) if self.by_content.get(c) is None]
        if state is None or not hids:
            return
        op = state.op
        by_hid, by_cid = self.store.lookup(hids, cids)
        self._learn_all(state, by_hid.values())
        for row in in_program_all(state, by_cid.values()):
            if usable(op, row):
                self.by_content[row.cid] = self._entry(op, row)


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
    return int(id[:SHORT_ID], 16)
