"""Versions across programs, on both engines: what is stated by hand, what no trace can see, reading without the code."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from mandala_graph import FrameError
from tests.versions.conftest import Cell, Open, calls

ROOT = Path(__file__).parents[2]
Program = Callable[..., str]


@pytest.fixture
def program(storage_url: Callable[[], str], tmp_path: Path) -> Program:
    """`program(text, **environment)` runs a program in a process of its own, with the test's storage as `storage`; what
    it printed."""
    head = "import sys\nfrom mandala_graph import Storage, env, op, track\n"

    def run(text: str, **environment: str) -> str:
        (tmp_path / "main.py").write_text(
            f"{head}{textwrap.dedent(text)}\n".replace("STORAGE", f"Storage({storage_url()!r})"), encoding="utf-8"
        )
        env = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(tmp_path / "lib"), str(ROOT)]),
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        }
        done = subprocess.run(
            [sys.executable, "main.py"], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


def distribution(folder: Path, version: str) -> None:
    """Install a package by hand."""
    site = folder / "lib"
    for old in site.glob("*.dist-info"):
        (old / "METADATA").unlink()
        old.rmdir()
    info = site / f"solver-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: solver\nVersion: {version}\n")


CALL = """
with STORAGE as storage:
    storage.unwrap(f(1))
