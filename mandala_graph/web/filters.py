"""What narrows a view down: op, version, run, time, value; read from an address, given on as Cypher and Python."""

from __future__ import annotations

import datetime
import math
import re
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams

from mandala_graph.errors import UsageError

__all__ = ["Filters", "literal", "pasted", "whole"]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which calls count. Empty or None: no matter.

    `since` and `until` are epoch seconds of a call's start; `low` and `high` the range of a number among the call's
    outputs (of the output `output` when that is given).
    """

    ops: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    low: float | None = None
    high: float | None = None
    output: str | None = None

    @classmethod
    def of(cls, query: QueryParams) -> Filters:
        """Those of an address.

        >>> Filters.of(QueryParams("op=train&op=test&min=0.5")).low
        0.5
        """
        return cls(
            tuple(query.getlist("op")),
            tuple(query.getlist("version")),
            tuple(query.getlist("run")),
            _moment(query, "since"),
            _moment(query, "until"),
            _number(query, "min"),
            _number(query, "max"),
            query.get("output") or None,
        )

    def __bool__(self) -> bool:
        return self != Filters(output=self.output)

    def conditions(self, c: str = "c") -> tuple[list[str], dict[str, Any]]:
        """Conditions on the call `c`, to be joined by AND, and their parameters."""
        found, given = self._own(c)
        inside, pattern, more = self._range(c)
        if inside:
            found.append(f"EXISTS {{ MATCH {pattern} WHERE {' AND '.join(inside)} }}")
        return found, {**given, **more}

    def _range(self, c: str) -> tuple[list[str], str, dict[str, Any]]:
        """Conditions on an output `v`, the pattern that finds it, and parameters."""
        found: list[str] = []
        given: dict[str, Any] = {}
        for sign, name, value in ((">=", "low", self.low), ("<=", "high", self.high)):
            if value is not None:
                found.append(f"v.value {sign} ${name}")
                given[name] = value
        if self.output is None or not found:
            return found, f"({c})-[:OUTPUT]->(v:Ref)", given
        return found, f"({c})-[:OUTPUT {{name: $by_output}}]->(v:Ref)", {**given, "by_output": self.output}

    def _own(self, c: str) -> tuple[list[str], dict[str, Any]]:
        """Conditions on the call's own properties."""
        found: list[str] = []
        given: dict[str, Any] = {}

        def add(text: str, name: str, value: Any) -> None:
            found.append(text.replace("$", f"${name}"))
            given[name] = value

        for values, name in ((self.ops, "op"), (self.versions, "version"), (self.runs, "run")):
            if len(values) == 1:
                add(f"{c}.{name} = $", f"by_{name}", values[0])
            elif values:
                add(f"{c}.{name} IN $", f"by_{name}", list(values))
        if self.since is not None:
            add(f"{c}.started >= $", "since", self.since)
        if self.until is not None:
            # Building and reading a list takes no time, and none is recorded of it.
            add(f"{c}.started > 0 AND {c}.started <= $", "until", self.until)
        return found, given

    def calls(self, *more: str) -> tuple[str, dict[str, Any]]:
        """Clauses that find the calls `c` that these conditions and more leave, each once."""
        inside, pattern, given = self._range("c")
        if not inside:
            where, given = self.where(*more)
            return f"MATCH (c:Call){where}", given
        # From the values to the calls: several times as quick as asking each call whether it has one.
        own, parameters = self._own("c")
        conditions = " AND ".join([*inside, *more, *own])
        return f"MATCH (c:Call){pattern.removeprefix('(c)')} WHERE {conditions} WITH DISTINCT c", {
            **given,
            **parameters,
        }

    def where(self, *more: str, c: str = "c") -> tuple[str, dict[str, Any]]:
        """A WHERE clause of these conditions and more (empty without any), and its parameters."""
        found, given = self.conditions(c)
        found = [*more, *found]
        return (f" WHERE {' AND '.join(found)}" if found else ""), given


def _moment(query: QueryParams, name: str) -> float | None:
    text = query.get(name)
    if not text:
        return None
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{name} is a time such as 2026-01-31T12:00:00Z, not {text!r}.") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment.timestamp()


def _number(query: QueryParams, name: str) -> float | None:
    text = query.get(name)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise UsageError(f"{name} is a number, not {text!r}.") from None
    if not math.isfinite(value):
        raise UsageError(f"{name} is a finite number, not {text!r}.")
    return value


def whole(query: QueryParams, name: str, default: int, most: int, least: int = 0) -> int:
    """A whole number of an address, at most `most`."""
    text = query.get(name)
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        raise UsageError(f"{name} is a whole number, not {text!r}.") from None
    if value < least:
        raise UsageError(f"{name} is {least} or more, not {value}.")
    return min(value, most)


def literal(value: Any) -> str:
    """A parameter's value as Cypher text, to be pasted where there are no parameters.

    >>> literal(["it's", 2.5, None])
    "['it\\\\'s', 2.5, null]"
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(literal, value))}]"
    text = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return "'" + text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + "'"


def pasted(statement: str, parameters: dict[str, Any]) -> str:
    """A statement with its parameters written out."""
    return re.sub(r"\$(\w+)", lambda m: literal(parameters[m[1]]) if m[1] in parameters else m[0], statement)
