"""Clauses and whole statements of Cypher: text to tree. Names and types are checked in `scope`.

A hand-written recursive descent: `cursor` moves over the tokens, `expressions` and `patterns` hold their rules.
"""

from __future__ import annotations

from functools import lru_cache
from typing import cast

from mandala_graph.cypher import ast
from mandala_graph.cypher.cursor import MAX_NESTING
from mandala_graph.cypher.errors import syntax_error
from mandala_graph.cypher.patterns import SELECTORS, Patterns
from mandala_graph.errors import CypherSyntaxError

__all__ = ["MAX_DEPTH", "parse", "parse_expression"]

MAX_DEPTH = 150
"""How deep a tree may be, so that whoever walks it by recursion stays far from Python's limit."""

_SHORT = 280  # a text of fewer tokens cannot be deeper than its nesting allows anybody to mind
_WRITES = frozenset(("CREATE", "MERGE", "SET", "REMOVE", "DELETE", "DETACH", "NODETACH", "FOREACH", "INSERT"))
_COMMANDS = frozenset(
    ("SHOW", "TERMINATE", "DROP", "ALTER", "GRANT", "DENY", "REVOKE", "START", "STOP", "DRYRUN", "ENABLE", "RENAME", "DEALLOCATE",
     "REALLOCATE")
)  # fmt: skip
_SORTING = frozenset(("ORDER", "SKIP", "LIMIT", "OFFSET"))
_DESCENDING = {"DESC": True, "DESCENDING": True, "ASC": False, "ASCENDING": False}
_INDEX_HINTS = (("INDEX", "SEEK"), ("RANGE", "INDEX", "SEEK"), ("TEXT", "INDEX", "SEEK"), ("INDEX",), ("RANGE", "INDEX"),
                ("TEXT", "INDEX"), ("SCAN",))  # fmt: skip


