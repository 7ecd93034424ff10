"""A walk with a filter beyond the server's limits: in pieces, walked side by side, merged in order."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field, replace
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

from signtraker._options import check_same_list, counts, is_filter, orderby_text, refuse, select_text
from signtraker._paging import SeenIds, Walk
from signtraker._request import encode
from signtraker.exceptions import NotSelectedError, Problem, ValidationError
from signtraker.query import ODataError, QueryLimitError
from signtraker.query.limits import split_filter
from signtraker.query.match import evaluate
from signtraker.query.nodes import Order, Path
from signtraker.query.parse import parse_orderby

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker._config import Config
    from signtraker._listing import Listing
    from signtraker._options import ListOptions
    from signtraker._request import Pairs, Request
    from signtraker.models import ResponseModel
    from signtraker.query import Filter

M = TypeVar("M", bound="ResponseModel")
AnyWalk: TypeAlias = "Walk[M] | MergedWalk[M]"
_HAS_ID = re.compile(r"(?:^|,)\s*(?:Id|\*)\s*(?:,|$)")
# What `Id gt {last}`, joined by `and` to the caller's filter, takes at most.
_KEY_NODES = 6
_KEY_BYTES = len("()%20and%20Id%20gt%20L") + len(str(2**63))
_LARGEST = 2**31 - 1


def walk(
    listing: Listing[M],
    options: ListOptions,
    config: Config,
    own: Pairs,
    *,
    page_size: int,
    max_items: int | None,
) -> AnyWalk[M]:
    """Return the walk through a whole list; raises `ValidationError` at once for what can't be sent."""
    counts(1, page_size=page_size)
    counts(0, **({} if max_items is None else {"max_items": max_items}))
    if options.select is not None:
        names = select_text(options.select, listing.model.__name__)
        options = replace(options, select=names if _HAS_ID.search(names) else f"{names},Id")
    pieces = _pieces(listing, options, config, own)
    walks = [
        Walk(listing, replace(options, filter=one), config, own, page_size=page_size, max_items=max_items)
        for one in pieces
    ]
    for one in walks:
        one.check()
    if len(walks) == 1:
        return walks[0]
    return MergedWalk(walks, _order_key(listing, options, config), max_items)


def _pieces(
    listing: Listing[M], options: ListOptions, config: Config, own: Pairs
) -> list[Filter[Any] | str | None]:
    """Return the filters that together keep what the caller's filter keeps, each within the limits."""
    whole = options.filter
    if not is_filter(whole):
        return [cast("str | None", whole)]
    check_same_list(whole, listing.model.__name__)
    by_key = options.orderby is None
    rest = replace(options, filter=None, top=_LARGEST, skip=None if by_key else _LARGEST)
    query = listing.request(replace(rest, orderby="Id" if by_key else rest.orderby), config, own).query
    try:
        return [
            *split_filter(
                whole,
                version=config.odata_version,
                limits=config.query_limits,
                other_bytes=len(f"{encode(query)},Id&$filter=") + (_KEY_BYTES if by_key else 0),
                other_nodes=_KEY_NODES if by_key else 0,
            )
        ]
    except (QueryLimitError, ODataError) as refusal:
        refuse([Problem("filter", str(refusal))])
        raise


def _order_key(listing: Listing[M], options: ListOptions, config: Config) -> Callable[[M], Any]:
    """Return what the rows of several pieces are merged by; nulls come first, as the server has them."""
    entity = listing.model.__name__
    orders = [Order(Path(("Id",)))]
    if options.orderby is not None:
        text = orderby_text(options.orderby, entity, config.odata_version, config.query_limits)
        try:
            orders = [*parse_orderby(text, entity, version=config.odata_version), *orders]
        except ODataError as error:
            refuse([Problem("orderby", f"must be readable to merge the pieces of a long filter: {error}")])

    def compare(left: M, right: M) -> int:
        for order in orders:
            values = [evaluate(order.expression, row, entity) for row in (left, right)]
            if values[0] != values[1]:
                first = values[0] is None or (values[1] is not None and values[0] < values[1])
                return -1 if first is not order.descending else 1
        return 0

    return cmp_to_key(compare)


@dataclass(slots=True)
class _Lane(Generic[M]):
    """One piece: its walk, and the rows of it that wait for their turn."""

    walk: Walk[M]
    rows: deque[M] = field(default_factory=deque["M"])

    @property
    def starved(self) -> bool:
        return not self.rows and not self.walk.ended


class MergedWalk(Generic[M]):
    """Several walks as one: each has at most one page waiting, and the first row in order goes first."""

    def __init__(self, walks: list[Walk[M]], key: Callable[[M], Any], max_items: int | None) -> None:
        self._lanes = [_Lane(one) for one in walks]
        self._key = key
        self._remaining: int | None = max_items
        self._seen = SeenIds()
        self._asked = self._lanes[0]

    def next_request(self) -> Request[list[M]] | None:
        """Return the request for the next page of the first piece that has run dry; None at the end."""
        dry = next((lane for lane in self._lanes if lane.starved), None)
        if dry is None or self._remaining == 0:
            return None
        self._asked = dry
        return dry.walk.next_request()

    def received(self, rows: list[M]) -> list[M]:
        """Take the rows of that page; return those whose turn has come."""
        self._asked.rows.extend(self._asked.walk.received(rows))
        ready: list[M] = []
        try:
            while not any(lane.starved for lane in self._lanes) and self._remaining != 0:
                waiting = [lane for lane in self._lanes if lane.rows]
                if not waiting:
                    break
                row = min(waiting, key=lambda lane: self._key(lane.rows[0])).rows.popleft()
                if self._seen.add(cast("Any", row).id):
                    ready.append(row)
                    self._remaining = None if self._remaining is None else self._remaining - 1
        except NotSelectedError as error:
            told = f"leaves out {error.field}, by which the pieces of a long filter are merged; add it"
            raise ValidationError(f"select: {told}", problems=[Problem("select", told)]) from None
        return ready
