"""Cancel the requests that arrived before the last reset: none of them does any work."""

from __future__ import annotations

from contextvars import ContextVar

_arrived: ContextVar[int | None] = ContextVar("signtraker_sandbox_epoch", default=None)


class RequestCancelled(BaseException):
    """The request in hand belongs to the past.

    Not an `Exception`: Starlette would answer one with a 500, and nobody is to be answered.
    """


class ResetGeneration:
    """A number that each reset raises, and that each request remembers from its arrival."""

    def __init__(self) -> None:
        self._number = 0

    def enter(self) -> None:
        """Remember, for as long as the current task lives, when its request arrived."""
        _arrived.set(self._number)

    def check(self) -> None:
        """Raise `CalledOff` in the task of a request that arrived before the last reset."""
        if _arrived.get() not in {None, self._number}:
            raise RequestCancelled

    def advance(self) -> None:
        """Call off every request that has arrived so far."""
        self._number += 1
