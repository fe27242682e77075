"""The pieces that a closure is made of, and the paths that lead to code: `module.qualified.name`."""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

from mandala_graph.versions.components import Key
from mandala_graph.versions.normal import Renames
from mandala_graph.versions.values import MISSING, Place, is_op, unwrap_method

__all__ = [
    "Node",
    "absolute",
    "contents",
    "find",
    "key_of",
    "module_name",
    "module_of",
    "op_qualname",
    "resolve",
    "resolves",
]


class Node:
    """One piece of the closure. `key` is None for a piece that is folded into those that refer to it."""

    __slots__ = ("alt", "code", "digest", "hard", "key", "op", "parts", "place", "renames", "soft", "sticky", "thing")

    def __init__(self, key: Key | None, thing: Any) -> None:
        self.key = key
        self.thing = thing
        self.parts: list[str] = []
        self.code: types.CodeType | None = None
        self.hard: set[int] = set()
        self.soft: set[int] = set()
        self.sticky = False  # when kept, everything under it is (it may answer from a cache of its own)
        self.op: Any = None
        self.renames = Renames()  # of ops and parameters
        self.place: Place | None = None  # where a piece of data is kept
        self.digest = ("", "")  # of the code of a function, or of everything; of the rest
        self.alt = ("", "")  # the digest when data that calls change count by type only


def contents(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def module_of(fn: types.FunctionType) -> str:
    """The name of the module whose globals a function uses."""
    name = fn.__globals__.get("__name__")
    if not isinstance(name, str):
        name = fn.__module__ or "?"
    return "__main__" if name == "__mp_main__" else name


def module_name(fn: Any) -> str:
    """The module of an op's function; of a decorated one its own, not the decorator's."""
    name = getattr(fn, "__module__", None)
    if not isinstance(name, str):
        name = str(getattr(fn, "__globals__", {}).get("__name__", "?"))
    return "__main__" if name == "__mp_main__" else name


def resolves(fn: types.FunctionType) -> bool:
    """Does the path `module.qualified.name` lead to this very function?"""
    return find(fn.__globals__, fn.__code__.co_qualname) is fn


def find(namespace: Any, path: str) -> Any:
    """The function or class that a dotted path leads to, without running descriptors; MISSING if none."""
    found: Any = MISSING
    for n, part in enumerate(path.split(".")):
        holder = namespace if n == 0 else getattr(found, "__dict__", {})
        found = holder.get(part, MISSING)
        if found is MISSING:
            return MISSING
        if is_op(found):
            found = found.fn
    parts = unwrap_method(found) if not isinstance(found, types.FunctionType) else None
    return parts[0][1] if parts else found


def absolute(name: str, level: int, namespace: dict[str, Any]) -> str:
    """The full name of a module that code names relative to its own, `level` packages up."""
    if not level:
        return name
    package = str(namespace.get("__package__") or "").split(".")
    package = package[: len(package) - level + 1]
    return ".".join([*package, name] if name else package)


def op_qualname(op: Any) -> str:
    return str(getattr(op.fn, "__qualname__", op.name))


def key_of(code: types.CodeType, namespace: dict[str, Any]) -> Key | None:
    """The component that entered code belongs to: its function, or the outermost one around it."""
    module = namespace.get("__name__")
    if not isinstance(module, str):
        return None
    path = code.co_qualname.partition(".<locals>")[0]
    thing = find(namespace, path)
    if not isinstance(thing, types.FunctionType):
        return None  # a class body, a module's own code, a lambda that an argument holds
    return Key("__main__" if module == "__mp_main__" else module, path, "function")


def resolve(key: Key) -> Any:
    """The function or class that a key names now; its module is imported if need be. MISSING if there is none."""
    module = sys.modules.get(key.module)
    if module is None and key.module == "__main__":
        return MISSING
    if module is None:
        try:
            module = importlib.import_module(key.module)
        except Exception:  # whatever a module that cannot be imported raises: what it held is not there
            return MISSING
    return find(vars(module), key.name)
