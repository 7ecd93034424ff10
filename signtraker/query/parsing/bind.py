"""Add types to a syntax tree: which property, function and type each part is, or the server's error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from signtraker.query.errors import ODataError
from signtraker.query.functions import Kind
from signtraker.query.generated.entities import ENTITIES
from signtraker.query.nodes import Call, Comparison, In, Lambda, Literal, Path
from signtraker.query.parsing.bound import UNTYPED, Bound
from signtraker.query.parsing.json_lists import read_list
from signtraker.query.parsing.operations import Operations
from signtraker.query.parsing.syntax import (
    Alias,
    Apply,
    Binary,
    Chain,
    Constant,
    DottedName,
    Quantified,
    Segment,
    Star,
    Unary,
    Variable,
)
from signtraker.query.schema import Edm

if TYPE_CHECKING:
    from signtraker.query.nodes import Node
    from signtraker.query.parsing.generations import Generation
    from signtraker.query.parsing.syntax import SyntaxNode
    from signtraker.query.schema import Entity, Property

_SIZE: Final = Kind(Edm.INT64, nullable=False)
_TYPE_FUNCTIONS: Final = frozenset({"cast", "isof"})


@dataclass(frozen=True, slots=True)
class Binder:
    """The scope of names: an entity, a server's generation, and the row variables of `any` and `all`."""

    entity: Entity
    generation: Generation
    variables: frozenset[str] = frozenset()

    def filter(self, form: SyntaxNode) -> Bound:
        """Bind a whole filter, which must be true or false."""
        bound = self.bind(form)
        if bound.nested or bound.collection or bound.kind.type not in {Edm.BOOLEAN, None}:
            raise ODataError("The $filter expression must evaluate to a single boolean value.")
        return bound

    def ordering(self, form: SyntaxNode) -> Node:
        """Bind one clause of an ordering, which must be a primitive value."""
        bound = self.bind(form)
        if bound.nested or bound.collection:
            raise ODataError("The $orderby expression must evaluate to a single value of primitive type.")
        return bound.node

    def bind(self, form: SyntaxNode) -> Bound:  # noqa: C901, PLR0911 - one case for each kind of form
        """Bind any form."""
        operations = Operations(self.generation)
        match form:
            case Constant(bound):
                return bound
            case Segment():
                return self._segment(form)
            case Chain(operator, terms):
                return operations.chain(operator, map(self.bind, terms))
            case Binary("in", left, right):
                return self._membership(left, right)
            case Binary(operator, left, right):
                return operations.binary(operator, self.bind(left), self.bind(right))
            case Unary(operator, operand):
                return operations.unary(operator, self.bind(operand))
            case Apply():
                return self._apply(form)
            case Quantified():
                return self._quantified(form)
            case Variable(name):
                return self._variable(name)
            case DottedName():
                return self._type_name(form)
            case Alias():  # a parameter that no request gives a value
                return Bound(Literal(None), UNTYPED, 1)
            case Star():
                raise ODataError("An unsupported query token kind 'Star' was found.")

    def _variable(self, name: str) -> Bound:
        if name in self.variables:
            return Bound(Path((name,), variable=True), Kind(Edm.STRING), 1)
        return self._row()

    def _row(self) -> Bound:
        return Bound(Path(()), Kind(None), 1, nested=self.entity.name)

    def _segment(self, form: Segment) -> Bound:
        parent = self._row() if form.parent is None else self.bind(form.parent)
        if parent.collection:
            if form.is_last and form.name == "$count" and self.generation.counts_collections:
                return Bound(Call("$count", (parent.node,)), _SIZE, 1 + parent.count)
            raise ODataError(
                f"The parent value for a property access of a property '{form.name}' is not a single value."
                " Property access can only be applied to a single value."
            )
        if parent.is_untyped:
            return Bound(Literal(None), UNTYPED, 1 + parent.count)
        found = self._property(ENTITIES[parent.nested], form.name) if parent.nested else None
        if found is None:
            if form.is_last and form.name == "$count" and self.generation.counts_anything:
                return Bound(Call("$count", ()), _SIZE, 1)
            raise _unknown_property(form.name, parent.type_name)
        if (
            not form.is_last
            and found.type
            and not found.collection
            and not self.generation.primitives_have_paths
        ):
            raise ODataError(
                "Can only bind segments that are Navigation, Structural, Complex, or Collections. We found a"
                f" segment '{found.name}' that isn't any of those. Please revise the query."
            )
        segments = parent.node.segments if isinstance(parent.node, Path) else ()
        return Bound(
            Path((*segments, found.name)),
            Kind(found.type, nullable=found.nullable),
            1 + parent.count,
            nested=found.entity,
            collection=found.collection,
        )

    def _property(self, place: Entity, name: str) -> Property | None:
        known = place.properties
        if name in known or not self.generation.folds:
            return known.get(name)
        return next((one for one in known.values() if one.name.lower() == name.lower()), None)

    def _type_name(self, form: DottedName) -> Bound:
        parent = None if form.parent is None else self.bind(form.parent)
        entity = next((one for one in ENTITIES.values() if one.clr_name == form.name), None)
        if entity is not None:
            return _cast(parent or self._row(), entity)
        if self.generation.has_type_names:
            if form.name.endswith("'"):
                raise ODataError(f"The string '{form.name}' is not a valid enumeration type constant.")
            if Operations(self.generation).type_named(form.name):
                return parent or Bound(Literal(form.name), Kind(Edm.STRING), 1, constant=True)
        raise ODataError(
            f"The child type '{form.name}' in a cast was not an entity type. Casts can only be performed on"
            " entity types."
        )

    def _apply(self, form: Apply) -> Bound:
        if form.parent is not None:
            self.bind(form.parent)
        arguments = [replace(self.bind(one), named=form.named) for one in form.arguments]
        if form.parent is not None:
            raise ODataError(f"Found a {self.generation.parented_function.format(form.name)}")
        operations = Operations(self.generation)
        name = form.name.lower() if self.generation.folds else form.name
        if name in _TYPE_FUNCTIONS:
            if len(arguments) not in {1, 2}:
                raise ODataError(
                    "Cast or IsOf expression is invalid: one or two operands are expected, and there are"
                    f" {len(arguments)}."
                )
            return operations.typed(name, [self._row(), *arguments][-2:])
        if name not in self.generation.functions:
            raise ODataError(
                f"An unknown function with name '{form.name}' was found. {self.generation.unknown_function}"
            )
        return operations.call(form.name, name, arguments)

    def _quantified(self, form: Quantified) -> Bound:
        collection = self.bind(form.collection)
        if not isinstance(collection.node, Path) or not collection.collection:
            raise ODataError("Any/All may only be used following a collection.")
        inner = replace(self, variables=self.variables | {form.variable})
        body = None if form.body is None else inner.bind(form.body)
        if body is not None and (body.nested or body.collection or body.kind.type not in {Edm.BOOLEAN, None}):
            raise ODataError("The Any/All query expression must evaluate to a single boolean value.")
        if self.variables:
            raise ODataError(
                "The Any/All nesting limit of '1' has been exceeded. 'MaxAnyAllExpressionDepth' can be"
                " configured on ODataQuerySettings or EnableQueryAttribute."
            )
        count = 1 + collection.count
        predicate: Node | None = None
        if body is not None:
            predicate = body.node
            count += 0 if form.quantifier == "any" and isinstance(predicate, Literal) else body.count
        elif form.quantifier == "all":
            predicate = Literal(value=True)
            count += 1
        return Bound(
            Lambda(form.quantifier, collection.node, form.variable, predicate), Kind(Edm.BOOLEAN), count
        )

    def _membership(self, left: SyntaxNode, right: SyntaxNode) -> Bound:
        """Bind `in`, which the server's validator counts as one node."""
        operand = self.bind(left)
        if operand.collection:
            raise _not_membership("left operand for the IN operation is not a single value")
        result = Kind(Edm.BOOLEAN, nullable=False)
        if isinstance(right, Constant):
            values = read_list(right.text, operand.kind)
            return Bound(In(operand.node, tuple(map(Literal, values))), result, 1)
        many = self.bind(right)
        if not many.collection or not isinstance(many.node, Path):
            raise _not_membership("right operand for the IN operation is not a collection value")
        same = operand.kind.type is many.kind.type
        predicate = (
            Comparison("eq", Path(("x",), variable=True), operand.node) if same else Literal(value=False)
        )
        return Bound(Lambda("any", many.node, "x", predicate), result, 1)


def _unknown_property(name: str, place: str) -> ODataError:
    return ODataError(f"Could not find a property named '{name}' on type '{place}'.")


def _cast(parent: Bound, entity: Entity) -> Bound:
    """Bind the name of a nested type below a value that must have it already."""
    if parent.nested is None or ENTITIES[parent.nested].clr_name != entity.clr_name:
        raise ODataError(
            f"Encountered invalid type cast. '{entity.clr_name}' is not assignable from '{parent.type_name}'."
        )
    return replace(parent, count=parent.count + 1)


def _not_membership(problem: str) -> ODataError:
    return ODataError(
        f"The {problem}. IN operations require the left operand to be a single value and the right operand to"
        " be a collection value."
    )
