"""Read the literals of a query text as values and types."""

from __future__ import annotations

import base64
import re
from datetime import date
from typing import TYPE_CHECKING, Final
from uuid import UUID

from signtraker.query.errors import ODataError, quoted
from signtraker.query.functions import Kind
from signtraker.query.literals import INT32, INT64, midnight
from signtraker.query.nodes import Literal
from signtraker.query.parsing.bound import UNTYPED, Bound
from signtraker.query.parsing.moments import (
    read_date,
    read_duration,
    read_offset_literal,
    read_prefixed_moment,
    read_time_of_day,
)
from signtraker.query.parsing.numbers import read_decimal, read_double, read_single
from signtraker.query.schema import Edm

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker.query.nodes import Scalar
    from signtraker.query.parsing.generations import Generation
    from signtraker.query.parsing.lexer import Token

_WHOLE: Final = re.compile(r"-?[0-9]{1,400}")
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})*")
_TYPES: Final = {
    "int": Edm.INT32,
    "int64": Edm.INT64,
    "single": Edm.SINGLE,
    "double": Edm.DOUBLE,
    "decimal": Edm.DECIMAL,
    "boolean": Edm.BOOLEAN,
    "string": Edm.STRING,
    "quoted": Edm.STRING,
    "bracketed": Edm.STRING,
    "list": Edm.STRING,
    "date": Edm.DATE,
    "moment": Edm.DATETIME,
    "datetimeoffset": Edm.DATETIME,
    "datetime": Edm.UNZONED,
    "time": Edm.TIME,
    "time_of_day": Edm.TIME_OF_DAY,
    "duration": Edm.DURATION,
    "guid": Edm.GUID,
    "binary": Edm.BINARY,
}
_UNREADABLE: Final = {"geography": "Edm.Geography", "geometry": "Edm.Geometry"}
CONSTANTS: Final = frozenset({*_TYPES, *_UNREADABLE, "null"}) - {"bracketed"}
"""The kinds of tokens that are constants in every generation."""
_NULLABLE: Final = frozenset({Edm.STRING, Edm.BINARY})


def constant(token: Token, text: str, generation: Generation) -> Bound:
    """Return the constant that a token stands for; raises ODataError for one that its type does not hold."""
    if token.kind == "null":
        return Bound(Literal(None), UNTYPED, 1)
    kind = _TYPES.get(token.kind)
    value = None if kind is None else _value(token, generation)
    if kind is None or value is None:
        name = _UNREADABLE.get(token.kind, kind)
        raise ODataError(
            f"Unrecognized '{name}' literal '{quoted(token.text)}' at '{_units(text, token.position)}'"
            f" in '{quoted(text)}'.",
            token.position,
        )
    is_day = token.kind == "date"
    if isinstance(value, date) and is_day and generation.date_type is Edm.DATETIME:
        kind, value = Edm.DATETIME, midnight(value)
    return Bound(Literal(value), Kind(kind, nullable=kind in _NULLABLE), 1, constant=True, is_day=is_day)


def _units(text: str, position: int) -> int:
    return position + sum(character > "\uffff" for character in text[:position])


def _value(token: Token, generation: Generation) -> Scalar:
    if token.kind == "binary":
        return _binary(token.text, generation)
    return _READERS[token.kind](token.text)


def _inner(text: str) -> str:
    return text.partition("'")[2][:-1]


def _whole(text: str, limits: range) -> int | None:
    value = int(text) if _WHOLE.fullmatch(text) else None
    return value if value is not None and value in limits else None


def _duration(text: str) -> Scalar:
    """Read `duration'PT1H'`, or v3's `time'PT1H'`, which is a duration to .NET, too."""
    return read_duration(_inner(text))


def _guid(text: str) -> UUID | None:
    digits = _inner(text) if "'" in text else text
    try:
        return UUID(digits) if len(digits) == 36 else None  # noqa: PLR2004 - as RFC 4122 writes them
    except ValueError:
        return None


def _binary(text: str, generation: Generation) -> bytes | None:
    digits = _inner(text)
    if "'" not in text:
        return None
    if generation.is_v3:
        return bytes.fromhex(digits) if _HEX.fullmatch(digits) else None
    try:
        return base64.b64decode(digits, validate=True)
    except ValueError:  # malformed, or not ASCII
        return None


_READERS: Final[dict[str, Callable[[str], Scalar]]] = {
    "int": lambda text: _whole(text, INT32),
    "int64": lambda text: _whole(text.rstrip("lL"), INT64),
    "single": lambda text: read_single(text[:-1] if text.endswith(("f", "F")) else text),
    "double": lambda text: read_double(text.rstrip("dD")),
    "decimal": lambda text: read_decimal(text.rstrip("mM")),
    "boolean": lambda text: text == "true",
    "string": lambda text: text[1:-1].replace("''", "'"),
    "quoted": lambda _: None,
    "bracketed": lambda text: text,
    "list": lambda text: text,
    "date": read_date,
    "moment": read_offset_literal,
    "datetimeoffset": lambda text: read_prefixed_moment(_inner(text)),
    "datetime": lambda text: read_prefixed_moment(_inner(text)),
    "time": _duration,
    "time_of_day": read_time_of_day,
    "duration": _duration,
    "guid": _guid,
}
