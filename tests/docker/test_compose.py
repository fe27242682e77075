"""docker/compose.yaml comes up, records a demo by one command, and both browsers show it; its data outlives it.

Needs a Docker engine with compose. Where no registry is reached, the images have to be there: Neo4j's under its
official name, and one with Python 3.11 or newer that MANDALA_GRAPH_DOCKER_BASE names.
"""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mandala_graph import Storage, neo4j_browser
from tests.chromium import chromium
from tests.neo4j_process import free_ports

FILE = Path(__file__).parents[2] / "docker" / "compose.yaml"
PASSWORD, TOKEN = "correct-horse-1", "a-long-random-text"
BASE = os.environ.get("MANDALA_GRAPH_DOCKER_BASE", "python:3.12-slim")
DEMO = "mandala-graph demo --no-progress"

pytestmark = pytest.mark.timeout(1800)


def _run(*command: str, seconds: float = 900, **environment: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=seconds, env={**os.environ, **environment}, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def _why_not() -> str | None:
    if shutil.which("docker") is None:
        return "the compose file is NOT tested: there is no docker command here"
    for command in (("docker", "info"), ("docker", "compose", "version")):
        if subprocess.run(command, capture_output=True, timeout=60, check=False).returncode:
            return f"the compose file is NOT tested: `{' '.join(command)}` fails, so no Docker engine with compose runs here"
    for image in (BASE, "neo4j:5.26-community"):
        there = subprocess.run(("docker", "image", "inspect", image), capture_output=True, timeout=60, check=False)
        if (
            there.returncode
            and subprocess.run(("docker", "pull", "-q", image), capture_output=True, check=False).returncode
        ):
            return f"the compose file is NOT tested: the image {image} is neither here nor to be had"
    return None


class Up(NamedTuple):
    """A project that is up, and where."""

    compose: tuple[str, ...]
    page: str
    neo4j: str
    bolt: str

    def run(self, *command: str) -> str:
        return _run(*self.compose, *command)

    def calls(self) -> int:
        with contextlib.closing(Storage(self.bolt, auth=("neo4j", PASSWORD), read_only=True)) as storage:
            return int(storage.info()["counts"]["Call"])


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    if reason := _why_not():
        pytest.skip(reason)
    page, web, bolt = free_ports(3)
    settings = {
        "NEO4J_PASSWORD": PASSWORD, "MANDALA_GRAPH_TOKEN": TOKEN, "PYTHON_IMAGE": BASE, "MANDALA_GRAPH_PORT": str(page),
        "NEO4J_HTTP_PORT": str(web), "NEO4J_BOLT_PORT": str(bolt), "NEO4J_HEAP": "512m", "NEO4J_PAGECACHE": "128m",
    }  # fmt: skip
    file = tmp_path_factory.mktemp("compose") / "env"
    file.write_text("".join(f"{k}={v}\n" for k, v in settings.items()))
    project = f"mandala-graph-test-{os.getpid()}"
    compose = ("docker", "compose", "-f", str(FILE), "-p", project, "--env-file", str(file))
    try:
        _run(*compose, "up", "-d", "--build", "--wait", "--wait-timeout", "300", seconds=1500)
        yield Up(compose, f"http://localhost:{page}", f"http://localhost:{web}", f"bolt://localhost:{bolt}")
    finally:
        subprocess.run((*compose, "down", "-v", "-t", "10"), capture_output=True, timeout=300, check=False)


def _opened(up: Up) -> urllib.request.OpenerDirector:
    """What the page would ask with: the token of the address has become a cookie."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    page = opener.open(f"{up.page}/?token={TOKEN}", timeout=30).read().decode()
    assert "<script" in page, "the page is built into the image"
    return opener


def test_one_command_records_a_demo_and_both_browsers_show_it(up: Up) -> None:
    assert "computed" in up.run("exec", "-T", "browser", *DEMO.split())
    calls = up.calls()
    assert calls > 10
    info: Any = json.load(_opened(up).open(f"{up.page}/api/info", timeout=30))
    assert info["counts"]["Call"] == calls
    assert info["neo4j_browser"].startswith(up.neo4j)
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1300, "height": 900})
        context.set_default_timeout(60_000)
        context.route(lambda url: "//localhost" not in url and url.startswith("http"), lambda route: route.abort())
        page = context.new_page()
        page.goto(neo4j_browser.link(f"{up.neo4j}/browser/", "MATCH (c:Call) RETURN c LIMIT 20", up.bolt))
        page.get_by_test_id("username").fill("neo4j")
        page.get_by_test_id("password").fill(PASSWORD)
        page.get_by_test_id("connect").click()
        page.get_by_text("node.Call {").first.wait_for()  # the style that comes with the connection
        page.get_by_test_id("editor-Run").click()
        page.locator("g.node").nth(9).wait_for(state="attached")
        fills = page.locator("g.node circle").evaluate_all("all => all.map(e => e.getAttribute('fill'))")
        assert {f for f in fills if f and f.startswith("#")} == {"#b5651d"}
        if folder := os.environ.get("MANDALA_GRAPH_PICTURES"):
            page.screenshot(path=str(Path(folder) / "docker-neo4j-browser.png"))
        page.goto(f"{up.page}/?token={TOKEN}")
        page.get_by_text("train_forest").first.wait_for()
        if folder:
            page.screenshot(path=str(Path(folder) / "docker-graph-browser.png"))
        context.close()


def test_the_store_outlives_the_containers(up: Up) -> None:
    if not up.calls():
        up.run("exec", "-T", "browser", *DEMO.split())
    before = up.calls()
    up.run("down", "-t", "30")
    up.run("up", "-d", "--wait", "--wait-timeout", "300")
    assert up.calls() == before
    again = up.run("exec", "-T", "browser", *DEMO.split())
    assert up.calls() == before, again
    assert json.loads(up.run("exec", "-T", "browser", "mandala-graph", "verify", "--json")) == []


def test_the_container_holds_what_it_promises(up: Up) -> None:
    assert up.run("exec", "-T", "browser", "id", "-u").strip() == "1000"
    with pytest.raises(AssertionError, match="Read-only file system"):
        up.run("exec", "-T", "-u", "root", "browser", "touch", "/opt/more.py")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{up.page}/?token=wrong", timeout=30)
    with urllib.request.urlopen(f"{up.page}/neo4j/style.grass", timeout=30) as answer:
        assert answer.read().decode() == neo4j_browser.style()


@pytest.mark.parametrize("missing", ["NEO4J_PASSWORD", "MANDALA_GRAPH_TOKEN"])
def test_secrets_are_asked_for(missing: str, tmp_path: Path) -> None:
    if reason := _why_not():
        pytest.skip(reason)
    given = {"NEO4J_PASSWORD": PASSWORD, "MANDALA_GRAPH_TOKEN": TOKEN}
    file = tmp_path / "env"
    file.write_text("".join(f"{k}={v}\n" for k, v in given.items() if k != missing))
    with pytest.raises(AssertionError, match=f"set {missing}"):
        _run("docker", "compose", "-f", str(FILE), "--env-file", str(file), "config")
