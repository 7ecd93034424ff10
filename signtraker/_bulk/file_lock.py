"""Lock a file against other processes, and against other users of it in this one."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from pathlib import Path


class FileLock:
    """A lock that ends with the process, however it ends, or when it is released.

    SQLite's own locks on POSIX end when the process closes any other descriptor of the file, such as that of
    a copy (https://www.sqlite.org/howtocorrupt.html, section 2.2); `flock` has no such rule. On Windows
    SQLite's locks suffice.
    """

    def __init__(self, path: Path) -> None:
        """Make the file and lock it; raises `BlockingIOError` if somebody else has."""
        self._path = path
        self._descriptor: int | None = None
        while sys.platform != "win32" and self._descriptor is None:
            self._descriptor = self._lock()

    def _lock(self) -> int | None:
        """Return the locked descriptor; None if the file was removed meanwhile by its last user."""
        assert sys.platform != "win32"  # noqa: S101 - for type checkers
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), self._path.stat()):
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def release(self) -> None:
        """Remove the file and give up the lock."""
        if self._descriptor is None:
            return
        assert sys.platform != "win32"  # noqa: S101 - for type checkers
        descriptor, self._descriptor = self._descriptor, None
        with suppress(OSError):
            self._path.unlink()
        # A forked process may have inherited the descriptor, so closing it would not be enough.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)
