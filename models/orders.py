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
    order_number: int | None = None
    status: OrderStatus | None = None
    notes: str | None = None
    created: ReceivedMoment | None = None
    due_date: ReceivedMoment | None = None
    is_due_date_definitive: bool | None = None
    date_installed: ReceivedMoment | None = None
    removal_request_date: ReceivedMoment | None = None
    removal_due_date: ReceivedMoment | None = None
    is_removal_due_date_definitive: bool | None = None
    removal_date: ReceivedMoment | None = None
    rebill_interval: int | None = None
    next_rebill_date: ReceivedMoment | None = None
    sales_order: SalesOrderRef | None = None
    job_site: JobSite | None = None
    post_type: NamedRef | None = None
    agent: NamedRef | None = None


class CreateOrderRequest(RequestModel):
    """A new order. Only National Accounts can create orders: other portals have no order presets.

    `external_id` is the caller's own key; it does not come back on an `Order`. A `due_date` given as a day
    means midnight UTC.
    """

    agent_id: Id
    preset_id: Id
    street_number: Text | None = None
    street_name: Text | None = None
    city: Text | None = None
    state: Text | None = None
    zip: Text | None = None
    apartment: Text | None = None
    directions: Text | None = None
    listing_number: Text | None = None
    external_id: Text | None = None
    due_date: Moment | None = None
    notes: Text | None = None


class CreateOrderResult(ResponseModel, frozen=True):
    """What the server says of a creation: `order_id` is the new order's id."""

    status: str | None = None
    message: str | None = None
    request_id: int | None = None
    order_id: int | None = None


class RemovalRequest(RequestModel):
    """A wish to have a sign removed; both fields are optional.

    A `due_date` given as a day means midnight UTC.
    """

    due_date: Moment | None = None
    notes: Text | None = None


class RemovalResult(ResponseModel, frozen=True):
    """When the sign is due to be removed."""

    due_date: ReceivedMoment | None = None
