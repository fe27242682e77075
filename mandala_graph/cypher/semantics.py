"""What Cypher's operators and functions mean, on plain Python values. No SQL here.

None is null and passes through nearly everything. `equal` and `compare` are three-valued; `sort_key` is the total
order that ORDER BY, DISTINCT and grouping go by, in which null equals null and comes last.

>>> equal([1, None], [1, None]), equal(1, 1.0), equal(1, "1")
(None, True, False)
>>> divide(-7, 2), modulo(-7, 3)
(-3, -1)
"""

from __future__ import annotations

import math
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

from mandala_graph.cypher.encoding import NodeId, PathIds, RelationshipId
from mandala_graph.errors import CypherError

__all__ = ["add", "calculate", "compare", "contains", "divide", "equal", "integer", "modulo", "sort_key", "to_string"]

_INT64 = 1 << 63
_IDS = (NodeId, RelationshipId, PathIds)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and not isinstance(value, _IDS)


def name_of_type(value: Any) -> str:
    """A value's type as messages name it."""
    if value is None:
        return "null"
    if isinstance(value, NodeId):
        return "a node"
    if isinstance(value, RelationshipId):
        return "a relationship"
    if isinstance(value, PathIds):
        return "a path"
    if isinstance(value, datetime):
        return "a point in time"
    names = {bool: "a boolean", int: "an integer", float: "a float", str: "a string", dict: "a map"}
    return names.get(type(value), "a list")


def integer(value: int) -> int:
    """The value, if it has 64 bits."""
    if not -_INT64 <= value < _INT64:
        raise CypherError("integer overflow: the result of a calculation has more than 64 bits")
    return value


