"""Check the translation of Spark's filters: pushed down or not, the same rows come."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pytest
from spark_filters import (
    EqualNullSafe,
    EqualTo,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNotNull,
    IsNull,
    LessThan,
    LessThanOrEqual,
    Not,
    StringContains,
    StringEndsWith,
    StringStartsWith,
    keeps,
)

from signtraker.query import Q
from signtraker.query.filters import make_filter
from signtraker.query.limits import split_filter
from signtraker.spark.filters import translate
from signtraker.spark.pushdown import choose

if TYPE_CHECKING:
    from spark_filters import Positive

    from signtraker.models import Order
    from signtraker.query import Filter
    from signtraker.sandbox import Sandbox

pytestmark = pytest.mark.once

DAY: Final = datetime(2024, 4, 2, 15, 30, tzinfo=UTC)
ID, NUMBER, STATUS, NOTES = ("Id",), ("OrderNumber",), ("Status",), ("Notes",)
CREATED, DUE, FINAL = ("Created",), ("DueDate",), ("IsDueDateDefinitive",)
CITY, LATITUDE, TOTAL = ("JobSite", "City"), ("JobSite", "Latitude"), ("SalesOrder", "OrderTotal")
PUSHED: Final[dict[Positive | Not, str]] = {
    EqualTo(ID, 1003): "Id eq 1003",
    Not(EqualTo(ID, 1003)): "Id ne 1003",
    GreaterThan(NUMBER, 50003): "OrderNumber gt 50003",
    Not(GreaterThan(NUMBER, 50003)): "OrderNumber le 50003",
    LessThan(ID, 1003): "Id lt 1003",
    LessThanOrEqual(ID, 1003): "Id le 1003",
    In(ID, (1003, 1003, None, 1009)): "Id eq 1003 or Id eq 1009",
    Not(In(ID, (1003, 1009))): "Id ne 1003 and Id ne 1009",
    EqualNullSafe(NUMBER, 50003): "OrderNumber eq 50003",
    Not(EqualNullSafe(NUMBER, 50003)): "OrderNumber ne 50003 or OrderNumber eq null",
    EqualTo(TOTAL, Decimal("88.4000")): "SalesOrder/OrderTotal eq 88.4000M",
    GreaterThanOrEqual(TOTAL, Decimal(300)): "SalesOrder/OrderTotal ge 300M",
    GreaterThan(TOTAL, Decimal("-99999999999.9999")): "SalesOrder/OrderTotal gt -99999999999.9999M",
    Not(EqualTo(TOTAL, Decimal("88.4"))): "SalesOrder/OrderTotal ne 88.4M",
    EqualTo(FINAL, True): "IsDueDateDefinitive eq true",  # noqa: FBT003 - the constant itself
    Not(EqualTo(FINAL, True)): "IsDueDateDefinitive ne true",  # noqa: FBT003 - as above
    EqualNullSafe(FINAL, False): "IsDueDateDefinitive eq false",  # noqa: FBT003 - as above
    EqualNullSafe(FINAL, None): "IsDueDateDefinitive eq null",
    Not(EqualNullSafe(FINAL, None)): "IsDueDateDefinitive ne null",
    EqualTo(STATUS, "Draft"): "Status eq 'Draft'",
    EqualTo(CITY, "Coeur d'Alene"): "JobSite/City eq 'Coeur d''Alene'",
    EqualNullSafe(CITY, "Sandy"): "JobSite/City eq 'Sandy'",
    In(
        STATUS, ("Draft", "draft", "Installed")
    ): "Status eq 'Draft' or Status eq 'draft' or Status eq 'Installed'",
    StringStartsWith(CITY, "San"): "startswith(JobSite/City,'San')",
    StringEndsWith(CITY, "Lake City"): "endswith(JobSite/City,'Lake City')",
    StringContains(CITY, "an"): "contains(JobSite/City,'an')",
    GreaterThan(CREATED, DAY): "Created ge 2024-04-02T15:30:00Z",
    LessThanOrEqual(CREATED, DAY): "Created lt 2024-04-02T15:30:00.001000Z",
    Not(LessThan(CREATED, DAY)): "Created ge 2024-04-02T15:30:00Z",
    EqualTo(DUE, DAY): "DueDate ge 2024-04-02T15:30:00Z and DueDate lt 2024-04-02T15:30:00.001000Z",
    LessThan(LATITUDE, 0.0): "JobSite/Latitude le 0.0e0",
    EqualTo(
        LATITUDE, 2.0
    ): "JobSite/Latitude ge 1.99999999999998e0 and JobSite/Latitude le 2.00000000000002e0",
    IsNull(DUE): "DueDate eq null",
    Not(IsNull(DUE)): "DueDate ne null",
    IsNotNull(("JobSite",)): "JobSite ne null",
    IsNull(("Agent", "Id")): "Agent/Id eq null",
}
"""Spark's filters that reach the server, with the condition that does."""
LEFT: Final[tuple[Positive | Not, ...]] = (
    Not(EqualTo(STATUS, "Draft")),  # A database that takes `DRAFT` for `Draft` would leave it out.
    Not(In(STATUS, ("Draft", "Installed"))),
    Not(StringContains(CITY, "an")),
    Not(EqualNullSafe(CITY, "Sandy")),
    GreaterThan(CITY, "Provo"),  # The database's order of letters is not known.
    StringStartsWith(CITY, ""),
    Not(EqualTo(CREATED, DAY)),
    Not(EqualTo(LATITUDE, 2.0)),
    In(LATITUDE, (2.0, float("nan"))),
    LessThan(FINAL, True),  # noqa: FBT003 - the constant itself
    Not(In(ID, (1003, None))),
    In(ID, (None,)),
    EqualTo(ID, None),
    IsNotNull(ID),
    EqualTo(DUE, date(2024, 4, 2)),  # A day depends on the session's time zone, in which Spark compares.
    EqualTo(DUE, datetime(2024, 4, 2)),  # noqa: DTZ001 - as above
    LessThan(CREATED, datetime.max.replace(tzinfo=UTC)),
    GreaterThan(CREATED, datetime(1582, 10, 15, tzinfo=UTC)),  # Spark hands this over for 1582-10-10, too.
    In(CREATED, (DAY, datetime(1, 1, 1, tzinfo=UTC))),
    EqualTo(TOTAL, Decimal(10**11)),  # An amount of the server near it may be rounded in JSON.
    LessThan(LATITUDE, sys.float_info.max),  # With its margin, it is infinite.
    EqualTo(ID, "1003"),
    EqualTo(("JobSite",), None),
)
"""Spark's filters that only Spark evaluates."""


