"""Who is let in, and what every answer forbids. The store behind it does not matter here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from mandala_graph import Storage, UsageError
from mandala_graph.web import serve
from mandala_graph.web.app import create_app
from mandala_graph.web.security import POLICY
from tests.web import lab
from tests.web.conftest import HOST, POST, TOKEN, Page


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    storage = Storage(tmp_path_factory.mktemp("store") / "s.db")
    lab.record(storage)
    yield storage
    storage.close()


@pytest.fixture
def stranger(storage: Storage, static: Path) -> TestClient:
    """A client that has not opened the page."""
    app = create_app(storage, token=TOKEN, hosts=[HOST], static=static)
    return TestClient(app, base_url=f"http://{HOST}", follow_redirects=False)


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A folder like that of the built page, with a file beside it that is nobody's business."""
    folder = tmp_path / "site" / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>page</title>")
    (folder / "assets" / "page-abc.js").write_text("0")
    (tmp_path / "site" / "secret.txt").write_text("secret")
    return folder


@pytest.fixture
def page(storage: Storage, static: Path) -> Page:
    return Page(storage, static=static)


def kind(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["kind"])


PATHS = ["/", "/index.html", "/focus/abc", "/api/info", "/api/graph/summary", "/assets/page-abc.js"]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_without_the_cookie(stranger: TestClient, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 401
    assert kind(answer) == "Refused"


def test_the_token_opens_and_becomes_a_cookie(stranger: TestClient) -> None:
    answer = stranger.get(f"/focus/a%20b?token={TOKEN}&theme=dark")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/focus/a%20b?theme=dark"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert TOKEN not in answer.headers["location"]
    assert stranger.get("/api/info").status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "é"])
def test_a_wrong_token_opens_nothing(stranger: TestClient, token: str) -> None:
    answer = stranger.get("/", params={"token": token})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert stranger.get("/api/info").status_code == 401


def test_a_token_for_once_opens_once(storage: Storage, static: Path) -> None:
    app = create_app(storage, token=TOKEN, hosts=[HOST], static=static)
    once = app.one_time_token()
    first, second = (TestClient(app, base_url=f"http://{HOST}", follow_redirects=False) for _ in range(2))
    assert first.get(f"/?token={once}").status_code == 303
    assert first.get("/api/info").status_code == 200
    assert second.get(f"/?token={once}").status_code == 401
    assert second.get("/api/info").status_code == 401
    assert first.get("/api/info").status_code == 200


def test_a_wrong_cookie_opens_nothing(stranger: TestClient) -> None:
    name = stranger.get(f"/?token={TOKEN}").headers["set-cookie"].partition("=")[0]
    stranger.cookies.clear()
    for value in ("wrong", "", "a; b=c"):
        assert stranger.get("/api/info", headers={"Cookie": f"{name}={value}"}).status_code == 401
    assert stranger.get("/api/info", headers={"Cookie": f"other={TOKEN}"}).status_code == 401
    assert stranger.get("/api/info", headers={"Cookie": f"{name}={TOKEN}"}).status_code == 200


def test_the_token_is_no_key_to_the_api(stranger: TestClient) -> None:
    assert stranger.get(f"/api/info?token={TOKEN}").status_code == 401


