"""Build the rows of the tables on the page at `/`, and render it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from signtraker._common.words import counted
from signtraker.sandbox.dashboard import forms, text
from signtraker.sandbox.dashboard.data import MOST_SITES, load_orders_page
from signtraker.sandbox.dashboard.map import lay_out
from signtraker.sandbox.dashboard.state import equals
from signtraker.sandbox.dashboard.templating import render

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Mapping

    from signtraker.sandbox.dashboard.data import OrdersPage
    from signtraker.sandbox.dashboard.state import State
    from signtraker.sandbox.data.backend import Backend
    from signtraker.sandbox.data.views import Record
    from signtraker.sandbox.faults.fault import Faults
    from signtraker.sandbox.serving.gate import ReceivedRequest
    from signtraker.sandbox.settings import Settings

_REQUESTS_ON_A_PAGE = 25
_MOST_FAULTS = 50
_MOST_CHARACTERS = 4_000
"""The part of a body or of a query value that is shown."""
_SHORTEST_KEY = 6
"""A shorter key occurs in any text by chance, so it is not redacted."""
_CONFIRMATIONS = {
    "clock": "The clock was advanced; everything due has happened.",
    "fault": "The fault is in force.",
    "clear": "All faults were cleared.",
}
_GENERATIONS = {"v3": "v3", "v4-5": "v4, Web API 5.x", "v4-7": "v4, Web API 7.x"}


@dataclass(frozen=True, slots=True)
class Context:
    """The running sandbox, as far as the page shows it."""

    backend: Backend
    faults: Faults
    requests: deque[ReceivedRequest]
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Chip:
    """A link that shows the orders of one status; the chosen one shows all orders again."""

    status: str | None
    count: int
    filter: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order of the table."""

    id: int
    status: str | None
    street: str
    place: str
    agent: str
    due: str
    installed: str
    removal: str


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request of the table, without the API key."""

    number: int
    method: str
    path: str
    query: list[tuple[str, str]]
    body: str
    size: int
    """Bytes of the whole body."""
    status: int | None
    fault: str


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """One page of the requests, the newest first."""

    rows: list[RequestRow]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class FaultRow:
    """One fault in force."""

    effect: str
    requests: str


@dataclass(frozen=True, slots=True)
class FaultList:
    """The faults in force; those beyond the first 50 are only counted."""

    rows: list[FaultRow]
    total: int
    hidden: int


def render_page(
    context: Context,
    state: State,
    errors: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
) -> bytes:
    """Render the page. `errors` holds the messages by section; `form` refills the form of a fault."""
    orders = load_orders_page(context.backend, state.filter, state.orders)
    return render(
        "dashboard.html",
        state=state,
        token=context.token,
        errors={"clock": None, "faults": None, **(errors or {})},
        done=_CONFIRMATIONS.get(state.done),
        orders=orders,
        chips=_chips(orders, state),
        map=lay_out(orders.sites, frozenset(record["Id"] for record in orders.orders)),
        legend=_legend(orders),
        rows=[_order_row(record) for record in orders.orders],
        requests=_requests_page(context, state.requests),
        now=context.backend.clock.now(),
        clock_steps=forms.STEPS,
        clock_units={unit: unit for unit in forms.UNITS},
        faults=_fault_list(context.faults),
        quick_faults=forms.QUICK_FAULTS,
        fault_fields=forms.fault_fields(form or {}),
        settings=_settings(context.backend.settings),
    )


def _settings(settings: Settings) -> dict[str, str]:
    return {
        "OData": _GENERATIONS[settings.server],
        "Account": "National Account" if settings.national_account else "Licensee",
        "Page cap": "none" if settings.page_cap is None else counted(settings.page_cap, "row"),
        "Largest $top": "any" if settings.max_top is None else f"{settings.max_top:,}",
    }


def _chips(orders: OrdersPage, state: State) -> list[Chip]:
    filters = {status: equals("Status", status) for status in orders.statuses}
    return [
        Chip(status, count, filters[status], state.filter == filters[status])
        for status, count in orders.statuses.items()
    ]


def _legend(orders: OrdersPage) -> list[str]:
    drawn, without = len(orders.sites), orders.found - orders.located
    parts = [counted(drawn, "job site") + " drawn"]
    if drawn == MOST_SITES and orders.located > drawn:
        parts = [f"The newest {drawn:,} of {orders.located:,} job sites drawn"]
    if without:
        parts.append(f"{without:,} without coordinates")
    if drawn:
        parts += ["outlined: listed below", "click a city to see only its orders"]
    return parts


def _order_row(record: Record) -> OrderRow:
    site: Record = record["JobSite"] or {}
    agent: Record = record["Agent"] or {}
    removal = text.short_date(record["RemovalDate"])
    if not removal and record["RemovalDueDate"] is not None:
        removal = f"due {text.short_date(record['RemovalDueDate'])}"
    return OrderRow(
        id=record["Id"],
        status=record["Status"],
        street=site.get("StreetAddress") or "",
        place=", ".join(part for part in (site.get("City"), site.get("State")) if part),
        agent=agent.get("Name") or "",
        due=text.short_date(record["DueDate"]),
        installed=text.short_date(record["DateInstalled"]),
        removal=removal,
    )


def _requests_page(context: Context, page: int) -> RequestsPage:
    total = len(context.requests)
    pages = max(1, -(-total // _REQUESTS_ON_A_PAGE))
    page = min(page, pages)
    first = (page - 1) * _REQUESTS_ON_A_PAGE
    newest = itertools.islice(reversed(context.requests), first, first + _REQUESTS_ON_A_PAGE)
    key = context.backend.settings.api_key
    rows = [_request_row(request, total - first - index, key) for index, request in enumerate(newest)]
    return RequestsPage(rows, total, page, pages)


def _request_row(request: ReceivedRequest, number: int, key: str) -> RequestRow:
    return RequestRow(
        number=number,
        method=request.method,
        path=_redact(request.path, key),
        query=[(_redact(name, key), _redact(value, key)) for name, value in request.query],
        body=_redact(request.body.decode("utf-8", "replace"), key),
        size=len(request.body),
        status=request.status,
        fault=text.effect(request.fault) if request.fault else "",
    )


def _redact(content: str, key: str) -> str:
    """Remove the API key, wherever a client has put it, and cut a long text."""
    if len(key) >= _SHORTEST_KEY:
        content = content.replace(key, "•••")
    rest = len(content) - _MOST_CHARACTERS
    return f"{content[:_MOST_CHARACTERS]} … and {counted(rest, 'character')} more" if rest > 0 else content


def _fault_list(faults: Faults) -> FaultList:
    in_force = list(faults)
    rows = [FaultRow(text.effect(fault), text.matched_requests(fault)) for fault in in_force[:_MOST_FAULTS]]
    return FaultList(rows, len(in_force), len(in_force) - len(rows))
