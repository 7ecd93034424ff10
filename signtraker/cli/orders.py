"""Add the commands that create and remove orders one by one."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from signtraker.cli.errors import (
    CommandError,
    ExitCode,
    UsageError,
    exit_code,
    no_silent_interrupt,
    sentence,
    without_advice,
)
from signtraker.cli.options import add_command, option
from signtraker.cli.output import write_document
from signtraker.cli.session import Session

if TYPE_CHECKING:
    import inspect
    from collections.abc import Iterable
    from datetime import date

    from signtraker.models import CreateOrderRequest, Order

FIELDS: Final[dict[str, tuple[type, str]]] = {
    "agent_id": (int, "The id of the agent who orders."),
    "preset_id": (int, "The id of the order preset; see: signtraker presets list."),
    "street_number": (str, "The house number."),
    "street_name": (str, "The street without the house number."),
    "city": (str, "The city."),
    "state": (str, "The state or province, such as UT."),
    "zip": (str, "The postal code."),
    "apartment": (str, "The apartment or unit."),
    "directions": (str, "Directions to the place."),
    "listing_number": (str, "The number of the listing in the MLS."),
    "external_id": (str, "Your own identifier."),
    "due_date": (str, 'The day of the work, such as "next friday".'),
    "notes": (str, "Free text for the installer."),
}
"""The fields of `CreateOrderRequest`, so that `--help` need not load the models. A test compares both."""
_SHORTER: Final = {"due_date": "due"}
_CREATE = """Create an order (National Accounts only).

\b
Examples:
  signtraker orders create --agent-id 1 --preset-id 2 --street-number 12
      --street-name "Elm St" --city Sandy --state UT --due "next friday"
  signtraker orders create --file order.yaml --dry-run
  signtraker orders create --file - --yes < order.json
"""
_REMOVE = """Request the removal of signs.

\b
Examples:
  signtraker orders remove 1001 --due "next friday"
  signtraker orders remove 1001 1002 --due 2026-12-24 --yes
  signtraker orders list --filter "DateInstalled lt 2025-01-01" --columns id |
      signtraker orders remove - --dry-run
"""
_MOST_SHOWN: Final = 20
_ID: Final = re.compile(r"0{0,3}[1-9][0-9]{0,17}")
"""The text of an id: a number above 0 that fits 64 bits."""


def add_order_commands(app: typer.Typer) -> None:
    """Add `create` and `remove` to the commands of orders."""
    add_command(app, "create", create_order, help=_CREATE, parameters=_field_options())
    add_command(app, "remove", remove_orders, help=_REMOVE)


def _field_options() -> Iterable[inspect.Parameter]:
    for name, (kind, text) in FIELDS.items():
        metavar = "ID" if kind is int else "DAY" if name == "due_date" else "TEXT"
        yield option(_SHORTER.get(name, name).replace("_", "-"), kind | None, text, metavar=metavar)


Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be sent, and stop there.")]


def create_order(
    session: Session,
    *,
    file: Annotated[
        Path | None,
        typer.Option(help="Take the fields from this JSON or YAML file; - is stdin.", metavar="FILE"),
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Annotated[bool, typer.Option("--json", help="Write the server's answer as JSON.")] = False,
    **values: Any,
) -> ExitCode:
    """Show the order, ask, and create it."""
    from signtraker import UnconfirmedWriteError
    from signtraker.cli import preview

    terminal = session.terminal
    request, day = _request(session, file, values)
    terminal.note(f"An order at {session.server}:")
    notes = {"DueDate": day} if day is not None else {}
    terminal.note(preview.fields(request.payload(), terminal, sys.stderr, notes))
    if dry_run:
        write_document(request.payload())
        return ExitCode.DONE
    if not yes:
        terminal.confirm("Create it?")
    where = f"See: signtraker orders list --agent-id {request.agent_id} --orderby -id --limit 10"
    with no_silent_interrupt(where):
        try:
            result = session.client.orders.create_order(request)
        except UnconfirmedWriteError as error:
            raise CommandError(f"{sentence(error)} {where}", exit_code(error)) from None
    if json:
        terminal.outcome(result.model_dump_json(by_alias=True, exclude_unset=True, indent=2) + "\n")
    elif result.state == "created":
        terminal.outcome(f"Order {result.order_id} is created.\n")
    elif result.state == "accepted":
        terminal.outcome(f"Request {result.request_id} is accepted; the order follows.\n")
    if result.state == "unknown":
        raise CommandError(
            f"The server said {result.status or 'yes'} and named no order; look for it before you repeat it.",
            ExitCode.MAY_HAVE_HAPPENED,
        )
    return ExitCode.DONE


def _request(
    session: Session, file: Path | None, values: dict[str, Any]
) -> tuple[CreateOrderRequest, str | None]:
    """Return the request that the file and the options make, and its day in words."""
    from signtraker import CreateOrderRequest, check_rows
    from signtraker.cli.dates import in_words, read_day
    from signtraker.cli.files import read_payload
    from signtraker.models._base import api_name

    data = {} if file is None else read_payload(file)
    twice = next((name for name in FIELDS if name in data and api_name(name) in data), None)
    if twice is not None:
        raise CommandError(f"{file}: {twice} is there twice, as {api_name(twice)} too; keep one.")
    for name in FIELDS:
        value = values[_SHORTER.get(name, name)]
        if value is not None:
            data.pop(api_name(name), None)
            data[name] = value
    day: date | None = None
    state = data.get("state", data.get("State"))
    today = _today(session, state if isinstance(state, str) else None, None)
    text = values["due"]
    if text is not None:
        day = read_day(text, today, option="--due")
        data["due_date"] = day
    # A row of cells: an id in a YAML file may be text, and a house number a number.
    checked = check_rows(CreateOrderRequest, [data])
    if checked.problems:
        found = "; ".join(
            f"{_as_option(one.field)} {_rule(one.message, one.field)}" for one in checked.problems
        )
        raise UsageError(f"Nothing was sent: {found}.")
    [request] = checked.requests
    return request, None if day is None else in_words(day, today)


def _as_option(field: str) -> str:
    return f"--{_SHORTER.get(field, field).replace('_', '-')}" if field in FIELDS else field


def _rule(message: str, field: str) -> str:
    """Return a message without the field's name at its beginning."""
    return without_advice(message.removeprefix(field)).strip().removesuffix(".")


