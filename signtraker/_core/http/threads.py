"""Send one request for a thread.

Reads share connections that are kept alive. Each write gets a connection of its own, which is closed
afterwards: a connection that the server has just closed, or that holds bytes of an earlier response, would
leave a write in doubt.

A process that was forked opens connections of its own: a socket that two processes share gives each the
responses to the other's requests.

Nothing here takes a lock. A signal's exception (Ctrl-C, a soft time limit of Celery) can come between any two
instructions, and a lock that it leaves locked would stop every later call. httpcore's pools and connections
have such locks, so each connection has a pool of its own, which one call at a time uses: what an exception
broke is thrown away whole. The lists of connections are changed by single operations of `deque`, `dict` and
`set`, which are atomic.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import warnings
from collections import deque
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

import httpx

from signtraker._core.http.conversion import (
    BAD_LOCATION,
    Body,
    bad_location,
    build_request,
    close_afterwards,
    closed_error,
    failure,
    interrupted,
    is_clean,
    reason,
)
from signtraker._core.http.httpx_log import hide_key_in_logs, install_filters
from signtraker._core.http.network import Backend, Stream, Streams, set_deadline
from signtraker._core.http.settings import KEPT_ALIVE, MAX_IDLE, TransportSettings
from signtraker.exceptions import SignTrakerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker._core.config import Config
    from signtraker._core.exchange import Response, TransportError
    from signtraker._core.request import AnyRequest

_LONGEST_IDLE_SECONDS: Final = 5.0
"""httpx's own default; a server that closes idle connections does so later."""


class _Connection:
    """One connection, with a pool of httpcore's to itself. It is opened by the first request."""

    def __init__(self, settings: TransportSettings) -> None:
        self.streams = Streams()
        self.is_retired = False
        self.idle_since = 0.0
        self.transport = settings.make(httpx.HTTPTransport, KEPT_ALIVE)
        # httpx takes no backend for the pool that it makes; tests/core/test_deadline.py fails if these
        # attributes are gone. https://www.encode.io/httpcore/network-backends/
        pool: Any = self.transport._pool  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # as above
        pool._network_backend = Backend(pool._network_backend, self.streams)  # noqa: SLF001 - as above
        # httpcore takes its lock once more while it handles an exception that came before the lock was
        # released, and would wait for itself.
        pool._optional_thread_lock = threading.RLock()  # noqa: SLF001 - as above

    def abort(self) -> None:
        """Close it now, even while a call waits for it, and without httpcore's locks.

        A call that is opening it sends nothing, and ends as soon as it is open or can't be.
        """
        self.streams.is_aborted = True
        for stream in list(self.streams):
            stream.abort()

    def __del__(self) -> None:
        self.abort()


class _Connections:
    """The connections of one process: those that calls use, and idle ones for further reads."""

    def __init__(self, settings: TransportSettings) -> None:
        self._settings = settings
        # Weak, so that a connection that an interrupted call lost on its way here is closed all the same.
        self._all: WeakValueDictionary[int, _Connection] = WeakValueDictionary()
        self._idle: deque[_Connection] = deque()

    def take(self, *, is_write: bool) -> _Connection:
        """Return a connection that no other call uses; for a write a new one."""
        with suppress(IndexError):  # None is idle, or another thread took the last one.
            while time.monotonic() - self._idle[0].idle_since > _LONGEST_IDLE_SECONDS:
                self.close(self._idle.popleft())
        with suppress(IndexError):
            if not is_write:
                return self._idle.pop()
        connection = _Connection(self._settings)
        self._all[id(connection)] = connection
        return connection

    def give_back(self, connection: _Connection) -> None:
        """Keep a connection for the next read, if it is still open and there are not too many."""
        if connection.streams and not connection.is_retired and len(self._idle) < MAX_IDLE:
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        else:
            self.close(connection)

    def close(self, connection: _Connection) -> None:
        """Close a connection and use it no more."""
        self._all.pop(id(connection), None)
        connection.abort()

    def retire(self) -> None:
        """Retire the open connections: new calls open new ones, running calls finish on the old ones."""
        for connection in self._present():
            connection.is_retired = True
        with suppress(IndexError):
            while True:
                self.close(self._idle.popleft())

    def abort(self) -> None:
        """Close all connections; the calls under way end with an error."""
        for connection in self._present():
            self.close(connection)

    def forget(self) -> None:
        """Close a forked child's copies, and leave the parent's connections open."""
        for connection in self._present():
            for stream in list(connection.streams):
                stream.close()

    def _present(self) -> list[_Connection]:
        return [one for reference in self._all.valuerefs() if (one := reference()) is not None]

    @property
    def are_open(self) -> bool:
        """True if any connection is open."""
        return any(connection.streams for connection in self._present())


