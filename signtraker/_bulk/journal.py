"""Keep the records of a batch in a file that survives `kill -9` and a loss of power.

SQLite in WAL mode with `synchronous=FULL` syncs the log at each commit (https://www.sqlite.org/pragma.html).
The exclusive locking mode keeps the log's index in memory, so that it makes no third file
(https://www.sqlite.org/wal.html, section 8). Until the file is closed, a part of the truth is in the log
(`-wal`): a flag in the file itself says that the log belongs to it, and a file without its log is refused.

Times are the server's, so that a correction of this machine's clock between two runs changes nothing.

The file holds no key and no payload. A row is stored under an HMAC-SHA256 of its identity; the key of the
HMAC is random for each journal and stands in it, so hashes of two journals can't be compared. Whoever can
read the file can check a guess, and few guesses find an `external_id` or an order's id; hence the mode 0600.
"""

from __future__ import annotations

import ctypes
import hashlib
import hmac
import itertools
import os
import secrets
import sqlite3
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final, Self, get_args

from signtraker._bulk.file_lock import FileLock
from signtraker._bulk.states import IN_DOUBT, PLANNED, TO_SEND, EarlierRuns, RowRecord, StoredState
from signtraker._common.short_repr import short_repr
from signtraker.exceptions import JournalError, Problem, ValidationError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from typing import Any

    from signtraker._bulk.plan import BatchPlan, Row

APPLICATION_ID: Final = 0x53544A4C
"""`STJL` in ASCII: distinguishes a journal from other SQLite files."""
FORMAT_VERSION: Final = 3
_OWNER_ONLY: Final = 0o600
_RANK: Final[dict[str, int]] = {
    "created": 0,
    "accepted": 1,
    **dict.fromkeys(IN_DOUBT, 2),
    **dict.fromkeys(TO_SEND, 3),
}
_SCHEMA: Final = """
CREATE TABLE about (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE rows (
    key BLOB PRIMARY KEY,
    content BLOB NOT NULL,
    state TEXT NOT NULL,
    order_id INTEGER,
    request_id INTEGER,
    first_sent REAL,
    last_sent REAL
) WITHOUT ROWID;
"""
_UPSERT: Final = """
INSERT INTO rows VALUES {rows}
ON CONFLICT (key) DO UPDATE SET
    content = excluded.content, state = excluded.state,
    order_id = excluded.order_id, request_id = excluded.request_id,
    first_sent = excluded.first_sent, last_sent = excluded.last_sent
"""
_ROWS_AT_ONCE: Final = 100
"""Of 7 values each: before version 3.32 SQLite takes 999 in a statement (https://www.sqlite.org/limits.html)."""


