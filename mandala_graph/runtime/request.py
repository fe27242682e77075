"""What is known of an op in a block, of one call that was asked for, and of one that runs. Data; others act on it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from mandala_graph import codecs
from mandala_graph.identity import call_head, simple_call_id
from mandala_graph.model import REF_TYPES, Ref
from mandala_graph.runtime import context
from mandala_graph.runtime.identify import Input
from mandala_graph.runtime.signature import Bound
from mandala_graph.runtime.structs import Rows
from mandala_graph.store.protocol import InputEdge, OutputRow
from mandala_graph.versions.names import OpNames

if TYPE_CHECKING:
    from mandala_graph.runtime.op import OpFunction
    from mandala_graph.storage import Storage
    from mandala_graph.versions import CodeState

__all__ = ["Entry", "OpState", "Request", "Running", "entry_of", "refs_of"]


Entry: TypeAlias = tuple[Any, ...]
"""A known call: whether the op returns its only output as it is, then hid, cid, type, structure of each output in order.

A flat tuple of strings, because a program remembers many thousands: Python's garbage collector looks at such a tuple
once and never again (https://docs.python.org/3/library/gc.html#gc.is_tracked), at an object of a class in every pass.
"""


def entry_of(outputs: Iterable[Ref | OutputRow], alone: bool) -> Entry:
    """What is remembered of a call; `alone` says that the op returns its only output as it is.

    >>> ref = REF_TYPES[None]("h" * 40, "c" * 40, "int")
    >>> entry_of([ref], True)[0], len(entry_of([ref] * 3, False))
    (True, 13)
    """
    return (alone, *chain.from_iterable([(o.hid, o.cid, o.type, o.structure) for o in outputs]))


def refs_of(entry: Entry, loader: Storage) -> list[Ref]:
    """Lazy refs of a known call's outputs."""
    parts = iter(entry[1:])
    return [REF_TYPES[s](h, c, t, loader=loader) for h, c, t, s in zip(parts, parts, parts, parts, strict=True)]


class OpState:
    """What a storage knows of one op in the current `with` block: versions to look for, and counts.

    `hits` were in memory, `found` in the store, `reused` had equal contents under another history,
    `computed` ran. `mean_duration` is a running mean of the latter, in seconds.
    """

    __slots__ = (
        "ahead", "asked_known", "asked_new", "block", "complete", "computed", "earlier", "found", "head", "heads",
        "hits", "known", "last", "mean_duration", "names", "op", "patience", "renamed_inputs", "reused", "snapshot", "versions",
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
        self.ahead = 0  # how many calls were last fetched ahead of one that was found
        self.last = ""  # the call that was last found by a question
        self.asked_known = 0  # questions about single calls that the store knew, and did not know
        self.asked_new = 0
        self.patience = 0  # how many of the latter are put up with before the ids of all calls are asked for

    def heads_for(self, absent: frozenset[str]) -> tuple[str, ...]:
        """The beginnings of the ids to look for: one a version that holds for the current code, newest first.

        `absent` are parameters with a `NewArgDefault` that has its default: the versions from before they
        existed hold too, whatever has changed since.
        """
        code = self.versions
        if code is not None and code.candidates is not self.known:
            self.known = code.candidates
            self.heads = tuple([call_head(self.names.identity, v) for v in code.candidates])
        if not absent or code is None:
            return self.heads
        more = self.earlier.get(absent)
        if more is None:
            more = tuple([call_head(self.names.identity, v) for v in code.earlier(absent)])
            self.earlier[absent] = more
        return (*self.heads, *(h for h in more if h not in self.heads))


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

    @property
    def heads(self) -> tuple[str, ...]:
        """The beginnings of the ids under which this call may be known, best first (see `OpState.heads_for`)."""
        return self.state.heads_for(self.absent)

    @property
    def key(self) -> str:
        """Its hid at the op's own version: what flights and leases go by."""
        return self.hid(self.state.head)

    @property
    def inside_op(self) -> bool:
        """Was it asked for by the body of another op?"""
        return self.here is not None and self.here.inside_op

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


def _short(i: Input) -> str:
    text = repr(i.ref) if i.ref is not None else codecs.describe(i.source)[1]
    return text if len(text) <= 40 else text[:37] + "..."
