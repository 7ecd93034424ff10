"""Send one request over an `httpx.Client` or `httpx.AsyncClient` that the caller made."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import anyio  # httpx depends on it, and its pool understands cancellation by anyio's scopes only
import httpx

from signtraker._core.exchange import Response, TransportError
from signtraker._core.http.conversion import (
    BAD_LOCATION,
    Body,
    bad_location,
    cancelled,
    failure,
    httpx_request,
    reason,
)
from signtraker._core.http.httpx_log import hide_key_in_logs
from signtraker._core.http.network import DEADLINE_PASSED

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from signtraker._core.config import Config
    from signtraker._core.request import AnyRequest

T = TypeVar("T")


def send_injected(client: httpx.Client, request: AnyRequest, config: Config) -> Response | TransportError:
    """Send a request once. Neither the client's auth nor its redirects apply."""
    message = httpx_request(request, config)
    start = time.perf_counter()
    try:
        response = client.send(message, stream=True, auth=None, follow_redirects=False)
    except httpx.RequestError as error:
        return failure(error, config, start, is_sent=True)
    except BAD_LOCATION as error:
        return bad_location(error, config, start)
    body = _body(response, config)
    try:
        for chunk in () if _is_read(response, body) else response.iter_raw():
            if not body.add(chunk):
                break
    except httpx.RequestError as error:
        body.cut = reason(error, config)
    finally:
        response.close()
    return body.response(start)


async def send_injected_async(
    client: httpx.AsyncClient, request: AnyRequest, config: Config, left_seconds: float
) -> Response | TransportError:
    """Send a request once, and wait at most so long for the whole response."""
    message = httpx_request(request, config)
    start = time.perf_counter()
    begun: list[Body] = []
    try:
        ended = await _within(left_seconds, partial(_exchange, client, message, config, begun.append))
    except asyncio.CancelledError as error:
        if request.is_write:
            # An injected client does not report whether anything was sent, so the worst is assumed.
            cancelled(error, request, sent=True)
        raise
    if ended is not None:
        return ended
    if begun:
        return replace(begun[0].response(start), cut=DEADLINE_PASSED)
    return TransportError(
        DEADLINE_PASSED, never_sent=False, elapsed_seconds=time.perf_counter() - start, cause=None
    )


async def _exchange(
    client: httpx.AsyncClient, message: httpx.Request, config: Config, begin: Callable[[Body], None]
) -> Response | TransportError:
    # The attempt has a task of its own, and with it a context that ends with it.
    hide_key_in_logs(config.api_key)
    start = time.perf_counter()
    try:
        response = await client.send(message, stream=True, auth=None, follow_redirects=False)
    except httpx.RequestError as error:
        return failure(error, config, start, is_sent=True)
    except BAD_LOCATION as error:
        return bad_location(error, config, start)
    body = _body(response, config)
    begin(body)
    try:
        if not _is_read(response, body):
            async for chunk in response.aiter_raw():
                if not body.add(chunk):
                    break
    except httpx.RequestError as error:
        body.cut = reason(error, config)
    finally:
        await response.aclose()
    return body.response(start)


def _body(response: httpx.Response, config: Config) -> Body:
    received = {name.lower(): value for name, value in response.headers.items()}
    return Body(response.status_code, received, config.max_response_bytes)


def _is_read(response: httpx.Response, body: Body) -> bool:
    """Take a body that a hook of the client has read; False if it is still to be read."""
    if not response.is_stream_consumed:
        return False
    try:
        body.add_decoded(response.content)
    except httpx.ResponseNotRead:
        body.cut = "a response hook of the injected httpx client took it"
    return True


async def _within(seconds: float, attempt: Callable[[], Coroutine[object, object, T]]) -> T | None:
    """Await an attempt for so long; return None if the time ran out. Cancelling the caller ends it cleanly.

    httpcore's pool protects its clean-up with an anyio scope, which `Task.cancel` ignores: the connection
    then counts as used for ever. So the attempt gets a task of its own, and is cancelled by a scope, which
    the pool understands.
    """
    results: list[T] = []
    scope = anyio.CancelScope(deadline=anyio.current_time() + seconds)

    async def perform() -> None:
        with scope:
            # Called here: the task may be cancelled before it begins, when its event loop ends.
            results.append(await attempt())

    task = asyncio.ensure_future(perform())
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        scope.cancel()
        await asyncio.wait([task])
        raise
    return results[0] if results else None
