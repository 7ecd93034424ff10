"""Apply operators and functions to typed nodes: convert, give the result a type, or refuse."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, cast

from signtraker.query.errors import ODataError
from signtraker.query.functions import Kind
from signtraker.query.literals import midnight
from signtraker.query.nodes import (
    Arithmetic,
    Call,
    Comparison,
    Literal,
    Negative,
    Not,
    conjunction,
    disjunction,
)
from signtraker.query.parsing.bound import UNTYPED, Bound
from signtraker.query.parsing.numbers import double_to_decimal, single_to_decimal
from signtraker.query.parsing.promotion import Operand, function_signature, operator_types
from signtraker.query.parsing.signatures import SUMS
from signtraker.query.schema import Edm
from signtraker.query.single import Single, single_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from signtraker.query.nodes import ArithmeticOperator, ComparisonOperator, Node, Scalar
    from signtraker.query.parsing.generations import Generation

OPERATORS: Final = {
    "eq": "Equal", "ne": "NotEqual", "gt": "GreaterThan", "ge": "GreaterThanOrEqual",
    "lt": "LessThan", "le": "LessThanOrEqual", "and": "And", "or": "Or", "has": "Has",
    "add": "Add", "sub": "Subtract", "mul": "Multiply", "div": "Divide", "mod": "Modulo",
    "not": "Not", "-": "Negate",
}  # fmt: skip
"""What the server's errors call the operators."""
_TYPE_NAMES: Final = {one.value.lower(): one for one in Edm}
_COMPARISONS: Final = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
_EQUALITY: Final = frozenset({"eq", "ne"})
_NUMBERS: Final = frozenset({Edm.INT32, Edm.INT64, Edm.SINGLE, Edm.DOUBLE, Edm.DECIMAL})


