"""Changes of a frame's nodes by hand: drop, rename, merge, split, move. All in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mandala_graph.errors import FrameError
from mandala_graph.frame.body import Body
from mandala_graph.frame.select import without_broken_calls

__all__ = ["drop_nodes", "merge", "merge_into", "merge_subsets", "move_ref", "rename", "split"]


def drop_nodes(body: Body, nodes: Iterable[str], with_dependents: bool) -> None:
    """Drop nodes; with dependents, everything downstream of them too."""
    gone = set(nodes)
    if with_dependents:
        gone |= body.reachable(gone, back=False)
    for n in gone:
        body.drop_node(n)


def rename(body: Body, names: Mapping[str, str]) -> None:
    """Give nodes other names, all at once (so that two can swap)."""
    new = {n: names.get(n, n) for n in body.nodes()}
    if len(set(new.values())) < len(new):
        taken = sorted({m for n, m in names.items() if list(new.values()).count(m) > 1})
        raise FrameError(f"a frame's names are unique: {', '.join(taken)} would stand for two nodes.")
    body.vars = {new[n]: refs for n, refs in body.vars.items()}
    body.funcs = {new[n]: calls for n, calls in body.funcs.items()}
    body.ops = {new[n]: op for n, op in body.ops.items()}
    body.edges = {(new[s], new[t], x): None for s, t, x in body.edges}
    body.ins = {new[n]: [(new[v], x) for v, x in edges] for n, edges in body.ins.items()}
    body.outs = {new[n]: [(new[v], x) for v, x in edges] for n, edges in body.outs.items()}
    body.pinned = {new[n] for n in body.pinned}


def merge_into(body: Body, node: str, target: str) -> None:
    """Put a node's elements and edges into another of its kind, and drop it."""
    if (node in body.vars) != (target in body.vars):
        raise FrameError(
            f"{node} and {target} are not of one kind: variables merge with variables, functions likewise."
        )
    if node == target:
        raise FrameError(f"{node} cannot be merged into itself.")
    if node in body.funcs and body.ops[node] != body.ops[target]:
        raise FrameError(
            f"{node} holds calls of {body.ops[node]} and {target} of {body.ops[target]}: "
            f"only one op's calls share a function."
        )
    ins, outs = list(body.ins[node]), list(body.outs[node])
    elements = body.elements(node)
    body.drop_node(node)
    body.elements(target).update(elements)
    for v, label in ins:
        body.add_edge((v, target, label))
    for v, label in outs:
        body.add_edge((target, v, label))
    if problems := body.problems():
        raise FrameError(f"merging {node} into {target} would leave {problems[0]}.")


def merge(body: Body, nodes: Iterable[str], name: str | None) -> str:
    """Merge nodes of one kind into the first of them; the name of the result."""
    first, *rest = list(nodes)
    for n in rest:
        merge_into(body, n, first)
    if name is not None and name != first:
        rename(body, {first: name})
        return name
    return first


def merge_subsets(body: Body) -> None:
    """Merge each variable into one that holds all its refs and more, until there is none."""
    found = True
    while found:
        found = False
        for a in list(body.vars):
            home = next((b for b in body.vars if body.vars[a] < body.vars[b]), None)
            if home is not None:
                merge_into(body, a, home)
                found = True
                break


def split(body: Body, node: str, part_of: Callable[[int], Any]) -> list[str]:
    """Split a node by what `part_of` says of each element; the names of the parts, the largest keeps the old one.

    Each part keeps the edges along which it has neighbours. A split of a variable leaves all calls whole:
    a call's ref is in one of the parts, and all these are wired to it.
    """
    parts: dict[Any, set[int]] = {}
    for x in body.elements(node):
        parts.setdefault(part_of(x), set()).add(x)
    if len(parts) < 2:
        return [node]
    web = body.web
    ids = web.ref_ids if node in body.vars else web.call_ids
    ordered = sorted(parts.values(), key=lambda xs: (-len(xs), min(ids[x] for x in xs)))
    names = [node]
    ins, outs = list(body.ins[node]), list(body.outs[node])
    body.elements(node).intersection_update(ordered[0])
    for part in ordered[1:]:
        new = body.fresh(node)
        if node in body.vars:
            body.add_var(new)
            body.vars[new] = part
            if node in body.pinned:
                body.pinned.add(new)
        else:
            body.add_func(new, body.ops[node])
            body.funcs[new] = part
        names.append(new)
        for v, label in ins:
            body.add_edge((v if v != node else new, new, label))
        for v, label in outs:
            body.add_edge((new, v if v != node else new, label))
    for n in names:
        for edge in [(v, n, x) for v, x in body.ins[n]] + [(n, v, x) for v, x in body.outs[n]]:
            if not body.pairs(edge):
                body.drop_edge(edge)
    return names


def move_ref(body: Body, source: str, target: str, ref: int) -> None:
    """Move a ref from one variable to another, and drop the calls that then miss an input."""
    body.vars[source].discard(ref)
    body.vars[target].add(ref)
    without_broken_calls(body)
