"""Decide the type of a number, and convert it, as .NET Framework does."""

from __future__ import annotations

import math
import re
from decimal import Decimal, InvalidOperation, localcontext
from typing import Final

from signtraker.query.errors import ODataError, ServerError, quoted
from signtraker.query.literals import DECIMAL_LIMIT, DECIMAL_PLACES, INT32, INT64
from signtraker.query.single import Single, single_text, to_single

_PLAIN: Final = re.compile(r"-*[0-9]+(?:\.[0-9]+)?")
_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|-?INF|NaN")
_LONGEST: Final = 400
_SINGLE_DIGITS: Final = 7
_DOUBLE_DIGITS: Final = 15
_WORDS: Final = {"INF": math.inf, "-INF": -math.inf, "NaN": math.nan}


def guessed_kind(text: str, *, whole: bool) -> str:
    """Return the kind of a v4 number without a suffix; raises ODataError for one that fits no type."""
    if whole and len(text) < _LONGEST:
        if int(text) in INT32:
            return "int"
        if int(text) in INT64:
            return "int64"
    double, single, exact = read_double(text), read_single(text), _read_plain_decimal(text)
    if double is None:
        raise ODataError(f"Numeric string '{quoted(text)}' is not a valid Int32/Int64/Double/Decimal.")
    if exact is not None:
        printed = _to_decimal(double_digits(double))
        if printed is not None and printed != exact:
            return "decimal"
    if single is None or float(single_text(single)) != double:
        return "double"
    return "single"


def read_double(text: str) -> float | None:
    """Read a double; None for what is no number or beyond its range."""
    if text in _WORDS:
        return _WORDS[text]
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def read_single(text: str) -> Single | None:
    """Read a single; None for what is no number or beyond its range."""
    double = read_double(text)
    if double is None:
        return None
    try:
        return to_single(double)
    except OverflowError:
        return None


def read_decimal(text: str) -> Decimal | None:
    """Read a decimal, rounded to its 96 bits; None for what is no number or beyond its range."""
    return _to_decimal(text) if _NUMBER.fullmatch(text) and text not in _WORDS else None


def double_digits(value: float) -> str:
    """Print a double as .NET Framework does: with 15 digits, or 17 where 15 do not come back."""
    text = f"{value:.15g}"
    return text if float(text) == value else f"{value:.17g}"


def single_to_decimal(value: float) -> Decimal:
    """Convert a single as .NET does: it keeps 7 digits. Raises ServerError where the server overflows."""
    return _converted(value, f"{value:.{_SINGLE_DIGITS}g}")


def double_to_decimal(value: float) -> Decimal:
    """Convert a double as Microsoft's libraries do. Raises ServerError where the server overflows."""
    digits = double_digits(value)
    return _converted(value, f"{value:.{_DOUBLE_DIGITS}g}" if "e" in digits else digits)


def _converted(value: float, digits: str) -> Decimal:
    number = _to_decimal(digits) if math.isfinite(value) else None
    if number is None:
        raise ServerError
    return number


def _read_plain_decimal(text: str) -> Decimal | None:
    return _to_decimal(text) if _PLAIN.fullmatch(text) else None


def _to_decimal(text: str) -> Decimal | None:
    """Round to what `System.Decimal` holds: 96 bits and 28 places; None beyond its range."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or number.copy_abs().compare(DECIMAL_LIMIT) > 0:
        return None
    with localcontext(prec=_LONGEST):
        for places in range(min(DECIMAL_PLACES, _places(number)), -1, -1):
            rounded = number.quantize(Decimal(1).scaleb(-places))
            if abs(rounded.scaleb(places)) <= DECIMAL_LIMIT:
                return rounded
    return None


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
