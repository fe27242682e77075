"""Every named pair, in this process, pickled, and in fresh processes under other hash seeds."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mandala_graph.hashing import content_id, decode_plain, encode_value
from tests.hashing.pairs import DIFFERENT, SAME

ALL = {**SAME, **DIFFERENT}


def test_the_table_is_long_enough() -> None:
    assert len(ALL) >= 130


@pytest.mark.parametrize("name", SAME)
def test_same(name: str) -> None:
    left, right = SAME[name]()
    assert content_id(left) == content_id(right)


@pytest.mark.parametrize("name", DIFFERENT)
def test_different(name: str) -> None:
    left, right = DIFFERENT[name]()
    assert content_id(left) != content_id(right)
    assert content_id([left]) != content_id([right])
    assert content_id({"k": left}) != content_id({"k": right})


@pytest.mark.parametrize("name", ALL)
def test_one_traversal_gives_the_same_id(name: str) -> None:
    for value in ALL[name]():
        cid, parts = encode_value(value)
        assert cid == content_id(value)
        if parts is not None:
            assert content_id(decode_plain(b"".join(parts))) == cid


NATIVE_AFTER_PICKLE = {"byte order", "big-endian NaN payloads"}  # NumPy's pickles swap bytes and change the dtype


@pytest.mark.parametrize("name", [name for name in ALL if name not in NATIVE_AFTER_PICKLE])
def test_a_pickle_round_trip_keeps_the_id(name: str) -> None:
    for value in ALL[name]():
        try:
            data = pickle.dumps(value)
        except (pickle.PicklingError, AttributeError, TypeError):
            continue  # local functions and classes cannot be pickled
        assert content_id(pickle.loads(data)) == content_id(value)


def test_all_ids_differ_from_those_of_other_pairs() -> None:
    seen: dict[str, Any] = {}
    for name, pair in DIFFERENT.items():
        left, right = map(content_id, pair())
        assert left != right
        seen.setdefault(left, name)
        seen.setdefault(right, name)
    assert len(seen) > 1.5 * len(DIFFERENT)


PROGRAM = """
import json
from mandala_graph.hashing import content_id
from tests.hashing.pairs import DIFFERENT, SAME
print(json.dumps({name: [content_id(v) for v in pair()] for name, pair in {**SAME, **DIFFERENT}.items()}))
"""


@pytest.mark.parametrize("seed", ["0", "1", "2", "77", "4294967295"])
def test_the_same_ids_in_a_fresh_process(seed: str) -> None:
    root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, cwd=root, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    there = json.loads(run.stdout)
    here = {name: [content_id(value) for value in pair()] for name, pair in ALL.items()}
    assert {name for name in here if here[name] != there[name]} == set()