@pytest.fixture(scope="module")
def rows(sandbox: Sandbox) -> list[Order]:
    """Return orders in which each filter finds something to keep and something to leave out."""
    sandbox.reset()
    for shift in (0, 1, 999, 1000):
        moment = DAY + timedelta(microseconds=shift)
        sandbox.orders.add(city="SANDY", due_date=moment, created=moment, total=Decimal("88.4"), latitude=2.0)
    sandbox.orders.add(status="DRAFT", city="Sandy", latitude=-1.5, notes="a")
    return list(sandbox.orders)


def one_condition(spark_filter: object) -> Filter[Order]:
    found = choose([spark_filter], "Order", lambda _: True)
    assert found is not None
    return found


@pytest.mark.parametrize(("spark_filter", "condition"), PUSHED.items(), ids=str)
def test_a_filter_that_is_pushed_down_keeps_every_row_that_spark_keeps(
    spark_filter: Positive | Not, condition: str, sandbox: Sandbox, rows: list[Order]
) -> None:
    pushed = one_condition(spark_filter)
    assert str(pushed) == condition
    wanted = [row.id for row in rows if keeps(spark_filter, row)]
    came = sandbox.orders.all(pushed)
    assert [row.id for row in rows if pushed.matches(row)] == [row.id for row in came]
    assert [row.id for row in came if keeps(spark_filter, row)] == wanted
    assert wanted or condition in {"DueDate eq null", "Agent/Id eq null"}


