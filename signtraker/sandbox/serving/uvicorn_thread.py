"""Run uvicorn in a thread; start and stop it without polling, and close every socket."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from signtraker.sandbox.settings import SandboxError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

HOST = "127.0.0.1"
_KEEP_ALIVE_SECONDS = 600
"""Longer than any test, so that no idle connection is closed while it is used again."""
_GRACE_SECONDS = 0.1
"""The time that unfinished requests get at the stop. Only the delay of a fault takes longer."""


class Protocol(H11Protocol):
    """Give the application access to the connection, so that faults can reset it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own does: TCP gives a Transport
        """Put the connection into the scope of each of its requests."""
        super().connection_made(transport)
        # uvicorn logs accesses if the user's logging has a handler for them.
        self.access_log = False
        app, connection = self.app, _Connection(transport)

        async def with_connection(scope: Scope, receive: Receive, send: Send) -> None:
            scope["signtraker.connection"] = connection
            await app(scope, receive, send)

        self.app = with_connection


class _Connection:
    """Reset or close a connection for a fault."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def reset(self) -> None:
        if self._transport.is_closing():
            return  # the client has closed the connection, and there is no socket
        connection: socket.socket = self._transport.get_extra_info("socket")
        # With a linger time of 0, closing sends a reset (socket(7), SO_LINGER).
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def close(self) -> None:
        self._transport.close()


class _Server(uvicorn.Server):
    """Signal the start, and wait for `stop` instead of polling."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.settled.set()

    async def main_loop(self) -> None:
        await self._stop.wait()

    def stop(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # A connection that is being accepted in this turn of the loop must not find the server closed:
        # asyncio would not close its socket.
        await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        # Unfinished requests, and connections that are being accepted.
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for connection in list(self.server_state.connections):
            connection.shutdown()
            connection.transport.abort()
        while self.server_state.connections:  # noqa: ASYNC110 - uvicorn gives no event for it
            # One turn of the loop reports the aborted connections as lost.
            await asyncio.sleep(0)


class ServerThread:
    """Run the server from `start` to `stop`."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        self._socket = _listen(port)
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            workers=1,
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._run, name="signtraker-sandbox", daemon=True)

    def start(self) -> None:
        """Return when requests are accepted; raises `SandboxError` if the server cannot start."""
        self._thread.start()
        self._server.settled.wait()
        if not self._server.started:
            self.stop()
            raise SandboxError("The sandbox could not start; its thread has reported why.")

    def stop(self) -> None:
        """Return when the thread has ended and all sockets are closed."""
        self._server.stop()
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._server.settled.set()


def _listen(port: int) -> socket.socket:
    # asyncio disables Nagle's algorithm only for a socket whose protocol is TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        raise SandboxError(
            f"The sandbox cannot listen on {HOST}:{port}: {error}. Choose another port,"
            " or 0 for any that is free."
        ) from error
    return listener
