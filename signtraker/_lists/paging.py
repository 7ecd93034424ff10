"""Reading a whole list page by page: where the next page starts, when it ends, and what may not be trusted.

The server gives no next link and no total, and may cap a page without a sign, so a short page means nothing:
only an empty one is the end. Without an ordering the walk goes by key (`Id gt last`), which rows inserted
meanwhile can't disturb. With one it goes by offset, which they can: a row that was seen is not given again.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

from signtraker._common.integers import INT32_MAX, INT64_MAX
from signtraker._lists.options import orderby_text
from signtraker.exceptions import Exchange, NotSelectedError, UnreadableResponseError
from signtraker.query import Filter
from signtraker.query.nodes import Comparison, Literal, Path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signtraker._core.config import Config
    from signtraker._core.request import Pairs, Request
    from signtraker._lists.listing import Listing
    from signtraker._lists.options import ListOptions
    from signtraker.models import ResponseModel
    from signtraker.query import ODataVersion

PAGE_SIZE = 100
_CHUNK = 64
_BY_ID = re.compile(r"(?:^|,)\s*Id(?:\s+(?:asc|desc))?\s*(?:,|$)")


class SeenIds:
    """A set of ids that stays small where they lie close together: one bit each."""

    def __init__(self) -> None:
        self._chunks: dict[int, int] = {}

    def add(self, number: int) -> bool:
        """Add an id; return whether it is new."""
        chunk, bit = divmod(number, _CHUNK)
        before = self._chunks.get(chunk, 0)
        self._chunks[chunk] = after = before | 1 << bit
        return after != before


class _Record(Protocol):
    @property
    def id(self) -> int: ...


M = TypeVar("M", bound="ResponseModel")


class ByKey:
    """Where a walk without an ordering stands: behind the largest id so far."""

    def __init__(self, entity: str, version: ODataVersion, last: int | None = None) -> None:
        self._entity = entity
        self._version: ODataVersion = version
        self._last = last

    def last_position(self) -> ByKey:
        """Return where the walk may come to stand, for the longest request that it may need."""
        return ByKey(self._entity, self._version, INT64_MAX)

    def page(self, options: ListOptions, size: int) -> ListOptions:
        """Return the options of the next page."""
        return replace(options, top=size, orderby="Id", filter=self._filter(options.filter))

    def _filter(self, given: object) -> object:
        if self._last is None:
            return given
        behind: Filter[Any] = Filter(Comparison("gt", Path(("Id",)), Literal(self._last)), self._entity)
        if given is None:
            return behind
        # The caller's own text may be anything, so it goes into parentheses and stays text.
        return (
            f"({given}) and {behind.render(self._version)}"
            if isinstance(given, str)
            else cast("Filter[Any]", given) & behind
        )

    def new_rows(self, rows: Sequence[_Record]) -> Sequence[_Record]:
        """Return the rows of a page that are new: all of them, or the server did not do what it was asked."""
        for row in rows:
            if self._last is not None and row.id <= self._last:
                raise _StuckError(f"Id {row.id} came after Id {self._last}: it ignores $filter or $orderby")
            self._last = row.id
        return rows


class ByOffset:
    """Where a walk with an ordering stands: behind as many rows as were received."""

    def __init__(self, orderby: str, received: int = 0) -> None:
        self._orderby = orderby if _BY_ID.search(orderby) else f"{orderby},Id"
        self._received = received
        self._seen = SeenIds()

    def last_position(self) -> ByOffset:
        """Return where the walk may come to stand, for the longest request that it may need."""
        return ByOffset(self._orderby, INT32_MAX)

    def page(self, options: ListOptions, size: int) -> ListOptions:
        """Return the options of the next page."""
        return replace(options, top=size, skip=self._received, orderby=self._orderby)

    def new_rows(self, rows: Sequence[_Record]) -> Sequence[_Record]:
        """Return the rows that were not given before; rows inserted meanwhile push others into view again."""
        fresh = [row for row in rows if self._seen.add(row.id)]
        if not fresh:
            raise _StuckError(
                f"all of a page came before, from Id {rows[0].id}: it ignores $skip, or rows arrive faster "
                "than they are read"
            )
        self._received += len(rows)
        return fresh


class _StuckError(Exception):
    """The server's pages can't be put together; the text says what it did."""


class Pager(Generic[M]):
    """A list being read page by page: what to ask for next, and which rows of the answer to give on."""

    def __init__(
        self,
        listing: Listing[M],
        options: ListOptions,
        config: Config,
        extra_params: Pairs,
        *,
        page_size: int,
        max_items: int | None,
    ) -> None:
        entity, version = listing.model.__name__, config.odata_version
        if options.orderby is None:
            self._position: ByKey | ByOffset = ByKey(entity, version)
        else:
            self._position = ByOffset(orderby_text(options.orderby, entity, version, config.query_limits))
        self._config = config
        self._listing = listing
        self._options = options
        self._own = extra_params
        self._page_size = page_size
        self._remaining = max_items
        self._ended = False
        self._url = ""

    def check(self) -> None:
        """Raise `ValidationError` now for what could not be sent now or on a later page."""
        for position in (self._position, self._position.last_position()):
            self._listing.request(position.page(self._options, self._page_size), self._config, self._own)

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to ask for."""
        return self._ended or self._remaining == 0

    def next_request(self) -> Request[list[M]] | None:
        """Return the request for the next page; None at the end."""
        if self.ended:
            return None
        size = self._page_size if self._remaining is None else min(self._page_size, self._remaining)
        options = self._position.page(self._options, size)
        request = self._listing.request(options, self._config, self._own)
        self._url = f"{self._config.base_url}{request.target}"
        return request

    def received(self, rows: list[M]) -> list[M]:
        """Take the rows of that page; return those that the caller has not had yet."""
        self._ended = not rows
        try:
            fresh = cast("list[M]", self._position.new_rows(cast("list[Any]", rows))) if rows else rows
        except _StuckError as stuck:
            raise self._unreadable(str(stuck), rows) from None
        except NotSelectedError:
            raise self._unreadable("it left out the Id", rows) from None
        if self._remaining is not None:
            fresh = fresh[: self._remaining]
            self._remaining -= len(fresh)
        return fresh

    def _unreadable(self, what: str, rows: list[M]) -> UnreadableResponseError:
        return UnreadableResponseError(
            f"The server's pages of {self._listing.path} can't be put together: {what}",
            exchange=Exchange("GET", self._url),
            partial=rows,
            outcome="did_not_happen",
        )
