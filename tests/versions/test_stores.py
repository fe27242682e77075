"""Versions in a store that others share: dropping them, programs of different code at once, and sudden death."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mandala_graph import Storage
from mandala_graph.errors import VersionError
from tests.versions.conftest import Cell, Open, calls

ROOT = Path(__file__).parents[2]
HALF = {
    "calls without their version": "MATCH (c:Call) WHERE c.status = 'ok' AND c.version <> '' AND NOT EXISTS "
    "{ MATCH (v:Version) WHERE v.id = c.version } RETURN count(c) AS n",
    "versions without their op": "MATCH (v:Version) WHERE NOT EXISTS { (v)-[:OF]->(:Op) } RETURN count(v) AS n",
    "versions without components": "MATCH (v:Version) WHERE NOT EXISTS { (v)-[:DEPENDS_ON]->(:Component) } "
    "RETURN count(v) AS n",
    "calls without their op": "MATCH (c:Call) WHERE NOT EXISTS { MATCH (o:Op) WHERE o.name = c.op } RETURN count(c) AS n",
}


def assert_nothing_half(storage: Storage) -> None:
    """Every call has its version, every version its op and exactly the components that its id is made of."""
    from mandala_graph.versions.components import version_id

    for what, query in HALF.items():
        assert storage.query(query)["n"].tolist() == [0], what
    for row in storage.store.versions().values():
        assert row.id == version_id(row.op, tuple(sorted(row.components)))
        assert storage.store.components(row.components).keys() == set(row.components)
    for hid in storage.store.calls_of():
        if storage.get_call(hid).version:
            assert storage.code_of(hid)


def test_a_dropped_version_goes_with_what_only_it_needs(open_storage: Open, cell: Cell) -> None:
    storage = open_storage()
    m = cell("N = 1\ndef h(x):\n    return x\n@op\ndef f(x):\n    return h(x) + N\n@op\ndef g(y):\n    return y\n")
    with storage:
        m.g(m.f(1))
    cell("N = 2\n")
    calls(storage, m.f, 1)
    first, second = storage.versions(m.f).id
    doomed = storage.drop_version(first)
    assert {storage.get_call(h).op.name for h in doomed} == {"f", "g"}
    assert len(storage.versions(m.f)) == 2, "a dry run drops nothing"
    assert storage.drop_version(first[:10], dry_run=False) == doomed
    assert list(storage.versions(m.f).id) == [second]
    sources = set(storage.query("MATCH (c:Component) RETURN c.source AS s")["s"])
    assert "N = 1\n" not in sources
    assert {"N = 2\n", "def h(x):\n    return x\n"} <= sources
    assert_nothing_half(storage)
    with pytest.raises(VersionError, match="no version or component"):
        storage.drop_version(first)
    # code that comes back is computed again, and its version is there again
    cell("N = 1\n")
    assert calls(storage, m.f, 1) == (2, 1)
    assert set(storage.versions(m.f).id) == {first, second}
    assert_nothing_half(storage)
    # another program that knew of the version writes it again
    other = open_storage()
    assert calls(other, m.f, 1) == (2, 0)
    storage.drop_version(first, dry_run=False)
    assert calls(other, m.f, 1) == (2, 1)
    assert_nothing_half(other)


def test_the_graph_says_which_versions_are_active(open_storage: Open, cell: Cell) -> None:
    """Those that hold for the code of the program that last used the op, though it computed nothing."""
    storage = open_storage()

    def active(of: Storage = storage) -> list[bool]:
        rows = of.query("MATCH (v:Version {op: 'f'}) RETURN v.active AS a, v.created AS c ORDER BY c")
        told = [bool(a) for a in rows["a"]]
        assert told == list(of.versions("f").active)
        return told

    m = cell("N = 1\n@op\ndef f(x, loud=False):\n    if loud:\n        h()\n    return x + N\ndef h():\n    return N\n")
    calls(storage, m.f, 1)
    calls(storage, m.f, 1, True)
    assert active() == [True, True], "the versions of both branches hold"
    cell("N = 2\n")
    assert list(storage.versions(m.f).active) == [False, False], "none holds, though no call has run yet"
    storage.explain(m.f, 1)
    assert active() == [True, True], "looking writes nothing"
    calls(storage, m.f, 1)
    assert active() == [False, False, True]
    old = storage.ask("old-versions")
    assert set(old.version) == set(storage.versions("f").id[:2])
    cell("N = 1\n")
    assert calls(storage, m.f, 1) == (2, 0)
    assert active() == [True, True, False], "restored code has its versions back"
    cell("def h():\n    return -N\n")
    assert calls(storage, m.f, 1) == (2, 0)
    assert active() == [True, False, False], "only the branch that runs h is superseded"
    looking = open_storage(read_only=True)
    cell("N = 2\n")
    assert calls(looking, m.f, 1) == (3, 0)
    assert active() == [True, False, False], "who only reads changes nothing"


def test_a_marked_component_stays_while_it_joins_others(open_storage: Open, cell: Cell) -> None:
    storage = open_storage()
    m = cell("N = 1\n@op\ndef f(x):\n    return x + N\n")
    for n in (1, 2, 3):
        cell(f"N = {n}\n")
        calls(storage, m.f, 1)
    one, two, three = storage.versions(m.f).id
    storage.mark_compatible("N", one, two)
    storage.mark_compatible("N", two, three)
    assert calls(storage, m.f, 1) == (4, 0)
    storage.drop_version(two, dry_run=False)
    assert [c.compatible for c in storage.store.changes()] == [True, True], "2 joins 1 and 3"
    storage.drop_version(three, dry_run=False)
    assert calls(storage, m.f, 1) == (2, 0), "1 holds for 3"
    assert_nothing_half(storage)


PROGRAM = """
import sys
from mandala_graph import Storage, op
HOW = {how}
def helper(x):
    return x * HOW
