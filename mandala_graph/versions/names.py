"""What ops, their inputs and their outputs are called: by a program, by the store now, and in the ids of calls.

Ids of calls hash names, and ids never change. So a rename changes what is *shown*, and the name that ids were made
with stays as the *identity*. A program may still use an earlier name: it leads to the same thing, unless the
program has both.

>>> labels = Labels([("lr", "rate")])
>>> labels.identity("rate", {"rate"}), labels.shown("lr", {"lr"}), labels.identity("lr", {"lr", "rate"})
('lr', 'rate', 'lr#2')
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from mandala_graph.store.protocol import ComponentRow, OpRow

__all__ = ["Labels", "Names", "OpNames", "Rename"]


class Rename(NamedTuple):
    """One entry of an op's `renamed`: what had its name changed, when (seconds since the epoch), by whom.

    `kind` is "op", "input" or "output". With `forward`, the old name leads to the op too.
    """

    kind: str
    old: str
    new: str
    at: float
    by: str
    forward: bool = True

    def text(self) -> str:
        return json.dumps(self, ensure_ascii=False)

    @classmethod
    def parse(cls, text: str) -> Rename:
        return cls(*json.loads(text))


def _unused(name: str, used: Collection[str]) -> str:
    """A name that no ids were made with: the name itself, or with a number."""
    made, n = name, 1
    while made in used:
        n += 1
        made = f"{name}#{n}"
    return made


class Labels:
    """The names of one op's inputs, or outputs, after some renames (oldest first).

    `present` are the names that a program has: its op's parameters, or its output names.
    """

    def __init__(self, renames: Iterable[tuple[str, str]] = ()) -> None:
        self._own: dict[str, str] = {}  # shown -> identity, of what was renamed
        self._former: dict[str, list[str]] = {}  # earlier name -> identities, the one that had it first before others
        for old, new in renames:
            identity = self._own.pop(old) if old in self._own else _unused(old, self._own.values())
            self._own[new] = identity
            self._former.setdefault(old, []).append(identity)
        self._shown = {identity: shown for shown, identity in self._own.items()}

    def __bool__(self) -> bool:
        return bool(self._own)

    def identity(self, name: str, present: Collection[str]) -> str:
        """What ids call what a program calls `name`."""
        if name in self._own:
            return self._own[name]
        for former in self._former.get(name, ()):
            if self._shown[former] not in present:
                return former
        return _unused(name, self._own.values())

    def shown(self, name: str, present: Collection[str]) -> str:
        """What the store calls what a program calls `name`."""
        return self._shown.get(self.identity(name, present), name)

    def of_shown(self, name: str) -> str:
        """What ids call what the store shows as `name`."""
        return self._own.get(name) or _unused(name, self._own.values())

    def every(self) -> set[str]:
        """All names that were ever renamed, earlier ones and those of now."""
        return {*self._own, *self._former}


class LabelMaps(NamedTuple):
    """The names of an op's inputs (or outputs) that differ, as a program has them.

    `ids` lead from the program's names to those in ids, `shown` to those in the store, `program` back from there.
    """

    ids: Mapping[str, str] = {}
    shown: Mapping[str, str] = {}
    program: Mapping[str, str] = {}

    @classmethod
    def of(cls, labels: Labels, present: Collection[str]) -> LabelMaps:
        if not labels:
            return cls()
        ids, shown = (
            {n: made for n in (*present, *labels.every()) if (made := method(n, present)) != n}
            for method in (labels.identity, labels.shown)
        )
        return cls(ids, shown, {shown[n]: n for n in present if n in shown})


class OpNames(NamedTuple):
    """The names of one op, as a program has it."""

    shown: str
    identity: str
    inputs: LabelMaps = LabelMaps()
    outputs: LabelMaps = LabelMaps()
    labels: Labels = Labels()


class Names:
    """All names of a store, from its ops."""

    def __init__(self, rows: Mapping[str, OpRow] | None = None) -> None:
        self.rows = dict(rows or {})
        self._identities = {r.identity or n for n, r in self.rows.items()}
        self._former: dict[str, str] = {}
        self._labels: dict[str, tuple[Labels, Labels]] = {}
        self._any = any(r.identity or r.renamed for r in self.rows.values())
        if self._any:
            entries = [(Rename.parse(t), name) for name, row in self.rows.items() for t in row.renamed]
            for r, name in sorted(entries, key=lambda e: e[0].at):
                if r.kind == "op" and r.forward and r.old not in self.rows:
                    self._former[r.old] = name

    def __bool__(self) -> bool:
        """Was anything ever renamed?"""
        return self._any

    def shown(self, name: str) -> str:
        """What the store calls the op that a program calls `name`: that of an earlier name, or the name itself."""
        return self._former.get(name, name)

    def identity(self, name: str) -> str:
        """What ids call the op that a program calls `name`."""
        shown = self.shown(name)
        row = self.rows.get(shown)
        if row is not None:
            return row.identity or shown
        return _unused(name, self._identities) if self._any else name

    def called(self, component: ComponentRow) -> tuple[str, ...]:
        """The names that a component may be asked for by: its own, with its module; and that of its op now."""
        own = (component.name, f"{component.module}.{component.name}")
        if not self._former or component.kind != "function":
            return own
        head, dot, last = component.name.rpartition(".")
        now = head + dot + self.shown(last)
        return own if now == component.name else (*own, now, f"{component.module}.{now}")

    def labels(self, op: str) -> tuple[Labels, Labels]:
        """The inputs and the outputs of an op by the name that the store shows."""
        known = self._labels.get(op)
        if known is None:
            row = self.rows.get(op)
            renames = [Rename.parse(r) for r in row.renamed] if row is not None else []
            inputs, outputs = (Labels((r.old, r.new) for r in renames if r.kind == k) for k in ("input", "output"))
            known = self._labels[op] = (inputs, outputs)
        return known

    def of(self, op: Any) -> OpNames:
        """The names of an op (anything with `name`; its `signature` and `outputs` if inputs or outputs were renamed)."""
        shown = self.shown(op.name)
        inputs, outputs = self.labels(shown)
        return OpNames(
            shown,
            self.identity(op.name),
            LabelMaps.of(inputs, _parameters(op)),
            LabelMaps.of(outputs, _outputs(op)),
            inputs,
        )

    def split(self) -> list[tuple[str, str]]:
        """Pairs (earlier name, name now) of ops that are two in the store by accident.

        A program that ran through a rename, and had not heard of it, may have written an op of the old name.
        """
        by_identity: dict[str, list[str]] = {}
        for name, row in self.rows.items():
            by_identity.setdefault(row.identity or name, []).append(name)
        return [
            (old, new)
            for names in by_identity.values()
            for new in names
            if self.rows[new].identity
            for old in names
            if old != new
        ]

    def earlier(self) -> list[tuple[str, str]]:
        """Pairs (earlier name, name now) of ops whose earlier name no op has."""
        pairs = []
        for name, row in self.rows.items():
            olds = [r.old for r in map(Rename.parse, row.renamed) if r.kind == "op"]
            pairs += [(old, name) for old in olds if old not in self.rows]
        return pairs


def _parameters(op: Any) -> Collection[str]:
    signature = getattr(op, "signature", None)
    return tuple(signature.names) if signature is not None else ()


def _outputs(op: Any) -> Collection[str]:
    outputs = getattr(op, "outputs", None)
    if outputs is None:
        return ()
    return tuple(outputs.names or [f"output_{i}" for i in range(outputs.nout or 64)])
