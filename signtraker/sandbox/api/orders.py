"""`/api/orders`: signs that are ordered, and whose removal is asked for."""

# ruff: noqa: FAST003 - an id in a path is read from the request, to be refused as Web API would

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from fastapi import APIRouter
from sqlalchemy import insert, select
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation
from starlette.responses import Response  # noqa: TC002 - as above

from signtraker.sandbox.api.credits import spend
from signtraker.sandbox.api.ids import path_key
from signtraker.sandbox.api.lists import answer_list, answer_one
from signtraker.sandbox.api.payload import (
    Property,
    Schema,
    Values,
    check,
    int64,
    parse_datetime,
    read_json,
    text,
)
from signtraker.sandbox.api.responses import api_error, invalid, not_found, ok
from signtraker.sandbox.api.work import NOT_STANDING, stands
from signtraker.sandbox.data import tables, views
from signtraker.sandbox.data.backend import change, exists
from signtraker.sandbox.data.database import allocate

if TYPE_CHECKING:
    from datetime import datetime

    from fastapi.routing import APIRoute
    from sqlalchemy.engine import Connection

    from signtraker.sandbox.data.backend import Backend

CREATE: Schema = {
    "AgentId": Property(int64, required=True),
    "PresetId": Property(int64, required=True),
    "StreetNumber": Property(text),
    "StreetName": Property(text),
    "City": Property(text),
    "State": Property(text),
    "Zip": Property(text),
    "Apartment": Property(text),
    "Directions": Property(text),
    "ListingNumber": Property(text),
    "ExternalID": Property(text),
    "DueDate": Property(parse_datetime),
    "Notes": Property(text),
}
REMOVAL: Schema = {"DueDate": Property(parse_datetime), "Notes": Property(text)}
REMOVAL_TAKES = timedelta(days=3)
_USUAL_PRICE = Decimal("65.00")


def router(backend: Backend, route_class: type[APIRoute]) -> APIRouter:
    """Build the group's routes."""
    routes = APIRouter(prefix="/api/orders", tags=["Orders"], route_class=route_class)

    @routes.get("", summary="List orders")
    async def list_orders(request: Request) -> Response:
        return answer_list(backend, views.ORDERS, request)

    @routes.get("/{id}", summary="Get an order")
    async def get_order(request: Request) -> Response:
        return answer_one(backend, views.ORDERS, request)

    @routes.post("", summary="Create an order")
    async def create_order(request: Request) -> Response:
        values = check(await read_json(request, "order"), CREATE, "order")
        if not backend.settings.national_account:
            raise api_error(400, "Orders can be created for National Accounts only.")
        return ok(_create(backend, values))

    @routes.post("/{id}/requestremoval", summary="Request the removal of an order's sign")
    async def request_removal(request: Request) -> Response:
        key = path_key(request)
        payload = await read_json(request, "removal")
        values = check({} if payload is None else payload, REMOVAL, "removal")
        return ok(_request_removal(backend, key, values))

    return routes


def _create(backend: Backend, values: Values) -> Values:
    status = "Designing" if backend.settings.design_days else "Draft"
    now = backend.clock.now()
    with backend.database.begin() as connection:
        _check_references(connection, values)
        order = allocate(connection, "orders")
        total = _price(connection, values["AgentId"])
        connection.execute(
            insert(tables.orders).values(
                Id=order,
                OrderNumber=allocate(connection, "order_numbers"),
                Status=status,
                Notes=values["Notes"],
                Created=now,
                DueDate=values["DueDate"],
                IsDueDateDefinitive=values["DueDate"] is not None,
                SalesOrderId=_add_sales_order(connection, total),
                JobSiteId=_add_job_site(connection, values),
                PostTypeId=_post_type(connection, values["PresetId"]),
                AgentId=values["AgentId"],
                PresetId=values["PresetId"],
                ExternalID=values["ExternalID"],
            )
        )
        spend(connection, values["AgentId"], total, now)
        entry = backend.record(connection, "order.created", order, values["ExternalID"])
    return {"Status": status, "Message": None, "RequestId": entry, "OrderId": order}


def _check_references(connection: Connection, values: Values) -> None:
    mistakes: dict[str, list[str]] = {}
    if not exists(connection, tables.agents, values["AgentId"]):
        mistakes["order.AgentId"] = [f"The agent {values['AgentId']} does not exist."]
    if not exists(connection, tables.order_presets, values["PresetId"]):
        mistakes["order.PresetId"] = [f"The order preset {values['PresetId']} does not exist."]
    if mistakes:
        raise invalid(mistakes)


def _price(connection: Connection, agent: int) -> Decimal:
    price = select(tables.agents.c.BasicInstallPrice).where(tables.agents.c.Id == agent)
    agreed: Decimal | None = connection.execute(price).scalar_one()
    return _USUAL_PRICE if agreed is None else agreed


def _add_sales_order(connection: Connection, total: Decimal) -> int:
    key = allocate(connection, "sales_orders")
    connection.execute(insert(tables.sales_orders).values(Id=key, OrderTotal=total))
    return key


def _add_job_site(connection: Connection, values: Values) -> int:
    key = allocate(connection, "job_sites")
    parts = [part for part in (values["StreetNumber"], values["StreetName"]) if part]
    connection.execute(
        insert(tables.job_sites).values(
            Id=key,
            StreetAddress=" ".join(parts) or None,
            StreetNumber=values["StreetNumber"],
            StreetName=values["StreetName"],
            StreetLine2=values["Apartment"],
            City=values["City"],
            State=values["State"],
            Zip=values["Zip"],
            CountryCode="US",
            Directions=values["Directions"],
            ListingNumber=values["ListingNumber"],
        )
    )
    return key


def _post_type(connection: Connection, preset: int) -> int | None:
    presets = tables.order_presets
    statement = select(presets.c.PostTypeId).where(presets.c.Id == preset)
    found: int | None = connection.execute(statement).scalar_one()
    return found


def _usual_removal(now: datetime) -> datetime:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        return midnight + REMOVAL_TAKES
    except OverflowError:
        raise api_error(400, "The removal would be due after the end of the calendar.") from None


def _request_removal(backend: Backend, key: int, values: Values) -> Values:
    now = backend.clock.now()
    due = values["DueDate"] or _usual_removal(now)
    with backend.database.begin() as connection:
        standing = stands(connection, key)
        if standing is None:
            raise not_found()
        if not standing:
            raise api_error(400, f"The removal cannot be requested: {NOT_STANDING.format(key)}")
        asked: Values = {
            "RemovalRequestDate": now,
            "RemovalDueDate": due,
            "IsRemovalDueDateDefinitive": values["DueDate"] is not None,
            "RemovalNotes": values["Notes"],
        }
        change(connection, tables.orders, key, asked)
        backend.record(connection, "removal.requested", key)
    return {"DueDate": due}
