"""A recorded experiment, and a client that has opened the page on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from mandala_graph import Storage
from mandala_graph.web.app import create_app
from tests.web import lab

TOKEN = "the-token"
HOST = "127.0.0.1:7777"
POST = {"X-Mandala-Graph": "1"}


def decoded_once(app: ASGIApp) -> ASGIApp:
    """The application with paths as uvicorn gives them: the test client decodes `%252f` twice."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "path": unquote(scope["raw_path"].decode())}
        await app(scope, receive, send)

    return call


class Page:
    """What the page does: it opens the address with the token, then asks."""

    def __init__(self, storage: Storage, **options: Any) -> None:
        self.storage = storage
        self.app = create_app(storage, token=TOKEN, hosts=[HOST], **options)
        self.client = TestClient(decoded_once(self.app), base_url=f"http://{HOST}", follow_redirects=False)
        assert self.client.get(f"/?token={TOKEN}").status_code == 303

    def ask(self, path: str, status: int = 200, **query: Any) -> Any:
        answer: httpx.Response = self.client.get(path, params=query or None)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path: str, body: Any, status: int = 200) -> Any:
        answer: httpx.Response = self.client.post(path, json=body, headers=POST)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def open_page(storage_url: Callable[[], str], tmp_path: Any) -> Iterator[Callable[..., Page]]:
    """`open_page()` opens what is in the test's store, for reading only."""
    opened: list[Storage] = []

    def open_one(**options: Any) -> Page:
        storage = Storage(storage_url(), read_only=True)
        opened.append(storage)
        return Page(storage, **options)

    yield open_one
    for storage in opened:
        storage.close()


@pytest.fixture
def recorded(storage_url: Callable[[], str]) -> Iterator[Storage]:
    """A storage with the experiment of `lab` in it."""
    storage = Storage(storage_url(), record_failures=True)
    lab.record(storage)
    storage.commit()
    yield storage
    storage.close()