@op
def f(x):
    return helper(x) + {add}
@op
def g(y):
    return y - HOW
storage = Storage(sys.argv[1], commit_interval=0.01)
out = []
for i in range(int(sys.argv[2])):
    with storage:
        out.append(storage.unwrap(g(f(i))))
print(out, sum(int(s["computed"]) for s in storage.stats().values()))
storage.close()
"""


def test_programs_of_different_code_at_once(open_storage: Open, tmp_path: Path) -> None:
    """Each sees its own versions, whatever the others write meanwhile, and each finds its own again."""
    location = open_storage().location
    codes = [(1, 0), (1, 100), (2, 100)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    for again in (False, True):
        running = []
        for how, add in codes:
            folder = tmp_path / f"{how}-{add}"
            folder.mkdir(exist_ok=True)
            (folder / "main.py").write_text(PROGRAM.format(how=how, add=add))
            command = [sys.executable, "main.py", location, "8"]
            running.append(subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True))
        for (how, add), process in zip(codes, running, strict=True):
            out, _ = process.communicate(timeout=120)
            assert process.returncode == 0
            # g is the same for equal HOW; by its contents it may find what the other program computed
            values, ran = out.rsplit(" ", 1)
            assert json.loads(values) == [i * how + add - how for i in range(8)]
            assert int(ran) <= (0 if again else 16)
    storage = open_storage()
    assert {n: len(storage.versions(n)) for n in ("f", "g")} == {"f": 3, "g": 2}
    assert list(storage.versions("f").calls) == [8] * 3
    assert_nothing_half(storage)


DIES = textwrap.dedent(
    """
    import os, signal, sys
    from mandala_graph import Storage, op
    from mandala_graph.versions import tracing

    text = "def h{0}(x):\\n    return x + {0}\\n@op\\ndef f(x):\\n    return h{0}(x)\\n"
    storage = Storage(sys.argv[1], commit_interval=float(sys.argv[3]))
    point, count = sys.argv[2], 0

    def die(*_):
        global count
        count += 1
        if count > 5:  # the first writes of the program go through
            os.kill(os.getpid(), signal.SIGKILL)

    def around(owner, name, before):
        real = getattr(owner, name)
        def method(*args, **kwargs):
            if before:
                die()
            got = real(*args, **kwargs)
            if not before:
                die()
            return got
        setattr(owner, name, method)

    if point == "before the batch":
        around(storage.store, "write", True)
    elif point == "after the batch":
        around(storage.store, "write", False)
    elif point == "version made":
        around(tracing.Trace, "handed", False)
    elif point == "inside the transaction":
        from mandala_graph.store import neo4j_link, sqlite_write
        around(sqlite_write, "_write_calls", True)  # after the versions were written
        around(neo4j_link.neo4j.Transaction, "commit", True)
    print("ready", flush=True)
    for n in range(10_000):
        exec(compile(text.format(n), f"<cell {n}>", "exec"), globals())
        with storage:
            for i in range(5):
                f(i)
        print(n, flush=True)
    """
)
POINTS = ("before the batch", "after the batch", "version made", "inside the transaction")


def kill_one(script: Path, location: str, point: str, interval: float, lines: int) -> None:
    child = subprocess.Popen(
        [sys.executable, str(script), location, point, str(interval)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert child.stdout is not None
    for _ in range(lines + 1):
        child.stdout.readline()
    if not point:
        child.send_signal(signal.SIGKILL)
    child.stdout.read()
    child.stdout.close()
    assert child.wait(60) == -signal.SIGKILL


@pytest.mark.timeout(300)
@pytest.mark.parametrize("interval", [0.0, 0.02])
def test_death_leaves_no_half_of_a_version(open_storage: Open, tmp_path: Path, interval: float) -> None:
    script = tmp_path / "main.py"
    script.write_text(DIES)
    location = open_storage().location
    rng = random.Random(int(interval * 1000))
    for point in POINTS:
        kill_one(script, location, point, interval, 0)
    for _ in range(3):
        kill_one(script, location, "", interval, rng.randrange(1, 12))
    storage = open_storage()
    assert len(storage.versions("f")) > 3
    assert_nothing_half(storage)
    assert storage.verify() == []
