"""Load one page of orders, and the coordinates of their job sites."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from signtraker.sandbox.api.list_options import read_query
from signtraker.sandbox.api.responses import ApiError
from signtraker.sandbox.data import views
from signtraker.sandbox.data.sql import Translator

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.engine import Connection

    from signtraker.sandbox.data.backend import Backend
    from signtraker.sandbox.data.views import Record

ORDERS_ON_A_PAGE = 15
MOST_SITES = 2_000
"""The limit of points on the map: more would hide each other."""


@dataclass(frozen=True, slots=True)
class Site:
    """The job site of an order, with its coordinates in degrees."""

    order: int
    status: str
    city: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class OrdersPage:
    """One page of the orders that match a filter, the newest first."""

    orders: list[Record] = field(default_factory=list["Record"])
    found: int = 0
    page: int = 1
    pages: int = 1
    sites: list[Site] = field(default_factory=list[Site])
    located: int = 0
    """The number of orders found that have coordinates."""
    statuses: dict[str | None, int] = field(default_factory=dict[str | None, int])
    """The number of orders by status, independent of the filter."""
    error: str | None = None
    """The API's error message for the filter."""


def load_orders_page(backend: Backend, filter_: str, page: int) -> OrdersPage:
    """Load a page of orders; a number beyond the last page gives the last one."""
    error = None
    conditions: list[ColumnElement[bool]] = []
    try:
        conditions = _conditions(backend, filter_)
    except ApiError as refused:
        error = str((refused.body or {}).get("Message"))
    with backend.database.begin() as connection:
        statuses = _statuses(connection)
        if error is not None:
            return OrdersPage(statuses=statuses, error=error)
        found = _count(connection, conditions)
        pages = max(1, -(-found // ORDERS_ON_A_PAGE))
        page = min(page, pages)
        located = _count(connection, [*conditions, *_located()])
        return OrdersPage(
            orders=_orders(connection, conditions, page),
            found=found,
            page=page,
            pages=pages,
            sites=_sites(connection, conditions),
            located=located,
            statuses=statuses,
        )


def _conditions(backend: Backend, filter_: str) -> list[ColumnElement[bool]]:
    if not filter_:
        return []
    where = read_query([("$filter", filter_)], views.ORDERS.entity, backend.settings).where
    return [] if where is None else [Translator(views.ORDERS).predicate(where)]


def _statuses(connection: Connection) -> dict[str | None, int]:
    status = views.ORDERS.column(["Status"])
    rows = connection.execute(select(status, func.count()).group_by(status))
    counts: dict[str | None, int] = {row[0]: row[1] for row in rows}
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0] or "")))


def _count(connection: Connection, conditions: list[ColumnElement[bool]]) -> int:
    statement = select(func.count()).select_from(views.ORDERS.source).where(*conditions)
    return int(connection.execute(statement).scalar_one())


def _orders(connection: Connection, conditions: list[ColumnElement[bool]], page: int) -> list[Record]:
    def narrow(statement: Select[Any]) -> Select[Any]:
        newest = statement.where(*conditions).order_by(views.ORDERS.key.desc())
        return newest.limit(ORDERS_ON_A_PAGE).offset((page - 1) * ORDERS_ON_A_PAGE)

    return views.ORDERS.read(connection, narrow)


def _located() -> list[ColumnElement[bool]]:
    return [views.ORDERS.column(["JobSite", name]).is_not(None) for name in ("Latitude", "Longitude")]


def _sites(connection: Connection, conditions: list[ColumnElement[bool]]) -> list[Site]:
    view = views.ORDERS
    statement = (
        select(
            view.key.label("key"),
            view.column(["Status"]).label("status"),
            view.column(["JobSite", "City"]).label("city"),
            view.column(["JobSite", "Latitude"]).label("latitude"),
            view.column(["JobSite", "Longitude"]).label("longitude"),
        )
        .select_from(view.source)
        .where(*conditions, *_located())
        .order_by(view.key.desc())
        .limit(MOST_SITES)
    )
    rows = connection.execute(statement)
    return [Site(row.key, row.status or "", row.city or "", row.latitude, row.longitude) for row in rows]
