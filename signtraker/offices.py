"""Offices: list them, all or those of one enterprise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signtraker._lists.listing import Listing
from signtraker._lists.options import ListOptions, checked_id
from signtraker._lists.paging import PAGE_SIZE
from signtraker.base_client import BaseClient
from signtraker.models import Office

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signtraker._core.request import Pairs
    from signtraker._lists.options import FilterOption, OrderBy, Select

_OFFICES = Listing("/api/offices", Office)


class OfficesClient(BaseClient):
    """The real-estate offices that a tenant serves; also reached as `client.offices`."""

    def list_offices(
        self,
        *,
        enterprise_id: int | None = None,
        filter: FilterOption[Office] | None = None,  # noqa: A002 - the documented name
        top: int | None = None,
        skip: int | None = None,
        orderby: OrderBy[Office] | None = None,
        select: Select[Office] | None = None,
    ) -> list[Office]:
        """List offices, as many as the server gives at once.

        Args:
            enterprise_id: Only the offices of this enterprise.
            filter: Which offices: an `OfficeQ` expression, or OData text, which is sent as it is.
            top: How many at most.
            skip: How many to leave out first; give an `orderby` along with it.
            orderby: A field, an ordering like `OfficeQ.id.desc()`, OData text, or a sequence of these.
            select: The top-level fields to fetch; reading another one then raises `NotSelectedError`.
        """
        return self._list(_OFFICES, ListOptions(filter, top, skip, orderby, select), _own(enterprise_id))

    def iter_offices(
        self,
        *,
        enterprise_id: int | None = None,
        filter: FilterOption[Office] | None = None,  # noqa: A002 - the documented name
        orderby: OrderBy[Office] | None = None,
        select: Select[Office] | None = None,
        page_size: int = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Iterator[Office]:
        """Read all offices, page by page, each page when its first row is wanted.

        It goes by key in every ordering of plain fields: rows that are inserted, removed or changed meanwhile
        neither repeat nor hide others. An ordering by an expression, by unreadable text, by a nested field
        beside `select`, or one whose conditions go beyond the server's limits goes by offset instead, and
        gives a `UserWarning`: rows that leave the filter meanwhile may then hide others.

        Args:
            enterprise_id: Only the offices of this enterprise.
            filter: As for `list_offices`.
            orderby: As for `list_offices`.
            select: As for `list_offices`.
            page_size: How many to ask for at once.
            max_items: How many to read at most.
        """
        options = ListOptions(filter, None, None, orderby, select)
        return self._iterate(_OFFICES, options, page_size, max_items, _own(enterprise_id))


def _own(enterprise_id: int | None) -> Pairs:
    if enterprise_id is None:
        return ()
    return (("enterpriseId", str(checked_id("enterprise_id", enterprise_id))),)