class Journal:
    """One open journal, which no other process can open meanwhile.

    After a fork only the process that opened it may call a method.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open or create the file; raises `JournalError` if it is no journal or another process has it."""
        # Absolute, since SQLite takes the name `:memory:` for no file, and the process may change its folder.
        self.path = Path(path).absolute()
        self._hashed: dict[Row[Any], tuple[bytes, bytes]] = {}
        self._busy = Lock()
        with self._explained("can't be opened"):
            self._lock = FileLock(self._beside("-lock"))
        try:
            with self._explained("can't be opened"):
                has_log = self._beside("-wal").exists()
                # Where the path is a symbolic link, the file behind it.
                file = self._beside("")
                with suppress(FileExistsError):
                    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, _OWNER_ONLY))
                # No waiting for another process, which may hold the lock for hours.
                self._database = sqlite3.connect(
                    file, timeout=0, isolation_level=None, check_same_thread=False
                )
            # A forked process must not close it: that would delete the log (measured). It is never freed,
            # since the interpreter frees all that it can reach when a process ends.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._database))
            try:
                with self._explained("can't be used"):
                    self._prepare(has_log=has_log)
            except BaseException:
                self._database.close()
                raise
        except BaseException:
            self._lock.release()
            raise

    @classmethod
    def open(cls, path: str | os.PathLike[str], plan: BatchPlan[Any, Any]) -> tuple[Self, EarlierRuns]:
        """Open the journal of a batch, enter its rows, and return what earlier runs left."""
        journal = cls(path)
        try:
            with journal._explained("can't be used"):
                journal._check_about(plan)
                earlier = journal._earlier_runs(plan)
            journal.save({row: earlier.records.get(row.key, PLANNED) for row in plan.rows})
        except BaseException:
            journal.close()
            raise
        return journal, earlier

    def save(self, changes: Mapping[Row[Any], RowRecord]) -> None:
        """Write records, all or none, and return when they are on the disk."""
        if not changes:
            return
        # An async run that is cancelled twice closes the journal while a thread saves.
        with self._busy:
            self._save(changes)

    def _save(self, changes: Mapping[Row[Any], RowRecord]) -> None:
        rows = [
            (
                *self._hashes(row),
                record.state,
                record.order_id,
                record.request_id,
                record.first_sent,
                record.last_sent,
            )
            for row, record in changes.items()
        ]
        with self._explained("can't be written"):
            self._upsert(rows)

    def _upsert(self, rows: Sequence[Sequence[object]]) -> None:
        """Insert rows, or replace those of the same key: all or none.

        With one statement if they are few, which is a transaction in itself
        (https://www.sqlite.org/lang_transaction.html): at each statement another thread gets the interpreter,
        and this one waits for it.
        """
        if len(rows) <= _ROWS_AT_ONCE:
            self._upsert_few(rows)
            return
        with self._transaction():
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                self._upsert_few(rows[start : start + _ROWS_AT_ONCE])

    def _upsert_few(self, rows: Sequence[Sequence[object]]) -> None:
        statement = _UPSERT.format(rows=", ".join(["(?, ?, ?, ?, ?, ?, ?)"] * len(rows)))
        self._database.execute(statement, [value for row in rows for value in row])

    def close(self) -> None:
        """Close the file and give up the lock. All that was saved is on the disk already."""
        with self._busy:
            with suppress(sqlite3.Error):
                self._write_back()
                self._put("is_open", 0)
            with suppress(sqlite3.Error):
                self._database.close()
            self._lock.release()

    def _beside(self, ending: str) -> Path:
        """Return the path of a side file: beside the file itself, where the path is a symbolic link."""
        return Path(os.path.realpath(self.path) + ending)

    def _write_back(self) -> None:
        """Write the log back into the file."""
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _prepare(self, *, has_log: bool) -> None:
        """Find a journal or make one."""
        run = self._database.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        is_new = self._is_new()
        self._make_private()
        if run("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
            raise JournalError(f"The journal {self.path} can't be used: SQLite has no WAL mode there.")
        run("PRAGMA synchronous = FULL")
        # On macOS `fsync` leaves data in the drive's cache (https://www.sqlite.org/pragma.html#pragma_fullfsync).
        run("PRAGMA fullfsync = ON")
        run("PRAGMA checkpoint_fullfsync = ON")
        if is_new:
            with self._transaction():
                self._create()
        if (fault := run("PRAGMA quick_check(1)").fetchone()) != ("ok",):
            raise JournalError(f"The journal {self.path} is damaged ({fault[0]}); nothing was sent.")
        salt = self._about().get("salt")
        if not isinstance(salt, bytes):
            raise JournalError(f"The journal {self.path} is damaged (it has no salt); nothing was sent.")
        self._salt = salt
        if self._about().get("is_open") and not has_log:
            raise JournalError(
                f"The journal {self.path} can't be used: its file {self._beside('-wal').name} is missing, "
                "which holds what an interrupted run did; nothing was sent. Put it back beside the journal."
            )
        # On the disk before anything is sent, and in the file itself.
        self._put("is_open", 1)
        self._write_back()

    def _is_new(self) -> bool:
        """Return whether the file is empty, and refuse one of something else, without a change to it."""
        run = self._database.execute
        (application,) = run("PRAGMA application_id").fetchone()
        (version,) = run("PRAGMA user_version").fetchone()
        (tables,) = run("SELECT count(*) FROM sqlite_schema").fetchone()
        if not application and not tables:
            return True
        if application != APPLICATION_ID:
            message = "it is a database of something else; choose another path"
            raise JournalError(f"The journal {self.path} can't be used: {message}.")
        if version != FORMAT_VERSION:
            message = f"its format is {version}, and this version of signtraker knows {FORMAT_VERSION}"
            raise JournalError(f"The journal {self.path} can't be used: {message}.")
        return False

    def _make_private(self) -> None:
        """Make the files readable to their owner only; SQLite gives a new log the mode of the file."""
        for path in (self._beside(""), self._beside("-wal")):
            if path.is_file() and path.stat().st_mode & 0o077:
                path.chmod(_OWNER_ONLY)

    def _create(self) -> None:
        run = self._database.execute
        for statement in filter(str.strip, _SCHEMA.split(";")):
            run(statement)
        run(f"PRAGMA application_id = {APPLICATION_ID}")
        run(f"PRAGMA user_version = {FORMAT_VERSION}")
        self._put("salt", secrets.token_bytes(32))

    def _about(self) -> dict[str, object]:
        return dict(self._database.execute("SELECT name, value FROM about"))

    def _put(self, name: str, value: object) -> None:
        self._database.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, value))

    def _check_about(self, plan: BatchPlan[Any, Any]) -> None:
        """Refuse the journal of another server or operation."""
        wanted = {"base_url": plan.config.base_url.lower(), "operation": plan.operation.name}
        about = self._about()
        with self._transaction():
            for name, value in wanted.items():
                if about.setdefault(name, value) != value:
                    raise JournalError(
                        f"The journal {self.path} belongs to {name} {about[name]}, not {value}; nothing was "
                        "sent. Give each server and each operation a journal of its own."
                    )
                self._put(name, value)

    def _earlier_runs(self, plan: BatchPlan[Any, Any]) -> EarlierRuns:
        """Read the records, and compare the contents of the rows that are known by a key of the caller's."""
        columns = "key, content, state, order_id, request_id, first_sent, last_sent"
        stored = {row[0]: list(row[1:]) for row in self._database.execute(f"SELECT {columns} FROM rows")}  # noqa: S608 - constants
        self._rank(plan.rows, stored)
        records: dict[str, RowRecord] = {}
        changed: list[Problem] = []
        own = [(row, self._hashes(row)) for row in plan.rows]
        for row, (key, content) in own:
            if key not in stored:
                continue
            stored_content, *values = stored.pop(key)
            records[row.key] = _record(values)
            # A request that the server refused may come back corrected: nothing was done under its key.
            if content != stored_content and records[row.key].state not in TO_SEND:
                name = f"{plan.operation.key_name} {short_repr(row.identity.key)}"
                message = f"{name} was sent with other content in an earlier run"
                changed.append(Problem(f"{plan.operation.argument}[{row.index}]", message))
        if changed:
            listed = "; ".join(map(str, changed))
            advice = f"the same {plan.operation.key_name} means the same request for ever"
            raise ValidationError(
                f"Nothing was sent, {listed}; {advice}: leave it out, or give it as it was", problems=changed
            )
        others = [_record(values) for _, *values in stored.values()]
        claimed = {record.order_id for record in others if record.order_id is not None}
        has_open_others = any(one.order_id is None and one.state in {*IN_DOUBT, "accepted"} for one in others)
        return EarlierRuns(records, claimed, has_open_others)

    def _rank(self, rows: Sequence[Row[Any]], stored: dict[bytes, list[Any]]) -> None:
        """Hand the records of equal rows out best first, if some were dropped: those are the least done.

        Otherwise each row keeps its own, since an earlier run may have reported it.
        """
        moved: dict[bytes, list[Any]] = {}
        equal = Counter(row.identity.content for row in rows if row.identity.key is None)
        for row in rows:
            if row.identity.key is not None or row.number != 1:
                continue
            numbered = (self._hash(row.equal_key(number)) for number in itertools.count(1))
            keys = list(itertools.takewhile(stored.__contains__, numbered))
            if len(keys) <= equal[row.identity.content]:
                continue
            ranked = sorted(
                (stored[key] for key in keys), key=lambda values: _RANK[_record(values[1:]).state]
            )
            moved.update((key, to) for key, to in zip(keys, ranked, strict=True) if stored[key] is not to)
        stored.update(moved)
        if moved:
            self._upsert([(key, *values) for key, values in moved.items()])

    def _hashes(self, row: Row[Any]) -> tuple[bytes, bytes]:
        """Return the hashes of a row's key and of its content, computed once."""
        if row not in self._hashed:
            self._hashed[row] = self._hash(row.key), self._hash(row.identity.content)
        return self._hashed[row]

    def _hash(self, text: str) -> bytes:
        return hmac.digest(self._salt, text.encode(), hashlib.sha256)

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # SQLite rolls some failures back by itself.
                self._database.execute("ROLLBACK")
            raise

    @contextmanager
    def _explained(self, what: str) -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"The journal {self.path} {what}: {_reason(error)}.") from None


def _record(values: list[Any]) -> RowRecord:
    state, order_id, request_id, first_sent, last_sent = values
    if state not in get_args(StoredState):
        raise sqlite3.DataError(f"a row is damaged: its state is {short_repr(state)}")
    return RowRecord(state, order_id, request_id, first_sent, last_sent)


def _reason(error: sqlite3.Error | OSError) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if isinstance(error, BlockingIOError) or name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return "another process is using it; wait until that run has ended"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return "it is damaged, or no journal; choose another path, or restore the file"
    return f"{short_repr(str(error))} ({name or type(error).__name__})"