@pytest.mark.parametrize("spark_filter", LEFT, ids=str)
def test_a_filter_whose_rows_the_server_might_leave_out_is_left_to_spark(
    spark_filter: Positive | Not,
) -> None:
    assert choose([spark_filter], "Order", lambda _: True) is None


def test_the_server_is_asked_over_http_for_what_spark_keeps(sandbox: Sandbox, rows: list[Order]) -> None:
    filters: list[Positive] = [
        IsNotNull(STATUS),
        EqualTo(STATUS, "Draft"),
        IsNotNull(CITY),
        StringStartsWith(CITY, "San"),
    ]
    pushed = choose(filters, "Order", lambda _: True)
    assert str(pushed) == "Status eq 'Draft' and startswith(JobSite/City,'San')"
    came = list(sandbox.client.orders.iter_orders(filter=pushed))
    wanted = [row.id for row in rows if all(keeps(one, row) for one in filters)]
    assert [row.id for row in came if all(keeps(one, row) for one in filters)] == wanted
    assert len(rows) > len(came) >= len(wanted) > 0


TEXTS: Final = (
    "a&b", "a+b", "#1", "a_b", "a%b", "50%25", "O'Brien", "''", "a\\b", "x;y=z?", "tab\t", "two\nlines",
    "Draft ", "DRAFT", " ", "é", "e\u0301", "\U0001f600", "ß", "İ", "null", "5", "a" * 300,
)  # fmt: skip


def test_texts_reach_the_server_as_they_are(signtraker_sandbox: Sandbox) -> None:
    rows = [signtraker_sandbox.orders.add(notes=text) for text in TEXTS]
    for text in TEXTS:
        for kind in (EqualTo, StringContains):
            one = kind(NOTES, text)
            pushed = one_condition(one)
            came = list(signtraker_sandbox.client.orders.iter_orders(filter=pushed, page_size=1000))
            wanted = {row.id for row in rows if keeps(one, row)}
            assert wanted <= {row.id for row in came if keeps(one, row)}, one


@pytest.mark.parametrize(
    "unknown",
    [
        EqualTo(("Colour",), "red"),
        EqualTo(("Status", "Name"), "red"),
        Not(IsNull(())),
        object(),
        type("Like", (), {"attribute": STATUS, "value": "a_b"})(),
    ],
)
def test_an_unknown_column_or_kind_of_filter_is_left_to_spark(unknown: object) -> None:
    assert choose([unknown], "Order", lambda _: True) is None
    assert translate(IsNull(("Restrictions",)), "Award") is None


def test_a_long_list_of_values_becomes_a_span_and_what_does_not_fit_is_left_to_spark() -> None:
    def fits(one: Filter[Any]) -> bool:
        return len(split_filter(one, other_nodes=20)) == 1 if one.cost() <= 100 else False

    long = In(ID, tuple(range(5000, 1000, -40)))
    texts = In(STATUS, tuple(map(str, range(50))))
    pushed = choose([texts, long, EqualTo(CITY, "Sandy")], "Order", fits)
    assert str(pushed) == "Id ge 1040 and Id le 5000 and JobSite/City eq 'Sandy'"


def test_the_reader_s_own_filter_is_sent_with_every_other() -> None:
    own = (Q.status == "Draft") | Q.due_date.is_null()
    assert choose([], "Order", lambda _: True, own) == own
    both = choose([EqualTo(ID, 1003)], "Order", lambda _: True, own)
    assert both == own & (Q.id == 1003)
    assert choose([EqualTo(ID, 1003)], "Order", lambda _: False, own) == own
    assert make_filter(own.node, "Order") == own
