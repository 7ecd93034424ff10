"""Serve `/api/changeorders`: changes to installed signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signtraker.sandbox.api import work
from signtraker.sandbox.api.lists import respond_list, respond_one
from signtraker.sandbox.api.operations import lists, returns, takes
from signtraker.sandbox.api.payload import check, read_json
from signtraker.sandbox.api.responses import api_error, ok
from signtraker.sandbox.api.routing import Operations, backend_of
from signtraker.sandbox.data import views

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

routes: Operations = Operations("/api/changeorders", "Change orders")


@routes.get("", lists("ChangeOrder"))
async def list_change_orders(request: Request) -> Response:
    """List change orders."""
    return respond_list(request, views.CHANGE_ORDERS)


@routes.get("/{id}", returns("ChangeOrder", "Missing"))
async def get_change_order(request: Request) -> Response:
    """Get a change order."""
    return respond_one(request, views.CHANGE_ORDERS)


@routes.post("", takes("CreateChangeOrderRequest", returns("ChangeOrder", "OtherType")))
async def create_change_order(request: Request) -> Response:
    """Create a change order.

    For National Accounts only.
    """
    values = check(await read_json(request, "changeOrder"), work.CREATE, "changeOrder")
    backend = backend_of(request)
    if not backend.settings.national_account:
        raise api_error(400, "Change orders can be created for National Accounts only.")
    return ok(work.create(backend, views.CHANGE_ORDERS, values, "changeOrder"))
