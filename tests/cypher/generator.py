"""Random queries of the subset, well typed, whose result does not depend on what Cypher leaves open.

`Generator(rng).query()` gives a statement and its parameters. Rows in no order are compared as multisets; a LIMIT only
follows an ORDER BY that decides it, a collected list is always made independent of its order.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mandala_graph.graph import NODES, RELATIONSHIPS
from tests.cypher.pool import NAMES, OPS, VALUES

__all__ = ["Generator"]

_KIND = {"string": "str", "integer": "int", "float": "float", "boolean": "bool", "scalar": "any", "strings": "list"}
_WEIGHTED = ["INPUT"] * 5 + ["OUTPUT"] * 5 + ["OF", "DEPENDS_ON", "CHANGED_TO"]


@dataclass
class Scope:
    """Variables by name: a label or "" for nodes, ("rel", type) for relationships, a kind for values."""

    nodes: dict[str, str] = field(default_factory=dict)
    relationships: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)

    def copy(self) -> Scope:
        return Scope(dict(self.nodes), dict(self.relationships), dict(self.values))


class Generator:
    """Makes queries from a source of randomness."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.parameters: dict[str, Any] = {}
        self.counter = 0

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def new(self, prefix: str) -> str:
        self.counter += 1
        return f"{prefix}{self.counter}"

    def parameter(self, value: Any) -> str:
        name = self.new("p")
        self.parameters[name] = value
        return f"${name}"

    # --- expressions -------------------------------------------------------------------------------------------------

    def literal(self, kind: str) -> str:
        r = self.rng
        value: Any
        if kind == "int":
            value = r.choice([0, 1, 2, 3, -1, 7, 10])
        elif kind == "float":
            value = r.choice([0.5, 0.95, -1.5, 2.25, 10.5])
        elif kind == "str":
            value = r.choice(["a", "b", "ab", "B", "", "añ😀", "10", *OPS, *NAMES])
        elif kind == "bool":
            return r.choice(["true", "false", "null"])
        elif kind == "list":
            return self.parameter([r.choice(VALUES) for _ in range(r.randint(0, 3))])
        else:
            value = r.choice(VALUES)
        if self.chance(0.5):
            return self.parameter(value)
        if value is None:
            return "null"
        if isinstance(value, str):
            return "'" + value + "'"
        return str(value).lower()

    def properties(self, scope: Scope, kind: str) -> list[str]:
        found = []
        for name, label in scope.nodes.items():
            for l in [label] if label else list(NODES):
                found += [f"{name}.{p.name}" for p in NODES[l].properties if _KIND[p.kind] == kind]
        for name, rtype in scope.relationships.items():
            for t in [rtype] if rtype else ["INPUT"]:
                found += [f"{name}.{p.name}" for p in RELATIONSHIPS[t].properties if _KIND[p.kind] == kind]
        found += [n for n, k in scope.values.items() if k == kind]
        return found

    def leaf(self, scope: Scope, kind: str) -> str:
        found = self.properties(scope, kind)
        return self.rng.choice(found) if found and self.chance(0.75) else self.literal(kind)

    def expression(self, scope: Scope, kind: str, depth: int = 2) -> str:
        if depth <= 0 or self.chance(0.4):
            return self.leaf(scope, kind)
        sub: Callable[[str], str] = lambda k: self.expression(scope, k, depth - 1)
        r = self.rng
        options: dict[str, list[Callable[[], str]]] = {
            "int": [
                lambda: f"({sub('int')} {r.choice('+-*')} {sub('int')})",
                lambda: f"({sub('int')} {r.choice('/%')} {r.choice(['2', '3', '-2'])})",
                lambda: f"size({sub('str')})",
                lambda: f"size({sub('list')})",
                lambda: f"toInteger({sub(r.choice(['int', 'float', 'str']))})",
                lambda: f"abs({sub('int')})",
                lambda: f"coalesce({sub('int')}, {sub('int')})",
                lambda: f"CASE WHEN {self.condition(scope, depth - 1)} THEN {sub('int')} ELSE {sub('int')} END",
                lambda: f"-{sub('int')}",
            ],
            "float": [
                lambda: f"({sub('float')} {r.choice('+-*')} {sub(r.choice(['int', 'float']))})",
                lambda: f"({sub('float')} / {r.choice(['2', '0.5', '-3'])})",
                lambda: f"{r.choice(['round', 'floor', 'ceil', 'abs'])}({sub('float')})",
                lambda: f"toFloat({sub('int')})",
                lambda: f"sqrt(abs({sub('float')}))",  # no NaN: Neo4j's DISTINCT keeps each of them
                lambda: f"coalesce({sub('float')}, {sub('float')})",
                lambda: f"({sub('int')} ^ 2)",
            ],
            "str": [
                lambda: f"({sub('str')} + {sub(r.choice(['str', 'int']))})",
                lambda: f"{r.choice(['toLower', 'toUpper', 'trim', 'reverse'])}({sub('str')})",
                lambda: f"{r.choice(['left', 'right', 'substring'])}({sub('str')}, {r.randint(0, 3)})",
                lambda: f"replace({sub('str')}, 'a', {self.literal('str')})",
                lambda: f"toString({sub(r.choice(['int', 'float', 'bool']))})",
                lambda: f"coalesce({sub('str')}, {sub('str')})",
                lambda: f"head(split({sub('str')}, 'a'))",
                lambda: f"CASE {sub('str')} WHEN {sub('str')} THEN {sub('str')} END",
            ],
            "bool": [lambda: f"({self.condition(scope, depth - 1)})"],
            "any": [
                lambda: f"coalesce({sub('any')}, {sub(r.choice(['int', 'str', 'float']))})",
                lambda: f"[{sub('any')}, {sub('int')}, {sub('str')}][{r.randint(-2, 3)}]",
                lambda: f"{{a: {sub('any')}, b: {sub('str')}}}.{r.choice('abc')}",
                lambda: f"head([{sub('any')}])",
            ],
            "list": [
                lambda: f"[{sub('any')}, {sub('int')}]",
                lambda: f"[x IN {sub('list')} WHERE x {r.choice(['=', '<>', '<'])} {self.literal('any')} | x]",
                lambda: f"[x IN {sub('list')} | [x, {self.leaf(scope, 'int')}]]",
                lambda: f"range(0, {r.randint(0, 4)})",
                lambda: f"({sub('list')} + {sub('list')})",
                lambda: f"{sub('list')}[{r.randint(-1, 1)}..]",
                lambda: f"{r.choice(['tail', 'reverse'])}({sub('list')})",
                lambda: f"split({sub('str')}, {r.choice(['a', 'b'])!r})",
                lambda: self.parameter([r.choice(VALUES) for _ in range(r.randint(0, 3))]),
            ],
        }
        return r.choice(options[kind])()

    def condition(self, scope: Scope, depth: int = 2) -> str:
        r = self.rng
        sub: Callable[[str], str] = lambda k: self.expression(scope, k, depth - 1)
        kind = r.choice(["int", "float", "str", "any", "any", "str"])
        other = (
            kind
            if self.chance(0.7)
            else r.choice(["int", "float", "any"])
            if kind in ("int", "float", "any")
            else "str"
        )
        options: list[Callable[[], str]] = [
            lambda: f"{sub(kind)} {r.choice(['=', '<>', '<', '<=', '>', '>='])} {sub(other)}",
            lambda: f"{sub(kind)} {r.choice(['=', '<>', '<', '<=', '>', '>='])} {sub(other)}",
            lambda: f"{sub('int')} < {sub('int')} <= {sub('int')}",
            lambda: f"{sub('str')} {r.choice(['STARTS WITH', 'ENDS WITH', 'CONTAINS'])} {sub('str')}",
            lambda: f"{sub(r.choice(['int', 'str', 'any']))} IN [{self.literal('int')}, {self.literal('str')}]",
            lambda: f"{sub('any')} IN {sub('list')}",
            lambda: f"{sub('str')} IN {self.parameter([r.choice([*OPS, *NAMES]) for _ in range(2)])}",
            lambda: f"{sub(kind)} IS {r.choice(['', 'NOT '])}NULL",
            lambda: f"{sub('str')} =~ {r.choice(['.*a.*', '(?i)B', '[a-z]+', ''])!r}",
            lambda: (
                f"{r.choice(['any', 'all', 'none', 'single'])}(x IN {sub('list')} WHERE x {r.choice(['=', '>'])} {self.literal('any')})"
            ),
            lambda: f"{sub('list')} = {sub('list')}",
        ]
        if depth > 0:
            for word in ("AND", "OR", "XOR"):
                options.append(
                    lambda w=word: f"({self.condition(scope, depth - 1)} {w} {self.condition(scope, depth - 1)})"
                )  # type: ignore[misc]
            options.append(lambda: f"NOT ({self.condition(scope, depth - 1)})")
        if scope.nodes and depth > 0:
            name = r.choice(sorted(scope.nodes))
            options += [
                lambda: f"{name}:{r.choice(['Ref', 'Call', '!Ref', 'Ref|Op'])}",
                lambda: self.predicate(scope, name),
                lambda: f"EXISTS {{ {self.match(scope.copy(), start=name, small=True)} }}",
                lambda: (
                    f"COUNT {{ {self.match(scope.copy(), start=name, small=True)} }} {r.choice(['>', '=', '<'])} {r.randint(0, 2)}"
                ),
            ]
        return r.choice(options)()

    def predicate(self, scope: Scope, name: str) -> str:
        types = self.rng.choice(["", ":INPUT", ":OUTPUT", ":INPUT|OUTPUT", ":INPUT|OUTPUT*", ":OF"])
        left, right = self.rng.choice([("-", "->"), ("<-", "-"), ("-", "-")])
        if "*" in types and left == right:
            right = "->"
        return f"({name}){left}[{types}]{right}({self.rng.choice(['', ':Ref', ':Call'])})"

    # --- patterns ----------------------------------------------------------------------------------------------------

    def node(self, scope: Scope, label: str, named: bool = True) -> str:
        """A node pattern; `label` is what the schema says, or ""."""
        r = self.rng
        same = [n for n, known in scope.nodes.items() if known == label]
        if same and self.chance(0.2):
            return f"({r.choice(same)})"
        name = self.new("n") if named and self.chance(0.85) else ""
        shown = f":{label}" if label and self.chance(0.6) else (self.chance(0.05) and ":Ref|Call") or ""
        inner = ""
        if label and self.chance(0.2):
            strings = [p for p in NODES[label].properties if p.kind in ("string", "scalar")]
            p = r.choice(strings)
            value = {"op": r.choice(OPS), "name": "train"}.get(p.name, r.choice(VALUES[:18]))
            inner = f" {{{p.name}: {self.parameter(value)}}}"
        elif name and label and self.chance(0.1):
            one = Scope(nodes={name: label})
            inner = f" WHERE {self.condition(one, 0)}"
        if name:
            scope.nodes[name] = label
        return f"({name}{shown}{inner})"

    def path(self, scope: Scope, start: str | None = None, hops: int | None = None, small: bool = False) -> str:
        r = self.rng
        if start is not None:
            at = scope.nodes[start]
            text = f"({start})"
        else:
            at = r.choice(["Ref", "Call", "Ref", "Call", "Version", "Component", "Op", "Run", ""])
            text = self.node(scope, at)
        if at in ("Run", "Store"):
            return text
        for _ in range(hops if hops is not None else r.choice([0, 1, 1, 1, 2, 2, 3])):
            fitting = [t for t in _WEIGHTED if not at or at in (RELATIONSHIPS[t].source, RELATIONSHIPS[t].target)]
            if not fitting:
                break
            t = r.choice(fitting)
            rel = RELATIONSHIPS[t]
            forward = rel.source == at if at and rel.source != rel.target else self.chance(0.5)
            variable = ""
            length = ""
            shown = f":{t}"
            far = rel.target if forward else rel.source
            undirected = self.chance(0.15)
            if t in ("INPUT", "OUTPUT") and self.chance(0.25 if not small else 0.15):
                shown, far = r.choice([(":INPUT|OUTPUT", ""), ("", "")])
                length = r.choice(["*", "*0..", "*1..3", "*2", "*0..2", "*2.."])
                undirected = undirected and length in ("*1..3", "*2", "*0..2") and not small
                if self.chance(0.2):
                    forward = not forward
            elif self.chance(0.15):
                shown, far = "", ""
                forward = self.chance(0.5)
            if rel.source == rel.target and self.chance(0.3):
                length = r.choice(["*", "*0..", "*1..2"])
            inner = ""
            if not length and self.chance(0.4):
                variable = self.new("r")
                scope.relationships[variable] = t if shown else ""
            if shown == f":{t}" and t in ("INPUT", "OUTPUT") and self.chance(0.25):
                inner = f" {{name: {self.parameter(r.choice(NAMES))}}}"
            arrow = ("-", "-") if undirected else ("-", "->") if forward else ("<-", "-")
            if undirected and (shown != f":{t}" or length):
                far = "" if not shown or length else far
            text += f"{arrow[0]}[{variable}{shown}{length}{inner}]{arrow[1]}{self.node(scope, far, named=not small)}"
            at = far
        return text

    def match(self, scope: Scope, start: str | None = None, small: bool = False) -> str:
        if start is None and scope.nodes and self.chance(0.7):
            start = self.rng.choice(sorted(scope.nodes))
        paths = [self.path(scope, start, hops=1 if small else None, small=small)]
        if not small and self.chance(0.15):
            paths.append(self.path(scope, self.rng.choice(sorted(scope.nodes)) if scope.nodes else None, hops=1))
        where = f" WHERE {self.condition(scope, 1 if small else 2)}" if self.chance(0.45) else ""
        return f"MATCH {', '.join(paths)}{where}"

    # --- clauses -----------------------------------------------------------------------------------------------------

    def aggregate(self, scope: Scope) -> tuple[str, str]:
        r = self.rng
        d = r.choice(["", "DISTINCT "])
        kind = r.choice(["int", "float"])
        options: list[tuple[str, str]] = [
            ("count(*)", "int"),
            (f"count({d}{self.expression(scope, r.choice(['any', 'str', 'list']), 1)})", "int"),
            (f"sum({d}{self.expression(scope, 'int', 1)})", "int"),
            (f"avg({self.expression(scope, kind, 1)})", "float"),
            (f"{r.choice(['min', 'max'])}({self.expression(scope, r.choice(['int', 'str', 'any']), 1)})", "any"),
            (f"size(collect({d}{self.expression(scope, 'any', 1)}))", "int"),
            (f"count({d}{self.expression(scope, 'int', 1)}) + 1", "int"),
            (f"stDev({self.expression(scope, 'float', 1)})", "float"),
            (f"percentileCont({self.expression(scope, 'float', 1)}, 0.5)", "float"),
            (f"percentileDisc({self.expression(scope, 'int', 1)}, 0.75)", "any"),
        ]
        if scope.nodes:
            options.append((f"count({d}{r.choice(sorted(scope.nodes))})", "int"))
        if scope.relationships:
            options.append((f"count({d}{r.choice(sorted(scope.relationships))})", "int"))
        return r.choice(options)

    def with_(self, scope: Scope) -> tuple[str, Scope]:
        r = self.rng
        new = Scope()
        items = []
        for n in r.sample(sorted(scope.nodes), min(len(scope.nodes), r.randint(0, 2))):
            new.nodes[n] = scope.nodes[n]
            items.append(n)
        for n in r.sample(sorted(scope.relationships), min(len(scope.relationships), r.randint(0, 1))):
            new.relationships[n] = scope.relationships[n]
            items.append(n)
        for _ in range(r.randint(0, 2)):
            kind = r.choice(["int", "str", "any", "float", "bool", "list"])
            name = self.new("v")
            items.append(f"{self.expression(scope, kind, 1)} AS {name}")
            new.values[name] = kind
        distinct = ""
        if self.chance(0.35) or not items:
            text, kind = self.aggregate(scope)
            name = self.new("v")
            items.append(f"{text} AS {name}")
            new.values[name] = kind
        elif self.chance(0.2):
            distinct = "DISTINCT "
        where = f" WHERE {self.condition(new, 1)}" if self.chance(0.3) else ""
        return f"WITH {distinct}{', '.join(items)}{where}", new

    def subquery(self, scope: Scope) -> tuple[str, str]:
        """A COUNT, EXISTS or COLLECT from a node of the scope, and the kind of what it gives."""
        r = self.rng
        start = r.choice(sorted(scope.nodes))
        inner = scope.copy()
        body = self.match(inner, start=start, small=r.random() < 0.7)
        if r.random() < 0.2:  # a WITH of its own, above which the names around stay known
            inner_with = self.new("w")
            body += f" WITH {', '.join([*sorted(set(inner.nodes) - set(scope.nodes)), ''])}{self.expression(inner, 'int', 1)} AS {inner_with}"
            inner.values[inner_with] = "int"
            inner.relationships.clear()
        how = r.choice(["COLLECT", "COLLECT", "COUNT", "EXISTS"])
        if how == "COUNT":
            return f"COUNT {{ {body} RETURN 1 AS one }}", "int"
        if how == "EXISTS":
            return f"EXISTS {{ {body} RETURN 1 AS one }}", "bool"
        kind = r.choice(["hids", "hids", "ints"])
        holders = [n for n, label in inner.nodes.items() if label in ("Ref", "Call", "")]
        # not of nodes that may have any label: Neo4j's DISTINCT gives a null twice for those at the end of a `*0..2`
        told = Scope({n: label for n, label in inner.nodes.items() if label}, inner.relationships, inner.values)
        item = f"{r.choice(holders)}.hid" if kind == "hids" and holders else self.expression(told, "int", 1)
        kind = kind if holders else "ints"
        return f"COLLECT {{ {body} RETURN DISTINCT {item} AS i ORDER BY i }}", kind

    def link(self, scope: Scope) -> tuple[list[str], Scope]:
        """A WITH of subqueries, and of columns over those of the WITH before; and what may come right after it."""
        r = self.rng
        new = Scope(nodes=dict(scope.nodes))
        items = sorted(scope.nodes)
        for n, kind in scope.values.items():
            made = {
                "hids": [
                    n,
                    f"CASE size({n}) WHEN 0 THEN null WHEN 1 THEN {n} ELSE {n}[..1] + {n} END",
                    f"[x IN {n} | x]",
                ],
                "ints": [n, f"[x IN {n} WHERE x > size({n})] + {n}"],
                "int": [n, f"{n} + {n}", f"CASE WHEN {n} > 1 THEN {n} ELSE -{n} END"],
                "bool": [n, f"NOT {n}", f"({n} OR null)"],
            }.get(kind, [n])
            shown = r.choice(made)
            items.append(n if shown == n else f"{shown} AS {n}")
            new.values[n] = kind
        for _ in range(r.randint(1, 2)):
            name = self.new("v")
            text, kind = self.subquery(scope)
            items.append(f"{text} AS {name}")
            new.values[name] = kind
        r.shuffle(items)
        tail = ""
        if self.chance(0.2):
            tail = f" ORDER BY {', '.join(sorted(new.nodes | new.values))}"
            tail += f" LIMIT {r.randint(3, 30)}" if self.chance(0.5) and not new.nodes else ""
        numbers = [n for n, k in new.values.items() if k == "int"]
        if numbers and self.chance(0.3):
            tail += f" WHERE {r.choice(['', 'NOT '])}{r.choice(numbers)} {r.choice(['>', '=', '<='])} {r.randint(0, 2)}"
        clauses = [f"WITH {r.choice(['', '', 'DISTINCT '])}{', '.join(items)}{tail}"]
        lists = [n for n, k in new.values.items() if k == "hids"]
        if lists and self.chance(0.5):
            clauses += self.unwound(new, r.choice(lists))
        return clauses, new

    def unwound(self, scope: Scope, listed: str) -> list[str]:
        """A list of hids as rows, and the nodes that have them."""
        r = self.rng
        h, n = self.new("h"), self.new("n")
        mixed = r.choice(["", "", f" + {self.literal('any')}", " + [null]"])
        label = r.choice(["Ref", "Ref", "Call"])
        way = r.choice(
            [
                f"MATCH ({n}:{label} {{hid: {h}}})",
                f"MATCH ({n}:{label} {{hid: {h}}})",
                f"MATCH ({n}:{label}) WHERE {n}.hid = {h}",
                f"OPTIONAL MATCH ({n}:{label} {{hid: {h}}})",
                f"OPTIONAL MATCH ({n}:{label}) WHERE {h} = {n}.hid",
                f"MATCH ({n}:{label}) WHERE NOT {n}.hid = {h} AND {n}.nbytes < 3",
                f"MATCH ({n}:{label}) WHERE NOT ({h} <> {n}.hid)",
                f"MATCH ({n}:{label}) WHERE {n}.hid IN {listed}",
                f"MATCH ({n}:{label}) WHERE NOT {n}.hid IN {listed} AND NOT ({n}.hid = {h} OR {n}.started > 9)",
                f"MATCH ({n}:{label}) WHERE ({n}.hid = {h}) IS NULL",
            ]
        )
        scope.nodes[n] = label
        scope.values[h] = "any"
        return [f"UNWIND {listed}{mixed} AS {h}", way]

    def chain(self) -> tuple[str, dict[str, Any]]:
        """WITH upon WITH of subqueries, as a frame's rows are asked for."""
        r = self.rng
        scope = Scope()
        clauses = [self.match(scope, small=True)]
        if not scope.nodes:
            clauses, scope = ["MATCH (n0:Ref)"], Scope(nodes={"n0": "Ref"})
        scope.relationships.clear()
        for _ in range(r.choice([1, 2, 2, 3])):
            more, scope = self.link(scope)
            clauses += more
            if self.chance(0.15):
                wider = scope.copy()
                text = self.match(wider, small=True)
                if "COUNT" not in text:  # with `COUNT { } < 1` there Neo4j 5.26 loses rows whose count is 0
                    clauses.append("OPTIONAL " + text)
                    scope = wider
                    scope.relationships.clear()
        items = [f"{n} AS out_{n}" for n in [*scope.values, *r.sample(sorted(scope.nodes), min(1, len(scope.nodes)))]]
        if self.chance(0.3):
            items.append(r.choice(["count(*) AS c", *(f"count(DISTINCT {n}) AS c" for n in scope.values)]))
        return " ".join([*clauses, f"RETURN {r.choice(['', 'DISTINCT '])}{', '.join(items)}"]), self.parameters

    def returned(self, scope: Scope) -> tuple[str, bool]:
        r = self.rng
        items = []
        for n in r.sample(sorted(scope.nodes), min(len(scope.nodes), r.randint(0, 2))):
            items.append((r.choice([n, f"{n} AS out_{n}", f"labels({n}) AS out_{n}"]), False))
        for n in r.sample(sorted(scope.relationships), min(len(scope.relationships), r.randint(0, 1))):
            items.append((r.choice([n, f"type({n}) AS out_{n}", f"properties({n}) AS out_{n}"]), False))
        for _ in range(r.randint(0 if items else 1, 3)):
            kind = r.choice(["int", "str", "any", "float", "bool", "list"])
            items.append((f"{self.expression(scope, kind)} AS {self.new('c')}", True))
        if self.chance(0.3):
            items.append((f"{self.aggregate(scope)[0]} AS {self.new('c')}", True))
            r.shuffle(items)
        distinct = "DISTINCT " if self.chance(0.25) else ""
        text = f"RETURN {distinct}{', '.join(i for i, _ in items)}"
        names = [i.rpartition(" AS ")[2] for i, sortable in items if sortable]
        if names and self.chance(0.4):
            order = ", ".join(f"{n}{r.choice([' DESC', ''])}" for n in names)
            return f"{text} ORDER BY {order}", all(s for _, s in items)
        return text, False

    def query(self) -> tuple[str, dict[str, Any]]:
        """A statement and its parameters."""
        if self.chance(0.15):
            return self.chain()
        if self.chance(0.08):
            parts = []
            for _ in range(2):
                scope = Scope()
                parts.append(
                    f"{self.match(scope)} RETURN {self.expression(scope, 'any')} AS a, {self.expression(scope, 'str')} AS b"
                )
            return self.rng.choice([" UNION ", " UNION ALL "]).join(parts), self.parameters
        scope = Scope()
        clauses = [self.match(scope)]
        for _ in range(self.rng.choice([0, 0, 1, 1, 2])):
            choice = self.rng.random()
            if choice < 0.3:
                clauses.append(self.match(scope))
            elif choice < 0.55:
                clauses.append("OPTIONAL " + self.match(scope))
            elif choice < 0.8:
                text, scope = self.with_(scope)
                clauses.append(text)
            elif choice < 0.9:
                name = self.new("u")
                clauses.append(f"UNWIND {self.expression(scope, 'list', 1)} AS {name}")
                scope.values[name] = "any"
            elif scope.nodes:
                n = self.rng.choice(sorted(scope.nodes))
                inner = Scope(nodes={n: scope.nodes[n]})
                body = self.match(inner, start=n, small=True)
                name = self.new("s")
                clauses.append(f"CALL ({n}) {{ {body} RETURN {self.aggregate(inner)[0]} AS {name} }}")
                scope.values[name] = "any"
        text, total = self.returned(scope)
        if total and self.chance(0.5):
            text += f"{' SKIP 1' if self.chance(0.3) else ''} LIMIT {self.rng.randint(1, 9)}"
        clauses.append(text)
        return " ".join(clauses), self.parameters
