"""Where two histories part: the steps of two refs or calls side by side, as far as they are the same.

Both are followed upstream together: the calls that made them, and these calls' inputs by name. What is equal in history
is not looked at. Where one op stands on both sides its inputs are compared, and its version; else the values are.
"""

from __future__ import annotations

from typing import NamedTuple

from mandala_graph.store.protocol import CallRow, RefRow, Store

__all__ = ["MAX_PAIRS", "Difference", "compared", "differences"]

MAX_PAIRS = 5_000
"""No more pairs of steps than this are compared."""


class Difference(NamedTuple):
    """`where` leads from the two upstream (`test.model.train.rate`), `place` is its last step (`train.rate`).

    `what` is "value", "op", "version" or "input"; `ids` are the two refs or calls, None for an input that was not given.
    """

    where: str
    what: str
    a: str
    b: str
    place: str
    ids: tuple[str | None, str | None]


class _Pair(NamedTuple):
    where: str
    place: str
    x: str
    y: str


def differences(store: Store, a: str, b: str) -> list[Difference]:
    """The differences between the histories of two refs or calls (hids), the nearest first; few thousand at most.

    >>> from mandala_graph import Storage, op
    >>> @op
    ... def inc(x):
    ...     return x + 1
    >>> with Storage() as storage:
    ...     y, z = inc(inc(1)), inc(inc(5))
    >>> [d[:4] for d in differences(storage.store, y.hid, z.hid)]
    [('inc.x.inc.x', 'value', '1', '5')]
    """
    return compared(store, a, b)[0]


def compared(store: Store, a: str, b: str) -> tuple[list[Difference], bool]:
    """The same, and whether all pairs of steps were looked at."""
    found: list[Difference] = []
    layer = [_Pair("", "", a, b)]
    seen: set[tuple[str, str]] = set()
    while layer and len(seen) < MAX_PAIRS:
        pairs = list({(p.x, p.y): p for p in reversed(layer) if p.x != p.y and (p.x, p.y) not in seen}.values())[::-1]
        seen.update((p.x, p.y) for p in pairs)
        sides = _Sides(store, [h for p in pairs for h in (p.x, p.y)])
        layer = [pair for p in pairs for pair in sides.compare(p, found)]
    return list(dict.fromkeys(found)), not layer


class _Sides:
    """The rows that a layer of pairs needs."""

    def __init__(self, store: Store, hids: list[str]) -> None:
        self.refs = store.refs(hids)
        creators = store.creators(self.refs)
        calls = store.calls([*creators.values(), *(h for h in hids if h not in self.refs)])
        self.makers: dict[str, CallRow] = {ref: calls[c] for ref, c in creators.items() if c in calls}
        self.makers.update({h: calls[h] for h in hids if h in calls})

    def compare(self, at: _Pair, found: list[Difference]) -> list[_Pair]:
        """Compare two steps at the same place; the pairs upstream of them."""
        one, other = self.makers.get(at.x), self.makers.get(at.y)
        if one is None or other is None or one.op != other.op:
            what = "value" if one is None and other is None else "op"
            texts = self._text(at.x, one), self._text(at.y, other)
            found.append(Difference(at.where or "value", what, *texts, at.place, (at.x, at.y)))
            return []
        where = f"{at.where}.{one.op}" if at.where else one.op
        if one.version != other.version:
            found.append(Difference(where, "version", one.version, other.version, one.op, (one.hid, other.hid)))
        left, right = ({(e.name, e.index): e.ref for e in c.inputs} for c in (one, other))
        pairs = []
        for name, index in dict.fromkeys([*left, *right]):
            step = name + ("" if index is None else f"[{index}]")
            x, y = left.get((name, index)), right.get((name, index))
            path, place = f"{where}.{step}", f"{one.op}.{step}"
            if x is not None and y is not None:
                pairs.append(_Pair(path, place, x, y))
            else:
                texts = "not given" if x is None else "given", "not given" if y is None else "given"
                found.append(Difference(path, "input", *texts, place, (x, y)))
        return pairs

    def _text(self, hid: str, maker: CallRow | None) -> str:
        row: RefRow | None = self.refs.get(hid)
        value = row.preview if row is not None else hid
        return value if maker is None else f"{value}, made by {maker.op}"
