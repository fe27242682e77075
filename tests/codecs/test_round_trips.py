"""Every codec gives back what it got, and the same content id; and says what it kept without loading it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import fractions
import uuid
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mandala_graph import content_id
from mandala_graph.codecs import MISSING, Encoded, codec, decode, describe, encode, from_native, verify_envelope
from mandala_graph.errors import UnsavableValue, UsageError


def kept(encoded: Encoded) -> bytes:
    assert encoded.envelope is not None
    return b"".join(bytes(c) for c in encoded.envelope)


def back(value: Any) -> Any:
    """The value after a trip through the store's form."""
    encoded = encode(value)
    assert encoded.cid == content_id(value)
    if encoded.envelope is None:
        found = from_native(encoded.type, encoded.native)
        assert found is not MISSING
        return found
    verify_envelope(encoded.cid, kept(encoded))
    return decode(encoded.cid, kept(encoded))


def check(value: Any, codec_name: str | None = None) -> Any:
    found = back(value)
    assert type(found) is type(value)
    assert content_id(found) == content_id(value)
    if codec_name is not None:
        name = kept(encode(value))[6 : 6 + len(codec_name)]
        assert name == codec_name.encode()
    return found


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.complex_numbers()
    | st.decimals()
    | st.fractions()
    | st.uuids()
    | st.datetimes(timezones=st.none() | st.just(dt.UTC))
    | st.timedeltas()
)
plain = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=4)
        | st.frozensets(st.integers() | st.text(max_size=2), max_size=4)
    ),
    max_leaves=12,
)


@given(plain)
@settings(max_examples=150, deadline=None)
def test_plain_data(value: Any) -> None:
    check(value)


@given(
    hnp.arrays(
        hnp.scalar_dtypes() | hnp.array_dtypes() | hnp.byte_string_dtypes() | hnp.unicode_string_dtypes(),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_arrays(array: Any, fortran: bool) -> None:
    value = np.asfortranarray(array) if fortran else array
    found = check(value)
    assert found.dtype == value.dtype
    assert found.shape == value.shape
    if value.ndim > 1 and value.size > 1:
        assert found.flags.f_contiguous == value.flags.f_contiguous
    assert found.flags.writeable


@pytest.mark.parametrize(
    "value",
    [
        np.float64(1.5),
        np.float32("inf"),
        np.float64("nan"),
        np.int8(-3),
        np.uint64(2**64 - 1),
        np.bool_(True),
        np.datetime64("2024-01-02"),
        np.longdouble(1) / 3,
        np.timedelta64("NaT", "ms"),
        np.complex64(1j),
        np.str_("a"),
        np.str_("a\0"),
        np.str_("\ud800"),
        np.bytes_(b"a\0"),
        np.zeros(1, [("a", "i4")])[0],
        np.ma.masked_array([1, 2], mask=[True, False]),
        np.array([None, "x", {"y": 1}], dtype=object),
        np.arange(10)[::-2],
    ],
    ids=ascii,
)
def test_numpy_odds_and_ends(value: Any) -> None:
    check(value)


FRAME = pd.DataFrame(
    {
        "i": pd.array([1, 2, 3], dtype="int32"),
        "f": [0.5, float("nan"), -0.0],
        "s": ["a", None, "ü"],
        "b": [True, False, True],
        "t": pd.to_datetime(["2024-01-01", None, "2024-01-03"]),
        "d": pd.to_timedelta([1, 2, None], unit="s"),
        "n": pd.array([1, None, 3], dtype="Int64"),
    }
)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (FRAME, "pandas.DataFrame"),
        (FRAME.iloc[:0], None),
        (FRAME.set_index("i"), "pickle"),
        (FRAME.assign(o=[1, "x", None]), "pickle"),
        (FRAME.assign(c=pd.Categorical(["a", "b", "a"], ordered=True)), "pickle"),
        (FRAME.assign(z=pd.date_range("2024", periods=3, tz="Europe/Paris")), "pickle"),
        (FRAME.rename(columns={"f": 5}), "pickle"),
        (pd.Series([1.5, 2.5], name="x"), "pickle"),
        (pd.MultiIndex.from_tuples([(1, "a"), (2, "b")], names=["n", None]), "pickle"),
        (pd.Timestamp("2024-01-02 03:04", tz="UTC"), "pickle"),
        (pa.table({"x": [1, 2], "y": ["a", None]}), "pyarrow.Table"),
        (pl.DataFrame({"x": [1, 2], "y": ["a", None]}), "polars.DataFrame"),
        (scipy.sparse.csr_array(np.eye(3)), "pickle"),
    ],
    ids=lambda v: v if isinstance(v, str) else type(v).__name__,
)
def test_tables_and_matrices(value: Any, name: str | None) -> None:
    check(value, name)


@given(
    st.lists(
        st.tuples(st.integers(-(2**63), 2**63 - 1), st.floats(), st.none() | st.text(max_size=5), st.booleans()),
        max_size=8,
    )
)
@settings(max_examples=60, deadline=None)
def test_frames_keep_every_value(rows: list[Any]) -> None:
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    check(
        pd.DataFrame(
            {
                "i": pd.array(columns[0], dtype="int64"),
                "f": np.array(columns[1], dtype=float),
                "s": pd.array(columns[2], dtype="str"),
                "b": np.array(columns[3], dtype=bool),
            }
        )
    )


