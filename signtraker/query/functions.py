"""List the functions that `Q` writes, with the types they take and give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from signtraker.query.schema import Edm

_S, _I, _T, _B = Edm.STRING, Edm.INT32, Edm.DATETIME, Edm.BOOLEAN


@dataclass(frozen=True, slots=True)
class Kind:
    """The type of an expression; `type` is None for the constant null."""

    type: Edm | None
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function: the types of its arguments, in v4 order, and of its result."""

    arguments: tuple[Edm, ...]
    result: Kind


def _one(result: Kind, *arguments: Edm) -> tuple[Signature, ...]:
    return (Signature(arguments, result),)


_PART = _one(Kind(_I, nullable=False), _T)
_CHECK = _one(Kind(_B, nullable=False), _S, _S)
_SAME = _one(Kind(_S), _S)
_ROUNDED = tuple(Signature((number,), Kind(number, nullable=False)) for number in (Edm.DOUBLE, Edm.DECIMAL))

SIGNATURES: Final[dict[str, tuple[Signature, ...]]] = {
    "contains": _CHECK,
    "startswith": _CHECK,
    "endswith": _CHECK,
    "length": _one(Kind(_I, nullable=False), _S),
    "indexof": _one(Kind(_I, nullable=False), _S, _S),
    "substring": (Signature((_S, _I), Kind(_S)), Signature((_S, _I, _I), Kind(_S))),
    "tolower": _SAME,
    "toupper": _SAME,
    "trim": _SAME,
    "concat": _one(Kind(_S), _S, _S),
    "year": _PART,
    "month": _PART,
    "day": _PART,
    "hour": _PART,
    "minute": _PART,
    "second": _PART,
    "date": _one(Kind(Edm.DATE, nullable=False), _T),
    "round": _ROUNDED,
    "floor": _ROUNDED,
    "ceiling": _ROUNDED,
}
"""Every function that `Q` writes, by its v4 name. `contains` is v3's `substringof`, swapped."""
