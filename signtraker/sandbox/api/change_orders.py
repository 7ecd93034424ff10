"""`/api/changeorders`: changes to signs that stand."""

# ruff: noqa: FAST003 - an id in a path is read from the request, to be refused as Web API would

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation
from starlette.responses import Response  # noqa: TC002 - as above

from signtraker.sandbox.api import work
from signtraker.sandbox.api.lists import answer_list, answer_one
from signtraker.sandbox.api.payload import check, read_json
from signtraker.sandbox.api.responses import api_error, ok
from signtraker.sandbox.data import views

if TYPE_CHECKING:
    from fastapi.routing import APIRoute

    from signtraker.sandbox.data.backend import Backend


def router(backend: Backend, route_class: type[APIRoute]) -> APIRouter:
    """Build the group's routes."""
    routes = APIRouter(prefix="/api/changeorders", tags=["Change orders"], route_class=route_class)

    @routes.get("", summary="List change orders")
    async def list_change_orders(request: Request) -> Response:
        return answer_list(backend, views.CHANGE_ORDERS, request)

    @routes.get("/{id}", summary="Get a change order")
    async def get_change_order(request: Request) -> Response:
        return answer_one(backend, views.CHANGE_ORDERS, request)

    @routes.post("", summary="Create a change order")
    async def create_change_order(request: Request) -> Response:
        values = check(await read_json(request, "changeOrder"), work.CREATE, "changeOrder")
        if not backend.settings.national_account:
            raise api_error(400, "Change orders can be created for National Accounts only.")
        return ok(work.create(backend, views.CHANGE_ORDERS, values, "changeOrder"))

    return routes
