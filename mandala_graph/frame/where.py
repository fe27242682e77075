"""Which elements meet a condition: asked of the store where values are native, of Python where they are not."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mandala_graph.errors import FrameError, UsageError
from mandala_graph.frame.body import Body
from mandala_graph.frame.histories import EMPTY
from mandala_graph.frame.objects import Objects
from mandala_graph.frame.predicate import Term, parse
from mandala_graph.frame.rows import table
from mandala_graph.frame.select import filtered
from mandala_graph.frame.web import Web
from mandala_graph.store.reach import Condition

__all__ = ["among", "at_versions", "kept", "parts"]

Keep = dict[str, set[int]]
Test = Callable[[Any], Any]


def kept(
    body: Body, objects: Objects, condition: Any, tests: Mapping[str, Test], known: Callable[[str], object]
) -> Keep:
    """By variable, the refs that meet all conditions."""
    terms = _terms(condition) + [_of_value(v, t) for v, t in tests.items()]
    if not terms:
        raise UsageError('where() needs a condition: cf.where("acc > 0.9"), or cf.where(acc=lambda v: v > 0.9).')
    keep: Keep = {}
    for term in terms:
        for v in term.variables:
            known(v)
    for term in [t for t in terms if len(t.variables) == 1]:
        (v,) = term.variables
        refs = keep.get(v, body.vars[v])
        keep[v] = _passing(body.web, objects, refs, term)
    several = [t for t in terms if len(t.variables) > 1]
    if several:
        for v, refs in _by_rows(filtered(body, keep), objects, several).items():
            keep[v] = keep[v] & refs if v in keep else refs
    return keep


def _of_value(variable: str, test: Test) -> Term:
    return Term((variable,), lambda values: bool(test(values[variable])))


def _terms(condition: Any) -> list[Term]:
    if condition is None:
        return []
    if isinstance(condition, str):
        return parse(condition)
    if not callable(condition):
        raise UsageError(f"a condition is a string or a function of variables, not {condition!r}.")
    names = tuple(inspect.signature(condition).parameters)
    if not names:
        raise UsageError("a condition's parameters are named like the variables it looks at; this one has none.")
    return [Term(names, lambda values: bool(condition(**{n: values[n] for n in names})))]


def _passing(web: Web, objects: Objects, refs: set[int], term: Term) -> set[int]:
    (v,) = term.variables
    if term.condition is not None:
        passed, rest = _in_store(web, refs, term.condition)
    else:
        passed, rest = set(), refs
    values = _values(objects, rest, v)
    return passed | {r for r, value in values.items() if _holds(term, {v: value})}


def _holds(term: Term, values: Mapping[str, Any]) -> bool:
    try:
        return term.test(values)
    except TypeError:
        return False  # a value that cannot be compared does not pass


def _in_store(web: Web, refs: set[int], condition: Condition) -> tuple[set[int], set[int]]:
    """Refs whose native values pass, and refs without a native value."""
    hids = [web.ref_ids[r] for r in refs]
    passed, rest = web.reader.passing(hids, condition)
    return {web.ref_of[h] for h in passed}, {web.ref_of[h] for h in rest}


def _values(objects: Objects, refs: Iterable[int], variable: str) -> dict[int, Any]:
    refs = list(refs)
    known = objects.values(refs)
    return {r: known[r] for r in refs}


def _by_rows(body: Body, objects: Objects, terms: list[Term]) -> Keep:
    """The refs of rows that meet conditions on several variables at once."""
    rows = table(body)
    names = list(dict.fromkeys(v for t in terms for v in t.variables))
    keep: Keep = {v: set() for v in names}
    cells = {v: rows.columns[v].tolist() for v in names}
    used = {x for v in names for c in set(cells[v]) for x in rows.cells.elements(c)}
    known = objects.values(used)
    shown: dict[int, Any] = {}
    for i in range(rows.length):
        row = {v: cells[v][i] for v in names}
        if EMPTY in row.values():
            continue
        values = {}
        for v, c in row.items():
            if c not in shown:
                elements = rows.cells.elements(c)
                shown[c] = known[elements[0]] if len(elements) == 1 else [known[x] for x in elements]
            values[v] = shown[c]
        if all(_holds(t, values) for t in terms):
            for v, c in row.items():
                keep[v].update(rows.cells.elements(c))
    return keep


def among(body: Body, objects: Objects, names: Iterable[str], values: Iterable[Any], by: str) -> Keep:
    """By node, the elements that are among some values, cids or hids."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise UsageError(f"isin takes several values, in a list: isin([{values!r}]).")
    values = list(values)
    web = body.web
    if by == "hid":
        wanted = set(values)
        return {
            n: {x for x in body.elements(n) if (web.ref_ids if n in body.vars else web.call_ids)[x] in wanted}
            for n in names
        }
    keep: Keep = {}
    for n in names:
        elements = body.elements(n)
        if by == "cid":
            wanted = set(values)
            if n in body.vars:
                rows = objects.rows(elements)
                keep[n] = {r for r in elements if rows[r].cid in wanted}
            else:
                details = web.reader.call_details([web.call_ids[c] for c in elements])
                keep[n] = {c for c in elements if details[web.call_ids[c]][0] in wanted}
        elif by == "val":
            if n in body.funcs:
                raise UsageError('calls have no values: use by="hid" or by="cid" for functions.')
            keep[n] = {r for r, value in _values(objects, elements, n).items() if _is_in(value, values)}
        else:
            raise UsageError(f'by is "val", "cid" or "hid", not {by!r}.')
    return keep


