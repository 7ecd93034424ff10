"""A walk with a filter beyond the server's limits: in pieces, walked side by side, merged in order."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field, replace
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

from signtraker._common.integers import INT32_MAX, INT64_MAX
from signtraker._core.request import encode
from signtraker._lists.options import check_same_list, counts, is_filter, orderby_text, select_text
from signtraker._lists.paging import Pager, SeenIds
from signtraker.exceptions import NotSelectedError, Problem, ValidationError, refuse
from signtraker.query import ODataError, QueryLimitError, QueryLimits
from signtraker.query.limits import split_filter
from signtraker.query.matching import evaluate
from signtraker.query.nodes import And, Comparison, Literal, Or, Order, Path
from signtraker.query.parsing.parse import parse_orderby

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker._core.config import Config
    from signtraker._core.request import Pairs, Request
    from signtraker._lists.listing import Listing
    from signtraker._lists.options import ListOptions
    from signtraker.models import ResponseModel
    from signtraker.query import Filter
    from signtraker.query.nodes import Node

M = TypeVar("M", bound="ResponseModel")
AnyPager: TypeAlias = "Pager[M] | MergedPager[M]"
_HAS_ID = re.compile(r"(?:^|,)\s*(?:Id|\*)\s*(?:,|$)")
# What `Id gt {last}`, joined by `and` to the caller's filter, takes at most.
_KEY_NODES = 6
_KEY_BYTES = len("()%20and%20Id%20gt%20L") + len(str(INT64_MAX))
_NO_LIMITS = QueryLimits(nodes=INT64_MAX, orderings=INT64_MAX, query_bytes=INT64_MAX)


def make_pager(
    listing: Listing[M],
    options: ListOptions,
    config: Config,
    extra_params: Pairs,
    *,
    page_size: int,
    max_items: int | None,
) -> AnyPager[M]:
    """Return the walk through a whole list; raises `ValidationError` at once for what can't be sent."""
    _check(listing, options, config, page_size=page_size, max_items=max_items)
    if options.select is not None:
        names = select_text(options.select, listing.model.__name__)
        options = replace(options, select=names if _HAS_ID.search(names) else f"{names},Id")
    pieces = _split(listing, options, config, extra_params)
    pagers = [
        Pager(
            listing,
            replace(options, filter=one),
            config,
            extra_params,
            page_size=page_size,
            max_items=max_items,
        )
        for one in pieces
    ]
    for one in pagers:
        one.check()
    if len(pagers) == 1:
        return pagers[0]
    min_ids = [None if options.orderby is not None else _min_id_of(one) for one in pieces]
    open_pieces = [Piece(one, min_id) for one, min_id in zip(pagers, min_ids, strict=True)]
    return MergedPager(open_pieces, _order_key(listing, options, config), max_items)


def _check(
    listing: Listing[M],
    options: ListOptions,
    config: Config,
    *,
    page_size: int,
    max_items: int | None,
) -> None:
    """Raise one `ValidationError` for all that is wrong, but for the limits: the filter may yet be cut."""
    loose = replace(config, query_limits=_NO_LIMITS)
    checks: tuple[Callable[[], object], ...] = (
        lambda: counts(1, page_size=page_size),
        lambda: None if max_items is None else counts(0, max_items=max_items),
        lambda: listing.request(options, loose),
    )
    problems: list[Problem] = []
    for check in checks:
        try:
            check()
        except ValidationError as error:
            problems += error.problems
    refuse(problems)


def _split(
    listing: Listing[M], options: ListOptions, config: Config, extra_params: Pairs
) -> list[Filter[Any] | str | None]:
    """Return the filters that together keep what the caller's filter keeps, each within the limits."""
    whole = options.filter
    if not is_filter(whole):
        return [cast("str | None", whole)]
    check_same_list(whole, listing.model.__name__)
    by_key = options.orderby is None
    rest = replace(options, filter=None, top=INT32_MAX, skip=None if by_key else INT32_MAX)
    query = listing.request(
        replace(rest, orderby="Id" if by_key else rest.orderby), config, extra_params
    ).query
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


def _min_id_of(piece: Filter[Any] | str | None) -> int | None:
    """Return an id below which a piece has no rows, if its filter says so."""
    return _min_id(piece.node) if is_filter(piece) else None


def _min_id(node: Node) -> int | None:
    match node:
        case Comparison("eq", Path(("Id",)), Literal(int(number))):
            return number
        case Or(terms):
            min_ids = [_min_id(term) for term in terms]
            known = [one for one in min_ids if one is not None]
            return min(known) if len(known) == len(min_ids) else None
        case And(terms):
            return max((one for term in terms if (one := _min_id(term)) is not None), default=None)
        case _:
            return None


@dataclass(slots=True)
class Piece(Generic[M]):
    """One piece: its walk, and the rows of it that wait for their turn."""

    make_pager: Pager[M]
    min_id: int | None
    """An id below which it has no rows, if known: until that one's turn it need not be asked."""
    rows: deque[M] = field(default_factory=deque["M"])

    @property
    def needs_page(self) -> bool:
        return not self.rows and not self.make_pager.ended


class MergedPager(Generic[M]):
    """Several walks as one: each has at most one page waiting, and the first row in order goes first."""

    def __init__(self, open_pieces: list[Piece[M]], key: Callable[[M], Any], max_items: int | None) -> None:
        self._pieces = open_pieces
        self._key = key
        self._remaining: int | None = max_items
        self._seen = SeenIds()
        self._asked = self._pieces[0]

    def next_request(self) -> Request[list[M]] | None:
        """Return the request for the next page of the first piece that has run dry; None at the end."""
        dry = self._piece_to_fetch()
        if dry is None or self._remaining == 0:
            return None
        self._asked = dry
        return dry.make_pager.next_request()

    def received(self, rows: list[M]) -> list[M]:
        """Take the rows of that page; return those whose turn has come."""
        self._asked.rows.extend(self._asked.make_pager.received(rows))
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
            told = f"leaves out {error.field}, by which the pieces of a long filter are merged; add it"
            raise ValidationError(f"select: {told}", problems=[Problem("select", told)]) from None
        return ready

    def _first(self) -> Piece[M] | None:
        """Return the piece whose next row is the first in order."""
        waiting = [piece for piece in self._pieces if piece.rows]
        return min(waiting, key=lambda piece: self._key(piece.rows[0])) if waiting else None

    def _piece_to_fetch(self) -> Piece[M] | None:
        """Return the piece that has to be asked before the next row can be given on."""
        needs_page = [piece for piece in self._pieces if piece.needs_page]
        if not needs_page:
            return None
        lowest = min(needs_page, key=lambda piece: piece.min_id or 0)
        first = self._first()
        known = first is not None and lowest.min_id is not None
        return None if known and cast("Any", first).rows[0].id < lowest.min_id else lowest
