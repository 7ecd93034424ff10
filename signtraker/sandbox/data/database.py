"""One database behind one lock: whoever has begun works alone until the transaction ends.

The sandbox's requests are short and its clients many. Serialised, they cannot lose each other's
writes on any database, and SQLite in memory, which lives in a single connection, needs it anyway.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, bindparam, create_engine, event, insert, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from signtraker.sandbox.data.cancellation import ResetGeneration
from signtraker.sandbox.data.sql_functions import SQLITE_FUNCTIONS
from signtraker.sandbox.data.tables import identities, metadata
from signtraker.sandbox.settings import SandboxError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Generator

    from sqlalchemy.engine import Connection, Engine


# Built once: every write needs several numbers.
_OF_KIND = identities.c.Kind == bindparam("kind")
_LOOK = select(identities.c.Next).where(_OF_KIND)
_TAKE = (
    update(identities)
    .where(_OF_KIND)
    .values({identities.c.Next: identities.c.Next + bindparam("count", type_=Integer())})
)


class Database:
    """The engine, its tables, and transactions that exclude each other."""

    def __init__(self, location: str | Path | None = None) -> None:
        """Open `location`: a file, a SQLAlchemy URL, or (by default) memory."""
        self._lock = threading.RLock()
        self._disposed = False
        self.epoch: ResetGeneration = ResetGeneration()
        url = _url(location)
        self.in_memory: bool = _in_memory(url)
        self._engine = _engine(url)
        try:
            metadata.create_all(self._engine)
        except SQLAlchemyError as error:
            self._engine.dispose()
            raise SandboxError(f"The database {location} cannot be used: {error}") from error

    @contextmanager
    def begin(self) -> Generator[Connection]:
        """Open a transaction: committed at the end of the block, rolled back when it raises."""
        with self._lock:
            self.epoch.check()
            if self._disposed:
                # The engine would connect anew: to another memory, without a table.
                raise SandboxError("The sandbox has stopped.")
            with self._engine.begin() as connection:
                yield connection

    def cancel_pending(self) -> None:
        """Let the transaction under way end, and no request that has arrived so far begin another."""
        with self._lock:
            self.epoch.advance()

    def is_empty(self) -> bool:
        """Return True if nothing was ever stored."""
        with self.begin() as connection:
            return connection.execute(select(identities.c.Kind).limit(1)).first() is None

    def clear(self) -> None:
        """Empty every table."""
        with self.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())

    def dispose(self) -> None:
        """Close every connection; there is none after it."""
        with self._lock:
            self.epoch.advance()
            self._disposed = True
            self._engine.dispose()


def allocate(connection: Connection, kind: str, count: int = 1) -> int:
    """Reserve `count` numbers of a kind; the first of them."""
    connection.execute(_TAKE, {"kind": kind, "count": count})
    return int(connection.execute(_LOOK, {"kind": kind}).scalar_one()) - count


def start_identities(connection: Connection, following: dict[str, int]) -> None:
    """Record the number that each kind's next record gets."""
    rows = [{"Kind": kind, "Next": number} for kind, number in following.items()]
    connection.execute(insert(identities), rows)


def _url(location: str | Path | None) -> URL:
    if location is None:
        return URL.create("sqlite")
    if isinstance(location, str) and "://" in location:
        return make_url(location)
    path = Path(location).expanduser().absolute()
    if not path.parent.is_dir():
        raise SandboxError(f"The database {path} cannot be made: {path.parent} is no directory.")
    return URL.create("sqlite", database=str(path))


def _in_memory(url: URL) -> bool:
    return url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url)
    options: dict[str, Any] = {"connect_args": {"check_same_thread": False}}
    if _in_memory(url):
        options["poolclass"] = StaticPool
    engine = create_engine(url, **options)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Killing the process loses nothing without fsync; only a power cut would.
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA foreign_keys=ON")
    for (name, count), function in SQLITE_FUNCTIONS.items():
        connection.create_function(name, count, _nullable(function), deterministic=True)


def _nullable(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        if None in arguments:
            return None
        try:
            return function(*arguments)
        except (ArithmeticError, ValueError):
            return None  # as after a division by zero

    return call
