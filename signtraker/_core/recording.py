"""Record the exchanges of calls inside a `with` block. `contextvars` decides which calls belong to it."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
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


def observer(pool: object) -> Callable[[RecordedExchange], None] | None:
    """Return the function that records an exchange; None if no recorder is open in this context."""
    if any(one.open and one.pool is pool for one in _active.get()):
        return partial(_observe, pool)
    return None


def _observe(pool: object, exchange: RecordedExchange) -> None:
    """Hand an exchange to every open recorder of the calling context."""
    for recorder in _active.get():
        if recorder.open and recorder.pool is pool:
            recorder.exchanges.append(exchange if recorder.bodies else _without_bodies(exchange))


def _without_bodies(exchange: RecordedExchange) -> RecordedExchange:
    # `replace` takes five times as long, for each call of a batch.
    return RecordedExchange(
        exchange.method,
        exchange.url,
        exchange.status_code,
        exchange.headers,
        exchange.attempts,
        exchange.failures,
        exchange.started,
        exchange.elapsed_seconds,
    )
