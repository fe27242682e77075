"""Ids of calls and refs, made from content ids. What a value's content id is, says `hashing`.

Every id is the first 160 bits of a BLAKE3 hash, as 40 hex characters, of a domain tag and of parts that
cannot run into each other: names never hold a NUL, ids have a fixed length.

>>> a = raw_id("0" * 40)
>>> c = call_id("inc", "", [("x", None, a)])
>>> output_id(c, "output_0") != output_id(c, "output_1")
True
"""

from __future__ import annotations

from collections.abc import Iterable

from blake3 import blake3

__all__ = ["call_head", "call_id", "output_id", "pointer_cid", "raw_id", "simple_call_id", "structure_cid"]


def raw_id(cid: str) -> str:
    """hid of a value that no call made: a function of its content id alone."""
    return blake3(b"mg1:raw\0" + cid.encode()).hexdigest(length=20)


def output_id(call_hid: str, name: str) -> str:
    """hid of the output `name` of a call."""
    return blake3(f"mg1:output\0{call_hid}\0{name}".encode()).hexdigest(length=20)


def call_id(op: str, version: str, inputs: Iterable[tuple[str, int | None, str]]) -> str:
    """hid of a call over the hids of its inputs, or its cid over their cids.

    `inputs` are (name, index or None, id); their order does not matter.
    """
    parts = sorted([f"{name}\0{-1 if index is None else index:08d}\0{id}" for name, index, id in inputs])
    return blake3(f"mg1:call\0{op}\0{version}\0{chr(0).join(parts)}".encode()).hexdigest(length=20)


def call_head(op: str, version: str) -> str:
    """What the encodings of all calls of an op at a version begin with."""
    return f"mg1:call\0{op}\0{version}\0"


def simple_call_id(head: str, inputs: Iterable[tuple[str, str]]) -> str:
    """`call_id` of inputs without indexes that are sorted by name already: the same id, faster.

    >>> simple_call_id(call_head("f", "1"), [("x", "a" * 40)]) == call_id("f", "1", [("x", None, "a" * 40)])
    True
    """
    parts = [f"{name}\0-0000001\0{id}" for name, id in inputs]
    return blake3((head + "\0".join(parts)).encode()).hexdigest(length=20)


def pointer_cid(name: str) -> str:
    """cid of a `ValuePointer`: a function of its name alone."""
    return blake3(b"mg1:pointer\0" + name.encode()).hexdigest(length=20)


def structure_cid(kind: str, cids: Iterable[str]) -> str:
    """cid of a structure (`list`, `dict`, `set`, `tuple`) over its elements' cids, in the structure's order.

    A dict gives the cid of each key followed by the cid of its value, keys in the order of their cids;
    a set gives its elements in the order of their cids.
    """
    return blake3(f"mg1:{kind}\0{chr(0).join(cids)}".encode()).hexdigest(length=20)
