"""Name days and months, and format numbers, for people. Not by strftime, whose names follow the locale."""

from __future__ import annotations

from typing import Final

DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Format `1 order`, `1,234 orders`."""
    return f"{number:,} {singular if number == 1 else plural or f'{singular}s'}"
