"""Iterate over a list in a task: page by page, or with more tasks that read several pages at a time."""

from __future__ import annotations

import asyncio
import random
import time
from abc import abstractmethod
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar

import anyio

from signtraker._common.waits import wait_at_most
from signtraker._lists.arguments import BATCH_SIZE, check_count
from signtraker._lists.paging import RowBuffer
from signtraker.exceptions import SignTrakerError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType
    from typing import Any

    from signtraker._core.request import Request
    from signtraker._lists.concurrent import ConcurrentPager, PageCall
    from signtraker._lists.splitting import AnyPager
    from signtraker.models import ResponseModel

T = TypeVar("T")
M = TypeVar("M", bound="ResponseModel")


class AsyncSend(Protocol):
    """Performs one request."""

    def __call__(self, request: Request[T], /) -> Coroutine[Any, Any, T]: ...


class AsyncRecordIterator(AsyncIterator[M]):
    """The records of a list, which are read while it is iterated.

    An error does not end it: iterate over it again to go on from the page that failed. Leave it in the middle
    with `await close()`, or use it in an `async with` block.
    """

    def __init__(self, send: AsyncSend) -> None:
        self._send = send
        self._buffer: RowBuffer[M] = RowBuffer()
        self._is_closed = False

    async def __anext__(self) -> M:
        while not self._buffer.rows:
            if not await self._read_more():
                raise StopAsyncIteration
        return self._buffer.take()

    def iter_batches(self, size: int = BATCH_SIZE) -> AsyncIterator[list[M]]:
        """Return the records in lists of `size`; the last list may be shorter, and none is empty.

        An error does not end this iterator either: the records read before it come with the next list.
        `error.progress` counts those of the lists that were returned.
        """
        check_count("size", size, 1)
        return _Batches(self._take_batch, size)

    async def _take_batch(self, size: int) -> list[M]:
        while len(self._buffer.rows) < size and await self._read_more():
            pass
        return self._buffer.take_batch(size)

    async def _read_more(self) -> bool:
        """Read on, and add the progress to an error; return False at the end."""
        with self._buffer.page():
            return not self._is_closed and await self._read_on()

    async def close(self) -> None:
        """End the iteration. After that, no request is made or under way, and no task is left."""
        self._is_closed = True
        self._buffer.rows.clear()

    async def aclose(self) -> None:
        """Do the same as `close`, under the name that asynchronous generators have for it."""
        await self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @abstractmethod
    async def _read_on(self) -> bool:
        """Do something that brings more rows; return False at the end."""


class _Batches(AsyncIterator[list[M]]):
    """The records of an iterator in lists."""

    def __init__(self, take: Callable[[int], Coroutine[Any, Any, list[M]]], size: int) -> None:
        self._take = take
        self._size = size

    async def __anext__(self) -> list[M]:
        if not (batch := await self._take(self._size)):
            raise StopAsyncIteration
        return batch


class AsyncPagedIterator(AsyncRecordIterator[M]):
    """Reads one page after another, each when its first row is needed."""

    def __init__(self, send: AsyncSend, pages: AnyPager[M]) -> None:
        super().__init__(send)
        self._pages = pages

    async def _read_on(self) -> bool:
        if (request := self._pages.next_request()) is None:
            return False
        self._buffer.rows.extend(self._pages.received(await self._send(request)))
        return True


