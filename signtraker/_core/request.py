"""Describe a call as a value: the request to send, and the reader of its response. Nothing is sent here."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

from signtraker.exceptions import SignTrakerError
from signtraker.query.encoding import encoded

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from signtraker._core.response import Reader

T_co = TypeVar("T_co", covariant=True)
Method: TypeAlias = Literal["GET", "POST", "PATCH"]
Pairs: TypeAlias = tuple[tuple[str, str], ...]

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
"""RFC 7396 (assumed; the reference names the format, not the content type)."""


@dataclass(frozen=True)
class Request(Generic[T_co]):
    """One HTTP request, complete but for the server and the key."""

    method: Method
    path: str
    reader: Reader[T_co]
    query: Pairs = ()
    body: bytes | None = None
    content_type: str = JSON
    check_hint: str = ""
    """For a write: the advice on how to see whether it happened, when that is in doubt."""
    is_paced: bool = False
    """True if the caller waits after a 429 itself, for all of its requests together."""
    route: str = ""
    """The path with a name for each id, such as `/api/orders/{id}`; empty if the path has no id."""

    @property
    def is_write(self) -> bool:
        """True for every method except GET: the request may change data."""
        return self.method != "GET"

    @cached_property
    def target(self) -> str:
        """Path and query, encoded."""
        return f"{self.path}?{encode(self.query)}" if self.query else self.path


def encode(pairs: Iterable[tuple[str, str]]) -> str:
    """Encode a query. A blank becomes `%20` and a plus `%2B`: the server reads a bare `+` as a blank."""
    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in pairs)


@contextmanager
def before_sending(method: str, path: str) -> Generator[None]:
    """Give every error of the SDK that is raised in the block the method and the path of the request."""
    try:
        yield
    except SignTrakerError as error:
        error.exchange = replace(error.exchange, method=method, url=path)
        raise


AnyRequest: TypeAlias = Request[Any]
