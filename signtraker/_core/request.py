"""A call as a value: what to send, and how to read the answer. Nothing here touches the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar
from urllib.parse import quote

from signtraker.query.cost import SAFE_IN_QUERY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signtraker._core.response import Reader

T_co = TypeVar("T_co", covariant=True)
Method: TypeAlias = Literal["GET", "POST", "PATCH"]
Pairs: TypeAlias = tuple[tuple[str, str], ...]

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
"""RFC 7396 (assumed; the reference names the format, not the content type)."""


@dataclass(frozen=True, slots=True)
class Request(Generic[T_co]):
    """One HTTP request, complete but for the server and the key."""

    method: Method
    path: str
    reader: Reader[T_co]
    query: Pairs = ()
    body: bytes | None = None
    content_type: str = JSON
    check_hint: str = ""
    """For a write: how to see whether it happened, when that is in doubt."""

    @property
    def is_write(self) -> bool:
        """Whether sending it twice could do something twice."""
        return self.method != "GET"

    @property
    def target(self) -> str:
        """Path and query, encoded."""
        return f"{self.path}?{encode(self.query)}" if self.query else self.path


def encode(pairs: Iterable[tuple[str, str]]) -> str:
    """Encode a query. A blank becomes `%20` and a plus `%2B`: the server reads a bare `+` as a blank."""
    return "&".join(f"{_quote(name)}={_quote(value)}" for name, value in pairs)


def _quote(text: str) -> str:
    return quote(text, safe=SAFE_IN_QUERY)


AnyRequest: TypeAlias = Request[Any]
