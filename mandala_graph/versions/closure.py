"""What an op may run, found without running it. How it is found is in `walk`.

A `Closure` is a graph. A function's own digest holds its code, defaults, captured values and what its names are
bound to; data are nodes of their own. Edges are *hard* (whoever depends on the one depends on the other) or
*soft* (only if the other was entered), so that a trace narrows it.
"""

from __future__ import annotations

import abc
import sys
from collections.abc import Callable, Iterable

from mandala_graph.versions.components import Component, Key
from mandala_graph.versions.glance import Glance
from mandala_graph.versions.names import Names
from mandala_graph.versions.nodes import Node, contents
from mandala_graph.versions.normal import facts, nested
from mandala_graph.versions.scope import Scope
from mandala_graph.versions.values import MISSING, Place, Values
from mandala_graph.versions.walk import Found, Walk

__all__ = ["Closure", "build"]

_CHEAP = 5e-5
"""Data whose content is known in less than this (seconds) are looked at after each call that ran."""


class Closure:
    """The components of one op under the current code."""

    def __init__(self, walk: Walk, roots: tuple[int, ...]) -> None:
        self.nodes = walk.nodes
        self.roots = roots
        self.values = walk.values
        self.attributes = walk.attributes
        self.dynamic = walk.dynamic
        self.reads_code = bool(walk.reads_code)  # code that is never entered counts too
        self._registered = abc.get_cache_token()
        self._namespaces = [(d, k, v) for (_, k), (d, v) in walk.namespaces.items()]
        self._functions = list(walk.functions.values())
        changing = self.values.changing
        self._variables = [(d, k) for (i, k), d in walk.variables.items() if (i, "global", k) not in changing]
        self._classes = list(walk.classes.values())
        self.codes: dict[int, int] = {}  # by id: two functions may have equal code
        for i, node in enumerate(self.nodes):
            if node.code is not None:
                for code in nested(node.code):
                    self.codes.setdefault(id(code), i)
        self.ops = {id(n.op): i for i, n in enumerate(self.nodes) if n.op is not None}
        self.data = [n.place for n in self.nodes if n.place is not None]
        walk.finish()
        self._labels: dict[tuple[str, str], Key] = {}  # what pieces are called in ids
        self.components: dict[int, Component] = {}
        self.ids: dict[str, int] = {}
        for i, n in enumerate(self.nodes):
            if n.key is not None:
                label = walk.label(n.key)
                self._labels.setdefault((label, n.key.kind), n.key)
                self.components[i] = made = Component(n.key, label, *n.digest)
                self.ids[made.id] = i
                if n.alt != n.digest:
                    self.ids.setdefault(Component(n.key, label, *n.alt).id, i)
        self.by_key: dict[Key, list[int]] = {}
        for i, c in self.components.items():
            self.by_key.setdefault(c.key, []).append(i)
        self._scope = walk.scope
        self._always = self.dynamic or walk.hidden or any(n.soft for n in self.nodes)
        self.any_module = walk.modules
        self._modules = self._checked = -1
        self.narrows = False
        self.look_around()
        self._glance = self._glanced()

    def look_around(self) -> None:
        """Is there anything to narrow? Asked again when modules were loaded.

        An object that comes from anywhere may have one of the user's own methods.
        """
        if self._modules != len(sys.modules):
            self._modules = len(sys.modules)
            self.narrows = self._always or not self._scope.method_names().isdisjoint(self.attributes)

    def like(self, module: str, name: str, kind: str) -> list[int]:
        """The pieces of this name, of this module if there are any, else of any other (code moves)."""
        exact = self.by_key.get(Key(module, name, kind))
        if exact:
            return exact
        renamed = self._labels.get((name, kind))
        if renamed is not None:
            name = renamed.name
        return [i for k, found in self.by_key.items() if k.name == name and k.kind == kind for i in found]

    def names_of(self, function: str) -> set[str]:
        """The names that a function's component may have in versions: its own, and that in ids."""
        return {function, *(label for (label, _), key in self._labels.items() if key.name == function)}

    def holds(self, data: Iterable[Place] | None = None) -> bool:
        """Would the walk come out the same now? Looks at every name it looked at, by identity.

        Data are looked at by content: all, or those given.
        """
        if self.outgrown() or self._registered != abc.get_cache_token():
            return False
        for namespace, name, value in self._namespaces:
            if namespace.get(name, MISSING) is not value:
                return False
        for fn, code, defaults, kwdefaults, cells in self._functions:
            if fn.__code__ is not code or fn.__defaults__ is not defaults or fn.__kwdefaults__ is not kwdefaults:
                return False
            for cell, value in cells:
                if contents(cell) is not value:
                    return False
        for cls, bases, names in self._classes:
            if cls.__bases__ is not bases and cls.__bases__ != bases:
                return False
            if tuple(vars(cls)) != names:
                return False
        return not self.changed(self.data if data is None else data)

    def _glanced(self) -> Glance:
        bound = [(d, k, v) for d, k, v in self._namespaces if v is not MISSING]
        bound += [(d, k, d[k]) for d, k in self._variables if k in d]
        return Glance(bound)

    def moved(self) -> bool:
        """Did a name come to mean something else since the last look? Cheap enough to ask before every call."""
        if self._glance.same():
            return False
        if not self.holds([p for p in self.data if p.get is not None and p.get() is not p.value]):
            return True
        self._glance = self._glanced()  # other names, or equal data
        return False

    def outgrown(self) -> bool:
        """Were modules loaded since that it would have looked into?"""
        if self.any_module is None or self._checked == len(sys.modules):
            return False
        if self._scope.loaded() != self.any_module:
            return True
        self._checked = len(sys.modules)
        return False

    def due(self) -> list[Place]:
        """The data to look at around a call that runs: small ones each time, large ones ever more seldom."""
        due = []
        for place in self.data:
            if place.cost > _CHEAP:
                place.checks += 1
                if place.checks & (place.checks - 1):  # not the 1st, 2nd, 4th, 8th ... time
                    continue
            due.append(place)
        return due

    def changed(self, places: Iterable[Place]) -> list[Place]:
        """Those of these data whose content is no longer what it was."""
        return [place for place in places if not self.values.same(place)]

    def kept(self, entered: Iterable[int] | None) -> set[int]:
        """The nodes a call depends on that entered these functions (None: it may have entered any)."""
        if entered is None:
            return set(range(len(self.nodes)))
        inside = set(entered)
        kept: set[int] = set()
        todo = [(i, False) for i in (*self.roots, *inside)]
        stuck: set[int] = set()
        while todo:
            i, held = todo.pop()
            node = self.nodes[i]
            # what is reached by a hard edge and was not entered may have answered from a cache: all under it counts
            everything = held or node.sticky or self._hides(node)
            if i in kept and not (everything and i not in stuck):
                continue
            kept.add(i)
            if everything:
                stuck.add(i)
            for j in node.hard:
                target = self.nodes[j]
                hidden = target.code is not None and j not in inside
                todo.append((j, everything or hidden))
            if everything:
                todo.extend((j, True) for j in node.soft)
        return kept

    def _hides(self, node: Node) -> bool:
        """Does a function read data that calls change? That may be a cache, whose filling was not seen."""
        if node.code is None or not self.values.changing:
            return False
        discarded = facts(node.code).discarded
        for j in node.hard:
            target = self.nodes[j]
            if target.place is not None and target.place.mark in self.values.changing:
                name = target.key.name if target.key is not None else ""
                if name not in discarded:
                    return True
        return False


def build(scope: Scope, values: Values, enter: Callable[[Walk], tuple[int, ...]], names: Names) -> Closure:
    """Walk from what `enter` names, again and again until no new attribute names turn up."""
    found = Found()
    while True:
        walk = Walk(scope, values, found, names)
        roots = enter(walk)
        walk.drain()
        more = Found(
            found.attributes | walk.found, walk.found_dynamic or found.dynamic, found.reads_code | walk.found_reads
        )
        if more == found:
            return Closure(walk, roots)
        found = more
