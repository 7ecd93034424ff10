"""Keep the connections of one process, or of one event loop. No lock is taken (see `threads`)."""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar
from weakref import WeakValueDictionary

from signtraker._core.http.settings import MAX_IDLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker._core.http.network import Wire

_LONGEST_IDLE_SECONDS: Final = 5.0
"""httpx's own default; a server that closes idle connections does so later."""


class _Http(Protocol):
    """One connection of httpcore's."""

    def has_expired(self) -> bool:
        """Return whether the server has closed an idle connection, or sent bytes over it."""
        ...


class AnyConnection(Protocol):
    """One connection, which one call uses at a time."""

    wire: Wire[Any]
    is_retired: bool
    idle_since: float

    @property
    def http(self) -> _Http:
        """The connection of httpcore's."""
        ...


ConnectionT = TypeVar("ConnectionT", bound=AnyConnection)


class Connections(Generic[ConnectionT]):
    """The connections that calls use, and idle ones for further reads."""

    def __init__(self, make: Callable[[], ConnectionT]) -> None:
        self._make = make
        # Weak, so that a connection that an interrupted call lost on its way here is closed all the same.
        self._all: WeakValueDictionary[int, ConnectionT] = WeakValueDictionary()
        self._idle: deque[ConnectionT] = deque()

    def take(self, *, is_write: bool) -> ConnectionT:
        """Return a connection that no other call uses; for a write a new one."""
        with suppress(IndexError):  # None is idle, or another thread took the last one.
            while time.monotonic() - self._idle[0].idle_since > _LONGEST_IDLE_SECONDS:
                self.close(self._idle.popleft())
        with suppress(IndexError):
            while not is_write:
                connection = self._idle.pop()
                if not connection.http.has_expired():
                    return connection
                self.close(connection)
        connection = self._make()
        connection.is_retired = is_write  # It is closed with its response.
        self._all[id(connection)] = connection
        return connection

    def give_back(self, connection: ConnectionT) -> None:
        """Keep a connection for the next read, if it is still open and there are not too many."""
        if connection.wire.streams and not connection.is_retired and len(self._idle) < MAX_IDLE:
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        else:
            self.close(connection)

    def close(self, connection: ConnectionT) -> None:
        """Close a connection and use it no more."""
        self._all.pop(id(connection), None)
        connection.wire.abort()

    def retire(self) -> None:
        """Retire the open connections: new calls open new ones, running calls finish on the old ones."""
        for connection in self.present():
            connection.is_retired = True
        with suppress(IndexError):
            while True:
                self.close(self._idle.popleft())

    def abort(self) -> None:
        """Close all connections; the calls under way end with an error."""
        for connection in self.present():
            self.close(connection)

    def present(self) -> list[ConnectionT]:
        """Return all connections."""
        return [one for reference in self._all.valuerefs() if (one := reference()) is not None]

    @property
    def are_open(self) -> bool:
        """True if any connection is open."""
        return any(connection.wire.streams for connection in self.present())
