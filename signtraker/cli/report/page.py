"""Render the page. Every value is escaped, and an undefined name is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from signtraker._common.drawing import Size
from signtraker._common.templates import environment
from signtraker._common.words import MONTHS, counted
from signtraker.cli.report.charts import NARROW, WIDE, month_name, order_chart, wait_chart
from signtraker.cli.report.map import maps

if TYPE_CHECKING:
    from datetime import date

    from signtraker.cli.report.figures import Figures

_OVERVIEW: Final = Size(WIDE, 400)
_DETAIL: Final = Size(370, 300)
_NARROW_MAP: Final = Size(NARROW, 300)
_MOST_OVERDUE: Final = 500
"""The rows of the table of overdue signs."""
_MOST_CITIES: Final = 30


def render(figures: Figures, *, tenant: str, zone: str) -> bytes:
    """Return the page in UTF-8.

    Args:
        figures: The numbers.
        tenant: The name of the tenant, for the heading.
        zone: The name of the time zone of the time of the report.
    """
    waits = [one for one in figures.months if one.waits is not None]
    statuses = [name for name, _ in figures.statuses]
    sites = figures.sites
    context: dict[str, Any] = {
        "figures": figures,
        "percent": percent,
        "tenant": tenant,
        "zone": zone,
        "order_charts": [order_chart(figures.months, statuses, width) for width in (WIDE, NARROW)],
        "wait_charts": [wait_chart(_trimmed(figures), width) for width in (WIDE, NARROW)] if waits else [],
        "wait_months": waits,
        "largest_status": max((count for _, count in figures.statuses), default=1),
        "overdue": figures.overdue[:_MOST_OVERDUE],
        "cities": figures.cities[:_MOST_CITIES],
        "more_cities": figures.cities[_MOST_CITIES:],
        "wide_maps": maps(sites, _OVERVIEW, _DETAIL),
        "narrow_maps": maps(sites, _NARROW_MAP, _NARROW_MAP),
    }
    text = environment("signtraker.cli.report", _FILTERS).get_template("report.html").render(context)
    return text.encode("utf-8", "replace")


def _trimmed(figures: Figures) -> list[Any]:
    """Return the months from the first installation on."""
    first = next(place for place, one in enumerate(figures.months) if one.waits is not None)
    return list(figures.months[first:])


def long_date(day: date) -> str:
    """Return a day in words, in English whatever the locale: `15 January 2026`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def short_date(day: date) -> str:
    """Return a day in few letters: `15 Jan 2026`."""
    return f"{day.day} {month_name(day)}"


def days(value: float) -> str:
    """Return a number of days: `1 day`, `7.5 days`."""
    return f"{value:g} {'day' if value == 1 else 'days'}"


def percent(part: int, whole: int) -> str:
    """Return a share; one that is not nothing is never shown as nothing."""
    share = 100 * part / whole if whole else 0
    return "under 1 %" if 0 < share < 1 else f"{share:.0f} %"


_FILTERS: Final[dict[str, Any]] = {
    "counted": counted,
    "days": days,
    "long_date": long_date,
    "month_name": month_name,
    "short_date": short_date,
    "thousands": "{:,}".format,
}
