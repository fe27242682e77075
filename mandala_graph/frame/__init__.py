"""ComputationFrames: a store's computations as variables, operations and tables. See `frame.frame`."""

from __future__ import annotations

from mandala_graph.frame.collections import CallCollection, RefCollection, ValueCollection
from mandala_graph.frame.frame import ComputationFrame, from_op, from_ops, from_refs, from_vars
from mandala_graph.frame.ways import downstream, path, upstream

__all__ = [
    "CallCollection",
    "ComputationFrame",
    "RefCollection",
    "ValueCollection",
    "downstream",
    "from_op",
    "from_ops",
    "from_refs",
    "from_vars",
    "path",
    "upstream",
]
