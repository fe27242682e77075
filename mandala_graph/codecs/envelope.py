"""The envelope around a stored value: which codec, which content, and proof that the bytes are those written.

Layout (all lengths in bytes): magic "MGV1" 4, flags 1, length of the codec's name 1, the name, cid 20,
digest 20, MAC 32 if flag 1 is set, zeros up to a multiple of 64, payload. The digest is BLAKE3 of name, cid
and payload, so that neither can be swapped; the MAC is keyed BLAKE3 of the same. With flag 2 the digest is
zeros: the content id of the decoded value is the proof then (large arrays, which are read once instead of twice).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from blake3 import blake3

from mandala_graph.errors import CorruptValue

__all__ = ["Opened", "open_envelope", "seal", "signed_parts"]

MAGIC = b"MGV1"
ALIGN = 64
_SIGNED = 1
_BY_CONTENT = 2


class Opened(NamedTuple):
    """An envelope whose digest is right, or (`by_content`) whose value's content id is still to be compared."""

    codec: str
    mac: bytes | None
    payload: memoryview
    by_content: bool


def signed_parts(codec: str, cid: str, payload: list[Any]) -> list[Any]:
    """What digest and MAC cover."""
    name = codec.encode()
    return [b"mg1:envelope\0", bytes([len(name)]), name, bytes.fromhex(cid), *payload]


def _digest(parts: list[Any]) -> bytes:
    hasher = blake3()
    for part in parts:
        hasher.update(part)
    return hasher.digest(20)


def seal(
    codec: str, cid: str, payload: list[Any], mac: bytes | None, by_content: bool = False
) -> list[bytes | memoryview]:
    """The chunks of an envelope."""
    name = codec.encode()
    digest = bytes(20) if by_content else _digest(signed_parts(codec, cid, payload))
    flags = (_SIGNED if mac is not None else 0) | (_BY_CONTENT if by_content else 0)
    head = b"".join(
        (
            MAGIC,
            bytes([flags, len(name)]),
            name,
            bytes.fromhex(cid),
            digest,
            mac or b"",
        )
    )
    return [head.ljust(-(-len(head) // ALIGN) * ALIGN, b"\0"), *payload]


def open_envelope(cid: str, data: bytes | memoryview, sound: bool = False) -> Opened:
    """Take an envelope apart, after checking that it is whole and holds what `cid` says.

    `sound` bytes were checked before. Signed ones are checked all the same.

    Raises CorruptValue, which names the cid. Runs nothing.
    """
    view = memoryview(data).cast("B")
    if len(view) < 6 or view[:4] != MAGIC:
        raise CorruptValue(f"value {cid}: its bytes are no stored value (damaged, or overwritten).")
    flags, length = view[4], view[5]
    end = 6 + length + 40 + (32 if flags & _SIGNED else 0)
    start = -(-end // ALIGN) * ALIGN
    if flags & ~(_SIGNED | _BY_CONTENT) or flags == _SIGNED | _BY_CONTENT or len(view) < start:
        raise CorruptValue(f"value {cid}: its bytes are cut off or damaged.")
    try:
        codec = str(view[6 : 6 + length], "ascii")
    except UnicodeDecodeError:
        raise CorruptValue(f"value {cid}: its header is damaged.") from None
    at = 6 + length
    if view[at : at + 20] != bytes.fromhex(cid):
        raise CorruptValue(f"value {cid}: its bytes are those of another value, {bytes(view[at : at + 20]).hex()}.")
    payload = view[start:]
    if not sound or flags & _SIGNED:
        digest = bytes(20) if flags & _BY_CONTENT else _digest(signed_parts(codec, cid, [payload]))
        if any(view[end:start]) or view[at + 20 : at + 40] != digest:
            raise CorruptValue(f"value {cid}: its bytes have changed since they were written.")
    mac = bytes(view[at + 40 : end]) if flags & _SIGNED else None
    return Opened(codec, mac, payload, bool(flags & _BY_CONTENT) and not sound)
