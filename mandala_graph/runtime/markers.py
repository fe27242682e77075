"""What a user says about one argument, output or value: ignore it, point to it, do not store it.

These are values and annotations only; what they do is done by `signature` and `memoizer`.
"""

from __future__ import annotations

from typing import Any, Generic, NoReturn, TypeVar

from mandala_graph.errors import UsageError

__all__ = ["Ignore", "Ignored", "NewArgDefault", "NewDefault", "Transient", "ValuePointer", "wrap_atom"]

T = TypeVar("T")


class Ignored(Generic[T]):
    """A value that is passed to the function and is no part of the call (made by `Ignore`)."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Ignore({self.value!r})"


class NewDefault(Ignored[T]):
    """The default of a parameter that was added later (made by `NewArgDefault`)."""

    def __repr__(self) -> str:
        return f"NewArgDefault({self.value!r})"


def Ignore(value: T = None) -> T:  # type: ignore[assignment]
    """Pass a value to an op without making it part of the call.

    As an argument (`train(X, n_jobs=Ignore(4))`) it holds for that call; as a default
    (`def train(X, n_jobs=Ignore(1))`) for every call. Typed as its value, for type checkers.
    """
    return Ignored(value)  # type: ignore[return-value]


def NewArgDefault(value: T = None) -> T:  # type: ignore[assignment]
    """The default of a parameter added to an op that already has calls.

    A call whose argument has this value is the same call as before the parameter existed.
    """
    return NewDefault(value)  # type: ignore[return-value]


class ValuePointer:
    """A value known to the store by a name of your choice only: it is neither hashed nor stored.

    For large or unpicklable things that do not change during a project. `obj` is what the function gets.
    """

    __slots__ = ("id", "obj")

    def __init__(self, id: str, obj: Any = None) -> None:
        if not isinstance(id, str) or not id:
            raise UsageError(f"ValuePointer(id, obj) needs a name that is a non-empty string, not {id!r}.")
        self.id = id
        self.obj = obj

    def __repr__(self) -> str:
        return f"ValuePointer({self.id!r}, <{type(self.obj).__name__}>)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ValuePointer) and other.id == self.id

    def __hash__(self) -> int:
        return hash((ValuePointer, self.id))


class _TransientMarker:
    """Annotation marker: `Annotated[T, Transient]` keeps an input's or output's value out of the store.

    Its id and preview are kept, so provenance and reuse work; when the value itself is needed, it is
    recomputed from the call that made it.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "Transient"

    def __call__(self, *args: object) -> NoReturn:
        raise UsageError("Transient is an annotation: write Annotated[T, Transient].")


Transient = _TransientMarker()


class Atom(Generic[T]):
    """A value to be one ref whatever the annotation says (made by `wrap_atom`)."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"wrap_atom({self.value!r})"


def wrap_atom(value: T) -> T:
    """Pass a value to an op as one ref, even where its parameter is annotated as a structure."""
    return Atom(value)  # type: ignore[return-value]
