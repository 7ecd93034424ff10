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
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

import anyio  # httpx depends on it, and its pool understands cancellation by anyio's scopes only
import httpx

from signtraker._core.exchange import Response, TransportError
from signtraker._core.http.conversion import (
    BAD_LOCATION,
    Body,
    bad_location,
    build_request,
    cancelled,
    close_afterwards,
    closed_error,
    failure,
    is_clean,
    reason,
)
from signtraker._core.http.httpx_log import hide_key_in_logs, install_filters
from signtraker._core.http.network import DEADLINE_PASSED, AsyncBackend, AsyncStream, Progress, progress
from signtraker._core.http.settings import (
    KEPT_ALIVE,
    MAX_CONNECTIONS,
    ONE_REQUEST_EACH,
    TransportSettings,
)
from signtraker.exceptions import SignTrakerError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from signtraker._core.config import Config
    from signtraker._core.request import AnyRequest

T = TypeVar("T")


class _AsyncChannel:
    """The connections of one event loop: kept alive for reads, one for each write."""

    def __init__(self, settings: TransportSettings) -> None:
        self.process = os.getpid()
        self.attempts: set[Progress] = set()
        self.is_retired = False
        self.streams: WeakSet[AsyncStream] = WeakSet()
        self.reads = self._open(settings, KEPT_ALIVE)
        self.writes = self._open(settings, ONE_REQUEST_EACH)
        # httpcore's pool looks at all requests that wait whenever one ends, which is quadratic.
        self.turns = asyncio.Semaphore(MAX_CONNECTIONS)

    def _open(self, settings: TransportSettings, limits: httpx.Limits) -> httpx.AsyncHTTPTransport:
        transport = settings.make(httpx.AsyncHTTPTransport, limits)
        # httpx takes no backend for the pool that it makes (see `_Connection` in `threads`).
        pool: Any = transport._pool  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # as above
        pool._network_backend = AsyncBackend(pool._network_backend, self.streams)  # noqa: SLF001 - as above
        return transport

    async def retire(self) -> None:
        """Close the connections as soon as no call uses them."""
        self.is_retired = True
        if not self.attempts:
            with anyio.CancelScope(shield=True):
                await self.close()

    async def close(self) -> None:
        """Close all connections, from the event loop that they belong to; end what waits for one."""
        for attempt in [one for one in self.attempts if not one.sent]:
            attempt.scope.cancel()
        await self.reads.aclose()
        await self.writes.aclose()


def _mark_missing_sniffio() -> None:
    """Let httpcore's `import sniffio` fail at once where that package is not installed.

    httpcore's `current_async_library` tries it some 40 times for each request,
    and each time Python searches the whole module path: 2.5 ms a request. None in `sys.modules` is Python's
    own mark of a module that can't be imported: https://docs.python.org/3/reference/import.html#the-module-cache
    """
    if find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]  # the mark that the reference describes


class AsyncHttpPool:
    """Sends requests for tasks, over connections of the running event loop."""

    def __init__(self, settings: TransportSettings | None, injected: httpx.AsyncClient | None) -> None:
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
        message = build_request(request, config)
        start = time.perf_counter()
        attempt = Progress()
        if self._injected is not None:
            self._check_home(loop)
            attempt.sent = True  # An injected client does not report it, so the worst is assumed.
            sending = _exchange_async(self._injected, message, config, attempt)
        else:
            sending = _take_turn(self._channel(loop), message, config, attempt, is_write=request.is_write)
        try:
            ended = await _within(left_seconds, attempt.scope, sending)
        except asyncio.CancelledError as error:
            if request.is_write:
                cancelled(error, request, sent=attempt.sent)
            raise
        if ended is not None:
            return ended
        if not attempt.sent:
            self._check_open(request, config)
        if attempt.begun is not None:
            begun: Response = attempt.begun()
            return replace(begun, cut=DEADLINE_PASSED)
        elapsed = time.perf_counter() - start
        return TransportError(DEADLINE_PASSED, not attempt.sent, elapsed, None)

    def _check_open(self, request: AnyRequest, config: Config) -> None:
        if self.is_closed or (self._injected is not None and self._injected.is_closed):
            raise closed_error(request, config)

    def _channel(self, loop: asyncio.AbstractEventLoop) -> _AsyncChannel:
        assert self._settings is not None, "a pool has settings or an injected client"  # noqa: S101 - for type checkers
        channel = self._channels.get(loop)
        if channel is None or channel.process != os.getpid():
            self._forget_closed_loops()
            channel = self._channels[loop] = _AsyncChannel(self._settings)
        return channel

    def _forget_closed_loops(self) -> None:
        # Their connections can't be closed any more: that would need the loop. asyncio warns of them.
        for loop in [one for one in self._channels if one.is_closed()]:
            self._channels.pop(loop, None)

    async def drop_connections(self) -> None:
        """Retire the open connections: new calls open new ones, running calls finish on the old ones."""
        if (channel := self._channels.pop(_running_loop(), None)) is not None:
            await channel.retire()

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
        open_ones = [one for one in vars(self).get("_channels", {}).values() if one.streams]
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


async def _take_turn(
    channel: _AsyncChannel, message: httpx.Request, config: Config, attempt: Progress, *, is_write: bool
) -> Response | TransportError:
    if is_write:
        close_afterwards(message)
    channel.attempts.add(attempt)
    try:
        async with channel.turns:
            transport = channel.writes if is_write else channel.reads
            return await _exchange_async(transport, message, config, attempt)
    finally:
        channel.attempts.discard(attempt)
        if channel.is_retired:
            await channel.retire()


async def _exchange_async(
    sender: httpx.AsyncHTTPTransport | httpx.AsyncClient,
    message: httpx.Request,
    config: Config,
    attempt: Progress,
) -> Response | TransportError:
    # The attempt has a task of its own, and with it a context that ends with it.
    hide_key_in_logs(config.api_key)
    progress.set(attempt)
    start = time.perf_counter()
    try:
        if isinstance(sender, httpx.AsyncClient):
            response = await sender.send(message, stream=True, auth=None, follow_redirects=False)
        else:
            response = await sender.handle_async_request(message)
    except httpx.RequestError as error:
        return failure(error, message, config, start)
    except BAD_LOCATION as error:
        return bad_location(error, config, start)
    body = Body(response, config.max_response_bytes)
    attempt.begun = partial(body.response, start)
    try:
        if not body.is_read():
            async for chunk in response.aiter_raw():
                if not body.add(chunk):
                    break
    except httpx.RequestError as error:
        body.cut = reason(error, config)
    finally:
        stream: object = response.extensions.get("network_stream")
        if isinstance(stream, AsyncStream) and not is_clean(stream, response):
            await stream.aclose()
        await response.aclose()
    return body.response(start)


async def _within(
    seconds: float, scope: anyio.CancelScope, attempt: Coroutine[object, object, T]
) -> T | None:
    """Await an attempt for so long; return None if the time ran out. Cancelling the caller ends it cleanly.

    httpcore's pool protects its clean-up with an anyio scope, which `Task.cancel` ignores: the connection
    then counts as used for ever. So the attempt gets a task of its own, and is cancelled by a scope, which
    the pool understands.
    """
    results: list[T] = []
    scope.deadline = anyio.current_time() + seconds

    async def perform() -> None:
        with scope:
            results.append(await attempt)

    task = asyncio.ensure_future(perform())
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        scope.cancel()
        await asyncio.wait([task])
        raise
    return results[0] if results else None
