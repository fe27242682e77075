"""What lowering composes: typed fragments of SQL, and SELECT statements that grow clause by clause.

A fragment is text in which values never stand: a parameter or constant is a mark, which `finish` turns into `?` and a
list of what to bind, in order. Identifiers are the schema's or made here, never a user's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from mandala_graph.cypher.encoding import BITS, LABELS, MASK, encode
from mandala_graph.cypher.parts import Part, Weight

__all__ = [
    "ALL_LABELS",
    "ANY",
    "WITH",
    "Expr",
    "Names",
    "Select",
    "Type",
    "boxed",
    "finish",
    "gid",
    "kind",
    "mark",
    "nid",
    "pretty",
]

WITH = "WITH RECURSIVE "
"""What common tables stand behind."""
_OPEN, _CLOSE = "\x01", "\x02"
_ESCAPES = {i: f"\x03{chr(i + 64)}" for i in (1, 2, 3)}  # a parameter may be named with them
ALL_LABELS = tuple(range(len(LABELS)))


@dataclass(frozen=True, slots=True)
class Type:
    """What is known of a value before it is there.

    `kind` is null, bool (in SQL the integers 0 and 1), int, float (never NaN), num, str, scalar (one of these, as in
    the column `value`), list, map, path, any (all of them as cells of `encoding`), node or rel. A node with one
    possible label is that table's nid, else an id of `encoding`; a relationship is five cells.
    """

    kind: str
    labels: tuple[int, ...] = ()
    item: Type | None = None


ANY = Type("any")


def kind(name: str) -> Type:
    """A type without further detail."""
    return Type(name)


@dataclass(frozen=True, slots=True)
class Expr:
    """A fragment that has a value. `json` is a fragment for the same list as a JSON array of plain items."""

    type: Type
    cells: tuple[str, ...]
    owner: Select | None = None
    nullable: bool = True
    json: str | None = None

    @property
    def sql(self) -> str:
        return self.cells[0]


def mark(what: str) -> str:
    """The place of a parameter (`v:name` encoded, `j:name` as JSON, `l:name` as 0/1) or constant (`=number`)."""
    return f"{_OPEN}{what.translate(_ESCAPES)}{_CLOSE}"


def finish(sql: str) -> tuple[str, tuple[str, ...]]:
    """The statement with `?` for each mark, and the marks in order.

    >>> finish(f"SELECT {mark('v:x')} + {mark('=0')}")
    ('SELECT ? + ?', ('v:x', '=0'))
    """
    found = re.findall(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}", sql)
    named = [re.sub("\x03.", lambda m: chr(ord(m[0][1]) - 64), what) for what in found]
    return re.sub(f"{_OPEN}[^{_CLOSE}]*{_CLOSE}", "?", sql), tuple(named)


def gid(node: Expr) -> str:
    """A node's id over all labels."""
    if node.type.kind != "node":
        return f"cy_id({boxed(node)})"
    return f"(({node.sql}) << {BITS} | {node.type.labels[0]})" if len(node.type.labels) == 1 else node.sql


def nid(node: Expr) -> str:
    """A node's key in its table."""
    return node.sql if len(node.type.labels) == 1 else f"({node.sql} >> {BITS})"


def label_of(node: Expr) -> str:
    """The number of a node's label."""
    return str(node.type.labels[0]) if len(node.type.labels) == 1 else f"({node.sql} & {MASK})"


def boxed(e: Expr) -> str:
    """The value as one cell, as `encoding` has it."""
    match e.type.kind:
        case "bool":
            return {"0": "x'00'", "1": "x'01'"}.get(e.sql, f"(CASE {e.sql} WHEN 1 THEN x'01' WHEN 0 THEN x'00' END)")
        case "node":
            return f"cy_node({gid(e)})"
        case "rel":
            return f"cy_rel({', '.join(e.cells)})"
        case _:
            return e.sql


@dataclass(slots=True)
class Names:
    """Aliases that a reader recognises and no two sources share, and the constants of a statement."""

    numbers: Any = field(default_factory=lambda: count(1))
    constants: list[Any] = field(default_factory=list)

    def new(self, hint: str) -> str:
        word = re.sub(r"[^A-Za-z0-9_]", "", hint).lower()[:20]
        return f"{word if re.match('[a-z]', word) else 'v'}_{next(self.numbers)}"

    def constant(self, value: Any) -> str:
        self.constants.append(encode(value))
        return mark(f"={len(self.constants) - 1}")


