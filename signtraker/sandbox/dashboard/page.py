"""The page at `/`: the orders, the requests, the clock and the faults."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from signtraker.sandbox.dashboard import controls, text
from signtraker.sandbox.dashboard.data import MOST_SITES, load_orders_page
from signtraker.sandbox.dashboard.layout import card, document, note, table
from signtraker.sandbox.dashboard.map import draw, status_class
from signtraker.sandbox.dashboard.markup import Content, Html, join, tag

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Mapping

    from signtraker.sandbox.dashboard.data import PageData
    from signtraker.sandbox.dashboard.state import State
    from signtraker.sandbox.data.backend import Backend
    from signtraker.sandbox.data.views import Record
    from signtraker.sandbox.faults.fault import Faults
    from signtraker.sandbox.serving.gate import ReceivedRequest

REQUESTS_ON_A_PAGE = 25
_LONGEST = 4_000
"""Characters of a body or a query value that are shown."""
_SHORTEST_KEY = 6
"""A key shorter than this is found in any text by chance."""


@dataclass(frozen=True, slots=True)
class Context:
    """The data of one page."""

    backend: Backend
    faults: Faults
    requests: deque[ReceivedRequest]
    token: str = field(repr=False)


def render(
    context: Context,
    state: State,
    mistakes: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
) -> bytes:
    """Make the page; `mistakes` says by form what was wrong with `form`."""
    mistakes = mistakes or {}
    data = load_orders_page(context.backend, state.filter, state.orders)
    refresh = tag("meta", http_equiv="refresh", content="2") if state.follow else None
    left = tag("div", _orders(data, state), _requests(context, state), class_="wide-part")
    right = tag(
        "div",
        controls.clock(context.backend.clock.now(), state, context.token, mistakes.get("clock")),
        controls.faults(list(context.faults), state, context.token, mistakes.get("faults"), form or {}),
        _about(context),
        class_="narrow-part",
    )
    done = controls.DONE.get(state.done)
    return document(
        "SignTraker sandbox",
        tag("h1", "SignTraker sandbox", class_="unseen"),
        note(done) if done else None,
        tag("div", left, right, class_="parts"),
        head=refresh,
    )


def _about(context: Context) -> Html:
    settings = context.backend.settings
    generation = {"v3": "v3", "v4-5": "v4, Web API 5.x", "v4-7": "v4, Web API 7.x"}[settings.server]
    rows = [
        ("OData", generation),
        ("Plays", "a National Account" if settings.national_account else "a licensee's portal"),
        ("Page cap", "none" if settings.page_cap is None else text.counted(settings.page_cap, "row")),
        ("Largest $top", "any" if settings.max_top is None else f"{settings.max_top:,}"),
    ]
    pairs = join(tag("div", tag("dt", name), tag("dd", value)) for name, value in rows)
    return card("settings", "Settings", tag("dl", pairs, class_="facts"))


def _orders(data: PageData, state: State) -> Html:
    if data.mistake is not None:
        return card("orders", "Orders", _filter(state), _chips(data, state), note(data.mistake, "wrong"))
    listed = frozenset(record["Id"] for record in data.orders)
    chart = draw(data.sites, listed, lambda city: state.link("orders", filter=_is_city(city), orders=1))
    columns = ["Order", "Status", "Job site", "Agent", "Due", "Installed", "Removal"]
    rows = [_order(record) for record in data.orders]
    return card(
        "orders",
        "Orders",
        _filter(state),
        _chips(data, state),
        tag("div", chart, _legend(data), class_="map"),
        table("Orders, the newest first", columns, rows)
        if rows
        else tag("p", "No order matches.", class_="nothing"),
        _pages("orders", data.page, data.pages, state),
        aside=tag("span", text.counted(data.found, "order"), class_="count"),
    )


def _filter(state: State) -> Html:
    box = tag(
        "input",
        type="search",
        id="filter",
        name="filter",
        value=state.filter,
        placeholder="Status eq 'Draft' and JobSite/City eq 'Sandy'",
        autocomplete="off",
        spellcheck="false",
    )
    return tag(
        "form",
        tag("label", "$filter", for_="filter"),
        box,
        tag("button", "Show"),
        tag("a", "Show all", href=state.link("orders", filter="", orders=1)) if state.filter else None,
        method="get",
        action="/",
        role="search",
        class_="filter",
    )


def _chips(data: PageData, state: State) -> Html:
    chips: list[Html] = []
    for status, count in data.statuses.items():
        wanted = "Status eq null" if status is None else f"Status eq {_literal(status)}"
        chosen = state.filter == wanted
        chips.append(
            tag(
                "a",
                tag("span", class_=f"dot {status_class(status or '')}", aria_hidden="true"),
                f"{status or 'none'} ",
                tag("b", f"{count:,}"),
                href=state.link("orders", filter="" if chosen else wanted, orders=1),
                class_="chip chosen" if chosen else "chip",
                aria_current="true" if chosen else None,
            )
        )
    return tag("nav", *chips, class_="chips", aria_label="Orders by status")


def _legend(data: PageData) -> Html:
    drawn = len(data.sites)
    without = data.found - data.located
    parts = [text.counted(drawn, "job site") + " drawn"]
    if drawn == MOST_SITES and data.located > drawn:
        parts = [f"The newest {drawn:,} of {data.located:,} job sites drawn"]
    if without:
        parts.append(f"{without:,} without coordinates")
    parts.append("outlined: listed below; a city's name shows its orders alone")
    return tag("p", " · ".join(parts), class_="legend")


def _order(record: Record) -> Html:
    site: Record = record["JobSite"] or {}
    agent: Record = record["Agent"] or {}
    place = ", ".join(part for part in (site.get("City"), site.get("State")) if part)
    removal = text.day(record["RemovalDate"])
    if not removal and record["RemovalDueDate"] is not None:
        removal = f"due {text.day(record['RemovalDueDate'])}"
    return tag(
        "tr",
        tag("th", f"{record['Id']}", scope="row"),
        tag("td", _badge(record["Status"])),
        tag("td", tag("span", site.get("StreetAddress"), class_="line"), tag("span", place, class_="faint")),
        tag("td", agent.get("Name")),
        tag("td", text.day(record["DueDate"])),
        tag("td", text.day(record["DateInstalled"])),
        tag("td", removal),
    )


def _badge(status: str | None) -> Html | None:
    if status is None:
        return None
    return tag("span", tag("span", class_=f"dot {status_class(status)}", aria_hidden="true"), status)


def _requests(context: Context, state: State) -> Html:
    total = len(context.requests)
    pages = max(1, -(-total // REQUESTS_ON_A_PAGE))
    page = min(state.requests, pages)
    first = (page - 1) * REQUESTS_ON_A_PAGE
    newest = list(itertools.islice(reversed(context.requests), first, first + REQUESTS_ON_A_PAGE))
    rows = [_request(context, one, total - first - index) for index, one in enumerate(newest)]
    following = tag(
        "span",
        tag("a", "Refresh", href=state.link("requests")),
        tag("a", "Stop following", href=state.link("requests", follow=False))
        if state.follow
        else tag("a", "Follow", href=state.link("requests", follow=True, requests=1)),
        tag("span", text.counted(total, "request"), class_="count"),
        class_="actions",
    )
    return card(
        "requests",
        "Requests",
        table("Requests, the newest first", ["No.", "Request", "Body", "Status", "Fault"], rows)
        if rows
        else tag("p", "Nothing has arrived yet.", class_="nothing"),
        _pages("requests", page, pages, state),
        aside=following,
    )


def _request(context: Context, one: ReceivedRequest, number: int) -> Html:
    query = [(_shown(context, name), _shown(context, value)) for name, value in one.query]
    options = join(tag("div", tag("dt", name), tag("dd", value)) for name, value in query)
    kind = "none" if one.status is None else f"class-{one.status // 100}"
    return tag(
        "tr",
        tag("th", number, scope="row"),
        tag(
            "td",
            tag("div", tag("b", one.method), " ", _shown(context, one.path), class_="target"),
            tag("dl", options, class_="query") if query else None,
        ),
        tag("td", _body(_shown(context, one.body.decode("utf-8", "replace")), len(one.body))),
        tag("td", tag("span", "no answer" if one.status is None else one.status, class_=f"code {kind}")),
        tag("td", text.what(one.fault) if one.fault else None),
    )


def _body(content: str, size: int) -> Html | None:
    if not size:
        return None
    return tag(
        "details",
        tag("summary", text.counted(size, "byte")),
        tag("pre", content, tabindex="0", aria_label="Body"),
    )


def _shown(context: Context, content: str) -> str:
    """Cut a text to what can be shown, without the key, wherever a client may have put it."""
    key = context.backend.settings.api_key
    if len(key) >= _SHORTEST_KEY:
        content = content.replace(key, "•••")
    rest = len(content) - _LONGEST
    return f"{content[:_LONGEST]} … and {text.counted(rest, 'character')} more" if rest > 0 else content


def _pages(name: str, page: int, pages: int, state: State) -> Html | None:
    if pages == 1:
        return None

    def step(label: str, target: int, *, possible: bool) -> Content:
        if not possible:
            return tag("span", label, class_="off", aria_disabled="true")
        return tag("a", label, href=state.link(name, **{name: target}))

    return tag(
        "nav",
        step("First", 1, possible=page > 1),
        step("Newer", page - 1, possible=page > 1),
        tag("span", f"Page {page:,} of {pages:,}"),
        step("Older", page + 1, possible=page < pages),
        step("Last", pages, possible=page < pages),
        class_="pages",
        aria_label=f"Pages of {name}",
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _is_city(city: str) -> str:
    return f"JobSite/City eq {_literal(city)}"
