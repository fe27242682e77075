"""One pass over live objects: from an op's function to all that it may run, name by name.

Every look at a namespace is written down, so that a `closure` can tell whether it would come out the same.
"""

from __future__ import annotations

import builtins
import enum
import functools
import types
from collections.abc import Callable
from typing import Any, NamedTuple

from mandala_graph.versions.components import Key
from mandala_graph.versions.names import Names
from mandala_graph.versions.nodes import Node, contents, find, module_name, module_of, op_qualname, resolves
from mandala_graph.versions.normal import CodeFacts, Renames, code_digest, digest, facts
from mandala_graph.versions.renamed import label_of, op_at, parameters, used
from mandala_graph.versions.scope import Scope, is_tracked
from mandala_graph.versions.sources import verified_source
from mandala_graph.versions.values import ATOMS, CHANGING, MISSING, Place, Values, is_op, wrapped_by
from mandala_graph.versions.walk_class import fill_class
from mandala_graph.versions.walk_modules import add_any_module, add_import, add_module

__all__ = ["Found", "Walk"]

_PLACE = frozenset({"__file__", "__name__", "__package__", "__spec__", "__loader__", "__path__", "__cached__"})
_WHOLE_MODULE = frozenset({"globals", "eval", "exec"})


class Found(NamedTuple):
    """What a pass found, for the next: names of attributes that are read, are names made up, what of code is read."""

    attributes: frozenset[str] = frozenset()
    dynamic: bool = False
    reads_code: frozenset[str] = frozenset()


