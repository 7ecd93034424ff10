"""Translate a filter to SQL over a view: three-valued logic, case-sensitive, no wildcards."""

from __future__ import annotations

import operator as operators
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Boolean,
    Float,
    Text,
    and_,
    case,
    cast,
    exists,
    extract,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    true,
)

from signtraker.query.generated.entities import ENTITIES
from signtraker.query.infer import kind_of, property_at
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
    Node,
    Not,
    Or,
    Path,
)
from signtraker.query.schema import Edm
from signtraker.sandbox.data.columns import UtcDateTime
from signtraker.sandbox.data.sql_functions import (
    Characters,
    Day,
    Elapsed,
    EndsWith,
    IndexOf,
    Position,
    Shifted,
    Stripped,
    Substring,
    TimeOfDay,
    Whole,
)
from signtraker.sandbox.data.sql_values import MICROSECONDS, clock_part, constant, converted
from signtraker.sandbox.data.tables import moments

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

    from signtraker.sandbox.data.views import View

_FRACTIONAL = frozenset({Edm.SINGLE, Edm.DOUBLE, Edm.DECIMAL})
_MOMENTS = frozenset({Edm.DATETIME, Edm.DATE})
_CLOCKS = frozenset({Edm.DURATION, Edm.TIME_OF_DAY})
_LOWEST = Literal(-(2**63))
_DECIMAL_PLACES = 10


