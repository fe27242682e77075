"""The page on frames is what its examples print and draw."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_page_is_up_to_date() -> None:
    script = Path(__file__).parents[2] / "scripts" / "frames_page"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
