"""Look at the report in Chromium: wide, narrow, in the dark, and on paper."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from chromium import FLAGS, find_chromium
from playwright.sync_api import Browser, Page, sync_playwright

from signtraker.cli.run import run
from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The group keeps the tests in one worker, with the browser of the other tests that need one.
pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.xdist_group("browser")]
LEAST_CONTRAST = 4.5
"""WCAG 2.2, success criterion 1.4.3."""
CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number)
  const light = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((one) => one / 255)
      .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor)
      if (colour.length === 3 || colour[3] > 0) return colour
    }
    return [255, 255, 255]
  }
  const found = []
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim())
    if (!own || element.closest("title, style") || !element.getClientRects().length) continue
    const isDrawn = element.closest("svg") !== null
    const style = getComputedStyle(element)
    const inCircle = element.parentElement.classList.contains("sites")
    const circle = inCircle ? element.parentElement.querySelector("circle") : null
    const [a, b] = [
      light(parse(isDrawn ? style.fill : style.color)),
      light(circle ? parse(getComputedStyle(circle).fill) : behind(element)),
    ]
    found.push((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05))
  }
  return [found.length, Math.min(...found)]
}"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    with pytest.MonkeyPatch.context() as patch, Sandbox() as sandbox:
        now = sandbox.clock.now()
        sandbox.orders.add(
            status="A status without any blank in it, which is longer than others",
            street_name="O'Brien & Söhne <b> " * 5,
            city="W" * 60,
            latitude=40.5,
            longitude=-111.8,
            removal_due_date=now - timedelta(days=400),
        )
        patch.setenv("SIGNTRAKER_BASE_URL", sandbox.url)
        patch.setenv("SIGNTRAKER_API_KEY", sandbox.api_key)
        patch.setenv("SIGNTRAKER_CONFIG", str(path.with_name("config.toml")))
        assert run(["report", "--output", str(path)], clock=lambda: now) == 0
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    # Chromium writes crash settings and caches there, whatever its profile.
    home = str(tmp_path_factory.mktemp("home"))
    env: dict[str, str | float | bool] = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home}
    env["XDG_CACHE_HOME"] = home
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS, env=env)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    """Yield the page; fail if it loads anything, or if the browser complains."""
    page = browser.new_page()
    complaints: list[str] = []
    addresses: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: addresses.append(request.url))
    page.goto(report.as_uri())
    yield page
    page.close()
    assert complaints == []
    assert addresses == [report.as_uri()]


def test_the_report_fits_each_width_and_every_text_can_be_read(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width in (320, 390, 800, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            count, least = page.evaluate(CONTRAST)
            assert count > 200
            assert least >= LEAST_CONTRAST, (scheme, width)


def test_the_report_shows_one_drawing_of_each_kind_and_names_it(page: Page) -> None:
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        shown = [one for one in page.locator("svg").all() if one.is_visible()]
        names = [one.locator("> title").text_content() or "" for one in shown]
        assert len(names) == len(set(names)) > 4
        assert names[0].startswith("Orders by month and status.")
        assert names[2].startswith("Map of All job sites with ")
    levels = page.locator("h1, h2, h3").evaluate_all("all => all.map((one) => one.tagName)")
    assert levels == ["H1", "H2", "H2", "H2", "H2", "H2"]
    assert page.locator("table:not(:has(caption))").count() == 0


def test_the_paper_has_every_row_and_no_dark_ground(page: Page) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": 700, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    cut = "all => all.filter((one) => one.scrollHeight > one.clientHeight + 1).length"
    assert page.locator(".scroll").evaluate_all(cut) == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(CONTRAST)[1] >= LEAST_CONTRAST
    assert page.pdf().count(b"/Type /Page\n") > 2
