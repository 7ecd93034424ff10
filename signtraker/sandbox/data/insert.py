"""Insert records: the only place that does, for the seed, the API and the records that tests add."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import bindparam, insert, select

from signtraker.sandbox.data import tables
from signtraker.sandbox.data.database import allocate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from sqlalchemy import Insert, Table
    from sqlalchemy.engine import Connection

Row: TypeAlias = dict[str, Any]


def insert_rows(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert rows whose ids are known."""
    values = list(rows)
    if values:
        connection.execute(_insert(table), values)


@functools.cache
def _insert(table: Table) -> Insert:
    # Built once: to build a statement takes longer than to execute it.
    return insert(table)


def insert_record(connection: Connection, table: Table, values: Row) -> int:
    """Insert one row under the next Id of its table; return the Id."""
    [key] = allocate(connection, table.name)
    insert_rows(connection, table, [{"Id": key, **values}])
    return key


def insert_order(connection: Connection, values: Row, *, site: Row, total: Decimal | None) -> int:
    """Insert an order with its number, job site and sales order; return its Id."""
    address = " ".join(site[part] for part in ("StreetNumber", "StreetName") if site[part]) or None
    kinds = ("orders", "order_numbers", "job_sites", "sales_orders")
    key, number, job_site, sale = allocate(connection, *kinds)
    whole_site = {"Id": job_site, "StreetAddress": address, "CountryCode": "US", **site}
    insert_rows(connection, tables.job_sites, [whole_site])
    insert_rows(connection, tables.sales_orders, [{"Id": sale, "OrderTotal": total}])
    order = {
        "Id": key,
        "OrderNumber": number,
        "JobSiteId": job_site,
        "SalesOrderId": sale,
        "IsDueDateDefinitive": values["DueDate"] is not None,
        **values,
    }
    insert_rows(connection, tables.orders, [order])
    return key


def insert_agent(connection: Connection, values: Row) -> int:
    """Insert an agent; what it must have and is not given is made up of its Id. Return the Id."""
    [key] = allocate(connection, "agents")
    made_up = {
        "UserName": f"agent{key}",
        "Email": f"agent{key}@example.com",
        "CellularPhone": f"385-555-{key:04d}",
        "IsInactive": False,
        "IsLocked": False,
        "IsManager": False,
        "IsSynced": False,
    }
    given = {name: value for name, value in values.items() if value is not None}
    name = f"{values['FirstName']} {values['LastName']}"
    insert_rows(connection, tables.agents, [{**made_up, "Id": key, "Name": name, **given}])
    return key


def insert_follow_up(connection: Connection, table: Table, values: Row) -> int:
    """Insert a change order or a service with the number, job site and agent of its order; return its Id."""
    order = connection.execute(_ORDER, {"key": values["InstallId"]}).mappings().one()
    is_definitive = values["DueDate"] is not None
    return insert_record(connection, table, {**order, "IsDueDateDefinitive": is_definitive, **values})


_ORDER = select(tables.orders.c.OrderNumber, tables.orders.c.JobSiteId, tables.orders.c.AgentId).where(
    tables.orders.c.Id == bindparam("key")
)


def insert_award(connection: Connection, values: Row, restrictions: Iterable[str]) -> int:
    """Insert an award, unspent unless `RemainingAmount` says otherwise; return its Id."""
    if values["RemainingAmount"] is None:
        values = {**values, "RemainingAmount": values["TotalAmount"]}
    key = insert_record(connection, tables.awards, values)
    insert_rows(
        connection,
        tables.award_restrictions,
        [{"AwardId": key, "Position": place, "Value": one} for place, one in enumerate(restrictions)],
    )
    return key
