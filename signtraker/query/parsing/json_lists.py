"""Read the list behind `in` as v4 7.x does: as a JSON array, not as OData literals."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from signtraker.query.errors import ODataError, ServerError
from signtraker.query.literals import INT32, INT64
from signtraker.query.parsing.moments import read_date, read_prefixed_moment
from signtraker.query.parsing.numbers import read_decimal, read_double
from signtraker.query.schema import Edm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signtraker.query.functions import Kind
    from signtraker.query.nodes import Scalar

JsonValue = str | int | float | Decimal | bool | None
_SPACE: Final = re.compile(r"[ \t\n\r]*+")
_NUMBER: Final = re.compile(r"[0-9.eE+-]++")
_WORD: Final = re.compile(r"[\w$]++")
_STRING_PART: Final = re.compile(r"[^\\'\"]++|.", re.DOTALL)
_SHORT: Final = re.compile(r"\s*[+-]?[0-9]{1,11}\s*")
_ESCAPE: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|.|$)", re.DOTALL)
_ESCAPED: Final = {
    "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\\": "\\", "/": "/", '"': '"', "'": "'",
}  # fmt: skip
_UNSAFE: Final = re.compile(r"['\"()\[\]\\\x00-\x1f]")
_WORDS: Final = {"true": True, "false": False, "null": None}
_TEXTLESS: Final = frozenset({Edm.INT64, Edm.DECIMAL})
"""The types that JSON writes as numbers alone, unless a server is told otherwise."""


def read_list(text: str, kind: Kind) -> list[Scalar]:
    """Return the values of a list as the type of the operand before it.

    Raises the server's ODataError for what is no such list, and ServerError where it fails.
    """
    if text.startswith("("):
        # The server turns every bracket, those in strings included.
        text = text.replace("(", "[").replace(")", "]")
    values = [_typed(one, kind) for one in _Reader(text).array()]
    if any(one is None or one == "" for one in values):
        raise ServerError
    return values


def write_list(values: Sequence[Scalar]) -> str:
    """Write a list so that every 7.x server reads the same values; raises ODataError for what it can't read.

    Quotes, brackets and backslashes are escaped, which only a reader of JSON understands (assumed for those
    releases of 7.x that were not run).
    """
    return f"({','.join(map(_written, values))})"


def _written(value: Scalar) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            text = f"{value:f}"
            return text if "." in text else f"{text}.0"  # so that it stays a decimal here, too
        case float() if math.isfinite(value):
            return repr(float(value))
        case "":
            raise ODataError("an `in` list of v4 7.x can't hold the empty text: leave out operator=True")
        case str():
            return "'" + _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", value) + "'"
        case _:
            raise ODataError(f"an `in` list of v4 7.x can't hold {value!r}: leave out operator=True")


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def array(self) -> list[JsonValue]:
        self._skip_space()
        if not self._text.startswith("[", self._at):
            if not self._text.startswith("{", self._at):
                self._value()
            node = "StartObject" if self._text.startswith("{") else "PrimitiveValue"
            raise ODataError(
                f"An unexpected '{node}' node was found when reading from the JSON reader. A 'StartArray'"
                " node was expected."
            )
        self._at += 1
        values: list[JsonValue] = []
        while not self._ends(values):
            values.append(self._value())
        return values

    def _ends(self, values: list[JsonValue]) -> bool:
        """Move past a comma; say whether the array ends here."""
        self._skip_space()
        comma = self._text.startswith(",", self._at)
        if comma:
            self._at += 1
            self._skip_space()
        end = self._text.startswith("]", self._at)
        if comma and (end or not values):
            raise _invalid(
                "An unexpected comma was found in scope 'Array'. A comma is only valid between properties"
                " of an object or between elements of an array."
            )
        if not end and not comma and values:
            raise _invalid(
                "A comma character ',' was expected in scope 'Array'. Every two elements in an array and"
                " properties of an object must be separated by commas."
            )
        return end

    def _skip_space(self) -> None:
        self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]  # matches even nothing

    def _value(self) -> JsonValue:
        first = self._text[self._at : self._at + 1]
        if first in {"'", '"'}:
            return self._string(first)
        if first.isdecimal() or first in {"-", "."}:
            return _number(self._matched(_NUMBER))
        if first in {"n", "t", "f"}:
            word = self._matched(_WORD)
            if word not in _WORDS:
                raise _invalid(f"Unexpected token '{word}'.")
            return _WORDS[word]
        if first in {"[", "{"}:
            node = "StartArray" if first == "[" else "StartObject"
            raise ODataError(
                f"An unexpected '{node}' node was found when reading from the JSON reader. A 'PrimitiveValue'"
                " node was expected."
            )
        raise _invalid("A token was not recognized in the JSON content.")

    def _matched(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        text = found.group() if found else self._text[self._at]
        self._at += len(text)
        return text

    def _string(self, quote: str) -> str:
        parts: list[str] = []
        self._at += 1
        while self._at < len(self._text):
            escape = _ESCAPE.match(self._text, self._at)
            part = escape.group() if escape else self._matched(_STRING_PART)
            if escape:
                self._at = escape.end()
                parts.append(_unescaped(escape))
            elif part == quote:
                return "".join(parts)
            else:
                parts.append(part)
        raise _invalid("Unexpected end of input reached while processing a JSON string value.")


def _unescaped(found: re.Match[str]) -> str:
    name = found[1]
    code = int(name[1:], 16) if len(name) > 1 else None
    # Half of a surrogate pair is in no record, and no database takes it.
    if code is not None and not 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004 - the surrogates
        return chr(code)
    if name not in _ESCAPED:
        raise _invalid(f"An unrecognized escape sequence '{found[0]}' was found.")
    return _ESCAPED[name]


def _invalid(problem: str) -> ODataError:
    return ODataError(f"Invalid JSON. {problem}")


def _number(text: str) -> JsonValue:
    if re.fullmatch(r"[+-]?[0-9]{1,400}", text) and int(text) in INT64:
        return int(text)
    if re.fullmatch(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)", text) and len(text) < 400:  # noqa: PLR2004 - as in the line above
        number = read_decimal(_normal(text))
        if number is not None:
            return number
    double = read_double(_normal(text))
    if double is None:
        raise _invalid(f"The value '{text}' is not a valid number.")
    return double


def _normal(text: str) -> str:
    """Write a number with digits on both sides of its point."""
    text = text.removeprefix("+")
    text = re.sub(r"^(-?)\.", r"\g<1>0.", text)
    return re.sub(r"\.(?![0-9])", "", text)


def _typed(value: JsonValue, kind: Kind) -> Scalar:
    """Return a JSON value as a type; raises the server's error for one that it does not hold."""
    target = kind.type
    if value is None:
        if kind.nullable:
            return None
        name = f"{target}[Nullable=False]"
        raise ODataError(
            f"A null value was found with the expected type '{name}'. The expected type '{name}' does not"
            " allow null values."
        )
    typed = _from_text(value, target) if isinstance(value, str) else _from_number(value, target)
    if typed is None:
        raise ODataError(f"Cannot convert the literal '{_printed(value)}' to the expected type '{target}'.")
    return typed


