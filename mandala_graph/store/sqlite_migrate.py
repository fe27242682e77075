"""From older formats of the SQLite file to the present one, after a copy was made beside it."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Mapping, Sequence

from mandala_graph.errors import StoreFormatError
from mandala_graph.graph import FORMAT
from mandala_graph.store import migrations

__all__ = ["STEPS", "migrate"]

log = logging.getLogger("mandala_graph")

STEPS: Mapping[int, Sequence[str]] = {s.format - 1: s.sqlite for s in migrations.STEPS}
"""Statements that lead from a format to the next."""


def migrate(
    connection: sqlite3.Connection,
    path: str,
    found: int,
    read_only: bool,
    steps: Mapping[int, Sequence[str]] = STEPS,
    wanted: int = FORMAT,
) -> None:
    """Bring the file at `path` from format `found` to `wanted`, or refuse.

    The copy is `<path>.format<found>.bak`; an existing one is never overwritten.
    """
    if found > wanted:
        raise StoreFormatError(
            f"{path} has format {found}, written by a newer release of mandala_graph; this one reads up to format "
            f"{wanted}. Run `pip install --upgrade mandala-graph`."
        )
    missing = [n for n in range(found, wanted) if n not in steps]
    if missing:
        raise StoreFormatError(
            f"{path} has format {found}, and nothing leads from format {missing[0]} to {wanted}, which this release "
            f"reads. Open it with the release of mandala_graph that wrote it."
        )
    if read_only:
        raise StoreFormatError(
            f"{path} has format {found} and must be migrated to {wanted} first: run `mandala-graph migrate --store "
            f"{path}`, or open it once without read_only=True."
        )
    backup = f"{path}.format{found}.bak"
    if not os.path.exists(backup):
        unfinished = f"{backup}.{os.getpid()}"
        copy = sqlite3.connect(unfinished)
        try:
            connection.backup(copy)
        finally:
            copy.close()
        os.replace(unfinished, backup)
    connection.execute("BEGIN IMMEDIATE")
    try:
        (now,) = connection.execute("PRAGMA user_version").fetchone()
        for number in range(now, wanted):  # another process may have done it meanwhile
            for statement in steps[number]:
                connection.execute(statement)
        connection.execute("UPDATE store SET format = ?", (wanted,))
        connection.execute(f"PRAGMA user_version = {wanted}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.rollback()
        raise
    log.warning("%s was migrated from format %d to %d; a copy of the old file is %s", path, found, wanted, backup)
