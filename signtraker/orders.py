"""List, read and create sign orders, and request the removal of a sign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from signtraker._core.body import validated, write_request
from signtraker._core.request import before_sending
from signtraker._core.response import ReadOne
from signtraker._lists.arguments import PAGE_SIZE, ListOptions, checked_id
from signtraker._lists.listing import Listing
from signtraker.base_client import BaseClient
from signtraker.models import (
    CreateOrderRequest,
    CreateOrderResult,
    Order,
    RemovalRequest,
    RemovalResult,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from os import PathLike
    from typing import Unpack

    from signtraker._bulk.outcome import BulkProgress
    from signtraker._bulk.plan import UnknownPolicy
    from signtraker._bulk.removals import OrderRemoval
    from signtraker._bulk.threads import BulkRun
    from signtraker._core.request import Request
    from signtraker._lists.find_created import CreatedCandidate
    from signtraker._lists.options import FilterOption, OrderBy, Select
    from signtraker._lists.partition import Partition
    from signtraker._lists.threads import RecordIterator
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
        """List orders with one request. The server may return fewer than `top` asks for.

        Args:
            filter: A condition: `Q.status == "Draft"`, or OData text, which is sent unchanged.
            top: The maximum number of records.
            skip: The number of records to skip; give `orderby` too, so that the order is fixed.
            orderby: A field, an ordering such as `Q.created.desc()`, OData text, or a list of these.
            select: The top-level fields to fetch. Reading any other field raises `NotSelectedError`.
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
        concurrency: int = 1,
        partition: Partition | None = None,
    ) -> RecordIterator[Order]:
        """Read all orders page by page. Each page is requested when its first record is needed.

        If the ordering consists of plain fields, each page continues after the last record by its values. So
        records that are inserted, deleted or changed in the meantime don't make others repeat or go missing.
        The iteration continues by offset instead, with a `UserWarning` that records may be missed, if the
        ordering holds an expression or text that can't be parsed, if it holds a nested field and `select` is
        given, or if the conditions for the next page would exceed the server's limits.

        Args:
            filter: As for `list_orders`.
            orderby: As for `list_orders`.
            select: As for `list_orders`.
            page_size: The number of records to request at once.
            max_items: The maximum number of records to read; None reads all.
            concurrency: How many pages may be read at a time, 1 to 100. More than 1 needs an ordering by the
                id, which is the default; see docs/guides/lists.md.
            partition: Only the records of this range of ids, one that `partitions` returned. Needs an
                ordering by the id.
        """
        options = ListOptions(filter, None, None, orderby, select, partition)
        return self._iterate(_ORDERS, options, page_size, max_items, concurrency)

    def partitions(
        self,
        n: int,
        *,
        filter: FilterOption[Order] | None = None,  # noqa: A002 - the documented name
    ) -> tuple[Partition, ...]:
        """Split the list into ranges of ids, to read them in several processes or on several machines.

        Sends two requests, for the lowest and the highest id. Then any client reads a partition:
        `iter_orders(partition=…)`, with the same filter. Each record is in exactly one partition,
        also one that is created later: the first has no lower bound, and the last no upper one.

        The ids are divided evenly, so partitions hold unequal numbers of records where ids are missing. There
        are fewer than `n` if there are fewer ids, and one if there is no record.

        Args:
            n: The number of partitions, 1 to 100,000.
            filter: As for `list_orders`.
        """
        from signtraker._lists.read_partitions import read_partitions

        steps = read_partitions(_ORDERS, n, filter, self._connection.config)
        return self._run(steps)

    def get_order(self, order_id: int) -> Order:
        """Read one order. Raises `NotFoundError` if no record has this id."""
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
        """Create an order from a model, a mapping or keyword arguments (National Accounts only).

        Checks the request before sending it: a `ValidationError` lists every mistake. Sends it once: an
        `UnconfirmedWriteError` means that it may have been created.

        Args:
            order: The order, as a model or a mapping; or give its fields as keyword arguments.
            extra_fields: Fields that the models don't define yet, by their API names; they are not checked.
            **fields: The fields of `CreateOrderRequest`:
            agent_id: The id of the agent who orders. Required.
            preset_id: The id of an `OrderPreset`: the kind of sign and post. Required.
            street_number: The house number.
            street_name: The street without the house number.
            city: The name of the city, without the state.
            state: The state or province, for example `UT`.
            zip: The postal code.
            apartment: The apartment or unit.
            directions: Directions to the place.
            listing_number: The number of the listing in the MLS.
            external_id: The caller's own identifier. The server does not return it on an `Order`.
            due_date: The time by which the sign is due. A `date` means midnight UTC.
            notes: Free text for the installer.
        """
        body = (CreateOrderRequest, order, fields, extra_fields)
        return self._send(write_request(_ORDERS.path, body, ReadOne(CreateOrderResult), _order_hint))

    def find_created(
        self, order: CreateOrderRequest | CreateOrderDict | Mapping[str, object], *, since: datetime
    ) -> list[CreatedCandidate]:
        """Search for the order that an unconfirmed request may have created; return the best matches first.

        The API has no idempotency key, so a match is not certain: compare the candidates before you send the
        request again. An empty list is not certain either, because the server may still be working on it.

        Args:
            order: The request that may have created an order.
            since: A time before the request was sent, by the server's clock, with a time zone. A time that is
                a few minutes too early is fine.
        """
        with before_sending("GET", _ORDERS.path):
            request = validated(CreateOrderRequest, order, {}, "Not valid")
        from signtraker._lists.find_created import created_candidates

        return self._run(created_candidates(_ORDERS, request, since, self._connection.config))

    def create_orders(
        self,
        requests: Iterable[CreateOrderRequest | CreateOrderDict | Mapping[str, object]],
        *,
        journal: str | PathLike[str] | None = None,
        max_concurrency: int = 8,
        max_per_second: float | None = None,
        allow_identical: bool = False,
        unknown: UnknownPolicy = "leave",
        grace_seconds: float = 900.0,
        decided: Mapping[str, int] | None = None,
        progress: Callable[[BulkProgress], object] | None = None,
    ) -> BulkRun[CreateOrderRequest, CreateOrderResult]:
        """Prepare the creation of many orders; to send them, iterate the run or call its `run()`.

        By default each request is sent *at most once* where it may have been processed; what is unknown is
        left for a human, with its candidates (`find_created`). *Adopt* (take the one match that no other row
        claims, when no equal request is in the batch) and *resend* (when there is none after a grace time)
        are opt-in. Exactly once then holds if accepted orders become listable with matching fields within the
        grace time, nothing is executed later, and nobody else orders the same.

        With a journal, make the same call again after any interruption, `kill -9` included: it goes on. What
        was refused or not sent is sent again, the rest is not. A request is known again by its
        `external_id`, else by its content; never by its position. Give each an
        `external_id`: without one, an edited request is another one. More in docs/guides/many_orders.md.

        Args:
            requests: The orders, as models or mappings; all are checked before anything is sent.
            journal: The path of a file that remembers what was sent; it is made if it is missing. Without
                one, nothing is known of the run after the process has ended.
            max_concurrency: How many requests may be under way at a time, 1 to 100.
            max_per_second: How many requests may start in a second; None for no limit.
            allow_identical: Whether equal requests without an `external_id` are meant, each as an order.
            unknown: What becomes of requests that may have been processed: `"leave"`, `"adopt"`, or
                `"resend"`, which adopts where it can.
            grace_seconds: How long to wait for an accepted order to become listable, from the end of the
                attempt. `"adopt"` and `"resend"` wait for it at the end of the run.
            decided: The orders that you found out to be the results of unknown requests: their ids, by
                `external_id`. These rows count as created, and are not sent.
            progress: Called with the numbers so far before each outcome.

        Raises:
            ValidationError: It lists the mistakes of all requests, such as `requests[3].zip`.
        """
        from signtraker._bulk.orders import order_creation
        from signtraker._bulk.plan import Options, make_plan
        from signtraker._bulk.threads import BulkRun

        options = Options(journal, max_concurrency, max_per_second, unknown, grace_seconds, progress)
        config = self._connection.config
        operation = order_creation(_ORDERS, _order_hint)
        plan = make_plan(
            operation, requests, config, options, allow_identical=allow_identical, decided=decided
        )
        sender = self.with_options(resend_on_429=False)  # The run itself waits, for all of its requests.
        return BulkRun(plan, sender._run, sender.record)  # noqa: SLF001 - its own class

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
        """Request the removal of an order's sign. Only the order's id is required.

        Args:
            order_id: The id of the order whose sign is to be removed.
            removal_request: The wishes, as a model or a mapping; or give them as keyword arguments.
            extra_fields: Fields that the models don't define yet, by their API names; they are not checked.
            **fields: The fields of `RemovalRequest`:
            due_date: The time by which the sign is to be removed. A `date` means midnight UTC.
            notes: Free text for the installer.
        """
        return self._send(_removal(order_id, removal_request, fields, extra_fields))

    def request_removals(
        self,
        removals: Iterable[
            int
            | tuple[int, RemovalRequest | RemovalDict | Mapping[str, object]]
            | OrderRemoval
            | Mapping[str, object]
        ],
        *,
        journal: str | PathLike[str] | None = None,
        max_concurrency: int = 8,
        max_per_second: float | None = None,
        unknown: UnknownPolicy = "leave",
        grace_seconds: float = 900.0,
        progress: Callable[[BulkProgress], object] | None = None,
    ) -> BulkRun[OrderRemoval, RemovalResult]:
        """Prepare the removal of many orders' signs; to send them, iterate the run or call its `run()`.

        The promise and the options are those of `create_orders`. A request is known by its order's id. What
        is in doubt is searched for in `get_order(…).removal_request_date`: a date since the request was sent
        is a match. A removal that the server took is `"accepted"`.

        Args:
            removals: The ids of orders; pairs of an id and a `RemovalRequest`; or mappings with `order_id`
                and the fields of a `RemovalRequest`.
            journal: As for `create_orders`.
            max_concurrency: As for `create_orders`.
            max_per_second: As for `create_orders`.
            unknown: As for `create_orders`.
            grace_seconds: As for `create_orders`.
            progress: As for `create_orders`.

        Raises:
            ValidationError: It lists the mistakes of all requests, such as `removals[3].due_date`.
        """
        from signtraker._bulk.plan import Options, make_plan
        from signtraker._bulk.removals import removal_requests
        from signtraker._bulk.threads import BulkRun

        options = Options(journal, max_concurrency, max_per_second, unknown, grace_seconds, progress)
        operation = removal_requests(_ORDERS, _removal)
        plan = make_plan(operation, removals, self._connection.config, options)
        sender = self.with_options(resend_on_429=False)  # The run itself waits, for all of its requests.
        return BulkRun(plan, sender._run, sender.record)  # noqa: SLF001 - its own class


def _removal(
    order_id: int,
    removal_request: object,
    fields: Mapping[str, object] | None = None,
    extra_fields: Mapping[str, object] | None = None,
) -> Request[RemovalResult]:
    path = f"{_ORDERS.path}/{{order_id}}/requestremoval"
    with before_sending("POST", path):
        number = checked_id("order_id", order_id)
    return write_request(
        path.format(order_id=number),
        (RemovalRequest, removal_request, fields or {}, extra_fields),
        ReadOne(RemovalResult),
        lambda _: f"check get_order({number}).removal_request_date",
        route=f"{_ORDERS.path}/{{id}}/requestremoval",
    )


def _order_hint(request: CreateOrderRequest) -> str:
    """Return the advice for finding the order of this request, even if others were sent at the same time."""
    where = f"(Q.agent.id == {request.agent_id})"
    if request.listing_number:
        where += f" & (Q.job_site.listing_number == {request.listing_number!r})"
    elif request.street_name:
        where += f" & (Q.job_site.street_name == {request.street_name!r})"
    return f"check find_created(…), or list_orders(filter={where}, orderby=Q.id.desc(), top=10)"
