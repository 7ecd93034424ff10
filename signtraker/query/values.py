"""Define the operands of a filter by capability: equality, order, text, numbers, moments.

`M` is the model of the list that a value belongs to, so that filters on different lists do not mix. `V` is
what it compares with, and `O` which other fields and expressions.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, NoReturn, TypeGuard, TypeVar, cast

from signtraker._common.short_repr import short_repr
from signtraker.query.filters import ADVICE, Filter, M, Ordering, check_iterable, make_filter
from signtraker.query.infer import common_type, kind_of
from signtraker.query.literals import INT32, check_value, is_constant, start_of_day, utc
from signtraker.query.nodes import (
    MAX_HEIGHT,
    And,
    Arithmetic,
    Call,
    Comparison,
    In,
    Literal,
    Negative,
    Node,
    Not,
    Or,
    Order,
    Path,
    conjunction,
    disjunction,
    height,
)
from signtraker.query.parsing.spans import span
from signtraker.query.rendering import render
from signtraker.query.reprs import value_code
from signtraker.query.schema import Edm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signtraker.query.nodes import ArithmeticOperator, ComparisonOperator

MOST_VALUES: Final = 100_000
"""The longest list that `in_` takes: an endless one is a mistake, and must not fill the memory."""
V = TypeVar("V")
O = TypeVar("O")  # noqa: E741 - the letter is explained above
R = TypeVar("R")
S = TypeVar("S", bound=str)


class Operand(Generic[M]):
    """A field of a list, or an expression over its fields. `str()` is the OData text."""

    __slots__ = ("_entity", "_node")
    _kind: ClassVar[Edm]

    def __init__(self, entity: str, node: Node) -> None:
        if not isinstance(node, Path) and height(node) > MAX_HEIGHT:
            raise ValueError("this expression nests deeper than any server reads: write it flatter")
        self._entity = entity
        self._node = node

    @property
    def entity(self) -> str:
        """The name of the list's model, such as `"Order"`."""
        return self._entity

    def asc(self) -> Ordering[M]:
        """Order by this, the smallest first."""
        return Ordering(Order(self._node), self._entity)

    def desc(self) -> Ordering[M]:
        """Order by this, the greatest first."""
        return Ordering(Order(self._node, descending=True), self._entity)

    def __bool__(self) -> NoReturn:
        raise TypeError(ADVICE)

    def __str__(self) -> str:
        return render(self._node, self._entity)

    def __repr__(self) -> str:
        return value_code(self._node, self._entity)

    def __hash__(self) -> int:
        return hash((self._entity, self._node))

    if not TYPE_CHECKING:  # Type checkers reject these; defined for the error message.

        def _refuse(self, *_: object) -> NoReturn:
            raise TypeError(
                f"& | ~ join filters, and {self!r} is a field: put each comparison in parentheses, as in"
                " (Q.id == 1) & (Q.status == 'Draft')"
            )

        __and__ = __rand__ = __or__ = __ror__ = __invert__ = _refuse

    def _argument(self, value: object) -> Node:
        """Return another operand's tree, or a constant of this one's type; TypeError for anything else."""
        if is_constant(value, self._kind):
            return Literal(value)
        if not _is_operand(value):
            return Literal(check_value(self._kind, value, repr(self)))
        node, kind = value._node, value._kind  # noqa: SLF001 - an operand may look into another
        if value.entity != self._entity:
            raise TypeError(f"{self!r} and {value!r} are fields of different lists and do not compare")
        if common_type(self._kind, kind) is None:
            raise TypeError(f"{self!r} is {self._kind} and {value!r} is {kind}: they do not compare")
        return node

    def _compare(self, operator: ComparisonOperator, value: object) -> Filter[M]:
        return make_filter(self._comparison(operator, value), self._entity)

    def _comparison(self, operator: ComparisonOperator, value: object) -> Node:
        """Return the tree of a comparison with a value or another operand."""
        return Comparison(operator, self._node, self._argument(value))


def _is_day(value: object) -> TypeGuard[date]:
    """Return whether this is a date without a time; a datetime is a date to Python."""
    return isinstance(value, date) and not isinstance(value, datetime)


def _is_operand(value: object) -> TypeGuard[Operand[Any]]:
    return isinstance(value, Operand)


