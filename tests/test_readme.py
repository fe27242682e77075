"""What README shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from mandala_graph import Storage

README = Path(__file__).parent.parent / "README.md"


def test_the_example_prints_what_readme_says_and_reuses_all_the_second_time(tmp_path: Path) -> None:
    text = README.read_text()
    program = re.search(r"```python\n(.*?)```", text, re.S)
    output = re.search(r"```text\n(.*?)```", text, re.S)
    assert program
    assert output
    script = tmp_path / "example.py"
    script.write_text(program.group(1))
    for expected in (output.group(1), re.sub(r"training.*\n", "", output.group(1))):
        done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.stderr == ""
        assert done.stdout == expected


def test_the_scripts_readme_names_are_there() -> None:
    for name in re.findall(r"^(scripts/\w+)", README.read_text(), re.M):
        assert (README.parent / name).stat().st_mode & 0o111, name


def test_the_commands_say_what_readme_says(tmp_path: Path) -> None:
    text = README.read_text()
    program = re.search(r"```python\n(.*?)```", text, re.S)
    console = re.search(r"```console\n(.*?)```", text, re.S)
    assert program
    assert console
    (tmp_path / "example.py").write_text(program.group(1))
    subprocess.run([sys.executable, "example.py"], cwd=tmp_path, capture_output=True, timeout=60, check=True)
    shown = re.findall(r"^\$ mandala-graph (why \w+|verify).*\n((?:[^$].*\n|\n)*)", console.group(1), re.M)
    assert len(shown) == 2
    for words, expected in shown:
        if sys.version_info[:2] != (3, 11) and words.startswith("why"):  # bytecode counts in ids, and README says so
            with Storage(tmp_path / "exp.db", read_only=True) as storage:
                (best,) = storage.query(
                    "MATCH (:Call {op: 'test'})-[:OUTPUT]->(r) WHERE r.value = 0.75 RETURN r.hid AS h"
                )["h"]
                words = f"why {best}"
        command = [sys.executable, "-m", "mandala_graph", *words.split(), "--store", "exp.db"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
        assert done.stdout.startswith(expected)
