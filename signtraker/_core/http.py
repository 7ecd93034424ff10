"""Send one request over httpx and httpcore. This is the only module that knows them, for both clients.

It talks to httpx's transports, not to `httpx.Client`, which would keep the server's cookies and build a
request from each `Location` even when told not to follow it. Both can raise from what a server sent.

Reads share connections that are kept alive. Each write gets a connection of its own, which is closed
afterwards: a connection that the server has just closed, or that holds bytes of an earlier response, would
leave a write in doubt.

A process that was forked, and an event loop that came after another, open connections of their own:
a socket that two processes share gives each the responses to the other's requests.
"""

from __future__ import annotations

import asyncio
import os
import platform
import ssl
import sys
import threading
import time
import warnings
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass
from weakref import WeakSet

import anyio  # httpx depends on it, and its pool understands cancellation by anyio's scopes only
import httpx

from signtraker._core.exchange import Response, TransportError
from signtraker._core.httpx_log import install_filters, redacted_logs
from signtraker._core.network import (
    DEADLINE_PASSED,
    AsyncBackend,
    AsyncStream,
    Backend,
    Progress,
    Stream,
    deadline_in,
    progress,
)
from signtraker._core.prepared import PreparedRequest
from signtraker._core.redact import redact
from signtraker._core.secret import quoted
from signtraker._version import __version__
from signtraker.exceptions import SignTrakerConfigError, SignTrakerError, ValidationError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator
    from os import PathLike

    from signtraker._core.config import Config
    from signtraker._core.request import AnyRequest

    Ca: TypeAlias = str | PathLike[str] | ssl.SSLContext | None

T = TypeVar("T")
USER_AGENT: Final = f"signtraker/{__version__} python/{platform.python_version()} httpx/{httpx.__version__}"
MAX_CONNECTIONS: Final = 100
_KEPT_ALIVE: Final = httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=20)
_ONE_REQUEST_EACH: Final = httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=0)
# None of these leaves a request behind: no connection was made, or no pool slot was free.
_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
# httpx builds the next request of a redirect even when told not to follow it, and raises these.
_BAD_LOCATION: Final = (httpx.InvalidURL, ValueError)


# Settings


class TransportSettings:
    """The settings of our own connections, checked once: certificates and proxy."""

    def __init__(self, config: Config, proxy: str | None, ca: Ca) -> None:
        _check_host(config.base_url)
        given = _checked_proxy(proxy)
        try:
            self.proxy = None if config.is_loopback else given or _environment_proxy(config.base_url)
            self.verify = _verification(config, ca)
            # Find out now rather than at the first call, for example that a socks proxy lacks its package.
            self.make(httpx.HTTPTransport, _KEPT_ALIVE)
        except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
            if isinstance(error, SignTrakerConfigError):
                raise
            # What these variables hold may be a password, so only the kind of the error is told.
            raise SignTrakerConfigError(
                f"The connections can't be set up ({type(error).__name__}): look at proxy, and at "
                "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR and "
                "SSLKEYLOGFILE in the environment; a socks proxy needs the package httpx[socks]."
            ) from None
        self.is_portable = proxy is None and not isinstance(ca, ssl.SSLContext)
        self.ca = None if isinstance(ca, ssl.SSLContext) else ca

    def make(self, kind: type[_TransportT], limits: httpx.Limits) -> _TransportT:
        """Return a transport that has no connection yet."""
        return kind(verify=self.verify, proxy=self.proxy, limits=limits)


_TransportT = TypeVar("_TransportT", httpx.HTTPTransport, httpx.AsyncHTTPTransport)


def _verification(config: Config, ca: Ca) -> ssl.SSLContext | bool:
    if config.base_url.startswith("http:"):
        # There is no TLS to verify, and loading the certificates takes longer than everything else.
        return False
    if isinstance(ca, ssl.SSLContext):
        return ca
    if ca is None:
        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=os.path.abspath(ca))  # noqa: PTH100 - "" must not mean none
    except (OSError, TypeError, ValueError) as error:
        raise SignTrakerConfigError(
            f"ca must be a readable file of PEM certificates, or an ssl.SSLContext, not {ca!r}: {error}"
        ) from None


