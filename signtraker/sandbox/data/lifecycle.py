"""Change the status of orders as time passes: designed, installed when due, removed.

All of it is assumed: the reference names the dates, not what sets them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import bindparam, or_, select, update

from signtraker.sandbox.data import tables

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

Changes: TypeAlias = dict[str, Any]

WITHOUT_DUE_DATE = timedelta(days=3)
"""The time after its creation at which work without a due date is done."""


def move(connection: Connection, since: datetime, now: datetime, designing: timedelta) -> None:
    """Do the work that became due while the clock moved from `since` to `now`, and store the time.

    Work that was overdue before is done at `since`.
    """
    under_way = connection.execute(_UNDER_WAY)
    _apply(connection, tables.orders, {row.Id: _course(row, since, now, designing) for row in under_way})
    for table in (tables.services, tables.change_orders):
        columns = (table.c.Id, table.c.Created, table.c.DueDate)
        rows = connection.execute(select(*columns).where(table.c.Status == "Draft"))
        _apply(connection, table, {row.Id: _completion(row, since, now) for row in rows})
    moments = tables.moments
    connection.execute(update(moments).where(moments.c.Name == "now").values(At=now))


_UNDER_WAY = select(
    tables.orders.c.Id,
    tables.orders.c.Status,
    tables.orders.c.Created,
    tables.orders.c.DueDate,
    tables.orders.c.RemovalDueDate,
).where(
    or_(
        tables.orders.c.Status.in_(["Designing", "Draft"]),
        (tables.orders.c.Status == "Installed") & tables.orders.c.RemovalDueDate.is_not(None),
    )
)


def _course(order: Any, since: datetime, now: datetime, designing: timedelta) -> Changes:
    """Return the columns of an order that change; none when no step is due."""
    changes: Changes = {}
    status = order.Status
    begun = since
    if status == "Designing" and order.Created + designing <= now:
        status = changes["Status"] = "Draft"
        begun = max(since, order.Created + designing)
    if status == "Draft" and (installed := _when(order, begun)) <= now:
        return {"Status": "Installed", "DateInstalled": installed}
    if status == "Installed" and order.RemovalDueDate <= now:
        return {"Status": "Removed", "RemovalDate": max(order.RemovalDueDate, since)}
    return changes


def _completion(work: Any, since: datetime, now: datetime) -> Changes:
    done = _when(work, since)
    return {"Status": "Completed", "CompletionDate": done} if done <= now else {}


def _when(work: Any, earliest: datetime) -> datetime:
    due: datetime = work.DueDate or work.Created + WITHOUT_DUE_DATE
    return max(due, earliest)


def _apply(connection: Connection, table: Table, changes: dict[int, Changes]) -> None:
    """Write the changes, all rows that change alike in one statement."""
    groups: dict[tuple[str, ...], list[Changes]] = {}
    for key, values in changes.items():
        if values:
            groups.setdefault(tuple(values), []).append({"key": key, **values})
    for rows in groups.values():
        connection.execute(update(table).where(table.c.Id == bindparam("key")), rows)
