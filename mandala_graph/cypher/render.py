"""Trees back to text: with as few parentheses as the meaning needs, or around every operator.

Used for statements that are built as trees, for showing a query, and to test the parser against a real Neo4j (which
must plan the fully parenthesised text as it plans the original).
"""

from __future__ import annotations

import re

from mandala_graph.cypher import ast
from mandala_graph.cypher.render_patterns import PatternRenderer
from mandala_graph.cypher.render_patterns import name as _name
from mandala_graph.cypher.render_patterns import quoted as _quoted

__all__ = ["render", "render_expression"]

_OR, _XOR, _AND, _NOT, _COMPARISON, _TEST, _ADD, _FACTOR, _POWER, _SIGN, _POSTFIX, _ATOM = range(1, 13)
_STRENGTH = {
    "OR": _OR, "XOR": _XOR, "AND": _AND, "+": _ADD, "-": _ADD, "||": _ADD, "*": _FACTOR, "/": _FACTOR, "%": _FACTOR, "^": _POWER,
    "IN": _TEST, "STARTS WITH": _TEST, "ENDS WITH": _TEST, "CONTAINS": _TEST, "=~": _TEST,
}  # fmt: skip
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}
_ESCAPED = re.compile(r"[\\'\x00-\x1f\x7f-\x9f\u2028\u2029]")


