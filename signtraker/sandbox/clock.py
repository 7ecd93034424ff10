"""The sandbox's time: frozen, and moved by nobody but the test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

REFERENCE = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
"""The instant at which a sandbox starts; the seeded dates lie around it."""


class Clock:
    """A clock that stands still until it is advanced."""

    def __init__(self, now: datetime = REFERENCE) -> None:
        self._now = _aware(now)

    def __repr__(self) -> str:
        return f"Clock({self._now.isoformat()})"

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return self._now

    def set(self, instant: datetime) -> datetime:
        """Move to `instant`, which must not lie in the past: what has happened has happened."""
        instant = _aware(instant)
        if instant < self._now:
            raise ValueError(f"The clock stands at {self._now} and cannot go back to {instant}.")
        self._now = instant
        return instant


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone; write e.g. datetime(…, tzinfo=UTC).")
    return instant.astimezone(UTC)


def after(now: datetime, *, days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
    """The instant that lies so much later than `now`."""
    return now + timedelta(days=days, hours=hours, minutes=minutes)
