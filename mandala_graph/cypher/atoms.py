"""What operators join: literals, names, calls, brackets of every sort. What begins with a bracket may need a second try."""

from __future__ import annotations

from typing import Literal, cast

from mandala_graph.cypher import ast
from mandala_graph.cypher.cursor import Cursor
from mandala_graph.cypher.functions_known import SPELLING

__all__ = ["Atoms"]

_ENDS = frozenset(
    [*")]},.=:|;/%^<>", "<>", "<=", ">=", "AS", "RETURN", "ORDER", "SKIP", "LIMIT", "WITH", "MATCH", "UNION", "AND", "OR",
     "IN", "WHERE"]
)  # fmt: skip
_OPERATORS = frozenset(("=", "<>", "<", ">", "<=", ">=", "=~", "IN", "STARTS", "ENDS", "CONTAINS", "IS", "::"))
_WORDY = frozenset(
    ("CASE", "COUNT", "EXISTS", "COLLECT", "ALL", "ANY", "NONE", "SINGLE", "REDUCE", "SHORTESTPATH", "ALLSHORTESTPATHS", "TRIM")
)  # fmt: skip
_CONSTANTS: dict[str, bool | float | None] = {
    "NULL": None,
    "TRUE": True,
    "FALSE": False,
    "NAN": float("nan"),
    "INF": float("inf"),
    "INFINITY": float("inf"),
}
_MIN_INTEGER = 2**63


