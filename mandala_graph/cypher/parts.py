"""The rows of a WITH as a source of what follows: how they are written, and whether SQLite is to compute them once.

SQLite copies the expressions of a subquery in FROM into each place that names their columns. A chain of WITH would so
grow with every link, and a subquery that three places name would run three times.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Part", "Weight"]

_COPIED = 20_000  # characters of copies from which on a part is computed once, whatever else speaks against it


@dataclass(frozen=True, slots=True)
class Weight:
    """What a column brings along wherever it is named: characters, and whether a subquery is among them."""

    size: int
    asks: bool

    @classmethod
    def of(cls, cell: str) -> Weight:
        """That of an expression by itself."""
        return cls(len(cell), "SELECT " in cell)


@dataclass(slots=True)
class Part:
    """Rows of `sql`, called `alias`; `weights` of its columns c0, c1, ... where SQLite copies them, else empty.

    `stages` are the common tables of the whole statement, of which it becomes one; None for rows that depend on a
    row around them.
    """

    alias: str
    sql: str
    weights: list[Weight]
    stages: list[str] | None
    once: bool = False

    def named(self, text: str) -> dict[int, int]:
        """How often a text names each column of this part that weighs something."""
        counts: dict[int, int] = {}
        if self.weights:
            for m in re.finditer(rf"\b{self.alias}\.c(\d+)\b", text):
                counts[int(m[1])] = counts.get(int(m[1]), 0) + 1
        return counts

    def weigh(self, cell: str) -> Weight:
        """The weight of an expression over this part."""
        own = Weight.of(cell)
        if self.once:
            return own
        named = self.named(cell)
        size = own.size + sum(n * self.weights[i].size for i, n in named.items())
        return Weight(size, own.asks or any(self.weights[i].asks for i in named))

    def settle(self, text: str, where: list[str], alone: bool) -> None:
        """Decide for the SELECT over this part whether to compute it once.

        `alone`: every row is wanted, and no other source could narrow them down before they are computed.
        """
        counts = self.named(text)
        asked = {i for i in counts if self.weights[i].asks}
        if sum(n * self.weights[i].size for i, n in counts.items()) > _COPIED:
            self.once = True
        elif alone and any(counts[i] > 1 for i in asked):
            self.once = all(asked & self.named(w).keys() for w in where)

    def source(self) -> str:
        """What stands in FROM."""
        how = "MATERIALIZED " if self.once else ""
        if self.stages is not None:
            self.stages.append(f"{self.alias} AS {how}({self.sql})")
            return self.alias
        if self.once:
            own = f"WITH {self.alias} AS MATERIALIZED ({self.sql}) SELECT 1 AS id, * FROM {self.alias}"
            return f"({own}) AS {self.alias}"
        return f"(SELECT 1 AS id, * FROM ({self.sql})) AS {self.alias}"
