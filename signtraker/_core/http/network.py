"""Wrap httpcore's network streams: cap each wait by the call's deadline, and count what is received.

httpx's time-outs restart with every byte, so a server that sends a byte now and then could hold a call
for ever. httpcore lets one choose the network backend that opens its connections; the backend here
passes everything on and shortens each time-out to what is left of the deadline.
"""

from __future__ import annotations

import socket
import time
from collections import deque
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import httpcore

from signtraker._core.http.framing import ReceivedBytes

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable
    from weakref import WeakSet

_LARGEST_WRITE = 65_536
"""Bytes handed to the socket at once, so that the deadline is checked after each chunk."""
_INTERIM = (b"HTTP/1.1 1", b"HTTP/1.0 1")
"""The beginnings of 1xx responses, which announce the real one (RFC 9110, 15.2)."""
_LARGEST_READ_AHEAD = 1_000_000
"""Bytes of a response that are kept while the request is still being written."""

DEADLINE_PASSED = "the deadline of the call has passed"

_deadline: ContextVar[float | None] = ContextVar("signtraker_deadline", default=None)


class Progress:
    """The progress of one attempt of a task, for when its deadline ends it."""

    __slots__ = ("begun", "scope", "sent")

    def __init__(self) -> None:
        self.scope = anyio.CancelScope()
        """Ends the attempt."""
        self.sent = False
        """Whether any byte of the request was written."""
        self.begun: Callable[[], Any] | None = None
        """Returns the response as far as it has come; None before its headers."""


progress: ContextVar[Progress | None] = ContextVar("signtraker_progress", default=None)
"""The progress of the attempt that the running task makes."""


def set_deadline(seconds: float) -> None:
    """Let no network operation of the running context wait longer than this, all of them together."""
    _deadline.set(time.monotonic() + seconds)


def _capped(timeout: float | None, error: type[Exception]) -> float | None:
    """Return the shorter of a time-out and the time left; raise if none is left."""
    deadline = _deadline.get()
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        raise error(DEADLINE_PASSED)
    return left if timeout is None else min(timeout, left)


class Streams(set["Stream"]):
    """The open streams of a connection."""

    is_aborted = False
    """Whether the connection was closed, perhaps while it was being opened."""


class Stream(httpcore.NetworkStream):
    """A connection whose waits end with the deadline of the call."""

    def __init__(self, stream: httpcore.NetworkStream, streams: Streams) -> None:
        self._stream = stream
        self._streams = streams
        self.received = ReceivedBytes()
        streams.add(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read some bytes."""
        data = self._stream.read(max_bytes, _capped(timeout, httpcore.ReadTimeout))
        self.received.add(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all bytes."""
        self.received.restart()
        for start in range(0, len(buffer), _LARGEST_WRITE):
            part = buffer[start : start + _LARGEST_WRITE]
            self._stream.write(part, _capped(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """Close the connection."""
        self._streams.discard(self)
        self._stream.close()

    def abort(self) -> None:
        """Close the connection from another thread: a read that waits for it ends at once."""
        raw = self._stream.get_extra_info("socket")
        if isinstance(raw, socket.socket):
            with suppress(OSError):  # It may not be connected any more.
                raw.shutdown(socket.SHUT_RDWR)
        self.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Return the connection with TLS on top."""
        inner = self._stream.start_tls(
            ssl_context, server_hostname, _capped(timeout, httpcore.ConnectTimeout)
        )
        self._streams.discard(self)
        return Stream(inner, self._streams)

    def get_extra_info(self, info: str) -> Any:
        """Return what the wrapped stream says of itself."""
        return self._stream.get_extra_info(info)


class Backend(httpcore.NetworkBackend):
    """Open connections whose waits end with the deadline of the call."""

    def __init__(self, backend: httpcore.NetworkBackend, streams: Streams) -> None:
        self._backend = backend
        self._streams = streams

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Open a connection. Resolving the name is left to the system, which has its own time-out."""
        capped = _capped(timeout, httpcore.ConnectTimeout)
        stream = self._backend.connect_tcp(host, port, capped, local_address, socket_options)
        opened = Stream(stream, self._streams)
        if self._streams.is_aborted:
            opened.close()
            raise httpcore.ConnectError("the client was closed meanwhile")
        return opened


class AsyncStream(httpcore.AsyncNetworkStream):
    """A connection that counts what it receives. Deadlines of tasks are kept by their cancel scope."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, streams: WeakSet[AsyncStream]) -> None:
        self._stream = stream
        self._streams = streams
        self._ahead: deque[bytes] = deque()
        self.received = ReceivedBytes()
        streams.add(self)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        """Read some bytes."""
        if self._ahead:
            return self._ahead.popleft()
        data = await self._stream.read(max_bytes, timeout)
        self.received.add(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's
        """Write all bytes."""
        self.received.restart()
        if (attempt := progress.get()) is not None:
            attempt.sent = True
        if len(buffer) <= _LARGEST_WRITE:
            await self._stream.write(buffer, timeout)
        else:
            await self._write_while_reading(buffer, timeout)

    async def _write_while_reading(self, buffer: bytes, timeout: float | None) -> None:  # noqa: ASYNC109 - httpcore's
        """Write a large body, and stop when the server responds meanwhile.

        A server may refuse a body before it has read all of it, and close the connection (RFC 9112, 9.5).
        asyncio drops what was not yet read when a write fails, and anyio reads only when it is asked to.
        """
        failures: list[httpcore.NetworkError | httpcore.TimeoutException] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._read_ahead)
            try:
                for start in range(0, len(buffer), _LARGEST_WRITE):
                    # Let the reading task run: writes to a socket that accepts everything never yield.
                    await anyio.lowlevel.checkpoint()
                    if self._ahead and not self._ahead[0].startswith(_INTERIM):
                        raise httpcore.WriteError("the server responded before it had read the whole request")
                    await self._stream.write(buffer[start : start + _LARGEST_WRITE], timeout)
            except (httpcore.NetworkError, httpcore.TimeoutException) as error:
                failures.append(error)  # Raised in the group, it would become an ExceptionGroup.
            tasks.cancel_scope.cancel()
        for failure in failures:
            raise failure

    async def _read_ahead(self) -> None:
        size = 0
        with suppress(httpcore.NetworkError):  # The next read meets it again.
            while size < _LARGEST_READ_AHEAD and (data := await self._stream.read(_LARGEST_WRITE)):
                self.received.add(data)
                self._ahead.append(data)
                size += len(data)

    async def aclose(self) -> None:
        """Close the connection."""
        self._streams.discard(self)
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
    ) -> httpcore.AsyncNetworkStream:
        """Return the connection with TLS on top."""
        try:
            inner = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:
            # httpcore leaves the socket open where a cancellation ends the handshake.
            with anyio.CancelScope(shield=True):
                await self.aclose()
            raise
        self._streams.discard(self)
        return AsyncStream(inner, self._streams)

    def get_extra_info(self, info: str) -> Any:
        """Return what the wrapped stream says of itself."""
        return self._stream.get_extra_info(info)


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """Open connections that count what they receive."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend, streams: WeakSet[AsyncStream]) -> None:
        self._backend = backend
        self._streams = streams

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Open a connection."""
        stream = await self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return AsyncStream(stream, self._streams)
