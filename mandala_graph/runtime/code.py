"""What a storage says about code: its versions, their history, the code behind a value. How is in `versions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mandala_graph.errors import UsageError, VersionError
from mandala_graph.model import Call, Ref
from mandala_graph.runtime.care import drop_calls
from mandala_graph.store.protocol import VersionRow
from mandala_graph.versions import History, Marks, Versions

if TYPE_CHECKING:
    import pandas as pd

    from mandala_graph.storage import Storage

__all__ = ["code_of", "drop_version", "history", "live", "log", "versions"]


def history(storage: Storage) -> History:
    """The history in the store, everything computed so far included."""
    storage.writer.flush()
    return History(storage.store, Marks(storage.store.changes()), storage.memoizer.names)


def live(storage: Storage) -> Versions:
    """The versions of the code of this program."""
    if storage.memoizer.versions is None:
        raise UsageError("this storage was opened with versions=False: it does not look at code.")
    return storage.memoizer.versions


def versions(storage: Storage, op: Any) -> pd.DataFrame:
    import pandas as pd

    name = None if op is None else storage.shown_name(op)
    state = None
    if not isinstance(op, str) and op is not None and storage.memoizer.versions is not None:
        state = storage.memoizer.versions.look(op)
    columns = ["id", "op", "created", "active", "components", "calls", "compatible_with"]
    table = pd.DataFrame(history(storage).table(name, state), columns=columns)
    table["created"] = pd.to_datetime(table["created"], unit="s", utc=True)
    return table


def log(storage: Storage, op: Any) -> pd.DataFrame:
    import pandas as pd

    name = None if op is None else storage.shown_name(op)
    columns = ["created", "op", "version", "added", "removed", "changed"]
    table = pd.DataFrame(history(storage).log(name), columns=columns)
    table["created"] = pd.to_datetime(table["created"], unit="s", utc=True)
    return table


def code_of(storage: Storage, thing: Call | Ref | str) -> str:
    past = history(storage)
    if isinstance(thing, Ref):
        call = storage.get_ref_creator(thing)
        if call is None:
            raise VersionError(f"{thing!r} was given to a call as it is: no code made it.")
        thing = call
    if not isinstance(thing, Call):
        thing = storage.get_call(thing)
    if not thing.version:
        raise VersionError(f"{thing!r} was recorded without a version of its code.")
    return past.code(thing.version)


def drop_version(storage: Storage, id: str, dry_run: bool) -> list[str]:
    found = history(storage).find(id)
    if not isinstance(found, VersionRow):
        raise VersionError(f"{id!r} is a component; a version is wanted (storage.versions() lists them).")
    calls = storage.store.calls_of(found.op, found.id)
    gone = drop_calls(storage, calls, delete_dependents=True, dry_run=dry_run) if calls else []
    if not dry_run:
        storage.store.drop_versions([found.id])
        storage.memoizer.forget_names()
    return gone
