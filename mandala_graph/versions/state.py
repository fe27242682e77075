"""Which versions of an op hold under the code as it is now, and which version a call that ran belongs to.

`Versions` belongs to one storage, `CodeState` to one op of it, `Trace` to one call that runs. The runtime asks

* `versions.enter(op)` at an op's first call in a `with` block: the op's `CodeState`, brought up to date;
* `state.candidates`: the ids of the versions that hold, newest first, to look calls up under;
* after a miss `trace = state.running(concurrent)`, `with trace: ...`, `trace.finish()`: the new call's version id,
  and the rows to write beside the call (none if they were handed out before).

An op is anything with `name`, `fn`, `depends_on`, `packages` and `deps`. Versions and components are content
addressed, so code that comes back finds what it had computed.
"""

from __future__ import annotations

import importlib
import sys
import time
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from mandala_graph.errors import VersionError
from mandala_graph.store.protocol import ChangeRow, ComponentRow, VersionRow
from mandala_graph.versions.closure import Closure, Walk, build, find, module_name, op_qualname
from mandala_graph.versions.components import Component, Key, check_sources, describe_value, source_of, version_id
from mandala_graph.versions.manual import Stated, add_code, stated
from mandala_graph.versions.policy import Change, Marks, Policy
from mandala_graph.versions.scope import Scope
from mandala_graph.versions.sources import parameters_of, same_source, verified_source
from mandala_graph.versions.tracing import Tracer
from mandala_graph.versions.values import MISSING, Place, Values

__all__ = ["CodeState", "Finished", "KnownVersions", "Trace", "Versions"]

_FRESH = 5.0
"""Seconds after which versions that other processes wrote are looked for."""


class KnownVersions(Protocol):
    """What is asked of a store."""

    def versions(self, op: str | None = None) -> Mapping[str, VersionRow]: ...
    def components(self, ids: Iterable[str]) -> Mapping[str, ComponentRow]: ...
    def changes(self) -> list[ChangeRow]: ...


class Finished(NamedTuple):
    """The version of a call that ran, and the rows to write with it."""

    version: str
    versions: Sequence[VersionRow]
    components: Sequence[ComponentRow]


class Versions:
    """The code states of a storage's ops.

    `on_change` is `"recompute"`, `"keep"`, `"ask"`, or a function of a `Change` that gives one of
    `"recompute"`, `"keep"` and `"abort"`. `write` keeps marks (and the components they name) in the store; without
    it they last as long as this object.
    """

    def __init__(
        self,
        known: KnownVersions,
        on_change: Any = "recompute",
        write: Callable[[Sequence[ChangeRow], Sequence[ComponentRow]], None] | None = None,
    ) -> None:
        self.known = known
        self._write = write
        self.marks = Marks(save=self._save)
        self.policy = Policy(on_change, self.marks)
        self.changing: dict[Any, Any] = {}
        self.states: dict[str, CodeState] = {}
        self.made: dict[str, ComponentRow] = {}
        """Components of versions that were handed out, and may not be in the store yet."""

    def enter(self, op: Any) -> CodeState:
        """The state of an op, valid for the code as it is now. May raise RecomputationRefused (`on_change`)."""
        state = self.states.get(op.name)
        if state is None or state.op is not op:
            state = CodeState(self, op, state.rows if state is not None else {})
            self.states[op.name] = state
        state.refresh()
        return state

    def look(self, op: Any) -> CodeState:
        """The state of an op as `enter` gives it; nothing is asked, decided or refused."""
        policy, self.policy = self.policy, Policy("recompute", self.marks)
        try:
            return self.enter(op)
        finally:
            self.policy = policy

    def components(self, ids: Iterable[str]) -> dict[str, ComponentRow]:
        """The rows of components, written or about to be."""
        wanted = set(ids)
        found = {i: self.made[i] for i in wanted if i in self.made}
        found.update(self.known.components(wanted - found.keys()))
        return found

    def _save(self, change: ChangeRow) -> None:
        if self._write is not None:
            self._write([change], [self.made[i] for i in (change.old, change.new) if i in self.made])

    def mark_compatible(self, component: str, old: str, new: str | None = None, compatible: bool = True) -> ChangeRow:
        """Let results of one content of a component hold for another (or, `compatible=False`, no longer).

        `old` and `new` are beginnings of ids of the component or of versions that depend on it; without `new`
        it is the component as it is now.
        """
        first = self._content(component, old)
        second = self._now(component) if new is None else self._content(component, new)
        change = self.marks.mark(first, second, compatible)
        for state in self.states.values():
            state.loaded = None
        return change

    def _content(self, component: str, id: str) -> str:
        """The id of a component's content, from the beginning of that id or of a version's."""
        versions = {**self.known.versions(), **{r.id: r for s in self.states.values() for r in s.rows.values()}}
        found: set[str] = set()
        marked = {i for m in self.marks for i in (m.old, m.new)}
        wanted = {c for r in versions.values() for c in r.components} | marked
        named = {i for i, r in self.components(wanted).items() if component in (r.name, f"{r.module}.{r.name}")}
        for row in versions.values():
            for c in named.intersection(row.components):
                if row.id.startswith(id) or c.startswith(id):
                    found.add(c)
        found.update(c for c in named & marked if c.startswith(id))
        if len(found) != 1:
            raise VersionError(
                f"{id!r} names {len(found)} contents of {component!r}: storage.versions() lists ids of versions, "
                f"storage.show(id) their code."
            )
        return found.pop()

    def _now(self, component: str) -> str:
        """The id of a component's content as it is now."""
        for state in self.states.values():
            row = state.current(component)
            if row is not None:
                self.made[row.id] = row
                return row.id
        raise VersionError(f"no op of this program that was called depends on {component!r}: name its new content too.")

    def forget(self, op: str | None = None) -> None:
        """Ask the store again (versions were dropped or renamed, or marks changed)."""
        for name, state in self.states.items():
            if op is None or name == op:
                state.rows.clear()
                state.written.clear()
                state.loaded = None

    def why(self, op: Any) -> list[str]:
        """What of an op's code is not as it was in its newest version, a sentence or a diff each."""
        return self.enter(op).why()