def _checked_proxy(proxy: str | None) -> httpx.Proxy | None:
    if proxy is None:
        return None
    try:
        checked = httpx.Proxy(proxy)
    except (TypeError, ValueError, httpx.InvalidURL):
        checked = None
    if checked is None or not checked.url.host:
        # The URL may hold a password, so it is not quoted.
        raise SignTrakerConfigError("proxy must be a URL such as http://proxy.example:3128.")
    return checked


def _environment_proxy(base_url: str) -> httpx.Proxy | None:
    """Return the proxy that the environment names for this server, as curl and requests read it."""
    parts = urlsplit(base_url)
    if proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    url = proxies.get(parts.scheme) or proxies.get("all")
    return httpx.Proxy(url if "://" in url else f"http://{url}") if url else None


def _check_host(base_url: str) -> None:
    """Find out now whether httpx can use a host name, rather than at the first call."""
    try:
        url = httpx.URL(base_url)
        usable = bool(url.raw_host and url.host)
    except (ValueError, httpx.InvalidURL):  # An IDNA error is a ValueError.
        usable = False
    if not usable:
        raise SignTrakerConfigError(f"base_url holds no usable host name: {quoted(base_url)}.")


_HttpClientT = TypeVar("_HttpClientT", httpx.Client, httpx.AsyncClient)


def checked_http_client(
    http_client: object, kind: type[_HttpClientT], proxy: str | None, ca: Ca
) -> _HttpClientT:
    """Return an injected client; raises `SignTrakerConfigError` if it is none, or has rivals."""
    if not isinstance(http_client, kind):
        raise SignTrakerConfigError(
            f"http_client must be an httpx.{kind.__name__}, not a {type(http_client).__name__}."
        )
    if proxy is not None or ca is not None:
        raise SignTrakerConfigError("With http_client, set the proxy and the ca on that client instead.")
    return http_client


def closed_error() -> SignTrakerError:
    """Return the error for a call after the end."""
    return SignTrakerError("This client is closed; make a new one, or keep the work inside its with block.")


# Requests and responses


def build_request(request: AnyRequest, config: Config) -> httpx.Request:
    """Build the httpx request with our own headers only, whatever an injected client is set to."""
    timeout = dict.fromkeys(("connect", "read", "write", "pool"), config.timeout_seconds)
    try:
        return httpx.Request(
            request.method,
            f"{config.base_url}{request.target}",
            headers=headers(request, config),
            content=request.body,
            extensions={"timeout": timeout},
        )
    except httpx.InvalidURL as error:
        raise ValidationError(f"Not sent: no URL can hold this query: {error}") from None


def headers(request: AnyRequest, config: Config) -> dict[str, str]:
    """Return the headers that every request sets."""
    return {
        **config.extra_headers,
        "Authorization": f"ST-API {config.api_key}",
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "Content-Type": request.content_type,
        "User-Agent": USER_AGENT,
    }


def prepared(request: AnyRequest, config: Config) -> PreparedRequest:
    """Describe a request that was not sent."""
    visible = {**headers(request, config), "Authorization": "ST-API ***"}
    return PreparedRequest(request.method, f"{config.base_url}{request.target}", visible, request.body)


class _Body:
    """Collect a response's body up to the largest size that is taken."""

    def __init__(self, most: int) -> None:
        self.chunks: list[bytes] = []
        self.size = 0
        self.most = most
        self.cut = ""

    def add(self, chunk: bytes) -> bool:
        """Add a chunk; return False if the body is now too large to go on."""
        self.size += len(chunk)
        if self.size > self.most:
            self.cut = f"it is larger than max_response_bytes={self.most:,}"
            # An error keeps the beginning only.
            self.chunks = [b"".join([*self.chunks[:100], chunk])[:_KEPT_OF_A_LARGE_BODY]]
            return False
        self.chunks.append(chunk)
        return True

    def response(self, answer: httpx.Response, start: float) -> Response:
        received = {name.lower(): value for name, value in answer.headers.items()}
        elapsed = time.perf_counter() - start
        return Response(answer.status_code, received, b"".join(self.chunks), elapsed, self.cut)


_KEPT_OF_A_LARGE_BODY: Final = 10_000