def _is_in(value: Any, values: list[Any]) -> bool:
    for other in values:
        try:
            if value is other or ((type(value) is type(other) or _numbers(value, other)) and bool(value == other)):
                return True
        except (TypeError, ValueError):
            continue  # arrays compare element by element, which is no yes or no
    return False


def _numbers(a: Any, b: Any) -> bool:
    return isinstance(a, (int, float)) and isinstance(b, (int, float))


def at_versions(body: Body, objects: Objects, ids: set[str]) -> Keep:
    """Calls of these versions; functions none of whose calls is of one of them keep all."""
    web = body.web
    keep: Keep = {}
    seen: set[str] = set()
    for f, calls in body.funcs.items():
        details = web.reader.call_details([web.call_ids[c] for c in calls])
        chosen = {c for c in calls if details[web.call_ids[c]][1] in ids}
        seen |= {d[1] for d in details.values()}
        if chosen:
            keep[f] = chosen
    if not ids & seen:
        raise FrameError(f"no call of the frame is of version {', '.join(sorted(ids))}.")
    return keep


def parts(body: Body, objects: Objects, node: str, by: Any) -> Callable[[int], Any]:
    """What tells the parts of a node apart when it is split."""
    elements = body.elements(node)
    web = body.web
    if by == "version":
        if node in body.vars:
            raise UsageError(f"{node} is a variable: only functions are split by version.")
        details = web.reader.call_details([web.call_ids[c] for c in elements])
        return lambda c: details[web.call_ids[c]][1]
    if by == "wiring":
        near: dict[int, set[tuple[str, str, bool]]] = {x: set() for x in elements}
        for edge in body.edges:
            if node in edge[:2]:
                for a, b in body.pairs(edge):
                    if edge[0] == node:
                        near[a].add((edge[1], edge[2], True))
                    if edge[1] == node:
                        near[b].add((edge[0], edge[2], False))
        return lambda x: frozenset(near[x])
    if not callable(by):
        raise UsageError(f'split by a function, by "version" or by "wiring", not by {by!r}.')
    if node in body.vars:
        values = _values(objects, elements, node)
        return lambda r: by(values[r])
    calls = objects.calls(elements)
    return lambda c: by(calls[c])