@dataclass(slots=True, eq=False)
class Select:
    """One SELECT: its sources and conditions; what it selects is said at the end."""

    names: Names
    ctes: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    where: list[str] = field(default_factory=list)
    tables: dict[tuple[str, int], str] = field(default_factory=dict)
    closed: bool = False
    part: Part | None = None
    """The rows of the WITH before, which are the first source."""
    weights: list[Weight] = field(default_factory=list)
    """Of the columns, once rendered."""

    def add(self, what: str, on: str = "", *, left: bool = False) -> None:
        """A further source; `what` holds its alias."""
        if not self.sources and left:
            self.sources.append("(SELECT 1)")
        if not self.sources:
            self.sources.append(what)
            if on:
                self.where.append(on)
            return
        join = "LEFT JOIN" if left else "JOIN"
        self.sources.append(f"{join} {what}" + (f" ON {on}" if on else " ON 1" if left else ""))

    def require(self, condition: str) -> None:
        if condition != "1":
            self.where.append(condition)

    def table(self, node: Expr, hint: str) -> str:
        """The alias of the table that holds a node's properties, joined when first asked for."""
        label = node.type.labels[0]
        key = (node.sql, label)
        if key not in self.tables:
            from mandala_graph.graph import NODES

            alias = self.names.new(hint)
            self.add(f"{NODES[LABELS[label]].table} AS {alias}", f"{alias}.nid = {node.sql}", left=node.nullable)
            self.tables[key] = alias
        return self.tables[key]

    def local(self) -> str:
        """A column of one of this SELECT's own sources."""
        if not self.sources:
            self.sources.append("(SELECT 1 AS id) AS " + self.names.new("one"))
        if self.part is not None and self.sources[0] == self.part.alias:
            return f"{self.part.alias}.id"
        source, _, alias = self.sources[0].rpartition(" AS ")
        if not source:
            return "1" if " " in alias else f"{alias}.id"
        for start, column in (("json_each", "key"), ("edge_", "source"), ("(SELECT", "id")):
            if source.startswith(start):
                return f"{alias}.{column}"
        return f"{alias}.nid"

    def render(self, columns: list[str], tail: str = "") -> str:
        self.closed = True
        sources = self.sources
        if (part := self.part) is not None and sources[0] == part.alias:
            every = "LIMIT " not in tail or "ORDER BY " in tail
            own = re.compile(rf".* ON \w+\.nid = {part.alias}\.c\d+")  # only fetches the properties of a column
            alone = every and all(own.fullmatch(source) for source in sources[1:])
            part.settle(" ".join([*columns, *sources, *self.where, tail]), self.where, alone)
            sources = [part.source(), *sources[1:]]
        self.weights = [*map(Weight.of if part is None else part.weigh, columns)]
        text = f"{WITH}{', '.join(self.ctes)} " if self.ctes else ""
        text += f"SELECT {', '.join(columns)}"
        if sources:
            text += f" FROM {' '.join(sources)}"
        if self.where:
            text += f" WHERE {' AND '.join(self.where)}"
        return text + (f" {tail}" if tail else "")


def retyped(e: Expr, **changes: Any) -> Expr:
    """The fragment with something else known of it."""
    return replace(e, **changes)


_WORDS = re.compile(
    r"\(|\)|\b(?:WITH RECURSIVE|SELECT|FROM|LEFT JOIN|JOIN|WHERE|GROUP BY|ORDER BY|LIMIT|UNION ALL|UNION)\b|'[^']*'"
)


def pretty(sql: str) -> str:
    """The statement with a line for each part, those of subqueries further right.

    >>> print(pretty("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u)"))
    SELECT a
    FROM t
    WHERE EXISTS (
      SELECT 1
      FROM u)
    """
    parts: list[str] = []
    levels = [True]  # for each open bracket: does a statement stand in it?
    at = 0
    for m in _WORDS.finditer(sql):
        word = m.group()
        parts.append(sql[at : m.start()])
        at = m.end()
        if word == "(":
            levels.append(re.match(r"(SELECT|WITH RECURSIVE)\b", sql[at:]) is not None)
        elif word == ")":
            levels.pop()
        elif word[0] != "'" and levels[-1]:
            indent = "  " * (sum(levels) - 1)
            before = "".join(parts).rstrip(" ")
            parts = [before, f"\n{indent}" if before else ""]
        parts.append(word)
    return "".join([*parts, sql[at:]])
