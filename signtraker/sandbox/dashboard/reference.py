"""Render the page at `/docs`: the OpenAPI document for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from signtraker.sandbox.dashboard.templating import render

if TYPE_CHECKING:
    from collections.abc import Iterator

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TypePart:
    """A part of the description of a type; `schema` names the schema that it links to."""

    text: str
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Property:
    """A parameter of an operation, or a property of a schema."""

    name: str
    type: list[TypePart]
    is_required: bool
    place: str = ""
    """`path`, `query` or `header`."""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """A body, as its type and its media type."""

    type: list[TypePart]
    media_type: str
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """A response of an operation."""

    status: str
    description: str
    contents: list[Content]


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of a path."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Property]
    payload: Content | None
    responses: list[ResponseRow]


@dataclass(frozen=True, slots=True)
class Group:
    """The operations of a tag."""

    name: str
    description: str
    operations: list[Operation]


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema with its properties."""

    name: str
    description: str
    properties: list[Property]


def render_reference(document: Json) -> bytes:
    """Render the page."""
    schemas = document["components"]["schemas"]
    return render(
        "reference.html",
        info=document["info"],
        security=document["components"]["securitySchemes"]["key"],
        groups=[
            Group(tag["name"], tag["description"], list(_operations(document, tag["name"])))
            for tag in document["tags"]
        ],
        schemas=[_schema(name, schema) for name, schema in schemas.items()],
    )


def _operations(document: Json, tag: str) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                yield _operation(document, method.upper(), path, operation)


def _operation(document: Json, method: str, path: str, operation: Json) -> Operation:
    parameters = [_resolve(document, one) for one in operation.get("parameters", [])]
    responses = {status: _resolve(document, one) for status, one in operation["responses"].items()}
    payload = operation.get("requestBody")
    return Operation(
        id=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        parameters=[
            Property(
                one["name"],
                _type(one["schema"]),
                one.get("required", False),
                one["in"],
                one.get("description", ""),
            )
            for one in parameters
        ],
        payload=_contents(payload)[0] if payload else None,
        responses=[
            ResponseRow(status, one["description"], _contents(one)) for status, one in responses.items()
        ],
    )


def _contents(body: Json) -> list[Content]:
    return [
        Content(_type(content["schema"]), media_type, body.get("required", False))
        for media_type, content in body.get("content", {}).items()
    ]


def _schema(name: str, schema: Json) -> Schema:
    required = schema.get("required", [])
    properties = [
        Property(key, _type(one), key in required) for key, one in schema.get("properties", {}).items()
    ]
    return Schema(name, schema.get("description", ""), properties)


def _type(schema: Json) -> list[TypePart]:
    """Describe a type: `array of Order`, `string or null: US, CA`."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return [TypePart(name, name)]
    if "anyOf" in schema:
        first, *others = [_type(kind) for kind in schema["anyOf"]]
        return first + [part for kind in others for part in (TypePart(" or "), *kind)]
    kind = schema.get("type", "anything")
    text = " or ".join(cast("list[str]", kind)) if isinstance(kind, list) else str(kind)
    if schema.get("format") in {"date-time", "int32", "int64"}:
        text += f" ({schema['format']})"
    if "enum" in schema:
        text += ": " + ", ".join(str(value) for value in schema["enum"] if value is not None)
    if "examples" in schema:
        text += ", such as " + ", ".join(str(value) for value in schema["examples"])
    if "maxLength" in schema:
        text += f", {schema['maxLength']} characters at most"
    items = [TypePart(" of "), *_type(schema["items"])] if "items" in schema else []
    return [TypePart(text), *items]


def _resolve(document: Json, one: Json) -> Json:
    if "$ref" not in one:
        return one
    found = document
    for step in one["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found
