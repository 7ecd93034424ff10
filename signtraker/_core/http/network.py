"""Open connections for threads: cap each wait by the call's deadline, and count what is received.

httpcore's time-outs restart with every byte, so a server that sends a byte now and then could hold a call
for ever. httpcore lets one choose the network backend that opens its connections; the backend here
passes everything on and shortens each time-out to what is left of the deadline.
"""

from __future__ import annotations

import math
import os
import socket
import time
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

import httpcore

from signtraker._core.http.framing import ReceivedBytes

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

LARGEST_WRITE: Final = 65_536
"""Bytes handed to the socket at once, so that the deadline is checked after each chunk."""
_WITH_BODY: Final = (b"POST ", b"PATCH ")
"""The beginnings of requests whose body follows; a proxy's CONNECT has none."""
DEADLINE_PASSED: Final = "the deadline of the call has passed"
CLOSED_MEANWHILE: Final = "the client was closed meanwhile"


class AnyStream(Protocol):
    """A stream of threads or of tasks, as `Wire` uses it."""

    received: ReceivedBytes

    def abort(self) -> None:
        """Close the connection now."""


StreamT = TypeVar("StreamT", bound=AnyStream)


class Wire(Generic[StreamT]):
    """The state that the network streams of one connection share: one, or two with TLS on top."""

    __slots__ = ("_body_follows", "_head", "deadline", "is_aborted", "is_reused", "is_used", "streams")

    def __init__(self) -> None:
        self.streams: set[StreamT] = set()
        self.deadline = math.inf
        """The time by a monotonic clock at which the call under way must end."""
        self.is_used = False
        """Whether any byte for the server was written since the call under way began."""
        self.is_reused = False
        """Whether the call under way began over a connection that was open already."""
        self.is_aborted = False
        """Whether the connection was closed, perhaps while it was being opened."""
        self._body_follows = False
        self._head = b""

    def begin(self, left_seconds: float, *, body_follows: bool) -> None:
        """Begin a call that may take so long; its request may have a body."""
        self.deadline = time.monotonic() + left_seconds
        self.is_used = False
        self.is_reused = bool(self.streams)
        self._body_follows = body_follows
        self._head = b""

    def joined(self, buffer: bytes) -> bytes:
        """Return the bytes to write now: httpcore writes the head and the body of a request apart.

        In one piece they cost one call of the system less on each side, and one packet.
        """
        if self._body_follows and buffer.startswith(_WITH_BODY):
            self._body_follows, self._head = False, buffer
            return b""
        head, self._head = self._head, b""
        return head + buffer if head else buffer

    def note_write(self, part: bytes) -> None:
        """Note that the server may receive these bytes; a CONNECT goes to a proxy only (RFC 9110, 9.3.6)."""
        self.is_used = self.is_used or not part.startswith(b"CONNECT ")

    def capped(self, timeout: float | None, error: type[Exception]) -> float:
        """Return the shorter of a time-out and the time left; raise if none is left."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise error(DEADLINE_PASSED)
        return left if timeout is None else min(timeout, left)

    def abort(self) -> None:
        """Close the connection now, even while a call waits for it, and without httpcore's locks.

        A call that is opening it sends nothing, and ends as soon as it is open or can't be.
        """
        self.is_aborted = True
        for stream in list(self.streams):
            stream.abort()

    def is_clean(self, status_code: int, headers: dict[str, str]) -> bool:
        """Return whether exactly this response came since the request was sent."""
        return len(self.streams) == 1 and all(
            one.received.is_exactly(status_code, headers) for one in self.streams
        )


class Stream(httpcore.NetworkStream):
    """A connection whose waits end with the deadline of the call."""

    def __init__(self, stream: httpcore.NetworkStream, wire: Wire[Stream]) -> None:
        self._stream = stream
        self._wire = wire
        self._process = os.getpid()
        self.received = ReceivedBytes()
        wire.streams.add(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read some bytes."""
        data = self._stream.read(max_bytes, self._wire.capped(timeout, httpcore.ReadTimeout))
        self.received.add(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all bytes."""
        self.received.restart()
        buffer = self._wire.joined(buffer)
        for start in range(0, len(buffer), LARGEST_WRITE):
            part = buffer[start : start + LARGEST_WRITE]
            seconds = self._wire.capped(timeout, httpcore.WriteTimeout)
            self._wire.note_write(part)
            self._stream.write(part, seconds)

    def close(self) -> None:
        """Close the connection."""
        self._wire.streams.discard(self)
        self._stream.close()

    def abort(self) -> None:
        """Close the connection from another thread: a read that waits for it ends at once.

        A forked process closes its copy only: a shutdown would end the connection of its parent too.
        """
        raw = self._stream.get_extra_info("socket")
        if isinstance(raw, socket.socket) and self._process == os.getpid():
            with suppress(OSError):  # It may not be connected any more.
                raw.shutdown(socket.SHUT_RDWR)
        self.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Return the connection with TLS on top."""
        seconds = self._wire.capped(timeout, httpcore.ConnectTimeout)
        inner = self._stream.start_tls(ssl_context, server_hostname, seconds)
        self._wire.streams.discard(self)
        return _unless_aborted(Stream(inner, self._wire), self._wire)

    def get_extra_info(self, info: str) -> Any:
        """Return what the wrapped stream says of itself."""
        return self._stream.get_extra_info(info)


class Backend(httpcore.NetworkBackend):
    """Open connections whose waits end with the deadline of the call."""

    _backend: Final = httpcore.SyncBackend()

    def __init__(self, wire: Wire[Stream]) -> None:
        self._wire = wire

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Open a connection. Resolving the name is left to the system, which has its own time-out."""
        addresses = [host] if is_address(host) else _addresses(host, port)
        while True:
            seconds = self._wire.capped(timeout, httpcore.ConnectTimeout)
            try:
                opened = self._backend.connect_tcp(addresses[0], port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if not addresses[1:] or self._wire.is_aborted:
                    raise
                del addresses[0]
            else:
                return _unless_aborted(Stream(opened, self._wire), self._wire)


def is_address(host: str) -> bool:
    """Return whether a host is given as an address, not by name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _addresses(host: str, port: int) -> list[str]:
    """Resolve a name. With a name, `socket` would restart the time-out for each of its addresses."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    return [str(one[4][0]) for one in found]


def _unless_aborted(stream: Stream, wire: Wire[Stream]) -> Stream:
    """Return a connection; raise if it was aborted while it was being opened."""
    if wire.is_aborted:
        stream.close()
        raise httpcore.ConnectError(CLOSED_MEANWHILE)
    return stream
