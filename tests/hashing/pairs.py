"""The table of named pairs: SAME makes two values with one content id, DIFFERENT two values with two.

Each entry is a function that makes its pair, so that a fresh process can make the same values again.
"""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import functools
import io
import operator
import pathlib
import pickle
import re
import struct
import types
import typing
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import scipy.sparse as sparse
from dateutil import tz
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier

Pair = Callable[[], tuple[Any, Any]]
SAME: dict[str, Pair] = {}
DIFFERENT: dict[str, Pair] = {}


# -- things to be hashed


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0
    unit = "m"

    @functools.cached_property
    def norm(self) -> float:
        return float(np.hypot(self.x, self.y))


@dataclasses.dataclass(frozen=True, slots=True)
class Fixed:
    a: int
    b: Any = None


class Slotted:
    __slots__ = ("__dict__", "p", "q")

    def __init__(self, p: Any, q: Any = None) -> None:
        self.p = p
        if q is not None:
            self.q = q


class Plain:
    def __init__(self, **items: Any) -> None:
        self.__dict__.update(items)

    def method(self) -> Any:
        return self.__dict__


class Colour(enum.Enum):
    RED = 1
    CRIMSON = RED
    BLUE = 2


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Perm(enum.Flag):
    R = 1
    W = 2
    X = 4


class Text(str):
    pass


class MyInt(int):
    pass


class MyList(list):  # type: ignore[type-arg]
    pass


class MySet(set):  # type: ignore[type-arg]
    pass


class MyDict(dict):  # type: ignore[type-arg]
    pass


class MyArray(np.ndarray):
    pass


Pixel = collections.namedtuple("Pixel", "x y")


def adder(n: Any) -> Callable[[Any], Any]:
    def add(x: Any, k: int = 1) -> Any:
        return x + n + k

    return add


def make_class(n: int) -> type:
    class Local:
        size = n

        def get(self) -> int:
            return n

    return Local


def from_source(source: str, name: str, lines: int = 0, **space: Any) -> Any:
    """What `source` defines under `name`, as if it stood in some other file and place."""
    scope = {"__name__": "somebody_s_script", **space}
    exec(compile("\n" * lines + source, f"<{lines}>", "exec"), scope)
    return scope[name]


def nan(payload: int) -> float:
    return float(struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000000 | payload))[0])


def loop(*extra: Any) -> list[Any]:
    result: list[Any] = [*extra]
    result.append(result)
    return result


def family(n: int) -> Plain:
    """A parent whose children know their parent."""
    parent = Plain(name="p")
    parent.children = [Plain(parent=parent, i=i) for i in range(n)]
    return parent


def mesh(n: int, weight: int = 0) -> Plain:
    nodes = [Plain(i=i, near=[]) for i in range(n)]
    for i, node in enumerate(nodes):
        node.near = [nodes[i - 1], nodes[(i + 1) % n], nodes[(i * i) % n]]
    nodes[-1].weight = weight
    return nodes[0]


def frame(**changes: Any) -> pd.DataFrame:
    columns: dict[str, Any] = {"i": [1, 2, 3], "f": [0.5, np.nan, -0.0], "s": ["a", None, "ccc"], **changes}
    return pd.DataFrame(columns)


def noncontiguous() -> Any:
    wide = np.zeros((4, 6))
    wide[:, ::2] = np.arange(12.0).reshape(4, 3)
    return wide[:, ::2]


def padded(fill: int) -> Any:
    dtype = np.dtype([("a", "i1"), ("b", "i4")], align=True)
    raw = np.full(8 * 2, fill, np.uint8)
    result = raw.view(dtype)
    result["a"], result["b"] = [1, 2], [3, 4]
    return result


def same(name: str, pair: Pair) -> None:
    if name in SAME or name in DIFFERENT:
        raise KeyError(name)
    SAME[name] = pair


def different(name: str, pair: Pair) -> None:
    if name in SAME or name in DIFFERENT:
        raise KeyError(name)
    DIFFERENT[name] = pair


UTC = dt.UTC
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
DAY = dt.datetime(2024, 2, 29, 12, 30)
F32 = np.float32

# -- builtins