class CodeState:
    """One op under the current code.

    Attributes:
        candidates: ids of the versions that hold, newest first.
    """

    __slots__ = (
        "_code", "_extended", "_finished", "_now", "_outside", "_stated", "candidates", "closure", "loaded", "op",
        "rows", "scope", "values", "versions", "written",
    )  # fmt: skip

    def __init__(self, versions: Versions, op: Any, rows: dict[str, VersionRow]) -> None:
        self.versions = versions
        self.op = op
        self.candidates: tuple[str, ...] = ()
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
        """Bring everything up to date; cheap where nothing changed."""
        now = [s.now() for s in self._stated]
        clock = time.monotonic()
        if self.closure is not None and now == self._now and self.closure.holds():
            if self.loaded is not None and clock - self.loaded < _FRESH:
                return
        else:
            self._now = now
            self._rebuild()
        if self.loaded is None or clock - self.loaded >= _FRESH:
            self.rows.update(self.versions.known.versions(self.op.name))
            self.versions.marks.load(self.versions.known.changes())
            self.loaded = clock
        self._find_candidates()

    def _rebuild(self) -> None:
        check_sources()
        self.closure = build(self.scope, self.values, self._roots)
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

        made = self._extended[keys] = build(self.scope, self.values, roots)
        return made

    # -- versions that hold

    def _find_candidates(self) -> None:
        rows = sorted(self.rows.values(), key=lambda r: (-r.created, r.id))
        known = self._known({c for r in rows for c in r.components})
        self.candidates = tuple(r.id for r in rows if self._holds(r, known))
        changes = self._changes(rows, known) if self.versions.policy.asks else []
        if changes and self.versions.policy.decide(self.op.name, changes):
            self.candidates = tuple(r.id for r in rows if self._holds(r, known))
        if self.versions.policy.keeps:
            self.candidates += tuple(r.id for r in rows if r.id not in self.candidates)

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
        missing = set(parameters)
        rows = sorted(self.rows.values(), key=lambda r: (-r.created, r.id))
        components = self.versions.components({c for r in rows for c in r.components})
        own = op_qualname(self.op)
        found = []
        for row in rows:
            for c in row.components:
                component = components.get(c)
                if component is not None and component.kind == "function" and component.name == own:
                    had = parameters_of(component.source)
                    if had is not None and not missing & had:
                        found.append(row.id)
                    break
        return tuple(found)

    def why(self) -> list[str]:
        """What is not as it was in the newest version."""
        rows = sorted(self.rows.values(), key=lambda r: (-r.created, r.id))
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
        if self._closure().dynamic:
            told.append(
                f"{self.op.name} makes up names as it runs (getattr, globals, eval, ...): all it could reach counts."
            )
        return told

    # -- a call that runs

    def running(self, concurrent: bool = False) -> Trace:
        """The trace of one call that is about to run. `concurrent`: others run at the same time (async)."""
        closure = self._closure()
        due = closure.due()
        if not closure.holds(due):  # changed since the block began: what runs is the code as it is now
            self._rebuild()
            self._find_candidates()
            due = self._closure().due()
        return Trace(self, concurrent, due)

    def finish(self, trace: Trace) -> Finished:
        """The version of a call that ran."""
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
        vid = version_id(self.op.name, ids)
        self._finished[mark] = vid
        versions: tuple[VersionRow, ...] = ()
        components: tuple[ComponentRow, ...] = ()
        if vid not in self.written:
            created = time.time()
            if vid not in self.rows:
                self.rows[vid] = VersionRow(vid, self.op.name, created, True, ids)
            versions = (self.rows[vid],)
            keys = {c.id: c.key for c in closure.components.values()}
            keys |= {i: s.key for i, s in self._outside.items()}
            components = tuple(
                ComponentRow(i, keys[i].module, keys[i].name, keys[i].kind, self.source(i, closure), created)
                for i in ids
            )
            self.versions.made.update((c.id, c) for c in components)
            self.written.add(vid)
        self._prefer(vid)
        return Finished(vid, versions, components)

    def _prefer(self, vid: str) -> None:
        self.candidates = (vid, *(c for c in self.candidates if c != vid))

    def _calls_change(self, places: list[Place]) -> None:
        """These data are changed by calls: from now on they count by type."""
        for place in places:
            self.versions.changing[place.mark] = place
        self._rebuild()
        self._find_candidates()

    def _entered(self, closure: Closure, trace: Trace) -> tuple[Any, Closure, frozenset[int] | None]:
        """Which nodes of which closure a trace entered (None: any)."""
        extras: set[Key] = set(trace.classes)
        tracer = trace.tracer
        if tracer is None and not extras:
            return closure, closure, None
        if tracer is None:
            keys = frozenset(k for k in extras if k not in closure.by_key)
            if keys:
                closure = self._extend(keys)
            return closure, closure, None
        for code, namespace in tracer.entered.values():
            if id(code) not in closure.codes and self.scope.has_code(code, namespace):
                key = _key_of(code, namespace)
                if key is not None:
                    extras.add(key)
        keys = frozenset(k for k in extras if k not in closure.by_key)
        if keys:
            closure = self._extend(keys)
        if tracer.blind:
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


