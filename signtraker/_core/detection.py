"""Detect a server's OData dialect harmlessly: each dialect refuses an option that only the other has."""

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
    """Yield the questions and return the dialect; raises `SignTrakerError` if the answers leave it open."""
    for version, option, value in _PROBES:
        try:
            yield Request("GET", "/api/orders", ReadNothing(), (("$top", "0"), (option, value)))
        except ValidationError as error:
            if f"'{option}' is not supported" not in error.message:
                raise
            return version
    raise SignTrakerError(
        "The server takes the options of both OData dialects, so it can't be told which it speaks; "
        "set odata_version yourself."
    )
