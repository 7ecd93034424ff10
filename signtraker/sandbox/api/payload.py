"""Check payloads against schemas, and refuse anything else in the server's sentences.

It does not use the SDK's models: a mistake there must not be repeated here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, cast

from signtraker._common.integers import INT32_MAX, INT64_MAX
from signtraker._common.printable import printable
from signtraker.sandbox.api.responses import api_error, invalid

if TYPE_CHECKING:
    from starlette.requests import Request

Values: TypeAlias = dict[str, Any]
Mistakes: TypeAlias = dict[str, list[str]]
Reader: TypeAlias = Callable[[Any, str], Any]

_JSON_TYPES = frozenset({"application/json", "text/json", "application/merge-patch+json"})


class Mistake(Exception):  # noqa: N818 - it is collected, and returned as one entry of ModelState
    """One value that is refused, with the reason."""


@dataclass(frozen=True, slots=True)
class Property:
    """Describe one property of a payload."""

    read: Reader | Schema
    required: bool = False


Schema: TypeAlias = Mapping[str, Property]


async def read_json(request: Request, parameter: str) -> Any:
    """Read the request's body as JSON; `parameter` is the action's name for it."""
    body = await request.body()
    _check_media_type(request, body)
    if not body.strip():
        return None
    try:
        return json.loads(body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise invalid({parameter: [f"The body could not be read as JSON: {error}"]}) from error


def check(payload: object, schema: Schema, parameter: str) -> Values:
    """Read a payload by its schema; raises one `ApiError` that lists all mistakes.

    Unknown names are ignored, as the server's deserialiser ignores them.
    """
    if not isinstance(payload, dict):
        raise invalid({parameter: [f"The {parameter} field is required."]})
    mistakes: Mistakes = {}
    values = _read_object(cast("dict[str, object]", payload), schema, parameter, mistakes)
    if mistakes:
        raise invalid(mistakes)
    return values


def _read_object(given: Values, schema: Schema, path: str, mistakes: Mistakes) -> Values:
    values: Values = {}
    for name, part in schema.items():
        value = given.get(name)
        here = f"{path}.{name}"
        if value is None or (part.required and isinstance(value, str) and not value.strip()):
            if part.required:
                mistakes[here] = [f"The {name} field is required."]
            values[name] = None
            continue
        try:
            values[name] = _read_value(value, part.read, name, here, mistakes)
        except Mistake as mistake:
            mistakes[here] = [str(mistake)]
    return values


def _read_value(value: object, read: Reader | Schema, name: str, here: str, mistakes: Mistakes) -> object:
    if callable(read):
        return read(value, name)
    if not isinstance(value, dict):
        raise Mistake(f"Error converting value {_short_repr(value)} to an object. Path '{name}'.")
    return _read_object(cast("Values", value), read, here, mistakes)


def text(value: object, name: str) -> str:
    """Read any string that can be stored."""
    if not isinstance(value, str):
        raise _unconverted(value, "System.String", name)
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise Mistake(f"The field {name} holds half of a surrogate pair.")
    return value


def text_up_to(length: int) -> Reader:
    """Make a reader of strings that are not longer than this."""

    def read(value: object, name: str) -> str:
        checked = text(value, name)
        if len(checked) > length:
            raise Mistake(f"The field {name} must be a string with a maximum length of {length}.")
        return checked

    return read


def one_of(type_name: str, *choices: str) -> Reader:
    """Make a reader of a closed set of names."""

    def read(value: object, name: str) -> str:
        if not isinstance(value, str) or value not in choices:
            raise _unconverted(value, f"SignTraker.{type_name}", name)
        return value

    return read


def boolean(value: object, name: str) -> bool:
    """Read `true` or `false`."""
    if not isinstance(value, bool):
        raise _unconverted(value, "System.Boolean", name)
    return value


def int64(value: object, name: str) -> int:
    """Read an integer of 64 bits."""
    return _integer(value, name, "Int64", INT64_MAX)


def int32(value: object, name: str) -> int:
    """Read an integer of 32 bits."""
    return _integer(value, name, "Int32", INT32_MAX)


def _integer(value: object, name: str, kind: str, largest: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _unconverted(value, f"System.{kind}", name)
    if not -largest - 1 <= value <= largest:
        raise Mistake(f"JSON integer {value} is too large or small for an {kind}. Path '{name}'.")
    return value


def money(value: object, name: str) -> Decimal:
    """Read an amount that a decimal column can hold."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _unconverted(value, "System.Decimal", name)
    amount = Decimal(value)
    # Not compared with a limit: the context refuses to round an exponent of a million.
    if amount and amount.adjusted() >= _DIGITS:
        raise _unconverted(value, "System.Decimal", name)
    return amount


def parse_datetime(value: object, name: str) -> datetime:
    """Read a date with or without a time; without a zone it is UTC."""
    if not isinstance(value, str):
        raise _undated(value, name)
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _undated(value, name) from error


def texts(value: object, name: str) -> list[str]:
    """Read a list of strings."""
    if not isinstance(value, list):
        raise _unconverted(value, "System.String[]", name)
    return [text(item, name) for item in cast("list[object]", value)]


REFERENCE: Schema = {"Id": Property(int64, required=True), "Name": Property(text)}
"""A reference, `{Id, Name}`; the server uses the Id alone (assumed)."""


def _unconverted(value: object, type_name: str, name: str) -> Mistake:
    return Mistake(f"Error converting value {_short_repr(value)} to type '{type_name}'. Path '{name}'.")


def _undated(value: object, name: str) -> Mistake:
    return Mistake(f"Could not convert string to DateTimeOffset: {printable(str(value))}. Path '{name}'.")


def _short_repr(value: object) -> str:
    return json.dumps(value, default=str)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON value.")


def _check_media_type(request: Request, body: bytes) -> None:
    declared = request.headers.get("content-type")
    if declared is None:
        if body:
            raise api_error(
                415,
                "The request contains an entity body but no Content-Type header. The inferred"
                " media type 'application/octet-stream' is not supported for this resource.",
            )
        return
    media_type = declared.partition(";")[0].strip().lower()
    allowed = _JSON_TYPES if request.method == "PATCH" else _JSON_TYPES - {_MERGE_PATCH}
    if media_type not in allowed:
        raise api_error(
            415,
            f"The request entity's media type '{media_type}' is not supported for this resource.",
        )


_MERGE_PATCH = "application/merge-patch+json"
_DIGITS = 18
"""The digits of an amount before the point, as far as a decimal column holds them."""
