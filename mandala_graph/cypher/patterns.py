"""Patterns of Cypher: text to tree, for nodes, relationships, labels and how often they repeat."""

from __future__ import annotations

from typing import Literal, cast

from mandala_graph.cypher import ast
from mandala_graph.cypher.expressions import Expressions

__all__ = ["SELECTORS", "Patterns"]

SELECTORS = {"SHORTESTPATH": "shortestPath", "ALLSHORTESTPATHS": "allShortestPaths"}


class Patterns(Expressions):
    """The rules of patterns."""

    def pattern(self) -> ast.PathPattern:
        """One path of a MATCH: `p = (a)-[r]->(b)`, `shortestPath(...)`, `((a)-[r]->(b)){1,3}`."""
        start = self.starts[self.at]
        variable = None
        if self.is_name(self.at) and self.keys[self.at + 1] == "=":
            variable = self.name("a variable")
            self.at += 1
        key = self.keys[self.at]
        if key in ("SHORTEST", "ANY", "ALL"):
            raise self.unsupported(self.starts[self.at], f"{key} before a path", "shortestPath(...) runs everywhere")
        if key in SELECTORS:
            return self._shortest(key, variable, start)
        return ast.PathPattern(self.path_elements(in_match=True), variable, pos=start)

    def _shortest(self, key: str, variable: str | None, start: int) -> ast.PathPattern:
        name = cast(Literal["shortestPath", "allShortestPaths"], SELECTORS[key])
        at = self.starts[self.at]
        self.at += 1
        self.expect("(")
        elements = self.path_elements(in_match=True)
        self.expect(")")
        if len(elements) != 3 or not isinstance(relationship := elements[1], ast.RelationshipPattern):
            raise self.error(at, f"{name}(...) needs a path of one relationship, (a)-[...]-(b)")
        length = relationship.length
        if length is not None and not length.legacy:
            raise self.error(relationship.pos, f"{name}(...) takes no quantifier behind an arrow", "write -[*]->")
        if length is not None and length.minimum > 1:
            raise self.error(relationship.pos, f"{name}(...) takes no minimal length but 0 and 1")
        if relationship.properties is not None:
            raise self.error(relationship.pos, f"{name}(...) takes no properties of relationships",
                             "write WHERE all(r IN relationships(p) WHERE ...)")  # fmt: skip
        ends = [e.variable for e in (elements[0], elements[2]) if isinstance(e, ast.NodePattern)]
        if ends[0] is not None and ends[0] == ends[1]:
            raise self.error(at, f"{name}(...) needs two different ends")
        return ast.PathPattern(elements, variable, name, pos=start)

    def path_elements(self, *, in_match: bool) -> tuple[ast.PatternElement, ...]:
        """Nodes and relationships in turn; quantified paths too, in a MATCH."""
        self.enter()
        elements: list[ast.PatternElement] = []
        legacy = quantified = False
        while True:
            start = self.at
            if self.keys[start] != "(":
                raise self.fail("a node, '('" if elements else "a pattern, '('")
            if self.keys[start + 1] == "(" or self._names_path(start + 1):
                if not in_match:
                    raise self.fail("a node")
                part = self._quantified_path()
                if isinstance(part, ast.QuantifiedPath):
                    quantified = True
                    if not elements or not isinstance(elements[-1], ast.NodePattern):
                        elements.append(ast.NodePattern(pos=self.starts[start]))
                    elements.append(part)
                    if self.keys[self.at] != "(":
                        elements.append(ast.NodePattern(pos=self.starts[self.at]))
                        break
                    continue
                if elements and isinstance(elements[-1], ast.NodePattern):
                    raise self.error(self.starts[start], "beside a node only a quantified path may stand", "add {1}")
                if elements or self.keys[self.at] == "(":
                    raise self.unsupported(self.starts[start], "a path in parentheses within a path")
                if self.keys[self.at] in ("-", "<"):
                    raise self.fail("a quantifier, ',' or the next clause")
                self.nesting -= 1
                return part
            if elements and isinstance(elements[-1], ast.NodePattern):
                raise self.error(self.starts[start], "a relationship must stand between two nodes, (a)-->(b)")
            elements.append(self._node(in_match))
            key = self.keys[self.at]
            if (key == "-" or key == "<") and (in_match or self.begins_arrow(self.at)):
                relationship = self._relationship(in_match)
                if relationship.length is not None:
                    legacy = legacy or relationship.length.legacy
                    quantified = quantified or not relationship.length.legacy
                elements.append(relationship)
            elif key != "(" or not in_match:
                break
        if legacy and quantified:
            pos = elements[0].pos
            raise self.error(
                pos, "a path cannot mix lengths in brackets, -[*]-, with quantifiers, -->+ or ((a)-->(b))+"
            )
        self.nesting -= 1
        return tuple(elements)

    def _names_path(self, at: int) -> bool:
        return self.is_name(at) and self.keys[at + 1] == "="

    def _quantified_path(self) -> ast.QuantifiedPath | tuple[ast.PatternElement, ...]:
        """`((a)-[r]->(b) WHERE ...){1,3}`; without a quantifier and WHERE just what is inside."""
        start = self.at
        self.at += 1
        if self._names_path(self.at):
            raise self.error(self.starts[self.at], "a path inside a quantified path cannot be named")
        pos = self.starts[self.at]
        elements = self.path_elements(in_match=True)
        where = self.expression() if self.accept("WHERE") else None
        self.expect(")")
        length = self._quantifier_behind()
        if length is None:
            if where is not None:
                raise self.unsupported(
                    self.starts[start], "a path in parentheses with WHERE", "write WHERE after MATCH"
                )
            return elements
        relationships = [e for e in elements if not isinstance(e, ast.NodePattern)]
        if not relationships:
            raise self.error(self.starts[start], "a quantified path needs a relationship")
        for e in relationships:
            if isinstance(e, ast.QuantifiedPath) or (e.length is not None and not e.length.legacy):
                raise self.error(e.pos, "quantified paths cannot stand in each other")
            if e.length is not None:
                raise self.error(e.pos, "a length in brackets cannot stand in a quantified path")
        if len(relationships) > 1:
            raise self.unsupported(self.starts[start], "a quantified path of several relationships")
        return ast.QuantifiedPath(ast.PathPattern(elements, pos=pos), where, length, pos=self.starts[start])

    # --- nodes and relationships

    def _node(self, in_match: bool) -> ast.NodePattern:
        start = self.at
        self.at += 1
        variable, labels, properties, where = self._inside(")", types=False, in_match=in_match)
        self.expect(")", "" if where else ", ':', '{' or WHERE" if variable is None else ", ':Label', '{' or WHERE")
        return ast.NodePattern(variable, labels, properties, where, pos=self.starts[start])

    def _inside(
        self, close: str, *, types: bool, in_match: bool
    ) -> tuple[str | None, ast.LabelExpression | None, ast.MapLiteral | ast.Parameter | None, ast.Expression | None]:
        """Variable, labels, properties and WHERE of a node; of a relationship only the first two (see `_relationship`)."""
        variable = labels = None
        at = self.at
        if self.is_name(at) and not self._begins_part(at, close):
            variable = self.name("a variable")
        if self.keys[self.at] == ":" or self.keys[self.at] == "IS":
            self.at += 1
            if self.keys[self.at] == "$":
                raise self.unsupported(self.starts[self.at], "a dynamic label")
            labels = self.label_expression(types=types)
        if types:
            return variable, labels, None, None
        properties = self._properties(in_match)
        where = self._where_inside()
        return variable, labels, properties, where

    def _begins_part(self, at: int, close: str) -> bool:
        """Is a word WHERE or IS in a node what it says, not the name of a variable?"""
        key, after = self.keys[at], self.keys[at + 1]
        if key == "IS":
            return self.is_name(at + 1) and after not in ("WHERE", "IS")
        if key != "WHERE":
            return False
        if after == "{":
            return self.keys[self.partners[at + 1] + 1] not in (close, "WHERE")
        if after == "$":
            return self.keys[at + 3] not in (close, "WHERE")
        return after not in (close, ":", "WHERE", "*") and not (after == "IS" and self.is_name(at + 2))

    def _properties(self, in_match: bool) -> ast.MapLiteral | ast.Parameter | None:
        key = self.keys[self.at]
        if key == "{":
            return self.map_literal()
        if key == "$":
            if in_match:
                raise self.error(self.starts[self.at], "a parameter cannot be all properties of a pattern",
                                 "write {hid: $p.hid}")  # fmt: skip
            return self.parameter()
        return None

    def _where_inside(self) -> ast.Expression | None:
        return self.expression() if self.accept("WHERE") else None

    def _relationship(self, in_match: bool) -> ast.RelationshipPattern:
        start = self.at
        pos = self.starts[start]
        left = self.accept("<")
        self.expect("-")
        variable = types = properties = where = length = None
        if self.accept("["):
            variable, types, _, _ = self._inside("]", types=True, in_match=in_match)
            bracket = self.at
            if self.keys[bracket] == "*":
                length = self._length()
            properties = self._properties(in_match)
            where = self._where_inside()
            self.expect("]", "" if where else ", ':TYPE', '*', '{' or WHERE")
            self._check_inside(variable, types, properties, where, length, self.starts[bracket])
        self.expect("-")
        right = self.accept(">")
        if in_match and (behind := self._quantifier_behind()):
            if length is not None:
                raise self.error(pos, "a relationship has either a length in brackets or a quantifier, not both")
            length = behind
        direction: ast.Direction = "--" if left == right else "<-" if left else "->"
        return ast.RelationshipPattern(variable, types, properties, where, direction, length, pos=pos)

    def _check_inside(
        self,
        variable: str | None,
        types: ast.LabelExpression | None,
        properties: object,
        where: ast.Expression | None,
        length: ast.Length | None,
        pos: int,
    ) -> None:
        if length is not None and where is not None:
            raise self.error(
                where.pos, "WHERE cannot stand in brackets beside a length", "write (()-[r WHERE ...]-())+"
            )
        if length is not None and types is not None:
            plain = types.operands if isinstance(types, ast.LabelOr) else (types,)
            if not all(isinstance(t, ast.LabelName) for t in plain):
                raise self.error(types.pos, "beside a length only types joined by | may stand")
        if self._old_bar and (variable is not None or properties is not None or length is not None):
            raise self.error(pos, "'|:' is no longer allowed here", "write |")
        self._old_bar = False

    def _length(self) -> ast.Length:
        """`*`, `*2`, `*1..3`, `*..3`, `*1..` in brackets."""
        pos = self.starts[self.at]
        self.at += 1
        low = self._integer()
        if not self.accept(".."):
            return ast.Length(1 if low is None else low, low, legacy=True, pos=pos)
        return ast.Length(1 if low is None else low, self._integer(), legacy=True, pos=pos)

    def _integer(self) -> int | None:
        at = self.at
        value = self.values[at]
        if self.kinds[at] != "number":
            return None
        digits = self.text[self.starts[at] : self.ends[at]].replace("_", "")
        if not isinstance(value, int) or value >= 2**63 or not digits.isdigit():
            raise self.fail("a whole number")
        self.at += 1
        return value

    def _quantifier_behind(self) -> ast.Length | None:
        """`*`, `+`, `{2}`, `{1,3}`, `{,3}`, `{1,}` behind a relationship or a path."""
        pos = self.starts[self.at]
        if self.accept("*"):
            return ast.Length(0, None, pos=pos)
        if self.accept("+"):
            return ast.Length(1, None, pos=pos)
        if self.keys[self.at] != "{":
            return None
        self.at += 1
        low = self._integer()
        high = low
        if self.accept(","):
            high = self._integer()
        elif low is None:
            raise self.fail("a whole number or ','")
        self.expect("}")
        if high == 0:
            raise self.error(pos, "a quantifier must allow at least one repetition")
        if high is not None and (low or 0) > high:
            raise self.error(pos, "a quantifier's first number must not exceed its second")
        return ast.Length(low or 0, high, pos=pos)

    # --- labels

    _old_bar = False  # was a `|:` read since the last relationship?

    def label_expression(self, *, types: bool) -> ast.LabelExpression:
        """What follows `:`. `types`: of a relationship, where `:A|:B` of old may stand and `:A:B` may not."""
        start = self.at
        colon = other = False
        disjuncts = [self._label_and(types)]
        while self.keys[self.at] == "|" and self.at != self.bar:
            self.at += 1
            if self.keys[self.at] == ":":
                if not types:
                    raise self.error(self.starts[self.at], "'|:' is no longer allowed", "write |")
                self._old_bar = True
                self.at += 1
            disjuncts.append(self._label_and(types))
        for at in range(start, self.at):
            colon = colon or (self.keys[at] == ":" and self.keys[at - 1] != "|")
            other = other or self.keys[at] in ("|", "&", "!", "%")
        if colon and other:
            raise self.error(
                self.starts[start], "labels are joined by ':' alone or by '|', '&' and '!'", "write & for ':'"
            )
        if len(disjuncts) == 1:
            return disjuncts[0]
        return ast.LabelOr(tuple(disjuncts), pos=self.starts[start])

    def _label_and(self, types: bool) -> ast.LabelExpression:
        start = self.at
        operands = [self._label_atom(types)]
        while (key := self.keys[self.at]) == "&" or key == ":":
            if key == ":" and types:
                raise self.error(self.starts[self.at], "a relationship has one type", "write | for 'or'")
            self.at += 1
            operands.append(self._label_atom(types))
        return operands[0] if len(operands) == 1 else ast.LabelAnd(tuple(operands), pos=self.starts[start])

    def _label_atom(self, types: bool) -> ast.LabelExpression:
        pos = self.starts[self.at]
        if self.accept("!"):
            self.enter()
            node = ast.LabelNot(self._label_atom(types), pos=pos)
            self.nesting -= 1
            return node
        if self.accept("%"):
            return ast.LabelAny(pos=pos)
        if self.accept("("):
            self.enter()
            outer, self.bar = self.bar, -1
            inner = self.label_expression(types=types)
            self.bar = outer
            self.nesting -= 1
            self.expect(")")
            return inner
        if self.keys[self.at] == "$":
            raise self.unsupported(pos, "a dynamic label")
        return ast.LabelName(self.name("a relationship type" if types else "a label"), pos=pos)
