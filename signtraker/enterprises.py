"""Enterprises: list them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signtraker._lists.listing import Listing
from signtraker._lists.options import ListOptions
from signtraker._lists.paging import PAGE_SIZE
from signtraker.base_client import BaseClient
from signtraker.models import Enterprise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signtraker._lists.options import FilterOption, OrderBy, Select

_ENTERPRISES = Listing("/api/enterprises", Enterprise)


class EnterprisesClient(BaseClient):
    """The enterprises that a tenant serves; also reached as `client.enterprises`."""

    def list_enterprises(
        self,
        *,
        filter: FilterOption[Enterprise] | None = None,  # noqa: A002 - the documented name
        top: int | None = None,
        skip: int | None = None,
        orderby: OrderBy[Enterprise] | None = None,
        select: Select[Enterprise] | None = None,
    ) -> list[Enterprise]:
        """List enterprises, as many as the server gives at once.

        Args:
            filter: Which enterprises: an `EnterpriseQ` expression, or OData text, which is sent as it is.
            top: How many at most.
            skip: How many to leave out first; give an `orderby` along with it.
            orderby: A field, an ordering like `EnterpriseQ.id.desc()`, OData text, or a sequence of these.
            select: The top-level fields to fetch; reading another one then raises `NotSelectedError`.
        """
        return self._list(_ENTERPRISES, ListOptions(filter, top, skip, orderby, select))

    def iter_enterprises(
        self,
        *,
        filter: FilterOption[Enterprise] | None = None,  # noqa: A002 - the documented name
        orderby: OrderBy[Enterprise] | None = None,
        select: Select[Enterprise] | None = None,
        page_size: int = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Iterator[Enterprise]:
        """Read all enterprises, page by page, each page when its first row is wanted.

        It goes by key in every ordering of plain fields: rows that are inserted, removed or changed meanwhile
        neither repeat nor hide others. An ordering by an expression, by unreadable text, by a nested field
        beside `select`, or one whose conditions go beyond the server's limits goes by offset instead, and
        gives a `UserWarning`: rows that leave the filter meanwhile may then hide others.

        Args:
            filter: As for `list_enterprises`.
            orderby: As for `list_enterprises`.
            select: As for `list_enterprises`.
            page_size: How many to ask for at once.
            max_items: How many to read at most.
        """
        options = ListOptions(filter, None, None, orderby, select)
        return self._iterate(_ENTERPRISES, options, page_size, max_items)
