"""Find the lowest and the highest id of a list, to split it into partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from signtraker._common.integers import whole_number
from signtraker._lists.arguments import ListOptions, check_count
from signtraker._lists.partition import Partition, split_ids
from signtraker._lists.splitting import make_pager

if TYPE_CHECKING:
    from collections.abc import Generator

    from signtraker._core.config import Config
    from signtraker._core.request import Pairs, Request
    from signtraker._lists.listing import Listing
    from signtraker.models import ResponseModel

M = TypeVar("M", bound="ResponseModel")
MAX_PARTITIONS: Final = 100_000
"""The most partitions of a list."""


def read_partitions(
    listing: Listing[M], n: object, row_filter: object, config: Config, extra_params: Pairs = ()
) -> Generator[Request[list[M]], list[M], tuple[Partition, ...]]:
    """Yield the requests for the lowest and the highest id, and return the partitions.

    A filter that is too long for one request needs one for each of its pieces.
    """
    check_count("n", n, 1, MAX_PARTITIONS)
    ends: list[int] = []
    for orderby in ("Id", "Id desc"):
        options = ListOptions(row_filter, None, None, orderby, "Id")
        pager = make_pager(listing, options, config, extra_params, page_size=1, max_items=1)
        found: list[M] = []
        while (request := pager.next_request()) is not None:
            found += pager.received((yield request))
        if not found:
            return (Partition(),)
        ends.append(cast("Any", found[0]).id)
    return split_ids(whole_number(n) or 1, *ends)
