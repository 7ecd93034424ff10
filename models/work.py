"""Work on an installed sign: change orders and services, which have the same shape."""

from __future__ import annotations

from signtraker.models._base import RequestModel, ResponseModel
from signtraker.models._types import Flag, Id, Moment, ReceivedMoment, Text
from signtraker.models.common import JobSite, NamedRef, SalesOrderRef


class _WorkOrder(ResponseModel, frozen=True):
    """The shape that change orders and services share."""

    id: int
    order_number: int | None = None
    service_type: NamedRef | None = None
    notes: str | None = None
    status: str | None = None
    created: ReceivedMoment | None = None
    due_date: ReceivedMoment | None = None
    is_due_date_definitive: bool | None = None
    completion_date: ReceivedMoment | None = None
    sales_order: SalesOrderRef | None = None
    job_site: JobSite | None = None
    agent: NamedRef | None = None


class ChangeOrder(_WorkOrder, frozen=True):
    """A change to an installed sign."""


class ServiceOrder(_WorkOrder, frozen=True):
    """A service to an installed sign."""


class _CreateWorkRequest(RequestModel):
    install_id: Id
    preset_id: Id
    override_price_limit: Flag
    notes: Text | None = None
    due_date: Moment | None = None


class CreateChangeOrderRequest(_CreateWorkRequest):
    """A new change order (National Accounts only). `install_id` is the id of the sign's `Order`."""


class CreateServiceRequest(_CreateWorkRequest):
    """A new service. `install_id` is the id of the sign's `Order`."""