@dataclass(frozen=True)
class Translator:
    """Translates for one view; `item` is the row variable's column inside a lambda."""

    view: View
    item: ColumnElement[Any] | None = None

    def predicate(self, node: Node) -> ColumnElement[bool]:  # noqa: PLR0911 - one case for each kind of node
        """Translate a node that is true or false into a condition."""
        match node:
            case And() | Or() | Not():
                return self._logic(node)
            case Comparison(operator, left, right):
                return self._comparison(operator, left, right)
            case Call(name, [text, part]) if name in _CHECKS:
                return _CHECKS[name](self.value(text), self.value(part))
            case In(operand, values):
                return or_(*(self._comparison("eq", operand, value) for value in values))
            case Call("isof", (operand, Literal(wanted))):
                same = str(self._kind(operand)) == wanted
                return self.value(operand).is_not(None) if same else false()
            case Lambda():
                return self._lambda(node)
            case _:
                return _truth(node) if isinstance(node, Literal) else self.value(node)

    def value(self, node: Node) -> ColumnElement[Any]:
        """Translate a node into a value."""
        match node:
            case Path(segments):
                column = None if not node.variable else self.item
                return self.view.column(segments) if column is None else column
            case Literal(value):
                return constant(value)
            case Negative(operand):
                # .NET does not notice that the lowest number has no counterpart.
                return self.value(operand) if operand == _LOWEST else -self.value(operand)
            case Arithmetic():
                return self._arithmetic(node)
            case Call(name) if name not in _CONDITIONS:
                return self._call(node)
            case _:
                condition = self.predicate(node)
                # Not every database has conditions for values, and unknown must stay unknown.
                return case((condition, literal(1)), (not_(condition), literal(0)))

    def _call(self, node: Call) -> ColumnElement[Any]:
        match node.name, node.arguments:
            case "cast", (Path() as path, _) if self._nested_names(path) is not None:
                return null()
            case "cast", (operand, Literal(wanted)):
                return converted(self.value(operand), self._kind(operand), str(wanted))
            case "$count", arguments:
                return self._size(arguments)
            case ("hour" | "minute" | "second") as name, (operand,) if self._kind(operand) in _CLOCKS:
                return clock_part(name, self.value(operand))
            case "fractionalseconds", (operand,):
                at = self.value(operand)
                clock = at if self._kind(operand) in _CLOCKS else TimeOfDay(at)
                return cast(clock % MICROSECONDS, Float()) / MICROSECONDS
            case name, arguments:
                return _FUNCTIONS[name](*(self.value(argument) for argument in arguments))

    def _size(self, collections: tuple[Node, ...]) -> ColumnElement[Any]:
        """Count the items of a collection; what is no collection has no size."""
        if not collections or not isinstance(collections[0], Path):
            return null()
        collection = self.view.collections[collections[0].segments[-1]]
        mine = collection.owner == self.view.key
        return select(func.count()).select_from(collection.owner.table).where(mine).scalar_subquery()

    def _logic(self, node: And | Or | Not) -> ColumnElement[bool]:
        if isinstance(node, Not):
            return not_(self.predicate(node.operand))
        join = and_ if isinstance(node, And) else or_
        return join(*(self.predicate(term) for term in node.terms))

    def _comparison(self, operator: str, left: Node, right: Node) -> ColumnElement[bool]:
        if isinstance(left, Literal) and left.value is None:
            left, right = right, left
        if isinstance(right, Literal) and right.value is None:
            return self._null_comparison(operator, left)
        names = self._nested_names(left)
        if names is not None and isinstance(left, Path) and isinstance(right, Path):
            return self._nested_comparison(operator, left, right, names)
        compare = _COMPARISONS[operator]
        return compare(self._operand(left, right), self._operand(right, left))

    def _null_comparison(self, operator: str, node: Node) -> ColumnElement[bool]:
        if operator not in {"eq", "ne"}:
            return cast(null(), Boolean)
        if isinstance(node, Literal):
            is_null: ColumnElement[bool] = true() if node.value is None else false()
        elif isinstance(node, Path) and (names := self._nested_names(node)) is not None:
            # A nested object is null where every one of its properties is; the row itself never is.
            columns = [self.value(Path((*node.segments, name))) for name in names]
            is_null = and_(*(column.is_(None) for column in columns)) if columns else false()
        else:
            is_null = self.value(node).is_(None)
        return is_null if operator == "eq" else not_(is_null)

    def _nested_comparison(
        self, operator: str, left: Path, right: Path, names: list[str]
    ) -> ColumnElement[bool]:
        pairs = [[self.value(Path((*one.segments, name))) for one in (left, right)] for name in names]
        same = and_(true(), *(first.is_not_distinct_from(second) for first, second in pairs))
        return same if operator == "eq" else not_(same)

    def _nested_names(self, node: Node) -> list[str] | None:
        """Return the plain properties of a nested object, or its Id alone; None for anything else."""
        if not isinstance(node, Path) or node.variable:
            return None
        if not node.segments:
            return []
        found = property_at(self.view.entity, node.segments)
        if found is None or found.entity is None:
            return None
        properties = ENTITIES[found.entity].properties
        return ["Id"] if "Id" in properties else [name for name, one in properties.items() if one.type]

    def _operand(self, node: Node, other: Node) -> ColumnElement[Any]:
        """Translate one side of a comparison, a day beside a moment as that day's midnight."""
        kind, beside = self._kind(node), self._kind(other)
        if kind is Edm.DATE and beside is Edm.DATETIME and isinstance(node, Literal):
            return literal(midnight(node.value), UtcDateTime())  # type: ignore[arg-type]  # of kind DATE
        if kind is Edm.BOOLEAN and isinstance(node, Literal):
            return literal(int(bool(node.value)))
        if kind is Edm.BOOLEAN and isinstance(node, Path):
            return self._as_number(node)
        return self.value(node)

    def _as_number(self, path: Path) -> ColumnElement[Any]:
        column = self.value(path)
        return case((column.is_(None), null()), (column, literal(1)), else_=literal(0))

    def _kind(self, node: Node) -> Edm | None:
        return kind_of(node, self.view.entity).type

    def _lambda(self, node: Lambda) -> ColumnElement[bool]:
        collection = self.view.collections[node.collection.segments[-1]]
        mine = collection.owner == self.view.key
        inside = Translator(self.view, collection.value)
        if node.predicate is None:
            return exists().where(mine)
        wanted = inside.predicate(node.predicate)
        if node.quantifier == "any":
            return exists().where(mine, wanted)
        # A value for which it is unknown does not fulfil it either.
        unfulfilled = case((wanted, literal(0)), else_=literal(1)) == 1
        return not_(exists().where(mine, unfulfilled))

    def _arithmetic(self, node: Arithmetic) -> ColumnElement[Any]:
        left, right = self.value(node.left), self.value(node.right)
        kind = self._kind(node)
        if kind in _MOMENTS or kind is Edm.DURATION:
            return self._time_sum(node, left, right, kind)
        result = _calculate(node.operator, left, right, whole=kind not in _FRACTIONAL)
        # Where amounts are stored as doubles, the tail of a sum is not the amount's.
        return func.round(result, _DECIMAL_PLACES) if kind is Edm.DECIMAL else result

    def _time_sum(self, node: Arithmetic, left: Any, right: Any, kind: Edm | None) -> ColumnElement[Any]:
        """Add or subtract where moments, days or durations are among the operands."""
        kinds = self._kind(node.left), self._kind(node.right)
        if kind is Edm.DURATION:
            is_between = kinds[0] in _MOMENTS
            return Elapsed(left, right) if is_between else _SIMPLE[node.operator](left, right)
        moment, span = (left, right) if kinds[0] in _MOMENTS else (right, left)
        shifted = Shifted(moment, -span if node.operator == "sub" else span)
        return Day(shifted) if kind is Edm.DATE else shifted


