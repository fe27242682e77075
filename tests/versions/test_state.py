"""Versions within one process: redefinition, reload, patches, policies, marks, history, and what a trace sees."""

from __future__ import annotations

import builtins
import importlib
import os
import subprocess
import sys
import textwrap
import threading
import time
import types
from pathlib import Path
from typing import Any

import pytest

from mandala_graph import RecomputationRefused, Storage, op
from mandala_graph.errors import UsageError, VersionError
from mandala_graph.versions import Change, History, Marks, env, track
from tests.versions.conftest import Cell, Open, calls, computed


def test_a_redefined_helper_is_noticed(storage: Storage, cell: Cell) -> None:
    m = cell("def h(x):\n    return x + 1\n@op\ndef f(x):\n    return h(x)\n")
    assert calls(storage, m.f, 1) == (2, 1)
    assert calls(storage, m.f, 1) == (2, 0)
    cell("def h(x):\n    return x + 2\n")
    assert calls(storage, m.f, 1) == (3, 1)
    cell("def h(x):\n    return x + 1  # back\n")
    assert calls(storage, m.f, 1) == (2, 0)


def test_a_redefined_op_is_noticed_within_a_block(storage: Storage, cell: Cell) -> None:
    m = cell("@op\ndef f(x):\n    return x + 1\n")
    with storage:
        assert storage.unwrap(m.f(1)) == 2
        cell("@op\ndef f(x):\n    return x + 2\n")
        assert storage.unwrap(m.f(1)) == 3


def test_what_is_bound_anew_is_noticed_at_the_next_call(storage: Storage, cell: Cell) -> None:
    m = cell(
        "N = 1\nclass A:\n    def m(self, x):\n        return x\ndef h(x):\n    return A().m(x) + N\n"
        "@op\ndef f(x):\n    return h(x)\n"
    )
    with storage:
        assert storage.unwrap(m.f(1)) == 2
        m.N = 2
        assert storage.unwrap(m.f(1)) == 3, "data"
        m.N = 2.0
        assert repr(storage.unwrap(m.f(1))) == "3.0", "data that is equal"
        m.N = 1
        assert storage.unwrap(m.f(1)) == 2
        assert computed(storage, "f") == 3, "back again"
        old = m.h
        cell("def h(x):\n    return x + 10\n")
        assert storage.unwrap(m.f(1)) == 11, "a function"
        m.h = old
        assert storage.unwrap(m.f(1)) == 2
        m.A.m = lambda self, x: -x  # type: ignore[attr-defined]
        assert storage.unwrap(m.f(1)) == 0, "a method"
        m.unrelated = 5
        assert storage.unwrap(m.f(1)) == 0
        assert computed(storage, "f") == 5, "a name that no call uses"


def test_many_names_are_looked_at_now_and_then(storage: Storage, cell: Cell) -> None:
    names = [f"h{i}" for i in range(60)]
    text = "".join(f"def {n}(x):\n    return x\n" for n in names)
    m = cell(f"{text}@op\ndef f(x):\n    return {' + '.join(f'{n}(x)' for n in names)}\n")
    with storage:
        assert storage.unwrap(m.f(1)) == 60
        m.h7 = lambda x: 10 * x
        deadline = time.monotonic() + 60
        while storage.unwrap(m.f(1)) == 60 and time.monotonic() < deadline:
            pass
        assert storage.unwrap(m.f(1)) == 69


def test_a_global_changed_between_blocks(storage: Storage, cell: Cell) -> None:
    m = cell("CONFIG = {'lr': 1}\n@op\ndef f(x):\n    return x * CONFIG['lr']\n")
    assert calls(storage, m.f, 1) == (1, 1)
    m.CONFIG["lr"] = 2
    assert calls(storage, m.f, 1) == (2, 1)
    m.CONFIG["lr"] = 1
    assert calls(storage, m.f, 1) == (1, 0)


def test_what_changes_within_a_block_is_recorded_as_what_ran(storage: Storage, cell: Cell) -> None:
    m = cell("CONFIG = {'lr': 1}\ndef h(x):\n    return x\n@op\ndef f(x):\n    return h(x) * CONFIG['lr']\n")
    with storage:
        m.f(1)
        m.CONFIG["lr"] = 2
        assert storage.unwrap(m.f(2)) == 4
        cell("def h(x):\n    return -x\n")
        assert storage.unwrap(m.f(3)) == -6
    cell("def h(x):\n    return x\n")
    m.CONFIG["lr"] = 1
    assert [calls(storage, m.f, x) for x in (1, 2, 3)] == [(1, 0), (2, 1), (3, 1)]
    m.CONFIG["lr"] = 2
    assert [calls(storage, m.f, x) for x in (1, 2, 3)] == [(2, 1), (4, 0), (6, 1)]


