"""`Storage`: what a user holds. It opens the parts and hands everything on; how each works is theirs."""

from __future__ import annotations

import contextvars
import os
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

from mandala_graph import codecs
from mandala_graph.display import without_password
from mandala_graph.errors import StoreClosed, StoreReadOnly, UsageError, ValueMissing
from mandala_graph.model import Call, Op, Ref, StructRef
from mandala_graph.runtime import cards, care, check, code, context, given, rename
from mandala_graph.runtime.explain import Explanation, explain
from mandala_graph.runtime.leases import Leases
from mandala_graph.runtime.memoizer import Memoizer
from mandala_graph.runtime.op import BoundOp, OpFunction
from mandala_graph.runtime.parallel import RemoteOp, StorageSpec, map_calls, open_with
from mandala_graph.runtime.values import Values
from mandala_graph.runtime.writer import Writer
from mandala_graph.store.protocol import MAX_ROWS, CallRow, ChangeRow, ComponentRow, Store
from mandala_graph.structures import MAKE_OPS
from mandala_graph.versions import Versions, check_policy

if TYPE_CHECKING:
    import pandas as pd
    from neomodel.sync_.match import BaseSet

    from mandala_graph.frame import ComputationFrame
    from mandala_graph.notebook.widget import Explorer
    from mandala_graph.query import QueryExplanation, QueryGraph, Question, RowStream
    from mandala_graph.runtime.markers import ValuePointer
    from mandala_graph.runtime.why import Account
    from mandala_graph.store.copy import Copied

__all__ = ["Storage"]

_Query: TypeAlias = "str | BaseSet[Any]"
_Given: TypeAlias = Mapping[str, Any] | None
_SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")


