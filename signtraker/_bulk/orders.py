"""Describe the creation of orders as an operation of a batch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from signtraker._bulk.operation import (
    Findings,
    Identity,
    Operation,
    Receipt,
    canonical,
    composed,
    server_time_request,
)
from signtraker._core.body import json_body, validated
from signtraker._core.request import Request
from signtraker._core.response import ReadOne
from signtraker._lists.find_created import SITE_FIELDS, compare_order, created_candidates
from signtraker.models import CreateOrderRequest, CreateOrderResult

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from datetime import datetime

    from signtraker._core.config import Config
    from signtraker._lists.find_created import CreatedCandidate
    from signtraker._lists.listing import Listing
    from signtraker.models import JobSite, Order

_DIGITS: Final = re.compile(r"\d+")
_ADDRESS: Final = frozenset({"street_number", "street_name", "city", "state", "zip"})
"""The fields that a server may normalise: `Main St` for `Main Street` (assumed)."""


def order_creation(
    orders: Listing[Order], check_hint: Callable[[CreateOrderRequest], str]
) -> Operation[CreateOrderRequest, CreateOrderResult]:
    """Return the operation that creates an order for each row."""

    def build(request: CreateOrderRequest) -> Request[CreateOrderResult]:
        # It was validated when the batch was made, and assignments to it are validated, too.
        body, hint = json_body(request), check_hint(request)
        return Request("POST", orders.path, ReadOne(CreateOrderResult), body=body, check_hint=hint)

    def search(
        request: CreateOrderRequest, since: datetime, config: Config
    ) -> Generator[Request[Any], Any, Findings]:
        found = yield from created_candidates(orders, request, since, config)
        return _findings(request, found)

    return Operation(
        name="create_orders",
        argument="requests",
        key_name="external_id",
        key_advice="give each an external_id of its own",
        read=_read,
        identify=_identify,
        visible=_visible,
        build=build,
        receipt=_receipt,
        search=search,
        adopted=lambda order_id: Receipt("created", order_id),
        creates_orders=True,
        server_time_request=lambda: server_time_request(orders),
        may_match=lambda candidate, request: (
            not compare_order(candidate.order, request).differs and _agent(candidate) == request.agent_id
        ),
    )


def _read(given: object) -> CreateOrderRequest:
    return validated(CreateOrderRequest, given, {})


def _identify(request: CreateOrderRequest) -> Identity:
    payload = request.payload()
    key = None
    if request.external_id is not None:
        # Spreadsheets add blanks, and file systems decompose letters; neither makes another sign.
        key = payload["ExternalID"] = composed(request.external_id).strip()
    return Identity(key, canonical(payload))


def _visible(request: CreateOrderRequest) -> str:
    visible: dict[str, object] = {"agent_id": request.agent_id}
    for name in (*SITE_FIELDS, "notes"):
        text = getattr(request, name)
        # `compare_order` normalises texts in the same way.
        visible[name] = None if text is None else " ".join(text.split()).casefold()
    visible["due_date"] = request.payload().get("DueDate")
    return canonical(visible)


def _receipt(request: CreateOrderRequest, result: CreateOrderResult) -> Receipt:  # noqa: ARG001 - as every operation's
    state = result.state
    return Receipt(
        "no_id" if state == "unknown" else state,
        result.order_id if state == "created" else None,
        result.request_id or None,
        ": ".join(text for text in (result.status, result.message) if text),
    )


def _findings(request: CreateOrderRequest, found: list[CreatedCandidate]) -> Findings:
    matches = tuple(one.order.id for one in found if not one.differs)
    numbers = _numbers(request)
    possible = tuple(
        one.order.id
        for one in found
        if set(one.differs) <= _ADDRESS and numbers <= _numbers(one.order.job_site)
    )
    return Findings(matches, possible, tuple(found))


def _numbers(site: CreateOrderRequest | JobSite | None) -> set[str]:
    """Return the numbers of an address, which no server normalises (assumed; a zip code may grow a +4)."""
    return set(_DIGITS.findall(" ".join(str(getattr(site, name, None) or "") for name in _ADDRESS)))


def _agent(candidate: CreatedCandidate) -> int | None:
    agent = candidate.order.agent
    return None if agent is None else agent.id
