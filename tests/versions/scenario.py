"""What an edit is: a small project, what is changed in it, which calls must run again, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["BOTH", "S", "Scenario"]

HEAD = "from lab import op, session\n"


@dataclass(frozen=True)
class Scenario:
    name: str
    ops: str  # what stands in main.py before the session
    calls: str  # the session's body: s.call(op, ...) lines
    edit: tuple[tuple[str, str, str], ...]  # (file, old text, new text); old "" replaces the file, new None removes it
    again: dict[str, int]
    why: str
    files: dict[str, str] = field(default_factory=dict)
    plain: bool = False  # one of the nine plain cases
    stale: bool = False  # the user asked for results that may be stale

    def project(self) -> dict[str, str]:
        calls = "".join(f"        {line}\n" for line in self.calls.splitlines())
        main = f'{HEAD}{self.ops}\n\nif __name__ == "__main__":\n    with session() as s:\n{calls}'
        return {"main.py": main, **self.files}

    def edited(self) -> dict[str, str]:
        files = self.project()
        for name, old, new in self.edit:
            if old:
                if old not in files[name]:
                    raise ValueError(f"{self.name}: {old!r} is not in {name}")
                files[name] = files[name].replace(old, new)
            elif new:
                files[name] = new
            else:
                del files[name]
        return files


def S(name: str, ops: str, edit: object, again: dict[str, int], why: str, **more: object) -> Scenario:
    """A scenario whose edit is (old, new) in main.py, or (file, old, new), or several of these."""
    edits = edit if isinstance(edit[0], tuple) else (edit,)  # type: ignore[index]
    full = tuple(e if len(e) == 3 else ("main.py", *e) for e in edits)  # type: ignore[union-attr]
    calls = str(more.pop("calls", "s.call(f, 1)\ns.call(f, 2)"))
    return Scenario(name, ops, calls, full, again, why, **more)  # type: ignore[arg-type]


BOTH = {"f": 2}
