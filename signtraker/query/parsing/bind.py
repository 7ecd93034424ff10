"""Forms as typed nodes: which property, function and type each one is, or the server's error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast

from signtraker.query.errors import ODataError, quoted
from signtraker.query.functions import SIGNATURES, V4_ONLY, Signature
from signtraker.query.generated.entities import ENTITIES
from signtraker.query.infer import NUMBERS, common_type
from signtraker.query.literals import midnight
from signtraker.query.nodes import (
    Arithmetic,
    Call,
    Comparison,
    In,
    Lambda,
    Literal,
    Negative,
    Not,
    Path,
    conjunction,
    disjunction,
)
from signtraker.query.parsing.constants import UnreadableError, constant_value
from signtraker.query.parsing.syntax import Apply, Binary, Chain, Constant, ListForm, Name, Quantified, Unary
from signtraker.query.schema import Edm

if TYPE_CHECKING:
    from datetime import date

    from signtraker.query.nodes import ArithmeticOperator, ComparisonOperator, Node
    from signtraker.query.parsing.syntax import SyntaxNode
    from signtraker.query.schema import Entity, Property, ServerVersion

OPERATORS: Final = {
    "eq": "Equal", "ne": "NotEqual", "gt": "GreaterThan", "ge": "GreaterThanOrEqual",
    "lt": "LessThan", "le": "LessThanOrEqual", "and": "And", "or": "Or", "in": "In",
    "add": "Add", "sub": "Subtract", "mul": "Multiply", "div": "Divide", "mod": "Modulo",
    "not": "Not", "-": "Negate",
}  # fmt: skip
"""What the server's errors call the operators."""
_COMPARISONS: Final = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
_EQUALITY: Final = frozenset({"eq", "ne"})


@dataclass(frozen=True, slots=True)
class Bound:
    """A node and its type: a primitive, or `nested` (an entity's name), or neither for null.

    `exact` is the decimal reading of a number that v4 takes for a double or a decimal, whichever is needed.
    """

    node: Node
    type: Edm | None
    nested: str | None = None
    collection: bool = False
    exact: Decimal | None = None

    @property
    def type_name(self) -> str:
        """The name of the type in the server's errors."""
        if self.nested:
            return ENTITIES[self.nested].clr_name
        return str(self.type or "<null>")

    @property
    def is_null(self) -> bool:
        """True for the constant null."""
        return self.type is None and self.nested is None


