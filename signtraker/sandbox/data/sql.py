"""A filter's nodes as SQL over a view: null is unknown, letters' case counts, `%` and `_` are letters."""

from __future__ import annotations

import operator as operators
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
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
    true,
)
from sqlalchemy.types import NullType

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
from signtraker.sandbox.data.columns import Money, UtcDateTime
from signtraker.sandbox.data.sql_functions import (
    Characters,
    Day,
    EndsWith,
    IndexOf,
    Position,
    Stripped,
    Substring,
    Whole,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement
    from sqlalchemy.types import TypeEngine

    from signtraker.sandbox.data.views import View

_FRACTIONAL = frozenset({Edm.DOUBLE, Edm.DECIMAL})
_DECIMAL_PLACES = 10


@dataclass(frozen=True)
class Translator:
    """Translates for one view; `item` is the row variable's column inside a lambda."""

    view: View
    item: ColumnElement[Any] | None = None

    def predicate(self, node: Node) -> ColumnElement[bool]:
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
                return literal(value, _TYPES[type(value)])
            case Negative(operand):
                return -self.value(operand)
            case Arithmetic():
                return self._arithmetic(node)
            case Call(name, arguments) if name in _FUNCTIONS:
                return _FUNCTIONS[name](*(self.value(argument) for argument in arguments))
            case _:
                condition = self.predicate(node)
                # Not every database has conditions for values, and unknown must stay unknown.
                return case((condition, literal(1)), (not_(condition), literal(0)))

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
        compare = _COMPARISONS[operator]
        return compare(self._operand(left, right), self._operand(right, left))

    def _null_comparison(self, operator: str, node: Node) -> ColumnElement[bool]:
        if operator not in {"eq", "ne"}:
            return cast(null(), Boolean)
        if isinstance(node, Literal):
            is_null: ColumnElement[bool] = true() if node.value is None else false()
        elif isinstance(node, Path) and (names := self._nested_names(node)):
            # A nested object is null where every one of its properties is.
            columns = [self.value(Path((*node.segments, name))) for name in names]
            is_null = and_(*(column.is_(None) for column in columns))
        else:
            is_null = self.value(node).is_(None)
        return is_null if operator == "eq" else not_(is_null)

    def _nested_names(self, path: Path) -> list[str]:
        """Return the plain properties of a nested object; its Id alone where it has one."""
        found = property_at(self.view.entity, path.segments)
        if found is None or found.entity is None:
            return []
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
        result = _calculate(node.operator, left, right, whole=kind not in _FRACTIONAL)
        # Where amounts are stored as doubles, the tail of a sum is not the amount's.
        return func.round(result, _DECIMAL_PLACES) if kind is Edm.DECIMAL else result


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
}
_TYPES: dict[type, TypeEngine[Any]] = {
    type(None): NullType(),
    bool: Boolean(),
    str: Text(),
    int: BigInteger(),
    float: Float(),
    Decimal: Money(),
    datetime: UtcDateTime(),
    date: Date(),
}
