"""The SQLite functions of strings, numbers, conversions and points in time."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from mandala_graph.cypher.encoding import Cell, decode, encode
from mandala_graph.cypher.functions import of_values, scalar
from mandala_graph.cypher.semantics import integer, name_of_type, to_string
from mandala_graph.errors import CypherError

__all__: list[str] = []  # imported for what it registers


def _text(value: Any, function: str) -> str:
    if not isinstance(value, str):
        raise CypherError(f"{function} needs a string, not {name_of_type(value)}")
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise CypherError("a length or start in a string is an integer of at least 0")
    return value


of_values("cy_lower", 1)(lambda s: _text(s, "toLower()").lower())
of_values("cy_upper", 1)(lambda s: _text(s, "toUpper()").upper())
_SPACE = "".join(map(chr, [*range(9, 14), *range(28, 33), 0x1680, *range(0x2000, 0x2007), *range(0x2008, 0x200B)]))
_SPACE += "\u2028\u2029\u205f\u3000"  # what Java takes for white space: not the no-break spaces
of_values("cy_trim", 1)(lambda s: _text(s, "trim()").strip(_SPACE))
of_values("cy_ltrim", 1)(lambda s: _text(s, "lTrim()").lstrip(_SPACE))
of_values("cy_rtrim", 1)(lambda s: _text(s, "rTrim()").rstrip(_SPACE))
of_values("cy_left", 2)(lambda s, n: _text(s, "left()")[: _count(n)])
of_values("cy_right", 2)(lambda s, n: _text(s, "right()")[max(0, len(s) - _count(n)) :])
of_values("cy_replace", 3)(lambda s, a, b: _text(s, "replace()").replace(_text(a, "replace()"), _text(b, "replace()")))


@scalar("cy_substring", -1)
def _substring(text: Cell, start: Cell, length: Cell = -1) -> str | None:
    if text is None or start is None or length is None:
        return None
    start = _count(start)
    return _text(text, "substring()")[start : None if length == -1 else start + _count(length)]


@of_values("cy_split", 2)
def _split(text: Any, by: Any) -> list[str]:
    marks = [by] if isinstance(by, str) else list(by)
    if marks == [""]:
        return list(_text(text, "split()"))
    return re.split("|".join(map(re.escape, marks)), _text(text, "split()"))


# --- conversions and numbers ------------------------------------------------------------------------------------------

_FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?|[+-]?(NaN|Infinity)")


def _parse(text: str) -> float | None:
    text = text.strip()
    if not _FLOAT.fullmatch(text):
        return None
    return float(text.rstrip("fFdD") if text[-1] in "fFdD" else text.replace("Infinity", "inf"))


@of_values("cy_integer", 1)
def _to_integer(value: Any) -> int | None:
    if isinstance(value, str):
        if re.fullmatch(r"[+-]?\d+", value, re.ASCII):
            return integer(int(value))
        number = _parse(value) if value == value.strip() else None
        return None if number is None or not math.isfinite(number) else integer(int(number))
    if isinstance(value, float):
        if value != value:
            return 0
        return max(-(1 << 63), min((1 << 63) - 1, int(value))) if math.isfinite(value) else (1 << 63) - 1
    if isinstance(value, (bool, int)):
        return int(value)
    raise CypherError(f"toInteger() takes a number, string or boolean, not {name_of_type(value)}")


@of_values("cy_float", 1)
def _to_float(value: Any) -> float | None:
    if isinstance(value, str):
        return _parse(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CypherError(f"toFloat() takes a number or string, not {name_of_type(value)}")
    return float(value)


@of_values("cy_string", 1)
def _to_string(value: Any) -> str:
    if not isinstance(value, (str, int, float)):
        raise CypherError(f"toString() takes a number, string or boolean, not {name_of_type(value)}")
    return to_string(value)


@of_values("cy_boolean", 1)
def _to_boolean(value: Any) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    if isinstance(value, (bool, int)):
        return bool(value)
    raise CypherError(f"toBoolean() takes a boolean, integer or string, not {name_of_type(value)}")


def _numeric(name: str, function: Callable[[float], float]) -> None:
    @of_values(f"cy_{name}", 1)
    def on_number(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise CypherError(f"{name}() needs a number, not {name_of_type(value)}")
        return function(value)


def _log(value: float, base: Callable[[float], float]) -> float:
    return base(value) if value > 0 else -math.inf if value == 0 else math.nan


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def _whole(function: Callable[[float], int]) -> Callable[[float], float]:
    return lambda x: float(function(x)) if math.isfinite(x) else float(x)


_numeric("abs", lambda x: integer(abs(x)) if isinstance(x, int) else abs(x))
_numeric("ceil", _whole(math.ceil))
_numeric("floor", _whole(math.floor))
_numeric("sqrt", lambda x: math.sqrt(x) if x >= 0 else math.nan)
_numeric("exp", _exp)
_numeric("log", lambda x: _log(x, math.log))
_numeric("log10", lambda x: _log(x, math.log10))
_numeric("sign", lambda x: (x > 0) - (x < 0))


@scalar("cy_round", -1)
def _round(cell: Cell, digits: Cell = 0) -> Cell:
    if cell is None or digits is None:
        return None
    value = decode(cell)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CypherError(f"round() needs a number, not {name_of_type(value)}")
    if not math.isfinite(value):
        return encode(float(value))
    if digits == 0:
        return float(math.floor(Decimal(value) + Decimal("0.5")))
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-int(digits)), ROUND_HALF_UP))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@of_values("cy_time", 1)
def _time(parts: Any) -> str:
    """A point in time, as the text that Neo4j's toString() makes of it."""
    if not isinstance(parts, dict) or not parts.keys() <= {"epochSeconds", "epochMillis"} or len(parts) != 1:
        raise CypherError("datetime() takes {epochSeconds: ...} or {epochMillis: ...} here")
    ((unit, number),) = parts.items()
    at = _EPOCH + timedelta(**{"seconds" if unit == "epochSeconds" else "milliseconds": int(number)})
    text = at.isoformat(timespec="milliseconds" if at.microsecond else "seconds")
    return text.replace("+00:00", "Z")


@scalar("cy_count", 1)
def _row_count(cell: Cell) -> int:
    if not isinstance(cell, int) or cell < 0:
        raise CypherError("SKIP and LIMIT take an integer of at least 0")
    return cell
