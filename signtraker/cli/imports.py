"""Add the command that creates an order for each row of a file."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from signtraker._common.words import counted
from signtraker.cli.errors import CommandError, ExitCode, UsageError
from signtraker.cli.files import column_fields
from signtraker.cli.options import add_command
from signtraker.cli.orders import FIELDS, DryRun, Yes
from signtraker.cli.output import write_document
from signtraker.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from signtraker import BulkProgress, BulkReport, CheckedRows, CreateOrderRequest
    from signtraker.cli.files import Sheet
    from signtraker.cli.terminal import Terminal

_IMPORT = """Create an order for each row of a CSV file or a spreadsheet.

\b
Examples:
  signtraker orders import signs.csv --dry-run
  signtraker orders import signs.csv
  signtraker orders import signs.xlsx --sheet May --map "Strasse=street_name"

All rows are checked first. After any interruption, the same command goes on: the
journal beside the file remembers what was sent. Give each row an external_id, by
which it is known again.
"""
SYNONYMS: Final = {
    "agent": "agent_id",
    "preset": "preset_id",
    "order preset": "preset_id",
    "house number": "street_number",
    "street": "street_name",
    "zip code": "zip",
    "postal code": "zip",
    "postcode": "zip",
    "province": "state",
    "apt": "apartment",
    "unit": "apartment",
    "mls": "listing_number",
    "mls number": "listing_number",
    "listing": "listing_number",
    "reference": "external_id",
    "due": "due_date",
    "note": "notes",
}
"""Headings, besides the fields' own names, that are understood."""
_REQUEST: Final = re.compile(r"requests\[(\d+)\]")


def add_import(app: typer.Typer) -> None:
    """Add `import` to the commands of orders."""
    add_command(app, "import", import_orders, help=_IMPORT)


