"""Open the database, and run one transaction at a time.

A lock serialises transactions, so that no write is lost on any database; SQLite in memory has a single
connection and needs it anyway.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import bindparam, create_engine, event, insert, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from signtraker.sandbox.data.cancellation import ResetGeneration
from signtraker.sandbox.data.files import check_file, mark_file
from signtraker.sandbox.data.sql_functions import SQLITE_FUNCTIONS
from signtraker.sandbox.data.tables import identities, metadata
from signtraker.sandbox.settings import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sqlalchemy.engine import Connection, Engine


# Built once, since every write needs several numbers.
_OF_KINDS = identities.c.Kind.in_(bindparam("kinds", expanding=True))
_TAKE = update(identities).where(_OF_KINDS).values({identities.c.Next: identities.c.Next + 1})
_LOOK = select(identities.c.Kind, (identities.c.Next - 1).label("Taken")).where(_OF_KINDS)


class Database:
    """The engine, its tables, and transactions that exclude each other."""

    def __init__(self, location: str | Path | None = None) -> None:
        """Open `location`: a file, a SQLAlchemy URL, or (by default) memory.

        Raises `SandboxError` for what is no database of this version of the sandbox.
        """
        self._lock = threading.RLock()
        self._disposed = False
        self._kept: sqlite3.Connection | None = None
        self.generation: ResetGeneration = ResetGeneration()
        with _explained(location):
            url = _url(location)
            self._engine = _engine(url)
        self.in_memory: bool = _in_memory(url)
        self._location = location
        try:
            with self.opening() as connection:
                check_file(connection)
                metadata.create_all(connection)
                mark_file(connection)
        except SandboxError:
            self._engine.dispose()
            raise

    @contextmanager
    def opening(self) -> Generator[Connection]:
        """Open a transaction as `begin` does; raises `SandboxError` where the database fails."""
        with _explained(self._location), self.begin() as connection:
            yield connection

    @contextmanager
    def begin(self) -> Generator[Connection]:
        """Open a transaction: committed at the end of the block, rolled back when it raises."""
        with self._lock:
            self.generation.check()
            if self._disposed:
                # The engine would connect again: to a new memory without tables.
                raise SandboxError("The sandbox has stopped.")
            with self._engine.begin() as connection:
                yield connection

    def keep(self) -> None:
        """Copy a database in memory as it is now, for `restore`."""
        with self._lock:
            self._kept = sqlite3.connect(":memory:", check_same_thread=False)
            with self._driver() as driver:
                driver.backup(self._kept)

    def restore(self) -> None:
        """Make a database in memory as it was when it was kept.

        SQLite copies pages, in a hundredth of the time that it takes to insert the rows.
        """
        with self._lock:
            self.generation.check()
            assert self._kept is not None, "keep() comes first"  # noqa: S101 - for type checkers
            with self._driver() as driver:
                self._kept.backup(driver)

    @contextmanager
    def _driver(self) -> Generator[sqlite3.Connection]:
        """Return SQLite's own connection, outside of transactions, as its backups need it."""
        if self._disposed:
            raise SandboxError("The sandbox has stopped.")
        connection = self._engine.raw_connection()
        try:
            yield cast("sqlite3.Connection", connection.driver_connection)
        finally:
            connection.close()

    def cancel_pending(self) -> None:
        """Wait for the current transaction, and cancel every request that has arrived so far."""
        with self._lock:
            self.generation.advance()

    def dispose(self) -> None:
        """Close every connection, for good."""
        with self._lock:
            self.generation.advance()
            self._disposed = True
            self._engine.dispose()
            if self._kept is not None:
                self._kept.close()


def is_empty(connection: Connection) -> bool:
    """Return True if nothing was ever stored."""
    return connection.execute(select(identities.c.Kind).limit(1)).first() is None


def clear(connection: Connection) -> None:
    """Empty every table."""
    for table in reversed(metadata.sorted_tables):
        connection.execute(table.delete())


def allocate(connection: Connection, *kinds: str) -> list[int]:
    """Reserve the next number of each kind, all of them in two statements; return them in this order."""
    connection.execute(_TAKE, {"kinds": kinds})
    numbers: dict[str, int] = {row.Kind: row.Taken for row in connection.execute(_LOOK, {"kinds": kinds})}
    return [numbers[kind] for kind in kinds]


def start_identities(connection: Connection, following: dict[str, int]) -> None:
    """Store the number of each kind's next record."""
    rows = [{"Kind": kind, "Next": number} for kind, number in following.items()]
    connection.execute(insert(identities), rows)


@contextmanager
def _explained(location: str | Path | None) -> Generator[None]:
    """Turn what SQLAlchemy and the driver raise into one sentence, without a password."""
    try:
        yield
    except DBAPIError as error:
        raise SandboxError(f"The database {_shown(location)} cannot be used: {error.orig}.") from error
    except ModuleNotFoundError as error:
        raise SandboxError(
            f"The database {_shown(location)} needs the driver {error.name}: pip install {error.name}."
        ) from error
    except SQLAlchemyError as error:
        raise SandboxError(f"The database {_shown(location)} cannot be used: {error}.") from error


def _shown(location: str | Path | None) -> str:
    try:
        return make_url(str(location)).render_as_string(hide_password=True)
    except ArgumentError:
        return str(location)


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
    options: dict[str, Any] = {"connect_args": {"check_same_thread": False, "timeout": 0}}
    if _in_memory(url):
        options["poolclass"] = StaticPool
    engine = create_engine(url, **options)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_in_memory if _in_memory(url) else _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Python's module would begin transactions late, and none for DDL (SQLAlchemy, "SQLite: Serializable
    # isolation / Savepoints / Transactional DDL").
    connection.isolation_level = None
    connection.execute(_wait_for_locks())
    # Without fsync, only a power cut loses data; killing the process does not.
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA foreign_keys=ON")
    for (name, count), function in SQLITE_FUNCTIONS.items():
        connection.create_function(name, count, _nullable(function), deterministic=True)


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(_wait_for_locks())
    # At once, so that two transactions cannot both read and then wait for each other to write.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_in_memory(connection: Connection) -> None:
    # No other program can have a lock.
    connection.exec_driver_sql("BEGIN")


_PATIENCE_MS = 5_000


def _wait_for_locks() -> str:
    """Return the statement that sets how long to wait for another program.

    The event loop never waits, so that its other requests go on; the API's routes try again.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return f"PRAGMA busy_timeout={_PATIENCE_MS}"
    return "PRAGMA busy_timeout=0"


def _nullable(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        if None in arguments:
            return None
        try:
            return function(*arguments)
        except (ArithmeticError, ValueError):
            return None  # as after a division by zero

    return call
