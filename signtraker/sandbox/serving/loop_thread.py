"""Run an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

_T = TypeVar("_T")


class LoopStoppedError(Exception):
    """The loop has stopped; the coroutine was not started."""


class LoopThread:
    """An event loop in a thread, started on first use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = False

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=loop.run_forever, name="signtraker-sandbox-loop", daemon=True)
        self._thread.start()
        return loop

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine in the thread, and wait for its result.

        Raises `LoopStoppedError` if the loop has stopped, and `concurrent.futures.CancelledError` if it stops
        meanwhile.
        """
        # Under the lock, so that no coroutine is scheduled after the stop.
        with self._lock:
            if self._stopped:
                coroutine.close()
                raise LoopStoppedError
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        return future.result()

    def stop(self) -> None:
        """Cancel what runs in the loop, and end the thread, for good."""
        with self._lock:
            self._stopped = True
        if "_loop" not in self.__dict__:
            return
        asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _cancel_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