class Atoms(Cursor):
    """The rules of atoms."""

    def _number(self, *, allow_minimum: bool = False) -> ast.Literal:
        at = self.at
        value = self.values[at]
        if value == _MIN_INTEGER and isinstance(value, int) and not allow_minimum:
            raise self.error(self.starts[at], "this integer is too large: integers have 64 bits")
        self.at += 1
        return ast.Literal(value, pos=self.starts[at])

    def _atom(self) -> ast.Expression:
        at = self.at
        kind, key = self.kinds[at], self.keys[at]
        if kind == "word" or kind == "quoted":
            after = self.keys[at + 1]
            if kind == "word":
                if key in _CONSTANTS and after != "(":
                    self.at += 1
                    return ast.Literal(_CONSTANTS[key], pos=self.starts[at])
                if key in _WORDY and after != "." and (special := self._special(key, after)) is not None:
                    return special
            if after == "(":
                return self._call()
            if after == "." and (call := self._namespaced()):
                return call
            if after == "{":
                return self._map_projection()
            self.at += 1
            return ast.Variable(str(self.values[at]), pos=self.starts[at])
        if kind == "number":
            return self._number()
        if kind == "string":
            self.at += 1
            return ast.Literal(self.values[at], pos=self.starts[at])
        if key == "$":
            return self.parameter()
        if key == "(":
            return self._parenthesis()
        if key == "[":
            return self._bracket()
        if key == "{":
            return self.map_literal()
        raise self.fail("an expression")

    def parameter(self) -> ast.Parameter:
        start = self.at
        self.at += 1
        at = self.at
        if self.kinds[at] == "number" and isinstance(self.values[at], int):
            self.at += 1
            return ast.Parameter(self.text[self.starts[at] : self.ends[at]], pos=self.starts[start])
        return ast.Parameter(self.name("a parameter's name"), pos=self.starts[start])

    def _special(self, key: str, after: str) -> ast.Expression | None:
        """What the next word begins, where it is more than a name."""
        pos = self.starts[self.at]
        if key == "CASE":
            return None if self._ends(self.at + 1) else cast("ast.Case | None", self.attempt("case", self._case))
        if key in ("COUNT", "EXISTS", "COLLECT") and after == "{":
            self.at += 1
            body = self.subquery_body(key)
            return ast.Subquery(cast(Literal["EXISTS", "COUNT", "COLLECT"], key), body, pos=pos)
        if after != "(":
            return None
        if key == "COUNT" and self.keys[self.at + 2 : self.at + 4] == ["*", ")"]:
            self.at += 4
            return ast.CountStar(pos=pos)
        if key in ("ALL", "ANY", "NONE", "SINGLE") and self.is_name(self.at + 2) and self.keys[self.at + 3] == "IN":
            return self._quantifier(key)
        if key == "REDUCE" and self.is_name(self.at + 2) and self.keys[self.at + 3] == "=":
            return self._reduce()
        if key in ("SHORTESTPATH", "ALLSHORTESTPATHS"):
            raise self.unsupported(pos, f"{SPELLING[key.lower()]} in an expression", "use it in MATCH")
        if key == "TRIM" and (
            self.keys[self.at + 2] in ("BOTH", "LEADING", "TRAILING") and self.keys[self.at + 3] not in (")", ",", ".")
        ):
            raise self.unsupported(pos, "trim with BOTH, LEADING or TRAILING")
        return None

    def _ends(self, at: int) -> bool:
        """Can an expression end before this token, so that what came before was a name?"""
        return self.kinds[at] == "end" or self.keys[at] in _ENDS

    def _case(self) -> ast.Node:
        start = self.at
        self.at += 1
        operand = None if self.keys[self.at] == "WHEN" else self.expression()
        whens = []
        while self.accept("WHEN"):
            at = self.starts[self.at]
            if operand is not None and self.keys[self.at] in _OPERATORS:
                raise self.unsupported(
                    at, "a WHEN that begins with an operator", "repeat the operand, CASE WHEN x < ..."
                )
            condition = self.expression()
            if operand is not None and self.keys[self.at] == ",":
                raise self.unsupported(self.starts[self.at], "a WHEN with several values", "write one WHEN for each")
            self.expect("THEN")
            whens.append(ast.When(condition, self.expression(), pos=at))
        if not whens:
            raise self.fail("WHEN")
        default = self.expression() if self.accept("ELSE") else None
        self.expect("END", ", WHEN or ELSE" if default is None else "")
        return ast.Case(operand, tuple(whens), default, pos=self.starts[start])

    def _quantifier(self, key: str) -> ast.Expression:
        pos = self.starts[self.at]
        self.at += 2
        variable = self.name("a variable")
        self.expect("IN")
        source = self.expression()
        if self.keys[self.at] == ")":
            raise self.fail("WHERE", f"{key.lower()}(...) needs a condition, WHERE ...")
        self.expect("WHERE")
        where = self.expression()
        self.expect(")")
        kind = cast(Literal["all", "any", "none", "single"], key.lower())
        return ast.Quantifier(kind, variable, source, where, pos=pos)

    def _reduce(self) -> ast.Expression:
        pos, close = self.starts[self.at], self.partners[self.at + 1]
        self.at += 2
        accumulator = self.name("a variable")
        self.expect("=")
        initial = self.expression()
        self.expect(",")
        variable = self.name("a variable")
        self.expect("IN")
        outer, self.bar = self.bar, self._last_bar(self.at, close)
        source = self.expression()
        self.bar = outer
        self.expect("|")
        step = self.expression()
        self.expect(")")
        return ast.Reduce(accumulator, initial, variable, source, step, pos=pos)

    def _last_bar(self, at: int, close: int) -> int:
        """The last `|` before a closing bracket that no further bracket holds: it is no part of a label expression."""
        last = -1
        while at < close:
            if self.keys[at] == "|":
                last = at
            at = self.partners[at] or at
            at += 1
        return last

    def _namespaced(self) -> ast.Expression | None:
        """A function with dots in its name, `datetime.truncate(...)`; None where the dots mean properties."""
        at = self.at
        while self.is_name(at) and self.keys[at + 1] == ".":
            at += 2
        if not self.is_name(at) or self.keys[at + 1] != "(":
            return None
        return self._call(at)

    def _call(self, last: int | None = None) -> ast.Expression:
        start = self.at
        last = start if last is None else last
        name = ".".join(str(self.values[i]) for i in range(start, last + 1, 2))
        self.at = last + 2
        distinct = False
        if self.keys[self.at] == "DISTINCT" and not self._ends(self.at + 1):
            distinct, self.at = True, self.at + 1
        arguments: list[ast.Expression] = []
        if self.keys[self.at] != ")":
            arguments.append(self.expression())
            while self.accept(","):
                arguments.append(self.expression())
        self.expect(")", " or ','")
        return ast.FunctionCall(SPELLING.get(name.lower(), name), tuple(arguments), distinct, pos=self.starts[start])

    def _map_projection(self) -> ast.Expression:
        subject = ast.Variable(str(self.values[self.at]), pos=self.starts[self.at])
        self.at += 2
        items: list[ast.MapEntry | ast.ProjectProperty | ast.ProjectVariable | ast.ProjectAll] = []
        while self.keys[self.at] != "}":
            if items:
                self.expect(",", " or '}'")
            pos = self.starts[self.at]
            if self.accept("."):
                if self.accept("*"):
                    items.append(ast.ProjectAll(pos=pos))
                else:
                    items.append(ast.ProjectProperty(self.name("a property's name or *"), pos=pos))
                continue
            name = self.name("a property's name, .* or a variable")
            if self.accept(":"):
                items.append(ast.MapEntry(name, self.expression(), pos=pos))
            else:
                items.append(ast.ProjectVariable(name, pos=pos))
        self.at += 1
        return ast.MapProjection(subject, tuple(items), pos=subject.pos)

    def map_literal(self) -> ast.MapLiteral:
        start = self.at
        self.at += 1
        entries: list[ast.MapEntry] = []
        if self.keys[self.at] != "}":
            while True:
                pos = self.starts[self.at]
                key = self.name("a key or '}'")
                self.expect(":")
                entries.append(ast.MapEntry(key, self.expression(), pos=pos))
                if not self.accept(","):
                    break
        self.expect("}", " or ','")
        return ast.MapLiteral(tuple(entries), pos=self.starts[start])

    # --- brackets of more than one meaning

    def _looks_like_path(self, at: int) -> bool:
        """Does a node in parentheses stand here, and behind it the first characters of an arrow?"""
        keys = self.keys
        if keys[at] != "(" or not self.partners[at]:
            return False
        return self.begins_arrow(self.partners[at] + 1)

    def begins_arrow(self, at: int) -> bool:
        """Do `--`, `-[`, `<--` or `<-[` stand here, and not a minus or a comparison?"""
        keys = self.keys
        if keys[at] == "<":
            at += 1
        return keys[at] == "-" and keys[at + 1] in ("-", "[")

    def _parenthesis(self) -> ast.Expression:
        if self._looks_like_path(self.at):
            node = self.attempt("pattern", self._pattern_predicate)
            if node is not None:
                return cast(ast.PatternPredicate, node)
        self.at += 1
        outer, self.bar = self.bar, -1
        inner = self.expression()
        self.bar = outer
        self.expect(")")
        return inner

    def _pattern_predicate(self) -> ast.Node:
        pos = self.starts[self.at]
        return ast.PatternPredicate(ast.PathPattern(self.path_elements(in_match=False), pos=pos), pos=pos)

    def _bracket(self) -> ast.Expression:
        at, keys = self.at, self.keys
        node: ast.Node | None = None
        if self.is_name(at + 1) and keys[at + 2] == "IN":
            node = self.attempt("comprehension", self._list_comprehension)
        elif self._looks_like_path(at + 1) or (
            self.is_name(at + 1) and keys[at + 2] == "=" and self._looks_like_path(at + 3)
        ):
            node = self.attempt("comprehension", self._pattern_comprehension)
        if node is not None:
            return cast(ast.ListComprehension, node)
        outer, self.bar = self.bar, -1
        self.at += 1
        items: list[ast.Expression] = []
        if keys[self.at] != "]":
            items.append(self.expression())
            while self.accept(","):
                items.append(self.expression())
        self.expect("]", " or ','")
        self.bar = outer
        return ast.ListLiteral(tuple(items), pos=self.starts[at])

    def _list_comprehension(self) -> ast.Node:
        start = self.at
        outer, self.bar = self.bar, self._last_bar(start + 1, self.partners[start])
        self.at += 1
        variable = self.name("a variable")
        self.at += 1
        source = self.expression()
        where = self.expression() if self.accept("WHERE") else None
        self.bar = outer
        result = self.expression() if self.accept("|") else None
        self.expect("]")
        return ast.ListComprehension(variable, source, where, result, pos=self.starts[start])

    def _pattern_comprehension(self) -> ast.Node:
        start = self.at
        outer, self.bar = self.bar, self._last_bar(start + 1, self.partners[start])
        self.at += 1
        pos = self.starts[self.at]
        variable = None
        if self.keys[self.at] != "(":
            variable = self.name("a variable")
            self.at += 1
        pattern = ast.PathPattern(self.path_elements(in_match=False), variable, pos=pos)
        where = self.expression() if self.accept("WHERE") else None
        self.bar = outer
        self.expect("|")
        result = self.expression()
        self.expect("]")
        return ast.PatternComprehension(pattern, where, result, pos=self.starts[start])
