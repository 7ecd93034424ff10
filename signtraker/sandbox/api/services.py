"""Serve `/api/services`: services at installed signs."""

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
from signtraker.sandbox.api.responses import ok
from signtraker.sandbox.api.routing import GuardedRoute, Live
from signtraker.sandbox.data import views

routes: APIRouter = APIRouter(prefix="/api/services", tags=["Services"], route_class=GuardedRoute)


@routes.get("", openapi_extra=lists("ServiceOrder"))
async def list_services(request: Request, backend: Live) -> Response:
    """List services."""
    return respond_list(backend, views.SERVICES, request)


@routes.get("/{id}", openapi_extra=returns("ServiceOrder", "Missing"))
async def get_service(key: PathKey, backend: Live) -> Response:
    """Get a service."""
    return respond_one(backend, views.SERVICES, key)


@routes.post(
    "",
    openapi_extra=takes("CreateServiceRequest", returns("ServiceOrder", "OtherType", is_list=True)),
)
async def create_service(request: Request, backend: Live) -> Response:
    """Create a service; the response is a list."""
    values = check(await read_json(request, "service"), work.CREATE, "service")
    return ok([work.create(backend, views.SERVICES, values, "service")])
