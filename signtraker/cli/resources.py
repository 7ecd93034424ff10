"""List the resources of the API, from which the commands `list` and `get` of each are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from signtraker._lists.api_lists import API_LISTS

if TYPE_CHECKING:
    from signtraker import RecordIterator
    from signtraker._lists.api_lists import ApiList
    from signtraker.client import SignTrakerClient


@dataclass(frozen=True, slots=True)
class FilterOption:
    """An option of `list` that becomes a part of the filter."""

    name: str
    """The option without its dashes, `created-since`."""
    path: str
    """The field, `job_site.city`."""
    help: str
    operator: str = "eq"
    """`eq`, `since` (that time or later) or `before` (earlier)."""
    kind: type = str
    suggestions: tuple[str, ...] = ()
    """The values that the shell suggests."""
    is_repeatable: bool = False
    """True if the option may be given several times; a record with any of its values is listed."""

    @property
    def parameter(self) -> str:
        """The name of the option as a parameter of a function."""
        return self.name.replace("-", "_")


@dataclass(frozen=True, slots=True)
class Resource:
    """One list of records."""

    name: str
    """The command, `change-orders`."""
    singular: str
    """What one record is called."""
    api_list: ApiList
    """Where the client has its records."""
    columns: tuple[str, ...]
    """The columns of a table, the most important first to keep where there is little room."""
    order: tuple[str, ...]
    """The same columns from left to right."""
    get: str = ""
    """The method that reads one record; "" if the API has none, so that it is looked for in the list."""
    filters: tuple[FilterOption, ...] = ()
    parameters: tuple[FilterOption, ...] = ()
    """Parameters of the endpoint itself, such as `email`."""

    @property
    def model(self) -> str:
        """The name of the record's model, `ChangeOrder`."""
        return self.api_list.model

    def iterate(self, client: SignTrakerClient, **options: Any) -> RecordIterator[Any]:
        """Read the records page by page, with the options of the client's `iter_…` method."""
        records: RecordIterator[Any] = self.api_list.iterate(client, **options)
        return records

    def read(self, client: SignTrakerClient, record_id: int) -> Any | None:
        """Read one record; None if the API can only list them, and the list has no such id."""
        if self.get:
            return getattr(getattr(client, self.api_list.attribute), self.get)(record_id)
        found = self.api_list.method("list", client)(filter=f"Id eq {int(record_id)}", top=1)
        return found[0] if found else None


_STATUSES: Final = ("Designing", "Draft", "PaymentRequired")
_CREATED: Final = (
    FilterOption("created-since", "created", "Created at this time or later.", "since"),
    FilterOption("created-before", "created", "Created before this time.", "before"),
)
_WORK_FILTERS: Final = (
    FilterOption("status", "status", "Only this status; may be repeated.", is_repeatable=True),
    FilterOption(
        "city", "job_site.city", "Only job sites in this city; may be repeated.", is_repeatable=True
    ),
    *_CREATED,
    FilterOption(
        "agent-id", "agent.id", "Only of this agent; may be repeated.", kind=int, is_repeatable=True
    ),
)
_ORDER_COLUMNS: Final = (
    "id",
    "status",
    "job_site.street_address",
    "job_site.city",
    "due_date",
    "agent.name",
    "created",
    "sales_order.order_total",
)
_ORDER_ORDER: Final = (
    "id",
    "status",
    "created",
    "due_date",
    "job_site.street_address",
    "job_site.city",
    "agent.name",
    "sales_order.order_total",
)
# A service and a change order are of a type, too.
_WORK_COLUMNS: Final = (*_ORDER_COLUMNS[:2], "service_type.name", *_ORDER_COLUMNS[2:])
_WORK_ORDER: Final = (*_ORDER_ORDER[:2], "service_type.name", *_ORDER_ORDER[2:])
_NAMED: Final = ("id", "name")

RESOURCES: Final = (
    Resource(
        name="orders",
        singular="order",
        api_list=API_LISTS["orders"],
        get="get_order",
        columns=_ORDER_COLUMNS,
        order=_ORDER_ORDER,
        filters=(
            FilterOption(
                "status",
                "status",
                "Only this status; may be repeated.",
                suggestions=_STATUSES,
                is_repeatable=True,
            ),
            *_WORK_FILTERS[1:],
        ),
    ),
    Resource(
        name="agents",
        singular="agent",
        api_list=API_LISTS["agents"],
        get="get_agent",
        columns=(
            "id",
            "first_name",
            "last_name",
            "email",
            "office.name",
            "cellular_phone",
            "payment_mode",
            "is_inactive",
        ),
        order=(
            "id",
            "first_name",
            "last_name",
            "email",
            "cellular_phone",
            "office.name",
            "payment_mode",
            "is_inactive",
        ),
        filters=(
            FilterOption(
                "office-id",
                "office.id",
                "Only of this office; may be repeated.",
                kind=int,
                is_repeatable=True,
            ),
        ),
        parameters=(FilterOption("email", "email", "Only the agent with this e-mail address."),),
    ),
    Resource(
        name="services",
        singular="service",
        api_list=API_LISTS["services"],
        get="get_service",
        columns=_WORK_COLUMNS,
        order=_WORK_ORDER,
        filters=_WORK_FILTERS,
    ),
    Resource(
        name="change-orders",
        singular="change order",
        api_list=API_LISTS["change_orders"],
        get="get_change_order",
        columns=_WORK_COLUMNS,
        order=_WORK_ORDER,
        filters=_WORK_FILTERS,
    ),
    Resource(
        name="awards",
        singular="award",
        api_list=API_LISTS["awards"],
        columns=(
            "id",
            "name",
            "awarded_to.name",
            "remaining_amount",
            "total_amount",
            "awarded_date",
            "expiration_date",
            "awarded_by.name",
        ),
        order=(
            "id",
            "name",
            "awarded_to.name",
            "awarded_by.name",
            "awarded_date",
            "expiration_date",
            "total_amount",
            "remaining_amount",
        ),
        parameters=(FilterOption("agent-id", "awarded_to", "Only of the agent with this id.", kind=int),),
    ),
    Resource(
        name="offices",
        singular="office",
        api_list=API_LISTS["offices"],
        columns=_NAMED,
        order=_NAMED,
        parameters=(
            FilterOption("enterprise-id", "enterprise_id", "Only of the enterprise with this id.", kind=int),
        ),
    ),
    Resource(
        name="enterprises",
        singular="enterprise",
        api_list=API_LISTS["enterprises"],
        columns=_NAMED,
        order=_NAMED,
    ),
    Resource(
        name="presets",
        singular="order preset",
        api_list=API_LISTS["order_presets"],
        columns=_NAMED,
        order=_NAMED,
    ),
)
"""Every list of the API."""
