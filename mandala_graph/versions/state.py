"""One op under the code as it is now: which of its versions hold, and which one a call that ran belongs to."""

from __future__ import annotations

import sys
import time
import types
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mandala_graph.store.protocol import ComponentRow, VersionRow
from mandala_graph.versions.closure import Closure, build
from mandala_graph.versions.components import Component, Key, check_sources, describe_value, source_of, version_id
from mandala_graph.versions.manual import Stated, add_code, stated
from mandala_graph.versions.nodes import find, key_of, module_name, op_qualname, resolve
from mandala_graph.versions.policy import Change
from mandala_graph.versions.scope import Scope
from mandala_graph.versions.sources import parameters_of, same_source, verified_source
from mandala_graph.versions.tracing import Trace
from mandala_graph.versions.values import MISSING, Place, Values
from mandala_graph.versions.walk import Walk

if TYPE_CHECKING:
    from mandala_graph.versions.program import Versions

__all__ = ["CodeState", "Finished"]

_FRESH = 5.0
"""Seconds after which versions that other processes wrote are looked for."""


class Finished(NamedTuple):
    """The version of a call that ran, and the rows to write with it."""

    version: str
    versions: Sequence[VersionRow]
    components: Sequence[ComponentRow]


class CodeState:
    """One op under the current code.

    Attributes:
        candidates: ids of the versions to look calls up under, newest first: those that hold, and with the policy
            "keep" all others.
        holding: ids of the versions that hold.
    """

    __slots__ = (
        "_code", "_extended", "_finished", "_now", "_outside", "_stated", "candidates", "closure", "holding", "loaded", "names",
        "op", "rows", "scope", "values", "versions", "written",
    )  # fmt: skip

    def __init__(self, versions: Versions, op: Any, rows: dict[str, VersionRow]) -> None:
        self.versions = versions
        self.op = op
        self.names = versions.names().of(op)
        self.candidates: tuple[str, ...] = ()
        self.holding: frozenset[str] = frozenset()
        self.scope = Scope(module_name(op.fn), op.deps)
        self.values = Values(self.scope, versions.changing)
        self.closure: Closure | None = None
        self.rows = rows
        self.loaded: float | None = None
        self.written: set[str] = set()
        self._stated, self._code = stated(op)
        self._now: list[str] = []
        self._extended: dict[frozenset[Key], Closure] = {}
        self._finished: dict[Any, str] = {}
        self._outside: dict[str, Stated] = {}

    # -- the code as it is now

    def refresh(self) -> None:
        """Bring everything up to date."""
        now = [s.now() for s in self._stated]
        clock = time.monotonic()
        if self.closure is not None and now == self._now and self.closure.holds():
            if self.loaded is not None and clock - self.loaded < _FRESH:
                return
        else:
            self._now = now
            self._rebuild()
        if self.loaded is None or clock - self.loaded >= _FRESH:
            self.rows.update(self.versions.known.versions(self.names.shown))
            self.versions.marks.load(self.versions.known.changes())
            self.loaded = clock
        self._find_candidates()

    def glance(self) -> None:
        """Notice names that were bound anew within a block."""
        if self.closure is not None and self.closure.moved():
            self._rebuild()
            self._find_candidates()

    def reload(self) -> None:
        """Learn of versions that other processes made meanwhile."""
        self.loaded = None
        self.refresh()

    def _rebuild(self) -> None:
        check_sources()
        self.names = self.versions.names().of(self.op)
        self.closure = build(self.scope, self.values, self._roots, self.versions.names())
        self._extended.clear()
        self._finished.clear()
        self._outside = {Component(s.key, s.key.name, t).id: s for s, t in zip(self._stated, self._now, strict=True)}

    def _roots(self, walk: Walk) -> tuple[int, ...]:
        root = walk.op_function(self.op)
        return (root, *(add_code(walk, thing) for thing in self._code))

    def _extend(self, keys: frozenset[Key]) -> Closure:
        """The closure with further functions and classes as roots (those that only a trace could find)."""
        known = self._extended.get(keys)
        if known is not None and known.holds():
            return known
        things = [resolve(key) for key in sorted(keys)]

        def roots(walk: Walk) -> tuple[int, ...]:
            own = self._roots(walk)
            for thing in things:
                if isinstance(thing, types.FunctionType) and self.scope.has_function(thing):
                    walk.function(thing)
                elif isinstance(thing, type) and self.scope.has_class(thing):
                    walk.cls(thing)
            return own

        made = self._extended[keys] = build(self.scope, self.values, roots, self.versions.names())
        return made

    # -- versions that hold

    def _find_candidates(self) -> None:
        rows = sorted(self.rows.values(), key=lambda r: (-r.created, r.id))
        known = self._known({c for r in rows for c in r.components})
        if self._closure().any_module is not None:  # earlier calls may have used modules that are not loaded yet
            for module in {row.module for row in known.values()} - sys.modules.keys():
                self.scope.load(module)
            if self._closure().outgrown():
                self._rebuild()
        self.candidates = tuple(r.id for r in rows if self._holds(r, known))
        changes = self._changes(rows, known) if self.versions.policy.asks else []
        if changes and self.versions.policy.decide(self.op.name, changes):
            self.candidates = tuple(r.id for r in rows if self._holds(r, known))
        self.holding = frozenset(self.candidates)
        if self.versions.policy.keeps:
            self.candidates += tuple(r.id for r in rows if r.id not in self.candidates)

    def turned(self) -> dict[str, bool]:
        """Which versions hold now, or no longer, otherwise than their rows say; from now on their rows do."""
        turned = {r.id: not r.active for r in self.rows.values() if r.active != (r.id in self.holding)}
        self.rows.update((i, self.rows[i]._replace(active=active)) for i, active in turned.items())
        return turned

    def _known(self, ids: set[str]) -> Mapping[str, ComponentRow]:
        """The rows of those components that are not as they are now."""
        closure = self._closure()
        return self.versions.components(i for i in ids if i not in closure.ids and i not in self._outside)

    def _closure(self) -> Closure:
        if self.closure is None:
            self.refresh()
        closure = self.closure
        if closure is None:
            raise RuntimeError("refresh() made no closure")
        return closure

    def _holds(self, row: VersionRow, known: Mapping[str, ComponentRow]) -> bool:
        closure = self._closure()
        open_ids = [c for c in row.components if not self._accepted(c, closure, known)]
        if not open_ids:
            return True
        extras: set[Key] = set()
        for c in open_ids:
            component = known.get(c)
            if component is None:
                return False
            key = Key(component.module, component.name, component.kind)
            here = closure.like(*key)
            if here and key.kind != "class":
                return False
            if key.kind in ("function", "class") and not here:
                extras.add(self._moved(key))
        if not extras or any(resolve(k) is MISSING for k in extras):
            return False
        extended = self._extend(frozenset(extras))
        return all(self._accepted(c, extended, known) for c in row.components)

    def _moved(self, key: Key) -> Key:
        """Where a piece that only a trace could find is now: where it was, or in another module of the user's own."""
        if resolve(key) is MISSING:
            for name, module in list(sys.modules.items()):
                if module is not None and self.scope.has_module(name) and find(vars(module), key.name) is not MISSING:
                    return key._replace(module=name)
        return key

    def _accepted(self, id: str, closure: Closure, known: Mapping[str, ComponentRow]) -> bool:
        """Does a component hold: unchanged, or marked as compatible, or the same text under another Python?"""
        if id in closure.ids or id in self._outside:
            return True
        for other in self.versions.marks.compatible(id):
            if other in closure.ids or other in self._outside:
                return True
        row = known.get(id)
        if row is None or row.kind != "function":
            return False
        return any(
            closure.components[i].id[20:] == id[20:] and same_source(row.source, closure.nodes[i].thing)
            for i in closure.like(row.module, row.name, row.kind)
        )

    def _changes(self, rows: list[VersionRow], known: Mapping[str, ComponentRow]) -> list[Change]:
        """The components that are in no version as they are now, but were in some version otherwise."""
        closure = self._closure()
        ever = {c for r in rows for c in r.components}
        current = {**{c.id: c.key for c in closure.components.values()}, **{i: s.key for i, s in self._outside.items()}}
        seen_now = {closure.components[closure.ids[c]].key for c in ever if c in closure.ids}
        seen_now |= {self._outside[c].key for c in ever if c in self._outside}
        changes = []
        done: set[Key] = set()
        for row in rows:  # newest first
            for c in row.components:
                component = known.get(c)
                if component is None:
                    continue
                here = closure.like(component.module, component.name, component.kind)
                key = closure.components[here[0]].key if here else Key(component.module, component.name, component.kind)
                new = [i for i, k in current.items() if k == key]
                if key in done or key in seen_now or not new or self._accepted(c, closure, known):
                    continue
                done.add(key)
                now = ComponentRow(new[0], *key, self.source(new[0], closure), time.time())
                self.versions.made.setdefault(now.id, now)
                changes.append(Change(self.op.name, key, c, now.id, component.source, now.source))
        own = op_qualname(self.op)
        return sorted(changes, key=lambda c: (c.key.name != own, str(c.key)))

    def current(self, component: str) -> ComponentRow | None:
        """A component of this op as it is now, by its name or its module's and its name."""
        closure = self._closure()
        for made in closure.components.values():
            if component in (made.key.name, str(made.key)):
                return ComponentRow(made.id, *made.key, self.source(made.id, closure), time.time())
        return None

    def earlier(self, parameters: Iterable[str]) -> tuple[str, ...]:
        """The versions from before the op had these parameters, newest first (see `NewArgDefault`)."""
        labels, ids = self.names.labels, self.names.inputs.ids
        missing = {ids.get(p, p) for p in parameters}
        rows = sorted(self.rows.values(), key=lambda r: (-r.created, r.id))
        components = self.versions.components({c for r in rows for c in r.components})
        own = self._closure().names_of(op_qualname(self.op))
        found = []
        for row in rows:
            for c in row.components:
                component = components.get(c)
                if component is not None and component.kind == "function" and component.name in own:
                    had = parameters_of(component.source)
                    if had is not None and not missing & {labels.identity(p, had) for p in had}:
                        found.append(row.id)
                    break
        return tuple(found)

    def why(self, version: str = "") -> list[str]:
        """What is not as it was in a version (in the newest, when it is not known)."""
        rows = sorted(self.rows.values(), key=lambda r: (r.id != version, -r.created, r.id))
        if not rows:
            return [f"no version of {self.op.name} is known."]
        known = self._known({c for r in rows for c in r.components})
        told: list[str] = []
        for change in self._changes(rows[:1], known):
            told += [f"{change.key} changed:", change.diff()]
        for c in rows[0].components:
            component = known.get(c)
            if component is None or any(component.name in t for t in told):
                continue
            if not self._accepted(c, self._closure(), known):
                told.append(f"{component.module}.{component.name} ({component.kind}) is not as it was.")
        if rows[0].whole:
            told.append(
                f"Where these calls of {self.op.name} ran no trace could see (in another process, among async calls, "
                f"under another profiler, or they read code itself), so all that they could have run counts."
            )
        if self._closure().dynamic:
            told.append(
                f"{self.op.name} makes up names as it runs (getattr, globals, eval, ...): all it could reach counts."
            )
        return told

    # -- a call that runs

    def running(self, concurrent: bool = False) -> Trace:
        """The trace of one call that is about to run. `concurrent`: others run at the same time (async)."""
        closure = self._closure()
        closure.look_around()
        due = closure.due()
        if not closure.holds(due):  # changed since the block began: what runs is the code as it is now
            self._rebuild()
            self._find_candidates()
            due = self._closure().due()
        return Trace(self, concurrent, due)

    def finish(self, trace: Trace) -> Finished:
        """The version of a call that ran."""
        closure = self._closure()
        if closure.outgrown():
            self._rebuild()
            closure = self._closure()
        changed = closure.changed(trace.data)
        if changed:
            self._calls_change(changed)
            closure = self._closure()
        mark, closure, entered = self._entered(closure, trace)
        vid = self._finished.get(mark)
        if vid is not None and vid in self.written:
            if not self.candidates or self.candidates[0] != vid:
                self._prefer(vid)
            return Finished(vid, (), ())
        kept = closure.kept(entered)
        outside = tuple(self._outside)
        ids = tuple(sorted({closure.components[i].id for i in kept if i in closure.components} | set(outside)))
        vid = version_id(self.names.identity, ids)
        self._finished[mark] = vid
        versions: tuple[VersionRow, ...] = ()
        components: tuple[ComponentRow, ...] = ()
        if vid not in self.written:
            created = time.time()
            if vid not in self.rows:
                self.rows[vid] = VersionRow(
                    vid, self.names.shown, created, True, ids, entered is None and closure.narrows
                )
            versions = (self.rows[vid],)
            keys = {c.id: c.key for c in closure.components.values()}
            keys |= {i: s.key for i, s in self._outside.items()}
            components = tuple(
                ComponentRow(i, keys[i].module, keys[i].name, keys[i].kind, self.source(i, closure), created)
                for i in ids
            )
            self.versions.made.update((c.id, c) for c in components)
        self._prefer(vid)
        return Finished(vid, versions, components)

    def _prefer(self, vid: str) -> None:
        self.candidates = (vid, *(c for c in self.candidates if c != vid))
        self.holding |= {vid}

    def _calls_change(self, places: list[Place]) -> None:
        """These data are changed by calls: from now on they count by type."""
        for place in places:
            self.versions.changing[place.mark] = place
        self._rebuild()
        self._find_candidates()

    def _entered(self, closure: Closure, trace: Trace) -> tuple[Any, Closure, frozenset[int] | None]:
        """Which nodes of which closure a trace entered (None: any)."""
        tracer = trace.tracer
        loaded = trace.loaded()
        if tracer is None and not loaded and not trace.classes:
            return closure, closure, None
        # of what the call itself loaded a trace has seen the functions that ran, but no class attribute that was read
        extras = trace.classes | {k for k in loaded if tracer is None or tracer.blind or k.kind == "class"}
        if tracer is None:
            keys = frozenset(k for k in extras if k not in closure.by_key)
            if keys:
                closure = self._extend(keys)
            return closure, closure, None
        for code, namespace in tracer.entered.values():
            if id(code) not in closure.codes and self.scope.has_code(code, namespace):
                key = key_of(code, namespace)
                if key is not None:
                    extras.add(key)
        keys = frozenset(k for k in extras if k not in closure.by_key)
        if keys:
            closure = self._extend(keys)
        if tracer.blind or closure.reads_code:
            return closure, closure, None
        entered = {closure.codes[i] for i in tracer.entered if i in closure.codes}
        for i in tracer.ops:
            if i in closure.ops:
                entered.add(closure.ops[i])
        for key in keys:
            entered.update(closure.by_key.get(key, ()))
        found = frozenset(entered)
        return (closure, found), closure, found

    def source(self, id: str, closure: Closure) -> str:
        """The text of a component as it is now."""
        outside = self._outside.get(id)
        if outside is not None:
            return outside.source()
        node = closure.nodes[closure.ids[id]]
        if node.code is not None:
            return verified_source(node.thing)
        if isinstance(node.thing, type):
            return source_of(node.thing)
        if node.place is not None and node.place.mark in self.versions.changing:
            kind = type(node.place.value)
            name = node.key.name if node.key else "?"
            return f"{name} = <{kind.__module__}.{kind.__qualname__}, which calls change>\n"
        return describe_value(node.key.name if node.key else "?", node.thing)