class Comparable(Operand[M], Generic[M, V, O]):
    """An operand that is equal to a value or not."""

    __slots__ = ()

    def __eq__(self, other: V | O) -> Filter[M]:  # type: ignore[override]  # builds a filter
        return self._compare("eq", other)

    def __ne__(self, other: V | O) -> Filter[M]:  # type: ignore[override]  # as above
        return self._compare("ne", other)

    def __hash__(self) -> int:
        return super().__hash__()

    def eq(self, value: V | O) -> Filter[M]:
        """Equal to a value or to another field; `==` that every type checker checks.

        None raises TypeError, so that a variable that is None by mistake does not change the filter's
        meaning: `is_null()` finds what has no value.
        """
        return self._compare("eq", value)

    def ne(self, value: V | O) -> Filter[M]:
        """Not equal to a value or to another field. Rows without a value are most likely left out."""
        return self._compare("ne", value)

    def in_(self, values: Iterable[V], *, operator: bool = False) -> Filter[M]:
        """Equal to one of the values. An empty list keeps no row (`false`).

        Written as `a eq 1 or a eq 2`, which every server takes; `operator=True` writes `a in (1,2)`, which is
        shorter, and which only OData 7.x servers know; there it takes no moments, no days and no empty text.
        """
        listed = self._listed(values, "in_")
        joined = self._joined("eq", listed, Or)
        return Filter(self._with_in(listed), self._entity) if operator and listed else joined

    def _with_in(self, values: list[V]) -> In:
        if self._kind in {Edm.DATETIME, Edm.DATE}:
            raise ValueError(
                f"{self!r}.in_: operator=True takes no moments and no days, which servers can't read in a"
                " list; leave it out"
            )
        if kind_of(self._node, self._entity).type is Edm.INT32 and any(one not in INT32 for one in values):
            raise ValueError(
                f"{self!r}.in_: operator=True takes numbers of 32 bits here, as servers do; leave it out"
            )
        if "" in values:
            raise ValueError(
                f"{self!r}.in_: operator=True takes no empty text, on which servers fail; leave it out"
            )
        literals = dict.fromkeys(Literal(check_value(self._kind, one, repr(self))) for one in values)
        return In(self._node, tuple(literals))

    def not_in(self, values: Iterable[V]) -> Filter[M]:
        """Equal to none of the values. Rows without a value are most likely left out, as with `ne`.

        An empty list keeps every row (`true`).
        """
        return self._joined("ne", self._listed(values, "not_in"), And)

    def _joined(self, operator: ComparisonOperator, values: list[V], join: type[And | Or]) -> Filter[M]:
        terms = tuple(dict.fromkeys(self._comparison(operator, one) for one in values))
        if not terms:
            return Filter(Literal(join is And), self._entity)
        joined = disjunction(*terms) if join is Or else conjunction(*terms)
        return Filter(joined, self._entity)

    def _listed(self, values: Iterable[V], method: str) -> list[V]:
        if isinstance(values, str | bytes):
            raise TypeError(f"{self!r}.{method}: write a list of values, not the text {short_repr(values)}")
        check_iterable(values, f"{self!r}.{method}: write a list of values")
        listed = list(islice(values, MOST_VALUES + 1))
        if len(listed) > MOST_VALUES:
            raise ValueError(
                f"{self!r}.{method} takes at most {MOST_VALUES:,} values: give a finite list, and ask in"
                " several calls if it is longer"
            )
        for one in listed:
            if _is_operand(one):
                raise TypeError(f"{self!r}.{method} takes values, not the field {one!r}: compare it with ==")
        return listed


class Ordered(Comparable[M, V, O], Generic[M, V, O]):
    """An operand that is smaller or greater than a value."""

    __slots__ = ()

    def __lt__(self, other: V | O) -> Filter[M]:
        return self._compare("lt", other)

    def __le__(self, other: V | O) -> Filter[M]:
        return self._compare("le", other)

    def __gt__(self, other: V | O) -> Filter[M]:
        return self._compare("gt", other)

    def __ge__(self, other: V | O) -> Filter[M]:
        return self._compare("ge", other)

    def lt(self, value: V | O) -> Filter[M]:
        """Less than a value or another field; before, for moments."""
        return self._compare("lt", value)

    def le(self, value: V | O) -> Filter[M]:
        """Less than or equal."""
        return self._compare("le", value)

    def gt(self, value: V | O) -> Filter[M]:
        """Greater than a value or another field; after, for moments."""
        return self._compare("gt", value)

    def ge(self, value: V | O) -> Filter[M]:
        """Greater than or equal."""
        return self._compare("ge", value)

    def between(self, low: V | O, high: V | O) -> Filter[M]:
        """At least `low` and at most `high`, both included."""
        return self._compare("ge", low) & self._compare("le", high)


