"""What time does to orders: drafts are installed when they are due, and signs are taken down."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, case, or_, update

from signtraker.sandbox import tables

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Table
    from sqlalchemy.engine import Connection

WITHOUT_DUE_DATE = timedelta(days=3)
"""Work that has no due date is done so long after it was ordered."""


def move(connection: Connection, now: datetime) -> None:
    """Do the work that is due, and remember the time."""
    _install(connection, now)
    _remove(connection, now)
    for table in (tables.services, tables.change_orders):
        done = case((table.c.DueDate.is_(None), now), else_=table.c.DueDate)
        connection.execute(
            update(table)
            .where(table.c.Status == "Draft", _is_due(table, now))
            .values(Status="Completed", CompletionDate=done)
        )
    moments = tables.moments
    connection.execute(update(moments).where(moments.c.Name == "now").values(At=now))


def _install(connection: Connection, now: datetime) -> None:
    orders = tables.orders
    installed = case((orders.c.DueDate.is_(None), now), else_=orders.c.DueDate)
    connection.execute(
        update(orders)
        .where(orders.c.Status == "Draft", _is_due(orders, now))
        .values(Status="Installed", DateInstalled=installed)
    )


def _remove(connection: Connection, now: datetime) -> None:
    orders = tables.orders
    connection.execute(
        update(orders)
        .where(orders.c.Status == "Installed", orders.c.RemovalDueDate <= now)
        .values(Status="Removed", RemovalDate=orders.c.RemovalDueDate)
    )


def _is_due(table: Table, now: datetime) -> ColumnElement[bool]:
    undated = and_(table.c.DueDate.is_(None), table.c.Created <= now - WITHOUT_DUE_DATE)
    return or_(table.c.DueDate <= now, undated)
