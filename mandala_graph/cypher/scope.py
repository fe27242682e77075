"""What a parsed query must keep to before any engine sees it: names, columns, grouping; and what looks like a slip.

Neo4j refuses the same queries when it compiles them. A label, type or property that the graph does not have is no
error in Cypher, it matches nothing: it becomes a note with the nearest name that exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mandala_graph.cypher import ast
from mandala_graph.cypher.errors import syntax_error
from mandala_graph.cypher.grouping import ungrouped
from mandala_graph.cypher.inference import Scope
from mandala_graph.cypher.kinds import ANY, fits, items
from mandala_graph.cypher.parser import parse
from mandala_graph.cypher.pattern_scope import Note, PatternScope

__all__ = ["Checked", "Note", "check", "prepare"]


@dataclass(frozen=True, slots=True)
class Checked:
    """A query that both engines can run, the names of its columns in order, and notes."""

    query: ast.Query
    columns: tuple[str, ...]
    notes: tuple[Note, ...]


class _Checker(PatternScope):
    """The checks of clauses."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.columns_kinds: Scope = {}  # of the last projection

    def body(self, body: ast.QueryBody, *, kind: str) -> tuple[str, ...]:
        """Check a query or the body of a subquery, from the scope as it is; the names of its columns."""
        if isinstance(body, ast.SingleQuery):
            return self._single(body, kind)
        scope = self.scope
        columns: tuple[str, ...] | None = None
        kinds: Scope = {}
        for part in body.parts:
            self.scope = scope
            got = self._single(part, kind)
            if columns is None:
                columns, kinds = got, self.columns_kinds
            elif set(got) != set(columns):
                last = part.clauses[-1]
                raise self.error(
                    last, f"the parts of a UNION must have the same columns: {_list(columns)}, not {_list(got)}"
                )
            else:
                kinds = {k: v if self.columns_kinds.get(k) == v else ANY for k, v in kinds.items()}
        self.columns_kinds = kinds
        return columns or ()

    def _single(self, query: ast.SingleQuery, kind: str) -> tuple[str, ...]:
        columns: tuple[str, ...] = ()
        self.columns_kinds = {}
        for clause in query.clauses:
            if isinstance(clause, ast.Match):
                self.match(clause)
            elif isinstance(clause, ast.With):
                self._projection(clause.projection, clause, clause.where)
            elif isinstance(clause, ast.Return):
                columns = self._projection(clause.projection, clause, None, kind=kind)
            elif isinstance(clause, ast.Unwind):
                self._unwind(clause)
            else:
                self._call(clause)
        return columns

    def _unwind(self, clause: ast.Unwind) -> None:
        with self.without_aggregates("in UNWIND"):
            kind = self.kind_of(clause.expression)
        self.declare(clause.variable, clause.pos)
        self.scope = {**self.scope, clause.variable: items(kind) if kind[0] == "l" or "v" in kind else kind}

    # --- WITH and RETURN

    def _projection(
        self, projection: ast.Projection, clause: ast.With | ast.Return, where: ast.Expression | None, kind: str = ""
    ) -> tuple[str, ...]:
        outer = self.scope
        is_return = isinstance(clause, ast.Return)
        new: Scope = {}
        if projection.star:
            new = {k: v for k, v in outer.items() if not (kind == "CALL" and k in self.fixed)}
            if is_return and not new and kind not in ("EXISTS", "COUNT"):
                raise self.error(clause, "RETURN * needs a variable, and none is in scope")
        grouped = self._items(projection, new, is_return, kind)
        special = projection.distinct or grouped
        names = tuple(sorted(new.keys() - {i.name for i in projection.items}) if projection.star else ()) + tuple(
            i.name for i in projection.items
        )
        if where is not None or projection.order:
            self._behind(projection, outer, new, special, grouped, where)
        for word, bound in (("SKIP", projection.skip), ("LIMIT", projection.limit)):
            if bound is not None:
                self._bound(word, bound)
        self.columns_kinds = new
        self.scope = {**new, **self.fixed} if self.fixed else new
        return names

    def _items(self, projection: ast.Projection, new: Scope, is_return: bool, kind: str) -> bool:
        """Check the items, and add them to the new scope; are rows grouped?"""
        keys: list[ast.Expression] = []
        mixed: list[ast.ProjectionItem] = []
        seen: set[str] = set()
        for item in projection.items:
            before = self.aggregates
            value = self.kind_of(item.expression)
            (mixed if self.aggregates > before else keys).append(item if self.aggregates > before else item.expression)  # type: ignore[arg-type]
            bare = item.alias is None and not isinstance(item.expression, ast.Variable | ast.MapProjection)
            if bare and (not is_return or kind == "CALL"):
                where = "WITH" if not is_return else "the RETURN of a subquery"
                raise self.error(item, f"an expression in {where} needs a name", "write ... AS name")
            name = item.name
            if name in seen:
                raise self.error(item, f"two columns are named `{name}`")
            if name in self.fixed and not (isinstance(item.expression, ast.Variable) and item.expression.name == name):
                raise self.error(item, f"`{name}` is a variable outside of the subquery", "choose another name")
            seen.add(name)
            new[name] = value
        for item in mixed:
            if bad := ungrouped(item.expression, keys, self.scope if not projection.star else {}):
                hint = "name it in a column of its own, or in a WITH before"
                raise self.error(bad, "beside an aggregate only what rows are grouped by may stand", hint)
        return bool(mixed)

    def _behind(
        self,
        projection: ast.Projection,
        outer: Scope,
        new: Scope,
        special: bool,
        grouped: bool,
        where: ast.Expression | None,
    ) -> None:
        """Check ORDER BY and WHERE, which see the columns, and the variables before unless rows were merged."""
        if special:
            self.known = {
                i.expression: new[i.name]
                for i in projection.items
                if not isinstance(i.expression, ast.Literal | ast.Parameter)
            }
            self.hidden = frozenset(outer.keys() - new.keys() - self.fixed.keys())
            self.scope = {**self.fixed, **new}
        else:
            self.scope = {**outer, **new}
        try:
            for item in projection.order:
                if grouped:
                    self.kind_of(item.expression)
                else:
                    with self.without_aggregates("in ORDER BY, as no column holds one"):
                        self.kind_of(item.expression)
            if where is not None:
                with self.without_aggregates("in WHERE; name it in the WITH, and compare the name"):
                    self.condition(where)
        finally:
            self.known, self.hidden = {}, frozenset()

    def _bound(self, word: str, node: ast.Expression) -> None:
        """SKIP and LIMIT take a number that does not depend on rows."""
        value: object = None
        for part in ast.walk(node):
            if isinstance(part, ast.Subquery | ast.PatternComprehension | ast.PatternPredicate):
                raise self.error(part, f"{word} cannot depend on patterns")
        self.scope = {}
        try:
            with self.without_aggregates(f"in {word}"):
                kind = self.kind_of(node)
        except type(self.error(0, "")) as e:
            if "is not defined" in str(e):
                raise self.error(node, f"{word} cannot depend on variables", "use a number or a parameter") from None
            raise
        if isinstance(node, ast.Literal):
            value = node.value
        elif isinstance(node, ast.Unary) and isinstance(node.operand, ast.Literal):
            value = -1 if node.operator == "-" and node.operand.value != 0 else node.operand.value
        else:
            value = 0 if fits(kind, "i") else None
        if not (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
            raise self.error(node, f"{word} takes a whole number, 0 or more")

    # --- subqueries

    def _call(self, clause: ast.CallSubquery) -> None:
        outer, fixed = self.scope, self.fixed
        inner: Scope = {}
        if clause.imports == "*":
            inner = dict(outer)
        elif clause.imports is not None:
            for name in clause.imports:
                if name not in outer:
                    raise self.undefined(name, clause.pos)
                inner[name] = outer[name]
        scoped = clause.imports is not None
        parts = clause.body.parts if isinstance(clause.body, ast.Union) else (clause.body,)
        imported = [not scoped and self._imports(part, outer) for part in parts]
        self.fixed = inner if scoped else {}
        columns: tuple[str, ...] | None = None
        kinds: Scope = {}
        for part, importing in zip(parts, imported, strict=True):
            self.scope = dict(outer) if importing else dict(inner)
            got = self._single(part, "CALL")
            if columns is not None and set(got) != set(columns):
                raise self.error(
                    part.clauses[-1],
                    f"the parts of a UNION must have the same columns: {_list(columns)}, not {_list(got)}",
                )
            columns, kinds = columns or got, {**self.columns_kinds, **kinds}
        self.fixed = fixed
        last = parts[0].clauses[-1]
        for name in columns or ():
            if name in outer:
                raise self.error(
                    last, f"`{name}` is already a variable outside of the subquery", "rename the column with AS"
                )
        self.scope = {**outer, **{n: kinds.get(n, ANY) for n in columns or ()}}

    def _imports(self, part: ast.SingleQuery, outer: Scope) -> bool:
        """Does the first clause of an old CALL import variables?"""
        first = part.clauses[0]
        if not isinstance(first, ast.With):
            return False
        projection = first.projection
        names = {n.name for i in projection.items for n in ast.walk(i) if isinstance(n, ast.Variable)}
        if not names and not projection.star:
            return False
        plain = all(isinstance(i.expression, ast.Variable) and i.alias in (None, i.name) and i.name == i.expression.name
                    for i in projection.items)  # fmt: skip
        if not plain:
            raise self.error(first, "the WITH that imports variables takes plain names", "rename them in a second WITH")
        if projection.distinct or projection.order or projection.skip or projection.limit or first.where is not None:
            raise self.error(first, "the WITH that imports variables takes nothing but names", "add a second WITH")
        return True

    def subquery(self, node: ast.Subquery) -> str:
        outer, fixed = self.scope, self.fixed
        state = self.no_aggregates, self.aggregates, self.known, self.hidden
        self.fixed, self.no_aggregates, self.known, self.hidden = outer, None, {}, frozenset()
        columns = self.body(node.body, kind=node.kind)
        kinds = self.columns_kinds
        self.scope, self.fixed = outer, fixed
        self.no_aggregates, self.aggregates, self.known, self.hidden = state
        if node.kind == "COLLECT":
            if len(columns) != 1:
                raise self.error(node, f"COLLECT {{ }} returns one column, not {len(columns)}")
            return "l" + kinds.get(columns[0], ANY)
        return "i" if node.kind == "COUNT" else "b"


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{n}`" for n in names) or "none"


def check(query: ast.Query) -> Checked:
    """Check the names and kinds of a query.

    Errors: CypherSyntaxError for what Neo4j refuses too; UnsupportedCypher for a function outside the subset.

    >>> checked = check(parse("MATCH (c:Cal) RETURN c.hid AS hid, count(*)"))
    >>> checked.columns, checked.notes[0].message
    (('hid', 'count(*)'), 'the graph has no label `Cal`; did you mean Call?')
    >>> check(parse("MATCH (call) RETURN cal.hid"))
    Traceback (most recent call last):
    mandala_graph.errors.CypherSyntaxError: line 1, column 21: variable `cal` is not defined; did you mean `call`?
      MATCH (call) RETURN cal.hid
                          ^
    """
    checker = _Checker(query.text)
    try:
        columns = checker.body(query.body, kind="query")
    except RecursionError:  # the caller's own stack was nearly full
        raise syntax_error(query.text, 0, "nested too deep for this place") from None
    return Checked(query, columns, tuple(checker.notes))


@lru_cache(maxsize=1024)
def prepare(text: str) -> Checked:
    """Parse and check a statement, once for each text.

    >>> prepare("RETURN 1 AS one").columns
    ('one',)
    """
    return check(parse(text))
