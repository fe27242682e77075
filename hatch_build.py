"""Put the built page of the graph browser into wheels and source archives (not into editable installs)."""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if version == "editable" or os.environ.get("MANDALA_GRAPH_NO_PAGE") == "1":
            return
        if (root / "PKG-INFO").is_file() and (root / "mandala_graph" / "web" / "static" / "index.html").is_file():
            return  # a source archive holds the page: whoever installs from one needs no Node.js
        runpy.run_path(str(root / "web" / "build.py"))["build"]()
