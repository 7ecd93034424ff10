"""Use the dashboard in Chromium, with the keyboard alone."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from chromium import FLAGS, find_chromium
from plain_http import plain_client
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signtraker.sandbox import Sandbox

# The group keeps the tests in one worker, with one browser.
pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.xdist_group("browser")]
HOSTILE = "<img src=x onerror=alert(1)><script>alert(1)</script>"
MOST_TABS = 60
"""A control that is further away counts as out of reach."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    # Chromium writes crash settings and caches there, whatever its profile.
    home = str(tmp_path_factory.mktemp("home"))
    env: dict[str, str | float | bool] = {
        **os.environ,
        "HOME": home,
        "XDG_CONFIG_HOME": home,
        "XDG_CACHE_HOME": home,
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS, env=env)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, sandbox: Sandbox) -> Iterator[Page]:
    """Yield a page; fail if anything was loaded from elsewhere, or if the browser complained."""
    sandbox.reset()
    page = browser.new_page(base_url=sandbox.url, viewport={"width": 1400, "height": 900})
    complaints: list[str] = []
    hosts: set[str] = set()

    def note(message: ConsoleMessage) -> None:
        if not re.search("status of 40[04]", message.text):  # a refused form, a missing page
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    yield page
    page.close()
    assert complaints == []
    assert hosts == {urlsplit(sandbox.url).netloc}


def tab_to(page: Page, control: Locator) -> None:
    """Press Tab until a control has the focus, and check that the focus is visible."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if control.evaluate("element => element === document.activeElement"):
            assert control.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
            return
    pytest.fail(f"Tab does not lead to {control}")


def press(page: Page, control: Locator) -> None:
    tab_to(page, control)
    page.keyboard.press("Enter")


def fill_in(page: Page, label: str, text: str) -> None:
    """Type into a field; Tab has selected what it held."""
    tab_to(page, page.get_by_label(label, exact=True))
    page.keyboard.type(text)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def test_orders_and_requests_are_shown_as_text(page: Page, sandbox: Sandbox) -> None:
    with plain_client(sandbox) as api:
        api.get("/api/orders", params={"$filter": "Status eq 'Draft'", "$top": 20})
        order = {"AgentId": 42, "PresetId": 7, "StreetName": HOSTILE, "City": "Sandy"}
        assert api.post("/api/orders", json=order).status_code == 200
        sandbox.faults.add(path="/api/orders/*", status=503, retry_after=1)
        assert api.get("/api/orders/1001").status_code == 503
    page.goto("/")
    expect(page.get_by_text("301 orders", exact=True)).to_be_visible()
    assert page.locator("circle").count() > 200
    expect(page.locator("#orders").get_by_text(HOSTILE)).to_be_visible()
    assert page.locator("img, script").count() == 0
    expect(page.get_by_role("term").get_by_text("$filter", exact=True)).to_be_visible()
    expect(page.get_by_role("definition").get_by_text("Status eq 'Draft'", exact=True)).to_be_visible()
    expect(page.get_by_text("503 instead of the work, Retry-After: 1", exact=True)).to_be_visible()
    assert sandbox.api_key not in page.content()


def test_the_body_of_a_request_opens_by_keyboard(page: Page, sandbox: Sandbox) -> None:
    with plain_client(sandbox) as api:
        api.post("/api/orders", json={"Notes": HOSTILE})
    page.goto("/#requests")
    body = page.get_by_label("Body", exact=True).and_(page.locator("pre"))
    expect(body).to_be_hidden()
    press(page, page.locator("summary"))
    expect(body).to_be_visible()
    expect(body).to_have_text(f'{{"Notes":"{HOSTILE}"}}')


def test_a_fault_is_set_and_cleared(page: Page, sandbox: Sandbox) -> None:
    page.goto("/#faults")
    fill_in(page, "Path", "/api/offices")
    fill_in(page, "Status", "503")
    press(page, button(page, "Set the fault"))
    expect(page.get_by_text("The fault is in force.", exact=True)).to_be_visible()
    assert [(fault.path, fault.status) for fault in sandbox.faults] == [("/api/offices", 503)]
    press(page, button(page, "Clear all faults"))
    expect(page.get_by_text("No fault is in force.", exact=True)).to_be_visible()
    assert list(sandbox.faults) == []


def test_an_error_is_shown_beside_the_form_which_stays_filled_in(page: Page, sandbox: Sandbox) -> None:
    page.goto("/#faults")
    fill_in(page, "Path", "/api/order")
    fill_in(page, "Status", "503")
    press(page, button(page, "Set the fault"))
    alert = page.locator("#faults").get_by_role("alert")
    expect(alert).to_contain_text("path='/api/order' matches no route of the API")
    expect(page.get_by_label("Status", exact=True)).to_have_value("503")
    assert list(sandbox.faults) == []


def test_the_clock_advances_by_a_button_and_by_an_amount(page: Page, sandbox: Sandbox) -> None:
    before = sandbox.clock.now()
    page.goto("/#clock")
    press(page, button(page, "Advance by 1 day"))
    expect(page.get_by_text("16 January 2026, 09:00 UTC")).to_be_visible()
    fill_in(page, "Advance by", "2")
    press(page, button(page, "Advance"))
    expect(page.get_by_text("18 January 2026, 09:00 UTC")).to_be_visible()
    assert sandbox.clock.now() - before == timedelta(days=3)


def test_a_typed_filter_selects_orders(page: Page) -> None:
    page.goto("/")
    fill_in(page, "$filter", "Id eq 1001")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 order", exact=True)).to_be_visible()


def test_a_status_selects_orders(page: Page) -> None:
    page.goto("/")
    press(page, page.get_by_role("link", name="Removed", exact=False))
    expect(page.get_by_label("$filter", exact=True)).to_have_value("Status eq 'Removed'")
    assert set(page.locator("#orders tbody td:nth-child(2)").all_inner_texts()) == {"Removed"}


def test_a_city_of_the_map_selects_orders(page: Page) -> None:
    page.goto("/")
    city = page.locator("svg a").first
    name = city.text_content()
    press(page, city)
    expect(page.get_by_label("$filter", exact=True)).to_have_value(f"JobSite/City eq '{name}'")


def test_tab_reaches_every_control(page: Page) -> None:
    page.goto("/")
    controls = page.locator("a, button, summary, input:not([type=hidden]), select, [tabindex='0']")
    reached = set[int]()
    index = "all => all.indexOf(document.activeElement)"
    page.keyboard.press("Tab")
    while (at := controls.evaluate_all(index)) not in reached and at >= 0:
        reached.add(at)
        page.keyboard.press("Tab")
    assert len(reached) == controls.count()


def test_the_skip_link_leads_to_the_content(page: Page) -> None:
    page.goto("/")
    press(page, page.get_by_role("link", name="Skip to the content"))
    expect(page.locator("main")).to_be_focused()


def test_the_reference_describes_all_operations(page: Page) -> None:
    page.goto("/docs")
    expect(page.locator("article .method")).to_have_count(21)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/docs", "/dashboard/missing"])
def test_a_page_fits_windows_from_a_telephone_to_a_large_screen(page: Page, path: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(path)
    for width in (360, 800, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
