"""A copy that stops for ever at a given stage, to be killed there: `python -m tests.store.copy_child FROM TO STAGE VALUES`."""

from __future__ import annotations

import sys
import time

from mandala_graph.store.copy import copy
from tests.store.copy_stores import open_at

if __name__ == "__main__":
    source, target, stage, values = sys.argv[1:]

    def stop(what: str, done: int, total: int) -> None:
        if what == stage:
            print("here", flush=True)
            time.sleep(600)

    copy(open_at(source, values), open_at(target, values), progress=stop)
