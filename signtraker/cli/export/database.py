"""Keep the records of an export in a SQLite database. Each batch is a transaction with its progress."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

from signtraker._bulk.file_lock import FileLock
from signtraker._version import __version__
from signtraker.cli.errors import CommandError, UsageError
from signtraker.cli.export.tables import fields_of, quoted_names, record_json, schema, table_of
from signtraker.cli.resources import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from signtraker.cli.resources import Resource

_APPLICATION_ID: Final = 0x5349474E
"""`SIGN`: SQLite's mark of the program that a file belongs to."""
_VERSION: Final = 1
_BUSY_SECONDS: Final = 30
_ABOUT: Final = "CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
_EXPORTS: Final = """\
CREATE TABLE exports (
  run INTEGER NOT NULL,
  list TEXT NOT NULL,
  -- times in UTC; finished_at is NULL after an interruption
  started_at TEXT NOT NULL,
  finished_at TEXT,
  -- 1 if all records were read, 0 if only the new and the unfinished ones
  is_full INTEGER NOT NULL,
  -- the id up to which a full read has come
  position INTEGER NOT NULL DEFAULT 0,
  -- the run in which this full read began
  first_run INTEGER NOT NULL,
  added INTEGER NOT NULL DEFAULT 0,
  updated INTEGER NOT NULL DEFAULT 0,
  unchanged INTEGER NOT NULL DEFAULT 0,
  no_longer_listed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (run, list)
) WITHOUT ROWID"""


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of records of each outcome."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    no_longer_listed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.added + other.added,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.no_longer_listed + other.no_longer_listed,
        )

    @property
    def read(self) -> int:
        """The number of records that were read."""
        return self.added + self.updated + self.unchanged


class Database:
    """The database of an export. Use it in a `with` block; only one process may write it at a time."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; raises `CommandError` for one that is not an export, or is in use."""
        self.path = path
        self._lock = self._locked()
        try:
            self._connection = self._opened()
        except BaseException:
            self._lock.release()
            raise
        self.run: int = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()
        self._lock.release()

    def _locked(self) -> FileLock:
        try:
            return FileLock(self.path.with_name(f"{self.path.name}.lock"))
        except BlockingIOError:
            raise CommandError(f"Another export writes {self.path} now; wait for it.") from None
        except OSError as error:
            raise CommandError(f"{self.path} can't be written: {error.strerror}.") from None

    def _opened(self) -> sqlite3.Connection:
        with self.errors_as_sentences():
            connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            with self.errors_as_sentences():
                self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        [owner] = connection.execute("PRAGMA application_id").fetchone()
        [version] = connection.execute("PRAGMA user_version").fetchone()
        [tables] = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and owner != _APPLICATION_ID:
            raise UsageError(f"{self.path} is a database of another program; give another file.")
        if version > _VERSION:
            raise UsageError(f"{self.path} was made by a later version of signtraker; update signtraker.")
        if not tables:
            connection.execute("BEGIN IMMEDIATE")
            for statement in (_ABOUT, _EXPORTS, *map(schema, RESOURCES)):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
            connection.execute("COMMIT")

    @contextmanager
    def errors_as_sentences(self) -> Generator[None]:
        """Raise SQLite's errors as a `CommandError`: a full disk, a damaged file, one that is in use."""
        try:
            yield
        except sqlite3.Error as error:
            raise CommandError(f"{self.path} can't be used: SQLite says {error}.") from None

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Do all or nothing."""
        with self.errors_as_sentences():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def query(self, statement: str, values: Sequence[object] = ()) -> Iterator[Any]:
        """Run a statement and return its rows one by one."""
        with self.errors_as_sentences():
            yield from self._connection.execute(statement, values)

    def execute(self, statement: str, values: Sequence[object]) -> int:
        """Run a statement inside a transaction; return the number of rows that it changed."""
        return self._connection.execute(statement, values).rowcount

    def execute_many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement for each row inside a transaction."""
        self._connection.executemany(statement, rows)

    def start(self, tenant: str) -> None:
        """Begin a run; raises `UsageError` if the file holds the records of another tenant."""
        with self.transaction():
            known = self.about("tenant")
            if known is not None and known != tenant:
                raise UsageError(f"{self.path} holds the records of {known}, not of {tenant}.")
            self.set_about("tenant", tenant)
            self.set_about("signtraker", __version__)
            for resource in RESOURCES:
                self._add_missing_columns(resource)
        [(last,)] = self.query("SELECT coalesce(max(run), 0) FROM exports")
        self.run = last + 1

    def about(self, key: str) -> str | None:
        """Return a fact about the whole export."""
        return next((one for (one,) in self.query("SELECT value FROM about WHERE key = ?", (key,))), None)

    def set_about(self, key: str, value: str) -> None:
        """Store a fact about the whole export."""
        self._connection.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (key, value))

    def _add_missing_columns(self, resource: Resource) -> None:
        """Add the fields that an earlier version did not know, with their values from the records' JSON."""
        import signtraker.models

        table = table_of(resource)
        known = {row[1] for row in self.query(f'PRAGMA table_info("{table}")')}
        missing = [one for one in fields_of(resource.model) if one.name not in known]
        for one in missing:
            self._connection.execute(f'ALTER TABLE "{table}" ADD COLUMN {one.definition}')
        if missing:
            model = getattr(signtraker.models, resource.model)
            names = ", ".join(f'"{one.name}" = ?' for one in missing)
            for key, text in self.query(f'SELECT id, record FROM "{table}"'):  # noqa: S608 - our own names
                record = model.model_validate_json(text)
                values = (*(one.value(record) for one in missing), key)
                self._connection.execute(f'UPDATE "{table}" SET {names} WHERE id = ?', values)  # noqa: S608 - as above

    def has_changes(self, resource: Resource, *, since: int) -> bool:
        """Return whether a run after this one has changed a list's table."""
        [(changed,)] = self.query(
            "SELECT coalesce(sum(added + updated + no_longer_listed), 0) FROM exports"
            " WHERE list = ? AND run > ?",
            (resource.name, since),
        )
        return bool(changed)

    def progress_of(self, resource: Resource) -> Progress:
        """Return how the reading of a list goes, or went."""
        return Progress(self, resource)

    def stored_records(self, resource: Resource) -> Iterator[str]:
        """Return the JSON of the records that the server lists, by id."""
        rows = self.query(f'SELECT record FROM "{table_of(resource)}" WHERE is_listed ORDER BY id')  # noqa: S608 - our own names
        return (text for (text,) in rows)


