"""What the small projects of the scenarios import: ops, a session, and a report of what ran. Not a test itself.

`LAB_PEER` says who memoizes: mandala_graph (default), joblib, checkpointer, or plain (nobody: the oracle).
`LAB_STORE` is where mandala_graph keeps it.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager

__all__ = ["op", "session"]

PEER = os.environ.get("LAB_PEER", "mandala_graph")
_codes = {}

if PEER == "mandala_graph":
    from mandala_graph import Storage, op
else:

    def _memoizer():
        if PEER == "joblib":
            from joblib import Memory

            return Memory("cache", verbose=0).cache
        if PEER == "checkpointer":
            from checkpointer import Checkpointer

            return Checkpointer(directory="cache", verbosity=0)
        return lambda fn: fn

    def op(fn=None, **options):
        if fn is None:
            return op
        _codes[id(fn.__code__)] = (fn.__name__, fn.__code__)
        return _memoizer()(fn)


class _Session:
    def __init__(self, storage):
        self.storage = storage
        self.results = []
        self.ran = {}

    def call(self, f, *args, **kwargs):
        got = f(*args, **kwargs)
        self.results.append(repr(got if self.storage is None else self.storage.unwrap(got)))

    def count(self, frame, event, arg):
        if event == "call" and id(frame.f_code) in _codes:
            name = _codes[id(frame.f_code)][0]
            self.ran[name] = self.ran.get(name, 0) + 1


@contextmanager
def session():
    if PEER == "mandala_graph":
        s = _Session(Storage(os.environ.get("LAB_STORE", "store.db")))
        with s.storage:
            yield s
        s.ran = {n: o.computed for n, o in sorted(s.storage.memoizer.states.items()) if o.computed}
        s.storage.close()
    else:
        s = _Session(None)
        sys.setprofile(s.count)
        yield s
        sys.setprofile(None)
    with open(os.environ["LAB_REPORT"], "w", encoding="utf-8") as f:
        json.dump({"ran": s.ran, "results": s.results}, f)
