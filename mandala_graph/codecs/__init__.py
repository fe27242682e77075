"""Values <-> bytes: which codec keeps which type, and what is said of a value without loading it.

A value's content id comes from `mandala_graph.hashing`. Codecs that need no code from the bytes (plain data,
arrays, tables) are open; everything else is pickled and signed, and loaded only when a trusted key vouches for
it. Optional libraries have a small module each, and are never imported before the program has.

>>> encode(3).native, encode([1, 2]).native
(3, None)
>>> encoded = encode([1, 2])
>>> decode(encoded.cid, b"".join(encoded.envelope))
[1, 2]
"""

from __future__ import annotations

from typing import Any, NamedTuple

from mandala_graph.codecs.describe import MISSING, describe, from_native, native_of, type_name
from mandala_graph.codecs.envelope import Opened, open_envelope, seal, signed_parts
from mandala_graph.codecs.pickled import dump, load
from mandala_graph.codecs.registry import Codec, codec, find, named
from mandala_graph.codecs.signing import Signer, Trust, key_file, own_key
from mandala_graph.errors import CorruptValue, UnhashableValue, UnsavableValue, UntrustedValue
from mandala_graph.hashing import content_id, decode_plain, encode_value

__all__ = [
    "MISSING",
    "Codec",
    "Encoded",
    "Signer",
    "Trust",
    "codec",
    "decode",
    "describe",
    "encode",
    "from_native",
    "key_file",
    "native_of",
    "own_key",
    "type_name",
    "verify_envelope",
]

_OWN = Trust.of("own")
_SIGNER = Signer.own()


class Encoded(NamedTuple):
    """A value as it is stored: its id, what is said of it, and its bytes.

    `native` is what the graph holds (None when it cannot); `envelope` the chunks of its bytes, or None when
    type and `native` alone restore it. `nbytes` is the size in memory, roughly.
    """

    cid: str
    type: str
    preview: str
    nbytes: int
    native: Any
    envelope: list[bytes | memoryview] | None


def encode(value: Any, signer: Signer | None = None, cid: str | None = None) -> Encoded:
    """Everything that is stored of a value; `cid` is its content id where it was found a moment ago.

    Raises UnhashableValue (also when `cid` is not its content id any more) or UnsavableValue, which name the path
    inside the value.

    >>> encode(2.5, cid=content_id(2.5)) == encode(2.5)
    True
    """
    kind = type(value)
    native = native_of(value)
    name, preview, nbytes = describe(value)
    if native is not None or value is None:
        return Encoded(cid or content_id(value), name, preview, nbytes, native, None)
    own = find(kind)
    if own is not None:
        payload = own.encode(value)
        if payload is not None:
            cid = cid or content_id(value)  # a large array's costs as much as writing it
            return Encoded(cid, name, preview, nbytes, native, seal(own.name, cid, payload, None, own.by_content))
    if kind is memoryview:
        raise UnsavableValue("value is a memoryview, which pickle would give back as bytes: use bytes(value).")
    found, plain = encode_value(value)
    if cid is not None and found != cid:
        raise UnhashableValue(
            f"value has another content each time it is looked at (a {name} that counts, caches or draws something "
            f"anew, or that another thread changes): give its type a hasher (mandala_graph.hashes), or a copy that stays."
        )
    cid = found
    if plain is not None:
        return Encoded(cid, name, preview, nbytes, native, seal("plain", cid, list(plain), None))
    pickled = [dump(value)]
    mac = (signer or _SIGNER).sign(signed_parts("pickle", cid, pickled))
    return Encoded(cid, name, preview, nbytes, native, seal("pickle", cid, list(pickled), mac))


def decode(cid: str, envelope: bytes | memoryview, trust: Trust | None = None) -> Any:
    """The value of an envelope. Bytes of a mapped file that this process wrote or checked are not checked again.

    Raises CorruptValue when the bytes are not those written under this id, and UntrustedValue when only
    running code from them could restore it and no trusted key has signed them. In both cases nothing is run.
    """
    mapped = getattr(envelope, "obj", None)
    opened = open_envelope(cid, envelope, getattr(mapped, "sound", False))
    if opened.codec == "plain":
        return _plain(cid, opened)
    if opened.codec == "pickle":
        parts = signed_parts("pickle", cid, [opened.payload])
        if opened.mac is None or not (trust or _OWN).believes(opened.mac, parts):
            raise UntrustedValue(
                f"value {cid} is a pickle that no trusted key has signed, and loading a pickle runs code from it. "
                f"If you know who wrote it: Storage(..., trust=[their key]) or, for everything in the store, "
                f'trust="all".'
            )
        return load(cid, opened.payload)
    found = named(opened.codec)
    if found is None:
        raise CorruptValue(
            f"value {cid} was written by the codec {opened.codec!r}, which this program does not have: import the "
            f"module that registers it (by `codec`), or install the library it is for."
        )
    value = _decoded(found, cid, opened)
    confirm = getattr(mapped, "confirm", None)
    if confirm is not None:
        confirm()
    return value


def _plain(cid: str, opened: Opened) -> Any:
    try:
        if opened.by_content:
            raise CorruptValue("its header claims no digest")
        return decode_plain(opened.payload)
    except CorruptValue as problem:
        raise CorruptValue(f"value {cid}: its bytes are damaged: {problem}.") from None


def _decoded(codec: Codec, cid: str, opened: Opened) -> Any:
    try:
        value = codec.decode(opened.payload)
    except Exception as problem:
        raise CorruptValue(f"value {cid}: its {opened.codec} bytes cannot be read ({problem}).") from problem
    if opened.by_content and (not codec.by_content or content_id(value) != cid):
        raise CorruptValue(f"value {cid}: its bytes have changed since they were written.")
    return value


def verify_envelope(cid: str, envelope: bytes | memoryview) -> None:
    """Raise CorruptValue unless the bytes are those written under this id. Nothing in them is run."""
    opened = open_envelope(cid, envelope)
    if opened.codec == "pickle" and opened.mac is None:
        raise CorruptValue(f"value {cid}: a pickle without a signature, which no store of ours writes.")
    if opened.codec == "plain":
        _plain(cid, opened)
    elif opened.by_content:
        found = named(opened.codec)
        if found is not None:
            _decoded(found, cid, opened)
