"""Write the Parquet files of a folder from the database in it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from signtraker.cli.errors import CommandError
from signtraker.cli.writers import write_parquet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from signtraker.cli.export.database import Database
    from signtraker.cli.resources import Resource


def write_list(database: Database, resource: Resource, folder: Path) -> None:
    """Write a list's file, unless it shows all that the database holds. It is renamed when it is whole."""
    path = folder / f"{resource.name}.parquet"
    key = f"parquet {resource.name}"
    if not path.exists() or database.has_changes(resource, since=int(database.about(key) or 0)):
        part = folder / f".{path.name}.part"
        try:
            with part.open("wb") as stream:
                write_parquet(_records(database, resource), resource.model, None, stream)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(path)
        except OSError as error:
            raise CommandError(f"{path} can't be written: {error.strerror}.") from None
        finally:
            part.unlink(missing_ok=True)
        with database.transaction():
            database.set_about(key, str(database.run))


def _records(database: Database, resource: Resource) -> Iterator[Any]:
    import signtraker.models

    model = getattr(signtraker.models, resource.model)
    return (model.model_validate_json(text) for text in database.stored_records(resource))
