"""Hold the parts that every endpoint works with."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from signtraker.sandbox.data.insert import insert_record
from signtraker.sandbox.data.tables import ledger

if TYPE_CHECKING:
    from sqlalchemy import Select, Table, Update
    from sqlalchemy.engine import Connection

    from signtraker.sandbox.clock import Clock
    from signtraker.sandbox.data.database import Database
    from signtraker.sandbox.settings import Settings


@dataclass(frozen=True)
class Backend:
    """The settings, the data and the clock."""

    settings: Settings
    database: Database
    clock: Clock

    def record(
        self, connection: Connection, action: str, subject: int, external_id: str | None = None
    ) -> int:
        """Add an entry to the ledger, in the transaction of its work; return its number."""
        values = {
            "At": self.clock.now(),
            "Action": action,
            "SubjectId": subject,
            "ExternalID": external_id,
        }
        return insert_record(connection, ledger, values)


def exists(connection: Connection, table: Table, key: int) -> bool:
    """Return True if the table has a row with this Id."""
    return connection.execute(_find(table), {"key": key}).first() is not None


# The statements are built once: to build one takes longer than to execute it.
@functools.cache
def _find(table: Table) -> Select[Any]:
    return select(table.c.Id).where(table.c.Id == bindparam("key"))


def change(connection: Connection, table: Table, key: int, values: dict[str, object]) -> None:
    """Set columns of one row."""
    connection.execute(_change(table), {"key": key, **values})


@functools.cache
def _change(table: Table) -> Update:
    return update(table).where(table.c.Id == bindparam("key"))
