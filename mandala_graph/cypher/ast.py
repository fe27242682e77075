"""The syntax tree of Cypher's read subset: frozen dataclasses, and how to walk them.

What a node means is said once: expressions in `ast_expressions`, patterns in `ast_patterns`, clauses here. What text
makes it is in `parser`, what names it may use in `scope`, how it becomes text again in `render` and SQL in the lowering.
Nothing here knows the graph's schema.

A tree compares and hashes by structure: `pos`, the offset of a node's first character in the query's text, takes no
part in it (-1 in trees that were built, not parsed). Strings in a tree are names and values, never quoted or escaped.

::

    Query ─ body ─ SingleQuery ─ clauses ─ Match, Unwind, With, Return, CallSubquery
                 └ Union ─ parts ─ SingleQuery, ...
    Match ─ patterns ─ PathPattern ─ elements ─ NodePattern, RelationshipPattern | QuantifiedPath, NodePattern, ...

>>> one = Return(Projection((ProjectionItem(Variable("x")),)))
>>> [type(n).__name__ for n in walk(one)]
['Return', 'Projection', 'ProjectionItem', 'Variable']
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Literal as Choice
from typing import TypeAlias

from mandala_graph.cypher.ast_expressions import (
    Binary,
    BinaryOperator,
    Case,
    Comparison,
    ComparisonOperator,
    CountStar,
    Expression,
    FunctionCall,
    IsNull,
    LabelPredicate,
    ListComprehension,
    ListLiteral,
    Literal,
    MapEntry,
    MapLiteral,
    MapProjection,
    Node,
    Parameter,
    PatternComprehension,
    PatternPredicate,
    ProjectAll,
    ProjectProperty,
    ProjectVariable,
    Property,
    Quantifier,
    Reduce,
    Slice,
    Subquery,
    Subscript,
    Unary,
    UnaryOperator,
    Variable,
    When,
)
from mandala_graph.cypher.ast_patterns import (
    Direction,
    LabelAnd,
    LabelAny,
    LabelExpression,
    LabelName,
    LabelNot,
    LabelOr,
    Length,
    NodePattern,
    PathPattern,
    PatternElement,
    QuantifiedPath,
    RelationshipPattern,
)

__all__ = [
    "Binary",
    "BinaryOperator",
    "CallSubquery",
    "Case",
    "Clause",
    "Comparison",
    "ComparisonOperator",
    "CountStar",
    "Direction",
    "Expression",
    "FunctionCall",
    "Hint",
    "HintKind",
    "IsNull",
    "LabelAnd",
    "LabelAny",
    "LabelExpression",
    "LabelName",
    "LabelNot",
    "LabelOr",
    "LabelPredicate",
    "Length",
    "ListComprehension",
    "ListLiteral",
    "Literal",
    "MapEntry",
    "MapLiteral",
    "MapProjection",
    "Match",
    "Node",
    "NodePattern",
    "Parameter",
    "PathPattern",
    "PatternComprehension",
    "PatternElement",
    "PatternPredicate",
    "ProjectAll",
    "ProjectProperty",
    "ProjectVariable",
    "Projection",
    "ProjectionItem",
    "Property",
    "QuantifiedPath",
    "Quantifier",
    "Query",
    "QueryBody",
    "Reduce",
    "RelationshipPattern",
    "Return",
    "SingleQuery",
    "Slice",
    "SortItem",
    "Subquery",
    "Subscript",
    "Unary",
    "UnaryOperator",
    "Union",
    "Unwind",
    "Variable",
    "When",
    "With",
    "children",
    "walk",
]


# --- clauses -------------------------------------------------------------------------------------------------------


HintKind: TypeAlias = Choice[
    "INDEX", "INDEX SEEK", "RANGE INDEX", "RANGE INDEX SEEK", "TEXT INDEX", "TEXT INDEX SEEK", "SCAN", "JOIN"
]


@dataclass(frozen=True, slots=True)
class Hint(Node):
    """`USING INDEX [SEEK] v:Label(property)`, `USING SCAN v:Label`, `USING JOIN ON v`: advice that changes no row."""

    kind: HintKind
    variables: tuple[str, ...]
    label: str | None = None
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match(Node):
    """`[OPTIONAL] MATCH patterns [hints] [WHERE where]`; no relationship is passed twice in one Match."""

    patterns: tuple[PathPattern, ...]
    where: Expression | None = None
    optional: bool = False
    hints: tuple[Hint, ...] = ()


@dataclass(frozen=True, slots=True)
class Unwind(Node):
    """`UNWIND expression AS variable`: a row for each item; none for null."""

    expression: Expression
    variable: str


@dataclass(frozen=True, slots=True)
class ProjectionItem(Node):
    """`expression [AS alias]`. `name` is the column's name: the alias, else the expression as it was written.

    A map projection without an alias has the name of its variable, as in Neo4j.
    """

    expression: Expression
    alias: str | None = None
    text: str = field(default="", compare=False, repr=False)

    @property
    def name(self) -> str:
        if self.alias is not None:
            return self.alias
        expression = self.expression
        if isinstance(expression, MapProjection):
            return expression.subject.name
        return expression.name if isinstance(expression, Variable) else self.text


@dataclass(frozen=True, slots=True)
class SortItem(Node):
    """`expression [DESC]`: an item of ORDER BY."""

    expression: Expression
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Projection(Node):
    """What WITH and RETURN share: `[DISTINCT] [*,] items [ORDER BY order] [SKIP skip] [LIMIT limit]`.

    With `star` all variables in scope come first, in order of name. Rows are grouped by the items that hold no
    aggregate as soon as one of the items holds one.
    """

    items: tuple[ProjectionItem, ...]
    star: bool = False
    distinct: bool = False
    order: tuple[SortItem, ...] = ()
    skip: Expression | None = None
    limit: Expression | None = None


@dataclass(frozen=True, slots=True)
class With(Node):
    """`WITH projection [WHERE where]`."""

    projection: Projection
    where: Expression | None = None


@dataclass(frozen=True, slots=True)
class Return(Node):
    """`RETURN projection`."""

    projection: Projection


@dataclass(frozen=True, slots=True)
class CallSubquery(Node):
    """`[OPTIONAL] CALL (imports) { body }`: the body runs once for each row, and adds its columns.

    `imports` is `()` for `CALL () {`, and "*" for `CALL (*) {`. It is None for `CALL {` of old, which imports by a
    leading WITH inside the body (in each part of a UNION).
    """

    body: QueryBody
    imports: tuple[str, ...] | Choice["*"] | None = None
    optional: bool = False


Clause: TypeAlias = Match | Unwind | With | Return | CallSubquery


@dataclass(frozen=True, slots=True)
class SingleQuery(Node):
    """Clauses in order; the last one is Return, save inside `EXISTS { }` and `COUNT { }`."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Union(Node):
    """`parts[0] UNION [ALL] parts[1] ...`, at least two, all with the same columns."""

    parts: tuple[SingleQuery, ...]
    all: bool = False


QueryBody: TypeAlias = SingleQuery | Union


@dataclass(frozen=True, slots=True)
class Query(Node):
    """A whole statement, and the text it came from (empty when it was built)."""

    body: QueryBody
    text: str = field(default="", compare=False, repr=False)


# --- walking -------------------------------------------------------------------------------------------------------


_NAMES: dict[type[Node], tuple[str, ...]] = {}


def _names(kind: type[Node]) -> tuple[str, ...]:
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = tuple(f.name for f in fields(kind) if f.name not in ("pos", "text", "kind"))
    return names


def children(node: Node) -> Iterator[Node]:
    """The nodes right below, in the order of the fields.

    >>> [c.name for c in children(Binary("+", Variable("a"), Variable("b")))]
    ['a', 'b']
    """
    for name in _names(type(node)):
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif type(value) is tuple:
            for item in value:
                if isinstance(item, Node):
                    yield item


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, each before its children."""
    stack = [node]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(reversed(list(children(top))))
