"""Build the pager of a whole list; split a filter that exceeds the limits, and merge the pieces in order."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

from signtraker._common.integers import INT32_MAX
from signtraker._common.short_repr import short_repr
from signtraker._core.request import encode
from signtraker._lists.arguments import MAX_CONCURRENCY, check_count
from signtraker._lists.options import FilterText, limit_problems, resolve_options
from signtraker._lists.paging import Pager, ReadPlan, hide
from signtraker._lists.partition import Partition, within
from signtraker._lists.positions import BY_ID, SeenIds
from signtraker.exceptions import NotSelectedError, Problem, QueryLimitError, ValidationError, refuse
from signtraker.query import Filter
from signtraker.query.limits import split_filter
from signtraker.query.matching import evaluate
from signtraker.query.nodes import And, Comparison, Literal, Or, Path

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker._core.config import Config
    from signtraker._core.request import Pairs, Request
    from signtraker._lists.arguments import ListOptions
    from signtraker._lists.listing import Listing
    from signtraker._lists.options import ResolvedOptions
    from signtraker.models import ResponseModel
    from signtraker.query.nodes import Node

M = TypeVar("M", bound="ResponseModel")
AnyPager: TypeAlias = "Pager[M] | MergedPager[M]"
_JOIN_NODES = 2
"""The most nodes that `and` and parentheses add when a condition is joined to the caller's filter."""


def make_pager(
    listing: Listing[M],
    options: ListOptions,
    config: Config,
    extra_params: Pairs,
    *,
    page_size: int,
    max_items: int | None,
    concurrency: int = 1,
) -> AnyPager[M]:
    """Return the pager of a whole list; raise `ValidationError` at once for options that can't be sent."""
    resolved = _resolve(
        listing, options, config, page_size=page_size, max_items=max_items, concurrency=concurrency
    )
    plan = ReadPlan(resolved)
    if concurrency > 1 and not plan.goes_by_id:
        message = "needs an ordering by the id, of which it reads several ranges; leave out one of the two"
        refuse([Problem("concurrency", message)])
    if options.partition is not None and not plan.goes_by_id:
        refuse(
            [Problem("partition", "needs an ordering by the id, of which it is a range; leave out orderby")]
        )
    try:
        pieces = _pieces(plan, config, extra_params, page_size=page_size)
    except QueryLimitError:
        if plan.keys is None or resolved.orderby is None:
            raise
        plan.fall_back_to_offset()
        pieces = _pieces(plan, config, extra_params, page_size=page_size)
    pagers = [
        Pager(
            listing,
            replace(plan.options, filter=one),
            config,
            extra_params,
            plan.position(),
            page_size=page_size,
            max_items=max_items,
            hidden=plan.hidden if len(pieces) == 1 else (),
            partition=cast("Partition | None", options.partition),
        )
        for one in pieces
    ]
    order_key = _order_key(resolved) if len(pagers) > 1 else None
    plan.warn_if_rows_may_be_missed()
    if order_key is None:
        return pagers[0]
    min_ids = [None if resolved.orderby is not None else _min_id_of(one) for one in pieces]
    parts = [Piece(one, min_id) for one, min_id in zip(pagers, min_ids, strict=True)]
    return MergedPager(parts, order_key, max_items, plan.hidden)


def _resolve(
    listing: Listing[M],
    options: ListOptions,
    config: Config,
    *,
    page_size: int,
    max_items: int | None,
    concurrency: int,
) -> ResolvedOptions:
    """Check everything except the limits; raise one `ValidationError` for all mistakes.

    The bounds of a partition become a part of the filter.
    """
    problems: list[Problem] = []
    checks: tuple[Callable[[], object], ...] = (
        lambda: check_count("page_size", page_size, 1),
        lambda: None if max_items is None else check_count("max_items", max_items, 0),
        lambda: check_count("concurrency", concurrency, 1, MAX_CONCURRENCY),
    )
    for check in checks:
        try:
            check()
        except ValidationError as error:
            problems += error.problems
    resolved: ResolvedOptions | None = None
    try:
        resolved = resolve_options(listing.entity, options, config, limited=False)
    except ValidationError as error:
        problems += error.problems
    if options.partition is not None and not isinstance(options.partition, Partition):
        message = f"must be one of those that partitions(…) returns, not {short_repr(options.partition)}"
        problems.append(Problem("partition", message))
    refuse(problems)
    whole = cast("ResolvedOptions", resolved)
    if isinstance(options.partition, Partition):
        return within(whole, options.partition, config.odata_version)
    return whole


