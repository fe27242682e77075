"""Properties over generated values, against a typed equality that knows nothing of encodings."""

from __future__ import annotations

import datetime as dt
import struct
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mandala_graph.errors import CorruptValue, UsageError
from mandala_graph.hashing import Tolerance, content_id, decode_plain, encode_plain

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-3, 3),
    st.floats(),
    st.sampled_from([0.0, -0.0, 1.0, 2.0]),
    st.complex_numbers(),
    st.text(max_size=6),
    st.text(st.characters(), max_size=3),
    st.sampled_from(["", "a", "b", "\ud800"]),
    st.binary(max_size=6),
    st.binary(max_size=4).map(bytearray),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.none() | st.timezones()),
    st.timedeltas(),
    st.uuids(),
    st.decimals(),
    st.fractions(),
    st.just(...),
    st.builds(range, st.integers(-2, 2), st.integers(-2, 2)),
    st.text("abc/.", max_size=5).map(PurePosixPath),
    st.builds(slice, st.none() | st.integers(0, 2), st.integers(0, 2)),
)
HASHABLE = st.recursive(
    SCALARS.filter(lambda v: _hashable(v)),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3),
    max_leaves=4,
)


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:  # bytearrays, slices, signalling NaNs
        return False
    return True


PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(HASHABLE, inner, max_size=4),
        st.dictionaries(st.text(max_size=3), inner, max_size=10),
        st.sets(HASHABLE, max_size=4),
        st.frozensets(HASHABLE, max_size=4),
        st.lists(st.integers(-5, 5), min_size=7, max_size=10),
        st.lists(st.floats(), min_size=7, max_size=10),
        st.lists(st.text(max_size=2), min_size=7, max_size=10),
        st.lists(st.booleans(), min_size=7, max_size=10),
    ),
    max_leaves=12,
)


def alike(a: Any, b: Any) -> bool:
    """The oracle: are two values of one type and content, all the way down?"""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return (a != a and b != b) or (a == b and struct.pack("d", a) == struct.pack("d", b))
    if isinstance(a, complex):
        return alike(a.real, b.real) and alike(a.imag, b.imag)
    if isinstance(a, Decimal):
        return a.as_tuple() == b.as_tuple()
    if isinstance(a, dt.datetime | dt.time):
        bare = a.replace(tzinfo=None) == b.replace(tzinfo=None) and a.fold == b.fold
        return bare and type(a.tzinfo) is type(b.tzinfo) and str(a.tzinfo) == str(b.tzinfo)
    if isinstance(a, range | slice):
        return all(alike(getattr(a, k), getattr(b, k)) for k in ("start", "stop", "step"))
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, set | frozenset):
        return len(a) == len(b) and _matched(list(a), list(b))
    if isinstance(a, dict):
        return len(a) == len(b) and _matched(list(a.items()), list(b.items()))
    return bool(a == b)


def _matched(left: list[Any], right: list[Any]) -> bool:
    for item in left:
        found = next((i for i, other in enumerate(right) if alike(item, other)), None)
        if found is None:
            return False
        del right[found]
    return True


def encoded(value: Any) -> bytes:
    plain = encode_plain(value)
    assert plain is not None
    return b"".join(plain[1])


@given(PLAIN)
@settings(max_examples=400)
def test_plain_data_comes_back(value: Any) -> None:
    plain = encode_plain(value)
    assert plain is not None
    back = decode_plain(b"".join(plain[1]))
    assert alike(back, value)
    assert plain[0] == content_id(value) == content_id(back)


@given(st.dictionaries(HASHABLE, st.dictionaries(st.text(max_size=2), st.integers(), max_size=9), max_size=5))
def test_dicts_come_back_in_their_order(value: dict[Any, Any]) -> None:
    back = decode_plain(encoded([value, {"z": value, "a": 1}]))
    assert all(map(alike, list(back[0]), list(value)))
    assert list(map(list, back[1]["z"].values())) == list(map(list, value.values()))
    assert list(back[1]) == ["z", "a"]


@given(PLAIN, PLAIN)
@settings(max_examples=400)
@example([], ())
@example([0.0] * 9, [-0.0] * 9)
def test_one_id_exactly_for_values_alike(a: Any, b: Any) -> None:
    assert (content_id(a) == content_id(b)) == alike(a, b)


SIMILAR = st.recursive(
    st.sampled_from([0, 1, 1.0, True, "1", b"1", None, "", 0.0, -0.0, (), 1j]),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple) | st.lists(inner, min_size=8),
    max_leaves=6,
)


@given(SIMILAR, SIMILAR)
@settings(max_examples=600)
def test_one_id_exactly_for_values_alike_among_similar_ones(a: Any, b: Any) -> None:
    assert (content_id(a) == content_id(b)) == alike(a, b)


