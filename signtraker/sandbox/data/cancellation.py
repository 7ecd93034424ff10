"""Cancel the requests that arrived before the last reset: none of them does any work."""

from __future__ import annotations

from contextvars import ContextVar

_arrived: ContextVar[int | None] = ContextVar("signtraker_sandbox_generation", default=None)


class RequestCancelled(BaseException):
    """The current request arrived before the last reset.

    Not an `Exception`: Starlette would respond with a 500, and the client must get no response.
    """


class ResetGeneration:
    """Count the resets; each request remembers the count at its arrival."""

    def __init__(self) -> None:
        self._number = 0

    def enter(self) -> None:
        """Remember the count for the current task."""
        _arrived.set(self._number)

    def check(self) -> None:
        """Raise `RequestCancelled` in the task of a request that arrived before the last reset."""
        if _arrived.get() not in {None, self._number}:
            raise RequestCancelled

    def advance(self) -> None:
        """Cancel every request that has arrived so far."""
        self._number += 1
