"""Add and read the sandbox's records without a request; they are returned as the SDK's models.

Values are not checked as the API checks payloads, and the ledger records nothing.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import func, select

from signtraker.models import (
    Agent,
    Award,
    ChangeOrder,
    Enterprise,
    Office,
    Order,
    OrderPreset,
    ResponseModel,
    ServiceOrder,
)
from signtraker.sandbox.api.responses import encode
from signtraker.sandbox.data import tables, views
from signtraker.sandbox.data.backend import exists
from signtraker.sandbox.data.insert import (
    insert_agent,
    insert_award,
    insert_follow_up,
    insert_order,
    insert_record,
)
from signtraker.sandbox.data.sql import Translator
from signtraker.sandbox.settings import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

    from signtraker.query import Filter
    from signtraker.sandbox.data.backend import Backend
    from signtraker.sandbox.data.views import View

M = TypeVar("M", bound=ResponseModel)
When = date | datetime | None
_STANDING = frozenset({"Installed", "Removed"})


class Records(Generic[M]):
    """Read the records of one kind."""

    def __init__(self, backend: Backend, view: View, model: type[M]) -> None:
        self._backend = backend
        self._view = view
        self._model = model

    def __repr__(self) -> str:
        return f"<{len(self)} records of {self._view.entity}>"

    def __len__(self) -> int:
        with self._backend.database.begin() as connection:
            count = select(func.count()).select_from(self._view.table)
            return int(connection.execute(count).scalar_one())

    def __iter__(self) -> Iterator[M]:
        return iter(self.all())

    def all(self, where: Filter[M] | None = None) -> list[M]:
        """Return the records that match a filter of `Q`, or all of them, by Id."""
        if where is not None and where.entity != self._view.entity:
            raise SandboxError(
                f"A filter of {where.entity} cannot choose records of {self._view.entity}: build it with"
                " the Q of that list."
            )
        condition = [] if where is None else [Translator(self._view).predicate(where.node)]
        with self._backend.database.begin() as connection:
            found = self._view.read(
                connection, lambda select_: select_.where(*condition).order_by(self._view.key)
            )
        return [self._read(record) for record in found]

    def get(self, key: int) -> M:
        """Return the record with this Id; raises `LookupError` if there is none."""
        with self._backend.database.begin() as connection:
            return self._find(connection, key)

    def _find(self, connection: Connection, key: int) -> M:
        found = self._view.find(connection, key)
        if found is None:
            raise LookupError(f"The sandbox has no {self._view.entity} {key}.")
        return self._read(found)

    def _read(self, record: dict[str, Any]) -> M:
        # Through JSON, so that a test sees what a client would see.
        return self._model.model_validate_json(encode(record))


class Orders(Records[Order]):
    """`sandbox.orders`."""

    def add(
        self,
        *,
        status: str = "Draft",
        agent_id: int = 1,
        preset_id: int = 1,
        street_number: str | None = None,
        street_name: str | None = None,
        city: str | None = None,
        state: str | None = None,
        zip: str | None = None,  # noqa: A002 - the field's name
        latitude: float | None = None,
        longitude: float | None = None,
        notes: str | None = None,
        external_id: str | None = None,
        listing_number: str | None = None,
        total: Decimal | float | None = None,
        created: When = None,
        due_date: When = None,
        date_installed: When = None,
        removal_due_date: When = None,
        removal_date: When = None,
    ) -> Order:
        """Add an order in any status; an installed or removed one gets the dates that it must have.

        Args:
            status: Its status; `"Installed"` and `"Removed"` set the dates that they imply.
            agent_id: The agent who ordered it, who must exist.
            preset_id: The order preset, which must exist.
            street_number: The house number of the job site.
            street_name: The street of the job site.
            city: The city of the job site.
            state: The state of the job site.
            zip: The postal code of the job site.
            latitude: Degrees, north positive.
            longitude: Degrees, east positive.
            notes: Free text.
            external_id: The caller's own key, which shows in the ledger only.
            listing_number: The number of the listing in the MLS.
            total: The total of its sales order.
            created: The moment of its creation; the sandbox's time by default.
            due_date: The moment by which it is due.
            date_installed: The moment of its installation.
            removal_due_date: The moment by which the sign is to be removed.
            removal_date: The moment of its removal.
        """
        _check_finite(latitude=latitude, longitude=longitude, total=total)
        now = self._backend.clock.now()
        installed = as_utc(date_installed) or (now if status in _STANDING else None)
        removed = as_utc(removal_date) or (now if status == "Removed" else None)
        removal_due = as_utc(removal_due_date) or removed
        with self._backend.database.begin() as connection:
            need(connection, tables.agents, agent_id)
            need(connection, tables.order_presets, preset_id)
            site = {
                "StreetNumber": street_number,
                "StreetName": street_name,
                "City": city,
                "State": state,
                "Zip": zip,
                "Latitude": latitude,
                "Longitude": longitude,
                "ListingNumber": listing_number,
            }
            values: dict[str, Any] = {
                "Status": status,
                "Notes": notes,
                "Created": as_utc(created) or now,
                "DueDate": as_utc(due_date),
                "DateInstalled": installed,
                "RemovalRequestDate": now if removal_due else None,
                "RemovalDueDate": removal_due,
                "RemovalDate": removed,
                "AgentId": agent_id,
                "PresetId": preset_id,
                "ExternalID": external_id,
            }
            return self._find(connection, insert_order(connection, values, site=site, total=amount(total)))


class Agents(Records[Agent]):
    """`sandbox.agents`."""

    def add(
        self,
        *,
        email: str | None = None,
        first_name: str = "Ada",
        last_name: str = "Quist",
        office_id: int = 1,
        manager_id: int | None = None,
        payment_mode: str = "Terms",
        basic_install_price: Decimal | float | None = None,
        is_inactive: bool = False,
        is_manager: bool = False,
        is_synced: bool = False,
        notes: str | None = None,
    ) -> Agent:
        """Add an agent; the API refuses to change one that is synced."""
        with self._backend.database.begin() as connection:
            need(connection, tables.offices, office_id)
            values: dict[str, Any] = {
                "Email": email,
                "FirstName": first_name,
                "LastName": last_name,
                "OfficeId": office_id,
                "ManagerId": manager_id,
                "PaymentMode": payment_mode,
                "BasicInstallPrice": amount(basic_install_price),
                "IsInactive": is_inactive,
                "IsLocked": False,
                "IsManager": is_manager,
                "IsSynced": is_synced,
                "Notes": notes,
            }
            return self._find(connection, insert_agent(connection, values))


class FollowUps(Records[M]):
    """`sandbox.services` and `sandbox.change_orders`."""

    def add(
        self,
        install_id: int,
        *,
        status: str = "Draft",
        preset_id: int = 1,
        notes: str | None = None,
        created: When = None,
        due_date: When = None,
        completion_date: When = None,
    ) -> M:
        """Add work on the sign of an order in any status."""
        now = self._backend.clock.now()
        with self._backend.database.begin() as connection:
            need(connection, tables.orders, install_id)
            need(connection, tables.order_presets, preset_id)
            values: dict[str, Any] = {
                "ServiceTypeId": 1,
                "Status": status,
                "Notes": notes,
                "Created": as_utc(created) or now,
                "DueDate": as_utc(due_date),
                "CompletionDate": as_utc(completion_date) or (now if status == "Completed" else None),
                "InstallId": install_id,
                "PresetId": preset_id,
                "OverridePriceLimit": False,
            }
            return self._find(connection, insert_follow_up(connection, self._view.table, values))


class Awards(Records[Award]):
    """`sandbox.awards`."""

    def add(
        self,
        agent_id: int,
        total: Decimal | float,
        *,
        remaining: Decimal | float | None = None,
        name: str | None = None,
        expiration_date: When = None,
        restrictions: Sequence[str] = (),
    ) -> Award:
        """Add an award for an agent; `remaining` is `total` by default."""
        with self._backend.database.begin() as connection:
            need(connection, tables.agents, agent_id)
            values: dict[str, Any] = {
                "Name": name,
                "AwardedToId": agent_id,
                "AwardedDate": self._backend.clock.now(),
                "ExpirationDate": as_utc(expiration_date),
                "TotalAmount": amount(total),
                "RemainingAmount": amount(remaining),
            }
            return self._find(connection, insert_award(connection, values, restrictions))


class Named(Records[M]):
    """`sandbox.enterprises` and `sandbox.order_presets`."""

    def add(self, name: str) -> M:
        """Add a record with this name."""
        return self._add(Name=name)

    def _add(self, **values: Any) -> M:
        with self._backend.database.begin() as connection:
            return self._find(connection, insert_record(connection, self._view.table, values))


class Offices(Named[Office]):
    """`sandbox.offices`."""

    def add(self, name: str, enterprise_id: int | None = None) -> Office:
        """Add an office, with or without an enterprise."""
        return self._add(Name=name, EnterpriseId=enterprise_id)


class RecordSets:
    """Hold the records of one sandbox, by kind."""

    def __init__(self, backend: Backend) -> None:
        self.orders: Orders = Orders(backend, views.ORDERS, Order)
        self.agents: Agents = Agents(backend, views.AGENTS, Agent)
        self.services: FollowUps[ServiceOrder] = FollowUps(backend, views.SERVICES, ServiceOrder)
        self.change_orders: FollowUps[ChangeOrder] = FollowUps(backend, views.CHANGE_ORDERS, ChangeOrder)
        self.awards: Awards = Awards(backend, views.AWARDS, Award)
        self.enterprises: Named[Enterprise] = Named(backend, views.ENTERPRISES, Enterprise)
        self.offices: Offices = Offices(backend, views.OFFICES, Office)
        self.order_presets: Named[OrderPreset] = Named(backend, views.ORDER_PRESETS, OrderPreset)


def need(connection: Connection, table: Table, key: int) -> None:
    """Raise `SandboxError` if the table has no row with this Id."""
    if not exists(connection, table, key):
        kind = table.name.removesuffix("s").replace("_", " ")
        raise SandboxError(f"The sandbox has no {kind} {key}.")


def _check_finite(**numbers: Decimal | float | None) -> None:
    for name, number in numbers.items():
        if number is not None and not math.isfinite(number):
            raise SandboxError(f"{name}={number} is not a finite number.")


def as_utc(moment: When) -> datetime | None:
    """Return the datetime of a date, midnight UTC; a datetime must have a zone."""
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise SandboxError(f"{moment} has no time zone; write e.g. datetime(…, tzinfo=UTC).")
        return moment
    return None if moment is None else datetime(moment.year, moment.month, moment.day, tzinfo=UTC)


def amount(money: Decimal | float | None) -> Decimal | None:
    """Return an amount as a decimal; a float by its shortest text."""
    if money is not None and not math.isfinite(money):
        raise SandboxError(f"{money} is not a finite amount.")
    return None if money is None else Decimal(str(money))
