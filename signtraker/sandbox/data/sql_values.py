"""Write constants and conversions of types as SQL; durations and times of day are whole microseconds."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Date, Float, Text, case, cast, literal, null
from sqlalchemy.types import NullType

from signtraker.query.infer import NUMBERS
from signtraker.query.schema import Edm
from signtraker.sandbox.data.columns import Money, UtcDateTime
from signtraker.sandbox.data.sql_functions import Whole

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.types import TypeEngine

    from signtraker.query.nodes import Scalar

MICROSECONDS: Final = 1_000_000
_SECONDS: Final = {"hour": 3600, "minute": 60, "second": 1}
_WITHIN: Final = {"hour": 24, "minute": 60, "second": 60}
_TYPES: Final[tuple[tuple[type, TypeEngine[Any]], ...]] = (
    (type(None), NullType()),
    (bool, Boolean()),
    (str, Text()),
    (int, BigInteger()),
    (float, Float()),
    (Decimal, Money()),
    (datetime, UtcDateTime()),
    (date, Date()),
)
"""The SQL types of constants; a type stands before those that it is a subclass of."""
_CONVERTED: Final[dict[str, TypeEngine[Any]]] = {
    Edm.INT32: BigInteger(),
    Edm.INT64: BigInteger(),
    Edm.SINGLE: Float(),
    Edm.DOUBLE: Float(),
    Edm.DECIMAL: Money(),
}
"""The SQL type that numbers are cast to."""


def constant(value: Scalar) -> ColumnElement[Any]:
    """Return a constant as a bound parameter."""
    plain = _plain(value)
    return literal(plain, next(kind for known, kind in _TYPES if isinstance(plain, known)))


def _plain(value: Scalar) -> object:
    match value:
        case timedelta():
            return value // timedelta(microseconds=1)
        case time():
            seconds = (value.hour * 60 + value.minute) * 60 + value.second
            return seconds * MICROSECONDS + value.microsecond
        case UUID():
            return str(value)
        case bytes():
            return value.hex()
        case float():
            return float(value)  # a Single is a subclass, which no driver knows
        case _:
            return value


def clock_part(name: str, microseconds: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the hour, minute or second of a duration or a time of day."""
    return (microseconds // (_SECONDS[name] * MICROSECONDS)) % _WITHIN[name]


def converted(value: ColumnElement[Any], kind: Edm | None, wanted: str) -> ColumnElement[Any]:
    """Return what `cast` makes of a value of a type: null where no conversion is known (assumed)."""
    if kind is not None and kind.value == wanted:
        return value
    if wanted == Edm.STRING:
        words = case((value, literal("True")), (value.is_(False), literal("False")))
        return words if kind is Edm.BOOLEAN else cast(value, Text())
    target = _CONVERTED.get(wanted) if kind in NUMBERS else None
    if target is None:
        return null()
    return cast(Whole(value) if isinstance(target, BigInteger) else value, target)
