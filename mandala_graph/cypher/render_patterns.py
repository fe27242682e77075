"""Patterns, labels and names back to text; expressions and clauses are in `render`."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

from mandala_graph.cypher import ast

__all__ = ["PatternRenderer", "name", "quoted"]

_PLAIN = re.compile(r"[^\W\d]\w*", re.ASCII)
_KEYWORDS = frozenset(
    [
        "ALL",
        "ALLSHORTESTPATHS",
        "AND",
        "ANY",
        "AS",
        "ASC",
        "ASCENDING",
        "BY",
        "CALL",
        "CASE",
        "COLLECT",
        "CONTAINS",
        "COUNT",
        "CREATE",
        "DELETE",
        "DESC",
        "DESCENDING",
        "DETACH",
        "DISTINCT",
        "ELSE",
        "END",
        "ENDS",
        "EXISTS",
        "FALSE",
        "FINISH",
        "FOREACH",
        "IN",
        "INF",
        "INFINITY",
        "IS",
        "LIMIT",
        "LOAD",
        "MATCH",
        "MERGE",
        "NAN",
        "NONE",
        "NORMALIZE",
        "NOT",
        "NULL",
        "OFFSET",
        "OPTIONAL",
        "OR",
        "ORDER",
        "REDUCE",
        "REMOVE",
        "RETURN",
        "SET",
        "SHORTEST",
        "SHORTESTPATH",
        "SINGLE",
        "SKIP",
        "STARTS",
        "THEN",
        "TRIM",
        "TRUE",
        "TYPED",
        "UNION",
        "UNWIND",
        "USE",
        "USING",
        "WHEN",
        "WHERE",
        "WITH",
        "XOR",
    ]
)


def quoted(text: str) -> str:
    """A label, type, key or the like, in backticks where it needs them."""
    if _PLAIN.fullmatch(text):
        return text
    # Neo4j reads \\u escapes in backticks too, so that a backslash before a u is written as one
    return "`" + text.replace("\\u", "\\u005cu").replace("`", "``") + "`"


def name(text: str) -> str:
    """A variable, in backticks also where it reads like a keyword."""
    return f"`{text}`" if text.upper() in _KEYWORDS else quoted(text)


class PatternRenderer(ABC):
    """Texts of patterns."""

    @abstractmethod
    def expression(self, node: ast.Expression, least: int = 0) -> str:
        """The text of an expression."""

    def path(self, path: ast.PathPattern) -> str:
        text = "".join(self._element(e) for e in path.elements)
        if path.selector:
            text = f"{path.selector}({text})"
        return text if path.variable is None else f"{name(path.variable)} = {text}"

    def _element(self, element: ast.PatternElement) -> str:
        if isinstance(element, ast.NodePattern):
            return f"({self._inside(element.variable, element.labels, '', element.properties, element.where)})"
        if isinstance(element, ast.QuantifiedPath):
            where = "" if element.where is None else f" WHERE {self.expression(element.where)}"
            return f"({self.path(element.pattern)}{where}){_behind(element.length)}"
        length = element.length
        inside = self._inside(
            element.variable,
            element.types,
            _within(length) if length is not None and length.legacy else "",
            element.properties,
            element.where,
        )
        line = f"-[{inside}]-" if inside else "--"
        behind = _behind(length) if length is not None and not length.legacy else ""
        left, right = "<" * (element.direction == "<-"), ">" * (element.direction == "->")
        return f"{left}{line}{right}{behind}"

    def _inside(
        self,
        variable: str | None,
        labels: ast.LabelExpression | None,
        length: str,
        properties: ast.MapLiteral | ast.Parameter | None,
        where: ast.Expression | None,
    ) -> str:
        first = (
            ("" if variable is None else name(variable))
            + ("" if labels is None else ":" + self.labels(labels))
            + length
        )
        parts = [first] if first else []
        if properties is not None:
            parts.append(self.expression(properties))
        if where is not None:
            text = self.expression(where)  # a map or parameter alone would make WHERE read as a name
            parts.append(f"WHERE ({text})" if isinstance(where, ast.MapLiteral | ast.Parameter) else f"WHERE {text}")
        return " ".join(parts)

    def labels(self, labels: ast.LabelExpression, inside: bool = False) -> str:
        if isinstance(labels, ast.LabelName):
            return quoted(labels.name)
        if isinstance(labels, ast.LabelAny):
            return "%"
        if isinstance(labels, ast.LabelNot):
            return "!" + self.labels(labels.operand, True)
        joint = "&" if isinstance(labels, ast.LabelAnd) else "|"
        text = joint.join(self.labels(o, True) for o in labels.operands)
        return f"({text})" if inside else text


def _within(length: ast.Length) -> str:
    low, high = length.minimum, length.maximum
    if low == high:
        return f"*{low}"
    if high is None:
        return "*" if low == 1 else f"*{low}.."
    return f"*{low}..{high}"


def _behind(length: ast.Length) -> str:
    low, high = length.minimum, length.maximum
    if high is None:
        return {0: "*", 1: "+"}.get(low, f"{{{low},}}")
    return f"{{{low}}}" if low == high else f"{{{low},{high}}}"