def _pieces(
    plan: ReadPlan, config: Config, extra_params: Pairs, *, page_size: int
) -> list[FilterText | None]:
    """Split the filter so that each piece stays within the limits on every page.

    Returns the whole filter if it fits. Raises `QueryLimitError` if splitting does not help.
    """
    whole = plan.options.filter
    problems = limit_problems(plan.longest(config, page_size=page_size), config, extra_params)
    if not problems:
        return [whole]
    if whole is None or whole.tree is None or whole.is_own_text:
        refuse(problems, QueryLimitError)
    entity, version = plan.options.entity, config.odata_version
    tree = cast("FilterText", whole).tree
    # The nodes and bytes that the condition of the keys needs in addition to a piece of the filter.
    alone = replace(plan.options, filter=None, top=INT32_MAX)
    condition = plan.position().longest_page(alone, version)
    other_nodes = 0
    if condition.filter is not None and condition.filter.tree is not None:
        other_nodes = Filter[Any](condition.filter.tree, entity).cost(version) + _JOIN_NODES
    try:
        pieces = split_filter(
            Filter[Any](cast("Node", tree), entity),
            version=version,
            limits=config.query_limits,
            other_bytes=len(encode(condition.query(extra_params))) + len("&$filter=()%20and%20()"),
            other_nodes=other_nodes,
        )
    except QueryLimitError as limit:
        refuse([Problem("filter", limit.message)], QueryLimitError)
        raise
    return [FilterText(one.render(version), one.node) for one in pieces]


def _order_key(options: ResolvedOptions) -> Callable[[ResponseModel], Any]:
    """Return the sort key that merges the rows of several pieces; nulls come first (see `positions.py`)."""
    if options.orderby is not None and options.orders is None:
        message = (
            "can't be parsed, so the pieces of a long filter can't be merged; order by fields such as Q.id"
        )
        refuse([Problem("orderby", message)])
    orders = [*(options.orders or ()), BY_ID]

    def compare(left: ResponseModel, right: ResponseModel) -> int:
        for order in orders:
            values = [evaluate(order.expression, row, options.entity) for row in (left, right)]
            if values[0] != values[1]:
                first = values[0] is None or (values[1] is not None and values[0] < values[1])
                return -1 if first is not order.descending else 1
        return 0

    return cmp_to_key(compare)


def _min_id_of(piece: FilterText | None) -> int | None:
    """Return the lowest id that a piece can have, if its filter compares ids."""
    return None if piece is None or piece.tree is None else _min_id(piece.tree)


def _min_id(node: Node) -> int | None:
    match node:
        case Comparison("eq", Path(("Id",)), Literal(int(number))):
            return number
        case Or(terms):
            lowest = [_min_id(term) for term in terms]
            known = [one for one in lowest if one is not None]
            return min(known) if len(known) == len(lowest) else None
        case And(terms):
            return max((one for term in terms if (one := _min_id(term)) is not None), default=None)
        case _:
            return None


@dataclass(slots=True)
class Piece(Generic[M]):
    """One piece of the filter: its pager, and its rows that were not returned yet."""

    pager: Pager[M]
    min_id: int | None
    """The lowest id that the piece can have, if known. The piece is not requested before that id is next."""
    rows: deque[M] = field(default_factory=deque["M"])

    @property
    def needs_page(self) -> bool:
        """True if the next row of the piece is not known yet."""
        return not self.rows and not self.pager.ended


class MergedPager(Generic[M]):
    """Read several pieces as one list in order. Holds at most one page of each piece."""

    def __init__(
        self,
        pieces: list[Piece[M]],
        key: Callable[[M], Any],
        max_items: int | None,
        hidden: tuple[str, ...] = (),
    ) -> None:
        self._pieces = pieces
        self._key = key
        self._remaining: int | None = max_items
        self._hidden = hidden
        self._seen = SeenIds()
        self._asked = self._pieces[0]

    def next_request(self) -> Request[list[M]] | None:
        """Return the request for the page that is needed next; None at the end."""
        piece = self._piece_to_fetch()
        if piece is None or self._remaining == 0:
            return None
        self._asked = piece
        return piece.pager.next_request()

    def received(self, rows: list[M]) -> list[M]:
        """Add the rows of that page; return the rows that are next in order."""
        self._asked.rows.extend(self._asked.pager.received(rows))
        ready: list[M] = []
        try:
            while (
                self._remaining != 0
                and self._piece_to_fetch() is None
                and (first := self._first()) is not None
            ):
                row = first.rows.popleft()
                if self._seen.add(cast("Any", row).id):
                    ready.append(row)
                    self._remaining = None if self._remaining is None else self._remaining - 1
        except NotSelectedError as error:
            message = f"must contain {error.field}, by which the pieces of a long filter are merged; add it"
            raise ValidationError(f"select: {message}", problems=[Problem("select", message)]) from None
        return hide(ready, self._hidden)

    def _first(self) -> Piece[M] | None:
        """Return the piece whose next row comes first in order."""
        waiting = [piece for piece in self._pieces if piece.rows]
        return min(waiting, key=lambda piece: self._key(piece.rows[0])) if waiting else None

    def _piece_to_fetch(self) -> Piece[M] | None:
        """Return the piece whose next page is needed before the next row can be returned; None if none is."""
        needs_page = [piece for piece in self._pieces if piece.needs_page]
        if not needs_page:
            return None
        lowest = min(needs_page, key=lambda piece: piece.min_id or 0)
        first = self._first()
        known = first is not None and lowest.min_id is not None
        return None if known and cast("Any", first).rows[0].id < lowest.min_id else lowest
