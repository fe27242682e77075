"""Commands that check, clean, drop, migrate and copy stores, and those about keys; on both engines."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mandala_graph import Storage, UntrustedValue, op
from mandala_graph.graph import FORMAT
from tests import engines
from tests.cli.conftest import Shell
from tests.store.copy_stores import open_at
from tests.store.rows import numbered
from tests.store.sample import dump_neo4j, dump_sqlite


def test_verify(shell: Shell, engine: str, tmp_path: Path) -> None:
    assert shell.json("verify") == []
    assert shell.run("verify") == "everything is whole\n"
    folder = tmp_path / "values" if engine == "neo4j" else Path(f"{shell.place}.values")
    cid = shell.refs["big"].cid
    file = folder / cid[:2] / cid
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    (found,) = shell.json("verify", code=1)
    assert (found["kind"], found["id"]) == ("value", cid)
    assert set(found) == {"kind", "id", "text"}
    assert shell.run("verify", code=1).splitlines() == [f"value {cid}: {found['text']}", "1 damaged"]


def test_gc(shell: Shell, engine: str, tmp_path: Path) -> None:
    folder = tmp_path / "values" if engine == "neo4j" else Path(f"{shell.place}.values")
    (folder / "aa").mkdir(exist_ok=True)
    part = folder / "aa" / f"{'a' * 40}.123.x.part"
    part.write_bytes(b"half")
    os.utime(part, (1, 1))
    plan = shell.json("gc")
    assert plan == {
        "dry_run": True, "refs": 0, "values": 0, "value_bytes": 0, "files": 1, "file_bytes": 4, "freed": 0,
    }  # fmt: skip
    assert "nothing was deleted: --yes does it" in shell.run("gc")
    assert part.exists()
    assert {**shell.json("gc", "--yes"), "freed": 0} == {**plan, "dry_run": False}
    assert not part.exists()
    assert shell.json("verify") == []


def test_drop_calls(shell: Shell) -> None:
    maker = shell.json("show", shell.refs["model 0.25"].hid)["made_by"]["call"]
    before = shell.json("info")["counts"]
    assert "delete_dependents" in shell.run("drop", "calls", maker, code=2)
    plan = shell.json("drop", "calls", maker[:12], "--dependents")
    assert plan["dry_run"] is True
    assert len(plan["dropped"]) == 4  # train, test, __make_list__, best
    assert "4 calls would be dropped: --yes does it" in shell.run("drop", "calls", maker, "--dependents")
    assert shell.json("info")["counts"] == before
    assert shell.json("drop", "calls", maker, "--dependents", "--yes") == {**plan, "dry_run": False}
    assert shell.json("info")["counts"]["Call"] == before["Call"] - 4
    assert "no call has an id" in shell.run("drop", "calls", maker, code=1)


def test_drop_values(shell: Shell) -> None:
    big = shell.refs["big"]
    assert shell.json("drop", "values", big.hid) == {"dry_run": True, "dropped": [big.hid]}
    assert shell.json("show", big.hid)["dropped"] is None
    assert shell.run("drop", "values", big.hid[:10], "--yes") == f"{big.hid}\n1 value dropped\n"
    assert abs(shell.json("show", big.hid)["dropped"] - time.time()) < 600
    assert shell.json("verify") == []


def test_drop_a_version(shell: Shell) -> None:
    (version,) = (v["id"] for v in shell.json("versions", "matrix"))
    plan = shell.json("drop", "version", version[:12])
    assert len(plan["dropped"]) == 3
    assert shell.json("drop", "version", version, "--yes") == {**plan, "dry_run": False}
    assert "no version has an id" in shell.run("drop", "version", version, code=1)
    assert shell.json("versions", "matrix") == []
    assert shell.json("verify") == []


def test_migrate(shell: Shell, tmp_path: Path) -> None:
    assert shell.json("migrate") == {"before": FORMAT, "after": FORMAT}
    old = tmp_path / "old.db"
    packed = Path(__file__).parents[1] / "store" / "formats" / "format1.db.gz"
    with gzip.open(packed) as source, old.open("wb") as target:
        shutil.copyfileobj(source, target)
    past = Shell(str(old), {})
    assert "migrate" in past.run("info", code=3)
    assert past.run("migrate") == f"migrated from format 1 to {FORMAT}\n"
    assert past.json("info")["format"] == FORMAT
    assert (tmp_path / "old.db.format1.bak").exists()


@pytest.fixture(params=["sqlite to neo4j", "neo4j to sqlite"])
def places(request: pytest.FixtureRequest, neo4j_server: engines.Server, tmp_path: Path) -> tuple[str, str]:
    pair = (str(tmp_path / "file.db"), neo4j_server.url)
    return pair if request.param == "sqlite to neo4j" else pair[::-1]


def dump(place: str, server: engines.Server, values: Path) -> dict[str, Any]:
    return dump_neo4j(server.uri, server.auth, values) if "://" in place else dump_sqlite(place)


def test_a_copy_killed_in_the_middle_goes_on(
    places: tuple[str, str], neo4j_server: engines.Server, tmp_path: Path, python: str
) -> None:
    source, target = places
    values = tmp_path / "values"
    with closing(open_at(source, values)) as store:
        store.write(numbered(range(4000)))
    if "://" in target:
        words = [source, target, "--target-values", str(values)]
    else:
        words = [source, target]
    command = [python, "-m", "mandala_graph", "copy", *words, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        with closing(open_at(target, values)) as store:
            while store.counts()["Ref"] == 0:
                assert child.poll() is None, child.communicate()
                time.sleep(0.002)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        assert child.returncode == -signal.SIGKILL
    done = subprocess.run(command, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["differences"] == []
    assert report["present"]["Ref"] > 0
    assert report["written"]["Ref"] + report["present"]["Ref"] == 12010
    first, second = (dump(place, neo4j_server, values) for place in places)
    for what in first:
        assert first[what] == second[what], what


def test_ctrl_c_ends_a_copy_with_a_word_and_the_next_one_goes_on(tmp_path: Path, python: str) -> None:
    source, target = str(tmp_path / "a.db"), str(tmp_path / "b.db")
    with closing(open_at(source, "")) as store:
        store.write(numbered(range(4000)))
    # as in a terminal, even where whoever runs the tests has Ctrl-C ignored
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from mandala_graph.cli import main; main()"
    )
    command = [python, "-c", code, "copy", source, target, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        with closing(open_at(target, "")) as store:
            while store.counts()["Ref"] == 0:
                assert child.poll() is None, child.communicate()
                time.sleep(0.002)
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=60)
    assert (child.returncode, errors) == (130, "mandala-graph: interrupted\n")
    report = Shell("", {}).json("copy", source, target)
    assert report["differences"] == []
    assert report["present"]["Ref"] > 0


def test_copy_says_what_it_did(places: tuple[str, str], tmp_path: Path, capfd: Any) -> None:
    source, target = places
    with closing(open_at(source, tmp_path / "values")) as store:
        store.write(numbered(range(3)))
    values = ("--target-values", tmp_path / "values") if "://" in target else ()
    shell = Shell("", {})
    text = shell.run("copy", source, target, *values)
    assert "Call\t3\t0\n" in text
    assert text.endswith("3 B of values copied\nboth stores are equal\n")
    assert shell.json("copy", source, target)["written"]["Call"] == 0
    with closing(open_at(target, tmp_path / "values")) as store:
        store.write(numbered([7]))
    assert "holds what the source does not have" in shell.run("copy", source, target, code=2)
    found = shell.json("copy", source, target, "--merge")
    assert found["differences"] is None
    assert found["source"] != found["target"]


@pytest.fixture
def pickled(tmp_path: Path) -> Callable[[], Any]:
    """A store whose value only pickle keeps, written with another user's key; gives a fresh reader's value."""
    theirs = "5" * 64
    script = (
        "import sys; from mandala_graph import Storage, op\n"
        "class Thing:\n    def __init__(self, x): self.x = x\n"
        "@op\ndef make(x):\n    return Thing(x)\n"
        "with Storage(sys.argv[1]) as storage: make(7)\nstorage.close()"
    )
    place = str(tmp_path / "theirs.db")
    subprocess.run([sys.executable, "-c", script, place], env={**os.environ, "MANDALA_GRAPH_KEY": theirs}, check=True)

    def read() -> Any:
        with closing(Storage(place, read_only=True)) as storage:
            (call,) = storage.calls("make")
            return storage.unwrap(call.outputs["output_0"]).x

    return read


def test_trust(pickled: Callable[[], Any], tmp_path: Path) -> None:
    shell = Shell("", {})
    key = "5" * 64
    (mine,) = shell.json("trust", "list")
    assert mine["name"] == "own"
    own = shell.json("trust", "key")
    assert own["fingerprint"] == mine["fingerprint"]
    assert shell.run("trust", "key").strip() == own["key"]
    with pytest.raises(UntrustedValue):
        pickled()
    assert "bob" in shell.run("trust", "add", "bob", input=key + "\n")
    assert pickled() == 7
    listed = shell.json("trust", "list")
    assert [k["name"] for k in listed] == ["own", "bob"]
    assert key not in shell.run("trust", "list")
    file = Path(os.environ["XDG_CONFIG_HOME"]) / "mandala_graph" / "trusted"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "already, as bob" in shell.run("trust", "add", "robert", input=key, code=2)
    assert "another key already" in shell.run("trust", "add", "bob", input="6" * 64, code=2)
    assert "64 hex characters" in shell.run("trust", "add", "eve", input="no key", code=2)
    assert "is no name" in shell.run("trust", "add", "own", input=key, code=2)
    (tmp_path / "key").write_text("7" * 64)
    shell.run("trust", "add", "ann", "--file", tmp_path / "key")
    assert shell.run("trust", "remove", "bob").startswith("bob (")
    assert [k["name"] for k in shell.json("trust", "list")] == ["own", "ann"]
    with pytest.raises(UntrustedValue):
        pickled()
    assert "no key is called bob" in shell.run("trust", "remove", "bob", code=1)


def test_nothing_that_is_shown_is_unpickled(shell: Shell, tmp_path: Path) -> None:
    """Every command that reads, on a store with a pickle that we ourselves signed: its code does not run."""

    @op
    def trap(place: str) -> Any:
        return Trap(place)

    with shell.open() as storage:
        hid = trap(str(tmp_path / "sprung")).hid
    storage.close()
    call = shell.json("show", hid)["made_by"]["call"]
    for words in (
        ["info"], ["ops"], ["calls"], ["show", hid], ["show", call], ["log"], ["upstream", hid], ["downstream", call],
        ["path", call, hid], ["why", hid], ["code", hid], ["versions"], ["query", "MATCH (r:Ref) RETURN r LIMIT 500"],
        ["ask", "biggest-values"], ["draw"], ["draw", hid], ["export", "--format", "csv"], ["export"], ["verify"],
        ["gc"], ["drop", "calls", call], ["drop", "values", hid],
    ):  # fmt: skip
        shell.run(*words)
        shell.run(*words, env={"FORCE_COLOR": "1"})
    assert not (tmp_path / "sprung").exists()
    with closing(shell.open()) as storage:  # the trap works
        storage.unwrap(storage.load_ref(hid))
    assert (tmp_path / "sprung").exists()


class Trap:
    def __init__(self, place: str) -> None:
        self.place = place

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        Path(self.place).touch()
