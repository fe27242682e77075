"""`Selecting`: smaller frames from a frame, by nodes, elements, reachability and conditions; and set algebra."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

from mandala_graph.errors import FrameError, UsageError
from mandala_graph.frame import algebra, select, share, where
from mandala_graph.frame.base import Base, Direction, checked_how, is_back
from mandala_graph.frame.body import Body
from mandala_graph.frame.select import How

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Selecting"]


class Selecting(Base):
    """What is left is a valid frame: calls that lost a wired input go with it (SEMANTICS of filters: `where`)."""

    # -- by nodes and elements -----------------------------------------------------------------------
    def select_nodes(self, nodes: str | Iterable[str]) -> Self:
        """These nodes with the edges among them.

        >>> from mandala_graph.examples import example
        >>> example().select_nodes(["x", "increment"]).edges()
        [('x', 'increment', 'x')]
        """
        return self._with(select.induced(self.body, self._known(nodes)))

    def select_subsets(self, elts: Mapping[str, Iterable[str]]) -> Self:
        """All nodes, each with those of its elements only that are given (by hid); calls that miss an input go.

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> some = cf.select_subsets({**cf.sets, "y": []})
        >>> len(some.fs["increment"]), len(some.fs["add"])
        (3, 0)
        """
        body = select.restricted(self.body, self._all_numbers(elts))
        select.without_broken_calls(body)
        return self._with(body)

    def __getitem__(self, indexer: str | Iterable[str] | Self) -> Self:
        if isinstance(indexer, Selecting):
            return self & indexer
        return self.select_nodes(indexer)

    # -- by reachability -----------------------------------------------------------------------------
    def _stream(self, names: tuple[str, ...], back: bool, how: How) -> Self:
        body = select.induced(self.body, self.body.reachable(self._known(names), back) | set(names))
        starts = {n: set(body.elements(n)) for n in names}
        return self._with(select.restricted(body, select.reached(body, starts, back, checked_how(how))))

    def upstream(self, *nodes: str, how: How = "strong") -> Self:
        """What the elements of these nodes were made from.

        Args:
            how: `strong`, calls all of whose outputs in the frame are reached; `weak`, calls with any.

        >>> from mandala_graph.examples import example
        >>> {v: len(hids) for v, hids in sorted(example().upstream("w").vs.items())}
        {'w': 2, 'x': 2, 'y': 2}
        """
        return self._stream(nodes, True, how)

    def downstream(self, *nodes: str, how: How = "strong") -> Self:
        """What was made from the elements of these nodes (`strong`: by calls all of whose wired inputs are reached).

        >>> from mandala_graph.examples import example
        >>> sorted(example().downstream("y").nodes)
        ['add', 'w', 'y']
        """
        return self._stream(nodes, False, how)

    def midstream(self, *nodes: str, how: How = "strong") -> Self:
        """The computations from these nodes to one another, starting at the elements that nothing there feeds.

        >>> from mandala_graph.examples import example
        >>> sorted(example().midstream("y", "w").nodes)
        ['add', 'w', 'y']
        """
        body = select.induced(self.body, select.between(self.body, self._known(nodes)))
        starts = {n: xs for n, xs in select.ends(body, back=True).items() if n in nodes}
        return self._with(select.restricted(body, select.reached(body, starts, False, checked_how(how))))

    def drop_unreachable(self, direction: Direction, how: How = "strong") -> Self:
        """Only what can be reached from the start (`forward`) or from the end (`back`).

        >>> from mandala_graph.examples import example
        >>> {v: len(hids) for v, hids in sorted(example().drop_unreachable("back").vs.items())}
        {'w': 2, 'x': 2, 'y': 2}
        """
        back = is_back(direction)
        starts = select.ends(self.body, back=not back)
        edges = self.body.outs if back else self.body.ins
        starts = {n: xs for n, xs in starts.items() if n in self.body.vars and not edges[n]}
        return self._with(select.restricted(self.body, select.reached(self.body, starts, back, checked_how(how))))

    # -- by conditions -------------------------------------------------------------------------------
    def where(self, condition: Any = None, /, **tests: Callable[[Any], Any]) -> Self:
        """Only what meets a condition.

        Args:
            condition: a string over variables (`"acc > 0.9 AND n IN [10, 100]"`), or a function whose
                parameters are named like variables (`lambda acc, n: acc > n / 100`).
            tests: a function of the value, by variable.

        The store compares its native values itself; only other values are loaded. What fails is dropped with the
        calls that made or used it, and with what then has no neighbour left. A condition on several variables is
        asked of each row of the table; a row in which one of them is empty does not meet it. docs/frames.md tells more.

        >>> from mandala_graph.examples import example
        >>> example().where("w > 2 AND NOT x IN [0, 1]").df(include_calls=False)
           x  y  w
        0  2  3  5
        >>> example().where(lambda x, w: w > x + 2).df("x", "w")
           x  w
        0  2  5
        """
        keep = where.kept(self.body, self.objects, condition, tests, lambda n: self._known(n, self.body.vars))
        return self._with(select.filtered(self.body, keep))

    def isin(
        self,
        values: Iterable[Any],
        by: Literal["hid", "cid", "val"] = "val",
        node_class: Literal["var", "func"] = "var",
        node: str | None = None,
    ) -> Self:
        """Only refs (or calls) whose value, cid or hid is among these; in one node, or in all of a kind.

        >>> from mandala_graph.examples import example
        >>> example().isin([0, 2], node="x").df("x", "w")
           x  w
        0  0  1
        1  2  5
        """
        names = self.body.vars if node_class == "var" else self.body.funcs
        chosen = list(names) if node is None else self._known(node, names)
        return self._with(select.filtered(self.body, where.among(self.body, self.objects, chosen, values, by)))

    def __lt__(self, other: Any) -> Self:
        if isinstance(other, Selecting):
            raise UsageError("frames are not ordered: `cf < 5` keeps the refs whose values are less than 5.")
        tests = {v: lambda value: value < other for v in self.body.vars}
        keep = where.kept(self.body, self.objects, None, tests, lambda n: [n])
        return self._with(select.filtered(self.body, keep))

    def at_version(self, *versions: Any) -> Self:
        """Only calls of these versions (ids, or Version objects); ops of which none is among them keep theirs.

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> (call, *_) = cf.calls_by_func()["add"]
        >>> len(cf.at_version(call.version).fs["add"])
        2
        """
        ids = {v if isinstance(v, str) else v.id for v in versions}
        return self._with(select.filtered(self.body, where.at_versions(self.body, self.objects, ids)))

    # -- algebra -------------------------------------------------------------------------------------
    def _other(self, other: Any) -> Body:
        if not isinstance(other, Selecting):
            raise UsageError(f"frames combine with frames, not with {type(other).__name__}.")
        if other.storage is not self.storage and (other.storage.store.info().uuid != self.storage.store.info().uuid):
            raise FrameError("the two frames are of different stores: only frames of one store combine.")
        return algebra.moved(other.body, self.body.web)

    def __or__(self, other: Self) -> Self:
        return self._with(algebra.union(self.body, self._other(other)))

    def __and__(self, other: Self) -> Self:
        return self._with(algebra.intersection(self.body, self._other(other)))

    def __sub__(self, other: Self) -> Self:
        return self._with(algebra.difference(self.body, self._other(other)))

    @staticmethod
    def union(*cfs: Any) -> Any:
        """The union of frames, node by node of the same name; the same as `a | b | ...`.

        >>> from mandala_graph.examples import example
        >>> from mandala_graph.frame import ComputationFrame
        >>> cf = example()
        >>> ComputationFrame.union(cf.where("w < 3"), cf.where("w > 3")).df("w")
           w
        0  1
        1  5
        """
        first, *rest = _some(cfs)
        for cf in rest:
            first = first | cf
        return first

    @staticmethod
    def intersection(*cfs: Any) -> Any:
        """The intersection of frames; the same as `a & b & ...`.

        >>> from mandala_graph.examples import example
        >>> from mandala_graph.frame import ComputationFrame
        >>> cf = example()
        >>> ComputationFrame.intersection(cf, cf.where("w > 3")).df("w")
           w
        0  5
        """
        first, *rest = _some(cfs)
        for cf in rest:
            first = first & cf
        return first

    def diff(self, other: Self) -> pd.DataFrame:
        """By node, how many elements are in this frame only, in both, in the other only.

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> cf.diff(cf.where("x > 1")).head(2)
          name      kind  only_here  both  only_there
        0    x  variable          2     1           0
        1    y  variable          2     1           0
        """
        return share.diff(self.body, self._other(other))


def _some(cfs: tuple[Any, ...]) -> tuple[Any, ...]:
    if not cfs:
        raise UsageError("give at least one frame.")
    return cfs
