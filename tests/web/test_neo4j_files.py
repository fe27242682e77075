"""What the server hands to Neo4j Browser: who may read it, and what is in it."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from starlette.testclient import TestClient

from mandala_graph import Storage, neo4j_browser
from mandala_graph.cypher.questions import questions
from mandala_graph.cypher.scope import prepare
from mandala_graph.errors import UsageError
from mandala_graph.graph import NODES, RELATIONSHIPS
from mandala_graph.web.app import create_app
from mandala_graph.web.neo4j import PUBLIC, ROUTES

PATHS = ("/neo4j/style.grass", "/neo4j/favourites.zip", "/neo4j/guide.html")


@pytest.fixture
def client() -> TestClient:
    app = create_app(Storage(":memory:"), token="t", hosts=["localhost:8321"], routes=ROUTES, public=PUBLIC)
    return TestClient(app, base_url="http://localhost:8321")


@pytest.mark.parametrize("path", PATHS)
def test_pages_of_this_computer_may_read_the_files_without_a_token(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"Origin": "http://localhost:7474"})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "http://localhost:7474"
    asked = {"Origin": "http://localhost:7474", "Access-Control-Request-Method": "GET"}
    assert client.options(path, headers=asked).status_code == 204
    foreign = client.get(path, headers={"Origin": "http://localhost.example.org"})
    assert "access-control-allow-origin" not in foreign.headers
    assert client.get(path, headers={"Host": "evil.example:8321"}).status_code == 421
    assert client.post(path).status_code in (403, 405)
    assert client.get("/neo4j/../api/info").status_code == 401
    assert client.get("/api/info", headers={"Origin": "http://localhost:7474"}).status_code == 403


def test_the_style_has_a_rule_for_everything_and_nothing_that_grass_cannot_read() -> None:
    text = neo4j_browser.style()
    rules = re.findall(r"(\S+) \{\n(.*?)\n\}", text, re.DOTALL)
    assert [s for s, _ in rules] == [
        "node", "relationship", *(f"node.{label}" for label in NODES), *(f"relationship.{t}" for t in RELATIONSHIPS),
    ]  # fmt: skip
    for selector, body in rules:
        for line in body.splitlines():
            assert re.fullmatch(r"  [a-z-]+: [^:;]+;", line), line  # neither comments nor : or ; in a value
        caption = re.search(r'caption: "\{(\w+)\}"', body)
        kind, _, name = selector.partition(".")
        if caption and name:
            types = NODES if kind == "node" else RELATIONSHIPS
            assert caption[1] in {p.name for p in types[name].properties}
    assert "/*" not in text and "//" not in text


def test_favourites_are_all_questions_with_defaults_written_in() -> None:
    with zipfile.ZipFile(io.BytesIO(neo4j_browser.favourites())) as z:
        texts = {name: z.read(name).decode() for name in z.namelist()}
    assert len(texts) == len(questions())
    assert neo4j_browser.favourites() == neo4j_browser.favourites()
    for name, text in texts.items():
        folder, _, title = name.partition("/")
        assert (folder, title[-7:]) == ("mandala_graph", ".cypher")
        first = text.splitlines()[0]
        assert first in {f"// {q.title}" for q in questions()}
        prepare(text)
        (q,) = [q for q in questions() if first == f"// {q.title}"]
        body = "\n".join(line for line in text.splitlines() if not line.startswith("//"))
        assert set(re.findall(r"\$(\w+)", body)) == {p.name for p in q.parameters if p.required}


def test_links() -> None:
    made = neo4j_browser.link(
        "http://localhost:7474", "MATCH (n {a: '&'}) RETURN n", "bolt://localhost:7687", no_auth=True
    )
    assert made == (
        "http://localhost:7474/browser/?preselectAuthMethod=NO_AUTH&connectURL=bolt%3A%2F%2Flocalhost%3A7687"
        "&cmd=edit&arg=MATCH+%28n+%7Ba%3A+%27%26%27%7D%29+RETURN+n"
    )
    with pytest.raises(UsageError, match="40 hexadecimal"):
        neo4j_browser.lineage("'}) DETACH DELETE n //")
    with pytest.raises(UsageError, match="no web address"):
        neo4j_browser.link("neo4j://localhost:7687", "RETURN 1")
