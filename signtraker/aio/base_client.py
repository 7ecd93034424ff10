"""Perform requests for tasks. This is the only module of `signtraker.aio` that is written by hand."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar, cast

import httpx

from signtraker._core.client import Client, Connection, not_a_method, nothing_sent_error
from signtraker._core.config import own_variables, resolve
from signtraker._core.exchange import Event, Send, send_with_retries
from signtraker._core.http.conversion import prepared
from signtraker._core.http.deferred import DeferredSettings
from signtraker._core.http.settings import checked_http_client
from signtraker._core.http.tasks import AsyncHttpPool
from signtraker._core.prepared import CapturedError
from signtraker._core.recording import observer
from signtraker._core.secret import hidden, hidden_values
from signtraker.exceptions import SignTrakerError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Generator, Iterable, Mapping
    from os import PathLike
    from types import TracebackType

    from signtraker._core.exchange import Action
    from signtraker._core.hooks import CallHooks
    from signtraker._core.prepared import PreparedRequest
    from signtraker._core.request import AnyRequest, Pairs, Request
    from signtraker._lists.arguments import ListOptions
    from signtraker._lists.listing import Listing
    from signtraker._lists.tasks import AsyncRecordIterator
    from signtraker.models import ResponseModel
    from signtraker.query import ODataVersion, QueryLimits

P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M", bound="ResponseModel")


class AsyncBaseClient(Client["_AsyncConnection"]):
    """Resolve the settings of an async client, and hold its connections until it is closed.

    Settings, their environment variables and the errors are those of `signtraker.base_client.BaseClient`;
    only `http_client` is an `httpx.AsyncClient`. Use the client in an `async with` block, or await `close()`.
    Tasks may share it. Each event loop gets connections of its own.

    It runs on asyncio only. Under trio, run the sync client in `trio.to_thread.run_sync`.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        subdomain: str | None = None,
        timeout_seconds: float | None = None,
        deadline_seconds: float | None = None,
        max_response_bytes: int | None = None,
        max_retries: int | None = None,
        retry_backoff_seconds: float | None = None,
        resend_on_429: bool = True,
        odata_version: ODataVersion | None = None,
        query_limits: QueryLimits | None = None,
        extra_headers: Mapping[str, str] | None = None,
        hooks: Iterable[CallHooks] | None = None,
        http_client: httpx.AsyncClient | None = None,
        proxy: str | None = None,
        ca: str | PathLike[str] | ssl.SSLContext | None = None,
    ) -> None:
        """Resolve the settings, and open no connection yet.

        Args:
            api_key: The tenant's API key.
            base_url: The address of the API, without `/api`; https, or http to a loopback address.
            subdomain: The tenant's name: `acme` for `https://acme.signtraker.com`.
            timeout_seconds: The longest time to connect, and the longest silence of the server: it starts
                anew with every byte. 30 by default.
            deadline_seconds: The longest time for a whole call: all attempts and the waits between them, from
                the first byte to the last. 120 by default. Only the resolution of the server's name has a
                time-out of its own, the system's. With an injected `http_client`, it ends a call between two
                reads only.
            max_response_bytes: The largest response that is read, decoded; 256 MiB by default.
            max_retries: The number of further attempts after a failed one; 2 by default. A write is sent
                again only if it provably never reached the server, or after a 429.
            retry_backoff_seconds: The wait before the first retry, doubled for each further one, less up to
                half by chance; 0.5 by default.
            resend_on_429: Whether to send a write again after a 429, assumed to mean that it was not done.
            odata_version: The server's OData dialect, "v4" (the default) or "v3"; filters and orderings are
                written in it.
            query_limits: The limits of the server's queries, if it is configured otherwise than usual.
            extra_headers: Headers to add to each request, for example `X-Request-Id`. For a single call:
                `client.with_options(extra_headers=…)`. Headers that the SDK sets, such as Authorization, are
                refused.
            hooks: Objects that observe each call and each attempt; see `CallHooks`.
            http_client: An `httpx.AsyncClient` of yours: it is used, and not closed. Its own proxies and
                certificates apply; its headers, cookies and auth do not.
            proxy: The URL of a proxy. A loopback server is always reached directly.
            ca: A file with the certificates to trust, or an `ssl.SSLContext`.

        Raises:
            AuthenticationError: There is no key, or it can't stand in a header.
            SignTrakerConfigError: Another setting is missing or can't be used.
        """
        # A traceback of what is refused below may show this frame's locals.
        api_key, extra_headers = hidden(api_key), hidden_values(extra_headers)
        config = resolve(
            own_variables(os.environ),
            api_key=api_key,
            base_url=base_url,
            subdomain=subdomain,
            timeout_seconds=timeout_seconds,
            deadline_seconds=deadline_seconds,
            max_response_bytes=max_response_bytes,
            max_retries=max_retries,
            retry_backoff_seconds=retry_backoff_seconds,
            resend_on_429=resend_on_429,
            odata_version=odata_version,
            query_limits=query_limits,
            extra_headers=extra_headers,
            hooks=hooks,
        )
        settings, injected = None, None
        if http_client is None:
            settings = DeferredSettings(config, proxy, ca)
        else:
            injected = checked_http_client(http_client, httpx.AsyncClient, proxy, ca)
        self._connection = _AsyncConnection(config, AsyncHttpPool(settings, injected), settings)
        self._owns_http = True

    async def close(self) -> None:
        """Close the connections, unless they belong to an injected client or to another one.

        Calls under way end with an error: a write's with the outcome `"may_have_happened"`, or, if it was
        still connecting, `"did_not_happen"`.
        """
        if self._owns_http:
            await self._connection.http.close()

    aclose = close
    """The same as `close`, by the name that `contextlib.aclosing` calls."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def prepare(self, method: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> PreparedRequest:
        """Return the exact request that a call would send, and send nothing; there is nothing to await.

        `client.prepare(client.orders.create_order, order)` takes what the method takes, checks it in the
        same way, and hides the key. Of a call that sends several requests it is the first.
        """
        owner = getattr(method, "__self__", None)
        if not isinstance(owner, AsyncBaseClient):
            raise not_a_method(method)
        real = owner._connection  # noqa: SLF001 - its own class
        dry = _DryConnection(real.config, real.http, real.settings)
        try:
            result = getattr(owner._copy_with(dry), method.__name__)(*args, **kwargs)  # noqa: SLF001 - as above
            if isinstance(result, AsyncIterator):
                _step(anext(cast("AsyncIterator[object]", result)))
            else:
                _step(result)
        except CapturedError as captured:
            return prepared(captured.request, real.config)
        except (StopIteration, StopAsyncIteration):
            pass  # It ended without sending.
        raise nothing_sent_error()

    async def _send(self, request: Request[T]) -> T:
        return await self._connection.send(request)

    async def _list(self, listing: Listing[M], options: ListOptions, extra_params: Pairs = ()) -> list[M]:
        return await self._send(listing.request(options, self._connection.config, extra_params))

    async def _run(self, steps: Generator[Request[Any], Any, T]) -> T:
        try:
            request = next(steps)
        except StopIteration as end:
            return cast("T", end.value)
        while True:
            try:
                result = await self._send(request)
            except SignTrakerError as error:
                resume = partial(steps.throw, error)
            else:
                resume = partial(steps.send, result)
            try:
                request = resume()
            except StopIteration as end:
                return cast("T", end.value)

    def _iterate(
        self,
        listing: Listing[M],
        options: ListOptions,
        page_size: int,
        max_items: int | None,
        concurrency: int,
        extra_params: Pairs = (),
    ) -> AsyncRecordIterator[M]:
        from signtraker._lists.concurrent import concurrent_pager
        from signtraker._lists.splitting import make_pager
        from signtraker._lists.tasks import AsyncConcurrentIterator, AsyncPagedIterator

        config, send = self._connection.config, self._connection.send
        pages = make_pager(
            listing,
            options,
            config,
            extra_params,
            page_size=page_size,
            max_items=max_items,
            concurrency=concurrency,
        )
        if concurrency > 1 and (several := concurrent_pager(pages, config, concurrency)) is not None:
            return AsyncConcurrentIterator(send, several)
        return AsyncPagedIterator(send, pages)


def _step(pending: object) -> None:
    """Run a coroutine to its first wait; a dry connection never waits, so that is to its end."""
    if isinstance(pending, Coroutine):
        cast("Coroutine[object, object, object]", pending).send(None)


class _AsyncConnection(Connection["AsyncHttpPool"]):
    """Performs the actions of `send_with_retries`. Tasks may share it."""

    __slots__ = ()

    async def send(self, request: Request[T]) -> T:
        """Send a request and return what its response says."""
        steps = send_with_retries(request, self.config, chance=random.random, observe=observer(self.http))
        if self.config.hooks:
            from signtraker._core.run_hooks import ObservedCall

            with ObservedCall(request, self.config) as call:
                return await self._perform_all(request, call.observe(steps))
        return await self._perform_all(request, steps)

    async def _perform_all(self, request: AnyRequest, steps: Generator[Action, Event, T]) -> T:
        event: Event = None
        while True:
            try:
                action = steps.send(event)
            except StopIteration as end:
                result: T = end.value
                return result
            event = await self._perform(request, action)

    async def _perform(self, request: AnyRequest, action: Action) -> Event:
        if isinstance(action, Send):
            if action.fresh:
                await self.http.drop_connections()
            return await self.http.attempt(request, self.config, action.left_seconds)
        await asyncio.sleep(action.seconds)
        return None


class _DryConnection(_AsyncConnection):
    """Sends nothing: it hands the request over to `prepare`."""

    __slots__ = ()

    async def send(self, request: Request[T]) -> T:
        raise CapturedError(request)
