"""Send one request for a thread.

Reads share connections that are kept alive. Each write gets a connection of its own, which is closed
afterwards: a connection that the server has just closed, or that holds bytes of an earlier response, would
leave a write in doubt.

A process that was forked opens connections of its own: a socket that two processes share gives each the
responses to the other's requests.

Nothing here takes a lock. A signal's exception (Ctrl-C, a soft time limit of Celery) can come between any two
instructions, and a lock that it leaves locked would stop every later call. httpcore's pool has such a lock,
so it is not used. Its connections have locks too, but one call at a time uses a connection, and what an
exception broke is thrown away whole. The lists of connections are changed by single operations of `deque`,
`dict` and `set`, which are atomic.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING

from signtraker._core.http.connections import Connections
from signtraker._core.http.conversion import (
    NETWORK_ERRORS,
    Body,
    closed_error,
    failure,
    header_texts,
    interrupted,
    reason,
    wire_request,
)
from signtraker._core.http.httpx_log import hide_key_in_logs, install_filters
from signtraker._core.http.injected import send_injected
from signtraker._core.http.network import Backend, Stream, Wire
from signtraker.exceptions import SignTrakerError

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpcore
    import httpx

    from signtraker._core.config import Config
    from signtraker._core.exchange import Response, TransportError
    from signtraker._core.http.settings import TransportSettings
    from signtraker._core.request import AnyRequest


class _Connection:
    """One connection. It is opened by the first request."""

    def __init__(self, settings: TransportSettings) -> None:
        self.wire: Wire[Stream] = Wire()
        self.http = settings.connection(Backend(self.wire))
        self.is_retired = False
        self.idle_since = 0.0

    def exchange(
        self, message: httpcore.Request, config: Config, left_seconds: float
    ) -> Response | TransportError:
        """Send a request, and read the whole response."""
        self.wire.begin(left_seconds)
        start = time.perf_counter()
        try:
            response = self.http.handle_request(message)
        except NETWORK_ERRORS as error:
            return failure(error, config, start, is_sent=self.wire.is_used)
        body = Body(response.status, header_texts(response.headers), config.max_response_bytes)
        try:
            for chunk in response.iter_stream():
                if not body.add(chunk):
                    break
        except NETWORK_ERRORS as error:
            body.cut = reason(error, config)
        if self.wire.is_clean(body.status_code, body.headers):
            response.close()
        else:
            self.wire.abort()
        return body.response(start)

    def __del__(self) -> None:
        self.wire.abort()


class HttpPool:
    """Sends requests for threads, over connections of this process. Each thread that calls has one."""

    def __init__(self, settings: TransportSettings | None, injected: httpx.Client | None) -> None:
        self._settings = settings
        self._injected = injected
        self._home = os.getpid()
        self._by_process: dict[int, Connections[_Connection]] = {}
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
        if self._injected is not None:
            self._check_process()
            return send_injected(self._injected, request, config)
        assert self._settings is not None, "a pool has settings or an injected client"  # noqa: S101 - for type checkers
        message = wire_request(request, config, self._settings)
        connections = self._connections(self._settings)
        connection = connections.take(is_write=request.is_write)
        try:
            result = connection.exchange(message, config, left_seconds)
            connections.give_back(connection)
        except BaseException as error:  # noqa: BLE001 - it is raised again
            connections.close(connection)
            raise interrupted(error, request)  # noqa: B904 - the same one
        return result

    def _connections(self, settings: TransportSettings) -> Connections[_Connection]:
        """Return this process's connections."""
        process = os.getpid()
        connections = self._by_process.get(process)
        if connections is None:
            connections = self._by_process.setdefault(process, Connections(partial(_Connection, settings)))
            for other in [one for one in self._by_process if one != process]:
                if (inherited := self._by_process.pop(other, None)) is not None:
                    _forget(inherited)
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


def _forget(inherited: Connections[_Connection]) -> None:
    """Close a forked child's copies, and leave the parent's connections open."""
    for connection in inherited.present():
        for stream in list(connection.wire.streams):
            stream.close()
