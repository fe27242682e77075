"""`Web`: the part of a provenance graph that frames look at, as columns of small integers in memory.

It only ever grows. Refs and calls are numbered as they come; nothing that a frame means may depend on these
numbers, so wherever an order matters it is that of the hids. Values are not here.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from mandala_graph.store.reach import Direction, Part, Reader

__all__ = ["Web", "base_name", "label_order", "output_name"]

_GENERIC = re.compile(r"output_\d+")
_NUMBERED = re.compile(r"(.*)_(\d+)", re.DOTALL)


def base_name(name: str) -> str:
    """A name without its number.

    >>> base_name("x_0"), base_name("x")
    ('x', 'x')
    """
    found = _NUMBERED.fullmatch(name)
    return found[1] if found else name


def output_name(label: str) -> str:
    """What a new variable for an output is called before numbers: `var` where the op gave the output no name."""
    return "var" if _GENERIC.fullmatch(label) else label


def label_order(declared: Iterable[str]) -> Callable[[str], tuple[int, str, int]]:
    """The canonical order of an op's labels: as declared, members of `*args` in their place and order, others last.

    >>> sorted(["b", "args_10", "a", "args_9", "z"], key=label_order(["a", "args", "b"]))
    ['a', 'args_9', 'args_10', 'b', 'z']
    """
    rank = {label: i for i, label in enumerate(declared)}

    def key(label: str) -> tuple[int, str, int]:
        if label in rank:
            return rank[label], "", 0
        found = _NUMBERED.fullmatch(label)
        if found:
            return rank.get(found[1], len(rank)), found[1], int(found[2])
        return len(rank), label, -1

    return key


class Web:
    """Refs and calls of one store, numbered, with the edges between them.

    Args:
        reader: where more of the graph comes from.
        declared: the input and output labels of each op, as the store describes it.

    `ins[c]` and `outs[c]` hold (label, ref) pairs in canonical order.
    """

    def __init__(self, reader: Reader, declared: Callable[[], dict[str, tuple[tuple[str, ...], tuple[str, ...]]]]):
        self.reader = reader
        self._declared = declared
        self._orders: dict[str, tuple[Callable[[str], Any], Callable[[str], Any]]] = {}
        self._labels: dict[str, str] = {}
        self.ref_ids: list[str] = []
        self.ref_of: dict[str, int] = {}
        self.scalar = bytearray()
        self.computed = bytearray()
        self.creator: list[int] = []
        self.consumers: list[list[int]] = []
        self.known_consumers: set[int] = set()
        self.call_ids: list[str] = []
        self.call_of: dict[str, int] = {}
        self.call_op: list[str] = []
        self.ins: list[tuple[tuple[str, int], ...]] = []
        self.outs: list[tuple[tuple[str, int], ...]] = []
        self.shape: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
        self._shapes: dict[Any, Any] = {}

    # -- growth --------------------------------------------------------------------------------------
    def load(self, part: Part) -> list[int]:
        """Take in a part; the numbers of its refs."""
        with _uncollected():
            return self._load(part)

    def _load(self, part: Part) -> list[int]:
        ref_at: dict[int, int] = {}
        for key, hid, scalar, computed in part.refs:
            r = self.ref_of.get(hid)
            if r is None:
                r = self.ref_of[hid] = len(self.ref_ids)
                self.ref_ids.append(hid)
                self.scalar.append(1 if scalar else 0)
                self.computed.append(1 if computed else 0)
                self.creator.append(-1)
                self.consumers.append([])
            elif computed:
                self.computed[r] = 1
            ref_at[key] = r
        new: dict[int, tuple[int, list[Any], list[Any]]] = {}
        for key, hid, op in part.calls:
            if hid not in self.call_of:
                op = self._labels.setdefault(op, op)
                c = self.call_of[hid] = len(self.call_ids)
                self.call_ids.append(hid)
                self.call_op.append(op)
                new[key] = (c, [], [])
        labels = self._labels
        for key, label, index, ref in part.inputs:
            if key in new:
                new[key][1].append((labels.setdefault(label, label), index, ref_at[ref]))
        for key, label, ref in part.outputs:
            if key in new:
                new[key][2].append((labels.setdefault(label, label), 0, ref_at[ref]))
        for c, ins, outs in new.values():
            order = self._order(self.call_op[c])
            self.ins.append(self._sorted(ins, order[0]))
            self.outs.append(self._sorted(outs, order[1]))
            used = self.ins[c]
            if len(used) == 1:
                self.consumers[used[0][1]].append(c)
            else:
                for r in {r for _, r in used}:
                    self.consumers[r].append(c)
            for _, r in self.outs[c]:
                self.creator[r] = c
                self.computed[r] = 1
            shape = (tuple(dict.fromkeys([x for x, _ in used])), tuple([x for x, _ in self.outs[c]]))
            self.shape.append(self._shapes.setdefault(shape, shape))
        return list(ref_at.values())

    @staticmethod
    def _sorted(edges: list[tuple[str, int, int]], order: Callable[[str], Any]) -> tuple[tuple[str, int], ...]:
        if len(edges) > 1:
            edges.sort(key=lambda e: (order(e[0]), e[1], e[2]))
        return tuple([(label, ref) for label, _, ref in edges])

    def _order(self, op: str) -> tuple[Callable[[str], Any], Callable[[str], Any]]:
        if op not in self._orders:
            inputs, outputs = self._declared().get(op, ((), ()))
            memo_in, memo_out = _memo(label_order(inputs)), _memo(label_order(outputs))
            self._orders[op] = (memo_in, memo_out)
        return self._orders[op]

    def reach(self, refs: Iterable[int], direction: Direction, recursive: bool, follow: Iterable[int] = ()) -> None:
        """Have what is up or down from these refs (see `Reader.reach`)."""
        follow = list(follow)
        refs = [r for r in refs if self.computed[r] or (direction != "back" and not self.scalar[r])]
        ids = self.ref_ids
        with _uncollected():
            part = self.reader.reach(
                [ids[r] for r in refs], (), direction, recursive, [ids[r] for r in follow], self.call_of
            )
            seen = self._load(part)
        if direction in ("forward", "both"):
            if recursive:
                near = set(seen)
                for _, hid, _ in part.calls:
                    c = self.call_of[hid]
                    near.update([r for _, r in self.ins[c]])
                    near.update([r for _, r in self.outs[c]])
                self.known_consumers.update([r for r in near if self.computed[r] or not self.scalar[r]])
            self.known_consumers.update(refs)
            self.known_consumers.update(follow)

    # -- questions -----------------------------------------------------------------------------------
    def labels(self, calls: Iterable[int], side: int) -> list[str]:
        """Labels of the calls' inputs (side 0) or outputs (side 1), as met going through the calls by hid."""
        shapes: dict[tuple[tuple[str, ...], tuple[str, ...]], str] = {}
        shape, ids = self.shape, self.call_ids
        kinds = {shape[c] for c in calls}
        if len(kinds) == 1:
            return list(kinds.pop()[side])
        for c in calls:
            hid = ids[c]
            if shape[c] not in shapes or hid < shapes[shape[c]]:
                shapes[shape[c]] = hid
        return list(dict.fromkeys([label for s in sorted(shapes, key=shapes.__getitem__) for label in s[side]]))

    def refs_at(self, calls: Iterable[int], side: int, label: str) -> set[int]:
        """Refs at a label of these calls."""
        edges = self.outs if side else self.ins
        return {r for c in calls for name, r in edges[c] if name == label}


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection, which would look through all that is being made, time and again, for nothing."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _memo(order: Callable[[str], Any]) -> Callable[[str], Any]:
    known: dict[str, Any] = {}

    def key(label: str) -> Any:
        found = known.get(label)
        if found is None:
            found = known[label] = order(label)
        return found

    return key
