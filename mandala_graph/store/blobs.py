"""Envelopes as files, named by content: in a folder, or at any fsspec URL. What is in them is not looked at.

A file appears under its name only when it is whole (temporary file, then rename). `sync()` makes everything
written since the last one durable, so that a store can commit rows that point to it.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from mandala_graph.errors import StoreCorrupt, StoreError, StoreFull, StoreReadOnly, StoreUnreachable, UsageError

__all__ = ["Blobs", "FolderBlobs", "MappedFile", "RemoteBlobs", "open_blobs"]

_MAPPED = 1 << 18
"""Files from this size on (bytes) are mapped, not read."""

_MANY = 8
"""With more files than this to make durable, the whole file system is."""

_REMEMBERED = 100_000
"""How many files are remembered as sound."""


Stamp = tuple[int, int, int]
"""inode, time of change (ns), size: another stamp means other bytes."""


class MappedFile(mmap.mmap):
    """The bytes of a file, mapped privately: what a program writes into its array never reaches the file.

    `sound` says that this process wrote or checked these very bytes before; `confirm()` that it has now.
    """

    sound: bool
    confirm: Callable[[], None]


class Blobs(Protocol):
    """A place for envelopes. Every method raises `StoreError`s only, and may be called from any thread."""

    def put(self, name: str, chunks: Sequence[bytes | memoryview]) -> None:
        """Keep the chunks, one after the other, unless something of that name is there already."""
        ...

    def get(self, name: str) -> bytes | memoryview | None: ...
    def exists(self, name: str) -> bool: ...
    def delete(self, name: str) -> bool:
        """Delete; whether there was anything."""
        ...

    def iterate(self) -> Iterator[str]: ...
    def stat(self, name: str) -> tuple[int, float] | None:
        """Size in bytes and when it was written (epoch seconds); None where there is none."""
        ...

    def sweep(self, before: float, dry_run: bool) -> tuple[int, int]:
        """Delete what writers left unfinished, last written to before a time: how many files, how many bytes."""
        ...

    def sync(self) -> None: ...


def open_blobs(place: str, durable: bool = True) -> Blobs:
    """The blobs in a folder, or at an fsspec URL such as `s3://bucket/path` (extra `fsspec`).

    Without `durable`, `sync()` leaves it to the operating system when a folder's files reach the disk.
    """
    if "://" in place and not place.startswith("file://"):
        return RemoteBlobs(place)
    return FolderBlobs(place.removeprefix("file://"), durable)


def _checked(name: str) -> str:
    """A name that cannot lead out of the folder, whoever wrote it into a store."""
    if not (name.isascii() and name.isalnum()):
        raise StoreCorrupt(f"{name!r} is no content id, so no value is kept under it: the store is damaged.")
    return name


def _translated(error: OSError, place: str) -> StoreError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFull(f"no space left in {place}: free some, then commit() writes what is pending.")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return StoreReadOnly(f"cannot write to {place} ({error.strerror}): check its permissions.")
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return StoreUnreachable(f"{place} cannot be reached ({error.strerror}): is it mounted, was it moved?")
    return StoreError(f"{place}: {error}")


class FolderBlobs:
    """Blobs in a local folder, two characters of the name a subfolder. Any number of processes may share it.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     blobs = FolderBlobs(folder)
    ...     blobs.put("ab12", [b"some ", b"bytes"])
    ...     bytes(blobs.get("ab12")), blobs.exists("cd34"), list(blobs.iterate())
    (b'some bytes', False, ['ab12'])
    """

    def __init__(self, folder: str, durable: bool = True) -> None:
        self.folder = folder
        self._durable = durable
        self._unsynced: set[str] = set()
        self._lock = threading.Lock()
        self._sound: dict[str, Stamp] = {}

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name[:2], _checked(name))

    def put(self, name: str, chunks: Sequence[bytes | memoryview]) -> None:
        path = self._path(name)
        if self._kept(name, path, sum(memoryview(chunk).nbytes for chunk in chunks)):
            return
        temporary = f"{path}.{os.getpid()}.{uuid.uuid4().hex}.part"
        try:
            try:
                handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            except FileNotFoundError:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            try:
                for chunk in chunks:
                    view = memoryview(chunk).cast("B")
                    while view.nbytes:
                        view = view[os.write(handle, view) :]
                stamp = _stamp(os.fstat(handle))
            finally:
                os.close(handle)
            os.rename(temporary, path)
        except OSError as error:
            with contextlib.suppress(OSError):  # never made, or the disk is gone: the first error says what matters
                os.unlink(temporary)
            raise _translated(error, self.folder) from error
        if self._durable:
            with self._lock:
                self._unsynced.add(path)
        self._remember(name, stamp)

    def _kept(self, name: str, path: str, size: int) -> bool:
        """Is it there already? If another process made it, the next `sync()` makes it durable here too."""
        try:
            status = os.stat(path)
        except OSError:
            return False
        if status.st_size == 0 and size:
            return False  # a power cut took its bytes before they reached the disk: write it anew
        if self._durable and self._sound.get(name) != _stamp(status):
            with self._lock:
                self._unsynced.add(path)
        return True

    def _remember(self, name: str, stamp: Stamp) -> None:
        if len(self._sound) >= _REMEMBERED:
            self._sound.clear()
        self._sound[name] = stamp

    def get(self, name: str) -> bytes | memoryview | None:
        try:
            with open(self._path(name), "rb") as file:
                stamp = _stamp(os.fstat(file.fileno()))
                if stamp[2] < _MAPPED:
                    return file.read()
                mapped = MappedFile(file.fileno(), 0, access=mmap.ACCESS_COPY)
                mapped.sound = self._sound.get(name) == stamp
                mapped.confirm = lambda: self._remember(name, stamp)
                return memoryview(mapped)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _translated(error, self.folder) from error

    def exists(self, name: str) -> bool:
        return os.path.exists(self._path(name))

    def delete(self, name: str) -> bool:
        try:
            os.unlink(self._path(name))
        except FileNotFoundError:
            return False
        except OSError as error:
            raise _translated(error, self.folder) from error
        return True

    def iterate(self) -> Iterator[str]:
        try:
            folders = sorted(os.scandir(self.folder), key=lambda e: e.name)
        except FileNotFoundError:
            return
        for folder in folders:
            if folder.is_dir():
                yield from sorted(e for e in os.listdir(folder.path) if not e.endswith(".part"))

    def stat(self, name: str) -> tuple[int, float] | None:
        try:
            status = os.stat(self._path(name))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _translated(error, self.folder) from error
        return status.st_size, status.st_mtime

    def sweep(self, before: float, dry_run: bool) -> tuple[int, int]:
        files = size = 0
        try:
            folders = [e.path for e in os.scandir(self.folder) if e.is_dir()]
        except FileNotFoundError:
            return 0, 0
        for folder in folders:
            for entry in os.scandir(folder):
                if not entry.name.endswith(".part"):
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                    if status.st_mtime >= before:
                        continue
                    if not dry_run:
                        os.unlink(entry.path)
                except FileNotFoundError:
                    continue  # its writer finished just now
                except OSError as error:
                    raise _translated(error, self.folder) from error
                files += 1
                size += status.st_size
        return files, size

    def sync(self) -> None:
        with self._lock:
            paths, self._unsynced = self._unsynced, set()
        try:
            if len(paths) > _MANY and _sync_file_system(self.folder):
                return
            for path in sorted(paths):
                _fsync(path)
            for folder in sorted({os.path.dirname(p) for p in paths}):
                _fsync(folder)
        except OSError as error:
            with self._lock:
                self._unsynced |= paths
            raise _translated(error, self.folder) from error


def _sync_file_system(folder: str) -> bool:
    """One wait for the whole file system instead of one a file, where the C library has it (syncfs(2), Linux)."""
    import ctypes

    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        return False
    handle = os.open(folder, os.O_RDONLY)
    try:
        return bool(syncfs(handle) == 0)
    finally:
        os.close(handle)


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_ino, status.st_mtime_ns, status.st_size


def _fsync(path: str) -> None:
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return  # deleted since: nothing to keep
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class RemoteBlobs:
    """Blobs at an fsspec URL (https://filesystem-spec.readthedocs.io). Each is durable once `put` returns."""

    def __init__(self, url: str) -> None:
        try:
            import fsspec
        except ImportError:
            raise UsageError(
                f"values at {url} need fsspec, and its package for this kind of URL: "
                f"pip install 'mandala-graph[fsspec]'."
            ) from None
        self.url = url
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise UsageError(f"values at {url}: {error}") from None

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name[:2]}/{_checked(name)}"

    def _do(self, action: Any, absent: bool = True) -> Any:
        """`absent` says that "not found" is an answer, not a failure."""
        try:
            self._files.invalidate_cache()  # other processes write and delete there too
            return action()
        except StoreError:
            raise  # ours, and clear already
        except FileNotFoundError as error:
            if not absent:
                raise StoreUnreachable(
                    f"{self.url} takes no values ({error}): does the bucket or folder exist?"
                ) from error
            return None
        except OSError as error:
            raise _translated(error, self.url) from error
        except Exception as error:  # whatever a remote file system's client raises
            raise StoreUnreachable(f"{self.url}: {error}") from error

    def put(self, name: str, chunks: Sequence[bytes | memoryview]) -> None:
        path = self._path(name)
        if self.exists(name):
            return

        def write() -> None:
            self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(path, b"".join(bytes(c) for c in chunks))

        self._do(write, absent=False)

    def get(self, name: str) -> bytes | memoryview | None:
        found: bytes | None = self._do(lambda: self._files.cat_file(self._path(name)))
        return found

    def exists(self, name: str) -> bool:
        return bool(self._do(lambda: self._files.exists(self._path(name))))

    def delete(self, name: str) -> bool:
        if not self.exists(name):
            return False
        self._do(lambda: self._files.rm_file(self._path(name)))
        return True

    def iterate(self) -> Iterator[str]:
        for path in sorted(self._do(lambda: self._files.find(self._root)) or ()):
            yield path.rpartition("/")[2]

    def stat(self, name: str) -> tuple[int, float] | None:
        found = self._do(lambda: self._files.info(self._path(name)))
        if found is None:
            return None
        written = next((found[k] for k in ("mtime", "LastModified", "created", "updated") if found.get(k)), 0.0)
        moment = written.timestamp() if hasattr(written, "timestamp") else written
        return int(found.get("size") or 0), moment if isinstance(moment, float) else 0.0

    def sweep(self, before: float, dry_run: bool) -> tuple[int, int]:
        """Nothing: an object appears there whole or not at all."""
        return 0, 0

    def sync(self) -> None:
        """Nothing is left to do: a remote `put` returns when the object is there."""
