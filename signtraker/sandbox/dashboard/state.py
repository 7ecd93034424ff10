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
    """The choices of the page's URL. A parameter that is missing or makes no sense counts as its default."""

    filter: str = ""
    """The `$filter` that selects orders."""
    orders: int = 1
    """The page of orders."""
    requests: int = 1
    """The page of requests."""
    follow: bool = False
    """Whether the page reloads itself."""
    done: str = ""
    """The action that the page confirms."""

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
        """Write the query string with some fields changed. `done` is left out unless it is given."""
        other = replace(self, **{"done": "", **changes})
        values = {
            one.name: int(value) if isinstance(value, bool) else value
            for one in fields(other)
            if (value := getattr(other, one.name)) != one.default
        }
        return urlencode(values)

    def link(self, section: str, **changes: Any) -> str:
        """Return the URL of a section of the page with some fields changed."""
        query = self.query(**changes)
        return f"/?{query}#{section}" if query else f"/#{section}"


def equals(path: str, value: str | None) -> str:
    """Write the filter `path eq 'value'`."""
    literal = "null" if value is None else "'" + value.replace("'", "''") + "'"
    return f"{path} eq {literal}"


def _page(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST_PAGE)) else 1
    return max(1, number)
