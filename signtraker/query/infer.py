"""Infer the type of every node as the server does; rendering, costs and errors depend on it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from signtraker.query.functions import Kind
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
from signtraker.query.parsing.signatures import SUMS, V4_FUNCTIONS
from signtraker.query.schema import Edm, Property
from signtraker.query.single import Single

NUMBERS: Final = (Edm.INT32, Edm.INT64, Edm.SINGLE, Edm.DOUBLE, Edm.DECIMAL)
_RANK: Final = {Edm.INT32: 0, Edm.INT64: 1, Edm.SINGLE: 2, Edm.DOUBLE: 3, Edm.DECIMAL: 3}

_LITERAL_KINDS: Final[dict[type, Kind]] = {
    type(None): Kind(None),
    bool: Kind(Edm.BOOLEAN, nullable=False),
    str: Kind(Edm.STRING),
    Single: Kind(Edm.SINGLE, nullable=False),
    float: Kind(Edm.DOUBLE, nullable=False),
    Decimal: Kind(Edm.DECIMAL, nullable=False),
    datetime: Kind(Edm.DATETIME, nullable=False),
    date: Kind(Edm.DATE, nullable=False),
    time: Kind(Edm.TIME_OF_DAY, nullable=False),
    timedelta: Kind(Edm.DURATION, nullable=False),
    UUID: Kind(Edm.GUID, nullable=False),
    bytes: Kind(Edm.BINARY),
}
"""The types of constants but whole numbers."""
_OTHER_CALLS: Final = {"isof": Kind(Edm.BOOLEAN), "$count": Kind(Edm.INT64, nullable=False)}


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


def literal_kind(literal: Literal) -> Kind:
    """Return the type of a constant; only null, text and bytes are nullable."""
    value = literal.value
    if isinstance(value, int) and not isinstance(value, bool):
        return Kind(Edm.INT32 if value in INT32 else Edm.INT64, nullable=False)
    return next(_LITERAL_KINDS[one] for one in type(value).__mro__ if one in _LITERAL_KINDS)


def kind_of(node: Node, entity: str) -> Kind:  # noqa: C901, PLR0911 - one case for each kind of node
    """Return the type of a node of a filter on the entity, and whether it may be null."""
    match node:
        case Literal():
            return literal_kind(node)
        case Path():
            return path_kind(node, entity)
        case Call("cast", (_, Literal(value=str() as wanted))):
            return Kind(Edm(wanted))
        case Call(name, arguments):
            return call_kind(name, tuple(kind_of(one, entity) for one in arguments))
        case Negative(operand):
            return kind_of(operand, entity)
        case Arithmetic(operator, left, right):
            return calculated(operator, kind_of(left, entity), kind_of(right, entity))
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


def calculated(operator: str, left: Kind, right: Kind) -> Kind:
    """Return the type of a sum or its like; null takes the other's."""
    nullable = left.nullable or right.nullable
    if left.type and right.type and (operator, left.type, right.type) in SUMS:
        return Kind(SUMS[operator, left.type, right.type], nullable=nullable)
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
    signatures = V4_FUNCTIONS.get(name, ())
    for signature in signatures:
        if tuple(one.type for one in arguments) == tuple(one.type for one in signature.arguments):
            return signature.result
    return signatures[0].result if signatures else _OTHER_CALLS.get(name, Kind(None))
