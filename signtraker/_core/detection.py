"""Detect a server's OData version with one or two reads: each version refuses an option of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signtraker._core.request import Request
from signtraker._core.response import ReadNothing
from signtraker.exceptions import SignTrakerError, ValidationError

if TYPE_CHECKING:
    from collections.abc import Generator

    from signtraker.query import ODataVersion

_PROBES: tuple[tuple[ODataVersion, str, str], ...] = (
    ("v3", "$count", "false"),
    ("v4", "$inlinecount", "none"),
)


def detection() -> Generator[Request[None], None, ODataVersion]:
    """Yield the requests and return the OData version; raises `SignTrakerError` if it can't be detected."""
    for version, option, value in _PROBES:
        try:
            yield Request("GET", "/api/orders", ReadNothing(), (("$top", "0"), (option, value)))
        except ValidationError as error:
            if f"'{option}' is not supported" not in error.message:
                raise
            return version
    raise SignTrakerError(
        "The server takes the options of both OData dialects, so its version can't be detected; "
        "set odata_version yourself."
    )
