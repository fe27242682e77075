"""Calls counted by run, version, op and status: what the summary, the runs and the lists of filters are made of."""

from __future__ import annotations

from typing import NamedTuple

from mandala_graph.web.filters import Filters
from mandala_graph.web.state import Browser

__all__ = ["Tally", "tally"]


class Tally(NamedTuple):
    """How many calls of one kind there are, their seconds in all, and when the first began (0: not recorded)."""

    run: str
    version: str
    op: str
    status: str
    calls: int
    seconds: float
    first: float


def tally(browser: Browser, filters: Filters | None = None) -> list[Tally]:
    """One statement over all calls that the filters leave."""
    found, given = (filters or Filters()).calls()
    statement = f"{found} RETURN c.run, c.version, c.op, c.status, count(*), sum(c.duration), min(c.started)"
    return browser.kept(
        ("tally", filters or Filters()), lambda: [Tally._make(row) for row in browser.query(statement, **given).rows]
    )
