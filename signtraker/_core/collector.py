"""Pause Python's cyclic garbage collector while a large list is read, or the sandbox is imported.

Each new record counts towards the next collection, and each collection visits the records made before it,
although records hold no cycles. That doubles the time of a large list. The classes and functions of an import
stay too.
"""

from __future__ import annotations

import gc
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

_LARGE: Final = 65_536
"""The bytes from which on a pause saves more than it costs."""


class _Pauses:
    """Count the pauses of all threads: the last one to end switches the collector on again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._was_enabled = False

    def begin(self) -> None:
        with self._lock:
            if self._count == 0:
                self._was_enabled = gc.isenabled()
                gc.disable()
            self._count += 1

    def end(self) -> None:
        with self._lock:
            self._count -= 1
            if self._count == 0 and self._was_enabled:
                gc.enable()

    def start_anew(self) -> None:
        """Forget the pauses of the parent's other threads, which don't exist in a forked child."""
        self._lock = threading.Lock()
        if self._count and self._was_enabled:
            gc.enable()
        self._count = 0


_pauses = _Pauses()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pauses.start_anew)


@contextmanager
def collector_paused(size: int = _LARGE) -> Generator[None]:
    """Pause the collector inside the block if so many bytes are large. Leaves it off if it was off before."""
    if size < _LARGE:
        yield
        return
    _pauses.begin()
    try:
        yield
    finally:
        _pauses.end()