class BooleanValue(Comparable[M, bool, "BooleanValue[M]"], Generic[M]):
    """An operand that is true or false."""

    __slots__ = ()
    _kind = Edm.BOOLEAN

    def is_true(self) -> Filter[M]:
        """Keep the rows in which this is true; shorter and cheaper than `== True`."""
        return Filter(self._node, self._entity)

    def is_false(self) -> Filter[M]:
        """Keep the rows in which this is false; those in which it is null are dropped."""
        return Filter(Not(self._node), self._entity)


class TextValue(Ordered[M, "S", "TextValue[M, Any]"], Generic[M, S]):
    """Text. Comparisons are case-sensitive; `lower()` on both sides makes them not."""

    __slots__ = ()
    _kind = Edm.STRING

    def contains(self, part: str | TextValue[M, Any]) -> Filter[M]:
        """Keep the rows in which the text holds a part; there are no wildcards."""
        return self._check("contains", part)

    def startswith(self, start: str | TextValue[M, Any]) -> Filter[M]:
        """Keep the rows in which the text begins so."""
        return self._check("startswith", start)

    def endswith(self, end: str | TextValue[M, Any]) -> Filter[M]:
        """Keep the rows in which the text ends so."""
        return self._check("endswith", end)

    def length(self) -> IntegerValue[M]:
        """Return the number of characters."""
        return IntegerExpression(self._entity, Call("length", (self._node,)))

    def indexof(self, part: str | TextValue[M, Any]) -> IntegerValue[M]:
        """Return where a part begins, counted from 0; -1 where the text does not hold it."""
        return IntegerExpression(self._entity, Call("indexof", (self._node, self._argument(part))))

    def lower(self) -> TextValue[M, str]:
        """Return the text in lower case."""
        return self._text("tolower")

    def upper(self) -> TextValue[M, str]:
        """Return the text in upper case."""
        return self._text("toupper")

    def trim(self) -> TextValue[M, str]:
        """Return the text without white space around it."""
        return self._text("trim")

    def substring(self, start: int, length: int | None = None) -> TextValue[M, str]:
        """Return the part from `start`, counted from 0, of at most `length` characters."""
        numbers = [start] if length is None else [start, length]
        checked = [check_value(Edm.INT32, one, f"{self!r}.substring") for one in numbers]
        if any(one < 0 for one in numbers):
            raise ValueError(f"{self!r}.substring counts from 0: write no negative number, not {numbers}")
        return self._text("substring", *map(Literal, checked))

    def concat(self, other: str | TextValue[M, Any]) -> TextValue[M, str]:
        """Return the text followed by another."""
        return self._text("concat", self._argument(other))

    def _check(self, name: str, other: object) -> Filter[M]:
        return Filter(Call(name, (self._node, self._argument(other))), self._entity)

    def _text(self, name: str, *arguments: Node) -> TextValue[M, str]:
        return TextExpression(self._entity, Call(name, (self._node, *arguments)))


class Number(Ordered[M, V, O], Generic[M, V, O, R]):
    """An operand that can be added and multiplied. `R` is the type of the result."""

    __slots__ = ()

    def __add__(self, other: V | O) -> R:
        return self._calculate("add", other)

    def __sub__(self, other: V | O) -> R:
        return self._calculate("sub", other)

    def __mul__(self, other: V | O) -> R:
        return self._calculate("mul", other)

    def __mod__(self, other: V | O) -> R:
        """Return the remainder of a division; it has the sign of the dividend."""
        return self._calculate("mod", other)

    def __radd__(self, other: V) -> R:
        return self._calculate("add", other, reverse=True)

    def __rsub__(self, other: V) -> R:
        return self._calculate("sub", other, reverse=True)

    def __rmul__(self, other: V) -> R:
        return self._calculate("mul", other, reverse=True)

    def __rmod__(self, other: V) -> R:
        return self._calculate("mod", other, reverse=True)

    def __neg__(self) -> R:
        return self._made(Negative(self._node), self._kind)

    def _calculate(self, operator: ArithmeticOperator, other: object, *, reverse: bool = False) -> R:
        operands = self._node, self._argument(other)
        left, right = reversed(operands) if reverse else operands
        node = Arithmetic(operator, left, right)
        return self._made(node, kind_of(node, self._entity).type or self._kind)

    def _made(self, node: Node, kind: Edm) -> R:
        return cast("R", _NUMBERS[kind](self._entity, node))


