"""Decide which range of ids to read next, so that several pages of a list are read side by side. No I/O.

A page is requested by the id that it begins after, and reaches as far as its last row: no row lies between
that id and the last row but those of the page. So the ids can be cut anywhere, however many rows lie between
two cuts: a range in which more rows lie than one page holds leaves a rest, which is a range as well, and a
page that goes beyond its range only repeats rows of the next ones. A guess that is wrong costs requests,
never rows.

The width of a range is guessed from the last six pages: as many ids as the one that reached least far. If
others reached more than twice as far, the ids lie in clusters; then it is as many as the page that reached
second farthest. A range that is too narrow wastes a request, and one that is too wide none.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LAST_PAGES: Final = 6


class State(Enum):
    """The state of a range's reading."""

    WAITING = "waiting"
    UNDER_WAY = "under way"
    READ = "read"
    FAILED = "failed"


@dataclass(slots=True, eq=False)
class IdRange:
    """The ids above `after`, up to `until`; None is no bound."""

    after: int | None = None
    until: int | None = None
    state: State = State.WAITING


class Ranges:
    """The ranges that are not used up yet, in ascending order. Each begins where the one before it ends."""

    def __init__(self, whole: IdRange, page_size: int, highest: int) -> None:
        self._ranges = [whole]
        self._page_size = page_size
        self._highest = highest
        self._most_rows = 0
        self._reach: dict[int, int] = {}
        """By the last id of each of the last pages: how far that page reached."""

    @property
    def first(self) -> IdRange | None:
        """The range that comes first in order; None at the end of the list."""
        return self._ranges[0] if self._ranges else None

    def next_to_read(self) -> IdRange | None:
        """Return the first range that waits, cut to the width of a page; None if there is none.

        Nothing is read beyond a range that failed.
        """
        for index, one in enumerate(self._ranges):
            if one.state is State.FAILED:
                return None
            if one.state is State.WAITING:
                self._cut(index)
                one.state = State.UNDER_WAY
                return one
        return None

    def received(self, read: IdRange, ids: Sequence[int]) -> int:
        """Take the ids of a range's page, in ascending order; return how many of them lie in the range."""
        read.state = State.READ
        index = self._ranges.index(read)
        if not ids:
            del self._ranges[index + 1 :]  # There is nothing beyond.
            read.until = None
            return 0
        self._learn(read.after, ids)
        last = ids[-1]
        if read.until is None or last < read.until:
            self._ranges.insert(index + 1, IdRange(last, read.until))
            read.until = last
        else:
            self._extend(index, last)
        return bisect_right(ids, read.until)

    def __iter__(self) -> Iterator[IdRange]:
        return iter(self._ranges)

    def fail(self, one: IdRange) -> None:
        """Read nothing from this range on."""
        one.state = State.FAILED

    def put_back(self, one: IdRange) -> None:
        """Let a range be read again."""
        one.state = State.WAITING

    def drop_first(self) -> None:
        """Forget the first range, whose rows were used."""
        del self._ranges[0]

    def _cut(self, index: int) -> None:
        """Leave the range as wide as a page probably reaches, and let the rest be a range of its own."""
        one = self._ranges[index]
        if one.after is None or not self._reach:
            return
        cut = one.after + self._width()
        if cut < (self._highest if one.until is None else one.until):
            self._ranges.insert(index + 1, IdRange(cut, one.until))
            one.until = cut

    def _width(self) -> int:
        reaches = sorted(self._reach.values())
        least, far = reaches[0], reaches[-2:][0]
        return far if far > 2 * least else least

    def _learn(self, after: int | None, ids: Sequence[int]) -> None:
        """Note how far a full page reached.

        A short page may be the last one, or the server's pages may be shorter than was asked for. Pages that
        end with the same row count once: they only began at several places of the same gap.
        """
        is_first, is_full = self._most_rows == 0, len(ids) >= self._most_rows
        self._most_rows = max(self._most_rows, len(ids))
        if len(ids) < self._page_size and (is_first or not is_full):
            return
        last = ids[-1]
        reach = last - (ids[0] - 1 if after is None else after)
        self._reach[last] = min(reach, self._reach.get(last, reach))
        while len(self._reach) > _LAST_PAGES:
            del self._reach[next(iter(self._reach))]

    def _extend(self, index: int, last: int) -> None:
        """Let ranges that wait begin behind the last row of a page that goes beyond its range.

        The range before such a one is read anyway: its page reaches as far, or leaves a rest.
        """
        read = self._ranges[index]
        for before, one in pairwise(self._ranges[index:]):
            is_open = before is read or before.state is State.UNDER_WAY
            if one.state is State.WAITING and is_open and one.after is not None and one.after < last:
                before.until = one.after = last if one.until is None else min(last, one.until)
        self._ranges = [one for one in self._ranges if one.after is None or one.after != one.until]
