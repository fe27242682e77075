"""Reachability of single refs and calls, without a frame."""

from __future__ import annotations

from typing import Any

from mandala_graph.errors import UsageError, ValueMissing
from mandala_graph.frame.objects import Objects, StorageLike, open_web
from mandala_graph.model import Call, Ref

__all__ = ["downstream", "path", "upstream"]


def _hid(x: Any) -> str:
    if isinstance(x, (Ref, Call)):
        return x.hid
    if isinstance(x, str):
        return x
    raise UsageError(f"expected a ref, a call or a hid, not {x!r}.")


def _objects(storage: StorageLike, refs: list[str], calls: list[str]) -> dict[str, Ref | Call]:
    web = open_web(storage)
    web.load(web.reader.reach(refs, calls, "none", False, ()))
    made = Objects(storage, web)
    found: dict[str, Ref | Call] = {}
    numbers = [web.ref_of[h] for h in refs if h in web.ref_of]
    known = made.refs(numbers)
    found.update({known[r].hid: known[r] for r in numbers})
    ours = [web.call_of[h] for h in calls if h in web.call_of]
    of = made.calls(ours)
    found.update({of[c].hid: of[c] for c in ours})
    return found


def _nothing(storage: StorageLike, *things: Any) -> list[Ref | Call]:
    """No way leads from things that are in the store; others are an error."""
    for hid in map(_hid, things):
        if not storage.store.refs([hid]) and not storage.store.calls([hid]):
            raise ValueMissing(f"no ref or call {hid} in this store.")
    return []


def upstream(storage: StorageLike, x: Ref | Call | str) -> list[Ref | Call]:
    """Every ref and call from which this one was made, refs first, each in order of hid.

    Raises:
        ValueMissing: it is not in the store.
    """
    web = open_web(storage)
    found = list(_objects(storage, *web.reader.ancestors(_hid(x))).values())
    return found if found else _nothing(storage, x)


def downstream(storage: StorageLike, x: Ref | Call | str) -> list[Ref | Call]:
    """Every ref and call that was made from this one, refs first, each in order of hid.

    Raises:
        ValueMissing: it is not in the store.
    """
    web = open_web(storage)
    found = list(_objects(storage, *web.reader.descendants(_hid(x))).values())
    return found if found else _nothing(storage, x)


def path(storage: StorageLike, start: Ref | Call | str, end: Ref | Call | str) -> list[Ref | Call]:
    """A shortest way downstream from `start` to `end`, both included; empty where there is none.

    Raises:
        ValueMissing: one of the two is not in the store.
    """
    web = open_web(storage)
    way = web.reader.path(_hid(start), _hid(end))
    if not way:
        return _nothing(storage, start, end)
    found = _objects(storage, way, way)
    return [found[h] for h in way]
