"""Which code counts: the user's own, as opposed to Python's and to what is installed.

By default everything that is not installed is the user's own: the package or folder of the op's module,
`__main__`, notebook cells, code made by `exec`, packages installed in editable mode. An op inside an installed
package has that package as its own.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import sysconfig
import types
from collections.abc import Iterable
from typing import Any

from mandala_graph.errors import OpDefinitionError

__all__ = ["Scope", "is_tracked", "track"]

_TRACKED: set[int] = set()
_KEPT: list[Any] = []  # keeps the ids in _TRACKED from being given to something else
_OURS = __name__.partition(".")[0]


def track(thing: Any) -> Any:
    """Let a function, class or module count as the user's own, wherever its code comes from.

    For what automatic detection leaves out: a function of an installed package that you are changing, or
    code made by a template engine. Calls of ops that use it are recomputed when it changes.

    >>> import textwrap
    >>> from mandala_graph.versions import track
    >>> track(textwrap.dedent) is textwrap.dedent
    True
    """
    if not isinstance(thing, (types.FunctionType, type, types.ModuleType)) and not hasattr(thing, "__wrapped__"):
        raise OpDefinitionError(f"@track marks a function, class or module, and {thing!r} is none.")
    _TRACKED.add(id(thing))
    _KEPT.append(thing)
    code = getattr(thing, "__code__", None)
    if code is not None:
        _TRACKED.add(id(code))
        _KEPT.append(code)
    return thing


def is_tracked(thing: Any) -> bool:
    return id(thing) in _TRACKED


def _installed_roots() -> tuple[str, ...]:
    paths = {os.path.realpath(p) for k, p in sysconfig.get_paths().items() if k in ("stdlib", "platstdlib")}
    paths |= {os.path.realpath(p) for k, p in sysconfig.get_paths().items() if k in ("purelib", "platlib")}
    paths.add(os.path.dirname(os.path.realpath(os.__file__)))
    return tuple(p + os.sep for p in paths)


_INSTALLED = _installed_roots()
_files: dict[str, bool] = {}


def is_installed(filename: str) -> bool:
    """Does a source file belong to Python or to an installed distribution?"""
    known = _files.get(filename)
    if known is None:
        if filename.startswith("<frozen "):
            known = True
        elif filename.startswith("<"):
            known = False
        else:
            path = os.path.realpath(filename)
            parts = path.split(os.sep)
            known = path.startswith(_INSTALLED) or "site-packages" in parts or "dist-packages" in parts
        _files[filename] = known
    return known


class Scope:
    """The user's own code, as one op sees it.

    `deps` is None for the default; `"function"`, `"module"` or `"package"` for the op's own function, module or
    top-level package only; or an iterable of module or package names to count as well (`"name"`) or to leave
    out (`"-name"`), or functions, classes and modules to count as well.
    """

    def __init__(self, module: str, deps: Any = None) -> None:
        self.module = module
        self.package = module.partition(".")[0]
        self.only: str | None = None
        self.more: tuple[str, ...] = ()
        self.less: tuple[str, ...] = ()
        self._things: set[int] = set()
        self._modules: dict[str, bool] = {}
        self._methods: tuple[int, frozenset[str]] | None = None
        if isinstance(deps, str) and deps in ("function", "module", "package"):
            self.only = deps
        elif deps is not None:
            entries: Iterable[Any] = [deps] if isinstance(deps, str) else deps
            more, less = [], []
            for entry in entries:
                if isinstance(entry, types.ModuleType):
                    more.append(entry.__name__)
                elif isinstance(entry, str) and entry.startswith("-"):
                    less.append(entry[1:])
                elif isinstance(entry, str):
                    more.append(entry)
                elif callable(entry):
                    self._things |= {id(entry), id(getattr(entry, "__code__", entry))}
                else:
                    raise OpDefinitionError(
                        f"deps= takes 'function', 'module', 'package', or names of modules ('-name' leaves one out), "
                        f"functions and modules, not {entry!r}."
                    )
            self.more, self.less = tuple(more), tuple(less)

    @property
    def widened(self) -> bool:
        """May code that is installed count?"""
        return bool(self.more or self._things or _TRACKED)

    def has_module(self, name: str, filename: str | None = None) -> bool:
        """Is a module the user's own?"""
        known = self._modules.get(name)
        if known is None:
            known = self._modules[name] = self._decide(name, filename)
        return known

    def has_module_object(self, module: types.ModuleType) -> bool:
        """The same for a module at hand, which `sys.modules` may not know."""
        made = "<made>" if "__builtins__" in vars(module) else None
        return self.has_module(module.__name__, getattr(module, "__file__", None) or made)

    def _decide(self, name: str, filename: str | None) -> bool:
        top = name.partition(".")[0]
        if top == _OURS or name == "builtins":
            return False
        if _within(name, self.less) and not _within(name, self.more):
            return False
        if _within(name, self.more):
            return True
        if self.only == "function":
            return False
        if name == self.module:
            return True
        if self.only == "module":
            return False
        if top == self.package and name != "__main__":
            return True
        if self.only == "package":
            return False
        module = sys.modules.get(name)
        path = getattr(module, "__file__", None) or filename
        if path is None:
            # a module made at run time is the user's own if Python code ran in it
            return name == "__main__" or (module is not None and "__builtins__" in vars(module))
        return not is_installed(path)

    def load(self, name: str) -> types.ModuleType | None:
        """A module of the user's own, imported if need be; None if it is not, or cannot be imported."""
        module = sys.modules.get(name)
        if module is None:
            try:
                spec = importlib.util.find_spec(name)
                if spec is None or not self.has_module(name, spec.origin):
                    return None
                module = importlib.import_module(name)
            except Exception:  # whatever an optional module raises when it is imported: it is not there
                return None
        return module if self.has_module(name) else None

    def loaded(self) -> frozenset[str]:
        """The names of all modules of the user's own that are loaded now."""
        return frozenset(
            n for n, m in list(sys.modules.items()) if isinstance(m, types.ModuleType) and self.has_module(n)
        )

    def members(self, name: str) -> list[types.FunctionType | type]:
        """The functions and classes that a module of the user's own defines."""
        module = sys.modules.get(name)
        if module is None or not self.has_module(name):
            return []
        return [
            v
            for v in list(vars(module).values())
            if isinstance(v, (types.FunctionType, type)) and getattr(v, "__module__", None) == name
        ]

    def method_names(self) -> frozenset[str]:
        """The names of all methods of the user's own classes that are loaded now."""
        count = len(sys.modules)
        if self._methods is None or self._methods[0] != count:
            names: set[str] = set()
            for name, module in list(sys.modules.items()):
                if module is None or not self.has_module(name):
                    continue
                for value in list(vars(module).values()):
                    if isinstance(value, type) and self.has_class(value):
                        names |= {n for n, m in vars(value).items() if callable(m) or isinstance(m, property)}
            self._methods = (count, frozenset(names))
        return self._methods[1]

    def has_function(self, fn: types.FunctionType) -> bool:
        if id(fn) in _TRACKED or id(fn) in self._things or id(fn.__code__) in self._things:
            return True
        return self.has_code(fn.__code__, fn.__globals__)

    def has_code(self, code: types.CodeType, namespace: dict[str, Any]) -> bool:
        if id(code) in _TRACKED or id(code) in self._things:
            return True
        name = namespace.get("__name__")
        filename = code.co_filename
        if not isinstance(name, str):
            return not is_installed(filename)  # exec'd in a namespace of its own
        return self.has_module(name, filename)

    def has_class(self, cls: type) -> bool:
        if id(cls) in _TRACKED or id(cls) in self._things:
            return True
        module = cls.__module__  # of some classes made in C no string
        return isinstance(module, str) and self.has_module(module)


def _within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == p or name.startswith(p + ".") for p in packages)
