"""End calls of other threads early, when nobody waits for their results any more.

`contextvars` decides which calls a cancellation belongs to. Nothing here takes a lock, for the reason that
`_core/http/threads.py` gives.
"""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextlib import AbstractContextManager


class CallCancelledError(Exception):
    """The call was ended early. It never reaches the caller, who does not wait for the call."""


class Abortable(Protocol):
    """Something that another thread may end, such as a connection."""

    def abort(self) -> None:
        """End it at once."""
        ...


class Cancellation:
    """Ends the calls of some threads: they begin no attempt and no wait any more, and those under way end."""

    def __init__(self) -> None:
        self.is_set = False
        self._under_way: set[Abortable] = set()
        self._wake: SimpleQueue[None] = SimpleQueue()

    def cancel(self) -> None:
        """End the calls. May be called from any thread, and again."""
        self.is_set = True
        self._wake.put(None)
        for one in list(self._under_way):
            one.abort()

    def check(self) -> None:
        """Raise `CallCancelledError` if the calls were ended."""
        if self.is_set:
            raise CallCancelledError

    def sleep(self, seconds: float) -> None:
        """Wait; raise `CallCancelledError` as soon as the calls are ended."""
        with suppress(Empty):
            self._wake.get(timeout=seconds)
            self._wake.put(None)  # For the next thread that waits.
        self.check()

    @contextmanager
    def abortable(self, one: Abortable) -> Generator[None]:
        """Abort this when the calls are ended before the end of the block."""
        self._under_way.add(one)
        try:
            self.check()
            yield
        finally:
            self._under_way.discard(one)


_NOTHING: Final = nullcontext()
current: ContextVar[Cancellation | None] = ContextVar("signtraker_cancellation", default=None)
"""The cancellation of the calls of this context; None if they can't be ended early."""


def abortable(one: Abortable) -> AbstractContextManager[None]:
    """Return a context that aborts this when the call of the context is ended."""
    cancellation = current.get()
    return _NOTHING if cancellation is None else cancellation.abortable(one)


def sleep(seconds: float) -> None:
    """Wait between two attempts; raise `CallCancelledError` if the call is ended meanwhile."""
    if (cancellation := current.get()) is None:
        time.sleep(seconds)
    else:
        cancellation.sleep(seconds)


def check_cancelled() -> None:
    """Raise `CallCancelledError` if the call of this context was ended."""
    if (cancellation := current.get()) is not None:
        cancellation.check()
