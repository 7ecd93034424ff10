"""Add the command `export`."""

from __future__ import annotations

import os
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from signtraker.cli.errors import CommandError, ExitCode, UsageError, exit_code, sentence
from signtraker.cli.options import add_command
from signtraker.cli.output import write_document
from signtraker.cli.progress import ProgressLine
from signtraker.cli.resources import RESOURCES
from signtraker.cli.session import Session
from signtraker.exceptions import APIStatusError, RateLimitError, ServerError, SignTrakerError

if TYPE_CHECKING:
    from signtraker.cli.export.database import Counts, Database
    from signtraker.cli.resources import Resource

_HELP: Final = """Copy every list to a SQLite database or to Parquet files; bring the copy up to date.

\b
Examples:
  signtraker export acme.db
  signtraker export acme.db --full
  signtraker export acme/
  signtraker export acme.db --only orders --only agents

FILE.db becomes a SQLite database with a table for each list. FOLDER/ gets a
Parquet file for each list (extra arrow), and the database signtraker.db.

\b
Run again, it reads
  - records with new ids,
  - the orders that were not removed, and the services and change orders that
    were not completed,
  - all agents, awards, offices, enterprises and presets.

The API does not say when a record was changed: a finished order that was
changed later, or deleted, is found only with --full, which reads everything.

After an interruption, the same command goes on.
"""
_ENDINGS: Final = frozenset({".db", ".sqlite", ".sqlite3"})
_KEPT: Final = "What was read is kept; the same command goes on."
_IN_FOLDER: Final = "signtraker.db"
_CHOICES: Final = ", ".join(one.name for one in RESOURCES)


def add_export(app: typer.Typer) -> None:
    """Add the command."""
    add_command(app, "export", run_export, help=_HELP)


def run_export(
    session: Session,
    place: Annotated[str, typer.Argument(metavar="FILE.db|FOLDER/", help="Where to write.")],
    *,
    full: Annotated[bool, typer.Option("--full", help="Read every record again.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(help=f"Only this list; may be repeated: {_CHOICES}.", metavar="LIST")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Write the summary as JSON to stdout.")] = False,
) -> ExitCode:
    """Read the lists one after the other, and say what was found."""
    resources = _chosen(only or [])
    path, folder = _place(place)
    if folder is not None:
        from signtraker.cli.writers import check_pyarrow

        check_pyarrow()  # before anything is read
    client = session.client
    # Loads sqlite3, which only an export needs.
    from signtraker.cli.export.database import Database

    if folder is not None:
        _make_folder(folder)
    with Database(path) as database:
        database.start("a private sandbox" if session.connection.sandbox else client.base_url)
        run = _Run(session, database, folder, full=full)
        code = run.all(resources)
    if json:
        write_document({name: asdict(counts) for name, counts in run.found.items()})
    return code


def _chosen(names: list[str]) -> list[Resource]:
    known = {one.name: one for one in RESOURCES}
    for name in names:
        if name not in known:
            raise UsageError(f"--only {name}: there is no such list; the lists are {_CHOICES}.")
    return [one for one in RESOURCES if not names or one.name in names]


def _place(text: str) -> tuple[Path, Path | None]:
    """Return the path of the database, and the folder of the Parquet files if there is one."""
    if not text.strip():
        # `Path` takes it for the current folder, and a variable that is not set would fill that with files.
        raise UsageError("The place of the export is empty; give a file such as acme.db, or a folder with /.")
    path = Path(text)
    if text.endswith(("/", os.sep)) or path.is_dir():
        return path / _IN_FOLDER, path
    if path.suffix.lower() not in _ENDINGS:
        raise UsageError(
            f"{text}: a SQLite database ends with {', '.join(sorted(_ENDINGS))}, and a folder with /."
        )
    return path, None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise CommandError(f"{folder} can't be made: {error.strerror}.") from None


class _Run:
    """One run of an export."""

    def __init__(self, session: Session, database: Database, folder: Path | None, *, full: bool) -> None:
        self._session = session
        self._terminal = session.terminal
        self._database = database
        self._folder = folder
        self._full = full
        self._has_read = False
        self.found: dict[str, Counts] = {}

    def all(self, resources: list[Resource]) -> ExitCode:
        """Read the lists; go on with the next if the server refuses one."""
        code = ExitCode.DONE
        for resource in resources:
            try:
                self._one(resource)
            except SignTrakerError as error:
                if not _is_refusal(error):
                    raise self._unfinished(error) from None
                self._terminal.error(f"{resource.name}: {sentence(error)}")
                code = exit_code(error)
            except KeyboardInterrupt:
                if self._has_read:
                    self._terminal.note(_KEPT)
                raise
        if self._database.run > 1 and not self._full:
            self._terminal.hint("What was finished before this run was not read again; --full reads it too.")
        return ExitCode.PARTLY_DONE if code and self.found else code

    def _unfinished(self, error: SignTrakerError) -> CommandError | SignTrakerError:
        if self._has_read:
            return CommandError(f"{sentence(error)} {_KEPT}", ExitCode.PARTLY_DONE)
        return error

    def _one(self, resource: Resource) -> None:
        from signtraker.cli.export.update import update

        line = ProgressLine(self._terminal)

        def show(counts: Counts) -> None:
            self._has_read = True
            line.show(f"{resource.name}: {counts.read:,} read")

        try:
            counts = update(
                self._database,
                resource,
                self._session.client,
                self._session.now,
                full=self._full,
                show=show,
            )
        finally:
            line.clear()
        if self._folder is not None:
            from signtraker.cli.export.parquet import write_list

            write_list(self._database, resource, self._folder)
        self.found[resource.name] = counts
        self._terminal.note(f"{resource.name}: {_in_words(counts)}")


def _is_refusal(error: SignTrakerError) -> bool:
    """Return whether the server refused this list only, so that the others can be read."""
    everywhere = (
        isinstance(error, ServerError | RateLimitError) or error.status_code == HTTPStatus.UNAUTHORIZED
    )
    return isinstance(error, APIStatusError) and error.status_code is not None and not everywhere


def _in_words(counts: Counts) -> str:
    numbers = asdict(counts)
    if not counts.no_longer_listed:
        del numbers["no_longer_listed"]
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in numbers.items())
