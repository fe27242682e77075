"""`Body`: what a frame is made of, variables, functions and the edges between them, over the numbers of a `Web`.

Bodies change in place; a ComputationFrame copies one before it does. Growing along the provenance is
`expand`, what rows are is `histories` and `rows`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mandala_graph.frame.names import output_name
from mandala_graph.frame.web import Web, among, numbers
from mandala_graph.store.reach import Ints

__all__ = ["Body", "Edge"]

Edge = tuple[str, str, str]
"""(source node, target node, label)."""


class Body:
    """Variables (name -> refs), functions (name -> calls, of the op `ops[name]`), edges; dicts in order of creation.

    `pinned` are the variables that the user gave: they claim their computed refs.
    """

    __slots__ = ("edges", "funcs", "ins", "ops", "outs", "pinned", "vars", "web")

    def __init__(self, web: Web) -> None:
        self.web = web
        self.vars: dict[str, set[int]] = {}
        self.funcs: dict[str, set[int]] = {}
        self.ops: dict[str, str] = {}
        self.edges: dict[Edge, None] = {}
        self.ins: dict[str, list[tuple[str, str]]] = {}
        self.outs: dict[str, list[tuple[str, str]]] = {}
        self.pinned: set[str] = set()

    @classmethod
    def from_op(cls, web: Web, op: str, calls: Iterable[int]) -> Body:
        """All these calls of one op, with a variable for each input and output."""
        body = cls(web)
        body.add_func(op, op)
        body.funcs[op] = calls = set(calls)
        for label in web.labels(calls, 0):
            name = body.add_var(body.fresh(label))
            body.vars[name] = web.refs_at(calls, 0, label)
            body.add_edge((name, op, label))
        for label in web.labels(calls, 1):
            name = body.add_var(body.fresh(output_name(label)))
            body.vars[name] = web.refs_at(calls, 1, label)
            body.add_edge((op, name, label))
        return body

    @classmethod
    def from_vars(cls, web: Web, named: dict[str, set[int]]) -> Body:
        """Variables that the user named, and nothing else."""
        body = cls(web)
        for name, refs in named.items():
            body.add_var(name)
            body.vars[name] = set(refs)
        body.pinned = set(named)
        return body

    def copy(self) -> Body:
        new = Body(self.web)
        new.vars = {name: set(refs) for name, refs in self.vars.items()}
        new.funcs = {name: set(calls) for name, calls in self.funcs.items()}
        new.ops = dict(self.ops)
        new.edges = dict(self.edges)
        new.ins = {name: list(edges) for name, edges in self.ins.items()}
        new.outs = {name: list(edges) for name, edges in self.outs.items()}
        new.pinned = set(self.pinned)
        return new

    # -- nodes and edges -----------------------------------------------------------------------------
    def add_var(self, name: str) -> str:
        self.vars[name] = set()
        self.ins[name], self.outs[name] = [], []
        return name

    def add_func(self, name: str, op: str) -> str:
        self.funcs[name] = set()
        self.ops[name] = op
        self.ins[name], self.outs[name] = [], []
        return name

    def add_edge(self, edge: Edge) -> None:
        if edge not in self.edges:
            self.edges[edge] = None
            source, target, label = edge
            self.outs[source].append((target, label))
            self.ins[target].append((source, label))

    def drop_edge(self, edge: Edge) -> None:
        if edge in self.edges:
            del self.edges[edge]
            source, target, label = edge
            self.outs[source].remove((target, label))
            self.ins[target].remove((source, label))

    def drop_node(self, name: str) -> None:
        for source, label in list(self.ins[name]):
            self.drop_edge((source, name, label))
        for target, label in list(self.outs[name]):
            self.drop_edge((name, target, label))
        for table in (self.vars, self.funcs, self.ops, self.ins, self.outs):
            table.pop(name, None)
        self.pinned.discard(name)

    def fresh(self, base: str) -> str:
        """A name that no node has: the base itself, else with the first free number (`var` always has one)."""
        if base != "var" and base not in self.vars and base not in self.funcs:
            return base
        i = 0
        while f"{base}_{i}" in self.vars or f"{base}_{i}" in self.funcs:
            i += 1
        return f"{base}_{i}"

    def elements(self, node: str) -> set[int]:
        """The refs of a variable or the calls of a function."""
        found = self.vars.get(node)
        return self.funcs[node] if found is None else found

    def nodes(self) -> list[str]:
        return [*self.vars, *self.funcs]

    def home_order(self) -> Callable[[str], tuple[bool, int]]:
        """Of several variables at one label, new refs go to the first in this order: given ones last."""
        place = {name: i for i, name in enumerate(self.vars)}
        return lambda name: (name in self.pinned, place[name])

    def wired(self, func: str, label: str, side: int) -> list[str]:
        """Variables at an input label (side 0) or an output label (side 1) of a function."""
        return [v for v, other in (self.outs if side else self.ins)[func] if other == label]

    def reachable(self, starts: Iterable[str], back: bool) -> set[str]:
        """Nodes up or down from these along edges; a start is among them only where a cycle leads to it."""
        edges = self.ins if back else self.outs
        seen: set[str] = set()
        todo = list(starts)
        while todo:
            for other, _ in edges[todo.pop()]:
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return seen

    # -- element edges -------------------------------------------------------------------------------
    def pairs(self, edge: Edge) -> list[tuple[int, int]]:
        """The element edges of an edge: (source element, target element)."""
        sources, targets = self.arrows(edge)
        return list(zip(sources.tolist(), targets.tolist(), strict=True))

    def arrows(self, edge: Edge) -> tuple[Ints, Ints]:
        """The element edges of an edge as two columns: source elements, target elements."""
        source, target, label = edge
        web = self.web
        backward = source in self.vars
        func, var = (target, source) if backward else (source, target)
        calls, labels, refs = (web.ins if backward else web.outs).of(numbers(self.funcs[func]))
        mine = labels == web.code(label)
        calls, refs = calls[mine], refs[mine]
        held = among(refs, self.vars[var])
        return (refs[held], calls[held]) if backward else (calls[held], refs[held])

    def problems(self) -> list[str]:
        """What makes this body invalid, in words; empty when it is valid."""
        found = []
        for func, calls in self.funcs.items():
            if strangers := [c for c in calls if self.web.call_op[c] != self.ops[func]]:
                found.append(f"{func} holds {len(strangers)} calls of another op than {self.ops[func]}")
            for label in dict.fromkeys(label for _, label in self.ins[func]):
                held = set().union(*[self.vars[v] for v in self.wired(func, label, 0)])
                if missing := self.web.refs_at(calls, 0, label) - held:
                    found.append(f"{len(missing)} refs at input {label} of {func} are in no variable wired there")
        return found
