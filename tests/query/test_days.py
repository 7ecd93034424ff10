"""Check that a date compared with a moment means the whole day, in UTC or in a named time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import pytest

from signtraker import Order, Q

if TYPE_CHECKING:
    from signtraker import Filter, SignTrakerClient
    from signtraker.sandbox import Sandbox

DENVER = ZoneInfo("America/Denver")
DAY = date(2025, 1, 31)
START, NEXT = "2025-01-31T00:00:00Z", "2025-02-01T00:00:00Z"
q = cast("Any", Q)


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (Q.created == DAY, f"Created ge {START} and Created lt {NEXT}"),
        (Q.created != DAY, f"Created lt {START} or Created ge {NEXT}"),
        (Q.created < DAY, f"Created lt {START}"),
        (Q.created <= DAY, f"Created lt {NEXT}"),
        (Q.created > DAY, f"Created ge {NEXT}"),
        (Q.created >= DAY, f"Created ge {START}"),
        (
            Q.created.between(date(2025, 1, 1), DAY),
            f"Created ge 2025-01-01T00:00:00Z and Created lt {NEXT}",
        ),
        (
            Q.created.in_([DAY, date(2025, 3, 1)]),
            (
                f"Created ge {START} and Created lt {NEXT}"
                " or Created ge 2025-03-01T00:00:00Z and Created lt 2025-03-02T00:00:00Z"
            ),
        ),
        (Q.created.not_in([DAY]), f"Created lt {START} or Created ge {NEXT}"),
        (Q.created.on(DAY), f"Created ge {START} and Created lt {NEXT}"),
        (Q.created.eq(DAY) & Q.due_date.ne(DAY), None),
    ],
)
def test_a_date_means_its_whole_day_in_utc(made: Filter[Order], text: str | None) -> None:
    if text is not None:
        assert str(made) == text
    assert Q.parse(str(made)) == made
    assert Q.parse(made.render("v3"), version="v3") == made


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2025, 1, 31), 24), (date(2025, 3, 9), 23), (date(2025, 11, 2), 25)]
)
def test_a_day_in_a_place_has_the_hours_that_it_has_there(day: date, hours: int) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=DENVER).astimezone(UTC)
    end = start + timedelta(hours=hours)
    expected = (Q.created >= start) & (Q.created < end)
    assert Q.created.on(day, tz=DENVER) == Q.created.on(day, DENVER) == expected
    assert Q.created.between(day, day, tz=DENVER) == expected


def test_between_takes_days_and_moments_side_by_side() -> None:
    noon = datetime(2025, 1, 31, 12, tzinfo=UTC)
    made = Q.created.between(noon, date(2025, 2, 1), tz=DENVER)
    assert str(made) == "Created ge 2025-01-31T12:00:00Z and Created lt 2025-02-02T07:00:00Z"
    assert str(Q.created.between(Q.due_date, noon)) == (
        "Created ge DueDate and Created le 2025-01-31T12:00:00Z"
    )


def test_the_last_day_of_the_calendar_has_an_end_too() -> None:
    assert str(Q.created <= date.max) == "Created le 9999-12-31T23:59:59.999999Z"
    assert str(Q.created > date.max) == "Created gt 9999-12-31T23:59:59.999999Z"
    assert str(Q.created == date.min).startswith("Created ge 0001-01-01T00:00:00Z and Created lt")
    with pytest.raises(ValueError, match="lies outside the years 1 to 9999 in UTC"):
        Q.created.on(date.min, ZoneInfo("Asia/Tokyo"))


MOMENTS = [
    datetime(2025, 1, 30, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2025, 1, 31, tzinfo=UTC),
    datetime(2025, 1, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2025, 2, 1, tzinfo=UTC),
    None,
]


@pytest.mark.parametrize(
    ("made", "kept"),
    [
        (Q.due_date == DAY, [1, 2]),
        (Q.due_date != DAY, [0, 3]),
        (Q.due_date <= DAY, [0, 1, 2]),
        (Q.due_date > DAY, [3]),
        (Q.due_date < DAY, [0]),
        (Q.due_date >= DAY, [1, 2, 3]),
        (~(Q.due_date == DAY), [0, 3]),
        (Q.due_date.on(date(2025, 1, 30), tz=DENVER), [0, 1]),
    ],
)
def test_the_server_and_matches_keep_the_rows_of_the_day(
    made: Filter[Order], kept: list[int], sandbox: Sandbox, client: SignTrakerClient
) -> None:
    ids = [sandbox.orders.add(due_date=moment, notes="day").id for moment in MOMENTS]
    mine = Q.id.in_(ids)
    rows = client.orders.list_orders(filter=mine, orderby=Q.id)
    found = client.orders.list_orders(filter=mine & made, orderby=Q.id)
    assert [one.id for one in found] == [ids[at] for at in kept]
    assert [one.id for one in rows if made.matches(one)] == [ids[at] for at in kept]


@pytest.mark.parametrize(
    ("mistake", "sentence"),
    [
        (
            lambda: q.created.on(datetime(2025, 1, 1, tzinfo=UTC)),
            r"Q\.created\.on takes a date, not datetime",
        ),
        (lambda: q.created.on("2025-01-01"), r"on takes a date, not '2025-01-01'"),
        (lambda: q.created.on(DAY, tz="America/Denver"), r"on: tz must be a time zone such as ZoneInfo"),
        (lambda: q.created.between(DAY, DAY, tz=7), r"between: tz must be a time zone"),
    ],
)
def test_what_is_no_day_or_no_zone_is_refused_in_a_sentence(mistake: Any, sentence: str) -> None:
    with pytest.raises(TypeError, match=sentence):
        mistake()


def test_days_do_not_go_with_the_in_operator() -> None:
    with pytest.raises(ValueError, match="operator=True takes no moments and no days"):
        Q.created.in_([DAY], operator=True)


class NotATime(datetime):
    """Stands for pandas.NaT: a datetime that equals nothing."""

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = datetime.__hash__


class Chatty(datetime):
    """Stands for pandas.Timestamp: a datetime that prints itself otherwise."""

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        return f"around {super().isoformat(sep, timespec)}"

    __str__ = isoformat


def test_a_missing_time_of_pandas_is_named() -> None:
    with pytest.raises(TypeError, match=r"Q\.created is compared with NaT, which is no time"):
        _ = Q.created == NotATime(2025, 1, 1, tzinfo=UTC)


def test_a_subclass_of_datetime_counts_as_the_moment_that_it_is() -> None:
    made = Q.created >= Chatty(2025, 1, 31, 5, tzinfo=DENVER)
    assert str(made) == "Created ge 2025-01-31T12:00:00Z"
    assert repr(made) == repr(Q.created >= datetime(2025, 1, 31, 12, tzinfo=UTC))


class BrokenZone(ZoneInfo):
    """A caller's own time zone that fails."""

    def utcoffset(self, _: datetime | None) -> timedelta:
        raise KeyError("no data")


def test_an_exception_of_the_callers_own_time_zone_comes_out_as_it_is() -> None:
    with pytest.raises(KeyError, match="no data"):
        Q.created.on(DAY, tz=BrokenZone("America/Denver"))
