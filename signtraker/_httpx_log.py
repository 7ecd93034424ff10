"""httpx logs whole URLs at INFO; for our calls their queries may hold people's data, so they go to DEBUG."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

_our_call: ContextVar[bool] = ContextVar("signtraker_our_call", default=False)
_logger = logging.getLogger("httpx")


@contextmanager
def quiet_httpx() -> Generator[None]:
    """Lower httpx's own lines to DEBUG inside the block, in this thread or task only."""
    token = _our_call.set(True)
    try:
        yield
    finally:
        _our_call.reset(token)


def _lower(record: logging.LogRecord) -> bool:
    if not _our_call.get():
        return True
    record.levelno, record.levelname = logging.DEBUG, logging.getLevelName(logging.DEBUG)
    return _logger.isEnabledFor(logging.DEBUG)


_logger.addFilter(_lower)
