"""The DataFrame of a query's result, with the narrowest kind of column that holds all of a column's values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["to_frame"]

_EXACT = 1 << 53  # integers that a float holds exactly


def to_frame(columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows as a DataFrame.

    A column of integers is int64, of numbers float64, of booleans bool, of strings str; with nulls among them Int64,
    float64 (where they are NaN), boolean and str; points in time are datetime64 with their zone. All else is object: nodes, lists, mixtures, a column of nulls.

    >>> to_frame(["n", "x", "s"], [(1, 0.5, "a"), (None, 2, "b")]).dtypes.astype(str).tolist()
    ['Int64', 'float64', 'str']
    """
    import pandas as pd

    cells = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    # by number and named afterwards: pandas looks into the names of a dict each time, which takes as long as all else
    frame = pd.DataFrame(dict(enumerate(map(_column, cells))), copy=False)
    frame.columns = _index(tuple(columns)).view()  # a view, as an index can be given a name
    return frame


@lru_cache(256)
def _index(columns: tuple[str, ...]) -> pd.Index[str]:
    """The names of a query's columns."""
    import pandas as pd

    return pd.Index(columns, tupleize_cols=False)


@lru_cache(1)
def _text() -> Any:
    """The dtype that pandas means by "str"."""
    import pandas as pd

    return pd.array([""], dtype="str").dtype


def _column(cells: Sequence[Any]) -> Any:
    """A column's values as an array."""
    import numpy as np
    import pandas as pd

    dtype: Any = _dtype(cells)
    if dtype == "str":
        return pd.array(cells, dtype=_text())
    if dtype in ("Int64", "boolean"):
        return pd.array(cells, dtype=dtype)
    if dtype == "time":
        return pd.Series(list(cells)).array
    if dtype == "float64" and None in cells:
        cells = [math.nan if c is None else c for c in cells]
    if dtype != "object":
        return np.array(cells, dtype=dtype)
    array = np.empty(len(cells), dtype=object)  # np.array would look into lists
    for i, c in enumerate(cells):
        array[i] = c
    return array


def _dtype(cells: Sequence[Any]) -> str:
    kinds = set(map(type, cells))
    some = kinds - {type(None)}
    nulls = len(kinds) > len(some)
    if some == {str}:
        return "str"
    if some == {datetime} and len({c.utcoffset() for c in cells if c is not None}) == 1:
        return "time"
    if some == {bool}:
        return "boolean" if nulls else "bool"
    if some == {int}:
        return "Int64" if nulls else "int64"
    if some == {float} or (some == {int, float} and all(-_EXACT <= c <= _EXACT for c in cells if type(c) is int)):
        return "float64"
    return "object"
