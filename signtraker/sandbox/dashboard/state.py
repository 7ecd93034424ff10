"""Dashboard state stored in the URL query."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST_PAGE = 1_000_000


@dataclass(frozen=True, slots=True)
class State:
    """The window's query string, read generously: what makes no sense counts as not said."""

    filter: str = ""
    """Which orders, in the API's own `$filter`."""
    orders: int = 1
    """The page of orders."""
    requests: int = 1
    """The page of requests."""
    follow: bool = False
    """Whether the page loads itself again and again."""
    done: str = ""
    """What was done just now."""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> State:
        """Read a query string."""
        return cls(
            filter=query.get("filter", "").strip(),
            orders=_page(query.get("orders", "")),
            requests=_page(query.get("requests", "")),
            follow=query.get("follow") == "1",
            done=query.get("done", ""),
        )

    def query(self, **changes: Any) -> str:
        """The query string of this state, or of one that differs from it; what was done is forgotten."""
        other = replace(self, **{"done": "", **changes})
        said = {
            one.name: int(value) if isinstance(value, bool) else value
            for one in fields(other)
            if (value := getattr(other, one.name)) != one.default
        }
        return urlencode(said)

    def link(self, part: str, **changes: Any) -> str:
        """The address of a part of the window."""
        query = self.query(**changes)
        return f"/?{query}#{part}" if query else f"/#{part}"


def _page(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST_PAGE)) else 1
    return max(1, number)
