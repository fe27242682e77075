"""Edits of small projects, what of their calls must run again, and why.

Each scenario writes files, runs `main.py` in a fresh process, runs it again (nothing may run), edits, runs it in a
third process, undoes the edit and runs it in a fourth (nothing may run: the old results are back). `again` says
which calls the edit must cause, `{}` none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["SCENARIOS", "Scenario"]

HEAD = "from lab import op, session\n"


@dataclass(frozen=True)
class Scenario:
    name: str
    ops: str  # what stands in main.py before the session
    calls: str  # the session's body: s.call(op, ...) lines
    edit: tuple[tuple[str, str, str], ...]  # (file, old text, new text); old "" replaces the file, new None removes it
    again: dict[str, int]
    why: str
    files: dict[str, str] = field(default_factory=dict)
    plain: bool = False  # one of the nine plain cases
    stale: bool = False  # the user asked for results that may be stale

    def project(self) -> dict[str, str]:
        calls = "".join(f"        {line}\n" for line in self.calls.splitlines())
        main = f'{HEAD}{self.ops}\n\nif __name__ == "__main__":\n    with session() as s:\n{calls}'
        return {"main.py": main, **self.files}

    def edited(self) -> dict[str, str]:
        files = self.project()
        for name, old, new in self.edit:
            if old:
                if old not in files[name]:
                    raise ValueError(f"{self.name}: {old!r} is not in {name}")
                files[name] = files[name].replace(old, new)
            elif new:
                files[name] = new
            else:
                del files[name]
        return files


def S(name: str, ops: str, edit: object, again: dict[str, int], why: str, **more: object) -> Scenario:
    """A scenario whose edit is (old, new) in main.py, or (file, old, new), or several of these."""
    edits = edit if isinstance(edit[0], tuple) else (edit,)  # type: ignore[index]
    full = tuple(e if len(e) == 3 else ("main.py", *e) for e in edits)  # type: ignore[union-attr]
    calls = str(more.pop("calls", "s.call(f, 1)\ns.call(f, 2)"))
    return Scenario(name, ops, calls, full, again, why, **more)  # type: ignore[arg-type]


BOTH = {"f": 2}

SCENARIOS: list[Scenario] = [
    # -- the nine plain cases
    S("body", "@op\ndef f(x):\n    return x + 1\n", ("x + 1", "x + 2"), BOTH, "the op's own code", plain=True),
    S(
        "helper",
        "def h(x):\n    return x + 1\n@op\ndef f(x):\n    return h(x)\n",
        ("x + 1", "x + 2"),
        BOTH,
        "a function that the op calls",
        plain=True,
    ),
    S(
        "helper of a helper in another module",
        "from a import g\n@op\ndef f(x):\n    return g(x)\n",
        ("b.py", "x + 1", "x + 2"),
        BOTH,
        "two modules away it still runs",
        plain=True,
        files={"a.py": "import b\ndef g(x):\n    return b.h(x)\n", "b.py": "def h(x):\n    return x + 1\n"},
    ),
    S(
        "global",
        "N = 1\n@op\ndef f(x):\n    return x + N\n",
        ("N = 1", "N = 2"),
        BOTH,
        "a constant it reads",
        plain=True,
    ),
    S(
        "comment",
        "@op\ndef f(x):\n    return x + 1\n",
        ("    return", "    # why\n    return"),
        {},
        "says nothing",
        plain=True,
    ),
    S(
        "docstring",
        '@op\ndef f(x):\n    """One."""\n    return x + 1\n',
        ("One.", "Another."),
        {},
        "nobody reads it at run time",
        plain=True,
    ),
    S(
        "formatting",
        "@op\ndef f(x):\n    return x+1\n",
        ("return x+1", "return (\n        x\n        + 1\n    )"),
        {},
        "the same syntax tree",
        plain=True,
    ),
    S(
        "unrelated function above",
        "def other():\n    return 0\n@op\ndef f(x):\n    return x + 1\n",
        ("return 0", "y = 1\n    return y"),
        {},
        "no call runs it; line numbers move",
        plain=True,
    ),
    S(
        "class method",
        "class A:\n    def m(self, x):\n        return x + 1\n@op\ndef f(x):\n    return A().m(x)\n",
        ("x + 1", "x + 2"),
        BOTH,
        "a method that the op calls",
        plain=True,
    ),
    # -- classes
    S(
        "inherited method",
        "class A:\n    def m(self, x):\n        return x + 1\nclass B(A):\n    pass\n@op\ndef f(x):\n    return B().m(x)\n",
        ("x + 1", "x + 2"),
        BOTH,
        "found through the base class",
    ),
    S(
        "method overridden later",
        "class A:\n    def m(self, x):\n        return x + 1\nclass B(A):\n    pass\n@op\ndef f(x):\n    return B().m(x)\n",
        ("    pass", "    def m(self, x):\n        return x + 2"),
        BOTH,
        "the name now leads to another method",
    ),
    S(
        "unused method of a used class",
        "class A:\n    def m(self, x):\n        return x + 1\n    def n(self):\n        return 0\n"
        "@op\ndef f(x):\n    return A().m(x)\n",
        ("return 0", "return 5"),
        {},
        "not entered",
    ),
    S(
        "method added to a class",
        "class A:\n    def m(self, x):\n        return x + 1\n@op\ndef f(x):\n    return A().m(x)\n",
        ("class A:\n", "class A:\n    def n(self):\n        return 3\n"),
        {},
        "its name is never read",
    ),
    S(
        "property",
        "class A:\n    @property\n    def p(self):\n        return 1\n@op\ndef f(x):\n    return A().p + x\n",
        ("return 1", "return 2"),
        BOTH,
        "reading it runs it",
    ),
    S(
        "cached_property",
        "from functools import cached_property\nclass A:\n    @cached_property\n    def p(self):\n        return 1\n"
        "INSTANCE = A()\n@op\ndef f(x):\n    return INSTANCE.p + x\n",
        ("return 1", "return 2"),
        BOTH,
        "also of the second call, which finds it computed",
    ),
    S(
        "static and class methods",
        "class A:\n    K = 1\n    @staticmethod\n    def s(x):\n        return x\n    @classmethod\n    def c(cls, x):\n"
        "        return cls.s(x) + cls.K\n@op\ndef f(x):\n    return A.c(x)\n",
        ("return x\n", "return -x\n"),
        BOTH,
        "called through the class",
    ),
    S(
        "class attribute",
        "class A:\n    K = 1\n@op\ndef f(x):\n    return A.K + x\n",
        ("K = 1", "K = 2"),
        BOTH,
        "read by name",
    ),
    S(
        "unused class attribute",
        "class A:\n    K = 1\n    L = 1\n@op\ndef f(x):\n    return A.K + x\n",
        ("L = 1", "L = 2"),
        {},
        "never read",
    ),
    S(
        "base class attribute",
        "class A:\n    K = 1\nclass B(A):\n    pass\n@op\ndef f(x):\n    return B.K + x\n",
        ("K = 1", "K = 2"),
        BOTH,
        "found through the base class",
    ),
    S(
        "operator method",
        "class V:\n    def __init__(self, v):\n        self.v = v\n    def __add__(self, o):\n        return self.v + o\n"
        "@op\ndef f(x):\n    return V(x) + 1\n",
        ("self.v + o", "self.v - o"),
        BOTH,
        "no name of it is in the op",
    ),
    S(
        "method of an argument",
        "class M:\n    def __init__(self, k):\n        self.k = k\n    def predict(self, x):\n        return self.k * x\n"
        "@op\ndef f(m, x):\n    return m.predict(x)\n",
        ("self.k * x", "self.k + x"),
        {"f": 1},
        "the argument brings its methods with it",
        calls="s.call(f, M(3), 2)",
    ),
    S(
        "dataclass default",
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    lr: float = 0.1\n@op\ndef f(x):\n    return C().lr * x\n",
        ("0.1", "0.2"),
        BOTH,
        "the written __init__ has no source of its own",
    ),
    S(
        "enum",
        "from enum import Enum\nclass E(Enum):\n    A = 1\n    B = 2\n@op\ndef f(x):\n    return E.A.value + x\n",
        ("A = 1", "A = 7"),
        BOTH,
        "a member's value",
    ),
    S(
        "named tuple default",
        "from typing import NamedTuple\nclass P(NamedTuple):\n    k: int = 1\n@op\ndef f(x):\n    return P().k + x\n",
        ("k: int = 1", "k: int = 2"),
        BOTH,
        "a field's default",
    ),
    S(
        "super",
        "class A:\n    def m(self, x):\n        return x + 1\nclass B(A):\n    def m(self, x):\n        return super().m(x) * 2\n"
        "@op\ndef f(x):\n    return B().m(x)\n",
        ("x + 1", "x + 2"),
        BOTH,
        "entered through super()",
    ),
    # -- values that functions hold
    S("default", "@op\ndef f(x, y=1):\n    return x + y\n", ("y=1", "y=2"), BOTH, "an input of the call"),
    S(
        "default of a helper",
        "def h(x, y=1):\n    return x + y\n@op\ndef f(x):\n    return h(x)\n",
        ("y=1", "y=2"),
        BOTH,
        "held by the helper",
    ),
    S(
        "default that is a global",
        "N = 1\ndef h(x, y=N):\n    return x + y\n@op\ndef f(x):\n    return h(x)\n",
        ("N = 1", "N = 2"),
        BOTH,
        "its value, not its text",
    ),
    S(
        "closure over a loop variable",
        "FS = []\nfor i in (1, 2):\n    def g(x, i=i):\n        return x + i\n    FS.append(lambda x, j=i: x * j)\n"
        "@op\ndef f(x):\n    return FS[1](x)\n",
        ("(1, 2)", "(1, 3)"),
        BOTH,
        "captured values count",
    ),
    S(
        "captured variable",
        "def make(k):\n    def g(x):\n        return x + k\n    return g\ng = make(1)\n@op\ndef f(x):\n    return g(x)\n",
        ("make(1)", "make(2)"),
        BOTH,
        "the closure's cell",
    ),
    S(
        "two closures swapped",
        "def make(k):\n    return lambda x: x + k\na = make(1)\nb = make(2)\n@op\ndef f(x):\n    return a(x) * 10 + b(x)\n",
        (("a = make(1)", "a = make(2)"), ("b = make(2)", "b = make(1)")),
        BOTH,
        "the same pieces, in other places",
    ),
    S(
        "partial",
        "from functools import partial\ndef h(k, x):\n    return x + k\ng = partial(h, 1)\n@op\ndef f(x):\n    return g(x)\n",
        ("partial(h, 1)", "partial(h, 2)"),
        BOTH,
        "a partial's arguments",
    ),
    S(
        "function of a partial",
        "from functools import partial\ndef h(k, x):\n    return x + k\ng = partial(h, 1)\n@op\ndef f(x):\n    return g(x)\n",
        ("x + k", "x - k"),
        BOTH,
        "a partial's function",
    ),
    S(
        "decorator",
        "import functools\ndef twice(fn):\n    @functools.wraps(fn)\n    def w(x):\n        return 2 * fn(x)\n    return w\n"
        "@twice\ndef h(x):\n    return x + 1\n@op\ndef f(x):\n    return h(x)\n",
        ("2 * fn(x)", "3 * fn(x)"),
        BOTH,
        "the wrapper runs",
    ),
    S(
        "decorated helper",
        "import functools\ndef twice(fn):\n    @functools.wraps(fn)\n    def w(x):\n        return 2 * fn(x)\n    return w\n"
        "@twice\ndef h(x):\n    return x + 1\n@op\ndef f(x):\n    return h(x)\n",
        ("x + 1", "x + 2"),
        BOTH,
        "what is wrapped runs",
    ),
    S(
        "decorator below @op",
        "import functools\ndef twice(fn):\n    @functools.wraps(fn)\n    def w(x):\n        return 2 * fn(x)\n    return w\n"
        "@op\n@twice\ndef f(x):\n    return x + 1\n",
        ("x + 1", "x + 2"),
        BOTH,
        "the op's own body under the wrapper",
    ),
    S(
        "decorator removed",
        "def twice(fn):\n    def w(x):\n        return 2 * fn(x)\n    return w\n@twice\ndef h(x):\n    return x + 1\n"
        "@op\ndef f(x):\n    return h(x)\n",
        ("@twice\n", ""),
        BOTH,
        "the name means another function",
    ),
    S(
        "lru_cache",
        "from functools import lru_cache\n@lru_cache\ndef h():\n    return 1\n@op\ndef f(x):\n    return h() + x\n",
        ("return 1", "return 2"),
        BOTH,
        "the second call, which the cache answers, depends on it too",
    ),
    S(
        "lambda in a dict",
        'T = {"a": lambda x: x + 1}\n@op\ndef f(x):\n    return T["a"](x)\n',
        ("x + 1", "x + 2"),
        BOTH,
        "code in data",
    ),
    S(
        "callable passed as argument",
        "def h(x):\n    return x + 1\n@op\ndef f(g, x):\n    return g(x)\n",
        ("x + 1", "x + 2"),
        {"f": 1},
        "another function is another input",
        calls="s.call(f, h, 1)",
    ),
    S(
        "helper of a callable passed as argument",
        "def k(x):\n    return x + 1\ndef h(x):\n    return k(x)\n@op\ndef f(g, x):\n    return g(x)\n",
        ("x + 1", "x + 2"),
        {"f": 1},
        "what the argument runs",
        calls="s.call(f, h, 1)",
    ),
    # -- ways to reach code
    S(
        "getattr dispatch",
        "class A:\n    def do_a(self, x):\n        return x + 1\n@op\ndef f(x):\n    return getattr(A(), 'do_' + 'a')(x)\n",
        ("x + 1", "x + 2"),
        BOTH,
        "a name made up at run time",
    ),
    S(
        "globals() dispatch",
        "def do_a(x):\n    return x + 1\n@op\ndef f(x):\n    return globals()['do_' + 'a'](x)\n",
        ("x + 1", "x + 2"),
        BOTH,
        "a name made up at run time",
    ),
    S(
        "module attribute by getattr",
        "import a\n@op\ndef f(x):\n    return getattr(a, 'h' + '1')(x)\n",
        ("a.py", "x + 1", "x + 2"),
        BOTH,
        "a name made up at run time",
        files={"a.py": "def h1(x):\n    return x + 1\n"},
    ),
    S(
        "registry",
        "R = {}\ndef reg(fn):\n    R[fn.__name__] = fn\n    return fn\n@reg\ndef h(x):\n    return x + 1\n"
        "@op\ndef f(x):\n    return R['h'](x)\n",
        ("x + 1", "x + 2"),
        BOTH,
        "code in data",
    ),
    S(
        "comprehension",
        "def h(x):\n    return x + 1\n@op\ndef f(x):\n    return [h(i) for i in range(x)]\n",
        ("x + 1", "x + 2"),
        BOTH,
        "called inside a nested scope",
    ),
    S(
        "generator",
        "def h(n):\n    for i in range(n):\n        yield i + 1\n@op\ndef f(x):\n    return sum(h(x))\n",
        ("i + 1", "i + 2"),
        BOTH,
        "a generator function",
    ),
    S(
        "async",
        "import asyncio\nasync def h(x):\n    return x + 1\nasync def g(x):\n    return await h(x)\n"
        "@op\ndef f(x):\n    return asyncio.run(g(x))\n",
        ("x + 1", "x + 2"),
        BOTH,
        "awaited",
    ),
    S(
        "recursion",
        "def fact(n):\n    return 1 if n < 2 else n * fact(n - 1)\n@op\ndef f(x):\n    return fact(x)\n",
        ("else n *", "else 2 * n *"),
        BOTH,
        "refers to itself",
    ),
    S(
        "mutual recursion",
        "def even(n):\n    return n == 0 or odd(n - 1)\ndef odd(n):\n    return n != 0 and even(n - 1)\n"
        "@op\ndef f(x):\n    return even(x)\n",
        ("return n != 0 and even(n - 1)", "return bool(n) and even(n - 1)"),
        BOTH,
        "a circle of references",
    ),
    S(
        "conditional import",
        "import sys\nif sys.version_info >= (3, 0):\n    from a import h\nelse:\n    from b import h\n"
        "@op\ndef f(x):\n    return h(x)\n",
        ("a.py", "x + 1", "x + 2"),
        BOTH,
        "whichever was imported",
        files={"a.py": "def h(x):\n    return x + 1\n"},
    ),
    S(
        "import inside the op",
        "@op\ndef f(x):\n    from a import h\n    return h(x)\n",
        ("a.py", "x + 1", "x + 2"),
        BOTH,
        "a module that is loaded late",
        files={"a.py": "def h(x):\n    return x + 1\n"},
    ),
    S(
        "star import",
        "from a import *\n@op\ndef f(x):\n    return h(x) + K\n",
        ("a.py", "K = 1", "K = 2"),
        BOTH,
        "a constant of another module",
        files={"a.py": "K = 1\ndef h(x):\n    return x\n"},
    ),
    S(
        "constant read through a module",
        "import a\n@op\ndef f(x):\n    return a.K + x\n",
        ("a.py", "K = 1", "K = 2"),
        BOTH,
        "an attribute of a module",
        files={"a.py": "K = 1\nL = 1\n"},
    ),
    S(
        "other constant of a module",
        "import a\n@op\ndef f(x):\n    return a.K + x\n",
        ("a.py", "L = 1", "L = 2"),
        {},
        "never read",
        files={"a.py": "K = 1\nL = 1\n"},
    ),
    S(
        "package with relative imports",
        "from p.a import g\n@op\ndef f(x):\n    return g(x)\n",
        ("p/b.py", "x + 1", "x + 2"),
        BOTH,
        "inside a package",
        files={
            "p/__init__.py": "",
            "p/a.py": "from .b import h\ndef g(x):\n    return h(x)\n",
            "p/b.py": "def h(x):\n    return x + 1\n",
        },
    ),
    S(
        "import from elsewhere",
        "from a import h\n@op\ndef f(x):\n    return h(x)\n",
        ("from a import h", "from b import h"),
        BOTH,
        "the name means another function",
        files={"a.py": "def h(x):\n    return x + 1\n", "b.py": "def h(x):\n    return x + 2\n"},
    ),
    S(
        "a builtin is shadowed",
        "@op\ndef f(x):\n    return abs(-x)\n",
        ("@op", "def abs(x):\n    return 7\n@op"),
        BOTH,
        "the name means another function",
    ),
    S(
        "f-string constant",
        "W = 3\n@op\ndef f(x):\n    return f'{x:{W}d}|'\n",
        ("W = 3", "W = 5"),
        BOTH,
        "read in a format",
    ),
    S(
        "text of an f-string",
        "@op\ndef f(x):\n    return f'a{x}'\n",
        ("f'a{x}'", "f'b{x}'"),
        BOTH,
        "a constant",
    ),
    S(
        "1 becomes 1.0",
        "@op\ndef f(x):\n    return x * 1\n",
        ("x * 1", "x * 1.0"),
        BOTH,
        "equal is not the same",
    ),
    S(
        "nested function",
        "@op\ndef f(x):\n    def g(y):\n        return y + 1\n    return g(x)\n",
        ("y + 1", "y + 2"),
        BOTH,
        "part of the op",
    ),
    S(
        "exec'd code",
        "SRC = 'def h(x):\\n    return x + 1\\n'\nexec(SRC)\n@op\ndef f(x):\n    return h(x)\n",
        ("x + 1", "x + 2"),
        BOTH,
        "no source file",
    ),
    S(
        "statement moved out of try",
        "@op\ndef f(x):\n    try:\n        y = 1 // (x - 1)\n    except ZeroDivisionError:\n        y = 0\n    return y\n",
        (
            "        y = 1 // (x - 1)\n",
            "        pass\n    except ZeroDivisionError:\n        pass\n    try:\n        y = 1 // (x - 1)\n",
        ),
        BOTH,
        "only the handler's range differs",
    ),
    S(
        "monkey-patch",
        "import a\ndef new(x):\n    return x + 5\n@op\ndef f(x):\n    return a.h(x)\n",
        ("@op", "a.h = new\n@op"),
        BOTH,
        "the name means another function",
        files={"a.py": "def h(x):\n    return x + 1\n"},
    ),
    S(
        "op called by an op",
        "@op\ndef g(x):\n    return x + 1\n@op\ndef f(x):\n    return g(x) * 2\n",
        ("x + 1", "x + 2"),
        {"f": 2, "g": 2},
        "the outer call depends on the inner one's code",
    ),
    S(
        "op fed by an op",
        "@op\ndef g(x):\n    return x + 1\n@op\ndef f(x):\n    return x * 2\n",
        ("x * 2", "x * 3"),
        {"f": 1},
        "what comes before is reused",
        calls="s.call(f, g(1))",
    ),
    S(
        "early cutoff",
        "@op\ndef g(x):\n    return abs(x)\n@op\ndef f(x):\n    return x * 2\n",
        ("return abs(x)", "return x if x > 0 else -x"),
        {"g": 1},
        "the new g gives the same, so f has nothing new",
        calls="s.call(f, g(1))",
    ),
    S(
        "branch not taken",
        "def scale(x):\n    return x * 10\n@op\ndef f(x, scaled):\n    return scale(x) if scaled else x\n",
        ("x * 10", "x * 20"),
        {"f": 1},
        "only the call that ran it",
        calls="s.call(f, 1, True)\ns.call(f, 1, False)",
    ),
    S(
        "constant of a branch not taken",
        "K = 10\ndef scale(x):\n    return x * K\n@op\ndef f(x, scaled):\n    return scale(x) if scaled else x\n",
        ("K = 10", "K = 20"),
        {"f": 1},
        "only the call that ran what reads it",
        calls="s.call(f, 1, True)\ns.call(f, 1, False)",
    ),
    S(
        "thread",
        "import threading\ndef h(out):\n    out.append(1)\n@op\ndef f(x):\n    out = []\n    t = threading.Thread(target=h, args=(out,))\n"
        "    t.start()\n    t.join()\n    return out[0] + x\n",
        ("append(1)", "append(2)"),
        BOTH,
        "what runs in another thread is not dropped",
    ),
    S(
        "counter that calls change",
        "COUNT = {'n': 0}\n@op\ndef f(x):\n    COUNT['n'] += 1\n    return x + 1\n",
        ("x + 1", "1 + x + 0"),
        BOTH,
        "the counter itself is no reason to recompute, the code is",
    ),
    S(
        "object that calls change",
        "class Log:\n    def __init__(self):\n        self.lines = []\n    def add(self, x):\n        self.lines.append(x)\n"
        "LOG = Log()\n@op\ndef f(x):\n    LOG.add(x)\n    return x + 1\n",
        ("LOG = Log()", "LOG = Log()\nLOG.add('started')"),
        {},
        "what calls change counts by type only",
    ),
    S(
        "numpy constant",
        "import numpy as np\nW = np.array([1, 2])\n@op\ndef f(x):\n    return int((W * x).sum())\n",
        ("[1, 2]", "[1, 3]"),
        BOTH,
        "by content",
    ),
    S(
        "mutable default used as a cache",
        "def h(x, seen={}):\n    seen[x] = x\n    return x + 1\n@op\ndef f(x):\n    return h(x)\n",
        ("x + 1", "x + 2"),
        BOTH,
        "the cache is no reason to recompute, the code is",
    ),
    # -- not a change
    S(
        "blank lines",
        "@op\ndef f(x):\n    y = x\n    return y + 1\n",
        ("    return", "\n\n    return"),
        {},
        "says nothing",
    ),
    S(
        "annotation",
        "@op\ndef f(x):\n    return x + 1\n",
        ("def f(x):", "def f(x: int) -> int:"),
        {},
        "not read at run time",
    ),
    S(
        "annotation of a helper and a local",
        "def h(x):\n    y = x\n    return y + 1\n@op\ndef f(x):\n    return h(x)\n",
        (("def h(x):", "def h(x: int) -> int:"), ("    y = x\n", "    y: int = x\n")),
        {},
        "not read at run time",
    ),
    S(
        "annotation of a nested function",
        "@op\ndef f(x):\n    def g(y):\n        return y + 1\n    return g(x)\n",
        ("def g(y):", "def g(y: int):"),
        {},
        "not read at run time",
    ),
    S(
        "renamed local variable",
        "@op\ndef f(x):\n    y = x + 1\n    return y\n",
        (("y = x + 1", "z = x + 1"), ("return y", "return z")),
        {},
        "nobody reads the name",
    ),
    S(
        "renamed local that locals() shows",
        "@op\ndef f(x):\n    y = x + 1\n    return sorted(locals())\n",
        ("y = x + 1", "z = x + 1"),
        BOTH,
        "the name is read",
    ),
    S(
        "reordered definitions",
        "def h(x):\n    return x + 1\ndef k(x):\n    return x\n@op\ndef f(x):\n    return h(x) + k(x)\n",
        (
            "def h(x):\n    return x + 1\ndef k(x):\n    return x\n",
            "def k(x):\n    return x\ndef h(x):\n    return x + 1\n",
        ),
        {},
        "the order says nothing",
    ),
    S(
        "unrelated code",
        "@op\ndef f(x):\n    return x + 1\n",
        ("@op", "import math\nSETTING = 5\nclass Z:\n    pass\n@op"),
        {},
        "no call uses it",
    ),
    S(
        "op moved to another module",
        "from ops import f\n",
        (("from ops import f\n", "@op\ndef f(x):\n    return h(x) + 1\ndef h(x):\n    return x\n"), ("ops.py", "", "")),
        {},
        "the same code under another roof",
        files={"ops.py": "from lab import op\n@op\ndef f(x):\n    return h(x) + 1\ndef h(x):\n    return x\n"},
    ),
    S(
        "renamed file",
        "from a import h\n@op\ndef f(x):\n    return h(x)\n",
        (("from a import h", "from b import h"), ("a.py", "", ""), ("b.py", "", "def h(x):\n    return x + 1\n")),
        {},
        "the same code under another roof",
        files={"a.py": "def h(x):\n    return x + 1\n"},
    ),
    S(
        "helper moved from its own module",
        "from a import h\n@op\ndef f(x):\n    return h(x)\n",
        (("from a import h\n", "def h(x):\n    return x + 1\n"), ("a.py", "", "")),
        {},
        "the same code under another roof",
        files={"a.py": "def h(x):\n    return x + 1\n"},
    ),
    # -- stated by hand
    S(
        "file",
        '@op(depends_on=["c.txt"])\ndef f(x):\n    return open("c.txt").read() + str(x)\n',
        ("c.txt", "one", "two"),
        BOTH,
        "depends_on",
        files={"c.txt": "one"},
    ),
    S(
        "function named by hand",
        "def k(x):\n    return 1\n@op(depends_on=[k])\ndef f(x):\n    return x\n",
        ("return 1", "return 2"),
        BOTH,
        "depends_on",
    ),
    S(
        "deps narrowed to the function",
        "def h(x):\n    return x\n@op(deps='function')\ndef f(x):\n    return h(x)\n",
        ("return x\n@op", "return 2 * x\n@op"),
        {},
        "the user said so",
        stale=True,
    ),
    # -- traps
    S(
        "installed decorator around a helper",
        "from contextlib import contextmanager\n@contextmanager\ndef h(x):\n    yield x + 1\n"
        "@op\ndef f(x):\n    with h(x) as y:\n        return y\n",
        ("x + 1", "x + 2"),
        BOTH,
        "the wrapper is installed, what it wraps is not",
    ),
    S(
        "singledispatch",
        "from functools import singledispatch\n@singledispatch\ndef h(x):\n    return 0\n@h.register\ndef _(x: int):\n    return x + 1\n"
        "@op\ndef f(x):\n    return h(x)\n",
        ("x + 1", "x + 2"),
        BOTH,
        "an implementation in a registry",
    ),
    S(
        "np.vectorize",
        "import numpy as np\ndef k(x):\n    return x\ndef h(x):\n    return k(x) + 1\nv = np.vectorize(h)\n@op\ndef f(x):\n    return int(v(x))\n",
        ("return x\n", "return 2 * x\n"),
        BOTH,
        "a helper of what an installed object holds",
    ),
    S(
        "attribute of a function",
        "def h(x):\n    return x + h.k\nh.k = 1\n@op\ndef f(x):\n    return h(x)\n",
        ("h.k = 1", "h.k = 2"),
        BOTH,
        "read by name",
    ),
    S(
        "module __getattr__",
        "import a\n@op\ndef f(x):\n    return a.K + x\n",
        ("a.py", "return 1", "return 2"),
        BOTH,
        "computed when read",
        files={"a.py": "def __getattr__(name):\n    return 1\n"},
    ),
    S(
        "descriptor",
        "class D:\n    def __get__(self, o, t=None):\n        return 1\nclass A:\n    d = D()\n@op\ndef f(x):\n    return A().d + x\n",
        ("return 1", "return 2"),
        BOTH,
        "runs when the attribute is read",
    ),
    S(
        "metaclass",
        "class M(type):\n    def __call__(cls, x):\n        return x + 1\nclass A(metaclass=M):\n    pass\n@op\ndef f(x):\n    return A(x)\n",
        ("x + 1", "x + 2"),
        BOTH,
        "runs when the class is called",
    ),
    S(
        "object in a global",
        "class M:\n    def __init__(self, k):\n        self.k = k\n    def p(self, x):\n        return self.k * x\nmodel = M(2)\n"
        "@op\ndef f(x):\n    return model.p(x)\n",
        ("M(2)", "M(3)"),
        BOTH,
        "its state",
    ),
    S(
        "method of an object in a global",
        "class M:\n    def __init__(self, k):\n        self.k = k\n    def p(self, x):\n        return self.k * x\nmodel = M(2)\n"
        "@op\ndef f(x):\n    return model.p(x)\n",
        ("self.k * x", "self.k + x"),
        BOTH,
        "its class",
    ),
    S(
        "method that only a trace can see",
        "import pickle\nfrom a import M\nDATA = pickle.dumps(M())\n@op\ndef f(x):\n    return pickle.loads(DATA).p(x)\n",
        ("a.py", "K = 1", "K = 2"),
        BOTH,
        "a class attribute behind a method of an unpickled object",
        files={"a.py": "class M:\n    K = 1\n    def p(self, x):\n        return x + self.K\n"},
    ),
    S(
        "equal functions in two modules",
        "import a, b\n@op\ndef f(x):\n    return a.h(x) if x > 1 else b.h(x)\n",
        ("a.py", "K = 1", "K = 2"),
        {"f": 1},
        "each with the globals of its own module",
        files={"a.py": "K = 1\ndef h(x):\n    return x + K\n", "b.py": "K = 1\ndef h(x):\n    return x + K\n"},
    ),
    S(
        "names of two modules swapped",
        "from a import h as p\nfrom b import h as q\n@op\ndef f(x):\n    return p(x) * 10 + q(x)\n",
        (("from a import h as p", "from b import h as p"), ("from b import h as q", "from a import h as q")),
        BOTH,
        "the same pieces, in other places",
        files={"a.py": "def h(x):\n    return x + 1\n", "b.py": "def h(x):\n    return x + 2\n"},
    ),
    S(
        "__file__",
        "import os\n@op\ndef f(x):\n    return os.path.basename(__file__)\n",
        ("@op", "\n\n@op"),
        {},
        "where a module stands is no part of what it does",
    ),
    S(
        "with statement moved",
        "from contextlib import suppress\n@op\ndef f(x):\n    y = 0\n    with suppress(ZeroDivisionError):\n        y = 1 // (x - 1)\n    return y\n",
        ("ZeroDivisionError", "ArithmeticError"),
        BOTH,
        "a name of Python's own",
    ),
    S(
        "operator",
        "@op\ndef f(x):\n    return x - 1\n",
        ("x - 1", "x * 1"),
        BOTH,
        "one character",
    ),
    S(
        "comparison",
        "@op\ndef f(x):\n    return x < 2\n",
        ("x < 2", "x <= 2"),
        BOTH,
        "one character",
    ),
    S(
        "global rebound by calls",
        "model = None\ndef get():\n    global model\n    if model is None:\n        model = make()\n    return model\ndef make():\n    return 1\n"
        "@op\ndef f(x):\n    return get() + x\n",
        ("return 1", "return 2"),
        BOTH,
        "made on first use: the second call depends on it too",
    ),
]