class HttpPool:
    """Sends requests for threads, over connections of this process. Each thread that calls has one."""

    def __init__(self, settings: TransportSettings | None, injected: httpx.Client | None) -> None:
        self._settings = settings
        self._injected = injected
        self._home = os.getpid()
        self._by_process: dict[int, _Connections] = {}
        self.is_closed = False
        install_filters()

    def attempt(self, request: AnyRequest, config: Config, left_seconds: float) -> Response | TransportError:
        """Send a request once, and wait at most so long for the whole response."""
        if self.is_closed or (self._injected is not None and self._injected.is_closed):
            raise closed_error(request, config)
        # A context of its own ends with the attempt, even where an exception of a signal prevents a reset.
        return copy_context().run(self._attempt, request, config, left_seconds)

    def _attempt(self, request: AnyRequest, config: Config, left_seconds: float) -> Response | TransportError:
        hide_key_in_logs(config.api_key)
        set_deadline(left_seconds)
        message = build_request(request, config)
        if self._injected is not None:
            self._check_process()
            return _exchange(self._injected, message, config)
        connections = self._connections()
        connection = connections.take(is_write=request.is_write)
        if request.is_write:
            close_afterwards(message)
        try:
            result = _exchange(connection.transport, message, config)
            if request.is_write:
                connections.close(connection)
            else:
                connections.give_back(connection)
        except BaseException as error:  # noqa: BLE001 - it is raised again
            connections.close(connection)
            raise interrupted(error, request)  # noqa: B904 - the same one
        return result

    def _connections(self) -> _Connections:
        """Return this process's connections."""
        process = os.getpid()
        connections = self._by_process.get(process)
        if connections is None:
            assert self._settings is not None, "a pool has settings or an injected client"  # noqa: S101 - for type checkers
            connections = self._by_process.setdefault(process, _Connections(self._settings))
            for other in [one for one in self._by_process if one != process]:
                if (inherited := self._by_process.pop(other, None)) is not None:
                    inherited.forget()
        return connections

    def drop_connections(self) -> None:
        """Retire the open connections: new calls open new ones, running calls finish on the old ones."""
        if (connections := self._by_process.get(os.getpid())) is not None:
            connections.retire()

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
            for connections in list(self._by_process.values()):
                connections.abort()

    def __del__(self, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        if is_finalizing():  # An argument, since the modules' globals may be gone by then.
            return
        connections = vars(self).get("_by_process", {}).get(os.getpid())
        if connections is not None and connections.are_open and not self.is_closed:
            warnings.warn(
                "A SignTraker client was never closed; use it in a with block, or call close()",
                ResourceWarning,
                source=self,
                stacklevel=1,
            )
            connections.abort()


def _exchange(
    sender: httpx.HTTPTransport | httpx.Client, message: httpx.Request, config: Config
) -> Response | TransportError:
    start = time.perf_counter()
    try:
        if isinstance(sender, httpx.Client):
            response = sender.send(message, stream=True, auth=None, follow_redirects=False)
        else:
            response = sender.handle_request(message)
    except httpx.RequestError as error:
        return failure(error, message, config, start)
    except BAD_LOCATION as error:
        return bad_location(error, config, start)
    body = Body(response, config.max_response_bytes)
    try:
        for chunk in () if body.is_read() else response.iter_raw():
            if not body.add(chunk):
                break
    except httpx.RequestError as error:
        body.cut = reason(error, config)
    finally:
        stream: object = response.extensions.get("network_stream")
        if isinstance(stream, Stream) and not is_clean(stream, response):
            stream.close()
        response.close()
    return body.response(start)
