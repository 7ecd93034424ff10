"""The type of every node, as the server infers it: what rendering, costs and errors depend on."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final

from signtraker.query.functions import SIGNATURES, Kind
from signtraker.query.generated.entities import ENTITIES
from signtraker.query.literals import INT32
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
from signtraker.query.schema import Edm, Property

NUMBERS: Final = (Edm.INT32, Edm.INT64, Edm.DOUBLE, Edm.DECIMAL)
_RANK: Final = {Edm.INT32: 0, Edm.INT64: 1, Edm.DOUBLE: 2, Edm.DECIMAL: 2}


def property_at(entity: str, segments: tuple[str, ...]) -> Property | None:
    """Return the property that a path of API names leads to, or None where the models know none."""
    place = ENTITIES.get(entity)
    found: Property | None = None
    for segment in segments:
        found = place.properties.get(segment) if place else None
        place = ENTITIES.get(found.entity) if found and found.entity else None
    return found


def common_type(left: Edm, right: Edm) -> Edm | None:
    """Return the type to which the server promotes both sides, or None where there is none."""
    if left is right:
        return left
    if {left, right} == {Edm.DATE, Edm.DATETIME}:
        return Edm.DATETIME
    if left not in _RANK or right not in _RANK or {left, right} == {Edm.DOUBLE, Edm.DECIMAL}:
        return None
    return left if _RANK[left] > _RANK[right] else right


def literal_kind(literal: Literal) -> Kind:  # noqa: PLR0911 - one case for each type
    """Return the type of a constant; only null and text are nullable."""
    match literal.value:
        case None:
            return Kind(None)
        case bool():
            return Kind(Edm.BOOLEAN, nullable=False)
        case int() as number:
            return Kind(Edm.INT32 if number in INT32 else Edm.INT64, nullable=False)
        case float():
            return Kind(Edm.DOUBLE, nullable=False)
        case Decimal():
            return Kind(Edm.DECIMAL, nullable=False)
        case str():
            return Kind(Edm.STRING)
        case datetime():
            return Kind(Edm.DATETIME, nullable=False)
        case date():
            return Kind(Edm.DATE, nullable=False)


def kind_of(node: Node, entity: str) -> Kind:  # noqa: C901, PLR0911 - one case for each kind of node
    """Return the type of a node of a filter on the entity, and whether it may be null."""
    match node:
        case Literal():
            return literal_kind(node)
        case Path():
            return path_kind(node, entity)
        case Call(name, arguments):
            return call_kind(name, tuple(kind_of(one, entity) for one in arguments))
        case Negative(operand):
            return kind_of(operand, entity)
        case Arithmetic(_, left, right):
            return promoted(kind_of(left, entity), kind_of(right, entity))
        case Comparison(_, left, right):
            nullable = kind_of(left, entity).nullable or kind_of(right, entity).nullable
            return Kind(Edm.BOOLEAN, nullable=nullable)
        case Not(operand):
            return kind_of(operand, entity)
        case And(terms) | Or(terms):
            return Kind(Edm.BOOLEAN, nullable=any(kind_of(one, entity).nullable for one in terms))
        case In():
            return Kind(Edm.BOOLEAN, nullable=False)
        case Lambda():
            return Kind(Edm.BOOLEAN)


def promoted(left: Kind, right: Kind) -> Kind:
    """Return the common type of two numbers; null takes the other's."""
    nullable = left.nullable or right.nullable
    if left.type is None or right.type is None:
        return Kind(left.type or right.type, nullable=True)
    return Kind(common_type(left.type, right.type), nullable=nullable)


def path_kind(path: Path, entity: str) -> Kind:
    """Return the type of a property, or of a collection's row variable."""
    if path.custom is not None:
        return Kind(path.custom)
    if path.variable:
        return Kind(Edm.STRING)  # the API's only collection holds text
    found = property_at(entity, path.segments)
    return Kind(None) if found is None else Kind(found.type, nullable=found.nullable)


def call_kind(name: str, arguments: tuple[Kind, ...]) -> Kind:
    """Return the type of a function's result, for arguments of these types."""
    signatures = SIGNATURES[name]
    for signature in signatures:
        if tuple(one.type for one in arguments) == signature.arguments:
            return signature.result
    return signatures[0].result
