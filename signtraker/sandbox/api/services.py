"""`/api/services`: services at signs that stand."""

# ruff: noqa: FAST003 - an id in a path is read from the request, to be refused as Web API would

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation
from starlette.responses import Response  # noqa: TC002 - as above

from signtraker.sandbox.api import work
from signtraker.sandbox.api.lists import answer_list, answer_one
from signtraker.sandbox.api.payload import check, read_json
from signtraker.sandbox.api.responses import ok
from signtraker.sandbox.data import views

if TYPE_CHECKING:
    from fastapi.routing import APIRoute

    from signtraker.sandbox.data.backend import Backend


def router(backend: Backend, route_class: type[APIRoute]) -> APIRouter:
    """Build the group's routes."""
    routes = APIRouter(prefix="/api/services", tags=["Services"], route_class=route_class)

    @routes.get("", summary="List services")
    async def list_services(request: Request) -> Response:
        return answer_list(backend, views.SERVICES, request)

    @routes.get("/{id}", summary="Get a service")
    async def get_service(request: Request) -> Response:
        return answer_one(backend, views.SERVICES, request)

    @routes.post("", summary="Create a service; the answer is a list")
    async def create_service(request: Request) -> Response:
        values = check(await read_json(request, "service"), work.CREATE, "service")
        return ok([work.create(backend, views.SERVICES, values, "service")])

    return routes
