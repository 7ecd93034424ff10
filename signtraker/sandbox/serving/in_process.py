"""Transports for httpx that call the application without a socket."""

from __future__ import annotations

import asyncio
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx

from signtraker.sandbox.serving.loop_thread import LoopStoppedError

if TYPE_CHECKING:
    import threading
    from collections.abc import AsyncIterator, Iterator

    from starlette.types import ASGIApp, Message, Scope

    from signtraker.sandbox.serving.loop_thread import LoopThread

_LOST = "signtraker.lost"
_STOPPED = "The sandbox has stopped."


class _Connection:
    """Replace the connection that faults reset, since there is none."""

    def __init__(self, parts: asyncio.Queue[Message]) -> None:
        self._parts = parts

    def reset(self) -> None:
        self._parts.put_nowait({"type": _LOST})

    def close(self) -> None:
        """Do nothing: there is no connection to close."""


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that was received, up to the loss of the connection."""

    def __init__(self, chunks: list[bytes], loss: httpx.TransportError | None) -> None:
        self._chunks = chunks
        self._loss = loss

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks
        if self._loss is not None:
            raise self._loss

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk


@dataclass(slots=True)
class _Received:
    status: int | None = None
    headers: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    chunks: list[bytes] = field(default_factory=list[bytes])
    loss: httpx.TransportError | None = None

    def response(self, request: httpx.Request) -> httpx.Response:
        if self.status is None:
            raise self.loss or httpx.RemoteProtocolError("There was no response.", request=request)
        return httpx.Response(self.status, headers=self.headers, stream=_Body(self.chunks, self.loss))


class Exchanges:
    """Call the application in the current loop; work whose caller has given up goes on."""

    def __init__(self, app: ASGIApp, ended: threading.Event) -> None:
        self._app = app
        self._ended = ended
        self._under_way: set[asyncio.Task[None]] = set()

    async def exchange(self, request: httpx.Request, body: bytes) -> httpx.Response:
        """Send one request, and collect its response."""
        if self._ended.is_set():
            raise httpx.ConnectError(_STOPPED, request=request)
        parts: asyncio.Queue[Message] = asyncio.Queue()
        arriving: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            return arriving.pop() if arriving else {"type": "http.disconnect"}

        work = asyncio.create_task(self._work(_scope(request, parts), receive, parts))
        self._under_way.add(work)
        work.add_done_callback(self._under_way.discard)
        read_timeout: float | None = request.extensions.get("timeout", {}).get("read")
        received = await _collect(request, parts, read_timeout)
        if self._ended.is_set():
            # The database was closed, so the response would be an error about it.
            raise httpx.ReadError(_STOPPED, request=request)
        return received.response(request)

    async def _work(self, scope: Scope, receive: Any, parts: asyncio.Queue[Message]) -> None:
        try:
            await self._app(scope, receive, parts.put)
        finally:
            # A server that has sent everything closes the connection.
            parts.put_nowait({"type": _LOST})

    def cancel(self) -> None:
        """Cancel the work whose caller has given up."""
        for work in self._under_way:
            work.cancel()


async def _collect(
    request: httpx.Request, parts: asyncio.Queue[Message], read_timeout: float | None
) -> _Received:
    received = _Received()
    while True:
        try:
            part = await asyncio.wait_for(parts.get(), read_timeout)
        except TimeoutError:
            received.loss = httpx.ReadTimeout("The sandbox did not respond in time.", request=request)
            return received
        if part["type"] == _LOST:
            received.loss = httpx.ReadError("The sandbox reset the connection.", request=request)
            return received
        if part["type"] == "http.response.start":
            received.status, received.headers = part["status"], list(part["headers"])
            continue
        received.chunks.append(part.get("body", b""))
        if not part.get("more_body", False):
            return received


def _scope(request: httpx.Request, parts: asyncio.Queue[Message]) -> Scope:
    path, _, query = request.url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "root_path": "",
        "query_string": query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 0),
        "server": (request.url.host, request.url.port),
        "signtraker.connection": _Connection(parts),
    }


class AsyncInProcessTransport(httpx.AsyncBaseTransport):
    """For `httpx.AsyncClient(transport=…)`: handles requests in the caller's loop."""

    def __init__(self, app: ASGIApp, ended: threading.Event) -> None:
        self._exchanges = Exchanges(app, ended)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Handle one request."""
        return await self._exchanges.exchange(request, await request.aread())

    async def aclose(self) -> None:
        """Cancel unfinished requests."""
        self._exchanges.cancel()


class InProcessTransport(httpx.BaseTransport):
    """For `httpx.Client(transport=…)`: handles requests in a loop of its own."""

    def __init__(self, loop: LoopThread, app: ASGIApp, ended: threading.Event) -> None:
        self._loop = loop
        self._exchanges = Exchanges(app, ended)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Handle one request."""
        body = request.read()
        try:
            return self._loop.run(self._exchanges.exchange(request, body))
        except LoopStoppedError:
            raise httpx.ConnectError(_STOPPED, request=request) from None
        except CancelledError:
            raise httpx.ReadError(_STOPPED, request=request) from None
