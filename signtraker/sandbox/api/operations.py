"""Describe operations for the OpenAPI document.

The routes know nothing of the SDK's models, whose schemas `openapi` adds by name.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from signtraker._common.integers import INT32_MAX, INT64_MAX

Json: TypeAlias = dict[str, Any]
Refusal: TypeAlias = Literal["Invalid", "Denied", "Missing", "TooLong", "OtherType"]
REFERENCE = "#/components/schemas/{model}"
JSON, MERGE_PATCH = "application/json", "application/merge-patch+json"
INT64: Json = {"type": "integer", "format": "int64", "minimum": 1, "maximum": INT64_MAX}
ANY_INT64: Json = {**INT64, "minimum": -INT64_MAX - 1}
_STATUSES: dict[Refusal, int] = {
    "Invalid": 400,
    "Denied": 401,
    "Missing": 404,
    "TooLong": 404,
    "OtherType": 415,
}
_INT32: Json = {"type": "integer", "format": "int32", "minimum": 0, "maximum": INT32_MAX}


def returns(model: str | None, *refusals: Refusal, is_list: bool = False) -> Json:
    """Describe the responses: a record, a list of records or nothing, and the errors."""
    done: Json = {"description": "Done. The body is empty."}
    if model is not None:
        schema: Json = {"$ref": REFERENCE.format(model=model)}
        if is_list:
            schema = {"type": "array", "items": schema}
        done = {"description": "Done.", "content": {JSON: {"schema": schema}}}
    known: tuple[Refusal, ...] = ("Invalid", "Denied", *refusals)
    errors = {str(_STATUSES[name]): {"$ref": f"#/components/responses/{name}"} for name in known}
    return {"responses": {"200": done, **errors}}


def lists(model: str, *more: Json) -> Json:
    """Describe a list that takes more parameters and the five list options."""
    options = [{"$ref": f"#/components/parameters/{name}"} for name in PARAMETERS]
    return {"parameters": [*more, *options], **returns(model, "TooLong", is_list=True)}


def takes(model: str, responses: Json, *, media_type: str = JSON, required: bool = True) -> Json:
    """Describe the payload of an operation beside its responses."""
    content = {media_type: {"schema": {"$ref": REFERENCE.format(model=model)}}}
    return {"requestBody": {"required": required, "content": content}, **responses}


def parameter(name: str, schema: Json, text: str, *, required: bool = False) -> Json:
    """Describe a parameter of the query string."""
    return {"name": name, "in": "query", "required": required, "schema": schema, "description": text}


def _option(name: str, text: str, example: str | None = None) -> Json:
    schema: Json = {"type": "string", "format": f"odata-{name}"}
    option: Json = {"name": f"${name}", "in": "query", "description": text, "schema": schema}
    return option if example is None else {**option, "example": example}


PARAMETERS: dict[str, Json] = {
    "filter": _option("filter", "The records, as an OData expression of at most 100 nodes.", "Id gt 10"),
    "orderby": _option(
        "orderby", "The order, as OData: at most five properties, each with `asc` or `desc`.", "Id desc"
    ),
    "top": {**_option("top", "The largest number of records to return."), "schema": _INT32},
    "skip": {**_option("skip", "The number of records to leave out first."), "schema": _INT32},
    "select": _option(
        "select",
        "The properties to return, separated by commas. Nested objects are left out, and so is `Id`.",
        "Id",
    ),
}
_ERROR_CONTENT: Json = {JSON: {"schema": {"$ref": REFERENCE.format(model="Error")}}}
RESPONSES: dict[Refusal, Json] = {
    "Invalid": {
        "description": "The query or the payload is not valid; `Message` says why.",
        "content": _ERROR_CONTENT,
    },
    "Denied": {"description": "The key is missing or wrong.", "content": _ERROR_CONTENT},
    "Missing": {"description": "There is no such record. The body is empty."},
    "TooLong": {
        "description": "The query string is longer than 2,048 bytes: IIS responds, not the API.",
        "content": {"text/html": {"schema": {"type": "string"}}},
    },
    "OtherType": {
        "description": "The payload's media type is not supported.",
        "content": _ERROR_CONTENT,
    },
}
