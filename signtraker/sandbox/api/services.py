"""Serve `/api/services`: services at installed signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signtraker.sandbox.api import work
from signtraker.sandbox.api.lists import respond_list, respond_one
from signtraker.sandbox.api.operations import lists, returns, takes
from signtraker.sandbox.api.payload import check, read_json
from signtraker.sandbox.api.responses import ok
from signtraker.sandbox.api.routing import Operations, backend_of
from signtraker.sandbox.data import views

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

routes: Operations = Operations("/api/services", "Services")


@routes.get("", lists("ServiceOrder"))
async def list_services(request: Request) -> Response:
    """List services."""
    return respond_list(request, views.SERVICES)


@routes.get("/{id}", returns("ServiceOrder", "Missing"))
async def get_service(request: Request) -> Response:
    """Get a service."""
    return respond_one(request, views.SERVICES)


@routes.post("", takes("CreateServiceRequest", returns("ServiceOrder", "OtherType", is_list=True)))
async def create_service(request: Request) -> Response:
    """Create a service; the response is a list."""
    values = check(await read_json(request, "service"), work.CREATE, "service")
    return ok([work.create(backend_of(request), views.SERVICES, values, "service")])