@dataclass(frozen=True, slots=True)
class Binder:
    """The scope of names: an entity, a server's generation, and the row variable."""

    entity: Entity
    version: ServerVersion
    text: str
    variable: str | None = None

    def filter(self, form: SyntaxNode) -> Node:
        """Bind a whole filter, which must be true or false."""
        bound = self.bind(form)
        if bound.type is not Edm.BOOLEAN:
            raise ODataError("The $filter expression must evaluate to a single boolean value.")
        return bound.node

    def ordering(self, form: SyntaxNode) -> Node:
        """Bind one clause of an ordering, which must be a primitive value."""
        bound = self.bind(form)
        if bound.type is None or bound.collection:
            raise ODataError("The $orderby expression must evaluate to a single value of primitive type.")
        return bound.node

    def bind(self, form: SyntaxNode) -> Bound:  # noqa: PLR0911 - one case for each kind of form
        """Bind any form."""
        match form:
            case Constant():
                return self._constant(form)
            case Name():
                return self._name(form)
            case Apply():
                return self._apply(form)
            case Quantified():
                return self._quantified(form)
            case Unary(operator, operand):
                return self._unary(operator, operand)
            case Chain(operator, terms):
                return self._chain(operator, terms)
            case Binary(operator, left, ListForm() as right):
                return self._membership(self._value(operator, left), right)
            case Binary(operator, left, right):
                return _binary(operator, self._value(operator, left), self._value(operator, right))
            case ListForm():
                raise TypeError("constants stand only behind `in`")

    def _constant(self, form: Constant) -> Bound:
        token = form.token
        try:
            value, kind, exact = constant_value(token, self.version)
        except UnreadableError as error:
            raise ODataError(
                f"Unrecognized '{error.kind}' literal '{quoted(token.text)}' at '{token.position}'"
                f" in '{quoted(self.text)}'.",
                token.position,
            ) from None
        return Bound(Literal(value), kind, exact=exact)

    def _name(self, form: Name) -> Bound:
        first, *rest = form.segments
        if first == self.variable:
            if rest:
                raise _unknown_property(rest[0], Edm.STRING)
            return Bound(Path((first,), variable=True), Edm.STRING)
        place: Entity | None = self.entity
        found: list[Property] = []
        for segment in form.segments:
            if place is None:
                raise _unknown_property(segment, str(found[-1].type))
            found.append(self._property(place, segment))
            place = ENTITIES[found[-1].entity] if found[-1].entity else None
        last = found[-1]
        path = Path(tuple(one.name for one in found))
        return Bound(path, last.type, nested=last.entity, collection=last.collection)

    def _property(self, place: Entity, segment: str) -> Property:
        known = place.properties
        if segment in known:
            return known[segment]
        if self.version == "v4-7":
            for name, one in known.items():
                if name.lower() == segment.lower():
                    return one
        raise _unknown_property(segment, place.clr_name)

    def _apply(self, form: Apply) -> Bound:
        name = self._function(form.name)
        arguments = [self.bind(one) for one in form.arguments]
        if form.name == "substringof":
            arguments.reverse()
        for signature in SIGNATURES[name]:
            if _matches(signature, arguments):
                return Bound(Call(name, tuple(one.node for one in arguments)), signature.result.type)
        raise ODataError(
            f"No function signature for the function with name '{form.name}' matches the specified arguments."
            f" The function signatures considered are: {_signatures(form.name, name)}."
        )

    def _function(self, written: str) -> str:
        name = written.lower() if self.version == "v4-7" else written
        if self.version == "v3":
            known = name in SIGNATURES and name != "contains" and name not in V4_ONLY
            if known or name == "substringof":
                return name.replace("substringof", "contains")
            tail = "This may also be a key lookup on a navigation property, which is not allowed."
        else:
            if name in SIGNATURES:
                return name
            tail = (
                "This may also be a function import or a key lookup on a navigation property,"
                " which is not allowed."
            )
        raise ODataError(f"An unknown function with name '{written}' was found. {tail}")

    def _quantified(self, form: Quantified) -> Bound:
        collection = self.bind(form.collection)
        if not isinstance(collection.node, Path) or not collection.collection:
            raise ODataError("Any/All may only be used following a collection.")
        if self.variable is not None:
            raise ODataError(
                "The Any/All nesting limit of '1' has been exceeded. 'MaxAnyAllExpressionDepth' can be"
                " configured on ODataQuerySettings or EnableQueryAttribute."
            )
        body: Node | None = None
        if form.body is not None:
            bound = replace(self, variable=form.variable).bind(form.body)
            if bound.type is not Edm.BOOLEAN:
                raise ODataError("The Any/All query expression must evaluate to a single boolean value.")
            body = bound.node
        elif form.quantifier == "all":
            body = Literal(value=True)
        return Bound(Lambda(form.quantifier, collection.node, form.variable, body), Edm.BOOLEAN)

    def _unary(self, operator: str, form: SyntaxNode) -> Bound:
        operand = self.bind(form)
        fits = NUMBERS if operator == "-" else (Edm.BOOLEAN,)
        if operand.collection:
            raise ODataError(
                f"The operand for a unary operator '{OPERATORS[operator]}' is not a single value."
                " Unary operators require the operand to be a single value."
            )
        if not operand.is_null and operand.type not in fits:
            raise ODataError(
                "A unary operator with an incompatible type was detected. Found operand type"
                f" '{operand.type_name}' for operator kind '{OPERATORS[operator]}'."
            )
        if operator == "not":
            return Bound(Not(operand.node), Edm.BOOLEAN)
        return _negated(operand)

    def _chain(self, operator: str, forms: tuple[SyntaxNode, ...]) -> Bound:
        terms = [self._value(operator, one) for one in forms]
        left = terms[0]
        for right in terms[1:]:
            if not all(one.is_null or one.type is Edm.BOOLEAN for one in (left, right)):
                raise _incompatible(operator, left, right)
            left = Bound(left.node, Edm.BOOLEAN)
        join = conjunction if operator == "and" else disjunction
        return Bound(join(*(one.node for one in terms)), Edm.BOOLEAN)

    def _value(self, operator: str, form: SyntaxNode) -> Bound:
        bound = self.bind(form)
        if bound.collection:
            raise ODataError(
                f"The operand for a binary operator '{OPERATORS[operator]}' is not a single value. Binary"
                " operators require both operands to be single values."
            )
        return bound

    def _membership(self, operand: Bound, many: ListForm) -> Bound:
        values: list[Literal] = []
        for form in many.values:
            left, right = _settled(operand, self._constant(form))
            if not _comparable(left, right):
                raise _incompatible("eq", left, right)
            values.append(Literal(cast("Literal", right.node).value))
        return Bound(In(operand.node, tuple(values)), Edm.BOOLEAN)


