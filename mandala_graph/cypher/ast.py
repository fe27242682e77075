"""The syntax tree of Cypher's read subset: frozen dataclasses, and how to walk them.

What a node means is said here once; what text makes it is in `parser`, what names it may use in `scope`, how it
becomes text again in `render` and SQL in the lowering. Nothing here knows the graph's schema.

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


@dataclass(frozen=True, slots=True)
class Node:
    """What all nodes have: `pos`, the offset of their first character in the text (-1: not from a text)."""

    pos: int = field(default=-1, compare=False, repr=False, kw_only=True)


# --- expressions ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """`null`, `true`, `12`, `1.5e3`, `'text'`, `NaN`, `Infinity`. Integers are of 64 bits, never negative (see Unary).

    `==` follows Python, so that `1`, `1.0` and `true` are told apart by `kind`.
    """

    value: bool | int | float | str | None
    kind: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", type(self.value).__name__)


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """`$name`; also `$0`."""

    name: str


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """A use of a variable in an expression."""

    name: str


@dataclass(frozen=True, slots=True)
class Property(Node):
    """`subject.key`, of a node, relationship or map."""

    subject: Expression
    key: str


@dataclass(frozen=True, slots=True)
class Subscript(Node):
    """`subject[index]`: of a list by an integer, of a map, node or relationship by a string."""

    subject: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Slice(Node):
    """`subject[start..stop]`, either end open."""

    subject: Expression
    start: Expression | None
    stop: Expression | None


@dataclass(frozen=True, slots=True)
class ListLiteral(Node):
    """`[a, b, ...]`."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class MapEntry(Node):
    """`key: value`, in a map literal and in a map projection."""

    key: str
    value: Expression


@dataclass(frozen=True, slots=True)
class MapLiteral(Node):
    """`{key: value, ...}`; of two entries with the same key the last one holds."""

    entries: tuple[MapEntry, ...]


@dataclass(frozen=True, slots=True)
class ProjectProperty(Node):
    """`.key` in a map projection."""

    key: str


@dataclass(frozen=True, slots=True)
class ProjectVariable(Node):
    """`name` in a map projection: the variable's value under its name."""

    name: str


@dataclass(frozen=True, slots=True)
class ProjectAll(Node):
    """`.*` in a map projection: all properties."""


@dataclass(frozen=True, slots=True)
class MapProjection(Node):
    """`subject {.key, .*, key: value, variable}`."""

    subject: Variable
    items: tuple[MapEntry | ProjectProperty | ProjectVariable | ProjectAll, ...]


UnaryOperator: TypeAlias = Choice["NOT", "+", "-"]
BinaryOperator: TypeAlias = Choice[
    "OR", "XOR", "AND", "+", "-", "||", "*", "/", "%", "^", "IN", "STARTS WITH", "ENDS WITH", "CONTAINS", "=~"
]
ComparisonOperator: TypeAlias = Choice["=", "<>", "<", ">", "<=", ">="]


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`NOT x`, `-x`, `+x`. `-1` is a Unary of a Literal (which is how `-2 ^ 2` gets its meaning)."""

    operator: UnaryOperator
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`left operator right`; all of them, `^` too, are left-associative. `||` concatenates strings or lists."""

    operator: BinaryOperator
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """`a < b <= c`: true when each neighbouring pair compares so; one operator less than operands."""

    operands: tuple[Expression, ...]
    operators: tuple[ComparisonOperator, ...]


@dataclass(frozen=True, slots=True)
class IsNull(Node):
    """`operand IS NULL`, and `IS NOT NULL` when `negated`."""

    operand: Expression
    negated: bool


@dataclass(frozen=True, slots=True)
class LabelPredicate(Node):
    """`subject:Label`, `subject:A|B`: does the node (relationship) have these labels (this type)?"""

    subject: Expression
    labels: LabelExpression


@dataclass(frozen=True, slots=True)
class When(Node):
    """`WHEN condition THEN result`; with an operand, the condition is the value it is compared with."""

    condition: Expression
    result: Expression


@dataclass(frozen=True, slots=True)
class Case(Node):
    """`CASE [operand] WHEN ... THEN ... [ELSE default] END`; without a default, null."""

    operand: Expression | None
    whens: tuple[When, ...]
    default: Expression | None


@dataclass(frozen=True, slots=True)
class FunctionCall(Node):
    """`name([DISTINCT] arguments)`, aggregates too. `name` is spelled as Neo4j's manual does where it is known."""

    name: str
    arguments: tuple[Expression, ...]
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class CountStar(Node):
    """`count(*)`."""


@dataclass(frozen=True, slots=True)
class ListComprehension(Node):
    """`[variable IN source WHERE where | result]`."""

    variable: str
    source: Expression
    where: Expression | None
    result: Expression | None


@dataclass(frozen=True, slots=True)
class PatternComprehension(Node):
    """`[pattern WHERE where | result]`; the pattern may name its path (`[p = (a)-->(b) | p]`)."""

    pattern: PathPattern
    where: Expression | None
    result: Expression


