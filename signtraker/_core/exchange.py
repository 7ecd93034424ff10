"""Decide the attempts, waits and result of one call, in a generator without I/O.

It yields an action (`Send`, `Wait`) and is sent the resulting event (`Response`, `TransportError`).
The two base clients perform the actions, so threads and asyncio tasks follow the same rules.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn, TypeAlias, TypeGuard, TypeVar

from signtraker._core.error_response import error_for
from signtraker._core.recording import RecordedExchange
from signtraker._core.redact import redact, redact_bytes
from signtraker._core.response import WrongRecordError
from signtraker._core.retry import AttemptFailure, may_repeat, parse_retry_after, wait_seconds
from signtraker.exceptions import (
    Exchange,
    NetworkError,
    Problem,
    SignTrakerError,
    UnconfirmedNetworkError,
    UnreadableResponseError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from signtraker._core.config import Config
    from signtraker._core.recording import Observer
    from signtraker._core.request import AnyRequest, Request

T = TypeVar("T")
_log = logging.getLogger("signtraker")
_SUCCESS = range(200, 300)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request; this is the `attempt`-th time, counted from 1."""

    attempt: int
    left_seconds: float
    """The time left until the deadline of the call."""
    fresh: bool = False
    """Whether to send over a new connection, since the last one gave the response to another request."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait before the next attempt."""

    seconds: float
    failure: str
    """Why the last attempt failed."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response. `cut` says why the body broke off, if it did; `body` is then its beginning."""

    status_code: int
    # Not in the repr, which a traceback with locals shows: a server may echo the key, and send people's data.
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    elapsed_seconds: float
    cut: str = ""


@dataclass(frozen=True, slots=True)
class TransportError:
    """An attempt without a response."""

    reason: str
    never_sent: bool
    elapsed_seconds: float
    cause: Exception | None
    """The original, unless its text holds the key."""


Action: TypeAlias = Send | Wait
Event: TypeAlias = Response | TransportError | None


def utc_now() -> datetime:
    """Return the time, for `Retry-After` dates."""
    return datetime.now(UTC)


def send_with_retries(
    request: Request[T],
    config: Config,
    *,
    chance: Callable[[], float],
    observe: Observer | None,
    now: Callable[[], datetime] = utc_now,
    clock: Callable[[], float] = time.monotonic,
) -> Generator[Action, Event, T]:
    """Send a request, and retry it as `retry.py` allows. Returns the result or raises the SDK's error.

    All attempts and the waits between them end with the deadline (`deadline_seconds`).
    """
    attempt = 1
    deadline = clock() + config.deadline_seconds
    fresh = False
    call_log = _CallLog(request, config, now())
    while True:
        event = yield Send(attempt, deadline - clock(), fresh)
        assert event is not None, "a Send is followed by a Response or a TransportError"  # noqa: S101 - for type checkers
        call_log.elapsed += event.elapsed_seconds
        _log_exchange(request, event, attempt)
        if is_success(event):
            try:
                result = _read(request, event, call_log, attempt)
            except WrongRecordError as wrong:
                # The response belongs to another request, so nothing that comes over this connection counts.
                event = TransportError(str(wrong), never_sent=False, elapsed_seconds=0.0, cause=None)
                fresh = True
            except UnreadableResponseError:
                call_log.record(observe, event, attempt)
                raise
            else:
                call_log.record(observe, event, attempt)
                return result
        failure = _attempt_failure(event, now)
        wait = _wait(request, failure, config, attempt, chance)
        if wait is None or clock() + wait >= deadline:
            call_log.record(observe, event, attempt)
            if clock() >= deadline:
                event = _with_deadline(event, config)
            _raise_error(request, event, failure, call_log, attempt)
        call_log.failures.append(describe(event))
        _log.warning(
            "%s %s: %s; again in %.2f s (attempt %d of %d)",
            request.method,
            request.path,
            describe(event),
            wait,
            attempt + 1,
            config.max_retries + 1,
        )
        yield Wait(wait, call_log.failures[-1])
        attempt += 1


def _with_deadline(event: Response | TransportError, config: Config) -> Response | TransportError:
    """Return the event with the deadline as its reason, and the last failure in parentheses."""
    reason = f"the deadline of {config.deadline_seconds:g} s for the whole call passed"
    if isinstance(event, TransportError):
        return replace(event, reason=f"{reason} ({event.reason})")
    return replace(event, cut=f"{reason} ({event.cut})") if event.cut else event


@dataclass(slots=True)
class _CallLog:
    """Collect the facts of a call for its error and its recording."""

    request: AnyRequest
    config: Config
    started: datetime
    elapsed: float = 0.0
    failures: list[str] = field(default_factory=list[str])

    def record(self, observe: Observer | None, event: Response | TransportError, attempt: int) -> None:
        """Pass the call to the recorders, if there are any."""
        if observe is None:
            return
        response = event if isinstance(event, Response) else None
        recorded = RecordedExchange(
            method=self.request.method,
            url=self._url,
            status_code=None if response is None else response.status_code,
            headers=self._headers(response),
            attempts=attempt,
            failures=tuple(self.failures),
            started=self.started,
            elapsed_seconds=self.elapsed,
            request_body=self.request.body if observe.needs_bodies else None,
            response_body=self._body(response) if observe.needs_bodies else None,
        )
        observe(recorded)

    def exchange(self, event: Response | TransportError, attempt: int) -> Exchange:
        """Collect the facts for an error, without the key even if the server sent it back."""
        response = event if isinstance(event, Response) else None
        return Exchange(
            self.request.method,
            self._url,
            status_code=None if response is None else response.status_code,
            headers=self._headers(response),
            body=self._body(response),
            attempts=attempt,
            elapsed_seconds=self.elapsed,
            request_body=self.request.body,
        )

    @property
    def _url(self) -> str:
        return f"{self.config.base_url}{self.request.target}"

    def _headers(self, response: Response | None) -> dict[str, str]:
        headers: Mapping[str, str] = {} if response is None else response.headers
        return {name: redact(text, self.config.api_key) for name, text in headers.items()}

    def _body(self, response: Response | None) -> bytes:
        return b"" if response is None else redact_bytes(response.body, self.config.api_key)


