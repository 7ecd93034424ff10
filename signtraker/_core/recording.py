"""Record the exchanges of calls inside a `with` block. `contextvars` decides which calls belong to it."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class RecordedExchange:
    """One call as it went over the wire. The key is in none of it."""

    method: str
    """The HTTP method."""
    url: str
    """The URL of the request, with its query."""
    status_code: int | None
    """The last response's status; None if nothing came back."""
    headers: Mapping[str, str]
    """The last response's headers, names in lower case."""
    attempts: int
    """How many times the request was sent."""
    failures: tuple[str, ...]
    """The failure of each attempt that was retried."""
    started: datetime
    """When the call began, in UTC."""
    elapsed_seconds: float
    """How long the attempts took together, without the waits between them."""
    request_body: bytes | None = field(default=None, repr=False)
    """The request body; None without `record(bodies=True)`."""
    response_body: bytes | None = field(default=None, repr=False)
    """The response body; None without `record(bodies=True)`."""


@dataclass(slots=True, eq=False)
class _Recorder:
    pool: object
    bodies: bool
    exchanges: list[RecordedExchange]
    open: bool = True


_active: ContextVar[tuple[_Recorder, ...]] = ContextVar("signtraker_recorders", default=())


@contextmanager
def recording(pool: object, *, bodies: bool) -> Generator[list[RecordedExchange]]:
    """Record what is sent over a pool from this context, and from those copied from it, until the end."""
    recorder = _Recorder(pool, bodies, [])
    _active.set((*_active.get(), recorder))
    try:
        yield recorder.exchanges
    finally:
        recorder.open = False
        # `ContextVar.reset(token)` would raise if the generator is closed in another context.
        _active.set(tuple(one for one in _active.get() if one is not recorder))


@dataclass(frozen=True, slots=True)
class Observer:
    """Hands the exchange of a call to the recorders of the context that makes it."""

    pool: object
    needs_bodies: bool
    """Whether any recorder keeps bodies; if not, they need not be redacted, for each call of a batch."""

    def __call__(self, exchange: RecordedExchange) -> None:
        """Record an exchange."""
        for recorder in _active.get():
            if recorder.open and recorder.pool is self.pool:
                has_too_much = self.needs_bodies and not recorder.bodies
                recorder.exchanges.append(_without_bodies(exchange) if has_too_much else exchange)


def observer(pool: object) -> Observer | None:
    """Return the object that records an exchange; None if no recorder is open in this context."""
    recorders = [one for one in _active.get() if one.open and one.pool is pool]
    return Observer(pool, any(one.bodies for one in recorders)) if recorders else None


def _without_bodies(exchange: RecordedExchange) -> RecordedExchange:
    return replace(exchange, request_body=None, response_body=None)
