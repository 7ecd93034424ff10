"""Services: list, read and create them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from signtraker._core.body import write_request
from signtraker._core.response import ReadList
from signtraker._lists.listing import Listing
from signtraker._lists.options import ListOptions
from signtraker._lists.paging import PAGE_SIZE
from signtraker.base_client import BaseClient
from signtraker.models import CreateServiceRequest, ServiceOrder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Unpack

    from signtraker._lists.options import FilterOption, OrderBy, Select
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
        """List services, as many as the server gives at once.

        Args:
            filter: Which services: a `ServiceQ` expression, or OData text, which is sent as it is.
            top: How many at most.
            skip: How many to leave out first; give an `orderby` along with it.
            orderby: A field, an ordering like `ServiceQ.id.desc()`, OData text, or a sequence of these.
            select: The top-level fields to fetch; reading another one then raises `NotSelectedError`.
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
    ) -> Iterator[ServiceOrder]:
        """Read all services, page by page, each page when its first row is wanted.

        It goes by key in every ordering of plain fields: rows that are inserted, removed or changed meanwhile
        neither repeat nor hide others. An ordering by an expression, by unreadable text, by a nested field
        beside `select`, or one whose conditions go beyond the server's limits goes by offset instead, and
        gives a `UserWarning`: rows that leave the filter meanwhile may then hide others.

        Args:
            filter: As for `list_services`.
            orderby: As for `list_services`.
            select: As for `list_services`.
            page_size: How many to ask for at once.
            max_items: How many to read at most.
        """
        options = ListOptions(filter, None, None, orderby, select)
        return self._iterate(_SERVICES, options, page_size, max_items)

    def get_service(self, service_id: int) -> ServiceOrder:
        """Read one service; raises `NotFoundError` if there is none with this id."""
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
        """Order a service to an installed sign, as a model, a mapping or keywords; returns the services made.

        It is checked whole before anything is sent: a `ValidationError` lists every mistake. It is sent
        once; an `UnconfirmedWriteError` means that it may have been created.

        `extra_fields` holds fields that the models don't know yet, by their API names. They are sent as they
        are.
        """
        body = (CreateServiceRequest, service, fields, extra_fields)
        return self._send(write_request(_SERVICES.path, body, ReadList(ServiceOrder), _hint))


def _hint(request: CreateServiceRequest) -> str:
    when = "orderby=ServiceQ.id.desc(), top=10"
    return f"see whether it is among list_services({when}), for the sign of order {request.install_id}"
