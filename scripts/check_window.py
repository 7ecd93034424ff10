"""Use the sandbox's window in a headless Chromium, by keyboard alone, and look for what a browser would mind.

python scripts/check_window.py                       use it
python scripts/check_window.py --pictures FOLDER     and keep pictures of it

It needs a `chromium` on PATH; without one, it says so and passes.
"""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
from _chromium import Chromium, find

from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = "<img src=x onerror=alert(1)><script>alert(1)</script>"
MOST_STEPS = 250
"""Presses of Tab after which a control counts as out of reach."""
OPERATIONS = 21
FEWEST_POINTS = 200
FOCUS = "document.activeElement"


class User:
    """Someone with a keyboard."""

    def __init__(self, browser: Chromium) -> None:
        self.browser = browser

    def tab_to(self, condition: str) -> None:
        """Press Tab until the condition holds for what has the focus, which must then be seen to have it."""
        for _ in range(MOST_STEPS):
            self.browser.press("Tab")
            if self.browser.value(f"((element) => {condition})({FOCUS})"):
                style = self.browser.value(f"getComputedStyle({FOCUS}).outlineStyle")
                expect(style != "none", f"the focus is visible ({condition})")
                return
        raise SystemExit(f"FAILED: no Tab leads to {condition}")

    def press_button(self, name: str) -> None:
        """Go to a button by Tab, and press it."""
        self.tab_to(f"element.tagName === 'BUTTON' && element.innerText === {name!r}")
        self.browser.follow("Enter")

    def fill_in(self, field: str, text: str) -> None:
        """Go to a field by Tab, and type; Tab has selected what stood there."""
        self.tab_to(f"element.id === {field!r}")
        self.browser.type(text)

    def count(self, selector: str) -> int:
        """Count the elements of the page that a CSS selector finds."""
        return int(self.browser.value(f"document.querySelectorAll({selector!r}).length"))

    def reads(self, text: str) -> bool:
        """Return True if the page shows this text."""
        return bool(self.browser.value(f"document.body.innerText.includes({text!r})"))


def expect(holds: object, sentence: str) -> None:
    """Stop if what the sentence says is not so."""
    if not holds:
        raise SystemExit(f"FAILED: {sentence}")


def orders_and_requests_are_shown(sandbox: Sandbox, user: User) -> None:
    """Check that the page shows the sandbox's records and requests as text."""
    user.browser.visit(f"{sandbox.url}/")
    expect(user.reads("301 orders"), "the number of orders is shown")
    expect(user.count("circle") > FEWEST_POINTS, "the map has points")
    expect(user.reads(HOSTILE), "what is hostile is shown as it was sent")
    expect(user.count("img, script") == 0, "and does nothing")
    expect(user.reads("$filter"), "the query is shown decoded")
    expect(
        sandbox.api_key not in user.browser.value("document.documentElement.outerHTML"), "the key is hidden"
    )


def a_fault_is_set_and_cleared(sandbox: Sandbox, user: User) -> None:
    """A filled-in form puts a fault in force, and a button clears it."""
    user.browser.visit(f"{sandbox.url}/")
    user.fill_in("path", "/api/offices")
    user.fill_in("status", "503")
    user.press_button("Set the fault")
    expect(user.reads("The fault is in force."), "the page says that the fault is in force")
    [fault] = sandbox.faults
    expect((fault.path, fault.status) == ("/api/offices", 503), "the fault is what was filled in")
    user.press_button("Clear all faults")
    expect(not list(sandbox.faults), "no fault is in force any more")


def a_mistake_is_told_beside_the_form(sandbox: Sandbox, user: User) -> None:
    """Check that a wrong form is refused on the same page, with its fields still filled in."""
    user.browser.visit(f"{sandbox.url}/")
    user.fill_in("status", "9999")
    user.press_button("Set the fault")
    expect(user.reads("status=9999 is no status of an answer."), "the mistake is told")
    expect(user.browser.value("document.getElementById('status').value") == "9999", "what was typed stays")


def the_clock_is_advanced(sandbox: Sandbox, user: User) -> None:
    """A button and a form move the time, and what is due happens."""
    before = sandbox.clock.now()
    user.browser.visit(f"{sandbox.url}/")
    user.press_button("+ 1 day")
    user.fill_in("amount", "2")
    user.press_button("Advance")
    expect(sandbox.clock.now() - before == timedelta(days=3), "the clock stands three days later")
    expect(user.reads("18 January 2026, 09:00 UTC"), "the page shows the new time")


