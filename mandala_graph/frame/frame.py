"""`ComputationFrame`: the web of calls as variables and operations, with a table of every (partial) computation.

The class holds no logic: a method checks names, copies the body unless `inplace`, and hands on.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from mandala_graph.errors import FrameError, UnknownNode, UsageError
from mandala_graph.frame import algebra, describe, nodes, picture, select, share, tables, where
from mandala_graph.frame.body import Body, Edge
from mandala_graph.frame.expand import Expander
from mandala_graph.frame.objects import Objects, StorageLike, open_web
from mandala_graph.frame.order import along_edges
from mandala_graph.frame.rows import MAX_ROWS
from mandala_graph.frame.select import How
from mandala_graph.frame.statement import cypher
from mandala_graph.model import Call, Op, Ref

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ComputationFrame", "from_op", "from_ops", "from_refs", "from_vars"]

Direction = Literal["back", "forward"]
Elements = dict[str, set[str]]


class ComputationFrame:
    """A part of a store's computations: variables hold refs, functions hold calls, edges say what feeds what.

    Made by `storage.cf(op)`, `storage.cf(ref)`, `storage.cf({"name": refs})`. Methods return a new frame unless
    `inplace=True` (then None). Elements are named by hid. No value is loaded before something looks at it.

    >>> from mandala_graph import Storage, op
    >>> from mandala_graph.frame import from_op
    >>> @op
    ... def inc(x):
    ...     return x + 1
    >>> with Storage() as storage:
    ...     for i in range(3):
    ...         y = inc(i)
    >>> cf = from_op(storage, inc)
    >>> cf.print_graph()
    x@source
    var_0@sink = inc(x=x)
    >>> cf.df(include_calls=False)
       x  var_0
    0  0      1
    1  1      2
    2  2      3
    """

    def __init__(self, storage: StorageLike, body: Body, objects: Objects | None = None) -> None:
        self.storage = storage
        self.body = body
        self.objects = objects or Objects(storage, body.web)

    # -- making one from another ---------------------------------------------------------------------
    def _with(self, body: Body) -> ComputationFrame:
        return ComputationFrame(self.storage, body, self.objects)

    def _changed(self, inplace: bool, change: Callable[[Body], object]) -> ComputationFrame | None:
        body = self.body.copy()
        change(body)
        if inplace:
            self.body = body
            return None
        return self._with(body)

    def copy(self) -> ComputationFrame:
        """The same frame, to be changed apart."""
        return self._with(self.body.copy())

    def _known(self, names: Iterable[str], among: Iterable[str] | None = None) -> list[str]:
        names = [names] if isinstance(names, str) else list(names)
        among = self.body.nodes() if among is None else list(among)
        for n in names:
            if n not in among:
                near = difflib.get_close_matches(str(n), among, 3, 0.5)
                hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(among) or 'no nodes'}."
                raise UnknownNode(f"the frame has no {n!r} here: {hint}")
        return names

    def _ids(self, node: str) -> list[str]:
        return self.body.web.ref_ids if node in self.body.vars else self.body.web.call_ids

    def _hids(self, elements: Mapping[str, set[int]]) -> Elements:
        return {n: {self._ids(n)[x] for x in xs} for n, xs in elements.items()}

    def _numbers(self, node: str, hids: Iterable[str]) -> set[int]:
        table = self.body.web.ref_of if node in self.body.vars else self.body.web.call_of
        held = self.body.elements(node)
        found = {table.get(h, -1) for h in ([hids] if isinstance(hids, str) else hids)}
        if not found <= held:
            raise FrameError(f"{len(found - held)} of these hids are not in {node} of this frame.")
        return found

    def _all_numbers(self, elements: Mapping[str, Iterable[str]]) -> dict[str, set[int]]:
        return {n: self._numbers(n, elements[n]) for n in self._known(elements)}

    # -- nodes and elements --------------------------------------------------------------------------
    @property
    def vs(self) -> Elements:
        """Variable name -> hids of its refs."""
        return self._hids(self.body.vars)

    @property
    def fs(self) -> Elements:
        """Function name -> hids of its calls."""
        return self._hids(self.body.funcs)

    @property
    def sets(self) -> Elements:
        """Node name -> hids of its elements."""
        return {**self.vs, **self.fs}

    @property
    def vnames(self) -> set[str]:
        """Names of the variables."""
        return set(self.body.vars)

    @property
    def fnames(self) -> set[str]:
        """Names of the functions."""
        return set(self.body.funcs)

    @property
    def nodes(self) -> set[str]:
        """Names of all nodes."""
        return set(self.body.nodes())

    @property
    def refs(self) -> dict[str, Ref]:
        """Every ref of the frame, by hid."""
        numbers = set().union(*self.body.vars.values())
        made = self.objects.refs(numbers)
        return {made[r].hid: made[r] for r in numbers}

    @property
    def calls(self) -> dict[str, Call]:
        """Every call of the frame, by hid."""
        numbers = set().union(*self.body.funcs.values())
        made = self.objects.calls(numbers)
        return {made[c].hid: made[c] for c in numbers}

    def refs_by_var(self) -> dict[str, set[Ref]]:
        """Variable name -> its refs."""
        return {v: self.get_var_values(v) for v in self.body.vars}

    def calls_by_func(self) -> dict[str, set[Call]]:
        """Function name -> its calls."""
        made = self.objects.calls(set().union(*self.body.funcs.values()))
        return {f: {made[c] for c in calls} for f, calls in self.body.funcs.items()}

    @property
    def values(self) -> dict[str, Any]:
        """Node name -> its refs or calls."""
        return {**self.refs_by_var(), **self.calls_by_func()}

    def ops(self) -> dict[str, Op]:
        """Function name -> its op."""
        return {f: self.objects.op(name) for f, name in self.body.ops.items()}

    def get(self, hids: Iterable[str]) -> set[Ref]:
        """The refs of these hids."""
        refs = self.refs
        return {refs[h] for h in hids}

    def get_var_values(self, vname: str) -> set[Ref]:
        """The refs of a variable."""
        self._known(vname, self.body.vars)
        made = self.objects.refs(self.body.vars[vname])
        return {made[r] for r in self.body.vars[vname]}

    # -- the graph of nodes --------------------------------------------------------------------------
    def edges(self) -> list[Edge]:
        """(source, target, label), sorted."""
        return sorted(self.body.edges)

    def in_edges(self, node: str) -> set[Edge]:
        """Edges into a node."""
        self._known(node)
        return {(s, node, x) for s, x in self.body.ins[node]}

    def out_edges(self, node: str) -> set[Edge]:
        """Edges out of a node."""
        self._known(node)
        return {(node, t, x) for t, x in self.body.outs[node]}

    def in_neighbors(self, node: str) -> set[str]:
        """Nodes with an edge into this one."""
        return {s for s, _, _ in self.in_edges(node)}

    def out_neighbors(self, node: str) -> set[str]:
        """Nodes with an edge from this one."""
        return {t for _, t, _ in self.out_edges(node)}

    @property
    def sources(self) -> set[str]:
        """Variables that no function of the frame makes."""
        return {v for v in self.body.vars if not self.body.ins[v]}

    @property
    def sinks(self) -> set[str]:
        """Variables that no function of the frame uses."""
        return {v for v in self.body.vars if not self.body.outs[v]}

    def sort_nodes(self, nodes: Iterable[str]) -> list[str]:
        """These nodes, each after those that feed it."""
        wanted = set(nodes)
        return [n for n in along_edges(self.body) if n in wanted]

    def topsort_modulo_sccs(self) -> list[str]:
        """All nodes, each after those that feed it; those of a cycle stand together."""
        return along_edges(self.body)

    def get_reachable_nodes(self, nodes: Iterable[str], direction: Direction) -> set[str]:
        """These nodes and those up (`back`) or down (`forward`) from them."""
        names = self._known(nodes)
        return self.body.reachable(names, _is_back(direction)) | set(names)

    # -- elements along the edges --------------------------------------------------------------------
    def get_source_elts(self) -> Elements:
        """By node, the elements that no element of the frame feeds."""
        return self._hids(select.ends(self.body, back=True))

    def get_sink_elts(self) -> Elements:
        """By node, the elements that feed no element of the frame."""
        return self._hids(select.ends(self.body, back=False))

    def get_adj_elts(self, node: str, hids: Iterable[str], direction: Literal["back", "forward", "both"]) -> Elements:
        """By neighbouring node, the elements directly up or down from these elements of a node."""
        self._known(node)
        numbers = self._numbers(node, hids)
        found: dict[str, set[int]] = {}
        for back in (True, False) if direction == "both" else (_is_back(direction),):
            for n, xs in select.neighbours(self.body, node, numbers, back).items():
                found.setdefault(n, set()).update(xs)
        return self._hids(found)

    def get_adj_elts_edge(self, edge: Edge, hids: Iterable[str], direction: Direction) -> set[str]:
        """Elements connected to these along one edge: `back` from its target, `forward` from its source."""
        if edge not in self.body.edges:
            raise UnknownNode(f"the frame has no edge {edge!r}.")
        back = _is_back(direction)
        here, there = (edge[1], edge[0]) if back else (edge[0], edge[1])
        numbers = self._numbers(here, hids)
        ids = self._ids(there)
        return {ids[p[0] if back else p[1]] for p in self.body.pairs(edge) if p[1 if back else 0] in numbers}

    def get_reachable_elts(
        self,
        initial_state: Mapping[str, Iterable[str]],
        direction: Direction,
        how: How = "strong",
        pad: bool = True,
    ) -> Elements:
        """By node, what can be reached from these elements (see `upstream` for `how`)."""
        found = select.reached(self.body, self._all_numbers(initial_state), _is_back(direction), _checked(how))
        return self._hids({n: xs for n, xs in found.items() if xs or pad})

    # -- growing -------------------------------------------------------------------------------------
    def _expanded(self, how: str, recursive: bool, unroll: int | None, only: Any, inplace: bool, verbose: bool) -> Any:
        if unroll is not None and (not isinstance(unroll, int) or unroll < 1):
            raise UsageError(f"unroll is a number of turns, 1 or more, or None for all of them, not {unroll!r}.")
        names = None if only is None else self._known(only, self.body.vars)
        self.storage.commit()

        def grow(body: Body) -> None:
            e = Expander(body, unroll, names, describe.progress(verbose))
            if how == "all":
                e.all()
            elif how == "back":
                e.back(recursive)
            else:
                e.forward(recursive)

        return self._changed(inplace, grow)

    def expand_back(
        self,
        varnames: str | Iterable[str] | None = None,
        recursive: bool = False,
        unroll: int | None = 1,
        inplace: bool = False,
        verbose: bool = False,
    ) -> ComputationFrame | None:
        """Add the calls that made the refs of these variables (of all), with their inputs.

        `recursive` goes on to the start. A loop becomes a cycle after `unroll` turns; None keeps them all apart.
        """
        return self._expanded("back", recursive, unroll, varnames, inplace, verbose)  # type: ignore[no-any-return]

    def expand_forward(
        self,
        varnames: str | Iterable[str] | None = None,
        recursive: bool = False,
        unroll: int | None = 1,
        inplace: bool = False,
        verbose: bool = False,
    ) -> ComputationFrame | None:
        """Add the calls that use the refs of these variables (of all), with all their inputs and outputs.

        Plain raw scalars lead nowhere, except those of variables that the user gave.
        """
        return self._expanded("forward", recursive, unroll, varnames, inplace, verbose)  # type: ignore[no-any-return]

    def expand_all(
        self, unroll: int | None = 1, inplace: bool = False, verbose: bool = False
    ) -> ComputationFrame | None:
        """Expand back and forward until nothing changes."""
        return self._expanded("all", True, unroll, None, inplace, verbose)  # type: ignore[no-any-return]

    # -- changing nodes ------------------------------------------------------------------------------
    def drop(
        self, nodes_: str | Iterable[str], inplace: bool = False, with_dependents: bool = False
    ) -> ComputationFrame | None:
        """Without these nodes; with dependents, without everything downstream of them too."""
        names = self._known(nodes_)
        return self._changed(inplace, lambda b: nodes.drop_nodes(b, names, with_dependents))

    def drop_node(self, node: str, inplace: bool = False) -> ComputationFrame | None:
        """Without this node."""
        return self.drop([node], inplace)

    def drop_var(self, vname: str, inplace: bool = False) -> ComputationFrame | None:
        """Without this variable."""
        return self.drop(self._known(vname, self.body.vars), inplace)

    def drop_func(self, fname: str, inplace: bool = False, with_dependents: bool = False) -> ComputationFrame | None:
        """Without this function (and with dependents, what is downstream of it)."""
        return self.drop(self._known(fname, self.body.funcs), inplace, with_dependents)

    def rename(
        self,
        vars: Mapping[str, str] | None = None,
        funcs: Mapping[str, str] | None = None,
        inplace: bool = False,
    ) -> ComputationFrame | None:
        """Other names for variables and functions: `{old: new}`, all at once."""
        self._known(vars or (), self.body.vars)
        self._known(funcs or (), self.body.funcs)
        return self._changed(inplace, lambda b: nodes.rename(b, {**(vars or {}), **(funcs or {})}))

    def rename_var(self, vname: str, new_vname: str, inplace: bool = False) -> ComputationFrame | None:
        """Another name for a variable."""
        return self.rename(vars={vname: new_vname}, inplace=inplace)

    def merge(
        self, nodes_: Iterable[str], new_name: str | None = None, inplace: bool = False
    ) -> ComputationFrame | None:
        """Variables, or functions of one op, as one (the first of them, or `new_name`)."""
        names = self._known(nodes_)
        return self._changed(inplace, lambda b: nodes.merge(b, names, new_name))

    def merge_into(self, node_to_merge: str, merge_into: str, inplace: bool = False) -> ComputationFrame | None:
        """One node's elements and edges as another's."""
        self._known([node_to_merge, merge_into])
        return self._changed(inplace, lambda b: nodes.merge_into(b, node_to_merge, merge_into))

    def merge_vars(self, inplace: bool = False) -> ComputationFrame | None:
        """Each variable that is part of another merged into it."""
        return self._changed(inplace, nodes.merge_subsets)

    def split(
        self, node: str, by: Callable[[Any], Any] | Literal["version", "wiring"] = "wiring", inplace: bool = False
    ) -> ComputationFrame | None:
        """A node as several: by a function of each value (of each call), by op `version`, or by `wiring`.

        By wiring, elements with different neighbouring nodes go apart. The largest part keeps the name.
        """
        self._known(node)
        part_of = where.parts(self.body, self.objects, node, by)
        return self._changed(inplace, lambda b: nodes.split(b, node, part_of))

    def add_ref(self, vname: str, ref: Ref, allow_existing: bool = False, inplace: bool = True) -> Any:
        """With one more ref in a variable (made when there is none of that name)."""
        (number,) = share.take(self.storage, self.body.web, [ref])
        if vname in self.body.funcs:
            raise FrameError(f"{vname} is a function of this frame, not a variable.")
        if number in self.body.vars.get(vname, ()) and not allow_existing:
            raise FrameError(f"{vname} holds that ref already (allow_existing=True makes this fine).")

        def change(body: Body) -> None:
            if vname not in body.vars:
                body.pinned.add(body.add_var(vname))
            body.vars[vname].add(number)

        return self._changed(inplace, change)

    def drop_ref(self, vname: str, hid: str, inplace: bool = True) -> ComputationFrame | None:
        """Without this ref in a variable, and without the calls that miss it."""
        self._known(vname, self.body.vars)
        (number,) = self._numbers(vname, [hid])

        def change(body: Body) -> None:
            body.vars[vname].discard(number)
            select.without_broken_calls(body)

        return self._changed(inplace, change)

    def add_call(
        self, fname: str, call: Call, with_refs: bool = True, allow_existing: bool = False, inplace: bool = True
    ) -> ComputationFrame | None:
        """With one more call in a function, and its refs in the variables wired there."""
        self._known(fname, self.body.funcs)
        number = share.take_call(self.storage, self.body.web, call)
        if call.op.name != self.body.ops[fname]:
            raise FrameError(f"{fname} holds calls of {self.body.ops[fname]}, and this is one of {call.op.name}.")
        if number in self.body.funcs[fname] and not allow_existing:
            raise FrameError(f"{fname} holds that call already (allow_existing=True makes this fine).")
        return self._changed(inplace, lambda b: share.put_call(b, fname, number, with_refs))

    def drop_call(self, fname: str, hid: str, inplace: bool = True) -> ComputationFrame | None:
        """Without this call in a function."""
        self._known(fname, self.body.funcs)
        (number,) = self._numbers(fname, [hid])
        return self._changed(inplace, lambda b: b.funcs[fname].discard(number))

    def move_ref(self, source_vname: str, target_vname: str, hid: str, inplace: bool = True) -> ComputationFrame | None:
        """A ref in another variable; calls that then miss an input go."""
        self._known([source_vname, target_vname], self.body.vars)
        (number,) = self._numbers(source_vname, [hid])
        return self._changed(inplace, lambda b: nodes.move_ref(b, source_vname, target_vname, number))

    def cleanup(self, inplace: bool = False) -> ComputationFrame | None:
        """Without empty nodes."""
        empty = [n for n in self.body.nodes() if not self.body.elements(n)]
        return self.drop(empty, inplace)

    simplify = cleanup

    # -- selecting -----------------------------------------------------------------------------------
    def select_nodes(self, nodes_: str | Iterable[str]) -> ComputationFrame:
        """These nodes with the edges among them."""
        return self._with(select.induced(self.body, self._known(nodes_)))

    def select_subsets(self, elts: Mapping[str, Iterable[str]]) -> ComputationFrame:
        """All nodes, each with these of its elements only; calls that miss an input go."""
        body = select.restricted(self.body, self._all_numbers(elts))
        select.without_broken_calls(body)
        return self._with(body)

    def __getitem__(self, indexer: str | Iterable[str] | ComputationFrame) -> ComputationFrame:
        if isinstance(indexer, ComputationFrame):
            return self & indexer
        return self.select_nodes(indexer)

    def _stream(self, names: tuple[str, ...], back: bool, how: How) -> ComputationFrame:
        body = select.induced(self.body, self.body.reachable(self._known(names), back) | set(names))
        starts = {n: set(body.elements(n)) for n in names}
        return self._with(select.restricted(body, select.reached(body, starts, back, _checked(how))))

    def upstream(self, *nodes: str, how: How = "strong") -> ComputationFrame:
        """What the elements of these nodes were made from.

        `strong`: calls all of whose outputs in the frame are reached; `weak`: calls with any.
        """
        return self._stream(nodes, True, how)

    def downstream(self, *nodes: str, how: How = "strong") -> ComputationFrame:
        """What was made from the elements of these nodes (`strong`: by calls all of whose wired inputs are reached)."""
        return self._stream(nodes, False, how)

    def midstream(self, *nodes: str, how: How = "strong") -> ComputationFrame:
        """The computations from these nodes to one another, starting at the elements that nothing there feeds."""
        body = select.induced(self.body, select.between(self.body, self._known(nodes)))
        starts = {n: xs for n, xs in select.ends(body, back=True).items() if n in nodes}
        return self._with(select.restricted(body, select.reached(body, starts, False, _checked(how))))

    def drop_unreachable(self, direction: Direction, how: How = "strong") -> ComputationFrame:
        """Only what can be reached from the start (`forward`) or from the end (`back`)."""
        back = _is_back(direction)
        starts = select.ends(self.body, back=not back)
        names = self.sinks if back else self.sources
        starts = {n: xs for n, xs in starts.items() if n in names}
        return self._with(select.restricted(self.body, select.reached(self.body, starts, back, _checked(how))))

    def where(self, condition: Any = None, /, **tests: Callable[[Any], Any]) -> ComputationFrame:
        """Only what meets a condition.

        Args:
            condition: a string over variables (`"acc > 0.9 AND n IN [10, 100]"`), or a function whose
                parameters are named like variables (`lambda acc, n: acc > n / 100`).
            tests: a function of the value, by variable.

        The store compares its native values itself; only other values are loaded. What fails is dropped with the
        calls that made or used it. A condition on several variables is asked of each row of the table.
        """
        keep = where.kept(self.body, self.objects, condition, tests, lambda n: self._known(n, self.body.vars))
        return self._with(select.filtered(self.body, keep))

    def isin(
        self,
        values: Iterable[Any],
        by: Literal["hid", "cid", "val"] = "val",
        node_class: Literal["var", "func"] = "var",
        node: str | None = None,
    ) -> ComputationFrame:
        """Only refs (or calls) whose value, cid or hid is among these; in one node, or in all of a kind."""
        names = self.body.vars if node_class == "var" else self.body.funcs
        chosen = list(names) if node is None else self._known(node, names)
        return self._with(select.filtered(self.body, where.among(self.body, self.objects, chosen, values, by)))

    def __lt__(self, other: Any) -> ComputationFrame:
        if isinstance(other, ComputationFrame):
            raise UsageError("frames are not ordered: `cf < 5` keeps the refs whose values are less than 5.")
        tests = {v: lambda value: value < other for v in self.body.vars}
        keep = where.kept(self.body, self.objects, None, tests, lambda n: [n])
        return self._with(select.filtered(self.body, keep))

    def at_version(self, *versions: Any) -> ComputationFrame:
        """Only calls of these versions (ids, or Version objects); other ops keep theirs."""
        ids = {v if isinstance(v, str) else v.id for v in versions}
        return self._with(select.filtered(self.body, where.at_versions(self.body, self.objects, ids)))

    # -- algebra -------------------------------------------------------------------------------------
    def _other(self, other: Any) -> Body:
        if not isinstance(other, ComputationFrame):
            raise UsageError(f"frames combine with frames, not with {type(other).__name__}.")
        if other.storage is not self.storage and (other.storage.store.info().uuid != self.storage.store.info().uuid):
            raise FrameError("the two frames are of different stores: only frames of one store combine.")
        return algebra.moved(other.body, self.body.web)

    def __or__(self, other: ComputationFrame) -> ComputationFrame:
        return self._with(algebra.union(self.body, self._other(other)))

    def __and__(self, other: ComputationFrame) -> ComputationFrame:
        return self._with(algebra.intersection(self.body, self._other(other)))

    def __sub__(self, other: ComputationFrame) -> ComputationFrame:
        return self._with(algebra.difference(self.body, self._other(other)))

    @staticmethod
    def union(*cfs: ComputationFrame) -> ComputationFrame:
        """The union of frames."""
        first, *rest = cfs
        for cf in rest:
            first = first | cf
        return first

    @staticmethod
    def intersection(*cfs: ComputationFrame) -> ComputationFrame:
        """The intersection of frames."""
        first, *rest = cfs
        for cf in rest:
            first = first & cf
        return first

    def diff(self, other: ComputationFrame) -> pd.DataFrame:
        """By node, how many elements are in this frame only, in both, in the other only."""
        return share.diff(self.body, self._other(other))

    # -- tables --------------------------------------------------------------------------------------
    def df(
        self,
        *nodes: str,
        values: tables.ValuesAs = "objs",
        lazy_vars: Iterable[str] | None = None,
        verbose: bool = False,
        include_calls: bool = True,
        join_how: Literal["inner", "outer"] = "outer",
        max_rows: int = MAX_ROWS,
    ) -> pd.DataFrame:
        """The table of every (partial) computation: a row for each, a column for each node (or for these only).

        Args:
            values: `objs` for values, `refs` for refs, `ids` for hids.
            lazy_vars: variables that stay refs among values.
            include_calls: columns of functions too.
            join_how: `outer` with partial rows, `inner` with full rows only.
            max_rows: above it, `JoinTooLarge` names the nodes that multiply.

        An empty cell is NaN; several elements are a `ValueCollection`, `RefCollection` or `CallCollection`. Rows are
        in the order of their native values, column by column.
        """
        names = self._known(nodes)
        lazy = self._known(lazy_vars or ())
        if len(names) == 1:
            return tables.variable_table(self.body, self.objects, names[0], values, lazy, verbose)
        return tables.frame_table(
            self.body, self.objects, names, values, include_calls, join_how, lazy, max_rows, verbose
        )

    def eval(self, *nodes: str, values: tables.ValuesAs = "objs", verbose: bool = True) -> pd.DataFrame:
        """The same as `df`, with calls and with progress."""
        return self.df(*nodes, values=values, verbose=verbose)

    def eval_df(self, df: pd.DataFrame, skip_cols: Iterable[str] = (), skip_calls: bool = False) -> pd.DataFrame:
        """A table of refs as a table of values."""
        return share.eval_df(self.storage, df, set(skip_cols or ()), skip_calls)

    def attach(self) -> None:
        """Load the value of every ref of the frame."""
        for ref in self.refs.values():
            ref.obj  # noqa: B018

    def get_func_table(self, fname: str, values: tables.ValuesAs = "refs") -> pd.DataFrame:
        """The calls of a function, a row each, by the op's input and output names."""
        self._known(fname, self.body.funcs)
        return tables.function_table(self.body, self.objects, fname, values)

    def get_history_df(self, vname: str, include_calls: bool = True, values: tables.ValuesAs = "refs") -> pd.DataFrame:
        """The history of each element of a node, a row each."""
        self._known(vname)
        return tables.history_table(self.body, self.objects, vname, values, include_calls)

    def get_joint_history_df(
        self,
        varnames: Iterable[str],
        how: Literal["inner", "outer"] = "outer",
        include_calls: bool = True,
        values: tables.ValuesAs = "refs",
    ) -> pd.DataFrame:
        """The histories of several variables, joined."""
        names = self._known(varnames)
        body = select.induced(self.body, self.body.reachable(names, back=True) | set(names))
        return self._with(body).df(values=values, include_calls=include_calls, join_how=how)

    # -- words ---------------------------------------------------------------------------------------
    def get_graph_desc(self) -> str:
        """The graph as lines of text, `outputs = function(label=variable)`."""
        return describe.text(self.body)

    def print_graph(self) -> None:
        """Print `get_graph_desc()`."""
        print(self.get_graph_desc())

    def __repr__(self) -> str:
        return describe.summary(self.body)

    def info(self, *nodes: str) -> None:
        """Print what is in the frame, or in these nodes."""
        print(describe.info(self.body, self.objects, self._known(nodes)))

    def var_info(self, vname: str) -> None:
        """Print what is in a variable."""
        self.info(*self._known(vname, self.body.vars))

    def func_info(self, fname: str) -> None:
        """Print what is in a function."""
        self.info(*self._known(fname, self.body.funcs))

    def get_var_stats(self) -> pd.DataFrame:
        """By variable: how many values, how many distinct, types, bytes."""
        return describe.var_stats(self.body, self.objects)

    def get_func_stats(self) -> pd.DataFrame:
        """By function: how many calls, versions, their durations in seconds."""
        return describe.func_stats(self.body, self.objects)

    def stats(self) -> pd.DataFrame:
        """By node: counts, seconds, bytes."""
        return describe.stats(self.body, self.objects)

    # -- pictures ------------------------------------------------------------------------------------
    def to_svg(self, **options: Any) -> str:
        """The graph as an SVG picture (see `draw`)."""
        return picture.svg(self.body, **options)

    def to_dot(self) -> str:
        """The graph for Graphviz."""
        return picture.dot(self.body)

    def to_mermaid(self) -> str:
        """The graph as a Mermaid flowchart."""
        return picture.mermaid(self.body)

    def draw(self, path: Any = None, **options: Any) -> picture.Picture:
        """A picture of the graph; shown in notebooks, saved to `path` (`.svg`, `.png`) when given.

        Args:
            path: where to save it; `.png` needs the package `cairosvg`.
            options: `theme`: `light`, `dark` or `auto`.
        """
        return picture.draw(self.body, path, **options)

    def _repr_html_(self) -> str:
        return picture.html(self.body, describe.summary(self.body))

    def _ipython_key_completions_(self) -> list[str]:
        return self.body.nodes()

    # -- beyond the frame ----------------------------------------------------------------------------
    def delete_calls(self, dry_run: bool = False) -> list[str]:
        """Delete the frame's calls from the store, with all that depends on them; hids of what went."""
        hids = [self.body.web.call_ids[c] for calls in self.body.funcs.values() for c in calls]
        return share.delete(self.storage, hids, dry_run)

    def delete_calls_from_df(self, df: pd.DataFrame, dry_run: bool = False) -> list[str]:
        """Delete the calls that stand in a table, with all that depends on them."""
        return share.delete(self.storage, share.calls_in(df), dry_run)

    def cypher(self) -> str:
        """A Cypher statement that gives the ids of `df(values="ids")`, for frames without loops."""
        return cypher(self.body)

    def save(self, path: Any) -> None:
        """Keep the frame (names, ids, edges; no values) as a small JSON file."""
        share.save(self.body, self.storage, path)

    @staticmethod
    def load(storage: StorageLike, path: Any) -> ComputationFrame:
        """A frame that was saved, over the same store."""
        return ComputationFrame(storage, share.load(storage, open_web(storage), path))


