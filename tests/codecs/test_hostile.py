"""No bytes of a store run code or crash the program, whatever they are; keys and blobs are safe."""

from __future__ import annotations

import os
import pickle
import random
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandala_graph import content_id
from mandala_graph.codecs import Signer, Trust, decode, encode, key_file, own_key, verify_envelope
from mandala_graph.codecs.arrays import encode_buffer
from mandala_graph.codecs.envelope import seal, signed_parts
from mandala_graph.errors import CorruptValue, StoreCorrupt, StoreUnreachable, UntrustedValue, UsageError, ValueProblem
from mandala_graph.store.blobs import FolderBlobs, MappedFile, open_blobs


class Canary:
    """Unpickling it leaves a mark."""

    ran = False

    def __reduce__(self) -> Any:
        return _mark, ()


def _mark() -> None:
    Canary.ran = True


HOSTILE = pickle.dumps(Canary())
VALUES: list[Any] = [
    [1, {"a": "b"}],
    np.arange(20.0).reshape(4, 5),
    pd.DataFrame({"x": [1, 2], "s": ["a", None]}),
    pa.table({"x": [1, 2]}),
    pl.DataFrame({"x": [1, 2]}),
    Path,
    slice(1, None),
]
ENVELOPES = [(encode(v).cid, b"".join(bytes(c) for c in encode(v).envelope or [])) for v in VALUES]
CODECS = ["plain", "numpy.ndarray", "pandas.DataFrame", "pyarrow.Table", "polars.DataFrame", "pickle", "made.up"]


def attempt(cid: str, data: bytes) -> Any:
    """Decode; only our own errors may come out, and nothing may have run."""
    Canary.ran = False
    found: Any
    try:
        found = decode(cid, data)
    except ValueProblem as problem:
        found = problem
    assert not Canary.ran
    assert not isinstance(found, ValueProblem) or cid in str(found)
    return found


@given(st.sampled_from(ENVELOPES), st.data())
@settings(max_examples=300, deadline=None)
def test_changed_bytes_are_noticed(kept: tuple[str, bytes], data: st.DataObject) -> None:
    cid, envelope = kept
    if not envelope:
        return
    at = data.draw(st.integers(0, len(envelope) - 1))
    changed = bytearray(envelope)
    how = data.draw(st.sampled_from(["flip", "cut", "insert", "grow"]))
    if how == "flip":
        changed[at] ^= 1 << data.draw(st.integers(0, 7))
    elif how == "cut":
        del changed[at:]
    elif how == "insert":
        changed[at:at] = data.draw(st.binary(min_size=1, max_size=9))
    else:
        changed += data.draw(st.binary(min_size=1, max_size=100))
    found = attempt(cid, bytes(changed))
    # a change that a decoder cannot see (in padding) leaves the value what it was
    assert isinstance(found, ValueProblem) or content_id(found) == cid
    assert isinstance(found, ValueProblem) or how != "grow"


