"""Describe the request of removals as an operation of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from signtraker._bulk.operation import Findings, Identity, Operation, Receipt, canonical, server_time_request
from signtraker._common.short_repr import short_repr
from signtraker._core.body import validated
from signtraker._lists.arguments import checked_id
from signtraker.exceptions import Problem, refuse
from signtraker.models import RemovalRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from datetime import datetime

    from signtraker._core.config import Config
    from signtraker._core.request import Request
    from signtraker._lists.listing import Listing
    from signtraker.models import Order, RemovalResult

_PAIR: Final = 2


@dataclass(frozen=True, slots=True)
class OrderRemoval:
    """One removal of a batch: the order, and what is asked for."""

    order_id: int
    """The id of the order whose sign is to be removed."""
    # Not in the repr: its notes may be about people.
    request: RemovalRequest = field(default_factory=RemovalRequest, repr=False)
    """The date and the notes of the removal."""


def removal_requests(
    orders: Listing[Order], build: Callable[[int, RemovalRequest], Request[RemovalResult]]
) -> Operation[OrderRemoval, RemovalResult]:
    """Return the operation that requests the removal of a sign for each row."""

    def search(
        removal: OrderRemoval,
        since: datetime,
        config: Config,  # noqa: ARG001 - as every operation's
    ) -> Generator[Request[Any], Any, Findings]:
        order: Order = yield orders.record("order_id", removal.order_id)
        return _findings(order, since)

    return Operation(
        name="request_removals",
        argument="removals",
        key_name="order",
        key_advice="ask for the removal of each order once",
        read=_read,
        identify=_identify,
        visible=lambda removal: str(removal.order_id),
        build=lambda removal: build(removal.order_id, removal.request),
        receipt=lambda removal, _: Receipt("accepted", removal.order_id),
        search=search,
        adopted=lambda order_id: Receipt("accepted", order_id),
        creates_orders=False,
        server_time_request=lambda: server_time_request(orders),
    )


def _read(given: object) -> OrderRemoval:
    """Read an id, a pair of an id and a request, or a mapping with the field `order_id`."""
    order_id, request = _parts(given)
    if isinstance(order_id, bool) or not isinstance(order_id, int):
        message = "give an order's id, a pair of an id and a RemovalRequest, or a mapping with order_id"
        refuse([Problem("order_id", f"{message}, not {short_repr(given)}")])
    return OrderRemoval(checked_id("order_id", order_id), validated(RemovalRequest, request, {}))


def _parts(given: object) -> tuple[object, object]:
    if isinstance(given, OrderRemoval):
        return given.order_id, given.request
    if isinstance(given, Mapping):
        fields = dict(cast("Mapping[object, object]", given))
        return fields.pop("order_id", fields.pop("OrderId", None)), fields
    if isinstance(given, tuple):
        pair = cast("tuple[object, ...]", given)
        return (pair[0], pair[1]) if len(pair) == _PAIR else (pair, None)
    return given, None


def _identify(removal: OrderRemoval) -> Identity:
    payload = {"OrderId": removal.order_id, **removal.request.payload()}
    return Identity(str(removal.order_id), canonical(payload))


def _findings(order: Order, since: datetime) -> Findings:
    """Read what the order shows.

    An earlier date belongs to another request; then nothing shows whether this one arrived.
    """
    asked = order.removal_request_date
    if asked is None:
        return Findings(note=f"Order {order.id} has no removal_request_date")
    message = f"Order {order.id} has the removal_request_date {asked:%Y-%m-%d %H:%M:%S} UTC"
    if asked >= since:
        return Findings((order.id,), (order.id,), note=message)
    return Findings((), (order.id,), note=f"{message}, from before this request")
