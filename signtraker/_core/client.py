"""Hold the settings and the connections of a client, sync or async. The base clients perform requests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from signtraker._core.config import changed
from signtraker._core.secret import hidden_values
from signtraker.exceptions import SignTrakerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from signtraker._core.config import Config
    from signtraker._core.hooks import CallHooks
    from signtraker._core.http.deferred import DeferredSettings
    from signtraker._core.recording import RecordedExchange
    from signtraker.query import ODataVersion, QueryLimits

HttpT = TypeVar("HttpT")
ConnectionT = TypeVar("ConnectionT", bound="Connection[Any]")
_PORTABLE = (
    "base_url",
    "timeout_seconds",
    "deadline_seconds",
    "max_response_bytes",
    "max_retries",
    "retry_backoff_seconds",
    "resend_on_429",
    "odata_version",
    "query_limits",
    "extra_headers",
    "hooks",
)


@dataclass(frozen=True, slots=True)
class Connection(Generic[HttpT]):
    """A configuration and the pool of connections that it is used over."""

    config: Config
    http: HttpT
    settings: DeferredSettings | None
    """The settings of the pool's own connections; None for an injected client's."""

    def portable_settings(self) -> dict[str, Any]:
        """Return the settings of a pickled client: everything but the key, which is resolved anew."""
        if self.settings is None or not self.settings.is_portable:
            raise TypeError(
                "a client with its own http_client, proxy or SSLContext can't be pickled; "
                "make it anew where it is needed"
            )
        if self.config.hooks:
            from signtraker._core.hooks import refuse_unpicklable

            refuse_unpicklable(self.config.hooks)
        return {**{name: getattr(self.config, name) for name in _PORTABLE}, "ca": self.settings.ca}


class Client(Generic[ConnectionT]):
    """Base class of `BaseClient` and `AsyncBaseClient`: settings, copies, `with_options`, `record`."""

    _connection: ConnectionT
    _owns_http: bool

    @classmethod
    def _sharing(cls, connection: ConnectionT) -> Self:
        """Make a client over another one's pool, which it does not close."""
        client = cls.__new__(cls)
        client._connection = connection  # noqa: SLF001 - its own class
        client._owns_http = False  # noqa: SLF001 - its own class
        return client

    def _copy_with(self, connection: ConnectionT) -> Self:
        """Make the same client over another connection, with whatever a subclass has added."""
        client = self._sharing(connection)
        vars(client).update({**vars(self), **vars(client)})
        return client

    def __copy__(self) -> Self:
        return self._copy_with(self._connection)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self._copy_with(self._connection)

    @property
    def base_url(self) -> str:
        """The address of the server."""
        return self._connection.config.base_url

    def with_options(
        self,
        *,
        timeout_seconds: float | None = None,
        deadline_seconds: float | None = None,
        max_response_bytes: int | None = None,
        max_retries: int | None = None,
        retry_backoff_seconds: float | None = None,
        resend_on_429: bool | None = None,
        odata_version: ODataVersion | None = None,
        query_limits: QueryLimits | None = None,
        extra_headers: Mapping[str, str] | None = None,
        hooks: Iterable[CallHooks] | None = None,
    ) -> Self:
        """Return the same client with other settings, over the same connections.

        It is meant for single calls, `client.with_options(timeout_seconds=5).orders.get_order(7)`, and
        closing it closes nothing. `hooks` replaces the client's hooks; `hooks=[]` removes them.
        """
        # A traceback of what is refused below may show this frame's locals.
        extra_headers = hidden_values(extra_headers)
        config = changed(
            self._connection.config,
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
        return self._copy_with(replace(self._connection, config=config))

    def record(self, *, bodies: bool = False) -> AbstractContextManager[list[RecordedExchange]]:
        """Record the exchanges of the calls made inside the block, one for each call, in the order they end.

        What is recorded follows the context (`contextvars`): calls in the block itself, in tasks started
        in it, and in `asyncio.to_thread`. A thread of a `ThreadPoolExecutor` has a context of its own: what
        it sends is recorded only if it is run by `contextvars.copy_context().run`. Calls over other
        connections, and other threads' and tasks' calls, are not.

        Args:
            bodies: Whether to keep what was sent and what came back; both may hold people's data.
        """
        from signtraker._core.recording import recording

        return recording(self._connection.http, bodies=bodies)

    def __repr__(self) -> str:
        if "_connection" not in vars(self):  # A traceback may show a client whose settings were refused.
            return f"<{type(self).__name__} without settings>"
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self._connection.portable_settings())


def _restore(kind: Callable[..., Client[Any]], settings: dict[str, Any]) -> Client[Any]:
    return kind(**settings)


def not_a_method(given: object) -> TypeError:
    """Return the error of `prepare` for anything but a method of a client."""
    return TypeError(f"prepare takes a method of a client, such as client.orders.get_order, not {given!r}")


def nothing_sent_error() -> SignTrakerError:
    """Return the error for preparing a call that needs no request."""
    return SignTrakerError("This call sends nothing, so there is no request to show.")
