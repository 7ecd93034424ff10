"""Read several pages of a list at a time, and return their rows in order. No I/O; the clock is an argument.

`ranges.py` decides where pages begin. The two drivers (`threads.py`, `tasks.py`) perform the calls that
`start` returns, pass each result to `finish`, and take the rows. An error is raised where its page would have
come. After any exception, the driver goes on with the pager that `resumed` returns, and this one is not used
any more.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from signtraker._common.integers import INT64_MAX
from signtraker._core.pacing import Pacing
from signtraker._lists.paging import Pager
from signtraker._lists.ranges import IdRange, Ranges, State
from signtraker.exceptions import RateLimitError, SignTrakerError

if TYPE_CHECKING:
    from signtraker._core.config import Config
    from signtraker._core.request import Request
    from signtraker._lists.positions import ByKey
    from signtraker._lists.splitting import AnyPager
    from signtraker.exceptions import IterationProgress
    from signtraker.models import ResponseModel

M = TypeVar("M", bound="ResponseModel")
PAGES_AHEAD: Final = 2
"""The pages that are held or under way, for each call that may be under way.

With fewer, one slow response would soon stop the others.
"""
_log = logging.getLogger("signtraker")


@dataclass(frozen=True, slots=True)
class _Limits:
    max_concurrency: int
    max_per_second: float | None = None


@dataclass(slots=True, eq=False)
class PageCall(Generic[M]):
    """The call that reads one page, and its result: rows or an error."""

    range: IdRange
    pager: Pager[M]
    request: Request[list[M]]
    started: float
    rows: list[M] = field(default_factory=list["M"])
    error: BaseException | None = None


def concurrent_pager(pages: AnyPager[M], config: Config, concurrency: int) -> ConcurrentPager[M] | None:
    """Return a pager that reads several pages of a list at a time; None for a filter read in pieces."""
    if isinstance(pages, Pager) and (position := pages.id_position) is not None:
        return ConcurrentPager(pages, position, config, concurrency)
    return None


class ConcurrentPager(Generic[M]):
    """Read a list that is ordered by its ids, several pages at a time."""

    def __init__(
        self, pager: Pager[M], position: ByKey, config: Config, concurrency: int, after: int | None = None
    ) -> None:
        self._pager = pager
        self._position = position
        self._config = config
        self._concurrency = concurrency
        # In descending order ids are counted backwards, so that -5 comes before -4.
        self._sign = -1 if position.is_descending else 1
        self.remaining = pager.remaining
        self._page_size = min(pager.page_size, pager.remaining or pager.page_size)
        whole = IdRange(None if after is None else after * self._sign, self._last())
        self._ranges = Ranges(whole, self._page_size, -1 if position.is_descending else INT64_MAX)
        self._pacing = Pacing(_Limits(concurrency), config)
        # Each success allows one more, so that a short list costs few needless requests.
        self._pacing.window = 1
        self._rows: dict[IdRange, list[M]] = {}
        self._errors: dict[IdRange, BaseException] = {}
        self._under_way: set[PageCall[M]] = set()

    def _last(self) -> int | None:
        """Return the last id of the partition, as it is counted here; None if it has no bound."""
        partition = self._pager.partition
        if partition is None:
            return None
        if self._sign > 0:
            return partition.until
        return None if partition.after is None else -(partition.after + 1)

    def resumed(self, received: IterationProgress) -> ConcurrentPager[M]:
        """Return a pager that begins after the rows that were received."""
        pager = ConcurrentPager(
            self._pager, self._position, self._config, self._concurrency, received.last_id
        )
        if pager.remaining is not None:
            pager.remaining -= received.rows
        return pager

    @property
    def ended(self) -> bool:
        """True if all rows were returned."""
        return self._ranges.first is None or self.remaining == 0

    @property
    def under_way(self) -> int:
        """The number of calls that have started and not finished."""
        return len(self._under_way)

    def take(self) -> list[M] | None:
        """Return the rows of the next page in order; None if it has not come. Raises its error."""
        first = self._ranges.first
        if first is not None and first in self._errors:
            raise self._errors[first]
        if first is None or first.state is not State.READ:
            return None
        rows = self._rows.pop(first)
        self._ranges.drop_first()
        if self.remaining is not None:
            rows = rows[: self.remaining]
            self.remaining -= len(rows)
        return rows

    def start(self, now: float) -> list[PageCall[M]]:
        """Return the calls that may be made now."""
        calls: list[PageCall[M]] = []
        while self._may_start(now) and (one := self._ranges.next_to_read()) is not None:
            after = None if one.after is None else one.after * self._sign
            pager = self._pager.beginning_at(self._position.beginning_after(after), self._page_size)
            request = replace(cast("Request[list[M]]", pager.next_request()), is_paced=True)
            calls.append(PageCall(one, pager, request, now))
            self._under_way.add(calls[-1])
        return calls

    def finish(self, call: PageCall[M], now: float, chance: float) -> None:
        """Take the result of a call."""
        if call not in self._under_way:
            return  # It belongs to the pager before this one.
        self._under_way.remove(call)
        if call.range not in self._ranges:
            return  # The list has ended before it.
        error = call.error
        if isinstance(error, RateLimitError) and self._pause(call, error, now, chance):
            self._ranges.put_back(call.range)
            return
        if error is None:
            try:
                self._receive(call)
            except SignTrakerError as unusable:
                error = unusable
        if error is not None:
            self._ranges.fail(call.range)
            self._errors[call.range] = error

    def wait_seconds(self, now: float) -> float | None:
        """Return the wait until a call may start; None if one must end first."""
        seconds = self._pacing.wait_seconds(self.under_way, now)
        return seconds if seconds or not self._under_way else None

    def _may_start(self, now: float) -> bool:
        if self.ended or not self._pacing.may_start(self.under_way, now):
            return False
        if cast("IdRange", self._ranges.first).state is State.WAITING:
            return True
        held = sum(1 for rows in self._rows.values() if rows)
        has_room = held + self.under_way < PAGES_AHEAD * self._concurrency
        return self._needs_more() and (has_room or self._make_room())

    def _make_room(self) -> bool:
        """Forget the page that is last in order, if one before it may be read instead.

        Otherwise pages from beyond many rows would be held while those rows are read, one page at a time.
        """
        is_needed, last = False, None
        for one in self._ranges:
            if one.state is State.FAILED:
                break
            is_needed = is_needed or one.state is State.WAITING
            if is_needed and self._rows.get(one):
                last = one
        if last is None:
            return False
        del self._rows[last]
        self._ranges.put_back(last)
        return True

    def _needs_more(self) -> bool:
        """Return whether the caller's `max_items` is more than what was received and asked for."""
        if self.remaining is None:
            return True
        received = sum(map(len, self._rows.values()))
        return received + self.under_way * self._page_size < self.remaining

    def _receive(self, call: PageCall[M]) -> None:
        rows = call.pager.received(call.rows)
        kept = self._ranges.received(call.range, [cast("Any", row).id * self._sign for row in rows])
        self._rows[call.range] = rows[:kept]
        if not rows:  # The list ends here, whatever pages of later ranges held.
            self._rows = {one: held for one, held in self._rows.items() if one in self._ranges}
        self._pacing.succeed()

    def _pause(self, call: PageCall[M], error: RateLimitError, now: float, chance: float) -> bool:
        """Let all calls wait after a 429; return False if that would take too long."""
        goes_on = self._pacing.slow_down(call.started, now, error.retry_after_seconds, chance)
        if goes_on:
            seconds = self._pacing.wait_seconds(0, now)
            _log.warning("GET %s: responded with 429; all pages wait %.2f s", call.request.path, seconds)
        return goes_on
