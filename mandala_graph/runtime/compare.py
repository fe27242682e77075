"""Where two histories part: the steps of two refs or calls side by side, as far as they are the same.

Both are followed upstream together: the calls that made them, and these calls' inputs by name. What is equal in history
is not looked at. Where one op stands on both sides its inputs are compared, and its version; else the values are.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from mandala_graph.store.protocol import CallRow, RefRow, Store

__all__ = ["Difference", "differences"]

_PAIRS = 10_000


class Difference(NamedTuple):
    """`where` leads from the two upstream (`test.model.train.rate`); `what` is "value", "op", "version" or "input"."""

    where: str
    what: str
    a: str
    b: str


def differences(store: Store, a: str, b: str) -> list[Difference]:
    """The differences between the histories of two refs or calls (hids), the nearest first; few thousand at most.

    >>> from mandala_graph import Storage, op
    >>> @op
    ... def inc(x):
    ...     return x + 1
    >>> with Storage() as storage:
    ...     y, z = inc(inc(1)), inc(inc(5))
    >>> print(differences(storage.store, y.hid, z.hid))
    [Difference(where='inc.x.inc.x', what='value', a='1', b='5')]
    """
    found: list[Difference] = []
    layer = [("", a, b)]
    seen: set[tuple[str, str]] = set()
    while layer and len(seen) < _PAIRS:
        pairs = [(w, x, y) for w, x, y in layer if x != y and (x, y) not in seen]
        seen.update((x, y) for _, x, y in pairs)
        sides = _Sides(store, [h for _, x, y in pairs for h in (x, y)])
        new: deque[tuple[str, str, str]] = deque()
        for where, x, y in pairs:
            new.extend(sides.compare(where, x, y, found))
        layer = list(new)
    return list(dict.fromkeys(found))


class _Sides:
    """The rows that a layer of pairs needs."""

    def __init__(self, store: Store, hids: list[str]) -> None:
        self.refs = store.refs(hids)
        creators = store.creators(self.refs)
        calls = store.calls([*creators.values(), *(h for h in hids if h not in self.refs)])
        self.makers: dict[str, CallRow] = {ref: calls[c] for ref, c in creators.items() if c in calls}
        self.makers.update({h: calls[h] for h in hids if h in calls})

    def compare(self, where: str, x: str, y: str, found: list[Difference]) -> list[tuple[str, str, str]]:
        one, other = self.makers.get(x), self.makers.get(y)
        if one is None or other is None or one.op != other.op:
            what = "value" if one is None and other is None else "op"
            found.append(Difference(where or "value", what, self.text(x, one), self.text(y, other)))
            return []
        place = f"{where}.{one.op}" if where else one.op
        if one.version != other.version:
            found.append(Difference(place, "version", one.version, other.version))
        left, right = ({(e.name, e.index): e.ref for e in c.inputs} for c in (one, other))
        pairs = []
        for name, index in dict.fromkeys([*left, *right]):
            path = f"{place}.{name}" + ("" if index is None else f"[{index}]")
            if (name, index) in left and (name, index) in right:
                pairs.append((path, left[name, index], right[name, index]))
            else:
                texts = ["given" if (name, index) in side else "not given" for side in (left, right)]
                found.append(Difference(path, "input", *texts))
        return pairs

    def text(self, hid: str, maker: CallRow | None) -> str:
        row: RefRow | None = self.refs.get(hid)
        value = row.preview if row is not None else hid
        return value if maker is None else f"{value}, made by {maker.op}"
