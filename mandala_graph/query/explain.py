"""What becomes of a query: its tree, the statement that the engine runs, the engine's plan, and how long each takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from mandala_graph.cypher import ast
from mandala_graph.cypher.compile import timed
from mandala_graph.errors import UnsupportedCypher
from mandala_graph.query.ask import check, text_of
from mandala_graph.query.parameters import together
from mandala_graph.store.protocol import Plan

if TYPE_CHECKING:
    from neomodel.sync_.match import BaseSet

    from mandala_graph.storage import Storage

__all__ = ["QueryExplanation", "explain_query"]


@dataclass(frozen=True, slots=True)
class QueryExplanation:
    """What becomes of a query; `print` it.

    Attributes:
        query: the query's text.
        engine: `sqlite` or `neo4j`.
        tree: its syntax tree (`mandala_graph.cypher.ast`); None for what only Neo4j understands.
        notes: what looks like a slip: a label or property that the graph does not have.
        plan: the statement, what is bound to it, and the engine's plan (`mandala_graph.store.protocol.Plan`).
        seconds: how long it took to `parse` (with checks), `lower` (to SQL) and `run` it; only what was done.
        rows: how many rows it has, if it was run.
    """

    query: str
    engine: str
    tree: ast.Query | None = field(repr=False)
    notes: tuple[str, ...]
    plan: Plan
    seconds: Mapping[str, float]
    rows: int | None

    @property
    def sql(self) -> str | None:
        """The statement on SQLite."""
        return self.plan.statement if self.plan.language == "sql" else None

    def __str__(self) -> str:
        parts = [self.query.strip()]
        parts += [f"note: {n}" for n in self.notes]
        if self.tree is not None:
            parts.append("tree\n" + _tree(self.tree.body, 1))
        if self.sql is not None:
            parts.append("sql\n" + "\n".join("  " + line for line in self.sql.splitlines()))
            if self.plan.binds:
                parts.append(f"bound\n  {', '.join(map(_shown, self.plan.binds))}")
        parts.append(f"plan of {self.engine}\n" + "\n".join("  " + step for step in self.plan.steps))
        times = [f"{what} {_duration(s)}" for what, s in self.seconds.items()]
        if self.rows is not None:
            times.append(f"{self.rows} row{'' if self.rows == 1 else 's'}")
        return "\n\n".join(parts) + f"\n\ntime\n  {', '.join(times)}"


def explain_query(
    storage: Storage,
    statement: str | BaseSet[Any],
    parameters: Mapping[str, Any] | None,
    named: Mapping[str, Any],
    run: bool,
    timeout: float | None,
) -> QueryExplanation:
    """See `Storage.explain_query`."""
    engine = storage.store.info().engine
    statement, given = text_of(statement, together(parameters, named))
    check(statement, given)
    tree: ast.Query | None = None
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = {}
    try:
        tree, notes, seconds = timed(statement, given, lowered=engine == "sqlite")
    except UnsupportedCypher:
        if engine == "sqlite":
            raise
    storage.writer.flush()
    plan = storage.store.plan(statement, given, timeout=timeout, run=run)
    if plan.seconds is not None:
        seconds["run"] = plan.seconds
    return QueryExplanation(statement, engine, tree, notes, plan, seconds, plan.rows)


def _tree(node: ast.Node, depth: int) -> str:
    """A node's name and plain fields on a line, the nodes below it each on lines further right."""
    plain, below = [], []
    for f in fields(node):
        value = getattr(node, f.name)
        if f.name == "pos" or value is None or value == () or value is False:
            continue
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, ast.Node):
                below.append(_tree(item, depth + 1))
            else:
                plain.append(repr(item) if item is not True else f.name)
    return "\n".join(["  " * depth + " ".join([type(node).__name__, *plain]), *below])


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.2f} ms"
