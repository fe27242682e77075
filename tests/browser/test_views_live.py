"""Following an experiment while it runs. It adds to the store that the other tests count, so it comes after them."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser import lab
from tests.browser.conftest import Tab


def test_live_follows_a_running_experiment(tab: Tab) -> None:
    page, site = tab.page, tab.site
    tab.drawn()
    button = page.get_by_role("button", name="Live")
    button.click()
    tab.arrives("live=1")
    expect(button).to_have_attribute("aria-pressed", "true")
    count = "mandalaGraph.graph.nodes.find((n) => n.id === 'op:evaluate').count"
    before = page.evaluate(count)
    places = page.evaluate("mandalaGraph.where('op:load')")
    with page.expect_response("**/api/events"):
        page.reload()
    tab.drawn()
    lab.run(site.folder, site.url, 2, (0.1, 0.4, 0.44, 0.45), environment=site.environment)
    tab.until(f"{count} === {before + 2}")
    assert page.evaluate("mandalaGraph.where('op:load')") == places
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
