"""What a store is: plain rows in, plain rows out. No SQL, no Bolt, no values, no user code here.

A store keeps the provenance graph of `mandala_graph.graph` and the bytes of values. The rows below are
all that crosses its border. `hid`, `cid` are 40 hex characters; times are seconds since the epoch.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeAlias

__all__ = [
    "MAX_ROWS",
    "SETTLE_SECONDS",
    "SHORT_ID",
    "Batch",
    "CallRow",
    "ChangeRow",
    "ComponentRow",
    "Edges",
    "GraphNode",
    "GraphPath",
    "GraphRelationship",
    "InputEdge",
    "Native",
    "OpRow",
    "OutputRow",
    "OutputsRow",
    "Plan",
    "RefRow",
    "Renaming",
    "RunRow",
    "Store",
    "StoreInfo",
    "Stream",
    "Table",
    "VersionRow",
    "plain_call",
]

MAX_ROWS = 1_000_000
"""Rows that a query's table may have unless more are allowed: a table of them fits the memory of a laptop."""

Native: TypeAlias = str | int | float | bool | None
"""A value that the graph itself can hold (a Ref's `value`)."""


class RefRow(NamedTuple):
    """One Ref node. `value` is None when the value is not native; `structure` is list/dict/set/tuple or None."""

    hid: str
    cid: str
    type: str
    preview: str
    nbytes: int
    value: Native = None
    structure: str | None = None
    dropped: float | None = None


class InputEdge(NamedTuple):
    """One INPUT edge. `index` is None but for the elements of struct ops, where labels repeat."""

    name: str
    ref: str
    index: int | None = None  # type: ignore[assignment]  # hides tuple.index, on purpose


class CallRow(NamedTuple):
    """One Call node with its edges. `outputs` holds (name, ref hid), names unique."""

    hid: str
    cid: str
    op: str
    version: str
    run: str
    started: float
    duration: float
    status: str  # "ok", "failed"
    inputs: tuple[InputEdge, ...]
    outputs: tuple[tuple[str, str], ...]


def plain_call(call: CallRow) -> Any:
    """The same row made of nothing but plain tuples, which Python's garbage collector looks at once and never again.

    Rows with names it would look at in every pass (https://docs.python.org/3/library/gc.html#gc.is_tracked), which
    costs a program that has thousands of them waiting to be written more than the rows.

    >>> call = CallRow("h" * 40, "i" * 40, "f", "", "run", 1.0, 0.5, "ok", (InputEdge("x", "r" * 40),), ())
    >>> plain = plain_call(call)
    >>> plain == call, type(plain), type(plain[8][0])
    (True, <class 'tuple'>, <class 'tuple'>)
    """
    return (*call[:8], tuple([tuple(edge) for edge in call[8]]), call[9])


class OutputRow(NamedTuple):
    """What a hit needs of one output, in one row."""

    name: str
    hid: str
    cid: str
    type: str
    value: Native
    structure: str | None
    dropped: float | None


class OutputsRow(NamedTuple):
    """What a hit needs of one call: its ids, and its outputs in any order."""

    hid: str
    cid: str
    op: str
    outputs: tuple[OutputRow, ...]


class OpRow(NamedTuple):
    """One Op node.

    `identity` is the name that its calls' ids were made with, where that is not `name`; `renamed` tells what was
    renamed, oldest first (see `mandala_graph.versions.names`).
    """

    name: str
    module: str
    qualname: str
    doc: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    identity: str = ""
    renamed: tuple[str, ...] = ()


class Renaming(NamedTuple):
    """A change of one name: of an op (`kind` is "op"), or of an input or output of it ("input", "output").

    `before` and `after` are the op's row. A store refuses it where the op's `renamed` is not that of `before` any more,
    and where `new` is in use; with `merge`, which is for ops only, what has the new name already is taken as the same.
    """

    kind: str
    old: str
    new: str
    before: OpRow
    after: OpRow
    merge: bool = False


class RunRow(NamedTuple):
    """One Run node: one `with` block of one process."""

    id: str
    started: float
    ended: float | None
    host: str
    user: str
    argv: str
    python: str
    git_commit: str | None
    git_dirty: bool | None
    packages: tuple[str, ...]  # "numpy==2.4.6", sorted


