"""What commands share: the options `--store` and `--json`, and opening the store they name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

__all__ = ["json_option", "opened", "store_option"]

store_option = click.option(
    "--store",
    "-s",
    "location",
    envvar="MANDALA_GRAPH_STORE",
    default="mandala_graph.db",
    show_default=True,
    help="A SQLite file, or a Neo4j URL (neo4j://host:7687).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


@contextmanager
def opened(location: str, **options: Any) -> Iterator[Any]:
    """The storage at a location, closed afterwards."""
    from mandala_graph.storage import Storage

    storage = Storage(location, **options)
    try:
        yield storage
    finally:
        storage.close()
