"""Serve `/api/enterprises`, `/api/offices` and `/api/orderpresets`: lists of names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import false

from signtraker.sandbox.api.ids import optional_key
from signtraker.sandbox.api.lists import respond_list
from signtraker.sandbox.api.operations import ANY_INT64, lists, parameter
from signtraker.sandbox.api.routing import Operations, backend_of
from signtraker.sandbox.data import tables, views

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_ENTERPRISE_ID = parameter("enterpriseId", ANY_INT64, "Only the offices of this enterprise: an Id.")
enterprises: Operations = Operations("/api/enterprises", "Enterprises")
offices: Operations = Operations("/api/offices", "Offices")
order_presets: Operations = Operations("/api/orderpresets", "Order presets")


@enterprises.get("", lists("Enterprise"))
async def list_enterprises(request: Request) -> Response:
    """List enterprises."""
    return respond_list(request, views.ENTERPRISES)


@offices.get("", lists("Office", _ENTERPRISE_ID))
async def list_offices(request: Request) -> Response:
    """List offices."""
    enterprise = optional_key(request, "enterpriseId")
    conditions = [] if enterprise is None else [tables.offices.c.EnterpriseId == enterprise]
    return respond_list(request, views.OFFICES, *conditions)


@order_presets.get("", lists("OrderPreset"))
async def list_order_presets(request: Request) -> Response:
    """List order presets."""
    # A licensee's own portal has none.
    conditions = [] if backend_of(request).settings.national_account else [false()]
    return respond_list(request, views.ORDER_PRESETS, *conditions)
