"""Add the command `report`."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Final, cast

import typer

from signtraker._common.extras import missing_extra
from signtraker.cli.errors import UsageError
from signtraker.cli.options import add_command
from signtraker.cli.output import opened
from signtraker.cli.progress import ProgressLine
from signtraker.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from signtraker.cli.report.facts import Fact
    from signtraker.models import Order
    from signtraker.query import Filter

_HELP: Final = """Write a page about the orders, to read, print or send: one HTML file.

\b
Examples:
  signtraker report
  signtraker report --since "a year ago" --output year.html
  signtraker report --sandbox

It shows the orders by status and by month, the time from order to installation,
the signs that are overdue for removal, and the job sites on a map. The file needs
no other file and no network.

With --since, orders count from this day on; overdue signs are always all there.
Days are those of the job site.
"""
_DEFAULT: Final = Path("report.html")
_SHOWN_EACH: Final = 100
"""The progress is shown after so many orders, which is a page."""


def add_report(app: typer.Typer) -> None:
    """Add the command."""
    add_command(app, "report", run_report, help=_HELP)


def run_report(
    session: Session,
    *,
    file: Annotated[
        Path | None,
        typer.Option(
            "--output",
            help="The file; report.html by default, and stdout in a pipe or for -.",
            metavar="FILE",
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help='Only orders from this day on, such as "a year ago".', metavar="DAY")
    ] = None,
) -> None:
    """Read the orders, and write the page when all of them are read."""
    if find_spec("jinja2") is None:
        raise UsageError(missing_extra("The report", "jinja2", "cli"))
    first = None if since is None else _day(session, since)
    from signtraker._common.words import counted
    from signtraker.cli.report.figures import figures
    from signtraker.cli.report.page import render

    found = figures(_facts(session, first), now=session.now, since=first)
    page = render(found, tenant=session.server, zone=session.now.tzname() or "")
    path = _DEFAULT if file is None and session.terminal.shows_output else file
    with opened(path, binary=True) as stream:
        cast("BinaryIO", stream).write(page)
    if path is not None and str(path) != "-":
        session.terminal.note(f"{path}: {counted(found.orders, 'order')}")


def _facts(session: Session, since: date | None) -> Iterator[Fact]:
    """Read the orders one by one, and keep only what the report needs of each."""
    from signtraker.cli.report.facts import fact_of

    line = ProgressLine(session.terminal)
    try:
        for count, order in enumerate(session.client.orders.iter_orders(filter=_filter(session, since)), 1):
            if count % _SHOWN_EACH == 0:
                line.show(f"{count:,} orders read")
            yield fact_of(order, session.now, session.timezone)
    finally:
        line.clear()


def _filter(session: Session, since: date | None) -> Filter[Order] | None:
    """Return what to read: the period with a day before it, since a site's day may begin earlier."""
    if since is None:
        return None
    # Loads the fields of filters.
    from signtraker.query import Q

    day = timedelta(days=1)
    start = datetime.combine(since, time(), session.timezone) - day
    overdue = Q.removal_date.is_null() & (Q.removal_due_date < session.now + day)
    return (Q.created >= start) | (Q.date_installed >= start) | overdue


def _day(session: Session, text: str) -> date:
    from signtraker.cli.dates import read_day

    today = session.now.date()
    day = read_day(text, today, option="--since")
    if day > today:
        raise UsageError(f"--since {text}: {day} is in the future; give a day of the past.")
    return day
