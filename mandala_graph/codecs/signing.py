"""Who vouches for bytes that run code when they are loaded: keyed BLAKE3 over what was written.

The key is the user's: 32 random bytes in `$XDG_CONFIG_HOME/mandala_graph/key` (mode 0600), made when first
needed, or `MANDALA_GRAPH_KEY` (64 hex characters). BLAKE3's keyed mode is a MAC by design (BLAKE3 paper, 2020).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from blake3 import blake3

from mandala_graph.errors import UsageError

__all__ = ["Signer", "Trust", "fingerprint", "key_file", "own_key", "trusted_file", "trusted_keys", "write_trusted"]

ENV = "MANDALA_GRAPH_KEY"


def key_file() -> Path:
    """Where this user's key is kept."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return Path(base) / "mandala_graph" / "key"


def _parse(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise UsageError(f"{where} is no key: a key is 64 hex characters (32 bytes).")
    return key


def own_key() -> bytes:
    """This user's key; it is made when there is none yet."""
    text = os.environ.get(ENV)
    if text:
        return _parse(text, f"the environment variable {ENV}")
    path = key_file()
    known = _read.get(str(path))
    if known is None:
        known = _read[str(path)] = _from_file(path)
    return known


_read: dict[str, bytes] = {}
"""Keys read from files so far; a key file does not change."""


def _from_file(path: Path) -> bytes:
    import secrets

    try:
        return _parse(path.read_text(), str(path))
    except FileNotFoundError:
        pass
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_name(f"key.{os.getpid()}.{secrets.token_hex(4)}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_hex(32))
                file.flush()
                os.fsync(handle)  # what is signed with a key that a power cut takes away is lost
            with contextlib.suppress(FileExistsError):  # another process was first: its key counts
                os.link(fresh, path)
        finally:
            fresh.unlink()
        return _parse(path.read_text(), str(path))
    except OSError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"the key that signs pickled values cannot be read or made at {path} ({error.strerror}): set {ENV} to "
        f"64 hex characters, or XDG_CONFIG_HOME to a folder that you may write to."
    )


def trusted_file() -> Path:
    """Where the keys of others are kept whose pickles this user loads: a line each, the key and a name for it."""
    return key_file().with_name("trusted")


def trusted_keys() -> dict[str, bytes]:
    """The keys of others that this user trusts, by the names given to them."""
    path = trusted_file()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the list of trusted keys at {path} cannot be read ({error}).") from error
    found = {}
    for line in lines:
        key, _, name = line.strip().partition(" ")
        if key:
            found[name] = _parse(key, f"a line of {path}")
    return found


def write_trusted(keys: Mapping[str, bytes]) -> None:
    """Replace the list of trusted keys; only this user may read the file, because a key can sign too."""
    import secrets

    path = trusted_file()
    fresh = path.with_name(f"trusted.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(f"{key.hex()} {name}\n" for name, key in keys.items())
        os.replace(fresh, path)
    except OSError as error:
        raise UsageError(f"the list of trusted keys cannot be written at {path} ({error.strerror}).") from error


def fingerprint(key: bytes) -> str:
    """What a key may be called in public: a hash of it, from which it cannot be found.

    >>> fingerprint(bytes(32))
    '0253fc8aad0c7660'
    """
    return blake3(b"mg1:fingerprint\0" + key).hexdigest(length=8)


class Signer:
    """Signs with one key, which is read when it is first needed."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key

    @classmethod
    def own(cls) -> Signer:
        """Signs with this user's key."""
        return cls()

    @property
    def key(self) -> bytes:
        return self._key if self._key is not None else own_key()

    def sign(self, chunks: Iterable[Any]) -> bytes:
        """The MAC (32 bytes) of the chunks, one after the other."""
        return _mac(self.key, chunks)


def _mac(key: bytes, chunks: Iterable[Any]) -> bytes:
    hasher = blake3(key=key)
    for chunk in chunks:
        hasher.update(chunk)
    return hasher.digest()


class Trust:
    """Which signatures are believed.

    >>> Trust.of("all").everyone
    True
    """

    def __init__(self, keys: Iterable[bytes] | None, everyone: bool = False) -> None:
        self._keys = None if keys is None else tuple(keys)
        self.everyone = everyone

    @classmethod
    def of(cls, what: Any) -> Trust:
        """From what a user says: "own" (their key, and those of `mandala-graph trust`), "all", or keys beside one's own.

        A key is 64 hex characters."""
        if isinstance(what, Trust):
            return what
        if what == "own":
            return cls(None)
        if what == "all":
            return cls(None, everyone=True)
        if isinstance(what, (list, tuple, set)):
            keys = [_parse(k, "an entry of trust") for k in what if k != "own"]
            return cls([*keys, own_key()])
        raise UsageError(f'trust is "own", "all", or a list of keys, not {what!r}.')

    def believes(self, mac: bytes, chunks: list[Any]) -> bool:
        """Was this MAC made with a trusted key (or is everyone trusted)?"""
        import hmac

        if self.everyone:
            return True
        if self._keys is None and hmac.compare_digest(_mac(own_key(), chunks), mac):
            return True
        # Read each time: what somebody trusts, and no more trusts, counts at once.
        keys = self._keys if self._keys is not None else trusted_keys().values()
        return any(hmac.compare_digest(_mac(k, chunks), mac) for k in keys)
