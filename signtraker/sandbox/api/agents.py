"""Serve `/api/agents`: the people who order signs."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import select
from starlette.responses import Response

from signtraker.sandbox.api.ids import path_key, query_key
from signtraker.sandbox.api.lists import respond_list, respond_one
from signtraker.sandbox.api.operations import INT64, MERGE_PATCH, lists, parameter, returns, takes
from signtraker.sandbox.api.payload import (
    REFERENCE,
    Property,
    Schema,
    Values,
    boolean,
    check,
    int32,
    money,
    one_of,
    read_json,
    text,
    text_up_to,
)
from signtraker.sandbox.api.responses import api_error, encode, invalid, not_found, ok
from signtraker.sandbox.api.routing import Operations, backend_of
from signtraker.sandbox.data import tables, views
from signtraker.sandbox.data.backend import change, exists
from signtraker.sandbox.data.insert import insert_agent

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import Connection
    from starlette.requests import Request

    from signtraker.sandbox.data.backend import Backend

ADDRESS: Schema = {
    "Street": Property(text),
    "Street2": Property(text),
    "City": Property(text),
    "State": Property(text_up_to(2)),
    "Zip": Property(text),
    "CountryCode": Property(one_of("CountryCode", "US", "CA", "AU")),
}
MANAGER_DATA: Schema = {
    "DiscountLevel": Property(one_of("DiscountLevel", "Standard", "Bronze", "Silver", "Gold")),
    "EnableRebills": Property(boolean),
    "InitialRentalDuration": Property(int32),
    "RebillInterval": Property(int32),
    "RebillWarningLeadTime": Property(int32),
    "IsPayer": Property(boolean),
    "DisableStaffBillingEmails": Property(boolean),
    "CcStaff": Property(boolean),
    "CcDelegates": Property(boolean),
    "IsVirtual": Property(boolean),
}
AGENT: Schema = {
    "UserName": Property(text, required=True),
    "Email": Property(text, required=True),
    "EmailConfirmed": Property(boolean),
    "FirstName": Property(text, required=True),
    "LastName": Property(text, required=True),
    "IsInactive": Property(boolean),
    "IsLocked": Property(boolean),
    "CcEmail": Property(text),
    "InvitationSent": Property(boolean),
    "Office": Property(REFERENCE, required=True),
    "Manager": Property(REFERENCE),
    "Address": Property(ADDRESS),
    "OfficePhone": Property(text),
    "CellularPhone": Property(text, required=True),
    "PaymentMode": Property(
        one_of("PaymentMode", "Terms", "Prepay", "MonthlyCC", "ACH", "Transfer"), required=True
    ),
    "BasicInstallPrice": Property(money),
    "BrokerId": Property(text),
    "DefaultPostType": Property(REFERENCE),
    "Notes": Property(text),
    "ReceiveMarketingEmails": Property(boolean),
    "TermsAccepted": Property(boolean),
    "EnableSubscription": Property(boolean),
    "SubscriptionPrice": Property(money),
    "IsManager": Property(boolean),
    "ManagerData": Property(MANAGER_DATA),
}
_REFERENCES: dict[str, Table] = {
    "Office": tables.offices,
    "Manager": tables.agents,
    "DefaultPostType": tables.post_types,
}
_INLINE: dict[str, Schema] = {"Address": ADDRESS, "ManagerData": MANAGER_DATA}


_EMAIL = parameter("email", {"type": "string"}, "Only the agent with this address.")
_BY_ID = {"parameters": [parameter("id", INT64, "The agent's Id.", required=True)]}
routes: Operations = Operations("/api/agents", "Agents")


@routes.get("", lists("Agent", _EMAIL))
async def list_agents(request: Request) -> Response:
    """List agents."""
    email = request.query_params.get("email")
    conditions = [tables.agents.c.Email == email] if email else []
    return respond_list(request, views.AGENTS, *conditions)


@routes.get("/{id}", returns("Agent", "Missing"))
async def get_agent(request: Request) -> Response:
    """Get an agent."""
    return respond_one(request, views.AGENTS)


@routes.post("", takes("CreateAgentRequest", returns("Agent", "OtherType")))
async def create_agent(request: Request) -> Response:
    """Create an agent."""
    return ok(_create(backend_of(request), check(await read_json(request, "agent"), AGENT, "agent")))


@routes.patch(
    "/{id}",
    takes("UpdateAgentRequest", returns("Agent", "Missing", "OtherType"), media_type=MERGE_PATCH),
)
async def update_agent(request: Request) -> Response:
    """Update an agent by a JSON Merge Patch.

    A JSON Merge Patch (RFC 7396): null clears a property, and what is missing stays. It cannot turn an
    agent into a manager or back; an agent that is synced from a National Account cannot be changed.
    """
    key = path_key(request)
    return ok(_update(backend_of(request), key, await read_json(request, "agent")))


@routes.post("/activate", _BY_ID | returns(None, "Missing"))
async def activate_agent(request: Request) -> Response:
    """Activate an agent."""
    return _set_inactive(request, inactive=False)


@routes.post("/deactivate", _BY_ID | returns(None, "Missing"))
async def deactivate_agent(request: Request) -> Response:
    """Deactivate an agent."""
    return _set_inactive(request, inactive=True)


def _create(backend: Backend, values: Values) -> Values | None:
    with backend.database.begin() as connection:
        _check_references(connection, values)
        key = insert_agent(connection, _columns(values))
        backend.record(connection, "agent.created", key)
        return views.AGENTS.find(connection, key)


def _update(backend: Backend, key: int, patch: object) -> Values | None:
    if not isinstance(patch, dict):
        raise invalid({"agent": ["A merge patch for an agent is a JSON object."]})
    with backend.database.begin() as connection:
        before = views.AGENTS.find(connection, key)
        if before is None:
            raise not_found()
        _refuse_synced(connection, key)
        stored = json.loads(encode(before), parse_float=Decimal)
        merged = cast("Values", _merge(stored, cast("object", patch)))
        values = check(merged, AGENT, "agent")
        if merged.get("Id") != key:
            raise invalid({"agent.Id": ["The Id of an agent cannot be changed."]})
        if bool(values["IsManager"]) != bool(before["IsManager"]):
            sentence = "An agent cannot be turned into a manager, nor a manager into an agent."
            raise invalid({"agent.IsManager": [sentence]})
        _check_references(connection, values)
        change(connection, tables.agents, key, _columns(values))
        backend.record(connection, "agent.updated", key)
        return views.AGENTS.find(connection, key)


def _refuse_synced(connection: Connection, key: int) -> None:
    agents = tables.agents.c
    synced = connection.execute(select(agents.IsSynced).where(agents.Id == key)).scalar_one()
    if synced:
        raise api_error(400, "This agent is synced from a National Account and cannot be changed.")


def _merge(target: object, patch: object) -> object:
    """Apply a JSON Merge Patch (RFC 7396, section 2)."""
    if not isinstance(patch, dict):
        return patch
    merged: Values = dict(cast("Values", target)) if isinstance(target, dict) else {}
    for name, value in cast("Values", patch).items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge(merged.get(name), value)
    return merged


def _check_references(connection: Connection, values: Values) -> None:
    mistakes: dict[str, list[str]] = {}
    for name, table in _REFERENCES.items():
        reference = values[name]
        if reference is not None and not exists(connection, table, reference["Id"]):
            kind = {"Office": "office", "Manager": "agent"}.get(name, "post type")
            mistakes[f"agent.{name}.Id"] = [f"The {kind} {reference['Id']} does not exist."]
    if mistakes:
        raise invalid(mistakes)


def _columns(values: Values) -> dict[str, Any]:
    columns: dict[str, Any] = {"Name": f"{values['FirstName']} {values['LastName']}"}
    for name, value in values.items():
        if name in _REFERENCES:
            columns[f"{name}Id"] = None if value is None else value["Id"]
        elif name in _INLINE:
            inner = value or dict.fromkeys(_INLINE[name])
            columns.update({f"{name}{part}": inner[part] for part in inner})
        else:
            columns[name] = value
    return columns


def _set_inactive(request: Request, *, inactive: bool) -> Response:
    backend, key = backend_of(request), query_key(request)
    with backend.database.begin() as connection:
        if not exists(connection, tables.agents, key):
            raise not_found()
        change(connection, tables.agents, key, {"IsInactive": inactive})
        backend.record(connection, "agent.deactivated" if inactive else "agent.activated", key)
    return Response()