def _failure(
    error: httpx.RequestError, message: httpx.Request, config: Config, start: float
) -> TransportError:
    """Describe a request that nothing came back for."""
    # The original carries the authorization header, and the error will be chained to ours. Its frames, and
    # those of the error behind it, hold the header too.
    error.request = httpx.Request(message.method, message.url)
    error.__traceback__ = error.__cause__ = error.__context__ = None
    cause = error if redact(str(error), config.api_key) == str(error) else None
    elapsed = time.perf_counter() - start
    return TransportError(_reason(error, config), isinstance(error, _NEVER_SENT), elapsed, cause)


def _bad_location(error: Exception, config: Config, start: float) -> TransportError:
    """Describe a redirect that an injected httpx client could not read."""
    reason = f"the server's redirect can't be read: {_reason(error, config)}"
    return TransportError(reason, never_sent=False, elapsed_seconds=time.perf_counter() - start, cause=None)


def _reason(error: Exception, config: Config) -> str:
    """Say in a few words what failed; time-outs have no text of their own."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return redact(text, config.api_key)


def _is_clean(stream: Stream | AsyncStream, answer: httpx.Response) -> bool:
    """Return whether exactly this response came over the connection since the request was sent."""
    received = {name.lower(): value for name, value in answer.headers.items()}
    return stream.received.is_exactly(answer.status_code, received)


# Threads


class _PoolLock:
    """The lock of one httpcore pool, which a thread can take again that left it locked.

    An exception that a signal raises between the acquisition and the body of a `with` leaves a lock locked.
    httpcore takes its lock once more while it handles that exception, and would wait for itself.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        self._lock.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def unlock(self) -> None:
        """Give the lock up, however often this thread holds it."""
        with suppress(RuntimeError):  # It is not, or no longer, this thread's.
            while True:
                self._lock.release()


class _Channel:
    """The connections of one process: kept alive for reads, one for each write."""

    def __init__(self, settings: TransportSettings) -> None:
        self.streams: WeakSet[Stream] = WeakSet()
        self._locks: list[_PoolLock] = []
        self.reads = self._open(settings, _KEPT_ALIVE)
        self.writes = self._open(settings, _ONE_REQUEST_EACH)
        # A set instead of a count under a lock, which a signal's exception could leave locked.
        self._users: set[object] = set()
        self._retired = False

    def _open(self, settings: TransportSettings, limits: httpx.Limits) -> httpx.HTTPTransport:
        transport = settings.make(httpx.HTTPTransport, limits)
        # httpx takes no backend for the pool that it makes; tests/core/test_deadline.py fails if these
        # attributes are gone. https://www.encode.io/httpcore/network-backends/
        pool: Any = transport._pool  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # as above
        pool._network_backend = Backend(pool._network_backend, self.streams)  # noqa: SLF001 - as above
        self._locks.append(_PoolLock())
        pool._optional_thread_lock = self._locks[-1]  # noqa: SLF001 - as above
        return transport

    @contextmanager
    def use(self) -> Generator[None]:
        """Keep the connections open inside the block, even if the channel is retired meanwhile."""
        user = object()
        self._users.add(user)
        try:
            yield
        finally:
            self._users.discard(user)
            if self._retired and not self._users:
                self.abort()

    def retire(self) -> None:
        """Close the connections as soon as nobody uses them."""
        self._retired = True
        if not self._users:
            self.abort()

    def unlock(self) -> None:
        """Free the locks that a call of this thread left locked when an exception of a signal ended it."""
        for lock in self._locks:
            lock.unlock()

    def abort(self) -> None:
        """Close all connections now, without the lock of httpcore's pool: a killed call may still hold it."""
        for stream in list(self.streams):
            stream.abort()

    def forget(self) -> None:
        """Close a forked child's copies of the parent's connections, and leave the parent's open."""
        for stream in list(self.streams):
            stream.forget()


