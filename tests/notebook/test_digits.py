"""The worked notebook runs, and says what it says."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from mandala_graph import Storage

PLACE = Path(__file__).parents[2] / "examples" / "digits.ipynb"
WIDGET = "application/vnd.jupyter.widget-view+json"


def test_it_is_kept_without_outputs() -> None:
    for cell in nbformat.read(PLACE, 4).cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """(folder, code -> its outputs) after a kernel ran it."""
    folder = tmp_path_factory.mktemp("digits")
    book = nbformat.read(PLACE, 4)
    client = NotebookClient(book, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    root = os.pathsep.join(filter(None, [str(PLACE.parents[1]), os.environ.get("PYTHONPATH")]))
    home = {"XDG_CONFIG_HOME": str(folder / "config"), "XDG_DATA_HOME": str(folder / "data")}
    client.execute(env={**os.environ, **home, "PYTHONPATH": root, "IPYTHONDIR": str(folder / "ipython")})
    return folder, {cell.source: cell.outputs for cell in book.cells if cell.cell_type == "code"}


def outputs(run: Any, part: str) -> Any:
    [found] = [out for source, out in run[1].items() if part in source]
    return found


def printed(run: Any, part: str) -> str:
    return "".join(o.text for o in outputs(run, part) if o.output_type == "stream" and o.name == "stdout")


def html(run: Any, part: str) -> str:
    [found] = [o.data["text/html"] for o in outputs(run, part) if "text/html" in o.get("data", {})]
    return str(found)


def test_nothing_is_computed_twice(run: Any) -> None:
    assert printed(run, "computed = sum(") == "0 computed, 20 reused\n"
    assert "(9 computed, 0 reused here)" in html(run, "found = experiment()\nstorage")


def test_a_bar_of_progress_is_the_notebook_s_own(run: Any) -> None:
    [bar] = [o for o in outputs(run, "progress=True") if WIDGET in o.get("data", {})]
    assert "train" in bar.data["text/plain"]


def test_the_frame_is_a_picture_and_a_table(run: Any) -> None:
    assert "<svg" in html(run, "cf = storage.cf(evaluate)")
    best = html(run, "table.sort_values")
    accuracies = [float(x) for x in re.findall(r"<td>(0\.\d+)</td>", best)]
    assert max(accuracies) > 0.98
    assert "NaN" not in html(run, "cf.where(")


def test_cypher_answers_what_the_frame_says(run: Any) -> None:
    asked = html(run, "by_gamma = storage.query")
    assert re.findall(r"<td>(\d+)</td>", asked) == ["3", "7", "3"]
    assert "evaluate" in html(run, 'storage.ask("best-runs"')
    assert "It all comes from 3 values given from outside" in printed(run, "storage.why(best)")


def test_changed_code_computes_only_what_it_concerns(run: Any) -> None:
    said = printed(run, "storage.explain(train")
    assert said.startswith("miss")
    assert "+    return make_pipeline(" in said
    assert "splits computed anew: 0" in printed(run, "splits computed anew")
    assert re.findall(r"<td>(\d+)</td>", html(run, 'storage.versions("train")')) == ["13", "9"]


def test_the_widget_is_shown_with_a_picture_for_where_there_is_none(run: Any) -> None:
    [shown] = outputs(run, "cf.explore()")
    assert WIDGET in shown.data
    assert "<svg" in shown.data["text/html"]
    assert shown.data["text/plain"].startswith("Explorer(ComputationFrame with")


def test_the_store_it_leaves_is_whole(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(run[0] / "config"))
    storage = Storage(run[0] / "digits.db", read_only=True)
    assert storage.verify() == []
    assert len(storage.calls("evaluate")) == 9 + 4 + 9
    storage.close()
