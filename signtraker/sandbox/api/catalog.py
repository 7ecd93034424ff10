"""Serve `/api/enterprises`, `/api/offices` and `/api/orderpresets`: lists of names."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import WithJsonSchema
from sqlalchemy import false
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation
from starlette.responses import Response  # noqa: TC002 - as above

from signtraker.sandbox.api.ids import optional_key
from signtraker.sandbox.api.lists import respond_list
from signtraker.sandbox.api.operations import ANY_INT64, lists
from signtraker.sandbox.api.routing import GuardedRoute, Live
from signtraker.sandbox.data import tables, views

routes: APIRouter = APIRouter(prefix="/api", route_class=GuardedRoute)


@routes.get("/enterprises", tags=["Enterprises"], openapi_extra=lists("Enterprise"))
async def list_enterprises(request: Request, backend: Live) -> Response:
    """List enterprises."""
    return respond_list(backend, views.ENTERPRISES, request)


@routes.get("/offices", tags=["Offices"], openapi_extra=lists("Office"))
async def list_offices(
    request: Request,
    backend: Live,
    enterprise_id: Annotated[
        str | None,
        Query(alias="enterpriseId", description="Only the offices of this enterprise: an Id."),
        WithJsonSchema(ANY_INT64),
    ] = None,
) -> Response:
    """List offices."""
    enterprise = optional_key("enterpriseId", enterprise_id)
    conditions = [] if enterprise is None else [tables.offices.c.EnterpriseId == enterprise]
    return respond_list(backend, views.OFFICES, request, *conditions)


@routes.get("/orderpresets", tags=["Order presets"], openapi_extra=lists("OrderPreset"))
async def list_order_presets(request: Request, backend: Live) -> Response:
    """List order presets."""
    # A licensee's own portal has none.
    conditions = [] if backend.settings.national_account else [false()]
    return respond_list(backend, views.ORDER_PRESETS, request, *conditions)
