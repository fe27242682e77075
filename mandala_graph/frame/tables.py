"""`df()`: a frame's rows as a pandas DataFrame of ids, refs or values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mandala_graph.errors import UsageError
from mandala_graph.frame.body import Body
from mandala_graph.frame.collections import CallCollection, RefCollection, ValueCollection
from mandala_graph.frame.histories import EMPTY, Cells
from mandala_graph.frame.objects import Objects
from mandala_graph.frame.order import along_edges
from mandala_graph.frame.rows import Rows, table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ValuesAs", "column", "frame_table", "function_table", "history_table", "variable_table"]

ValuesAs = Literal["objs", "refs", "ids"]
_BIG = 2**53


def frame_table(
    body: Body,
    objects: Objects,
    nodes: Sequence[str],
    values: ValuesAs,
    include_calls: bool,
    join_how: Literal["outer", "inner"],
    lazy: Iterable[str],
    max_rows: int,
    progress: bool,
) -> pd.DataFrame:
    """The rows of a body at some nodes (all when none is named), see `ComputationFrame.df`."""
    if values not in ("objs", "refs", "ids"):
        raise UsageError(f'values is "objs", "refs" or "ids", not {values!r}.')
    if join_how not in ("outer", "inner"):
        raise UsageError(f'join_how is "outer" (partial rows too) or "inner" (full rows only), not {join_how!r}.')
    wanted = set(nodes) if nodes else set(body.nodes())
    columns = [n for n in along_edges(body) if n in wanted and (include_calls or n in body.vars)]
    rows = _projected(table(body, max_rows), columns, join_how == "inner")
    return _frame(body, objects, rows, values, set(lazy), progress)


def variable_table(
    body: Body, objects: Objects, name: str, values: ValuesAs, lazy: Iterable[str], progress: bool
) -> pd.DataFrame:
    """The elements of one node, one a row."""
    elements = np.fromiter(sorted(body.elements(name)), np.int64)
    return _frame(body, objects, Rows({name: elements}, Cells(), len(elements)), values, set(lazy), progress)


def history_table(body: Body, objects: Objects, name: str, values: ValuesAs, include_calls: bool) -> pd.DataFrame:
    """The history of each element of one node, one a row, whatever is downstream of it."""
    upstream = body.reachable([name], back=True) | {name}
    part = body.copy()
    for n in body.nodes():
        if n not in upstream:
            part.drop_node(n)
    for target, label in list(part.outs[name]):
        part.drop_edge((name, target, label))
    from mandala_graph.frame.histories import histories

    h = histories(part)
    mine = h.at == h.nodes.index(name)
    columns = {n: h.matrix[mine, j] for j, n in enumerate(h.nodes) if include_calls or n in body.vars}
    rows = _projected(Rows(columns, h.cells, int(mine.sum())), list(columns), False)
    return _frame(body, objects, rows, values, set(), False)


def function_table(body: Body, objects: Objects, name: str, values: ValuesAs) -> pd.DataFrame:
    """The calls of one function with what went in and out of each, by the op's labels."""
    import pandas as pd

    web = body.web
    calls = sorted(body.funcs[name], key=web.call_ids.__getitem__)
    cells: list[dict[str, list[int]]] = []
    for c in calls:
        row: dict[str, list[int]] = {}
        for label, r in (*web.ins[c], *web.outs[c]):
            row.setdefault(label, []).append(r)
        cells.append(row)
    labels = [*web.labels(calls, 0), *web.labels(calls, 1)]
    refs = {r for row in cells for rs in row.values() for r in rs}
    show = _shower(body.web, objects, "ref", refs, values, False)
    data = {x: column([show(row.get(x, ())) for row in cells]) for x in dict.fromkeys(labels)}
    return pd.DataFrame(data, columns=list(data))


def _projected(rows: Rows, columns: list[str], full: bool) -> Rows:
    """Only these columns: each row once, none that is empty; only full ones on request."""
    if not columns or not rows.length:
        return Rows({n: rows.columns[n][:0] for n in columns}, rows.cells, 0)
    matrix = np.stack([rows.columns[n] for n in columns], axis=1)
    filled = matrix != EMPTY
    matrix = matrix[filled.all(axis=1) if full else filled.any(axis=1)]
    if len(columns) < len(rows.columns):
        matrix = np.unique(matrix, axis=0)
    return Rows({n: matrix[:, j] for j, n in enumerate(columns)}, rows.cells, len(matrix))


