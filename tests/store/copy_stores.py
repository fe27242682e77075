"""Opening a store by its place, as the tests of copies do on both engines."""

from __future__ import annotations

from typing import Any

from mandala_graph.store.protocol import Store


def open_at(place: str, values: Any) -> Store:
    if "://" in place:
        from mandala_graph.store.neo4j import Neo4jStore

        return Neo4jStore(place, values=str(values))
    from mandala_graph.store.sqlite import SQLiteStore

    return SQLiteStore(place)
