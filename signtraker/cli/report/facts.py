"""Keep of each order what the report needs, with each time as the day of the job site. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final, NamedTuple

from signtraker._common.printable import printable
from signtraker.cli.places import zone_of

if TYPE_CHECKING:
    from datetime import tzinfo

    from signtraker.models import JobSite, Order

_MOST_LATITUDE: Final = 85
"""No sign stands nearer to a pole, where a map can't be drawn to scale."""
_MOST_LONGITUDE: Final = 180


class Place(NamedTuple):
    """The place of a job site, in degrees."""

    latitude: float
    longitude: float


class Fact(NamedTuple):
    """One order. A day is that of the job site."""

    number: int
    """The number that people use; the id if there is none."""
    status: str
    created: date | None
    installed: date | None
    removal_due: date | None
    days_overdue: int
    """The days since its sign was due to be removed; 0 if it is not overdue."""
    agent: str
    site: int | None
    """The id of the job site."""
    address: str
    city: str
    """The city with its state, `Sandy, UT`."""
    place: Place | None

    @property
    def wait(self) -> int | None:
        """The days from the order to the installation: 0 on the same day; None if it is not installed."""
        if self.created is None or self.installed is None:
            return None
        return (self.installed - self.created).days


def fact_of(order: Order, now: datetime, zone: tzinfo) -> Fact:
    """Return what the report needs of an order.

    Args:
        order: The order.
        now: The current time, with a time zone.
        zone: The time zone of job sites whose state is not known.
    """
    site = order.job_site
    own = zone_of(site.state if site else None, site.country_code if site else None, zone)
    removal_due = day_of(order.removal_due_date, own)
    today = now.astimezone(own).date()
    is_due = removal_due is not None and order.removal_date is None
    overdue = (today - removal_due).days if is_due and removal_due is not None else 0
    return Fact(
        number=order.order_number if order.order_number is not None else order.id,
        status=printable(order.status or "") or "No status",
        created=day_of(order.created, own),
        installed=day_of(order.date_installed, own),
        removal_due=removal_due,
        days_overdue=max(overdue, 0),
        agent=printable((order.agent and order.agent.name) or ""),
        site=site.id if site else None,
        address=_address(site),
        city=_city(site),
        place=_place(site),
    )


def day_of(moment: datetime | None, zone: tzinfo) -> date | None:
    """Return the day of a time. Midnight UTC is a date to the API (assumed): the same day everywhere."""
    if moment is None:
        return None
    in_utc = moment.astimezone(UTC)
    return in_utc.date() if in_utc.time() == time() else moment.astimezone(zone).date()


def _address(site: JobSite | None) -> str:
    if site is None:
        return ""
    street = site.street_address or " ".join(filter(None, (site.street_number, site.street_name)))
    return printable(", ".join(filter(None, (street, site.street_line2))))


def _city(site: JobSite | None) -> str:
    return printable(", ".join(filter(None, (site.city, site.state)))) if site else ""


def _place(site: JobSite | None) -> Place | None:
    """Return the coordinates; None without usable ones. Zero and zero is what programs write for none."""
    if site is None or site.latitude is None or site.longitude is None:
        return None
    is_possible = abs(site.latitude) <= _MOST_LATITUDE and abs(site.longitude) <= _MOST_LONGITUDE
    is_usable = is_possible and (site.latitude, site.longitude) != (0, 0)
    return Place(site.latitude, site.longitude) if is_usable else None