@given(st.sampled_from(CODECS), st.binary(max_size=300) | st.just(HOSTILE), st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_payload_under_any_codec_with_a_right_digest(codec: str, payload: bytes, by_content: bool) -> None:
    cid = "ab" * 20
    data = b"".join(bytes(c) for c in seal(codec, cid, [payload], None, by_content))
    found = attempt(cid, data)
    if codec == "pickle":
        assert isinstance(found, (UntrustedValue, CorruptValue))


@given(st.sampled_from(ENVELOPES), st.data())
@settings(max_examples=300, deadline=None)
def test_damaged_payloads_with_a_right_digest_do_not_crash(kept: tuple[str, bytes], data: st.DataObject) -> None:
    cid, envelope = kept
    name = envelope[6 : 6 + envelope[5]].decode()
    payload = bytearray(envelope[-(-(6 + len(name) + 40 + (32 if envelope[4] & 1 else 0)) // 64) * 64 :])
    for _ in range(data.draw(st.integers(1, 4))):
        if payload:
            payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    attempt(cid, b"".join(bytes(c) for c in seal(name, cid, [bytes(payload)], None)))


def test_a_huge_declared_size_is_refused_without_allocating_it() -> None:
    chunks = encode_buffer({"descr": "<f8", "shape": (2**50,), "fortran": False}, memoryview(b"x" * 64))
    found = attempt("ab" * 20, b"".join(bytes(c) for c in seal("numpy.ndarray", "ab" * 20, chunks, None)))
    assert isinstance(found, CorruptValue)
    chunks = encode_buffer({"descr": "|O", "shape": (1,), "fortran": False}, memoryview(b"x" * 8))
    found = attempt("ab" * 20, b"".join(bytes(c) for c in seal("numpy.ndarray", "ab" * 20, chunks, None)))
    assert isinstance(found, CorruptValue)


@pytest.mark.parametrize("descr", ["S0", "U0", "V0", [("a", "V0")], []])
def test_elements_without_a_size_bound_no_shape(descr: Any) -> None:
    chunks = encode_buffer({"descr": descr, "shape": (2**40,), "fortran": False}, memoryview(b""))
    for name in ("numpy.ndarray", "numpy.generic"):
        found = attempt("ab" * 20, b"".join(bytes(c) for c in seal(name, "ab" * 20, chunks, None)))
        assert isinstance(found, CorruptValue)


@pytest.mark.parametrize("kind", ["pandas.DataFrame", "pyarrow.Table", "polars.DataFrame"])
def test_readers_of_tables_may_give_up_but_not_escape(kind: str) -> None:
    """polars panics on some damage, and a panic is no Exception."""
    cid, envelope = next(e for e in ENVELOPES if kind.encode() in e[1][:64])
    payload = envelope[-(-(6 + len(kind) + 40) // 64) * 64 :]
    rng = random.Random(1)
    found: set[type] = set()
    for _ in range(3000):
        changed = bytearray(payload)
        for _ in range(rng.choice((1, 1, 2, 8))):
            at = rng.randrange(len(changed))
            changed[at : at + 4] = rng.choice((bytes(4), b"\xff\xff\xff\x7f", rng.randbytes(4), b""))
        found.add(type(attempt(cid, b"".join(bytes(c) for c in seal(kind, cid, [bytes(changed)], None)))))
    assert CorruptValue in found


def test_signatures() -> None:
    value = Canary
    encoded = encode(value)
    data = b"".join(bytes(c) for c in encoded.envelope or [])
    assert decode(encoded.cid, data) is not None
    with pytest.raises(UntrustedValue, match="trust="):
        decode(encoded.cid, data, Trust([bytes(32)]))
    mac = Signer(bytes(32)).sign(signed_parts("pickle", "ab" * 20, [HOSTILE]))
    foreign = b"".join(bytes(c) for c in seal("pickle", "ab" * 20, [HOSTILE], mac))
    assert isinstance(attempt("ab" * 20, foreign), UntrustedValue)
    verify_envelope("ab" * 20, foreign)  # whole, though not trusted; and still nothing ran
    assert not Canary.ran
    decode("ab" * 20, foreign, Trust.of(["00" * 32]))
    assert Canary.ran
    with pytest.raises(CorruptValue, match="another value"):
        decode("cd" * 20, foreign, Trust.of("all"))
    unsigned = b"".join(bytes(c) for c in seal("pickle", "ab" * 20, [HOSTILE], None))
    with pytest.raises(CorruptValue, match="without a signature"):
        verify_envelope("ab" * 20, unsigned)


def test_the_key_is_made_once_and_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MANDALA_GRAPH_KEY", raising=False)
    key = own_key()
    assert own_key() == key
    assert stat.S_IMODE(key_file().stat().st_mode) == 0o600
    assert sorted(p.name for p in key_file().parent.iterdir()) == ["key"]
    monkeypatch.setenv("MANDALA_GRAPH_KEY", "cd" * 32)
    assert own_key() == bytes.fromhex("cd" * 32)
    monkeypatch.setenv("MANDALA_GRAPH_KEY", "short")
    with pytest.raises(UsageError, match="64 hex"):
        own_key()
    with pytest.raises(UsageError, match="trust is"):
        Trust.of("everybody")


def test_a_key_that_cannot_be_made_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MANDALA_GRAPH_KEY", raising=False)
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    with pytest.raises(UsageError, match="MANDALA_GRAPH_KEY"):
        encode(Path)


def test_many_processes_agree_on_a_new_key(tmp_path: Path) -> None:
    env = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "fresh")}
    env.pop("MANDALA_GRAPH_KEY", None)
    code = "from mandala_graph.codecs import own_key; print(own_key().hex())"
    running = [subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE) for _ in range(4)]
    assert len({p.communicate(timeout=60)[0] for p in running}) == 1


def test_a_folder_of_blobs(tmp_path: Path) -> None:
    blobs = FolderBlobs(str(tmp_path / "b"))
    big = bytes(range(256)) * 2048
    blobs.put("aa11", [b"x", memoryview(b"y")])
    blobs.put("bb22", [big])
    blobs.put("aa11", [b"other"])  # first writer wins
    blobs.sync()
    assert bytes(blobs.get("aa11") or b"") == b"xy"
    mapped = blobs.get("bb22")
    assert isinstance(mapped, memoryview)
    assert isinstance(mapped.obj, MappedFile)
    mapped[0] = 99  # a private map
    assert bytes(blobs.get("bb22") or b"") == big
    assert list(blobs.iterate()) == ["aa11", "bb22"]
    assert (blobs.delete("aa11"), blobs.delete("aa11"), blobs.exists("aa11"), blobs.get("aa11")) == (
        True,
        False,
        False,
        None,
    )
    blobs.sync()


def test_a_file_changed_behind_our_back_is_checked_again(tmp_path: Path) -> None:
    blobs = FolderBlobs(str(tmp_path))
    array = np.arange(100_000.0)
    encoded = encode(array)
    blobs.put(encoded.cid, encoded.envelope or [])
    assert decode(encoded.cid, blobs.get(encoded.cid) or b"").sum() == array.sum()
    path = tmp_path / encoded.cid[:2] / encoded.cid
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(CorruptValue, match="changed"):
        decode(encoded.cid, blobs.get(encoded.cid) or b"")


def test_names_do_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("keep me")
    for blobs in (FolderBlobs(str(tmp_path / "b")), open_blobs("memory://mandala-test/names")):
        for name in ("../../precious", "aa/bb", "", "a\0b", "é1"):
            for action in (blobs.get, blobs.exists, blobs.delete, lambda name, b=blobs: b.put(name, [b"x"])):
                with pytest.raises(StoreCorrupt, match="no content id"):
                    action(name)
    assert (tmp_path / "precious").read_text() == "keep me"


def test_a_file_that_lost_its_bytes_in_a_power_cut_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / "aa").mkdir()
    (tmp_path / "aa" / "aa11").touch()
    blobs = FolderBlobs(str(tmp_path))
    blobs.put("aa11", [b"whole"])
    assert blobs.get("aa11") == b"whole"


def test_what_another_process_wrote_is_made_durable_before_rows_point_to_it(tmp_path: Path) -> None:
    FolderBlobs(str(tmp_path)).put("aa11", [b"x"])  # and its process dies before its sync
    mine = FolderBlobs(str(tmp_path))
    mine.put("aa11", [b"x"])
    assert mine._unsynced == {str(tmp_path / "aa" / "aa11")}
    mine.sync()
    assert not mine._unsynced


def test_a_place_that_is_not_there_loses_nothing_silently(monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = open_blobs("memory://mandala-test/gone")

    def no_bucket(*args: Any, **kwargs: Any) -> None:
        raise FileNotFoundError("the bucket does not exist")  # what s3fs and gcsfs raise

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.pipe_file", no_bucket)
    with pytest.raises(StoreUnreachable, match="bucket"):
        blobs.put("aa11", [b"x"])


def test_blobs_at_a_url() -> None:
    blobs = open_blobs("memory://mandala-test/values")
    blobs.put("aa11", [b"x", b"y"])
    assert (blobs.get("aa11"), blobs.exists("zz"), list(blobs.iterate())) == (b"xy", False, ["aa11"])
    assert blobs.delete("aa11")
    assert blobs.get("aa11") is None
    with pytest.raises(UsageError, match="nosuch"):
        open_blobs("nosuch://x")


def test_killed_writers_leave_no_half_file(tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import sys
        from mandala_graph.store.blobs import FolderBlobs
        blobs = FolderBlobs(sys.argv[1])
        print("ready", flush=True)
        for i in range(10**6):
            blobs.put(f"{i % 16:02x}{int(sys.argv[2]) + i:08d}", [bytes([i % 256]) * 300_000])
        """
    )
    folder = tmp_path / "b"
    for n in range(8):
        child = subprocess.Popen(
            [sys.executable, "-c", script, str(folder), str(n * 10**6)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        blobs = FolderBlobs(str(folder))
        while len(list(blobs.iterate())) < 10 * (n + 1):
            pass
        child.send_signal(signal.SIGKILL)
        child.wait(30)
        child.stdout.close()
    names = list(FolderBlobs(str(folder)).iterate())
    assert len(names) >= 80
    for name in names:
        data = bytes(FolderBlobs(str(folder)).get(name) or b"")
        assert len(data) == 300_000
        assert len(set(data)) == 1
