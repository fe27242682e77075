"""The widget: what the kernel's side answers, on both engines; and the built module in a real Chromium."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mandala_graph import Storage, op
from mandala_graph.errors import UnknownNode, UsageError
from mandala_graph.notebook import explore
from mandala_graph.notebook.answers import Answers
from tests.chromium import chromium
from tests.notebook.host import Host, hosted

ARTIFACTS = Path(os.environ.get("MANDALA_GRAPH_ARTIFACTS", "build/artifacts"))
MODULE = Path(__file__).parents[2] / "mandala_graph" / "web" / "static" / "notebook" / "explorer.js"
HOSTILE = "<img src=x onerror=window.hurt=1>"


@op(output_names=["model"])
def train(rate: float, data: str) -> dict[str, Any]:
    return {"rate": rate, "data": data}


@op(output_names=["score"])
def evaluate(model: dict[str, Any]) -> float:
    return 1 - float(model["rate"])


@op(name=HOSTILE, output_names=["text"])
def hostile(x: str) -> str:
    return x


def record(storage: Storage) -> None:
    with storage:
        for i in range(5):
            evaluate(train(i / 10, "digits"))
        train(0.9, "letters")
        hostile(HOSTILE)
    storage.commit()


@pytest.fixture
def storage(storage_url: Callable[[], str]) -> Iterator[Storage]:
    storage = Storage(storage_url())
    record(storage)
    yield storage
    storage.close()


# -- the kernel's side -----------------------------------------------------------------------------------------------


def test_a_frame_s_picture_is_the_frame(storage: Storage) -> None:
    cf = storage.cf(evaluate).expand_back(recursive=True)
    drawn = Answers(storage, cf).ask("/api/graph/summary")
    counts = {n["id"].partition(":")[2]: n["count"] for n in drawn["nodes"]}
    assert counts == {name: len(hids) for name, hids in cf.sets.items()}
    assert counts["train"] == 5  # of the six in the store
    pairs = {(e["source"].partition(":")[2], e["target"].partition(":")[2], e["label"]) for e in drawn["edges"]}
    assert pairs == set(cf.edges())
    assert storage.query(drawn["cypher"]).shape[0] == len(cf.df())


def test_a_frame_s_tables_hold_its_own_calls_and_values_only(storage: Storage) -> None:
    cf = storage.cf(evaluate).expand_back(recursive=True)
    answers = Answers(storage, cf)
    table = answers.ask("/api/table/op%3Atrain?sort=input%3Arate&desc=1&limit=3")
    assert table["total"] == 5
    keys = [c["key"] for c in table["columns"]]
    assert [row[keys.index("input:rate")]["value"] for row in table["rows"]] == [0.4, 0.3, 0.2]
    assert {row[0] for row in table["rows"]} <= cf.fs["train"]
    values = answers.ask("/api/table/var%3Adata")
    assert [row[1]["value"] for row in values["rows"]] == ["digits"]
    whole = Answers(storage).ask("/api/table/op%3Atrain")
    assert whole["total"] == 6
    with pytest.raises(UnknownNode, match="no var 'nothing'"):
        answers.ask("/api/table/var%3Anothing")


def test_it_answers_what_the_page_would_get_and_nothing_that_is_no_question(storage: Storage) -> None:
    answers = Answers(storage)
    [best] = storage.query("MATCH (:Call {op: 'evaluate'})-[:OUTPUT]->(r {value: 1.0}) RETURN r")["r"]
    around = answers.ask(f"/api/graph/around/{best.hid}?direction=up&depth=all")
    assert {n["id"] for n in around["nodes"]} == {x.hid for x in storage.upstream(best)} | {best.hid}
    assert answers.ask(f"/api/node/{best.hid}")["preview"]["text"] == "1.0"
    for wrong in ("/api/query", "/api/events", "/etc/passwd", "", "/api/table/op%3Atrain?format=csv"):
        with pytest.raises(UsageError):
            answers.ask(wrong)


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    storage = Storage()
    with pytest.raises(UsageError, match="pixels"):
        storage.explore(height=10)
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "anywidget", None)
        with pytest.raises(UsageError, match=r"needs the package anywidget: pip install 'mandala-graph\[notebook\]'"):
            storage.explore()
    from mandala_graph.notebook import widget

    monkeypatch.setattr(widget, "MODULE", tmp_path / "explorer.js")
    with pytest.raises(UsageError, match="scripts/build-web"):
        storage.cf().explore()
    with pytest.raises(UsageError, match="explore a frame, a ref, a call"):
        widget._hid(3)


# -- in Chromium -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        if not MODULE.is_file():
            pytest.fail("the widget's module is not built: run scripts/build-web", pytrace=False)
        yield started


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Storage]:
    storage = Storage(tmp_path / "store.db")
    record(storage)
    yield storage
    storage.close()


class Shown:
    """A tab on a widget; every request must be to its own page, and nothing may fail."""

    def __init__(self, browser: Any, host: Host) -> None:
        self.host = host
        self.problems: list[str] = []
        self.strangers: list[str] = []
        self.page = browser.new_page(viewport={"width": 1040, "height": 560})
        self.page.on("pageerror", lambda e: self.problems.append(str(e)))
        self.page.on("console", lambda m: self.problems.append(m.text) if m.type == "error" else None)
        self.page.on(
            "request", lambda r: None if r.url.startswith((host.url, "blob:")) else self.strangers.append(r.url)
        )
        self.page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        self.page.goto(host.url)
        self.page.wait_for_selector("body[data-ready]")
        self.drawing = self.page.evaluate_handle("document.querySelector('.mandala-graph').mandalaGraph")

    def nodes(self) -> set[str]:
        return set(self.drawing.evaluate("d => d.graph.nodes.map((n) => n.id)"))

    def wait(self, condition: str, *given: Any) -> None:
        self.page.wait_for_function(f"([d, x]) => {condition}", arg=[self.drawing, *given], timeout=20_000)

    def at(self, id: str) -> tuple[float, float]:
        place = self.drawing.evaluate("(d, id) => d.where(id)", id)
        assert place is not None, id
        return place["x"], place["y"]

    def click(self, id: str, twice: bool = False) -> None:
        (self.page.mouse.dblclick if twice else self.page.mouse.click)(*self.at(id))

    def text(self, place: str) -> Any:
        return self.page.locator(place)

    def picture(self, name: str) -> None:
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"notebook-{name}.png")

    def close(self) -> None:
        self.page.close()
        assert self.problems == []
        assert self.strangers == []


@pytest.fixture
def show(browser: Any) -> Iterator[Callable[..., Shown]]:
    """`show(make, paper)` opens the widget that `make()` gives."""
    import contextlib

    with contextlib.ExitStack() as stack:

        def one(make: Callable[[], Any], paper: str = "light") -> Shown:
            shown = Shown(browser, stack.enter_context(hosted(make, paper)))
            stack.callback(shown.close)
            return shown

        yield one


def test_clicks_lead_from_the_frame_to_its_values_and_what_is_around_them(
    local: Storage, show: Callable[..., Shown]
) -> None:
    cf = local.cf(evaluate).expand_back(recursive=True)
    tab = show(cf.explore)
    assert tab.nodes() == {f"var:{v}" for v in cf.vnames} | {f"op:{f}" for f in cf.fnames}
    tab.picture("frame")
    tab.click("var:score")
    tab.text(".panel h2").get_by_text("score", exact=True).wait_for()
    assert tab.text(".panel .big").inner_text() == "5 values"
    tab.text(".panel").get_by_role("button", name="List its values").click()
    tab.text(".grid-body .grid-row").nth(4).wait_for()
    assert tab.text(".sheet-head").inner_text() == "5 values"
    tab.picture("table")
    first = tab.text(".grid-body a").first
    first.click()  # the least value first: 0.6
    [least] = [hid for hid in cf.vs["score"] if local.load_ref(hid).obj == 0.6]
    tab.wait("d.graph.nodes.some((n) => n.id === x)", least)
    train_of = local.upstream(least)
    tab.wait("d.selected?.id === x", least)
    tab.text(".panel .value.number").wait_for()
    assert tab.text(".panel .value.number").inner_text() == "0.6"
    tab.text(".tools").get_by_role("button", name="Upstream").click()
    tab.text("select[aria-label='Depth']").select_option("all")
    tab.wait("d.graph.nodes.length === x", len({x.hid for x in train_of} | {least}))
    assert tab.nodes() == {x.hid for x in train_of} | {least}
    tab.picture("around")
    for _ in range(3):
        tab.text(".bar").get_by_role("button", name="Back", exact=True).click()
    tab.text(".grid-body .grid-row").nth(4).wait_for()
    tab.text(".bar").get_by_role("button", name="Frame").click()
    tab.wait("d.graph.nodes.some((n) => n.id === x)", "var:score")


def test_a_node_is_expanded_by_a_key_and_by_its_button(local: Storage, show: Callable[..., Shown]) -> None:
    [call] = local.get_consumers(local.query("MATCH (r:Ref {value: 'letters'}) RETURN r")["r"][0])
    tab = show(lambda: local.explore(call))
    tab.wait("d.selected?.id === x", call.hid)
    before = tab.nodes()
    data = call.inputs["data"].hid
    model = call.outputs["model"].hid
    assert {data, model, call.hid} <= before
    others = {c.hid for c in local.get_consumers([call.inputs["rate"], call.outputs["model"]])}
    assert others <= before
    [digits] = local.query("MATCH (r:Ref {value: 'digits'}) RETURN r")["r"]
    assert digits.hid not in before
    tab = show(lambda: local.explore(digits))
    tab.wait("d.selected?.id === x", digits.hid)
    near = tab.nodes()
    [some] = [c for c in local.get_consumers(digits) if c.inputs["rate"].obj == 0.3]
    model = some.outputs["model"].hid
    tab.click(model)
    tab.text(".panel").get_by_role("button", name="Expand").click()
    more = {x.hid for x in local.get_consumers(model)}
    assert not more <= near
    tab.wait("d.graph.nodes.some((n) => n.id === x)", more.pop())
    assert near < tab.nodes()
    [other] = [c for c in local.get_consumers(digits) if c.inputs["rate"].obj == 0.1]
    tab.click(other.outputs["model"].hid)
    tab.text("[role=application]").focus()
    tab.page.keyboard.press("e")
    [reader] = local.get_consumers(other.outputs["model"])
    tab.wait("d.graph.nodes.some((n) => n.id === x)", reader.hid)
    tab.picture("expanded")
    tab.page.keyboard.press("Backspace")
    tab.wait("!d.graph.nodes.some((n) => n.id === x)", reader.hid)


def test_the_search_box_finds_names_in_the_frame_and_values_and_ids_in_the_store(
    local: Storage, show: Callable[..., Shown]
) -> None:
    tab = show(local.cf(evaluate).expand_back(recursive=True).explore)
    box = tab.page.get_by_role("combobox", name="Search: id, name or value")
    hits = tab.page.locator("[role=option]")
    box.fill("scor")
    hits.first.wait_for()
    tab.picture("search")
    assert "score" in hits.first.inner_text()
    box.press("Enter")  # it is in the picture: pointed at
    tab.wait("d.selected?.id === x", "var:score")
    [letters] = local.query("MATCH (r:Ref {value: 'letters'}) RETURN r")["r"]
    box.fill("letters")
    hits.filter(has_text="letters").first.click()  # not in the frame: gone to
    tab.wait("d.selected?.id === x", letters.hid)
    box.fill(letters.hid[:10])
    hits.first.wait_for()
    box.press("Escape")
    hits.first.wait_for(state="hidden")


def test_it_is_dark_on_dark_paper_and_names_are_only_text(local: Storage, show: Callable[..., Shown]) -> None:
    tab = show(local.explore, "dark")
    box = tab.text(".explorer")
    paper = box.evaluate("e => getComputedStyle(e).backgroundColor.match(/\\d+/g).map(Number)")
    ink = box.evaluate("e => getComputedStyle(e).color.match(/\\d+/g).map(Number)")
    assert max(paper[:3]) < 60 < 180 < min(ink[:3])
    assert f"op:{HOSTILE}" in tab.nodes()
    tab.click(f"op:{HOSTILE}")
    tab.text(".panel h2").get_by_text("onerror").wait_for()
    tab.picture("dark")
    assert tab.page.evaluate("window.hurt === undefined && document.images.length === 0")
    plain = tab.page.evaluate("getComputedStyle(document.body).fontSize")
    assert plain == "14px"  # the widget's styles stay in it
    ours = tab.text(".zoom button").first.evaluate("e => getComputedStyle(e).color")
    assert ours != "rgb(255, 0, 0)"  # and the notebook's outside


def test_a_problem_in_the_kernel_is_said_and_can_be_tried_again(local: Storage, show: Callable[..., Shown]) -> None:
    tab = show(local.explore)
    tab.text(".explorer").wait_for()
    host = tab.host
    answers, host.widget._answers = host.widget._answers, Answers(_closed())
    tab.click("op:train", twice=True)
    tab.text("[role=alert]").get_by_text("closed").wait_for()
    host.widget._answers = answers
    tab.text(".cover").get_by_role("button", name="Try again").click()
    tab.text(".grid-body .grid-row").nth(5).wait_for()
    tab.page.evaluate("window.end()")
    tab.page.wait_for_function("document.querySelector('.mandala-graph canvas') === null")


def _closed() -> Storage:
    storage = Storage()
    storage.close()
    return storage


def test_explore_is_also_a_function(local: Storage) -> None:
    assert explore(local, height=200).get_state()["height"] == 200