print(int(storage.stats()["f"]["computed"]))
"""


def test_packages_files_variables_and_functions_stated_by_hand(program: Program, tmp_path: Path) -> None:
    text = (
        "def other(x):\n    return {}\n"
        "@op(packages=['solver'], depends_on=['settings.yaml', env('SEED'), other])\ndef f(x):\n    return x\n" + CALL
    )
    distribution(tmp_path, "1.0")
    assert program(text.format(1)) == "1"
    assert program(text.format(1)) == "0"
    distribution(tmp_path, "1.1")
    assert program(text.format(1)) == "1"
    (tmp_path / "settings.yaml").write_text("a: 1")
    assert program(text.format(1)) == "1"
    assert program(text.format(1), SEED="7") == "1"
    assert program(text.format(2), SEED="7") == "1"
    assert program(text.format(1)) == "0"
    (tmp_path / "settings.yaml").unlink()
    distribution(tmp_path, "1.0")
    assert program(text.format(1)) == "0"


def test_an_installed_function_counts_when_it_is_said_to(program: Program, tmp_path: Path) -> None:
    module = tmp_path / "lib" / "site-packages" / "made.py"
    module.parent.mkdir(parents=True)
    text = (
        "import sys; sys.path.insert(0, 'lib/site-packages')\nimport made\n{how}\ndef {name}(x):\n"
        "    return made.g(x)\nwith STORAGE as storage:\n    {name}(1)\n"
        "print(int(storage.stats()['{name}']['computed']))\n"
    )
    for how, ran in (("@op", "0"), ("track(made.g)\n@op", "1"), ("@op(deps=['made'])", "1")):
        name = f"f{len(how)}"
        for number, wanted in ((1, "1"), (1, "0"), (2, ran), (1, "0")):
            module.write_text(f"def g(x):\n    return x + {number}\n")
            assert program(text.format(how=how, name=name)) == wanted, how


@pytest.mark.parametrize(
    "how",
    [
        "import multiprocessing\n    with multiprocessing.get_context('fork').Pool(1) as pool:\n        return pool.map(h, [x])[0]",
        "import subprocess, sys\n    return len(subprocess.run([sys.executable, '--version'], capture_output=True).args) + x",
    ],
)
def test_where_no_trace_sees_everything_counts_and_explain_says_so(program: Program, how: str) -> None:
    text = (
        "def h(x):\n    return x + {}\ndef unused(x):\n    return h(x)\n@op\ndef f(x):\n"
        "    if x < 0:\n        return unused(x)\n    " + how + "\n"
    )  # fmt: skip
    assert program(text.format(1) + CALL) == "1"
    assert program(text.format(1) + CALL) == "0"
    said = program(text.format(2) + "print(STORAGE.explain(f, 1))")
    assert said.startswith("miss")
    assert "-    return x + 1" in said
    assert "no trace could see" in said
    assert program(text.format(2) + CALL) == "1"


def test_a_store_is_read_without_its_code(program: Program, tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text("RATE = 3\ndef times(x):\n    return x * RATE\n")
    program(
        "import helpers\nclass Model:\n    def fit(self, x):\n        return helpers.times(x)\n"
        "@op\ndef train(x):\n    return Model().fit(x)\n@op\ndef score(m):\n    return m + 1\n"
        "with STORAGE as storage:\n    score(train(2))\n"
    )
    (tmp_path / "helpers.py").unlink()
    code = program(
        "storage = STORAGE\nassert 'helpers' not in sys.modules\n(call,) = storage.calls('train')\n"
        "print(storage.code_of(call))\nassert storage.code_of(call.hid) == storage.code_of(call.outputs['output_0'])\n"
        "print(storage.versions().to_string(), storage.log().to_string(), storage.show('times'))\n"
    )
    for text in ("RATE = 3", "def times(x):", "class Model:", "def fit(self, x):", "def train(x):", "# -- helpers"):
        assert text in code
    assert "def score" not in code


def test_frames_and_queries_restricted_to_a_version(open_storage: Open, cell: Cell) -> None:
    storage = open_storage()
    m = cell(
        "N = 1\n@op(output_names=['y'])\ndef f(x):\n    return x + N\n@op(output_names=['z'])\ndef g(y):\n    return -y\n"
    )
    for n in (1, 2):
        cell(f"N = {n}\n")
        with storage:
            for x in (10, 20):
                m.g(m.f(x))
    old, new = storage.versions(m.f).id
    for version, values in ((old, [-21, -11]), (new, [-22, -12])):
        frame = storage.cf(m.f).at_version(version).expand_forward(recursive=True)
        assert sorted(frame.df(include_calls=False)["z"]) == values
    (of_g,) = storage.versions(m.g).id
    frame = storage.cf(m.g).expand_back(recursive=True).at_version(old, of_g)
    assert sorted(frame.df(include_calls=False).dropna()["z"]) == [-21, -11]
    with pytest.raises(FrameError, match="0000"):
        frame.at_version("0" * 40)
    rows = storage.query("MATCH (c:Call {version: $v})-[:OUTPUT]->(r) RETURN r.value AS y ORDER BY y", v=new)
    assert rows["y"].tolist() == [12, 22]
    rows = storage.query(
        "MATCH (v:Version)-[:DEPENDS_ON]->(k:Component {name: 'N'}) MATCH (c:Call {version: v.id})-[:OUTPUT]->(r) "
        "WHERE k.source = 'N = 1\\n' RETURN r.value AS y ORDER BY y"
    )
    assert rows["y"].tolist() == [11, 21]


def test_marks_keep_who_and_when(open_storage: Open, cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    storage = open_storage()
    m = cell("N = 1\n@op\ndef f(x):\n    return x + N\n")
    calls(storage, m.f, 1)
    cell("N = 2\n")
    (old,) = storage.versions(m.f).id
    storage.mark_compatible("N", old)
    other = open_storage()  # written at once, for everybody
    assert calls(other, m.f, 1) == (2, 0)
    assert calls(storage, m.f, 1) == (2, 0)
    row = other.query(
        "MATCH (a:Component)-[c:CHANGED_TO]->(b:Component) RETURN a.source AS a, b.source AS b, c.by, c.at"
    )
    assert row.iloc[0].tolist()[:3] == ["N = 1\n", "N = 2\n", "ada"]
    change = other.mark_compatible("N", old, compatible=False)
    assert (change.by, change.compatible) == ("ada", False)
    assert calls(open_storage(), m.f, 1) == (3, 1)
