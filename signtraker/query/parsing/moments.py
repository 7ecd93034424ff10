"""Read dates and times as .NET and Microsoft's OData libraries do."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

from signtraker.query.errors import ODataError

_DATE: Final = re.compile(r"([0-9]{4})-(0?[1-9]|1[012])-(0?[1-9]|[12][0-9]|3[0|1])")
_DATE_LENGTH: Final = len("yyyy-mm-dd")
_TIME: Final = re.compile(
    r"(0?[0-9]|1[0-9]|2[0-3]):(0?[0-9]|[1-5][0-9])(?::(0?[0-9]|[1-5][0-9])(\.[0-9]{1,7})?)?"
)
_LIKE_A_MOMENT: Final = re.compile(r"[0-9]{2,4}-[0-9]{1,2}-[0-9]{1,2}(?:T|\s+)[0-9]{1,2}:[0-9]{1,2}")
_XML: Final = re.compile(
    r"\s*(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:T(?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}:[0-9]{2})?\s*"
)
_DURATION: Final = re.compile(
    r"(-?)P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(\.[0-9]+)?S)?)?"
)
_ZONED: Final = re.compile(r".+(?:[Zz]|[+-].{5})", re.DOTALL)
_MINUTES: Final = 6
"""From the T to where the seconds begin in `Thh:mm:ss`."""
_LARGEST_OFFSET: Final = timedelta(hours=14)


def read_date(text: str, *, padded: bool = False) -> date | None:
    """Read a date of v4, such as `2024-1-31`; with `padded`, each number has all its digits."""
    found = _DATE.fullmatch(text) if not padded or len(text) == _DATE_LENGTH else None
    if found is None or "|" in text:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None


def read_time_of_day(text: str) -> time | None:
    """Read a time of day of v4, such as `9:30`; Python keeps six decimal places of the seven."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hour, minute, second, fraction = found.groups()
    microsecond = int(f"{(fraction or '.')[1:]:0<6}"[:6])
    return time(int(hour), int(minute), int(second or 0), microsecond)


def read_offset_literal(text: str) -> datetime | None:
    """Read a v4 moment with its zone.

    Returns None for a text that is none, and raises the server's error for one that nearly is.
    """
    refused = ODataError(
        f"The DateTimeOffset text '{text}' should be in format 'yyyy-mm-ddThh:mm:ss('.'s+)?(zzzzzz)?' and"
        " each field value is within valid range."
    )
    padded = _with_seconds(text)
    try:
        moment = read_xml_moment(padded)
    except OverflowError:
        raise refused from None
    if moment is not None and _ZONED.fullmatch(padded):
        return moment
    if _LIKE_A_MOMENT.match(text):
        raise refused
    return None


def read_prefixed_moment(text: str) -> datetime | None:
    """Read what v3 has between the quotes of `datetimeoffset'…'`; without a zone it is UTC (assumed)."""
    try:
        return read_xml_moment(_with_seconds(text))
    except OverflowError:
        return None


def read_xml_moment(text: str) -> datetime | None:
    """Read a moment as .NET's `XmlConvert` does, cut to microseconds; OverflowError for one out of range."""
    found = _XML.fullmatch(text)
    if found is None:
        return None
    fraction = f"{found['fraction'] or '':0<6}"[:6]
    try:
        moment = datetime.fromisoformat(f"{found['date']}T{found['time'] or '00:00:00'}.{fraction}")
    except ValueError:
        return None
    return moment.replace(tzinfo=_zone(found["zone"])).astimezone(UTC)


def read_duration(text: str) -> timedelta | None:
    """Read a duration of days and a time, such as `P1DT2H`."""
    found = _DURATION.fullmatch(text)
    if found is None or text.endswith(("P", "T")):
        return None
    sign, days, hours, minutes, seconds, fraction = found.groups()
    try:
        span = timedelta(
            days=int(days or 0),
            hours=int(hours or 0),
            minutes=int(minutes or 0),
            seconds=int(seconds or 0),
            microseconds=int(f"{(fraction or '.')[1:]:0<6}"[:6]),
        )
    except OverflowError:
        return None
    return -span if sign else span


def _with_seconds(text: str) -> str:
    mark = text.find("T")
    at = mark + _MINUTES
    complete = mark <= 0 or at > len(text) or text[at : at + 1] == ":"
    return text if complete else f"{text[:at]}:00{text[at:]}"


def _zone(text: str | None) -> timezone:
    if not text or text in "Zz":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    if offset > _LARGEST_OFFSET:
        raise OverflowError(text)
    return timezone(-offset if text[0] == "-" else offset)
