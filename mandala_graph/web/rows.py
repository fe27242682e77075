"""Rows of calls and refs for one answer, fetched once each and many at a time."""

from __future__ import annotations

from collections.abc import Iterable

from mandala_graph.store.protocol import CallRow, RefRow
from mandala_graph.web.state import Browser

__all__ = ["Rows"]


class Rows:
    """What an answer has seen of the store."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.calls: dict[str, CallRow] = {}
        self.refs: dict[str, RefRow] = {}
        self.creators: dict[str, str | None] = {}
        self._consumers: dict[str, dict[str, tuple[int, str]]] = {}
        self._read: dict[str, list[str]] = {}

    def need_calls(self, hids: Iterable[str]) -> None:
        wanted = [h for h in dict.fromkeys(hids) if h not in self.calls]
        if wanted:
            found = self.browser.store.calls(wanted)
            self.calls.update(found)
            self.creators.update((ref, c.hid) for c in found.values() for _, ref in c.outputs)

    def need_refs(self, hids: Iterable[str]) -> None:
        wanted = [h for h in dict.fromkeys(hids) if h not in self.refs]
        if wanted:
            self.refs.update(self.browser.store.refs(wanted))

    def creators_of(self, refs: Iterable[str]) -> dict[str, str]:
        """ref -> the call that made it."""
        asked = list(refs)
        wanted = [r for r in dict.fromkeys(asked) if r not in self.creators]
        if wanted:
            found = self.browser.store.creators(wanted)
            self.creators.update((r, found.get(r)) for r in wanted)
        return {r: c for r in asked if (c := self.creators[r]) is not None}

    def consumer_counts(self, refs: Iterable[str]) -> dict[str, dict[str, tuple[int, str]]]:
        """ref -> op -> (how many of its calls read the ref, under which input name)."""
        asked = list(refs)
        wanted = [r for r in dict.fromkeys(asked) if r not in self._consumers]
        if wanted:
            self._consumers.update((r, {}) for r in wanted)
            for ref, op, n, name in self.browser.ask("readers_by_op", ids=wanted).rows:
                self._consumers[ref][op] = (n, name)
        return {r: self._consumers[r] for r in asked}

    def consumers_of(self, refs: Iterable[str]) -> dict[str, list[str]]:
        """ref -> the calls that read it; ask `consumer_counts` before, there may be many."""
        asked = list(refs)
        wanted = [r for r in dict.fromkeys(asked) if r not in self._read]
        if wanted:
            found = self.browser.store.consumers(wanted)
            self._read.update((r, found.get(r, [])) for r in wanted)
        return {r: self._read[r] for r in asked}
