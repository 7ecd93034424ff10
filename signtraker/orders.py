"""Sign orders: list, read and create them, and ask for a sign's removal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signtraker._body import json_body, validated
from signtraker._options import list_query, record_id
from signtraker._reading import ReadList, ReadOne
from signtraker._request import Request
from signtraker.base_client import BaseClient
from signtraker.models import (
    CreateOrderRequest,
    CreateOrderResult,
    Order,
    RemovalRequest,
    RemovalResult,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from signtraker._options import FilterOption, OrderBy, Select
    from signtraker.models._keywords import CreateOrderKeywords, RemovalKeywords

_PATH = "/api/orders"


class OrdersClient(BaseClient):
    """The orders of a tenant; also reached as `client.orders`."""

    def list_orders(
        self,
        *,
        filter: FilterOption[Order] | None = None,  # noqa: A002 - the documented name
        top: int | None = None,
        skip: int | None = None,
        orderby: OrderBy[Order] | None = None,
        select: Select[Order] | None = None,
    ) -> list[Order]:
        """List orders, as many as the server gives at once.

        Args:
            filter: Which orders: `Q.status == "Draft"`, or OData text, which is sent as it is.
            top: How many at most.
            skip: How many to leave out first; give an `orderby` along with it.
            orderby: A field, an ordering such as `Q.created.desc()`, OData text, or a sequence of these.
            select: The top-level fields to fetch; reading another one then raises `NotSelectedError`.
        """
        query = list_query("Order", filter=filter, top=top, skip=skip, orderby=orderby, select=select)
        return self._send(Request("GET", _PATH, ReadList(Order, select is not None), query))

    def get_order(self, order_id: int) -> Order:
        """Read one order; raises `NotFoundError` if there is none with this id."""
        path = f"{_PATH}/{record_id('order_id', order_id)}"
        return self._send(Request("GET", path, ReadOne(Order)))

    def create_order(
        self,
        order: CreateOrderRequest | Mapping[str, object] | None = None,
        **fields: Unpack[CreateOrderKeywords],
    ) -> CreateOrderResult:
        """Create an order, given as a model, a mapping or keyword arguments (National Accounts only).

        It is checked whole before anything is sent: a `ValidationError` lists every mistake. It is sent
        once; an `UnconfirmedWriteError` means that it may have been created.
        """
        body = json_body(validated(CreateOrderRequest, order, fields))
        find_out = "see whether it is among list_orders(orderby=Q.id.desc(), top=10)"
        return self._send(Request("POST", _PATH, ReadOne(CreateOrderResult), body=body, find_out=find_out))

    def request_removal(
        self,
        order_id: int,
        removal: RemovalRequest | Mapping[str, object] | None = None,
        **fields: Unpack[RemovalKeywords],
    ) -> RemovalResult:
        """Ask for the removal of an order's sign; nothing but the order's id is required."""
        path = f"{_PATH}/{record_id('order_id', order_id)}/requestremoval"
        body = json_body(validated(RemovalRequest, removal, fields))
        find_out = f"see get_order({order_id}).removal_request_date"
        return self._send(Request("POST", path, ReadOne(RemovalResult), body=body, find_out=find_out))
