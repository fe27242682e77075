"""Renaming in a Neo4j store, inside a transaction: ids stay, names on calls and relationships change."""

from __future__ import annotations

from typing import Any

import neo4j

from mandala_graph.errors import StoreError
from mandala_graph.store.protocol import Renaming
from mandala_graph.store.statements import statement

__all__ = ["rename"]


def rename(transaction: neo4j.Transaction, r: Renaming) -> int:
    """Carry a renaming out; how many calls, or relationships, had the name."""

    def run(name: str, **parameters: Any) -> Any:
        return transaction.run(statement(name), parameters).single(strict=True)[0]

    # The first statement takes the lock of the store's node, so that renamings come one after another.
    transaction.run(statement("write/epoch")).consume()
    renamed, used = run("read/rename_check", kind=r.kind, op=r.before.name, new=r.new)
    if tuple(renamed) != r.before.renamed or (used and not r.merge and r.old != r.new):
        raise StoreError(
            f"somebody else renamed something of op {r.before.name}, or used the name {r.new}, at the same moment: "
            f"nothing was renamed. Do it again."
        )
    count = int(run(f"write/rename_{r.kind}", op=r.before.name, old=r.old, new=r.new))
    after = r.after
    row = [after.name, list(after.inputs), list(after.outputs), after.identity or None, list(after.renamed)]
    transaction.run(statement("write/rename_done"), row=row).consume()
    return count
