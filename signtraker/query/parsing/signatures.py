"""List the functions of each generation with their signatures, in the order in which errors print them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from signtraker.query.functions import Kind
from signtraker.query.schema import Edm

if TYPE_CHECKING:
    from collections.abc import Mapping

Signatures = tuple["FunctionSignature", ...]
_BOTH: Final = (False, True)
_TEXT: Final = Kind(Edm.STRING)
_INT: Final = Kind(Edm.INT32, nullable=False)
_CHECK: Final = Kind(Edm.BOOLEAN, nullable=False)


@dataclass(frozen=True, slots=True)
class FunctionSignature:
    """The types of a function's arguments, in the order in which they are written, and of its result.

    An argument type without an `Edm` stands for a spatial type, which no expression of the API has.
    """

    arguments: tuple[Kind, ...]
    result: Kind
    spatial: tuple[str, ...] = ()

    def describe(self, name: str) -> str:
        """Return the signature as the server's errors print it."""
        types = [f"Edm.{one} Nullable=true" for one in self.spatial] or map(_described, self.arguments)
        return f"{name}({', '.join(types)})"


def _described(kind: Kind) -> str:
    return f"{kind.type}{' Nullable=true' * kind.nullable}"


def _one(result: Kind, *arguments: Kind) -> Signatures:
    return (FunctionSignature(arguments, result),)


def _each(result: Edm, *types: Edm) -> Signatures:
    """Return a signature of one argument for each type, not nullable and nullable."""
    return tuple(
        FunctionSignature((Kind(one, nullable=nullable),), Kind(result, nullable=False))
        for one in types
        for nullable in _BOTH
    )


def _spatial(result: Edm, *arguments: tuple[str, ...]) -> Signatures:
    return tuple(FunctionSignature((Kind(None),) * len(one), Kind(result), one) for one in arguments)


_PAIR: Final = _one(_CHECK, _TEXT, _TEXT)
_SAME: Final = _one(_TEXT, _TEXT)
_ROUNDED: Final = tuple(
    FunctionSignature((Kind(one, nullable=nullable),), Kind(one, nullable=False))
    for nullable in _BOTH
    for one in (Edm.DOUBLE, Edm.DECIMAL)
)
_SUBSTRING: Final = (
    *(FunctionSignature((_TEXT, Kind(Edm.INT32, nullable=start)), _TEXT) for start in _BOTH),
    *(
        FunctionSignature((_TEXT, Kind(Edm.INT32, nullable=start), Kind(Edm.INT32, nullable=length)), _TEXT)
        for length in _BOTH
        for start in _BOTH
    ),
)
_SHARED: Final[dict[str, Signatures]] = {
    "startswith": _PAIR,
    "endswith": _PAIR,
    "length": _one(_INT, _TEXT),
    "indexof": _one(_INT, _TEXT, _TEXT),
    "replace": _one(_TEXT, _TEXT, _TEXT, _TEXT),
    "substring": _SUBSTRING,
    "tolower": _SAME,
    "toupper": _SAME,
    "trim": _SAME,
    "concat": _one(_TEXT, _TEXT, _TEXT),
    "round": _ROUNDED,
    "floor": _ROUNDED,
    "ceiling": _ROUNDED,
    "geo.distance": _spatial(Edm.DOUBLE, ("GeographyPoint",) * 2, ("GeometryPoint",) * 2),
    "geo.length": _spatial(Edm.DOUBLE, ("GeometryLineString",), ("GeographyLineString",)),
    "geo.intersects": _spatial(
        Edm.BOOLEAN,
        ("GeometryPoint", "GeometryPolygon"),
        ("GeometryPolygon", "GeometryPoint"),
        ("GeographyPoint", "GeographyPolygon"),
        ("GeographyPolygon", "GeographyPoint"),
    ),
}


def _parts(days: Signatures, times: Signatures) -> dict[str, Signatures]:
    by_day: dict[str, Signatures] = dict.fromkeys(("year", "month", "day"), days)
    return {**by_day, **dict.fromkeys(("hour", "minute", "second"), times)}


V3_FUNCTIONS: Final[Mapping[str, Signatures]] = {
    **_SHARED,
    "substringof": _PAIR,
    **_parts(
        _each(Edm.INT32, Edm.UNZONED, Edm.DATETIME), _each(Edm.INT32, Edm.UNZONED, Edm.DATETIME, Edm.TIME)
    ),
}
_NOW: Final = _one(Kind(Edm.DATETIME, nullable=False))
V4_FUNCTIONS: Final[Mapping[str, Signatures]] = {
    **_SHARED,
    "contains": _PAIR,
    **_parts(
        _each(Edm.INT32, Edm.DATETIME, Edm.DATE),
        _each(Edm.INT32, Edm.DATETIME, Edm.DURATION, Edm.TIME_OF_DAY),
    ),
    "fractionalseconds": _each(Edm.DECIMAL, Edm.DATETIME, Edm.TIME_OF_DAY),
    "totaloffsetminutes": _each(Edm.INT32, Edm.DATETIME),
    "totalseconds": _each(Edm.DECIMAL, Edm.DURATION),
    "date": _each(Edm.DATE, Edm.DATETIME),
    "time": _each(Edm.TIME_OF_DAY, Edm.DATETIME),
    "now": _NOW,
    "mindatetime": _NOW,
    "maxdatetime": _NOW,
}
SUMS: Final = {
    ("add", Edm.DATETIME, Edm.DURATION): Edm.DATETIME,
    ("add", Edm.DURATION, Edm.DATETIME): Edm.DATETIME,
    ("add", Edm.DATE, Edm.DURATION): Edm.DATE,
    ("add", Edm.DURATION, Edm.DATE): Edm.DATE,
    ("sub", Edm.DATETIME, Edm.DURATION): Edm.DATETIME,
    ("sub", Edm.DATETIME, Edm.DATETIME): Edm.DURATION,
    ("sub", Edm.DATE, Edm.DURATION): Edm.DATE,
    ("sub", Edm.DATE, Edm.DATE): Edm.DURATION,
}
"""The types that sums of moments, days and durations have, by operator and operands (v4)."""
