"""Read ids from paths and query strings, and refuse others as Web API does."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Path, Request
from pydantic import WithJsonSchema

from signtraker._common.integers import INT64_MAX
from signtraker.sandbox.api.operations import INT64
from signtraker.sandbox.api.responses import INVALID_REQUEST, api_error

_WHOLE = re.compile(r"\s*[+-]?[0-9]{1,19}\s*", re.ASCII)


async def _path_key(given: Annotated[str, Path(alias="id"), WithJsonSchema(INT64)]) -> int:
    return _required("id", _int64(given))


async def _query_key(request: Request) -> int:
    return _required("id", _int64(request.query_params.get("id")))


PathKey = Annotated[int, Depends(_path_key)]
"""The `{id}` of the path."""
QueryKey = Annotated[int, Depends(_query_key)]
"""The `id` that the query string must have."""


def optional_key(name: str, given: str | None) -> int | None:
    """Read an Id that the query string may have; what is no number is refused."""
    if not given:
        return None
    key = _int64(given)
    if key is None:
        mistakes = {name: [f"The value '{given}' is not valid for {name}."]}
        raise api_error(400, INVALID_REQUEST, ModelState=mistakes)
    return key


def _int64(given: str | None) -> int | None:
    if given is None or not _WHOLE.fullmatch(given):
        return None
    number = int(given)
    return number if -INT64_MAX - 1 <= number <= INT64_MAX else None


def _required(name: str, key: int | None) -> int:
    if key is not None:
        return key
    raise api_error(
        400,
        INVALID_REQUEST,
        MessageDetail=(
            f"The parameters dictionary contains a null entry for parameter '{name}' of"
            " non-nullable type 'System.Int64'. An optional parameter must be a reference type, a"
            " nullable type, or be declared as an optional parameter."
        ),
    )
