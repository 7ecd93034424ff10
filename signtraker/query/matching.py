"""Evaluate a filter on one record in Python, with the three-valued logic of SQL.

A comparison with null is unknown (None), `not unknown` is unknown, and a filter keeps a row only when the
whole is true. `x eq null` and `x ne null` alone ask for null itself.
"""

from __future__ import annotations

import math
import operator
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final, cast

from signtraker.query.generated.entities import ENTITIES
from signtraker.query.infer import kind_of
from signtraker.query.literals import midnight
from signtraker.query.nodes import (
    And,
    Arithmetic,
    Call,
    Comparison,
    In,
    Lambda,
    Literal,
    Negative,
    Not,
    Or,
    Path,
)
from signtraker.query.parsing.numbers import double_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from signtraker.query.nodes import Node

_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": operator.eq, "ne": operator.ne,
    "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le,
}  # fmt: skip
_HALF: Final = 0.5


def holds(node: Node, record: object, entity: str) -> bool | None:
    """Say whether a filter holds for a record of the entity: True, False, or None for unknown."""
    return cast("bool | None", _Row(record, entity, {}).value(node))


def evaluate(node: Node, record: object, entity: str) -> Any:
    """Return the value of an expression for a record of the entity; None for null."""
    return _Row(record, entity, {}).value(node)


def text_length(text: str) -> int:
    """Count the UTF-16 units of a text, as .NET does: a character beyond U+FFFF is two."""
    return len(text) + sum(character > "\uffff" for character in text)


def index_of(text: str, part: str) -> int:
    """Return where a part begins, counted in UTF-16 units from 0; -1 where the text does not hold it."""
    found = text.find(part)
    return found if found < 0 else text_length(text[:found])


def substring(text: str, start: int, length: int | None = None) -> str:
    """Return the part of a text from a place counted in UTF-16 units from 0; what lies outside it is empty.

    Half of a character that the part cuts in two becomes U+FFFD, as it does when .NET sends it.
    """
    first = 2 * max(start, 0)
    units = text.encode("utf-16-le")
    last = len(units) if length is None else first + 2 * max(length, 0)
    return units[first:last].decode("utf-16-le", errors="replace")


def rounded(number: float | Decimal) -> float | Decimal:
    """Round to a whole number, halves away from zero as OData asks."""
    if isinstance(number, Decimal):
        return number.to_integral_value(ROUND_HALF_UP)
    part, whole = math.modf(number)
    return whole + (math.copysign(1, number) if abs(part) >= _HALF else 0)


def ceiling(number: float | Decimal) -> float | Decimal:
    """Return the smallest whole number that is not below."""
    if isinstance(number, Decimal):
        return number.to_integral_value(ROUND_CEILING)
    return float(math.ceil(number))


def floor(number: float | Decimal) -> float | Decimal:
    """Return the largest whole number that is not above."""
    if isinstance(number, Decimal):
        return number.to_integral_value(ROUND_FLOOR)
    return float(math.floor(number))


def truncated_division(left: Any, right: Any) -> Any:
    """Divide; whole numbers give a whole number, cut towards zero."""
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) is (right < 0) else -quotient
    return left / right


def remainder(left: Any, right: Any) -> Any:
    """Return what a division leaves, with the sign of the dividend."""
    if isinstance(left, int) and isinstance(right, int):
        return left - right * truncated_division(left, right)
    return math.fmod(left, right) if isinstance(left, float) or isinstance(right, float) else left % right


def _contains(text: str, part: str) -> bool:
    return part in text


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _fraction(moment: datetime | time) -> Decimal:
    return Decimal(moment.microsecond).scaleb(-6)


def _no_offset(_: datetime) -> int:
    return 0  # every moment is kept in UTC


def _seconds(span: timedelta) -> Decimal:
    return Decimal(span // timedelta(microseconds=1)).scaleb(-6)


def _time_of_day(moment: datetime) -> time:
    return moment.astimezone(UTC).time()


def _part(name: str) -> Callable[[Any], int]:
    def part(moment: datetime | date | time | timedelta) -> int:
        if isinstance(moment, timedelta):
            seconds = int(abs(moment).total_seconds())
            found = {"hour": seconds // 3600 % 24, "minute": seconds // 60 % 60, "second": seconds % 60}[name]
            return -found if moment < timedelta(0) else found
        at = moment.astimezone(UTC) if isinstance(moment, datetime) else moment
        return cast("int", getattr(at, name))

    return part


def _never(_: object) -> None:
    return None


def _printed(value: object) -> str:
    match value:
        case bool():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat()
        case float():
            return double_digits(value)
        case _:
            return str(value)


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float | Decimal) else None


_CASTS: Final[dict[str, Callable[[Any], Any]]] = {
    "Edm.String": _printed,
    "Edm.Int32": _whole,
    "Edm.Int64": _whole,
    "Edm.Double": lambda value: float(value) if isinstance(value, int | float | Decimal) else None,
    "Edm.Decimal": lambda value: Decimal(str(value)) if isinstance(value, int | float | Decimal) else None,
    "Edm.Boolean": lambda value: value if isinstance(value, bool) else None,
}
"""The casts of values, by type (assumed); a cast to another type is null."""


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "contains": _contains,
    "startswith": str.startswith,
    "endswith": str.endswith,
    "length": text_length,
    "indexof": index_of,
    "substring": substring,
    "tolower": str.lower,
    "toupper": str.upper,
    "trim": str.strip,
    "concat": operator.add,
    "year": _part("year"),
    "month": _part("month"),
    "day": _part("day"),
    "hour": _part("hour"),
    "minute": _part("minute"),
    "second": _part("second"),
    "date": _day,
    "round": rounded,
    "floor": floor,
    "ceiling": ceiling,
    "replace": str.replace,
    "fractionalseconds": _fraction,
    "totaloffsetminutes": _no_offset,
    "totalseconds": _seconds,
    "time": _time_of_day,
    "now": lambda: datetime.now(UTC),
    "mindatetime": lambda: datetime.min.replace(tzinfo=UTC),
    "maxdatetime": lambda: datetime.max.replace(tzinfo=UTC),
}
"""The functions by their v4 names; arguments are never null."""
ARITHMETIC: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": truncated_division,
    "mod": remainder,
}
"""The arithmetic operators; operands are never null."""


