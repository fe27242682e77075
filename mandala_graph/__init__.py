"""mandala_graph: memoize Python calls into a provenance graph, query it in Cypher, explore it by eye.

>>> from mandala_graph import Storage, op
>>> @op
... def square(x):
...     return x * x
>>> with Storage(":memory:") as storage:
...     y = square(3)
>>> storage.unwrap(y)
9
"""

from __future__ import annotations

from mandala_graph.codecs import codec
from mandala_graph.errors import (
    CallError,
    CorruptValue,
    CypherError,
    CypherSyntaxError,
    FrameError,
    JoinTooLarge,
    MandalaGraphError,
    MissingCall,
    OpDefinitionError,
    OutputError,
    QueryCancelled,
    QueryTimeout,
    RecomputationRefused,
    RefUsageError,
    ResultTooLarge,
    StoreAuthError,
    StoreClosed,
    StoreCorrupt,
    StoreError,
    StoreFormatError,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
    StoreSchemaError,
    StoreUnreachable,
    UnhashableValue,
    UnknownNode,
    UnsavableValue,
    UnsupportedCypher,
    UntrustedValue,
    UsageError,
    ValueDropped,
    ValueMissing,
    ValueProblem,
    VersionError,
)
from mandala_graph.hashing import Tolerance, content_id, hashes
from mandala_graph.model import AtomRef, Call, DictRef, ListRef, Op, Ref, SetRef, StructRef, TupleRef
from mandala_graph.runtime.context import noop
from mandala_graph.runtime.markers import Ignore, NewArgDefault, Transient, ValuePointer, wrap_atom
from mandala_graph.runtime.op import OpFunction, op
from mandala_graph.storage import Storage
from mandala_graph.structures import MDict, MList, MSet, MTuple
from mandala_graph.versions import Change, env, track

__version__ = "0.1.0"

__all__ = [
    "AtomRef",
    "Call",
    "CallError",
    "Change",
    "CorruptValue",
    "CypherError",
    "CypherSyntaxError",
    "DictRef",
    "FrameError",
    "Ignore",
    "JoinTooLarge",
    "ListRef",
    "MDict",
    "MList",
    "MSet",
    "MTuple",
    "MandalaGraphError",
    "MissingCall",
    "NewArgDefault",
    "Op",
    "OpDefinitionError",
    "OpFunction",
    "OutputError",
    "QueryCancelled",
    "QueryTimeout",
    "RecomputationRefused",
    "Ref",
    "RefUsageError",
    "ResultTooLarge",
    "SetRef",
    "Storage",
    "StoreAuthError",
    "StoreClosed",
    "StoreCorrupt",
    "StoreError",
    "StoreFormatError",
    "StoreFull",
    "StoreLocked",
    "StoreReadOnly",
    "StoreSchemaError",
    "StoreUnreachable",
    "StructRef",
    "Tolerance",
    "Transient",
    "TupleRef",
    "UnhashableValue",
    "UnknownNode",
    "UnsavableValue",
    "UnsupportedCypher",
    "UntrustedValue",
    "UsageError",
    "ValueDropped",
    "ValueMissing",
    "ValuePointer",
    "ValueProblem",
    "VersionError",
    "codec",
    "content_id",
    "env",
    "hashes",
    "noop",
    "op",
    "track",
    "wrap_atom",
]
