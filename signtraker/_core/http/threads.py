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

import time
from functools import partial
from typing import TYPE_CHECKING

from signtraker._core import cancellation
from signtraker._core.http.connections import Connections
from signtraker._core.http.conversion import (
    NETWORK_ERRORS,
    Body,
    failure,
    header_texts,
    interrupted,
    opening_errors,
    reason,
    wire_request,
)
from signtraker._core.http.httpx_log import hide_key_in_logs, install_filters
from signtraker._core.http.network import Backend, Stream, Wire

if TYPE_CHECKING:
    import httpcore

    from signtraker._core.config import Config
    from signtraker._core.exchange import Response, TransportError
    from signtraker._core.http.settings import TransportSettings
    from signtraker._core.request import AnyRequest


class ThreadConnection:
    """One connection. It is opened by the first request."""

    def __init__(self, settings: TransportSettings) -> None:
        self.wire: Wire[Stream] = Wire()
        self.http = settings.connection(Backend(self.wire))
        self.is_retired = False
        self.idle_since = 0.0

    def exchange(
        self, message: httpcore.Request, config: Config, left_seconds: float, *, has_body: bool
    ) -> Response | TransportError:
        """Send a request, and read the whole response."""
        self.wire.begin(left_seconds, body_follows=has_body)
        start = time.perf_counter()
        try:
            response = self.http.handle_request(message)
        except opening_errors() as error:
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


def make_connections(settings: TransportSettings) -> Connections[ThreadConnection]:
    """Return a process's connections; none is open yet."""
    install_filters()
    return Connections(partial(ThreadConnection, settings))


def send(
    connections: Connections[ThreadConnection],
    request: AnyRequest,
    config: Config,
    settings: TransportSettings,
    left_seconds: float,
) -> Response | TransportError:
    """Send a request once, and wait at most so long for the whole response."""
    hide_key_in_logs(config.api_key)
    message = wire_request(request, config, settings)
    connection = connections.take(is_write=request.is_write)
    try:
        with cancellation.abortable(connection.wire):
            result = connection.exchange(message, config, left_seconds, has_body=bool(request.body))
        connections.give_back(connection)
    except BaseException as error:  # noqa: BLE001 - it is raised again
        connections.close(connection)
        raise interrupted(error, request)  # noqa: B904 - the same one
    return result


def forget(inherited: Connections[ThreadConnection]) -> None:
    """Close a forked child's copies, and leave the parent's connections open."""
    for connection in inherited.present():
        for stream in list(connection.wire.streams):
            stream.close()
