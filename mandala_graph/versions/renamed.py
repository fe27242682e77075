"""Code that mentions renamed ops, as it would read with the names that ids were made with. Used by `walk`.

So the code before a rename and after it has one digest, and what was computed before is found. Where a name could
be confused with another, it stays as it is, and the calls run again.
"""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import Any

from mandala_graph.versions.names import Names
from mandala_graph.versions.normal import CodeFacts, nested
from mandala_graph.versions.values import MISSING, is_op

__all__ = ["label_of", "op_at", "parameters", "used"]


def op_at(fn: types.FunctionType) -> Any:
    """The op whose function this is, found where its name leads; None if there is none."""
    found: Any = MISSING
    for n, part in enumerate(fn.__code__.co_qualname.split(".")):
        holder = fn.__globals__ if n == 0 else getattr(found, "__dict__", {})
        found = holder.get(part, MISSING)
        if found is MISSING:
            return None
    return found if is_op(found) and found.fn is fn else None


def label_of(qualname: str, op: Any, names: Names) -> str:
    """What ids call the function of an op: its qualified name, or that from before the op was renamed."""
    identity = names.identity(op.name)
    head, dot, name = qualname.rpartition(".")
    return f"{head}{dot}{identity}" if name == op.name else qualname


def parameters(code: types.CodeType, op: Any, names: Names) -> dict[str, str]:
    """The renamed parameters of an op's code, with the names that ids were made with."""
    ids = {n: i for n, i in names.of(op).inputs.ids.items() if n in code.co_varnames}
    there = {n for c in nested(code) for n in (*c.co_varnames, *c.co_freevars, *c.co_cellvars) if c is not code}
    return _apart(ids, {*code.co_varnames, *code.co_freevars, *code.co_cellvars}, there)


def used(code: types.CodeType, facts: CodeFacts, namespace: dict[str, Any], names: Names) -> dict[str, str]:
    """The names of renamed ops that code uses (`train`, `lib.train`), with the names that ids were made with."""
    found: dict[str, str] = {}
    otherwise: set[str] = set(facts.attributes)
    for chain in facts.chains:
        holder: Any = namespace
        for n, name in enumerate(chain):
            value = holder.get(name, MISSING)
            if is_op(value):
                identity = names.identity(value.name)
                if value.name == name and identity != name:
                    found[name] = identity
                else:
                    otherwise.add(name)
                otherwise.update(chain[n + 1 :])
                break
            otherwise.add(name)
            if not isinstance(value, types.ModuleType):
                otherwise.update(chain[n + 1 :])
                break
            holder = vars(value)
    found = {n: i for n, i in found.items() if n not in otherwise}
    return _apart(found, {n for c in nested(code) for n in c.co_names}, ()) if found else found


def _apart(renames: dict[str, str], there: Iterable[str], more: Iterable[str]) -> dict[str, str]:
    """Those renames, carried out at once, that make no two names of `there` (and of `more`, which stay) into one."""
    kept = dict(renames)
    while True:
        taken = {*more, *(n for n in there if n not in kept)}
        left = {n: i for n, i in kept.items() if i not in taken}
        if len(left) == len(kept):
            return left
        kept = left