same("dict: insertion order", lambda: ({"a": 1, "b": 2}, {"b": 2, "a": 1}))
same("dict: order of keys of mixed types", lambda: ({1: "x", "a": 2, None: 3}, {None: 3, "a": 2, 1: "x"}))
same("dict: nested orders", lambda: ({"a": {"x": 1, "y": 2}}, {"a": {"y": 2, "x": 1}}))
same("set: insertion order", lambda: ({8, 0, 16}, {16, 8, 0}))
same("set: of strings", lambda: (set("abcdefgh"), set("hgfedcba")))
same("set: mixed", lambda: ({1, "a", (2, 3)}, {(2, 3), "a", 1}))
same("frozenset: nested", lambda: (frozenset({frozenset({1}), frozenset()}), frozenset({frozenset(), frozenset({1})})))
same("float: payload of NaN", lambda: (nan(0), nan(12345)))
same("float: sign of NaN", lambda: (float("nan"), -float("nan")))
same("list: packed NaN payloads", lambda: ([nan(0)] * 9, [nan(7)] * 9))
same("complex: NaN payload", lambda: (complex(nan(1), 0), complex(nan(2), 0)))
same("str: interned or not", lambda: ("ab" * 2, "".join(["a", "b", "a", "b"])))
same("list: one object many times", lambda: ([[1]] * 3, [[1], [1], [1]]))
same("list: large parts shared", lambda: ([list(range(20000))] * 2, [list(range(20000)), list(range(20000))]))
same("tuple: pickled", lambda: ((1, "a", (2.5, b"x")), pickle.loads(pickle.dumps((1, "a", (2.5, b"x"))))))
same("cycle: list", lambda: (loop(1), loop(1)))
same("cycle: pickled list", lambda: (loop(1), pickle.loads(pickle.dumps(loop(1)))))
same("cycle: parent and children", lambda: (family(3), pickle.loads(pickle.dumps(family(3)))))
same("cycle: mesh", lambda: (mesh(12), mesh(12)))
same("cycle: mesh pickled", lambda: (mesh(12), pickle.loads(pickle.dumps(mesh(12)))))
same("decimal: from text", lambda: (decimal.Decimal("1e5"), decimal.Decimal("1E+5")))
same("fraction: reduced", lambda: (fractions.Fraction(2, 4), fractions.Fraction(1, 2)))
same("timezone: utc", lambda: (DAY.replace(tzinfo=UTC), DAY.replace(tzinfo=dt.timezone(dt.timedelta(0)))))
same("uuid", lambda: (uuid.UUID(int=7), uuid.UUID("00000000-0000-0000-0000-000000000007")))
same("path: normalised", lambda: (pathlib.Path("a//b/./c"), pathlib.Path("a/b/c")))
same("pattern", lambda: (re.compile("a+", re.I), re.compile("(?i)a+".replace("(?i)", ""), re.IGNORECASE)))
same("bytes: pickled bytearray", lambda: (bytearray(b"ab"), pickle.loads(pickle.dumps(bytearray(b"ab")))))
same("mappingproxy: order", lambda: (types.MappingProxyType({1: 2, 3: 4}), types.MappingProxyType({3: 4, 1: 2})))

different("int and float", lambda: (1, 1.0))
different("int and bool", lambda: (1, True))
different("float and complex", lambda: (1.0, 1 + 0j))
different("int and str", lambda: (1, "1"))
different("zero and minus zero", lambda: (0.0, -0.0))
different("packed zero and minus zero", lambda: ([0.0] * 9, [0.0] * 8 + [-0.0]))
different("packed ints and bools", lambda: ([1] * 9, [True] * 9))
different("packed ints and floats", lambda: ([1] * 9, [1.0] * 9))
different("None and False", lambda: (None, False))
different("None and 'None'", lambda: (None, "None"))
different("str and bytes", lambda: ("a", b"a"))
different("bytes and bytearray", lambda: (b"a", bytearray(b"a")))
different("list and tuple", lambda: ([1, 2], (1, 2)))
different("empty list and empty tuple", lambda: ([], ()))
different("empty dict and empty set", lambda: ({}, set()))
different("set and frozenset", lambda: ({1}, frozenset({1})))
different("list order", lambda: ([1, 2], [2, 1]))
different("list nesting", lambda: ([[1], 2], [[1, 2]]))
different("strings run together", lambda: (["ab", "c"], ["a", "bc"]))
different("packed strings run together", lambda: (["ab", "c"] + [""] * 8, ["a", "bc"] + [""] * 8))
different("strings with NUL", lambda: (["a\0b"], ["a", "b"]))
different("dict key and value", lambda: ({"a": "b"}, {"b": "a"}))
different("dict key types", lambda: ({1: "x"}, {1.0: "x"}))
different("dict key 1 and '1'", lambda: ({1: "x"}, {"1": "x"}))
different("dict values swapped", lambda: ({"a": 1, "b": 2}, {"a": 2, "b": 1}))
different("large ints", lambda: (2**64, 2**64 + 1))
different("int sign", lambda: (2**70, -(2**70)))
different("at the edge of 64 bits", lambda: (2**63 - 1, 2**63))
different("unicode composed or not", lambda: ("\u00e9", "e\u0301"))
different("lone surrogate", lambda: ("\udc80", "\udc81"))
different("large bytes", lambda: (b"x" * 100_000, b"x" * 99_999 + b"y"))
different("large part and its digest", lambda: ([list(range(20000))], [list(range(20001))]))
different("range steps", lambda: (range(0, 10, 2), range(0, 10, 3)))
different("range and list", lambda: (range(3), [0, 1, 2]))
different("slices", lambda: (slice(1, 2), slice(1, 2, 1)))
different("ellipsis and None", lambda: (..., None))
different("cycle lengths", lambda: (loop(1), loop(1, 1)))
different("cycle and its unrolling once", lambda: (loop(), [loop()]))
different("cycle: number of children", lambda: (family(2), family(3)))
different("cycle: mesh weights", lambda: (mesh(12), mesh(12, 1)))
different("dates and datetimes", lambda: (dt.date(2024, 1, 1), dt.datetime(2024, 1, 1)))
different("naive and aware", lambda: (DAY, DAY.replace(tzinfo=UTC)))
different("same instant, other zone", lambda: (DAY.replace(tzinfo=UTC), DAY.replace(tzinfo=UTC).astimezone(BERLIN)))
different(
    "zone and fixed offset",
    lambda: (DAY.replace(tzinfo=BERLIN), DAY.replace(tzinfo=dt.timezone(dt.timedelta(hours=1)))),
)
different("fold", lambda: (DAY.replace(tzinfo=BERLIN), DAY.replace(tzinfo=BERLIN, fold=1)))
different("microseconds", lambda: (DAY, DAY.replace(microsecond=1)))
different("timedeltas", lambda: (dt.timedelta(1), dt.timedelta(0, 1)))
different("times", lambda: (dt.time(1), dt.time(1, tzinfo=UTC)))
different("decimal places", lambda: (decimal.Decimal("1.0"), decimal.Decimal("1.00")))
different("decimal and float", lambda: (decimal.Decimal("0.5"), 0.5))
different("quiet and signalling", lambda: (decimal.Decimal("NaN"), decimal.Decimal("sNaN")))
different("fraction and int", lambda: (fractions.Fraction(1), 1))
different("uuid and its text", lambda: (uuid.UUID(int=1), str(uuid.UUID(int=1))))
different("paths", lambda: (pathlib.Path("a"), pathlib.Path("b")))
different("path and str", lambda: (pathlib.Path("a"), "a"))
different("path and pure path", lambda: (pathlib.Path("a"), pathlib.PurePosixPath("a")))
different("pattern flags", lambda: (re.compile("a"), re.compile("a", re.I)))
different("pattern and str", lambda: (re.compile("a"), "a"))

