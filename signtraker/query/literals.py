"""Check the constants of a filter, and write them in either dialect."""

from __future__ import annotations

import base64
import math
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeGuard
from uuid import UUID

from signtraker._common.integers import whole_number
from signtraker._common.short_repr import short_repr
from signtraker.query.errors import ODataError
from signtraker.query.schema import Edm
from signtraker.query.single import Single, single_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker.query.nodes import Scalar
    from signtraker.query.schema import ODataVersion

INT32: Final = range(-(2**31), 2**31)
INT64: Final = range(-(2**63), 2**63)
DECIMAL_LIMIT: Final = Decimal(2**96 - 1)
"""The largest `System.Decimal`; it has 96 bits and at most 28 decimal places."""
DECIMAL_PLACES: Final = 28
_DECIMAL_DIGITS: Final = 29
# A tuple compares by identity first; a set would call the slow hash of an Enum.
_WITH_INTEGERS: Final = (Edm.INT32, Edm.INT64, Edm.DOUBLE, Edm.DECIMAL)


def is_constant(value: object, kind: Edm) -> TypeGuard[Scalar]:
    """Return whether a value is certainly a constant of the type, as it is.

    Most values are. After a False, `check_value` has to take a longer look.
    """
    if type(value) is str:
        return kind is Edm.STRING and value.isascii()
    if type(value) is int:
        return kind in _WITH_INTEGERS and value in INT64
    if type(value) is datetime:
        return kind is Edm.DATETIME and value.tzinfo is UTC and not value.fold
    return type(value) is bool and kind is Edm.BOOLEAN


def check_value(kind: Edm, value: object, name: str) -> Scalar:
    """Return the value as a constant of the type, or raise what is wrong with it.

    Raises TypeError for a value of another type and ValueError for one that no server can read, both
    naming the field.
    """
    if value is None:
        raise TypeError(f"{name} is compared with None: write .is_null() or .is_not_null()")
    return _CHECKS[kind](value, name)


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} is text: write a str, not {short_repr(value)}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{name}: {short_repr(value)} holds a lone surrogate at {error.start}, which is no character and"
            " can't be sent; decode the text properly first"
        ) from None
    return str.__str__(value)


def _boolean(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name} is true or false: write a bool, not {short_repr(value)}")
    return value


def _integer(value: object, name: str) -> int:
    number = whole_number(value)
    if number is None:
        raise TypeError(f"{name} is a whole number: it must be an int, not {short_repr(value)}")
    if number not in INT64:
        raise ValueError(
            f"{name}: {short_repr(value)} does not fit 64 bits, the largest whole number there is"
        )
    return number


def _double(value: object, name: str) -> int | float:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{name}: {value} is no number that can be compared; write a finite float")
        return float(value)
    if whole_number(value) is None:
        raise TypeError(f"{name} is a number: write a float or an int, not {short_repr(value)}")
    return _integer(value, name)


def _decimal(value: object, name: str) -> int | Decimal:
    if isinstance(value, float):
        number = float(value)  # A subclass, such as numpy's, may print itself as more than a number.
        raise TypeError(f"{name} is an exact decimal: write Decimal('{number}'), not the float {number}")
    if isinstance(value, Decimal):
        return _fitting_decimal(value, name)
    if whole_number(value) is None:
        raise TypeError(f"{name} is a decimal: write a Decimal or an int, not {short_repr(value)}")
    return _integer(value, name)


def _fitting_decimal(value: Decimal, name: str) -> Decimal:
    if not value.is_finite():
        raise ValueError(f"{name}: {value} is no number that can be compared; write a finite Decimal")
    _, digits, exponent = value.as_tuple()
    kept = "".join(map(str, digits)).rstrip("0")
    places = len(digits) - len(kept) + int(exponent)
    # Without context: Decimal's own arithmetic rounds to 28 digits.
    size = len(kept) + max(places, 0)
    if (
        size > _DECIMAL_DIGITS
        or places < -DECIMAL_PLACES
        or int(kept or 0) * 10 ** max(places, 0) > DECIMAL_LIMIT
    ):
        raise ValueError(
            f"{name}: {short_repr(value)} does not fit the server's decimal: at most {DECIMAL_LIMIT} (without"
            f" the point) and {DECIMAL_PLACES} decimal places; round it"
        )
    return Decimal(value)


def _datetime(value: object, name: str) -> datetime:
    if isinstance(value, datetime):
        return utc(value, name)
    if isinstance(value, date):
        return midnight(value)
    raise TypeError(f"{name} is a date and time: write an aware datetime or a date, not {short_repr(value)}")


