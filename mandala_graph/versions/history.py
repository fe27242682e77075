"""The history of code, read from a store: versions as a table, a log, texts and diffs. Needs no user code.

Every function takes a store (or anything with `versions`, `components` and `calls_of`), so that the code behind
values can be read years later, by a program that has none of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from mandala_graph.errors import VersionError
from mandala_graph.store.protocol import ComponentRow, VersionRow
from mandala_graph.versions.names import Names
from mandala_graph.versions.policy import Marks, unified
from mandala_graph.versions.state import CodeState

__all__ = ["History", "LogEntry", "VersionInfo"]

_COLOURS = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}


class Recorded(Protocol):
    """What a history is read from: a store."""

    def versions(self, op: str | None = None) -> Mapping[str, VersionRow]: ...
    def components(self, ids: Iterable[str]) -> Mapping[str, ComponentRow]: ...
    def calls_of(self, op: str | None = None, version: str | None = None) -> list[str]: ...


class VersionInfo(NamedTuple):
    """One row of the table of versions. `created` is in seconds since the epoch."""

    id: str
    op: str
    created: float
    active: bool
    components: tuple[str, ...]
    calls: int
    compatible_with: tuple[str, ...]


class LogEntry(NamedTuple):
    """What a version brought, against the one of its op before it."""

    created: float
    op: str
    version: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]

    def __str__(self) -> str:
        parts = [f"+{n}" for n in self.added] + [f"-{n}" for n in self.removed] + [f"~{n}" for n in self.changed]
        return f"{self.version[:12]} {self.op}: {' '.join(parts) or 'no change'}"


@dataclass(frozen=True)
class History:
    """The versions and components that a store has recorded."""

    store: Recorded
    marks: Marks
    names: Names = field(default_factory=Names)

    def table(self, op: str | None = None, state: CodeState | None = None) -> list[VersionInfo]:
        """Versions, oldest first. With the op's `state`, `active` says which hold for the code as it is now."""
        rows = _by_age(self.store.versions(op))
        names = self.store.components({c for r in rows for c in r.components})
        holding = set(state.candidates) if state is not None else None
        table = []
        for row in rows:
            near = {m for c in row.components for m in self.marks.compatible(c)}
            compatible = tuple(r.id for r in rows if r.id != row.id and r.op == row.op and near & set(r.components))
            parts = tuple(
                sorted(f"{names[c].module}.{names[c].name}".lstrip(".") for c in row.components if c in names)
            )
            active = row.active if holding is None else row.id in holding
            calls = len(self.store.calls_of(row.op, row.id))
            table.append(VersionInfo(row.id, row.op, row.created, active, parts, calls, compatible))
        return table

    def log(self, op: str | None = None) -> list[LogEntry]:
        """What changed with each version, newest first."""
        rows = _by_age(self.store.versions(op))
        known = self.store.components({c for r in rows for c in r.components})
        before: dict[str, dict[tuple[str, str], set[str]]] = {}
        entries = []
        for row in rows:
            now = self._by_name(row, known)
            old = before.get(row.op, {})
            entries.append(
                LogEntry(
                    row.created,
                    row.op,
                    row.id,
                    tuple(sorted(n for n, k in now if (n, k) not in old)),
                    tuple(sorted(n for n, k in old if (n, k) not in now)),
                    tuple(sorted(n for n, k in now if (n, k) in old and old[n, k] != now[n, k])),
                )
            )
            before[row.op] = now
        return entries[::-1]

    def find(self, id: str) -> VersionRow | ComponentRow:
        """The version or component whose id begins like this; a component also by its name (the newest of it)."""
        if not isinstance(id, str):
            raise VersionError(f"expected the id of a version or component, not {id!r}: storage.versions() lists them.")
        versions = self.store.versions()
        matching: list[VersionRow | ComponentRow] = [r for k, r in versions.items() if k.startswith(id)]
        components = self.store.components({c for r in versions.values() for c in r.components})
        matching += [r for k, r in components.items() if k.startswith(id)]
        if len(matching) > 1:
            raise VersionError(f"{id!r} begins {len(matching)} ids of versions and components: give more of it.")
        if matching:
            return matching[0]
        named = [r for r in components.values() if id in self.names.called(r)]
        if not named:
            raise VersionError(f"no version or component has an id or name {id!r}: storage.versions() lists them.")
        return max(named, key=lambda r: r.created)

    def show(self, id: str) -> str:
        """The source text of a component, or the whole code of a version."""
        found = self.find(id)
        return found.source if isinstance(found, ComponentRow) else self.code(found)

    def code(self, version: VersionRow | str) -> str:
        """Everything that calls of a version ran, module by module."""
        row = self.find(version) if isinstance(version, str) else version
        if isinstance(row, ComponentRow):
            return row.source
        parts = self.store.components(row.components).values()
        text = []
        for module in sorted({p.module for p in parts}):
            text.append(f"# -- {module or 'outside of the code'}\n")
            inside = sorted((p for p in parts if p.module == module), key=lambda p: (_order(p.kind), p.name))
            whole = {p.name for p in inside if p.kind == "class"}
            for part in inside:
                # a method stands in the text of its class already
                if part.kind == "function" and part.name.rpartition(".")[0] in whole:
                    continue
                text.append(part.source.rstrip("\n") + "\n\n")
        return "\n".join(text)

    def diff(self, a: str, b: str, colour: bool | None = None) -> str:
        """What is different between two versions or components, unified, in colour on a terminal."""
        old, new = self.find(a), self.find(b)
        if isinstance(old, ComponentRow) and isinstance(new, ComponentRow):
            text = unified(old.source, new.source, new.name)
        elif isinstance(old, VersionRow) and isinstance(new, VersionRow):
            text = self._diff_versions(old, new)
        else:
            raise VersionError("diff compares two versions or two components, not one of each.")
        if colour is None:
            colour = sys.stdout.isatty()
        return "".join(_paint(line) for line in text.splitlines(keepends=True)) if colour else text

    def _diff_versions(self, old: VersionRow, new: VersionRow) -> str:
        known = self.store.components({*old.components, *new.components})
        before, now = self._by_name(old, known), self._by_name(new, known)
        parts = []
        for key in sorted(before.keys() | now.keys()):
            had, has = before.get(key, set()), now.get(key, set())
            if had != has:
                parts.append(unified(_texts(had - has, known), _texts(has - had, known), key[0]))
        return "".join(parts)

    def _by_name(self, row: VersionRow, known: Mapping[str, ComponentRow]) -> dict[tuple[str, str], set[str]]:
        """The components of a version by name and kind; the op's own function by the name that the op has now."""
        found: dict[tuple[str, str], set[str]] = {}
        for c in row.components:
            if c in known:
                now = self.names.called(known[c])[2:3]
                of_op = now and now[0].rpartition(".")[2] == row.op
                found.setdefault((now[0] if of_op else known[c].name, known[c].kind), set()).add(c)
        return found


def _by_age(rows: Mapping[str, VersionRow]) -> list[VersionRow]:
    return sorted(rows.values(), key=lambda r: (r.created, r.id))


def _texts(ids: Iterable[str], known: Mapping[str, ComponentRow]) -> str:
    return "".join(known[i].source for i in sorted(ids))


def _order(kind: str) -> int:
    order: Sequence[Any] = ("global", "class", "function", "file", "env", "package")
    return order.index(kind) if kind in order else len(order)


def _paint(line: str) -> str:
    colour = _COLOURS.get(line[:1])
    return f"{colour}{line.rstrip(chr(10))}\x1b[0m\n" if colour else line
