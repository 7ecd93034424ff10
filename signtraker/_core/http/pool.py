"""Hold the connections of threads. The first request imports httpx, which takes longer than the rest."""

from __future__ import annotations

import os
import sys
import warnings
from contextvars import copy_context
from typing import TYPE_CHECKING

from signtraker.exceptions import SignTrakerError

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from signtraker._core.config import Config
    from signtraker._core.exchange import Response, TransportError
    from signtraker._core.http.connections import Connections
    from signtraker._core.http.deferred import DeferredSettings
    from signtraker._core.http.settings import TransportSettings
    from signtraker._core.http.threads import ThreadConnection
    from signtraker._core.request import AnyRequest


class HttpPool:
    """Sends requests for threads, over connections of this process. Each thread that calls has one."""

    def __init__(self, settings: DeferredSettings | None, injected: httpx.Client | None) -> None:
        self._settings = settings
        self._injected = injected
        self._home = os.getpid()
        self._by_process: dict[int, Connections[ThreadConnection]] = {}
        self.is_closed = False
        if injected is not None:
            from signtraker._core.http.httpx_log import install_filters

            install_filters()

    def attempt(self, request: AnyRequest, config: Config, left_seconds: float) -> Response | TransportError:
        """Send a request once, and wait at most so long for the whole response."""
        if self.is_closed or (self._injected is not None and self._injected.is_closed):
            from signtraker._core.http.conversion import closed_error

            raise closed_error(request, config)
        # A context of its own ends with the attempt, even where an exception of a signal prevents a reset.
        return copy_context().run(self._attempt, request, config, left_seconds)

    def _attempt(self, request: AnyRequest, config: Config, left_seconds: float) -> Response | TransportError:
        if self._injected is not None:
            from signtraker._core.http.httpx_log import hide_key_in_logs
            from signtraker._core.http.injected import send_injected

            hide_key_in_logs(config.api_key)
            self._check_process()
            return send_injected(self._injected, request, config)
        from signtraker._core.http.threads import send

        assert self._settings is not None, "a pool has settings or an injected client"  # noqa: S101 - for type checkers
        settings = self._settings.checked()
        return send(self._connections(settings), request, config, settings, left_seconds)

    def _connections(self, settings: TransportSettings) -> Connections[ThreadConnection]:
        """Return this process's connections."""
        process = os.getpid()
        connections = self._by_process.get(process)
        if connections is None:
            from signtraker._core.http.threads import forget, make_connections

            connections = self._by_process.setdefault(process, make_connections(settings))
            for other in [one for one in self._by_process if one != process]:
                if (inherited := self._by_process.pop(other, None)) is not None:
                    forget(inherited)
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
