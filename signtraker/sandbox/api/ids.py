"""Read ids from paths and query strings, and refuse others as Web API does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from signtraker._common.integers import INT64_MAX
from signtraker.sandbox.api.responses import INVALID_REQUEST, api_error

if TYPE_CHECKING:
    from starlette.requests import Request

_WHOLE = re.compile(r"\s*[+-]?[0-9]{1,19}\s*", re.ASCII)


def path_key(request: Request) -> int:
    """Read the `{id}` of the path."""
    return _required("id", _int64(request.path_params["id"]))


def query_key(request: Request) -> int:
    """Read the `id` that the query string must have."""
    return _required("id", _int64(request.query_params.get("id")))


def optional_key(request: Request, name: str) -> int | None:
    """Read an Id that the query string may have; what is no number is refused."""
    given = request.query_params.get(name)
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