def import_orders(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv or .xlsx file; - is CSV from stdin.")],
    *,
    map: Annotated[  # noqa: A002 - the option's name
        list[str] | None,
        typer.Option(help="The field of a column, such as Strasse=street_name.", metavar="HEADING=FIELD"),
    ] = None,
    ignore_extra: Annotated[
        bool, typer.Option("--ignore-extra", help="Don't send columns that are no fields.")
    ] = False,
    sheet: Annotated[str | None, typer.Option(help="The sheet of a spreadsheet.", metavar="NAME")] = None,
    journal: Annotated[
        Path | None, typer.Option(help="The journal; FILE.journal by default.", metavar="FILE")
    ] = None,
    result: Annotated[
        Path | None, typer.Option(help="The result file; FILE.result.csv by default.", metavar="FILE")
    ] = None,
    allow_identical: Annotated[
        bool, typer.Option("--allow-identical", help="Equal rows are meant, each as an order.")
    ] = False,
    unknown: Annotated[
        Literal["leave", "adopt", "resend"],
        typer.Option(
            help="What becomes of rows in doubt: leave, adopt (take the one match) or resend.",
            metavar="POLICY",
        ),
    ] = "leave",
    grace_seconds: Annotated[
        float, typer.Option(help="How long a new order may take to be listed.", metavar="SECONDS")
    ] = 900,
    concurrency: Annotated[int, typer.Option(help="So many requests at a time.", metavar="COUNT")] = 8,
    per_second: Annotated[
        float | None, typer.Option(help="At most so many requests in a second.", metavar="RATE")
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> ExitCode:
    """Check all rows, ask, send them, and write the result file."""
    from signtraker import ValidationError
    from signtraker.cli.batches import ProgressBar, code_of, send, summary
    from signtraker.cli.files import read_sheet

    terminal = session.terminal
    rows = read_sheet(file, sheet)
    columns, mistakes = _columns(rows, _given(map or []), ignore_extra=ignore_extra)
    checked = _check(terminal, rows, columns, mistakes)
    journal_path, result_path = _paths(session, file, journal, result)
    bar = ProgressBar(terminal)
    try:
        run = session.client.orders.create_orders(
            checked.requests,
            journal=journal_path,
            max_concurrency=concurrency,
            max_per_second=per_second,
            allow_identical=allow_identical,
            unknown=unknown,
            grace_seconds=grace_seconds,
            progress=bar.update,
        )
    except ValidationError as error:
        raise CommandError(_by_row(error, rows)) from None
    _show(terminal, session, rows, columns)
    if dry_run:
        write_document([one.payload() for one in checked.requests])
        return ExitCode.DONE
    if not yes:
        terminal.confirm(f"Create {_count(rows)} at {session.server}?")
    sent = send(run, bar)
    _write_result(sent.report, result_path, rows)
    _tell(terminal, sent.report, rows, columns)
    for line in (*summary(sent), *_advice(sent.report.progress, journal_path)):
        terminal.note(line)
    terminal.note(f"The result of each row is in {result_path}.")
    return code_of(sent)


def _given(texts: Sequence[str]) -> dict[str, str]:
    """Return what `--map` says."""
    found: dict[str, str] = {}
    for text in texts:
        heading, equals, field = text.rpartition("=")
        if not equals or not heading:
            raise UsageError(f"--map {text}: write it as HEADING=FIELD, such as Strasse=street_name.")
        if field not in FIELDS:
            near = get_close_matches(field, FIELDS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(FIELDS)}."
            raise UsageError(f"--map {text}: there is no field {field!r}; {hint}")
        found[heading] = field
    return found


def _columns(
    rows: Sheet, given: Mapping[str, str], *, ignore_extra: bool
) -> tuple[dict[str, str], list[str]]:
    """Return the field of each column, and the mistakes of the others as lines."""
    missing = next((one for one in given if one not in rows.headings), None)
    if missing is not None:
        raise UsageError(
            f"--map: there is no column {missing!r}; the columns are {', '.join(rows.headings)}."
        )
    found, unknown = column_fields(rows.headings, tuple(FIELDS), SYNONYMS, given)
    mistakes: list[str] = []
    for one in [] if ignore_extra else unknown:
        near = get_close_matches(one.lower().replace(" ", "_"), FIELDS, n=1)
        field = near[0] if near else "FIELD"
        mistakes.append(
            f'row 1, column {one}: is no field; give --map "{one}={field}", or --ignore-extra to leave it out'
        )
    seen: dict[str, str] = {}
    for heading, field in list(found.items()):
        if field in seen:
            mistakes.append(f"row 1, column {heading}: is {field}, as the column {seen[field]} is; keep one")
            del found[heading]
        else:
            seen[field] = heading
    return found, mistakes


def _check(
    terminal: Terminal, rows: Sheet, columns: dict[str, str], mistakes: list[str]
) -> CheckedRows[CreateOrderRequest]:
    """Check every row; raises `CommandError` after it has listed all mistakes, those of the columns first."""
    from signtraker import CreateOrderRequest, check_rows
    from signtraker.cli.columns import on_one_line

    if not rows.rows:
        raise CommandError("Nothing was sent: the file has no rows below its headings.")
    checked = check_rows(CreateOrderRequest, rows.rows, columns=columns, ignore_extra=True, first_row=0)
    for one in checked.problems:
        place = f"row {rows.numbers[one.row]}" + ("" if one.column is None else f", column {one.column}")
        mistakes.append(f"{place}: {one.message}")
    if mistakes:
        for line in mistakes:
            terminal.note(f"  {on_one_line(line)}")
        raise CommandError(f"Nothing was sent, since the file has {counted(len(mistakes), 'mistake')}.")
    return checked


def _by_row(error: ValueError, rows: Sheet) -> str:
    """Return the message of a batch that was refused, with the numbers of the rows in the file."""
    text = _REQUEST.sub(lambda found: f"row {rows.numbers[int(found[1])]}", str(error))
    text = text.replace("pass allow_identical=True", "give --allow-identical")
    return text if text.endswith(".") else f"{text}."


def _paths(
    session: Session, file: Path, journal: Path | None, result: Path | None
) -> tuple[Path | None, Path]:
    """Return the paths of the journal and of the result.

    A private sandbox ends with the command, so there is nothing to resume.
    """
    is_stdin = str(file) == "-"
    if is_stdin and result is None:
        raise UsageError("Rows from stdin need --result FILE.")
    if is_stdin and journal is None and not session.connection.sandbox:
        raise UsageError("Rows from stdin need --journal FILE, so that the command can go on after a crash.")
    if journal is None and not session.connection.sandbox:
        journal = file.with_name(f"{file.name}.journal")
    result = result or file.with_name(f"{file.stem}.result.csv")
    if result.resolve() in {file.resolve(), None if journal is None else journal.resolve()}:
        raise UsageError(f"--result {result}: it would replace the file itself; give another name.")
    # Checked before anything is sent, so that the result is not lost at the end.
    if result.is_dir() or not os.access(result.parent, os.W_OK):
        raise UsageError(f"--result {result}: no file can be written there.")
    return journal, result


def _show(terminal: Terminal, session: Session, rows: Sheet, columns: Mapping[str, str]) -> None:
    """Show which column becomes which field, and the first row."""
    from signtraker.cli.columns import exact, on_one_line

    first = rows.rows[0]
    terminal.note(f"{_count(rows)} at {session.server}. All rows are right. Row {rows.numbers[0]}:")
    wide = max(map(len, columns.values()), default=0)
    for heading in rows.headings:
        field = columns.get(heading)
        value = on_one_line(exact(first[heading]))
        if field is None:
            terminal.note(f"  {'(not sent)':{wide}}  {heading}: {value}")
        else:
            terminal.note(f"  {field:{wide}}  {value}")
    if "external_id" not in columns.values():
        terminal.note("No column is an external_id: a row that is changed between two runs is sent again.")


def _count(rows: Sheet) -> str:
    return counted(len(rows.rows), "order")


def _tell(terminal: Terminal, report: BulkReport[Any, Any], rows: Sheet, columns: Mapping[str, str]) -> None:
    """Write a line for each row that needs a person."""
    from signtraker.cli.batches import message_of
    from signtraker.cli.columns import on_one_line

    headings = {field: heading for heading, field in columns.items()}
    for one in report.with_state("refused", "unknown"):
        field, message = message_of(one)
        column = f", column {headings[field]}" if field in headings else ""
        terminal.note(on_one_line(f"  row {rows.numbers[one.index]}{column}: {one.state}: {message}"))


def _advice(progress: BulkProgress, journal: Path | None) -> list[str]:
    """Return the sentences on what to do next."""
    lines: list[str] = []
    if progress.unknown:
        lines.append("Rows in doubt may exist as orders; their candidates are in the result file.")
    if progress.refused and journal is not None:
        lines.append("Mend the refused rows, then give the same command again: it sends only those.")
    elif progress.not_sent and journal is not None:
        lines.append("Give the same command again: it sends what is not done.")
    return lines


def _write_result(report: BulkReport[Any, Any], path: Path, rows: Sheet) -> None:
    """Write the result file; raises `CommandError` if that is not possible."""
    try:
        report.write_csv(path, rows=rows.rows)
    except OSError as error:
        raise CommandError(
            f"{path} can't be written: {error.strerror}; what was sent is in the journal.",
            ExitCode.PARTLY_DONE,
        ) from None
