"""Check texts against a property's known values.

A likely misspelling is a warning, and any other unknown value of a closed set is an error.
"""

from __future__ import annotations

import sys
import warnings
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from signtraker._common.short_repr import short_repr
from signtraker.query.infer import property_at

_LIKELY: Final = {("Order", "Status"): ("Installed", "Removed")}
"""Values that an open set most likely has (assumed), besides those that the API reference shows."""
_SIMILARITY: Final = 0.8
"""Of `difflib`: one or two letters of a word may differ."""


def warn_of_near_miss(field: object, entity: str, segments: tuple[str, ...], value: str) -> None:
    """Warn once of a text that differs from a known value in case or in a letter or two."""
    known = _known(entity, segments)
    if not known or value in known:
        return
    by_lower_case = {one.lower(): one for one in known}
    near = get_close_matches(value.lower(), by_lower_case, n=1, cutoff=_SIMILARITY)
    if near:
        warnings.warn(
            f"{field!r} is compared with {short_repr(value)}; did you mean {by_lower_case[near[0]]!r}?"
            " Text compares case-sensitively, so this most likely finds nothing",
            UserWarning,
            stacklevel=_levels_to_the_caller(),
        )


@lru_cache(maxsize=1024)  # `Q.field` takes any path.
def _known(entity: str, segments: tuple[str, ...]) -> tuple[str, ...]:
    found = property_at(entity, segments)
    return (*(found.known if found else ()), *_LIKELY.get((entity, segments[-1]), ()))


def check_choice(field: object, entity: str, segments: tuple[str, ...], value: str) -> None:
    """Raise ValueError for a text that is none of the values of a closed set."""
    found = property_at(entity, segments)
    if found is not None and value not in found.known:
        listed = ", ".join(map(repr, found.known))
        raise ValueError(f"{field!r} is one of {listed}, not {short_repr(value)}")


def _levels_to_the_caller() -> int:
    """Return the `stacklevel` of the first frame outside the query builder: the user's own line."""
    # The module warnings counts the frames with it, too.
    level, frame = 1, sys._getframe(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # as above
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("signtraker.query"):
        level, frame = level + 1, frame.f_back
    return level