def _today(session: Session, state: str | None, country: str | None) -> date:
    """Return the day that it is at the job site."""
    from signtraker.cli.places import zone_of

    return session.now.astimezone(zone_of(state, country, session.timezone)).date()


@dataclass(frozen=True, slots=True)
class Removal:
    """One removal as it will be sent."""

    order: Order
    day: date | None
    in_words: str


def remove_orders(
    session: Session,
    ids: Annotated[list[str], typer.Argument(metavar="ID", help="The ids of the orders; - is stdin.")],
    *,
    due: Annotated[
        str | None, typer.Option(help='The day of the removal, such as "next friday".', metavar="DAY")
    ] = None,
    notes: Annotated[str | None, typer.Option(help="Free text for the installer.", metavar="TEXT")] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> ExitCode:
    """Show the signs and the day, ask, and request their removal."""
    from signtraker import OrderRemoval, RemovalRequest
    from signtraker.cli.batches import ProgressBar, code_of, send, summary

    terminal = session.terminal
    numbers = _ids(ids)
    removals = [_removal(session, order, due) for order in _orders(session, numbers)]
    requests = [
        OrderRemoval(one.order.id, RemovalRequest.model_validate(_payload(one.day, notes)))
        for one in removals
    ]
    _show(session, removals, notes)
    if dry_run:
        write_document([{"OrderId": one.order_id, **one.request.payload()} for one in requests])
        return ExitCode.DONE
    if not yes:
        what = "this removal" if len(removals) == 1 else f"these {len(removals):,} removals"
        terminal.confirm(f"Request {what} at {session.server}?")
    bar = ProgressBar(terminal)
    run = session.client.orders.request_removals(requests, progress=bar.update)
    sent = send(run, bar)
    lines: list[str] = []
    for outcome in sent.report.outcomes:
        text = f"\t{outcome.message}" if outcome.state != "accepted" else ""
        lines.append(f"{outcome.request.order_id}\t{outcome.state}{text}\n")
    terminal.outcome("".join(lines))
    for line in summary(sent):
        terminal.note(line)
    return code_of(sent)


def _payload(day: date | None, notes: str | None) -> dict[str, Any]:
    return {name: value for name, value in (("due_date", day), ("notes", notes)) if value is not None}


def _ids(texts: list[str]) -> list[int]:
    words = [word for text in texts for word in (_words_of_stdin() if text == "-" else [text])]
    wrong = next((word for word in words if not _ID.fullmatch(word)), None)
    if wrong is not None:
        raise UsageError(f"{wrong!r} is no id of an order; give numbers, such as 1001.")
    if not words:
        raise UsageError("There is no id; give at least one.")
    return list(dict.fromkeys(map(int, words)))


def _words_of_stdin() -> list[str]:
    """Return the words, without the heading that `orders list --columns id` writes."""
    words = sys.stdin.read().split()
    return words[1:] if words[:1] == ["id"] else words


def _orders(session: Session, numbers: list[int]) -> list[Order]:
    """Read the orders, in the order of the ids; raises `CommandError` for ids that don't exist."""
    from signtraker import Q

    found = {one.id: one for one in session.client.orders.iter_orders(filter=Q.id.in_(numbers))}
    missing = [str(one) for one in numbers if one not in found]
    if missing:
        raise CommandError(f"Nothing was sent: there is no order {', '.join(missing)}.")
    return [found[one] for one in numbers]


def _removal(session: Session, order: Order, due: str | None) -> Removal:
    if due is None:
        return Removal(order, None, "as soon as possible")
    from signtraker.cli.dates import in_words, read_day

    site = order.job_site
    today = _today(session, site.state if site else None, site.country_code if site else None)
    day = read_day(due, today, option="--due")
    return Removal(order, day, in_words(day, today))


def _show(session: Session, removals: list[Removal], notes: str | None) -> None:
    """Show each sign with its day."""
    from signtraker.cli.columns import on_one_line

    terminal = session.terminal
    days = {one.in_words for one in removals}
    where = "the removal of 1 sign" if len(removals) == 1 else f"the removal of {len(removals):,} signs"
    when = f", due {removals[0].in_words}" if len(days) == 1 else ""
    terminal.note(f"A request for {where}{when}:")
    for one in removals[:_MOST_SHOWN]:
        site = one.order.job_site
        place = ", ".join(filter(None, [site.street_address, site.city])) if site else ""
        own = f"  due {one.in_words}" if len(days) > 1 else ""
        asked = one.order.removal_request_date
        again = f"  (was requested on {asked:%Y-%m-%d} already)" if asked else ""
        terminal.note(on_one_line(f"  {one.order.id}  {one.order.status or ''}  {place}{own}{again}"))
    if len(removals) > _MOST_SHOWN:
        terminal.note(f"  and {len(removals) - _MOST_SHOWN:,} more")
    if notes is not None:
        terminal.note(f"  Notes: {on_one_line(notes)}")
