"""Redact the logs of httpx and httpcore: queries at DEBUG only, and never the key, even echoed."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from signtraker._core.redact import redact

if TYPE_CHECKING:
    from collections.abc import Generator

_key_of_our_call: ContextVar[str | None] = ContextVar("signtraker_key_of_our_call", default=None)
_httpx = logging.getLogger("httpx")


def hide_key_in_logs(key: str) -> None:
    """Redact both libraries' lines from here to the end of the running context."""
    _key_of_our_call.set(key)


@contextmanager
def key_hidden_in_logs(key: str) -> Generator[None]:
    """Redact both libraries' lines in the block, which must end in the task that it began in."""
    token = _key_of_our_call.set(key)
    try:
        yield
    finally:
        _key_of_our_call.reset(token)


def _scrubbed(record: logging.LogRecord) -> bool:
    key = _key_of_our_call.get()
    if key is not None:
        record.msg, record.args = redact(record.getMessage(), key), ()
    return True


def _lowered(record: logging.LogRecord) -> bool:
    if _key_of_our_call.get() is None:
        return True
    record.levelno, record.levelname = logging.DEBUG, logging.getLevelName(logging.DEBUG)
    return _httpx.isEnabledFor(logging.DEBUG) and _scrubbed(record)


def install_filters() -> None:
    """Add the filters to the loggers of httpx and httpcore; adding them again does nothing.

    Called before a client's first request, so that importing the package changes no other library's logging.
    """
    _httpx.addFilter(_lowered)
    for name in ("connection", "http11", "http2", "proxy", "socks"):
        logging.getLogger(f"httpcore.{name}").addFilter(_scrubbed)