def _frame(body: Body, objects: Objects, rows: Rows, values: ValuesAs, lazy: set[str], progress: bool) -> pd.DataFrame:
    import pandas as pd

    order = _order(body, objects, rows, by_value=values != "ids")
    data: dict[str, Any] = {}
    for name, numbers in rows.columns.items():
        kind = "ref" if name in body.vars else "call"
        how: ValuesAs = "refs" if name in lazy and values == "objs" else values
        cells, place = np.unique(numbers[order], return_inverse=True)
        elements = [rows.cells.elements(c) for c in cells.tolist()]
        show = _shower(body.web, objects, kind, {x for xs in elements for x in xs}, how, progress)
        shown = np.fromiter(map(show, elements), np.object_, len(elements))
        data[name] = column(shown[place].tolist())
    return pd.DataFrame(data, columns=list(data))


def _shower(
    web: Any, objects: Objects, kind: str, used: set[int], values: ValuesAs, progress: bool
) -> Callable[[Sequence[int]], Any]:
    """What shows a cell's elements: nothing, one, or a collection in order of hid."""
    ids: list[str] = web.ref_ids if kind == "ref" else web.call_ids
    if values == "ids":
        return _single(ids, ids, tuple)
    if kind == "call":
        return _single(objects.calls(used), ids, CallCollection)
    if values == "refs":
        return _single(objects.shown(objects.refs(used), used, "refs"), ids, RefCollection)
    return _single(objects.shown(objects.values(used, progress), used, "vals"), ids, ValueCollection)


def _single(known: Any, ids: list[str], collection: Callable[[tuple[Any, ...]], Any]) -> Callable[[Sequence[int]], Any]:
    def show(elements: Sequence[int]) -> Any:
        if len(elements) == 1:
            return known[elements[0]]
        if not elements:
            return float("nan")
        return collection(tuple([known[e] for e in sorted(elements, key=ids.__getitem__)]))

    return show


def column(cells: list[Any]) -> Any:
    """A column of a table. Whole numbers stay exact, and whatever pandas would take apart stays whole."""
    import pandas as pd

    kinds = set(map(type, cells))
    if kinds == {str} or (kinds == {str, float} and not any(type(c) is float and c == c for c in cells)):
        return pd.Series(cells, dtype=object).infer_objects()
    plain = (kinds <= {int, float} and all(type(c) is float or -_BIG < c < _BIG for c in cells)) or kinds == {bool}
    if plain:
        return pd.Series(cells)
    if kinds == {int}:
        try:
            return pd.Series(cells)
        except OverflowError:
            pass
    return pd.Series(np.fromiter(cells, np.object_, len(cells)), dtype=object)


def _order(body: Body, objects: Objects, rows: Rows, by_value: bool) -> Any:
    """An order of rows that depends on their contents only: by native values, column by column, else by hid."""
    keys: list[Any] = []
    seen = np.zeros((rows.length, 1), np.int64)
    for name, numbers in rows.columns.items():
        if len(keys) and len(np.unique(seen)) == rows.length:
            break
        if not by_value or name in body.vars:
            distinct, inverse = np.unique(numbers, return_inverse=True)
            rank = _ranks(body, objects, name, distinct.tolist(), rows.cells, by_value)
            keys.append(rank[inverse.reshape(-1)])
            seen = _numbered(seen, keys[-1])
    for name, numbers in rows.columns.items():
        if name in body.funcs and by_value and len(np.unique(seen)) < rows.length:
            distinct, inverse = np.unique(numbers, return_inverse=True)
            rank = _ranks(body, objects, name, distinct.tolist(), rows.cells, False)
            keys.append(rank[inverse.reshape(-1)])
            seen = _numbered(seen, keys[-1])
    return np.lexsort(keys[::-1]) if keys else np.arange(rows.length)


def _numbered(seen: Any, key: Any) -> Any:
    both = np.stack([seen.reshape(-1), key], axis=1)
    return np.unique(both, axis=0, return_inverse=True)[1].reshape(-1)


def _ranks(body: Body, objects: Objects, name: str, cells: list[int], known: Cells, by_value: bool) -> Any:
    ids = body.web.ref_ids if name in body.vars else body.web.call_ids
    natives = objects.natives([c for c in cells if c >= 0]) if by_value and name in body.vars else {}

    def key(cell: int) -> tuple[Any, ...]:
        if cell == EMPTY:
            return (9,)
        elements = known.elements(cell)
        if len(elements) > 1:
            return (3, len(elements), sorted([ids[e] for e in elements]))
        _, value = natives.get(cell) or ("", None)
        if isinstance(value, (int, float)):
            return (0, value, ids[cell])
        if isinstance(value, str):
            return (1, value, ids[cell])
        return (2, ids[cell])

    ordered = sorted(range(len(cells)), key=lambda i: key(cells[i]))
    rank = np.empty(len(cells), np.int64)
    rank[ordered] = np.arange(len(cells))
    return rank
