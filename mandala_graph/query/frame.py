"""The DataFrame of a query's result, with the narrowest kind of column that holds all of a column's values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["to_frame"]

_EXACT = 1 << 53  # integers that a float holds exactly


def to_frame(columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows as a DataFrame.

    A column of integers is int64, of numbers float64, of booleans bool, of strings str; with nulls among them Int64,
    float64 (where they are NaN), boolean and str. All else is object: nodes, lists, mixtures, a column of nulls.

    >>> to_frame(["n", "x", "s"], [(1, 0.5, "a"), (None, 2, "b")]).dtypes.astype(str).tolist()
    ['Int64', 'float64', 'str']
    """
    import pandas as pd

    cells = list(zip(*rows, strict=True)) if rows else [() for _ in columns]
    frame = pd.DataFrame({i: pd.Series(list(c), dtype=_dtype(c)) for i, c in enumerate(cells)})
    if not columns:
        return frame
    frame.columns = pd.Index(list(columns), dtype="str")
    return frame


def _dtype(cells: Sequence[Any]) -> str:
    kinds = set(map(type, cells))
    some = kinds - {type(None)}
    nulls = len(kinds) > len(some)
    if some == {str}:
        return "str"
    if some == {bool}:
        return "boolean" if nulls else "bool"
    if some == {int}:
        return "Int64" if nulls else "int64"
    if some == {float} or (some == {int, float} and all(-_EXACT <= c <= _EXACT for c in cells if type(c) is int)):
        return "float64"
    return "object"