# -- subclasses of builtins, collections, enums

same("namedtuple", lambda: (Pixel(1, 2), Pixel(x=1, y=2)))
same("Counter: order", lambda: (collections.Counter("aab"), collections.Counter("baa")))
same("defaultdict: order", lambda: (collections.defaultdict(int, a=1, b=2), collections.defaultdict(int, b=2, a=1)))
same("dict subclass: order", lambda: (MyDict(a=1, b=2), MyDict(b=2, a=1)))
same("set subclass: order", lambda: (MySet([8, 0, 16]), MySet([16, 0, 8])))
same("deque pickled", lambda: (collections.deque([1], 3), pickle.loads(pickle.dumps(collections.deque([1], 3)))))
same("enum alias", lambda: (Colour.RED, Colour.CRIMSON))
same("flag combination", lambda: (Perm.R | Perm.W, Perm.W | Perm.R))

different("namedtuple and tuple", lambda: (Pixel(1, 2), (1, 2)))
different("IntEnum and int", lambda: (Level.LOW, 1))
different("str subclass", lambda: (Text("a"), "a"))
different("int subclass", lambda: (MyInt(1), 1))
different("list subclass", lambda: (MyList([1]), [1]))
different("set subclass", lambda: (MySet([1]), {1}))
different("set subclass elements", lambda: (MySet([1]), MySet([2])))
different("dict subclass", lambda: (MyDict(a=1), {"a": 1}))
different("OrderedDict and dict", lambda: (collections.OrderedDict(a=1), {"a": 1}))
different("OrderedDict order", lambda: (collections.OrderedDict(a=1, b=2), collections.OrderedDict(b=2, a=1)))
different("Counter and dict", lambda: (collections.Counter(a=1), {"a": 1}))
different("defaultdict factories", lambda: (collections.defaultdict(int), collections.defaultdict(list)))
different("deque maxlen", lambda: (collections.deque([1], 3), collections.deque([1], 4)))
different("enum members", lambda: (Colour.RED, Colour.BLUE))
different("enum member and value", lambda: (Colour.RED, 1))
different("flags", lambda: (Perm.R, Perm.R | Perm.W))
different("array.array typecodes", lambda: (array.array("i", [1]), array.array("l", [1])))
different("BytesIO and bytes", lambda: (io.BytesIO(b"a"), b"a"))
different("namespace", lambda: (types.SimpleNamespace(a=1), types.SimpleNamespace(a=2)))

# -- objects

same("dataclass", lambda: (Point(1.0, 2.0), Point(y=2.0, x=1.0)))
same("cached property, looked at or not", lambda: (Point(3.0, 4.0), (lambda p: (p.norm, p)[1])(Point(3.0, 4.0))))
same("attributes: order", lambda: (Plain(a=1, b=2), Plain(b=2, a=1)))
same("frozen dataclass with slots", lambda: (Fixed(1, [2]), pickle.loads(pickle.dumps(Fixed(1, [2])))))
same("slots", lambda: (Slotted(1, 2), pickle.loads(pickle.dumps(Slotted(1, 2)))))
same("exception", lambda: (ValueError("a", 1), ValueError("a", 1)))
same("local class", lambda: (make_class(1)(), make_class(1)()))

