"""Send one request for a task of asyncio.

The rules of connections are those of `threads`. An event loop that came after another opens connections
of its own.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
import warnings
from contextlib import aclosing
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

import httpx

from signtraker._core.exchange import Response, TransportError
from signtraker._core.http.asyncio_network import AsyncBackend, AsyncStream
from signtraker._core.http.connections import Connections
from signtraker._core.http.conversion import (
    NETWORK_ERRORS,
    Body,
    cancelled,
    closed_error,
    failure,
    header_texts,
    opening_errors,
    reason,
    wire_request,
)
from signtraker._core.http.httpx_log import install_filters, key_hidden_in_logs
from signtraker._core.http.injected import send_injected_async
from signtraker._core.http.network import DEADLINE_PASSED, Wire
from signtraker._core.http.settings import MAX_CONNECTIONS, TransportSettings
from signtraker.exceptions import SignTrakerError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Callable

    import httpcore

    from signtraker._core.config import Config
    from signtraker._core.http.deferred import DeferredSettings
    from signtraker._core.request import AnyRequest


class _Connection:
    """One connection of an event loop. It is opened by the first request."""

    def __init__(self, settings: TransportSettings) -> None:
        self.wire: Wire[AsyncStream] = Wire()
        self.http = settings.async_connection(AsyncBackend(self.wire))
        self.is_retired = False
        self.idle_since = 0.0

    async def exchange(
        self, message: httpcore.Request, config: Config, left_seconds: float, *, has_body: bool
    ) -> Response | TransportError:
        """Send a request, and read the whole response."""
        self.wire.begin(left_seconds, body_follows=has_body)
        start = time.perf_counter()
        try:
            response = await self.http.handle_async_request(message)
        except opening_errors() as error:
            return failure(error, config, start, is_sent=self.wire.is_used)
        body = Body(response.status, header_texts(response.headers), config.max_response_bytes)
        try:
            async with aclosing(
                cast("AsyncGenerator[bytes]", aiter(cast("AsyncIterable[bytes]", response.stream)))
            ) as chunks:
                async for chunk in chunks:
                    if not body.add(chunk):
                        break
        except NETWORK_ERRORS as error:
            body.cut = reason(error, config)
        if self.wire.is_clean(body.status_code, body.headers):
            await response.aclose()
        else:
            self.wire.abort()
        return body.response(start)


class _AsyncChannel:
    """The connections of one event loop."""

    def __init__(self, settings: TransportSettings) -> None:
        self.process = os.getpid()
        self.connections = Connections(partial(_Connection, settings))
        self.turns = asyncio.Semaphore(MAX_CONNECTIONS)

    async def has_turn(self, left_seconds: float) -> bool:
        """Wait until there are not too many attempts under way; return False if the time ran out."""
        try:
            async with asyncio.timeout(left_seconds if self.turns.locked() else None):
                return await self.turns.acquire()
        except TimeoutError:
            return False

    async def exchange(
        self,
        connection: _Connection,
        message: httpcore.Request,
        config: Config,
        left_seconds: float,
        *,
        has_body: bool,
    ) -> Response | TransportError:
        """Exchange a request for a response, and keep or close the connection."""
        try:
            with key_hidden_in_logs(config.api_key):
                result = await connection.exchange(message, config, left_seconds, has_body=has_body)
        except BaseException as error:  # noqa: BLE001 - it is raised again
            self.connections.close(connection)
            # The frames of a write hold the bytes of the request, and the key with them.
            raise error.with_traceback(None)  # noqa: B904 - the same one
        self.connections.give_back(connection)
        return result

    async def close(self) -> None:
        """Close all connections, from the event loop that they belong to."""
        self.connections.abort()
        await asyncio.sleep(0)  # asyncio closes the sockets in its next round.


def _mark_missing_sniffio() -> None:
    """Let httpcore's `import sniffio` fail at once where that package is not installed.

    httpcore's locks try it for each connection, and its pool, which an injected client uses, some 40 times
    for each request. Each time Python searches the whole module path: 60 us. None in `sys.modules` is
    Python's own mark: https://docs.python.org/3/reference/import.html#the-module-cache
    """
    if find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]  # the mark that the reference describes


class AsyncHttpPool:
    """Sends requests for tasks, over connections of the running event loop."""

    def __init__(self, settings: DeferredSettings | None, injected: httpx.AsyncClient | None) -> None:
        install_filters()
        _mark_missing_sniffio()
        self._settings = settings
        self._injected = injected
        self._home: tuple[int, asyncio.AbstractEventLoop] | None = None
        self._channels: dict[asyncio.AbstractEventLoop, _AsyncChannel] = {}
        self.is_closed = False

    async def attempt(
        self, request: AnyRequest, config: Config, left_seconds: float
    ) -> Response | TransportError:
        """Send a request once, and wait at most so long for the whole response."""
        self._check_open(request, config)
        loop = _running_loop()
        if self._injected is not None:
            self._check_home(loop)
            return await send_injected_async(self._injected, request, config, left_seconds)
        assert self._settings is not None, "a pool has settings or an injected client"  # noqa: S101 - for type checkers
        settings = self._settings.checked()
        message = wire_request(request, config, settings)
        channel = self._channel(loop, settings)
        start = time.perf_counter()
        connection: _Connection | None = None
        try:
            if not await channel.has_turn(left_seconds):
                waited = time.perf_counter() - start
                return TransportError(DEADLINE_PASSED, never_sent=True, elapsed_seconds=waited, cause=None)
            try:
                self._check_open(request, config)
                left_seconds -= time.perf_counter() - start
                connection = channel.connections.take(is_write=request.is_write)
                return await channel.exchange(
                    connection, message, config, left_seconds, has_body=bool(request.body)
                )
            finally:
                channel.turns.release()
        except asyncio.CancelledError as error:
            if request.is_write:
                cancelled(error, request, sent=connection is not None and connection.wire.is_used)
            raise

    def _check_open(self, request: AnyRequest, config: Config) -> None:
        if self.is_closed or (self._injected is not None and self._injected.is_closed):
            raise closed_error(request, config)

    def _channel(self, loop: asyncio.AbstractEventLoop, settings: TransportSettings) -> _AsyncChannel:
        channel = self._channels.get(loop)
        if channel is None or channel.process != os.getpid():
            self._forget_closed_loops()
            channel = self._channels[loop] = _AsyncChannel(settings)
        return channel

    def _forget_closed_loops(self) -> None:
        # Their connections can't be closed any more: that would need the loop. asyncio warns of them.
        for loop in [one for one in self._channels if one.is_closed()]:
            self._channels.pop(loop, None)

    async def drop_connections(self) -> None:
        """Retire the open connections: new calls open new ones, running calls finish on the old ones."""
        if (channel := self._channels.get(_running_loop())) is not None:
            channel.connections.retire()

    def _check_home(self, loop: asyncio.AbstractEventLoop) -> None:
        # Another transport, such as the sandbox's without a socket, need not belong to one loop. httpx has
        # no public name for a client's transport.
        transport = getattr(self._injected, "_transport", None)
        if not isinstance(transport, httpx.AsyncHTTPTransport):
            return
        self._home = self._home or (os.getpid(), loop)
        if self._home != (os.getpid(), loop):
            raise SignTrakerError(
                "This client's http_client was first used in another event loop or process, to which its "
                "connections belong: make the http_client and the client anew in this one."
            )

    async def close(self) -> None:
        """Close the connections, unless they belong to an injected client; end the calls under way."""
        if self._injected is None:
            self.is_closed = True
            self._forget_closed_loops()
            channel = self._channels.pop(_running_loop(), None)
            if channel is not None and channel.process == os.getpid():
                await channel.close()

    def __del__(self, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        if is_finalizing():  # An argument, since the modules' globals may be gone by then.
            return
        open_ones = [one for one in vars(self).get("_channels", {}).values() if one.connections.are_open]
        if open_ones and not self.is_closed:
            warnings.warn(
                "A SignTraker client was never closed; use it in an async with block, or await close()",
                ResourceWarning,
                source=self,
                stacklevel=1,
            )


def _running_loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise SignTrakerError(
            "The async client runs on asyncio only, and no asyncio event loop is running here; "
            "under trio, run the sync client in trio.to_thread.run_sync."
        ) from None
