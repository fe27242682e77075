"""Runs programs in processes that begin with the packages already imported: most of a small program's time is that.

Run as a script, it reads a JSON list (folder, environment) a line, runs `main.py` of the folder in a fork of itself,
and answers with a JSON list (exit code, what was printed). Forks share the seed of hashes; nothing else of a program
stays for the next. Not a test itself.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
import tempfile
import traceback
import warnings
from typing import IO

IMPORTED = (
    "mandala_graph.storage",
    "mandala_graph.store.neo4j",
    "mandala_graph.store.sqlite",
    "mandala_graph.versions",
)


def child(folder: str, env: dict[str, str], output: IO[str]) -> None:
    """Never returns."""
    code = 0
    try:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        os.environ.clear()
        os.environ.update(env)
        os.chdir(folder)
        sys.path[:0] = [folder, *env["PYTHONPATH"].split(os.pathsep)]
        sys.dont_write_bytecode = True
        sys.argv = [os.path.join(folder, "main.py")]
        runpy.run_path(sys.argv[0], run_name="__main__")
    except BaseException:  # what an interpreter does with what a program raises
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    # the other threads are a memory allocator's and a linear algebra's, which know of forks; none runs Python
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    for name in IMPORTED:
        importlib.import_module(name)
    for line in sys.stdin:
        folder, env = json.loads(line)
        with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
            pid = os.fork()
            if not pid:
                child(folder, env, output)
            _, status = os.waitpid(pid, 0)
            output.seek(0)
            print(json.dumps([os.waitstatus_to_exitcode(status), output.read()]), flush=True)


if __name__ == "__main__":
    main()