def _printed(value: JsonValue) -> str:
    return str(value) if not isinstance(value, float) else f"{value:.15g}".replace("e", "E")


def _from_text(value: str, target: Edm | None) -> Scalar:  # noqa: PLR0911 - one case for each type
    match target:
        case Edm.STRING | None:
            return value
        case Edm.DATETIME:
            return read_prefixed_moment(value)
        case Edm.DATE:
            return read_date(value)
        case Edm.BOOLEAN:
            return {"true": True, "false": False}.get(value.strip().lower())
        case Edm.INT32:
            return (
                int(value) if re.fullmatch(r"\s*[+-]?[0-9]{1,11}\s*", value) and int(value) in INT32 else None
            )
        case Edm.DOUBLE | Edm.SINGLE:
            return read_double(value)
        case _ if target in _TEXTLESS:
            raise ODataError(
                f"Cannot convert a value to target type '{target}' because of conflict between input format"
                " string/number and parameter 'IEEE754Compatible' false/true."
            )
        case _:
            return None


def _from_number(value: float | Decimal, target: Edm | None) -> Scalar:
    if isinstance(value, bool) or target is Edm.BOOLEAN:
        return value if isinstance(value, bool) and target is Edm.BOOLEAN else None
    match value, target:
        case int(), Edm.INT32:
            return value if value in INT32 else None
        case int() | Decimal(), Edm.INT64:
            whole = round(value)
            return whole if whole in INT64 else None
        case (int() | Decimal(), Edm.DECIMAL) | (int(), Edm.DOUBLE):
            return value
        case _, Edm.DOUBLE:
            return float(value)
        case _:
            return None