def _binary(operator: str, left: Bound, right: Bound) -> Bound:
    left, right = _settled(left, right)
    if operator in _COMPARISONS:
        if not (_comparable(left, right) or (operator in _EQUALITY and _nested_with_null(left, right))):
            raise _incompatible(operator, left, right)
        comparison = cast("ComparisonOperator", operator)
        return Bound(Comparison(comparison, left.node, right.node), Edm.BOOLEAN)
    kinds = [one.type for one in (left, right) if not one.is_null]
    if any(kind not in NUMBERS for kind in kinds) or not _comparable(left, right):
        raise _incompatible(operator, left, right)
    arithmetic = cast("ArithmeticOperator", operator)
    common = common_type(kinds[0], kinds[-1]) if kinds and kinds[0] and kinds[-1] else None
    return Bound(Arithmetic(arithmetic, left.node, right.node), common or Edm.INT32)


def _settled(left: Bound, right: Bound) -> tuple[Bound, Bound]:
    """Let v4's open constants take the other side's type: a number a decimal's, a day a moment's."""
    return _suited(left, right), _suited(right, left)


def _suited(one: Bound, other: Bound) -> Bound:
    if one.exact is not None and other.type is Edm.DECIMAL:
        return Bound(Literal(one.exact), Edm.DECIMAL)
    if one.type is Edm.DATE and other.type is Edm.DATETIME and isinstance(one.node, Literal):
        return Bound(Literal(midnight(cast("date", one.node.value))), Edm.DATETIME)
    return one


def _nested_with_null(left: Bound, right: Bound) -> bool:
    """Return True for a nested object beside null, which every generation compares (ran)."""
    return bool(left.nested and right.is_null) or bool(right.nested and left.is_null)


def _comparable(left: Bound, right: Bound) -> bool:
    if left.nested or right.nested:
        return False
    return left.type is None or right.type is None or common_type(left.type, right.type) is not None


def _negated(operand: Bound) -> Bound:
    value = operand.node.value if isinstance(operand.node, Literal) else None
    if value is None or isinstance(value, str | bool) or not hasattr(value, "__neg__"):
        return Bound(Negative(operand.node), operand.type)
    exact = None if operand.exact is None else operand.exact.copy_negate()
    # Python rounds what it negates; a copy with the other sign is exact.
    negated = value.copy_negate() if isinstance(value, Decimal) else -cast("int", value)
    return Bound(Literal(negated), operand.type, exact=exact)


def _matches(signature: Signature, arguments: list[Bound]) -> bool:
    if len(signature.arguments) != len(arguments):
        return False
    return all(
        not one.collection
        and (one.is_null or (one.type is not None and common_type(one.type, wanted) is wanted))
        for one, wanted in zip(arguments, signature.arguments, strict=True)
    )


def _signatures(written: str, name: str) -> str:
    reverse = written == "substringof"
    lists = [one.arguments[::-1] if reverse else one.arguments for one in SIGNATURES[name]]
    return "; ".join(f"{written}({', '.join(f'{kind} Nullable=true' for kind in one)})" for one in lists)


def _unknown_property(name: str, place: str) -> ODataError:
    return ODataError(f"Could not find a property named '{name}' on type '{place}'.")


def _incompatible(operator: str, left: Bound, right: Bound) -> ODataError:
    return ODataError(
        "A binary operator with incompatible types was detected. Found operand types"
        f" '{left.type_name}' and '{right.type_name}' for operator kind '{OPERATORS[operator]}'."
    )