def the_orders_are_narrowed(sandbox: Sandbox, user: User) -> None:
    """A typed filter, a status and a city each show some orders only."""
    user.browser.visit(f"{sandbox.url}/")
    user.fill_in("filter", "Id eq 1001")
    user.browser.follow("Enter")
    expect(user.reads("1 order"), "the filter keeps one order")
    user.browser.visit(f"{sandbox.url}/")
    user.tab_to("element.classList.contains('chip') && element.innerText.startsWith('Removed')")
    user.browser.follow("Enter")
    short_repr = user.browser.value(
        "[...document.querySelectorAll('#orders tbody td:nth-child(2)')].map(one => one.innerText)"
    )
    expect(set(short_repr) == {"Removed"}, "only removed signs are listed")
    user.browser.visit(f"{sandbox.url}/")
    user.tab_to("element.closest('svg') !== null")
    user.browser.follow("Enter")
    expect("JobSite" in user.browser.value("document.getElementById('filter').value"), "a city is a filter")


def the_reference_is_read(sandbox: Sandbox, user: User) -> None:
    """All operations are described, without anything from elsewhere."""
    user.browser.visit(f"{sandbox.url}/docs")
    expect(user.count("article .method") == OPERATIONS, f"all {OPERATIONS} operations are described")


def nothing_overflows(sandbox: Sandbox, user: User) -> None:
    """The pages fit windows from a telephone's to a large screen's, in both colour schemes."""
    for path in ("/", "/docs"):
        for width in (360, 800, 1400):
            user.browser.show_as(width=width, height=900, dark=False)
            user.browser.visit(f"{sandbox.url}{path}")
            needed = user.browser.value("document.documentElement.scrollWidth")
            expect(needed <= width, f"{path} fits a width of {width} ({needed})")


STORIES: tuple[Callable[[Sandbox, User], None], ...] = (
    orders_and_requests_are_shown,
    a_fault_is_set_and_cleared,
    a_mistake_is_told_beside_the_form,
    the_clock_is_advanced,
    the_orders_are_narrowed,
    the_reference_is_read,
    nothing_overflows,
)


def prepare(sandbox: Sandbox) -> None:
    """Send some requests that are worth looking at."""
    headers = {"Authorization": f"ST-API {sandbox.api_key}"}
    with httpx.Client(base_url=sandbox.url, headers=headers, trust_env=False) as api:
        query = "Status eq 'Draft' and JobSite/City eq 'Coeur d''Alene'"
        api.get("/api/orders", params={"$filter": query, "$orderby": "Created desc", "$top": 20})
        order = {"AgentId": 42, "PresetId": 7, "StreetName": HOSTILE, "City": "Sandy", "Notes": "Beware!"}
        api.post("/api/orders", json=order)
        api.get("/api/orders", params={"$filter": "Stat eq 'Draft'"})
        sandbox.faults.add(method="GET", path="/api/orders/*", status=503, retry_after=1)
        api.get("/api/orders/1001")
        api.patch(
            "/api/agents/1",
            content=b'{"Notes":"Gate code 5"}',
            headers={"Content-Type": "application/merge-patch+json"},
        )
        sandbox.faults.clear()


def take_pictures(sandbox: Sandbox, user: User, folder: Path) -> None:
    """Keep pictures of the pages, light and dark, large and small."""
    folder.mkdir(parents=True, exist_ok=True)
    sandbox.faults.add(method="POST", path="/api/orders", reset="before_answer", nth=2, times=None)
    for name, path, width, height, dark in (
        ("window-light", "/", 1400, 1800, False),
        ("window-dark", "/", 1400, 1800, True),
        ("window-narrow", "/", 400, 1800, False),
        ("window-city", "/?filter=JobSite/City eq 'Denver'", 1400, 1000, False),
        ("reference-light", "/docs", 1400, 1400, False),
        ("reference-dark", "/docs#schemas", 1400, 1400, True),
    ):
        user.browser.show_as(width=width, height=height, dark=dark)
        user.browser.visit("about:blank")
        user.browser.visit(f"{sandbox.url}{path}")
        (folder / f"{name}.png").write_bytes(user.browser.picture())


def main() -> int:
    """Tell every story; stop at the first that does not come true."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pictures", type=Path, help="keep pictures of the pages in this folder")
    options = parser.parse_args()
    program = find()
    if program is None:
        print("No chromium on PATH: the window was not tried in a browser.")
        return 0
    with Sandbox() as sandbox, Chromium(program) as browser:
        user = User(browser)
        prepare(sandbox)
        for story in STORIES:
            story(sandbox, user)
            print(story.__name__.replace("_", " "))
        if options.pictures is not None:
            take_pictures(sandbox, user, options.pictures)
        own = urlsplit(sandbox.url).netloc
        strangers = {one for one in browser.asked_for if urlsplit(one).netloc not in {own, ""}}
        expect(not strangers, f"everything comes from the sandbox, but {strangers} was asked for")
        refusals = [one for one in browser.complaints if "status of 400" not in one]
        expect(not refusals, f"the browser has nothing to mind, but it says {refusals}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
