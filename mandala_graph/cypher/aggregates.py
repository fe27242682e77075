"""Cypher's aggregates that SQLite does not have, or means differently."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mandala_graph.cypher.encoding import Cell, decode, encode
from mandala_graph.cypher.semantics import integer, name_of_type, sort_key
from mandala_graph.errors import CypherError

__all__ = ["AGGREGATES"]


class _Collect:
    """`collect(x)`: the values that are not null, in the order in which they come."""

    keep_null = False
    distinct = False

    def __init__(self) -> None:
        self.cells: list[Cell] = []

    def step(self, cell: Cell) -> None:
        if cell is not None or self.keep_null:
            self.cells.append(cell)

    def finalize(self) -> Cell:
        values = [decode(c) for c in self.cells]
        if self.distinct:
            first: dict[bytes, Any] = {}
            for v in values:
                first.setdefault(sort_key(v), v)
            values = list(first.values())
        return encode(values)


class _CollectAll(_Collect):
    """The same with nulls: the items of a comprehension."""

    keep_null = True


class _CollectDistinct(_Collect):
    distinct = True


class _Extreme:
    """`min` and `max` over values of any type, in the order of ORDER BY."""

    largest = False

    def __init__(self) -> None:
        self.best: Cell = None
        self.key: bytes | None = None

    def step(self, cell: Cell) -> None:
        if cell is None:
            return
        key = sort_key(decode(cell))
        if self.key is None or (key > self.key if self.largest else key < self.key):
            self.best, self.key = cell, key

    def finalize(self) -> Cell:
        return self.best


class _Largest(_Extreme):
    largest = True


class _Numbers:
    """The numbers that are not null, distinct ones on request."""

    def __init__(self) -> None:
        self.numbers: list[float] = []

    def step(self, cell: Cell) -> None:
        value = decode(cell)
        if value is None:
            return
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise CypherError(f"this aggregate takes numbers, not {name_of_type(value)}")
        self.numbers.append(value)


class _Sum(_Numbers):
    def finalize(self) -> Cell:
        total: float = 0
        for n in self.numbers:
            total += n
        return encode(integer(total) if isinstance(total, int) else total)


class _Average(_Numbers):
    def finalize(self) -> Cell:
        return encode(sum(map(float, self.numbers)) / len(self.numbers)) if self.numbers else None


class _Deviation(_Numbers):
    population = False

    def finalize(self) -> Cell:
        n = len(self.numbers)
        if n < 2:
            return 0.0
        mean = squares = 0.0
        for i, x in enumerate(self.numbers, 1):  # by steps: of numbers that are all the same it is exactly 0
            off = x - mean
            mean += off / i
            squares += off * (x - mean)
        return encode(math.sqrt(squares / (n if self.population else n - 1)))


class _PopulationDeviation(_Deviation):
    population = True


class _Percentile(_Numbers):
    def __init__(self) -> None:
        super().__init__()
        self.share = 0.0

    def step(self, cell: Cell, share: Cell = None) -> None:
        if not isinstance(share, (int, float)) or not 0 <= share <= 1:
            raise CypherError("a percentile is a number from 0.0 to 1.0")
        self.share = share
        super().step(cell)

    def finalize(self) -> Cell:
        if not self.numbers:
            return None
        numbers = sorted(self.numbers)
        return encode(self.pick(numbers, self.share))

    @staticmethod
    def pick(numbers: list[float], share: float) -> float:
        """Between the neighbours, in proportion."""
        at = share * (len(numbers) - 1)
        low = math.floor(at)
        high = math.ceil(at)
        if low == high:
            return float(numbers[low])
        return numbers[low] * (high - at) + numbers[high] * (at - low)


class _PercentileDisc(_Percentile):
    @staticmethod
    def pick(numbers: list[float], share: float) -> float:
        """The number at that place."""
        if share == 1 or len(numbers) == 1:
            return numbers[-1]
        at = share * len(numbers)
        return numbers[int(at) - 1 if at == int(at) and at > 0 else int(at)]


AGGREGATES: dict[str, tuple[int, Callable[[], Any]]] = {
    "cy_collect": (1, _Collect),
    "cy_collect_all": (1, _CollectAll),
    "cy_collect_distinct": (1, _CollectDistinct),
    "cy_min": (1, _Extreme),
    "cy_max": (1, _Largest),
    "cy_sum": (1, _Sum),
    "cy_avg": (1, _Average),
    "cy_stdev": (1, _Deviation),
    "cy_stdevp": (1, _PopulationDeviation),
    "cy_percentile": (2, _Percentile),
    "cy_percentile_disc": (2, _PercentileDisc),
}
"""Name in SQL -> (number of arguments, class)."""
