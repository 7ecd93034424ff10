"""Check integers: the bounds of the API's types, and values that count as one."""

from __future__ import annotations

import operator
from typing import Final, SupportsIndex

INT32_MAX: Final = 2**31 - 1
"""The largest value of the API's 32-bit integers."""
INT64_MAX: Final = 2**63 - 1
"""The largest id."""


def whole_number(value: object) -> int | None:
    """Return the plain `int` of a value that is one, numpy's integers and subclasses too; else None.

    A bool and a number's text are not integers here: both stand for a mistake.
    """
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        return None
    # numpy.bool refuses operator.index since 2.0, and is no integer here either.
    if type(value).__name__ in {"bool", "bool_"}:
        return None
    # The value of a subclass of int may print itself as anything.
    return int.__pos__(operator.index(value))
