"""Define the hooks that observe calls, and what they are told. `run_hooks.py` calls them."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, cast

from signtraker._core.secret import quoted
from signtraker.exceptions import SignTrakerConfigError

if TYPE_CHECKING:
    from signtraker._core.request import Method
    from signtraker.exceptions import Outcome


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class CallInfo:
    """One call of the API, which sends its request once or several times.

    A call's hooks are all given the same object, and no other call has an equal one. So it can be the key of
    a dict that holds what `after_call` needs. It holds no id, no query, no body and no key.
    """

    method: Method
    """The HTTP method: GET for a read, POST or PATCH for a write."""
    route: str
    """The path as the API reference writes it, with names for ids: `/api/orders/{id}`."""
    base_url: str
    """The address of the server, such as `https://acme.signtraker.com`."""


@dataclass(frozen=True, slots=True)
class AttemptInfo:
    """One attempt to send a call's request."""

    call: CallInfo
    """The call that the attempt belongs to."""
    number: int
    """1 for the first attempt of the call, 2 for the first retry."""


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """The result of one attempt."""

    call: CallInfo
    """The call that the attempt belongs to."""
    number: int
    """1 for the first attempt of the call, 2 for the first retry."""
    status_code: int | None
    """The HTTP status of the response; None if there was none."""
    failure: str | None
    """What went wrong, such as `responded with 503`; None if the attempt succeeded."""
    wait_seconds: float | None
    """How long the call waits now, before the next attempt; None if this was the last one."""
    elapsed_seconds: float
    """The duration of the attempt, in seconds."""


@dataclass(frozen=True, slots=True)
class CallResult:
    """The result of a call, after its last attempt."""

    call: CallInfo
    """The call that ended."""
    attempts: int
    """How many times the request was sent, or was about to be sent."""
    status_code: int | None
    """The HTTP status of the last response; None if the last attempt had none."""
    outcome: Outcome
    """Whether what was asked for `"did_not_happen"`, `"may_have_happened"` or `"happened"`."""
    error: BaseException | None = field(repr=False)
    """What the call raises: a `SignTrakerError`, whose message may quote people's data, or an exception of
    yours that ended the call, such as `KeyboardInterrupt`. None if it returns."""
    elapsed_seconds: float
    """The duration of the call, in seconds: all attempts, and the waits between them."""


class CallHooks:
    """Base class for objects that observe calls: override what you need, and pass `hooks=[…]` to a client.

        class CountRetries(CallHooks):
            def after_attempt(self, attempt: AttemptResult) -> None:
                if attempt.wait_seconds is not None:
                    retries.labels(attempt.call.route).inc()

    Each page of a list and each row of a batch is one call. The methods run in the thread or the task of the
    call, which waits for them: they must be quick, and may be called by several threads at a time. `async
    def` is refused, for the sync client and the async one alike. Hooks can't change a call: an `Exception`
    that one raises is logged as a warning by the logger `signtraker`, and the call goes on.
    docs/guides/observability.md has examples.
    """

    def before_call(self, call: CallInfo) -> None:
        """Observe that a call begins; its request has passed all checks."""

    def before_attempt(self, attempt: AttemptInfo) -> None:
        """Observe that the request is about to be sent."""

    def after_attempt(self, attempt: AttemptResult) -> None:
        """Observe the result of an attempt: before the wait, if there is another attempt."""

    def after_call(self, result: CallResult) -> None:
        """Observe the result of a call. Called once for each call, also if an exception of yours ends it."""


_NAMES = ("before_call", "before_attempt", "after_attempt", "after_call")


def checked_hooks(given: object) -> tuple[CallHooks, ...]:
    """Return the hooks of a client; raises `SignTrakerConfigError` for anything that can't be called."""
    if not isinstance(given, Iterable) or isinstance(given, str | bytes):
        raise SignTrakerConfigError(
            f"hooks must be a list of objects of subclasses of CallHooks, not {quoted(given)}."
        )
    return tuple(_checked(at, hook) for at, hook in enumerate(cast("Iterable[object]", given)))


def refuse_unpicklable(hooks: Iterable[CallHooks]) -> None:
    """Raise `TypeError` if a hook can't be pickled, so that the error names it."""
    for at, hook in enumerate(hooks):
        try:
            pickle.dumps(hook)
        except Exception as error:
            raise TypeError(
                f"hooks[{at}] can't be pickled, nor can a client with it ({error}); "
                f"give {type(hook).__name__} a __reduce__, or pickle client.with_options(hooks=[])"
            ) from error


def _checked(at: int, hook: object) -> CallHooks:
    if isinstance(hook, type):
        raise SignTrakerConfigError(
            f"hooks[{at}] is the class {hook.__name__}; give an object: {hook.__name__}(…)."
        )
    if not isinstance(hook, CallHooks):
        raise SignTrakerConfigError(
            f"hooks[{at}] must be an object of a subclass of CallHooks, not {quoted(hook)}."
        )
    for name in _NAMES:
        if iscoroutinefunction(getattr(hook, name)):
            raise SignTrakerConfigError(
                f"hooks[{at}]: {name} is an async def, but hooks are not awaited; make it a plain def."
            )
    return hook
