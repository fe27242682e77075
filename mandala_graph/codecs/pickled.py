"""Pickles: what no other codec keeps. Whether one may be loaded is decided elsewhere, before `load`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mandala_graph.errors import CorruptValue, UnsavableValue

__all__ = ["dump", "load"]


def dump(value: Any) -> bytes:
    """A pickle of protocol 5, by cloudpickle (functions and classes of `__main__` go by value).

    Raises UnsavableValue, which names the path inside the value.
    """
    import cloudpickle

    try:
        data: bytes = cloudpickle.dumps(value, protocol=5)
    except Exception as problem:
        path, culprit = _culprit(value)
        raise UnsavableValue(
            f"value{path} is a {type(culprit).__name__}, which cannot be stored ({problem}): leave it out, make it "
            f"anew where it is used, or give its class __getstate__ or a codec (mandala_graph.codec)."
        ) from problem
    return data


def load(cid: str, payload: memoryview) -> Any:
    """The value of a pickle that is trusted."""
    import pickle

    try:
        return pickle.loads(payload)
    except Exception as problem:
        raise CorruptValue(
            f"value {cid} is whole, but cannot be unpickled here ({type(problem).__name__}: {problem}): are the "
            f"modules and versions that wrote it installed?"
        ) from problem


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((f"[{k!r}]", v) for k, v in value.items())
    elif isinstance(value, (list, tuple)):
        yield from ((f"[{i}]", v) for i, v in enumerate(value))
    elif isinstance(value, (set, frozenset)):
        yield from (("{…}", v) for v in value)
    for name, part in getattr(value, "__dict__", {}).items() if not isinstance(value, type) else ():
        yield f".{name}", part


def _culprit(value: Any) -> tuple[str, Any]:
    """The innermost part that cannot be pickled, and the path to it."""
    import cloudpickle

    path, seen = "", {id(value)}
    while True:
        for step, part in _parts(value):
            if id(part) in seen:
                continue
            try:
                cloudpickle.dumps(part)
            except Exception:
                seen.add(id(part))
                path, value = path + step, part
                break
        else:
            return path, value