different("dataclass fields", lambda: (Point(1.0), Point(2.0)))
different("dataclass and tuple", lambda: (Point(1.0, 2.0), (1.0, 2.0)))
different("slot value", lambda: (Slotted(1, 2), Slotted(1, 3)))
different("slot missing", lambda: (Slotted(1), Slotted(1, 2)))
different("classes of equal state", lambda: (Plain(p=1), types.SimpleNamespace(p=1)))
different("attribute types", lambda: (Plain(a=1), Plain(a=1.0)))
different("exceptions", lambda: (ValueError("a"), TypeError("a")))
different("local class over another value", lambda: (make_class(1)(), make_class(2)()))
CLASS = "class C:\n    lr = {}\n"
same("class attribute", lambda: (from_source(CLASS.format(1), "C")(), from_source(CLASS.format(1), "C", 5)()))
different("class attribute changed", lambda: (from_source(CLASS.format(1), "C")(), from_source(CLASS.format(2), "C")()))

# -- functions, classes, modules

F = "def f(x, k=1):\n    return [x + k + i for i in range(3)]\n"
DOC = (
    'def f(x, k=1):\n    """Doc."""\n    # comment\n    return [\n        x + k + i\n        for i in range(3)\n    ]\n'
)
G = "def helper(x):\n    return x * {}\n\ndef f(x):\n    return helper(x) + SCALE\n"
REC = "def even(n):\n    return n == 0 or odd(n - 1)\n\ndef odd(n):\n    return n != {} and even(n - 1)\n"
TRY = "def f(x):\n    try:\n        return g(x)\n    except {}:\n        return 0\n"

same("function: lines and file", lambda: (from_source(F, "f"), from_source(F, "f", lines=40)))
same("function: comments, layout, docstring", lambda: (from_source(F, "f"), from_source(DOC, "f")))
same("closure", lambda: (adder(1), adder(1)))
same("lambda", lambda: (from_source("f = lambda x: x + 1", "f"), from_source("f = lambda x: x + 1", "f", 3)))
same(
    "functions that call each other",
    lambda: (from_source(REC.format(0), "even"), from_source(REC.format(0), "even", 9)),
)
same("globals of a function", lambda: (from_source(G.format(2), "f", SCALE=3), from_source(G.format(2), "f", SCALE=3)))
same("globals nobody refers to", lambda: (from_source(F, "f", z=1), from_source(F, "f", z=2)))
same(
    "global without content",
    lambda: (from_source(G.format(2), "f", SCALE=object()), from_source(G.format(2), "f", SCALE=object())),
)
same("class by its body", lambda: (make_class(1), make_class(1)))
same("partial", lambda: (functools.partial(int, base=2), functools.partial(int, base=2)))
same("bound method", lambda: (Plain(a=1).method, Plain(a=1).method))
same("builtin", lambda: (len, pickle.loads(pickle.dumps(len))))
same("module", lambda: (np, pickle.loads(b"cnumpy\n__dict__\n.") and np))
same("method of a list", lambda: ([1].append, [1].append))
same("alias of a generic", lambda: (list[int], list[int]))
same("union of types", lambda: (typing.Optional[int], typing.Union[int, None]))  # noqa: UP007, UP045

