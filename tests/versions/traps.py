"""Edits that one does not think of at once: most of them once gave a stale result, here or elsewhere."""

from __future__ import annotations

from tests.versions.scenario import BOTH, S, Scenario

__all__ = ["TRAPS"]

TRAPS: list[Scenario] = [
    S(
        "dataclass __post_init__",
        "from dataclasses import dataclass\n"
        "@dataclass\n"
        "class A:\n"
        "    x: int\n"
        "    def __post_init__(self):\n"
        "        self.y = self.x + 1\n"
        "@op\n"
        "def f(x):\n"
        "    return A(x).y\n",
        ("self.x + 1", "self.x + 2"),
        BOTH,
        "runs when an object is made",
    ),
    S(
        "default_factory of a dataclass field",
        "from dataclasses import dataclass, field\n"
        "@dataclass\n"
        "class A:\n"
        "    x: int\n"
        "    y: list = field(default_factory=lambda: [1])\n"
        "@op\n"
        "def f(x):\n"
        "    return A(x).y[0] + x\n",
        ("[1]", "[2]"),
        BOTH,
        "runs when an object is made",
    ),
    S(
        "singledispatch registered in another module",
        "import plug\nfrom base import h\n@op\ndef f(x):\n    return h(x)\n",
        ("plug.py", "x + 1", "x + 2"),
        BOTH,
        "the module is not mentioned, the registry is",
        files={
            "base.py": "from functools import singledispatch\n@singledispatch\ndef h(x):\n    return 0\n",
            "plug.py": "from base import h\n@h.register(int)\ndef _(x):\n    return x + 1\n",
        },
    ),
    S(
        "singledispatchmethod",
        "from functools import singledispatchmethod\n"
        "class A:\n"
        "    @singledispatchmethod\n"
        "    def m(self, x):\n"
        "        return 0\n"
        "    @m.register\n"
        "    def _(self, x: int):\n"
        "        return x + 1\n"
        "@op\n"
        "def f(x):\n"
        "    return A().m(x)\n",
        ("x + 1", "x + 2"),
        BOTH,
        "an implementation in a registry",
    ),
    S(
        "constant in a match statement",
        "@op\n"
        "def f(x):\n"
        "    match x:\n"
        "        case 1:\n"
        "            return 'a'\n"
        "        case _:\n"
        "            return 'b'\n",
        ("case 1:", "case 2:"),
        BOTH,
        "part of the op",
    ),
    S(
        "__match_args__",
        "class P:\n"
        "    __match_args__ = ('a', 'b')\n"
        "    def __init__(self, a, b):\n"
        "        self.a, self.b = a, b\n"
        "@op\n"
        "def f(x):\n"
        "    match P(x, 10):\n"
        "        case P(u, v):\n"
        "            return u - v\n",
        ("('a', 'b')", "('b', 'a')"),
        BOTH,
        "says what a class pattern binds",
    ),
    S(
        "order of dataclass fields",
        "from dataclasses import dataclass\n"
        "@dataclass\n"
        "class P:\n"
        "    a: int\n"
        "    b: int\n"
        "@op\n"
        "def f(x):\n"
        "    match P(a=x, b=10):\n"
        "        case P(u, v):\n"
        "            return u - v\n",
        ("    a: int\n    b: int\n", "    b: int\n    a: int\n"),
        BOTH,
        "says what a class pattern binds",
    ),
    S(
        "class decorator that adds a method",
        "def deco(cls):\n"
        "    cls.m = lambda self, x: x + 1\n"
        "    return cls\n"
        "@deco\n"
        "class A:\n"
        "    pass\n"
        "@op\n"
        "def f(x):\n"
        "    return A().m(x)\n",
        ("x + 1", "x + 2"),
        BOTH,
        "what is called is what it added",
    ),
    S(
        "__init_subclass__ that sets an attribute",
        "class B:\n"
        "    def __init_subclass__(cls, k=0):\n"
        "        cls.k = k + 1\n"
        "class A(B, k=2):\n"
        "    pass\n"
        "@op\n"
        "def f(x):\n"
        "    return A.k + x\n",
        ("k + 1", "k + 2"),
        BOTH,
        "the attribute is read",
    ),
    S(
        "default of a ContextVar",
        "from contextvars import ContextVar\nV = ContextVar('V', default=1)\n@op\ndef f(x):\n    return V.get() + x\n",
        ("default=1", "default=2"),
        BOTH,
        "read by get()",
    ),
    S(
        "ContextVar that the program sets",
        "from contextvars import ContextVar\nV = ContextVar('V')\nV.set(1)\n@op\ndef f(x):\n    return V.get() + x\n",
        ("V.set(1)", "V.set(2)"),
        BOTH,
        "read by get()",
    ),
    S(
        "captured variable bound anew by nonlocal",
        "def make(n):\n"
        "    def g(x):\n"
        "        return x + n\n"
        "    def bump():\n"
        "        nonlocal n\n"
        "        n += 1\n"
        "    return g, bump\n"
        "g, bump = make(1)\n"
        "@op\n"
        "def f(x):\n"
        "    return g(x)\n",
        ("@op", "bump()\n@op"),
        BOTH,
        "by what it is now",
    ),
    S(
        "re-export from another module of a package",
        "from p import h\n@op\ndef f(x):\n    return h(x)\n",
        ("p/__init__.py", "from .a import h", "from .b import h"),
        BOTH,
        "the name means another function",
        files={
            "p/__init__.py": "from .a import h\n",
            "p/a.py": "def h(x):\n    return x + 1\n",
            "p/b.py": "def h(x):\n    return x + 2\n",
        },
    ),
    S(
        "importlib.resources",
        "import importlib.resources\n"
        "@op(depends_on=['p/d.txt'])\n"
        "def f(x):\n"
        "    return importlib.resources.files('p').joinpath('d.txt').read_text() + str(x)\n",
        ("p/d.txt", "one", "two"),
        BOTH,
        "depends_on",
        files={"p/__init__.py": "", "p/d.txt": "one"},
    ),
    S(
        "array changed in place after it was made",
        "import numpy as np\nW = np.zeros(2)\nW[0] = 1\n@op\ndef f(x):\n    return float(W.sum()) + x\n",
        ("W[0] = 1", "W[0] = 2"),
        BOTH,
        "by content",
    ),
    S(
        "DataFrame",
        "import pandas as pd\nD = pd.DataFrame({'a': [1, 2]})\n@op\ndef f(x):\n    return int(D['a'].sum()) + x\n",
        ("[1, 2]", "[1, 3]"),
        BOTH,
        "by content",
    ),
    S(
        "enum alias that becomes a member",
        "from enum import Enum\nclass E(Enum):\n    A = 1\n    B = 2\n    C = 1\n@op\ndef f(x):\n    return E.C.name\n",
        ("C = 1", "C = 2"),
        BOTH,
        "its name is read",
    ),
    S(
        "_missing_ of an enum",
        "from enum import Enum\n"
        "class E(Enum):\n"
        "    A = 1\n"
        "    B = 2\n"
        "    @classmethod\n"
        "    def _missing_(cls, v):\n"
        "        return cls.A\n"
        "@op\n"
        "def f(x):\n"
        "    return E(x + 5).name\n",
        ("return cls.A", "return cls.B"),
        BOTH,
        "Enum calls it by its name",
    ),
    S(
        "__str__ of an enum",
        "from enum import Enum\n"
        "class E(Enum):\n"
        "    A = 1\n"
        "    def __str__(self):\n"
        "        return 'a'\n"
        "@op\n"
        "def f(x):\n"
        "    return f'{E.A}' + str(x)\n",
        ("'a'", "'b'"),
        BOTH,
        "a format calls it",
    ),
    S(
        "async generator of an async helper",
        "import asyncio\n"
        "async def g(x):\n"
        "    yield x + 1\n"
        "async def h(x):\n"
        "    return [y async for y in g(x)]\n"
        "@op\n"
        "def f(x):\n"
        "    return asyncio.run(h(x))\n",
        ("x + 1", "x + 2"),
        BOTH,
        "runs in the event loop",
    ),
    S(
        "yield from",
        "def k(x):\n    yield x + 1\ndef h(x):\n    yield from k(x)\n@op\ndef f(x):\n    return list(h(x))\n",
        ("x + 1", "x + 2"),
        BOTH,
        "runs as it is read",
    ),
    S(
        "object behind a __getattr__",
        "class T:\n"
        "    def m(self, x):\n"
        "        return x + 1\n"
        "class P:\n"
        "    def __init__(self):\n"
        "        self._t = T()\n"
        "    def __getattr__(self, n):\n"
        "        return getattr(self._t, n)\n"
        "p = P()\n"
        "@op\n"
        "def f(x):\n"
        "    return p.m(x)\n",
        ("x + 1", "x + 2"),
        BOTH,
        "what it hands on to",
    ),
    S(
        "function in a SimpleNamespace",
        "from types import SimpleNamespace\n"
        "def k(x):\n"
        "    return x + 1\n"
        "def h(x):\n"
        "    return k(x)\n"
        "ns = SimpleNamespace(h=h)\n"
        "@op\n"
        "def f(x):\n"
        "    return ns.h(x)\n",
        ("x + 1", "x + 2"),
        BOTH,
        "found through an object of Python's own",
    ),
    S(
        "factory of a defaultdict",
        "from collections import defaultdict\n"
        "def k():\n"
        "    return 1\n"
        "def h():\n"
        "    return k()\n"
        "D = defaultdict(h)\n"
        "@op\n"
        "def f(x):\n"
        "    return D[x] + x\n",
        ("return 1", "return 2"),
        BOTH,
        "runs when a key is missing, which changes the dictionary",
    ),
    S(
        "method by methodcaller",
        "from operator import methodcaller\n"
        "class A:\n"
        "    def m(self):\n"
        "        return 1\n"
        "    def n(self):\n"
        "        return 2\n"
        "c = methodcaller('m')\n"
        "@op\n"
        "def f(x):\n"
        "    return c(A()) + x\n",
        ("return 1", "return 3"),
        BOTH,
        "no code of the project has its name",
    ),
    S(
        "comparison inside cmp_to_key",
        "from functools import cmp_to_key\n"
        "def k(a, b):\n"
        "    return a - b\n"
        "def h(a, b):\n"
        "    return k(a, b)\n"
        "c = cmp_to_key(h)\n"
        "@op\n"
        "def f(x):\n"
        "    return sorted([3, x, 9], key=c)\n",
        ("a - b", "b - a"),
        BOTH,
        "the object does not show it",
    ),
    S(
        "helper of a function inside np.frompyfunc",
        "import numpy as np\n"
        "def k(x):\n"
        "    return x + 1\n"
        "def h(x):\n"
        "    return k(x)\n"
        "u = np.frompyfunc(h, 1, 1)\n"
        "@op\n"
        "def f(x):\n"
        "    return int(u(x))\n",
        ("x + 1", "x + 2"),
        BOTH,
        "the object does not show it",
    ),
    S(
        "format of a struct.Struct",
        "import struct\nR = struct.Struct('>I')\n@op\ndef f(x):\n    return R.pack(x)\n",
        ("'>I'", "'<I'"),
        BOTH,
        "the object cannot be pickled",
    ),
    S(
        "object behind a weak reference",
        "import weakref\n"
        "class A:\n"
        "    k = 1\n"
        "a = A()\n"
        "a.k = 2\n"
        "r = weakref.ref(a)\n"
        "@op\n"
        "def f(x):\n"
        "    return r().k + x\n",
        ("a.k = 2", "a.k = 3"),
        BOTH,
        "its state",
    ),
    S(
        "attribute of a threading.local",
        "import threading\nt = threading.local()\nt.k = 1\n@op\ndef f(x):\n    return t.k + x\n",
        ("t.k = 1", "t.k = 2"),
        BOTH,
        "read in this thread",
    ),
    S(
        "compiled regular expression",
        "import re\nR = re.compile('a+')\n@op\ndef f(x):\n    return R.sub('', 'aab' * x)\n",
        ("'a+'", "'b+'"),
        BOTH,
        "by content",
    ),
    S(
        "function by import_module",
        "import importlib\n@op\ndef f(x):\n    return importlib.import_module('a').h(x)\n",
        ("a.py", "x + 1", "x + 2"),
        BOTH,
        "the module is loaded by the call",
        files={"a.py": "def h(x):\n    return x + 1\n"},
    ),
    S(
        "constant by import_module",
        "import importlib\n@op\ndef f(x):\n    return importlib.import_module('a').K + x\n",
        ("a.py", "K = 1", "K = 2"),
        BOTH,
        "the module is loaded by the call",
        files={"a.py": "K = 1\n"},
    ),
    S(
        "function by sys.modules",
        "import sys, a\n@op\ndef f(x):\n    return sys.modules['a'].h(x)\n",
        ("a.py", "x + 1", "x + 2"),
        BOTH,
        "which module is only known at run time",
        files={"a.py": "def h(x):\n    return x + 1\n"},
    ),
    S(
        "constant by sys.modules",
        "import sys, a\n@op\ndef f(x):\n    return sys.modules['a'].K + x\n",
        ("a.py", "K = 1", "K = 2"),
        BOTH,
        "which module is only known at run time",
        files={"a.py": "K = 1\n"},
    ),
    S(
        "module made from a file",
        "import importlib.util as u\n"
        "s_ = u.spec_from_file_location('c', 'c.py')\n"
        "M = u.module_from_spec(s_)\n"
        "s_.loader.exec_module(M)\n"
        "@op\n"
        "def f(x):\n"
        "    return M.h(x)\n",
        ("c.py", "x + 1", "x + 2"),
        BOTH,
        "sys.modules does not know it",
        files={"c.py": "def k(x):\n    return x + 1\ndef h(x):\n    return k(x)\n"},
    ),
    S(
        "module made by hand",
        "import types\n"
        "M = types.ModuleType('m')\n"
        "exec('K = 1\\ndef h(x):\\n    return x + K', M.__dict__)\n"
        "@op\n"
        "def f(x):\n"
        "    return M.h(x)\n",
        ("K = 1", "K = 2"),
        BOTH,
        "sys.modules does not know it",
    ),
    S(
        "package that loads its modules when they are read",
        "import p\n@op\ndef f(x):\n    return p.sub.h(x)\n",
        ("p/sub.py", "x + 1", "x + 2"),
        BOTH,
        "__getattr__ of a package",
        files={
            "p/__init__.py": "import importlib\ndef __getattr__(n):\n    return importlib.import_module('.' + n, __name__)\n",
            "p/sub.py": "def h(x):\n    return x + 1\n",
        },
    ),
    S(
        "ABCMeta.register",
        "from abc import ABC\n"
        "class B(ABC):\n"
        "    pass\n"
        "class A:\n"
        "    pass\n"
        "@op\n"
        "def f(x):\n"
        "    return isinstance(A(), B)\n",
        ("@op", "B.register(A)\n@op"),
        BOTH,
        "isinstance asks the registry",
    ),
    S(
        "attribute of a class found by __subclasses__()",
        "class B:\n    pass\nclass A(B):\n    k = 1\n@op\ndef f(x):\n    return B.__subclasses__()[0].k + x\n",
        ("k = 1", "k = 2"),
        BOTH,
        "no name leads to it",
    ),
    S(
        "bound method of a dictionary",
        "get = {1: 1, 2: 5}.get\n@op\ndef f(x):\n    return get(x)\n",
        ("2: 5", "2: 6"),
        BOTH,
        "the dictionary is part of it",
    ),
    S(
        "bound method of a compiled expression",
        "import re\nsub = re.compile('a').sub\n@op\ndef f(x):\n    return sub('', 'ab' * x)\n",
        ("'a'", "'b'"),
        BOTH,
        "the expression is part of it",
    ),
    S(
        "installed decorator around a method of a dataclass",
        "from dataclasses import dataclass\n"
        "from contextlib import contextmanager\n"
        "@dataclass\n"
        "class A:\n"
        "    x: int\n"
        "    @contextmanager\n"
        "    def m(self):\n"
        "        yield self.x + 1\n"
        "@op\n"
        "def f(x):\n"
        "    with A(x).m() as y:\n"
        "        return y\n",
        ("self.x + 1", "self.x + 2"),
        BOTH,
        "only what dataclass itself writes is left out",
    ),
    S(
        "__code__ replaced",
        "def h(x):\n    return x + 1\ndef g(x):\n    return x + 9\n@op\ndef f(x):\n    return h(x)\n",
        ("@op", "h.__code__ = g.__code__\n@op"),
        BOTH,
        "the function does something else",
    ),
    S(
        "optional module that appears",
        "try:\n    from fast import h\nexcept ImportError:\n    from slow import h\n@op\ndef f(x):\n    return h(x)\n",
        ("fast.py", "", "def h(x):\n    return x + 2\n"),
        BOTH,
        "the name means another function",
        files={"slow.py": "def h(x):\n    return x + 1\n"},
    ),
    S(
        "base class of an exception",
        "class E(ValueError):\n"
        "    pass\n"
        "def h(x):\n"
        "    raise E\n"
        "@op\n"
        "def f(x):\n"
        "    try:\n"
        "        h(x)\n"
        "    except ValueError:\n"
        "        return 1\n"
        "    except Exception:\n"
        "        return 2\n",
        ("E(ValueError)", "E(KeyError)"),
        BOTH,
        "decides which handler runs",
    ),
    S(
        "class attribute behind an argument's attribute",
        "class B:\n"
        "    k = 1\n"
        "class A:\n"
        "    def __init__(self):\n"
        "        self.b = B()\n"
        "@op\n"
        "def f(a):\n"
        "    return a.b.k\n",
        ("k = 1", "k = 2"),
        {"f": 1},
        "read from an object inside the argument",
        calls="s.call(f, A())",
    ),
    S(
        "class attribute behind a deque",
        "from collections import deque\nclass A:\n    k = 1\n@op\ndef f(c):\n    return c[0].k\n",
        ("k = 1", "k = 2"),
        {"f": 1},
        "read from an object inside the argument",
        calls="s.call(f, deque([A()]))",
    ),
    S(
        "source read by inspect",
        "import inspect\ndef h(x):\n    return x + 1  # one\n@op\ndef f(x):\n    return inspect.getsource(h)\n",
        ("# one", "# two"),
        BOTH,
        "a comment is read at run time",
    ),
    S(
        "annotation read by inspect",
        "import inspect\ndef h(x: int):\n    return x\n@op\ndef f(x):\n    return str(inspect.signature(h))\n",
        ("x: int", "x: str"),
        BOTH,
        "annotations are read at run time",
    ),
    S(
        "annotation read by dataclasses.fields",
        "import dataclasses\n"
        "@dataclasses.dataclass\n"
        "class A:\n"
        "    x: int\n"
        "@op\n"
        "def f(x):\n"
        "    return str([g.type for g in dataclasses.fields(A)])\n",
        ("x: int", "x: str"),
        BOTH,
        "annotations are read at run time",
    ),
    S(
        "docstring of a class that is read",
        "class A:\n    'one'\n@op\ndef f(x):\n    return A.__doc__\n",
        ("'one'", "'two'"),
        BOTH,
        "read at run time",
    ),
    S(
        "unused subclass",
        "class B:\n"
        "    def m(self):\n"
        "        return 1\n"
        "class A(B):\n"
        "    k = 1\n"
        "@op\n"
        "def f(x):\n"
        "    return B().m() + x\n",
        ("k = 1", "k = 2"),
        {},
        "no call uses it",
    ),
    S(
        "level of a logger",
        "import logging\nlog = logging.getLogger('x')\ndef h(x):\n    return x + 1\n@op\ndef f(x):\n    return h(x)\n",
        ("log = logging.getLogger('x')", "log = logging.getLogger('x')\nlog.setLevel(10)"),
        {},
        "a logger counts by its name",
    ),
    S(
        "import a as a",
        "import a\n@op\ndef f(x):\n    return a.h(x)\n",
        ("import a\n", "import a as a\n"),
        {},
        "the same name for the same module",
        files={"a.py": "def h(x):\n    return x + 1\n"},
    ),
]
