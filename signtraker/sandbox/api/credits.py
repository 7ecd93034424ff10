"""Serve `/api/credits/awards`: credits that agents may spend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, or_, select

from signtraker.sandbox.api.ids import optional_key
from signtraker.sandbox.api.lists import respond_list
from signtraker.sandbox.api.operations import ANY_INT64, lists, parameter, returns, takes
from signtraker.sandbox.api.payload import (
    REFERENCE,
    Property,
    Schema,
    Values,
    check,
    money,
    parse_datetime,
    read_json,
    text,
    texts,
)
from signtraker.sandbox.api.responses import invalid, ok
from signtraker.sandbox.api.routing import Operations, backend_of
from signtraker.sandbox.data import tables, views
from signtraker.sandbox.data.backend import change, exists
from signtraker.sandbox.data.insert import insert_award

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.engine import Connection
    from starlette.requests import Request
    from starlette.responses import Response

    from signtraker.sandbox.data.backend import Backend

AWARD: Schema = {
    "Name": Property(text),
    "AwardedBy": Property(REFERENCE),
    "AwardedDate": Property(parse_datetime),
    "AwardedTo": Property(REFERENCE),
    "ExpirationDate": Property(parse_datetime),
    "TotalAmount": Property(money),
    "RemainingAmount": Property(money),
    "Restrictions": Property(texts),
}
INSTALLATION = "Installation"
"""The restriction (assumed; only `Printing` is known) of awards that pay for orders."""


_AWARDED_TO = parameter("awardedTo", ANY_INT64, "Only what this agent was given: an Id.")
routes: Operations = Operations("/api/credits/awards", "Credits")


@routes.get("", lists("Award", _AWARDED_TO))
async def list_awards(request: Request) -> Response:
    """List awards."""
    agent = optional_key(request, "awardedTo")
    conditions = [] if agent is None else [tables.awards.c.AwardedToId == agent]
    return respond_list(request, views.AWARDS, *conditions)


@routes.post("", takes("CreateAwardRequest", returns("Award", "OtherType")))
async def create_award(request: Request) -> Response:
    """Create an award."""
    return ok(_create(backend_of(request), check(await read_json(request, "award"), AWARD, "award")))


def _create(backend: Backend, values: Values) -> Values | None:
    with backend.database.begin() as connection:
        _check_references(connection, values)
        award: Values = {
            "AwardedById": _key_of(values["AwardedBy"]),
            "AwardedDate": values["AwardedDate"] or backend.clock.now(),
            "AwardedToId": _key_of(values["AwardedTo"]),
            **{name: values[name] for name in ("Name", "ExpirationDate", "TotalAmount", "RemainingAmount")},
        }
        key = insert_award(connection, award, values["Restrictions"] or ())
        backend.record(connection, "award.created", key)
        return views.AWARDS.find(connection, key)


def spend(connection: Connection, agent: int, price: Decimal, now: datetime) -> None:
    """Reduce the agent's awards by the price of an installation, down to 0 (assumed).

    An award is used if it has not expired and either has no restrictions or names `Installation`;
    those that expire first are used first.
    """
    for award in connection.execute(_USABLE, {"agent": agent, "now": now}).all():
        part = min(price, award.RemainingAmount)
        if part <= 0:
            return
        price -= part
        change(connection, tables.awards, award.Id, {"RemainingAmount": award.RemainingAmount - part})


def _pays_for(purpose: str) -> ColumnElement[bool]:
    restrictions = tables.award_restrictions.c
    of_it = select(restrictions.Position).where(restrictions.AwardId == tables.awards.c.Id)
    return or_(~of_it.exists(), of_it.where(restrictions.Value == purpose).exists())


def _usable() -> Select[Any, Any]:
    awards = tables.awards.c
    statement = select(awards.Id, awards.RemainingAmount).where(
        awards.AwardedToId == bindparam("agent"),
        awards.RemainingAmount > 0,
        or_(awards.ExpirationDate.is_(None), awards.ExpirationDate > bindparam("now")),
        _pays_for(INSTALLATION),
    )
    soonest = (case((awards.ExpirationDate.is_(None), 1), else_=0), awards.ExpirationDate, awards.Id)
    return statement.order_by(*soonest)


_USABLE = _usable()


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