class _Renderer(PatternRenderer):
    """`visit` gives the text of an expression and how strongly its outermost operator binds."""

    def __init__(self, parenthesised: bool) -> None:
        self.parenthesised = parenthesised

    # --- expressions

    def expression(self, node: ast.Expression, least: int = 0) -> str:
        """The text, in parentheses where something weaker than `least` would come apart."""
        text, strength = getattr(self, "_" + type(node).__name__)(node)
        if strength < least or (self.parenthesised and strength <= _SIGN):
            return f"({text})"
        return str(text)

    def _Literal(self, node: ast.Literal) -> tuple[str, int]:
        value = node.value
        if value is None or isinstance(value, bool):
            return str(value).lower().replace("none", "null"), _ATOM
        if isinstance(value, str):
            return "'" + _ESCAPED.sub(lambda m: _ESCAPES.get(m[0]) or f"\\u{ord(m[0]):04x}", value) + "'", _ATOM
        if value != value or value in (float("inf"), float("-inf")):
            return ("NaN" if value != value else "Infinity" if value > 0 else "(-Infinity)"), _ATOM
        if value < 0:
            return repr(value), _SIGN
        return repr(value), _POSTFIX

    def _Parameter(self, node: ast.Parameter) -> tuple[str, int]:
        return "$" + (node.name if node.name.isascii() and node.name.isdigit() else _quoted(node.name)), _ATOM

    def _Variable(self, node: ast.Variable) -> tuple[str, int]:
        return _name(node.name), _ATOM

    def _Property(self, node: ast.Property) -> tuple[str, int]:
        return f"{self._subject(node.subject)}.{_quoted(node.key)}", _ATOM

    def _subject(self, node: ast.Expression) -> str:
        return self.expression(node, _ATOM)

    def _Subscript(self, node: ast.Subscript) -> tuple[str, int]:
        return f"{self._subject(node.subject)}[{self.expression(node.index)}]", _ATOM

    def _Slice(self, node: ast.Slice) -> tuple[str, int]:
        start = "" if node.start is None else self.expression(node.start)
        stop = "" if node.stop is None else self.expression(node.stop)
        return f"{self._subject(node.subject)}[{start}..{stop}]", _ATOM

    def _ListLiteral(self, node: ast.ListLiteral) -> tuple[str, int]:
        inside = ", ".join(self.expression(i) for i in node.items)
        first = node.items[0] if node.items else None
        # `[x IN xs, y]` would begin as a comprehension does
        if isinstance(first, ast.Binary) and first.operator == "IN" and not self.parenthesised:
            inside = ", ".join([f"({self.expression(first)})", *(self.expression(i) for i in node.items[1:])])
        return f"[{inside}]", _ATOM

    def _MapLiteral(self, node: ast.MapLiteral) -> tuple[str, int]:
        return "{" + ", ".join(self._entry(e) for e in node.entries) + "}", _ATOM

    def _entry(self, entry: ast.MapEntry) -> str:
        return f"{_quoted(entry.key)}: {self.expression(entry.value)}"

    def _MapProjection(self, node: ast.MapProjection) -> tuple[str, int]:
        parts = []
        for item in node.items:
            if isinstance(item, ast.MapEntry):
                parts.append(self._entry(item))
            elif isinstance(item, ast.ProjectProperty):
                parts.append("." + _quoted(item.key))
            else:
                parts.append(_name(item.name) if isinstance(item, ast.ProjectVariable) else ".*")
        return f"{_name(node.subject.name)} {{{', '.join(parts)}}}", _ATOM

    def _Unary(self, node: ast.Unary) -> tuple[str, int]:
        if node.operator == "NOT":
            return f"NOT {self.expression(node.operand, _NOT)}", _NOT
        operand = node.operand
        if isinstance(operand, ast.Literal) and operand.value == 2**63:
            return f"{node.operator}{operand.value}", _SIGN
        return f"{node.operator}{self.expression(operand, _POSTFIX)}", _SIGN

    def _Binary(self, node: ast.Binary) -> tuple[str, int]:
        strength = _STRENGTH[node.operator]
        if strength == _TEST:
            return f"{self.expression(node.left, _ADD)} {node.operator} {self.expression(node.right, _ADD)}", _TEST
        left = self.expression(node.left, strength)
        return f"{left} {node.operator} {self.expression(node.right, strength + 1)}", strength

    def _Comparison(self, node: ast.Comparison) -> tuple[str, int]:
        parts = [self.expression(node.operands[0], _TEST)]
        for operator, operand in zip(node.operators, node.operands[1:], strict=True):
            parts += [operator, self.expression(operand, _TEST)]
        return " ".join(parts), _COMPARISON

    def _IsNull(self, node: ast.IsNull) -> tuple[str, int]:
        return f"{self.expression(node.operand, _ADD)} IS {'NOT ' if node.negated else ''}NULL", _TEST

    def _LabelPredicate(self, node: ast.LabelPredicate) -> tuple[str, int]:
        text = f"{self.expression(node.subject, _ATOM)}:{self.labels(node.labels)}"
        if "|" in text:  # which could end the condition of a comprehension
            return f"({text})", _ATOM
        return text, _SIGN

    def _Case(self, node: ast.Case) -> tuple[str, int]:
        parts = ["CASE"]
        if node.operand is not None:
            parts.append(self.expression(node.operand))
        for when in node.whens:
            parts.append(f"WHEN {self.expression(when.condition)} THEN {self.expression(when.result)}")
        if node.default is not None:
            parts.append(f"ELSE {self.expression(node.default)}")
        return " ".join([*parts, "END"]), _ATOM

    def _FunctionCall(self, node: ast.FunctionCall) -> tuple[str, int]:
        arguments = ", ".join(self.expression(a) for a in node.arguments)
        name = ".".join(_quoted(part) for part in node.name.split("."))
        return f"{name}({'DISTINCT ' if node.distinct else ''}{arguments})", _ATOM

    def _CountStar(self, node: ast.CountStar) -> tuple[str, int]:
        return "count(*)", _ATOM

    def _ListComprehension(self, node: ast.ListComprehension) -> tuple[str, int]:
        text = f"{_name(node.variable)} IN {self.expression(node.source)}"
        return f"[{text}{self._where(node.where)}{self._bar(node.result)}]", _ATOM

    def _bar(self, node: ast.Expression | None) -> str:
        return "" if node is None else f" | {self.expression(node)}"

    def _PatternComprehension(self, node: ast.PatternComprehension) -> tuple[str, int]:
        return f"[{self.path(node.pattern)}{self._where(node.where)}{self._bar(node.result)}]", _ATOM

    def _Quantifier(self, node: ast.Quantifier) -> tuple[str, int]:
        source = self.expression(node.source)
        return f"{node.kind}({_name(node.variable)} IN {source}{self._where(node.where)})", _ATOM

    def _Reduce(self, node: ast.Reduce) -> tuple[str, int]:
        start = f"{_name(node.accumulator)} = {self.expression(node.initial)}"
        turn = f"{_name(node.variable)} IN {self.expression(node.source)}{self._bar(node.step)}"
        return f"reduce({start}, {turn})", _ATOM

    def _PatternPredicate(self, node: ast.PatternPredicate) -> tuple[str, int]:
        return self.path(node.pattern), _SIGN

    def _Subquery(self, node: ast.Subquery) -> tuple[str, int]:
        return f"{node.kind} {{ {self.body(node.body, ' ')} }}", _ATOM

    # --- clauses

    def body(self, body: ast.QueryBody, between: str) -> str:
        if isinstance(body, ast.SingleQuery):
            return between.join(self.clause(c) for c in body.clauses)
        union = f"{between}UNION{' ALL' if body.all else ''}{between}"
        return union.join(self.body(part, between) for part in body.parts)

    def clause(self, clause: ast.Clause) -> str:
        if isinstance(clause, ast.Match):
            patterns = ", ".join(self.path(p) for p in clause.patterns)
            hints = "".join(f" {self._hint(h)}" for h in clause.hints)
            return f"{'OPTIONAL ' if clause.optional else ''}MATCH {patterns}{hints}{self._where(clause.where)}"
        if isinstance(clause, ast.With):
            return f"WITH {self._projection(clause.projection, keep=False)}{self._where(clause.where)}"
        if isinstance(clause, ast.Return):
            return f"RETURN {self._projection(clause.projection, keep=True)}"
        if isinstance(clause, ast.Unwind):
            return f"UNWIND {self.expression(clause.expression)} AS {_name(clause.variable)}"
        imports = ""
        if clause.imports is not None:
            imports = f" ({'*' if clause.imports == '*' else ', '.join(map(_name, clause.imports))})"
        return f"{'OPTIONAL ' if clause.optional else ''}CALL{imports} {{ {self.body(clause.body, ' ')} }}"

    def _where(self, where: ast.Expression | None) -> str:
        return "" if where is None else f" WHERE {self.expression(where)}"

    def _hint(self, hint: ast.Hint) -> str:
        if hint.kind == "JOIN":
            return f"USING JOIN ON {', '.join(map(_name, hint.variables))}"
        properties = f"({', '.join(map(_quoted, hint.properties))})" if hint.properties else ""
        return f"USING {hint.kind} {_name(hint.variables[0])}:{_quoted(hint.label or '')}{properties}"

    def _projection(self, projection: ast.Projection, *, keep: bool) -> str:
        parts = ["*"] if projection.star else []
        for item in projection.items:
            text = self.expression(item.expression)
            alias = item.alias
            if alias is None and keep and item.text and item.text != text and item.name == item.text:
                alias = item.text  # the column keeps its name
            parts.append(text if alias is None else f"{text} AS {_name(alias)}")
        text = ("DISTINCT " if projection.distinct else "") + ", ".join(parts)
        if projection.order:
            order = (self.expression(s.expression) + (" DESC" if s.descending else "") for s in projection.order)
            text += f" ORDER BY {', '.join(order)}"
        if projection.skip is not None:
            text += f" SKIP {self.expression(projection.skip)}"
        if projection.limit is not None:
            text += f" LIMIT {self.expression(projection.limit)}"
        return text


def render(query: ast.Query, parenthesised: bool = False) -> str:
    """The text of a query, a line for each clause.

    Parsed again it gives the same tree; only a column that had no name may get one, so that its name stays.

    >>> from mandala_graph.cypher.parser import parse
    >>> print(render(parse("match (c:Call)-[:OUTPUT]->(r) where c.op='f' and 1<(2+3)*4 return r")))
    MATCH (c:Call)-[:OUTPUT]->(r) WHERE c.op = 'f' AND 1 < (2 + 3) * 4
    RETURN r
    >>> print(render(parse("RETURN 1 + 2 * 3 AS x"), parenthesised=True))
    RETURN (1 + (2 * 3)) AS x
    """
    return _Renderer(parenthesised).body(query.body, "\n")


def render_expression(expression: ast.Expression, parenthesised: bool = False) -> str:
    """The text of an expression.

    >>> render_expression(ast.Binary("^", ast.Unary("-", ast.Variable("end")), ast.Literal(2)))
    '-`end` ^ 2'
    """
    return _Renderer(parenthesised).expression(expression)
