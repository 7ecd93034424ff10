"""Search for the order that an unconfirmed request may have created, among the agent's recent orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from signtraker._common.short_repr import short_repr
from signtraker._core.request import before_sending
from signtraker._lists.arguments import PAGE_SIZE, ListOptions
from signtraker._lists.splitting import make_pager
from signtraker.exceptions import Problem, refuse
from signtraker.query import Q

if TYPE_CHECKING:
    from collections.abc import Generator

    from signtraker._core.config import Config
    from signtraker._core.request import Request
    from signtraker._lists.listing import Listing
    from signtraker.models import CreateOrderRequest, Order

SITE_FIELDS: Final = ("listing_number", "street_number", "street_name", "city", "state", "zip")
"""The fields of a request that a job site shows. The API reference names no other place for them."""


@dataclass(frozen=True, slots=True)
class CreatedCandidate:
    """An order that the request may have created."""

    order: Order
    """The order as the server returned it."""
    matched: tuple[str, ...]
    """The fields of the request whose values the order has, by their Python names."""
    differs: tuple[str, ...]
    """The fields of the request whose values differ in the order. The server may normalise an address."""


def created_candidates(
    listing: Listing[Order], request: CreateOrderRequest, since: object, config: Config
) -> Generator[Request[list[Order]], list[Order], list[CreatedCandidate]]:
    """Yield requests for the agent's orders since a time; return the candidates, best matches first."""
    with before_sending("GET", listing.path):
        if not isinstance(since, datetime) or since.utcoffset() is None:
            message = f"must be a datetime with a time zone, not {short_repr(since)}"
            refuse([Problem("since", message)])
            return []
        where = (Q.agent.id == request.agent_id) & (Q.created >= since)
        options = ListOptions(filter=where)
        pager = make_pager(listing, options, config, (), page_size=PAGE_SIZE, max_items=None)
    found: list[CreatedCandidate] = []
    while (page := pager.next_request()) is not None:
        found += [compare_order(order, request) for order in pager.received((yield page))]
    possible = [one for one in found if "listing_number" not in one.differs]
    return sorted(possible, key=lambda one: (len(one.differs), -len(one.matched), one.order.id))


def compare_order(order: Order, request: CreateOrderRequest) -> CreatedCandidate:
    """Compare an order with a request: which fields match, and which differ."""
    matched, differs = ["agent_id"], list[str]()
    pairs: list[tuple[str, Any]] = [(name, getattr(order.job_site, name, None)) for name in SITE_FIELDS]
    pairs += [("notes", order.notes), ("due_date", order.due_date)]
    for name, value in pairs:
        given = getattr(request, name)
        if given is not None:
            (matched if _same_value(given, value) else differs).append(name)
    return CreatedCandidate(order, tuple(matched), tuple(differs))


def _same_value(given: object, value: object) -> bool:
    if isinstance(given, str) and isinstance(value, str):
        return " ".join(given.split()).casefold() == " ".join(value.split()).casefold()
    return given == value