def test_reload_and_monkey_patch(storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    source = tmp_path / "reloaded_here.py"
    source.write_text("from mandala_graph import op\ndef h(x):\n    return x + 1\n@op\ndef f(x):\n    return h(x)\n")
    monkeypatch.delitem(sys.modules, "reloaded_here", raising=False)
    module = importlib.import_module("reloaded_here")
    assert calls(storage, module.f, 1) == (2, 1)
    source.write_text(source.read_text().replace("x + 1", "x + 20"))
    assert calls(storage, module.f, 1) == (2, 0)  # the file changed, the running code did not
    importlib.invalidate_caches()
    importlib.reload(module)
    assert calls(storage, module.f, 1) == (21, 1)
    with monkeypatch.context() as patch:
        patch.setattr(module, "h", lambda x: x - 1)
        assert calls(storage, module.f, 1) == (0, 1)
    assert calls(storage, module.f, 1) == (21, 0)


def test_a_file_edited_while_the_program_runs_does_not_mark_old_results_as_new(
    open_storage: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    source = tmp_path / "edited_here.py"
    source.write_text("from mandala_graph import op\n@op\ndef f(x):\n    return x + 1\n")
    monkeypatch.delitem(sys.modules, "edited_here", raising=False)
    module = importlib.import_module("edited_here")
    source.write_text(source.read_text().replace("x + 1", "x + 2"))
    with open_storage() as storage:
        assert storage.unwrap(module.f(1)) == 2
    importlib.invalidate_caches()
    importlib.reload(module)
    with storage:
        assert storage.unwrap(module.f(1)) == 3
    storage.close()


def test_a_patched_method(storage: Storage, cell: Cell) -> None:
    m = cell("class A:\n    def m(self, x):\n        return x + 1\n@op\ndef f(x):\n    return A().m(x)\n")
    assert calls(storage, m.f, 1) == (2, 1)
    m.A.m = lambda self, x: x + 5
    assert calls(storage, m.f, 1) == (6, 1)


def test_only_the_branch_that_ran_counts(storage: Storage, cell: Cell) -> None:
    m = cell(
        """
        def scale(x):
            return x * 10
        @op
        def f(x, scaled):
            ran.append(x)
            return scale(x) if scaled else x
        """
    )
    assert calls(storage, m.f, 1, False) == (1, 1)
    assert calls(storage, m.f, 1, True) == (10, 1)
    cell("def scale(x):\n    return x * 20\n")
    assert calls(storage, m.f, 1, False) == (1, 0)
    assert calls(storage, m.f, 1, True) == (20, 1)


def test_an_answer_from_a_cache_depends_on_what_filled_it(storage: Storage, cell: Cell) -> None:
    m = cell(
        """
        CACHE = {}
        def slow(x):
            return x + 1
        @op
        def f(x, y):
            if x not in CACHE:
                CACHE[x] = slow(x)
            return CACHE[x] * y
        """
    )
    assert calls(storage, m.f, 1, 1) == (2, 1)
    assert calls(storage, m.f, 1, 2) == (4, 1)  # slow was not entered
    cell("def slow(x):\n    return x + 10\nCACHE.clear()\n")
    assert calls(storage, m.f, 1, 2) == (22, 1)


def test_data_that_calls_change_do_not_count(storage: Storage, cell: Cell) -> None:
    m = cell("class Count:\n    n = 0\nCOUNT = Count()\n@op\ndef f(x):\n    COUNT.n += 1\n    return x\n")
    assert [calls(storage, m.f, i)[1] for i in (1, 2, 1, 2, 3, 1)] == [1, 1, 0, 0, 1, 0]


def test_a_worker_thread_is_seen_or_everything_counts(storage: Storage, cell: Cell) -> None:
    m = cell(
        """
        from concurrent.futures import ThreadPoolExecutor
        def h(x):
            return x + 1
        @op
        def f(x):
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(globals()["h"], x).result()
        """
    )
    assert calls(storage, m.f, 1) == (2, 1)
    cell("def h(x):\n    return x + 2\n")
    assert calls(storage, m.f, 1) == (3, 1)


def test_another_profiler_is_left_alone(storage: Storage, cell: Cell) -> None:
    m = cell("def h(x):\n    return x + 1\n@op\ndef f(x):\n    return h(x)\n")
    seen: list[str] = []

    def profiler(frame: Any, event: str, arg: Any) -> None:
        seen.append(frame.f_code.co_name)

    before = sys.getprofile()
    sys.setprofile(profiler)
    try:
        assert calls(storage, m.f, 1)[1] == 1
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(before)
    assert "h" in seen
    cell("def h(x):\n    return x + 2\n")
    assert calls(storage, m.f, 1) == (3, 1)


def test_threads_that_trace_at_once(storage: Storage, cell: Cell) -> None:
    m = cell(
        "def a(x):\n    return x + 1\ndef b(x):\n    return x + 1\n@op\ndef f(x):\n    return a(x)\n"
        "@op\ndef g(x):\n    return b(x)\n"
    )
    with storage:
        threads = [
            threading.Thread(target=lambda o=o: [o(i) for i in range(40)])
            for o in (m.f, m.g, m.f, m.g)  # type: ignore[misc]
        ]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    cell("def a(x):\n    return x + 2\n")
    assert [calls(storage, m.f, i) for i in (0, 39)] == [(2, 1), (41, 1)]


def test_new_argument_falls_back_on_calls_from_before_it(storage: Storage, cell: Cell) -> None:
    m = cell("@op\ndef f(x):\n    return x + 1\n")
    assert calls(storage, m.f, 1) == (2, 1)
    cell("@op\ndef f(x, k=NewArgDefault(1)):\n    return x + k\n")
    assert calls(storage, m.f, 1) == (2, 0)
    assert calls(storage, m.f, 1, 5) == (6, 1)
    cell("@op\ndef f(x, k=NewArgDefault(1), j=NewArgDefault(0)):\n    return x + k + j\n")
    assert calls(storage, m.f, 1) == (2, 0)
    assert calls(storage, m.f, 1, 5) == (6, 0)
    assert calls(storage, m.f, 1, 5, 1) == (7, 1)


def test_a_new_argument_falls_back_whatever_the_versions_in_between(storage: Storage, cell: Cell) -> None:
    m = cell("def h(x):\n    return x + 1\n@op\ndef f(x):\n    return h(x)\n")
    assert [calls(storage, m.f, x) for x in (1, 2)] == [(2, 1), (3, 1)]
    cell("def h(x):\n    return x + 10\n")
    assert calls(storage, m.f, 1) == (11, 1)
    text = "@op\ndef f(x, k=NewArgDefault(0)):\n    return h(x) + {}k\n"
    cell(text.format(""))
    assert [calls(storage, m.f, x) for x in (1, 2)] == [(11, 0), (3, 0)], "the newest from before it"
    assert [calls(storage, m.f, x, 7) for x in (1, 2)] == [(18, 1), (19, 1)]
    cell(text.format("2 * ") + "def h(x):\n    return x\n")
    assert [calls(storage, m.f, x) for x in (1, 2)] == [(11, 0), (3, 0)]
    assert calls(storage, m.f, 1, 7) == (15, 1), "its code changed"
    cell("@op\ndef f(x, k=NewArgDefault(0), j=NewArgDefault('a')):\n    return h(x) + 2 * k + len(j) - 1\n")
    assert [calls(storage, m.f, x) for x in (1, 2)] == [(11, 0), (3, 0)]
    assert calls(storage, m.f, 1, 7) == (15, 0), "from before the second one"
    assert calls(storage, m.f, 1, 0, "bc") == (2, 1)


# -- policies


class Answers:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
        self.answers = list(answers)
        self.prompts: list[str] = []
        monkeypatch.setattr(builtins, "input", self)

    def __call__(self, prompt: str = "") -> str:
        self.prompts.append(prompt)
        return self.answers.pop(0)


def test_ask_names_each_changed_component_once(
    open_storage: Open, cell: Cell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    storage = open_storage(on_change="ask")
    m = cell("N = 1\ndef h(x):\n    return x\n@op\ndef f(x):\n    return h(x) + N\n")
    said = Answers(monkeypatch)
    assert calls(storage, m.f, 1) == (2, 1)
    cell("N = 2\ndef h(x):\n    return -x\n")
    said.answers = ["perhaps", "y", "yes"]
    with storage:
        assert storage.unwrap(m.f(1)) == 1
        m.f(2)
    assert [p.split()[0] for p in said.prompts] == ["N", "N", "h"]
    shown = capsys.readouterr().err
    assert "-N = 1\n+N = 2\n" in shown
    assert "-    return x\n+    return -x\n" in shown
    cell("N = 1\ndef h(x):\n    return x\n")
    assert calls(storage, m.f, 1) == (2, 0), "back in time: nothing is asked, nothing runs"
    storage.close()


def test_ask_no_marks_the_change_as_compatible(open_storage: Open, cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = open_storage(on_change="ask")
    m = cell("N = 1\n@op\ndef f(x):\n    return x + N\n")
    Answers(monkeypatch, "n", "a")
    assert calls(storage, m.f, 1) == (2, 1)
    cell("N = 2\n")
    assert calls(storage, m.f, 1) == (2, 0)
    assert calls(storage, m.f, 5) == (7, 1)
    cell("N = 3\n")
    with pytest.raises(RecomputationRefused, match="N changed"), storage:
        m.f(1)
    storage.close()


def test_nobody_to_ask_is_a_clear_error(open_storage: Open, cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = open_storage(on_change="ask")
    m = cell("N = 1\n@op\ndef f(x):\n    return x + N\n")
    calls(storage, m.f, 1)
    cell("N = 2\n")

    def nobody(prompt: str = "") -> str:
        raise EOFError

    monkeypatch.setattr(builtins, "input", nobody)
    with pytest.raises(RecomputationRefused, match="nobody to ask"), storage:
        m.f(1)
    storage.close()


def test_keep_reuses_whatever_was_computed(open_storage: Open, cell: Cell) -> None:
    storage = open_storage(on_change="keep")
    m = cell("@op\ndef f(x):\n    return x + 1\n")
    assert calls(storage, m.f, 1) == (2, 1)
    cell("@op\ndef f(x):\n    return x + 2\n")
    assert calls(storage, m.f, 1) == (2, 0)
    assert calls(storage, m.f, 2) == (4, 1)
    storage.close()


def test_a_function_decides(open_storage: Open, cell: Cell) -> None:
    seen: list[Change] = []

    def decide(change: Change) -> str:
        seen.append(change)
        return "keep" if "log" in change.new_source else "recompute"

    storage = open_storage(on_change=decide)
    m = cell("def h(x):\n    return x\n@op\ndef f(x):\n    return h(x)\n")
    assert calls(storage, m.f, 1) == (1, 1)
    cell("def h(x):\n    return x + 1\n")
    assert calls(storage, m.f, 1) == (2, 1)
    assert [c.key.name for c in seen] == ["h"]
    storage.close()
    with pytest.raises(UsageError, match="on_change"):
        open_storage(on_change="sometimes")


def test_marks_only_widen_and_can_be_taken_back() -> None:
    saved = []
    marks = Marks(save=saved.append)
    marks.mark("a", "b")
    marks.mark("b", "c")
    assert marks.compatible("a") == {"b", "c"}
    assert marks.compatible("c") == {"a", "b"}
    marks.mark("a", "b", compatible=False)
    assert marks.compatible("a") == set()
    assert marks.compatible("c") == {"b"}
    assert [(m.old, m.new, m.compatible) for m in saved] == [("a", "b", True), ("b", "c", True), ("a", "b", False)]
    assert all(m.at > 0 for m in saved)


# -- stated by hand


def test_environment_variable(storage: Storage, cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    m = cell("")
    m.env = env  # type: ignore[attr-defined]
    cell("@op(depends_on=[env('SEED_HERE')])\ndef f(x):\n    return x\n")
    assert calls(storage, m.f, 1)[1] == 1
    monkeypatch.setenv("SEED_HERE", "1")
    assert calls(storage, m.f, 1)[1] == 1
    monkeypatch.delenv("SEED_HERE")
    assert calls(storage, m.f, 1)[1] == 0


def test_package_version(storage: Storage, cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    from mandala_graph.versions import manual

    m = cell("@op(packages=['numpy'])\ndef f(x):\n    return x\n")
    assert calls(storage, m.f, 1)[1] == 1
    assert calls(storage, m.f, 1)[1] == 0
    monkeypatch.setattr(manual, "_package_versions", lambda name: "99")
    assert calls(storage, m.f, 1)[1] == 1


def test_track_brings_installed_code_in(storage: Storage, cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    m = cell("@op\ndef f(x):\n    return textwrap.dedent(x)\n")
    m.textwrap = textwrap  # type: ignore[attr-defined]
    untracked = types.FunctionType(textwrap.dedent.__code__.replace(), textwrap.__dict__)
    monkeypatch.setattr(textwrap, "dedent", untracked)
    replaced = track(types.FunctionType((lambda x: x + "!").__code__, textwrap.__dict__))
    assert calls(storage, m.f, " a")[0] == "a"
    monkeypatch.setattr(textwrap, "dedent", replaced)
    names = {
        c.name for v in storage.store.versions("f").values() for c in storage.store.components(v.components).values()
    }
    assert names == {"f"}


# -- history


def test_history_reads_without_the_code(open_storage: Open, cell: Cell) -> None:
    storage = open_storage()
    m = cell("N = 1\ndef h(x):\n    return x\n@op\ndef f(x):\n    return h(x) + N\n")
    calls(storage, m.f, 1)
    calls(storage, m.f, 2)
    cell("N = 2\n")
    calls(storage, m.f, 1)
    storage.close()

    reader = open_storage()
    history = History(reader.store, Marks())
    first, second = history.table("f")
    assert (first.calls, second.calls) == (2, 1)
    assert first.components == ("notebook_under_test.N", "notebook_under_test.f", "notebook_under_test.h")
    assert [e.changed for e in history.log()] == [("N",), ()]
    assert history.diff(first.id, second.id, colour=False) == "--- N (old)\n+++ N (new)\n@@ -1 +1 @@\n-N = 1\n+N = 2\n"
    assert "\x1b[32m+N = 2\x1b[0m\n" in history.diff(first.id[:12], second.id[:12], colour=True)
    assert history.show("N") == "N = 2\n"
    code = history.code(first.id)
    assert "N = 1\n" in code
    assert "return h(x) + N\n" in code
    reader.close()


def test_active_says_what_holds_now(storage: Storage, cell: Cell) -> None:
    m = cell("@op\ndef f(x):\n    return x + 1\n")
    calls(storage, m.f, 1)
    cell("@op\ndef f(x):\n    return x + 2\n")
    calls(storage, m.f, 1)
    storage.commit()
    history = History(storage.store, Marks())
    assert [v.active for v in history.table("f", storage.memoizer.states["f"].versions)] == [False, True]


def test_a_version_given_by_hand(storage: Storage, cell: Cell) -> None:
    m = cell("@op\ndef f(x):\n    return x\n")
    assert calls(storage, m.f, 1)[1] == 1
    cell("@op(version=2)\ndef f(x):\n    return x\n")
    assert calls(storage, m.f, 1)[1] == 1
    cell("@op\ndef f(x):\n    return x\n")
    assert calls(storage, m.f, 1)[1] == 0
    assert len(storage.versions(m.f)) == 2


def test_storage_tells_the_history(storage: Storage, cell: Cell) -> None:
    m = cell("N = 1\n@op\ndef f(x):\n    return x + N\n@op\ndef g(x):\n    return x * 2\n")
    with storage:
        y = m.f(1)
        z = m.g(y)
    first = storage.versions(m.f)["id"][0]
    cell("N = 2\n")
    with storage:
        m.f(1)
    table = storage.versions(m.f)
    assert list(table["active"]) == [False, True]
    assert list(table["calls"]) == [1, 1]
    assert len(storage.versions()) == 3
    assert storage.log(m.f)["changed"][0] == ("N",)
    assert "+N = 2" in storage.diff(*table["id"], colour=False)
    assert "N = 1" in storage.code_of(y)
    assert "N = 1" not in storage.code_of(z)
    assert "return x * 2" in storage.code_of(z)
    assert storage.show("N") == "N = 2\n"
    with pytest.raises(VersionError, match="no version or component"):
        storage.show("nothing")
    assert len(storage.drop_version(first)) == 2, "the call and what was computed from it"
    assert list(storage.versions(m.f)["calls"]) == [1, 1]
    assert len(storage.drop_version(first, dry_run=False)) == 2
    assert list(storage.versions(m.f)["calls"]) == [1]
    cell("N = 1\n")
    assert calls(storage, m.f, 1) == (2, 1)


def test_explain_names_what_changed(open_storage: Open, cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = open_storage(on_change="ask")
    m = cell("def h(x):\n    return x\n@op\ndef f(x):\n    return h(x)\n")
    assert calls(storage, m.f, 1) == (1, 1)
    assert storage.explain(m.f, 1).hit
    cell("def h(x):\n    return x + 1\n")
    said = Answers(monkeypatch, "y")
    told = storage.memoizer.versions.why(m.f)  # type: ignore[union-attr]
    assert said.prompts == [], "explaining asks nothing"
    assert "h changed" in told[0]
    assert "+    return x + 1" in told[1]
    assert calls(storage, m.f, 1) == (2, 1)
    storage.close()


def test_long_chains_of_helpers(storage: Storage, cell: Cell) -> None:
    chain = "".join(f"def h{i}(x):\n    return h{i + 1}(x) if x else 0\n" for i in range(1500))
    m = cell(f"{chain}def h1500(x):\n    return 1\n@op\ndef f(x):\n    return h0(x)\n")
    assert calls(storage, m.f, 0) == (0, 1)
    cell("def h1(x):\n    return 5 if x else 7\n")
    assert calls(storage, m.f, 0) == (0, 0)


def test_a_global_that_resists_being_looked_at(storage: Storage, cell: Cell) -> None:
    m = cell(
        """
        import threading
        class Odd:
            def __reduce__(self):
                raise OSError("not today")
            def __getattr__(self, name):
                raise RuntimeError("not at all")
        ODD = [Odd()]
        LOCK = threading.Lock()
        @op
        def f(x):
            with LOCK:
                return x + len(ODD)
        """
    )
    assert calls(storage, m.f, 0) == (1, 1)
    assert calls(storage, m.f, 0) == (1, 0)


@pytest.mark.parametrize("more", ["", "    helper(obj)\n"])
def test_a_class_that_arrives_inside_the_first_call_counts(tmp_path: Path, more: str) -> None:
    """An object unpickled inside a call, of a module that nobody had loaded: its code was run, so it counts."""
    script = (
        "import pickle, sys\nfrom mandala_graph import Storage, op\n"
        "def helper(obj):\n    return obj\n"
        "@op\ndef f(x):\n    obj = pickle.load(open('thing.pickle', 'rb'))\n"
        + more
        + "    return obj.area(x) + obj.EXTRA\n"
        "storage = Storage('store.db')\n"
        "with storage:\n    got = [storage.unwrap(f(i)) for i in range(2)]\n"
        "print(got, storage.stats()['f']['computed'])\n"
    )
    shapes = "class Square:\n    EXTRA = 0\n    def area(self, x):\n        return x * x\n"
    (tmp_path / "main.py").write_text(script)
    (tmp_path / "shapes.py").write_text(shapes)
    make = "import pickle, shapes; pickle.dump(shapes.Square(), open('thing.pickle', 'wb'))"
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*command: str) -> str:
        return subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=env, check=True, capture_output=True, text=True
        ).stdout.strip()

    run("-c", make)
    assert run("main.py") == "[0, 1] 2"
    assert run("main.py") == "[0, 1] 0"
    (tmp_path / "shapes.py").write_text(shapes.replace("x * x", "x * x + 5"))
    assert run("main.py") == "[5, 6] 2"
    (tmp_path / "shapes.py").write_text(shapes.replace("EXTRA = 0", "EXTRA = 1"))
    assert run("main.py").startswith("[1, 2]")
    (tmp_path / "shapes.py").write_text(shapes + "\n# a comment\n")
    assert run("main.py") == "[0, 1] 0"


def test_files_and_packages_that_are_not_there_are_named_once(
    open_storage: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mandala_graph.versions.manual._told", set())
    settings = tmp_path / "settings.yaml"

    @op(depends_on=[str(settings)], packages=["numpy", "no-such-package"])
    def f(x: int) -> int:
        return x + 1

    for _ in range(2):
        with open_storage() as storage:
            f(1)
    told = [r.getMessage() for r in caplog.records if "depends on" in r.getMessage()]
    assert told == [
        "op f depends on the package 'no-such-package', which is not installed",
        f"op f depends on the file {str(settings)!r}, which cannot be read at {settings}",
    ]
    settings.write_text("depth: 3")  # it comes later: that is a change
    assert calls(storage, f, 1) == (2, 1)
