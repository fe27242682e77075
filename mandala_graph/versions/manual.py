"""What a user says an op depends on: `depends_on=[function, "file", env("NAME")]`, `packages=[...]`."""

from __future__ import annotations

import functools
import logging
import os
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mandala_graph.errors import OpDefinitionError
from mandala_graph.versions.components import Key
from mandala_graph.versions.normal import digest
from mandala_graph.versions.values import is_op, unwrap_method
from mandala_graph.versions.walk import Walk

__all__ = ["Env", "Stated", "env", "stated"]

log = logging.getLogger("mandala_graph")


@dataclass(frozen=True, slots=True)
class Env:
    """An environment variable that an op depends on (made by `env`)."""

    name: str


def env(name: str) -> Env:
    """An environment variable as a dependency: `@op(depends_on=[env("SEED")])`.

    >>> env("SEED")
    Env(name='SEED')
    """
    if not isinstance(name, str) or not name:
        raise OpDefinitionError(f"env() takes the name of an environment variable, not {name!r}.")
    return Env(name)


_file_digests: dict[str, tuple[tuple[int, int, int], str]] = {}


def _file_digest(path: str) -> str:
    try:
        stat = os.stat(path)
        stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        known = _file_digests.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        made = digest(Path(path).read_bytes())
    except OSError:
        return "absent"
    _file_digests[path] = (stamp, made)
    return made


def _package_version(name: str) -> str:
    import importlib.metadata  # slow to import, and seldom needed

    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        found = importlib.metadata.packages_distributions().get(name)  # an import name, like sklearn
        return "not installed" if not found else importlib.metadata.version(found[0])


_package_versions = functools.lru_cache(maxsize=None)(_package_version)


@dataclass(frozen=True, slots=True)
class Stated:
    """One file, variable or package that an op depends on."""

    key: Key
    path: str = ""

    def now(self) -> str:
        """What it is now, as a text that changes when it does."""
        if self.key.kind == "file":
            return _file_digest(self.path)
        if self.key.kind == "env":
            value = os.environ.get(self.key.name)
            return "absent" if value is None else f"={value}"
        return _package_versions(self.key.name)

    def source(self) -> str:
        if self.key.kind == "file":
            try:
                return Path(self.path).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                return f"{self.key.name}: {self.now()}\n"
        return f"{self.key.name} {self.now()}\n"


def _place(name: str, fn: Any) -> str:
    """A file named relative to the working folder, or else to the folder of the op's module."""
    if os.path.isabs(name) or os.path.exists(name):
        return os.path.abspath(name)
    own = getattr(sys.modules.get(getattr(fn, "__module__", "")), "__file__", None)
    beside = os.path.join(os.path.dirname(own), name) if own else name
    return os.path.abspath(beside if os.path.exists(beside) else name)


def stated(op: Any) -> tuple[list[Stated], list[Any]]:
    """What an op states: files, variables and packages; and code."""
    outside: list[Stated] = []
    code: list[Any] = []
    for package in op.packages:
        outside.append(Stated(Key("", str(package), "package")))
    for thing in op.depends_on:
        if isinstance(thing, Env):
            outside.append(Stated(Key("", thing.name, "env")))
        elif isinstance(thing, (str, os.PathLike)):
            name = os.fspath(thing)
            outside.append(Stated(Key("", str(name), "file"), _place(str(name), op.fn)))
        elif is_op(thing) or callable(thing) or isinstance(thing, types.ModuleType):
            code.append(thing)
        else:
            raise OpDefinitionError(
                f"op {op.name}: depends_on takes functions, classes, modules, file names and env(...), not {thing!r}."
            )
    for thing in outside:
        _tell_absent(op.name, thing)
    return outside, code


_told: set[tuple[str, Stated]] = set()


def _tell_absent(op: str, thing: Stated) -> None:
    """Say once that a file or package is not there: it may come later, or its name is wrong."""
    if (op, thing) in _told:
        return
    kind, now = thing.key.kind, thing.now()
    if kind == "file" and now == "absent":
        log.warning("op %s depends on the file %r, which cannot be read at %s", op, thing.key.name, thing.path)
    elif kind == "package" and now == "not installed":
        log.warning("op %s depends on the package %r, which is not installed", op, thing.key.name)
    else:
        return
    _told.add((op, thing))


def add_code(walk: Walk, thing: Any) -> int:
    """A piece of code named by hand: it counts whole, wherever it comes from."""
    if is_op(thing):
        return walk.op(thing)
    parts = unwrap_method(thing)
    if parts is not None and len(parts) == 1 and isinstance(parts[0][1], types.FunctionType):
        fn = parts[0][1]
        return walk.function(fn, fn.__qualname__)
    if isinstance(thing, type):
        return walk.cls(thing)
    node = walk.add(("stated", id(thing)), None, thing)
    node.parts.append(walk.refer(thing, node, hard=True))
    node.sticky = True
    return walk.index["stated", id(thing)]
