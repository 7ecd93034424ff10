"""Define an HTTP server on loopback that follows a script, connection by connection.

It is for what the sandbox can't produce: connections that die half-way, lies, and answers in HTML.
"""

from __future__ import annotations

import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Reply:
    """What to do with one request: send these bytes, then close, or reset if there are none."""

    raw: bytes

    @classmethod
    def json(cls, body: str | bytes, status: int = 200, **headers: str) -> Self:
        """Return a whole answer; header names take `_` for `-`."""
        content = body.encode() if isinstance(body, str) else body
        given = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return cls(_head(status, {**given, "Content-Length": str(len(content))}) + content)

    @classmethod
    def page(cls, status: int) -> Self:
        """Return an answer in HTML."""
        content = b"<!DOCTYPE html><html><body>Something is wrong</body></html>"
        headers = {"Content-Type": "text/html", "Content-Length": str(len(content))}
        return cls(_head(status, headers) + content)

    @classmethod
    def cut(cls, body: str, status: int = 200) -> Self:
        """Return an answer whose body breaks off."""
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body) + 10)}
        return cls(_head(status, headers) + body.encode())

    @classmethod
    def reset(cls) -> Self:
        """Return no answer: the connection is reset once the request has arrived."""
        return cls(b"")


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} X", "Connection: close", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class ScriptedServer:
    """Answers the n-th request with the n-th reply, and every further one with the last."""

    replies: list[Reply]
    requests: list[Received] = field(default_factory=list[Received])
    url: str = ""

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._farewell: object = None
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # The last connection comes after all of the client's, some of which may not have been accepted yet.
        with socket.socket() as farewell:
            farewell.bind(("127.0.0.1", 0))
            self._farewell = farewell.getsockname()
            farewell.connect(self._listener.getsockname())
            self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            connection, peer = self._listener.accept()
            with connection:
                if peer == self._farewell:
                    return
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            start = stream.readline().decode().split(" ")
            headers: dict[str, str] = {}
            while line := stream.readline().decode().rstrip("\r\n"):
                name, _, value = line.partition(": ")
                headers[name.lower()] = value
            body = stream.read(int(headers.get("content-length", "0")))
        if len(start) > 1:
            self.requests.append(Received(start[0], start[1], headers, body))
            reply = self.replies[min(len(self.requests), len(self.replies)) - 1]
            if reply.raw:
                connection.sendall(reply.raw)
            else:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
