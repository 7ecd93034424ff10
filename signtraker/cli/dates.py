"""Read dates and times as people write them, and say them in words. Pure: the current time is an argument.

| text | means |
| --- | --- |
| `2026-01-31`, `31 Jan 2026`, `January 31, 2026` | that day |
| `2026-01-31T09:30`, `2026-01-31 09:30+01:00` | that time; without a zone, that of the command |
| `today`, `tomorrow`, `yesterday`, `now` | the day, or this moment |
| `2 weeks ago`, `in 3 days`, `5 hours ago` | that far from now; days and longer are whole days |
| `friday` | today if it is a Friday, else the first one after today |
| `next friday`, `last friday` | the first Friday after today, the last one before today |
| `next week`, `last month` | in one week, one month ago |

`31/1/2026` and `1/31/26` are refused: which is the month depends on who reads it.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Final

from dateutil.parser import isoparse
from dateutil.relativedelta import relativedelta

from signtraker._common.short_repr import short_repr
from signtraker._common.words import DAYS, MONTHS
from signtraker.cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

_DAYS: Final = tuple(one.lower() for one in DAYS)
_MONTHS: Final = tuple(one.lower() for one in MONTHS)
_UNITS: Final = ("minute", "hour", "day", "week", "month", "year")
_PARTS_OF_A_DAY: Final = frozenset({"minute", "hour"})
_RELATIVE: Final = re.compile(
    rf"(?P<in>in )?(?P<count>\d{{1,5}}|an?) (?P<unit>{'|'.join(_UNITS)})s?(?P<end> ago| from now)?"
)
_WEEKDAY: Final = re.compile(rf"(?:(?P<which>next|last|this|on) )?(?P<day>{'|'.join(_DAYS)})")
_NEIGHBOUR: Final = re.compile(r"(?P<which>next|last) (?P<unit>week|month|year)")
_DAY_FIRST: Final = re.compile(r"(?P<day>\d{1,2})\.? (?P<month>[a-z]{3,9}),? (?P<year>\d{4})")
_MONTH_FIRST: Final = re.compile(r"(?P<month>[a-z]{3,9}) (?P<day>\d{1,2}),? (?P<year>\d{4})")
_ISO: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[t ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?\s?(?:z|[+-]\d{2}:\d{2})?)?"
)
_NAMED: Final = {"today": 0, "tomorrow": 1, "yesterday": -1}
_SHORTEST_NAME: Final = 3
_MEND: Final = 'write e.g. 2026-01-31, "2 weeks ago" or "next friday"'


def read_day(text: str, today: date, *, option: str) -> date:
    """Return the day that a text means. Raises `UsageError` for a text that means no day, or a time of day.

    Args:
        text: The text, as the table of this module has it.
        today: The day that `today` means.
        option: The name of the option, for the error.
    """
    start = datetime.combine(today, time())
    found = _read(text, start, option)
    if isinstance(found, datetime):
        raise UsageError(f"{option} {short_repr(text)}: give a day, not a time; {_MEND}.")
    return found


def read_time(text: str, now: datetime, *, option: str) -> datetime:
    """Return the moment that a text means; a day means its beginning in the time zone of `now`.

    Args:
        text: The text, as the table of this module has it.
        now: The current time, with the time zone of the command.
        option: The name of the option, for the error.
    """
    found = _read(text, now, option)
    if isinstance(found, datetime):
        return found if found.tzinfo is not None else found.replace(tzinfo=now.tzinfo)
    return datetime.combine(found, time(), now.tzinfo)


def in_words(day: date, today: date) -> str:
    """Return a day as a person says it: `Friday, 16 January 2026 (tomorrow)`."""
    distance = (day - today).days
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get(distance)
    away = near or (f"in {distance} days" if distance > 0 else f"{-distance} days ago")
    return f"{DAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year} ({away})"


def _read(text: str, now: datetime, option: str) -> date | datetime:
    words = " ".join(text.lower().split())
    try:
        for pattern, reader in _READERS:
            found = pattern.fullmatch(words)
            if found is not None:
                return reader(found, now)
    except (ValueError, OverflowError):
        raise UsageError(f"{option} {short_repr(text)}: there is no such date; {_MEND}.") from None
    raise UsageError(f"{option} {short_repr(text)} is no date that can be read; {_MEND}.")


def _now(_: re.Match[str], now: datetime) -> datetime:
    return now


def _named(found: re.Match[str], now: datetime) -> date:
    return now.date() + relativedelta(days=_NAMED[found[0]])


def _relative(found: re.Match[str], now: datetime) -> date | datetime:
    if bool(found["in"]) is bool(found["end"]):
        raise ValueError
    count = 1 if found["count"] in {"a", "an"} else int(found["count"])
    count = -count if found["end"] == " ago" else count
    moved = now + relativedelta(**{f"{found['unit']}s": count})  # type: ignore[arg-type]  # one of its units
    return moved if found["unit"] in _PARTS_OF_A_DAY else moved.date()


def _weekday(found: re.Match[str], now: datetime) -> date:
    today = now.date()
    ahead = (_DAYS.index(found["day"]) - today.weekday()) % 7
    if found["which"] == "next":
        ahead = ahead or 7
    if found["which"] == "last":
        ahead -= 7
    return today + relativedelta(days=ahead)


def _neighbour(found: re.Match[str], now: datetime) -> date:
    count = 1 if found["which"] == "next" else -1
    return now.date() + relativedelta(**{f"{found['unit']}s": count})  # type: ignore[arg-type]  # as above


def _written(found: re.Match[str], _: datetime) -> date:
    name = found["month"]
    [month] = [place for place, one in enumerate(_MONTHS, 1) if one.startswith(name)]
    return date(int(found["year"]), month, int(found["day"]))


def _iso(found: re.Match[str], _: datetime) -> date | datetime:
    text = found[0].upper().replace(" ", "T", 1).replace(" ", "")
    return date.fromisoformat(text) if "T" not in text else isoparse(text)


_READERS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str], datetime], date | datetime]], ...]] = (
    (re.compile("now"), _now),
    (re.compile("|".join(_NAMED)), _named),
    (_RELATIVE, _relative),
    (_WEEKDAY, _weekday),
    (_NEIGHBOUR, _neighbour),
    (_DAY_FIRST, _written),
    (_MONTH_FIRST, _written),
    (_ISO, _iso),
)
