"""List offices: all, or those of one enterprise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signtraker._lists.arguments import PAGE_SIZE, ListOptions, checked_id
from signtraker._lists.listing import Listing
from signtraker.base_client import BaseClient
from signtraker.models import Office

if TYPE_CHECKING:
    from signtraker._core.request import Pairs
    from signtraker._lists.options import FilterOption, OrderBy, Select
    from signtraker._lists.partition import Partition
    from signtraker._lists.threads import RecordIterator

_OFFICES = Listing("/api/offices", Office)


class OfficesClient(BaseClient):
    """The real-estate offices that a tenant serves; also reached as `client.offices`."""

    def list_offices(
        self,
        *,
        enterprise_id: int | None = None,
        filter: FilterOption[Office] | None = None,  # noqa: A002 - the documented name
        top: int | None = None,
        skip: int | None = None,
        orderby: OrderBy[Office] | None = None,
        select: Select[Office] | None = None,
    ) -> list[Office]:
        """List offices with one request. The server may return fewer than `top` asks for.

        Args:
            enterprise_id: Only the offices of this enterprise.
            filter: A condition: an `OfficeQ` expression, or OData text, which is sent unchanged.
            top: The maximum number of records.
            skip: The number of records to skip; give `orderby` too, so that the order is fixed.
            orderby: A field, an ordering such as `OfficeQ.id.desc()`, OData text, or a list of these.
            select: The top-level fields to fetch. Reading any other field raises `NotSelectedError`.
        """
        return self._list(
            _OFFICES, ListOptions(filter, top, skip, orderby, select), _extra_params(enterprise_id)
        )

    def iter_offices(
        self,
        *,
        enterprise_id: int | None = None,
        filter: FilterOption[Office] | None = None,  # noqa: A002 - the documented name
        orderby: OrderBy[Office] | None = None,
        select: Select[Office] | None = None,
        page_size: int = PAGE_SIZE,
        max_items: int | None = None,
        concurrency: int = 1,
        partition: Partition | None = None,
    ) -> RecordIterator[Office]:
        """Read all offices page by page. Each page is requested when its first record is needed.

        If the ordering consists of plain fields, each page continues after the last record by its values. So
        records that are inserted, deleted or changed in the meantime don't make others repeat or go missing.
        The iteration continues by offset instead, with a `UserWarning` that records may be missed, if the
        ordering holds an expression or text that can't be parsed, if it holds a nested field and `select` is
        given, or if the conditions for the next page would exceed the server's limits.

        Args:
            enterprise_id: Only the offices of this enterprise.
            filter: As for `list_offices`.
            orderby: As for `list_offices`.
            select: As for `list_offices`.
            page_size: The number of records to request at once.
            max_items: The maximum number of records to read; None reads all.
            concurrency: How many pages may be read at a time, 1 to 100. More than 1 needs an ordering by the
                id, which is the default; see docs/guides/lists.md.
            partition: Only the records of this range of ids, one that `partitions` returned. Needs an
                ordering by the id.
        """
        options = ListOptions(filter, None, None, orderby, select, partition)
        return self._iterate(
            _OFFICES, options, page_size, max_items, concurrency, _extra_params(enterprise_id)
        )

    def partitions(
        self,
        n: int,
        *,
        enterprise_id: int | None = None,
        filter: FilterOption[Office] | None = None,  # noqa: A002 - the documented name
    ) -> tuple[Partition, ...]:
        """Split the list into ranges of ids, to read them in several processes or on several machines.

        Sends two requests, for the lowest and the highest id. Then any client reads a partition:
        `iter_offices(partition=…)`, with the same filter. Each record is in exactly one partition,
        also one that is created later: the first has no lower bound, and the last no upper one.

        The ids are divided evenly, so partitions hold unequal numbers of records where ids are missing. There
        are fewer than `n` if there are fewer ids, and one if there is no record.

        Args:
            n: The number of partitions, 1 to 100,000.
            enterprise_id: As for `list_offices`.
            filter: As for `list_offices`.
        """
        from signtraker._lists.read_partitions import read_partitions

        steps = read_partitions(_OFFICES, n, filter, self._connection.config, _extra_params(enterprise_id))
        return self._run(steps)


def _extra_params(enterprise_id: int | None) -> Pairs:
    if enterprise_id is None:
        return ()
    return (("enterpriseId", str(checked_id("enterprise_id", enterprise_id))),)
