"""What README shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

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
