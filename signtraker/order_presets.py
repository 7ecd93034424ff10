"""Order presets: list what an order may consist of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signtraker._lists.listing import Listing
from signtraker._lists.options import ListOptions
from signtraker._lists.paging import PAGE_SIZE
from signtraker.base_client import BaseClient
from signtraker.models import OrderPreset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signtraker._lists.options import FilterOption, OrderBy, Select

_ORDER_PRESETS = Listing("/api/orderpresets", OrderPreset)


class OrderPresetsClient(BaseClient):
    """The order presets of a tenant (National Accounts only); also reached as `client.order_presets`."""

    def list_order_presets(
        self,
        *,
        filter: FilterOption[OrderPreset] | None = None,  # noqa: A002 - the documented name
        top: int | None = None,
        skip: int | None = None,
        orderby: OrderBy[OrderPreset] | None = None,
        select: Select[OrderPreset] | None = None,
    ) -> list[OrderPreset]:
        """List order presets, as many as the server gives at once.

        Args:
            filter: Which order presets: an `OrderPresetQ` expression, or OData text, which is sent as it is.
            top: How many at most.
            skip: How many to leave out first; give an `orderby` along with it.
            orderby: A field, an ordering like `OrderPresetQ.id.desc()`, OData text, or a sequence of these.
            select: The top-level fields to fetch; reading another one then raises `NotSelectedError`.
        """
        return self._list(_ORDER_PRESETS, ListOptions(filter, top, skip, orderby, select))

    def iter_order_presets(
        self,
        *,
        filter: FilterOption[OrderPreset] | None = None,  # noqa: A002 - the documented name
        orderby: OrderBy[OrderPreset] | None = None,
        select: Select[OrderPreset] | None = None,
        page_size: int = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Iterator[OrderPreset]:
        """Read all order presets, page by page, each page when its first row is wanted.

        It goes by key in every ordering of plain fields: rows that are inserted, removed or changed meanwhile
        neither repeat nor hide others. An ordering by an expression, by unreadable text, by a nested field
        beside `select`, or one whose conditions go beyond the server's limits goes by offset instead, and
        gives a `UserWarning`: rows that leave the filter meanwhile may then hide others.

        Args:
            filter: As for `list_order_presets`.
            orderby: As for `list_order_presets`.
            select: As for `list_order_presets`.
            page_size: How many to ask for at once.
            max_items: How many to read at most.
        """
        options = ListOptions(filter, None, None, orderby, select)
        return self._iterate(_ORDER_PRESETS, options, page_size, max_items)
