"""`Editing`: changing a frame's nodes and elements by hand. What a change does, is in `nodes` and `share`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Self

from mandala_graph.errors import FrameError, UsageError
from mandala_graph.frame import nodes, select, share, where
from mandala_graph.frame.base import Base
from mandala_graph.frame.body import Body
from mandala_graph.model import Call, Ref

__all__ = ["Editing"]


class Editing(Base):
    """Changes by hand. A frame stays valid: calls that lose an input go, and what is no frame is an error."""

    # -- nodes ---------------------------------------------------------------------------------------
    def drop(self, nodes_: str | Iterable[str], inplace: bool = False, with_dependents: bool = False) -> Self:
        """Without these nodes; with dependents, without everything downstream of them too.

        >>> from mandala_graph.examples import example
        >>> sorted(example().drop("y", with_dependents=True).nodes)
        ['increment', 'x']
        """
        names = self._known(nodes_)
        return self._changed(inplace, lambda b: nodes.drop_nodes(b, names, with_dependents))

    def drop_node(self, node: str, inplace: bool = False) -> Self:
        """Without this node.

        >>> from mandala_graph.examples import example
        >>> sorted(example().drop_node("add").nodes)
        ['increment', 'w', 'x', 'y']
        """
        return self.drop([node], inplace)

    def drop_var(self, vname: str, inplace: bool = False) -> Self:
        """Without this variable.

        >>> from mandala_graph.examples import example
        >>> sorted(example().drop_var("w").vnames)
        ['x', 'y']
        """
        return self.drop(self._known(vname, self.body.vars), inplace)

    def drop_func(self, fname: str, inplace: bool = False, with_dependents: bool = False) -> Self:
        """Without this function (and with dependents, without what is downstream of it).

        >>> from mandala_graph.examples import example
        >>> sorted(example().drop_func("add", with_dependents=True).nodes)
        ['increment', 'x', 'y']
        """
        return self.drop(self._known(fname, self.body.funcs), inplace, with_dependents)

    def rename(
        self,
        vars: Mapping[str, str] | None = None,
        funcs: Mapping[str, str] | None = None,
        inplace: bool = False,
    ) -> Self:
        """Other names for variables and functions: `{old: new}`, all at once, so that two may swap.

        >>> from mandala_graph.examples import example
        >>> example().rename(vars={"w": "total"}, funcs={"add": "plus"}).print_graph()
        x@source
        y = increment(x=x)
        total@sink = plus(y=y, z=x)
        """
        for given in (vars, funcs):
            if given is not None and not isinstance(given, Mapping):
                raise UsageError(f"rename takes {{old: new}}, not {given!r}; see rename_var(old, new).")
        self._known(vars or (), self.body.vars)
        self._known(funcs or (), self.body.funcs)
        return self._changed(inplace, lambda b: nodes.rename(b, {**(vars or {}), **(funcs or {})}))

    def rename_var(self, vname: str, new_vname: str, inplace: bool = False) -> Self:
        """Another name for a variable.

        >>> from mandala_graph.examples import example
        >>> sorted(example().rename_var("w", "total").vnames)
        ['total', 'x', 'y']
        """
        return self.rename(vars={vname: new_vname}, inplace=inplace)

    def merge(self, nodes_: Iterable[str], new_name: str | None = None, inplace: bool = False) -> Self:
        """Variables, or functions of one op, as one (the first of them, or `new_name`).

        >>> from mandala_graph.examples import example
        >>> example().merge(["x", "y"], new_name="number").print_graph()
        number = increment(x=number)
        w@sink = add(z=number, y=number)
        """
        if isinstance(nodes_, str):
            raise UsageError(f"merge takes the nodes in a list: merge([{nodes_!r}, ...], new_name=...).")
        names = self._known(nodes_)
        return self._changed(inplace, lambda b: nodes.merge(b, names, new_name))

    def merge_into(self, node_to_merge: str, merge_into: str, inplace: bool = False) -> Self:
        """One node's elements and edges as another's.

        >>> from mandala_graph.examples import example
        >>> sorted(example().merge_into("y", "x").vnames)
        ['w', 'x']
        """
        self._known([node_to_merge, merge_into])
        return self._changed(inplace, lambda b: nodes.merge_into(b, node_to_merge, merge_into))

    def merge_vars(self, inplace: bool = False) -> Self:
        """Each variable that is part of another merged into it.

        >>> from mandala_graph.examples import example
        >>> sorted(example().merge_vars().vnames)
        ['w', 'x', 'y']
        """
        return self._changed(inplace, nodes.merge_subsets)

    def split(
        self, node: str, by: Callable[[Any], Any] | Literal["version", "wiring"] = "wiring", inplace: bool = False
    ) -> Self:
        """A node as several: by a function of each value (of each call), by op `version`, or by `wiring`.

        By wiring, elements with different neighbouring nodes go apart. The largest part keeps the name.

        >>> from mandala_graph.examples import example
        >>> cf = example().split("y")
        >>> {v: len(hids) for v, hids in sorted(cf.vs.items())}
        {'w': 2, 'x': 3, 'y': 2, 'y_0': 1}
        """
        self._known(node)
        part_of = where.parts(self.body, self.objects, node, by)
        return self._changed(inplace, lambda b: nodes.split(b, node, part_of))

    def cleanup(self, inplace: bool = False) -> Self:
        """Without empty nodes.

        >>> from mandala_graph.examples import example
        >>> sorted(example().where("w > 100").cleanup().nodes)
        ['increment', 'x', 'y']
        """
        empty = [n for n in self.body.nodes() if not self.body.elements(n)]
        return self.drop(empty, inplace)

    simplify = cleanup

    # -- elements ------------------------------------------------------------------------------------
    def add_ref(self, vname: str, ref: Ref, allow_existing: bool = False, inplace: bool = True) -> Self:
        """With one more ref in a variable (made when there is none of that name).

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> (ref, *_) = cf.get_var_values("w")
        >>> cf.add_ref("best", ref)
        >>> cf.vs["best"] == {ref.hid}
        True
        """
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

    def drop_ref(self, vname: str, hid: str, inplace: bool = True) -> Self:
        """Without this ref in a variable, and without the calls that miss it.

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> cf.drop_ref("x", min(cf.vs["x"]))
        >>> len(cf.fs["increment"])
        2
        """
        self._known(vname, self.body.vars)
        (number,) = self._numbers(vname, [hid])

        def change(body: Body) -> None:
            body.vars[vname].discard(number)
            select.without_broken_calls(body)

        return self._changed(inplace, change)

    def add_call(
        self, fname: str, call: Call, with_refs: bool = True, allow_existing: bool = False, inplace: bool = True
    ) -> Self:
        """With one more call in a function, and its refs in the variables wired there.

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> (call, *_) = cf.calls_by_func()["add"]
        >>> cf.drop_call("add", call.hid)
        >>> cf.add_call("add", call)
        >>> len(cf.fs["add"])
        2
        """
        self._known(fname, self.body.funcs)
        number = share.take_call(self.storage, self.body.web, call)
        if call.op.name != self.body.ops[fname]:
            raise FrameError(f"{fname} holds calls of {self.body.ops[fname]}, and this is one of {call.op.name}.")
        if number in self.body.funcs[fname] and not allow_existing:
            raise FrameError(f"{fname} holds that call already (allow_existing=True makes this fine).")
        return self._changed(inplace, lambda b: share.put_call(b, fname, number, with_refs))

    def drop_call(self, fname: str, hid: str, inplace: bool = True) -> Self:
        """Without this call in a function.

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> cf.drop_call("add", min(cf.fs["add"]))
        >>> len(cf.fs["add"])
        1
        """
        self._known(fname, self.body.funcs)
        (number,) = self._numbers(fname, [hid])
        return self._changed(inplace, lambda b: b.funcs[fname].discard(number))

    def move_ref(self, source_vname: str, target_vname: str, hid: str, inplace: bool = True) -> Self:
        """A ref in another variable; calls that then miss an input go.

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> cf.move_ref("y", "x", min(cf.vs["y"]))
        >>> len(cf.vs["x"]), len(cf.vs["y"])
        (4, 2)
        """
        self._known([source_vname, target_vname], self.body.vars)
        (number,) = self._numbers(source_vname, [hid])
        return self._changed(inplace, lambda b: nodes.move_ref(b, source_vname, target_vname, number))
