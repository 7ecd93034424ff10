"""Define the types of the models' fields: strict in requests, tolerant in responses."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    GetPydanticSchema,
    PlainSerializer,
    PlainValidator,
    Strict,
    WithJsonSchema,
)
from pydantic_core import core_schema

from signtraker._common.integers import INT32_MAX, INT64_MAX, whole_number
from signtraker._common.short_repr import short_repr
from signtraker.models._messages import custom_error

_DATE_LENGTH = len("2024-01-02")
_MILLISECOND = 1000


def format_datetime(moment: datetime) -> str:
    """Format a datetime as the API reference does: `2024-01-02T00:00:00.000Z`, always in UTC."""
    digits = "milliseconds" if moment.microsecond % _MILLISECOND == 0 else "microseconds"
    try:
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=digits) + "Z"
    except OverflowError:  # In UTC, the received time lies before the year 1 or after 9999.
        return moment.isoformat(timespec=digits)


def _isoparse(text: str) -> datetime:
    from dateutil.parser import isoparse  # noqa: PLC0415 - most texts are read by Pydantic

    return isoparse(text)


def _midnight(day: date) -> datetime:
    """Return midnight UTC, which is how the API writes a date (assumed from the API reference)."""
    return datetime.combine(day, time.min, UTC)


def _sent_datetime(value: object) -> datetime:
    if isinstance(value, str):
        value = _parse_sent_text(value)
    if isinstance(value, datetime):
        return _plain_datetime(value)
    if isinstance(value, date):
        return _midnight(value)
    raise custom_error(
        "datetime_type", f"must be a date or a datetime with a time zone, not {short_repr(value)}"
    )


def _plain_datetime(value: datetime) -> datetime:
    """Return an aware datetime that is no subclass: pandas.Timestamp, for one, prints nanoseconds."""
    if value != value:  # noqa: PLR0124 - true for pandas.NaT, which is a datetime and unequal to itself
        raise custom_error(
            "datetime_type", "must be a date or a datetime, not NaT; leave the field out if there is no date"
        )
    if value.utcoffset() is None:
        raise custom_error(
            "timezone_aware",
            f"must have a time zone, not {short_repr(value)}; add one, for example"
            ' value.replace(tzinfo=ZoneInfo("America/Denver"))',
        )
    try:
        moment = value.astimezone(UTC)
    except OverflowError:
        raise custom_error(
            "datetime_range", f"must lie in the years 1 to 9999 in UTC, not {short_repr(value)}"
        ) from None
    if type(value) is datetime:
        return value
    clock = time(moment.hour, moment.minute, moment.second, moment.microsecond)
    return datetime.combine(date(moment.year, moment.month, moment.day), clock, UTC)


def _parse_sent_text(text: str) -> datetime | date:
    try:
        return date.fromisoformat(text) if len(text) == _DATE_LENGTH else _isoparse(text)
    except ValueError:
        raise custom_error(
            "datetime_parsing",
            f"must be an ISO 8601 date or datetime such as 2024-01-02T00:00:00Z, not {short_repr(text)}",
        ) from None


def _received_datetime(value: object) -> datetime:
    """Parse what Pydantic's parser does not accept. A missing time zone means UTC (assumed)."""
    if isinstance(value, str):
        try:
            value = _isoparse(value)
        except ValueError:
            raise custom_error(
                "datetime_parsing", f"must be an ISO 8601 date, not {short_repr(value)}"
            ) from None
    if isinstance(value, datetime):
        return value if value.utcoffset() is not None else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return _midnight(value)
    raise custom_error("datetime_type", f"must be an ISO 8601 date, not {short_repr(value)}")


def _sendable_text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise custom_error(
            "string_unicode",
            f"must not hold half of a surrogate pair, which UTF-8 can't encode: {short_repr(text)}",
        ) from None
    return str.__str__(text)  # A subclass, such as an Enum, may have a `__str__` of its own.


def _not_blank(text: str) -> str:
    if not text.strip():
        raise custom_error("string_blank", f"must not be blank, not {short_repr(text)}")
    return text


def _two_characters(text: str) -> str:
    if len(text) > len("UT"):
        raise custom_error("string_too_long", f"must have two characters at most, not {short_repr(text)}")
    return text


