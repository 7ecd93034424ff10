"""Define a TCP server on loopback whose behaviour is a function of the connection."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


@dataclass
class RawServer:
    """Calls the behaviour for each connection, in a thread of its own."""

    behave: Callable[[Connection], None]
    connections: int = 0
    requests: list[bytes] = field(default_factory=list[bytes])
    """The first line of each request, in the order they came."""
    stopping: threading.Event = field(default_factory=threading.Event)
    url: str = ""
    _open: int = 0
    _closed: threading.Condition = field(default_factory=threading.Condition)

    def wait_for_closing(self, *, but: int) -> None:
        """Wait until the client has closed all connections but so many; raise after a minute."""
        with self._closed:
            if not self._closed.wait_for(lambda: self._open <= but, timeout=60):
                raise TimeoutError(f"{self._open} connections are open, not {but}")

    def count_open(self, change: int) -> None:
        """Note that a connection was opened, or closed."""
        with self._closed:
            self._open += change
            self._closed.notify_all()


@dataclass
class Connection:
    """One connection, as the behaviour sees it."""

    socket: socket.socket
    server: RawServer

    def read_request(self) -> bytes:
        """Read one request, the body included; return nothing if the client closed the connection."""
        content = b""
        while b"\r\n\r\n" not in content:
            if not (chunk := self.socket.recv(65536)):
                return b""
            content += chunk
        head, _, body = content.partition(b"\r\n\r\n")
        lengths = [one for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:")]
        length = int(lengths[0].partition(b":")[2]) if lengths else 0
        while len(body) < length:
            if not (chunk := self.socket.recv(65536)):
                return b""
            body += chunk
        self.server.requests.append(head.partition(b"\r\n")[0])
        return head + b"\r\n\r\n" + body

    def send(self, content: bytes) -> None:
        """Send all bytes."""
        self.socket.sendall(content)

    def trickle(self, content: bytes, seconds: float = 0.02) -> None:
        """Send byte after byte until the client gives up or the server stops."""
        for at in range(len(content)):
            if self.server.stopping.wait(seconds):
                return
            self.socket.sendall(content[at : at + 1])

    def wait(self) -> None:
        """Keep silent until the server stops."""
        self.server.stopping.wait()


def response(body: bytes, status: str = "200 OK", headers: bytes = b"") -> bytes:
    """Return a whole response that keeps the connection alive."""
    length = str(len(body)).encode()
    return b"HTTP/1.1 %b\r\nContent-Length: %b\r\n%b\r\n%b" % (status.encode(), length, headers, body)


@contextmanager
def raw_server(behave: Callable[[Connection], None]) -> Generator[RawServer]:
    """Run a server until the end of the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = RawServer(behave, url=f"http://127.0.0.1:{listener.getsockname()[1]}")
    threads: list[threading.Thread] = []
    accepted_ones: list[socket.socket] = []

    def handle(accepted: socket.socket) -> None:
        with accepted, suppress(OSError):  # The client may have gone.
            behave(Connection(accepted, server))
        server.count_open(-1)

    def accept() -> None:
        while True:
            accepted, peer = listener.accept()
            if server.stopping.is_set() and peer == farewell.getsockname():
                accepted.close()
                return
            server.connections += 1
            server.count_open(1)
            accepted_ones.append(accepted)
            threads.append(threading.Thread(target=handle, args=(accepted,)))
            threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield server
    finally:
        # The last connection comes after all of the client's, some of which may not have been accepted yet.
        with socket.socket() as farewell:
            farewell.bind(("127.0.0.1", 0))
            server.stopping.set()
            farewell.connect(listener.getsockname())
            acceptor.join()
        for accepted in accepted_ones:
            with suppress(OSError):  # Most are closed already.
                accepted.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()
        listener.close()
