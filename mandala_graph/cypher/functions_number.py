"""The SQLite functions of numbers, conversions between kinds of values, and their names."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)
from typing import Any

from mandala_graph.cypher.encoding import Cell, NodeId, PathIds, RelationshipId, decode, encode
from mandala_graph.cypher.functions import SCALARS, of_values, scalar
from mandala_graph.cypher.semantics import integer, name_of_type, to_string
from mandala_graph.errors import CypherError

__all__: list[str] = []  # imported for what it registers


# --- conversions -----------------------------------------------------------------------------------------------------

_FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?|[+-]?(NaN|Infinity)", re.ASCII)
_HEX_FLOAT = re.compile(r"[+-]?0[xX]([0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?\d+[fFdD]?", re.ASCII)
_SPACE = "".join(map(chr, range(33)))  # what Java trims from a number


def _parse(text: str) -> float | None:
    text = text.strip(_SPACE)
    if _HEX_FLOAT.fullmatch(text):
        return float.fromhex(text.rstrip("fFdD"))
    if not _FLOAT.fullmatch(text):
        return None
    return float(text.rstrip("fFdD") if text[-1] in "fFdD" else text.replace("Infinity", "inf"))


@of_values("cy_integer", 1)
def _to_integer(value: Any) -> int | None:
    if isinstance(value, str):
        if re.fullmatch(r"[+-]?\d+", value):
            return integer(int(value))
        number = _parse(value) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", value, re.ASCII) else None
        return None if number is None or not math.isfinite(number) else integer(int(number))
    if isinstance(value, float):
        if value != value:
            return 0
        bound = (1 << 63) - 1 if value > 0 else -(1 << 63)
        return max(-(1 << 63), min((1 << 63) - 1, int(value))) if math.isfinite(value) else bound
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
    if not isinstance(value, (str, int, float, datetime)):
        raise CypherError(f"toString() takes a number, string, boolean or point in time, not {name_of_type(value)}")
    return to_string(value)


@of_values("cy_boolean", 1)
def _to_boolean(value: Any) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip(_SPACE).lower())
    if isinstance(value, (bool, int)):
        return bool(value)
    raise CypherError(f"toBoolean() takes a boolean, integer or string, not {name_of_type(value)}")


def _or_null(cell: Cell, convert: Callable[[Cell], Cell]) -> Cell:
    try:
        return convert(cell)
    except CypherError:
        return None


def _variants(name: str) -> None:
    """`toXOrNull` and `toXList` of a conversion."""
    convert = SCALARS[name][1]
    scalar(f"{name}_or_null", 1)(lambda cell: _or_null(cell, convert))

    @of_values(f"{name}_list", 1)
    def of_list(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise CypherError(f"a conversion of a list needs one, not {name_of_type(value)}")
        return [decode(_or_null(encode(v), convert)) for v in value]


for _name in ("integer", "float", "string", "boolean"):
    _variants(f"cy_{_name}")

_RANKS = ["BOOLEAN", "STRING", "INTEGER", "FLOAT", "ZONED_DATETIME", "MAP", "NODE", "RELATIONSHIP", "PATH", "LIST"]
"""Names of types in the order in which Neo4j lists those of a list's items."""


def _type_name(value: Any) -> str:
    names: list[tuple[type, str]] = [
        (bool, "BOOLEAN"),
        (str, "STRING"),
        (int, "INTEGER"),
        (float, "FLOAT"),
        (datetime, "ZONED DATETIME"),
        (dict, "MAP"),
        (NodeId, "NODE"),
        (RelationshipId, "RELATIONSHIP"),
        (PathIds, "PATH"),
    ]
    for kind, name in names:
        if isinstance(value, kind):
            return name
    items = {_type_name(v) for v in value if v is not None}
    nulls = None in value
    if not items:
        return "LIST<NULL>" if nulls else "LIST<NOTHING>"
    order = sorted(items, key=lambda n: (_RANKS.index(re.split("[<]", n)[0].replace(" ", "_")), n))
    return f"LIST<{' | '.join(n if nulls else f'{n} NOT NULL' for n in order)}>"


@of_values("cy_type_name", 1, strict=False)
def _value_type(value: Any) -> str:
    return "NULL" if value is None else f"{_type_name(value)} NOT NULL"


# --- numbers ---------------------------------------------------------------------------------------------------------


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


def _inside(function: Callable[[float], float]) -> Callable[[float], float]:
    """NaN where Python raises."""

    def call(x: float) -> float:
        try:
            return function(float(x))
        except ValueError:
            return math.nan

    return call


def _cot(x: float) -> float:
    tangent = math.tan(x)
    return math.copysign(math.inf, tangent) if tangent == 0 else 1.0 / tangent


_numeric("abs", lambda x: (x if x == -(1 << 63) else abs(x)) if isinstance(x, int) else abs(x))  # as Java
_numeric("ceil", _whole(math.ceil))
_numeric("floor", _whole(math.floor))
_numeric("sqrt", lambda x: math.sqrt(x) if x >= 0 else math.nan)
_numeric("exp", _exp)
_numeric("log", lambda x: _log(x, math.log))
_numeric("log10", lambda x: _log(x, math.log10))
_numeric("sign", lambda x: (x > 0) - (x < 0))
_numeric("isNaN", lambda x: x != x)
_numeric("cot", _inside(_cot))
_numeric("haversin", _inside(lambda x: (1.0 - math.cos(x)) / 2))
for _name in ("sin", "cos", "tan", "asin", "acos", "atan", "degrees", "radians"):
    _numeric(_name, _inside(getattr(math, _name)))


@of_values("cy_atan2", 2)
def _atan2(y: Any, x: Any) -> float:
    for value in (y, x):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise CypherError(f"atan2() needs numbers, not {name_of_type(value)}")
    return math.atan2(y, x)


_MODES = {
    "CEILING": ROUND_CEILING,
    "FLOOR": ROUND_FLOOR,
    "UP": ROUND_UP,
    "DOWN": ROUND_DOWN,
    "HALF_EVEN": ROUND_HALF_EVEN,
    "HALF_UP": ROUND_HALF_UP,
    "HALF_DOWN": ROUND_HALF_DOWN,
}
_EXACT = Context(prec=2000)


@scalar("cy_round", -1)
def _round(cell: Cell, digits: Cell = 0, *modes: Cell) -> Cell:
    if cell is None or digits is None or None in modes:
        return None
    mode = modes[0] if modes else None
    value, places = decode(cell), decode(digits)
    for number in (value, places):
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise CypherError(f"round() needs numbers, not {name_of_type(number)}")
    places = int(places)
    if not 0 <= places < 1 << 31:
        raise CypherError("round() takes a number of digits of at least 0, of at most 31 bits")
    if mode is not None and mode not in _MODES:
        raise CypherError(f"round() takes one of the modes {', '.join(_MODES)}, not {mode!r}")
    if not math.isfinite(value):
        return encode(float(value))
    value = float(value)
    if places == 0 and mode is None:  # as Java: half towards the positive, and no further than 64 bits go
        return float(max(-(1 << 63), min((1 << 63) - 1, math.floor(Decimal(value) + Decimal("0.5")))))
    if places > 400:  # beyond what any float has
        return value
    unit = Decimal(1).scaleb(-int(places), _EXACT)
    return float(Decimal(repr(value)).quantize(unit, _MODES[str(mode or "HALF_UP")], _EXACT))
