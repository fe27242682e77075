"""`Growing`: adding computations of the store to a frame, upstream and downstream. How, is `expand`'s business."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, Self

from mandala_graph.errors import UsageError
from mandala_graph.frame import describe
from mandala_graph.frame.base import Base
from mandala_graph.frame.body import Body
from mandala_graph.frame.expand import Expander

__all__ = ["Growing"]


class Growing(Base):
    """Growing a frame along the provenance, in a bounded number of statements for any number of steps."""

    def _expanded(
        self,
        grow: Callable[[Expander], object],
        unroll: int | None,
        only: str | Iterable[str] | None,
        inplace: bool,
        verbose: bool,
    ) -> Self:
        if unroll is not None and (not isinstance(unroll, int) or unroll < 1):
            raise UsageError(f"unroll is a number of turns, 1 or more, or None for all of them, not {unroll!r}.")
        names = None if only is None else self._known(only, self.body.vars)
        self.storage.commit()

        def change(body: Body) -> None:
            grow(Expander(body, unroll, names, describe.progress(verbose)))

        return self._changed(inplace, change)

    def expand_back(
        self,
        varnames: str | Iterable[str] | None = None,
        recursive: bool = False,
        unroll: int | None = 1,
        inplace: bool = False,
        verbose: bool = False,
    ) -> Self:
        """Add the calls that made the refs of these variables (of all), with their inputs.

        Args:
            recursive: go on to the start.
            unroll: how many turns of a loop stay apart before it becomes a cycle; None, all of them.
            verbose: show progress.

        >>> from mandala_graph.examples import example
        >>> example()["w"].expand_back(recursive=True).print_graph()
        z@source
        y = increment(x=z)
        w@sink = add(y=y, z=z)
        """
        return self._expanded(lambda e: e.back(recursive), unroll, varnames, inplace, verbose)

    def expand_forward(
        self,
        varnames: str | Iterable[str] | None = None,
        recursive: bool = False,
        unroll: int | None = 1,
        inplace: bool = False,
        verbose: bool = False,
    ) -> Self:
        """Add the calls that use the refs of these variables (of all), with all their inputs and outputs.

        Plain raw scalars lead nowhere, except those of variables that the user gave: two calls that both got the
        number 5 have nothing to do with each other. Arguments as in `expand_back`.

        >>> from mandala_graph.examples import example
        >>> example()["y"].expand_forward().print_graph()
        y@source
        z@source
        w@sink = add(y=y, z=z)
        """
        return self._expanded(lambda e: e.forward(recursive), unroll, varnames, inplace, verbose)

    def expand_all(self, unroll: int | None = 1, inplace: bool = False, verbose: bool = False) -> Self:
        """Expand back and forward until nothing changes. Arguments as in `expand_back`.

        >>> from mandala_graph.examples import example
        >>> sorted(example()["y"].expand_all().nodes)
        ['add', 'increment', 'w', 'x', 'y']
        """
        return self._expanded(lambda e: e.all(), unroll, None, inplace, verbose)

    def complete_func(self, fname: str, direction: Literal["inputs", "outputs"], inplace: bool = False) -> Self:
        """Add variables for those inputs, or outputs, of a function that are not in the frame.

        A frame that was expanded back holds only the outputs that lead to where it started.

        >>> from mandala_graph.examples import example
        >>> cf = example().drop_var("w")
        >>> cf.complete_func("add", "outputs").print_graph()
        x@source
        y = increment(x=x)
        w@sink = add(y=y, z=x)
        """
        self._known(fname, self.body.funcs)
        if direction not in ("inputs", "outputs"):
            raise UsageError(f'direction is "inputs" or "outputs", not {direction!r}.')
        return self._expanded(lambda e: e.complete(fname, direction == "outputs"), 1, None, inplace, False)
