"""Constants of a query text as values and types, as each server generation reads them."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from signtraker.query.literals import DECIMAL_LIMIT, INT32, INT64
from signtraker.query.schema import Edm

if TYPE_CHECKING:
    from signtraker.query.nodes import Scalar
    from signtraker.query.parsing.lexer import Token
    from signtraker.query.schema import ServerVersion

Reading: TypeAlias = "tuple[Scalar, Edm | None, Decimal | None]"
"""A value, its type (None for null), and its decimal reading where v4 leaves it open."""
_WORDS: Final[dict[str, Reading]] = {
    "null": (None, None, None),
    "true": (True, Edm.BOOLEAN, None),
    "false": (False, Edm.BOOLEAN, None),
}
_DOUBLE_DIGITS: Final = 15
"""A number of more digits is a decimal to the servers (on .NET Framework a double prints that many)."""
_LONGEST: Final = 400


class UnreadableError(ValueError):
    """A constant that does not fit its type."""

    def __init__(self, kind: Edm) -> None:
        super().__init__(kind)
        self.kind = kind


def constant_value(token: Token, version: ServerVersion) -> Reading:  # noqa: PLR0911 - one case for each kind
    """Return what a token stands for; raises UnreadableError for one that fits no type."""
    match token.kind:
        case "string":
            return token.text[1:-1].replace("''", "'"), Edm.STRING, None
        case "number":
            return _number(token, version)
        case "moment":
            return _moment(token.text), Edm.DATETIME, None
        case "datetimeoffset":
            return _moment(token.text.split("'")[1]), Edm.DATETIME, None
        case "datetime":
            return _unzoned(token.text.split("'")[1]), Edm.UNZONED, None
        case "date":
            return _date(token.text), Edm.DATE, None
        case _:
            return _WORDS[token.text]


def _number(token: Token, version: ServerVersion) -> Reading:
    text, suffix = token.text, token.text[-1].lower()
    if len(text) > _LONGEST:
        raise UnreadableError(Edm.DECIMAL)
    if suffix in "lmfd":
        return _suffixed(text[:-1], suffix)
    if text.lstrip("-").isdigit():
        return _whole(text, version)
    if "e" in text.lower():
        return _double(text), Edm.DOUBLE, None
    exact = Decimal(text)
    if len(text.lstrip("-").replace(".", "").strip("0")) > _DOUBLE_DIGITS:
        return _decimal(text), Edm.DECIMAL, None
    return float(text), Edm.DOUBLE, None if version == "v3" else exact


def _suffixed(text: str, suffix: str) -> Reading:
    if suffix == "m":
        return _decimal(text), Edm.DECIMAL, None
    if suffix == "l":
        if not text.lstrip("-").isdigit() or int(text) not in INT64:
            raise UnreadableError(Edm.INT64)
        return int(text), Edm.INT64, None
    return _double(text), Edm.DOUBLE, None


def _whole(text: str, version: ServerVersion) -> Reading:
    value = int(text)
    if value in INT32:
        return value, Edm.INT32, None
    if version == "v3":
        raise UnreadableError(Edm.INT32)
    if value in INT64:
        return value, Edm.INT64, None
    return _decimal(text), Edm.DECIMAL, None


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if "e" in text.lower() or value.copy_abs() > DECIMAL_LIMIT:
        raise UnreadableError(Edm.DECIMAL)
    return value


def _double(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise UnreadableError(Edm.DOUBLE)
    return value


def _moment(text: str) -> datetime:
    """Read a moment with a zone. A server counts to 100 ns, Python to microseconds; the rest is cut off."""
    whole, dot, tail = text.partition(".")
    digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
    zone = tail[len(digits) :]
    try:
        moment = datetime.fromisoformat(whole + (f".{digits[:6]:0<6}{zone}" if dot else ""))
        if moment.utcoffset() is None:
            raise UnreadableError(Edm.DATETIME)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnreadableError(Edm.DATETIME) from None


def _unzoned(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UnreadableError(Edm.UNZONED) from None
    if moment.utcoffset() is not None:
        raise UnreadableError(Edm.UNZONED)
    return moment.replace(tzinfo=UTC)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UnreadableError(Edm.DATE) from None