def _sent_money(value: object) -> Decimal:
    number = whole_number(value)
    if number is None and not isinstance(value, Decimal | float):
        raise custom_error("decimal_type", f"must be a Decimal or a number, not {short_repr(value)}")
    if isinstance(value, float):
        amount = Decimal(repr(float(value)))  # numpy's repr is `np.float64(1.5)`.
    else:
        amount = Decimal(value) if isinstance(value, Decimal) else Decimal(number or 0)
    if not amount.is_finite() or Decimal(repr(float(amount))) != amount:
        raise custom_error(
            "decimal_range",
            f"must be a finite amount that a JSON number can hold exactly, not {short_repr(value)}",
        )
    return amount


def _received_schema(_source: Any, _handler: Any) -> core_schema.CoreSchema:
    """Try Pydantic's parser first, which is fast; call `_received_datetime` for what it does not accept."""
    return core_schema.union_schema(
        [
            core_schema.chain_schema(
                [
                    # Without the pattern, Pydantic reads "2024" as seconds since 1970:
                    # https://docs.pydantic.dev/latest/api/standard_library_types/#datetime-types
                    # No number has a colon, each time has one, and to search for one character is fast.
                    core_schema.str_schema(strict=True, pattern=":"),
                    core_schema.datetime_schema(tz_constraint="aware", strict=False),
                ]
            ),
            core_schema.no_info_plain_validator_function(_received_datetime),
        ],
        mode="left_to_right",
        custom_error_type="iso_8601",
        custom_error_message="must be an ISO 8601 date",
        serialization=core_schema.plain_serializer_function_ser_schema(format_datetime, when_used="json"),
    )


def _sent_id(value: object) -> int:
    number = whole_number(value)
    if number is None:
        raise custom_error("int_type", f"must be an int, not {short_repr(value)}")
    if not 0 < number <= INT64_MAX:
        raise custom_error("id_range", f"must be a positive id, not {short_repr(number)}")
    return number


def _sent_integer(value: object) -> int:
    number = whole_number(value)
    if number is None:
        raise custom_error("int_type", f"must be an int, not {short_repr(value)}")
    if not -INT32_MAX - 1 <= number <= INT32_MAX:
        raise custom_error("int_range", f"must fit in 32 bits, not {short_repr(number)}")
    return number


def _integer_schema(width: str, least: int, most: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "format": width, "minimum": least, "maximum": most})


# Types of fields that are sent
Id: TypeAlias = Annotated[int, PlainValidator(_sent_id), _integer_schema("int64", 1, INT64_MAX)]
"""An id in a request: a positive 64-bit integer, numpy's too. A bool and a text of digits are refused."""
Integer: TypeAlias = Annotated[
    int, PlainValidator(_sent_integer), _integer_schema("int32", -INT32_MAX - 1, INT32_MAX)
]
Text: TypeAlias = Annotated[str, Strict(), AfterValidator(_sendable_text)]
RequiredText: TypeAlias = Annotated[
    Text, AfterValidator(_not_blank), WithJsonSchema({"type": "string", "pattern": r"\S"})
]
StateCode: TypeAlias = Annotated[
    Text, AfterValidator(_two_characters), WithJsonSchema({"type": "string", "maxLength": 2})
]
Flag: TypeAlias = Annotated[bool, Strict()]

# Assumed: the range of the server's decimal columns.
_AMOUNT = {"type": "number", "exclusiveMinimum": -(10**18), "exclusiveMaximum": 10**18}
_JSON_NUMBER = PlainSerializer(float, return_type=float, when_used="json")

if TYPE_CHECKING:
    # The types that a caller may pass. At run time the field holds a datetime or a Decimal.
    Moment: TypeAlias = date | datetime
    Amount: TypeAlias = Decimal | int | float
else:
    Moment = Annotated[
        datetime,
        BeforeValidator(_sent_datetime),
        PlainSerializer(format_datetime, return_type=str, when_used="json"),
    ]
    Amount = Annotated[Decimal, PlainValidator(_sent_money), _JSON_NUMBER, WithJsonSchema(_AMOUNT)]

# Types of fields that are received
ReceivedMoment: TypeAlias = Annotated[datetime, GetPydanticSchema(_received_schema)]
"""A time in a response, always with a zone. The seventh digit of .NET's fractions is cut off."""
Money: TypeAlias = Annotated[Decimal, _JSON_NUMBER]
"""An amount in the tenant's currency: a Decimal in Python, a number in JSON."""
