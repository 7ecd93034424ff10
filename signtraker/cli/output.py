"""Choose the format and the place of the output, and write records there."""

from __future__ import annotations

import errno
import json
import os
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from signtraker._common.words import counted
from signtraker.cli.errors import CommandError, UsageError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence
    from typing import BinaryIO, TextIO

    from signtraker.cli.columns import Column
    from signtraker.cli.resources import Resource
    from signtraker.cli.session import Session

Format: TypeAlias = Literal["table", "plain", "json", "ndjson", "csv", "parquet"]
ENDINGS: Final[dict[str, Format]] = {
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".tsv": "plain",
    ".parquet": "parquet",
}


@dataclass(frozen=True, slots=True)
class Output:
    """The output options of a command, as they were given."""

    formats: tuple[Format, ...] = ()
    """The formats that were asked for by a flag."""
    path: Path | None = None
    """The file to write; None or `-` for stdout."""
    columns: str | None = None
    pager: bool = True

    @property
    def is_file(self) -> bool:
        """True if a file is written, and not stdout."""
        return self.path is not None and str(self.path) != "-"

    def format(self, *, on_terminal: bool) -> Format:
        """Return the format: the flag's, else the one of the file's ending, else the one of the place."""
        if len(self.formats) > 1:
            raise UsageError(f"Give one format, not --{' and --'.join(self.formats)}.")
        if self.formats:
            return self.formats[0]
        if self.path is not None and self.is_file:
            ending = self.path.suffix.lower()
            if ending not in ENDINGS:
                raise UsageError(
                    f"--output {self.path}: the ending names no format; use {', '.join(ENDINGS)},"
                    " or give a format such as --csv."
                )
            return ENDINGS[ending]
        return "table" if on_terminal else "plain"


def write_document(value: object) -> None:
    """Write one JSON document to stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def write_records(session: Session, output: Output, resource: Resource, records: Iterable[Any]) -> None:
    """Write the records in the chosen format to the chosen place.

    The options are checked, and the first record is read, before a file or a pager is opened.
    """
    from signtraker.cli import columns as all_columns
    from signtraker.cli import writers

    terminal = session.terminal
    kind = output.format(on_terminal=terminal.shows_output)
    chosen = None if output.columns is None else all_columns.choose(resource.model, output.columns)
    if kind == "parquet" and not output.is_file and terminal.shows_output:
        raise UsageError("Parquet is not for a terminal; add --output FILE.parquet.")
    records = _started(records)
    every = chosen or all_columns.columns_of(resource.model)
    if kind == "table":
        _write_table(session, output, resource, records, chosen)
        return
    if kind == "parquet":
        with opened(output.path, binary=True) as binary:
            writers.write_parquet(records, resource.model, chosen, cast("BinaryIO", binary))
        return
    with opened(output.path, binary=False) as stream:
        text = cast("TextIO", stream)
        if kind == "json":
            writers.write_json(records, chosen, text)
        elif kind == "ndjson":
            writers.write_ndjson(records, chosen, text)
        elif kind == "csv":
            writers.write_csv(records, every, text)
        else:
            writers.write_plain(records, chosen or _ordered(resource), text)


def _started(records: Iterable[Any]) -> Iterable[Any]:
    waiting = iter(records)
    return chain(list(islice(waiting, 1)), waiting)


def _ordered(resource: Resource) -> list[Column]:
    from signtraker.cli.columns import by_names

    return by_names(resource.model, resource.order)


def _write_table(
    session: Session,
    output: Output,
    resource: Resource,
    records: Iterable[Any],
    chosen: Sequence[Column] | None,
) -> None:
    from signtraker.cli.writers import write_table

    columns = _ordered(resource) if chosen is None else list(chosen)
    ranks = [resource.order.index(name) for name in resource.columns] if chosen is None else None
    terminal = session.terminal
    # It stays empty if the reader ends the pager before the last row.
    written: list[tuple[int, list[str]]] = []
    with terminal.pager(wanted=output.pager) as stream:
        written.append(write_table(records, columns, ranks, stream, terminal, session.timezone))
    for count, dropped in written:
        without = f"; no room for {', '.join(dropped)}" if dropped else ""
        terminal.hint(f"{counted(count, resource.singular)}{without}")


@contextmanager
def opened(path: Path | None, *, binary: bool) -> Generator[TextIO | BinaryIO]:
    """Open stdout, or a file that takes its name only when it is whole.

    A link stays a link: the file that it names is written. A device or a named pipe is written as it is,
    since a file in its place would destroy it. Raises `CommandError` for a file that can't be written.
    """
    if path is None or str(path) == "-":
        yield sys.stdout.buffer if binary else sys.stdout
        sys.stdout.flush()
        return
    try:
        with (_special if _is_special(path) else _whole)(path, binary=binary) as file:
            yield file
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise CommandError(f"{path} can't be written: {error.strerror}.") from None


def _is_special(path: Path) -> bool:
    """Return whether the path is there and neither a file nor a folder: `/dev/null`, a named pipe."""
    return path.exists() and not path.is_file() and not path.is_dir()


@contextmanager
def _special(path: Path, *, binary: bool) -> Generator[TextIO | BinaryIO]:
    with path.open("wb") if binary else path.open("w", encoding="utf-8", newline="") as file:
        yield cast("TextIO | BinaryIO", file)


@contextmanager
def _whole(path: Path, *, binary: bool) -> Generator[TextIO | BinaryIO]:
    """Open a file beside the path, which replaces it at the end."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    path = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    part = Path(name)
    try:
        with (
            os.fdopen(handle, "wb")
            if binary
            else os.fdopen(handle, "w", encoding="utf-8", newline="") as file
        ):
            yield cast("TextIO | BinaryIO", file)
        part.chmod(_mode())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _mode() -> int:
    """Return the mode that a new file gets, which `mkstemp` does not give."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
