"""Expressions of Cypher: text to tree. Operators climb by precedence; what they join is in `atoms`.

From weak to strong: OR, XOR, AND, NOT, comparisons (a chain), one of `IN`, `STARTS WITH`, `=~`, `IS NULL`...,
`+ - ||`, `* / %`, `^`, sign, then `.key`, `[index]`, `:Label`.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, cast

from mandala_graph.cypher import ast
from mandala_graph.cypher.atoms import Atoms

__all__ = ["Expressions"]

_OR, _XOR, _AND, _NOT, _COMPARISON, _TEST, _ADDITIVE, _FACTOR, _POWER = range(1, 10)
_ARROWS = frozenset(("-", "<", ">"))
_COMPARISONS = frozenset(("=", "<>", "<", ">", "<=", ">=", "!="))
_TESTS = frozenset(("IN", "STARTS", "ENDS", "CONTAINS", "=~", "IS", "::"))
_STRENGTH = {
    "OR": _OR,
    "XOR": _XOR,
    "AND": _AND,
    "^": _POWER,
    **dict.fromkeys(_COMPARISONS, _COMPARISON),
    **dict.fromkeys(_TESTS, _TEST),
    **dict.fromkeys(("+", "-", "||"), _ADDITIVE),
    **dict.fromkeys(("*", "/", "%"), _FACTOR),
}
_NO_LABELS = frozenset(("NOT", "NULL", "TYPED", "NORMALIZED", "NFC", "NFD", "NFKC", "NFKD"))  # behind IS
_BALANCE = 24  # a longer chain of AND or OR becomes a balanced tree, so that depth does not follow length
_Logic: TypeAlias = Literal["OR", "XOR", "AND"]


class Expressions(Atoms):
    """The rules of operators, and of what follows an atom."""

    def expression(self) -> ast.Expression:
        self.enter()
        node = self._climb(_OR)
        self.nesting -= 1
        return node

    def _climb(self, level: int) -> ast.Expression:
        """An expression whose operators bind at least as strongly as `level`."""
        left = self._prefix(level)
        keys = self.keys
        tested = False
        while (strength := _STRENGTH.get(keys[self.at], 0)) >= level and strength:
            key = keys[self.at]
            if key in _ARROWS and self.values[self.at] != key:
                raise self.fail(
                    "an operator", f"write {key}; a dash or arrow of another kind may only stand in a pattern"
                )
            if strength >= _ADDITIVE:
                self.at += 1
                left = ast.Binary(cast(ast.BinaryOperator, key), left, self._climb(strength + 1), pos=left.pos)
            elif strength == _TEST:
                if tested or (key in ("STARTS", "ENDS") and keys[self.at + 1] != "WITH"):
                    return left
                left, tested = self._test(key, left), True
            elif strength == _COMPARISON:
                left = self._comparison(left)
            else:
                operands = [left]
                while self.accept(key):
                    operands.append(self._climb(strength + 1))
                left = _chain(cast(_Logic, key), operands)
        return left

    def _prefix(self, level: int) -> ast.Expression:
        start = self.at
        key = self.keys[start]
        if key == "NOT" and level <= _NOT and not self._ends(start + 1):
            self.at += 1
            self.enter()
            operand = self._climb(_NOT)
            self.nesting -= 1
            return ast.Unary("NOT", operand, pos=self.starts[start])
        if (key == "-" or key == "+") and self.values[start] == key:
            return self._signed(key)
        return self._postfix()

    def _comparison(self, first: ast.Expression) -> ast.Expression:
        operands, operators = [first], []
        keys = self.keys
        while (key := keys[self.at]) in _COMPARISONS:
            if key == "!=":
                raise self.fail("an operator", "write <> for 'not equal'")
            self.at += 1
            if key == "=" and keys[self.at] == "=":
                raise self.fail("an expression", "write = for 'equal'")
            operators.append(cast(ast.ComparisonOperator, key))
            operands.append(self._climb(_TEST))
        return ast.Comparison(tuple(operands), tuple(operators), pos=first.pos)

    def _test(self, key: str, left: ast.Expression) -> ast.Expression:
        if key == "IS":
            return self._is(left)
        if key == "::":
            raise self.unsupported(self.starts[self.at], "a type predicate")
        self.at += 2 if key in ("STARTS", "ENDS") else 1
        operator = {"STARTS": "STARTS WITH", "ENDS": "ENDS WITH"}.get(key, key)
        return ast.Binary(cast(ast.BinaryOperator, operator), left, self._climb(_ADDITIVE), pos=left.pos)

    def _is(self, left: ast.Expression) -> ast.Expression:
        start = self.at
        self.at += 1
        negated = self.accept("NOT")
        key = self.keys[self.at]
        if key == "NULL":
            self.at += 1
            return ast.IsNull(left, negated, pos=left.pos)
        if key in ("::", "TYPED"):
            raise self.unsupported(self.starts[start], "a type predicate")
        if key in ("NORMALIZED", "NFC", "NFD", "NFKC", "NFKD"):
            raise self.unsupported(self.starts[start], "IS NORMALIZED")
        raise self.fail("NULL")

    def _signed(self, key: str) -> ast.Expression:
        start = self.at
        self.at += 1
        if self.keys[self.at] == "-" and self.kinds[self.at + 1] == "number":  # `- -1`: the number has its own sign
            inner = self.at
            self.at += 1
            operand: ast.Expression = ast.Unary("-", self._number(allow_minimum=True), pos=self.starts[inner])
        elif self.kinds[self.at] == "number" and key == "-":
            operand = self._postfix(self._number(allow_minimum=True))
        else:
            operand = self._postfix()
        return ast.Unary(cast(ast.UnaryOperator, key), operand, pos=self.starts[start])

    # --- behind an atom

    def _postfix(self, node: ast.Expression | None = None) -> ast.Expression:
        if node is None:
            node = self._atom()
        keys = self.keys
        while True:
            key = keys[self.at]
            if key == ".":
                self.at += 1
                node = ast.Property(node, self.name("a property's name"), pos=node.pos)
            elif key == "[":
                node = self._subscript(node)
            elif key == ":" or (key == "IS" and self._is_label()):
                self.at += 1
                if keys[self.at] == "$":
                    raise self.unsupported(self.starts[self.at], "a dynamic label")
                node = ast.LabelPredicate(node, self.label_expression(types=False), pos=node.pos)
            else:
                return node

    def _is_label(self) -> bool:
        """Does IS begin a label predicate, `n IS Call`?"""
        return self.is_name(self.at + 1) and self.keys[self.at + 1] not in _NO_LABELS

    def _subscript(self, node: ast.Expression) -> ast.Expression:
        self.at += 1
        start: ast.Expression | None = None
        if not self.accept(".."):
            start = self.expression()
            if self.accept("]"):
                return ast.Subscript(node, start, pos=node.pos)
            self.expect("..", " or ']'")
        stop = None if self.keys[self.at] == "]" and start is not None else self.expression()
        self.expect("]")
        return ast.Slice(node, start, stop, pos=node.pos)


def _chain(operator: _Logic, operands: list[ast.Expression]) -> ast.Expression:
    """A left-deep tree; a balanced one of a long chain, which means the same, as these operators are associative."""
    if len(operands) <= _BALANCE:
        node = operands[0]
        for right in operands[1:]:
            node = ast.Binary(operator, node, right, pos=node.pos)
        return node
    half = len(operands) // 2
    left = _chain(operator, operands[:half])
    return ast.Binary(operator, left, _chain(operator, operands[half:]), pos=left.pos)
