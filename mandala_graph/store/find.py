"""What an id means that somebody typed: the ref, call, version, component, run or op that it is or begins.

>>> import tempfile, os
>>> from mandala_graph.store.protocol import Batch, RefRow
>>> from mandala_graph.store.sqlite import SQLiteStore
>>> with tempfile.TemporaryDirectory() as folder:
...     store = SQLiteStore(os.path.join(folder, "a.db"))
...     store.write(Batch(refs={h * 40: RefRow(h * 40, "2" * 40, "int", "5", 8, 5) for h in "ab"}))
...     print([f.label for f in find(store, "aa")], len(find(store, "2" * 40)), find(store, "c"))
...     store.close()
['Ref'] 2 []
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from typing import NamedTuple

from mandala_graph.store.protocol import Store
from mandala_graph.structures import STRUCT_OP_NAMES

__all__ = ["Found", "find"]

_IDS = ("Call", "Ref", "Version", "Component", "Run")
_HEX = frozenset(string.hexdigits.lower())


class Found(NamedTuple):
    """A node: its label, and its key (hid, id or name)."""

    label: str
    key: str


def find(store: Store, text: str, labels: Iterable[str] = (*_IDS, "Op"), limit: int = 20) -> list[Found]:
    """Every node (at most `limit`) that a text names: by its key, the beginning of it, or a component's name.

    An exact key or name of an op is the only answer. Where no key begins like this, a content id gives the refs of these contents.
    """
    wanted = list(labels)
    text = text.strip()
    if not text:
        return []
    found: list[Found] = []
    if "Op" in wanted and (text in STRUCT_OP_NAMES or text in store.ops()):
        return [Found("Op", text)]  # also where the name, like `add`, could begin an id
    if set(text.lower()) <= _HEX:
        for label in (n for n in _IDS if n in wanted):
            keys = [k for k in store.keys(label, _before(text.lower()), limit) if k.startswith(text.lower())]
            if keys and keys[0] == text.lower():
                return [Found(label, keys[0])]
            found += [Found(label, k) for k in keys]
        if not found and "Ref" in wanted and len(text) >= 6:
            found += [Found("Ref", hid) for hid in _with_contents(store, text.lower(), limit)]
    if not found and "Component" in wanted:
        found += [Found("Component", id) for id in _named(store, text)]
    return found[:limit]


def _before(prefix: str) -> str:
    """A text below every key that begins with `prefix`, and above every other key below these."""
    return prefix[:-1] + chr(ord(prefix[-1]) - 1) + "~"


def _with_contents(store: Store, cid: str, limit: int) -> list[str]:
    if len(cid) == 40:
        return [row.hid for row in store.refs_by_cid([cid]).get(cid, ())][:limit]
    table = store.query(
        "MATCH (r:Ref) WHERE r.cid STARTS WITH $cid RETURN r.hid ORDER BY r.hid LIMIT $limit",
        {"cid": cid, "limit": limit},
    )
    return [row[0] for row in table.rows]


def _named(store: Store, name: str) -> list[str]:
    """The newest component of a name (`f` or `module.f`)."""
    table = store.query(
        "MATCH (c:Component) WHERE c.name = $name OR c.module + '.' + c.name = $name "
        "RETURN c.id ORDER BY c.created DESC, c.id LIMIT 1",
        {"name": name},
    )
    return [row[0] for row in table.rows]