def _attempt_failure(event: Response | TransportError, now: Callable[[], datetime]) -> AttemptFailure:
    if isinstance(event, TransportError):
        return AttemptFailure(never_sent=event.never_sent)
    return AttemptFailure(
        status_code=event.status_code,
        cut=bool(event.cut),
        retry_after_seconds=parse_retry_after(event.headers.get("retry-after"), now()),
    )


def _wait(
    request: AnyRequest, failure: AttemptFailure, config: Config, attempt: int, chance: Callable[[], float]
) -> float | None:
    """Return how long to wait before sending again; None if it is not to be sent again."""
    is_left_to_caller = request.is_paced or (request.is_write and not config.resend_on_429)
    switched_off = failure.status_code == HTTPStatus.TOO_MANY_REQUESTS and is_left_to_caller
    if attempt > config.max_retries or switched_off:
        return None
    if not may_repeat(failure, is_write=request.is_write):
        return None
    return wait_seconds(
        failure, attempt=attempt, backoff_seconds=config.retry_backoff_seconds, chance=chance()
    )


def _read(request: Request[T], response: Response, call_log: _CallLog, attempt: int) -> T:
    try:
        return request.reader(response.body.removeprefix(_BYTE_ORDER_MARK))
    except UnreadableResponseError as error:
        _complete(error, call_log, response, attempt)
        # The reader's frames and Pydantic's own error hold the body as it came.
        error.__context__ = None
        raise error.with_traceback(None)  # noqa: B904 - it is the same one


def _complete(error: UnreadableResponseError, call_log: _CallLog, response: Response, attempt: int) -> None:
    """Give a reader's error the facts of the call; hide the key in what was quoted from the body."""
    key = call_log.config.api_key
    error.message = redact(error.message, key)
    error.args = (error.message,)
    error.problems = tuple(
        Problem(redact(one.field, key), redact(one.message, key)) for one in error.problems
    )
    error.exchange = call_log.exchange(response, attempt)
    error.outcome = "happened" if call_log.request.is_write else "did_not_happen"


def _raise_error(
    request: AnyRequest,
    event: Response | TransportError,
    failure: AttemptFailure,
    call_log: _CallLog,
    attempt: int,
) -> NoReturn:
    exchange = call_log.exchange(event, attempt)
    if isinstance(event, TransportError):
        raise _network_error(request, event, exchange) from event.cause
    if event.status_code in _SUCCESS:
        raise UnreadableResponseError(
            f"The response to {request.method} {request.path} broke off: {event.cut}",
            exchange=exchange,
            outcome="happened" if request.is_write else "did_not_happen",
        )
    error = error_for(exchange, is_write=request.is_write, retry_after_seconds=failure.retry_after_seconds)
    if error.outcome == "may_have_happened":
        error = type(error)(f"{error.message}. {_doubt(request)}", exchange=exchange, problems=error.problems)
    raise error


def _network_error(request: AnyRequest, failure: TransportError, exchange: Exchange) -> SignTrakerError:
    times = "once" if exchange.attempts == 1 else f"{exchange.attempts} times"
    tried = f"tried {times}, {exchange.elapsed_seconds:.1f} s"
    what = f"{request.method} {request.path} ({tried}): {failure.reason.rstrip('.')}"
    if failure.never_sent:
        return NetworkError(f"No connection for {what}", exchange=exchange)
    if request.is_write:
        return UnconfirmedNetworkError(
            f"The connection failed after {what}. {_doubt(request)}", exchange=exchange
        )
    return NetworkError(f"No response to {what}", exchange=exchange)


def _doubt(request: AnyRequest) -> str:
    return f"It may have happened, so it was not sent again; {request.check_hint}".rstrip("; ")


def _log_exchange(request: AnyRequest, event: Response | TransportError, attempt: int) -> None:
    """Log the path only: a query may hold people's names and addresses."""
    _log.info(
        "%s %s %s in %.3f s (attempt %d)",
        request.method,
        request.path,
        event.status_code if isinstance(event, Response) else "no response",
        event.elapsed_seconds,
        attempt,
    )
    _log.debug("%s %s %s", request.method, request.target, describe(event))


def is_success(event: Response | TransportError) -> TypeGuard[Response]:
    """Return whether a whole response came whose status is a success."""
    return isinstance(event, Response) and event.status_code in _SUCCESS and not event.cut


def describe(event: Response | TransportError) -> str:
    """Return the failure of an attempt in a few words, without the text of an error response."""
    if isinstance(event, TransportError):
        return event.reason
    return f"broke off: {event.cut}" if event.cut else f"responded with {event.status_code}"
