"""What people write who come from SQL or Python, or leave a part out, and what Cypher has in its place: hints for errors.

>>> habit(["x", "LIKE"], 1), habit([",", "X"], 1), FUNCTIONS_ELSEWHERE["len"]
("write STARTS WITH, ENDS WITH, CONTAINS, or =~ and a pattern: x =~ 'tr.*'", None, 'size')
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["CHARACTERS", "FUNCTIONS_ELSEWHERE", "habit", "unknown_name"]

_BRACKETS = "a node stands in brackets: (c:Call)"
_PARAMETER = "a parameter is written $name"
_JOIN = "patterns join: MATCH (c:Call)-[:OUTPUT]->(r:Ref)"
_NOT = "NOT stands before the whole condition: NOT x IN [...]"
_MAP = "a map is written {key: value}, its keys without quotes"

_TOKENS = {
    "SELECT": "begin with what to find, end with what to show: MATCH (c:Call) RETURN c.op",
    "FROM": "begin with what to find, end with what to show: MATCH (c:Call) RETURN c.op",
    "GROUP": "leave it out: RETURN groups by its columns that hold no aggregate",
    "HAVING": "name the aggregate in a WITH, and put WHERE behind it",
    "LIKE": "write STARTS WITH, ENDS WITH, CONTAINS, or =~ and a pattern: x =~ 'tr.*'",
    "ILIKE": "write =~ and a pattern that ignores case: x =~ '(?i)tr.*'",
    "BETWEEN": "write low <= x <= high",
    "NOT": _NOT,
    "JOIN": _JOIN,
    "INNER": _JOIN,
    "LEFT": "write OPTIONAL MATCH",
    "ON": _JOIN,
    "IF": "write CASE WHEN condition THEN a ELSE b END",
    "FOR": "write [x IN list WHERE condition | value]",
    "STARTSWITH": "write STARTS WITH",
    "STARTS": "write STARTS WITH",
    "ENDSWITH": "write ENDS WITH",
    "ENDS": "write ENDS WITH",
    "ORDERBY": "write ORDER BY",
    "ASCENDING": "it stands behind ORDER BY",
    "DESCENDING": "it stands behind ORDER BY",
    "ASC": "it stands behind ORDER BY",
    "DESC": "it stands behind ORDER BY",
    "&": "write AND",
    "!": "write NOT",
    ":": _PARAMETER,
    "%": _PARAMETER,
}
_AFTER = {
    ("IS", "NOT"): "IS NOT goes with NULL alone: write <> for 'not equal'",
    ("-", "(",): "write (a)-->(b), (a)--(b) or (a)-[:TYPE]->(b)",
    ("*", "", "-"): "write *1..3",
    ("TOP",): "write LIMIT 5 at the end",
}  # fmt: skip

FUNCTIONS_ELSEWHERE = {
    "len": "size",
    "count_distinct": "count(DISTINCT x)",
    "mean": "avg",
    "average": "avg",
    "median": "percentileCont(x, 0.5)",
    "std": "stDev",
    "stddev": "stDev",
    "var": "stDev(x) ^ 2",
    "variance": "stDev(x) ^ 2",
    "str": "toString",
    "int": "toInteger",
    "float": "toFloat",
    "bool": "toBoolean",
    "ifnull": "coalesce",
    "isnull": "x IS NULL",
    "nvl": "coalesce",
    "concat": "a + b",
    "startswith": "x STARTS WITH y",
    "endswith": "x ENDS WITH y",
    "contains": "x CONTAINS y",
    "like": "x =~ 'pattern'",
    "first": "head",
    "list": "collect",
    "array_agg": "collect",
    "group_concat": "collect",
    "substr": "substring",
    "strlen": "size",
    "now": "datetime()",
    "typeof": "valueType, or the property type of a ref",
    "id": "elementId, or the property hid",
}
"""By the name of a function elsewhere, in lower case: what Cypher has for it."""

_NAMES = {"none": "null", "nil": "null", "undefined": "null", "nan": "0.0 / 0.0"}

CHARACTERS = {"?": _PARAMETER, "@": _PARAMETER, "#": "a comment begins with //"}
"""By a character that is no part of Cypher: what it may have been meant for."""


def unknown_name(name: str, before: str) -> str:
    """What may have been meant by a variable that nothing defines, in a query that has `before` in front of it.

    >>> unknown_name("None", "RETURN "), unknown_name("train", "MATCH (c) WHERE c.op = ")
    ('write null', "a text stands in quotes, 'train', a parameter is $train")
    """
    if name.lower() in _NAMES:
        return f"write {_NAMES[name.lower()]}"
    if before.rstrip().endswith("--"):
        return "a comment begins with //"
    if re.search(rf"\(\s*{re.escape(name)}\b.*\bWITH\b", before, re.IGNORECASE | re.DOTALL):
        return f"WITH passes on only what it names: add `{name}` to it"
    return f"a text stands in quotes, '{name}', a parameter is ${name}"


def habit(keys: Sequence[str], at: int, kind: str = "", expected: str = "") -> str | None:
    """What to write instead of the token at `at`, where it is a known habit. `keys` are words in upper case and symbols,
    `kind` is that of the token, `expected` what the parser wanted there."""
    key, before = keys[at], keys[at - 1] if at else ""
    if expected.startswith("a key or") or (key == "=" and expected == "':'"):
        return _MAP if kind == "string" or key == "=" else None
    if key == "}" and expected == "':'":
        return f"{_PARAMETER}, {_MAP}"
    if key == ":" and before not in ("=", "<", ">", "<>", "<=", ">=", "IN"):
        return "write EXISTS { (c)-->() }" if "EXISTS" in keys[max(0, at - 7) : at] else None
    if key == "," and expected == "')'":
        return "a list stands in square brackets: [1, 2]"
    if expected.startswith(("a pattern, '('", "a node, '('")):
        return "leave the comma before it out" if before == "," else _BRACKETS
    if key == ">" and expected == "'-'":
        return "write -[:TYPE]->"
    for words, hint in _AFTER.items():
        whole = [*keys[max(0, at - 2) : at], key]
        if tuple(whole[-len(words) :]) == words or tuple(whole[-len(words) - 1 : -1]) == words:
            return hint
    if key == "WHERE":
        return "it stands behind MATCH or WITH, before RETURN" if "RETURN" in keys[:at] else None
    if key == "ORDER":
        return "it stands before SKIP and LIMIT" if "LIMIT" in keys[:at] or "SKIP" in keys[:at] else "write ORDER BY"
    if before == "RETURN" and keys[at - 2 : at - 1] and keys[at - 2] in ("AND", "OR", "NOT", ",", "=", "<", ">", "+"):
        return f"something is missing between {keys[at - 2]} and RETURN"
    if kind == "word" and ("-", "-") in zip(keys[max(0, at - 4) : at], keys[max(0, at - 3) : at], strict=False):
        return CHARACTERS["#"]
    return _TOKENS.get(key)
