"""Programs that delete while others compute and read: no value is wrong, nothing is left damaged, errors say what to do."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mandala_graph import MDict, MList, MSet, Storage, ValueMissing, op

Open = Callable[..., Storage]

PROGRAM = textwrap.dedent(
    """
    import logging, random, sys
    import numpy as np
    from typing import Any
    from mandala_graph import MandalaGraphError, MList, Storage, UsageError, op

    @op
    def inc(x: int) -> int:
        return x + 1

    @op
    def mul(x: int, y: int) -> int:
        return x * y

    @op
    def upto(n: int) -> MList[int]:
        return list(range(n))

    @op
    def total(xs: MList[int]) -> int:
        return sum(xs)

    @op
    def filled(n: int) -> Any:
        return np.full(9000, n)  # so large that its bytes are a file

    @op
    def first(a: Any) -> int:
        return int(a[0])

    location, role, seed, rounds = sys.argv[1:]
    logging.disable(logging.WARNING)
    rng = random.Random(int(seed))
    storage = Storage(location, commit_interval=rng.choice([0, 0.05, 0.5]))
    answered = 0

    def step():
        k = rng.randrange(40)
        a = inc(k)
        b = mul(a, inc(a))
        for ref, right in [
            (b, (k + 1) * (k + 2)),
            (total(upto(k % 7)), sum(range(k % 7))),
            (total([a, b, 3]), (k + 1) * (k + 3) + 3),
            (first(filled(k)), k),
        ]:
            assert storage.unwrap(ref) == right, (ref, storage.unwrap(ref), right)
        if role == "delete":
            what = rng.random()
            if what < 0.2:
                calls = storage.calls(rng.choice([inc, mul, upto, total, filled, first]))
                if calls:
                    storage.drop_calls(rng.choice(calls), delete_dependents=True)
            elif what < 0.25:
                storage.drop_values([filled(k)])
            elif what < 0.3:
                storage.cleanup_refs()
            elif what < 0.32:
                storage.gc()
        elif role == "read" and rng.random() < 0.2:
            storage.cf(rng.choice([inc, mul, total, first])).expand_all().df()
            storage.get_ref_creator(b)
            storage.get_consumers(a)
            storage.query("MATCH (c:Call)-[:OUTPUT]->(r)-[:INPUT]->(d) RETURN c, r, d LIMIT 50")

    for _ in range(int(rounds)):
        try:
            with storage:
                for _ in range(10):
                    step()
                    answered += 1
        except (MandalaGraphError, UsageError):
            pass  # something it held was deleted: it is told so, and begins anew
    storage.close()
    print(answered)
    """
)


@op
def filled(n: int) -> Any:
    return np.full(90_000, n)


def test_no_value_is_wrong_while_others_delete(open_storage: Open, tmp_path: Path) -> None:
    location = open_storage().location
    rounds = 15 if location.startswith("bolt") else 120
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    children = [
        subprocess.Popen(
            [sys.executable, str(program), location, role, str(seed), str(rounds)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed, role in enumerate(["delete", "delete", "read", "compute"])
    ]
    outcomes = [child.communicate(timeout=300) for child in children]
    assert [(child.returncode, err) for child, (_, err) in zip(children, outcomes, strict=True)] == [(0, "")] * 4
    assert all(int(out) > rounds for out, _ in outcomes)  # most of what they asked for was answered
    assert open_storage().verify() == []


def test_a_structure_whose_elements_are_not_all_there_is_not_given_as_if_it_were_whole(open_storage: Open) -> None:
    @op
    def upto(n: int) -> MList[int]:
        return list(range(n))

    @op
    def squares(n: int) -> MDict[str, int]:
        return {str(i): i * i for i in range(n)}

    @op
    def letters(text: str) -> MSet[str]:
        return set(text)

    with open_storage():
        made = [upto(4), squares(4), letters("abcd")]
    for ref in made:
        other = open_storage()
        part = next(c for c in other.calls() if c.op.name.endswith("getitem__") and ref in c.inputs.values())
        other.store.delete(calls=[part.hid])
        with pytest.raises(ValueMissing, match="some elements of"):
            other.unwrap(other.load_ref(ref.hid))


def test_bytes_that_a_program_has_not_named_yet_are_not_cleaned_away(open_storage: Open) -> None:
    storage, other = open_storage(commit_interval=3600), open_storage()
    with storage:
        ref = filled(3)  # its bytes are there, its row is not
        assert other.cleanup_refs() == 0
        assert other.gc().values == 0
        storage.commit()
    later = open_storage()
    assert later.unwrap(later.load_ref(ref.hid))[0] == 3
    assert later.verify() == []
    later.drop_calls(later.calls(filled))
    later.cleanup_refs()
    assert list(later.store.iter_values()) == []  # those that had a ref go at once


def test_bytes_that_are_deleted_before_they_are_named_count_as_dropped(open_storage: Open) -> None:
    storage, other = open_storage(commit_interval=3600), open_storage()
    with storage:
        ref = filled(3)
        assert other.store.forget_values([ref.cid]) == 1
        storage.commit()
    assert other.verify() == []
    with open_storage() as later:
        assert later.unwrap(filled(3))[0] == 3  # runs again
    assert other.verify() == []


@pytest.mark.parametrize("dependents", [True, False])
def test_what_is_written_while_calls_are_dropped_is_dropped_with_them(open_storage: Open, dependents: bool) -> None:
    @op
    def base(x: int) -> int:
        return x + 1

    storage, other = open_storage(), open_storage()
    with storage:
        one = base(1)
    with other:
        two = other.load_ref(one.hid)
    descendants, late = storage.store.descendants, []

    def asked(hids: Any) -> Any:
        found = descendants(hids)
        if not late:  # between the question and the deletion
            with other:
                late.append(base(two))
        return found

    storage.store.descendants = asked  # type: ignore[method-assign]
    if dependents:
        assert len(storage.drop_calls(storage.get_ref_creator(one), delete_dependents=True)) == 2
        assert other.calls() == []
    else:
        with pytest.raises(Exception, match="1 other calls used what these calls made"):
            storage.drop_calls(storage.get_ref_creator(one))
        assert len(other.calls()) == 2
    assert other.verify() == []


KILLED = textwrap.dedent(
    """
    import os, signal, sys
    from mandala_graph import Storage
    from mandala_graph.store.blobs import FolderBlobs

    storage = Storage(sys.argv[1])
    (ref,) = [r for c in storage.calls() for r in c.outputs.values()]
    FolderBlobs.delete = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    storage.drop_values([ref])
    """
)


def test_a_program_killed_while_it_drops_values_leaves_no_promise_of_what_is_gone(
    open_storage: Open, tmp_path: Path
) -> None:
    with open_storage() as storage:
        filled(3)
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    assert subprocess.run([sys.executable, str(script), storage.location]).returncode == -signal.SIGKILL
    later = open_storage()
    (ref,) = [r for c in later.calls(filled) for r in c.outputs.values()]
    row = later.store.refs([ref.hid])[ref.hid]
    assert row.dropped is not None
    assert later.verify() == []
    assert later.gc(older=0).values == 1  # its bytes, which nobody reads
