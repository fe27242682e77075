"""What a SQLite store says and keeps when its file, folder or disk fails it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mandala_graph.errors import (
    StoreCorrupt,
    StoreFormatError,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
    UnsupportedCypher,
)
from mandala_graph.graph import FORMAT
from mandala_graph.store import sqlite_migrate
from mandala_graph.store.protocol import Batch
from mandala_graph.store.sqlite import SQLiteStore
from tests.store.rows import a_batch, a_ref, an_id, numbered
from tests.store.test_sqlite_processes import ROOT
from tests.store.test_writes import assert_whole


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with the calls 0..9, closed."""
    place = tmp_path / "s.db"
    store = SQLiteStore(place)
    store.write(numbered(range(10)))
    store.close()
    return place


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here (needs root): {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def as_nobody(code: str, *arguments: object) -> str:
    """Run code in a process without root's rights; what it prints."""
    drop = "import os, sys\nif os.getuid() == 0:\n    os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    # What is imported must be in memory before the rights go: the sources may be root's own.
    imports = "from mandala_graph.store.sqlite import SQLiteStore\nfrom tests.store.rows import numbered\n"
    done = subprocess.run(
        [sys.executable, "-c", imports + drop + code, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that users other than root can reach, too."""
    import tempfile

    place = Path(tempfile.mkdtemp())
    place.chmod(0o777)
    yield place
    shutil.rmtree(place)


def test_a_full_disk_takes_nothing_half_and_goes_on_when_there_is_space(small_disk: Path) -> None:
    store = SQLiteStore(small_disk / "s.db")
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 1_000_000)
    number = 0
    with pytest.raises(StoreFull, match="free some space"):
        for number in range(0, 100_000, 200):
            store.write(numbered(range(number, number + 200)))
    assert number > 0
    assert len(store.calls_of()) == number
    ballast.unlink()
    store.write(numbered(range(number, number + 200)))
    assert_whole(store, set(range(number + 200)))
    store.close()


def test_a_large_value_that_finds_no_space_leaves_nothing(small_disk: Path) -> None:
    store = SQLiteStore(small_disk / "s.db")
    with pytest.raises(StoreFull):
        store.put_value(an_id("v"), [b"x" * 5_000_000])
    assert store.get_value(an_id("v")) is None
    assert list(store.iter_values()) == []
    store.put_value(an_id("v"), [b"x" * 500_000])
    store.write(a_batch([a_ref("v")]))
    assert store.get_value(an_id("v")) is not None
    store.close()


def test_no_space_to_make_a_store(small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(b"x" * (3 << 20))
    with pytest.raises(StoreFull):
        SQLiteStore(small_disk / "s.db")
    (small_disk / "ballast").unlink()
    store = SQLiteStore(small_disk / "s.db")
    assert store.counts()["Store"] == 1
    store.close()


def test_a_file_without_permission_to_write(open_folder: Path) -> None:
    place = open_folder / "s.db"
    store = SQLiteStore(place)
    store.write(numbered([1]))
    store.close()
    place.chmod(0o644)
    if os.getuid() != 0:
        place.chmod(0o444)
    said = as_nobody(
        "store = SQLiteStore(sys.argv[1])\n"
        "print(len(store.calls_of()))\n"
        "try:\n    store.write(numbered([2]))\nexcept Exception as e:\n    print(type(e).__name__, e)\n",
        place,
    )
    assert said.startswith("1\nStoreReadOnly ")
    assert str(place) in said


def test_a_file_without_permission_to_read(open_folder: Path) -> None:
    place = open_folder / "s.db"
    SQLiteStore(place).close()
    place.chmod(0o000)
    said = as_nobody(
        "try:\n    SQLiteStore(sys.argv[1])\nexcept Exception as e:\n    print(type(e).__name__, e)\n", place
    )
    assert said.startswith("StoreReadOnly ")
    assert "permission" in said


def test_a_folder_without_permission(open_folder: Path) -> None:
    open_folder.chmod(0o755)
    if os.getuid() != 0:
        open_folder.chmod(0o555)
    said = as_nobody(
        "try:\n    SQLiteStore(sys.argv[1])\nexcept Exception as e:\n    print(type(e).__name__, e)\n",
        open_folder / "s.db",
    )
    assert said.startswith("StoreReadOnly ")
    assert "folder" in said


def test_read_only_reads_and_never_writes(path: Path) -> None:
    store = SQLiteStore(path, read_only=True)
    assert len(store.calls_of()) == 10
    for write in (
        lambda: store.write(numbered([11])),
        lambda: store.put_value(an_id("v"), [b"1"]),
        lambda: store.drop_values([an_id("v")], 1.0),
        lambda: store.forget_values([an_id("v")]),
        lambda: store.delete(),
        lambda: store.vacuum(),
    ):
        with pytest.raises(StoreReadOnly, match="read_only=True"):
            write()
    store.close()


def test_read_only_in_a_folder_that_takes_no_writes(open_folder: Path) -> None:
    place = open_folder / "s.db"
    store = SQLiteStore(place)
    store.write(numbered([1, 2]))
    store.close()
    open_folder.chmod(0o555)
    said = as_nobody(
        "store = SQLiteStore(sys.argv[1], read_only=True)\n"
        "print(len(store.calls_of()), os.listdir(os.path.dirname(sys.argv[1])))\n",
        place,
    )
    assert said == "2 ['s.db']\n"
    open_folder.chmod(0o777)


def test_a_missing_store_folder_or_a_folder_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(StoreUnreachable, match=r"folder .*nowhere does not exist"):
        SQLiteStore(tmp_path / "nowhere" / "s.db")
    with pytest.raises(StoreUnreachable, match="there is no store at"):
        SQLiteStore(tmp_path / "s.db", create=False)
    with pytest.raises(StoreUnreachable, match="there is no store at"):
        SQLiteStore(tmp_path / "s.db", read_only=True)
    with pytest.raises(StoreUnreachable, match="is a folder"):
        SQLiteStore(tmp_path)
    assert list(tmp_path.iterdir()) == [tmp_path / p for p in os.listdir(tmp_path)]
    assert not (tmp_path / "s.db").exists()


@pytest.mark.parametrize("name", ["a b.db", "ä?.db", "50%.db", "#1.db", "q'uo\"te.db", "x?mode=memory"])
def test_any_name_of_a_file(tmp_path: Path, name: str) -> None:
    store = SQLiteStore(tmp_path / name)
    store.write(numbered([1]))
    store.close()
    assert (tmp_path / name).stat().st_size > 0
    again = SQLiteStore(tmp_path / name, create=False)
    assert_whole(again, {1})
    again.close()


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    """Somebody was killed while making it."""
    (tmp_path / "s.db").touch()
    with pytest.raises(StoreUnreachable, match="is empty"):
        SQLiteStore(tmp_path / "s.db", read_only=True)
    store = SQLiteStore(tmp_path / "s.db")
    store.write(numbered([1]))
    assert_whole(store, {1})
    store.close()


@pytest.mark.parametrize("content", [b"Dear diary, ", b"\x89PNG\r\n\x1a\n", b"SQLite format 3\0"])
def test_a_file_that_is_no_store_is_left_alone(tmp_path: Path, content: bytes) -> None:
    place = tmp_path / "s.db"
    place.write_bytes(content * 500)
    with pytest.raises(StoreCorrupt, match="choose another path"):
        SQLiteStore(place)
    assert place.read_bytes() == content * 500


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "s.db"
    with contextlib.closing(sqlite3.connect(place)) as other:
        other.execute("CREATE TABLE ref (hid TEXT)")
    before = place.read_bytes()
    with pytest.raises(StoreCorrupt, match="another program"):
        SQLiteStore(place)
    assert place.read_bytes() == before


def test_a_damaged_file_is_said_to_be_damaged(path: Path) -> None:
    store = SQLiteStore(path)
    store.write(numbered(range(2000)))
    store.vacuum()
    store.close()
    data = bytearray(path.read_bytes())
    for start in range(8 * 4096, len(data), 4096):
        data[start : start + 200] = os.urandom(200)
    path.write_bytes(data)
    with pytest.raises(StoreCorrupt, match="Restore it from a copy"):
        read_all(path)


def read_all(path: Path) -> None:
    with contextlib.closing(SQLiteStore(path)) as store:
        store.calls(store.calls_of())


def test_a_file_cut_short_is_said_to_be_damaged(path: Path) -> None:
    os.truncate(path, 5 * 4096)
    with pytest.raises(StoreCorrupt):
        read_all(path)


def set_format(path: Path, number: int) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {number}")


def test_a_newer_format_is_refused(path: Path) -> None:
    set_format(path, FORMAT + 1)
    with pytest.raises(StoreFormatError, match="pip install --upgrade"):
        SQLiteStore(path)
    with pytest.raises(StoreFormatError, match="newer"):
        SQLiteStore(path, read_only=True)


def test_an_older_format_without_a_way_up_is_refused(path: Path) -> None:
    set_format(path, 0)
    before = path.read_bytes()
    with pytest.raises(StoreFormatError, match="the release of mandala_graph that wrote it"):
        SQLiteStore(path)
    assert path.read_bytes() == before


def test_an_older_format_is_migrated_after_a_copy(path: Path, tmp_path: Path) -> None:
    def migrate(steps: dict[int, list[str]]) -> None:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            sqlite_migrate.migrate(connection, str(path), FORMAT, False, steps, FORMAT + 2)

    with pytest.raises(sqlite3.OperationalError):
        migrate({FORMAT: ["ALTER TABLE ref ADD COLUMN tried TEXT"], FORMAT + 1: ["DELETE FROM nothing"]})
    store = SQLiteStore(path)  # still what it was
    assert_whole(store, set(range(10)))
    store.close()
    migrate({FORMAT: ["ALTER TABLE ref ADD COLUMN colour TEXT"], FORMAT + 1: ["UPDATE ref SET colour = 'red'"]})
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (FORMAT + 2,)
        assert connection.execute("SELECT DISTINCT colour FROM ref").fetchall() == [("red",)]
        assert connection.execute("SELECT format FROM store").fetchall() == [(FORMAT + 2,)]
        assert "tried" not in {row[1] for row in connection.execute("PRAGMA table_info(ref)")}
    backup = SQLiteStore(tmp_path / f"s.db.format{FORMAT}.bak", create=False)
    assert_whole_graph(backup)
    backup.close()
    with pytest.raises(StoreFormatError, match="newer"):
        SQLiteStore(path)


def assert_whole_graph(store: SQLiteStore) -> None:
    assert set(store.calls_of()) == set(numbered(range(10)).calls)


@pytest.mark.parametrize("how", ["deleted", "replaced", "folder deleted"])
def test_a_file_that_goes_while_it_is_open(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    place = folder / "s.db"
    store = SQLiteStore(place)
    store.write(numbered(range(5)))
    if how == "folder deleted":
        shutil.rmtree(folder)
    else:
        place.rename(folder / "elsewhere.db")
    if how == "replaced":
        for beside in ("-wal", "-shm"):
            (folder / f"s.db{beside}").unlink()
        SQLiteStore(place).close()
    for _ in range(2):  # trying again does not help, and says so again
        with pytest.raises(StoreUnreachable, match="deleted or replaced"):
            store.write(numbered(range(5, 10)))
    if how == "deleted":
        (folder / "elsewhere.db").rename(place)
        store.write(numbered(range(5, 10)))
        assert_whole(store, set(range(10)))
    store.close()
    if how == "replaced":
        new = SQLiteStore(place, create=False)
        assert new.counts()["Call"] == 0
        new.close()


def test_a_large_value_whose_file_is_gone_is_none(path: Path) -> None:
    store = SQLiteStore(path)
    store.put_value(an_id("v"), [b"x" * 300_000])
    store.write(Batch())
    shutil.rmtree(store.info().values)
    assert store.get_value(an_id("v")) is None
    assert store.has_values([an_id("v")]) == set()
    store.close()


def test_the_clock_may_go_back(path: Path) -> None:
    """Order is the order of writing, whatever the times say."""
    store = SQLiteStore(path)
    batch = numbered([10])
    ((hid, call),) = batch.calls.items()
    batch.calls[hid] = call._replace(started=-5.0)
    store.write(batch)
    assert store.calls_of()[-1] == hid
    assert store.prefetch("sum_product", 1)[0][0].hid == hid
    store.close()


def test_cypher_outside_the_subset_is_named(path: Path) -> None:
    store = SQLiteStore(path)
    assert len(store.query("MATCH (c:Call) RETURN c.hid", {}).rows) == len(store.calls_of())
    with pytest.raises(UnsupportedCypher, match="Neo4j"):
        store.query("CREATE (c:Call {hid: 'x'})", {})
    store.close()