class Storage:
    """A provenance store in use: calls of ops inside `with storage:` are kept in it, and found again.

    Args:
        location: a path of a SQLite file, made when it is not there; `":memory:"` (the default) for a store
            that goes with the object; or the URL of a Neo4j server, `neo4j://host:7687`.
        auth: (user, password) for Neo4j; also `NEO4J_AUTH=user/password` in the environment.
        database: Neo4j's database; its default one when not given.
        values: where a Neo4j store keeps bytes that the graph does not: a folder, or an fsspec URL.
        commit_interval: seconds after which a call is committed at the latest; 0 commits each call before
            it returns.
        on_unsaved: what happens with a value that cannot be stored: "raise" an error that names it, or
            "return" the result unrecorded, with a warning.
        record_failures: keep calls that raised, as calls with status "failed".
        versions: notice changes of the code that a call ran; without it, calls are the same whatever the code.
        on_change: what happens with calls of changed code: "recompute", "keep" what was computed, "ask", or a
            function of a `Change` (see docs/versions.md).
        trust: whose pickles may be loaded: "own" (written with this user's key, or one that `mandala-graph trust`
            added), a list of keys, or "all".
        cache_calls: how many calls are kept in memory to be found at once.
        prefetch: how many calls of an op are fetched at once from a server before the first is looked up.
        lease: seconds, for sweeps that several processes work on: of those that ask for leases, one runs a call
            and the others wait for its result; a process that dies loses its leases after this time. Each call
            is then committed before the next. Without, two may run the same call at once (it is kept once).
        read_only: refuse every write, so that calls which would have to run raise StoreReadOnly; one whose contents are
            known under another history gives its results, and is not recorded.
        timeout: seconds to wait for a server that does not answer, or a file that others write, before it is an error.

    >>> from mandala_graph import Storage, op
    >>> @op
    ... def inc(x):
    ...     return x + 1
    >>> with Storage(":memory:") as storage:
    ...     y = inc(1)
    ...     z = inc(y)
    >>> storage.unwrap([y, z])
    [2, 3]
    """

    def __init__(
        self,
        location: str | os.PathLike[str] = ":memory:",
        *,
        auth: tuple[str, str] | None = None,
        database: str | None = None,
        values: str | os.PathLike[str] | None = None,
        commit_interval: float = 0.1,
        on_unsaved: Literal["raise", "return"] = "raise",
        record_failures: bool = False,
        versions: bool = True,
        on_change: Any = "recompute",
        trust: Any = "own",
        cache_calls: int = 200_000,
        prefetch: int = 100_000,
        lease: float | None = None,
        read_only: bool = False,
        timeout: float = 60.0,
    ) -> None:
        if on_unsaved not in ("raise", "return"):
            raise UsageError(f'on_unsaved is "raise" or "return", not {on_unsaved!r}.')
        given.seconds("commit_interval", commit_interval)
        given.seconds("timeout", timeout, above=True)
        given.whole("cache_calls", cache_calls)
        given.whole("prefetch", prefetch)
        given.check_auth(auth)
        if lease is not None:
            given.seconds("lease", lease, above=True)
        if database is not None:
            given.name(database, "the name of a database")
        self._options: dict[str, Any] = {
            "auth": auth,
            "database": database,
            "values": given.location(values, "values") if values is not None else None,
            "on_unsaved": on_unsaved,
            "record_failures": record_failures,
            "versions": versions,
            "on_change": on_change,
            "trust": tuple(trust) if isinstance(trust, list) else trust,
            "timeout": timeout,
            "lease": lease,
        }
        check_policy(on_change)
        self._temporary: weakref.finalize[..., Storage] | None = None
        self.store = self._open(location, read_only, commit_interval)
        self.on_unsaved = on_unsaved
        self.record_failures = record_failures
        self.prefetch = prefetch
        self.read_only = read_only
        self.trust = codecs.Trust.of(trust)
        self.signer = codecs.Signer.own()
        self.unsaved: list[str] = []
        self.pointers: dict[str, ValuePointer] = {}
        self.known_ops: dict[str, OpFunction[Any, Any]] = {}
        # calls that the store keeps apart from the graph for a while must be found in memory meanwhile
        self.writer = Writer(self.store, commit_interval, gathers=cache_calls >= 80_000)
        self.versions_of_code = (
            Versions(self.store, on_change, self._keep_changes, lambda: self.memoizer.names) if versions else None
        )
        self.leases = Leases(self.store, lease) if lease is not None else None
        self.memoizer = Memoizer(
            self, self.writer, cache_calls=cache_calls, versions=self.versions_of_code, leases=self.leases
        )
        self.values = Values(self, cache_calls)
        self._depth = 0
        self._lock = threading.Lock()
        self._closed = False

    def _check_writable(self) -> None:
        if self.read_only:
            raise StoreReadOnly(f"{self.location} was opened with read_only=True. Open it without, to write.")

    def _keep_changes(self, changes: Sequence[ChangeRow], components: Sequence[ComponentRow]) -> None:
        if self.read_only:
            return  # what was decided about changed code holds for this program
        with self.writer.lock:
            pending = self.writer.pending()
            pending.components.update((c.id, c) for c in components if c.id not in pending.components)
            pending.changes.update(((c.old, c.new), c) for c in changes)

    def _open(self, location: str | os.PathLike[str], read_only: bool, commit_interval: float) -> Store:
        text = given.location(location)
        scheme = text.partition("://")[0]
        if "://" in text:
            if scheme not in _SCHEMES:
                raise UsageError(
                    f"{text!r}: a store is a file path or a Neo4j URL (neo4j://host:7687, bolt://host:7687)."
                )
            from mandala_graph.store.neo4j import Neo4jStore

            o = self._options
            self.location = text
            return Neo4jStore(
                text, o["auth"], database=o["database"], values=o["values"], timeout=o["timeout"], read_only=read_only
            )
        from mandala_graph.store.sqlite import SQLiteStore

        if text == ":memory:":
            if read_only:
                raise UsageError(
                    "a store in memory is empty: name a file or a server to be opened with read_only=True."
                )
            import shutil
            import tempfile

            folder = tempfile.mkdtemp(prefix="mandala_graph_")
            self._temporary = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            text = os.path.join(folder, "memory.db")
        self.location = os.path.abspath(text)
        synchronous: Literal["FULL", "NORMAL"] = "FULL" if commit_interval == 0 else "NORMAL"
        return SQLiteStore(
            Path(self.location), synchronous=synchronous, timeout=self._options["timeout"], read_only=read_only
        )

    def spec(self) -> StorageSpec:
        """Enough to open the same storage in another process (which has nobody to ask about changed code)."""
        options = {k: v for k, v in self._options.items() if v is not None}
        if options["on_change"] == "ask":
            options["on_change"] = "recompute"
        return StorageSpec(self.location, tuple(sorted(options.items())))

    # -- blocks ----------------------------------------------------------------------------------------------
    def __enter__(self) -> Storage:
        return self._enter(context.Context(self.memoizer))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not _blocks.get():
            raise UsageError(f"no block of {self!r} is open here: write `with storage:`.")
        here, token = _blocks.get()[-1]
        _blocks.set(_blocks.get()[:-1])
        context.leave(here, token)
        with self._lock:
            self._depth -= 1
            outermost = self._depth == 0
        if outermost:
            self.memoizer.leave_block()
        try:
            self.writer.flush()
        except Exception as problem:
            if error is None:
                raise
            error.add_note(
                f"mandala_graph could not write this block's last calls ({problem}); they are kept for a retry."
            )

    def _enter(self, here: context.Context) -> Storage:
        if self._closed:
            raise StoreClosed(f"the storage {self.location} was closed: open it again by Storage({self.location!r}).")
        if self.writer.error is not None:
            self.writer.flush()
        self.memoizer.enter_block()
        with self._lock:
            self._depth += 1
        _blocks.set((*_blocks.get(), (here, context.enter(here))))
        return self

    def __call__(self, mode: context.Mode = "run", *, allow_new_calls: bool = True) -> _Block:
        """A block with other rules: `with storage(mode="noop"):`, `with storage(allow_new_calls=False):`.

        In mode "noop" ops are plain functions. Without new calls, a call that is not known raises
        `MissingCall` instead of running.
        """
        if mode not in ("run", "noop"):
            raise UsageError(f'mode is "run" or "noop", not {mode!r}.')
        return _Block(self, context.Context(self.memoizer, mode, allow_new_calls))

    @property
    def in_context(self) -> bool:
        """Is this storage the active one here?"""
        here = context.current()
        return here is not None and here.memoizer is self.memoizer

    @property
    def mode(self) -> context.Mode:
        """ "run" where calls of ops go to this storage now, else "noop"."""
        return "run" if self.in_context else "noop"

    # -- calling ---------------------------------------------------------------------------------------------
    def call(self, op: Any, *args: Any, **kwargs: Any) -> Any:
        """Call an op with this storage, inside a block or not."""
        if not callable(op):
            self._op(op)
        with self:
            return op(*args, **kwargs)

    def map(
        self,
        op: Any,
        *iterables: Iterable[Any],
        n_jobs: int = 1,
        backend: str | None = None,
        progress: bool = False,
    ) -> list[Any]:
        """Call an op for each element (of several iterables in step), and give the list of what it returns.

        Known calls are looked up in bulk; the others run once each, in `n_jobs` workers of joblib (`backend`:
        loky, threading, dask, ray, ...; joblib.Parallel), and are written together.

        >>> from mandala_graph import Storage, op
        >>> @op
        ... def inc(x):
        ...     return x + 1
        >>> storage = Storage(":memory:")
        >>> storage.unwrap(storage.map(inc, range(3)))
        [1, 2, 3]
        """
        op = self._op(op)
        if not iterables:
            raise UsageError(f"map needs something to map over: storage.map({op.name}, xs).")
        for one in iterables:
            given.iterable(one, "iterables of arguments (a list, a range, ...)")
        total = min((len(i) for i in iterables if isinstance(i, Sized)), default=None)
        calls: Iterator[tuple[tuple[Any, ...], dict[str, Any]]] = ((args, {}) for args in zip(*iterables, strict=False))
        with self:
            here = context.Context(self.memoizer)
            return map_calls(self.memoizer, op, calls, here, n_jobs, backend, progress, total)

    def explain(self, op: Any, *args: Any, **kwargs: Any) -> Explanation:
        """Will this call hit or miss, and why? Nothing is run or recorded. `print` it; `hit` is True or False.

        >>> from mandala_graph import Storage, op
        >>> @op
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(1)
        >>> print(storage.explain(inc, 2))
        miss: inc(x=2) is new; against the nearest earlier call it differs in x (1 -> 2).
        """
        if isinstance(op, BoundOp):
            args = (op.instance, *args)
        return explain(self.memoizer, self._op(op), args, kwargs)

    def _op(self, op: Any) -> OpFunction[Any, Any]:
        if isinstance(op, BoundOp):
            return op.op_function
        if isinstance(op, RemoteOp):
            return op.op
        if not isinstance(op, OpFunction):
            raise UsageError(f"expected a function decorated by @op, not {op!r}.")
        return op

    # -- values ----------------------------------------------------------------------------------------------
    def unwrap(self, obj: Any) -> Any:
        """The value of a ref, or a nested list, tuple, set or dict with every ref replaced by its value.

        Errors: ValueDropped, ValueMissing, UntrustedValue (a pickle of a key that is not trusted), CorruptValue.

        >>> from mandala_graph import Storage, op
        >>> @op
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(1)
        >>> storage.unwrap({"y": [y, 7]})
        {'y': [2, 7]}
        """
        return self.values.unwrap(obj)

    def attach(self, obj: Any, inplace: bool = False) -> Any:
        """The same refs with their values in memory; these very objects when `inplace`. Errors as in `unwrap`."""
        return self.values.attach(obj, inplace)

    def load(self, ref: Ref) -> Any:
        """The value of one ref (see `unwrap`)."""
        return self.values.load(ref)

    def elements(self, ref: StructRef) -> Any:
        """The elements of a structure's ref (see `ListRef`, `DictRef`, ...)."""
        return self.values.elements(ref)

    def remember(self, cid: str, value: Any) -> None:
        """Keep a value that nobody can change in memory."""
        self.values.remember(cid, value)

    def load_ref(self, hid: str, in_memory: bool = False) -> Ref:
        """The ref of this hid; with its value when `in_memory`. Errors: ValueMissing when there is none.

        >>> from mandala_graph import Storage, op
        >>> @op
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(1)
        >>> storage.load_ref(y.hid) == y
        True
        """
        self.writer.flush()
        hid = given.hid(hid, Ref)
        row = self.store.refs([hid]).get(hid)
        if row is None:
            raise ValueMissing(f"no ref {hid} in {self.location}.")
        ref = self.values.ref(row)
        return self.attach(ref, inplace=True) if in_memory else ref

    # -- provenance ------------------------------------------------------------------------------------------
    def get_call(self, hid: str) -> Call:
        """The call of this hid. Errors: ValueMissing when there is none."""
        hid = given.hid(hid, Call)
        found = self.mget_call([hid])
        if not found:
            raise ValueMissing(f"no call {hid} in {self.location}.")
        return found[0]

    def mget_call(self, hids: Iterable[str]) -> list[Call]:
        """The calls of these hids that exist, in their order, in a few statements."""
        self.writer.flush()
        wanted = given.hids(hids, Call)
        rows = self.store.calls(wanted)
        return self.make_calls([rows[h] for h in wanted if h in rows])

    def exists_call(self, hid: str) -> bool:
        """Is there a call of this hid?"""
        self.writer.flush()
        return bool(self.store.calls([given.hid(hid, Call)]))

    def calls(self, op: Any = None) -> list[Call]:
        """The calls of an op (or of all), oldest first; their values are loaded when looked at.

        >>> from mandala_graph import Storage, op
        >>> @op
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(1)
        >>> [storage.unwrap(c.inputs) for c in storage.calls(inc)]
        [{'x': 1}]
        """
        self.writer.flush()
        return self.mget_call(self.store.calls_of(None if op is None else self.shown_name(op)))

    def shown_name(self, op: Any) -> str:
        """What the store calls an op that a program calls otherwise (see `rename_op`); else its name."""
        return self.memoizer.names.shown(_name(op))

    def make_calls(self, rows: Iterable[CallRow]) -> list[Call]:
        """Call objects of rows, with lazy refs; without those that another program has deleted since they were read."""
        rows = list(rows)
        refs = {
            hid: self.values.ref(row)
            for hid, row in self.store.refs(
                {e.ref for c in rows for e in c.inputs} | {h for c in rows for _, h in c.outputs}
            ).items()
        }
        ops = self.store.ops()
        found = []
        for c in rows:
            if not all(e.ref in refs for e in c.inputs) or not all(h in refs for _, h in c.outputs):
                continue
            inputs: dict[str, Any] = {}
            for e in sorted(c.inputs, key=lambda e: (e.name, e.index or 0)):
                if c.op in MAKE_OPS:
                    inputs[e.name] = (*inputs.get(e.name, ()), refs[e.ref])
                else:
                    inputs[e.name] = refs[e.ref]
            o = ops.get(c.op)
            op = Op(o.name, o.module, o.qualname, o.doc, o.inputs, o.outputs) if o is not None else Op(c.op)
            outputs = {n: refs[h] for n, h in sorted(c.outputs)}
            found.append(Call(c.hid, c.cid, op, inputs, outputs, c.version, c.run, c.started, c.duration, c.status))
        return found

    def get_ref_creator(self, ref: Ref | str) -> Call | None:
        """The call that made a ref, or None for a raw one.

        >>> from mandala_graph import Storage, op
        >>> @op
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(1)
        >>> storage.get_ref_creator(y).op.name
        'inc'
        """
        found = self.get_creators([ref])
        return found[0] if found else None

    def get_creators(self, refs: Iterable[Ref | str]) -> list[Call]:
        """The calls that made these refs (raw ones have none)."""
        self.writer.flush()
        hids = given.hids_of(refs, Ref, "refs")
        made = self.store.creators(hids)
        return self.mget_call(dict.fromkeys(made[h] for h in hids if h in made))

    def get_consumers(self, refs: Iterable[Ref | str]) -> list[Call]:
        """The calls that read any of these refs."""
        self.writer.flush()
        hids = given.hids_of(refs, Ref, "refs")
        read = self.store.consumers(hids)
        return self.mget_call(dict.fromkeys(c for h in hids for c in read.get(h, ())))

    def get_orphans(self) -> set[str]:
        """hids of refs that no call reads or made."""
        self.writer.flush()
        return set(self.store.orphans())

    def cf(self, of: Any = None) -> ComputationFrame:
        """The ComputationFrame of an op's calls, of a ref (or several), or of named refs; of all ops when not given.

        >>> from mandala_graph import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> storage.cf(inc).df(include_calls=False)
           x  y
        0  1  2
        1  2  3
        """
        from mandala_graph import frame

        if of is None:
            return frame.from_ops(self)
        if isinstance(of, Mapping):
            return frame.from_vars(self, of)
        if isinstance(of, str) or hasattr(of, "name"):
            return frame.from_op(self, self.shown_name(of))
        return frame.from_refs(self, of)

    def upstream(self, x: Ref | Call | str) -> list[Ref | Call]:
        """Everything that a ref or call was made from: refs, then calls, each in order of hid.

        Errors: ValueMissing when the store has no such ref or call.

        >>> from mandala_graph import Storage, op
        >>> @op
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(1)
        >>> [type(thing).__name__ for thing in storage.upstream(y)]
        ['AtomRef', 'Call']
        """
        from mandala_graph import frame

        return frame.upstream(self, x)

    def downstream(self, x: Ref | Call | str) -> list[Ref | Call]:
        """Everything that was made from a ref or call: refs, then calls, each in order of hid. Errors as `upstream`."""
        from mandala_graph import frame

        return frame.downstream(self, x)

    def path(self, start: Ref | Call | str, end: Ref | Call | str) -> list[Ref | Call]:
        """A shortest way downstream from one ref or call to another, both included; empty where there is none.

        Errors: ValueMissing when the store has not got one of them.

        >>> from mandala_graph import Storage, op
        >>> @op
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(1)
        >>> call = storage.get_ref_creator(y)
        >>> storage.path(call.inputs["x"], y)[1] == call
        True
        """
        from mandala_graph import frame

        return frame.path(self, start, end)

    def why(self, x: Ref | Call | str) -> Account:
        """Why a ref or call is what it is: the calls and the given values that made it. `print` it to read it.

        >>> from mandala_graph import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> print(next(storage.why(y).lines()))
        3 (int) is the output y of inc, step 2.
        """
        from mandala_graph.runtime.why import why

        self.writer.flush()
        return why(self.store, given.hid(x))

    def explore(self, of: ComputationFrame | Ref | Call | str | None = None, height: int = 480) -> Explorer:
        """A widget for notebooks that shows the store, or one frame, as a graph to be opened up by mouse and keys.

        It is the graph browser's picture: counts of calls and values, tables of them, and what is around each. It only
        reads, loads no value, and needs no network; `mandala-graph browse` opens the whole browser. Needs the extra
        `notebook`.

        Args:
            of: a frame to show, or a ref or call (or the id of one) to begin at; without, the whole store.
            height: of the picture, in pixels.

        Errors: UsageError where the extra, or the built module, is missing.
        """
        from mandala_graph import notebook

        return notebook.explore(self, of, height)

    # -- questions -------------------------------------------------------------------------------------------
    @overload
    def query(
        self, statement: _Query, /, parameters: _Given = None, *, as_graph: Literal[True], **o: Any
    ) -> QueryGraph: ...
    @overload
    def query(
        self, statement: _Query, /, parameters: _Given = None, *, stream: Literal[True], **o: Any
    ) -> RowStream: ...
    @overload
    def query(self, statement: _Query, /, parameters: _Given = None, **o: Any) -> pd.DataFrame: ...
    def query(
        self,
        statement: _Query,
        /,
        parameters: _Given = None,
        *,
        as_graph: bool = False,
        stream: bool = False,
        timeout: float | None = None,
        max_rows: int | None = MAX_ROWS,
        **named: Any,
    ) -> pd.DataFrame | QueryGraph | RowStream:
        """Run a Cypher query (reads only), or a node set of `mandala_graph.ogm`: the table of its result.

        `$name` stands for the keyword argument `name`, or for `parameters["name"]` (which may have the name of an
        option). A parameter is a string, number, boolean, None, a list or map of these; a ref or call stands for its
        hid. In the result a `:Ref` or `:Call` is a Ref or Call with its `properties`, another node a dict of them, a
        relationship a dict of its type, ends and properties, a path the list of its nodes. Ctrl-C ends the query, on
        a server too.

        Args:
            as_graph: give the nodes and edges of the result, for drawing, instead of a table.
            stream: give the rows one by one, as dicts, in memory that does not grow with their number.
            timeout: seconds after which `QueryTimeout` is raised (600).
            max_rows: rows above which `ResultTooLarge` is raised; None for no limit. Streams have none.

        Errors: CypherSyntaxError, UnsupportedCypher (on SQLite), CypherError; UsageError for parameters.

        >>> from mandala_graph import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> storage.query("MATCH (:Call {op: $op})-[:OUTPUT]->(y) RETURN y.value AS y ORDER BY y", op="inc")
           y
        0  2
        1  3
        """
        from mandala_graph import query as queries  # a program that asks nothing needs no query language

        return queries.query(
            self, statement, parameters, named, as_graph=as_graph, stream=stream, timeout=timeout, max_rows=max_rows
        )

    def questions(self) -> tuple[Question, ...]:
        """The saved questions, to be asked by `ask`: each has `name`, `title`, `comment`, `parameters` and `text`.

        >>> [q.title for q in Storage().questions()][:2]
        ['Best runs by a metric', 'Biggest values']
        """
        from mandala_graph import query as queries

        return queries.questions()

    def ask(
        self,
        question: str,
        /,
        parameters: _Given = None,
        *,
        as_graph: bool = False,
        stream: bool = False,
        timeout: float | None = None,
        max_rows: int | None = MAX_ROWS,
        **named: Any,
    ) -> Any:
        """Ask a saved question by its name; parameters and options as in `query`.

        Errors: CypherError for a name or parameter that there is not, with the nearest that there is.

        >>> from mandala_graph import Storage, op
        >>> @op(output_names=["acc"])
        ... def train(lr):
        ...     return 1 - lr
        >>> with Storage() as storage:
        ...     acc = [train(lr) for lr in (0.5, 0.25)]
        >>> storage.ask("best-runs", metric="acc", limit=1)[["op", "metric", "inputs"]]
              op  metric       inputs
        0  train    0.75  [lr = 0.25]
        """
        from mandala_graph import query as queries

        return queries.ask(
            self, question, parameters, named, as_graph=as_graph, stream=stream, timeout=timeout, max_rows=max_rows
        )

    def explain_query(
        self,
        statement: _Query,
        /,
        parameters: _Given = None,
        *,
        run: bool = True,
        timeout: float | None = None,
        **named: Any,
    ) -> QueryExplanation:
        """What becomes of a query: its syntax tree, the SQL of SQLite, the engine's plan, and the time of each step.

        `print` it. The query is run for its time and number of rows, unless `run=False`.

        >>> found = Storage().explain_query("MATCH (c:Call {hid: $h}) RETURN c.op", h="1f")
        >>> print(found.sql)
        SELECT c_1."op" AS c0
        FROM call AS c_1
        WHERE c_1."hid" = ?
        >>> found.rows
        0
        """
        from mandala_graph import query as queries

        return queries.explain_query(self, statement, parameters, named, run, timeout)

    # -- code ------------------------------------------------------------------------------------------------
    def versions(self, op: Any = None) -> pd.DataFrame:
        """The versions of the code of an op (or of all), oldest first, with what they depend on and their calls.

        `active` are those that hold for the code as it is now; given a name, or nothing, for the code of the program
        that last used the op.
        """
        return code.versions(self, op)

    def log(self, op: Any = None) -> pd.DataFrame:
        """What changed with each version of the code, newest first."""
        return code.log(self, op)

    def show(self, id: str) -> str:
        """The source text of a component (by id or name), or all the code of a version (by id)."""
        return code.history(self).show(id)

    def diff(self, a: str, b: str, colour: bool | None = None) -> str:
        """What is different between two versions, or two components, by their ids (or their beginnings)."""
        return code.history(self).diff(a, b, colour)

    def code_of(self, thing: Call | Ref | str) -> str:
        """All the code that made a value or ran in a call, as it was then."""
        return code.code_of(self, thing)

    def mark_compatible(self, component: str, old: str, new: str | None = None, compatible: bool = True) -> ChangeRow:
        """Let what was computed with one content of a component hold for another; `compatible=False` takes it back.

        `old` and `new` are ids of versions or of contents of the component; without `new` it is as it is now.
        """
        self._check_writable()
        for one in (component, old, *([] if new is None else [new])):
            given.name(one, "the name of a component, and ids of versions or of its contents")
        change = code.live(self).mark_compatible(component, old, new, compatible)
        self.writer.flush()
        return change

    def rename_op(self, op: Any, new: str, forward: bool = True) -> int:
        """Call an op (given as itself or by name) otherwise from now on, and in all its calls; how many those are.

        Ids stay, so every result, link and reference does too, and the op under its new name in the code finds its
        calls. A program that still uses the old name finds them as well; with `forward=False` the old name is free
        for another op. One transaction. Raises `UsageError` when there is no such op, or an op of the new name.

        >>> from mandala_graph import Storage, op
        >>> with Storage() as storage:
        ...     y = op(name="inc")(lambda x: x + 1)(1)
        >>> storage.rename_op("inc", "increment")
        1
        >>> storage.get_ref_creator(y).op.name
        'increment'
        """
        return rename.rename_op(self, op, new, forward)

    def rename_argument(self, op: Any, old: str, new: str) -> int:
        """Call an argument of an op otherwise, as `rename_op`; how many calls have it."""
        return rename.rename_label(self, "input", op, old, new)

    def rename_output(self, op: Any, old: str, new: str) -> int:
        """Call an output of an op otherwise, as `rename_op`; how many calls have it. (`output_0`, ... may get names.)"""
        return rename.rename_label(self, "output", op, old, new)

    def drop_version(self, id: str, dry_run: bool = True) -> list[str]:
        """Drop the calls of a version and all that was computed from them, then the version itself.

        The code that no other version depends on goes too, unless marks lead through it from one content to another.
        Gives the hids of the calls that are (with `dry_run`, which is the default: would be) dropped.
        """
        return code.drop_version(self, id, dry_run)

    # -- care ------------------------------------------------------------------------------------------------
    @staticmethod
    def migrate(location: str | os.PathLike[str], **options: Any) -> tuple[int, int]:
        """Bring the store at a location to this release's format; gives (the format it had, the one it has).

        `options` are those of `Storage` (`auth`, `database`, `values`, `timeout`). One transaction, so that a crash
        leaves the store as it was; a SQLite file is copied to `<file>.format<n>.bak` before. Opening an older store
        for writing does the same. Raises `StoreFormatError` when the store is of a newer release, `StoreUnreachable`
        when there is none.

        >>> Storage("experiment.db").close()
        >>> Storage.migrate("experiment.db")
        (2, 2)
        """
        return care.migrate(location, options)

    def commit(self) -> None:
        """Write everything computed so far; it is durable when this returns."""
        self.writer.flush()

    def drop_calls(self, calls: Any, delete_dependents: bool = False, dry_run: bool = False) -> list[str]:
        """Forget calls (given as calls or hids) and what they made.

        Calls that used it are dropped too when `delete_dependents`; otherwise, if there are any, nothing is
        dropped and `UsageError` names one. Gives the hids of the calls that are (with `dry_run`: would be)
        dropped. Inputs that nobody reads any more stay until `cleanup_refs()`.

        >>> from mandala_graph import Storage, op
        >>> @op
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> first = storage.calls(inc)[0]
        >>> len(storage.drop_calls(first, delete_dependents=True, dry_run=True))
        2
        >>> dropped = storage.drop_calls(storage.get_ref_creator(y))
        >>> storage.calls(inc) == [first]
        True
        """
        self.writer.flush()
        return care.drop_calls(self, calls, delete_dependents, dry_run)

    def drop_values(self, refs: Any, dry_run: bool = False) -> list[str]:
        """Delete the bytes of refs' values; their provenance stays, and running their call again restores them.

        Equal contents are stored once, so they go for all refs that share them. Gives the refs' hids.

        >>> from mandala_graph import Storage, op
        >>> @op
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(1)
        >>> storage.drop_values(y) == [y.hid]
        True
        >>> with storage:
        ...     again = inc(1)
        >>> again == y, storage.stats()["inc"]["computed"]
        (True, 2)
        """
        self.writer.flush()
        return care.drop_values(self, refs, dry_run)

    def cleanup_refs(self) -> int:
        """Delete refs that no call reads or made, with their values; how many refs were deleted."""
        self.writer.flush()
        return care.cleanup_refs(self)

    def gc(self, older: float = 3600.0, dry_run: bool = False) -> care.Garbage:
        """Delete what nothing needs: unread refs that no call made, values without refs, files of killed writers.

        Then space is given back (`vacuum`). Files younger than `older` seconds stay: somebody may be writing them.
        """
        self.writer.flush()
        return care.collect(self, older, dry_run)

    def verify(self, progress: bool = False) -> list[check.Damage]:
        """Check every value, ref, call and edge against its id; the list of what is damaged. No code of it is run."""
        self.writer.flush()
        return check.verify(self.store, progress)

    def copy_to(self, target: Storage, merge: bool = False) -> Copied:
        """Bring everything into another storage, of whatever engine; what is there already is not written again.

        So a copy that was interrupted goes on, and a second one brings what is new. Unless `merge`, the target must
        hold nothing else. How much was written, by kind.

        >>> from mandala_graph import Storage, op
        >>> @op
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(1)
        >>> other = Storage("copy.db")
        >>> storage.copy_to(other).written["Call"], other.unwrap(other.load_ref(y.hid))
        (1, 2)
        """
        from mandala_graph.store.copy import copy

        if not isinstance(target, Storage):
            raise UsageError(f"copy_to takes the storage to copy into, Storage(...), not {target!r}.")
        self.writer.flush()
        return copy(self.store, target.store, merge=merge)

    def vacuum(self) -> None:
        """Give space that deletions freed back to the file system."""
        self.writer.flush()
        self.store.vacuum()

    def forget(self) -> None:
        """Empty the caches in memory."""
        self.memoizer.forget()
        self.values.forget()

    clear_cache = forget

    def stats(self) -> dict[str, dict[str, float]]:
        """By op, since this storage was opened: how calls were answered.

        `hits` in memory, `found` in the store, `reused` (equal contents, other history), `computed`; and
        `mean_duration` of the latter in seconds.
        """
        return {
            name: {
                "hits": s.hits,
                "found": s.found,
                "reused": s.reused,
                "computed": s.computed,
                "mean_duration": s.mean_duration,
            }
            for name, s in self.memoizer.states.items()
        }

    def info(self) -> dict[str, Any]:
        """Where the store is, what it is, and how much is in it."""
        self.writer.flush()
        i = self.store.info()
        return {**i._asdict(), "counts": dict(self.store.counts()), "cached_calls": len(self.memoizer.cache)}

    def close(self) -> None:
        """Write the rest and release the store. Closing twice does nothing."""
        if self._closed:
            return
        if self.leases is not None:
            self.leases.close()
        self.writer.close()
        self.store.close()
        self._closed = True
        if self._temporary is not None:
            self._temporary()

    def __repr__(self) -> str:
        return f"Storage({without_password(self.location)!r})"

    def card(self, thing: Ref | Call) -> str:
        """What a notebook shows of a ref or call: HTML; no value is loaded for it."""
        return cards.of_ref(self, thing) if isinstance(thing, Ref) else cards.of_call(self, thing)

    def _repr_html_(self) -> str:
        return cards.of_storage(self)

    def __reduce__(self) -> tuple[Any, ...]:
        self.commit()
        return _reopen, (self.spec(),)


class _Block:
    """`storage(mode=..., allow_new_calls=...)` as a context manager."""

    def __init__(self, storage: Storage, here: context.Context) -> None:
        self.storage = storage
        self.here = here

    def __enter__(self) -> Storage:
        return self.storage._enter(self.here)

    def __exit__(self, *exc: Any) -> None:
        self.storage.__exit__(*exc)


_blocks: contextvars.ContextVar[tuple[tuple[context.Context, Any], ...]] = contextvars.ContextVar(
    "mandala_graph_blocks", default=()
)


def _name(op: Any) -> str:
    if isinstance(op, str):
        return op
    name = getattr(op, "name", None)
    if not isinstance(name, str) or isinstance(op, type):
        raise UsageError(f"expected an op or its name, not {op!r}.")
    return name


def _reopen(spec: StorageSpec) -> Storage:
    return Storage(spec.location, **dict(spec.options))


open_with(_reopen)
