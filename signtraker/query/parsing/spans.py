"""Spans of calendar time relative to a given moment."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from signtraker._common.short_repr import short_repr
from signtraker.query.literals import utc

if TYPE_CHECKING:
    from collections.abc import Mapping


def span(now: datetime, parts: Mapping[str, int], *, ahead: bool, name: str) -> tuple[datetime, datetime]:
    """Return the first and last moment of a span before `now`, or after it, in UTC."""
    from dateutil.relativedelta import relativedelta  # noqa: PLC0415 - most filters need no calendar

    here = _moment(now, f"{name}.within: now")
    for part, count in parts.items():
        _check_count(count, f"{name}.within: {part}")
    if not any(parts.values()):
        raise ValueError(f"{name}.within needs a span, such as months=1")
    keywords: dict[str, Any] = dict(parts)
    step = relativedelta(**keywords)
    try:
        there = now + step if ahead else now - step
    except (ValueError, OverflowError):
        raise ValueError(f"{name}.within: the span leaves the years 1 to 9999") from None
    there = utc(there, f"{name}.within")
    return (here, there) if ahead else (there, here)


def _moment(value: object, name: str) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError(f"{name} is an aware datetime, not {short_repr(value)}")
    return utc(value, name)


def _check_count(value: object, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} is a whole number, not {short_repr(value)}")
    if value < 0:
        raise ValueError(f"{name} is {short_repr(value)}; write ahead=True for a span after now")
