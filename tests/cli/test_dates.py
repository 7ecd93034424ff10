from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signtraker.cli.dates import in_words, read_day, read_time
from signtraker.cli.errors import UsageError
from signtraker.cli.places import zone_of

DENVER = ZoneInfo("America/Denver")
THURSDAY = date(2026, 1, 15)
NOW = datetime(2026, 1, 15, 20, 30, tzinfo=DENVER)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-02-28", "2026-02-28"),
        ("31 Jan 2026", "2026-01-31"),
        ("January 31, 2026", "2026-01-31"),
        ("1. may 2026", "2026-05-01"),
        ("Today", "2026-01-15"),
        ("tomorrow", "2026-01-16"),
        ("yesterday", "2026-01-14"),
        ("2 weeks ago", "2026-01-01"),
        ("in a month", "2026-02-15"),
        ("3 days from now", "2026-01-18"),
        ("thursday", "2026-01-15"),
        ("next thursday", "2026-01-22"),
        ("last thursday", "2026-01-08"),
        ("friday", "2026-01-16"),
        ("next friday", "2026-01-16"),
        ("last  friday", "2026-01-09"),
        ("on monday", "2026-01-19"),
        ("next week", "2026-01-22"),
        ("last year", "2025-01-15"),
    ],
)
def test_a_day_is_read_as_people_write_it(text: str, day: str) -> None:
    assert read_day(text, THURSDAY, option="--due").isoformat() == day


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-10", "2026-01-10T00:00:00-07:00"),
        ("2026-07-10", "2026-07-10T00:00:00-06:00"),
        ("2026-01-10 09:30", "2026-01-10T09:30:00-07:00"),
        ("2026-01-10T09:30:00Z", "2026-01-10T09:30:00+00:00"),
        ("2026-01-10 09:30+01:00", "2026-01-10T09:30:00+01:00"),
        ("now", "2026-01-15T20:30:00-07:00"),
        ("5 hours ago", "2026-01-15T15:30:00-07:00"),
        ("2 weeks ago", "2026-01-01T00:00:00-07:00"),
    ],
)
def test_a_time_has_the_zone_of_the_command_unless_it_names_one(text: str, moment: str) -> None:
    assert read_time(text, NOW, option="--created-since").isoformat() == moment


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1/2/2026", "--due '1/2/2026' is no date that can be read; write e.g. 2026-01-31"),
        ("2 weeks", "--due '2 weeks': there is no such date"),
        ("in 2 weeks ago", "--due 'in 2 weeks ago': there is no such date"),
        ("2026-02-30", "--due '2026-02-30': there is no such date"),
        ("31 Foo 2026", "--due '31 Foo 2026': there is no such date"),
        ("1 ma 2026", "is no date that can be read"),
        ("99999 years ago", "there is no such date"),
        ("", "--due '' is no date that can be read"),
        ("now", "--due 'now': give a day, not a time"),
    ],
)
def test_what_is_no_date_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_day(text, THURSDAY, option="--due")
    assert sentence in caught.value.message


@pytest.mark.once
@given(st.text(max_size=30) | st.from_regex(r"(in )?\d{1,6} (day|year)s?( ago)?", fullmatch=True))
def test_every_text_is_read_or_refused(text: str) -> None:
    with suppress(UsageError):
        assert read_time(text, NOW, option="--due").tzinfo is not None


def test_a_day_in_words_says_how_far_it_is() -> None:
    shown = {in_words(THURSDAY + timedelta(days=days), THURSDAY) for days in (-2, -1, 0, 1, 8)}
    assert shown == {
        "Tuesday, 13 January 2026 (2 days ago)",
        "Wednesday, 14 January 2026 (yesterday)",
        "Thursday, 15 January 2026 (today)",
        "Friday, 16 January 2026 (tomorrow)",
        "Friday, 23 January 2026 (in 8 days)",
    }


def test_a_state_has_its_time_zone() -> None:
    assert zone_of("UT", "US", UTC) == DENVER
    assert zone_of(" ut ", None, UTC) == DENVER
    assert zone_of("NT", "CA", UTC) == ZoneInfo("America/Edmonton")
    assert zone_of("NT", "AU", UTC) == ZoneInfo("Australia/Darwin")
    assert zone_of("UT", "AU", UTC) is UTC
    assert zone_of(None, None, UTC) is UTC
    assert zone_of("Utah", "US", UTC) is UTC
