"""Hold the parts that every endpoint works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from signtraker.sandbox.data.database import allocate
from signtraker.sandbox.data.tables import ledger

if TYPE_CHECKING:
    from sqlalchemy import Table
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
        entry = allocate(connection, "ledger")
        connection.execute(
            insert(ledger).values(
                Id=entry,
                At=self.clock.now(),
                Action=action,
                SubjectId=subject,
                ExternalID=external_id,
            )
        )
        return entry


def exists(connection: Connection, table: Table, key: int) -> bool:
    """Return True if the table has a row with this Id."""
    return connection.execute(select(table.c.Id).where(table.c.Id == key)).first() is not None


def change(connection: Connection, table: Table, key: int, values: dict[str, object]) -> None:
    """Set columns of one row."""
    connection.execute(update(table).where(table.c.Id == key).values(values))
