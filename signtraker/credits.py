"""List the awards of agents, and give an award."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from signtraker._core.body import write_request
from signtraker._core.response import ReadOne
from signtraker._lists.arguments import PAGE_SIZE, ListOptions, checked_id
from signtraker._lists.listing import Listing
from signtraker.base_client import BaseClient
from signtraker.models import Award, CreateAwardRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from signtraker._core.request import Pairs
    from signtraker._lists.options import FilterOption, OrderBy, Select
    from signtraker._lists.partition import Partition
    from signtraker._lists.threads import RecordIterator
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
        """List awards with one request. The server may return fewer than `top` asks for.

        Args:
            awarded_to: Only the awards of the agent with this id.
            filter: A condition: an `AwardQ` expression, or OData text, which is sent unchanged.
            top: The maximum number of records.
            skip: The number of records to skip; give `orderby` too, so that the order is fixed.
            orderby: A field, an ordering such as `AwardQ.id.desc()`, OData text, or a list of these.
            select: The top-level fields to fetch. Reading any other field raises `NotSelectedError`.
        """
        return self._list(_AWARDS, ListOptions(filter, top, skip, orderby, select), _extra_params(awarded_to))

    def iter_awards(
        self,
        *,
        awarded_to: int | None = None,
        filter: FilterOption[Award] | None = None,  # noqa: A002 - the documented name
        orderby: OrderBy[Award] | None = None,
        select: Select[Award] | None = None,
        page_size: int = PAGE_SIZE,
        max_items: int | None = None,
        concurrency: int = 1,
        partition: Partition | None = None,
    ) -> RecordIterator[Award]:
        """Read all awards page by page. Each page is requested when its first record is needed.

        If the ordering consists of plain fields, each page continues after the last record by its values. So
        records that are inserted, deleted or changed in the meantime don't make others repeat or go missing.
        The iteration continues by offset instead, with a `UserWarning` that records may be missed, if the
        ordering holds an expression or text that can't be parsed, if it holds a nested field and `select` is
        given, or if the conditions for the next page would exceed the server's limits.

        Args:
            awarded_to: Only the awards of the agent with this id.
            filter: As for `list_awards`.
            orderby: As for `list_awards`.
            select: As for `list_awards`.
            page_size: The number of records to request at once.
            max_items: The maximum number of records to read; None reads all.
            concurrency: How many pages may be read at a time, 1 to 100. More than 1 needs an ordering by the
                id, which is the default; see docs/guides/lists.md.
            partition: Only the records of this range of ids, one that `partitions` returned. Needs an
                ordering by the id.
        """
        options = ListOptions(filter, None, None, orderby, select, partition)
        return self._iterate(_AWARDS, options, page_size, max_items, concurrency, _extra_params(awarded_to))

    def partitions(
        self,
        n: int,
        *,
        awarded_to: int | None = None,
        filter: FilterOption[Award] | None = None,  # noqa: A002 - the documented name
    ) -> tuple[Partition, ...]:
        """Split the list into ranges of ids, to read them in several processes or on several machines.

        Sends two requests, for the lowest and the highest id. Then any client reads a partition:
        `iter_awards(partition=…)`, with the same filter. Each record is in exactly one partition,
        also one that is created later: the first has no lower bound, and the last no upper one.

        The ids are divided evenly, so partitions hold unequal numbers of records where ids are missing. There
        are fewer than `n` if there are fewer ids, and one if there is no record.

        Args:
            n: The number of partitions, 1 to 100,000.
            awarded_to: As for `list_awards`.
            filter: As for `list_awards`.
        """
        from signtraker._lists.read_partitions import read_partitions

        steps = read_partitions(_AWARDS, n, filter, self._connection.config, _extra_params(awarded_to))
        return self._run(steps)

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
        """Give an award, described by a model, a mapping or keyword arguments.

        Checks the request before sending it: a `ValidationError` lists every mistake. Sends it once: an
        `UnconfirmedWriteError` means that it may have been given.

        Args:
            award: The award, as a model or a mapping; or give its fields as keyword arguments.
            extra_fields: Fields that the models don't define yet, by their API names; they are not checked.
            **fields: The fields of `CreateAwardRequest`:
            name: The award's name.
            awarded_by: The person who gives the award.
            awarded_date: The time at which the award is given. A `date` means midnight UTC.
            awarded_to: The agent who receives the award.
            expiration_date: The time at which the award expires. A `date` means midnight UTC.
            total_amount: The amount, in the tenant's currency.
            remaining_amount: The amount that is left, in the tenant's currency.
            restrictions: The purposes for which the award may be spent.
        """
        body = (CreateAwardRequest, award, fields, extra_fields)
        return self._send(write_request(_AWARDS.path, body, ReadOne(Award), _hint))


def _hint(request: CreateAwardRequest) -> str:
    named = "" if request.name is None else f" under the name {request.name!r}"
    return f"check whether it is among list_awards(orderby=AwardQ.id.desc(), top=10){named}"


def _extra_params(awarded_to: int | None) -> Pairs:
    return () if awarded_to is None else (("awardedTo", str(checked_id("awarded_to", awarded_to))),)
