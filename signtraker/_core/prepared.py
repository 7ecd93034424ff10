"""A dry run: the exact request that a call would send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signtraker._core.request import AnyRequest


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """The request that a call would send, complete but for the key. `str()` reads like HTTP."""

    method: str
    """The HTTP method."""
    url: str
    """The whole URL, with its query."""
    headers: Mapping[str, str]
    """The headers, with `***` in the place of the key."""
    body: bytes | None
    """The exact bytes; None if the request has no body."""

    def __str__(self) -> str:
        head = "\n".join(
            [f"{self.method} {self.url}", *(f"{name}: {value}" for name, value in self.headers.items())]
        )
        return head if self.body is None else f"{head}\n\n{self.body.decode()}"


class CapturedError(Exception):
    """Carry the request from the call to `prepare`, which catches this exception."""

    def __init__(self, request: AnyRequest) -> None:
        super().__init__()
        self.request = request
