"""Define the bounds of the API's integers, and convert values to integers."""

from __future__ import annotations

import operator
from typing import Final, SupportsIndex

INT32_MAX: Final = 2**31 - 1
"""The largest value of the API's 32-bit integers."""
INT64_MAX: Final = 2**63 - 1
"""The largest value of the API's 64-bit integers, such as ids."""


def whole_number(value: object) -> int | None:
    """Convert an integer to a plain `int`, also one of numpy or of a subclass; return None for other values.

    A bool and a text of digits are not accepted, because both are usually mistakes.
    """
    if type(value) is int:
        return value  # Most are, and the check of a protocol takes longer than everything else here.
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        return None
    # numpy before 2.0 converts its bool in operator.index; later versions raise.
    if type(value).__name__ in {"bool", "bool_"}:
        return None
    # operator.index returns a subclass of int as it is, and that may have a `__str__` of its own.
    return int.__pos__(operator.index(value))
