"""The OpenAPI document of the API, made from the sandbox's routes and the SDK's models."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from signtraker import models
from signtraker.models._base import api_name
from signtraker.sandbox.api.app import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from signtraker.sandbox.data.backend import Backend

Json: TypeAlias = dict[str, Any]
_REFERENCE = "#/components/schemas/{model}"
_JSON, _PATCH = "application/json", "application/merge-patch+json"
_TAGS = {
    "Orders": "Signs that are ordered, and whose removal is asked for.",
    "Agents": "Who orders signs.",
    "Change orders": "Changes to signs that stand.",
    "Services": "Work on signs that stand.",
    "Credits": "Credits that agents may spend.",
    "Enterprises": "Groups of offices.",
    "Offices": "Real-estate offices.",
    "Order presets": "What can be ordered: National Accounts have presets, licensees' portals have none.",
}
_OPTIONS = {
    "$filter": "Which records, as an OData expression: 100 nodes at most.",
    "$orderby": "In which order, as OData: five properties at most, each with `asc` or `desc`.",
    "$top": "At most so many records.",
    "$skip": "After leaving out so many.",
    "$select": "Only these properties, separated by commas. Nested objects are left out, and so is `Id`.",
}
_EXAMPLES = {"$filter": "Id gt 10", "$orderby": "Id desc", "$select": "Id"}
_INT64: Json = {"type": "integer", "format": "int64", "minimum": 1, "maximum": 2**63 - 1}
_ANY_INT64: Json = {"type": "integer", "format": "int64", "minimum": -(2**63), "maximum": 2**63 - 1}
_INT32: Json = {"type": "integer", "format": "int32", "minimum": 0, "maximum": 2**31 - 1}


@dataclass(frozen=True, slots=True)
class _Operation:
    """The facts that a route itself does not say."""

    answer: str | None = None
    """The model of the answer; None for none."""
    is_list: bool = False
    body: str | None = None
    """The model of the payload."""
    query: tuple[str, ...] = ()
    """The names of its own query parameters."""
    about: str = ""


_NATIONAL = "For National Accounts only."
_OPERATIONS: dict[str, _Operation] = {
    "list_orders": _Operation("Order", is_list=True),
    "get_order": _Operation("Order"),
    "create_order": _Operation("CreateOrderResult", body="CreateOrderRequest", about=_NATIONAL),
    "request_removal": _Operation("RemovalResult", body="RemovalRequest"),
    "list_agents": _Operation("Agent", is_list=True, query=("email",)),
    "get_agent": _Operation("Agent"),
    "create_agent": _Operation("Agent", body="CreateAgentRequest"),
    "update_agent": _Operation(
        "Agent",
        body="UpdateAgentRequest",
        about=(
            "A JSON Merge Patch (RFC 7396): null clears a property, and what is missing stays. It cannot turn"
            " an agent into a manager or back; an agent that is synced from a National Account cannot be"
            " changed."
        ),
    ),
    "activate_agent": _Operation(query=("id",)),
    "deactivate_agent": _Operation(query=("id",)),
    "list_change_orders": _Operation("ChangeOrder", is_list=True),
    "get_change_order": _Operation("ChangeOrder"),
    "create_change_order": _Operation("ChangeOrder", body="CreateChangeOrderRequest", about=_NATIONAL),
    "list_services": _Operation("ServiceOrder", is_list=True),
    "get_service": _Operation("ServiceOrder"),
    "create_service": _Operation("ServiceOrder", is_list=True, body="CreateServiceRequest"),
    "list_awards": _Operation("Award", is_list=True, query=("awardedTo",)),
    "create_award": _Operation("Award", body="CreateAwardRequest"),
    "list_enterprises": _Operation("Enterprise", is_list=True),
    "list_offices": _Operation("Office", is_list=True, query=("enterpriseId",)),
    "list_order_presets": _Operation("OrderPreset", is_list=True),
}
_OWN_QUERY: dict[str, tuple[str, Json]] = {
    "email": ("Only the agent with this address.", {"type": "string"}),
    "id": ("The agent's Id.", _INT64),
    "awardedTo": ("Only what this agent was given: an Id.", _ANY_INT64),
    "enterpriseId": ("Only the offices of this enterprise: an Id.", _ANY_INT64),
}


def document(backend: Backend, *, own_address: str | None = None) -> Json:
    """Describe the API; `own_address` is named as a server before the tenants', if given."""
    tenant = {
        "url": "https://{subdomain}.signtraker.com",
        "description": "A tenant",
        "variables": {"subdomain": {"default": "example", "description": "The tenant's name"}},
    }
    own = [] if own_address is None else [{"url": own_address, "description": "This sandbox"}]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "SignTraker API",
            "version": "1.0.0",
            "description": (
                "Yard signs for real estate: ordered, serviced and removed. An unofficial description, as"
                " far as the API is known; it is what the sandbox of the Python SDK does."
            ),
        },
        "servers": [*own, tenant],
        "security": [{"key": []}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": _paths(backend),
        "components": {
            "securitySchemes": {"key": _KEY},
            "parameters": {name[1:]: _option(name) for name in _OPTIONS},
            "responses": _RESPONSES,
            "schemas": _schemas(),
        },
    }


