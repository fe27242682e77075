"""A real Chromium for tests, driven by Playwright: found in PATH or named by MANDALA_GRAPH_CHROMIUM."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["chromium"]

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_REQUIRED = os.environ.get("MANDALA_GRAPH_REQUIRE_CHROMIUM") == "1" or os.environ.get("CI", "").lower() == "true"


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser. End it before tests of async code: while it runs, the thread has an event loop."""
    path = os.environ.get("MANDALA_GRAPH_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        reason = "no Chromium is here: install it (Debian: apt install chromium), or name it by MANDALA_GRAPH_CHROMIUM"
        pytest.fail(reason, pytrace=False) if _REQUIRED else pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
