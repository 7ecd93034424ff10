"""Format faults, dates and numbers for people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from signtraker._common.words import DAYS, MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signtraker.sandbox.faults.fault import Fault

_COLOURED = frozenset({"Draft", "Designing", "PaymentRequired", "Installed", "Removed"})


def matched_requests(fault: Fault) -> str:
    """Describe the requests that a fault matches: `GET /api/orders, from the 2nd on, 3 times`."""
    target = f"{fault.method or 'Any method'} {fault.path or 'on any path'}"
    times = {None: "every time", 1: "once"}.get(fault.times, f"{fault.times} times")
    start = f"from the {ordinal(fault.nth)} on, " if fault.nth > 1 else ""
    chance = f", with probability {fault.probability:g} (seed {fault.seed})" if fault.probability < 1 else ""
    return f"{target}, {start}{times}{chance}"


def effect(fault: Fault) -> str:
    """Describe the effect of a fault: `503 instead of the work, Retry-After: 1`."""
    return ", ".join(_effects(fault)) or "nothing"


def _effects(fault: Fault) -> Iterator[str]:
    if fault.delay_before:
        yield f"{fault.delay_before:g} s before the work"
    if fault.status is not None:
        yield f"{fault.status} {'after' if fault.after_work else 'instead of'} the work"
    if fault.retry_after is not None:
        yield f"Retry-After: {fault.retry_after}"
    if fault.body is not None:
        yield f"body {_words(fault.body)}"
    if fault.delay_after:
        yield f"{fault.delay_after:g} s before the response"
    if fault.reset is not None:
        yield f"connection reset {_words(fault.reset)}"
    if fault.trickle is not None:
        yield f"a byte every {fault.trickle:g} s"


def _words(name: str) -> str:
    return name.replace("_", " ")


def ordinal(number: int) -> str:
    """Format `1st`, `2nd`, `11th`."""
    is_teen = number % 100 in {11, 12, 13}
    return f"{number}{'th' if is_teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def short_date(moment: datetime | None) -> str:
    """Format `2026-01-15`, with the time unless it is midnight UTC; `None` gives an empty text."""
    if moment is None:
        return ""
    utc = moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%d") if utc.time() == datetime.min.time() else utc.strftime("%Y-%m-%d %H:%M")


def long_date(moment: datetime) -> str:
    """Format `Thursday 15 January 2026, 09:00 UTC`."""
    name, month = DAYS[moment.weekday()], MONTHS[moment.month - 1]
    return f"{name} {moment.day} {month} {moment.year}, {moment:%H:%M} UTC"


def status_class(status: str | None) -> str:
    """Return the CSS class of an order's status; a status without a colour of its own gets the common one."""
    return f"status-{status.lower()}" if status in _COLOURED else "status-other"
