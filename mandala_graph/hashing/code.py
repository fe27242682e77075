"""Digests of compiled code: what it does and names, not where it was written.

Lines, file names, comments, docstrings and the layout of constants do not count. Ids of code hold for one minor
version of Python, which compiles differently from the next.
"""

from __future__ import annotations

import dis
import functools
import types

from blake3 import blake3

from mandala_graph.hashing.encoder import Encoder, varint

__all__ = ["code_digest", "global_names"]

_SKIPPED = frozenset({"EXTENDED_ARG", "NOP", "CACHE", "RESUME"})  # they do nothing, and hang on lines and sizes
_LOCALS = {name: dis.opmap[name] for name in ("LOAD_FAST", "STORE_FAST")}


def _parts(step: dis.Instruction) -> tuple[dis.Instruction, ...]:
    """An instruction; in two where the compiler made one of two, as it does (from 3.13 on) within one line only."""
    first, _, second = step.opname.partition("_FAST_")
    if second not in _LOCALS or f"{first}_FAST" not in _LOCALS:
        return (step,)
    arg, names = step.arg or 0, step.argval
    return tuple(
        [
            step._replace(opname=name, opcode=_LOCALS[name], arg=index, argval=local)
            for name, index, local in ((f"{first}_FAST", arg >> 4, names[0]), (second, arg & 15, names[1]))
        ]
    )


@functools.lru_cache(maxsize=4096)
def code_digest(code: types.CodeType) -> bytes:
    """A digest of what the code does; the same wherever it stands in whatever file."""
    from mandala_graph.hashing.registry import dispatch

    encoder = Encoder(dispatch)
    steps = [part for step in dis.get_instructions(code) if step.opname not in _SKIPPED for part in _parts(step)]
    ordinal: dict[int, int] = {}
    offset = 0
    for number, step in enumerate(steps):
        while offset <= step.offset:
            ordinal[offset] = number
            offset += 2
    jumps = frozenset(dis.hasjrel) | frozenset(dis.hasjabs)
    for number, step in enumerate(steps):
        encoder.text(step.opname)
        follower = steps[number + 1] if number + 1 < len(steps) else None
        if step.opcode in dis.hasconst:
            if (
                follower is not None
                and follower.opname == "STORE_NAME"
                and follower.argval in ("__doc__", "__firstlineno__", "__qualname__")
            ):
                continue
            encoder.encode(code.co_consts[step.arg or 0])  # argval is not filled for all of them
        elif step.opcode in jumps:
            encoder.out += b"j" + varint(ordinal.get(step.argval, len(steps)))
        elif step.opcode in dis.hasname or step.opcode in dis.haslocal or step.opcode in dis.hasfree:
            encoder.out += b"a" + varint(step.arg or 0)
            encoder.encode(step.argval)
        else:
            encoder.out += b"a" + varint(step.arg or 0)
    entries = getattr(dis.Bytecode(code), "exception_entries", ())
    for entry in entries:
        for place in (entry.start, entry.end, entry.target):
            encoder.out += varint(ordinal.get(place, len(steps)))
        encoder.out += varint(entry.depth) + bytes([entry.lasti])
    encoder.encode((code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & 0x2AC))
    encoder.encode((code.co_varnames, code.co_cellvars, code.co_freevars))
    return blake3(b"mg1:code\0" + encoder.out).digest()


_LOADS_GLOBAL = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "DELETE_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"})
_LOADS_ATTRIBUTE = frozenset({"LOAD_ATTR", "LOAD_METHOD"})


@functools.lru_cache(maxsize=4096)
def global_names(code: types.CodeType) -> tuple[frozenset[str], frozenset[str]]:
    """The globals and the attributes that code names, code inside it included."""
    names: set[str] = set()
    attributes: set[str] = set()
    for step in dis.get_instructions(code):
        if step.opname in _LOADS_GLOBAL:
            names.add(step.argval)
        elif step.opname in _LOADS_ATTRIBUTE:
            attributes.add(step.argval)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            more_names, more_attributes = global_names(constant)
            names |= more_names
            attributes |= more_attributes
    return frozenset(names), frozenset(attributes)
