"""Define every error that the SDK raises of its own accord.

    SignTrakerError
    ├── SignTrakerConfigError       a setting is missing or can't be used (a ValueError too)
    ├── NotSelectedError            a field was read that `select` had left out (an AttributeError too)
    ├── JournalError                the journal of a batch can't be used
    ├── NetworkError                nothing came back
    ├── UnreadableResponseError     something came back that can't be read; what could be read is on it
    ├── UnconfirmedWriteError       a write may have happened; mixed into the class that says what went wrong
    │   ├── UnconfirmedNetworkError     … and a NetworkError
    │   ├── UnconfirmedRedirectError    … and an APIStatusError
    │   └── UnconfirmedServerError      … and a ServerError
    └── APIStatusError              the response has an error status
        ├── ValidationError             400, 422, and requests refused before sending (a ValueError too)
        │   └── QueryLimitError             a query beyond the server's limits, refused before sending
        ├── AuthenticationError         401, 403, and a key that is missing or unusable
        ├── NotFoundError               404
        ├── RateLimitError              429
        └── ServerError                 5xx

Each carries what is known of the exchange (`status_code`, `headers`, `body`, `attempts`, `method`, `url`)
and its `outcome`: whether what was asked for `"did_not_happen"`, `"may_have_happened"` or `"happened"`.
docs/reference/failures.md lists for each failure whether it is retried, the error class and the outcome.
No error holds the API key, and each can be pickled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Outcome: TypeAlias = Literal["did_not_happen", "may_have_happened", "happened"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """The known facts of the HTTP exchange behind an error."""

    method: str | None = None
    """The HTTP method of the request."""
    url: str | None = None
    """The URL of the request, or its path if it was refused before sending."""
    status_code: int | None = None
    """The status of the last response; None if nothing came back."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """The headers of the last response."""
    body: bytes = b""
    """The body of the last response, as it was received."""
    attempts: int = 0
    """The number of times the request was sent; 0 if it was refused before."""
    elapsed_seconds: float = 0.0
    """The duration of all attempts together, without the waits between them."""
    request_body: bytes | None = field(default=None, repr=False)
    """The body that was sent; None for a request without one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a request: the field by its Python name (`job_site.city`) and a sentence about it."""

    field: str
    """The field by its Python name, with a dot before a nested one; empty if there is none."""
    message: str
    """A sentence about the mistake."""

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


@dataclass(frozen=True, slots=True)
class IterationProgress:
    """The progress of an iteration that an error interrupted."""

    rows: int
    """The number of rows that it had returned."""
    last_id: int | None
    """The id of the last of them; None if there was none, or if `select` left the id out."""


class SignTrakerError(Exception):
    """The root of all errors of the SDK."""

    outcome: Outcome = "did_not_happen"
    """Whether what was asked for happened: it did not, it may have, or it did."""
    progress: IterationProgress | None = None
    """For an `iter_…` method: where it stood. Iterate over the same iterator again to go on from there."""

    def __init__(self, message: str, *, exchange: Exchange | None = None) -> None:
        super().__init__(message)
        self.message: str = message
        """The sentence of the error, without the key."""
        self.exchange: Exchange = exchange or Exchange()
        """What is known of the HTTP exchange behind the error."""

    @property
    def status_code(self) -> int | None:
        """The HTTP status of the response; None if there was none."""
        return self.exchange.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """The response's headers, names in lower case; empty if there was no response."""
        return self.exchange.headers

    @property
    def body(self) -> bytes:
        """The response's body as it was received."""
        return self.exchange.body

    @property
    def attempts(self) -> int:
        """The number of times the request was sent; 0 if it was refused before."""
        return self.exchange.attempts

    @property
    def elapsed_seconds(self) -> float:
        """The duration of all attempts together, in seconds, without the waits between them."""
        return self.exchange.elapsed_seconds

    @property
    def request_body(self) -> bytes | None:
        """The body that was sent; None for a request without one, or one that was not built."""
        return self.exchange.request_body

    @property
    def method(self) -> str | None:
        """The HTTP method of the request."""
        return self.exchange.method

    @property
    def url(self) -> str | None:
        """The URL of the request, or its path if it was refused before sending; the key is no part of it."""
        return self.exchange.url

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(kind: type[SignTrakerError], args: tuple[Any, ...], state: dict[str, Any]) -> SignTrakerError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class SignTrakerConfigError(SignTrakerError, ValueError):
    """A setting is missing or can't be used; the sentence says which and how to set it."""


