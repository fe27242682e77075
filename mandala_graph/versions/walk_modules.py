"""What of modules counts for code that reads from them, or imports them as it runs. A part of `walk`."""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING, Any

from mandala_graph.versions.nodes import Node, absolute
from mandala_graph.versions.values import MISSING

if TYPE_CHECKING:
    from mandala_graph.versions.walk import Walk

__all__ = ["add_any_module", "add_import", "add_module"]


def add_module(walk: Walk, node: Node, module: types.ModuleType, rest: tuple[str, ...], path: str) -> None:
    """A module of the user's own: the attribute read from it, or what of it may be read."""
    members = vars(module)
    if rest:
        lazy = isinstance(members.get("__getattr__"), types.FunctionType)
        if lazy and "__path__" in members and rest[0] not in members:
            # which binds the name, as reading it for the first time may
            walk.scope.load(f"{module.__name__}.{rest[0]}")
        value = walk.look(members, rest[0])
        if value is MISSING:
            node.parts.append(f"unbound {path}.{rest[0]}")
            if lazy:
                add_module(walk, node, module, ("__getattr__",), path)
        else:
            called = node.renames.used.get(rest[0], rest[0])
            walk.bound(node, rest[0], value, rest[1:], members, module.__name__, f"{path}.{called}")
        return
    for name in sorted(members):
        wanted = (walk.dynamic and not name.startswith("__")) or name in walk.attributes
        if wanted and not isinstance(members[name], types.ModuleType):
            walk.bound(node, name, walk.look(members, name), (), members, module.__name__, f"{path}.{name}")


def add_any_module(walk: Walk) -> int:
    """What code may read that gets modules by names made up at run time: of each loaded one what some code reads.

    It is no part of a digest, since what is loaded is no part of the code.
    """
    mark = ("modules",)
    if mark not in walk.index:
        node = walk.add(mark, None, None)
        walk.modules = walk.scope.loaded()
        for module in sorted(walk.modules):
            members = vars(sys.modules[module])
            for name in sorted(walk.attributes & members.keys()):
                if not isinstance(members[name], types.ModuleType):
                    walk.bound(node, name, walk.look(members, name), (), members, module, name)
    return walk.index[mark]


def add_import(
    walk: Walk, node: Node, name: str, level: int, names: tuple[str, ...], namespace: dict[str, Any]
) -> None:
    """An import statement inside a function. A module of the user's own is imported now, so as to look at it."""
    name = absolute(name, level, namespace)
    module = walk.scope.load(name)
    if module is None:
        return
    for taken in names:
        value = walk.look(vars(module), taken)
        if value is MISSING:
            value = walk.scope.load(f"{name}.{taken}") or MISSING
        if value is not MISSING:
            walk.bound(node, taken, value, (), vars(module), name, f"import {taken}")
    if not names:
        add_module(walk, node, module, (), "import")
