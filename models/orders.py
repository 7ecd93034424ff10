"""Sign orders: the record, what creates one, and what asks for a sign's removal."""

from __future__ import annotations

from typing import Literal, TypeAlias

from signtraker.models._base import RequestModel, ResponseModel
from signtraker.models._types import Id, Moment, ReceivedMoment, Text
from signtraker.models.common import JobSite, NamedRef, SalesOrderRef

OrderStatus: TypeAlias = Literal["Designing", "Draft", "PaymentRequired"] | str
"""An order's status. The known ones complete; the API has others, and they pass."""


class Order(ResponseModel, frozen=True):
    """A sign order, from its creation to the sign's removal."""

    id: int
    """The record's id, assigned by the server. The only field that every record surely has."""
    order_number: int | None = None
    """The number under which people know the order; not its id."""
    status: OrderStatus | None = None
    """The state of the order. Only samples of the values are known; others pass."""
    notes: str | None = None
    """Free text for the installer."""
    created: ReceivedMoment | None = None
    """The moment at which the record was made, in UTC."""
    due_date: ReceivedMoment | None = None
    """The moment by which the work is due, in UTC. The API's dates are midnights (assumed)."""
    is_due_date_definitive: bool | None = None
    """Whether the due date is settled. The API reference says no more."""
    date_installed: ReceivedMoment | None = None
    """The moment at which the sign was installed, in UTC; None while it is not."""
    removal_request_date: ReceivedMoment | None = None
    """The moment at which the removal was requested, in UTC; None if it was not."""
    removal_due_date: ReceivedMoment | None = None
    """The moment by which the sign is due to be removed, in UTC."""
    is_removal_due_date_definitive: bool | None = None
    """Whether the due date of the removal is settled."""
    removal_date: ReceivedMoment | None = None
    """The moment at which the sign was removed, in UTC; None while it stands."""
    rebill_interval: int | None = None
    """The time between two rental bills. The API reference names no unit."""
    next_rebill_date: ReceivedMoment | None = None
    """The moment of the next rental bill, in UTC."""
    sales_order: SalesOrderRef | None = None
    """The sales order behind the record, with its total."""
    job_site: JobSite | None = None
    """The place where the sign stands."""
    post_type: NamedRef | None = None
    """The kind of post that is ordered."""
    agent: NamedRef | None = None
    """The agent who ordered the sign."""


class CreateOrderRequest(RequestModel):
    """A new order. Only National Accounts can create orders: other portals have no order presets.

    `external_id` is the caller's own key; it does not come back on an `Order`. A `due_date` given as a day
    means midnight UTC.
    """

    agent_id: Id
    """The id of the agent who orders. Required."""
    preset_id: Id
    """The id of an `OrderPreset`: the kind of sign and post. Required."""
    street_number: Text | None = None
    """The house number."""
    street_name: Text | None = None
    """The street without the house number."""
    city: Text | None = None
    """The city."""
    state: Text | None = None
    """The state or province, for example `UT`."""
    zip: Text | None = None
    """The postal code."""
    apartment: Text | None = None
    """The apartment or unit."""
    directions: Text | None = None
    """How to find the place."""
    listing_number: Text | None = None
    """The number of the listing in the MLS."""
    external_id: Text | None = None
    """A key of the caller's own. It does not come back on an `Order`."""
    due_date: Moment | None = None
    """The moment by which the sign is due. A day means midnight UTC."""
    notes: Text | None = None
    """Free text for the installer."""


class CreateOrderResult(ResponseModel, frozen=True):
    """What the server says of a creation: `order_id` is the new order's id."""

    status: str | None = None
    """The server's word for what became of the request."""
    message: str | None = None
    """The server's sentence about it."""
    request_id: int | None = None
    """The id of the request, if the server keeps it for later."""
    order_id: int | None = None
    """The id of the order, if it was created at once."""


class RemovalRequest(RequestModel):
    """A wish to have a sign removed; both fields are optional.

    A `due_date` given as a day means midnight UTC.
    """

    due_date: Moment | None = None
    """The moment by which the sign is to be removed. A day means midnight UTC."""
    notes: Text | None = None
    """Free text for the installer."""


class RemovalResult(ResponseModel, frozen=True):
    """When the sign is due to be removed."""

    due_date: ReceivedMoment | None = None
    """The moment by which the sign is due to be removed, in UTC."""
