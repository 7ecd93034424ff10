"""Recognise the SQLite files of this version of the sandbox, so that no other file is changed."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from signtraker.sandbox.data.tables import metadata
from signtraker.sandbox.settings import SandboxError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

APPLICATION_ID = 0x5369676E
"""`Sign` in ASCII; SQLite keeps it in the header of the file (PRAGMA application_id)."""
_TABLES = [
    (table.name, [(one.name, type(one.type).__name__) for one in table.columns])
    for table in metadata.sorted_tables
]
SCHEMA_VERSION: int = zlib.crc32(repr(_TABLES).encode()) & 0x7FFF_FFFF
"""A number that changes with the tables (PRAGMA user_version)."""
_ADVICE = "choose another file, or delete this one"


def check_file(connection: Connection) -> None:
    """Raise `SandboxError` for a file of another program, of another version, or one that is damaged."""
    if connection.dialect.name != "sqlite":
        return
    file = connection.engine.url.database
    tables = _pragma(connection, "SELECT count(*) FROM sqlite_master")
    application = _pragma(connection, "PRAGMA application_id")
    if application != APPLICATION_ID and (tables or application):
        raise SandboxError(f"The database {file} was made by another program; {_ADVICE}.")
    if not tables:
        return
    if _pragma(connection, "PRAGMA user_version") != SCHEMA_VERSION:
        raise SandboxError(f"The database {file} was made by another version of the sandbox; {_ADVICE}.")
    damage = _pragma(connection, "PRAGMA quick_check(1)")
    if damage != "ok":
        raise SandboxError(f"The database {file} is damaged ({str(damage).splitlines()[-1]}); {_ADVICE}.")


def mark_file(connection: Connection) -> None:
    """Mark a SQLite file as one of this version of the sandbox."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")


def _pragma(connection: Connection, statement: str) -> object:
    return connection.exec_driver_sql(statement).scalar_one()
