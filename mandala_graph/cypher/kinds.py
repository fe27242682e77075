"""What kinds of values an expression can have, as far as its text tells; what Neo4j refuses because of it.

A kind is a string of letters, one for each possibility (those of `functions_known`): "i" is an integer, "if" any
number, "*" anything. A list of known items is "l" followed by the items' kind; "v" is a list among other possibilities.

>>> fits("i", "fs"), fits("f", "i"), fits("*", "i"), items("li"), join("i", "f")
(True, False, True, 'i', 'if')
"""

from __future__ import annotations

from typing import Final

from mandala_graph.cypher import ast

__all__ = ["ANY", "STORED", "fits", "items", "join", "literal", "result_of", "spell"]

ANY: Final = "*"
STORED: Final = "bifstv"
"""What a property of a node or relationship can be."""

_NAMES = {
    "b": "a boolean",
    "i": "an integer",
    "f": "a float",
    "s": "a string",
    "l": "a list",
    "v": "a list",
    "m": "a map",
    "N": "a node",
    "R": "a relationship",
    "P": "a path",
    "t": "a temporal value",
}
_LITERALS = {"bool": "b", "int": "i", "float": "f", "str": "s", "NoneType": ANY}


def fits(kind: str, allowed: str) -> bool:
    """Can a value of this kind stand where one of the allowed kinds must? Integers serve as floats."""
    if kind[0] == "l":
        return "l" in allowed or "v" in allowed or ANY in allowed
    if ANY in kind or ANY in allowed:
        return True
    return any(k in allowed or (k == "i" and "f" in allowed) or (k == "v" and "l" in allowed) for k in kind)


def items(kind: str) -> str:
    """The kind of a list's items; those of a stored list are scalars."""
    if kind[0] == "l":
        return kind[1:] or ANY
    return STORED[:-1] if "v" in kind else ANY


def join(*kinds: str) -> str:
    """The kind of a value that is of one of these."""
    first, *rest = kinds
    for kind in rest:
        if kind == first:
            continue
        if ANY in (first, kind) or first[0] == "l" or kind[0] == "l":
            return ANY
        first += "".join(k for k in kind if k not in first)
    return first


def literal(node: ast.Literal) -> str:
    return _LITERALS[node.kind]


def spell(kind: str) -> str:
    """The kind in words, for messages."""
    if kind[0] == "l":
        return "a list"
    names = [_NAMES[k] for k in kind if k in _NAMES]
    return " or ".join(([", ".join(names[:-1])] if names[1:] else []) + names[-1:])


def result_of(name: str, result: str, kinds: list[str]) -> str:
    """The kind of a function's result, where its arguments tell more than the table."""
    if name in ("head", "last"):
        return items(kinds[0])
    if name in ("min", "max", "reverse", "tail"):
        return kinds[0]
    if name == "collect":
        return "l" + kinds[0]
    if name == "coalesce":
        return join(*kinds)
    special = {
        "sum": "ift",
        "nodes": "lN",
        "relationships": "lR",
        "labels": "ls",
        "keys": "ls",
        "range": "li",
        "split": "ls",
    }
    return special.get(name, "if" if result == "n" else result)
