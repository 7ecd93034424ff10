"""Tell the hooks of a client about one call. Imported only by the calls of a client that has hooks."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Literal, Self, TypeVar

from signtraker._core.exchange import Response, Send, Wait, describe, is_success
from signtraker._core.hooks import AttemptInfo, AttemptResult, CallInfo, CallResult
from signtraker.exceptions import SignTrakerError, UnreadableResponseError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from types import TracebackType

    from signtraker._core.config import Config
    from signtraker._core.exchange import Action, Event
    from signtraker._core.hooks import CallHooks
    from signtraker._core.request import AnyRequest
    from signtraker.exceptions import Outcome

T = TypeVar("T")
_log = logging.getLogger("signtraker")


class ObservedCall:
    """Follows one call: `observe` sees its actions and events, and the end of the `with` block its result."""

    def __init__(self, request: AnyRequest, config: Config) -> None:
        self._hooks = config.hooks
        self._is_write = request.is_write
        self._call = CallInfo(request.method, request.route or request.path, config.base_url)
        self._attempts = 0
        self._is_attempt_open = False
        self._event: Event = None
        self._call_start = self._attempt_start = time.perf_counter()

    def __enter__(self) -> Self:
        return self

    def observe(self, steps: Generator[Action, Event, T]) -> Generator[Action, Event, T]:
        """Pass the actions of a call and their events through, and tell the hooks about them."""
        self._tell("before_call", self._call, self._hooks)
        action = next(steps)
        while True:
            if isinstance(action, Send):
                self._begin_attempt(action.attempt)
                self._event = yield action
                try:
                    action = steps.send(self._event)
                except StopIteration as end:
                    result: T = end.value
                    return result
                if isinstance(action, Wait):
                    self._end_attempt(action.failure, action.seconds)
            else:
                yield action
                action = next(steps)

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        outcome = self._outcome(error)
        if self._is_attempt_open:
            self._end_attempt(self._failure(error), None)
        result = CallResult(
            call=self._call,
            attempts=self._attempts,
            status_code=self._status_code,
            outcome=outcome,
            error=error,
            elapsed_seconds=time.perf_counter() - self._call_start,
        )
        self._tell("after_call", result, self._hooks[::-1])

    def _begin_attempt(self, number: int) -> None:
        self._attempts, self._event, self._is_attempt_open = number, None, True
        self._tell("before_attempt", AttemptInfo(self._call, number), self._hooks)
        self._attempt_start = time.perf_counter()

    def _end_attempt(self, failure: str | None, wait_seconds: float | None) -> None:
        self._is_attempt_open = False
        elapsed = time.perf_counter() - self._attempt_start
        result = AttemptResult(
            call=self._call,
            number=self._attempts,
            status_code=self._status_code,
            failure=failure,
            wait_seconds=wait_seconds,
            elapsed_seconds=elapsed if self._event is None else self._event.elapsed_seconds,
        )
        self._tell("after_attempt", result, self._hooks[::-1])

    @property
    def _status_code(self) -> int | None:
        return self._event.status_code if isinstance(self._event, Response) else None

    def _outcome(self, error: BaseException | None) -> Outcome:
        if error is None:
            return "happened"
        if isinstance(error, SignTrakerError):
            return error.outcome
        # Between two attempts it is known that nothing has happened yet.
        return "may_have_happened" if self._is_write and self._is_attempt_open else "did_not_happen"

    def _failure(self, error: BaseException | None) -> str | None:
        """Say why the last attempt failed, without an error's message: that may quote people's data."""
        if error is None:
            return None
        if self._event is None:
            return f"ended by {type(error).__name__}"
        if not is_success(self._event):
            return describe(self._event)
        return "can't be read" if isinstance(error, UnreadableResponseError) else "holds another record"

    def _tell(
        self,
        name: Literal["before_call", "before_attempt", "after_attempt", "after_call"],
        what: CallInfo | AttemptInfo | AttemptResult | CallResult,
        hooks: Sequence[CallHooks],
    ) -> None:
        for hook in hooks:
            try:
                getattr(hook, name)(what)
            except Exception:  # noqa: BLE001 - whatever a hook raises must not hide what became of a write
                _log.warning(
                    "%s.%s raised an exception; the call goes on", type(hook).__name__, name, exc_info=True
                )
