"""The whole store as ops and variables with counts: what `storage.cf()` would be, counted by the store.

A variable is what an op gives under one output name, or what comes from outside into one of its inputs. Three
statements count; no call is fetched. Tests compare names and counts with the frame itself.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from mandala_graph.frame.body import Body
from mandala_graph.frame.names import label_order, output_name
from mandala_graph.web.filters import Filters, pasted
from mandala_graph.web.form import iso
from mandala_graph.web.nodes import edge, graph, node
from mandala_graph.web.state import LIMIT, Browser
from mandala_graph.web.tally import Tally, tally

__all__ = ["OK", "Plan", "plan", "recent_plan", "summary"]

_RECENT = 5.0
"""Seconds."""

OK = "c.status = 'ok'"
_OUT = "RETURN c.op, o.name, count(*)"
_IN = "OPTIONAL MATCH (p:Call)-[o:OUTPUT]->(r) RETURN c.op, i.name, p.op, o.name, count(*), count(DISTINCT r)"

Output = tuple[str, str]
"""(op, label) of an output, or of an input for what comes from outside."""


@dataclass
class Counted:
    """What the statements say."""

    ops: dict[str, list[Tally]]
    outputs: list[tuple[str, str, int]]
    inputs: list[tuple[str, str, str | None, str | None, int, int]]
    read: list[tuple[str, str, int]]


@dataclass
class Plan:
    """The names of the summary's nodes, and what each stands for."""

    body: Body
    made: dict[Output, str] = field(default_factory=dict)
    given: dict[Output, str] = field(default_factory=dict)

    def meaning(self, var: str) -> tuple[str, str, bool]:
        """(op, label, is it an output) of a variable. KeyError for a name there is not."""
        for table, output in ((self.made, True), (self.given, False)):
            for (op, label), name in table.items():
                if name == var:
                    return op, label, output
        raise KeyError(var)


def summary(browser: Browser, filters: Filters) -> dict[str, Any]:
    """The graph of ops and variables; only what the filters leave has a count, and is in it."""
    return browser.kept(("summary", filters), lambda: _summary(browser, filters))


def plan(browser: Browser) -> Plan:
    """The names of all ops and variables, as in `storage.cf()`."""
    return browser.kept("plan", lambda: _plan(browser, _count_all(browser)))


def recent_plan(browser: Browser) -> Plan:
    """The same, as it was some seconds ago perhaps: while an experiment runs, names are asked for more often than they
    change."""
    return browser.kept_for(_RECENT, "plan", lambda: plan(browser))


def _count_all(browser: Browser) -> Counted:
    return browser.kept("counted", lambda: _count(browser, Filters()))


def _count(browser: Browser, filters: Filters) -> Counted:
    found, given = filters.calls(OK)

    def ask(statement: str) -> Callable[[], list[Any]]:
        return lambda: browser.query(statement, **given).rows

    statements = (
        f"{found} MATCH (c)-[o:OUTPUT]->(:Ref) {_OUT}",
        f"{found} MATCH (r:Ref)-[i:INPUT]->(c) {_IN}",
    )
    with ThreadPoolExecutor(3) as pool:  # the engines answer them side by side
        asked = [pool.submit(ask(s)) for s in statements]
        read = pool.submit(_read_only, browser, filters)
        ops: dict[str, list[Tally]] = {}
        for t in tally(browser, filters):
            ops.setdefault(t.op, []).append(t)
        outputs, inputs = (a.result() for a in asked)
        return Counted(ops, outputs, inputs, read.result())


def _plan(browser: Browser, counted: Counted) -> Plan:
    """Names in the order in which a frame of the whole store gives them."""
    declared = browser.store.ops()
    found = Plan(Body(None))  # type: ignore[arg-type]  # names and edges only: it holds no element
    outputs: dict[str, list[str]] = {}
    for op, label, _ in counted.outputs:
        outputs.setdefault(op, []).append(label)
    inputs: dict[str, dict[str, list[tuple[str, str] | None]]] = {}
    for op, label, maker, name, _, _ in counted.inputs:
        inputs.setdefault(op, {}).setdefault(label, []).append(None if maker is None or name is None else (maker, name))
    body = found.body
    names = sorted(op for op, some in counted.ops.items() if any(t.status == "ok" for t in some))
    for op in names:
        body.add_func(op, op)
        order = label_order(declared[op].outputs if op in declared else ())
        for label in sorted(outputs.get(op, ()), key=order):
            found.made[op, label] = var = body.add_var(body.fresh(output_name(label)))
            body.add_edge((op, var, label))
    for op in names:
        order = label_order(declared[op].inputs if op in declared else ())
        for label in sorted(inputs.get(op, ()), key=order):
            makers = inputs[op][label]
            for var in sorted(found.made[m] for m in makers if m is not None):
                body.add_edge((var, op, label))
            if None in makers:
                found.given[op, label] = var = body.add_var(body.fresh(label))
                body.add_edge((var, op, label))
    for op in sorted(counted.ops.keys() - set(names)):  # no call of it ended well: a frame has none of these
        body.add_func(op, op)
    return found


