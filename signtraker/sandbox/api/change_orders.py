"""Serve `/api/changeorders`: changes to installed signs."""

# ruff: noqa: FAST003 - a dependency reads the id of the path

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation
from starlette.responses import Response  # noqa: TC002 - as above

from signtraker.sandbox.api import work
from signtraker.sandbox.api.ids import PathKey  # noqa: TC001 - FastAPI reads the annotation
from signtraker.sandbox.api.lists import respond_list, respond_one
from signtraker.sandbox.api.operations import lists, returns, takes
from signtraker.sandbox.api.payload import check, read_json
from signtraker.sandbox.api.responses import api_error, ok
from signtraker.sandbox.api.routing import GuardedRoute, Live
from signtraker.sandbox.data import views

routes: APIRouter = APIRouter(prefix="/api/changeorders", tags=["Change orders"], route_class=GuardedRoute)


@routes.get("", openapi_extra=lists("ChangeOrder"))
async def list_change_orders(request: Request, backend: Live) -> Response:
    """List change orders."""
    return respond_list(backend, views.CHANGE_ORDERS, request)


@routes.get("/{id}", openapi_extra=returns("ChangeOrder", "Missing"))
async def get_change_order(key: PathKey, backend: Live) -> Response:
    """Get a change order."""
    return respond_one(backend, views.CHANGE_ORDERS, key)


@routes.post(
    "",
    openapi_extra=takes("CreateChangeOrderRequest", returns("ChangeOrder", "OtherType")),
)
async def create_change_order(request: Request, backend: Live) -> Response:
    """Create a change order.

    For National Accounts only.
    """
    values = check(await read_json(request, "changeOrder"), work.CREATE, "changeOrder")
    if not backend.settings.national_account:
        raise api_error(400, "Change orders can be created for National Accounts only.")
    return ok(work.create(backend, views.CHANGE_ORDERS, values, "changeOrder"))