different("function bodies", lambda: (from_source(F, "f"), from_source(F.replace("3", "4"), "f")))
different("operators", lambda: (from_source("f = lambda x: x + 1", "f"), from_source("f = lambda x: x - 1", "f")))
different("comparison", lambda: (from_source("f = lambda x: x < 1", "f"), from_source("f = lambda x: x > 1", "f")))
different("attribute names", lambda: (from_source("f = lambda x: x.a", "f"), from_source("f = lambda x: x.b", "f")))
different(
    "exceptions caught", lambda: (from_source(TRY.format("KeyError"), "f"), from_source(TRY.format("ValueError"), "f"))
)
different("defaults", lambda: (from_source(F, "f"), from_source(F.replace("k=1", "k=2"), "f")))
different("default types", lambda: (from_source(F, "f"), from_source(F.replace("k=1", "k=True"), "f")))
different(
    "nested constant", lambda: (from_source("f = lambda: lambda: 1", "f"), from_source("f = lambda: lambda: 2", "f"))
)
different(
    "names of keyword arguments",
    lambda: (from_source("f = lambda g: g(a=1)", "f"), from_source("f = lambda g: g(b=1)", "f")),
)
MODULE = "import types\nutils = types.ModuleType('utils')\n"
MODULE += (
    "exec('def g(x): return x + {}\\ndef h(x): return x + {}', utils.__dict__)\ndef f(x):\n    return utils.g(x)\n"
)
different(
    "function of the user's module",
    lambda: (from_source(MODULE.format(1, 1), "f"), from_source(MODULE.format(2, 1), "f")),
)
same(
    "function of the user's module that is not used",
    lambda: (from_source(MODULE.format(1, 1), "f"), from_source(MODULE.format(1, 2), "f")),
)
different("imports", lambda: (from_source("def f():\n  import json", "f"), from_source("def f():\n  import csv", "f")))
different("formats", lambda: (from_source("f = lambda x: f'{x!r}'", "f"), from_source("f = lambda x: f'{x!s}'", "f")))
different("slices in code", lambda: (from_source("f = lambda x: x[1:]", "f"), from_source("f = lambda x: x[:1]", "f")))
different(
    "and, or", lambda: (from_source("f = lambda a, b: a and b", "f"), from_source("f = lambda a, b: a or b", "f"))
)
different(
    "calls of other methods", lambda: (from_source("f = lambda a: a.x()", "f"), from_source("f = lambda a: a.y()", "f"))
)
different(
    "is, is not", lambda: (from_source("f = lambda a: a is None", "f"), from_source("f = lambda a: a is not None", "f"))
)
different(
    "foreign time zones",
    lambda: (DAY.replace(tzinfo=tz.gettz("Asia/Tokyo")), DAY.replace(tzinfo=tz.gettz("Asia/Seoul"))),
)
same(
    "foreign time zone",
    lambda: ([DAY.replace(tzinfo=tz.gettz("Asia/Tokyo"))] * 9, [DAY.replace(tzinfo=tz.gettz("Asia/Tokyo"))] * 9),
)
different("constant types", lambda: (from_source("f = lambda: 1", "f"), from_source("f = lambda: 1.0", "f")))
different("constant zero signs", lambda: (from_source("f = lambda: 0.0", "f"), from_source("f = lambda: -0.0", "f")))
different("closures", lambda: (adder(1), adder(2)))
different("closure types", lambda: (adder(1), adder(1.0)))
different("global values", lambda: (from_source(G.format(2), "f", SCALE=3), from_source(G.format(2), "f", SCALE=4)))
different("helper functions", lambda: (from_source(G.format(2), "f", SCALE=3), from_source(G.format(5), "f", SCALE=3)))
different("mutual recursion", lambda: (from_source(REC.format(0), "even"), from_source(REC.format(1), "even")))
different("classes", lambda: (make_class(1), make_class(2)))
different("class and instance", lambda: (Plain, Plain()))
different(
    "class methods",
    lambda: (
        from_source("class C:\n    def f(self): return 1", "C"),
        from_source("class C:\n    def f(self): return 2", "C"),
    ),
)
different("class bases", lambda: (from_source("class C(int): pass", "C"), from_source("class C(str): pass", "C")))
different("partial arguments", lambda: (functools.partial(int, base=2), functools.partial(int, base=3)))
different("partial and function", lambda: (functools.partial(len), len))
different("bound to another object", lambda: (Plain(a=1).method, Plain(a=2).method))
different("builtins", lambda: (len, sum))
different("modules", lambda: (np, pd))
different("method of other lists", lambda: ([1].append, [2].append))
different("itemgetters", lambda: (operator.itemgetter(1), operator.itemgetter(2)))
different("type and its name", lambda: (int, "int"))
different("generics", lambda: (list[int], list[str]))
different("cached function", lambda: (functools.lru_cache(adder(1)), functools.lru_cache(adder(2))))
different(
    "generator function and function",
    lambda: (from_source("def f():\n    yield 1", "f"), from_source("def f():\n    return 1", "f")),
)
different(
    "async", lambda: (from_source("async def f():\n    return 1", "f"), from_source("def f():\n    return 1", "f"))
)

# -- more that can go wrong


