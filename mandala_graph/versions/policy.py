"""What to do about a change of code: recompute, keep, ask, or what a function says; and compatibility marks."""

from __future__ import annotations

import difflib
import getpass
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mandala_graph.errors import RecomputationRefused, UsageError
from mandala_graph.store.protocol import ChangeRow
from mandala_graph.versions.components import Key

__all__ = ["Change", "Marks", "Policy", "check_policy"]


@dataclass(frozen=True, slots=True)
class Change:
    """A component that is not as it was when calls of `op` were recorded."""

    op: str
    key: Key
    old: str
    new: str
    old_source: str
    new_source: str

    def diff(self) -> str:
        """What changed, as a unified diff."""
        return unified(self.old_source, self.new_source, str(self.key))


def unified(old: str, new: str, name: str) -> str:
    """A unified diff of two source texts.

    >>> print(unified("N = 1\\n", "N = 2\\n", "N"), end="")
    --- N (old)
    +++ N (new)
    @@ -1 +1 @@
    -N = 1
    +N = 2
    """
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), f"{name} (old)", f"{name} (new)", lineterm="")
    return "".join(line + "\n" for line in lines)


def current_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


class Marks:
    """Which changes are compatible. `save` writes a mark to the store, and may be None (kept in memory only)."""

    def __init__(self, marks: Iterable[ChangeRow] = (), save: Callable[[ChangeRow], None] | None = None) -> None:
        self._save = save
        self._marks: dict[tuple[str, str], ChangeRow] = {(m.old, m.new): m for m in marks}
        self._near: dict[str, set[str]] = {}
        self._connect()

    def _connect(self) -> None:
        self._near = {}
        for mark in self._marks.values():
            if mark.compatible:
                self._near.setdefault(mark.old, set()).add(mark.new)
                self._near.setdefault(mark.new, set()).add(mark.old)

    def mark(self, old: str, new: str, compatible: bool = True) -> ChangeRow:
        """Mark a change as compatible, or take the mark back; who and when is kept."""
        mark = ChangeRow(old, new, compatible, time.time(), current_user())
        if (new, old) in self._marks and not compatible:
            self._put(ChangeRow(new, old, False, mark.at, mark.by))
        self._put(mark)
        return mark

    def _put(self, mark: ChangeRow) -> None:
        self._marks[mark.old, mark.new] = mark
        self._connect()
        if self._save is not None:
            self._save(mark)

    def load(self, marks: Iterable[ChangeRow]) -> None:
        """Take over what the store holds, where nothing newer was said here."""
        for mark in marks:
            known = self._marks.get((mark.old, mark.new))
            if known is None or known.at < mark.at:
                self._marks[mark.old, mark.new] = mark
        self._connect()

    def compatible(self, id: str) -> set[str]:
        """The components that a component may stand for, itself left out (marks add up)."""
        if id not in self._near:
            return set()
        found: set[str] = {id}
        todo = [id]
        while todo:
            for other in self._near.get(todo.pop(), ()):
                if other not in found:
                    found.add(other)
                    todo.append(other)
        return found - {id}

    def __iter__(self) -> Iterator[ChangeRow]:
        return iter(self._marks.values())


_ANSWERS = {"y": "recompute", "yes": "recompute", "n": "keep", "no": "keep", "a": "abort", "abort": "abort"}


def check_policy(on_change: Any) -> None:
    """Refuse what is no policy."""
    if on_change not in ("recompute", "keep", "ask") and not callable(on_change):
        raise UsageError(f'on_change is "recompute", "keep", "ask" or a function of a Change, not {on_change!r}.')


class Policy:
    """`on_change`, and what was answered so far in this process."""

    def __init__(self, on_change: Any, marks: Marks) -> None:
        check_policy(on_change)
        self.on_change = on_change
        self.marks = marks
        self._answers: dict[tuple[str, str], str] = {}

    @property
    def asks(self) -> bool:
        return self.on_change not in ("recompute", "keep")

    @property
    def keeps(self) -> bool:
        return bool(self.on_change == "keep")

    def decide(self, op: str, changes: Iterable[Change]) -> bool:
        """Have every change decided on; True if one was declared compatible."""
        widened = False
        for change in changes:
            answer = self._answers.get((change.old, change.new))
            if answer is None:
                answer = self._ask(change) if self.on_change == "ask" else str(self.on_change(change))
                if answer not in ("recompute", "keep", "abort"):
                    raise UsageError(f'on_change gave {answer!r}: it gives "recompute", "keep" or "abort".')
                if answer == "abort":
                    raise RecomputationRefused(
                        f"{change.key} changed, and calls of {op} depend on it: on_change said to abort. "
                        f"Restore it, or answer recompute or keep."
                    )
                self._answers[change.old, change.new] = answer
            if answer == "keep":
                self.marks.mark(change.old, change.new)
                widened = True
        return widened

    def _ask(self, change: Change) -> str:
        # the prompt names nothing but what changed, so that a program that answers knows what it is about
        print(f"Calls of {change.op} depend on this change:\n{change.diff()}", end="", file=sys.stderr)
        while True:
            try:
                said = input(f"{change.key.name} changed. Recompute what depends on it? [y]es, [n]o, [a]bort: ")
            except EOFError:
                raise RecomputationRefused(
                    f"{change.key} changed, and calls of {change.op} depend on it; on_change='ask' found nobody to "
                    f"ask: use on_change='recompute' or 'keep' in programs that run alone."
                ) from None
            answer = _ANSWERS.get(said.strip().lower())
            if answer is not None:
                return answer
            print("y: recompute; n: keep the old results, the change is compatible; a: abort.", file=sys.stderr)
