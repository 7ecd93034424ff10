"""Choose the signature that fits the types of operands or arguments best, as Microsoft's parsers do."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from signtraker.query.functions import Kind
from signtraker.query.parsing.signatures import SUMS
from signtraker.query.schema import Edm

if TYPE_CHECKING:
    from signtraker.query.parsing.generations import Generation
    from signtraker.query.parsing.signatures import FunctionSignature

Kinds = tuple[Kind, ...]
_BOTH: Final = (False, True)
_NUMBERS: Final = (Edm.INT32, Edm.INT64, Edm.SINGLE, Edm.DOUBLE, Edm.DECIMAL)
_BINARY_FLOATS: Final = frozenset({Edm.SINGLE, Edm.DOUBLE})


class Operand(NamedTuple):
    """An operand: its type (None for null), and whether it is a constant that can be converted."""

    kind: Kind | None
    constant: bool
    is_day: bool


def _pairs(*types: tuple[Edm, Edm]) -> tuple[Kinds, ...]:
    return tuple(
        (Kind(left, nullable=nullable), Kind(right, nullable=nullable))
        for left, right in types
        for nullable in _BOTH
    )


def _same(*types: Edm) -> tuple[Kinds, ...]:
    return _pairs(*((one, one) for one in types))


_TEXTS: Final = ((Kind(Edm.STRING), Kind(Edm.STRING)), (Kind(Edm.BINARY), Kind(Edm.BINARY)))
_ARITHMETIC: Final = _same(*_NUMBERS)
_COMPARED: Final = (
    _ARITHMETIC
    + _TEXTS
    + _same(
        Edm.BOOLEAN, Edm.GUID, Edm.DATE, Edm.DATETIME, Edm.DURATION, Edm.TIME_OF_DAY, Edm.UNZONED, Edm.TIME
    )
)
_SPANS: Final = ((Edm.DURATION, Edm.DURATION),)
_SUMS: Final = {
    operator: _pairs(*(types[1:] for types in SUMS if types[0] == operator), *_SPANS)
    for operator in ("add", "sub")
}
_LOGIC: Final = _same(Edm.BOOLEAN)
_UNARY: Final = {
    "not": tuple((Kind(Edm.BOOLEAN, nullable=nullable),) for nullable in _BOTH),
    "-": tuple((Kind(one, nullable=nullable),) for one in (*_NUMBERS, Edm.DURATION) for nullable in _BOTH),
}


@lru_cache(maxsize=4096)
def operator_types(operator: str, operands: tuple[Operand, ...], generation: Generation) -> Kinds | None:
    """Return the types that the operands of an operator are converted to, or None where none fit."""
    signatures = _operator_signatures(operator, generation)
    best = _best(signatures, operands, generation)
    if len(best) == 2 and len(operands) == 2 and best[0][0].type is best[1][0].type:  # noqa: PLR2004 - two of two
        return best[1]  # the nullable one: one side is nullable, so both become it
    return best[0] if len(best) == 1 else None


@lru_cache(maxsize=4096)
def function_signature(
    name: str, arguments: tuple[Operand, ...], generation: Generation
) -> FunctionSignature | None:
    """Return the signature of a function that fits its arguments best, or None."""
    signatures = [one for one in generation.functions[name] if len(one.arguments) == len(arguments)]
    best = _best(tuple(one.arguments for one in signatures), arguments, generation)
    if len(best) != 1:
        return None
    return next(one for one in signatures if one.arguments == best[0])


def _operator_signatures(operator: str, generation: Generation) -> tuple[Kinds, ...]:
    match operator:
        case "and" | "or":
            return _LOGIC
        case "eq" | "ne" | "gt" | "ge" | "lt" | "le":
            return _COMPARED
        case "add" | "sub" if not generation.is_v3:
            return _ARITHMETIC + _SUMS[operator]
        case "not" | "-":
            return _UNARY[operator]
        case _:
            return _ARITHMETIC


def _best(
    signatures: tuple[Kinds, ...], operands: tuple[Operand, ...], generation: Generation
) -> list[Kinds]:
    """Return the signatures that take the operands and that no other one beats."""
    taken = [
        one
        for one in signatures
        if all(_takes(target, source, generation) for target, source in zip(one, operands, strict=True))
    ]
    return [
        one
        for one in taken
        if not any(other is not one and _beats(other, one, operands, generation) for other in taken)
    ]


def _takes(target: Kind, source: Operand, generation: Generation) -> bool:
    if source.kind is None:
        return target.nullable
    if source.kind.type is None or target.type is None:
        return False
    if source.kind.type is target.type or _widens(source.kind.type, target.type, generation):
        return True
    if not source.constant or (target.type is Edm.DATE and not source.is_day):
        return False
    return target.type in generation.constant_conversions.get(source.kind.type, ())


def _widens(source: Edm, target: Edm, generation: Generation) -> bool:
    return target in generation.conversions.get(source, ())


def _beats(one: Kinds, other: Kinds, operands: tuple[Operand, ...], generation: Generation) -> bool:
    """Say whether a signature is better for some operand, and worse for none."""
    preferences = [
        _preference(operand.kind, first, second, generation)
        for first, second, operand in zip(one, other, operands, strict=True)
        if operand.kind is not None
    ]
    return max(preferences, default=0) > 0 and min(preferences) >= 0


def _preference(source: Kind, one: Kind, other: Kind, generation: Generation) -> int:
    """Return 1 where a value is converted to the first type rather than to the second, -1 the other way."""
    if one == other:
        return 0
    if source in (one, other):
        return 1 if source == one else -1
    types = {one.type, other.type}
    if one.type is not None and other.type is not None:
        narrower = _widens(one.type, other.type, generation)
        if narrower is not _widens(other.type, one.type, generation):
            return 1 if narrower else -1
    if one.nullable is not other.nullable:
        preferred = one.nullable is source.nullable
    elif Edm.DECIMAL in types and types & _BINARY_FLOATS:
        preferred = (one.type is Edm.DECIMAL) is generation.prefers_decimal
    elif types == {Edm.DATETIME, Edm.DATE}:
        preferred = one.type is Edm.DATETIME
    else:
        return 0
    return 1 if preferred else -1
