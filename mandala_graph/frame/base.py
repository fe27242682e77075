"""What all parts of a frame's interface stand on: checked names, hids for numbers, and changes of a copy or in place.

Users name elements by hid; a body numbers them. The parts are mixins over `Base`: `contents` (nodes, refs, calls),
`elements` (along the edges), `growing`, `editing` (nodes and elements by hand), `selecting` (smaller frames, algebra),
`showing` (tables, words, pictures). None of them holds any logic: a method checks names, and hands on to a function
over bodies.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, Self

from mandala_graph.errors import FrameError, UnknownNode, UsageError
from mandala_graph.frame.body import Body
from mandala_graph.frame.objects import Objects, StorageLike
from mandala_graph.frame.select import How

__all__ = ["Base", "Direction", "Elements", "checked_how", "is_back"]

Direction = Literal["back", "forward"]
Elements = dict[str, set[str]]
"""Node name -> hids."""


class Base:
    """A body over a storage. Methods return a new frame unless `inplace=True` (then None)."""

    def __init__(self, storage: StorageLike, body: Body, objects: Objects | None = None) -> None:
        self.storage = storage
        self.body = body
        self.objects = objects or Objects(storage, body.web)

    def _with(self, body: Body) -> Self:
        return type(self)(self.storage, body, self.objects)

    def _changed(self, inplace: bool, change: Callable[[Body], object]) -> Self:
        """A changed copy. In place it gives None, which is not in the type: nobody uses it, and chains would need casts."""
        body = self.body.copy()
        change(body)
        if inplace:
            self.body = body
            return None  # type: ignore[return-value]
        return self._with(body)

    def copy(self) -> Self:
        """The same frame, to be changed apart.

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> other = cf.copy()
        >>> other.rename_var("w", "total", inplace=True)
        >>> sorted(cf.vnames), sorted(other.vnames)
        (['w', 'x', 'y'], ['total', 'x', 'y'])
        """
        return self._with(self.body.copy())

    def _known(self, names: Iterable[str], among: Iterable[str] | None = None) -> list[str]:
        """The names as a list; an unknown one is an error that tells the nearest."""
        names = [names] if isinstance(names, str) or not isinstance(names, Iterable) else list(names)
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


def is_back(direction: str) -> bool:
    """Is this way upstream?"""
    if direction not in ("back", "forward"):
        raise UsageError(f'direction is "back" or "forward", not {direction!r}.')
    return direction == "back"


def checked_how(how: str) -> How:
    """`how` if it is one."""
    if how not in ("strong", "weak"):
        raise UsageError(f'how is "strong" or "weak", not {how!r}.')
    return how  # type: ignore[return-value]
