"""Open connections for tasks on asyncio's transports: deadlines, counted bytes, early responses.

httpcore's own backend for asyncio is anyio's, which opens a scope for each read, write and close: 0.4 ms of a
write with a new connection are due to it.
"""

from __future__ import annotations

import asyncio
import select
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import httpcore

from signtraker._core.http.framing import ReceivedBytes
from signtraker._core.http.network import CLOSED_MEANWHILE, LARGEST_WRITE, Wire, is_address

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

_INTERIM: Final = (b"HTTP/1.1 1", b"HTTP/1.0 1")
"""The beginnings of 1xx responses, which announce the real one (RFC 9110, 15.2)."""
_MOST_READ_AHEAD: Final = 1_000_000
"""Bytes that are kept before somebody reads them; then the socket is left alone."""
_HAPPY_EYEBALLS_SECONDS: Final = 0.25
"""RFC 8305, section 5: the wait before the next address of a host is tried as well."""


class AsyncStream(httpcore.AsyncNetworkStream, asyncio.Protocol):
    """A connection of an event loop, which one task uses at a time. Its waits end with the call's deadline.

    It reads while it writes, because a server may refuse a body before it has read all of it, and close the
    connection (RFC 9112, 9.5). What arrived before the end can be read after it.
    """

    def __init__(self, wire: Wire[AsyncStream]) -> None:
        self._wire = wire
        self._transport: asyncio.Transport | None = None
        self._arrived: deque[bytes] = deque()
        self._size = 0
        self._has_ended = False
        self._error: Exception | None = None
        self._may_write = True
        self._may_read = True
        self._waiter: asyncio.Future[bool] | None = None
        self.received = ReceivedBytes()

    # The calls of the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's have no such base
        self._wire.streams.add(self)

    def data_received(self, data: bytes) -> None:
        """Keep bytes until they are read."""
        self.received.add(data)
        self._arrived.append(data)
        self._size += len(data)
        if self._size > _MOST_READ_AHEAD and self._may_read and self._transport is not None:
            self._may_read = False
            self._transport.pause_reading()
        self._wake(value=True)

    def pause_writing(self) -> None:
        """Write no more: the transport's buffer is full."""
        self._may_write = False

    def resume_writing(self) -> None:
        """Go on writing."""
        self._may_write = True
        self._wake(value=True)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end of the connection, and its reason."""
        self._has_ended = True
        self._error = exc
        self._wire.streams.discard(self)
        self._wake(value=True)

    def _wake(self, *, value: bool) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(value)

    async def _wait(self, timeout: float | None, error: type[Exception]) -> None:  # noqa: ASYNC109 - httpcore's
        """Wait for a call of the event loop."""
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = loop.call_later(self._wire.capped(timeout, error), lambda: self._wake(value=False))
        try:
            if not await self._waiter:
                self._wire.capped(None, error)  # Raises if it was the deadline.
                raise error
        finally:
            timer.cancel()
            self._waiter = None

    # The calls of httpcore

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002, ASYNC109 - httpcore's
        """Return the bytes that arrived next; none at the end."""
        self._wire.capped(timeout, httpcore.ReadTimeout)
        while not self._arrived and not self._has_ended:
            await self._wait(timeout, httpcore.ReadTimeout)
        if self._arrived:
            data = self._arrived.popleft()
            self._size -= len(data)
            if self._size <= _MOST_READ_AHEAD and not (self._may_read or self._has_ended):
                self._resume_reading()
            return data
        if self._error is not None:
            raise httpcore.ReadError(str(self._error))
        return b""

    def _resume_reading(self) -> None:
        self._may_read = True
        # uvloop raises where asyncio does nothing.
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's
        """Write all bytes, or stop when the server has responded meanwhile."""
        if self._wire.is_reused and not self._wire.is_used and self.get_extra_info("is_readable"):
            # They came after the connection was taken, while other tasks had their turn.
            raise httpcore.RemoteProtocolError("the server sent bytes before the request")
        self.received.restart()
        buffer = self._wire.joined(buffer)
        for start in range(0, len(buffer), LARGEST_WRITE):
            self._wire.capped(timeout, httpcore.WriteTimeout)
            if start and self._arrived and not self._arrived[0].startswith(_INTERIM):
                raise httpcore.WriteError("the server responded before it had read the whole request")
            if self._transport is None or self._has_ended or self._transport.is_closing():
                raise httpcore.WriteError(str(self._error or "the connection is closed"))
            part = buffer[start : start + LARGEST_WRITE]
            self._wire.note_write(part)
            self._transport.write(part)
            while self._must_pause():
                await self._wait(timeout, httpcore.WriteTimeout)

    def _must_pause(self) -> bool:
        return not (self._may_write or self._has_ended or self._arrived)

    async def aclose(self) -> None:
        """Close the connection."""
        self.abort()

    def abort(self) -> None:
        """Close the connection now: a read that waits for it ends."""
        self._wire.streams.discard(self)
        if self._transport is not None:
            self._transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
    ) -> httpcore.AsyncNetworkStream:
        """Return the connection with TLS on top."""
        inner = AsyncStream(self._wire)
        loop = asyncio.get_running_loop()
        assert self._transport is not None, "a stream has a transport"  # noqa: S101 - for type checkers
        start = loop.start_tls(self._transport, inner, ssl_context, server_hostname=server_hostname)
        transport = await _connected(start, self._wire, timeout)
        if transport is None:
            raise httpcore.ConnectError(CLOSED_MEANWHILE)
        self._wire.streams.discard(self)
        inner.connection_made(transport)
        return inner

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks for."""
        if info == "is_readable":  # Of an idle connection: the server closed it, or sent too much.
            return bool(self._arrived) or self._has_ended or self._is_readable()
        return None if self._transport is None else self._transport.get_extra_info(info)

    def _is_readable(self) -> bool:
        """Ask the system: an event loop that was busy has not read yet what arrived."""
        raw = self.get_extra_info("socket")
        return raw is not None and _is_readable(raw.fileno())


def _is_readable(descriptor: int) -> bool:
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


async def _connected(steps: Any, wire: Wire[AsyncStream], timeout: float | None) -> Any:  # noqa: ASYNC109 - httpcore's
    """Await a step of the connection's opening; raises httpcore's errors."""
    try:
        async with asyncio.timeout(wire.capped(timeout, httpcore.ConnectTimeout)):
            return await steps
    except TimeoutError:
        wire.capped(None, httpcore.ConnectTimeout)  # Raises if it was the deadline.
        raise httpcore.ConnectTimeout from None
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """Open connections of the running event loop."""

    def __init__(self, wire: Wire[AsyncStream]) -> None:
        self._wire = wire

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
        local_address: str | None = None,  # noqa: ARG002 - httpcore's
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 - httpcore's
    ) -> httpcore.AsyncNetworkStream:
        """Open a connection. asyncio sets TCP_NODELAY itself."""
        loop = asyncio.get_running_loop()
        options: dict[str, Any] = {}
        # Other loops, such as uvloop's, know no such option, and an address needs none.
        if isinstance(loop, asyncio.BaseEventLoop) and not is_address(host):
            options["happy_eyeballs_delay"] = _HAPPY_EYEBALLS_SECONDS
        opening = loop.create_connection(partial(AsyncStream, self._wire), host, port, **options)
        stream: AsyncStream
        _, stream = await _connected(opening, self._wire, timeout)
        if self._wire.is_aborted:
            stream.abort()
            raise httpcore.ConnectError(CLOSED_MEANWHILE)
        return stream