def equal(a: Any, b: Any) -> bool | None:
    """`a = b`."""
    if a is None or b is None:
        return None
    if _is_number(a):
        return _is_number(b) and (a == b or (type(a) is not type(b) and float(a) == float(b)))
    if isinstance(a, _IDS) or isinstance(b, _IDS):
        return type(a) is type(b) and a == b
    if _is_list(a):
        if not _is_list(b) or len(a) != len(b):
            return False
        return _all(equal(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, datetime) and isinstance(b, datetime):
        return a == b and a.utcoffset() == b.utcoffset()
    if isinstance(a, dict):
        if not isinstance(b, dict) or a.keys() != b.keys():
            return False
        return _all(equal(v, b[k]) for k, v in a.items())
    return type(a) is type(b) and a == b


def _all(results: Any) -> bool | None:
    unknown = False
    for r in results:
        if r is False:
            return False
        unknown = unknown or r is None
    return None if unknown else True


def contains(item: Any, items: Any) -> bool | None:
    """`item IN items`."""
    if items is None:
        return None
    if not _is_list(items):
        raise CypherError(f"IN needs a list on its right, not {name_of_type(items)}")
    unknown = False
    for x in items:
        r = equal(item, x)
        if r:
            return True
        unknown = unknown or r is None
    return None if unknown else False


_NOT_ORDERED = 2


def _order(a: Any, b: Any) -> int | None:
    """-1, 0, 1; None where the two cannot be compared; 2 where one is NaN."""
    if a is None or b is None:
        return None
    if _is_number(a) and _is_number(b):
        return _NOT_ORDERED if a != a or b != b else (a > b) - (a < b)
    if isinstance(a, str) and isinstance(b, str):
        return (a > b) - (a < b)
    if isinstance(a, bool) and isinstance(b, bool):
        return (a > b) - (a < b)
    if isinstance(a, datetime) and isinstance(b, datetime):
        if a == b:
            a, b = (t.replace(tzinfo=None) for t in (a, b))
        return int(a > b) - int(a < b)
    if _is_list(a) and _is_list(b):
        for x, y in zip(a, b, strict=False):
            found = _order(x, y)
            if found != 0:
                return found
        return (len(a) > len(b)) - (len(a) < len(b))
    if isinstance(a, dict) and isinstance(b, dict):
        if len(a) != len(b):
            return (len(a) > len(b)) - (len(a) < len(b))
        x, y = sorted(a), sorted(b)
        return (x > y) - (x < y) if x != y else _order([a[k] for k in x], [b[k] for k in y])
    return None


def compare(operator: str, a: Any, b: Any) -> bool | None:
    """`a < b`, `<=`, `>`, `>=`: None where the two cannot be compared."""
    found = _order(a, b)
    if found is None:
        return None
    if found == _NOT_ORDERED:
        return False
    return {"<": found < 0, "<=": found <= 0, ">": found > 0, ">=": found >= 0}[operator]


_SIGN = 1 << 63
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _number_key(value: float) -> bytes:
    """Eight bytes in the order of the floats, eight for what an integer has beyond its float."""
    as_float = float(value)
    rest = value - int(as_float) if isinstance(value, int) else 0
    (bits,) = struct.unpack(">Q", struct.pack(">d", as_float + 0.0))
    bits = bits ^ 0xFFFFFFFFFFFFFFFF if bits & _SIGN else bits | _SIGN
    return struct.pack(">QQ", bits, rest + _SIGN)


def _text_key(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass").replace(b"\0", b"\0\xff") + b"\0\0"


def sort_key(value: Any) -> bytes:
    """Bytes that compare as Cypher orders: maps, nodes, relationships, lists, paths, strings, booleans, numbers, NaN, null."""
    if value is None:
        return b"\x7f"
    if isinstance(value, bool):
        return b"\x40\x01" if value else b"\x40\x00"
    if isinstance(value, datetime):
        offset = value.utcoffset() or timedelta()
        return b"\x2c" + struct.pack(
            ">QQ", *((t // timedelta(microseconds=1)) + _SIGN for t in (value - _EPOCH, offset))
        )
    if isinstance(value, str):
        return b"\x30" + _text_key(value)
    if isinstance(value, (int, float)):
        return b"\x60" if value != value else b"\x50" + _number_key(value)
    if isinstance(value, NodeId):
        return b"\x11" + _number_key(value.id)
    if isinstance(value, RelationshipId):
        return b"\x12" + b"".join(sort_key(v) for v in value)
    if isinstance(value, PathIds):
        return b"\x28" + b"".join(b"\x01" + sort_key(v) for v in (*value.nodes, *value.relationships)) + b"\0"
    if isinstance(value, dict):
        keys = sorted(value)
        head = len(keys).to_bytes(4, "big") + b"".join(_text_key(k) for k in keys)
        return b"\x10" + head + b"".join(sort_key(value[k]) for k in keys)
    return b"\x20" + b"".join(b"\x01" + sort_key(v) for v in value) + b"\0"


def to_string(value: Any) -> str:
    """A number, string or boolean as `toString` writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    return _time_text(value) if isinstance(value, datetime) else str(value)


def _time_text(value: datetime) -> str:
    """A point in time as Neo4j writes it: no more digits than it has."""
    text, offset = (
        value.replace(tzinfo=None).isoformat(),
        value.isoformat()[len(value.replace(tzinfo=None).isoformat()) :],
    )
    return (text.rstrip("0") if "." in text else text) + ("Z" if offset == "+00:00" else offset)


def _float_text(value: float) -> str:
    """A float as Java writes it: 1.0E10, 1.5, 1.0E-5."""
    if value != value:
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    value = abs(value)
    if value == 0:
        return f"{sign}0.0"
    mantissa, _, exponent = f"{value!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = int(exponent or 0) + len(whole) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if 1e-3 <= value < 1e7:
        if point <= 0:
            return f"{sign}0.{'0' * -point}{digits}"
        padded = digits.ljust(point, "0")
        return f"{sign}{padded[:point]}.{padded[point:] or '0'}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{point - 1}"


def divide(a: float, b: float) -> float:
    """`a / b`: of integers, towards zero; of floats, as IEEE has it."""
    if isinstance(a, int) and isinstance(b, int):
        if b == 0:
            raise CypherError("division by zero")
        return integer(abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1))
    if b == 0:
        if a == 0 or a != a:
            return math.nan
        return math.copysign(math.inf, a) * math.copysign(1.0, b)
    return a / b


def modulo(a: float, b: float) -> float:
    """`a % b`, with the sign of `a`."""
    if isinstance(a, int) and isinstance(b, int):
        if b == 0:
            raise CypherError("division by zero")
        rest = abs(a) % abs(b)
        return -rest if a < 0 else rest
    return math.nan if b == 0 or math.isinf(a) else math.fmod(a, b)


def _power(a: float, b: float) -> float:
    try:
        result = math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0 and b % 2 == 1 else math.inf
    except ValueError:
        return math.inf if a == 0 else math.nan
    return result


def add(a: Any, b: Any) -> Any:
    """`a + b`: numbers, strings (also with a number), lists (also with an item)."""
    if a is None or b is None:
        return None
    if _is_number(a) and _is_number(b):
        return integer(a + b) if isinstance(a, int) and isinstance(b, int) else a + b
    if _is_list(a):
        return [*a, *b] if _is_list(b) else [*a, b]
    if _is_list(b):
        return [a, *b]
    if isinstance(a, str) and (isinstance(b, str) or _is_number(b)):
        return a + to_string(b)
    if isinstance(b, str) and _is_number(a):
        return to_string(a) + b
    raise CypherError(f"cannot add {name_of_type(a)} and {name_of_type(b)}")


def calculate(operator: str, a: Any, b: Any) -> Any:
    """`a - b`, `*`, `/`, `%`, `^` of numbers."""
    if a is None or b is None:
        return None
    if not (_is_number(a) and _is_number(b)):
        raise CypherError(f"cannot calculate {name_of_type(a)} {operator} {name_of_type(b)}")
    if operator == "/":
        return divide(a, b)
    if operator == "%":
        return modulo(a, b)
    if operator == "^":
        return _power(float(a), float(b))
    result = a - b if operator == "-" else a * b
    return integer(result) if isinstance(result, int) else result