def _is_back(direction: str) -> bool:
    if direction not in ("back", "forward"):
        raise UsageError(f'direction is "back" or "forward", not {direction!r}.')
    return direction == "back"


def _checked(how: str) -> How:
    if how not in ("strong", "weak"):
        raise UsageError(f'how is "strong" or "weak", not {how!r}.')
    return how  # type: ignore[return-value]


def from_op(storage: StorageLike, op: Any, version: str | None = None) -> ComputationFrame:
    """The frame of all calls of an op (given by name, or as a function decorated by `@op`)."""
    name = op if isinstance(op, str) else getattr(op, "name", None)
    if not isinstance(name, str):
        raise UsageError(f"expected an op or its name, not {op!r}.")
    web = open_web(storage)
    web.load(web.reader.of_op(name, version))
    body = Body.from_op(web, name, [c for c, o in enumerate(web.call_op) if o == name])
    return ComputationFrame(storage, body)


def from_refs(storage: StorageLike, refs: Ref | Iterable[Ref]) -> ComputationFrame:
    """The frame of one variable, `v`, with these refs."""
    return from_vars(storage, {"v": refs})


def from_vars(storage: StorageLike, named: Mapping[str, Ref | Iterable[Ref]]) -> ComputationFrame:
    """The frame of these variables."""
    web = open_web(storage)
    return ComputationFrame(
        storage,
        Body.from_vars(web, {n: set(share.take(storage, web, refs)) for n, refs in named.items()}),
    )


def from_ops(storage: StorageLike) -> ComputationFrame:
    """The whole store, a function for each op: how its calls feed each other."""
    return ComputationFrame(storage, share.whole(storage, open_web(storage)))
