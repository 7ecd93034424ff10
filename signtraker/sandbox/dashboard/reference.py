"""Render the page at `/docs`: the OpenAPI document for people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias, cast

from signtraker.sandbox.dashboard.templating import render

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TypePart:
    """A part of the description of a type; `schema` names the schema that it links to."""

    text: str
    schema: str = ""


def render_reference(document: Json) -> bytes:
    """Render the page."""
    return render(
        "reference.html", document=document, resolve=partial(_resolve, document), describe_type=_describe_type
    )


def _describe_type(schema: Json) -> list[TypePart]:
    """Describe a type: `array of Order`, `string or null: US, CA`."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return [TypePart(name, name)]
    if "anyOf" in schema:
        first, *others = [_describe_type(kind) for kind in schema["anyOf"]]
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
    items = [TypePart(" of "), *_describe_type(schema["items"])] if "items" in schema else []
    return [TypePart(text), *items]


def _resolve(document: Json, one: Json) -> Json:
    """Return the object that a `$ref` refers to, or the object itself."""
    if "$ref" not in one:
        return one
    found = document
    for step in one["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found
