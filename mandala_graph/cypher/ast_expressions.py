"""The nodes of expressions, what is computed (see `ast`, under whose name all nodes are used)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias
from typing import Literal as Choice

if TYPE_CHECKING:
    from mandala_graph.cypher.ast import QueryBody
    from mandala_graph.cypher.ast_patterns import LabelExpression, PathPattern

__all__ = [
    "Binary",
    "BinaryOperator",
    "Case",
    "Comparison",
    "ComparisonOperator",
    "CountStar",
    "Expression",
    "FunctionCall",
    "IsNull",
    "LabelPredicate",
    "ListComprehension",
    "ListLiteral",
    "Literal",
    "MapEntry",
    "MapLiteral",
    "MapProjection",
    "Node",
    "Parameter",
    "PatternComprehension",
    "PatternPredicate",
    "ProjectAll",
    "ProjectProperty",
    "ProjectVariable",
    "Property",
    "Quantifier",
    "Reduce",
    "Slice",
    "Subquery",
    "Subscript",
    "Unary",
    "UnaryOperator",
    "Variable",
    "When",
]


@dataclass(frozen=True, slots=True)
class Node:
    """What all nodes have: `pos`, the offset of their first character in the text (-1: not from a text)."""

    pos: int = field(default=-1, compare=False, repr=False, kw_only=True)


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
