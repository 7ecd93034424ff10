"""Check that `filter.matches(record)` decides as the server does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pytest

from signtraker.models import Agent, Award, Order
from signtraker.query import AwardQ, Q
from signtraker.query.matching import index_of, text_length

if TYPE_CHECKING:
    from signtraker.query import Filter

ORDER: Final = Order.model_validate(
    {
        "Id": 7,
        "OrderNumber": -7,
        "Status": "Draft",
        "Notes": None,
        "Created": "2024-02-29T23:30:00.25Z",
        "IsDueDateDefinitive": True,
        "SalesOrder": {"Id": 1, "OrderTotal": 100.5},
        "JobSite": {"Id": 2, "City": "Straße % _", "Latitude": 2.5, "Longitude": -2.5},
        "Custom": {"Path": 5},
    }
)
TRUE: Final[list[Filter[Order]]] = [
    Q.id == 7,
    Q.status == "Draft",
    Q.status != "another",
    Q.status > "Dra",
    Q.notes.is_null(),
    Q.agent.id.is_null(),
    Q.job_site.city.contains("% _"),
    Q.status.lower() == "draft",
    Q.status.length() == 5,
    Q.status.indexof("x") == -1,
    Q.status.substring(1, 2) == "ra",
    Q.status.substring(9) == "",
    Q.status.concat("!").endswith("t!"),
    Q.created.year() == 2024,
    Q.created.date() == date(2024, 2, 29),
    Q.created < date(2024, 3, 1),
    Q.created == datetime(2024, 3, 1, 1, 30, 0, 250_000, tzinfo=timezone(timedelta(hours=2))),
    Q.created.within(days=1, now=datetime(2024, 3, 1, tzinfo=UTC)),
    Q.is_due_date_definitive.is_true(),
    Q.is_due_date_definitive == True,  # noqa: E712 - builds a filter
    Q.order_number // 2 == -3,
    Q.order_number // -2 == 3,
    Q.order_number % 2 == -1,
    Q.order_number % -2 == -1,
    Q.id // -2 == -3,
    Q.id % -2 == 1,
    Q.job_site.longitude % 2 == -0.5,
    -Q.order_number == 7,
    Q.sales_order.order_total == Decimal("100.50"),
    Q.sales_order.order_total.round() == 101,
    Q.sales_order.order_total.floor() == 100,
    Q.job_site.latitude.round() == 3.0,
    Q.job_site.longitude.round() == -3.0,
    Q.job_site.longitude.ceiling() == -2.0,
    Q.job_site.longitude.floor() == -3.0,
    Q.id > Q.order_number,
    Q.id.in_([1, 7]),
    Q.id.in_([1, 7], operator=True),
    Q.id.not_in([1, 2]),
    Q.id.between(7, 7),
    Q.field("Custom/Path", int) == 5,
    Q.field("Absent/Path", int).is_null(),
    (Q.notes == "x") | (Q.id == 7),
    ~((Q.notes == "x") & (Q.id == 8)),
    Q.parse("null eq null"),
    Q.parse("cast(IsDueDateDefinitive,'Edm.String') eq 'True'"),
    Q.parse("cast(Id,'Edm.String') eq '7'"),
    Q.parse("cast(JobSite/Latitude,'Edm.String') eq '2.5'"),
    Q.parse("cast(SalesOrder/OrderTotal,'Edm.Int32') eq 100"),
]
UNKNOWN: Final[list[Filter[Order]]] = [
    Q.notes == "x",
    Q.notes != "x",
    Q.notes.contains("x"),
    Q.notes.length() > 0,
    Q.agent.id == 5,
    Q.due_date < Q.created,
    Q.is_removal_due_date_definitive.is_false(),
    Q.order_number // 0 == 1,
    Q.notes.not_in(["a", "b"]),
    Q.parse("Id gt null"),
    Q.parse("OrderNumber add null eq 5"),
    Q.parse("null add null eq 5"),
    (Q.notes == "x") & (Q.id == 7),
    (Q.notes == "x") | (Q.id == 8),
]


TRUE_TEXTS: Final = [
    "substring(Status,1,3) eq 'raf' and substring(Status,1,1) eq 'r' and substring(Status,1,0) eq ''",
    "substring(Status,-1) eq 'Draft' and substring(Status,1,-1) eq '' and substring(Status,3,9) eq 'ft'",
    "ceiling(SalesOrder/OrderTotal) eq 101",
    "JobSite/Latitude div 2 eq 1.25",
    "Id div 2 eq 3",
    "fractionalseconds(Created) eq 0.25M",
    "totaloffsetminutes(Created) eq 0",
    "totalseconds(duration'PT1M30.5S') eq 90.5M",
    "time(Created) eq 23:30:00.25",
    "hour(duration'P1DT2H3M4S') eq 2 and hour(duration'-P1DT2H3M4S') eq -2",
    "minute(duration'P1DT2H3M4S') eq 3 and minute(duration'-P1DT2H3M4S') eq -3",
    "second(duration'P1DT2H3M4S') eq 4 and second(duration'-P1DT2H3M4S') eq -4",
    "hour(duration'P0D') eq 0",
    "cast(Created,'Edm.String') eq '2024-02-29T23:30:00.250000+00:00'",
    "cast(Id,'Edm.Guid') eq null",
    "cast(Status,'Edm.Double') eq null and cast(Status,'Edm.Int32') eq null",
    "cast(Status,'Edm.Decimal') eq null and cast(Status,'Edm.Boolean') eq null",
    "cast(JobSite/Latitude,'Edm.Decimal') add SalesOrder/OrderTotal eq 103M",
    "SalesOrder/OrderTotal sub cast(JobSite/Latitude,'Edm.Decimal') eq 98M",
    "isof(Id,'Edm.Int64') and not isof(Id,'Edm.Int32')",
    "not isof(Notes,'Edm.String')",
    "isof(Id in (7),'Edm.Boolean')",
    "isof(Created sub Created,'Edm.Duration')",
    "(Id eq 7 and Id ne 8) eq true",
    "Created gt 2024-02-29 and date(Created) lt 2024-03-01",
    "date(Created) lt Created",
]


def test_functions_casts_and_sums_are_calculated() -> None:
    assert [one for one in TRUE_TEXTS if not Q.parse(one).matches(ORDER)] == []
    assert [one for one in TRUE_TEXTS if (~Q.parse(one)).matches(ORDER)] == []


def test_a_text_is_measured_in_utf_16_units() -> None:
    assert [text_length(one) for one in ("", "a", "\uffff", "\U00010000")] == [0, 1, 1, 2]
    assert [index_of(f"{one}x", "x") for one in ("", "\uffff", "\U00010000")] == [0, 1, 2]


def test_the_items_of_a_collection_are_counted() -> None:
    two, none = (Award.model_validate({"Id": 1, "Restrictions": one}) for one in (["a", "b"], None))
    assert AwardQ.parse("Restrictions/$count eq 2").matches(two)
    assert AwardQ.parse("Restrictions/$count eq 0").matches(none)
    assert AwardQ.parse("isof(Restrictions/any(x:x eq 'a'),'Edm.Boolean')").matches(none)


@pytest.mark.parametrize("one", TRUE, ids=repr)
def test_a_true_filter_matches_and_its_negation_does_not(one: Filter[Order]) -> None:
    assert one.matches(ORDER)
    assert not (~one).matches(ORDER)


@pytest.mark.parametrize("one", UNKNOWN, ids=repr)
def test_what_is_unknown_is_dropped_and_so_is_its_opposite(one: Filter[Order]) -> None:
    assert not one.matches(ORDER)
    assert not (~one).matches(ORDER)


@pytest.mark.parametrize(
    ("restrictions", "kept"),
    [
        (["Printing", "Post"], {"any", "starts", "contains", "all"}),
        (["Printing", "x"], {"any", "starts", "contains"}),
        (["x"], {"any"}),
        ([], {"all"}),
        (None, {"all"}),
    ],
)
def test_conditions_on_a_collection(restrictions: Any, kept: set[str]) -> None:
    award = Award.model_validate({"Id": 1, "Restrictions": restrictions})
    filters = {
        "any": AwardQ.restrictions.any(),
        "starts": AwardQ.restrictions.any(lambda text: text.startswith("P")),
        "contains": AwardQ.restrictions.contains("Printing"),
        "all": AwardQ.restrictions.all(lambda text: text.startswith("P")),
    }
    assert {name for name, one in filters.items() if one.matches(award)} == kept


def test_all_without_a_condition_holds_for_every_record() -> None:
    everything = AwardQ.parse("Restrictions/all()")
    assert everything.matches(Award.model_validate({"Id": 1, "Restrictions": ["Post"]}))
    assert everything.matches(Award.model_validate({"Id": 1, "Restrictions": []}))


def test_a_parsed_text_is_the_filter_that_the_fields_make() -> None:
    assert Q.parse("Id eq 7 and Status eq 'x'") == ((Q.id == 7) & (Q.status == "x"))
    assert Q.parse("Id eq 7 or Status eq 'x'") == ((Q.id == 7) | (Q.status == "x"))


def test_a_condition_on_a_collection_may_look_at_the_record() -> None:
    award = Award.model_validate({"Id": 1, "Name": "Post", "Restrictions": ["Printing", "Post"]})
    assert AwardQ.restrictions.any(lambda text: text == AwardQ.name).matches(award)


class BigOrder(Order, frozen=True):
    """What an application makes of an order."""


def test_a_model_of_one_s_own_is_matched() -> None:
    assert (Q.id == 7).matches(BigOrder.model_validate({"Id": 7}))


@pytest.mark.parametrize("record", [None, 5, {"Id": 5}, Agent.model_validate({"Id": 5}), Order])
def test_what_is_no_record_of_the_list_is_refused(record: Any) -> None:
    with pytest.raises(
        TypeError, match=r"^a filter on Order matches models of that name, not .*Order\.model_v"
    ):
        (Q.id == 5).matches(record)
