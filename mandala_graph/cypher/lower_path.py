"""Relationships of variable length as SQL: reachability, walks, trails and shortest paths.

- *Reachability*, where only the set of ends matters: a recursive UNION, each node once.
- *Walks*, where each path counts but is not looked at, along relationships that cannot form a cycle.
- *Trails* otherwise: each path with its relationships, none of them twice.

All are lateral (a correlated subquery that `json_each` unrolls); reachability from a set of starts that nothing else
asks about is one recursion for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from mandala_graph.cypher.encoding import BITS, LABELS, MASK, TYPES
from mandala_graph.cypher.sql import Expr, Names, Type
from mandala_graph.graph import RELATIONSHIPS

__all__ = ["ACYCLIC", "Hop", "Recursion", "edge_expr", "hops", "item_sql"]

ACYCLIC = frozenset(i for i, t in enumerate(TYPES) if RELATIONSHIPS[t].source != RELATIONSHIPS[t].target)
"""Types along which no walk comes back: ids are hashes of what they come from, so data flows one way."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One way to pass one relationship: its type, along it or against it."""

    type: int
    forward: bool

    @property
    def table(self) -> str:
        return RELATIONSHIPS[TYPES[self.type]].table

    @property
    def near(self) -> int:
        r = RELATIONSHIPS[TYPES[self.type]]
        return LABELS.index(r.source if self.forward else r.target)

    @property
    def far(self) -> int:
        r = RELATIONSHIPS[TYPES[self.type]]
        return LABELS.index(r.target if self.forward else r.source)

    @property
    def columns(self) -> tuple[str, str]:
        return ("source", "target") if self.forward else ("target", "source")


def hops(types: list[int], direction: str) -> list[Hop]:
    """The ways to pass a relationship of these types."""
    ways = {"->": (True,), "<-": (False,), "--": (True, False)}[direction]
    return [Hop(t, w) for t in types for w in ways]


def edge_expr(hop: Hop, alias: str) -> Expr:
    """The relationship in a row of its table."""
    has = {p.name for p in RELATIONSHIPS[TYPES[hop.type]].properties}
    name = f"{alias}.name" if "name" in has else "NULL"
    index = f'nullif({alias}."index", -1)' if "index" in has else "NULL"
    cells = (str(hop.type), f"{alias}.source", f"{alias}.target", name, index)
    return Expr(Type("rel", (hop.type,)), cells, nullable=False)


def item_sql(relationship: Expr) -> str:
    """A relationship as an item of a trail: it starts and ends so that no other's text can hold it."""
    return f"json_object('~r', json_array({', '.join(relationship.cells)}))"


@dataclass(slots=True)
class Recursion:
    """A recursive common table that walks from one start (or from many).

    `conditions` gives, for a hop and an edge's alias, further conditions on the edge.
    """

    names: Names
    hops: list[Hop]
    both_ways: bool
    minimum: int
    maximum: int | None
    mode: str  # "reach", "walk", "trail"
    conditions: dict[tuple[int, bool], list[str]]
    edges: dict[tuple[int, bool], str]
    name: str = ""

    def __post_init__(self) -> None:
        self.name = self.names.new({"reach": "reach", "walk": "walk", "trail": "trail"}[self.mode])

    @property
    def stepped(self) -> bool:
        """Does it begin with the ends of a first step? Then nothing has to be counted, and each node stands there once."""
        return self.mode == "reach" and self.minimum == 1 and self.maximum is None

    @property
    def counted(self) -> bool:
        return not self.stepped and (self.mode == "trail" or self.minimum > 0 or self.maximum is not None)

    def definition(self, seed: str) -> str:
        """The common table; `seed` is a SELECT or an id."""
        w = self.name
        if self.stepped:
            many = seed.startswith("SELECT")
            source = f"{w}_from AS {w}" if many else f"(SELECT {seed} AS id) AS {w}"
            steps = [self._step(hop, source) for hop in self.hops] + [self._step(hop) for hop in self.hops]
            return (f"{w}_from(id) AS ({seed}), " if many else "") + f"{w}(id) AS ({' UNION '.join(steps)})"
        columns = ["id", *(["depth"] if self.counted else []), *(["trail"] if self.mode == "trail" else [])]
        first = [seed, *(["0"] if self.counted else []), *(["''"] if self.mode == "trail" else [])]
        if seed.startswith("SELECT"):
            start = f"SELECT {', '.join(['id', *first[1:]])} FROM ({seed})"
        else:
            start = f"SELECT {', '.join(first)} WHERE {seed} IS NOT NULL"
        union = " UNION " if self.mode == "reach" else " UNION ALL "
        return f"{w}({', '.join(columns)}) AS ({union.join([start, *map(self._step, self.hops)])})"

    def _step(self, hop: Hop, source: str = "") -> str:
        w, e = self.name, self.edges[hop.type, hop.forward]
        near, far = hop.columns
        ends = [f"({e}.{far} << {BITS} | {hop.far})"]
        where = [f"({w}.id & {MASK}) = {hop.near}", *self.conditions[hop.type, hop.forward]]
        if self.counted:
            bound = self.maximum is None and self.mode == "reach"
            ends.append(f"min({w}.depth + 1, {self.minimum})" if bound else f"{w}.depth + 1")
        if self.maximum is not None:
            where.append(f"{w}.depth < {self.maximum}")
        if self.mode == "trail":
            item = item_sql(edge_expr(hop, e))
            ends.append(f"CASE {w}.trail WHEN '' THEN {item} ELSE {w}.trail || ',' || {item} END")
            where.append(f"instr({w}.trail, {item}) = 0")
            if self.both_ways and not hop.forward and hop.near == hop.far:
                where.append(f"{e}.source <> {e}.target")
        return (
            f"SELECT {', '.join(ends)} FROM {source or w} JOIN {hop.table} AS {e} ON {e}.{near} = ({w}.id >> {BITS}) "
            f"WHERE {' AND '.join(where)}"
        )

    def rows(self, seed: str) -> str:
        """The ends (and trails) as one JSON array."""
        w = self.name
        items = f"json_array({w}.id, {w}.trail)" if self.mode == "trail" else f"{w}.id"
        distinct = "DISTINCT " if self.mode == "reach" and self.counted else ""
        where = f" WHERE {w}.depth >= {self.minimum}" if self.minimum > 0 and self.counted else ""
        return f"(WITH RECURSIVE {self.definition(seed)} SELECT json_group_array({distinct}{items}) FROM {w}{where})"
