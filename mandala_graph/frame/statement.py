"""A frame's rows as one Cypher statement, to paste into Neo4j Browser.

A row is told by its sinks, so only their hids stand in the statement. From there it goes upstream node by node: what is
in a row's cell is what feeds the cells of the nodes below along the edges of the frame.
"""

from __future__ import annotations

import numpy as np

from mandala_graph.errors import FrameError
from mandala_graph.frame.body import Body, Edge
from mandala_graph.frame.order import along_edges
from mandala_graph.frame.rows import table
from mandala_graph.frame.select import cyclic, ends
from mandala_graph.frame.web import among, numbers
from mandala_graph.store.reach import distinct

__all__ = ["cypher"]


def cypher(body: Body) -> str:
    """The statement; a column for each node, a row for each row, several elements as a list.

    Raises:
        FrameError: the frame has a loop (`unroll=None` takes loops apart), or no rows.
    """
    if cyclic(body):
        raise FrameError(
            "a frame with a loop has no Cypher: its rows follow a cycle. Expand it with unroll=None first."
        )
    rows = _sinks_of_rows(body)
    if not rows:
        raise FrameError("the frame has no rows, so there is nothing to ask for.")
    nodes = along_edges(body)
    row, element, below, hid = _fresh(nodes, "row", "x", "below", "hid")
    maps = ",\n  ".join(
        "{" + ", ".join(f"{_name(n)}: {_text(h)}" for n, h in sinks.items()) + "}" for sinks in sorted(rows, key=str)
    )
    lines = [f"UNWIND [\n  {maps}\n] AS {row}"]
    with_sinks = {n for sinks in rows for n in sinks}
    for level in _levels(body, nodes):
        cells = []
        for n in level:
            ways = [_way(body, (n, t, label), element, below, hid) for t, label in body.outs[n]]
            if n in with_sinks:
                ways.append(f"UNWIND [{row}.{_name(n)}] AS {hid} WITH {hid} WHERE {hid} IS NOT NULL RETURN {hid}")
            cells.append(f"COLLECT {{\n  {(chr(10) + '  UNION ').join(ways)}\n}} AS {_name(n)}")
        lines.append(f"WITH *, {', '.join(cells)}")
    columns = [f"CASE size({c}) WHEN 0 THEN null WHEN 1 THEN {c}[0] ELSE {c} END AS {c}" for c in map(_name, nodes)]
    return "\n".join([*lines, "RETURN " + ",\n  ".join(columns)])


def _levels(body: Body, nodes: list[str]) -> list[list[str]]:
    """The nodes by how far they are from the end, so that each comes after all that it feeds, in few steps."""
    height: dict[str, int] = {}
    for n in reversed(nodes):
        height[n] = max((height[t] + 1 for t, _ in body.outs[n]), default=0)
    return [[n for n in nodes if height[n] == h] for h in range(max(height.values()) + 1)]


def _sinks_of_rows(body: Body) -> list[dict[str, str]]:
    """Of each row, the hid of its sink by node: there is no more than one at a node, and nothing else is in its cell."""
    free = ends(body, back=False)
    web = body.web
    return [
        {
            n: (web.ref_ids if n in body.vars else web.call_ids)[cell[0]]
            for n, cell in row.items()
            if len(cell) == 1 and cell[0] in free[n]
        }
        for row in table(body).as_dicts()
    ]


def _fresh(taken: list[str], *names: str) -> list[str]:
    """The names, with so many underscores before them that no node is called so."""
    while any(n in taken for n in names):
        names = tuple("_" + n for n in names)
    return list(names)


def _way(body: Body, edge: Edge, element: str, below: str, hid: str) -> str:
    """What feeds the elements below along one edge, as hids."""
    source, target, label = edge
    if source in body.vars:
        pattern = f"({element}:Ref)-[:INPUT {{name: {_text(label)}}}]->(:Call {{hid: {below}}})"
    else:
        op = _text(body.ops[source])
        pattern = f"({element}:Call {{op: {op}}})-[:OUTPUT {{name: {_text(label)}}}]->(:Ref {{hid: {below}}})"
    return (
        f"UNWIND {_name(target)} AS {below} MATCH {pattern}{_only(body, edge, element)} "
        f"RETURN DISTINCT {element}.hid AS {hid}"
    )


def _only(body: Body, edge: Edge, element: str) -> str:
    """The condition that keeps out what the store has at this edge and the frame has not; most often there is none."""
    source, target, label = edge
    web = body.web
    if source in body.vars:
        _, labels, refs = web.ins.of(numbers(body.funcs[target]))
        there, ids = distinct(refs[labels == web.code(label)]), web.ref_ids
    else:
        makers = distinct(web.creator[numbers(body.vars[target])])
        calls, labels, refs = web.outs.of(makers[makers >= 0])
        mine = (labels == web.code(label)) & among(refs, body.vars[target])
        mine &= np.array([web.call_op[c] == body.ops[source] for c in calls.tolist()], np.bool_)
        there, ids = distinct(calls[mine]), web.call_ids
    held = among(there, body.elements(source))
    if held.all():
        return ""
    few = held if held.sum() <= len(held) / 2 else ~held
    listed = ", ".join(sorted(_text(ids[x]) for x in there[few].tolist()))
    return f" WHERE {'' if few is held else 'NOT '}{element}.hid IN [{listed}]"


def _name(node: str) -> str:
    return "`" + node.replace("`", "``") + "`"


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
