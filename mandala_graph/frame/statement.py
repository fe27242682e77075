"""A frame's rows as one Cypher statement, to paste into Neo4j Browser.

A branch for each shape of row: which nodes are filled, and along which edges. A row is told by its sinks, so only
their hids stand in the statement; everything else is matched upstream of them.
"""

from __future__ import annotations

from mandala_graph.errors import FrameError
from mandala_graph.frame.body import Body, Edge
from mandala_graph.frame.order import along_edges
from mandala_graph.frame.rows import table
from mandala_graph.frame.select import cyclic, ends

__all__ = ["cypher"]

Shape = tuple[tuple[str, ...], tuple[tuple[Edge, bool], ...], tuple[str, ...]]


def cypher(body: Body) -> str:
    """The statement; a column for each node, a row for each row, several elements as a list.

    Raises:
        FrameError: the frame has a loop (`unroll=None` takes loops apart), or no rows.
    """
    if cyclic(body):
        raise FrameError("a frame with a loop has no Cypher of one pattern: expand it with unroll=None first.")
    nodes = along_edges(body)
    shapes = _shapes(body)
    if not shapes:
        raise FrameError("the frame has no rows, so there is nothing to ask for.")
    return "\nUNION ALL\n".join(_branch(body, nodes, shape, sinks) for shape, sinks in sorted(shapes.items()))


def _shapes(body: Body) -> dict[Shape, dict[str, set[str]]]:
    """Shape of row -> node -> hids of the sinks that rows of this shape have there.

    A shape is: filled nodes; edges with whether every element has one; nodes that hold several elements.
    """
    pairs: dict[Edge, dict[int, set[int]]] = {}
    for edge in body.edges:
        for a, b in body.pairs(edge):
            pairs.setdefault(edge, {}).setdefault(b, set()).add(a)
    free = ends(body, back=False)
    found: dict[Shape, dict[str, set[str]]] = {}
    for row in table(body).as_dicts():
        edges = []
        for edge, above in pairs.items():
            source, target, _ = edge
            if source in row and target in row:
                fed = sum(not above.get(b, set()).isdisjoint(row[source]) for b in row[target])
                if fed:
                    edges.append((edge, fed == len(row[target])))
        many = tuple(n for n in row if len(row[n]) > 1)
        shape = (tuple(row), tuple(sorted(edges)), many)
        sinks = found.setdefault(shape, {})
        for n, cell in row.items():
            ids = body.web.ref_ids if n in body.vars else body.web.call_ids
            own = [ids[x] for x in cell if x in free[n]]
            if own:
                sinks.setdefault(n, set()).update(own)
    return found


def _name(node: str) -> str:
    return "`" + node.replace("`", "``") + "`"


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _branch(body: Body, nodes: list[str], shape: Shape, sinks: dict[str, set[str]]) -> str:
    filled, edges, many = shape
    bound: set[str] = set()
    lines: list[str] = []
    into: dict[str, list[tuple[Edge, bool]]] = {}
    for edge, every in edges:
        into.setdefault(edge[1], []).append((edge, every))
    for n in reversed(nodes):
        if n in sinks:
            label = "Ref" if n in body.vars else "Call"
            lines.append(
                f"MATCH ({_name(n)}:{label}) WHERE {_name(n)}.hid IN [{', '.join(map(_text, sorted(sinks[n])))}]"
            )
            bound.add(n)
        for (source, _, label), every in into.get(n, ()):
            kind = "INPUT" if source in body.vars else "OUTPUT"
            node = _name(source)
            if source not in bound:
                node += ":Ref" if source in body.vars else f":Call {{op: {_text(body.ops[source])}}}"
            lines.append(
                f"{'MATCH' if every else 'OPTIONAL MATCH'} ({node})-[:{kind} {{name: {_text(label)}}}]->({_name(n)})"
            )
            bound.add(source)
    columns = []
    for n in nodes:
        if n in many:
            columns.append(f"collect(DISTINCT {_name(n)}.hid) AS {_name(n)}")
        else:
            columns.append(f"{_name(n) + '.hid' if n in filled else 'null'} AS {_name(n)}")
    return "\n".join([*lines, f"RETURN DISTINCT {', '.join(columns)}"])
