"""The sandbox's time, which only the test moves."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

REFERENCE = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
"""The time at which a sandbox starts; the seeded dates are before and after it."""


class Clock:
    """Keep a time that changes only when it is moved; moving it does the work that is due."""

    def __init__(
        self, now: datetime = REFERENCE, on_move: Callable[[datetime, datetime], None] | None = None
    ) -> None:
        self._lock = threading.RLock()
        self._now = _aware(now)
        self._on_move = on_move

    def __repr__(self) -> str:
        return f"Clock({self._now.isoformat()})"

    def now(self) -> datetime:
        """Return the current time, in UTC."""
        return self._now

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
        """Move forward by this much; return the new time."""
        with self._lock:
            return self.set(self._now + timedelta(days=days, hours=hours, minutes=minutes))

    def set(self, instant: datetime) -> datetime:
        """Move to `instant`; raises `ValueError` for the past, since work that was done cannot be undone."""
        instant = _aware(instant)
        with self._lock:
            if instant < self._now:
                raise ValueError(f"The clock shows {self._now} and cannot go back to {instant}.")
            if self._on_move is not None:
                self._on_move(self._now, instant)
            self._now = instant
        return instant

    def restart(self) -> None:
        """Go back to the time at which every sandbox starts, for `Sandbox.reset`."""
        self._now = REFERENCE


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone; write e.g. datetime(…, tzinfo=UTC).")
    return instant.astimezone(UTC)