@dataclass(frozen=True, slots=True)
class Operations:
    """The operators and functions of a generation."""

    generation: Generation

    def binary(self, operator: str, left: Bound, right: Bound) -> Bound:
        """Compare or calculate; raises ODataError for types that the operator does not take."""
        left, right, kind, count = self._checked(operator, left, right)
        if operator in _COMPARISONS:
            comparison = Comparison(cast("ComparisonOperator", operator), left.node, right.node)
            return Bound(comparison, kind, count)
        return Bound(Arithmetic(cast("ArithmeticOperator", operator), left.node, right.node), kind, count)

    def chain(self, operator: str, terms: Iterable[Bound]) -> Bound:
        """Join terms by `and` or `or`, from left to right, each taken when its turn comes."""
        nodes: list[Node] = []
        whole: Bound | None = None
        for term in terms:
            nodes.append(term.node)
            if whole is None:
                whole = term
            else:
                _, _, kind, count = self._checked(operator, whole, term)
                whole = Bound(term.node, kind, count)
        if whole is None:
            raise ValueError("a chain has terms")
        join = conjunction if operator == "and" else disjunction
        return replace(whole, node=join(*nodes))

    def _checked(self, operator: str, left: Bound, right: Bound) -> tuple[Bound, Bound, Kind, int]:
        """Return two operands converted, and the type and the count of the result."""
        for one in (left, right):
            if one.collection:
                raise ODataError(
                    f"The operand for a binary operator '{OPERATORS[operator]}' is not a single value. Binary"
                    " operators require both operands to be single values."
                )
        left, right = self._promoted(operator, left, right)
        # What is promoted is untyped on both sides or on neither.
        kind = UNTYPED if left.is_untyped else _result(operator, left.kind, right.kind)
        return left, right, kind, 1 + left.count + right.count

    def unary(self, operator: str, operand: Bound) -> Bound:
        """Apply `not` or `-`; raises ODataError for a type that it does not take."""
        if operand.collection:
            raise ODataError(
                f"The operand for a unary operator '{OPERATORS[operator]}' is not a single value."
                " Unary operators require the operand to be a single value."
            )
        if not operand.is_untyped:
            types = operator_types(operator, (_operand(operand),), self.generation)
            if operand.nested or types is None:
                raise ODataError(
                    "A unary operator with an incompatible type was detected. Found operand type"
                    f" '{operand.type_name}' for operator kind '{OPERATORS[operator]}'."
                )
        node = Not(operand.node) if operator == "not" else Negative(operand.node)
        return Bound(node, operand.kind, 1 + operand.count)

    def call(self, written: str, name: str, arguments: Sequence[Bound]) -> Bound:
        """Call a function of the generation by its name; `written` is how the text spells it."""
        if any(one.collection or one.named for one in arguments):
            raise ODataError(
                f"The argument for an invocation of a function with name '{written}' is not a single value."
                " All arguments for this function must be single values."
            )
        signatures = self.generation.functions[name]
        if arguments and all(one.is_untyped for one in arguments):
            found = next((one for one in signatures if len(one.arguments) == len(arguments)), None)
            if found is None:
                raise ODataError(
                    f"Cannot find a suitable overload for function '{written}' that takes"
                    f" '{len(arguments)}' arguments."
                )
            found = replace(found, result=UNTYPED)
        else:
            nested = any(one.nested for one in arguments)
            operands = tuple(map(_operand, arguments))
            found = None if nested else function_signature(name, operands, self.generation)
        if found is None:
            described = "; ".join(one.describe(written) for one in signatures)
            raise ODataError(
                f"No function signature for the function with name '{written}' matches the specified"
                f" arguments. The function signatures considered are: {described}."
            )
        converted = [self._converted(one, kind) for one, kind in zip(arguments, found.arguments, strict=True)]
        nodes = [one.node for one in converted]
        call = Call("contains", (nodes[1], nodes[0])) if name == "substringof" else Call(name, tuple(nodes))
        return Bound(call, found.result, 1 + sum(one.count for one in converted))

    def typed(self, name: str, arguments: Sequence[Bound]) -> Bound:
        """Call `cast` or `isof` with a value and the name of a type; raises ODataError for others."""
        value, last = arguments
        wanted = (
            self.type_named(last.node.value) if isinstance(last.node, Literal) and last.constant else None
        )
        if wanted is None:
            raise ODataError("Cast or IsOf Function must have a type in its arguments.")
        if value.collection:
            raise ODataError("Cast and IsOf functions do not support collection arguments or types.")
        result = Kind(wanted, nullable=False) if name == "cast" else Kind(Edm.BOOLEAN)
        return Bound(Call(name, (value.node, Literal(wanted.value))), result, 1 + value.count + last.count)

    def type_named(self, name: object) -> Edm | None:
        """Return the primitive type of a name, or None."""
        if not isinstance(name, str):
            return None
        found = _TYPE_NAMES.get(name.lower())
        return found if found and (self.generation.folds or found.value == name) else None

    def _promoted(self, operator: str, left: Bound, right: Bound) -> tuple[Bound, Bound]:
        if left.is_untyped and right.is_untyped:
            return left, right
        if left.nested or right.nested:
            if operator not in _EQUALITY or not _same_nested(left, right):
                raise _incompatible(operator, left, right)
            return _null_as_nested(left), _null_as_nested(right)
        if operator == "has":
            raise ODataError(
                "An internal error 'TypePromotionUtils_GetFunctionSignatures_Binary_UnreachableCodepath'"
                " occurred."
            )
        types = operator_types(operator, (_operand(left), _operand(right)), self.generation)
        if types is None:
            raise _incompatible(operator, left, right)
        return self._converted(left, types[0]), self._converted(right, types[1])

    def _converted(self, one: Bound, target: Kind) -> Bound:
        """Convert to a type if need be: a constant number becomes another constant, all else costs a node."""
        if one.kind == target and not one.is_untyped:
            return one
        node = one.node
        if isinstance(node, Literal) and target.type is not None and one.kind.type is not target.type:
            node = Literal(_retyped(node.value, target.type))
        is_number = self.generation.retypes_numbers and one.kind.type in _NUMBERS
        if one.constant and (is_number or (one.is_day and target.type is Edm.DATE)):
            return replace(one, node=node, kind=Kind(target.type, nullable=False))
        return Bound(node, target, one.count + 1)


def _operand(bound: Bound) -> Operand:
    if bound.is_untyped:
        return Operand(None, constant=False, is_day=False)
    return Operand(bound.kind, bound.constant, bound.is_day)


def _result(operator: str, left: Kind, right: Kind) -> Kind:
    if operator in _COMPARISONS or operator in {"and", "or"}:
        return Kind(Edm.BOOLEAN, nullable=left.nullable)
    if left.type is None or right.type is None:
        return left
    return Kind(SUMS.get((operator, left.type, right.type), left.type), nullable=left.nullable)


def _same_nested(left: Bound, right: Bound) -> bool:
    return left.is_untyped or right.is_untyped or left.nested == right.nested


def _null_as_nested(one: Bound) -> Bound:
    kind = Kind(Edm.BOOLEAN)  # what matters is that it is nullable
    return replace(one, kind=kind, count=one.count + one.is_untyped)


def _incompatible(operator: str, left: Bound, right: Bound) -> ODataError:
    return ODataError(
        "A binary operator with incompatible types was detected. Found operand types"
        f" '{left.type_name}' and '{right.type_name}' for operator kind '{OPERATORS[operator]}'."
    )


def _retyped(value: Scalar, target: Edm) -> Scalar:
    """Return a constant's value in another type; a whole number is exact in each and stays what it is."""
    match value:
        case Single() if target is Edm.DOUBLE:
            return float(single_text(value))
        case Single() if target is Edm.DECIMAL:
            return single_to_decimal(value)
        case float() if target is Edm.DECIMAL:
            return double_to_decimal(value)
        case datetime() if target is Edm.DATE:
            return value.date()
        case date() if target is Edm.DATETIME and not isinstance(value, datetime):
            return midnight(value)
        case _:
            return value
