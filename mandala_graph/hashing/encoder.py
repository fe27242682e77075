"""The canonical encoding: its frame, cycles, sharing, and the collapse of large parts into digests.

What each type writes is in the modules beside this one; here is what all of them write *into*. The encoding of
a value starts with a tag byte that says which type it has, every part of variable length carries its length,
and no two different values have one encoding. Three things keep it canonical and bounded:

* A part whose encoding exceeds `LIMIT` bytes stands in the parent's encoding as the digest of its own. So large
  buffers are hashed in place, and a value that holds one large part many times costs it once.
* A value met again *inside itself* is written as its distance upwards. A value that takes part in such a cycle
  and is met again before the cycle closes is written as its distance back in the traversal (this keeps meshes
  of objects linear). Values outside cycles are always written in full: aliasing never shows.
* Elements of sets, and keys, are encoded apart from one another and sorted by their encodings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from blake3 import blake3

from mandala_graph.errors import UnhashableValue

__all__ = ["LIMIT", "PLAIN_DEPTH", "Buffer", "Encode", "Encoder", "Refused", "varint"]

Buffer: TypeAlias = "bytes | bytearray | memoryview"

LIMIT = 1 << 16
"""A part with a longer encoding (in bytes) is written as the digest of its encoding."""

PLAIN_DEPTH = 90
"""Values nested deeper than this are not stored as plain data."""

_THREADED = 1 << 22  # from here on BLAKE3 in several threads pays
_MESH_LIMIT = 300_000  # containers visited, when cycles run through sets
_NO_CYCLE = 1 << 60

_VARINTS = [bytes([n]) for n in range(128)]


def varint(n: int) -> bytes:
    """A non-negative integer, 7 bits a byte, lowest first.

    >>> varint(300).hex()
    'ac02'
    """
    if n < 128:
        return _VARINTS[n]
    parts = bytearray()
    while n >= 128:
        parts.append(n & 127 | 128)
        n >>= 7
    parts.append(n)
    return bytes(parts)


class Refused(Exception):
    """A value without a stable id, on its way up; each container adds where it was."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path: list[str] = []

    def at(self, step: str) -> Refused:
        """The same refusal, one step further from the value that caused it."""
        self.path.append(step)
        return self

    def error(self) -> UnhashableValue:
        """What the user sees."""
        where = "value" + "".join(reversed(self.path))
        return UnhashableValue(f"{where} has no stable content id: {self.reason}")


Encode: TypeAlias = "Callable[[Encoder, Any], None]"


