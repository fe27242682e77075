"""The nodes of patterns, what is matched (see `ast`, under whose name all nodes are used)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from typing import Literal as Choice

from mandala_graph.cypher.ast_expressions import Node

if TYPE_CHECKING:
    from mandala_graph.cypher.ast_expressions import Expression, MapLiteral, Parameter

__all__ = [
    "Direction",
    "LabelAnd",
    "LabelAny",
    "LabelExpression",
    "LabelName",
    "LabelNot",
    "LabelOr",
    "Length",
    "NodePattern",
    "PathPattern",
    "PatternElement",
    "QuantifiedPath",
    "RelationshipPattern",
]


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