_KEY: Json = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "`ST-API {key}`: the word, a space, and the tenant's key.",
}
_ERROR: Json = {
    "type": "object",
    "description": "What ASP.NET Web API says of a request that it does not take.",
    "properties": {
        "Message": {"type": "string"},
        "MessageDetail": {"type": "string"},
        "ModelState": {
            "type": "object",
            "description": "Sentences by property: `order.AgentId`.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
    "required": ["Message"],
}


def _error(text: str) -> Json:
    return {
        "description": text,
        "content": {_JSON: {"schema": {"$ref": _REFERENCE.format(model="Error")}}},
    }


_RESPONSES: dict[str, Json] = {
    "Invalid": _error("The query or the payload is not valid; `Message` says why."),
    "Denied": _error("The key is missing or wrong."),
    "Missing": {"description": "There is no such record. The body is empty."},
    "TooLong": {
        "description": "The query string is longer than 2,048 bytes: IIS answers, not the API.",
        "content": {"text/html": {"schema": {"type": "string"}}},
    },
    "OtherType": _error("The payload's media type is not supported."),
}


def routes(backend: Backend) -> Iterator[APIRoute]:
    """The API's routes, in the order of its groups."""
    for group in GROUPS:
        for route in group.router(backend, APIRoute).routes:
            if isinstance(route, APIRoute):
                yield route


def _paths(backend: Backend) -> dict[str, Json]:
    paths: dict[str, Json] = {}
    for route in routes(backend):
        [method] = sorted(route.methods or [])
        paths.setdefault(route.path, {})[method.lower()] = _operation(route, method)
    return paths


def _operation(route: APIRoute, method: str) -> Json:
    known = _OPERATIONS[route.name]
    described: Json = {"operationId": route.name, "tags": list(route.tags), "summary": route.summary}
    if known.about:
        described["description"] = known.about
    parameters = list(_parameters(route, method, known))
    if parameters:
        described["parameters"] = parameters
    if known.body is not None:
        content = {"schema": {"$ref": _REFERENCE.format(model=known.body)}}
        media_type = _PATCH if method == "PATCH" else _JSON
        described["requestBody"] = {"required": _is_required(known.body), "content": {media_type: content}}
    described["responses"] = _responses(route, method, known)
    return described


def _is_required(body: str) -> bool:
    """All but one payload must be there, even where nothing in it must."""
    return body != "RemovalRequest"


def _parameters(route: APIRoute, method: str, known: _Operation) -> Iterator[Json]:
    if "{id}" in route.path:
        yield {"name": "id", "in": "path", "required": True, "schema": _INT64}
    for name in known.query:
        text, schema = _OWN_QUERY[name]
        needed = {"required": True} if name == "id" else {}
        yield {"name": name, "in": "query", "description": text, **needed, "schema": schema}
    if known.is_list and method == "GET":
        for name in _OPTIONS:
            yield {"$ref": f"#/components/parameters/{name[1:]}"}


def _option(name: str) -> Json:
    is_number = name in {"$top", "$skip"}
    schema: Json = _INT32 if is_number else {"type": "string", "format": f"odata-{name[1:]}"}
    option: Json = {"name": name, "in": "query", "description": _OPTIONS[name], "schema": schema}
    if name in _EXAMPLES:
        option["example"] = _EXAMPLES[name]
    return option


def _responses(route: APIRoute, method: str, known: _Operation) -> Json:
    answers: Json = {"200": _answer(known), "400": _response("Invalid"), "401": _response("Denied")}
    if "{id}" in route.path or "id" in known.query:
        answers["404"] = _response("Missing")
    elif method == "GET":
        answers["404"] = _response("TooLong")
    if known.body is not None:
        answers["415"] = _response("OtherType")
    return answers


def _answer(known: _Operation) -> Json:
    if known.answer is None:
        return {"description": "Done. The body is empty."}
    schema: Json = {"$ref": _REFERENCE.format(model=known.answer)}
    if known.is_list:
        schema = {"type": "array", "items": schema}
    return {"description": "Done.", "content": {_JSON: {"schema": schema}}}


def _response(name: str) -> Json:
    return {"$ref": f"#/components/responses/{name}"}


def _schemas() -> dict[str, Json]:
    """The models' JSON schemas: of what is sent, as it is checked; of what comes, as it is written."""
    wanted: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = []
    for known in _OPERATIONS.values():
        if known.body is not None:
            wanted.append((getattr(models, known.body), "validation"))
        if known.answer is not None:
            wanted.append((getattr(models, known.answer), "serialization"))
    _, schemas = models_json_schema(list(dict.fromkeys(wanted)), by_alias=True, ref_template=_REFERENCE)
    plain = {name: _plain(schema) for name, schema in schemas["$defs"].items()}
    _keep(plain["UpdateAgentRequest"], plain["CreateAgentRequest"])
    plain["RefPatch"] = _partial(plain["RefRequest"])
    plain["UpdateAgentRequest"] = _referring(plain["UpdateAgentRequest"], "RefRequest", "RefPatch")
    return dict(sorted({**plain, "Error": _ERROR}.items()))


def _keep(patch: Json, whole: Json) -> None:
    """Say in a merge patch that what must be there cannot be cleared."""
    for name in whole["required"]:
        patch["properties"][name] = whole["properties"][name]


def _partial(schema: Json) -> Json:
    about = "A change to a reference, in a merge patch: what is missing stays."
    return {"description": about, "properties": schema["properties"], "type": "object"}


def _referring(schema: Json, old: str, new: str) -> Json:
    text = json.dumps(schema)
    changed: Json = json.loads(text.replace(_REFERENCE.format(model=old), _REFERENCE.format(model=new)))
    return changed


_NOISE = frozenset({"title", "additionalProperties"})
"""What Pydantic adds of itself. The server ignores properties that it does not know, and may send others;
only the SDK refuses to send them."""


_ATTRIBUTE = re.compile(r"`([a-z][a-z0-9_]*)`")
"""A property as the models' docstrings name it."""


def _plain(schema: Json) -> Json:
    """Say in OpenAPI's shortest way what Pydantic says at length."""
    plain: Json = {}
    for name, value in schema.items():
        if name == "properties":
            properties = cast("dict[str, Json]", value)
            plain[name] = {key: _typed(key, _plain(one)) for key, one in properties.items()}
        elif name == "items":
            plain[name] = _plain(value)
        elif name == "description":
            plain[name] = _ATTRIBUTE.sub(lambda match: f"`{api_name(match[1])}`", value)
        elif name not in _NOISE and not (name == "default" and value is None):
            plain[name] = value
    return _joined(plain) if "anyOf" in plain else plain


def _typed(name: str, schema: Json) -> Json:
    return {**schema, "format": "int64"} if name == "Id" and schema.get("type") == "integer" else schema


def _joined(schema: Json) -> Json:
    """Turn `anyOf` a type and null into a type that may be null, and drop known values of an open set."""
    kinds = [_plain(kind) for kind in cast("list[Json]", schema["anyOf"])]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    known = [kind for kind in kinds if "enum" in kind or "const" in kind]
    if {"type": "string"} in kinds and known:
        samples = [value for kind in known for value in kind.get("enum", [kind.get("const")])]
        kinds = [kind for kind in kinds if kind not in known and kind != {"type": "string"}]
        kinds.insert(0, {"type": "string", "examples": samples})
    is_nullable = {"type": "null"} in kinds
    kinds = [kind for kind in kinds if kind != {"type": "null"}]
    # A format says nothing of null, and not every reader of a document knows that.
    if len(kinds) == 1 and "type" in kinds[0] and kinds[0].get("format") != "date-time":
        kind = {**rest, **kinds[0]}
        if is_nullable:
            kind["type"] = [kind["type"], "null"]
            if "enum" in kind:
                kind["enum"] = [*kind["enum"], None]
        return kind
    return {**rest, "anyOf": [*kinds, {"type": "null"}] if is_nullable else kinds}
