"""What changed from each format of a store to the next, for both engines. Carrying it out is theirs.

A new step goes to the end, and `mandala_graph.graph.FORMAT` up by one. Steps are never changed once released:
tests/store/formats keeps a store of every earlier format, which must come out as if written today.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["STEPS", "Step", "between"]


class Step(NamedTuple):
    """The way to `format` from the one before it: statements for the SQLite file, and for the Neo4j database.

    The latter do no harm when they run twice, and may be none: a property that is not there needs no column.
    """

    format: int
    why: str
    sqlite: tuple[str, ...] = ()
    neo4j: tuple[str, ...] = ()


STEPS: tuple[Step, ...] = (
    Step(
        2,
        "ops know under which names their ids were made, and what was renamed; versions know whether anybody saw what "
        "their calls ran; a file keeps calls that are not in its indexes yet, and who runs a call; refs and calls have "
        "a name to be shown by",
        sqlite=(
            "ALTER TABLE op ADD COLUMN identity TEXT",
            "ALTER TABLE op ADD COLUMN renamed TEXT",
            "ALTER TABLE version ADD COLUMN whole INTEGER",
            "CREATE TABLE pending (id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, rows TEXT NOT NULL)",
            "CREATE TABLE lease (hid TEXT PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL) WITHOUT ROWID",
            "ALTER TABLE ref ADD COLUMN name TEXT GENERATED ALWAYS AS "
            "(CASE WHEN length(preview) <= 40 THEN preview ELSE type END) VIRTUAL",
            "ALTER TABLE call ADD COLUMN name TEXT GENERATED ALWAYS AS (op) VIRTUAL",
        ),
        neo4j=(
            "MATCH (n:Ref) SET n.name = CASE WHEN size(n.preview) <= 40 THEN n.preview ELSE n.type END",
            "MATCH (n:Call) SET n.name = n.op",
        ),
    ),
)
"""In order; the formats are 2, 3, ... without a gap."""


def between(found: int, wanted: int) -> tuple[Step, ...]:
    """The steps from one format to another.

    >>> [s.format for s in between(1, 2)]
    [2]
    """
    return tuple(s for s in STEPS if found < s.format <= wanted)
