"""Build the OpenAPI document of the API: of the operations, and the schemas of the SDK's models."""

from __future__ import annotations

import inspect
import json
import re
from typing import TYPE_CHECKING, Literal, cast

from pydantic.json_schema import models_json_schema

from signtraker import models
from signtraker.models._base import api_name
from signtraker.sandbox.api.app import OPERATIONS
from signtraker.sandbox.api.operations import INT64, PARAMETERS, REFERENCE, RESPONSES, Json

if TYPE_CHECKING:
    from pydantic import BaseModel

    from signtraker.sandbox.api.routing import Operation

_TAGS = {
    "Orders": "Orders for signs, and requests for their removal.",
    "Agents": "The people who order signs.",
    "Change orders": "Changes to installed signs.",
    "Services": "Work on installed signs.",
    "Credits": "Credits that agents may spend.",
    "Enterprises": "Groups of offices.",
    "Offices": "Real-estate offices.",
    "Order presets": "What can be ordered: National Accounts have presets, licensees' portals have none.",
}
_TENANT: Json = {
    "url": "https://{subdomain}.signtraker.com",
    "description": "A tenant",
    "variables": {"subdomain": {"default": "example", "description": "The tenant's name"}},
}


def document(*, own_address: str | None = None) -> Json:
    """Describe the API; `own_address` is named as a server before the tenants', if given."""
    own = [] if own_address is None else [{"url": own_address, "description": "This sandbox"}]
    paths: dict[str, Json] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": _INFO,
        "servers": [*own, _TENANT],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": _KEY},
            "parameters": PARAMETERS,
            "responses": RESPONSES,
            "schemas": _schemas(paths),
        },
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "security": [{"key": []}],
    }


_INFO: Json = {
    "title": "SignTraker API",
    "description": (
        "Yard signs for real estate: ordered, serviced and removed. An unofficial description, as far as the"
        " API is known; it is what the sandbox of the Python SDK does."
    ),
    "version": "1.0.0",
}


def _described(operation: Operation) -> Json:
    """Describe an operation; its summary and its description are the docstring of its function."""
    summary, _, description = (inspect.getdoc(operation.handle) or "").partition("\n\n")
    described: Json = {
        "tags": [operation.tag],
        "summary": summary.rstrip("."),
        "operationId": operation.handle.__name__,
        **operation.description,
    }
    if "{id}" in operation.path:
        described["parameters"] = [{"name": "id", "in": "path", "required": True, "schema": INT64}]
    if description:
        described["description"] = " ".join(description.split())
    return described


def _schemas(paths: Json) -> dict[str, Json]:
    """Return the models' JSON schemas: of payloads as they are checked, of responses as they are written."""
    operations = [operation for methods in paths.values() for operation in methods.values()]
    payloads = [model for one in operations for model in _models(one.get("requestBody"))]
    responses = [model for one in operations for model in _models(one["responses"])]
    wanted: dict[tuple[type[BaseModel], Literal["validation", "serialization"]], None] = {}
    wanted |= {(model, "validation"): None for model in payloads}
    wanted |= {(model, "serialization"): None for model in responses}
    _, schemas = models_json_schema(list(wanted), by_alias=True, ref_template=REFERENCE)
    plain = {name: _plain(schema) for name, schema in schemas["$defs"].items()}
    _keep(plain["UpdateAgentRequest"], plain["CreateAgentRequest"])
    plain["RefPatch"] = _partial(plain["RefRequest"])
    plain["UpdateAgentRequest"] = _referring(plain["UpdateAgentRequest"], "RefRequest", "RefPatch")
    return dict(sorted({**plain, "Error": _ERROR}.items()))


def _models(part: object) -> list[type[BaseModel]]:
    """Return the models that a part of an operation refers to."""
    names = re.findall(r"#/components/schemas/(\w+)", json.dumps(part))
    return [getattr(models, name) for name in names]


_KEY: Json = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "`ST-API {key}`: the word, a space, and the tenant's key.",
}
_ERROR: Json = {
    "type": "object",
    "description": "The error of ASP.NET Web API for a request that it refuses.",
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


def _keep(patch: Json, whole: Json) -> None:
    """Copy the schemas of required properties: a merge patch cannot clear them."""
    for name in whole["required"]:
        patch["properties"][name] = whole["properties"][name]


def _partial(schema: Json) -> Json:
    about = "A change to a reference, in a merge patch: what is missing stays."
    return {"description": about, "properties": schema["properties"], "type": "object"}


def _referring(schema: Json, old: str, new: str) -> Json:
    text = json.dumps(schema)
    changed: Json = json.loads(text.replace(REFERENCE.format(model=old), REFERENCE.format(model=new)))
    return changed


_NOISE = frozenset({"title", "additionalProperties"})
"""Keywords that Pydantic adds. The server ignores unknown properties and may send others; only the SDK
refuses to send them."""


_ATTRIBUTE = re.compile(r"`([a-z][a-z0-9_]*)`")
"""The name of a property in the models' docstrings."""


def _plain(schema: Json) -> Json:
    """Shorten a schema of Pydantic."""
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
    """Turn `anyOf` of a type and null into a nullable type; known values of an open set become examples."""
    kinds = [_plain(kind) for kind in cast("list[Json]", schema["anyOf"])]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    known = [kind for kind in kinds if "enum" in kind or "const" in kind]
    if {"type": "string"} in kinds and known:
        samples = [value for kind in known for value in kind.get("enum", [kind.get("const")])]
        kinds = [kind for kind in kinds if kind not in known and kind != {"type": "string"}]
        kinds.insert(0, {"type": "string", "examples": samples})
    is_nullable = {"type": "null"} in kinds
    kinds = [kind for kind in kinds if kind != {"type": "null"}]
    # A format does not apply to null, but not every tool knows that.
    if len(kinds) == 1 and "type" in kinds[0] and kinds[0].get("format") != "date-time":
        kind = {**rest, **kinds[0]}
        if is_nullable:
            kind["type"] = [kind["type"], "null"]
            if "enum" in kind:
                kind["enum"] = [*kind["enum"], None]
        return kind
    return {**rest, "anyOf": [*kinds, {"type": "null"}] if is_nullable else kinds}
