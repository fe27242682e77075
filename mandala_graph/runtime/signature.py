"""How arguments become named inputs, and a return value named outputs. Knows functions, not stores."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mandala_graph.errors import OpDefinitionError, OutputError, UsageError
from mandala_graph.hashing import Tolerance
from mandala_graph.runtime.markers import Ignored, NewDefault, Transient
from mandala_graph.structures import MDict, MList, MSet, MTuple, StructType, struct_type

__all__ = ["Bound", "Outputs", "Parameter", "Signature"]

Bound = list[tuple[str, "Parameter", Any]]
"""The inputs of one call, in the order of the signature: (input name, its parameter, value)."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """What one parameter asks for, from its annotation and default."""

    name: str
    ignored: bool = False
    transient: bool = False
    struct: StructType | None = None
    tolerance: Tolerance | None = None
    new_default: NewDefault[Any] | None = None

    @property
    def plain(self) -> bool:
        return not (self.ignored or self.transient or self.struct or self.tolerance or self.new_default)


_OURS: dict[str, Any] = {
    "Annotated": typing.Annotated,
    "MDict": MDict,
    "MList": MList,
    "MSet": MSet,
    "MTuple": MTuple,
    "Tolerance": Tolerance,
    "Transient": Transient,
}


def _hints(fn: Callable[..., Any]) -> dict[str, Any]:
    """The annotations of a function; those that cannot be evaluated (a name only type checkers know) are left out."""
    try:
        return typing.get_type_hints(fn, include_extras=True)
    except Exception:
        pass
    hints: dict[str, Any] = {}
    for name, annotation in getattr(fn, "__annotations__", {}).items():
        if isinstance(annotation, str):
            try:
                cells = inspect.getclosurevars(fn).nonlocals
                # the user's own text; names of ours that a function imported locally are known too
                hints[name] = eval(annotation, {**_OURS, **getattr(fn, "__globals__", {}), **cells})
            except Exception as problem:
                if any(s in annotation for s in ("MList", "MDict", "MSet", "MTuple", "Transient", "Tolerance")):
                    raise OpDefinitionError(
                        f"op {fn.__qualname__}: the annotation of {name!r}, {annotation}, cannot be evaluated "
                        f"({problem}): import the names that it uses at run time."
                    ) from None
        else:
            hints[name] = annotation
    return hints


def _extras(annotation: Any) -> tuple[Any, ...]:
    return getattr(annotation, "__metadata__", ())


def _parameter(p: inspect.Parameter, annotation: Any, ignored: bool) -> Parameter:
    default = p.default
    extras = _extras(annotation)
    struct = struct_type(annotation)
    return Parameter(
        p.name,
        ignored=ignored or (isinstance(default, Ignored) and not isinstance(default, NewDefault)),
        transient=any(e is Transient for e in extras),
        struct=struct,
        tolerance=next((e for e in extras if isinstance(e, Tolerance)), None),
        new_default=default if isinstance(default, NewDefault) else None,
    )


class Signature:
    """Binds arguments to input names.

    `*args` become `args_0`, `args_1`, ...; `**kwargs` keep their names; defaults are filled in, so that
    `f(1)` and `f(1, b=2)` with `b=2` as default are one call.
    """

    def __init__(self, fn: Callable[..., Any], ignore: Sequence[str] = ()) -> None:
        self.name = getattr(fn, "__qualname__", repr(fn))
        try:
            self.signature = inspect.signature(fn)
        except (TypeError, ValueError) as problem:
            raise OpDefinitionError(
                f"{self.name} has no signature that Python can tell ({problem}): wrap it in a Python function."
            ) from None
        parameters = list(self.signature.parameters.values())
        unknown = [n for n in ignore if n not in self.signature.parameters]
        if unknown:
            raise OpDefinitionError(f"op {self.name}: ignore_args names {unknown}, which are no parameters of it.")
        hints = _hints(fn)
        self.parameters = {p.name: _parameter(p, hints.get(p.name), p.name in ignore) for p in parameters}
        self.returns = hints.get("return")
        self.new_defaults = tuple(n for n, p in self.parameters.items() if p.new_default is not None)
        self.names = tuple(self.parameters)
        self.variadic = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None)
        self.keywords = next((p.name for p in parameters if p.kind is p.VAR_KEYWORD), None)
        self._defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
        self._all_plain = all(p.plain for p in self.parameters.values())
        self._parameter_list = list(self.parameters.values())
        self._simple = all(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)
        self._pairs = tuple((n, self.parameters[n]) for n in self.names)

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Bound:
        """The inputs of a call, defaults filled in. Arguments that do not fit are a UsageError (so a TypeError)."""
        if self._simple:
            pairs = self._pairs
            if not kwargs and len(args) == len(pairs):
                return [(n, p, v) for (n, p), v in zip(pairs, args, strict=True)]
            if len(args) <= len(pairs):
                bound: Bound = [(n, p, v) for (n, p), v in zip(pairs, args, strict=False)]
                used = 0
                for n, p in pairs[len(args) :]:
                    if n in kwargs:
                        bound.append((n, p, kwargs[n]))
                        used += 1
                    elif n in self._defaults:
                        bound.append((n, p, self._defaults[n]))
                    else:
                        break
                else:
                    if used == len(kwargs):
                        return bound
        return self._bind_any(args, kwargs)

    def _bind_any(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Bound:
        try:
            arguments = self.signature.bind(*args, **kwargs)
        except TypeError as problem:
            raise UsageError(f"{self.name}(): {problem}; its signature is {self.name}{self._shown()}.") from None
        arguments.apply_defaults()
        bound: Bound = []
        for name, value in arguments.arguments.items():
            p = self.parameters[name]
            if name == self.variadic:
                bound.extend((f"{name}_{i}", p, v) for i, v in enumerate(value))
            elif name == self.keywords:
                bound.extend((k, p, v) for k, v in value.items())
            else:
                bound.append((name, p, value))
        seen = [n for n, _, _ in bound]
        if len(set(seen)) < len(seen):
            twice = sorted({n for n in seen if seen.count(n) > 1})
            raise UsageError(
                f"{self.name}(): the keyword argument {twice[0]!r} has the name of another input of this call "
                f"(positional extras are named {self.variadic}_0, {self.variadic}_1, ...): use another keyword."
            )
        return bound

    def _shown(self) -> str:
        return str(self.signature.replace(return_annotation=inspect.Signature.empty))

    def arguments(self, values: Mapping[str, Any], bound: Bound) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positional and keyword arguments to call the function with, from the plain value of each input."""
        if self._simple:
            return tuple([values[n] for n, _, _ in bound]), {}
        positional: list[Any] = []
        keywords: dict[str, Any] = {}
        for name, p, _ in bound:
            kind = self.signature.parameters[p.name].kind
            if kind in (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD):
                keywords[name] = values[name]
            else:
                positional.append(values[name])
        return tuple(positional), keywords

    def split(self, names: Sequence[str]) -> tuple[list[str], list[str]]:
        """Recorded input names as positional and keyword names, to call the function again years later."""
        positional: list[str] = []
        keywords: list[str] = []
        for name, p in self.signature.parameters.items():
            if p.kind is p.VAR_POSITIONAL:
                extras = [n for n in names if n.startswith(name + "_") and n[len(name) + 1 :].isdigit()]
                positional += sorted(extras, key=lambda n: int(n.rsplit("_", 1)[1]))
            elif p.kind is p.VAR_KEYWORD:
                known = set(self.signature.parameters) | set(positional)
                keywords += [n for n in names if n not in known]
            elif name in names:
                (keywords if p.kind is p.KEYWORD_ONLY else positional).append(name)
        return positional, keywords


