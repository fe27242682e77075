"""What is known about a run: when, where, who, with which code and packages. Nothing is sent anywhere."""

from __future__ import annotations

import functools
import os
import sys
import time

from mandala_graph.store.protocol import RunRow

__all__ = ["git_state", "new_run", "packages"]


@functools.lru_cache(maxsize=1)
def packages() -> tuple[str, ...]:
    """The distributions that this process can import, as `name==version`, sorted.

    Read from the names of their metadata folders (PyPA "Recording installed projects" spec), which takes a
    millisecond, where asking `importlib.metadata` about each takes hundreds.
    """
    found: dict[str, str] = {}
    for folder in sys.path:
        try:
            entries = os.listdir(folder or ".")
        except OSError:
            continue  # an entry of sys.path that is no folder (a zip, a path that is gone)
        for entry in entries:
            stem, dot, ending = entry.rpartition(".")
            name, dash, version = stem.partition("-")
            if dot and dash and ending in ("dist-info", "egg-info"):
                found.setdefault(name.lower().replace("_", "-"), version.split("-py")[0])
    return tuple(f"{name}=={found[name]}" for name in sorted(found))


def git_state(folder: str) -> tuple[str | None, bool | None]:
    """(commit, has uncommitted changes) of the checkout around a folder; (None, None) where there is none."""

    import subprocess

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", folder, *words], capture_output=True, text=True, timeout=5, stdin=subprocess.DEVNULL
            )
        except (OSError, subprocess.SubprocessError):
            return None  # no git here, or a checkout that answers too slowly: a run is recorded without it
        return done.stdout if done.returncode == 0 else None

    commit = git("rev-parse", "HEAD")
    if commit is None:
        return None, None
    status = git("status", "--porcelain", "--untracked-files=no")
    return commit.strip(), None if status is None else bool(status.strip())


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())


def new_run() -> RunRow:
    """A run that starts now, in this process."""
    # imported here, because they would cost a program that only reads a tenth of its start
    import platform
    import shlex
    import socket
    import uuid

    script = getattr(sys.modules.get("__main__"), "__file__", None)
    folder = os.path.dirname(os.path.abspath(script)) if script else os.getcwd()
    commit, dirty = git_state(folder)
    return RunRow(
        id=uuid.uuid4().hex,
        started=time.time(),
        ended=None,
        host=socket.gethostname(),
        user=_user(),
        argv=shlex.join(sys.argv),
        python=platform.python_version(),
        git_commit=commit,
        git_dirty=dirty,
        packages=packages(),
    )
