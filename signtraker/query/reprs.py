"""Print trees as the Python code that makes them, or as `Q.parse(…)` where only a text can."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from signtraker.query.functions import SIGNATURES
from signtraker.query.generated.entities import ENTITIES, ROOTS
from signtraker.query.infer import kind_of
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
from signtraker.query.rendering import render
from signtraker.query.schema import ANY_LIST, Edm
from signtraker.query.single import Single

if TYPE_CHECKING:
    from signtraker.query.nodes import Scalar

_COMPARE, _OR, _AND, _ADD, _MULTIPLY, _UNARY, _CALL = range(7)
_SIGNS: Final = {"eq": "==", "ne": "!=", "gt": ">", "ge": ">=", "lt": "<", "le": "<=",
                 "add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%"}  # fmt: skip
_METHODS: Final = {"tolower": "lower", "toupper": "upper"}
_TYPES: Final = {
    Edm.STRING: "str", Edm.BOOLEAN: "bool", Edm.INT32: "int", Edm.INT64: "int", Edm.DOUBLE: "float",
    Edm.DECIMAL: "Decimal", Edm.DATETIME: "datetime",
}  # fmt: skip


class _NoCodeError(Exception):
    """No operator or method makes this tree."""


def filter_code(node: Node, entity: str) -> str:
    """Return the code that makes a filter."""
    if entity == ANY_LIST:
        return _constant_code(node)
    try:
        return _Coder(entity).condition(node)[0]
    except _NoCodeError:
        return f"{_root(entity)}.parse({render(node, entity)!r})"


def _constant_code(node: Node) -> str:
    """Return the code of a filter that names no field: `any_of([])` and what is made of it."""
    match node:
        case Literal(value):
            return "all_of([])" if value else "any_of([])"
        case Not(operand):
            return f"~{_constant_code(operand)}"
        case And(terms) | Or(terms):
            sign = " & " if isinstance(node, And) else " | "
            return f"({sign.join(map(_constant_code, terms))})"
        case _:
            raise TypeError(f"a filter on every list names no field: {node}")


def value_code(node: Node, entity: str) -> str:
    """Return the code that makes a field or an expression."""
    try:
        return _Coder(entity).at(node, _CALL)
    except _NoCodeError:
        return f"<{render(node, entity)}>"


def _root(entity: str) -> str:
    return ROOTS.get(entity, entity)


class _Coder:
    def __init__(self, entity: str) -> None:
        self._entity = entity

    def condition(self, node: Node) -> tuple[str, int]:  # noqa: PLR0911 - one case for each kind of node
        """Return the code of something true or false, and how tight its outermost operator binds."""
        match node:
            case Comparison():
                return self._comparison(node)
            case And(terms):
                return self._chain(terms, "&", _AND)
            case Or(terms):
                return self._chain(terms, "|", _OR)
            case Not(Path() as path):
                return f"{self.at(path, _CALL)}.is_false()", _CALL
            case Not(operand):
                return f"~{self._condition_at(operand, _UNARY)}", _UNARY
            case Path():
                return f"{self.at(node, _CALL)}.is_true()", _CALL
            case In(operand, values):
                listed = ", ".join(_constant(one.value) for one in values)
                return f"{self._receiver(operand)}.in_([{listed}], operator=True)", _CALL
            case Lambda():
                return self._quantified(node), _CALL
            case Call():
                return self._call(node), _CALL
            case _:
                raise _NoCodeError

    def at(self, node: Node, wanted: int) -> str:
        """Return the code of a value, in parentheses where it would bind too loosely."""
        text, level = self._value(node)
        return text if level >= wanted else f"({text})"

    def _condition_at(self, node: Node, wanted: int) -> str:
        text, level = self.condition(node)
        return text if level >= wanted else f"({text})"

    def _value(self, node: Node) -> tuple[str, int]:
        match node:
            case Literal(value):
                return _constant(value), _CALL
            case Path():
                return self._path(node), _CALL
            case Call():
                return self._call(node), _CALL
            case Negative(operand) if not isinstance(operand, Literal):
                return f"-{self.at(operand, _UNARY)}", _UNARY
            case Arithmetic():
                return self._arithmetic(node)
            case _:
                raise _NoCodeError

    def _path(self, path: Path) -> str:
        if path.variable:
            return path.segments[0]
        if path.custom is not None:
            return f"{_root(self._entity)}.field({'/'.join(path.segments)!r}, {_TYPES[path.custom]})"
        place, names = ENTITIES[self._entity], [_root(self._entity)]
        for segment in path.segments:
            known = place.properties[segment]
            names.append(known.attribute)
            place = ENTITIES.get(known.entity or "", place)
        return ".".join(names)

    def _receiver(self, node: Node) -> str:
        if isinstance(node, Literal) or kind_of(node, self._entity).type is None:
            raise _NoCodeError
        return self.at(node, _CALL)

    def _call(self, node: Call) -> str:
        if node.name not in SIGNATURES:
            raise _NoCodeError
        receiver = self._receiver(node.arguments[0])
        arguments = ", ".join(self.at(one, _COMPARE) for one in node.arguments[1:])
        return f"{receiver}.{_METHODS.get(node.name, node.name)}({arguments})"

    def _arithmetic(self, node: Arithmetic) -> tuple[str, int]:
        if isinstance(node.left, Literal) and isinstance(node.right, Literal):
            raise _NoCodeError
        level = _ADD if node.operator in {"add", "sub"} else _MULTIPLY
        whole = kind_of(node, self._entity).type in {Edm.INT32, Edm.INT64}
        sign = "//" if whole and node.operator == "div" else _SIGNS[node.operator]
        return f"{self.at(node.left, level)} {sign} {self.at(node.right, level + 1)}", level

    def _comparison(self, node: Comparison) -> tuple[str, int]:
        receiver = self._receiver(node.left)
        if isinstance(node.right, Literal) and node.right.value is None:
            if node.operator not in {"eq", "ne"} or not self._asks_for_null(node.left):
                raise _NoCodeError
            return f"{receiver}.{'is_null' if node.operator == 'eq' else 'is_not_null'}()", _CALL
        left = self.at(node.left, _OR)
        return f"{left} {_SIGNS[node.operator]} {self.at(node.right, _OR)}", _COMPARE

    def _asks_for_null(self, node: Node) -> bool:
        """Say whether there is `.is_null()`: on what may be null, and on ids of what may be missing."""
        nullable = kind_of(node, self._entity).nullable
        return isinstance(node, Path) and not node.variable and (nullable or len(node.segments) > 1)

    def _chain(self, terms: tuple[Node, ...], sign: str, level: int) -> tuple[str, int]:
        listed = self._listed(terms, "eq" if sign == "|" else "ne")
        if listed:
            return listed, _CALL
        return f" {sign} ".join([self._condition_at(term, level + 1) for term in terms]), level

    def _listed(self, terms: tuple[Node, ...], operator: str) -> str | None:
        """Return `.in_([…])` or `.not_in([…])` when that is what the chain says."""
        values: list[Scalar] = []
        for term in terms:
            match term:
                case Comparison(found, left, Literal(value)) if found == operator and value is not None:
                    values.append(value)
                    if left != getattr(terms[0], "left", None):
                        return None
                case _:
                    return None
        if len(set(terms)) < len(terms):
            return None
        first = terms[0]
        receiver = self._receiver(first.left) if isinstance(first, Comparison) else ""
        method = "in_" if operator == "eq" else "not_in"
        return f"{receiver}.{method}([{', '.join(map(_constant, values))}])"

    def _quantified(self, node: Lambda) -> str:
        start = f"{self.at(node.collection, _CALL)}."
        match node.quantifier, node.predicate:
            case "any", None:
                return f"{start}any()"
            case "any", Comparison("eq", Path(variable=True), Literal(str() as value)):
                return f"{start}contains({value!r})"
            case _, None | Literal():
                raise _NoCodeError
            case quantifier, predicate:
                return f"{start}{quantifier}(lambda {node.variable}: {self.condition(predicate)[0]})"


def _constant(value: Scalar) -> str:
    if value is None or isinstance(value, Single | time | timedelta | UUID | bytes):
        raise _NoCodeError
    if isinstance(value, float) and not math.isfinite(value):
        raise _NoCodeError
    if isinstance(value, datetime):
        numbers = (
            value.year,
            value.month,
            value.day,
            value.hour,
            value.minute,
            value.second,
            value.microsecond,
        )
        kept = list(numbers)
        while len(kept) > len(("year", "month", "day")) and not kept[-1]:
            kept.pop()
        return f"datetime({', '.join(map(str, kept))}, tzinfo=UTC)"
    if isinstance(value, date):
        return f"date({value.year}, {value.month}, {value.day})"
    return repr(value)