class ComponentRow(NamedTuple):
    """One Component node: a piece of code or data that calls depend on; `id` is its content id."""

    id: str
    module: str
    name: str
    kind: str
    source: str
    created: float


class VersionRow(NamedTuple):
    """One Version node with its DEPENDS_ON edges (component ids) and its OF edge (op name).

    `whole` says that nobody saw what its calls ran, so that all they could have run is among the components.
    """

    id: str
    op: str
    created: float
    active: bool
    components: tuple[str, ...]
    whole: bool = False


class ChangeRow(NamedTuple):
    """One CHANGED_TO edge: component `old` became `new`; who said at what time whether that is compatible."""

    old: str
    new: str
    compatible: bool
    at: float
    by: str


@dataclass(slots=True)
class Batch:
    """What is written in one transaction. Keyed, so that nothing stands in it twice.

    `values` maps a cid to the envelope bytes of the value (see `mandala_graph.codecs`). Rows of refs and calls may be
    plain tuples with the columns of `RefRow` and `CallRow` (`plain_call`): a store reads them by position.

    A long batch may be written in several transactions, one after the other, ending after as many calls as `cuts` say:
    so that what belongs together, as a list and its elements do, is never there in part.
    """

    refs: dict[str, RefRow] = field(default_factory=dict)
    calls: dict[str, CallRow] = field(default_factory=dict)
    values: dict[str, bytes] = field(default_factory=dict)
    ops: dict[str, OpRow] = field(default_factory=dict)
    runs: dict[str, RunRow] = field(default_factory=dict)
    components: dict[str, ComponentRow] = field(default_factory=dict)
    versions: dict[str, VersionRow] = field(default_factory=dict)
    changes: dict[tuple[str, str], ChangeRow] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(
            (self.calls, self.refs, self.values, self.ops, self.runs, self.components, self.versions, self.changes)
        )


class Table(NamedTuple):
    """A query's result: column names and rows of native values (lists and maps nest)."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class GraphNode(NamedTuple):
    """A node in a query's result. `labels` are sorted, absent properties are not in `properties`.

    `element_id` is its key: `hid` of a Ref or Call, `name` of an Op, ...; the server's own id for foreign labels.
    """

    labels: tuple[str, ...]
    properties: dict[str, Any]
    element_id: str


class GraphRelationship(NamedTuple):
    """A relationship in a query's result; `source` and `target` are element ids of nodes."""

    type: str
    properties: dict[str, Any]
    element_id: str
    source: str
    target: str

    @classmethod
    def between(cls, type: str, properties: dict[str, Any], source: str, target: str) -> GraphRelationship:
        """The relationship, with an id of what tells it from its like: ends, type, `name` and `index`."""
        own = [str(properties[k]) for k in ("name", "index") if k in properties]
        return cls(type, properties, " ".join([source, type, target, *own]), source, target)


class GraphPath(NamedTuple):
    """A path in a query's result; one node more than relationships."""

    nodes: tuple[GraphNode, ...]
    relationships: tuple[GraphRelationship, ...]


class Plan(NamedTuple):
    """What an engine makes of a query: the `statement` it runs, in `language` sql or cypher, and what is bound to it
    in order; the `steps` of its plan, indented by two spaces a level; how many `rows` it gave in how many `seconds`,
    if it ran."""

    language: str
    statement: str
    binds: tuple[Any, ...]
    steps: tuple[str, ...]
    rows: int | None
    seconds: float | None


class Stream(Protocol):
    """A query that runs while its rows are taken. Close it, or take all rows."""

    columns: tuple[str, ...]

    def page(self, n: int) -> list[tuple[Any, ...]]:
        """The next `n` rows; fewer where there are no more."""
        ...

    def close(self) -> None: ...


class Edges(NamedTuple):
    """A part of the graph as columns: calls, and the edges around them.

    `calls` is (call hid, op name); `inputs` is (call hid, label, index or -1, ref hid);
    `outputs` is (call hid, label, ref hid).
    """

    calls: list[tuple[str, str]]
    inputs: list[tuple[str, str, int, str]]
    outputs: list[tuple[str, str, str]]


