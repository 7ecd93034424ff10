"""Work on an installed sign: change orders and services, which have the same shape."""

from __future__ import annotations

from signtraker.models._base import RequestModel, ResponseModel
from signtraker.models._types import Flag, Id, Moment, ReceivedMoment, Text
from signtraker.models.common import JobSite, NamedRef, SalesOrderRef


class _WorkOrder(ResponseModel, frozen=True):
    """The shape that change orders and services share."""

    id: int
    """The record's id, assigned by the server. The only field that every record surely has."""
    order_number: int | None = None
    """The number under which people know the order; not its id."""
    service_type: NamedRef | None = None
    """The kind of work."""
    notes: str | None = None
    """Free text for the installer."""
    status: str | None = None
    """The state of the work. The API reference lists no values."""
    created: ReceivedMoment | None = None
    """The moment at which the record was made, in UTC."""
    due_date: ReceivedMoment | None = None
    """The moment by which the work is due, in UTC. The API's dates are midnights (assumed)."""
    is_due_date_definitive: bool | None = None
    """Whether the due date is settled. The API reference says no more."""
    completion_date: ReceivedMoment | None = None
    """The moment at which the work was completed, in UTC; None while it is not."""
    sales_order: SalesOrderRef | None = None
    """The sales order behind the record, with its total."""
    job_site: JobSite | None = None
    """The place where the sign stands."""
    agent: NamedRef | None = None
    """The agent for whom the work is done."""


class ChangeOrder(_WorkOrder, frozen=True):
    """A change to an installed sign."""


class ServiceOrder(_WorkOrder, frozen=True):
    """A service to an installed sign."""


class _CreateWorkRequest(RequestModel):
    install_id: Id
    """The id of the `Order` whose sign is worked on. Required."""
    preset_id: Id
    """The id of an `OrderPreset`: the kind of work. Required."""
    override_price_limit: Flag
    """Whether the work may cost more than the limit that the tenant has set. Required."""
    notes: Text | None = None
    """Free text for the installer."""
    due_date: Moment | None = None
    """The moment by which the work is due. A day means midnight UTC."""


class CreateChangeOrderRequest(_CreateWorkRequest):
    """A new change order (National Accounts only). `install_id` is the id of the sign's `Order`."""


class CreateServiceRequest(_CreateWorkRequest):
    """A new service. `install_id` is the id of the sign's `Order`."""
