"""Choose which filters of Spark become the filter of the requests. Pure; PySpark is not needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from signtraker.query.filters import make_filter
from signtraker.query.nodes import conjunction
from signtraker.spark.filters import translate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from signtraker.query.filters import Filter
    from signtraker.spark.filters import Translation


def choose(
    spark_filters: Iterable[object],
    entity: str,
    fits: Callable[[Filter[Any]], bool],
    first: Filter[Any] | None = None,
) -> Filter[Any] | None:
    """Return the filter to send: as many of Spark's, joined by `and`, as one request can hold.

    It keeps at least the rows that Spark's filters keep; None keeps all.

    Args:
        spark_filters: The filters that Spark offers; a row must pass all of them.
        entity: The name of the list's model.
        fits: Says whether a filter fits within the server's limits.
        first: The reader's own filter, which is sent in any case.
    """
    found = [one for one in (translate(each, entity) for each in spark_filters) if one and one.conditions]
    known = [one for one in found if not one.checks_null]
    chosen = first
    for translation in [*known, *(one for one in found if one.checks_null and not _is_implied(one, known))]:
        for condition in translation.conditions:
            nodes = (condition,) if chosen is None else (chosen.node, condition)
            joined = make_filter(conjunction(*nodes), entity)
            if fits(joined):
                chosen = joined
                break
    return chosen


def _is_implied(check: Translation, others: Iterable[Translation]) -> bool:
    """Say whether the others find no null in the column: `JobSite.City = 'Sandy'` needs a job site."""
    length = len(check.column)
    return any(not one.keeps_null and one.column[:length] == check.column for one in others)