class _Row:
    def __init__(self, record: object, entity: str, variables: Mapping[str, object]) -> None:
        self._record = record
        self._entity = entity
        self._variables = variables

    def value(self, node: Node) -> Any:  # noqa: C901, PLR0911 - one case for each kind of node
        match node:
            case Literal(value):
                return value
            case Path():
                return self._path(node)
            case Not(operand):
                found = self.value(operand)
                return None if found is None else not found
            case And(terms):
                return _all(self.value(term) for term in terms)
            case Or(terms):
                opposite = _all(None if found is None else not found for found in map(self.value, terms))
                return None if opposite is None else not opposite
            case Comparison(name, left, right):
                return self._comparison(name, left, right)
            case In(operand, values):
                terms = tuple(Comparison("eq", operand, one) for one in values)
                return self.value(Or(terms))
            case Lambda():
                return self._quantified(node)
            case Call():
                return self._call(node)
            case Arithmetic(name, left, right):
                return _known(ARITHMETIC[name], _numbers(self.value(left), self.value(right)))
            case Negative(operand):
                return _known(operator.neg, [self.value(operand)])

    def _call(self, node: Call) -> Any:
        match node.name, node.arguments:
            case "$count", arguments:
                return len(self.value(arguments[0]) or ()) if arguments else None
            case "isof", (operand, Literal(wanted)):
                same = str(kind_of(operand, self._entity).type) == wanted
                return same and self.value(operand) is not None
            case "cast", (operand, Literal(wanted)):
                return _known(_CASTS.get(str(wanted), _never), [self.value(operand)])
            case name, arguments:
                return _known(FUNCTIONS[name], [self.value(one) for one in arguments])

    def _path(self, path: Path) -> Any:
        if path.variable:
            return self._variables[path.segments[0]]
        found: Any = self._record
        place = ENTITIES.get(self._entity)
        for segment in path.segments:
            if found is None:
                return None
            known = place.properties.get(segment) if place else None
            found = getattr(found, known.attribute) if known else _extra(found, segment)
            place = ENTITIES.get(known.entity) if known and known.entity else None
        return found

    def _comparison(self, name: str, left: Node, right: Node) -> bool | None:
        if name in {"eq", "ne"} and any(_is_null(one) for one in (left, right)):
            both = self.value(left) is None and self.value(right) is None
            return both if name == "eq" else not both
        return cast("bool | None", _known(_COMPARISONS[name], _alike(self.value(left), self.value(right))))

    def _quantified(self, node: Lambda) -> bool | None:
        items: tuple[object, ...] = self.value(node.collection) or ()
        predicate = node.predicate
        if predicate is None:
            return bool(items)
        found = [
            _Row(self._record, self._entity, {**self._variables, node.variable: item}).value(predicate)
            for item in items
        ]
        # SQL says EXISTS and NOT EXISTS here, and neither is ever unknown.
        if node.quantifier == "any":
            return any(one is True for one in found)
        return all(one is True for one in found)


def _is_null(node: Node) -> bool:
    return isinstance(node, Literal) and node.value is None


def _extra(found: object, segment: str) -> object:
    if isinstance(found, dict):
        return cast("dict[str, object]", found).get(segment)
    return getattr(found, segment, None)


def _all(values: Iterable[bool | None]) -> bool | None:
    unknown = False
    for value in values:
        if value is False:
            return False
        unknown = unknown or value is None
    return None if unknown else True


def _known(function: Callable[..., Any], values: list[Any]) -> Any:
    if any(value is None for value in values):
        return None
    try:
        return function(*values)
    except ArithmeticError:
        return None  # as a database says: null


def _alike(left: Any, right: Any) -> list[Any]:
    return [_moment_beside(left, right), _moment_beside(right, left)]


def _moment_beside(one: Any, other: Any) -> Any:
    is_day = isinstance(one, date) and not isinstance(one, datetime)
    return midnight(one) if is_day and isinstance(other, datetime) else one


def _numbers(left: Any, right: Any) -> list[Any]:
    """Convert a mixed pair to Decimals: Python can't add a Decimal and a float, and records hold both."""
    if isinstance(left, Decimal) and isinstance(right, float):
        return [left, Decimal(repr(right))]
    if isinstance(left, float) and isinstance(right, Decimal):
        return [Decimal(repr(left)), right]
    return [left, right]
