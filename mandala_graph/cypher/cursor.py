"""A place in a token list, what the parts of the parser share: look, take, fail, try. No grammar is here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from mandala_graph.cypher import ast
from mandala_graph.cypher.errors import nearest, syntax_error, unsupported
from mandala_graph.cypher.habits import habit
from mandala_graph.cypher.tokens import END, describe, tokenize
from mandala_graph.errors import CypherSyntaxError, UnsupportedCypher

__all__ = ["MAX_NESTING", "Cursor"]

T = TypeVar("T")

MAX_NESTING = 60
"""How deep expressions, patterns and subqueries may stand in each other."""

_WORDS = [
    "ALL",
    "AND",
    "AS",
    "ASC",
    "BY",
    "CALL",
    "CASE",
    "CONTAINS",
    "DESC",
    "DISTINCT",
    "ELSE",
    "END",
    "ENDS",
    "EXISTS",
    "IN",
    "IS",
    "LIMIT",
    "MATCH",
    "NOT",
    "NULL",
    "OPTIONAL",
    "OR",
    "ORDER",
    "RETURN",
    "SKIP",
    "STARTS",
    "THEN",
    "UNION",
    "UNWIND",
    "USING",
    "WHEN",
    "WHERE",
    "WITH",
    "XOR",
]


@lru_cache(maxsize=256)
def _keyword(word: str) -> str | None:
    return nearest(word, _WORDS)


class Cursor(ABC):
    """The tokens of a text and the index of the next one."""

    def __init__(self, text: str) -> None:
        tokens = tokenize(text)
        self.text = text
        self.tokens = tokens
        self.kinds, self.keys, self.values, self.starts, self.ends, self.partners = tokens
        self.at = 0
        self.nesting = 0
        self.bar = -1  # index of the `|` that ends the condition of the innermost comprehension
        self.furthest: CypherSyntaxError | None = None
        self.furthest_at = -1
        self.tried: dict[tuple[str, int], tuple[ast.Node, int] | None] = {}

    # --- errors

    def fail(self, expected: str, hint: str | None = None) -> CypherSyntaxError:
        """The error that something else is at the next token."""
        at = self.at
        if hint is None and self.kinds[at] not in ("quoted", END):
            hint = habit(self.keys, at, self.kinds[at], expected)
        if hint is None and self.kinds[at] == "word" and (word := _keyword(self.keys[at])):
            hint = f"did you mean {word}?"
        if (
            hint is None
            and (before := at - 1) >= 0
            and self.kinds[before] == "word"
            and self.keys[before] not in _WORDS
        ):
            word = _keyword(self.keys[before])
            hint = f"did you mean {word} before it?" if word else None
        return self.error(self.starts[at], f"expected {expected}, not {describe(self.tokens, self.text, at)}", hint)

    def error(self, pos: int, what: str, hint: str | None = None) -> CypherSyntaxError:
        return syntax_error(self.text, pos, what, hint)

    def unsupported(self, pos: int, construct: str, hint: str | None = None) -> UnsupportedCypher:
        return unsupported(self.text, pos, construct, hint)

    def enter(self) -> None:
        """Go one level deeper; whoever enters also leaves."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise self.error(self.starts[self.at], f"nested more than {MAX_NESTING} deep")

    def attempt(self, name: str, rule: Callable[[], ast.Node]) -> ast.Node | None:
        """What a rule makes of the next tokens, or None, and then nothing is taken. Each is tried once at a place."""
        start = self.at
        known = self.tried.get((name, start), self)
        if known is None:
            return None
        if known is not self:
            node, self.at = known  # type: ignore[misc]
            return node
        nesting, bar = self.nesting, self.bar
        try:
            node = rule()
        except CypherSyntaxError as e:
            if self.nesting > MAX_NESTING:
                raise  # no other reading is any flatter
            self.remember(e)
            self.at, self.nesting, self.bar = start, nesting, bar
            self.tried[name, start] = None
            return None
        self.tried[name, start] = (node, self.at)
        return node

    def remember(self, error: CypherSyntaxError) -> None:
        """Keep the error that came furthest: it says more than that of the last alternative."""
        place = (error.line, error.column)
        if self.furthest is None or place > (self.furthest.line, self.furthest.column):
            self.furthest = error

    # --- tokens

    def accept(self, key: str) -> bool:
        """Take the next token if it is this word (in upper case) or symbol."""
        if self.keys[self.at] == key:
            self.at += 1
            return True
        return False

    def expect(self, key: str, where: str = "") -> None:
        """Take this word or symbol."""
        if self.keys[self.at] != key:
            raise self.fail((f"'{key}'" if not key.isalpha() else key) + where)
        self.at += 1

    def next_is(self, *keys: str) -> bool:
        """Are these the next tokens?"""
        at = self.at
        return tuple(self.keys[at : at + len(keys)]) == keys

    def is_name(self, at: int) -> bool:
        return self.kinds[at] in ("word", "quoted")

    def name(self, what: str) -> str:
        """Take a name; any word is one."""
        at = self.at
        if self.kinds[at] not in ("word", "quoted"):
            raise self.fail(what)
        self.at = at + 1
        return str(self.values[at])

    # --- what the parts ask of each other

    @abstractmethod
    def expression(self) -> ast.Expression:
        """An expression."""

    @abstractmethod
    def path_elements(self, *, in_match: bool) -> tuple[ast.PatternElement, ...]:
        """Nodes and relationships in turn."""

    @abstractmethod
    def label_expression(self, *, types: bool) -> ast.LabelExpression:
        """What follows `:` or IS."""

    @abstractmethod
    def subquery_body(self, kind: str) -> ast.QueryBody:
        """What stands between braces, with them."""
