"""Change orders: list, read and create them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from signtraker._core.body import write_request
from signtraker._core.response import ReadOne
from signtraker._lists.listing import Listing
from signtraker._lists.options import ListOptions
from signtraker._lists.paging import PAGE_SIZE
from signtraker.base_client import BaseClient
from signtraker.models import ChangeOrder, CreateChangeOrderRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Unpack

    from signtraker._lists.options import FilterOption, OrderBy, Select
    from signtraker.models._payloads import CreateChangeOrderDict

_CHANGE_ORDERS = Listing("/api/changeorders", ChangeOrder)


class ChangeOrdersClient(BaseClient):
    """The change orders of a tenant; also reached as `client.change_orders`."""

    def list_change_orders(
        self,
        *,
        filter: FilterOption[ChangeOrder] | None = None,  # noqa: A002 - the documented name
        top: int | None = None,
        skip: int | None = None,
        orderby: OrderBy[ChangeOrder] | None = None,
        select: Select[ChangeOrder] | None = None,
    ) -> list[ChangeOrder]:
        """List change orders, as many as the server gives at once.

        Args:
            filter: Which change orders: a `ChangeOrderQ` expression, or OData text, which is sent as it is.
            top: How many at most.
            skip: How many to leave out first; give an `orderby` along with it.
            orderby: A field, an ordering like `ChangeOrderQ.id.desc()`, OData text, or a sequence of these.
            select: The top-level fields to fetch; reading another one then raises `NotSelectedError`.
        """
        return self._list(_CHANGE_ORDERS, ListOptions(filter, top, skip, orderby, select))

    def iter_change_orders(
        self,
        *,
        filter: FilterOption[ChangeOrder] | None = None,  # noqa: A002 - the documented name
        orderby: OrderBy[ChangeOrder] | None = None,
        select: Select[ChangeOrder] | None = None,
        page_size: int = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Iterator[ChangeOrder]:
        """Read all change orders, page by page, each page when its first row is wanted.

        It goes by key in every ordering of plain fields: rows that are inserted, removed or changed meanwhile
        neither repeat nor hide others. An ordering by an expression, by unreadable text, by a nested field
        beside `select`, or one whose conditions go beyond the server's limits goes by offset instead, and
        gives a `UserWarning`: rows that leave the filter meanwhile may then hide others.

        Args:
            filter: As for `list_change_orders`.
            orderby: As for `list_change_orders`.
            select: As for `list_change_orders`.
            page_size: How many to ask for at once.
            max_items: How many to read at most.
        """
        options = ListOptions(filter, None, None, orderby, select)
        return self._iterate(_CHANGE_ORDERS, options, page_size, max_items)

    def get_change_order(self, change_order_id: int) -> ChangeOrder:
        """Read one change order; raises `NotFoundError` if there is none with this id."""
        return self._send(_CHANGE_ORDERS.record("change_order_id", change_order_id))

    @overload
    def create_change_order(
        self,
        change_order: CreateChangeOrderRequest | CreateChangeOrderDict | Mapping[str, object],
        *,
        extra_fields: Mapping[str, object] | None = None,
    ) -> ChangeOrder: ...
    @overload
    def create_change_order(
        self,
        *,
        extra_fields: Mapping[str, object] | None = None,
        **fields: Unpack[CreateChangeOrderDict],
    ) -> ChangeOrder: ...
    def create_change_order(
        self,
        change_order: CreateChangeOrderRequest | CreateChangeOrderDict | Mapping[str, object] | None = None,
        *,
        extra_fields: Mapping[str, object] | None = None,
        **fields: Any,
    ) -> ChangeOrder:
        """Order a change to an installed sign, as a model, a mapping or keywords (National Accounts only).

        It is checked whole before anything is sent: a `ValidationError` lists every mistake. It is sent
        once; an `UnconfirmedWriteError` means that it may have been created.

        `extra_fields` holds fields that the models don't know yet, by their API names. They are sent as they
        are.
        """
        body = (CreateChangeOrderRequest, change_order, fields, extra_fields)
        return self._send(write_request(_CHANGE_ORDERS.path, body, ReadOne(ChangeOrder), _hint))


def _hint(request: CreateChangeOrderRequest) -> str:
    when = "orderby=ChangeOrderQ.id.desc(), top=10"
    return f"see whether it is among list_change_orders({when}), for the sign of order {request.install_id}"
