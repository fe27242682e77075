"""In a real Neo4j Browser: the style is loaded and seen, favourites come in, the guide plays, links fill the editor."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright")

from mandala_graph import neo4j_browser as nb
from mandala_graph.cypher.questions import questions
from tests.neo4j_browser.conftest import Lab

if TYPE_CHECKING:
    from playwright.sync_api import Page

DROP = """async (url) => {
  const file = new File([await (await fetch(url)).blob()], 'favourites.zip', {type: 'application/zip'});
  const data = new DataTransfer();
  data.items.add(file);
  const target = document.querySelector('.filedrop');
  for (const name of ['dragenter', 'dragover', 'drop'])
    target.dispatchEvent(new DragEvent(name, {bubbles: true, cancelable: true, dataTransfer: data}));
}"""


def _open(page: Page, lab: Lab, cypher: str) -> None:
    """Follow a deep link, and wait until the connection is there and the style that comes with it."""
    page.goto(nb.link(lab.browser, cypher, lab.bolt, no_auth=True))
    page.get_by_text("node.Call {").first.wait_for()


def _command(page: Page, text: str) -> None:
    page.get_by_test_id("activeEditor").locator("textarea").first.focus()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)  # typed, brackets would be closed by the editor
    page.keyboard.press("Control+Enter")


def test_a_link_fills_the_editor_and_the_style_is_seen(page: Page, lab: Lab, picture: Callable[[str], None]) -> None:
    ref = lab.storage.calls("evaluate")[0].outputs["accuracy"]
    _open(page, lab, nb.lineage(ref.hid))
    shown = page.get_by_test_id("activeEditor").inner_text()
    assert "".join(nb.lineage(ref.hid).split()) in "".join(shown.split())
    assert page.locator("g.node").count() == 0, "a link must not run its query"
    picture("link")
    page.get_by_test_id("editor-Run").click()
    page.locator("g.node").nth(6).wait_for(state="attached")
    page.locator("g.node circle.b-outline, g.node circle").first.wait_for(state="attached")
    captions = [re.sub(r"\s", "", t) for t in page.locator("g.node").all_text_contents()]
    assert {"train", "evaluate", "[1,2,3]", "[4,5]"} <= set(captions), captions
    assert not {ref.hid[:8], ref.cid[:8]} & {c[:8] for c in captions}
    fills = page.locator("g.node circle").evaluate_all("all => all.map(e => e.getAttribute('fill'))")
    assert {f for f in fills if f and f.startswith("#")} == {"#b5651d", "#3b73b9"}
    edges = {t.strip() for t in page.locator("g.relationship").all_text_contents()}
    assert {"data", "rate", "model", "accuracy"} <= edges, edges
    picture("lineage")


def test_favourites_come_in_by_dropping_the_file(page: Page, lab: Lab, picture: Callable[[str], None]) -> None:
    _open(page, lab, "RETURN 1")
    page.evaluate(DROP, f"{lab.files}/neo4j/favourites.zip")
    page.get_by_test_id("navigationFavorites").click()
    page.get_by_test_id("expandFolder-mandala_graph").click()
    drawer = page.get_by_test_id("savedScriptsFolder-mandala_graph").locator("xpath=..")
    for q in questions():
        page.get_by_text(q.title, exact=True).first.wait_for()
    assert drawer.count() == 1
    picture("favourites")
    page.get_by_text("Slowest ops", exact=True).first.click()
    page.get_by_test_id("activeEditor").get_by_text("// Slowest ops").first.wait_for()
    page.get_by_test_id("editor-Run").click()
    page.get_by_role("gridcell", name='"train"').or_(page.get_by_text('"train"')).first.wait_for()
    picture("question")


def test_the_guide_plays_and_its_queries_run(page: Page, lab: Lab, picture: Callable[[str], None]) -> None:
    _open(page, lab, "RETURN 1")
    _command(page, f":play {lab.files}/neo4j/guide.html")
    page.get_by_role("heading", name="A provenance store").wait_for()
    picture("guide")
    page.get_by_test_id("nextSlide").first.click()
    page.get_by_text("Some calls with what went in and came out").wait_for()
    page.locator("pre.runnable", has_text="count(*) AS calls").first.click()
    page.get_by_test_id("activeEditor").get_by_text("count", exact=True).first.wait_for()  # a click copies it there
    page.get_by_test_id("editor-Run").click()
    page.get_by_text('"evaluate"').first.wait_for()
    picture("guide-query")


def test_names_are_shown_where_there_is_no_style(page: Page, lab: Lab, picture: Callable[[str], None]) -> None:
    ref = lab.storage.calls("evaluate")[0].outputs["accuracy"]
    _open(page, lab, "RETURN 1")
    _command(page, ":style reset")
    _command(page, nb.lineage(ref.hid))
    page.locator("g.node").nth(6).wait_for(state="attached")
    captions = [re.sub(r"\s", "", t) for t in page.locator("g.node").all_text_contents()]
    assert {"train", "evaluate", "[1,2,3]", "0.25"} <= set(captions), captions
    fills = page.locator("g.node circle").evaluate_all("all => all.map(e => e.getAttribute('fill'))")
    assert "#3b73b9" not in fills
    picture("no-style")
