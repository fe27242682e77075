"""What may be given for `$name`: native values, lists and maps of them, refs and calls; the same on both engines."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from mandala_graph.cypher import ast
from mandala_graph.cypher.errors import missing, nearest
from mandala_graph.errors import UsageError
from mandala_graph.model import Call, Ref

__all__ = ["check_names", "native", "together"]

_INT64 = 1 << 63


def together(parameters: Mapping[str, Any] | None, named: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters given as a mapping and those given as keywords, as values that both engines take."""
    if parameters is not None and not isinstance(parameters, Mapping):
        raise UsageError(f"parameters is a mapping from names to values, not {type(parameters).__name__}.")
    for name in named:
        if parameters is not None and name in parameters:
            raise UsageError(f"the parameter {name} is given twice: as a keyword and in parameters.")
    return {name: native(value, f"${name}") for name, value in {**(parameters or {}), **named}.items()}


def native(value: Any, where: str) -> Any:
    """A value as a parameter. A ref or call stands for its hid, NumPy's numbers and arrays for Python's.

    Errors: UsageError that names the place and says what would do.
    """
    if value is None or isinstance(value, bool) or type(value) in (str, float):
        return value
    if isinstance(value, (Ref, Call)):
        return value.hid
    if isinstance(value, int):
        if not -_INT64 <= value < _INT64:
            raise UsageError(f"{where} is {value}, which has more than the 64 bits of an integer in Cypher.")
        return int(value)
    if isinstance(value, (str, float)):
        return str(value) if isinstance(value, str) else float(value)
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise UsageError(f"{where} is a map with the key {key!r}; keys of maps are strings in Cypher.")
        return {str(k): native(v, f"{where}.{k}") for k, v in value.items()}
    if isinstance(value, (list, tuple, range)):
        return [native(v, f"{where}[{i}]") for i, v in enumerate(value)]
    if isinstance(value, (datetime.datetime, datetime.date, datetime.timedelta)):
        unit = "total_seconds()" if isinstance(value, datetime.timedelta) else "timestamp()"
        raise UsageError(f"{where} is a {type(value).__name__}; times in the graph are in seconds: give its .{unit}.")
    if isinstance(value, (set, frozenset)):
        raise UsageError(f"{where} is a set, which has no order: give a list of its elements.")
    plain = getattr(value, "tolist", None)  # numpy's scalars and arrays, pandas' columns
    if callable(plain):
        return native(plain(), where)
    raise UsageError(
        f"{where} is a {type(value).__module__}.{type(value).__qualname__}; a parameter is a string, number, boolean, "
        f"None, a list or map of these, a ref or a call."
    )


def check_names(needed: Iterable[str], given: Mapping[str, Any], query: ast.Query) -> None:
    """Raise CypherError for a parameter that the query needs and nobody gave."""
    for name in needed:
        if name not in given:
            near = nearest(name, [g for g in given if g not in set(needed)])
            pos = next(n.pos for n in ast.walk(query) if isinstance(n, ast.Parameter) and n.name == name)
            hint = f"; did you mean it by {near}=...?" if near else f": give it as {name}=..."
            raise missing(query.text, pos, f"the query needs a value for the parameter ${name}{hint}")
