"""Spans of calendar time relative to a given moment."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from signtraker.query.literals import shown, utc

if TYPE_CHECKING:
    from collections.abc import Mapping


def span(now: datetime, parts: Mapping[str, int], *, ahead: bool, name: str) -> tuple[datetime, datetime]:
    """Return the first and last moment of a span before `now`, or after it, in UTC."""
    from dateutil.relativedelta import relativedelta  # noqa: PLC0415 - most filters need no calendar

    moment: object = now
    if not isinstance(moment, datetime):
        raise TypeError(f"{name}.within: now is an aware datetime, not {shown(now)}")
    for part, count in parts.items():
        if isinstance(count, bool) or not isinstance(count, int):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may be unchecked
            raise TypeError(f"{name}.within: {part} is a whole number, not {shown(count)}")
        if count < 0:
            raise ValueError(f"{name}.within: {part} is {count}; write ahead=True for a span after now")
    if not any(parts.values()):
        raise ValueError(f"{name}.within needs a span, such as months=1")
    here = utc(now, f"{name}.within: now")
    step = relativedelta(**parts)
    try:
        there = now + step if ahead else now - step
    except (ValueError, OverflowError):
        raise ValueError(f"{name}.within: the span leaves the years 1 to 9999") from None
    there = utc(there, f"{name}.within")
    return (here, there) if ahead else (there, here)