@given(st.lists(st.tuples(HASHABLE, PLAIN), max_size=6), st.randoms())
def test_insertion_order_does_not_show(items: list[Any], random: Any) -> None:
    first = dict(items)
    shuffled = list(first.items())
    random.shuffle(shuffled)
    assert content_id(dict(shuffled)) == content_id(first)
    keys = list(first)
    random.shuffle(keys)
    assert content_id(set(keys)) == content_id(set(first))


@given(PLAIN)
def test_sharing_does_not_show(value: Any) -> None:
    assert content_id([value, value]) == content_id([value, decode_plain(encoded(value))])


@given(PLAIN, st.data())
@settings(max_examples=500)
def test_damaged_bytes_give_a_value_or_an_error(value: Any, data: st.DataObject) -> None:
    raw = bytearray(encoded(value))
    for _ in range(data.draw(st.integers(1, 4))):
        how = data.draw(st.sampled_from(["set", "cut", "add"]))
        place = data.draw(st.integers(0, max(len(raw) - 1, 0)))
        if how == "cut":
            del raw[place : place + data.draw(st.integers(1, 8))]
        elif how == "add":
            raw[place:place] = data.draw(st.binary(max_size=8))
        elif raw:
            raw[place] = data.draw(st.integers(0, 255) | st.sampled_from(b"[({<}>=:iIfshDzZt\xff"))
    _value_or_error(bytes(raw))


@given(st.binary(max_size=60) | st.text("[({<}>:=hzZND\0\1\2\x09i~^#", max_size=300).map(str.encode))
@settings(max_examples=500)
@example(b"[\x01:" * 5000)
@example(b"h" * 10_000)
@example(b"[\xff\xff\xff\xff\xff\xff\xff\x7f:")
@example(b"s\xff\xff\xff\xff\xff\xff\xff\x7f")
@example(b"")
def test_any_bytes_give_a_value_or_an_error(raw: bytes) -> None:
    _value_or_error(raw)


def _value_or_error(raw: bytes) -> None:
    try:
        decode_plain(raw)
    except CorruptValue:
        return


@given(st.lists(PLAIN, max_size=3))
def test_every_truncation_is_noticed(value: list[Any]) -> None:
    raw = encoded(value)
    for end in range(len(raw)):
        try:
            back = decode_plain(raw[:end])
        except CorruptValue:
            continue
        assert content_id(back) == content_id(value)  # only the orders of dicts are gone


@given(st.floats(-1e6, 1e6), st.sampled_from([1e-9, 1e-3, 0.5]))
def test_tolerance_is_a_grid(x: float, width: float) -> None:
    near = round(x / width) * width
    far = near + 3 * width
    assume(abs(x - near) < 0.4 * width)
    assert content_id(x, tolerance=width) == content_id(near, tolerance=width) != content_id(far, tolerance=width)
    assert content_id(np.array([x]), width) == content_id(np.array([near]), width)
    assert content_id({"a": [x] * 9}, width) == content_id({"a": [near] * 9}, Tolerance(width))
    assert content_id(x, tolerance=width) != content_id(x)


@pytest.mark.parametrize("width", [0.0, -1.0, float("nan"), float("inf")])
def test_a_tolerance_that_is_none(width: float) -> None:
    with pytest.raises(UsageError, match="width"):
        content_id(1.0, tolerance=width)


def test_what_is_not_plain_has_an_id_only() -> None:
    loop: list[Any] = []
    loop.append(loop)
    for value in (np.float64(1), loop, [len], {"a": np.zeros(2)}, Fraction, int):
        assert encode_plain(value) is None
    deep: Any = 0
    for _ in range(120):
        deep = [deep]
    assert encode_plain(deep) is None


@pytest.mark.parametrize("depth", range(80, 100))
def test_whatever_depth_is_written_can_be_read(depth: int) -> None:
    for kind in (lambda v: [v], lambda v: {"k": v}, lambda v: (v, [])):
        value: Any = {1, 2}
        for _ in range(depth):
            value = kind(value)
        plain = encode_plain(value)
        if plain is not None:
            assert decode_plain(b"".join(plain[1])) == value


def test_large_plain_values_are_not_copied_and_come_back() -> None:
    big = b"x" * 3_000_000
    plain = encode_plain(
        {"b": [big, "y" * 200_000], "a": list(range(30_000)), ("t",): {float(i) for i in range(20_000)}}
    )
    assert plain is not None
    assert any(part is big for part in plain[1])
    back = decode_plain(b"".join(plain[1]))
    assert back["b"] == [big, "y" * 200_000]
    assert list(back) == ["b", "a", ("t",)]


def test_sharing_that_would_explode_is_hashed_in_linear_time() -> None:
    value: list[Any] = []
    for _ in range(200):
        value = [value, value]
    assert len(content_id(value)) == 40
    assert encode_plain(value) is None