class Progress:
    """The reading of one list in one run."""

    def __init__(self, database: Database, resource: Resource) -> None:
        self._database = database
        self._table = table_of(resource)
        self._name = resource.name
        self._fields = fields_of(resource.model)
        self.counts: Counts = Counts()
        [(last,)] = database.query(f'SELECT coalesce(max(id), 0) FROM "{self._table}"')  # noqa: S608 - our own names
        self.last_id: int = last
        """The largest id that the export had before."""
        self.first_run: int = database.run
        self.position: int = 0

    def begin(self, now: datetime, *, is_full: bool, may_resume: bool) -> None:
        """Note the beginning. A full read that was interrupted goes on if `may_resume`."""
        earlier = self._database.query(
            "SELECT is_full, finished_at, position, first_run FROM exports"
            " WHERE list = ? AND is_full ORDER BY run DESC LIMIT 1",
            (self._name,),
        )
        for _, finished_at, position, first_run in earlier:
            if is_full and may_resume and finished_at is None:
                self.position, self.first_run = position, first_run
        with self._database.transaction():
            values = (self._database.run, self._name, _utc(now), is_full, self.position, self.first_run)
            self._database.execute(
                "INSERT INTO exports (run, list, started_at, is_full, position, first_run)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )

    def write(self, records: Sequence[Any], *, position: int = 0) -> None:
        """Write a batch and what it counts, in one transaction."""
        rows = {one.id: (one, record_json(one)) for one in records}
        with self._database.transaction():
            known = self._known(list(rows))
            changed = {key: row for key, row in rows.items() if known.get(key) != (row[1], 1)}
            names = [*(one.name for one in self._fields), "record", "run", "is_listed"]
            marks = ", ".join("?" * len(names))
            self._database.execute_many(
                f'INSERT OR REPLACE INTO "{self._table}" ({quoted_names(names)}) VALUES ({marks})',  # noqa: S608 - our own names
                [
                    (*(one.value(record) for one in self._fields), text, self._database.run, 1)
                    for record, text in changed.values()
                ],
            )
            self._database.execute_many(
                f'UPDATE "{self._table}" SET run = ? WHERE id = ?',  # noqa: S608 - as above
                [(self._database.run, key) for key in rows.keys() - changed.keys()],
            )
            added = len(rows.keys() - known.keys())
            self.position = max(self.position, position)
            self._count(Counts(added, len(changed) - added, len(rows) - len(changed)))

    def _known(self, ids: list[int]) -> dict[int, tuple[str, int]]:
        marks = ", ".join("?" * len(ids))
        found = self._database.query(
            f'SELECT id, record, is_listed FROM "{self._table}" WHERE id IN ({marks})',  # noqa: S608 - our own names
            ids,
        )
        return {key: (text, is_listed) for key, text, is_listed in found}

    def unfinished(self, finished: str, limit: int) -> Iterator[list[int]]:
        """Return the ids of unfinished records that this run has not read, so many at a time."""
        after = 0
        while True:
            rows = self._database.query(
                f'SELECT id FROM "{self._table}" WHERE "{finished}" IS NULL AND is_listed'  # noqa: S608 - our own names
                " AND run < ? AND id > ? AND id <= ? ORDER BY id LIMIT ?",
                (self._database.run, after, self.last_id, limit),
            )
            ids = [key for (key,) in rows]
            if not ids:
                return
            yield ids
            after = ids[-1]

    def mark_unread(self, ids: Sequence[int]) -> None:
        """Mark those of these records that the server did not list in this run."""
        with self._database.transaction():
            marks = ", ".join("?" * len(ids))
            changed = self._database.execute(
                f'UPDATE "{self._table}" SET is_listed = 0 WHERE run < ? AND id IN ({marks})',  # noqa: S608 - our own names
                (self._database.run, *ids),
            )
            self._count(Counts(no_longer_listed=changed))

    def finish(self, now: datetime, *, is_full: bool) -> None:
        """Note the end; a full read marks the records that it has not seen."""
        with self._database.transaction():
            if is_full:
                changed = self._database.execute(
                    f'UPDATE "{self._table}" SET is_listed = 0 WHERE is_listed AND run < ?',  # noqa: S608 - our own names
                    (self.first_run,),
                )
                self._count(Counts(no_longer_listed=changed))
            self._database.execute(
                "UPDATE exports SET finished_at = ? WHERE run = ? AND list = ?",
                (_utc(now), self._database.run, self._name),
            )

    def _count(self, more: Counts) -> None:
        total = self.counts + more
        names = ", ".join(f"{name} = ?" for name in asdict(total))
        self._database.execute(
            f"UPDATE exports SET position = ?, {names} WHERE run = ? AND list = ?",  # noqa: S608 - our own names
            (self.position, *asdict(total).values(), self._database.run, self._name),
        )
        self.counts = total


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
