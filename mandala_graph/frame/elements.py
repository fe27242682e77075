"""`ElementGraph`: the refs and calls of a frame along its edges, one by one: neighbours, reachability, histories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from mandala_graph.errors import UnknownNode
from mandala_graph.frame import select
from mandala_graph.frame.base import Base, Direction, Elements, checked_how, is_back
from mandala_graph.frame.body import Edge
from mandala_graph.frame.select import How

__all__ = ["ElementGraph"]


class ElementGraph(Base):
    """What feeds what in a frame, by hid."""

    def get_source_elts(self) -> Elements:
        """By node, the elements that no element of the frame feeds.

        >>> from mandala_graph.examples import example
        >>> {n: len(hids) for n, hids in example().get_source_elts().items() if hids}
        {'x': 3}
        """
        return self._hids(select.ends(self.body, back=True))

    def get_sink_elts(self) -> Elements:
        """By node, the elements that feed no element of the frame.

        >>> from mandala_graph.examples import example
        >>> {n: len(hids) for n, hids in example().get_sink_elts().items() if hids}
        {'y': 1, 'w': 2}
        """
        return self._hids(select.ends(self.body, back=False))

    def get_adj_elts(self, node: str, hids: Iterable[str], direction: Literal["back", "forward", "both"]) -> Elements:
        """By neighbouring node, the elements directly up or down from these elements of a node.

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> {n: len(hids) for n, hids in sorted(cf.get_adj_elts("x", cf.vs["x"], "forward").items())}
        {'add': 2, 'increment': 3}
        """
        self._known(node)
        numbers = self._numbers(node, hids)
        found: dict[str, set[int]] = {}
        for back in (True, False) if direction == "both" else (is_back(direction),):
            for n, xs in select.neighbours(self.body, node, numbers, back).items():
                found.setdefault(n, set()).update(xs)
        return self._hids(found)

    def in_neighbor_elts(self, node: str, hids: Iterable[str]) -> Elements:
        """By neighbouring node, the elements that feed these directly.

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> {n: len(hids) for n, hids in sorted(cf.in_neighbor_elts("add", cf.fs["add"]).items())}
        {'x': 2, 'y': 2}
        """
        return self.get_adj_elts(node, hids, "back")

    def get_adj_elts_edge(self, edge: Edge, hids: Iterable[str], direction: Direction) -> set[str]:
        """Elements connected to these along one edge: `back` from its target, `forward` from its source.

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> len(cf.get_adj_elts_edge(("y", "add", "y"), cf.vs["y"], "forward"))
        2
        """
        if edge not in self.body.edges:
            raise UnknownNode(
                f"the frame has no edge {edge!r}; there are {', '.join(map(repr, sorted(self.body.edges)))}."
            )
        back = is_back(direction)
        here, there = (edge[1], edge[0]) if back else (edge[0], edge[1])
        numbers = self._numbers(here, hids)
        ids = self._ids(there)
        return {ids[p[0 if back else 1]] for p in self.body.pairs(edge) if p[1 if back else 0] in numbers}

    def get_reachable_elts(
        self,
        initial_state: Mapping[str, Iterable[str]],
        direction: Direction,
        how: How = "strong",
        pad: bool = True,
    ) -> Elements:
        """By node, what can be reached from these elements (see `upstream` for `how`); `pad` names empty nodes too.

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> found = cf.get_reachable_elts({"y": cf.vs["y"]}, "forward", how="weak", pad=False)
        >>> {n: len(hids) for n, hids in sorted(found.items())}
        {'add': 2, 'w': 2, 'y': 3}
        """
        found = select.reached(self.body, self._all_numbers(initial_state), is_back(direction), checked_how(how))
        return self._hids({n: xs for n, xs in found.items() if xs or pad})

    def get_direct_history(self, vname: str, hids: Iterable[str], include_calls: bool = False) -> Elements:
        """By node, the inputs of the calls of the frame that made these refs of a variable, and these refs.

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> {n: len(hids) for n, hids in sorted(cf.get_direct_history("w", cf.vs["w"]).items())}
        {'w': 2, 'x': 2, 'y': 2}
        """
        self._known(vname, self.body.vars)
        found = {vname: self._numbers(vname, hids)}
        made = select.neighbours(self.body, vname, found[vname], back=True)
        for f, calls in made.items():
            if include_calls:
                found.setdefault(f, set()).update(calls)
            for v, refs in select.neighbours(self.body, f, calls, back=True).items():
                found.setdefault(v, set()).update(refs)
        return self._hids({n: xs for n, xs in found.items() if xs})

    def get_total_history(self, node: str, hids: Iterable[str], include_calls: bool = False) -> Elements:
        """By node, everything in the frame from which these elements can be reached, and these elements.

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> history = cf.get_total_history("w", cf.vs["w"], include_calls=True)
        >>> {n: len(hids) for n, hids in sorted(history.items())}
        {'add': 2, 'increment': 2, 'w': 2, 'x': 2, 'y': 2}
        """
        found = self.get_reachable_elts({node: hids}, "back", "weak", pad=False)
        return {n: xs for n, xs in found.items() if include_calls or n in self.body.vars}
