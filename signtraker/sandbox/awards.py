"""`/api/credits/awards`: credits that agents may spend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from sqlalchemy import insert
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation
from starlette.responses import Response  # noqa: TC002 - as above

from signtraker.sandbox import tables, views
from signtraker.sandbox.answers import invalid, ok
from signtraker.sandbox.backend import exists
from signtraker.sandbox.database import allocate
from signtraker.sandbox.keys import optional_query_key
from signtraker.sandbox.listing import answer_list
from signtraker.sandbox.payload import (
    REFERENCE,
    Part,
    Shape,
    Values,
    check,
    instant,
    money,
    read_json,
    text,
    texts,
)

if TYPE_CHECKING:
    from fastapi.routing import APIRoute
    from sqlalchemy.engine import Connection

    from signtraker.sandbox.backend import Backend

AWARD: Shape = {
    "Name": Part(text),
    "AwardedBy": Part(REFERENCE),
    "AwardedDate": Part(instant),
    "AwardedTo": Part(REFERENCE),
    "ExpirationDate": Part(instant),
    "TotalAmount": Part(money),
    "RemainingAmount": Part(money),
    "Restrictions": Part(texts),
}


def router(backend: Backend, route_class: type[APIRoute]) -> APIRouter:
    """Build the group's routes."""
    routes = APIRouter(prefix="/api/credits/awards", tags=["Credits"], route_class=route_class)

    @routes.get("", summary="List awards")
    async def list_awards(request: Request) -> Response:
        agent = optional_query_key(request, "awardedTo")
        conditions = [] if agent is None else [tables.awards.c.AwardedToId == agent]
        return answer_list(backend, views.AWARDS, request, *conditions)

    @routes.post("", summary="Create an award")
    async def create_award(request: Request) -> Response:
        return ok(_create(backend, check(await read_json(request, "award"), AWARD, "award")))

    return routes


def _create(backend: Backend, values: Values) -> Values | None:
    with backend.database.begin() as connection:
        _check_references(connection, values)
        key = allocate(connection, "awards")
        total, remaining = values["TotalAmount"], values["RemainingAmount"]
        connection.execute(
            insert(tables.awards).values(
                Id=key,
                Name=values["Name"],
                AwardedById=_key_of(values["AwardedBy"]),
                AwardedDate=values["AwardedDate"] or backend.clock.now(),
                AwardedToId=_key_of(values["AwardedTo"]),
                ExpirationDate=values["ExpirationDate"],
                TotalAmount=total,
                RemainingAmount=total if remaining is None else remaining,
            )
        )
        restrictions = [
            {"AwardId": key, "Position": position, "Value": value}
            for position, value in enumerate(values["Restrictions"] or ())
        ]
        if restrictions:
            connection.execute(insert(tables.award_restrictions), restrictions)
        backend.record(connection, "award.created", key)
        return views.AWARDS.find(connection, key)


def _key_of(reference: Values | None) -> int | None:
    return None if reference is None else reference["Id"]


def _check_references(connection: Connection, values: Values) -> None:
    mistakes: dict[str, list[str]] = {}
    for name in ("AwardedBy", "AwardedTo"):
        reference = values[name]
        if reference is not None and not exists(connection, tables.agents, reference["Id"]):
            mistakes[f"award.{name}.Id"] = [f"The agent {reference['Id']} does not exist."]
    if mistakes:
        raise invalid(mistakes)