def _summary(browser: Browser, filters: Filters) -> dict[str, Any]:
    names = plan(browser)
    counted = _count(browser, filters) if filters else _count_all(browser)
    values = _values(names, counted)
    nodes = [_op(op, counted.ops[op]) for op in sorted(counted.ops) if op in names.body.funcs]
    nodes += [_var(names, key, name, values) for key, name in names.made.items() if name in values]
    nodes += [_var(names, key, name, values) for key, name in names.given.items() if name in values]
    edges = [edge(f"op:{op}", f"var:{names.made[op, x]}", x, "output", n) for op, x, n in sorted(counted.outputs)]
    edges += [
        edge(f"var:{_source(names, row)}", f"op:{row[0]}", row[1], "input", row[4])
        for row in sorted(counted.inputs, key=lambda r: (r[0], r[1], r[2] or "", r[3] or ""))
    ]
    return _limited(nodes, edges, filters)


def _source(names: Plan, row: tuple[str, str, str | None, str | None, int, int]) -> str:
    op, label, maker, name, _, _ = row
    return names.given[op, label] if maker is None or name is None else names.made[maker, name]


def _values(names: Plan, counted: Counted) -> dict[str, int]:
    """How many refs each variable has: what calls that count made, and what they read."""
    found: dict[str, int] = {}
    for op, label, n in counted.outputs:
        found[names.made[op, label]] = n
    for row in counted.inputs:
        if row[2] is None:
            found[names.given[row[0], row[1]]] = row[5]
    for op, label, n in counted.read:
        if (op, label) in names.made:
            var = names.made[op, label]
            found[var] = found.get(var, 0) + n
    return found


def _read_only(browser: Browser, filters: Filters) -> list[tuple[str, str, int]]:
    """Of calls that do not count: outputs that calls that do count read."""
    if not filters:
        return []
    found, given = filters.calls(OK)
    theirs, _ = filters.conditions("p")
    statement = (
        f"{found} MATCH (r:Ref)-[:INPUT]->(c) WITH DISTINCT r "
        f"MATCH (p:Call)-[o:OUTPUT]->(r) WHERE NOT (p.status = 'ok' AND {' AND '.join(theirs)}) "
        "RETURN p.op, o.name, count(DISTINCT r)"
    )
    return browser.query(statement, **given).rows


def _op(op: str, some: list[Tally]) -> dict[str, Any]:
    """`duration` is the mean of its calls; `version` is there when they are all of one."""
    ok = [t for t in some if t.status == "ok"]
    calls, failed = sum(t.calls for t in ok), sum(t.calls for t in some if t.status != "ok")
    versions = {t.version for t in ok}
    return node(
        f"op:{op}",
        "op",
        op,
        count=calls,
        op=op,
        version=(versions.pop() or None) if len(versions) == 1 else None,
        started=iso(min((t.first for t in ok if t.first), default=None)),
        duration=sum(t.seconds for t in ok) / calls if calls else None,
        status="failed" if failed else "ok",
        failed=failed,
    )


def _var(names: Plan, key: Output, name: str, values: dict[str, int]) -> dict[str, Any]:
    op = key[0] if names.made.get(key) == name else None
    return node(f"var:{name}", "var", name, count=values[name], op=op)


def _limited(nodes: list[dict[str, Any]], edges: list[dict[str, Any]], filters: Filters) -> dict[str, Any]:
    """The graph, without the smallest nodes when there are too many."""
    total = len(nodes)
    message = None
    if total > LIMIT:
        nodes = sorted(nodes, key=lambda n: (-n["count"], n["id"]))[:LIMIT]
        kept = {n["id"] for n in nodes}
        edges = [e for e in edges if e["source"] in kept and e["target"] in kept]
        message = f"{total:,} ops and variables: the {LIMIT:,} with most calls and values are shown."
    where, given = filters.where(OK)
    cypher = pasted(f"MATCH (c:Call){where} RETURN c.op AS op, count(*) AS calls ORDER BY op", given)
    return graph(
        nodes,
        edges,
        total=total,
        truncated=total > LIMIT,
        message=message,
        cypher=cypher,
        python=_python(filters),
    )


def _python(filters: Filters) -> str:
    """The frame of the same calls, as a program would make it."""
    if not filters:
        return "cf = storage.cf()"
    where, given = filters.where(OK)
    statement = f"MATCH (c:Call){where} RETURN c.hid AS call"
    words = "".join(f", {name}={value!r}" for name, value in given.items())
    return (
        f'calls = storage.query({statement!r}{words})["call"]\n'
        'cf = storage.cf().isin(calls, by="hid", node_class="func").cleanup()'
    )
