"""Names: of variables that come of labels, and the canonical order of an op's labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

__all__ = ["base_name", "label_order", "output_name"]

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
