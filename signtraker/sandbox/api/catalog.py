"""`/api/enterprises`, `/api/offices` and `/api/orderpresets`: lists of names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from sqlalchemy import false
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation
from starlette.responses import Response  # noqa: TC002 - as above

from signtraker.sandbox.api.ids import optional_query_key
from signtraker.sandbox.api.lists import answer_list
from signtraker.sandbox.data import tables, views

if TYPE_CHECKING:
    from fastapi.routing import APIRoute

    from signtraker.sandbox.data.backend import Backend


def router(backend: Backend, route_class: type[APIRoute]) -> APIRouter:
    """Build the three groups' routes."""
    routes = APIRouter(prefix="/api", route_class=route_class)

    @routes.get("/enterprises", summary="List enterprises", tags=["Enterprises"])
    async def list_enterprises(request: Request) -> Response:
        return answer_list(backend, views.ENTERPRISES, request)

    @routes.get("/offices", summary="List offices", tags=["Offices"])
    async def list_offices(request: Request) -> Response:
        enterprise = optional_query_key(request, "enterpriseId")
        conditions = [] if enterprise is None else [tables.offices.c.EnterpriseId == enterprise]
        return answer_list(backend, views.OFFICES, request, *conditions)

    @routes.get("/orderpresets", summary="List order presets", tags=["Order presets"])
    async def list_order_presets(request: Request) -> Response:
        # A licensee's own portal has none.
        conditions = [] if backend.settings.national_account else [false()]
        return answer_list(backend, views.ORDER_PRESETS, request, *conditions)

    return routes