class StoreInfo(NamedTuple):
    """Who a store is: `uuid`, stored `format`, time of creation, engine name, place, where values go."""

    uuid: str
    format: int
    created: float
    engine: str
    location: str
    values: str


SHORT_ID = 15
"""So many characters of an id (60 bits) say that a call is not among those known; that it is, the whole id says."""

SETTLE_SECONDS = 2.0
"""So long, at most, a store keeps what was written without settling apart from the graph."""


class Store(Protocol):
    """A provenance store. Safe to use from several threads; every method raises `StoreError`s only.

    A `write` is atomic and idempotent: what is there already stays as it is (first writer wins), except
    that a ref's `dropped` mark goes when its value is written again, a run's `ended` is filled in, and an
    op's description and a change are replaced.
    """

    round_trip: float
    """What one look-up costs, in seconds, roughly: 1e-5 embedded, 1e-3 over a network."""

    @property
    def found_format(self) -> int:
        """The format that the store had when it was opened: if not `info().format`, it was migrated then."""
        ...

    inline_limit: int
    """Envelopes up to this many bytes may stand in `Batch.values`; larger ones go through `put_value` first."""

    def info(self) -> StoreInfo: ...
    def write(self, batch: Batch, settle: bool = True) -> None:
        """Write a batch. Without `settle` it is as durable, but a store may put its calls into the graph later."""
        ...

    def settle(self) -> None:
        """Put into the graph all that anybody wrote without settling (reads of calls and refs see it then)."""
        ...

    def unsettled(self) -> float | None:
        """Since when (`time.monotonic`) rows of this process wait to be settled; None where none do."""
        ...

    def lease(self, hid: str, owner: str, seconds: float) -> bool:
        """Take (or renew) the lease of a call for its owner, unless another owner has one that has not ended."""
        ...

    def release(self, hids: Iterable[str], owner: str) -> None:
        """End these leases of this owner."""
        ...

    # values: envelopes by cid (see codecs/envelope.py)
    def put_value(self, cid: str, chunks: Sequence[bytes | memoryview]) -> None:
        """Keep a value's envelope now, beside the batch (durable once the next `write` returns)."""
        ...

    def get_value(self, cid: str) -> bytes | memoryview | None:
        """The envelope, or None where there is none (large ones as a read-only memory map)."""
        ...

    def has_values(self, cids: Iterable[str]) -> set[str]: ...
    def iter_values(self) -> Iterator[str]:
        """The cids of every value kept, in any order."""
        ...

    def drop_values(self, cids: Iterable[str], at: float) -> int:
        """Delete these values' bytes and inline `value`s, and mark every ref of that content as dropped at `at`.

        Returns how many refs were marked.
        """
        ...

    def forget_values(self, cids: Iterable[str]) -> int:
        """Delete bytes that no ref names any more."""
        ...

    # hot path
    def lookup(self, hids: Sequence[str], cids: Sequence[str]) -> tuple[dict[str, OutputsRow], dict[str, OutputsRow]]:
        """Calls with status "ok" by hid, and by cid (one call a cid, whichever has no dropped output first)."""
        ...

    def prefetch(self, op: str, limit: int) -> tuple[list[OutputsRow], bool]:
        """Up to `limit` ok calls of an op with their outputs (newest first), and whether that is all of them."""
        ...

    def read_ahead(self, hid: str, limit: int) -> list[OutputsRow]:
        """Up to `limit` ok calls of the same op that began when this call did or later, the oldest first."""
        ...

    def call_ids(self, op: str, limit: int) -> list[str] | None:
        """The first `SHORT_ID` characters of hid and cid of every ok call of an op; None if there are more than `limit`."""
        ...

    # reads
    def refs(self, hids: Iterable[str]) -> dict[str, RefRow]: ...
    def refs_by_cid(self, cids: Iterable[str]) -> dict[str, list[RefRow]]: ...
    def calls(self, hids: Iterable[str]) -> dict[str, CallRow]: ...
    def calls_of(self, op: str | None = None, version: str | None = None) -> list[str]:
        """Call hids, the oldest first: as they were written, or (on a server) as they ended by the writers' clocks."""
        ...

    def creators(self, ref_hids: Iterable[str]) -> dict[str, str]:
        """ref hid -> hid of the call that made it."""
        ...

    def consumers(self, ref_hids: Iterable[str]) -> dict[str, list[str]]:
        """ref hid -> hids of the calls that read it."""
        ...

    def descendants(self, call_hids: Iterable[str]) -> set[str]:
        """These calls and every call that reads, directly or not, something they made."""
        ...

    def orphans(self) -> list[str]:
        """hids of refs that no call reads or made."""
        ...

    def ops(self) -> dict[str, OpRow]: ...
    def runs(self) -> dict[str, RunRow]: ...
    def versions(self, op: str | None = None) -> dict[str, VersionRow]: ...
    def components(self, ids: Iterable[str]) -> dict[str, ComponentRow]: ...
    def changes(self) -> list[ChangeRow]:
        """Every CHANGED_TO edge between components."""
        ...

    def keys(self, label: str, after: str = "", limit: int = 1000) -> list[str]:
        """The next keys of a label's nodes (hids, names, ids), in order: at most `limit` that are above `after`."""
        ...

    def calls_in_order(self) -> Iterator[list[str]]:
        """Pages of call hids, in the order of `calls_of`; for stores whose calls do not fit in memory."""
        ...

    def counts(self) -> Mapping[str, int]:
        """Rows by label: {"Ref": ..., "Call": ..., ...}."""
        ...

    def query(
        self,
        statement: str,
        parameters: Mapping[str, Any],
        *,
        timeout: float | None = None,
        max_rows: int | None = None,
        cancel: threading.Event | None = None,
    ) -> Table:
        """Run Cypher (reads only). `QueryTimeout` after `timeout` seconds (600); rows beyond `max_rows` are not read.

        Another thread that sets `cancel` ends it on the engine too: `QueryCancelled`.
        """
        ...

    def stream(self, statement: str, parameters: Mapping[str, Any], *, timeout: float | None = None) -> Stream:
        """Run Cypher (reads only) as far as its rows are taken; `timeout` is until the last one."""
        ...

    def plan(
        self, statement: str, parameters: Mapping[str, Any], *, timeout: float | None = None, run: bool = False
    ) -> Plan:
        """What the engine makes of a query; with `run`, it is also run."""
        ...

    # deletion and care
    def epoch(self) -> int:
        """A number that grows whenever calls, refs or values are deleted: what was remembered before may be gone."""
        ...

    def delete(self, calls: Iterable[str] = (), refs: Iterable[str] = ()) -> None:
        """Delete calls with their edges, and refs (which must have no edge left), in one transaction."""
        ...

    def faults(self) -> Iterator[tuple[str, str, str]]:
        """(kind, id, in words) of what is wrong in the engine's own keeping: edges without ends, damaged pages."""
        ...

    def value_stat(self, cid: str) -> tuple[int, float] | None:
        """Size of a stored envelope in bytes, and when it was written if it is a file (else 0.0); None: no envelope."""
        ...

    def sweep(self, before: float, dry_run: bool = False) -> tuple[int, int]:
        """Delete what killed writers left half-written before a time; how many files, and how many bytes."""
        ...

    def set_active(self, active: Mapping[str, bool]) -> None:
        """Say of versions, by id, whether they hold for the code of the program that last used their op.

        Versions that are not in the store are left out.
        """
        ...

    def drop_versions(self, ids: Iterable[str]) -> list[str]:
        """Delete versions that no call has, in one transaction, with the components that nothing else needs.

        A component stays while another version depends on it, or while it joins two others by compatible changes.
        Gives the ids of the components that were deleted.
        """
        ...

    def rename(self, renaming: Renaming) -> int:
        """Change a name on every call, in one transaction; how many calls (or edges) had it. The epoch grows.

        Raises StoreError, and changes nothing, where somebody else renamed in between or the name is in use.
        """
        ...

    def vacuum(self) -> None: ...
    def close(self) -> None: ...
