"""Hold the requests of one task back, so that all tasks of a read together keep to a rate."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from signtraker._core.hooks import CallHooks

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker._core.hooks import AttemptInfo, CallInfo


class Pace(CallHooks):
    """Let one task start a request when its turn comes.

    Tasks can't talk to each other, so each keeps to its share: of `tasks` tasks at a time, one starts a
    request every `tasks / max_per_second` seconds. The tasks of the first wave begin one after another.

    Args:
        max_per_second: The number of requests that all tasks together may start in a second.
        tasks: The number of tasks that run at a time.
        index: The position of this task's partition.
        clock: A monotonic clock, in seconds.
        sleep: Waits for some seconds.
    """

    def __init__(
        self,
        max_per_second: float,
        tasks: int,
        index: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._seconds = tasks / max_per_second
        self._clock = clock
        self._sleep = sleep
        self._next_start = clock() + (index / max_per_second if index < tasks else 0.0)

    def before_call(self, call: CallInfo) -> None:  # noqa: ARG002 - the hook's signature
        """Wait for the turn of the request. The deadline of the call begins after it."""
        self.wait()
        # Time that passed unused is not made up for: that would be a burst.
        self._next_start = self._clock() + self._seconds

    def before_attempt(self, attempt: AttemptInfo) -> None:
        """Count a retry, which comes after a wait of its own."""
        if attempt.number > 1:
            self._next_start += self._seconds

    def wait(self) -> None:
        """Wait until the next request may start: also at the end, for the task that comes after this one."""
        self._sleep(max(0.0, self._next_start - self._clock()))
