"""Send one request for a thread.

Reads share connections that are kept alive. Each write gets a connection of its own, which is closed
afterwards: a connection that the server has just closed, or that holds bytes of an earlier response, would
leave a write in doubt.

A process that was forked opens connections of its own: a socket that two processes share gives each the
responses to the other's requests.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import warnings
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

import httpx

from signtraker._core.http.httpx_log import install_filters, redacted_logs
from signtraker._core.http.messages import (
    BAD_LOCATION,
    Body,
    bad_location,
    build_request,
    close_afterwards,
    failure,
    is_clean,
    reason,
)
from signtraker._core.http.network import Backend, Stream, deadline_in
from signtraker._core.http.settings import KEPT_ALIVE, ONE_REQUEST_EACH, TransportSettings, closed_error
from signtraker.exceptions import SignTrakerError

if TYPE_CHECKING:
    from collections.abc import Generator

    from signtraker._core.config import Config
    from signtraker._core.exchange import Response, TransportError
    from signtraker._core.request import AnyRequest


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
        self.reads = self._open(settings, KEPT_ALIVE)
        self.writes = self._open(settings, ONE_REQUEST_EACH)
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
                if request.is_write:
                    close_afterwards(message)
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
            return failure(error, message, config, start)
        except BAD_LOCATION as error:
            return bad_location(error, config, start)
        body = Body(config.max_response_bytes)
        try:
            for chunk in answer.iter_bytes():
                if not body.add(chunk):
                    break
        except httpx.RequestError as error:
            body.cut = reason(error, config)
        finally:
            self._release(answer)
        return body.response(answer, start)

    @staticmethod
    def _release(answer: httpx.Response) -> None:
        stream: object = answer.extensions.get("network_stream")
        if isinstance(stream, Stream) and not is_clean(stream, answer):
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
