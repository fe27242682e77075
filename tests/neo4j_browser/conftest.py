"""Neo4j Browser over a real server with an experiment in it, and our files served beside it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from mandala_graph import Storage, op
from mandala_graph.web.app import create_app
from mandala_graph.web.neo4j import PUBLIC, ROUTES
from tests.chromium import chromium
from tests.neo4j_process import LocalServer, NoServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SECONDS = 30_000  # milliseconds until Playwright gives up waiting: shared machines are slow


@op(output_names=["model"])
def train(data: list[int], rate: float) -> dict[str, float]:
    return {"rate": rate, "sum": rate * sum(data)}


@op(output_names=["accuracy"])
def evaluate(model: dict[str, float], data: list[int]) -> float:
    return min(0.9, model["sum"] / 10)


class Lab(NamedTuple):
    """Where things are, under the name by which Neo4j Browser loads from elsewhere: localhost."""

    browser: str
    bolt: str
    files: str
    storage: Storage


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    import uvicorn

    from mandala_graph.web.server import listening

    listener = listening("127.0.0.1", 0)
    port = listener.getsockname()[1]
    files = f"http://localhost:{port}"
    more = f"browser.remote_content_hostname_whitelist=localhost\nbrowser.post_connect_cmd=style {files}/neo4j/style.grass\n"
    try:
        server = LocalServer(heap="512m", quick=True, browser=True, more=more)
    except NoServer as e:
        pytest.skip(f"Neo4j Browser is tested over a local server: {e}")
    storage = Storage(server.url, values=tmp_path_factory.mktemp("values"))
    web: uvicorn.Server | None = None
    try:
        with storage:
            for rate in (0.25, 0.5, 0.75):
                evaluate(train([1, 2, 3], rate), [4, 5])
        app = create_app(storage, token="t", hosts=[f"localhost:{port}"], routes=ROUTES, public=PUBLIC)
        web = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        thread = threading.Thread(target=web.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 30
        while not web.started and time.monotonic() < deadline:
            time.sleep(0.02)
        http = server.http.replace("127.0.0.1", "localhost")
        yield Lab(f"{http}/browser/", server.uri.replace("127.0.0.1", "localhost"), files, storage)
    finally:
        if web is not None:
            web.should_exit = True
            thread.join(30)
        storage.close()
        server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that reaches this computer only."""
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    context.set_default_timeout(SECONDS)
    context.route(lambda url: "//localhost" not in url and url.startswith("http"), lambda route: route.abort())
    yield context.new_page()
    context.close()


@pytest.fixture
def picture(page: Page, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], None]:
    """`picture(name)` keeps what the page shows, in MANDALA_GRAPH_PICTURES where it is set."""
    folder = Path(os.environ.get("MANDALA_GRAPH_PICTURES") or tmp_path)

    def take(name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(folder / f"neo4j-browser-{name}.png"))

    return take
