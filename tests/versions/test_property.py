"""Random small call graphs and random edits: recomputed are exactly the calls whose dependencies changed.

The oracle runs each program with every function's calls written down, and knows which text each function had:
a call depends on what it entered, on the constants that those functions read, and on nothing else.
"""

from __future__ import annotations

import sys
import types
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mandala_graph import Storage, op

N = 6  # helpers h0..h5, helper i calls only helpers with a larger number, under conditions on x
ARGUMENTS = (0, 1, 2, 3)

helper = st.fixed_dictionaries(
    {
        "add": st.integers(0, 3),
        "reads": st.sets(st.integers(0, 2), max_size=2),
        "calls": st.lists(st.tuples(st.integers(1, N), st.integers(0, 3)), max_size=3),
    }
)
programs = st.fixed_dictionaries(
    {
        "helpers": st.lists(helper, min_size=N, max_size=N),
        "constants": st.lists(st.integers(0, 2), min_size=3, max_size=3),
    }
)
edits = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, N - 1), st.integers(0, 3)),
        st.tuples(st.just("constant"), st.integers(0, 2), st.integers(0, 2)),
        st.tuples(st.just("comment"), st.integers(0, N - 1), st.integers(0, 3)),
    ),
    min_size=1,
    max_size=2,
)


def callees(program: dict[str, Any], i: int) -> list[tuple[int, int]]:
    return [(i + step, bit) for step, bit in program["helpers"][i]["calls"] if i + step < N]


def text(program: dict[str, Any], remarks: dict[int, int]) -> str:
    lines = [f"K{i} = {k}" for i, k in enumerate(program["constants"])]
    for i, h in enumerate(program["helpers"]):
        lines += [f"def h{i}(x):", f"    # remark {remarks.get(i, 0)}", f"    y = x + {h['add']}"]
        lines += [f"    y += K{k}" for k in sorted(h["reads"])]
        lines += [f"    if x == {bit}:\n        y += h{j}(x)" for j, bit in callees(program, i)]
        lines.append("    return y")
    lines += ["def f(x):", "    return h0(x)"]
    return "\n".join(lines) + "\n"


def dependencies(program: dict[str, Any], x: int) -> tuple[Any, ...]:
    """What the call f(x) depends on: each function entered with what its text says, each constant read."""
    entered: set[int] = set()
    todo = [0]
    while todo:
        i = todo.pop()
        if i not in entered:
            entered.add(i)
            todo += [j for j, bit in callees(program, i) if bit == x]
    functions = tuple(
        (i, program["helpers"][i]["add"], tuple(sorted(program["helpers"][i]["reads"])), tuple(callees(program, i)))
        for i in sorted(entered)
    )
    read = {k for i in entered for k in program["helpers"][i]["reads"]}
    return functions, tuple((k, program["constants"][k]) for k in sorted(read))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(program=programs, changes=st.lists(edits, min_size=1, max_size=4))
def test_recomputed_are_exactly_the_calls_whose_dependencies_changed(
    program: dict[str, Any], changes: list[list[tuple[str, int, int]]]
) -> None:
    module = types.ModuleType("random_program")
    sys.modules[module.__name__] = module
    storage = Storage(":memory:")
    remarks: dict[int, int] = {}
    known: set[tuple[int, Any]] = set()
    try:
        for change in [[], *changes, []]:
            for what, where, value in change:
                if what == "add":
                    program["helpers"][where]["add"] = value
                elif what == "constant":
                    program["constants"][where] = value
                else:
                    remarks[where] = value
            exec(compile(text(program, remarks), "<program>", "exec"), module.__dict__)
            plain = module.f  # type: ignore[attr-defined]
            memoized = op(plain)
            for x in ARGUMENTS:
                states = storage.memoizer.states
                before = states["f"].computed if "f" in states else 0
                with storage:
                    got = storage.unwrap(memoized(x))
                ran = storage.memoizer.states["f"].computed - before
                assert got == plain(x), "stale"
                call = (x, dependencies(program, x))
                assert ran == (call not in known), (text(program, remarks), x)
                known.add(call)
    finally:
        storage.close()
        del sys.modules[module.__name__]