def test_a_link_from_another_site_opens_too(stranger: TestClient) -> None:
    """A strict cookie is not sent along with a redirect that another site began."""
    answer = stranger.get(f'/node/op:"><b>?token={TOKEN}&q=1', headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    assert "set-cookie" in answer.headers
    (to,) = re.findall(r'http-equiv="refresh" content="0;url=([^"]*)"', answer.text)
    assert to == "/node/op%3A%22%3E%3Cb%3E?q=1"
    assert TOKEN not in answer.text


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "/%2F%2Fevil.example"])
def test_the_redirect_stays_here(stranger: TestClient, path: str) -> None:
    request = httpx.Request("GET", f"http://{HOST}{path}?token={TOKEN}")
    to = stranger.send(request).headers["location"]
    assert to.startswith("/")
    assert not to.startswith(("//", "/\\"))


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7777", "127.0.0.1", "127.0.0.1:7778", "localhost:7777", ""]
)
def test_another_host_is_refused(page: Page, host: str) -> None:
    assert page.client.get("/api/info", headers={"Host": host}).status_code == 421
    assert page.client.get(f"/?token={TOKEN}", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", f"https://{HOST}", "http://127.0.0.1:7778", ""])
def test_another_origin_is_refused(page: Page, origin: str) -> None:
    for method in ("GET", "POST"):
        answer = page.client.request(method, "/api/questions/orphans", json={}, headers={**POST, "Origin": origin})
        assert answer.status_code == 403


def test_our_origin_is_fine(page: Page) -> None:
    answer = page.client.post("/api/questions/orphans", json={}, headers={**POST, "Origin": f"http://{HOST}"})
    assert answer.status_code == 200


def test_a_post_needs_the_header_and_json(page: Page) -> None:
    body = {"cypher": "RETURN 1 AS x"}
    assert page.client.post("/api/query", json=body).status_code == 403
    assert page.client.post("/api/query", json=body, headers={"X-Mandala-Graph": "0"}).status_code == 403
    form = page.client.post("/api/query", content=b"{}", headers={**POST, "Content-Type": "text/plain"})
    assert form.status_code == 415
    broken = page.client.post("/api/query", content=b"{", headers={**POST, "Content-Type": "application/json"})
    assert (broken.status_code, kind(broken)) == (400, "UsageError")
    huge = page.client.post(
        "/api/query", content=b" " * (1 << 21), headers={**POST, "Content-Type": "application/json"}
    )
    assert huge.status_code == 413
    assert page.post("/api/query", body)["rows"] == [[1]]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(page: Page, method: str) -> None:
    assert page.client.request(method, "/api/info").status_code == 405


def test_a_doubled_header_is_refused(page: Page) -> None:
    twice = [("Host", HOST), ("Host", "evil.example")]
    assert page.client.send(httpx.Request("GET", f"http://{HOST}/api/info", headers=twice)).status_code == 400


@pytest.mark.parametrize("path", ["/", "/api/info", "/api/nothing", "/assets/page-abc.js", "/health"])
def test_every_answer_has_the_headers(page: Page, path: str) -> None:
    answer = page.client.get(path)
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in answer.headers
    if path.startswith("/api"):
        assert answer.headers["cache-control"] == "no-store"


def test_the_policy_allows_no_inline_script() -> None:
    assert "unsafe" not in POLICY
    assert "default-src 'self'" in POLICY


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/....//secret.txt",
        "//etc/passwd",
        "/%2Fetc%2Fpasswd",
        "/a%00b",
    ],
)
def test_files_outside_are_not_given(page: Page, path: str) -> None:
    answer = page.client.send(page.client.build_request("GET", "/", extensions={"target": path.encode()}))
    assert "secret" not in answer.text
    assert "root:" not in answer.text
    raw = page.client.get(path)
    assert "secret" not in raw.text
    assert "root:" not in raw.text


def test_a_link_out_of_the_folder_is_not_followed(page: Page, static: Path) -> None:
    (static / "link.txt").symlink_to(static.parent / "secret.txt")
    assert "secret" not in page.client.get("/link.txt").text


def test_the_page_has_every_address_but_the_api(page: Page) -> None:
    for path in ("/", "/focus/0123", "/node/op:train", "/path/a/b", "/query?q=MATCH", "/index.html"):
        answer = page.client.get(path)
        assert answer.status_code == 200
        assert "<title>page</title>" in answer.text
    assert "immutable" in page.client.get("/assets/page-abc.js").headers["cache-control"]
    assert page.client.get("/assets/gone.js").status_code == 404
    assert kind(page.client.get("/api/nothing")) == "NotFound"


def test_without_the_page_the_api_works(storage: Storage, tmp_path: Path) -> None:
    page = Page(storage, static=tmp_path / "nothing")
    answer = page.client.get("/")
    assert answer.status_code == 503
    assert "scripts/build-web" in answer.json()["error"]["message"]
    assert page.ask("/api/info")["engine"] == "sqlite"


def test_public_files_need_no_cookie(storage: Storage) -> None:
    def style(request: Request) -> Response:
        return PlainTextResponse("node {}", headers={"Access-Control-Allow-Origin": "http://localhost:7474"})

    app = create_app(storage, token=TOKEN, hosts=[HOST], routes=[Route("/styles/a.grass", style)], public=["/styles/"])
    client = TestClient(app, base_url=f"http://{HOST}")
    answer = client.get("/styles/a.grass", headers={"Origin": "http://localhost:7474"})
    assert (answer.status_code, answer.text) == (200, "node {}")
    assert answer.headers["access-control-allow-origin"] == "http://localhost:7474"
    assert client.get("/api/info").status_code == 401
    assert client.get("/styles/../api/info").status_code in (401, 404)
    assert client.get("/styles/a.grass", headers={"Host": "evil.example"}).status_code == 421


def test_an_unexpected_error_tells_nothing(storage: Storage, caplog: pytest.LogCaptureFixture) -> None:
    def broken(request: Request) -> Response:
        raise ZeroDivisionError("a secret of the server")

    app = create_app(storage, token=TOKEN, hosts=[HOST], routes=[Route("/api/broken", broken)])
    client = TestClient(app, base_url=f"http://{HOST}", raise_server_exceptions=False)
    client.get(f"/?token={TOKEN}")
    answer = client.get("/api/broken")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.org"])
def test_only_this_computer_unless_allowed(host: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="allow_remote"):
        serve(tmp_path / "s.db", host, open_browser=False)