class Walk:
    """One pass over live objects. `found` is what the pass before found."""

    def __init__(self, scope: Scope, values: Values, found: Found, names: Names):
        self.scope = scope
        self.names_of_store = names
        self.values = values
        self.attributes, self.dynamic, self.reads_code = found
        self.found: set[str] = set()
        self.found_dynamic = False
        self.found_reads: set[str] = set()
        self.hidden = False
        self.modules: frozenset[str] | None = None  # those of the user's own that were loaded, if any may be used
        self.nodes: list[Node] = []
        self._labels: dict[Key, str] = {}  # of the functions of renamed ops
        self._taken: dict[tuple[str, str], set[Key]] = {}
        self._inside: set[int] = set()
        self._todo: list[Callable[[], None]] = []  # instead of recursion: call graphs are deep
        self.index: dict[Any, int] = {}
        self.namespaces: dict[tuple[int, str], tuple[Any, Any]] = {}
        self.variables: dict[tuple[int, str], dict[str, Any]] = {}
        self.functions: dict[int, tuple[Any, ...]] = {}
        self.classes: dict[int, tuple[type, tuple[type, ...], tuple[str, ...]]] = {}

    # -- nodes

    def add(self, mark: Any, key: Key | None, thing: Any) -> Node:
        node = Node(key, thing)
        self.index[mark] = len(self.nodes)
        self.nodes.append(node)
        return node

    def look(self, namespace: Any, name: str) -> Any:
        """What a name means in a namespace; remembered as something that must not change."""
        value = namespace.get(name, MISSING)
        if value is MISSING or not self.values.is_data(value):  # data are looked at by content, see `data`
            self.namespaces[id(namespace), name] = (namespace, value)
        elif isinstance(namespace, dict):
            self.variables[id(namespace), name] = namespace
        return value

    def drain(self) -> None:
        """Look into everything that was found, and into what is found by that."""
        while self._todo:
            self._todo.pop()()

    def finish(self) -> None:
        """Make the digests, once every piece is there."""
        for node in self.nodes:
            if node.key is not None:
                name = self._labels.get(node.key, node.key.name)
                self._taken.setdefault((name, node.key.kind), set()).add(node.key)
        for node in self.nodes:
            node.digest = self._digest(node, False, set())
        for node in self.nodes:
            node.alt = self._digest(node, True, set())

    def label(self, key: Key) -> str:
        """What a piece is called in digests: its name, so that code may move to another module, unless two have it."""
        name = self._labels.get(key, key.name)
        return name if len(self._taken.get((name, key.kind), ())) < 2 else str(key._replace(name=name))

    def _digest(self, node: Node, by_type: bool, inside: set[int]) -> tuple[str, str]:
        known = node.alt if by_type else node.digest
        if known[0]:
            return known
        if id(node) in inside:
            return "^", ""
        inside.add(id(node))
        parts = []
        texts = list(node.parts)
        if node.place is not None:
            texts.append(CHANGING if by_type else node.place.text)
        for part in texts:
            while "\1" in part:  # \1index\2 stands for a piece
                before, _, rest = part.partition("\1")
                number, _, after = rest.partition("\2")
                target = self.nodes[int(number)]
                if target.key is not None:
                    part = before + self.label(target.key) + after
                else:
                    part = before + " ".join(self._digest(target, by_type, inside)) + after
            parts.append(part)
        inside.discard(id(node))
        if node.code is not None:
            code = [p for p in parts if p.startswith("code ")]
            return digest(*code), digest(*(p for p in parts if not p.startswith("code ")))
        return digest(*parts), ""

    def data(self, place: Place, key: Key | None) -> int:
        """A piece of data, kept somewhere."""
        mark = ("data", place.mark)
        if mark in self.index:
            return self.index[mark]
        node = self.add(mark, key, place.value)
        node.place = place
        self.values.text(place, lambda v: self.refer(v, node))
        return self.index[mark]

    # -- functions

    def function(self, fn: types.FunctionType, name: str | None = None) -> int:
        """A function of the user's own; `name` makes it a component even if no path leads to it."""
        known = self.index.get(id(fn))
        if known is not None:
            return known
        code = fn.__code__
        module = module_of(fn)
        key = None
        if name is not None:
            key = Key(module, name, "function")
        elif resolves(fn):
            key = Key(module, code.co_qualname, "function")
        node = self.add(id(fn), key, fn)
        at = self.index[id(fn)]
        node.code = code
        if self.names_of_store:
            self.as_op(node, op_at(fn))
        self._todo.append(lambda: self._fill_function(node, fn, module))
        return at

    def as_op(self, node: Node, op: Any) -> None:
        """A function that is an op's: it may have been called otherwise, and so its parameters."""
        if op is not None and node.key is not None and node.code is not None:
            self._labels[node.key] = label_of(node.key.name, op, self.names_of_store)
            node.renames = Renames(node.renames.used, parameters(node.code, op, self.names_of_store))

    def _fill_function(self, node: Node, fn: types.FunctionType, module: str) -> None:
        code = fn.__code__
        cells = [(c, contents(c)) for c in fn.__closure__ or ()]
        self.functions[id(fn)] = (fn, code, fn.__defaults__, fn.__kwdefaults__, cells)
        known_facts = facts(code)
        docs = "docs" in self.reads_code
        if self.names_of_store:
            node.renames = node.renames._replace(used=used(code, known_facts, fn.__globals__, self.names_of_store))
        node.parts.append("code " + code_digest(code, docs, node.renames))
        if docs:
            node.parts.append(f"doc {fn.__doc__}")
        if "source" in self.reads_code:
            node.parts.append(f"source {verified_source(fn)}")
        if "annotations" in self.reads_code:
            node.parts.append(f"annotations {sorted((k, str(v)) for k, v in fn.__annotations__.items())}")
        for k in sorted(vars(fn).keys() & self.attributes):
            get = functools.partial(vars(fn).get, k, MISSING)
            node.parts.append(f"attribute {k} " + self.held(vars(fn)[k], node, (id(fn), "attribute", k), get))
        for i, default in enumerate(fn.__defaults__ or ()):
            node.parts.append(f"default {i} " + self.held(default, node, (id(fn), "default", i), None))
        now = node.renames.parameters
        for called, k in sorted((now.get(k, k), k) for k in fn.__kwdefaults__ or {}):
            default = (fn.__kwdefaults__ or {})[k]
            node.parts.append(f"default {called} " + self.held(default, node, (id(fn), "default", k), None))
        for free, (cell, value) in zip(code.co_freevars, cells, strict=False):
            if value is MISSING:
                node.parts.append(f"cell {free} empty")
            elif free == "__class__" and isinstance(value, type):
                if self.scope.has_class(value):
                    node.hard.add(self.cls(value))
            else:
                node.parts.append(
                    f"cell {free} " + self.held(value, node, (id(cell), "cell", ""), functools.partial(contents, cell))
                )
        owner = find(fn.__globals__, code.co_qualname.rpartition(".")[0]) if "." in code.co_qualname else None
        if isinstance(owner, type) and self.scope.has_class(owner):
            node.hard.add(self.cls(owner))
        self.names(node, known_facts, fn.__globals__, module)

    def held(self, value: Any, node: Node, mark: Any, get: Callable[[], Any] | None) -> str:
        """A value that a function holds (a default, a captured variable)."""
        if not self.values.is_data(value):
            return self.refer(value, node, hard=True)
        i = self.data(Place(mark, value, get), None)
        node.hard.add(i)
        return f"\1{i}\2"

    def names(self, node: Node, known: CodeFacts, namespace: dict[str, Any], module: str) -> None:
        """Everything that code refers to by the names of globals and by imports."""
        self.found |= known.attributes
        self.found_reads |= known.reads_code
        self.found_dynamic = self.found_dynamic or known.dynamic
        chains = known.chains
        if node.renames.used:
            chains = tuple(sorted(chains, key=lambda c: [node.renames.used.get(n, n) for n in c]))
        for chain in chains:
            self.chain(node, chain, namespace, module)
        if self.scope.only != "function":
            if _WHOLE_MODULE & known.names:
                for name in sorted(namespace):
                    value = namespace[name]
                    if self.values.is_data(value) and self.scope.has_class(type(value)):
                        node.hard.add(self.cls(type(value)))  # its state is hardly what names are made up for
                    elif not name.startswith("__"):
                        self.chain(node, (name,), namespace, module)
            if known.any_module:
                node.hard.add(add_any_module(self))
            for i in known.imports:
                add_import(self, node, i.module, i.level, i.names, namespace)

    def chain(self, node: Node, chain: tuple[str, ...], namespace: dict[str, Any], module: str) -> None:
        name = chain[0]
        if name in _PLACE:
            return  # where a module stands is no part of what it does
        value = self.look(namespace, name)
        if value is MISSING:
            node.parts.append(f"{'builtin' if hasattr(builtins, name) else 'unbound'} {name}")
            return
        self.bound(node, name, value, chain[1:], namespace, module, node.renames.used.get(name, name))

    def bound(
        self, node: Node, name: str, value: Any, rest: tuple[str, ...], namespace: Any, module: str, path: str
    ) -> None:
        """A name that is bound: code by what it is called, data as a node of its own."""
        if isinstance(value, types.ModuleType):
            if self.scope.has_module_object(value):
                node.parts.append(f"{path} module")
                add_module(self, node, value, rest, path)
            elif rest and is_tracked(vars(value).get(rest[0])):
                add_module(self, node, value, rest, path)
            else:
                node.parts.append(f"{path} module {value.__name__}")
            return
        if isinstance(value, types.FunctionType) and self.scope.has_function(value) and not resolves(value):
            i = self.global_code(module, name, value)
            node.soft.add(self.index[id(value)])
            node.hard.add(i)
            return
        if self.values.is_data(value) or not self.values.is_named(value):
            place = Place((id(namespace), "global", name), value, functools.partial(namespace.get, name, MISSING))
            if self.values.is_data(value):
                node.hard.add(self.data(place, Key(module, name, "global")))
            else:
                node.hard.add(self.global_code(module, name, value))
            return
        node.parts.append(f"{path} {self.refer(value, node)}")

    def global_code(self, module: str, name: str, value: Any) -> int:
        """A global that holds code no path leads to: a lambda, a partial, a decorated function, an instance."""
        mark = ("global", module, name, id(value))
        if mark in self.index:
            return self.index[mark]
        kind = "function" if callable(value) else "global"
        node = self.add(mark, Key(module, name, kind), value)
        i = self.index[mark]
        node.parts.append(self.refer(value, node))
        return i

    # -- anything

    def refer(self, value: Any, node: Node, hard: bool = False) -> str:
        """A text that stands for a value in the digest of `node`, which gets the edges that the value needs."""
        edges = node.hard if hard else node.soft
        if isinstance(value, types.FunctionType):
            if not self.scope.has_function(value):
                return self.foreign(value, node)
            i = self.function(value)
            edges.add(i)
            return f"function \1{i}\2"
        if isinstance(value, type):
            if not self.scope.has_class(value):
                return f"class {value.__module__}.{value.__qualname__}"
            i = self.cls(value)
            node.hard.add(i)
            return f"class \1{i}\2"
        if isinstance(value, types.ModuleType):
            if self.scope.has_module_object(value):
                add_module(self, node, value, (), "")
                return "module"
            return f"module {value.__name__}"
        if is_op(value):
            node.soft.add(self.op(value))
            return f"op {self.names_of_store.identity(value.name) if self.names_of_store else value.name}"
        if isinstance(value, types.MethodType):
            return f"method {self.refer(value.__func__, node, hard)} {self.refer(value.__self__, node, hard)}"
        if isinstance(value, functools.partial):
            keywords = " ".join(f"{k}={self.refer(v, node, hard)}" for k, v in sorted(value.keywords.items()))
            parts = " ".join(self.refer(v, node, hard) for v in value.args)
            return f"partial {self.refer(value.func, node, hard)} ({parts}) ({keywords})"
        wrapped = wrapped_by(value)
        if wrapped is not None and not self.scope.has_class(type(value)):
            return f"wrapper {type(value).__name__} {self.refer(wrapped, node, True)}"
        if self.scope.has_class(type(value)) and not isinstance(value, enum.Enum):
            node.hard.add(self.cls(type(value)))
        if isinstance(value, enum.Enum) and self.scope.has_class(type(value)):
            return f"{self.refer(type(value), node)}.{value.name}"
        if self.values.is_named(value):
            return self.values.name(value)
        return self.values.plain_text(value, lambda v: self.refer(v, node))

    def foreign(self, fn: types.FunctionType, node: Node) -> str:
        """An installed function; a decorator's wrapper holds functions of the user's own, and its settings."""
        text = f"function {fn.__code__.co_qualname} of {fn.__globals__.get('__name__')}"
        held = {f"cell {n}": contents(c) for n, c in zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=False)}
        if "__wrapped__" in vars(fn):
            held["wrapped"] = vars(fn)["__wrapped__"]
        if not held or id(fn) in self._inside:
            return text
        self._inside.add(id(fn))
        for name in sorted(held):
            value = held[name]
            if type(value) in ATOMS or not self.values.is_data(value):
                text += f" {name} {self.refer(value, node, hard=True)}"
            elif self.values.holds_code(value):
                text += f" {name} {self.held(value, node, (id(fn), name), None)}"
        self._inside.discard(id(fn))
        return text

    def op(self, op: Any) -> int:
        """An op called by an op: the outer call depends on what the inner one does."""
        mark = ("op", id(op))
        if mark in self.index:
            return self.index[mark]
        node = self.add(mark, None, op)
        i = self.index[mark]
        node.op = op
        node.sticky = True  # its calls may be found in the store, so nothing of it is seen
        node.hard.add(self.op_function(op))
        return i

    def op_function(self, op: Any) -> int:
        """The function of an op; a version given by hand is a part of it."""
        fn = op.fn
        if isinstance(fn, types.FunctionType):
            i = self.function(fn, None if resolves(fn) else op_qualname(op))
            if self.names_of_store:
                self.as_op(self.nodes[i], op)
        else:
            node = self.add(id(fn), Key(module_name(fn), op_qualname(op), "function"), fn)
            i = self.index[id(fn)]
            node.sticky = True
            node.parts.append(self.refer(fn, node, hard=True))
        by_hand = str(getattr(op, "version", ""))
        if by_hand and ("version", i) not in self.index:
            self.index["version", i] = i
            self.nodes[i].parts.append(f"version {by_hand}")
        return i

    # -- classes

    def cls(self, cls: type) -> int:
        """A class of the user's own: its bases, and those of its members that may be used."""
        known = self.index.get(id(cls))
        if known is not None:
            return known
        module = str(cls.__module__)
        node = self.add(id(cls), Key("__main__" if module == "__mp_main__" else module, cls.__qualname__, "class"), cls)
        self._todo.append(lambda: fill_class(self, node, cls))
        return self.index[id(cls)]