def _date(value: object, name: str) -> date:
    if isinstance(value, datetime):
        raise TypeError(f"{name} is a day: write a date, not {short_repr(value)}; .date() makes one")
    if not isinstance(value, date):
        raise TypeError(f"{name} is a day: write a date, not {short_repr(value)}")
    return date(value.year, value.month, value.day)


def utc(value: datetime, name: str) -> datetime:
    """Return an aware datetime as a plain one in UTC, so that equal moments are equal constants."""
    if value != value:  # noqa: PLR0124 - pandas.NaT is a datetime that equals nothing, itself included
        raise TypeError(f"{name} is compared with NaT, which is no time: write .is_null() or .is_not_null()")
    if value.utcoffset() is None:
        raise TypeError(
            f"{name}: {short_repr(value)} has no time zone; say where it is meant, for example"
            ' value.replace(tzinfo=ZoneInfo("America/Denver"))'
        )
    try:
        moment = value.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{name}: {short_repr(value)} lies outside the years 1 to 9999 in UTC") from None
    # A subclass, such as pandas.Timestamp, may compare, print or count differently.
    return datetime.combine(date(moment.year, moment.month, moment.day), _time_of(moment), UTC)


def _time_of(moment: datetime) -> time:
    return time(moment.hour, moment.minute, moment.second, moment.microsecond)


def midnight(day: date) -> datetime:
    """Return the start of a day in UTC."""
    return start_of_day(day, UTC)


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """Return the first moment of a day in a time zone."""
    return datetime.combine(date(day.year, day.month, day.day), time.min, zone)


_CHECKS: Final[dict[Edm, Callable[[object, str], Scalar]]] = {
    Edm.STRING: _text,
    Edm.BOOLEAN: _boolean,
    Edm.INT32: _integer,
    Edm.INT64: _integer,
    Edm.DOUBLE: _double,
    Edm.DECIMAL: _decimal,
    Edm.DATETIME: _datetime,
    Edm.DATE: _date,
}


def literal_text(value: Scalar, version: ODataVersion, *, long: bool = False) -> str:  # noqa: PLR0911 - one case for each type
    """Write a constant. `long` marks a v3 number that meets an Int64, so that it needs no conversion.

    Raises ODataError for a type that the dialect has no constants of.
    """
    match value:
        case str():
            return "'" + value.replace("'", "''") + "'"
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value}L" if version == "v3" and (long or value not in INT32) else str(value)
        case datetime():
            moment = value if value.tzinfo is UTC else value.astimezone(UTC)
            text = moment.isoformat().removesuffix("+00:00") + "Z"
            return text if version == "v4" else f"datetimeoffset'{text}'"
        case Single():
            return f"{_float_text(single_text(value))}f"
        case float():
            return double_text(value)
        case Decimal():
            return f"{value:f}M"
        case _:
            return _rare_text(value, version)


def _rare_text(value: time | date | timedelta | UUID | bytes, version: ODataVersion) -> str:
    """Write a constant of a type that no property has, days excepted."""
    is_v3 = version == "v3"
    match value:
        case timedelta():
            return f"{'time' if is_v3 else 'duration'}'{duration_text(value)}'"
        case UUID():
            return f"guid'{value}'" if is_v3 else str(value)
        case bytes():
            return f"X'{value.hex()}'" if is_v3 else f"binary'{base64.b64encode(value).decode()}'"
        case _ if is_v3:
            raise ODataError("v3 has no constants of days or times; compare with moments instead")
        case _:
            return value.isoformat()


def double_text(value: float) -> str:
    """Write a double with an exponent: without one, a server takes many digits for a decimal and refuses."""
    if not math.isfinite(value):
        return _float_text(str(value))
    mantissa, _, exponent = repr(float(value)).partition("e")
    return f"{mantissa}e{int(exponent or 0)}"


def _float_text(text: str) -> str:
    """Write what Python calls `inf` and `nan` in OData's words."""
    return {"inf": "INF", "-inf": "-INF", "nan": "NaN"}.get(text, text)


def duration_text(value: timedelta) -> str:
    """Write a duration as XML does, in days and seconds."""
    sign, span = ("-", -value) if value < timedelta(0) else ("", value)
    fraction = f".{span.microseconds:06}" * bool(span.microseconds)
    return f"{sign}P{span.days}DT{span.seconds}{fraction}S"
