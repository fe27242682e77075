"""What the small projects of the scenarios import: ops, a session, and a report of what ran. Not a test itself."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager

from mandala_graph import Storage, op
from mandala_graph.versions import Versions

__all__ = ["op", "session"]


class _Session:
    """Calls ops and keeps what they give. Without a storage (LAB_PLAIN) they are plain functions: the oracle."""

    def __init__(self, storage):
        self.storage = storage
        self.results = []

    def call(self, f, *args, **kwargs):
        got = f(*args, **kwargs)
        self.results.append(repr(got if self.storage is None else self.storage.unwrap(got)))

    def ran(self):
        if self.storage is None:
            return {}
        return {n: s.computed for n, s in sorted(self.storage.memoizer.states.items()) if s.computed}


@contextmanager
def session():
    s = _Session(None if os.environ.get("LAB_PLAIN") else Storage("store.db"))
    if s.storage is None:
        yield s
    else:
        if s.storage.memoizer.versions is None:
            s.storage.memoizer.versions = Versions(s.storage.store)
        with s.storage:
            yield s
    report = {"ran": s.ran(), "results": s.results}
    if s.storage is not None:
        s.storage.close()
    with open(os.environ["LAB_REPORT"], "w", encoding="utf-8") as f:
        json.dump(report, f)
