"""Python values as JSON: nothing that JSON or JavaScript would change or refuse gets through as a number."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

from mandala_graph.store.protocol import GraphNode, GraphPath, GraphRelationship

__all__ = ["Json", "iso", "plain"]

_EXACT = 2**53
_DEEP = 24


def iso(seconds: float | None) -> str | None:
    """Epoch seconds as ISO 8601 in UTC, to the millisecond.

    >>> iso(0)
    '1970-01-01T00:00:00.000Z'
    """
    if seconds is None or not math.isfinite(seconds):
        return None
    try:
        moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plain(value: Any, depth: int = 0) -> Any:
    """The value as what JSON can hold: large integers, NaN and infinities as text, nodes by their ids.

    >>> plain([1, 2**60, float("nan"), (None, b"x")])
    [1, '1152921504606846976', 'nan', [None, "b'x'"]]
    """
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is str:
        return value.encode("utf-8", "replace").decode()  # a lone surrogate has no UTF-8
    if kind is int:
        return value if -_EXACT <= value <= _EXACT else str(value)
    if kind is float:
        return value if math.isfinite(value) else repr(value)
    if depth > _DEEP:
        return "…"
    if isinstance(value, GraphNode):
        return _node(value)
    if isinstance(value, GraphRelationship):
        return {"kind": "relationship", "label": value.type, **plain(value.properties, depth + 1)}
    if isinstance(value, GraphPath):
        return [plain(n, depth + 1) for n in value.nodes]
    if isinstance(value, Mapping):
        return {str(k): plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v, depth + 1) for v in value]
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return plain(repr(value) if isinstance(value, (bytes, bytearray)) else str(value))


def _node(node: GraphNode) -> dict[str, Any]:
    p = node.properties
    if "Call" in node.labels:
        return {"id": p.get("hid"), "kind": "call", "label": plain(p.get("op"))}
    if "Ref" in node.labels:
        return {"id": p.get("hid"), "kind": "ref", "label": plain(p.get("preview"))}
    label = node.labels[0] if node.labels else ""
    return {"id": plain(p.get("id", p.get("name"))), "kind": label.lower(), "label": plain(p.get("name", p.get("id")))}


class Json(JSONResponse):
    """JSON that is never kept by anybody between the server and the page."""

    def render(self, content: Any) -> bytes:
        return json.dumps(plain(content), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        super().init_headers({"Cache-Control": "no-store", **(headers or {})})
