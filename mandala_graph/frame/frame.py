"""`ComputationFrame`: the web of calls as variables and operations, with a table of every (partial) computation.

Its interface is made of the parts that `base` lists; here is what makes a frame, and what it does to the store and to
files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mandala_graph.errors import UsageError
from mandala_graph.frame import share
from mandala_graph.frame.body import Body
from mandala_graph.frame.contents import Contents
from mandala_graph.frame.editing import Editing
from mandala_graph.frame.elements import ElementGraph
from mandala_graph.frame.growing import Growing
from mandala_graph.frame.objects import StorageLike, open_web
from mandala_graph.frame.selecting import Selecting
from mandala_graph.frame.showing import Showing
from mandala_graph.model import Ref

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ComputationFrame", "from_op", "from_ops", "from_refs", "from_vars"]


class ComputationFrame(Contents, ElementGraph, Growing, Editing, Selecting, Showing):
    """A part of a store's computations: variables hold refs, functions hold calls, edges say what feeds what.

    Made by `storage.cf(op)`, `storage.cf(ref)`, `storage.cf({"name": refs})`. Methods return a new frame unless
    `inplace=True` (then None). Elements are named by hid. No value is loaded before something looks at it.

    >>> from mandala_graph import Storage, op
    >>> @op
    ... def inc(x):
    ...     return x + 1
    >>> with Storage() as storage:
    ...     for i in range(3):
    ...         y = inc(i)
    >>> cf = storage.cf(inc)
    >>> cf.print_graph()
    x@source
    var_0@sink = inc(x=x)
    >>> cf.df(include_calls=False)
       x  var_0
    0  0      1
    1  1      2
    2  2      3
    """

    # -- making one ----------------------------------------------------------------------------------
    @staticmethod
    def from_op(storage: StorageLike, op: Any) -> ComputationFrame:
        """The frame of all calls of an op; the same as `storage.cf(op)`.

        >>> from mandala_graph.examples import example
        >>> from mandala_graph.frame import ComputationFrame
        >>> len(ComputationFrame.from_op(example().storage, "add").fs["add"])
        2
        """
        return from_op(storage, op)

    @staticmethod
    def from_refs(storage: StorageLike, refs: Ref | Iterable[Ref]) -> ComputationFrame:
        """The frame of one variable, `v`, with these refs; the same as `storage.cf(refs)`.

        >>> from mandala_graph.examples import example
        >>> from mandala_graph.frame import ComputationFrame
        >>> cf = example()
        >>> len(ComputationFrame.from_refs(cf.storage, cf.get_var_values("w")).vs["v"])
        2
        """
        return from_refs(storage, refs)

    @staticmethod
    def from_vars(storage: StorageLike, vars: Mapping[str, Ref | Iterable[Ref]]) -> ComputationFrame:
        """The frame of these variables; the same as `storage.cf({"name": refs})`.

        >>> from mandala_graph.examples import example
        >>> from mandala_graph.frame import ComputationFrame
        >>> cf = example()
        >>> ComputationFrame.from_vars(cf.storage, {"result": cf.get_var_values("w")}).vnames
        {'result'}
        """
        return from_vars(storage, vars)

    # -- the store and files -------------------------------------------------------------------------
    def delete_calls(self, dry_run: bool = False) -> list[str]:
        """Delete the frame's calls from the store, with all that depends on them; hids of what went (would go).

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> len(cf["add"].delete_calls())
        2
        """
        hids = [self.body.web.call_ids[c] for calls in self.body.funcs.values() for c in calls]
        return share.delete(self.storage, hids, dry_run)

    def delete_calls_from_df(self, df: pd.DataFrame, dry_run: bool = False) -> list[str]:
        """Delete the calls that stand in a table, with all that depends on them; hids of what went (would go).

        >>> from mandala_graph.examples import example
        >>> cf = example()
        >>> len(cf.delete_calls_from_df(cf.df("x", "add").query("x > 1"), dry_run=True))
        1
        """
        if not hasattr(df, "columns"):
            raise UsageError(f"expected a table of cf.df(), not {type(df).__name__}.")
        return share.delete(self.storage, share.calls_in(df), dry_run)

    def save(self, path: Any) -> None:
        """Keep the frame (names, ids, edges; no values) as a small JSON file.

        >>> from mandala_graph.examples import example
        >>> from mandala_graph.frame import ComputationFrame
        >>> cf = example()
        >>> cf.save("view.json")
        >>> ComputationFrame.load(cf.storage, "view.json").sets == cf.sets
        True
        """
        share.save(self.body, self.storage, path)

    @staticmethod
    def load(storage: StorageLike, path: Any) -> ComputationFrame:
        """A frame that was saved, over the same store.

        Raises:
            FrameError: the file is no saved frame, is of another store, or holds what the store no longer has.

        >>> from mandala_graph.examples import example
        >>> from mandala_graph.frame import ComputationFrame
        >>> cf = example()
        >>> cf["w"].save("view.json")
        >>> ComputationFrame.load(cf.storage, "view.json").vnames
        {'w'}
        """
        if not hasattr(storage, "store"):
            raise UsageError(f"load(storage, path) takes the storage first, not {storage!r}.")
        return ComputationFrame(storage, share.load(storage, open_web(storage), path))


def from_op(storage: StorageLike, op: Any, version: str | None = None) -> ComputationFrame:
    """The frame of all calls of an op (given by name, or as a function decorated by `@op`); of one version of it.

    An op that was never called, or that the store does not know, gives an empty frame.
    """
    name = op if isinstance(op, str) else getattr(op, "name", None)
    if not isinstance(name, str):
        raise UsageError(f"expected an op or its name, not {op!r}.")
    web = open_web(storage)
    web.load(web.reader.of_op(name, version))
    body = Body.from_op(web, name, [c for c, o in enumerate(web.call_op) if o == name])
    return ComputationFrame(storage, body)


def from_refs(storage: StorageLike, refs: Ref | Iterable[Ref]) -> ComputationFrame:
    """The frame of one variable, `v`, with these refs."""
    return from_vars(storage, {"v": refs})


def from_vars(storage: StorageLike, named: Mapping[str, Ref | Iterable[Ref]]) -> ComputationFrame:
    """The frame of these variables."""
    web = open_web(storage)
    for name in named:
        if not isinstance(name, str) or not name:
            raise UsageError(f"variables of a frame have names, and {name!r} is none.")
    return ComputationFrame(
        storage,
        Body.from_vars(web, {n: set(share.take(storage, web, refs)) for n, refs in named.items()}),
    )


def from_ops(storage: StorageLike) -> ComputationFrame:
    """The whole store, a function for each op: how its calls feed each other."""
    return ComputationFrame(storage, share.whole(storage, open_web(storage)))
