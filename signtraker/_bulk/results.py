"""Hand the results of calls to the thread or task that iterates a batch."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signtraker._bulk.engine import Call
    from signtraker._bulk.plan import Row

GATHERING_SECONDS: Final = 0.002
"""The wait for more calls to end after one has, so that one commit saves the results of several.

Meanwhile the others are under way, and rows that were taken ahead are sent."""
RequestT = TypeVar("RequestT")
ResultT = TypeVar("ResultT")


class Results(Generic[RequestT, ResultT]):
    """The calls of a batch that have ended, and the rows whose calls did not begin.

    Base class of the workers of both drivers. Others only add to the deques, which is atomic.
    """

    def __init__(self) -> None:
        self._results: deque[Call[RequestT, ResultT]] = deque()
        self._withheld: deque[Row[RequestT]] = deque()
        self._processed = self._counted = 0
        self.begun: set[Row[RequestT]] = set()
        """The rows whose calls have begun; all others were surely not sent."""

    def withheld(self) -> list[Row[RequestT]]:
        """Return the rows whose calls did not begin, because another call failed before."""
        rows: list[Row[RequestT]] = []
        with suppress(IndexError):
            while True:
                rows.append(self._withheld.popleft())
        return rows

    def ended_since(self) -> int:
        """Return how many calls have ended since this was last asked."""
        ended = self._processed + len(self._results)
        since, self._counted = ended - self._counted, ended
        return since

    def ended(self) -> Iterator[Call[RequestT, ResultT]]:
        """Yield the calls that have ended. Each is forgotten only after it was processed."""
        while self._results:
            yield self._results[0]
            self.begun.discard(self._results.popleft().row)
            self._processed += 1
