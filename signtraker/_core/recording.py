"""Exchanges recorded inside a `with` block, each call into the blocks that its own context is in."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class RecordedExchange:
    """One call as it went over the wire. The key is in none of it."""

    method: str
    url: str
    status_code: int | None
    """The last answer's status; None if nothing came back."""
    headers: Mapping[str, str]
    """The last answer's headers, names in lower case."""
    attempts: int
    """How many times the request was sent."""
    failures: tuple[str, ...]
    """What was wrong with each attempt that was followed by another."""
    started: datetime
    """When the call began, in UTC."""
    elapsed_seconds: float
    """How long the attempts took together, without the waits between them."""
    request_body: bytes | None = field(default=None, repr=False)
    """What was sent; None unless bodies were asked for."""
    response_body: bytes | None = field(default=None, repr=False)
    """What came back; None unless bodies were asked for."""


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
        # Not a token's reset, which fails where a generator is closed from another context.
        _active.set(tuple(one for one in _active.get() if one is not recorder))


def observer(pool: object) -> Callable[[RecordedExchange], None] | None:
    """Return what to hand a call's exchange to; None where nobody in this context records."""
    if any(one.open and one.pool is pool for one in _active.get()):
        return partial(_observe, pool)
    return None


def _observe(pool: object, exchange: RecordedExchange) -> None:
    """Hand an exchange to every open recorder of the calling context."""
    for recorder in _active.get():
        if recorder.open and recorder.pool is pool:
            bare = replace(exchange, request_body=None, response_body=None)
            recorder.exchanges.append(exchange if recorder.bodies else bare)
