"""Translate the filters that Spark pushes down to conditions of the API. Pure; PySpark is not needed.

Spark evaluates every filter again on the rows that it receives (`source.py`). So a condition may keep more
rows than the filter, but never fewer, whatever the server's database does:

    type            what is certain                                  what is left to Spark
    whole number    every comparison                                 nothing
    decimal         every comparison with less than 10¹¹: with its   greater amounts
                    4 digits after the point, JSON has it exactly
    boolean         equal, not equal                                 orderings
    text            equal rows stay equal, whether or not the        orderings and negations: the database may
                    database compares letters with their case        sort otherwise, or take `a` for `A`
    time            orderings, up to the millisecond that the        not equal; times before 1900, which
                    server may cut the time in its response to       Spark hands over by an older calendar
    double          orderings, up to the 14th digit: the text of     not equal
                    a double in JSON may be a rounded one

The classes of Spark's filters are told apart by their names, which PySpark documents.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from signtraker.query.infer import property_at
from signtraker.query.literals import check_value
from signtraker.query.nodes import Call, Comparison, Literal, Path, conjunction, disjunction
from signtraker.query.schema import Edm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signtraker.query.nodes import ComparisonOperator, Node
    from signtraker.query.schema import Property

_COMPARISONS: Final[dict[str, ComparisonOperator]] = {
    "EqualTo": "eq",
    "GreaterThan": "gt",
    "GreaterThanOrEqual": "ge",
    "LessThan": "lt",
    "LessThanOrEqual": "le",
}
_OPPOSITES: Final[dict[ComparisonOperator, ComparisonOperator]] = {
    "eq": "ne", "ne": "eq", "gt": "le", "le": "gt", "lt": "ge", "ge": "lt",
}  # fmt: skip
_FUNCTIONS: Final = {
    "StringStartsWith": "startswith",
    "StringEndsWith": "endswith",
    "StringContains": "contains",
}
_EXACT: Final = (Edm.INT32, Edm.INT64, Edm.DECIMAL)
_LEAST_INEXACT: Final = 10**11
"""The least amount that may have more digits than the 15 that a number in JSON keeps."""
_FIRST_TIME: Final = datetime(1900, 1, 1, tzinfo=UTC)
"""Spark hands over times before it by Java's old calendar, where 1582-10-10 becomes 1582-10-15."""
_SHOWN: Final = timedelta(milliseconds=1)
"""The finest time that the API reference shows; a server may cut the rest off in its response."""
_ROUNDED: Final = 1e-14
"""The relative error of a double that the server writes with 15 digits."""
_NULL: Final = Literal(None)


class SparkFilter(Protocol):
    """A filter of `pyspark.sql.datasource` on one column; all but the null checks have a `value` too."""

    @property
    def attribute(self) -> tuple[str, ...]:
        """The names on the way to the column: `("JobSite", "City")`."""
        ...


@dataclass(frozen=True, slots=True)
class Translation:
    """The conditions of the API for one filter of Spark."""

    column: tuple[str, ...]
    conditions: tuple[Node, ...]
    """The tightest first; each keeps at least the rows of the filter. Empty if only Spark can evaluate it."""
    keeps_null: bool = False
    """True if the filter keeps rows whose column is null."""
    checks_null: bool = False
    """True for `IS NOT NULL`, which any other condition on the column implies."""


def translate(spark_filter: object, entity: str) -> Translation | None:
    """Translate one filter on a list of the entity; None for a column or a kind that is not known."""
    is_negated = type(spark_filter).__name__ == "Not"
    inner = cast("SparkFilter", getattr(spark_filter, "child", None) if is_negated else spark_filter)
    name, column = type(inner).__name__, tuple(getattr(inner, "attribute", ()))
    found = property_at(entity, column)
    if found is None or found.collection:
        return None
    value: Any = getattr(inner, "value", None)
    if name in {"IsNull", "IsNotNull"} or (name == "EqualNullSafe" and value is None):
        return _null_check(column, found, keeps_null=(name == "IsNotNull") is is_negated)
    if name == "EqualNullSafe" and is_negated:
        different = _comparison(column, found, "ne", value)
        either = () if different is None else (disjunction(different, Comparison("eq", Path(column), _NULL)),)
        return Translation(column, either, keeps_null=True)
    return Translation(column, _conditions(name, column, found, value, is_negated=is_negated))