class Trace:
    """One call that runs: `with trace:` around it, `finish()` after it.

    Without `with` (an async call), every function of the closure counts.
    """

    __slots__ = ("_wanted", "classes", "data", "state", "tracer")

    def __init__(self, state: CodeState, concurrent: bool, data: list[Place]) -> None:
        self.state = state
        self.data = data  # looked at before the call, and to be looked at after it
        self.tracer: Tracer | None = None
        self.classes: set[Key] = set()
        self._wanted = state.closure is not None and state.closure.narrows and not concurrent

    def arguments(self, values: Iterable[Any]) -> None:
        """Look at what the call gets: objects of the user's own classes bring their methods with them."""
        for value in values:
            if type(value) in _COMMON:
                continue
            kind = type(value)
            if isinstance(value, type):
                kind = value
            if isinstance(value, (list, tuple, set, frozenset)):
                self.arguments(list(value)[:20])
            elif isinstance(value, dict):
                self.arguments(list(value.values())[:20])
            elif isinstance(value, (types.FunctionType, types.MethodType)) or self.state.scope.has_class(kind):
                self._wanted = True
                if isinstance(value, types.MethodType):
                    kind = type(value.__self__)
                if not isinstance(value, types.FunctionType):
                    key = Key(kind.__module__, kind.__qualname__, "class")
                    if resolve(key) is kind:
                        self.classes.add(key)

    def __enter__(self) -> Trace:
        if self._wanted:
            self.tracer = Tracer()
            self.tracer.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self.tracer is not None:
            self.tracer.stop()

    def finish(self) -> Finished:
        """The version id of the call, and the rows to write with it."""
        return self.state.finish(self)


_COMMON = frozenset({int, float, str, bytes, bool, type(None), complex})


def _key_of(code: types.CodeType, namespace: dict[str, Any]) -> Key | None:
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
