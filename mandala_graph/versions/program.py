"""The versions of all ops of a program, for one storage: the door that the runtime and the storage use.

The runtime asks

* `versions.enter(op)` at an op's first call in a `with` block: the op's `CodeState`, brought up to date;
* `state.candidates`: the ids of the versions that hold, newest first, to look calls up under;
* after a miss `trace = state.running(concurrent)`, `trace.arguments(values)`, `with trace: ...`, `trace.finish()`:
  the new call's version id, and the rows to write beside the call (none if they were handed out before).

An op is anything with `name`, `fn`, `depends_on`, `packages` and `deps`. Versions and components are content
addressed, so code that comes back finds what it had computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from mandala_graph.errors import VersionError
from mandala_graph.store.protocol import ChangeRow, ComponentRow, VersionRow
from mandala_graph.versions.names import Names
from mandala_graph.versions.policy import Marks, Policy
from mandala_graph.versions.state import CodeState

__all__ = ["KnownVersions", "Versions"]


class KnownVersions(Protocol):
    """What is asked of a store."""

    def versions(self, op: str | None = None) -> Mapping[str, VersionRow]: ...
    def components(self, ids: Iterable[str]) -> Mapping[str, ComponentRow]: ...
    def changes(self) -> list[ChangeRow]: ...


class Versions:
    """The code states of a storage's ops.

    `on_change` is `"recompute"`, `"keep"`, `"ask"`, or a function of a `Change` that gives one of
    `"recompute"`, `"keep"` and `"abort"`. `write` keeps marks (and the components they name) in the store; without
    it they last as long as this object. `names` gives what ops are called in the store.
    """

    def __init__(
        self,
        known: KnownVersions,
        on_change: Any = "recompute",
        write: Callable[[Sequence[ChangeRow], Sequence[ComponentRow]], None] | None = None,
        names: Callable[[], Names] = Names,
    ) -> None:
        self.known = known
        self.names = names
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
        names = self.names()
        named = {i for i, r in self.components(wanted).items() if component in names.called(r)}
        for row in versions.values():
            for c in named.intersection(row.components):
                if row.id.startswith(id) or c.startswith(id):
                    found.add(c)
        found.update(c for c in named & marked if c.startswith(id))
        if not named:
            raise VersionError(
                f"no version has a component called {component!r}: storage.versions() lists them, storage.show(id) shows one."
            )
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
                if self.names():
                    state.closure = None  # digests hold the names that ids were made with

    def why(self, op: Any, version: str = "") -> list[str]:
        """What of an op's code is not as it was in a version (else in the newest), a sentence or a diff each."""
        return self.look(op).why(version)
