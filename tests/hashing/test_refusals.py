"""What has no stable content is refused, and the message says where it is inside the value."""

from __future__ import annotations

import socket
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest

from mandala_graph.errors import UnhashableValue
from mandala_graph.hashing import content_id, hashes
from mandala_graph.model import AtomRef
from tests.hashing.pairs import Plain, adder, from_source


def refusal(value: Any) -> str:
    with pytest.raises(UnhashableValue) as caught:
        content_id(value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (lambda bad: bad, "value has"),
        (lambda bad: {"a": [1, 2, 3, Plain(lock=bad)]}, "value['a'][3].lock has"),
        (lambda bad: (1, {2: bad}), "value[1][2] has"),
        (lambda bad: adder(bad), "value.<closure n> has"),
        (lambda bad: [None] * 20 + [bad], "value[20] has"),
        (lambda bad: Plain(a=Plain(b=[bad])), "value.a.b[0] has"),
    ],
)
def test_the_path_is_named(make: Any, path: str) -> None:
    assert refusal(make(threading.Lock())).startswith(path)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: (i for i in ()), "generator"),
        (threading.Lock, "lock"),
        (threading.RLock, "lock"),
        (object, "bare object()"),
        (lambda: weakref.ref(Plain()), "weak reference"),
        (lambda: AtomRef("0" * 40, "1" * 40), "storage.unwrap"),
        (lambda: threading.Thread(), "lock" if sys.version_info < (3, 13) else "_ThreadHandle"),
    ],
)
def test_the_reason_is_named(make: Any, word: str) -> None:
    assert word in refusal(make())


def test_files_and_sockets(tmp_path: Path) -> None:
    with (tmp_path / "f").open("w") as file:
        assert "open file" in refusal([file])
    with socket.socket() as sock:
        assert "socket" in refusal([sock])


def test_nesting_deeper_than_the_interpreter_allows_is_an_error_not_a_crash() -> None:
    value: list[Any] = []
    for _ in range(5000):
        value = [value]
    assert "nested" in refusal(value)


def test_a_refused_global_leaves_no_trace() -> None:
    lock = threading.Lock()
    one = Plain(a=1)
    one.__class__ = type("Holder", (Plain,), {"guard": [1, [2, lock]], "n": 1})
    assert content_id([one, one]) == content_id([one, one])


def test_a_hasher_of_the_user_replaces_refusal() -> None:
    class Job:
        def __init__(self, command: str) -> None:
            self.command = command
            self.lock = threading.Lock()

    class Special(Job):
        pass

    assert "lock" in refusal(Job("ls"))

    @hashes(Job)
    def _(job: Job) -> str:
        return job.command

    assert content_id(Job("ls")) == content_id(Job("ls"))
    assert len({content_id(v) for v in (Job("ls"), Job("ps"), Special("ls"), "ls")}) == 4


GUARDED = """
import threading
guard = threading.Lock()
def outer(n):
    def helper(x):
        with guard_here:
            return x * n
    guard_here = threading.Lock()
    return helper
helper = outer({})
settings = {{"lock": guard, "scale": {}}}
def f(x):
    with guard:
        return helper(x) * settings["scale"]
"""


def test_code_may_refer_to_what_has_no_content() -> None:
    def made(*numbers: int) -> str:
        return content_id(from_source(GUARDED.format(*numbers), "f"))

    assert made(1, 2) == made(1, 2)
    assert len({made(1, 2), made(3, 2), made(1, 4)}) == 3


def test_ops_are_hashed_by_name_and_function() -> None:
    from mandala_graph.runtime.op import op

    def made(n: int, name: str) -> str:
        source = f"@op(name={name!r})\ndef inner(x):\n    return x + {n}\n\ndef f(x):\n    return inner(x)\n"
        return content_id([from_source(source, "inner", op=op), from_source(source, "f", op=op)])

    assert made(1, "a") == made(1, "a")
    assert len({made(1, "a"), made(2, "a"), made(1, "b")}) == 3
