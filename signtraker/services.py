"""List, read and create services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from signtraker._core.body import write_request
from signtraker._core.response import ReadList
from signtraker._lists.arguments import PAGE_SIZE, ListOptions
from signtraker._lists.listing import Listing
from signtraker.base_client import BaseClient
from signtraker.models import CreateServiceRequest, ServiceOrder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from signtraker._lists.options import FilterOption, OrderBy, Select
    from signtraker._lists.partition import Partition
    from signtraker._lists.threads import RecordIterator
    from signtraker.models._payloads import CreateServiceDict

_SERVICES = Listing("/api/services", ServiceOrder)


class ServicesClient(BaseClient):
    """The services of a tenant; also reached as `client.services`."""

    def list_services(
        self,
        *,
        filter: FilterOption[ServiceOrder] | None = None,  # noqa: A002 - the documented name
        top: int | None = None,
        skip: int | None = None,
        orderby: OrderBy[ServiceOrder] | None = None,
        select: Select[ServiceOrder] | None = None,
    ) -> list[ServiceOrder]:
        """List services with one request. The server may return fewer than `top` asks for.

        Args:
            filter: A condition: a `ServiceQ` expression, or OData text, which is sent unchanged.
            top: The maximum number of records.
            skip: The number of records to skip; give `orderby` too, so that the order is fixed.
            orderby: A field, an ordering such as `ServiceQ.id.desc()`, OData text, or a list of these.
            select: The top-level fields to fetch. Reading any other field raises `NotSelectedError`.
        """
        return self._list(_SERVICES, ListOptions(filter, top, skip, orderby, select))

    def iter_services(
        self,
        *,
        filter: FilterOption[ServiceOrder] | None = None,  # noqa: A002 - the documented name
        orderby: OrderBy[ServiceOrder] | None = None,
        select: Select[ServiceOrder] | None = None,
        page_size: int = PAGE_SIZE,
        max_items: int | None = None,
        concurrency: int = 1,
        partition: Partition | None = None,
    ) -> RecordIterator[ServiceOrder]:
        """Read all services page by page. Each page is requested when its first record is needed.

        If the ordering consists of plain fields, each page continues after the last record by its values. So
        records that are inserted, deleted or changed in the meantime don't make others repeat or go missing.
        The iteration continues by offset instead, with a `UserWarning` that records may be missed, if the
        ordering holds an expression or text that can't be parsed, if it holds a nested field and `select` is
        given, or if the conditions for the next page would exceed the server's limits.

        Args:
            filter: As for `list_services`.
            orderby: As for `list_services`.
            select: As for `list_services`.
            page_size: The number of records to request at once.
            max_items: The maximum number of records to read; None reads all.
            concurrency: How many pages may be read at a time, 1 to 100. More than 1 needs an ordering by the
                id, which is the default; see docs/guides/lists.md.
            partition: Only the records of this range of ids, one that `partitions` returned. Needs an
                ordering by the id.
        """
        options = ListOptions(filter, None, None, orderby, select, partition)
        return self._iterate(_SERVICES, options, page_size, max_items, concurrency)

    def partitions(
        self,
        n: int,
        *,
        filter: FilterOption[ServiceOrder] | None = None,  # noqa: A002 - the documented name
    ) -> tuple[Partition, ...]:
        """Split the list into ranges of ids, to read them in several processes or on several machines.

        Sends two requests, for the lowest and the highest id. Then any client reads a partition:
        `iter_services(partition=…)`, with the same filter. Each record is in exactly one partition,
        also one that is created later: the first has no lower bound, and the last no upper one.

        The ids are divided evenly, so partitions hold unequal numbers of records where ids are missing. There
        are fewer than `n` if there are fewer ids, and one if there is no record.

        Args:
            n: The number of partitions, 1 to 100,000.
            filter: As for `list_services`.
        """
        from signtraker._lists.read_partitions import read_partitions

        steps = read_partitions(_SERVICES, n, filter, self._connection.config)
        return self._run(steps)

    def get_service(self, service_id: int) -> ServiceOrder:
        """Read one service. Raises `NotFoundError` if no record has this id."""
        return self._send(_SERVICES.record("service_id", service_id))

    @overload
    def create_service(
        self,
        service: CreateServiceRequest | CreateServiceDict | Mapping[str, object],
        *,
        extra_fields: Mapping[str, object] | None = None,
    ) -> list[ServiceOrder]: ...
    @overload
    def create_service(
        self,
        *,
        extra_fields: Mapping[str, object] | None = None,
        **fields: Unpack[CreateServiceDict],
    ) -> list[ServiceOrder]: ...
    def create_service(
        self,
        service: CreateServiceRequest | CreateServiceDict | Mapping[str, object] | None = None,
        *,
        extra_fields: Mapping[str, object] | None = None,
        **fields: Any,
    ) -> list[ServiceOrder]:
        """Create a service from a model, a mapping or keyword arguments; return the services created.

        Checks the request before sending it: a `ValidationError` lists every mistake. Sends it once: an
        `UnconfirmedWriteError` means that it may have been created.

        Args:
            service: The service, as a model or a mapping; or give its fields as keyword arguments.
            extra_fields: Fields that the models don't define yet, by their API names; they are not checked.
            **fields: The fields of `CreateServiceRequest`:
            install_id: The id of the `Order` whose sign is worked on. Required.
            preset_id: The id of an `OrderPreset`: the kind of work. Required.
            override_price_limit: Whether the work may cost more than the tenant's price limit. Required.
            notes: Free text for the installer.
            due_date: The time by which the work is due. A `date` means midnight UTC.
        """
        body = (CreateServiceRequest, service, fields, extra_fields)
        return self._send(write_request(_SERVICES.path, body, ReadList(ServiceOrder), _hint))


def _hint(request: CreateServiceRequest) -> str:
    when = "orderby=ServiceQ.id.desc(), top=10"
    return f"check whether it is among list_services({when}), for the sign of order {request.install_id}"
