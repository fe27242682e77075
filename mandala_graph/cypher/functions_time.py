"""The SQLite functions of points in time: `datetime()` and what such a value knows of itself.

A point in time is Python's, of microseconds, with its offset from UTC. Other temporal types are not in the subset.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from mandala_graph.cypher.encoding import Cell, decode, encode
from mandala_graph.cypher.functions import scalar
from mandala_graph.cypher.semantics import name_of_type
from mandala_graph.errors import CypherError

__all__ = ["part_of"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = ("year", "month", "day", "hour", "minute", "second")
_FRACTIONS = {"millisecond": 1_000_000, "microsecond": 1_000, "nanosecond": 1}


def _whole(parts: dict[str, Any], name: str, default: int | None = None) -> int:
    value = parts.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise CypherError(f"datetime() needs an integer for {name}, not {name_of_type(value)}")
    return value


def _fraction(parts: dict[str, Any]) -> timedelta:
    nanoseconds = sum(_whole(parts, name, 0) * size for name, size in _FRACTIONS.items())
    if nanoseconds % 1000:
        raise CypherError("datetime() is exact to a microsecond here; Neo4j keeps nanoseconds")
    return timedelta(microseconds=nanoseconds // 1000)


def _of_parts(parts: dict[str, Any]) -> datetime:
    names = parts.keys() - _FRACTIONS.keys()
    try:
        if names == {"epochSeconds"}:
            return _EPOCH + timedelta(seconds=_whole(parts, "epochSeconds")) + _fraction(parts)
        if names == {"epochMillis"}:
            return _EPOCH + timedelta(milliseconds=_whole(parts, "epochMillis")) + _fraction(parts)
        given = [u for u in _UNITS if u in names]
        if given and tuple(given) == _UNITS[: len(given)] and len(given) == len(names):
            first = {u: _whole(parts, u) for u in given}
            return datetime(**{"month": 1, "day": 1, **first}, tzinfo=UTC) + _fraction(parts)
    except (ValueError, OverflowError) as e:
        raise CypherError(f"datetime() cannot make a point in time of this: {e}") from None
    listed = ", ".join(sorted(parts)) or "nothing"
    raise CypherError(
        f"datetime() takes epochSeconds, epochMillis, or year, month, day, hour, minute, second here, not {listed}"
    )


@scalar("cy_time", 1)
def _time(cell: Cell) -> Cell:
    """A point in time from its parts, or from text as ISO 8601 has it."""
    if cell is None:
        return None
    value = decode(cell)
    if isinstance(value, datetime):
        return cell
    if isinstance(value, dict):
        return encode(_of_parts(value))
    if isinstance(value, str):
        try:
            # Python needs a day, Neo4j takes a year or a month for its first day
            found = datetime.fromisoformat(re.sub(r"^(\d{4})(-\d\d)?$", lambda m: f"{m[1]}{m[2] or '-01'}-01", value))
        except ValueError as e:
            raise CypherError(f"datetime() cannot read {value!r}: {e}") from None
        return encode(found if found.tzinfo else found.replace(tzinfo=UTC))
    raise CypherError(f"datetime() takes a map or a string, not {name_of_type(value)}")


_PARTS: dict[str, Callable[[datetime], Any]] = {
    **{u: (lambda t, u=u: getattr(t, u)) for u in _UNITS},  # type: ignore[misc]
    "quarter": lambda t: (t.month + 2) // 3,
    "week": lambda t: t.isocalendar().week,
    "weekYear": lambda t: t.isocalendar().year,
    "dayOfWeek": lambda t: t.isoweekday(),
    "weekDay": lambda t: t.isoweekday(),
    "ordinalDay": lambda t: t.timetuple().tm_yday,
    "millisecond": lambda t: t.microsecond // 1000,
    "microsecond": lambda t: t.microsecond,
    "nanosecond": lambda t: t.microsecond * 1000,
    "epochSeconds": lambda t: (t - _EPOCH) // timedelta(seconds=1),
    "epochMillis": lambda t: (t - _EPOCH) // timedelta(milliseconds=1),
}


def part_of(value: datetime, name: Any) -> Any:
    """A property of a point in time, such as its `year`."""
    if name not in _PARTS:
        raise CypherError(f"a point in time has no {name} here; it has {', '.join(sorted(_PARTS))}")
    return _PARTS[name](value)
