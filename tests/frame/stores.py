"""Random programs in real stores."""

from __future__ import annotations

from typing import Any

from mandala_graph.frame.web import Web
from mandala_graph.store.protocol import Batch, CallRow, InputEdge, OpRow, RefRow, Store
from mandala_graph.store.reach import reader
from tests.frame.programs import MANY, OPS, Provenance, plain_name


def write(store: Store, prov: Provenance) -> None:
    """Put a program's calls into a store."""
    batch = Batch()
    for name in {*OPS, *[c.op for c in prov.calls.values()]}:
        batch.ops[name] = OpRow(name, "m", name, "", *OPS[plain_name(name)])
    for call in prov.calls.values():
        for _, r in (*call.inputs, *call.outputs):
            plain = r in prov.scalars
            batch.refs[r] = RefRow(r, r, "int" if plain else "thing", "", 8, int(r[:6], 16) if plain else None)
        place: dict[str, int] = {}
        edges = []
        for label, r in call.inputs:
            i = place[label] = place.get(label, -1) + 1
            edges.append(InputEdge(label, r, i if plain_name(call.op) in MANY else None))
        batch.calls[call.id] = CallRow(
            call.id, call.id, call.op, "v", "run", 1.0, 0.5, "ok", tuple(edges), call.outputs
        )
    store.write(batch)


def web_of_store(store: Store) -> Web:
    return Web(reader(store), lambda: {o.name: (o.inputs, o.outputs) for o in store.ops().values()})


class Counted:
    """Counts the statements that a store's engine is given, SQLite or Neo4j."""

    def __init__(self, store: Any, monkeypatch: Any):
        self.statements: list[str] = []
        if hasattr(store, "link"):
            read = store.link.read

            def counted(statement: str, parameters: Any = None) -> Any:
                self.statements.append(statement)
                return read(statement, parameters)

            monkeypatch.setattr(store.link, "read", counted)
        else:
            reading = store._file._all
            for connection in reading:
                connection.set_trace_callback(self.statements.append)

    def reads(self) -> list[str]:
        return [
            s
            for s in self.statements
            if s.lstrip().upper().startswith(("SELECT", "WITH", "MATCH", "UNWIND", "CALL", "/"))
        ]
