"""What went wrong in SQLite, as one of our errors whose message says what to do. Knows no table."""

from __future__ import annotations

import os
import sqlite3

from mandala_graph.errors import (
    StoreClosed,
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
    StoreUnreachable,
)

__all__ = ["FAILURES", "explain"]

FAILURES = (sqlite3.Error, OverflowError, UnicodeError, OSError)
"""What a statement on our connections can raise."""

_READONLY_DBMOVED = 1032  # the file was renamed or deleted under an open connection
_IOERR_SHMSIZE = 4874  # no room to grow the shared memory file


def explain(error: BaseException, path: str, timeout: float) -> StoreError:
    """Our error for one that a statement on the file at `path` raised; `timeout` is in seconds."""
    if isinstance(error, StoreError):
        return error
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, OverflowError):
        return StoreError(f"a number does not fit the 64 bits of a column of {path} ({text}). Nothing was written.")
    if isinstance(error, UnicodeError):
        return StoreError(f"a string cannot be kept as UTF-8 in {path} ({text}). Nothing was written.")
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return _without_code(error, path, text)
    match code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreLocked(
                f"{path} is locked by another process for more than {timeout:g} s. Nothing was lost: try again, "
                f"or find the process that holds it (fuser {path})."
            )
        case sqlite3.SQLITE_FULL:
            return _full(path)
        case sqlite3.SQLITE_READONLY if code == _READONLY_DBMOVED:
            return moved(path)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return StoreReadOnly(
                f"{path} takes no writes ({error}). Make the file and its folder writable, or open the store with "
                f"read_only=True to look at it."
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_FORMAT:
            return corrupt(path, str(error))
        case sqlite3.SQLITE_CANTOPEN:
            return cannot_open(path, str(error))
        case sqlite3.SQLITE_IOERR:
            if code == _IOERR_SHMSIZE or _no_space(path):
                return _full(path)
            if not os.path.exists(path):
                return moved(path)
            return StoreError(f"the disk under {path} failed ({error}). Check the disk; what was committed is kept.")
        case _:
            return StoreError(f"SQLite refused a statement on {path}: {error}")


def _without_code(error: BaseException, path: str, text: str) -> StoreError:
    if isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error):
        return StoreClosed(f"the store {path} is closed. Open it again.")
    if isinstance(error, OSError) and error.errno is not None:
        name = os.strerror(error.errno)
        if error.errno in (28, 122):  # ENOSPC, EDQUOT
            return _full(path)
        if error.errno in (1, 13, 30):  # EPERM, EACCES, EROFS
            return StoreReadOnly(f"{path} cannot be used ({name}). Check who owns the file and its folder.")
        return StoreError(f"{path} cannot be used ({name}).")
    return StoreError(f"SQLite refused a statement on {path} ({text}).")


def moved(path: str) -> StoreUnreachable:
    """The file that was opened is not at `path` any more."""
    return StoreUnreachable(
        f"{path} was deleted or replaced while it was open, so nothing more is written to it. Put the file back, or "
        f"open the store again; what was computed since the last commit is still in memory."
    )


def corrupt(path: str, detail: str) -> StoreCorrupt:
    """The file is not a store, or a damaged one."""
    return StoreCorrupt(
        f"{path} is not a store of mandala_graph, or it is damaged ({detail}). Restore it from a copy, rescue what "
        f'can be read with `sqlite3 "{path}" .recover`, or choose another path.'
    )


def cannot_open(path: str, detail: str) -> StoreError:
    """Why the file at `path` could not be opened."""
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        return StoreUnreachable(f"the folder {folder} does not exist. Make it, or choose another path for the store.")
    if os.path.isdir(path):
        return StoreUnreachable(f"{path} is a folder. Name a file in it.")
    if not os.path.exists(path):
        if not os.access(folder, os.W_OK):
            return StoreReadOnly(f"no store can be made at {path}: the folder {folder} takes no writes.")
        return StoreUnreachable(f"there is no store at {path}.")
    if not os.access(path, os.R_OK) or not os.access(folder, os.R_OK | os.W_OK):
        return StoreReadOnly(
            f"{path} cannot be opened: no permission ({detail}). SQLite needs to read and write the file and its "
            f"folder. Change the permissions, or copy the file to a folder of your own."
        )
    return StoreUnreachable(f"{path} cannot be opened ({detail}).")


def _full(path: str) -> StoreFull:
    return StoreFull(
        f"no space left where {path} is kept. Nothing half was written: free some space and commit again, or drop "
        f"values and vacuum the store."
    )


def _no_space(path: str) -> bool:
    try:
        stat = os.statvfs(os.path.dirname(path) or ".")
    except OSError:
        return False
    return stat.f_bavail == 0