class Outputs:
    """How a return value becomes outputs.

    Named: one name is the whole return value, n names are a tuple of exactly n. Unnamed: a tuple of two or
    more is `output_0`, `output_1`, ...; anything else is `output_0`. `nout` fixes their number.
    """

    def __init__(self, name: str, names: Sequence[str] | None, nout: int | None, returns: Any) -> None:
        self.op = name
        self.names = tuple(names) if names is not None else None
        if self.names is not None and nout is not None and nout != len(self.names):
            raise OpDefinitionError(f"op {name}: nout={nout}, but output_names has {len(self.names)} names.")
        self.nout = len(self.names) if self.names is not None else nout
        if self.nout is not None and self.nout < 1:
            raise OpDefinitionError(f"op {name}: an op has at least one output (its return value, None included).")
        self.struct: tuple[StructType | None, ...] = ()
        self.transient: tuple[bool, ...] = ()
        origin = typing.get_origin(returns)
        whole = struct_type(returns)
        if whole is None and origin is tuple and self.nout != 1 and Ellipsis not in typing.get_args(returns):
            parts = typing.get_args(returns)
            self.struct = tuple(map(struct_type, parts))
            self.transient = tuple(any(e is Transient for e in _extras(a)) for a in parts)
        else:
            self.struct = (whole,)
            self.transient = (any(e is Transient for e in _extras(returns)),)
            if whole is not None and self.nout is None:
                self.nout = 1

    def split(self, value: Any) -> list[tuple[str, Any]]:
        """(output name, value) of each output."""
        n = self.nout
        if n == 1 or (n is None and not (type(value) is tuple and len(value) >= 2)):
            return [(self.names[0] if self.names else "output_0", value)]
        if n is not None and (not isinstance(value, tuple) or len(value) != n):
            got = f"a tuple of {len(value)}" if isinstance(value, tuple) else f"a {type(value).__name__}"
            raise OutputError(
                f"op {self.op} returned {got}, but it has {n} outputs"
                + (f" ({', '.join(self.names)})" if self.names else " (nout)")
                + f": return a tuple of exactly {n}."
            )
        return [(self.names[i] if self.names else f"output_{i}", v) for i, v in enumerate(value)]

    def struct_at(self, index: int) -> StructType | None:
        return self.struct[index] if index < len(self.struct) else None

    def transient_at(self, index: int) -> bool:
        return self.transient[index] if index < len(self.transient) else False

    def is_transient(self, name: str) -> bool:
        """Is the output of this name declared transient?"""
        try:
            return self.transient_at(self.position(name))
        except ValueError:
            return False  # an output of an earlier definition of the op

    def position(self, name: str) -> int:
        """Where the output of this name stands in the return value."""
        if self.names and name in self.names:
            return self.names.index(name)
        return int(name.rsplit("_", 1)[1])

    def join(self, refs: list[Any]) -> Any:
        """What a call returns for its refs in order: one, or a tuple."""
        return refs[0] if len(refs) == 1 and self.nout in (None, 1) else tuple(refs)
