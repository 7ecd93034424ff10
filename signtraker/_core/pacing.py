"""Decide how many requests may start now. Pure: chance and the clock are arguments.

After a 429 nobody starts before the wait is over, and fewer run at a time; each success allows one more
(additive increase, multiplicative decrease, as in RFC 5681, section 3.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from signtraker._core.retry import AttemptFailure, wait_seconds

if TYPE_CHECKING:
    from signtraker._core.config import Config


class PaceLimits(Protocol):
    """The limits that the caller has set."""

    @property
    def max_concurrency(self) -> int:
        """The number of requests that may be under way at a time."""
        ...

    @property
    def max_per_second(self) -> float | None:
        """The number of requests that may start in a second; None for no limit."""
        ...


@dataclass(slots=True)
class Pacing:
    """The pace that several requests share. Times are those of a monotonic clock."""

    options: PaceLimits
    config: Config
    window: int = field(init=False)
    """The number of requests that may be under way at a time."""
    _paused_until: float = 0.0
    _next_start: float = 0.0
    _pauses: int = 0
    """The number of pauses since the last success."""
    _pause_began: float = -math.inf
    _first_pause: float = 0.0

    def __post_init__(self) -> None:
        self.window = self.options.max_concurrency

    @property
    def is_at_full_width(self) -> bool:
        """True if as many may run as the options allow: no 429 came lately."""
        return self.window >= self.options.max_concurrency

    def may_start(self, under_way: int, now: float) -> bool:
        """Return whether a request may start now."""
        return under_way < self.window and now >= max(self._paused_until, self._next_start)

    def start(self, now: float) -> None:
        """Count a request that starts."""
        if self.options.max_per_second is not None:
            # Time that passed unused is not made up for: that would be a burst.
            self._next_start = now + 1 / self.options.max_per_second

    def wait_seconds(self, under_way: int, now: float) -> float | None:
        """Return the wait until a request may start; None if one must end first."""
        if under_way >= self.window:
            return None
        return max(0.0, max(self._paused_until, self._next_start) - now)

    def succeed(self) -> None:
        """Count a request that the server took or refused for good."""
        self._pauses = 0
        self.window = min(self.window + 1, self.options.max_concurrency)

    def slow_down(self, started: float, now: float, retry_after: float | None, chance: float) -> bool:
        """Pause all, after a 429 to a request that started then; return False if it is time to give up.

        It goes on for as long as a single call would wait: until its deadline has passed without a success.
        """
        if started >= self._pause_began:
            # Those that were under way when the pause began belong to the same one.
            self._first_pause = self._first_pause if self._pauses else now
            self._pauses += 1
            self._pause_began = now
            self.window = max(1, self.window // 2)
        failure = AttemptFailure(status_code=429, retry_after_seconds=retry_after)
        wait = wait_seconds(
            failure, attempt=self._pauses, backoff_seconds=self.config.retry_backoff_seconds, chance=chance
        )
        longest = self._first_pause + self.config.deadline_seconds
        if wait is None or self.config.max_retries == 0 or now + wait >= longest:
            return False
        self._paused_until = max(self._paused_until, now + wait)
        return True
