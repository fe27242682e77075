"""`Contents`: what is in a frame. Its nodes and the graph of them, its refs and calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mandala_graph.errors import UnknownNode
from mandala_graph.frame.base import Base, Direction, Elements, is_back
from mandala_graph.frame.body import Edge
from mandala_graph.frame.order import along_edges
from mandala_graph.model import Call, Op, Ref

__all__ = ["Contents"]


class Contents(Base):
    """Reading a frame; nothing here changes it, and no value is loaded."""

    # -- nodes and elements --------------------------------------------------------------------------
    @property
    def vs(self) -> Elements:
        """Variable name -> hids of its refs.

        >>> from mandala_graph.examples import example
        >>> {name: len(hids) for name, hids in sorted(example().vs.items())}
        {'w': 2, 'x': 3, 'y': 3}
        """
        return self._hids(self.body.vars)

    @property
    def fs(self) -> Elements:
        """Function name -> hids of its calls.

        >>> from mandala_graph.examples import example
        >>> {name: len(hids) for name, hids in sorted(example().fs.items())}
        {'add': 2, 'increment': 3}
        """
        return self._hids(self.body.funcs)

    @property
    def sets(self) -> Elements:
        """Node name -> hids of its elements.

        >>> from mandala_graph.examples import example
        >>> sorted(example().sets)
        ['add', 'increment', 'w', 'x', 'y']
        """
        return {**self.vs, **self.fs}

    @property
    def vnames(self) -> set[str]:
        """Names of the variables.

        >>> from mandala_graph.examples import example
        >>> sorted(example().vnames)
        ['w', 'x', 'y']
        """
        return set(self.body.vars)

    @property
    def fnames(self) -> set[str]:
        """Names of the functions.

        >>> from mandala_graph.examples import example
        >>> sorted(example().fnames)
        ['add', 'increment']
        """
        return set(self.body.funcs)

    @property
    def nodes(self) -> set[str]:
        """Names of all nodes.

        >>> from mandala_graph.examples import example
        >>> len(example().nodes)
        5
        """
        return set(self.body.nodes())

    @property
    def refs(self) -> dict[str, Ref]:
        """Every ref of the frame, by hid.

        >>> from mandala_graph.examples import example
        >>> len(example().refs)
        8
        """
        numbers = set().union(*self.body.vars.values())
        made = self.objects.refs(numbers)
        return {made[r].hid: made[r] for r in numbers}

    @property
    def calls(self) -> dict[str, Call]:
        """Every call of the frame, by hid.

        >>> from mandala_graph.examples import example
        >>> sorted(call.op.name for call in example().calls.values())
        ['add', 'add', 'increment', 'increment', 'increment']
        """
        numbers = set().union(*self.body.funcs.values())
        made = self.objects.calls(numbers)
        return {made[c].hid: made[c] for c in numbers}

    def refs_by_var(self) -> dict[str, set[Ref]]:
        """Variable name -> its refs.

        >>> from mandala_graph.examples import example
        >>> sorted(ref.obj for ref in example().refs_by_var()["y"])
        [1, 2, 3]
        """
        return {v: self.get_var_values(v) for v in self.body.vars}

    def calls_by_func(self) -> dict[str, set[Call]]:
        """Function name -> its calls.

        >>> from mandala_graph.examples import example
        >>> sorted(call.outputs["w"].obj for call in example().calls_by_func()["add"])
        [1, 5]
        """
        made = self.objects.calls(set().union(*self.body.funcs.values()))
        return {f: {made[c] for c in calls} for f, calls in self.body.funcs.items()}

    @property
    def values(self) -> dict[str, Any]:
        """Node name -> its refs or calls.

        >>> from mandala_graph.examples import example
        >>> len(example().values["increment"])
        3
        """
        return {**self.refs_by_var(), **self.calls_by_func()}

    def ops(self) -> dict[str, Op]:
        """Function name -> its op.

        >>> from mandala_graph.examples import example
        >>> example().ops()["add"].inputs
        ('y', 'z')
        """
        return {f: self.objects.op(name) for f, name in self.body.ops.items()}

    def get(self, hids: Iterable[str]) -> set[Ref]:
        """The refs of these hids.

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> sorted(ref.obj for ref in cf.get(cf.vs["w"]))
        [1, 5]
        """
        refs = self.refs
        hids = [hids] if isinstance(hids, str) else list(hids)
        if missing := [h for h in hids if h not in refs]:
            raise UnknownNode(f"no ref {missing[0]!r} is in the frame.")
        return {refs[h] for h in hids}

    def get_var_values(self, vname: str) -> set[Ref]:
        """The refs of a variable.

        >>> from mandala_graph.examples import example
        >>> sorted(ref.obj for ref in example().get_var_values("w"))
        [1, 5]
        """
        self._known(vname, self.body.vars)
        made = self.objects.refs(self.body.vars[vname])
        return {made[r] for r in self.body.vars[vname]}

    def get_creators(self, vnames: str | Iterable[str]) -> set[Call]:
        """The calls that made the refs of these variables, whether or not they are in the frame.

        >>> from mandala_graph.examples import example
        >>> sorted(call.op.name for call in example()["w"].get_creators("w"))
        ['add', 'add']
        """
        return self._around(vnames, back=True)

    def get_consumers(self, vnames: str | Iterable[str]) -> set[Call]:
        """The calls that use the refs of these variables, whether or not they are in the frame.

        >>> from mandala_graph.examples import example
        >>> sorted(call.op.name for call in example()["y"].get_consumers("y"))
        ['add', 'add']
        """
        return self._around(vnames, back=False)

    def _around(self, vnames: str | Iterable[str], back: bool) -> set[Call]:
        web = self.body.web
        refs = set().union(*[self.body.vars[v] for v in self._known(vnames, self.body.vars)])
        self.storage.commit()
        web.reach(refs, "back" if back else "forward", False, () if back else refs)
        found = {int(web.creator[r]) for r in refs} - {-1} if back else {c for r in refs for c in web.uses[r]}
        made = self.objects.calls(found)
        return {made[c] for c in found}

    # -- the graph of nodes --------------------------------------------------------------------------
    def edges(self) -> list[Edge]:
        """(source, target, label), sorted.

        >>> from mandala_graph.examples import example
        >>> example().edges()[:2]
        [('add', 'w', 'w'), ('increment', 'y', 'y')]
        """
        return sorted(self.body.edges)

    def in_edges(self, node: str) -> set[Edge]:
        """Edges into a node.

        >>> from mandala_graph.examples import example
        >>> sorted(example().in_edges("add"))
        [('x', 'add', 'z'), ('y', 'add', 'y')]
        """
        self._known(node)
        return {(s, node, x) for s, x in self.body.ins[node]}

    def out_edges(self, node: str) -> set[Edge]:
        """Edges out of a node.

        >>> from mandala_graph.examples import example
        >>> sorted(example().out_edges("x"))
        [('x', 'add', 'z'), ('x', 'increment', 'x')]
        """
        self._known(node)
        return {(node, t, x) for t, x in self.body.outs[node]}

    def in_neighbors(self, node: str) -> set[str]:
        """Nodes with an edge into this one.

        >>> from mandala_graph.examples import example
        >>> sorted(example().in_neighbors("add"))
        ['x', 'y']
        """
        return {s for s, _, _ in self.in_edges(node)}

    def out_neighbors(self, node: str) -> set[str]:
        """Nodes with an edge from this one.

        >>> from mandala_graph.examples import example
        >>> sorted(example().out_neighbors("x"))
        ['add', 'increment']
        """
        return {t for _, t, _ in self.out_edges(node)}

    @property
    def sources(self) -> set[str]:
        """Variables that no function of the frame makes.

        >>> from mandala_graph.examples import example
        >>> example().sources
        {'x'}
        """
        return {v for v in self.body.vars if not self.body.ins[v]}

    @property
    def sinks(self) -> set[str]:
        """Variables that no function of the frame uses.

        >>> from mandala_graph.examples import example
        >>> example().sinks
        {'w'}
        """
        return {v for v in self.body.vars if not self.body.outs[v]}

    def sort_nodes(self, nodes: Iterable[str]) -> list[str]:
        """These nodes, each after those that feed it.

        >>> from mandala_graph.examples import example
        >>> example().sort_nodes(["w", "increment", "x"])
        ['x', 'increment', 'w']
        """
        wanted = set(self._known(nodes))
        return [n for n in along_edges(self.body) if n in wanted]

    def topsort_modulo_sccs(self) -> list[str]:
        """All nodes, each after those that feed it; those of a cycle stand together.

        >>> from mandala_graph.examples import example
        >>> example().topsort_modulo_sccs()
        ['x', 'increment', 'y', 'add', 'w']
        """
        return along_edges(self.body)

    def get_reachable_nodes(self, nodes: Iterable[str], direction: Direction) -> set[str]:
        """These nodes and those up (`back`) or down (`forward`) from them.

        >>> from mandala_graph.examples import example
        >>> sorted(example().get_reachable_nodes(["y"], "forward"))
        ['add', 'w', 'y']
        """
        names = self._known(nodes)
        return self.body.reachable(names, is_back(direction)) | set(names)

    def get_all_edges_on_paths_between(self, start: str, end: str) -> set[tuple[str, str]]:
        """(source, target) of the edges that ways from one node to another go along.

        >>> from mandala_graph.examples import example
        >>> sorted(example().get_all_edges_on_paths_between("increment", "w"))
        [('add', 'w'), ('increment', 'y'), ('y', 'add')]
        """
        self._known([start, end])
        down = self.body.reachable([start], back=False) | {start}
        up = self.body.reachable([end], back=True) | {end}
        return {(s, t) for s, t, _ in self.body.edges if s in down and t in up}