class Encoder:
    """One traversal of one value. Use it once."""

    __slots__ = (
        "_count", "_frames", "_low", "_memo", "_mesh", "_pending", "_stack",
        "dispatch", "orders", "out", "parts", "plain", "tolerance",
    )  # fmt: skip

    def __init__(self, dispatch: Callable[[type], Encode], plain: bool = False, tolerance: float | None = None) -> None:
        self.dispatch = dispatch
        self.out = bytearray()
        self.plain = plain
        """Still decodable without pickle? Kept up to date only if it started as True."""
        self.orders: list[list[int] | None] = []
        """Insertion order of each dict, in order of traversal (plain data only)."""
        self.parts: list[tuple[int, list[Buffer]]] = []
        """(where a digest stands in `out`, the encoding it stands for) (plain data only)."""
        self.tolerance = tolerance
        self._stack: dict[int, int] = {}
        self._frames: list[tuple[int, int, int, int]] = []
        self._low = _NO_CYCLE
        self._count = 0
        self._memo: dict[int, tuple[Any, bytes, int]] = {}
        self._pending: dict[int, tuple[Any, int, int]] = {}
        self._mesh = False

    def encode(self, value: Any) -> None:
        """Write one value of any type."""
        self.dispatch(type(value))(self, value)

    def step(self, value: Any, where: str) -> None:
        """Write a part of the value being written; `where` names it in errors, like `.lock` or `[3]`."""
        try:
            self.dispatch(type(value))(self, value)
        except Refused as refused:
            refused.at(where)
            raise

    def not_plain(self) -> None:
        """From here on only the id is wanted: the value cannot be decoded from its encoding."""
        self.plain = False
        self.parts.clear()
        self.orders.clear()

    # -- leaves

    def text(self, text: str) -> None:
        """Write a string as a part of something else (no tag)."""
        data = text.encode("utf-8", "surrogatepass")
        self.out += varint(len(data)) + data

    def leaf(self, head: bytes, data: Buffer) -> None:
        """Write a tag (and what else comes first) and a buffer; a large one only as digest."""
        size = data.nbytes if isinstance(data, memoryview) else len(data)
        head += varint(size)
        if size <= LIMIT:
            self.out += head
            self.out += data
            return
        hasher = blake3(head, max_threads=blake3.AUTO if size >= _THREADED else 1)
        hasher.update(data)
        if self.plain:
            self.parts.append((len(self.out), [head, data]))
        self.out += b"#" + hasher.digest()

    def stream(self, head: bytes, size: int, chunks: Iterable[Buffer]) -> None:
        """As `leaf`, of a buffer of `size` bytes that comes in pieces (never plain data)."""
        head += varint(size)
        if size <= LIMIT:
            self.out += head
            for chunk in chunks:
                self.out += chunk
            return
        hasher = blake3(head, max_threads=blake3.AUTO if size >= _THREADED else 1)
        for chunk in chunks:
            hasher.update(chunk)
        self.out += b"#" + hasher.digest()

    # -- containers

    def enter(self, value: Any) -> bool:
        """Begin a value that holds others; False when a reference to it was written instead."""
        key = id(value)
        depth = self._stack.get(key)
        if depth is not None:
            self.not_plain()
            self.out += b"^" + varint(len(self._stack) - depth)
            self._low = min(self._low, depth)
            return False
        known = self._memo.get(key)
        if known is not None:
            self.not_plain()  # stored flat, a value that shares large parts could grow without bound
            self.out += known[1]
            self._count += known[2]
            return False
        pending = self._pending.get(key)
        if pending is not None:
            self.out += b"~" + varint(self._count - pending[1])
            self._low = min(self._low, pending[2])
            return False
        self._stack[key] = len(self._stack)
        self._frames.append((key, len(self.out), self._low, self._count))
        self._low = _NO_CYCLE
        self._count += 1
        if self.plain and len(self._stack) > PLAIN_DEPTH:
            self.not_plain()
        if self._mesh and self._count > _MESH_LIMIT:
            raise Refused("sets of objects that refer to each other are too entangled to be put in order")
        return True

    def leave(self, value: Any) -> None:
        """End what `enter` began."""
        key, start, low, count = self._frames.pop()
        depth = self._stack.pop(key)
        if self._low < depth:
            self._pending[key] = (value, count, self._low)
            self._low = min(low, self._low)
            return
        if self._low == depth:
            while self._pending:
                last = next(reversed(self._pending))
                if self._pending[last][1] < count:
                    break
                del self._pending[last]
        self._low = low
        if len(self.out) - start > LIMIT:
            digest = self._collapse(start)
            self._memo[key] = (value, digest, self._count - count)

    def _collapse(self, start: int) -> bytes:
        """Put the digest of what was written since `start` in its place."""
        with memoryview(self.out) as view:
            digest = b"#" + blake3(view[start:]).digest()
        if self.plain:
            flat = self.flat(start)
            while self.parts and self.parts[-1][0] >= start:
                self.parts.pop()
            self.parts.append((start, flat))
        del self.out[start:]
        self.out += digest
        return digest

    def flat(self, start: int = 0) -> list[Buffer]:
        """What was written since `start`, with every digest replaced by what it stands for."""
        flat: list[Buffer] = []
        at = start
        for position, parts in self.parts:
            if position >= start:
                flat.append(bytes(self.out[at:position]))
                flat.extend(parts)
                at = position + 33
        flat.append(bytes(self.out[at:]))
        return flat

    def apart(self, value: Any) -> tuple[bytes, list[tuple[int, list[Buffer]]]]:
        """The encoding of an element of a set, or of a key: independent of its siblings."""
        out, parts = self.out, self.parts
        self.out, self.parts = bytearray(), []
        pending = len(self._pending)
        try:
            self.dispatch(type(value))(self, value)
            if len(self._pending) > pending:
                self._mesh = True
                for key in list(self._pending)[pending:]:
                    del self._pending[key]
            if len(self.out) > LIMIT:
                self._collapse(0)
            return bytes(self.out), self.parts
        finally:
            self.out, self.parts = out, parts

    def join(self, encoded: tuple[bytes, list[tuple[int, list[Buffer]]]]) -> None:
        """Write what `apart` gave."""
        data, parts = encoded
        if self.plain:
            base = len(self.out)
            self.parts.extend((base + position, flat) for position, flat in parts)
        self.out += data

    def attempt(self, value: Any) -> bool:
        """Write a value if it has a stable id; if not, leave everything as it was and say False."""
        out, low, count, frames = len(self.out), self._low, self._count, len(self._frames)
        pending = len(self._pending)
        try:
            self.dispatch(type(value))(self, value)
        except Refused:
            del self.out[out:]
            while len(self._frames) > frames:
                self._stack.pop(self._frames.pop()[0], None)
            for key in list(self._pending)[pending:]:
                del self._pending[key]
            self._low, self._count = low, count
            return False
        return True

    def all_apart(self, values: Iterable[Any]) -> list[tuple[bytes, list[tuple[int, list[Buffer]]]]]:
        """The encodings of values that come in no order: each as if it were the only one."""
        base = self._count
        total = base
        encodings = []
        for position, value in enumerate(values):
            self._count = base
            try:
                encodings.append(self.apart(value))
            except Refused as refused:
                refused.at(f"{{element {position}: {type(value).__name__}}}")
                raise
            total += self._count - base
        self._count = total
        return encodings

    def unordered(self, values: Iterable[Any]) -> None:
        """Write values in the order of their encodings."""
        for encoded in sorted(self.all_apart(values), key=lambda pair: pair[0]):
            self.join(encoded)
