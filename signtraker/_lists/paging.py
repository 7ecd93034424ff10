"""Read a whole list page by page: request the next page, and return its new rows.

The server sends no next link and no total, and may return fewer rows than a page asks for. So a short page is
not the end of a list; only an empty page is. `positions.py` decides where the next page starts.
"""

from __future__ import annotations

import warnings
from collections import deque
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from signtraker._lists.positions import ByKey, ByOffset, Keys, StuckError, hidden_attributes
from signtraker.exceptions import (
    Exchange,
    IterationProgress,
    NotSelectedError,
    SignTrakerError,
    UnreadableResponseError,
)
from signtraker.models._base import delete_fields

if TYPE_CHECKING:
    from collections.abc import Generator

    from signtraker._core.config import Config
    from signtraker._core.request import Pairs, Request
    from signtraker._lists.listing import Listing
    from signtraker._lists.options import ResolvedOptions
    from signtraker._lists.partition import Partition
    from signtraker._lists.positions import Position
    from signtraker.models import ResponseModel

M = TypeVar("M", bound="ResponseModel")


class Pager(Generic[M]):
    """Read one list page by page."""

    def __init__(
        self,
        listing: Listing[M],
        options: ResolvedOptions,
        config: Config,
        extra_params: Pairs,
        position: Position,
        *,
        page_size: int,
        max_items: int | None,
        hidden: tuple[str, ...] = (),
        partition: Partition | None = None,
    ) -> None:
        self._position: Position = position
        self._config = config
        self._listing = listing
        self._options = options
        self._extra_params = extra_params
        self.page_size = page_size
        self.remaining = max_items
        self.partition = partition
        self._hidden = hidden
        self._ended = False
        self._target = ""

    @property
    def ended(self) -> bool:
        """True if there are no more pages to request."""
        return self._ended or self.remaining == 0

    @property
    def id_position(self) -> ByKey | None:
        """The position, if the list is ordered by the Id alone; then a page may begin after any id."""
        return self._position if isinstance(self._position, ByKey) and self._position.goes_by_id else None

    def beginning_at(self, position: Position, page_size: int) -> Pager[M]:
        """Return a pager of the same list that begins elsewhere, and ends with the list only."""
        pager = copy(self)
        pager._position, pager.remaining = position, None  # noqa: SLF001 - its own class
        pager.page_size = page_size
        return pager

    def next_request(self) -> Request[list[M]] | None:
        """Return the request for the next page; None at the end."""
        if self.ended:
            return None
        size = self.page_size if self.remaining is None else min(self.page_size, self.remaining)
        options = self._position.page(replace(self._options, top=size), self._config.odata_version)
        request = self._listing.page(options, self._extra_params)
        self._target = request.target
        return request

    def received(self, rows: list[M]) -> list[M]:
        """Return the rows of that page that did not come on an earlier page."""
        if not rows:
            position = self._position.rest()
            self._ended = position is None
            self._position = position or self._position
            return []
        try:
            fresh = cast("list[M]", self._position.new_rows(cast("list[Any]", rows)))
        except StuckError as stuck:
            raise self._unreadable(str(stuck), rows) from None
        except NotSelectedError as missing:
            name = "Id" if missing.field == "id" else missing.field
            raise self._unreadable(f"a row has no {name}", rows) from None
        if self.remaining is not None:
            fresh = fresh[: self.remaining]
            self.remaining -= len(fresh)
        return hide(fresh, self._hidden)

    def _unreadable(self, what: str, rows: list[M]) -> UnreadableResponseError:
        return UnreadableResponseError(
            f"The server's pages of {self._listing.path} can't be combined: {what}",
            exchange=Exchange("GET", f"{self._config.base_url}{self._target}"),
            partial=rows,
            outcome="did_not_happen",
        )


class RowBuffer(Generic[M]):
    """Buffer rows that were received and not yet returned, and count the progress."""

    def __init__(self) -> None:
        self.rows: deque[M] = deque()
        self._count = 0
        self._last: M | None = None

    @property
    def returned(self) -> IterationProgress:
        """The number of rows returned, and the id of the last one."""
        return IterationProgress(self._count, None if self._last is None else vars(self._last).get("id"))

    @property
    def received(self) -> IterationProgress:
        """The number of rows received, returned or not, and the id of the last one."""
        if not self.rows:
            return self.returned
        return IterationProgress(self._count + len(self.rows), vars(self.rows[-1]).get("id"))

    def take(self) -> M:
        """Return the next row."""
        self._last = row = self.rows.popleft()
        self._count += 1
        return row

    def take_batch(self, size: int) -> list[M]:
        """Return the next rows, `size` or as many as there are."""
        return [self.take() for _ in range(min(size, len(self.rows)))]

    @contextmanager
    def page(self) -> Generator[None]:
        """Add the progress to every error of the SDK that is raised inside the block."""
        try:
            yield
        except SignTrakerError as error:
            error.progress = self.returned
            raise


class ReadPlan:
    """Decide how to read a list in an ordering: by key or by offset, and which keys to fetch in addition."""

    def __init__(self, options: ResolvedOptions) -> None:
        self.keys: Keys | None = Keys.of(options.entity, options.orders if options.orderby else ())
        self._reason = "its ordering holds an expression, or text that can't be parsed"
        if self.keys is not None and self.keys.has_nested and options.select is not None:
            self.keys = None
            self._reason = "select drops the nested object of its ordering"
        names = ("Id",) if self.keys is None else self.keys.names
        missing = hidden_attributes(options.entity, names, options.select)
        self.hidden = tuple(one for one in missing if one != "id")
        self.options = (
            options if options.select is None else replace(options, select=_select_with_keys(options, names))
        )

    @property
    def goes_by_id(self) -> bool:
        """True if the ordering is by the Id alone, in either direction."""
        return self.keys is not None and len(self.keys.terms) == 1

    def fall_back_to_offset(self) -> None:
        """Switch to reading by offset, because conditions on the keys would exceed the server's limits."""
        self.keys, self.hidden = None, ()
        self._reason = "the conditions for its next page would exceed the server's limits"

    def position(self) -> Position:
        """Return the position before the first row."""
        return ByOffset() if self.keys is None else ByKey(self.keys)

    def longest(self, config: Config, *, page_size: int) -> ResolvedOptions:
        """Return the options of the longest query that may be needed, to check it before the first one."""
        return self.position().longest_page(replace(self.options, top=page_size), config.odata_version)

    def warn_if_rows_may_be_missed(self) -> None:
        """Warn that the iteration goes by offset; the warning shows the caller's line."""
        if self.keys is None:
            warnings.warn(
                f"This iteration goes by offset, because {self._reason}. Rows that leave the filter while it"
                " runs move the others forward, so some may be missed. Order by plain fields, or collect all"
                " rows before you change any of them.",
                UserWarning,
                stacklevel=5,
            )


def _select_with_keys(options: ResolvedOptions, names: tuple[str, ...]) -> str:
    """Return the caller's `$select` with the keys added."""
    selected = [one.strip() for one in (options.select or "").split(",")]
    missing = [] if "*" in selected else [one for one in names if one not in selected]
    return ",".join([options.select or "", *missing])


def hide(rows: list[M], attributes: tuple[str, ...]) -> list[M]:
    """Remove from rows the fields that the caller's `select` leaves out."""
    if attributes:
        for row in rows:
            delete_fields(row, attributes)
    return rows
