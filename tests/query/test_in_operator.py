"""Check that v4 7.x reads the list of `in_(…, operator=True)` as the same values, or it is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pytest

from signtraker.query import AgentQ, Q
from signtraker.query.nodes import In
from signtraker.query.parsing.parse import parse_filter

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker.query import Filter


@pytest.mark.parametrize(
    ("made", "written"),
    [
        (Q.id.in_([1, 5000000000], operator=True), "Id in (1,5000000000)"),
        (Q.status.in_(["Draft", "a,b"], operator=True), "Status in ('Draft','a,b')"),
        (Q.status.in_(["O'Brien & Söhne +1%"], operator=True), r"Status in ('O\u0027Brien & Söhne +1%')"),
        (Q.status.in_(["(x)", "a\\nb"], operator=True), r"Status in ('\u0028x\u0029','a\u005cnb')"),
        (
            Q.sales_order.order_total.in_([Decimal("100.5"), Decimal(7), 8], operator=True),
            "SalesOrder/OrderTotal in (100.5,7.0,8)",
        ),
        (Q.job_site.latitude.in_([40.5, 1e300, -7], operator=True), "JobSite/Latitude in (40.5,1e+300,-7)"),
        (Q.is_due_date_definitive.in_([True], operator=True), "IsDueDateDefinitive in (true)"),
    ],
)
def test_a_list_is_written_so_that_it_is_read_as_the_same_values(made: Filter[Any], written: str) -> None:
    assert str(made) == written
    assert isinstance(made.node, In)
    assert parse_filter(written, "Order", version="v4-7") == made.node == Q.parse(written).node


REFUSED: Final[list[tuple[Callable[[], object], str]]] = [
    (lambda: Q.created.in_([datetime(2024, 1, 1, tzinfo=UTC)], operator=True), "no moments and no days"),
    (lambda: Q.created.date().in_([date(2024, 1, 1)], operator=True), "no moments and no days"),
    (lambda: Q.status.in_(["Draft", ""], operator=True), "no empty text, on which servers fail"),
    (lambda: Q.order_number.in_([3000000000], operator=True), "numbers of 32 bits here"),
    (lambda: AgentQ.notes.length().in_([2**31], operator=True), "numbers of 32 bits here"),
]


@pytest.mark.parametrize(("make", "problem"), REFUSED)
def test_what_no_server_reads_in_a_list_is_refused_when_it_is_made(
    make: Callable[[], object], problem: str
) -> None:
    with pytest.raises(ValueError, match=rf"in_: operator=True takes {problem}.*leave it out"):
        make()
