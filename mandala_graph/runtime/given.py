"""What users give to a storage: ids, refs, calls, numbers, places. Anything else is an error that says what is wanted."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from typing import Any

from mandala_graph.errors import UsageError
from mandala_graph.model import Call, Ref

__all__ = ["check_auth", "hid", "hids", "hids_of", "iterable", "location", "name", "number", "seconds", "whole"]


def hid(thing: Any, *kinds: type) -> str:
    """The hid of a ref or call (of these kinds) that was given as itself or by its hid."""
    kinds = kinds or (Ref, Call)
    if isinstance(thing, kinds):
        return str(thing.hid)  # type: ignore[attr-defined]
    if isinstance(thing, str):
        return thing
    wanted = " or ".join(f"a {k.__name__.lower()}" for k in kinds)
    raise UsageError(f"expected {wanted}, or the hid of one (40 hex characters), not {_short(thing)}.")


def hids(things: Any, *kinds: type) -> list[str]:
    """The hids of several, in their order."""
    if isinstance(things, (str, *(kinds or (Ref, Call)))):
        raise UsageError(f"expected several hids in a list, not {_short(things)}: put it in brackets.")
    return [hid(thing, *kinds) for thing in iterable(things, "hids")]


def hids_of(things: Any, kind: type, what: str) -> list[str]:
    """hids of refs or calls given as themselves, as ids, or as any iterable of both."""
    if isinstance(things, (str, kind)):
        things = [things]
    found = []
    for thing in iterable(things, f"{what} or their hids"):
        if isinstance(thing, kind):
            found.append(thing.hid)  # type: ignore[attr-defined]
        elif isinstance(thing, str) and len(thing) == 40:
            found.append(thing)
        else:
            raise UsageError(f"expected {what} or their hids (40 hex characters), not {_short(thing)}.")
    return found


def iterable(things: Any, what: str) -> Iterable[Any]:
    """Something to iterate over."""
    if isinstance(things, Ref) or not isinstance(things, Iterable):
        raise UsageError(f"expected {what}, not {_short(things)}.")
    return things


def name(thing: Any, what: str) -> str:
    """A text."""
    if not isinstance(thing, str):
        raise UsageError(f"expected {what}, not {_short(thing)}.")
    return thing


def number(option: str, value: Any, least: float, above: bool = False, unit: str = "") -> float:
    """A number that is `least` or more (or, with `above`, more than it)."""
    fits = isinstance(value, (int, float)) and not isinstance(value, bool) and not math.isnan(value)
    if not fits or value < least or (above and value == least):
        bound = f"more than {least:g}" if above else f"{least:g} or more"
        raise UsageError(f"{option} is {unit or 'a number'}, {bound}, not {_short(value)}.")
    return float(value)


def seconds(option: str, value: Any, above: bool = False) -> float:
    """A duration."""
    return number(option, value, 0, above, "in seconds")


def whole(option: str, value: Any, least: int = 0) -> int:
    """A whole number."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise UsageError(f"{option} is a whole number, {least} or more, not {_short(value)}.")
    return value


def location(value: Any, option: str = "location") -> str:
    """A place: a path, or an address."""
    try:
        text = os.fspath(value)
    except TypeError:
        text = None
    if not isinstance(text, str) or not text or "\0" in text:
        raise UsageError(f"{option} is a path or an address (a string), not {_short(value)}.")
    return text


def check_auth(auth: Any) -> None:
    """A user and a password, or nothing."""
    if auth is not None and not (
        isinstance(auth, (tuple, list)) and len(auth) == 2 and all(isinstance(part, str) for part in auth)
    ):
        raise UsageError(f"auth is a pair (user, password), not {type(auth).__name__}.")  # its text may be a secret


def _short(thing: Any) -> str:
    try:
        text = repr(thing)
    except Exception:
        text = f"<{type(thing).__name__}>"
    return text if len(text) <= 80 else f"{text[:77]}..."
