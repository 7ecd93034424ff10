"""Iterate over a list in a thread: page by page, or with more threads that read several pages at a time."""

from __future__ import annotations

import os
import random
import sys
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar

from signtraker._core.cancellation import CallCancelledError, Cancellation, current
from signtraker._lists.arguments import BATCH_SIZE, check_count
from signtraker._lists.paging import RowBuffer
from signtraker.exceptions import SignTrakerError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context
    from types import TracebackType

    from signtraker._core.request import Request
    from signtraker._lists.concurrent import ConcurrentPager, PageCall
    from signtraker._lists.splitting import AnyPager
    from signtraker.models import ResponseModel

T = TypeVar("T")
M = TypeVar("M", bound="ResponseModel")


class Send(Protocol):
    """Performs one request."""

    def __call__(self, request: Request[T], /) -> T: ...


class RecordIterator(Iterator[M]):
    """The records of a list, which are read while it is iterated.

    An error does not end it: iterate over it again to go on from the page that failed. Leave it in the middle
    with `close()`, or use it in a `with` block.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._buffer: RowBuffer[M] = RowBuffer()
        self._is_closed = False

    def __next__(self) -> M:
        while not self._buffer.rows:
            if not self._read_more():
                raise StopIteration
        return self._buffer.take()

    def iter_batches(self, size: int = BATCH_SIZE) -> Iterator[list[M]]:
        """Return the records in lists of `size`; the last list may be shorter, and none is empty.

        An error does not end this iterator either: the records read before it come with the next list.
        `error.progress` counts those of the lists that were returned.
        """
        check_count("size", size, 1)
        return _Batches(self._take_batch, size)

    def _take_batch(self, size: int) -> list[M]:
        while len(self._buffer.rows) < size and self._read_more():
            pass
        return self._buffer.take_batch(size)

    def _read_more(self) -> bool:
        """Read on, and add the progress to an error; return False at the end."""
        with self._buffer.page():
            return not self._is_closed and self._read_on()

    def close(self) -> None:
        """End the iteration. After that, no request is made or under way, and no thread is left."""
        self._is_closed = True
        self._buffer.rows.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @abstractmethod
    def _read_on(self) -> bool:
        """Do something that brings more rows; return False at the end."""


class _Batches(Iterator[list[M]]):
    """The records of an iterator in lists."""

    def __init__(self, take: Callable[[int], list[M]], size: int) -> None:
        self._take = take
        self._size = size

    def __next__(self) -> list[M]:
        if not (batch := self._take(self._size)):
            raise StopIteration
        return batch


class PagedIterator(RecordIterator[M]):
    """Reads one page after another, each when its first row is needed."""

    def __init__(self, send: Send, pages: AnyPager[M]) -> None:
        super().__init__(send)
        self._pages = pages

    def _read_on(self) -> bool:
        if (request := self._pages.next_request()) is None:
            return False
        self._buffer.rows.extend(self._pages.received(self._send(request)))
        return True


class ConcurrentIterator(RecordIterator[M]):
    """Lets threads read several pages at a time.

    The iterating thread decides, and starts calls only when it is asked for a row. It makes the call itself
    when no other may be made beside it, as at the beginning. After any exception, a signal's too, and in a
    forked process, it begins anew after the last row that it has.
    """

    def __init__(self, send: Send, pages: ConcurrentPager[M]) -> None:
        super().__init__(send)
        self._pages = pages
        self._readers: _Readers[M] | None = None
        self._is_whole = True
        """False while the state of the pages is being changed: an exception may come between."""

    def close(self) -> None:
        """End the iteration. After that, no request is made or under way, and no thread is left."""
        super().close()
        self._end_readers()

    def _end_readers(self) -> None:
        if (readers := self._own_readers()) is not None:
            readers.stop()
            readers.join()

    def __del__(self, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        if is_finalizing():  # An argument, since the modules' globals may be gone by then.
            return
        if (readers := self._own_readers()) is not None:
            readers.stop()

    def _own_readers(self) -> _Readers[M] | None:
        """Return the threads of this process; those of the parent don't exist in a forked one."""
        readers = self._readers
        return readers if readers is not None and readers.process == os.getpid() else None

    def _read_on(self) -> bool:
        readers = self._own_readers()
        if not self._is_whole or (self._readers is not None and readers is None):
            self._pages = self._pages.resumed(self._buffer.received)
        if readers is None:
            readers = self._readers = _Readers(self._send)
        self._is_whole = False
        goes_on = self._step(readers)
        self._is_whole = True
        return goes_on

    def _step(self, readers: _Readers[M]) -> bool:
        pages = self._pages
        self._finish(readers.ended())
        if pages.ended:
            self._is_closed = True
            self._end_readers()
            return False
        rows = pages.take()
        calls = pages.start(time.monotonic())
        if rows is not None:
            self._buffer.rows.extend(rows)
            readers.start(calls)
        elif calls and pages.under_way == 1:
            read_page(self._send, calls[0])
            self._finish(calls)
        else:
            readers.start(calls)
            readers.wait(pages.wait_seconds(time.monotonic()))
        return True

    def _finish(self, calls: list[PageCall[M]]) -> None:
        for call in calls:
            self._pages.finish(call, time.monotonic(), random.random())


def read_page(send: Send, call: PageCall[M]) -> None:
    """Perform a call. An error of the SDK is its result."""
    try:
        call.rows = send(call.request)
    except SignTrakerError as error:
        call.error = error


class _Readers(Generic[M]):
    """The threads that read. They hold no reference to the iterator, which ends them when it is deleted."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._threads: list[Thread] = []
        self._idle = 0
        self._cancellation = Cancellation()
        self._jobs: SimpleQueue[tuple[Context, PageCall[M]] | None] = SimpleQueue()
        self._results: deque[PageCall[M]] = deque()
        self._wake: SimpleQueue[None] = SimpleQueue()
        self.process = os.getpid()

    def start(self, calls: list[PageCall[M]]) -> None:
        """Let threads make calls, each in a copy of this thread's context."""
        for call in calls:
            if self._idle:
                self._idle -= 1
            else:
                # Daemons: a thread that waits for the server must not keep the process from ending.
                self._threads.append(Thread(target=self._work, name="signtraker-reader", daemon=True))
                self._threads[-1].start()
            self._jobs.put((copy_context(), call))

    def wait(self, seconds: float | None) -> None:
        """Wait until a call ends, for at most `seconds`."""
        with suppress(Empty):
            self._wake.get(timeout=seconds)
            while True:
                self._wake.get_nowait()

    def ended(self) -> list[PageCall[M]]:
        """Return the calls that have ended since the last time."""
        calls: list[PageCall[M]] = []
        while self._results:
            calls.append(self._results.popleft())
        self._idle += len(calls)
        return calls

    def stop(self) -> None:
        """Begin no more calls, and end those under way."""
        self._cancellation.cancel()
        for _ in self._threads:
            self._jobs.put(None)
        self._wake.put(None)  # Another thread may be waiting for a call that has no result now.

    def join(self) -> None:
        """Wait until the threads have ended."""
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            context, call = job
            try:
                context.run(self._read, call)
            except CallCancelledError:
                return
            except BaseException as error:  # noqa: BLE001 - the iterating thread raises it
                call.error = error
            self._results.append(call)
            self._wake.put(None)

    def _read(self, call: PageCall[M]) -> None:
        current.set(self._cancellation)
        self._cancellation.check()
        read_page(self._send, call)
