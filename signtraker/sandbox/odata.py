"""The five list options: read from the query string, refused in the server's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from signtraker.sandbox.answers import invalid_query, message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signtraker.query.nodes import Node, Order
    from signtraker.sandbox.settings import Settings
    from signtraker.sandbox.views import View

_SHARED_OPTIONS = frozenset(
    {"$filter", "$orderby", "$top", "$skip", "$select", "$expand", "$format", "$skiptoken"}
)
_OPTIONS = {
    "v3": _SHARED_OPTIONS | {"$inlinecount"},
    "v4-5": _SHARED_OPTIONS | {"$count", "$deltatoken"},
    "v4-7": _SHARED_OPTIONS | {"$count", "$deltatoken", "$apply"},
}
_LARGEST_INT32 = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list was asked for."""

    where: Node | None = None
    order: tuple[Order, ...] = ()
    top: int | None = None
    skip: int | None = None
    chosen: tuple[str, ...] | None = None
    """The top-level properties that `$select` and `$expand` leave."""


def read_query(pairs: Iterable[tuple[str, str]], view: View, settings: Settings) -> ListQuery:
    """Read the options out of the decoded query string; raises the refusal that the server sends."""
    options = _options(pairs, settings)
    return ListQuery(
        top=_whole("$top", options.get("$top"), settings, settings.max_top),
        skip=_whole("$skip", options.get("$skip"), settings, None),
    )


def _options(pairs: Iterable[tuple[str, str]], settings: Settings) -> dict[str, str]:
    options: dict[str, str] = {}
    for name, value in pairs:
        if not name.startswith("$"):
            continue
        if name not in _OPTIONS[settings.server]:
            raise message(400, f"The query parameter '{name}' is not supported.")
        if name in options:
            raise invalid_query(
                f"Query option '{name}' was specified more than once, but it must be specified at most once."
            )
        if not value.strip():
            raise invalid_query(f"The value for OData query '{name}' cannot be empty.")
        options[name] = value
    return options


def _whole(name: str, text: str | None, settings: Settings, limit: int | None) -> int | None:
    """Read `$top` or `$skip`."""
    if text is None:
        return None
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal()):
        if settings.is_v3:
            raise invalid_query(f"Failed to convert '{text}' to an integer.")
        raise invalid_query(
            f"Invalid value '{text}' for {name} query option found. The {name} query option"
            " requires a non-negative integer value."
        )
    ceiling = _LARGEST_INT32 if limit is None else limit
    if int(digits) > ceiling:
        raise invalid_query(
            f"The limit of '{ceiling}' for {name[1:].capitalize()} query has been exceeded."
            f" The value from the incoming request is '{digits}'."
        )
    return int(digits)
