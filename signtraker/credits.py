"""Credits: list the awards that agents were given, and give one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from signtraker._core.body import write_request
from signtraker._core.response import ReadOne
from signtraker._lists.listing import Listing
from signtraker._lists.options import ListOptions, checked_id
from signtraker._lists.paging import PAGE_SIZE
from signtraker.base_client import BaseClient
from signtraker.models import Award, CreateAwardRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Unpack

    from signtraker._core.request import Pairs
    from signtraker._lists.options import FilterOption, OrderBy, Select
    from signtraker.models._payloads import CreateAwardDict

_AWARDS = Listing("/api/credits/awards", Award)


class CreditsClient(BaseClient):
    """The credits of a tenant's agents; also reached as `client.credits`."""

    def list_awards(
        self,
        *,
        awarded_to: int | None = None,
        filter: FilterOption[Award] | None = None,  # noqa: A002 - the documented name
        top: int | None = None,
        skip: int | None = None,
        orderby: OrderBy[Award] | None = None,
        select: Select[Award] | None = None,
    ) -> list[Award]:
        """List awards, as many as the server gives at once.

        Args:
            awarded_to: Only the awards of the agent with this id.
            filter: Which awards: an `AwardQ` expression, or OData text, which is sent as it is.
            top: How many at most.
            skip: How many to leave out first; give an `orderby` along with it.
            orderby: A field, an ordering like `AwardQ.id.desc()`, OData text, or a sequence of these.
            select: The top-level fields to fetch; reading another one then raises `NotSelectedError`.
        """
        return self._list(_AWARDS, ListOptions(filter, top, skip, orderby, select), _own(awarded_to))

    def iter_awards(
        self,
        *,
        awarded_to: int | None = None,
        filter: FilterOption[Award] | None = None,  # noqa: A002 - the documented name
        orderby: OrderBy[Award] | None = None,
        select: Select[Award] | None = None,
        page_size: int = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Iterator[Award]:
        """Read all awards, page by page, each page when its first row is wanted.

        It goes by key in every ordering of plain fields: rows that are inserted, removed or changed meanwhile
        neither repeat nor hide others. An ordering by an expression, by unreadable text, by a nested field
        beside `select`, or one whose conditions go beyond the server's limits goes by offset instead, and
        gives a `UserWarning`: rows that leave the filter meanwhile may then hide others.

        Args:
            awarded_to: Only the awards of the agent with this id.
            filter: As for `list_awards`.
            orderby: As for `list_awards`.
            select: As for `list_awards`.
            page_size: How many to ask for at once.
            max_items: How many to read at most.
        """
        options = ListOptions(filter, None, None, orderby, select)
        return self._iterate(_AWARDS, options, page_size, max_items, _own(awarded_to))

    @overload
    def create_award(
        self,
        award: CreateAwardRequest | CreateAwardDict | Mapping[str, object] | None = None,
        *,
        extra_fields: Mapping[str, object] | None = None,
    ) -> Award: ...
    @overload
    def create_award(
        self,
        *,
        extra_fields: Mapping[str, object] | None = None,
        **fields: Unpack[CreateAwardDict],
    ) -> Award: ...
    def create_award(
        self,
        award: CreateAwardRequest | CreateAwardDict | Mapping[str, object] | None = None,
        *,
        extra_fields: Mapping[str, object] | None = None,
        **fields: Any,
    ) -> Award:
        """Give an award, as a model, a mapping or keyword arguments.

        It is checked whole before anything is sent: a `ValidationError` lists every mistake. It is sent
        once; an `UnconfirmedWriteError` means that it may have been given.

        `extra_fields` holds fields that the models don't know yet, by their API names. They are sent as they
        are.
        """
        body = (CreateAwardRequest, award, fields, extra_fields)
        return self._send(write_request(_AWARDS.path, body, ReadOne(Award), _hint))


def _hint(request: CreateAwardRequest) -> str:
    named = "" if request.name is None else f" under the name {request.name!r}"
    return f"see whether it is among list_awards(orderby=AwardQ.id.desc(), top=10){named}"


def _own(awarded_to: int | None) -> Pairs:
    return () if awarded_to is None else (("awardedTo", str(checked_id("awarded_to", awarded_to))),)