class Parser(Patterns):
    """The rules of clauses."""

    def query(self) -> ast.Query:
        """The whole text."""
        if self.kinds[0] == "end" or (self.keys[0] == ";" and self.kinds[1] == "end"):
            raise self.error(0, "the query is empty")
        first = self.keys[0]
        if first in ("EXPLAIN", "PROFILE", "CYPHER"):
            raise self.unsupported(self.starts[0], first, "storage.explain_query(...) shows plans")
        if first == "USE":
            raise self.unsupported(self.starts[0], "USE")
        if first in _COMMANDS:
            raise self.unsupported(self.starts[0], f"the command {first}")
        body = self._body("query")
        self.accept(";")
        if self.kinds[self.at] != "end":
            raise self.fail("a clause or the end of the query")
        return ast.Query(body, self.text, pos=body.pos)

    def subquery_body(self, kind: str) -> ast.QueryBody:
        start = self.at
        self.enter()
        outer, self.bar = self.bar, -1
        self.expect("{")
        body: ast.QueryBody
        if kind in ("EXISTS", "COUNT") and self._begins_pattern():
            pos = self.starts[self.at]
            body = ast.SingleQuery((self._match_rest(pos, optional=False),), pos=pos)
        else:
            if self.keys[self.at] == "}":
                raise self.error(self.starts[start], f"this {'subquery' if kind == 'CALL' else kind} is empty")
            body = self._body(kind)
        self.expect("}")
        self.bar = outer
        self.nesting -= 1
        return body

    def _begins_pattern(self) -> bool:
        """Does a pattern stand here, where a clause could stand too?"""
        first, second = self.keys[self.at], self.keys[self.at + 1]
        return first == "(" or (self.is_name(self.at) and second == "=") or (first in SELECTORS and second == "(")

    def _body(self, kind: str) -> ast.QueryBody:
        parts = [self._single(kind)]
        pos = parts[0].pos
        every: bool | None = None
        while self.keys[self.at] == "UNION":
            at = self.starts[self.at]
            self.at += 1
            keep = self.accept("ALL")
            if not keep:
                self.accept("DISTINCT")
            if every is not None and keep is not every:
                raise self.error(at, "UNION and UNION ALL cannot be mixed")
            every = keep
            parts.append(self._single(kind))
        return parts[0] if every is None else ast.Union(tuple(parts), every, pos=pos)

    def _single(self, kind: str) -> ast.SingleQuery:
        pos = self.starts[self.at]
        clauses: list[ast.Clause] = []
        while True:
            key = self.keys[self.at]
            if self.kinds[self.at] != "word" or key == "UNION":
                break
            clause = self._clause(key, kind, bool(clauses))
            if clause is None:
                break
            if clauses and isinstance(clauses[-1], ast.Return):
                raise self.error(clauses[-1].pos, "RETURN can only be the last clause")
            clauses.append(clause)
        if not clauses:
            raise self.fail("a clause: MATCH, OPTIONAL MATCH, UNWIND, WITH, CALL or RETURN")
        last = clauses[-1]
        if not isinstance(last, ast.Return) and kind not in ("EXISTS", "COUNT"):
            if self.kinds[self.at] != "end" and self.keys[self.at] not in ("}", ";", "UNION"):
                raise self.fail("a clause")
            name = {ast.Match: "MATCH", ast.Unwind: "UNWIND", ast.With: "WITH"}.get(type(last), "CALL")
            raise self.error(
                last.pos, f"a {'query' if kind == 'query' else 'subquery'} cannot end with {name}", "add RETURN ..."
            )
        return ast.SingleQuery(tuple(clauses), pos=pos)

    # --- clauses

    def _clause(self, key: str, kind: str, after: bool) -> ast.Clause | None:
        """The next clause; None where no clause begins."""
        start = self.at
        pos = self.starts[start]
        self.at += 1
        if key == "MATCH":
            return self._match(pos, optional=False)
        if key == "RETURN":
            return ast.Return(self._projection(), pos=pos)
        if key == "WITH":
            projection = self._projection()
            return ast.With(projection, self._where_inside(), pos=pos)
        if key == "UNWIND":
            expression = self.expression()
            self.expect("AS")
            return ast.Unwind(expression, self.name("a variable"), pos=pos)
        if key == "CALL":
            return self._call_clause(pos, optional=False)
        if key == "OPTIONAL":
            if self.accept("MATCH"):
                return self._match(pos, optional=True)
            if self.accept("CALL"):
                return self._call_clause(pos, optional=True)
            raise self.fail("MATCH or CALL")
        if key in _WRITES:
            if kind not in ("query", "CALL"):
                raise self.error(pos, f"{kind} {{ }} cannot write")
            raise self.unsupported(pos, f"{key}, which writes,")
        if key == "LOAD":
            self.expect("CSV")
            raise self.unsupported(pos, "LOAD CSV")
        if key in ("FINISH", "USE"):
            raise self.unsupported(pos, key)
        if key in _SORTING and after and self._sorts_on_its_own(start):
            raise self.unsupported(pos, f"{key} as a clause of its own", "put it behind WITH or RETURN")
        self.at = start
        return None

    def _sorts_on_its_own(self, at: int) -> bool:
        """Not where it only stands in the wrong order, behind the RETURN that ends a query."""
        while at > 0 and self.keys[at] not in ("RETURN", "WITH", "MATCH", "UNWIND", "CALL", "{"):
            at -= 1
        return self.keys[at] != "RETURN"

    def _match(self, pos: int, *, optional: bool) -> ast.Match:
        key = self.keys[self.at]
        if key in ("DIFFERENT", "REPEATABLE") and self.keys[self.at + 1] in (
            "RELATIONSHIP", "RELATIONSHIPS", "ELEMENT", "ELEMENTS"
        ):  # fmt: skip
            raise self.unsupported(self.starts[self.at], "a match mode")
        return self._match_rest(pos, optional=optional)

    def _match_rest(self, pos: int, *, optional: bool) -> ast.Match:
        patterns = [self.pattern()]
        while self.accept(","):
            patterns.append(self.pattern())
        hints: list[ast.Hint] = []
        while self.keys[self.at] == "USING":
            hints.append(self._hint())
        return ast.Match(tuple(patterns), self._where_inside(), optional, tuple(hints), pos=pos)

    def _hint(self) -> ast.Hint:
        pos = self.starts[self.at]
        self.at += 1
        if self.accept("JOIN"):
            self.expect("ON")
            variables = [self.name("a variable")]
            while self.accept(","):
                variables.append(self.name("a variable"))
            return ast.Hint("JOIN", tuple(variables), pos=pos)
        if self.keys[self.at] == "POINT":
            raise self.unsupported(self.starts[self.at], "USING POINT INDEX")
        for words in _INDEX_HINTS:
            if self.next_is(*words) and not (words[-1] == "INDEX" and self.next_is(*words, "SEEK") and self.keys[self.at + len(words) + 1] != ":"):  # fmt: skip
                break
        else:
            raise self.fail("INDEX, SCAN or JOIN ON")
        self.at += len(words)
        variable = self.name("a variable")
        self.expect(":")
        label = self.name("a label")
        properties: list[str] = []
        if words != ("SCAN",):
            self.expect("(")
            properties.append(self.name("a property's name"))
            while self.accept(","):
                properties.append(self.name("a property's name"))
            self.expect(")")
        kind = cast("ast.HintKind", " ".join(words))
        return ast.Hint(kind, (variable,), label, tuple(properties), pos=pos)

    def _call_clause(self, pos: int, *, optional: bool) -> ast.CallSubquery:
        imports: tuple[str, ...] | None = None
        key = self.keys[self.at]
        star = False
        if key == "(":
            self.at += 1
            if self.accept("*"):
                star = True
                self.expect(")")
            elif self.accept(")"):
                imports = ()
            else:
                names = [self.name("a variable, '*' or ')'")]
                while self.accept(","):
                    names.append(self.name("a variable"))
                self.expect(")", " or ','")
                imports = tuple(names)
        elif key != "{":
            self.name("'{', '(' or the name of a procedure")
            raise self.unsupported(pos, "CALL of a procedure")
        body = self.subquery_body("CALL")
        if self.keys[self.at] == "IN" and ("TRANSACTIONS" in self.keys[self.at + 1 : self.at + 4]):
            raise self.unsupported(self.starts[self.at], "CALL ... IN TRANSACTIONS")
        return ast.CallSubquery(body, "*" if star else imports, optional, pos=pos)

    # --- projections

    def _projection(self) -> ast.Projection:
        pos = self.starts[self.at]
        distinct = False
        if self.keys[self.at] == "DISTINCT" and (self.keys[self.at + 1] == "*" or not self._ends(self.at + 1)):
            distinct = True
            self.at += 1
        star = self.accept("*")
        items: list[ast.ProjectionItem] = []
        if not star or self.accept(","):
            items.append(self._item())
            while self.accept(","):
                items.append(self._item())
        order: list[ast.SortItem] = []
        if self.next_is("ORDER", "BY"):
            self.at += 2
            order.append(self._sort_item())
            while self.accept(","):
                order.append(self._sort_item())
        skip = limit = None
        if self.keys[self.at] in ("SKIP", "OFFSET"):
            self.at += 1
            skip = self.expression()
        if self.accept("LIMIT"):
            limit = self.expression()
        return ast.Projection(tuple(items), star, distinct, tuple(order), skip, limit, pos=pos)

    def _item(self) -> ast.ProjectionItem:
        start = self.at
        expression = self.expression()
        text = self.text[self.starts[start] : self.ends[self.at - 1]]
        alias = self.name("a name for the column") if self.accept("AS") else None
        return ast.ProjectionItem(expression, alias, text, pos=self.starts[start])

    def _sort_item(self) -> ast.SortItem:
        pos = self.starts[self.at]
        expression = self.expression()
        descending = _DESCENDING.get(self.keys[self.at])
        if descending is not None:
            self.at += 1
        return ast.SortItem(expression, bool(descending), pos=pos)


