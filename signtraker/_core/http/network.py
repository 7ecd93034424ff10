"""Wrap httpcore's network streams: cap each wait by the call's deadline, and count what is received.

httpx's time-outs restart with every byte, so a server that sends a byte now and then could hold a call
for ever. httpcore lets one choose the network backend that opens its connections; the backend here
passes everything on and shortens each time-out to what is left of the deadline.
"""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import httpcore

from signtraker._core.http.framing import ReceivedBytes

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Generator, Iterable
    from weakref import WeakSet

_LARGEST_WRITE = 65_536
"""Bytes handed to the socket at once, so that the time left is looked at in between."""

DEADLINE_PASSED = "the deadline of the call has passed"

_deadline: ContextVar[float | None] = ContextVar("signtraker_deadline", default=None)


class Progress:
    """The progress of one attempt of a task, for when its deadline ends it."""

    __slots__ = ("begun", "sent")

    def __init__(self) -> None:
        self.sent = False
        """Whether any byte of the request was written."""
        self.begun: Callable[[], Any] | None = None
        """Returns the response as far as it has come; None before its headers."""


progress: ContextVar[Progress | None] = ContextVar("signtraker_progress", default=None)
"""The progress of the attempt that the running task makes."""


@contextmanager
def deadline_in(seconds: float) -> Generator[None]:
    """Let no network operation of this thread wait longer than this, all of them together."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def _capped(timeout: float | None, error: type[Exception]) -> float | None:
    """Return the shorter of a time-out and the time left; raise if none is left."""
    deadline = _deadline.get()
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        raise error(DEADLINE_PASSED)
    return left if timeout is None else min(timeout, left)


class Stream(httpcore.NetworkStream):
    """A connection whose waits end with the deadline of the call."""

    def __init__(self, stream: httpcore.NetworkStream, streams: WeakSet[Stream]) -> None:
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

    def forget(self) -> None:
        """Close this process's copy of a connection that the parent process uses on."""
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

    def __init__(self, backend: httpcore.NetworkBackend, streams: WeakSet[Stream]) -> None:
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
        return Stream(stream, self._streams)


class AsyncStream(httpcore.AsyncNetworkStream):
    """A connection that counts what it receives. Deadlines of tasks are kept by their cancel scope."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, streams: WeakSet[AsyncStream]) -> None:
        self._stream = stream
        self._streams = streams
        self.received = ReceivedBytes()
        streams.add(self)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        """Read some bytes."""
        data = await self._stream.read(max_bytes, timeout)
        self.received.add(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's
        """Write all bytes."""
        self.received.restart()
        if (attempt := progress.get()) is not None:
            attempt.sent = True
        await self._stream.write(buffer, timeout)

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
        inner = await self._stream.start_tls(ssl_context, server_hostname, timeout)
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