@dataclasses.dataclass
class Point:
    x: int
    y: int


def test_objects_are_pickled_and_signed() -> None:
    check(Point(1, 2), "pickle")
    from sklearn.linear_model import LinearRegression

    model = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
    assert check(model, "pickle").predict([[2.0]])[0] == pytest.approx(4.0)


def test_a_codec_of_ones_own() -> None:
    class Money:
        def __init__(self, cents: int) -> None:
            self.cents = cents

    codec(Money, lambda m: str(m.cents).encode(), lambda b: Money(int(b)), name="tests.Money")
    assert back(Money(5)).cents == 5
    assert kept(encode(Money(5)))[6:17] == b"tests.Money"
    for name in ("tests.Money", "pickle", "numpy.ndarray", "ü"):
        with pytest.raises(UsageError, match="codec name"):
            codec(Money, bytes, bytes, name=name)


def test_what_cannot_be_pickled_is_named() -> None:
    class Stubborn:
        def __init__(self) -> None:
            self.fine = 1

        def __reduce__(self) -> Any:
            return (Stubborn, (), {"fine": 1})

        def __getstate__(self) -> Any:
            return {"fine": 1}

    class Refuses(Stubborn):
        def __reduce__(self) -> Any:
            if getattr(self, "armed", False):
                raise TypeError("not me")
            return super().__reduce__()

    from mandala_graph.codecs.pickled import dump

    culprit = Refuses()
    culprit.armed = True
    with pytest.raises(UnsavableValue, match=r"value\['a'\]\[1\] is a Refuses.*not me"):
        dump({"a": [1, culprit]})


class Loud:
    asked = 0

    def __init__(self) -> None:
        self.x, self.inner = 1, [2.5, None]

    def _ask(self, *args: Any) -> Any:
        Loud.asked += 1
        raise SystemExit("a preview asked the user's code")

    __repr__ = __str__ = __format__ = __len__ = __bool__ = __sizeof__ = _ask
    shape = dtype = columns = nbytes = memory_usage = property(_ask)


class LoudInt(int):
    __repr__ = __str__ = __index__ = Loud._ask


class Colour(enum.Enum):
    RED = Loud()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, ("int", "5")),
        (None, ("NoneType", "None")),
        ("a\nb", ("str", "'a\\nb'")),
        ([1, "x", [2.5]], ("list", "[1, 'x', [2.5]]")),
        ((1,), ("tuple", "(1,)")),
        ({"a": {1}}, ("dict", "{'a': {1}}")),
        (set(), ("set", "set()")),
        (np.float64(0.5), ("numpy.float64", "np.float64(0.5)")),
        (np.zeros((2, 3)), ("numpy.ndarray", "ndarray 2 x 3 float64: 0.0, 0.0, 0.0, 0.0, …")),
        (FRAME, ("pandas.DataFrame", "DataFrame 3 x 7: i, f, s, b, t, d, n")),
        (len, ("builtin_function_or_method", "builtin_function_or_method builtins.len")),
        (dt.date(2024, 1, 2), ("datetime.date", "datetime.date(2024, 1, 2)")),
        (Decimal("1.50"), ("decimal.Decimal", "Decimal('1.50')")),
        (fractions.Fraction(1, 3), ("fractions.Fraction", "Fraction(1, 3)")),
        (PurePosixPath("/a"), ("pathlib.PurePosixPath", "PurePosixPath('/a')")),
        (uuid.UUID(int=5), ("uuid.UUID", "UUID('00000000-0000-0000-0000-000000000005')")),
    ],
)
def test_what_is_said_of_a_value(value: Any, expected: tuple[str, str]) -> None:
    assert describe(value)[:2] == expected


@given(plain)
@settings(max_examples=100, deadline=None)
def test_a_preview_is_one_short_line_that_a_store_can_hold(value: Any) -> None:
    _, preview, nbytes = describe(value)
    assert len(preview) <= 200
    assert not set("\n\r\0") & set(preview)
    preview.encode()
    assert nbytes >= 0


def test_a_preview_survives_a_broken_repr_and_huge_values() -> None:
    Loud.asked = 0
    assert describe(Loud())[:2] == ("tests.codecs.test_round_trips.Loud", "Loud(x=1, inner=[2.5, None])")
    assert describe({"a": [Loud()]})[1] == "{'a': [Loud(x=1, inner=[2.5, None])]}"
    assert describe(LoudInt(7))[1] == "LoudInt(7)"
    assert describe(Colour.RED)[1] == "Colour.RED"
    assert describe(np.array([Loud()], dtype=object))[1] == "ndarray 1 object"
    assert describe(np.array(Loud(), dtype=object))[1] == "<numpy.ndarray>"
    assert describe(pd.DataFrame({Colour.RED: [Loud()]}))[1] == "DataFrame 1 x 1: Colour.RED"
    assert Loud.asked == 0
    assert len(describe(list(range(10**6)))[1]) <= 200
    assert len(describe(10**100_000)[1]) <= 200
    assert len(describe("x" * 10**7)[1]) <= 200


def test_a_memoryview_is_refused() -> None:
    with pytest.raises(UnsavableValue, match="use bytes"):
        encode(memoryview(b"x"))