def _check_depth(tree: ast.Node, text: str) -> None:
    level = [tree]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise syntax_error(text, level[0].pos, f"this is nested or chained more than {MAX_DEPTH} deep")
        level = [child for node in level for child in ast.children(node)]


def _run(text: str, *, expression: bool) -> ast.Query | ast.Expression:
    parser = Parser(text)
    try:
        tree: ast.Query | ast.Expression
        if expression:
            tree = parser.expression()
            if parser.kinds[parser.at] != "end":
                raise parser.fail("an operator or the end")
        else:
            tree = parser.query()
    except CypherSyntaxError as e:
        parser.remember(e)
        raise parser.furthest or e from None
    except RecursionError:  # the caller's own stack was nearly full
        raise syntax_error(text, 0, f"nested too deep for this place (at most {MAX_NESTING} elsewhere)") from None
    if len(parser.kinds) > _SHORT:
        _check_depth(tree, text)
    return tree


@lru_cache(maxsize=1024)
def parse(text: str) -> ast.Query:
    """The tree of a statement; the same object for the same text.

    Only the grammar is checked; `check` looks at names and types.

    Errors: CypherSyntaxError, with line, column and a caret; UnsupportedCypher for Cypher outside the subset.

    >>> query = parse("MATCH (c:Call) WHERE 1 < c.duration <= 10 RETURN c.hid")
    >>> match, result = query.body.clauses
    >>> match.where.operators
    ('<', '<=')
    >>> parse("MATCH (c:Call RETURN c")
    Traceback (most recent call last):
    mandala_graph.errors.CypherSyntaxError: line 1, column 15: expected ')', ':Label', '{' or WHERE, not 'RETURN'
      MATCH (c:Call RETURN c
                    ^
    """
    return cast(ast.Query, _run(text, expression=False))


@lru_cache(maxsize=1024)
def parse_expression(text: str) -> ast.Expression:
    """The tree of an expression alone, as in `frame.where("acc > 0.9")`.

    >>> parse_expression("acc > 0.9").operators
    ('>',)
    """
    return cast(ast.Expression, _run(text, expression=True))