class IntegerValue(Number[M, int, "IntegerValue[M]", "IntegerValue[M]"], Generic[M]):
    """A whole number."""

    __slots__ = ()
    _kind = Edm.INT32

    def __floordiv__(self, other: int | IntegerValue[M]) -> IntegerValue[M]:
        """Divide; the server cuts the fraction off, towards zero."""
        return self._calculate("div", other)

    def __rfloordiv__(self, other: int) -> IntegerValue[M]:
        return self._calculate("div", other, reverse=True)

    if not TYPE_CHECKING:  # Type checkers reject these; defined for the error message.

        def __truediv__(self, other: object) -> object:
            if isinstance(other, FractionalValue):
                return NotImplemented
            raise TypeError(
                f"{self!r} is a whole number, and a server divides those without a fraction: write //, as in"
                f" {self!r} // 2"
            )

        __rtruediv__ = __truediv__


class FractionalValue(Number[M, V, O, R], Generic[M, V, O, R]):
    """A number with a fraction: what can be divided and rounded."""

    __slots__ = ()

    def __truediv__(self, other: V | O) -> R:
        return self._calculate("div", other)

    def __rtruediv__(self, other: V) -> R:
        return self._calculate("div", other, reverse=True)

    def round(self) -> R:
        """Return the nearest whole number, halves away from zero."""
        return self._made(Call("round", (self._node,)), self._kind)

    def floor(self) -> R:
        """Return the largest whole number that is not above."""
        return self._made(Call("floor", (self._node,)), self._kind)

    def ceiling(self) -> R:
        """Return the smallest whole number that is not below."""
        return self._made(Call("ceiling", (self._node,)), self._kind)


class DoubleValue(
    FractionalValue[M, float, "DoubleValue[M] | IntegerValue[M]", "DoubleValue[M]"], Generic[M]
):
    """A binary floating-point number, such as a latitude."""

    __slots__ = ()
    _kind = Edm.DOUBLE


class DecimalValue(
    FractionalValue[M, Decimal | int, "DecimalValue[M] | IntegerValue[M]", "DecimalValue[M]"], Generic[M]
):
    """An exact decimal: money. A float is refused."""

    __slots__ = ()
    _kind = Edm.DECIMAL


class DateValue(Ordered[M, date, "DateValue[M]"], Generic[M]):
    """A day without a time, as `.date()` gives."""

    __slots__ = ()
    _kind = Edm.DATE