def _conditions(
    name: str, column: tuple[str, ...], found: Property, value: Any, *, is_negated: bool
) -> tuple[Node, ...]:
    single: Node | None = None
    if name == "In":
        return _membership(column, found, value, is_negated=is_negated)
    if name in _FUNCTIONS:
        if found.type is Edm.STRING and isinstance(value, str) and value and not is_negated:
            single = Call(_FUNCTIONS[name], (Path(column), Literal(value)))
    elif name in _COMPARISONS or name == "EqualNullSafe":
        operator = _COMPARISONS.get(name, "eq")
        single = _comparison(column, found, _OPPOSITES[operator] if is_negated else operator, value)
    return () if single is None else (single,)


def _null_check(column: tuple[str, ...], found: Property, *, keeps_null: bool) -> Translation:
    if not found.nullable and len(column) == 1:
        return Translation(column, (), keeps_null=keeps_null)  # Each record has an Id.
    condition = Comparison("eq" if keeps_null else "ne", Path(column), _NULL)
    return Translation(column, (condition,), keeps_null=keeps_null, checks_null=not keeps_null)


def _membership(
    column: tuple[str, ...], found: Property, values: Iterable[Any], *, is_negated: bool
) -> tuple[Node, ...]:
    """Return the conditions for `IN (…)`: one of the values, or a span that holds them all."""
    wanted: list[Any] = [one for one in dict.fromkeys(values) if one is not None or is_negated]
    parts = [_comparison(column, found, "ne" if is_negated else "eq", one) for one in wanted]
    known = [one for one in parts if one is not None]
    if not known or len(known) < len(parts):
        return ()
    if is_negated:
        return (conjunction(*known),)
    least = _comparison(column, found, "ge", min(wanted))
    greatest = _comparison(column, found, "le", max(wanted))
    between = () if least is None or greatest is None else (conjunction(least, greatest),)
    return (disjunction(*known), *between)


def _comparison(  # noqa: PLR0911 - one case for each kind of type
    column: tuple[str, ...], found: Property, operator: ComparisonOperator, value: Any
) -> Node | None:
    """Return the condition for a comparison with a constant; None if no condition is certain."""
    kind, path = found.type, Path(column)
    if kind is None or value is None or (kind is Edm.DATETIME and not isinstance(value, datetime)):
        return None
    try:
        constant: Any = check_value(kind, value, found.name)
        if not _is_handed_over_exactly(kind, constant):
            return None
        if kind in _EXACT or (kind is Edm.BOOLEAN and operator in {"eq", "ne"}):
            return Comparison(operator, path, Literal(constant))
        if kind is Edm.STRING and operator == "eq":
            return Comparison("eq", path, Literal(constant))
        if kind is Edm.DATETIME:
            return _interval(operator, path, constant, Comparison("lt", path, Literal(constant + _SHOWN)))
        if kind is Edm.DOUBLE:
            width = abs(float(constant)) * _ROUNDED
            least, greatest = constant - width, constant + width
            if math.isinf(least) or math.isinf(greatest):
                return None
            return _interval(operator, path, least, Comparison("le", path, Literal(greatest)))
    except (OverflowError, TypeError, ValueError):
        return None  # A value of another type, or one that the API has no constant for.
    return None


def _is_handed_over_exactly(kind: Edm, constant: Any) -> bool:
    """Say whether Spark and the server compare with the same constant."""
    if kind is Edm.DECIMAL:
        return bool(abs(constant) < _LEAST_INEXACT)
    return kind is not Edm.DATETIME or bool(constant >= _FIRST_TIME)


def _interval(
    operator: ComparisonOperator, path: Path, least: float | datetime, at_most: Comparison
) -> Node | None:
    at_least = Comparison("ge", path, Literal(least))
    match operator:
        case "eq":
            return conjunction(at_least, at_most)
        case "gt" | "ge":
            return at_least
        case "lt" | "le":
            return at_most
        case _:
            return None