class HttpPool:
    """Sends requests for threads, over connections of this process."""

    def __init__(self, settings: TransportSettings | None, injected: httpx.Client | None) -> None:
        install_filters()
        self._settings = settings
        self._injected = injected
        self._home = os.getpid()
        self._channels: dict[int, _Channel] = {}
        self.is_closed = False

    def attempt(self, request: AnyRequest, config: Config, left_seconds: float) -> Response | TransportError:
        """Send a request once, and wait at most so long for the whole response."""
        if self.is_closed or (self._injected is not None and self._injected.is_closed):
            raise closed_error()
        message = build_request(request, config)
        with redacted_logs(config.api_key), deadline_in(left_seconds):
            if self._injected is not None:
                self._check_process()
                return self._exchange(self._injected, message, config)
            channel = self._channel()
            with channel.use():
                transport = channel.writes if request.is_write else channel.reads
                try:
                    return self._exchange(transport, message, config)
                except BaseException:
                    # A signal's exception may have left httpcore's pool locked, so it is not used again.
                    channel.unlock()
                    self._drop(channel)
                    raise

    def _exchange(
        self, sender: httpx.HTTPTransport | httpx.Client, message: httpx.Request, config: Config
    ) -> Response | TransportError:
        start = time.perf_counter()
        try:
            if isinstance(sender, httpx.Client):
                answer = sender.send(message, stream=True, auth=None, follow_redirects=False)
            else:
                answer = sender.handle_request(message)
        except httpx.RequestError as error:
            return _failure(error, message, config, start)
        except _BAD_LOCATION as error:
            return _bad_location(error, config, start)
        body = _Body(config.max_response_bytes)
        try:
            for chunk in answer.iter_bytes():
                if not body.add(chunk):
                    break
        except httpx.RequestError as error:
            body.cut = _reason(error, config)
        finally:
            self._release(answer)
        return body.response(answer, start)

    @staticmethod
    def _release(answer: httpx.Response) -> None:
        stream: object = answer.extensions.get("network_stream")
        if isinstance(stream, Stream) and not _is_clean(stream, answer):
            stream.close()
        answer.close()

    def _channel(self) -> _Channel:
        """Return this process's connections. No lock: a fork could copy it in its locked state."""
        process = os.getpid()
        channel = self._channels.get(process)
        if channel is None:
            assert self._settings is not None, "a pool has settings or an injected client"  # noqa: S101 - for type checkers
            channel = self._channels.setdefault(process, _Channel(self._settings))
            for other in [one for one in self._channels if one != process]:
                if (inherited := self._channels.pop(other, None)) is not None:
                    inherited.forget()
        return channel

    def _drop(self, channel: _Channel) -> None:
        if self._channels.get(os.getpid()) is channel:
            self._channels.pop(os.getpid(), None)
        channel.retire()

    def drop_connections(self) -> None:
        """Use none of the present connections again; calls under way may end on theirs."""
        if (channel := self._channels.get(os.getpid())) is not None:
            self._drop(channel)

    def _check_process(self) -> None:
        if os.getpid() != self._home:
            raise SignTrakerError(
                "This client's http_client was made before a fork, and its connections belong to the other "
                "process: make the http_client and the client anew in this one."
            )

    def close(self) -> None:
        """Close the connections, unless they belong to an injected client; end the calls under way."""
        if self._injected is None:
            self.is_closed = True
            for channel in list(self._channels.values()):
                channel.abort()

    def __del__(self) -> None:
        channel = self._channels.get(os.getpid()) if "_channels" in vars(self) else None
        if channel is not None and channel.streams and not self.is_closed and not sys.is_finalizing():
            warnings.warn(
                "A SignTraker client was never closed; use it in a with block, or call close()",
                ResourceWarning,
                source=self,
                stacklevel=1,
            )
            channel.abort()


# Tasks


class _AsyncChannel:
    """The connections of one event loop: kept alive for reads, one for each write."""

    def __init__(self, settings: TransportSettings) -> None:
        self.process = os.getpid()
        self.streams: WeakSet[AsyncStream] = WeakSet()
        self.reads = self._open(settings, _KEPT_ALIVE)
        self.writes = self._open(settings, _ONE_REQUEST_EACH)
        # httpcore's pool looks at all requests that wait whenever one ends, which is quadratic.
        self.turns = asyncio.Semaphore(MAX_CONNECTIONS)

    def _open(self, settings: TransportSettings, limits: httpx.Limits) -> httpx.AsyncHTTPTransport:
        transport = settings.make(httpx.AsyncHTTPTransport, limits)
        # As in _Channel.
        pool: Any = transport._pool  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # as above
        pool._network_backend = AsyncBackend(pool._network_backend, self.streams)  # noqa: SLF001 - as above
        return transport

    async def close(self) -> None:
        """Close all connections, from the event loop that they belong to."""
        await self.reads.aclose()
        await self.writes.aclose()


