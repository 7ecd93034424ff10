"""Sign orders: list, read and create them, and ask for a sign's removal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from signtraker._core.body import validated, write_request
from signtraker._core.request import before_sending
from signtraker._core.response import ReadOne
from signtraker._lists.find_created import created_candidates
from signtraker._lists.listing import Listing
from signtraker._lists.options import ListOptions, checked_id
from signtraker._lists.paging import PAGE_SIZE
from signtraker.base_client import BaseClient
from signtraker.models import (
    CreateOrderRequest,
    CreateOrderResult,
    Order,
    RemovalRequest,
    RemovalResult,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from typing import Unpack

    from signtraker._lists.find_created import CreatedCandidate
    from signtraker._lists.options import FilterOption, OrderBy, Select
    from signtraker.models._payloads import CreateOrderDict, RemovalDict

_ORDERS = Listing("/api/orders", Order)


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
        return self._list(_ORDERS, ListOptions(filter, top, skip, orderby, select))

    def iter_orders(
        self,
        *,
        filter: FilterOption[Order] | None = None,  # noqa: A002 - the documented name
        orderby: OrderBy[Order] | None = None,
        select: Select[Order] | None = None,
        page_size: int = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Iterator[Order]:
        """Read all orders, page by page, each page when its first row is wanted.

        It goes by key in every ordering of plain fields: rows that are inserted, removed or changed meanwhile
        neither repeat nor hide others. An ordering by an expression, by unreadable text, by a nested field
        beside `select`, or one whose conditions go beyond the server's limits goes by offset instead, and
        gives a `UserWarning`: rows that leave the filter meanwhile may then hide others.

        Args:
            filter: As for `list_orders`.
            orderby: As for `list_orders`.
            select: As for `list_orders`.
            page_size: How many to ask for at once.
            max_items: How many to read at most.
        """
        return self._iterate(_ORDERS, ListOptions(filter, None, None, orderby, select), page_size, max_items)

    def get_order(self, order_id: int) -> Order:
        """Read one order; raises `NotFoundError` if there is none with this id."""
        return self._send(_ORDERS.record("order_id", order_id))

    @overload
    def create_order(
        self,
        order: CreateOrderRequest | CreateOrderDict | Mapping[str, object],
        *,
        extra_fields: Mapping[str, object] | None = None,
    ) -> CreateOrderResult: ...
    @overload
    def create_order(
        self,
        *,
        extra_fields: Mapping[str, object] | None = None,
        **fields: Unpack[CreateOrderDict],
    ) -> CreateOrderResult: ...
    def create_order(
        self,
        order: CreateOrderRequest | CreateOrderDict | Mapping[str, object] | None = None,
        *,
        extra_fields: Mapping[str, object] | None = None,
        **fields: Any,
    ) -> CreateOrderResult:
        """Create an order, given as a model, a mapping or keyword arguments (National Accounts only).

        It is checked whole before anything is sent: a `ValidationError` lists every mistake. It is sent
        once; an `UnconfirmedWriteError` means that it may have been created.

        `extra_fields` holds fields that the models don't know yet, by their API names. They are sent as they
        are.
        """
        body = (CreateOrderRequest, order, fields, extra_fields)
        return self._send(write_request(_ORDERS.path, body, ReadOne(CreateOrderResult), _order_hint))

    def find_created(
        self, order: CreateOrderRequest | CreateOrderDict | Mapping[str, object], *, since: datetime
    ) -> list[CreatedCandidate]:
        """Look for the order that a doubtful creation may have made; the most alike come first.

        The server has no key that would tell for certain: compare the candidates before you repeat anything.
        No candidate is no proof either, as long as the server may still be at work on the request.

        Args:
            order: The request whose creation is in doubt.
            since: The moment before it was sent, by the server's clock; a few minutes earlier do no harm.
        """
        with before_sending("GET", _ORDERS.path):
            request = validated(CreateOrderRequest, order, {}, "Not valid")
        return self._run(created_candidates(_ORDERS, request, since, self._connection.config))

    @overload
    def request_removal(
        self,
        order_id: int,
        removal_request: RemovalRequest | RemovalDict | Mapping[str, object] | None = None,
        *,
        extra_fields: Mapping[str, object] | None = None,
    ) -> RemovalResult: ...
    @overload
    def request_removal(
        self,
        order_id: int,
        *,
        extra_fields: Mapping[str, object] | None = None,
        **fields: Unpack[RemovalDict],
    ) -> RemovalResult: ...
    def request_removal(
        self,
        order_id: int,
        removal_request: RemovalRequest | RemovalDict | Mapping[str, object] | None = None,
        *,
        extra_fields: Mapping[str, object] | None = None,
        **fields: Any,
    ) -> RemovalResult:
        """Ask for the removal of an order's sign; nothing but the order's id is required."""
        path = f"{_ORDERS.path}/{{order_id}}/requestremoval"
        with before_sending("POST", path):
            number = checked_id("order_id", order_id)
        return self._send(
            write_request(
                path.format(order_id=number),
                (RemovalRequest, removal_request, fields, extra_fields),
                ReadOne(RemovalResult),
                lambda _: f"see get_order({number}).removal_request_date",
            )
        )


def _order_hint(request: CreateOrderRequest) -> str:
    """Say how to find the order of one request, apart from others that were sent at the same time."""
    where = f"(Q.agent.id == {request.agent_id})"
    if request.listing_number:
        where += f" & (Q.job_site.listing_number == {request.listing_number!r})"
    elif request.street_name:
        where += f" & (Q.job_site.street_name == {request.street_name!r})"
    return f"see find_created(…), or list_orders(filter={where}, orderby=Q.id.desc(), top=10)"
