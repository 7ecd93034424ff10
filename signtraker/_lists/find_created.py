"""Look for the order that a doubtful creation may have made, among those that were created since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from signtraker._common.short_repr import short_repr
from signtraker._core.request import before_sending
from signtraker._lists.options import ListOptions
from signtraker._lists.paging import PAGE_SIZE
from signtraker._lists.splitting import make_pager
from signtraker.exceptions import Problem, refuse
from signtraker.query import Q

if TYPE_CHECKING:
    from collections.abc import Generator

    from signtraker._core.config import Config
    from signtraker._core.request import Request
    from signtraker._lists.listing import Listing
    from signtraker.models import CreateOrderRequest, Order

_OF_THE_SITE: Final = ("listing_number", "street_number", "street_name", "city", "state", "zip")


@dataclass(frozen=True, slots=True)
class CreatedCandidate:
    """An order that a creation may have made."""

    order: Order
    matched: tuple[str, ...]
    """The fields of the request that the order has too, by their Python names."""
    differs: tuple[str, ...]
    """The fields of the request that the order has otherwise; the server may normalise an address."""


def created_candidates(
    listing: Listing[Order], request: CreateOrderRequest, since: object, config: Config
) -> Generator[Request[list[Order]], list[Order], list[CreatedCandidate]]:
    """Yield requests for the orders of the agent since a moment; return candidates, the best first."""
    with before_sending("GET", listing.path):
        if not isinstance(since, datetime) or since.utcoffset() is None:
            told = f"must be a datetime with a time zone, not {short_repr(since)}"
            refuse([Problem("since", told)])
            return []
        where = (Q.agent.id == request.agent_id) & (Q.created >= since)
        options = ListOptions(filter=where)
        pager = make_pager(listing, options, config, (), page_size=PAGE_SIZE, max_items=None)
    found: list[CreatedCandidate] = []
    while (page := pager.next_request()) is not None:
        found += [_compared(order, request) for order in pager.received((yield page))]
    possible = [one for one in found if "listing_number" not in one.differs]
    return sorted(possible, key=lambda one: (len(one.differs), -len(one.matched), one.order.id))


def _compared(order: Order, request: CreateOrderRequest) -> CreatedCandidate:
    matched, differs = ["agent_id"], list[str]()
    pairs: list[tuple[str, Any]] = [(name, getattr(order.job_site, name, None)) for name in _OF_THE_SITE]
    pairs += [("notes", order.notes), ("due_date", order.due_date)]
    for name, value in pairs:
        given = getattr(request, name)
        if given is not None:
            (matched if _alike(given, value) else differs).append(name)
    return CreatedCandidate(order, tuple(matched), tuple(differs))


def _alike(given: object, value: object) -> bool:
    if isinstance(given, str) and isinstance(value, str):
        return " ".join(given.split()).casefold() == " ".join(value.split()).casefold()
    return given == value