class AsyncHttpPool:
    """Sends requests for tasks, over connections of the running event loop."""

    def __init__(self, settings: TransportSettings | None, injected: httpx.AsyncClient | None) -> None:
        install_filters()
        self._settings = settings
        self._injected = injected
        self._home: tuple[int, asyncio.AbstractEventLoop] | None = None
        self._channels: dict[asyncio.AbstractEventLoop, _AsyncChannel] = {}
        self.is_closed = False

    async def attempt(
        self, request: AnyRequest, config: Config, left_seconds: float
    ) -> Response | TransportError:
        """Send a request once, and wait at most so long for the whole response."""
        if self.is_closed or (self._injected is not None and self._injected.is_closed):
            raise closed_error()
        loop = _running_loop()
        message = build_request(request, config)
        start = time.perf_counter()
        attempt = Progress()
        token = progress.set(attempt)
        try:
            with redacted_logs(config.api_key):
                if self._injected is not None:
                    self._check_home(loop)
                    attempt.sent = True  # An injected client does not tell, so the worst is assumed.
                    ended = await _within(left_seconds, _exchange_async(self._injected, message, config))
                else:
                    channel = self._channel(loop)
                    sending = _take_turn(channel, message, config, is_write=request.is_write)
                    ended = await _within(left_seconds, sending)
        finally:
            progress.reset(token)
        if ended is not None:
            return ended
        if attempt.begun is not None:
            begun: Response = attempt.begun()
            return replace(begun, cut=DEADLINE_PASSED)
        elapsed = time.perf_counter() - start
        return TransportError(DEADLINE_PASSED, not attempt.sent, elapsed, None)

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

    def drop_connections(self) -> None:
        """Use none of the present connections again; calls under way end on theirs."""
        self._channels.pop(_running_loop(), None)

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

    def __del__(self) -> None:
        open_ones = [one for one in vars(self).get("_channels", {}).values() if one.streams]
        if open_ones and not self.is_closed and not sys.is_finalizing():
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
    channel: _AsyncChannel, message: httpx.Request, config: Config, *, is_write: bool
) -> Response | TransportError:
    async with channel.turns:
        return await _exchange_async(channel.writes if is_write else channel.reads, message, config)


async def _exchange_async(
    sender: httpx.AsyncHTTPTransport | httpx.AsyncClient, message: httpx.Request, config: Config
) -> Response | TransportError:
    start = time.perf_counter()
    try:
        if isinstance(sender, httpx.AsyncClient):
            answer = await sender.send(message, stream=True, auth=None, follow_redirects=False)
        else:
            answer = await sender.handle_async_request(message)
    except httpx.RequestError as error:
        return _failure(error, message, config, start)
    except _BAD_LOCATION as error:
        return _bad_location(error, config, start)
    body = _Body(config.max_response_bytes)
    if (attempt := progress.get()) is not None:
        attempt.begun = partial(body.response, answer, start)
    try:
        async for chunk in answer.aiter_bytes():
            if not body.add(chunk):
                break
    except httpx.RequestError as error:
        body.cut = _reason(error, config)
    finally:
        stream: object = answer.extensions.get("network_stream")
        if isinstance(stream, AsyncStream) and not _is_clean(stream, answer):
            await stream.aclose()
        await answer.aclose()
    return body.response(answer, start)


async def _within(seconds: float, attempt: Coroutine[object, object, T]) -> T | None:
    """Await an attempt for so long; return None if the time ran out. Cancelling the caller ends it cleanly.

    httpcore's pool protects its cleaning up by a scope of anyio, which a cancelled task breaks through: the
    connection then counts as used for ever. So the attempt
    gets a task of its own, and is cancelled by a scope, which the pool understands.
    """
    results: list[T] = []
    scope = anyio.CancelScope(deadline=anyio.current_time() + seconds)

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
