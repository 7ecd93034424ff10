"""List, read and create change orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from signtraker._core.body import write_request
from signtraker._core.response import ReadOne
from signtraker._lists.arguments import PAGE_SIZE, ListOptions
from signtraker._lists.listing import Listing
from signtraker.base_client import BaseClient
from signtraker.models import ChangeOrder, CreateChangeOrderRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from signtraker._lists.options import FilterOption, OrderBy, Select
    from signtraker._lists.partition import Partition
    from signtraker._lists.threads import RecordIterator
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
        """List change orders with one request. The server may return fewer than `top` asks for.

        Args:
            filter: A condition: a `ChangeOrderQ` expression, or OData text, which is sent unchanged.
            top: The maximum number of records.
            skip: The number of records to skip; give `orderby` too, so that the order is fixed.
            orderby: A field, an ordering such as `ChangeOrderQ.id.desc()`, OData text, or a list of these.
            select: The top-level fields to fetch. Reading any other field raises `NotSelectedError`.
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
        concurrency: int = 1,
        partition: Partition | None = None,
    ) -> RecordIterator[ChangeOrder]:
        """Read all change orders page by page. Each page is requested when its first record is needed.

        If the ordering consists of plain fields, each page continues after the last record by its values. So
        records that are inserted, deleted or changed in the meantime don't make others repeat or go missing.
        The iteration continues by offset instead, with a `UserWarning` that records may be missed, if the
        ordering holds an expression or text that can't be parsed, if it holds a nested field and `select` is
        given, or if the conditions for the next page would exceed the server's limits.

        Args:
            filter: As for `list_change_orders`.
            orderby: As for `list_change_orders`.
            select: As for `list_change_orders`.
            page_size: The number of records to request at once.
            max_items: The maximum number of records to read; None reads all.
            concurrency: How many pages may be read at a time, 1 to 100. More than 1 needs an ordering by the
                id, which is the default; see docs/guides/lists.md.
            partition: Only the records of this range of ids, one that `partitions` returned. Needs an
                ordering by the id.
        """
        options = ListOptions(filter, None, None, orderby, select, partition)
        return self._iterate(_CHANGE_ORDERS, options, page_size, max_items, concurrency)

    def partitions(
        self,
        n: int,
        *,
        filter: FilterOption[ChangeOrder] | None = None,  # noqa: A002 - the documented name
    ) -> tuple[Partition, ...]:
        """Split the list into ranges of ids, to read them in several processes or on several machines.

        Sends two requests, for the lowest and the highest id. Then any client reads a partition:
        `iter_change_orders(partition=…)`, with the same filter. Each record is in exactly one partition,
        also one that is created later: the first has no lower bound, and the last no upper one.

        The ids are divided evenly, so partitions hold unequal numbers of records where ids are missing. There
        are fewer than `n` if there are fewer ids, and one if there is no record.

        Args:
            n: The number of partitions, 1 to 100,000.
            filter: As for `list_change_orders`.
        """
        from signtraker._lists.read_partitions import read_partitions

        steps = read_partitions(_CHANGE_ORDERS, n, filter, self._connection.config)
        return self._run(steps)

    def get_change_order(self, change_order_id: int) -> ChangeOrder:
        """Read one change order. Raises `NotFoundError` if no record has this id."""
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
        """Create a change order from a model, a mapping or keyword arguments (National Accounts only).

        Checks the request before sending it: a `ValidationError` lists every mistake. Sends it once: an
        `UnconfirmedWriteError` means that it may have been created.

        Args:
            change_order: The change order, as a model or a mapping; or give its fields as keyword arguments.
            extra_fields: Fields that the models don't define yet, by their API names; they are not checked.
            **fields: The fields of `CreateChangeOrderRequest`:
            install_id: The id of the `Order` whose sign is worked on. Required.
            preset_id: The id of an `OrderPreset`: the kind of work. Required.
            override_price_limit: Whether the work may cost more than the tenant's price limit. Required.
            notes: Free text for the installer.
            due_date: The time by which the work is due. A `date` means midnight UTC.
        """
        body = (CreateChangeOrderRequest, change_order, fields, extra_fields)
        return self._send(write_request(_CHANGE_ORDERS.path, body, ReadOne(ChangeOrder), _hint))


def _hint(request: CreateChangeOrderRequest) -> str:
    when = "orderby=ChangeOrderQ.id.desc(), top=10"
    return f"check whether it is among list_change_orders({when}), for the sign of order {request.install_id}"
