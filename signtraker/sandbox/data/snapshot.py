"""Copy the seeded records, and restore them; this is faster than seeding again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, Table, insert, select

from signtraker.sandbox.data.tables import metadata

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_copies = MetaData()
_COPY_OF = {
    table: Table(f"seeded_{table.name}", _copies, *(Column(one.name, one.type) for one in table.columns))
    for table in metadata.sorted_tables
}


def take(connection: Connection) -> None:
    """Copy every record."""
    _copies.create_all(connection)
    for table, copy in _COPY_OF.items():
        connection.execute(insert(copy).from_select(list(table.columns.keys()), select(table)))


def restore(connection: Connection) -> None:
    """Restore every table from its copy."""
    for table in reversed(metadata.sorted_tables):
        connection.execute(table.delete())
    for table, copy in _COPY_OF.items():
        connection.execute(insert(table).from_select(list(table.columns.keys()), select(copy)))