def _truth(constant: Literal) -> ColumnElement[bool]:
    if constant.value is None:
        return cast(null(), Boolean)
    return true() if constant.value else false()


def _calculate(operator: str, left: Any, right: Any, *, whole: bool) -> ColumnElement[Any]:
    # A division by zero has no value; databases disagree about whether it is an error too.
    divisor: Any = func.nullif(right, 0, type_=right.type)
    result: ColumnElement[Any]
    match operator, whole:
        case "div", True:
            # Towards zero: what is divided is first freed of a remainder, which has its sign.
            result = (left - left % divisor) // divisor
        case "div", False:
            result = left / divisor
        case "mod", True:
            result = left % divisor
        case "mod", False:
            result = left - divisor * Whole(left / divisor)
        case _:
            result = _SIMPLE[operator](left, right)
    return result


def _replaced(text: Any, old: Any, new: Any) -> ColumnElement[str]:
    return func.replace(text, old, new, type_=Text())


def _seconds(span: Any) -> ColumnElement[float]:
    return cast(span, Float()) / MICROSECONDS


def _no_offset(moment: Any) -> ColumnElement[int]:
    return case((moment.is_not(None), literal(0)))  # every moment is kept in UTC


_SIMPLE = {"add": operators.add, "sub": operators.sub, "mul": operators.mul}
_COMPARISONS: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "eq": operators.eq,
    "ne": operators.ne,
    "gt": operators.gt,
    "ge": operators.ge,
    "lt": operators.lt,
    "le": operators.le,
}
_CHECKS: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "contains": lambda text, part: Position(text, part) >= 1,
    "startswith": lambda text, part: Position(text, part) == 1,
    "endswith": EndsWith,
}
_CONDITIONS = frozenset({*_CHECKS, "isof"})
_OF_ONE: dict[str, Callable[[Any], ColumnElement[Any]]] = {
    "length": Characters,
    "tolower": lambda text: func.lower(text, type_=Text()),
    "toupper": lambda text: func.upper(text, type_=Text()),
    "trim": Stripped,
    "date": Day,
    "round": lambda number: func.round(number, type_=number.type),
    "floor": lambda number: func.floor(number, type_=number.type),
    "ceiling": lambda number: func.ceil(number, type_=number.type),
    **{part: partial(extract, part) for part in ("year", "month", "day", "hour", "minute", "second")},
}
_FUNCTIONS: dict[str, Callable[..., ColumnElement[Any]]] = {
    **_OF_ONE,
    "concat": operators.add,
    "indexof": IndexOf,
    "substring": Substring,
    "replace": _replaced,
    "time": TimeOfDay,
    "totalseconds": _seconds,
    "totaloffsetminutes": _no_offset,
    "now": lambda: select(moments.c.At).where(moments.c.Name == "now").scalar_subquery(),
    "mindatetime": lambda: constant(datetime.min.replace(tzinfo=UTC)),
    "maxdatetime": lambda: constant(datetime.max.replace(tzinfo=UTC)),
}
