"""Describe what each generation of Microsoft's parsers reads, converts and says, as data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from signtraker.query.parsing.signatures import V3_FUNCTIONS, V4_FUNCTIONS
from signtraker.query.schema import Edm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signtraker.query.parsing.signatures import Signatures
    from signtraker.query.schema import ServerVersion

_WIDER_NUMBERS: Final = {
    Edm.INT32: frozenset({Edm.INT64, Edm.SINGLE, Edm.DOUBLE, Edm.DECIMAL}),
    Edm.INT64: frozenset({Edm.SINGLE, Edm.DOUBLE, Edm.DECIMAL}),
    Edm.SINGLE: frozenset({Edm.DOUBLE}),
}
_DECIMALS_TOO: Final = {Edm.SINGLE: frozenset({Edm.DECIMAL}), Edm.DOUBLE: frozenset({Edm.DECIMAL})}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Generation:
    """One generation: System.Web.Http.OData with OData v3, or Web API with OData v4 5.x or 7.x."""

    functions: Mapping[str, Signatures]
    prefixes: Mapping[str, str]
    """The kinds of literals by the word before their quote, in small letters."""
    unknown_function: str
    """What follows the name of a function that the server does not know."""
    parented_function: str
    """What the server calls its functions where one stands behind a slash."""
    conversions: Mapping[Edm, frozenset[Edm]]
    """The types that a value of a type is converted to."""
    constant_conversions: Mapping[Edm, frozenset[Edm]]
    """The types that a constant of a type is converted to besides."""
    prefers_decimal: bool
    """Whether a decimal signature wins over a double one where both fit."""
    other_prefix: str = ""
    """The kind of a literal with any other word before its quote; "" where it is two tokens."""
    is_v3: bool = False
    folds: bool = False
    """True if names, keywords and functions are case-insensitive."""
    has_in: bool = False
    has_has: bool = False
    has_aliases: bool = False
    """Whether `@p` is a parameter, which no request gives a value."""
    has_type_names: bool = False
    """Whether `Edm.String` is a constant, as `cast` and `isof` take it."""
    bare_literals: bool = False
    """Whether dates, moments, times and guids are written without a prefix."""
    guesses_numbers: bool = False
    """Whether a number without a suffix has the smallest type that holds it."""
    retypes_numbers: bool = False
    """Whether a constant number takes the type that it is compared with, without a conversion."""
    brackets_are_text: bool = False
    """Whether `[…]` and `{…}` are constants."""
    dotted_annotations: bool = False
    """Whether `@a.b` is one word."""
    counts_collections: bool = False
    """Whether `Restrictions/$count` is the size of a collection."""
    counts_anything: bool = False
    """Whether `$count` may stand below a single value, too."""
    primitives_have_paths: bool = False
    """Whether the type of a property decides only after its path what may follow it."""
    date_type: Edm = Edm.DATE
    """The type of the constant `2024-01-31`."""


_V3: Final = Generation(
    is_v3=True,
    functions=V3_FUNCTIONS,
    prefixes={
        "datetime": "datetime",
        "datetimeoffset": "datetimeoffset",
        "time": "time",
        "guid": "guid",
        "binary": "binary",
        "x": "binary",
        "geography": "geography",
        "geometry": "geometry",
    },
    unknown_function="This may also be a key lookup on a navigation property, which is not allowed.",
    parented_function=(
        "built-in function '{}' with a parent token. Built-in functions cannot have parent tokens. "
    ),
    prefers_decimal=True,
    conversions=_WIDER_NUMBERS,
    constant_conversions={},
)
_V4_5: Final = Generation(
    functions=V4_FUNCTIONS,
    prefixes={
        "duration": "duration",
        "binary": "binary",
        "geography": "geography",
        "geometry": "geometry",
        "null": "null",
    },
    other_prefix="quoted",
    unknown_function=(
        "This may also be a function import or a key lookup on a navigation property, which is not allowed."
    ),
    parented_function="Uri function '{}' with a parent token. Uri functions cannot have parent tokens.",
    prefers_decimal=False,
    has_has=True,
    has_aliases=True,
    has_type_names=True,
    bare_literals=True,
    guesses_numbers=True,
    retypes_numbers=True,
    brackets_are_text=True,
    counts_collections=True,
    date_type=Edm.DATETIME,
    conversions=_WIDER_NUMBERS,
    constant_conversions={**_DECIMALS_TOO, Edm.DATETIME: frozenset({Edm.DATE})},
)
_V4_7: Final = replace(
    _V4_5,
    folds=True,
    has_in=True,
    dotted_annotations=True,
    counts_anything=True,
    primitives_have_paths=True,
    date_type=Edm.DATE,
    conversions={**_WIDER_NUMBERS, Edm.DATE: frozenset({Edm.DATETIME})},
    constant_conversions=_DECIMALS_TOO,
)
GENERATIONS: Final[dict[ServerVersion, Generation]] = {
    "v3": _V3,
    "v4-5": _V4_5,
    "v4-7": _V4_7,
    "v4": replace(_V4_7, folds=False),
}
"""`v4` reads what 7.x does, with the names as they are documented; but for `in` lists, 5.x reads it, too."""
