"""Define the limits of the server's queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from signtraker._common.short_repr import short_repr


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """The server's limits; the defaults are those of ASP.NET Web API and IIS."""

    nodes: int = 100
    """The most nodes of a filter: each comparison, path, literal and function counts."""
    orderings: int = 5
    """The most fields in an ordering."""
    query_bytes: int = 2048
    """The longest query string, percent-encoded, in bytes."""

    def __post_init__(self) -> None:
        for name in ("nodes", "orderings", "query_bytes"):
            value: object = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"QueryLimits: {name} is a whole number of at least 1, not {short_repr(value)}"
                )


DEFAULT_LIMITS: Final = QueryLimits()