class DateTimeValue(Ordered[M, date, "DateTimeValue[M]"], Generic[M]):
    """A moment. It compares with aware datetimes.

    Compared with a `date` it means the whole day, in UTC: `== day` is from its start to the next day's,
    `<= day` includes it, `> day` begins after it. `on` and `between` take a time zone.
    """

    __slots__ = ()
    _kind = Edm.DATETIME

    def on(self, day: date, tz: tzinfo = UTC) -> Filter[M]:
        """Keep the rows of one day, from its start to the next day's, in a time zone.

        The time zone is that of the place, such as `ZoneInfo("America/Denver")`; without it, UTC.
        """
        if not _is_day(day):
            raise TypeError(f"{self!r}.on takes a date, not {short_repr(day)}")
        return Filter(self._on_day("eq", day, self._checked_zone(tz, "on")), self._entity)

    def between(
        self, low: date | DateTimeValue[M], high: date | DateTimeValue[M], *, tz: tzinfo = UTC
    ) -> Filter[M]:
        """At least `low` and at most `high`, both included.

        A `date` means the whole day in the time zone, so `between(first, last)` includes the last day.
        """
        zone = self._checked_zone(tz, "between")
        first = self._on_day("ge", low, zone) if _is_day(low) else self._comparison("ge", low)
        last = self._on_day("le", high, zone) if _is_day(high) else self._comparison("le", high)
        return Filter(conjunction(first, last), self._entity)

    def _comparison(self, operator: ComparisonOperator, value: object) -> Node:
        if _is_day(value):
            return self._on_day(operator, value, UTC)
        return super()._comparison(operator, value)

    def _on_day(self, operator: ComparisonOperator, day: date, zone: tzinfo) -> Node:
        """Compare with a whole day."""
        start = Literal(utc(start_of_day(day, zone), repr(self)))
        if day == date.max:  # The calendar has no next day.
            end, before, after = Literal(datetime.max.replace(tzinfo=UTC)), "le", "gt"
        else:
            end = Literal(utc(start_of_day(day + timedelta(days=1), zone), repr(self)))
            before, after = "lt", "ge"
        until = Comparison(cast("ComparisonOperator", before), self._node, end)
        beyond = Comparison(cast("ComparisonOperator", after), self._node, end)
        match operator:
            case "eq":
                return And((Comparison("ge", self._node, start), until))
            case "ne":
                return Or((Comparison("lt", self._node, start), beyond))
            case "le":
                return until
            case "gt":
                return beyond
            case _:
                return Comparison(operator, self._node, start)

    def _checked_zone(self, zone: object, method: str) -> tzinfo:
        if not isinstance(zone, tzinfo):
            raise TypeError(
                f'{self!r}.{method}: tz must be a time zone such as ZoneInfo("America/Denver"), not'
                f" {short_repr(zone)}"
            )
        return zone

    def within(
        self,
        *,
        years: int = 0,
        months: int = 0,
        weeks: int = 0,
        days: int = 0,
        hours: int = 0,
        minutes: int = 0,
        now: datetime,
        ahead: bool = False,
    ) -> Filter[M]:
        """Keep the rows of the span that ends at `now`, or with `ahead=True` of the one that begins there.

        The span is counted on the calendar of `now`'s time zone: a month before 31 March is the last day of
        February. Both ends are included.
        """
        parts = {
            "years": years, "months": months, "weeks": weeks,
            "days": days, "hours": hours, "minutes": minutes,
        }  # fmt: skip
        return self.between(*span(now, parts, ahead=ahead, name=repr(self)))

    def year(self) -> IntegerValue[M]:
        """Return the year."""
        return self._part("year")

    def month(self) -> IntegerValue[M]:
        """Return the month, from 1 to 12."""
        return self._part("month")

    def day(self) -> IntegerValue[M]:
        """Return the day of the month."""
        return self._part("day")

    def hour(self) -> IntegerValue[M]:
        """Return the hour, from 0 to 23."""
        return self._part("hour")

    def minute(self) -> IntegerValue[M]:
        """Return the minute."""
        return self._part("minute")

    def second(self) -> IntegerValue[M]:
        """Return the whole second."""
        return self._part("second")

    def date(self) -> DateValue[M]:
        """Return the day. OData v3 has no such function."""
        return DateValue(self._entity, Call("date", (self._node,)))

    def _part(self, name: str) -> IntegerValue[M]:
        return IntegerExpression(self._entity, Call(name, (self._node,)))


# Results of functions and sums. Fields are not subclasses of these: Python would then call the field first in
# `Q.status.lower() < Q.notes`, and turn the comparison round.


class TextExpression(TextValue[M, str], Generic[M]):
    """Text that a function returns."""

    __slots__ = ()


class IntegerExpression(IntegerValue[M], Generic[M]):
    """A whole number that a function or a sum makes."""

    __slots__ = ()


class DoubleExpression(DoubleValue[M], Generic[M]):
    """A floating-point number that a function or a sum makes."""

    __slots__ = ()


class DecimalExpression(DecimalValue[M], Generic[M]):
    """A decimal that a function or a sum makes."""

    __slots__ = ()


_NUMBERS: dict[Edm, type[Operand[Any]]] = {
    Edm.INT32: IntegerExpression,
    Edm.INT64: IntegerExpression,
    Edm.DOUBLE: DoubleExpression,
    Edm.DECIMAL: DecimalExpression,
}
