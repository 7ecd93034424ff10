"""Find the time zone of a job site from its state, so that "tomorrow" is the site's own day. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from datetime import tzinfo

_ZONES: Final = {
    "US": {
        "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
        "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
        "America/Denver": "CO ID MT NM UT WY",
        "America/Phoenix": "AZ",
        "America/Los_Angeles": "CA NV OR WA",
        "America/Anchorage": "AK",
        "Pacific/Honolulu": "HI",
        "America/Puerto_Rico": "PR VI",
        "Pacific/Guam": "GU MP",
    },
    "CA": {
        "America/St_Johns": "NL",
        "America/Halifax": "NB NS PE",
        "America/Toronto": "NU ON QC",
        "America/Winnipeg": "MB",
        "America/Regina": "SK",
        "America/Edmonton": "AB NT",
        "America/Vancouver": "BC",
        "America/Whitehorse": "YT",
    },
    "AU": {
        "Australia/Sydney": "ACT NSW",
        "Australia/Melbourne": "VIC",
        "Australia/Hobart": "TAS",
        "Australia/Brisbane": "QLD",
        "Australia/Adelaide": "SA",
        "Australia/Darwin": "NT",
        "Australia/Perth": "WA",
    },
}
"""The zone in which most people of each state live (IANA's names). A few states have two zones."""
_COUNTRIES: Final = ("US", "CA", "AU")


def zone_of(state: str | None, country: str | None, default: tzinfo) -> tzinfo:
    """Return the time zone of a state, or the default if the state is not known.

    Args:
        state: The state or province in letters, such as `UT`.
        country: `US`, `CA` or `AU`; if it is missing, the first of them that has such a state.
        default: The zone of a place that is not known, and of a system without time zones.
    """
    code = (state or "").strip().upper()
    for one in [country.strip().upper()] if country else _COUNTRIES:
        for name, states in _ZONES.get(one, {}).items():
            if code in states.split():
                try:
                    return ZoneInfo(name)
                except ZoneInfoNotFoundError:
                    return default
    return default