class AsyncConcurrentIterator(AsyncRecordIterator[M]):
    """Lets tasks read several pages at a time.

    The iterating task decides, and starts calls only when it is asked for a row. It makes the call itself
    when no other may be made beside it, as at the beginning. Cancelling it ends the calls under way. After
    any exception, and in another event loop, it begins anew after the last row that it has.
    """

    def __init__(self, send: AsyncSend, pages: ConcurrentPager[M]) -> None:
        super().__init__(send)
        self._pages = pages
        self._readers: _Readers[M] | None = None
        self._is_whole = True
        """False while the state of the pages is being changed: an exception may come between."""

    async def close(self) -> None:
        """End the iteration. After that, no request is made or under way, and no task is left."""
        await super().close()
        await self._end_readers()

    async def _end_readers(self) -> None:
        if (readers := self._own_readers()) is not None:
            await readers.stop()

    def __del__(self) -> None:
        if (readers := self._readers) is not None and readers.loop is not None:
            with suppress(RuntimeError):  # The event loop is closed, and its tasks with it.
                readers.loop.call_soon_threadsafe(readers.cancel)

    def _own_readers(self) -> _Readers[M] | None:
        """Return the tasks of this event loop."""
        readers = self._readers
        is_own = readers is not None and (readers.loop is None or readers.loop is asyncio.get_running_loop())
        return readers if is_own else None

    async def _read_on(self) -> bool:
        readers = self._own_readers()
        if not self._is_whole or (self._readers is not None and readers is None):
            self._pages = self._pages.resumed(self._buffer.received)
        if readers is None:
            readers = self._readers = _Readers(self._send)
        self._is_whole = False
        try:
            goes_on = await self._step(readers)
        except asyncio.CancelledError:
            await readers.stop()
            raise
        self._is_whole = True
        return goes_on

    async def _step(self, readers: _Readers[M]) -> bool:
        pages = self._pages
        self._finish(readers.ended())
        if pages.ended:
            self._is_closed = True
            await self._end_readers()
            return False
        rows = pages.take()
        calls = pages.start(time.monotonic())
        if rows is not None:
            self._buffer.rows.extend(rows)
            readers.start(calls)
        elif calls and pages.under_way == 1:
            await read_page(self._send, calls[0])
            self._finish(calls)
        else:
            readers.start(calls)
            await readers.wait(pages.wait_seconds(time.monotonic()))
        return True

    def _finish(self, calls: list[PageCall[M]]) -> None:
        for call in calls:
            self._pages.finish(call, time.monotonic(), random.random())


async def read_page(send: AsyncSend, call: PageCall[M]) -> None:
    """Perform a call. An error of the SDK is its result."""
    try:
        call.rows = await send(call.request)
    except SignTrakerError as error:
        call.error = error


class _Readers(Generic[M]):
    """The tasks that read. They hold no reference to the iterator, which ends them when it is deleted."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send
        self._tasks: set[asyncio.Task[None]] = set()
        self._results: deque[PageCall[M]] = deque()
        self._wake = asyncio.Event()
        self.loop: asyncio.AbstractEventLoop | None = None
        """The event loop of the tasks; None before the first."""

    def start(self, calls: list[PageCall[M]]) -> None:
        """Make each call in a task of its own."""
        for call in calls:
            self.loop = asyncio.get_running_loop()
            task = asyncio.create_task(self._read(call))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def wait(self, seconds: float | None) -> None:
        """Wait until a call ends, for at most `seconds`."""
        await wait_at_most(self._wake, seconds)
        self._wake.clear()

    def ended(self) -> list[PageCall[M]]:
        """Return the calls that have ended since the last time."""
        calls = list(self._results)
        self._results.clear()
        return calls

    async def stop(self) -> None:
        """End the calls under way, and wait for their tasks."""
        # A scope of anyio cancels each await anew, which would leave the tasks behind.
        with anyio.CancelScope(shield=True):
            self.cancel()
            self._wake.set()  # Another task may be waiting for a call that has no result now.
            if self._tasks:
                await asyncio.wait(list(self._tasks))

    def cancel(self) -> None:
        """Let the calls under way end."""
        for task in self._tasks:
            task.cancel()

    async def _read(self, call: PageCall[M]) -> None:
        try:
            await read_page(self._send, call)
        except Exception as error:  # noqa: BLE001 - the iterating task raises it
            call.error = error
        self._results.append(call)
        self._wake.set()
