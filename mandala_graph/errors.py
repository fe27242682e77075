"""The exceptions of mandala_graph: one root, one line of what happened, one line of what to do.

::

    MandalaGraphError
    ├── UsageError                  a call of ours that cannot mean anything (also a TypeError)
    │   ├── OpDefinitionError       an op that cannot be defined like this
    │   └── RefUsageError           a ref where a plain value is needed
    ├── ValueProblem                something about one value
    │   ├── UnhashableValue         no stable content id (names the path inside the value)
    │   ├── UnsavableValue          cannot be stored (names the path inside the value)
    │   ├── ValueDropped            the value was dropped or never stored; its history is still there
    │   ├── ValueMissing            the bytes should be there and are not
    │   ├── UntrustedValue          loading would run code nobody vouched for
    │   └── CorruptValue            the bytes are not those that were written
    ├── CallError
    │   ├── MissingCall             new calls are not allowed here, and this call is new
    │   └── OutputError             the op returned something else than its outputs say
    ├── StoreError                  something about the store
    │   ├── StoreUnreachable        no server there, no such file, no such folder
    │   ├── StoreAuthError          user or password refused
    │   ├── StoreLocked             another process holds the file for too long
    │   ├── StoreReadOnly           the file, folder or server takes no writes
    │   ├── StoreFull               no space left
    │   ├── StoreCorrupt            not a store of ours, or a damaged one
    │   ├── StoreFormatError        written by an older or newer release
    │   ├── StoreSchemaError        a server without our constraints
    │   └── StoreClosed             used after close()
    ├── CypherError                 a query that cannot be run
    │   ├── CypherSyntaxError       not Cypher (line, column, caret)
    │   ├── UnsupportedCypher       Cypher that this engine does not run
    │   ├── QueryTimeout            it took longer than it may
    │   ├── QueryCancelled          whoever asked does not want the answer any more
    │   └── ResultTooLarge          it has more rows than it may
    ├── FrameError                  something about a ComputationFrame
    │   ├── UnknownNode             no variable or function of that name
    │   └── JoinTooLarge            a table with more rows than max_rows
    └── VersionError                something about code versions
        └── RecomputationRefused    on_change said no
"""

from __future__ import annotations

__all__ = [
    "CallError",
    "CorruptValue",
    "CypherError",
    "CypherSyntaxError",
    "FrameError",
    "JoinTooLarge",
    "MandalaGraphError",
    "MissingCall",
    "OpDefinitionError",
    "OutputError",
    "QueryCancelled",
    "QueryTimeout",
    "RecomputationRefused",
    "RefUsageError",
    "ResultTooLarge",
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
    "UnhashableValue",
    "UnknownNode",
    "UnsavableValue",
    "UnsupportedCypher",
    "UntrustedValue",
    "UsageError",
    "ValueDropped",
    "ValueMissing",
    "ValueProblem",
    "VersionError",
]


class MandalaGraphError(Exception):
    """Root of everything this package raises on purpose."""


class UsageError(MandalaGraphError, TypeError):
    """A call of ours that cannot mean anything; the message says what would."""


class OpDefinitionError(UsageError):
    """An op that cannot be defined like this."""


class RefUsageError(UsageError):
    """A ref stands where a plain value is needed; unwrap it first."""


class ValueProblem(MandalaGraphError):
    """Something about one value.

    When the result of a call cannot be recorded, `result` holds it, so that it is not lost.
    """

    result: object = None


class UnhashableValue(ValueProblem, TypeError):
    """No stable content id can be given; the message names the path inside the value."""


class UnsavableValue(ValueProblem, TypeError):
    """The value cannot be stored; the message names the path inside the value."""


class ValueDropped(ValueProblem, LookupError):
    """The value was dropped, or never stored; its provenance is still there."""


class ValueMissing(ValueProblem, LookupError):
    """The store knows the value, but its bytes cannot be found."""


class UntrustedValue(ValueProblem):
    """Loading the value would run code that no trusted key vouches for."""


class CorruptValue(ValueProblem):
    """The stored bytes are not those that were written."""


class CallError(MandalaGraphError):
    """Something about one call of an op."""


class MissingCall(CallError, LookupError):
    """New calls are not allowed here, and this call is new."""


class OutputError(CallError, ValueError):
    """An op returned something else than its outputs say."""


class StoreError(MandalaGraphError):
    """Something about the store as a whole."""


class StoreUnreachable(StoreError, ConnectionError):
    """No server, file or folder there."""


class StoreAuthError(StoreError, PermissionError):
    """User or password refused."""


class StoreLocked(StoreError, TimeoutError):
    """Another process holds the store for too long."""


class StoreReadOnly(StoreError, PermissionError):
    """The store takes no writes."""


class StoreFull(StoreError, OSError):
    """No space left where the store writes."""


class StoreCorrupt(StoreError):
    """Not a store of ours, or a damaged one."""


class StoreFormatError(StoreError):
    """Written by an older or newer release; the message names the command that helps."""


class StoreSchemaError(StoreError):
    """The server lacks the constraints that keep calls unique."""


class StoreClosed(StoreError):
    """Used after `close()`."""


class CypherError(MandalaGraphError):
    """A query that cannot be run. `line` and `column` count from 1; 0 where no place is to blame."""

    line: int = 0
    column: int = 0


class CypherSyntaxError(CypherError, SyntaxError):
    """Not Cypher; the message shows line, column and a caret."""


class UnsupportedCypher(CypherError):
    """Cypher that this engine does not run; the message names the construct."""


class QueryTimeout(CypherError, TimeoutError):
    """The query took longer than it may."""


class QueryCancelled(CypherError):
    """The query was ended before it was done, as whoever asked does not want the answer any more."""


class ResultTooLarge(CypherError, MemoryError):
    """The result has more rows than it may."""


class FrameError(MandalaGraphError):
    """Something about a ComputationFrame."""


class UnknownNode(FrameError, KeyError):
    """No variable or function of that name; the message suggests the nearest."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class JoinTooLarge(FrameError, MemoryError):
    """A table would have more rows than `max_rows`; the message names what multiplies."""


class VersionError(MandalaGraphError):
    """Something about code versions."""


class RecomputationRefused(VersionError):
    """The policy `on_change` refused to recompute or to keep."""
