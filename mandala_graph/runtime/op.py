"""`@op`: a function whose calls are memoized while a storage is active. Binding is in `signature`."""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from mandala_graph.errors import OpDefinitionError
from mandala_graph.model import Op
from mandala_graph.runtime import context
from mandala_graph.runtime.signature import Outputs, Signature
from mandala_graph.structures import STRUCT_OP_NAMES, StructType

if TYPE_CHECKING:
    from mandala_graph.runtime.parallel import StorageSpec

__all__ = ["BoundOp", "OpFunction", "op", "pickled"]

_OPTIONS = {"name", "output_names", "nout", "ignore_args", "version", "depends_on", "packages", "deps"}
P = ParamSpec("P")
R = TypeVar("R")


class OpFunction(Generic[P, R]):
    """A function made an op by `@op`.

    Inside `with storage:` a call gives refs, computed or reused; outside it calls the plain function.

    Attributes:
        fn: the plain function.
        name: the op's identity in every store.
        signature, outputs: how arguments become inputs, and the return value outputs.
    """

    def __init__(
        self,
        fn: Callable[P, R],
        *,
        name: str | None = None,
        output_names: Sequence[str] | None = None,
        nout: int | None = None,
        ignore_args: Sequence[str] = (),
        version: str | int = "",
        depends_on: Sequence[Any] = (),
        packages: Sequence[str] = (),
        deps: Any = None,
    ) -> None:
        if isinstance(fn, (staticmethod, classmethod)):
            raise OpDefinitionError("put @op below @staticmethod or @classmethod, next to the function itself.")
        if not callable(fn) or inspect.isclass(fn):
            raise OpDefinitionError(f"@op makes a function an op, and {fn!r} is none: wrap it in a function.")
        if isinstance(fn, OpFunction):
            raise OpDefinitionError(f"{fn!r} is an op already.")
        functools.update_wrapper(self, fn)
        self.fn = fn
        self.name = name if name is not None else getattr(fn, "__name__", type(fn).__name__)
        if self.name == "<lambda>":
            raise OpDefinitionError("a lambda has no name of its own: give one by op(name=...)(lambda ...).")
        if isinstance(output_names, str):
            raise OpDefinitionError(f"op {self.name}: output_names is a list of names: [{output_names!r}].")
        for part in (self.name, *(output_names or ())):
            if not isinstance(part, str) or not part or "\0" in part:
                raise OpDefinitionError(f"names of ops and outputs are non-empty strings, not {part!r}.")
        if self.name in STRUCT_OP_NAMES:
            raise OpDefinitionError(f"{self.name} is the name of a struct op: name yours by @op(name=...).")
        for option, given in (("ignore_args", ignore_args), ("depends_on", depends_on), ("packages", packages)):
            if isinstance(given, str) or not isinstance(given, Iterable):
                raise OpDefinitionError(f"op {self.name}: {option} is a list: {option}=[{given!r}].")
        if not isinstance(version, (str, int)):
            raise OpDefinitionError(f"op {self.name}: version is a string or a number, not {version!r}.")
        if output_names is not None and len(set(output_names)) != len(output_names):
            raise OpDefinitionError(f"op {self.name}: output_names {list(output_names)} has a name twice.")
        self.options: dict[str, Any] = {
            "name": name,
            "output_names": tuple(output_names) if output_names is not None else None,
            "nout": nout,
            "ignore_args": tuple(ignore_args),
            "version": version,
            "depends_on": tuple(depends_on),
            "packages": tuple(packages),
            "deps": deps,
        }
        self.version = str(version)
        self.depends_on = tuple(depends_on)
        self.packages = tuple(packages)
        self.deps = deps
        self.signature = Signature(fn, ignore_args)
        self.is_async = inspect.iscoroutinefunction(fn) or inspect.isasyncgenfunction(fn)
        self.is_generator = inspect.isgeneratorfunction(fn) or inspect.isasyncgenfunction(fn)
        if self.is_generator:
            # what a generator op yields is a list whose elements are refs
            self.outputs = Outputs(self.name, output_names, 1, None)
            self.outputs.struct = (StructType("list", (None,)),)
        else:
            self.outputs = Outputs(self.name, output_names, nout, self.signature.returns)

    @property
    def op(self) -> Op:
        """What the op is, apart from its code."""
        return Op(
            self.name,
            self.module,
            getattr(self.fn, "__qualname__", self.name),
            inspect.getdoc(self.fn) or "",
            self.signature.names,
            self.outputs.names or (),
        )

    @property
    def is_live(self) -> bool:
        """May somebody still call it? Not if its place in its module holds something else by now (it moved)."""
        qualname = str(getattr(self.fn, "__qualname__", "<locals>"))
        return "<" in qualname or _find(self.module, qualname) is self

    @property
    def module(self) -> str:
        module = getattr(self.fn, "__module__", None) or ""
        return "__main__" if module == "__mp_main__" else module

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        here = context.current()
        if here is None or here.memoizer is None:
            return self.fn(*args, **kwargs)
        return here.memoizer.call(self, args, kwargs, here)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else BoundOp(self, instance)

    def __repr__(self) -> str:
        return f"<op {self.name} of {self.module}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by name where it can be imported, else by value; inside a `with` block, with its storage.

        So an op sent to a worker process by joblib, dask or ray memoizes there into the same store.
        """
        from mandala_graph.runtime.parallel import spec_to_send

        return pickled(self, spec_to_send())


class BoundOp:
    """An op got from an instance: the instance is its first input."""

    __slots__ = ("instance", "op_function")

    def __init__(self, op_function: OpFunction[Any, Any], instance: Any) -> None:
        self.op_function = op_function
        self.instance = instance

    @property
    def fn(self) -> Any:
        return functools.partial(self.op_function.fn, self.instance)

    @property
    def name(self) -> str:
        return self.op_function.name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.op_function(self.instance, *args, **kwargs)

    def __repr__(self) -> str:
        return f"<op {self.op_function.name} bound to {type(self.instance).__name__}>"


def pickled(op_function: OpFunction[Any, Any], spec: StorageSpec | None) -> tuple[Any, ...]:
    """How pickle rebuilds an op: plain, or memoizing into the storage of `spec`."""
    fn = op_function.fn
    module, qualname = getattr(fn, "__module__", ""), getattr(fn, "__qualname__", "")
    if module not in ("__main__", "__mp_main__") and _find(module, qualname) is op_function:
        return _restore, (module, qualname, None, None, spec)
    import cloudpickle

    return _restore, (module, qualname, cloudpickle.dumps(fn), op_function.options, spec)


def _find(module: str, qualname: str) -> Any:
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found


def _restore(
    module: str, qualname: str, fn: bytes | None, options: dict[str, Any] | None, spec: StorageSpec | None
) -> Any:
    if fn is None:
        importlib.import_module(module)
        found = _find(module, qualname)
    else:
        import pickle

        found = OpFunction(pickle.loads(fn), **(options or {}))
    if spec is None:
        return found
    from mandala_graph.runtime.parallel import RemoteOp

    return RemoteOp(found, spec)


@overload
def op(fn: Callable[P, R], /) -> OpFunction[P, R]: ...
@overload
def op(
    *,
    name: str | None = None,
    output_names: Sequence[str] | None = None,
    nout: int | None = None,
    ignore_args: Sequence[str] = (),
    version: str | int = "",
    depends_on: Sequence[Any] = (),
    packages: Sequence[str] = (),
    deps: Any = None,
) -> Callable[[Callable[P, R]], OpFunction[P, R]]: ...
def op(fn: Callable[P, R] | None = None, /, **options: Any) -> Any:
    """Make a function an op: memoized, call by call, into the storage whose `with` block is active.

    Args:
        name: the op's identity; default the function's name.
        output_names: one name for the whole return value, n names for a tuple of exactly n.
        nout: the number of outputs, when they have no names; by default a tuple of two or more is that many.
        ignore_args: parameters that are passed on, but are no part of the call.
        version: change it by hand to recompute everything.
        depends_on, packages, deps: what calls depend on beside their code (see docs/versions.md).

    Ops may call ops, and themselves: each such call takes six frames of Python's stack, so that its usual limit allows
    about 160 of them inside each other (`sys.setrecursionlimit` allows more).

    >>> from mandala_graph import Storage, op
    >>> @op(output_names=["total"])
    ... def add(x, y=1):
    ...     return x + y
    >>> add(2)
    3
    >>> with Storage(":memory:") as storage:
    ...     total = add(2)
    >>> storage.unwrap(total)
    3
    """
    unknown = options.keys() - _OPTIONS
    if unknown:
        raise OpDefinitionError(f"@op has no option {min(unknown)!r}; it has: {', '.join(sorted(_OPTIONS))}.")
    if fn is not None:
        return OpFunction(fn, **options)
    return lambda f: OpFunction(f, **options)