@dataclass(frozen=True, slots=True)
class Quantifier(Node):
    """`all(variable IN source WHERE where)`, and `any`, `none`, `single`."""

    kind: Choice["all", "any", "none", "single"]
    variable: str
    source: Expression
    where: Expression


@dataclass(frozen=True, slots=True)
class Reduce(Node):
    """`reduce(accumulator = initial, variable IN source | step)`."""

    accumulator: str
    initial: Expression
    variable: str
    source: Expression
    step: Expression


@dataclass(frozen=True, slots=True)
class PatternPredicate(Node):
    """A pattern as a condition, `WHERE (a)-->(b)`: does one match exist? It brings no variables of its own."""

    pattern: PathPattern


@dataclass(frozen=True, slots=True)
class Subquery(Node):
    """`EXISTS { ... }`, `COUNT { ... }`, `COLLECT { ... }`, which see all variables around them.

    `EXISTS` and `COUNT` may leave out the last RETURN (then, and when only a pattern is written, the body is a
    SingleQuery that ends with a Match); `COLLECT` returns one column.
    """

    kind: Choice["EXISTS", "COUNT", "COLLECT"]
    body: QueryBody


Expression: TypeAlias = (
    Literal
    | Parameter
    | Variable
    | Property
    | Subscript
    | Slice
    | ListLiteral
    | MapLiteral
    | MapProjection
    | Unary
    | Binary
    | Comparison
    | IsNull
    | LabelPredicate
    | Case
    | FunctionCall
    | CountStar
    | ListComprehension
    | PatternComprehension
    | Quantifier
    | Reduce
    | PatternPredicate
    | Subquery
)


# --- patterns ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LabelName(Node):
    """`:Label` or `:TYPE`."""

    name: str


@dataclass(frozen=True, slots=True)
class LabelAny(Node):
    """`%`: any label at all."""


@dataclass(frozen=True, slots=True)
class LabelNot(Node):
    """`!operand`."""

    operand: LabelExpression


@dataclass(frozen=True, slots=True)
class LabelAnd(Node):
    """`a&b`, and `:A:B` of old, which is the same."""

    operands: tuple[LabelExpression, ...]


@dataclass(frozen=True, slots=True)
class LabelOr(Node):
    """`a|b`, and `:A|:B` of old, which is the same."""

    operands: tuple[LabelExpression, ...]


LabelExpression: TypeAlias = LabelName | LabelAny | LabelNot | LabelAnd | LabelOr


@dataclass(frozen=True, slots=True)
class Length(Node):
    """How often: `*`, `*2`, `*1..3` in brackets (`legacy`), or `*`, `+`, `{1,3}` behind a pattern.

    The ends are resolved: `*` in brackets is 1 to None (no end), `*..3` is 1 to 3, `*2` is 2 to 2; behind a
    pattern `*` is 0 to None, `+` is 1 to None, `{,3}` is 0 to 3.
    """

    minimum: int
    maximum: int | None
    legacy: bool = False


@dataclass(frozen=True, slots=True)
class NodePattern(Node):
    """`(variable:labels {properties} WHERE where)`; all parts may be missing."""

    variable: str | None = None
    labels: LabelExpression | None = None
    properties: MapLiteral | Parameter | None = None
    where: Expression | None = None


Direction: TypeAlias = Choice["->", "<-", "--"]


@dataclass(frozen=True, slots=True)
class RelationshipPattern(Node):
    """`-[variable:types*1..3 {properties} WHERE where]->`; all parts may be missing.

    With a `length` the variable is the list of the relationships passed, in order. A length that is not `legacy`
    stands behind the arrow (`-[r:INPUT]->+`) and means the same; only `where` differs: there it speaks of each
    relationship by itself (`variable` is the one relationship in it), in brackets it cannot stand beside `*`.
    """

    variable: str | None = None
    types: LabelExpression | None = None
    properties: MapLiteral | Parameter | None = None
    where: Expression | None = None
    direction: Direction = "->"
    length: Length | None = None


@dataclass(frozen=True, slots=True)
class QuantifiedPath(Node):
    """`((a)-[r]->(b) WHERE where){1,3}`: the inner path so often, each end joined to the next start.

    Outside, the inner variables are lists, one item a turn. `pattern` has one relationship.
    """

    pattern: PathPattern
    where: Expression | None
    length: Length


PatternElement: TypeAlias = NodePattern | RelationshipPattern | QuantifiedPath


@dataclass(frozen=True, slots=True)
class PathPattern(Node):
    """`variable = (a)-[r]->(b)...`: the elements in order, the first and last of them nodes.

    A QuantifiedPath stands between two nodes as a relationship does; a node that the text left out beside it is an
    empty NodePattern, which changes no meaning. `selector` is the function around the path, if any.
    """

    elements: tuple[PatternElement, ...]
    variable: str | None = None
    selector: Choice["shortestPath", "allShortestPaths"] | None = None


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
