"""Serve `/api/orders`: orders for signs, and requests for their removal."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from signtraker.sandbox.api.credits import spend
from signtraker.sandbox.api.ids import path_key
from signtraker.sandbox.api.lists import respond_list, respond_one
from signtraker.sandbox.api.operations import lists, returns, takes
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
from signtraker.sandbox.api.routing import Operations, backend_of
from signtraker.sandbox.api.work import NOT_INSTALLED, is_installed
from signtraker.sandbox.data import tables, views
from signtraker.sandbox.data.backend import change
from signtraker.sandbox.data.insert import insert_order

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection, Row
    from starlette.requests import Request
    from starlette.responses import Response

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
_SITE = ("StreetNumber", "StreetName", "City", "State", "Zip", "Directions", "ListingNumber")
REMOVAL_TAKES = timedelta(days=3)
_USUAL_PRICE = Decimal("65.00")


routes: Operations = Operations("/api/orders", "Orders")


@routes.get("", lists("Order"))
async def list_orders(request: Request) -> Response:
    """List orders."""
    return respond_list(request, views.ORDERS)


@routes.get("/{id}", returns("Order", "Missing"))
async def get_order(request: Request) -> Response:
    """Get an order."""
    return respond_one(request, views.ORDERS)


@routes.post("", takes("CreateOrderRequest", returns("CreateOrderResult", "OtherType")))
async def create_order(request: Request) -> Response:
    """Create an order.

    For National Accounts only.
    """
    values = check(await read_json(request, "order"), CREATE, "order")
    backend = backend_of(request)
    if not backend.settings.national_account:
        raise api_error(400, "Orders can be created for National Accounts only.")
    return ok(_create(backend, values))


@routes.post(
    "/{id}/requestremoval",
    takes("RemovalRequest", returns("RemovalResult", "Missing", "OtherType"), required=False),
)
async def request_removal(request: Request) -> Response:
    """Request the removal of an order's sign."""
    key = path_key(request)
    payload = await read_json(request, "removal")
    values = check({} if payload is None else payload, REMOVAL, "removal")
    return ok(_request_removal(backend_of(request), key, values))


def _create(backend: Backend, values: Values) -> Values:
    status = "Designing" if backend.settings.design_days else "Draft"
    now = backend.clock.now()
    with backend.database.begin() as connection:
        agent, preset = _references(connection, values)
        agreed: Decimal | None = agent.BasicInstallPrice
        total = _USUAL_PRICE if agreed is None else agreed
        site = {name: values[name] for name in _SITE} | {"StreetLine2": values["Apartment"]}
        order: Values = {
            "Status": status,
            "Created": now,
            "PostTypeId": preset.PostTypeId,
            **{name: values[name] for name in ("Notes", "DueDate", "AgentId", "PresetId", "ExternalID")},
        }
        key = insert_order(connection, order, site=site, total=total)
        spend(connection, values["AgentId"], total, now)
        entry = backend.record(connection, "order.created", key, values["ExternalID"])
    return {"Status": status, "Message": None, "RequestId": entry, "OrderId": key}


def _references(connection: Connection, values: Values) -> tuple[Row[Any], Row[Any]]:
    """Return what an order takes from its agent and its preset; refuse ids of missing ones."""
    agent = connection.execute(_AGENT, {"key": values["AgentId"]}).first()
    preset = connection.execute(_PRESET, {"key": values["PresetId"]}).first()
    mistakes: dict[str, list[str]] = {}
    if agent is None:
        mistakes["order.AgentId"] = [f"The agent {values['AgentId']} does not exist."]
    if preset is None:
        mistakes["order.PresetId"] = [f"The order preset {values['PresetId']} does not exist."]
    if agent is None or preset is None:
        raise invalid(mistakes)
    return agent, preset


_AGENT = select(tables.agents.c.BasicInstallPrice).where(tables.agents.c.Id == bindparam("key"))
_PRESET = select(tables.order_presets.c.PostTypeId).where(tables.order_presets.c.Id == bindparam("key"))


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
        installed = is_installed(connection, key)
        if installed is None:
            raise not_found()
        if not installed:
            raise api_error(400, f"The removal cannot be requested: {NOT_INSTALLED.format(key)}")
        asked: Values = {
            "RemovalRequestDate": now,
            "RemovalDueDate": due,
            "IsRemovalDueDateDefinitive": values["DueDate"] is not None,
            "RemovalNotes": values["Notes"],
        }
        change(connection, tables.orders, key, asked)
        backend.record(connection, "removal.requested", key)
    return {"DueDate": due}
