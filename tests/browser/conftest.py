"""A real Chromium on the page of a real server process, on both engines. Each test ends with: no error in the console,
no request to anywhere else."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from mandala_graph import Storage
from tests import engines
from tests.browser import lab
from tests.conftest import ENGINES

STATIC = Path(__file__).resolve().parents[2] / "mandala_graph" / "web" / "static" / "index.html"
ARTIFACTS = Path(os.environ.get("MANDALA_GRAPH_ARTIFACTS", "build/artifacts"))
REQUIRED = os.environ.get("MANDALA_GRAPH_REQUIRE_CHROMIUM") == "1" or os.environ.get("CI", "").lower() == "true"
TIMEOUT = (
    float(os.environ.get("MANDALA_GRAPH_BROWSER_TIMEOUT", "20")) * 1000
)  # milliseconds; for conditions, not pauses
GPU = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]  # WebGL without a graphics card


def _missing(reason: str) -> Any:
    if REQUIRED:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """The browser process (ended with this package: a thread drives one such process at a time)."""
    if not STATIC.is_file():
        _missing("the page is not built: run scripts/build-web")
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
    names = ("chromium", "chromium-browser", "google-chrome")
    binary = os.environ.get("MANDALA_GRAPH_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if binary is None:
        _missing("no Chromium: install it (Debian: apt install chromium), or name it by MANDALA_GRAPH_CHROMIUM")
    with sync_playwright() as playwright:
        root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=binary, args=[*root, *GPU])
        yield browser
        browser.close()


class Site:
    """A server process on a store, and what the tests want to know of the store."""

    def __init__(self, url: str, folder: Path, environment: dict[str, str]) -> None:
        self.url, self.folder, self.environment = url, folder, environment
        command = [sys.executable, "-m", "mandala_graph", "browse", url, "--no-open"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line
        self.opening = found[0]
        parts = urlsplit(self.opening)
        self.base = f"{parts.scheme}://{parts.netloc}"

    def ask(self, cypher: str, **parameters: Any) -> list[Any]:
        """The first column of an answer, from the store itself."""
        with contextlib.closing(Storage(self.url, read_only=True)) as storage:
            return list(storage.query(cypher, **parameters).iloc[:, 0])

    def one(self, cypher: str, **parameters: Any) -> Any:
        found = self.ask(cypher, **parameters)
        assert len(found) == 1, found
        return found[0]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="package", params=ENGINES)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, chromium: Any) -> Iterator[Site]:
    """The experiment of `lab`, recorded once an engine."""
    folder = tmp_path_factory.mktemp(f"browser-{request.param}")
    if request.param == "neo4j":
        server: engines.Server = request.getfixturevalue("neo4j_session_server")
        engines.empty(server)
        url = server.url
    else:
        url = str(folder / "experiment.db")
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder / "config"), "XDG_DATA_HOME": str(folder / "data")}
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            patch.setenv(name, environment[name])
        lab.record(folder, url)
        site = Site(url, folder, environment)
        yield site
        site.stop()


class Tab:
    """A tab of the browser on the page, with what tests do again and again."""

    def __init__(self, page: Any, site: Site) -> None:
        self.page, self.site = page, site
        self.refusals = 0  # answers with an error status that the test brings about; Chromium notes each in the console

    def refused(self, message: Any) -> bool:
        if self.refusals and "the server responded with a status of 4" in message.text:
            self.refusals -= 1
            return True
        return False

    def open(self, path: str = "/") -> None:
        """Go to a view and wait until it is drawn."""
        self.page.goto(self.site.base + path)
        self.page.wait_for_selector(".bar h1")

    def until(self, expression: str) -> None:
        """Wait for a condition. (Playwright's own way evaluates inside the page, which the page's policy forbids.)"""
        deadline = time.monotonic() + TIMEOUT / 1000
        while not self.page.evaluate(expression):
            assert time.monotonic() < deadline, f"never true: {expression}"
            self.page.wait_for_timeout(40)

    def drawn(self, nodes: int | None = None) -> None:
        """Wait until the graph is drawn (with so many nodes)."""
        wanted = "> 0" if nodes is None else f"=== {nodes}"
        self.until(f"globalThis.mandalaGraph?.graph.nodes.length {wanted}")

    def ids(self) -> set[str]:
        return set(self.page.evaluate("mandalaGraph.graph.nodes.map((n) => n.id)"))

    def where(self, node: str) -> dict[str, float]:
        """Where a node is; waits until the view has come to rest."""
        last = None
        for _ in range(50):
            self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            now = self.page.evaluate("(id) => mandalaGraph.where(id)", node)
            if now is not None and now == last:
                return dict(now)
            last = now
            self.page.wait_for_timeout(60)
        raise AssertionError(f"{node} does not come to rest: {last}")

    def point_at(self, node: str) -> dict[str, float]:
        """Move the mouse over a node, until the page shows by its pointer that it is there, as a person would."""
        deadline = time.monotonic() + TIMEOUT / 1000
        while True:
            at = self.where(node)
            self.page.mouse.move(at["x"] - 3, at["y"])
            self.page.mouse.move(at["x"], at["y"])
            self.page.wait_for_timeout(40)
            if self.page.get_by_role("application").evaluate("(e) => e.style.cursor") == "pointer":
                return at
            assert time.monotonic() < deadline, f"the pointer finds no node at {at}"

    def click_node(self, node: str) -> None:
        at = self.point_at(node)
        self.page.mouse.click(at["x"], at["y"])

    def double_click_node(self, node: str) -> None:
        at = self.point_at(node)
        self.page.mouse.dblclick(at["x"], at["y"])

    @property
    def path(self) -> str:
        return str(self.page.url).removeprefix(self.site.base)

    def arrives(self, pattern: str) -> None:
        """Wait for an address of this form."""
        self.page.wait_for_url(re.compile(pattern))

    def shot(self, what: str) -> None:
        """Keep a picture for people to look at."""
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        engine = "sqlite" if self.site.url.endswith(".db") else "neo4j"
        self.page.screenshot(path=ARTIFACTS / f"{what}-{engine}.png")


@pytest.fixture
def open_tab(site: Site, chromium: Any) -> Iterator[Callable[..., Tab]]:
    """`open_tab(**context options)`: a fresh browser profile that has opened the page."""
    troubles: list[str] = []
    contexts = []
    expect.set_options(timeout=TIMEOUT)

    def open_one(**options: Any) -> Tab:
        settings = {"viewport": {"width": 1240, "height": 720}, "reduced_motion": "reduce", **options}
        context = chromium.new_context(**settings)
        context.set_default_timeout(TIMEOUT)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda e: troubles.append(f"page error: {e}"))
        page.on("request", lambda r: troubles.append(f"request to {r.url}") if foreign(r.url) else None)
        tab = Tab(page, site)
        page.on(
            "console",
            lambda m: troubles.append(f"console: {m.text}") if m.type == "error" and not tab.refused(m) else None,
        )
        page.goto(site.opening)
        return tab

    def foreign(url: str) -> bool:
        return not url.startswith((site.base + "/", "data:", "blob:" + site.base))

    yield open_one
    for context in contexts:
        context.close()
    assert not troubles


@pytest.fixture
def tab(open_tab: Callable[..., Tab]) -> Tab:
    return open_tab()
