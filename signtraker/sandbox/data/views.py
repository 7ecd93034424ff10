"""Map the properties of entities to columns of joined tables."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import bindparam, select

from signtraker.sandbox.data import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Column, ColumnElement, FromClause, Select, Table
    from sqlalchemy.engine import Connection, Row

Record: TypeAlias = dict[str, Any]
_IDS_AT_ONCE = 500


@dataclass(frozen=True)
class Collection:
    """A property that is a list of values, stored in a table of its own."""

    owner: Column[Any]
    position: Column[Any]
    value: Column[Any]


@dataclass(frozen=True, eq=False)
class View:
    """Map one entity to its tables and columns."""

    entity: str
    table: Table
    source: FromClause
    flat: Mapping[str, ColumnElement[Any]]
    nested: Mapping[str, Mapping[str, ColumnElement[Any]]] = field(
        default_factory=dict[str, "Mapping[str, ColumnElement[Any]]"]
    )
    collections: Mapping[str, Collection] = field(default_factory=dict[str, Collection])

    @property
    def key(self) -> Column[int]:
        """The `Id` that every entity has."""
        return self.table.c.Id

    def column(self, path: Sequence[str]) -> ColumnElement[Any]:
        """Return the column of a path, such as `("JobSite", "City")`."""
        match path:
            case [name]:
                return self.flat[name]
            case [outer, name]:
                return self.nested[outer][name]
            case _:
                raise KeyError(path)

    def read(
        self,
        connection: Connection,
        narrow: Callable[[Select[Any]], Select[Any]],
        chosen: Iterable[str] | None = None,
    ) -> list[Record]:
        """Return the records of a select over `source` that `narrow` has filtered, ordered or limited.

        `chosen` names the properties to read, all by default; a nested object or a list is one property.
        """
        wanted = None if chosen is None else frozenset(chosen)
        shape = _shape(self, wanted)
        rows = connection.execute(narrow(shape.statement)).all()
        return self._records(connection, shape, rows, wanted)

    def find(self, connection: Connection, key: int) -> Record | None:
        """Return the record with this Id, or None."""
        shape = _shape(self, None)
        rows = connection.execute(shape.by_key, {"key": key}).all()
        found = self._records(connection, shape, rows, None)
        return found[0] if found else None

    def _records(
        self, connection: Connection, shape: _Shape, rows: Sequence[Row[Any]], wanted: frozenset[str] | None
    ) -> list[Record]:
        records = [shape.record(row) for row in rows]
        for name, collection in self.collections.items():
            if wanted is None or name in wanted:
                _attach(connection, name, collection, [row[0] for row in rows], records)
        return records


class _Shape:
    """Select the columns of a view, and turn its rows into records.

    The key is always the first column, since lists are attached by it.
    """

    def __init__(self, view: View, wanted: frozenset[str] | None) -> None:
        flat = {name: c for name, c in view.flat.items() if wanted is None or name in wanted}
        taken: list[ColumnElement[Any]] = [view.key, *flat.values()]
        self._flat = tuple(flat)
        self._nested: list[tuple[str, tuple[str, ...], slice]] = []
        for name, columns in view.nested.items():
            if wanted is None or name in wanted:
                start = len(taken)
                taken.extend(columns.values())
                self._nested.append((name, tuple(columns), slice(start, len(taken))))
        # Two columns may have the same name; rows are read by position, so the labels only have to differ.
        labels = [column.label(f"c{index}") for index, column in enumerate(taken)]
        self.statement: Select[Any] = select(*labels).select_from(view.source)
        # Built once, since most requests read one record.
        self.by_key: Select[Any] = self.statement.where(view.key == bindparam("key"))

    def record(self, row: Row[Any]) -> Record:
        """Return a row as a record; a nested object with only nulls is null."""
        values = tuple(row)
        record: Record = dict(zip(self._flat, values[1 : len(self._flat) + 1], strict=True))
        for name, names, part in self._nested:
            inner = values[part]
            is_null = inner[0] is None and all(value is None for value in inner)
            record[name] = None if is_null else dict(zip(names, inner, strict=True))
        return record


@functools.lru_cache(maxsize=256)
def _shape(view: View, wanted: frozenset[str] | None) -> _Shape:
    return _Shape(view, wanted)


def _attach(
    connection: Connection,
    name: str,
    collection: Collection,
    keys: list[int],
    records: list[Record],
) -> None:
    lists: dict[int, list[Any]] = {key: [] for key in keys}
    for start in range(0, len(keys), _IDS_AT_ONCE):
        statement = (
            select(collection.owner, collection.value)
            .where(collection.owner.in_(keys[start : start + _IDS_AT_ONCE]))
            .order_by(collection.owner, collection.position)
        )
        for key, value in connection.execute(statement):
            lists[key].append(value)
    for key, record in zip(keys, records, strict=True):
        record[name] = lists[key]


def _columns(table: FromClause, names: str, prefix: str = "") -> dict[str, ColumnElement[Any]]:
    return {name: table.c[prefix + name] for name in names.split()}


def _order_view() -> View:
    t, agent, post_type = tables.orders, tables.agents, tables.post_types
    site, sale = tables.job_sites, tables.sales_orders
    return View(
        "Order",
        t,
        t.outerjoin(sale, t.c.SalesOrderId == sale.c.Id)
        .outerjoin(site, t.c.JobSiteId == site.c.Id)
        .outerjoin(post_type, t.c.PostTypeId == post_type.c.Id)
        .outerjoin(agent, t.c.AgentId == agent.c.Id),
        _columns(
            t,
            "Id OrderNumber Status Notes Created DueDate IsDueDateDefinitive DateInstalled"
            " RemovalRequestDate RemovalDueDate IsRemovalDueDateDefinitive RemovalDate"
            " RebillInterval NextRebillDate",
        ),
        {
            "SalesOrder": _columns(sale, "Id OrderTotal"),
            "JobSite": _columns(site, _JOB_SITE),
            "PostType": _columns(post_type, "Id Name"),
            "Agent": _columns(agent, "Id Name"),
        },
    )


_JOB_SITE = (
    "Id StreetAddress StreetNumber StreetName StreetLine2 City State Zip CountryCode"
    " Latitude Longitude Directions ListingNumber"
)


def _follow_up_view(entity: str, table: Table) -> View:
    site, sale, agent = tables.job_sites, tables.sales_orders, tables.agents
    service_type = tables.service_types
    return View(
        entity,
        table,
        table.outerjoin(service_type, table.c.ServiceTypeId == service_type.c.Id)
        .outerjoin(sale, table.c.SalesOrderId == sale.c.Id)
        .outerjoin(site, table.c.JobSiteId == site.c.Id)
        .outerjoin(agent, table.c.AgentId == agent.c.Id),
        _columns(
            table,
            "Id OrderNumber Notes Status Created DueDate IsDueDateDefinitive CompletionDate",
        ),
        {
            "ServiceType": _columns(service_type, "Id Name"),
            "SalesOrder": _columns(sale, "Id OrderTotal"),
            "JobSite": _columns(site, _JOB_SITE),
            "Agent": _columns(agent, "Id Name"),
        },
    )


def _agent_view() -> View:
    t, office, post_type = tables.agents, tables.offices, tables.post_types
    manager = tables.agents.alias("managers")
    return View(
        "Agent",
        t,
        t.outerjoin(office, t.c.OfficeId == office.c.Id)
        .outerjoin(manager, t.c.ManagerId == manager.c.Id)
        .outerjoin(post_type, t.c.DefaultPostTypeId == post_type.c.Id),
        _columns(
            t,
            "Id UserName Email EmailConfirmed FirstName LastName IsInactive IsLocked CcEmail"
            " InvitationSent OfficePhone CellularPhone PaymentMode BasicInstallPrice BrokerId Notes"
            " ReceiveMarketingEmails TermsAccepted EnableSubscription SubscriptionPrice IsManager",
        ),
        {
            "Office": _columns(office, "Id Name"),
            "Manager": _columns(manager, "Id Name"),
            "Address": _columns(t, "Street Street2 City State Zip CountryCode", "Address"),
            "DefaultPostType": _columns(post_type, "Id Name"),
            "ManagerData": _columns(
                t,
                "DiscountLevel EnableRebills InitialRentalDuration RebillInterval"
                " RebillWarningLeadTime IsPayer DisableStaffBillingEmails CcStaff CcDelegates"
                " IsVirtual",
                "ManagerData",
            ),
        },
    )


def _award_view() -> View:
    t, restrictions = tables.awards, tables.award_restrictions
    giver, taker = tables.agents.alias("givers"), tables.agents.alias("takers")
    return View(
        "Award",
        t,
        t.outerjoin(giver, t.c.AwardedById == giver.c.Id).outerjoin(taker, t.c.AwardedToId == taker.c.Id),
        _columns(t, "Id Name AwardedDate ExpirationDate TotalAmount RemainingAmount"),
        {"AwardedBy": _columns(giver, "Id Name"), "AwardedTo": _columns(taker, "Id Name")},
        {"Restrictions": Collection(restrictions.c.AwardId, restrictions.c.Position, restrictions.c.Value)},
    )


def _named_view(entity: str, table: Table) -> View:
    return View(entity, table, table, _columns(table, "Id Name"))


ORDERS = _order_view()
AGENTS = _agent_view()
CHANGE_ORDERS = _follow_up_view("ChangeOrder", tables.change_orders)
SERVICES = _follow_up_view("ServiceOrder", tables.services)
AWARDS = _award_view()
ENTERPRISES = _named_view("Enterprise", tables.enterprises)
OFFICES = _named_view("Office", tables.offices)
ORDER_PRESETS = _named_view("OrderPreset", tables.order_presets)