class Node:
    """Nodes of a graph that keep their neighbours in sets, whose order hangs on addresses."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.near: set[Node] = set()


def ring(n: int, chords: int = 1) -> Node:
    nodes = [Node(f"n{i}") for i in range(n)]
    for i, node in enumerate(nodes):
        node.near = {nodes[i - 1], nodes[(i + 1) % n]}
    for i in range(chords):
        nodes[i].near.add(nodes[i + 2])
    return nodes[0]


def tail_of_cycles(order: int) -> Any:
    """A reference across a set of parts of different sizes."""
    head = Plain(name="head")
    head.mate = Plain(head=head)
    parts = [Node("small"), Node("large")]
    parts[1].near = {Node("inner"), Node("other")}
    head.parts = set(parts[::order])
    head.last = head.mate
    return head


same("cycle: through sets", lambda: (ring(6), ring(6)))
same("cycle: across a set", lambda: (tail_of_cycles(1), tail_of_cycles(-1)))
different("cycle: through sets, other edges", lambda: (ring(6), ring(6, 2)))
same("dict: several NaN keys", lambda: ({nan(0): 1, nan(1): 2, nan(2): [3]}, {nan(5): [3], nan(6): 2, nan(7): 1}))
different("dict: several NaN keys, other values", lambda: ({nan(0): 1, nan(1): 2}, {nan(0): 1, nan(1): 1}))
same("dict: large keys", lambda: ({"k" * 70000: 1, ("l" * 70000,): 2}, {("l" * 70000,): 2, "k" * 70000: 1}))
different("lists around the packing length", lambda: ([1] * 7, [1] * 8))
different("list of equal strings and dict keys", lambda: (["a", "b"], {"a": "b"}))
different("record and void", lambda: (np.rec.array([(1,)], dtype=[("f0", "i4")])[0], np.array([(1,)], "i4,")[0]))
different("enum types of one name and value", lambda: (Colour.RED, Level.LOW))
different("function names", lambda: (from_source(F, "f"), from_source(F.replace("def f", "def g"), "g")))
different("keyword-only or not", lambda: (from_source("def f(a, b): 0", "f"), from_source("def f(a, *, b): 0", "f")))
different("starred or not", lambda: (from_source("def f(*a): return a", "f"), from_source("def f(a): return a", "f")))
different(
    "loop with else",
    lambda: (
        from_source("def f(n):\n  for i in n:\n    if i: break\n  else:\n    return 1\n  return 2", "f"),
        from_source("def f(n):\n  for i in n:\n    if i: break\n  return 2", "f"),
    ),
)
different(
    "static and class method",
    lambda: (
        from_source("class C:\n  @staticmethod\n  def f(x): 0", "C"),
        from_source("class C:\n  @classmethod\n  def f(x): 0", "C"),
    ),
)
different(
    "property bodies",
    lambda: (
        from_source("class C:\n  p = property(lambda s: 1)", "C"),
        from_source("class C:\n  p = property(lambda s: 2)", "C"),
    ),
)
different(
    "class attribute of a base",
    lambda: (
        from_source("class B:\n  a = 1\nclass C(B): pass", "C")(),
        from_source("class B:\n  a = 2\nclass C(B): pass", "C")(),
    ),
)
same(
    "class attribute that the object overrides",
    lambda: (
        from_source("class C:\n  a = 1\n  def __init__(s): s.a = 5", "C")(),
        from_source("class C:\n  a = 2\n  def __init__(s): s.a = 5", "C")(),
    ),
)
same(
    "function: jumps far enough for extended arguments",
    lambda: (
        from_source("def f(x):\n  if x:\n" + "    x += 1\n" * 300 + "  return x", "f"),
        from_source("def f(x):\n\n  if x:\n" + "    x += 1\n\n" * 300 + "  return x", "f"),
    ),
)
same("structured scalar", lambda: (padded(0)[0], padded(255)[0]))
same(
    "string dtype of NumPy",
    lambda: (np.array(["a", "bc"], np.dtypes.StringDType()), np.array(["bc", "a"], np.dtypes.StringDType())[::-1]),
)
different("string dtype and objects", lambda: (np.array(["a"], np.dtypes.StringDType()), np.array(["a"], object)))
different("masked constant and zero", lambda: (np.ma.masked, np.ma.array(0.0)))
different(
    "polars enums", lambda: (pl.Series(["a"], dtype=pl.Enum(["a", "b"])), pl.Series(["a"], dtype=pl.Enum(["a", "c"])))
)
different("frame flags", lambda: (frame(), frame().set_flags(allows_duplicate_labels=False)))
different(
    "frame with duplicate columns",
    lambda: (pd.DataFrame([[1, 2]], columns=["a", "a"]), pd.DataFrame([[2, 1]], columns=["a", "a"])),
)
different(
    "index frequency",
    lambda: (pd.date_range("2024", periods=3), pd.DatetimeIndex(list(pd.date_range("2024", periods=3)))),
)
different("empty frames", lambda: (pd.DataFrame({"a": []}), pd.DataFrame({"b": []})))

# -- NumPy

same("C and Fortran", lambda: (np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3))))
same("view and copy", lambda: (noncontiguous(), noncontiguous().copy()))
same("reversed view", lambda: (np.arange(5)[::-1], np.array([4, 3, 2, 1, 0])))
same("broadcast", lambda: (np.broadcast_to(np.int64(1), (3,)), np.ones(3, np.int64)))
same("array NaN payloads", lambda: (np.array([nan(1), 1.0]), np.array([nan(2), 1.0])))
same("float16 NaN payloads", lambda: (np.array([0x7E00], "u2").view("f2"), np.array([0xFE01], "u2").view("f2")))
same("big-endian NaN payloads", lambda: (np.array([nan(1)]).astype(">f8"), np.array([np.nan], ">f8")))
same("padding of structures", lambda: (padded(0), padded(255)))
same("long doubles", lambda: (np.array([1, 3], "g") / 7, (np.array([9, 1, 9, 3], "g") / 7)[1::2]))
same("object arrays", lambda: (np.array([1, "a", None], object), np.array([1, "a", None], object)))
same("read-only", lambda: (np.ones(2), (lambda a: (a.setflags(write=False), a)[1])(np.ones(2))))
same("no mask and no masked", lambda: (np.ma.array([1, 2]), np.ma.array([1, 2], mask=[False, False])))
same("array pickled", lambda: (np.arange(4, dtype="u2"), pickle.loads(pickle.dumps(np.arange(4, dtype="u2")))))
same("generator of random numbers", lambda: (np.random.default_rng(1), np.random.default_rng(1)))

different("array dtypes", lambda: (np.zeros(2, "i4"), np.zeros(2, "i8")))
different("same bytes, other dtype", lambda: (np.zeros(2, "i8"), np.zeros(2, "f8")))
different("array signedness", lambda: (np.zeros(2, "i8"), np.zeros(2, "u8")))
different("byte order", lambda: (np.ones(2, "<i4"), np.ones(2, ">i4")))
different("shapes", lambda: (np.zeros((2, 3)), np.zeros((3, 2))))
different("empty shapes", lambda: (np.zeros((0, 3)), np.zeros((0, 2))))
different("transposed", lambda: (np.arange(4).reshape(2, 2), np.arange(4).reshape(2, 2).T))
different("0-d and 1-d", lambda: (np.array(1), np.array([1])))
different("0-d and scalar", lambda: (np.array(1), np.int64(1)))
different("NumPy scalar and int", lambda: (np.int64(1), 1))
different("NumPy scalar and float", lambda: (np.float64(1), 1.0))
different("NumPy scalar widths", lambda: (np.float32(1), np.float64(1)))
different("np.bool and bool", lambda: (np.True_, True))
different("np.str_ and str", lambda: (np.str_("a"), "a"))
different("array and list", lambda: (np.array([1, 2]), [1, 2]))
different("datetime units", lambda: (np.array(["2024"], "M8[D]"), np.array(["2024"], "M8[s]")))
different("datetime64 and int", lambda: (np.array([1], "M8[s]"), np.array([1], "i8")))
different("NaT and its number", lambda: (np.datetime64("NaT", "s"), np.timedelta64("NaT", "s")))
different("string widths", lambda: (np.array(["a"], "U1"), np.array(["a"], "U2")))
different("field names", lambda: (np.zeros(1, [("a", "i4")]), np.zeros(1, [("b", "i4")])))
different("field values", lambda: (np.array([(1, 2)], "i4,i4"), np.array([(2, 1)], "i4,i4")))
different("object elements", lambda: (np.array([1, 2], object), np.array([1, 2.0], object)))
different("masks", lambda: (np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1, 2], mask=[1, 0])))
different("masked and plain", lambda: (np.ma.array([1, 2]), np.array([1, 2])))
different("fill values", lambda: (np.ma.array([1], fill_value=0), np.ma.array([1], fill_value=1)))
different("array subclass", lambda: (np.zeros(2).view(MyArray), np.zeros(2)))
different("array minus zero", lambda: (np.array([0.0]), np.array([-0.0])))
different("late in a large array", lambda: (np.zeros(200_000), np.r_[np.zeros(199_999), 1.0]))
different("dtypes as values", lambda: (np.dtype("i4"), np.dtype("i8")))
different(
    "random state advanced",
    lambda: (np.random.default_rng(1), (lambda g: (g.random(), g)[1])(np.random.default_rng(1))),
)

# -- pandas

same("frame pickled", lambda: (frame(), pickle.loads(pickle.dumps(frame()))))
same(
    "frame: blocks", lambda: (pd.DataFrame({"a": [1], "b": [2]}), pd.DataFrame(np.array([[1, 2]]), columns=["a", "b"]))
)
same(
    "frame: sliced",
    lambda: (frame().iloc[1:].set_axis(["x", "y"]), pd.concat([frame(), frame()]).iloc[1:3].set_axis(["x", "y"])),
)
same(
    "strings: chunks",
    lambda: (pd.concat([pd.Series(["a"]), pd.Series(["b"])], ignore_index=True), pd.Series(["a", "b"])),
)
same(
    "multiindex: unused levels",
    lambda: (pd.MultiIndex.from_product([[1, 2], ["a", "b"]])[:2], pd.MultiIndex.from_product([[1], ["a", "b"]])),
)
same(
    "nullable: under the mask",
    lambda: (pd.Series([1, 9], dtype="Int64").mask([False, True]), pd.Series([1, None], dtype="Int64")),
)
same("categories", lambda: (pd.Categorical(["a", "b"]), pd.Categorical.from_codes([0, 1], ["a", "b"])))
same(
    "timestamps",
    lambda: (pd.Timestamp("2024-01-01", tz="UTC"), pickle.loads(pickle.dumps(pd.Timestamp("2024-01-01", tz="UTC")))),
)
same("NaT", lambda: (pd.NaT, pickle.loads(pickle.dumps(pd.NaT))))
same("NA", lambda: (pd.NA, pickle.loads(pickle.dumps(pd.NA))))

different("frame index", lambda: (frame(), frame().set_index(pd.Index([5, 6, 7]))))
different("range index and equal index", lambda: (pd.RangeIndex(3), pd.Index([0, 1, 2])))
different("index names", lambda: (frame(), frame().rename_axis("n")))
different("column names", lambda: (frame(), frame().rename(columns={"i": "j"})))
different("name of columns", lambda: (frame(), frame().rename_axis(columns="n")))
different("column order", lambda: (frame(), frame()[["f", "i", "s"]]))
different("row order", lambda: (frame(), frame().iloc[::-1]))
different("frame values", lambda: (frame(), frame(i=[1, 2, 4])))
different("frame dtypes", lambda: (frame(), frame().astype({"i": "int32"})))
different("nullable and plain", lambda: (pd.Series([1, 2]), pd.Series([1, 2], dtype="Int64")))
different("str and object", lambda: (pd.Series(["a"]), pd.Series(["a"], dtype=object)))
different("str and string", lambda: (pd.Series(["a"]), pd.Series(["a"], dtype="string")))
different("string column, missing and empty", lambda: (pd.Series(["a", None]), pd.Series(["a", ""])))
different("series names", lambda: (pd.Series([1], name="a"), pd.Series([1], name="b")))
different("series and frame", lambda: (pd.Series([1]), pd.DataFrame([1])))
different("unused categories", lambda: (pd.Categorical(["a"], ["a"]), pd.Categorical(["a"], ["a", "b"])))
different("order of categories", lambda: (pd.Categorical(["a"], ["a", "b"]), pd.Categorical(["a"], ["b", "a"])))
different("ordered categories", lambda: (pd.Categorical(["a"], ["a"]), pd.Categorical(["a"], ["a"], ordered=True)))
different("category and str", lambda: (pd.Series(["a"], dtype="category"), pd.Series(["a"])))
different(
    "time zones",
    lambda: (pd.Timestamp("2024-01-01", tz="UTC"), pd.Timestamp("2024-01-01", tz="UTC").tz_convert("Asia/Tokyo")),
)
different(
    "column time zones",
    lambda: (
        pd.date_range("2024", periods=2, tz="UTC"),
        pd.date_range("2024", periods=2, tz="UTC").tz_convert("Asia/Tokyo"),
    ),
)
different("timestamp units", lambda: (pd.Timestamp("2024").as_unit("s"), pd.Timestamp("2024").as_unit("ns")))
different("Timestamp and datetime", lambda: (pd.Timestamp(2024, 1, 1), dt.datetime(2024, 1, 1)))
different("NaT and NA", lambda: (pd.NaT, pd.NA))
different("NA and NaN and None", lambda: (pd.Series([pd.NA], dtype=object), pd.Series([None], dtype=object)))
different("periods", lambda: (pd.Period("2024", "M"), pd.Period("2024", "D")))
different("intervals", lambda: (pd.Interval(0, 1, "left"), pd.Interval(0, 1, "right")))
different("interval indexes", lambda: (pd.interval_range(0, 3), pd.interval_range(0, 3, closed="left")))
different(
    "sparse fill values",
    lambda: (pd.arrays.SparseArray([0, 1], fill_value=0), pd.arrays.SparseArray([0, 1], fill_value=1)),
)
different(
    "multiindex names",
    lambda: (
        pd.MultiIndex.from_product([[1], [2]], names=["a", "b"]),
        pd.MultiIndex.from_product([[1], [2]], names=["a", "c"]),
    ),
)
different("attrs", lambda: (frame(), (lambda f: (f.attrs.update(a=1), f)[1])(frame())))
different("arrow dtype", lambda: (pd.Series([1], dtype="int64[pyarrow]"), pd.Series([1])))

# -- pyarrow, polars, scipy, scikit-learn

same("arrow: chunks", lambda: (pa.chunked_array([[1], [2, None]]), pa.chunked_array([[1, 2, None]])))
same("arrow: sliced", lambda: (pa.table({"a": ["x", None, "z"]})[1:], pa.table({"a": [None, "z"]})))
same("arrow: nested slices", lambda: (pa.array([[1], [2, 3], None])[1:], pa.array([[2, 3], None])))
same(
    "polars: chunks",
    lambda: (
        pl.concat([pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [2]})], rechunk=False),
        pl.DataFrame({"a": [1, 2]}),
    ),
)
same(
    "sparse: order of indices",
    lambda: (sparse.csr_matrix(([1, 2], [1, 0], [0, 2]), (1, 2)), sparse.csr_matrix(([2, 1], [0, 1], [0, 2]), (1, 2))),
)
same(
    "estimator: fitted twice",
    lambda: (LinearRegression().fit([[0], [1]], [0, 1]), LinearRegression().fit([[0], [1]], [0, 1])),
)
same(
    "tree: fitted twice",
    lambda: (
        DecisionTreeClassifier(random_state=0).fit([[0], [1]], [0, 1]),
        DecisionTreeClassifier(random_state=0).fit([[0], [1]], [0, 1]),
    ),
)

different("arrow types", lambda: (pa.array([1], pa.int32()), pa.array([1], pa.int64())))
different("arrow string types", lambda: (pa.array(["a"]), pa.array(["a"], pa.large_string())))
different("arrow nulls", lambda: (pa.array([0, None]), pa.array([0, 0])))
different("arrow metadata", lambda: (pa.schema([]), pa.schema([], {"a": "b"})))
different("arrow zones", lambda: (pa.array([0], pa.timestamp("s", "UTC")), pa.array([0], pa.timestamp("s"))))
different("arrow dictionaries", lambda: (pa.array(["a"]).dictionary_encode(), pa.array(["a"])))
different("polars 128-bit integers", lambda: (pl.Series([2**100], dtype=pl.Int128), pl.Series([1], dtype=pl.Int128)))
different("polars types", lambda: (pl.Series([1], dtype=pl.Int32), pl.Series([1], dtype=pl.Int64)))
different("polars names", lambda: (pl.Series("a", [1]), pl.Series("b", [1])))
different("polars nulls and NaN", lambda: (pl.Series([1.0, None]), pl.Series([1.0, float("nan")])))
different("polars lists", lambda: (pl.Series([[1], [2]]), pl.Series([[1, 2], []])))
different("polars and pandas", lambda: (pl.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]})))
different("sparse formats", lambda: (sparse.eye(2, format="csr"), sparse.eye(2, format="csc")))
different("sparse shapes", lambda: (sparse.csr_matrix((2, 3)), sparse.csr_matrix((3, 2))))
different("sparse values", lambda: (sparse.csr_matrix([[1, 0]]), sparse.csr_matrix([[0, 1]])))
different("sparse array and matrix", lambda: (sparse.csr_array([[1]]), sparse.csr_matrix([[1]])))
different("estimator parameters", lambda: (LinearRegression(), LinearRegression(fit_intercept=False)))
different(
    "estimator data", lambda: (LinearRegression().fit([[0], [1]], [0, 1]), LinearRegression().fit([[0], [1]], [0, 2]))
)
