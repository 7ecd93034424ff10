"""Decide when a request is sent again, and after how long. Pure: chance and the clock are arguments.

docs/reference/failures.md has the table of these decisions; tests/core/test_decisions.py drives each row.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

TRANSIENT = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
LONGEST_WAIT_SECONDS = 60.0
"""The longest `Retry-After` that is waited for. A longer one raises an error that names it."""


@dataclass(frozen=True, slots=True)
class AttemptFailure:
    """The failure of one attempt."""

    never_sent: bool = False
    status_code: int | None = None
    """The status of the response; None if there was none."""
    cut: bool = False
    """Whether the body broke off."""
    retry_after_seconds: float | None = None


def may_repeat(failure: AttemptFailure, *, is_write: bool) -> bool:
    """Return whether to send a request again after this failure.

    A write only if it provably never reached the server, or after a 429, which is assumed to mean that
    the server refused it before it did anything.
    """
    if failure.never_sent or failure.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    return not is_write and (failure.status_code is None or failure.cut or failure.status_code in TRANSIENT)


def wait_seconds(
    failure: AttemptFailure, *, attempt: int, backoff_seconds: float, chance: float
) -> float | None:
    """Return how long to wait after the `attempt`-th attempt; None if the server asks for too long.

    The backoff doubles with each attempt; `chance` (0 to 1) shortens it by up to a half (jitter), so that
    clients that failed together do not return together. `Retry-After` is a lower bound.
    """
    backoff = backoff_seconds * 2 ** (attempt - 1)
    wait = min(backoff, LONGEST_WAIT_SECONDS) * (1 - chance / 2)
    asked = failure.retry_after_seconds or 0.0
    return None if asked > LONGEST_WAIT_SECONDS else max(wait, asked)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Read `Retry-After` (RFC 9110, 10.2.3): whole seconds or an HTTP date; None if it is neither."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:10])
    try:
        date = parsedate_to_datetime(text)
        return max(0.0, (date - now).total_seconds()) if date.utcoffset() is not None else None
    except (ValueError, OverflowError):
        return None
