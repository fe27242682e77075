"""Names and kinds of values in expressions: each variable is defined, each operator and function gets what it takes.

It refuses what Neo4j refuses when it compiles a query, no more: what only a value can tell is left to the run.
Clauses and patterns are in `scope`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from mandala_graph.cypher import ast
from mandala_graph.cypher.errors import nearest, syntax_error, unsupported
from mandala_graph.cypher.functions_known import AGGREGATES, FUNCTIONS, SUBSET
from mandala_graph.cypher.habits import FUNCTIONS_ELSEWHERE, unknown_name
from mandala_graph.cypher.kinds import ANY, STORED, fits, items, join, literal, result_of, spell
from mandala_graph.errors import CypherSyntaxError

__all__ = ["Inference", "Scope"]

Scope = dict[str, str]

_NUMBERS = "if"
_OVER_LISTS = "inside an expression over a list; collect it in a WITH before"


class Inference(ABC):
    """The checks of expressions. `scope` maps the variables that may be used now to their kinds."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.scope: Scope = {}
        self.fixed: Scope = {}  # variables of the query around a subquery, which every clause in it sees
        self.no_aggregates: str | None = None  # why none may stand here
        self.aggregates = 0  # how many were seen
        self.known: dict[ast.Expression, str] = {}  # expressions that a DISTINCT or grouped projection computed
        self.hidden: frozenset[str] = frozenset()  # variables that such a projection ended

    def error(self, node: ast.Node | int, what: str, hint: str | None = None) -> CypherSyntaxError:
        return syntax_error(self.text, node if isinstance(node, int) else node.pos, what, hint)

    # --- what clauses ask

    def kind_of(self, node: ast.Expression) -> str:
        """Check an expression and tell its kind."""
        if self.known and (kind := self.known.get(node)) is not None:
            return kind
        return str(getattr(self, _VISITS[type(node)])(node))

    def expect(self, node: ast.Expression, allowed: str) -> str:
        """Check an expression that must be of one of the allowed kinds."""
        kind = self.kind_of(node)
        if not fits(kind, allowed):
            hint = "size(...) counts characters and items" if allowed == "P" and fits(kind, "sl") else None
            raise self.error(node, f"expected {spell(allowed)}, but this is {spell(kind)}", hint)
        return kind

    def condition(self, node: ast.Expression) -> None:
        """Check what stands behind WHERE, NOT, WHEN...: a boolean, or a pattern."""
        if isinstance(node, ast.PatternPredicate):
            self.pattern_condition(node)
            return
        kind = self.kind_of(node)
        if not fits(kind, "b"):
            hint = "write NOT isEmpty(...)" if kind[0] == "l" else None
            raise self.error(node, f"expected a boolean, but this is {spell(kind)}", hint)

    @contextmanager
    def names(self, **more: str) -> Iterator[None]:
        """Further variables, for the time being; they hide others of the same name."""
        scope = self.scope
        self.scope = {**scope, **more}
        try:
            yield
        finally:
            self.scope = scope

    @contextmanager
    def without_aggregates(self, why: str) -> Iterator[None]:
        before, self.no_aggregates = self.no_aggregates, self.no_aggregates or why
        try:
            yield
        finally:
            self.no_aggregates = before

    def undefined(self, name: str, pos: int) -> CypherSyntaxError:
        if name in self.hidden:
            return self.error(
                pos, f"`{name}` cannot be used behind DISTINCT or an aggregate", "use the columns, or add it to them"
            )
        near = nearest(name, self.scope)
        hint = f"did you mean `{near}`?" if near else unknown_name(name, self.text[:pos])
        return self.error(pos, f"variable `{name}` is not defined", hint)

    @abstractmethod
    def pattern_condition(self, node: ast.PatternPredicate) -> None:
        """Check a pattern that stands for its existence."""

    @abstractmethod
    def pattern_scope(self, node: ast.PatternComprehension) -> Scope:
        """Check the pattern of a comprehension; its own variables."""

    @abstractmethod
    def subquery(self, node: ast.Subquery) -> str:
        """Check a subquery expression; its kind."""

    @abstractmethod
    def note_property(self, kind: str, key: str, node: ast.Node) -> None:
        """A property of a node or relationship is used."""

    @abstractmethod
    def labels(self, labels: ast.LabelExpression, kind: str) -> None:
        """Labels or types are used."""

    # --- leaves

    def _literal(self, node: ast.Literal) -> str:
        return literal(node)

    def _parameter(self, node: ast.Parameter) -> str:
        return ANY

    def _variable(self, node: ast.Variable) -> str:
        kind = self.scope.get(node.name)
        if kind is None:
            raise self.undefined(node.name, node.pos)
        return kind

    # --- access

    def _property(self, node: ast.Property) -> str:
        kind = self.kind_of(node.subject)
        if not fits(kind, "mNRt"):
            hint = "take one item, or [x IN ... | x.key]" if kind[0] == "l" else None
            if kind == "P" and node.key in ("nodes", "relationships", "length"):
                hint = f"write {node.key}(...)"
            raise self.error(node.subject, f"{spell(kind)} has no property `{node.key}`", hint)
        if kind == "N" or kind == "R":
            self.note_property(kind, node.key, node)
            return STORED
        return ANY

    def _subscript(self, node: ast.Subscript) -> str:
        kind = self.expect(node.subject, "lmNR")
        if kind[0] == "l":
            self.expect(node.index, "i")
            return items(kind)
        if kind not in ("m", "N", "R"):
            self.expect(node.index, ANY if ANY in kind or set(kind) & {"m", "N", "R"} else "i")
            return ANY
        self.expect(node.index, "s")
        return ANY if kind == "m" else STORED

    def _slice(self, node: ast.Slice) -> str:
        kind = self.expect(node.subject, "l")
        for end in (node.start, node.stop):
            if end is not None:
                self.expect(end, "i")
        return kind if kind[0] == "l" else "l"

    def _list_literal(self, node: ast.ListLiteral) -> str:
        kinds = {self.kind_of(item) for item in node.items}
        return "l" + (kinds.pop() if len(kinds) == 1 else "")

    def _map_literal(self, node: ast.MapLiteral) -> str:
        for entry in node.entries:
            self.kind_of(entry.value)
        return "m"

    def _map_projection(self, node: ast.MapProjection) -> str:
        kind = self.expect(node.subject, "mNR")
        for item in node.items:
            if isinstance(item, ast.MapEntry):
                self.kind_of(item.value)
            elif isinstance(item, ast.ProjectVariable):
                if item.name not in self.scope:
                    raise self.undefined(item.name, item.pos)
            elif isinstance(item, ast.ProjectProperty) and kind in ("N", "R"):
                self.note_property(kind, item.key, item)
        return "m"

    # --- operators

    def _unary(self, node: ast.Unary) -> str:
        if node.operator == "NOT":
            self.condition(node.operand)
            return "b"
        kind = self.expect(node.operand, _NUMBERS)
        return kind if kind in ("i", "f") else _NUMBERS

    def _binary(self, node: ast.Binary) -> str:
        operator = node.operator
        if operator == "AND" or operator == "OR" or operator == "XOR":
            self.condition(node.left)
            self.condition(node.right)
            return "b"
        if operator == "+":
            return self._plus(node)
        if operator == "IN":
            self.kind_of(node.left)
            self.expect(node.right, "l")
            return "b"
        if operator == "||":
            left = self.expect(node.left, "sl")
            right = self.expect(node.right, "l" if left[0] == "l" else "s" if left == "s" else "sl")
            return left if left == right else "l" if left[0] == "l" else ANY
        if operator in ("STARTS WITH", "ENDS WITH", "CONTAINS"):
            self.kind_of(node.left)
            self.kind_of(node.right)
            return "b"
        if operator == "=~":
            self.expect(node.left, "s")
            self.expect(node.right, "s")
            return "b"
        allowed = "ift" if operator in ("-", "*", "/") else _NUMBERS
        left = self.expect(node.left, allowed)
        right = self.expect(node.right, "t" if left == "t" and operator == "-" else allowed)
        if operator == "^":
            return "f"
        if "t" in left or "t" in right or ANY in (left, right):
            return allowed
        return "i" if left == right == "i" else "f" if "f" in (left, right) else _NUMBERS

    def _plus(self, node: ast.Binary) -> str:
        left, right = self.kind_of(node.left), self.kind_of(node.right)
        if left[0] == "l" or right[0] == "l":
            return left if left == right else "l"
        if ANY in (left, right):
            return ANY
        if "v" in left or "v" in right:
            return "ifstv"
        if not fits(left, "ifst"):
            raise self.error(node.right, f"{spell(left)} and {spell(right)} cannot be added")
        if not fits(right, "t" if left == "t" else "ifst" if "t" in left else "ifs"):
            raise self.error(node.right, f"expected {spell('ifsl')}, but this is {spell(right)}")
        if left == right == "i":
            return "i"
        if "s" in (left, right):
            return "s"
        if not set(left + right) <= {"i", "f"}:
            return ANY
        return "f" if "f" in (left, right) else _NUMBERS

    def _comparison(self, node: ast.Comparison) -> str:
        for operand in node.operands:
            self.kind_of(operand)
        return "b"

    def _is_null(self, node: ast.IsNull) -> str:
        self.kind_of(node.operand)
        return "b"

    def _label_predicate(self, node: ast.LabelPredicate) -> str:
        self.labels(node.labels, self.expect(node.subject, "NR"))
        return "b"

    def _case(self, node: ast.Case) -> str:
        kinds = []
        if node.operand is not None:
            self.kind_of(node.operand)
        for when in node.whens:
            if node.operand is None:
                self.condition(when.condition)
            else:
                self.kind_of(when.condition)
            kinds.append(self.kind_of(when.result))
        if node.default is not None:
            kinds.append(self.kind_of(node.default))
        return join(*kinds)

    # --- functions

    def _count_star(self, node: ast.CountStar) -> str:
        self._aggregate(node)
        return "i"

    def _aggregate(self, node: ast.CountStar | ast.FunctionCall) -> None:
        name = "count" if isinstance(node, ast.CountStar) else node.name
        if self.no_aggregates is not None:
            raise self.error(node, f"the aggregate {name}(...) cannot stand {self.no_aggregates}")
        self.aggregates += 1

    def _function_call(self, node: ast.FunctionCall) -> str:
        name = node.name.lower()
        function = FUNCTIONS.get(name)
        if function is None:
            other = node.name.rpartition(".")[2].lower()
            near = FUNCTIONS_ELSEWHERE.get(other) or nearest(node.name, (f.name for f in FUNCTIONS.values()))
            raise self.error(node, f"there is no function {node.name}", f"did you mean {near}?" if near else None)
        if name == "exists":
            return self._exists(node)
        count = len(node.arguments)
        if not function.minimum <= count <= function.maximum:
            least, most = function.minimum, function.maximum
            wants = f"{least}" if least == most else f"at least {least}" if most > 9 else f"{least} to {most}"
            raise self.error(node, f"{function.name} takes {wants} argument{'s' * (wants != '1')}, not {count}")
        if name in AGGREGATES:
            self._aggregate(node)
            with self.without_aggregates("inside another aggregate"):
                kinds = self._arguments(node)
            self._percentile(node, name)
            for part in ast.walk(node):
                if isinstance(part, ast.FunctionCall) and part.name.lower() in ("rand", "randomuuid"):
                    raise self.error(part, f"{part.name}() cannot stand inside an aggregate")
        elif node.distinct:
            raise self.error(node, f"DISTINCT cannot stand in {function.name}(...), which is no aggregate")
        else:
            kinds = self._arguments(node)
        if name not in SUBSET:
            times = (
                "times in the graph are seconds since 1970, as time.time() gives them"
                if "t" in function.result
                else None
            )
            raise unsupported(self.text, node.pos, f"the function {function.name}", times)
        return result_of(name, function.result, kinds)

    def _arguments(self, node: ast.FunctionCall) -> list[str]:
        allowed = FUNCTIONS[node.name.lower()].arguments
        return [
            self.expect(argument, allowed[min(i, len(allowed) - 1)].replace("n", "ift" if "t" in allowed[0] else "if"))
            for i, argument in enumerate(node.arguments)
        ]

    def _percentile(self, node: ast.FunctionCall, name: str) -> None:
        if name.startswith("percentile") and isinstance(at := node.arguments[1], ast.Literal):
            value = at.value
            if isinstance(value, int | float) and not 0 <= value <= 1:
                raise self.error(at, "a percentile lies between 0.0 and 1.0")

    def _exists(self, node: ast.FunctionCall) -> str:
        if len(node.arguments) != 1 or not isinstance(argument := node.arguments[0], ast.PatternPredicate):
            hint = "write ... IS NOT NULL" if node.arguments and isinstance(node.arguments[0], ast.Property) else None
            raise self.error(node, "exists(...) takes a pattern", hint)
        self.pattern_condition(argument)
        return "b"

    # --- expressions with variables of their own

    def _list_comprehension(self, node: ast.ListComprehension) -> str:
        source = self.expect(node.source, "l")
        with self.names(**{node.variable: items(source)}), self.without_aggregates(_OVER_LISTS):
            if node.where is not None:
                self.condition(node.where)
            if node.result is not None:
                return "l" + self.kind_of(node.result)
        return source if source[0] == "l" else "l"

    def _quantifier(self, node: ast.Quantifier) -> str:
        source = self.expect(node.source, "l")
        with self.names(**{node.variable: items(source)}), self.without_aggregates(_OVER_LISTS):
            self.condition(node.where)
        return "b"

    def _reduce(self, node: ast.Reduce) -> str:
        initial = self.kind_of(node.initial)
        source = self.expect(node.source, "l")
        with (
            self.names(**{node.accumulator: initial, node.variable: items(source)}),
            self.without_aggregates(_OVER_LISTS),
        ):
            step = self.kind_of(node.step)
        if not fits(step, "l" if initial[0] == "l" else initial):
            raise self.error(node.step, f"the accumulator begins as {spell(initial)}, but this is {spell(step)}")
        return initial

    def _pattern_comprehension(self, node: ast.PatternComprehension) -> str:
        with self.names(**self.pattern_scope(node)), self.without_aggregates(_OVER_LISTS):
            if node.where is not None:
                self.condition(node.where)
            return "l" + self.kind_of(node.result)

    def _pattern_predicate(self, node: ast.PatternPredicate) -> str:
        raise self.error(node, "a pattern can only be a condition here", "write EXISTS { ... } or COUNT { ... }")

    def _subquery(self, node: ast.Subquery) -> str:
        return self.subquery(node)


_EXPRESSIONS: tuple[type[ast.Node], ...] = (
    ast.Literal, ast.Parameter, ast.Variable, ast.Property, ast.Subscript, ast.Slice, ast.ListLiteral, ast.MapLiteral,
    ast.MapProjection, ast.Unary, ast.Binary, ast.Comparison, ast.IsNull, ast.LabelPredicate, ast.Case, ast.FunctionCall,
    ast.CountStar, ast.ListComprehension, ast.Quantifier, ast.Reduce, ast.PatternComprehension, ast.PatternPredicate,
    ast.Subquery,
)  # fmt: skip
_VISITS = {kind: re.sub("([A-Z])", lambda m: "_" + m[1].lower(), kind.__name__) for kind in _EXPRESSIONS}
