"""Compute the numbers of the report. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from statistics import quantiles
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from signtraker.cli.report.facts import Fact, Place

MOST_MONTHS: Final = 120
"""The months that are shown, up to this one: ten years."""
_COURSE: Final = ("Designing", "Draft", "PaymentRequired", "Installed", "Completed", "Removed", "Cancelled")
"""The statuses in the order in which an order has them, as far as they are known."""
_MOST_STATUSES: Final = 8
OTHER: Final = "Other statuses"


@dataclass(frozen=True, slots=True)
class Waits:
    """The days from order to installation of some orders: the quartiles."""

    count: int
    lower: float
    """A quarter of the orders waited so many days or fewer."""
    median: float
    upper: float
    longest: int


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the calendar."""

    first_day: date
    orders: int
    by_status: tuple[int, ...]
    """The number of orders of each status of `Figures.statuses`."""
    waits: Waits | None
    """Of the signs that were installed in this month."""


class Overdue(NamedTuple):
    """A sign that was due to be removed."""

    days: int
    due: date
    number: int
    address: str
    city: str
    agent: str
    is_installed: bool


class Site(NamedTuple):
    """A job site on the map."""

    place: Place
    city: str
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class City:
    """The job sites of one city."""

    name: str
    sites: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All numbers of the report."""

    now: datetime
    since: date | None
    orders: int
    """The orders that were created in the period."""
    statuses: tuple[tuple[str, int], ...]
    """Each status with its number of orders. Beyond the eighth, they are added up as the last one."""
    months: tuple[Month, ...]
    """The months of the period, without gaps."""
    undated: int
    """The orders that are in none of the months: without a date, or with one out of reach."""
    waits: Waits | None
    backward: int
    """The orders that were installed before they were created, by their dates; they are in no `Waits`."""
    overdue: tuple[Overdue, ...]
    """The longest overdue first."""
    sites: tuple[Site, ...]
    """The job sites with coordinates."""
    unplaced: int
    """The number of job sites without usable coordinates."""
    cities: tuple[City, ...]
    """The cities with the most job sites first."""


@dataclass(slots=True)
class _Seen:
    """The facts about a job site, from the orders so far."""

    city: str
    place: Place | None
    is_overdue: bool


@dataclass(slots=True)
class _Counts:
    statuses: Counter[str] = field(default_factory=Counter[str])
    months: defaultdict[date | None, Counter[str]] = field(
        default_factory=lambda: defaultdict[date | None, Counter[str]](Counter)
    )
    waits: defaultdict[date, list[int]] = field(default_factory=lambda: defaultdict[date, list[int]](list))
    backward: int = 0
    overdue: list[Overdue] = field(default_factory=list[Overdue])
    sites: dict[int, _Seen] = field(default_factory=dict[int, _Seen])


def figures(facts: Iterable[Fact], *, now: datetime, since: date | None) -> Figures:
    """Compute everything from the orders.

    Orders count by the month of their creation, waits by the month of the installation, so that a month's
    wait does not change when the slow orders of that month are installed. An overdue sign counts whatever
    the period.

    Args:
        facts: The orders, of the period and before.
        now: The time of the report.
        since: The first day of the period; None for everything.
    """
    counts = _Counts()
    for one in facts:
        _count(counts, one, since)
    names = _named(counts.statuses)
    today = now.date()
    months = _months(counts, names, today)
    shown = sum(one.orders for one in months)
    waits = [wait for month in counts.waits.values() for wait in month]
    seen = counts.sites.values()
    return Figures(
        now=now,
        since=since,
        orders=counts.statuses.total(),
        statuses=tuple((name, sum(_of(counts.statuses, name, names))) for name in names),
        months=months,
        undated=counts.statuses.total() - shown,
        waits=waits_of(waits),
        backward=counts.backward,
        overdue=tuple(sorted(counts.overdue, key=lambda one: (-one.days, one.number))),
        sites=tuple(Site(one.place, one.city, one.is_overdue) for one in seen if one.place is not None),
        unplaced=sum(one.place is None for one in seen),
        cities=_cities(seen),
    )


def _count(counts: _Counts, one: Fact, since: date | None) -> None:
    is_new = since is None or (one.created is not None and one.created >= since)
    if is_new:
        counts.statuses[one.status] += 1
        counts.months[one.created and one.created.replace(day=1)][one.status] += 1
    wait = one.wait
    if wait is not None and one.installed is not None and (since is None or one.installed >= since):
        if wait < 0:
            counts.backward += 1
        else:
            counts.waits[one.installed.replace(day=1)].append(wait)
    if one.days_overdue and one.removal_due is not None:
        counts.overdue.append(
            Overdue(
                one.days_overdue,
                one.removal_due,
                one.number,
                one.address,
                one.city,
                one.agent,
                one.installed is not None,
            )
        )
    if one.site is not None and (is_new or one.days_overdue):
        known = counts.sites.setdefault(one.site, _Seen(one.city, one.place, is_overdue=False))
        known.is_overdue |= one.days_overdue > 0


def waits_of(days: Sequence[int]) -> Waits | None:
    """Return the quartiles of some waits; None for no waits."""
    if not days:
        return None
    # One value has no quartiles to `statistics` before Python 3.13.
    lower, median, upper = quantiles([*days, *days] if len(days) == 1 else days, n=4, method="inclusive")
    return Waits(len(days), lower, median, upper, max(days))


def _named(statuses: Counter[str]) -> tuple[str, ...]:
    """Return the statuses to show: those of the course first, then others, the rest as one."""
    unknown = sorted(statuses.keys() - set(_COURSE), key=lambda name: (-statuses[name], name))
    names = [*(one for one in _COURSE if one in statuses), *unknown]
    return tuple(names if len(names) <= _MOST_STATUSES else [*names[: _MOST_STATUSES - 1], OTHER])


def _of(counts: Counter[str], name: str, names: Sequence[str]) -> list[int]:
    if name != names[-1] or name != OTHER:
        return [counts[name]]
    return [count for status, count in counts.items() if status not in names[:-1]]


def _months(counts: _Counts, names: Sequence[str], today: date) -> tuple[Month, ...]:
    last = today.replace(day=1)
    known = [one for one in (*counts.months, *counts.waits) if one is not None and one <= last]
    if not known:
        return ()
    first = max(min(known), _moved(last, -(MOST_MONTHS - 1)))
    months: list[Month] = []
    one = first
    while one <= last:
        statuses = counts.months.get(one, Counter[str]())
        by_status = tuple(sum(_of(statuses, name, names)) for name in names)
        months.append(Month(one, statuses.total(), by_status, waits_of(counts.waits.get(one, ()))))
        one = _moved(one, 1)
    return tuple(months)


def _moved(month: date, by: int) -> date:
    """Return the first day of another month; never before the year 1."""
    number = max(month.year * 12 + month.month - 1 + by, 12)
    return date(number // 12, number % 12 + 1, 1)


def _cities(sites: Iterable[_Seen]) -> tuple[City, ...]:
    total, overdue = Counter[str](), Counter[str]()
    for one in sites:
        total[one.city] += 1
        overdue[one.city] += one.is_overdue
    ordered = sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(City(name, count, overdue[name]) for name, count in ordered)