class NotSelectedError(SignTrakerError, AttributeError):
    """A field was read that the call's `select` had left out: its value is unknown, which is not None."""

    def __init__(self, model: str, name: str) -> None:
        super().__init__(
            f"{model}.{name} was left out by the call's select, so its value is unknown; "
            f"add it to select, or leave select out to get every field"
        )
        self.field: str = name
        """The Python name of the field."""


class JournalError(SignTrakerError):
    """The journal of a batch can't be opened, belongs to something else, or can't be written any more."""


class NetworkError(SignTrakerError):
    """Nothing came back: no connection, a time-out, or a connection that broke."""


class UnreadableResponseError(SignTrakerError):
    """The response's status was a success, but its body is not what the API documents.

    `partial` holds the records that could be read, in their order; `problems` says what was wrong with the
    others; `body` is the response as it was received. After a write, `outcome` is `"happened"`: do not send
    it again.
    """

    def __init__(
        self,
        message: str,
        *,
        exchange: Exchange | None = None,
        partial: Sequence[object] = (),
        problems: Sequence[Problem] = (),
        outcome: Outcome = "happened",
    ) -> None:
        super().__init__(message, exchange=exchange)
        self.partial: tuple[object, ...] = tuple(partial)
        """The records that could be read, in their order."""
        self.problems: tuple[Problem, ...] = tuple(problems)
        """What was wrong with the other records."""
        self.outcome: Outcome = outcome
        """As for `SignTrakerError`; `"happened"` after a write."""


class UnconfirmedWriteError(SignTrakerError):
    """A write may have happened, and was not sent again; look for what it created before you repeat it."""

    outcome: Outcome = "may_have_happened"
    """Whether the write happened, which is not known."""


class APIStatusError(SignTrakerError):
    """The response has an error status."""

    def __init__(
        self,
        message: str,
        *,
        exchange: Exchange | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        super().__init__(message, exchange=exchange)
        self.problems: tuple[Problem, ...] = tuple(problems)
        """The mistakes that were found, field by field."""


class ValidationError(APIStatusError, ValueError):
    """The request was refused, by the server (400, 422) or before sending (`status_code` is None).

    `problems` lists every mistake under its field's Python name.
    """


class QueryLimitError(ValidationError):
    """A query goes beyond one of the server's limits, and was not sent; the message has the number."""

    def __init__(
        self,
        message: str,
        *,
        exchange: Exchange | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        super().__init__(message, exchange=exchange, problems=problems or (Problem("filter", message),))


class AuthenticationError(APIStatusError):
    """The key is missing, unusable or not accepted (401), or may not do this (403)."""


class NotFoundError(APIStatusError):
    """There is no such record (404)."""


class RateLimitError(APIStatusError):
    """Too many requests (429), still after the retries."""

    def __init__(
        self,
        message: str,
        *,
        exchange: Exchange | None = None,
        problems: Sequence[Problem] = (),
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message, exchange=exchange, problems=problems)
        self.retry_after_seconds: float | None = retry_after_seconds
        """How long the server asked to wait, in seconds; None if it did not say."""


class ServerError(APIStatusError):
    """The server failed (5xx)."""


class UnconfirmedNetworkError(UnconfirmedWriteError, NetworkError):
    """The connection failed after a write was sent, so it may have happened."""


class UnconfirmedRedirectError(UnconfirmedWriteError, APIStatusError):
    """The server responded to a write with a redirect (3xx): some do so after they did the work."""


class UnconfirmedServerError(UnconfirmedWriteError, ServerError):
    """The server failed while it handled a write, so it may have happened."""


def refuse(problems: Sequence[Problem], kind: type[ValidationError] = ValidationError) -> None:
    """Raise a `ValidationError` that lists the problems, if there are any."""
    if problems:
        raise kind(f"Not sent: {'; '.join(str(one) for one in problems)}", problems=problems)
