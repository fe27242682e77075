"""Saved questions: the Cypher files of `cypher/explore/`, with what they answer and what they ask for.

A file starts with comments: its title, a blank one, what the question answers, and one line for each parameter,
`// $name = default: meaning`, where the default is JSON (without one, the parameter must be given). The rest is the
query. Running them is the storage's and the command line's matter.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from mandala_graph.cypher.errors import nearest
from mandala_graph.errors import CypherError

__all__ = ["Question", "QuestionParameter", "question", "questions"]


@dataclass(frozen=True, slots=True)
class QuestionParameter:
    """A parameter of a question: `required` ones have no `default`."""

    name: str
    meaning: str
    default: Any = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A saved question. `name` is the file's (`best-runs`), `text` its whole query."""

    name: str
    title: str
    comment: str
    parameters: tuple[QuestionParameter, ...]
    text: str = field(repr=False)

    def bind(self, given: dict[str, Any]) -> dict[str, Any]:
        """The values for a run: defaults, and what is given.

        Errors: CypherError for a parameter that is missing or that the question does not have.

        >>> question("best-runs").bind({"metric": "acc"})
        {'metric': 'acc', 'limit': 10}
        """
        known = {p.name for p in self.parameters}
        for name in given:
            if name not in known:
                hint = nearest(name, known)
                listed = ", ".join(sorted(known)) or "none"
                raise CypherError(
                    f"the question {self.name} has no parameter {name!r} (it has: {listed})"
                    + (f"; did you mean {hint}?" if hint else "")
                )
        missing = [p for p in self.parameters if p.required and p.name not in given]
        if missing:
            raise CypherError(f"the question {self.name} needs {missing[0].name}: {missing[0].meaning}")
        return {p.name: given.get(p.name, p.default) for p in self.parameters}


def _folder() -> Traversable:
    """`_cypher` inside an installed package, `cypher` beside the package in a checkout."""
    installed = files("mandala_graph").joinpath("_cypher")
    return (installed if installed.is_dir() else Path(__file__).parents[2] / "cypher").joinpath("explore")


_PARAMETER = re.compile(r"\$(\w+)(?: = (.+?))?: (.+)")


def _read(name: str, text: str) -> Question:
    lines = text.splitlines()
    head = [line[2:].strip() for line in lines if line.startswith("//")]
    parameters, comment = [], []
    for line in head[1:]:
        if found := _PARAMETER.fullmatch(line):
            word, default, meaning = found.groups()
            value = None if default is None else json.loads(default)
            parameters.append(QuestionParameter(word, meaning, value, default is None))
        elif line:
            comment.append(line)
    query = "\n".join(line for line in lines if not line.startswith("//")).strip().rstrip(";")
    return Question(name, head[0], " ".join(comment), tuple(parameters), query)


@cache
def questions() -> tuple[Question, ...]:
    """All saved questions, in order of name.

    >>> [q.name for q in questions()][:3]
    ['best-runs', 'biggest-values', 'compare-runs']
    """
    found = [f for f in _folder().iterdir() if f.name.endswith(".cypher")]
    return tuple(
        _read(f.name.removesuffix(".cypher"), f.read_text(encoding="utf-8"))
        for f in sorted(found, key=lambda f: f.name)
    )


def question(name: str) -> Question:
    """One saved question.

    Errors: CypherError for an unknown name, with the nearest one.
    """
    known = {q.name: q for q in questions()}
    if name not in known:
        hint = nearest(str(name), known)
        listed = ", ".join(known)
        raise CypherError(
            f"there is no question {name!r}{f'; did you mean {hint}?' if hint else ''} (there are: {listed})"
        )
    return known[name]
