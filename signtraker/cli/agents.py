"""Add the command that updates an agent: it shows the change before it is sent."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import typer

from signtraker.cli.errors import ExitCode, UsageError, no_silent_interrupt, without_advice
from signtraker.cli.options import add_command, option
from signtraker.cli.orders import DryRun, Yes
from signtraker.cli.output import write_document
from signtraker.cli.session import Session

if TYPE_CHECKING:
    import inspect
    from collections.abc import Iterable, Iterator, Mapping

    from signtraker import RowProblem, UpdateAgentRequest

FIELDS: Final[dict[str, type]] = {
    "email": str,
    "first_name": str,
    "last_name": str,
    "user_name": str,
    "cc_email": str,
    "cellular_phone": str,
    "office_phone": str,
    "payment_mode": str,
    "broker_id": str,
    "notes": str,
    "office.id": int,
    "manager.id": int,
    "default_post_type.id": int,
    "address.street": str,
    "address.street2": str,
    "address.city": str,
    "address.state": str,
    "address.zip": str,
    "address.country_code": str,
    "basic_install_price": str,
    "subscription_price": str,
}
"""The fields that have an option; `--set` takes every field."""
_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")
_UPDATE = """Change an agent; shows the change before it is sent.

\b
Examples:
  signtraker agents update 5 --email mia@example.com
  signtraker agents update 5 --office-id 3 --address-city Provo --dry-run
  signtraker agents update 5 --set receive_marketing_emails=no --clear notes
"""


def add_agent_commands(app: typer.Typer) -> None:
    """Add `update` to the commands of agents."""
    add_command(app, "update", update_agent, help=_UPDATE, parameters=_field_options())


def _field_options() -> Iterable[inspect.Parameter]:
    for name, kind in FIELDS.items():
        metavar = "ID" if kind is int else "TEXT"
        words = name.replace(".", " ").replace("_", " ").removesuffix(" id")
        text = f"The id of the new {words}." if kind is int else f"The new {words}."
        yield option(name.replace(".", "-").replace("_", "-"), kind | None, text, metavar=metavar)


def update_agent(
    session: Session,
    agent_id: Annotated[int, typer.Argument(metavar="ID", help="The id of the agent.")],
    *,
    set: Annotated[  # noqa: A002 - the option's name
        list[str] | None,
        typer.Option(help="Another field, such as is_locked=no; may be repeated.", metavar="FIELD=VALUE"),
    ] = None,
    clear: Annotated[
        list[str] | None, typer.Option(help="Empty this field; may be repeated.", metavar="FIELD")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="Take changes from this JSON or YAML file; - is stdin.", metavar="FILE"),
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    **values: Any,
) -> ExitCode:
    """Show the change of an agent, ask, and send it."""
    from signtraker import UpdateAgentRequest
    from signtraker._core.merge_patch import difference
    from signtraker.cli.preview import changes

    terminal = session.terminal
    patch = _patch(file, set or [], clear or [], values)
    before = session.client.agents.get_agent(agent_id)
    known = before.model_dump(mode="json", by_alias=True)
    payload = difference(known, patch.payload())
    if not payload:
        terminal.note(f"Agent {agent_id} is so already; nothing is to be sent.")
        return ExitCode.DONE
    name = " ".join(filter(None, [before.first_name, before.last_name]))
    terminal.note(f"A change of agent {agent_id}{', ' if name else ''}{name}, at {session.server}:")
    for line in changes(known, payload, terminal, sys.stderr):
        terminal.note(line)
    if dry_run:
        write_document(payload)
        return ExitCode.DONE
    if not yes:
        terminal.confirm("Send it?")
    request = UpdateAgentRequest.model_validate(payload)
    with no_silent_interrupt(f"See: signtraker agents get {agent_id}"):
        session.client.agents.update_agent(agent_id, request, before=before)
    terminal.outcome(f"Agent {agent_id} is changed.\n")
    return ExitCode.DONE


def _patch(
    file: Path | None, assignments: list[str], clear: list[str], values: dict[str, Any]
) -> UpdateAgentRequest:
    """Return the request that the file and the options make; raises `UsageError` for what it can't be."""
    from signtraker import UpdateAgentRequest, check, check_rows
    from signtraker.cli.files import read_payload
    from signtraker.models._base import api_name

    cells: dict[str, Any] = {} if file is None else dict(_flat(read_payload(file)))
    cleared = [name for name, value in cells.items() if value is None] + clear
    for name in FIELDS:
        value = values[name.replace(".", "_")]
        if value is not None:
            cells[name] = value
    for text in assignments:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--set {text}: write it as FIELD=VALUE, such as is_locked=no.")
        cells[name] = value
    _check_clear(clear, cells)
    checked = check_rows(UpdateAgentRequest, [cells])
    if checked.problems:
        found = [_mistake(one) for one in checked.problems]
        raise UsageError(f"Nothing was sent: {'; '.join(found)}.")
    [request] = checked.requests
    data = request.payload()
    for name in cleared:
        *parents, last = map(api_name, name.split("."))
        place = data
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = None
    if not data:
        raise UsageError("There is no change; give one, such as --email mia@example.com.")
    return check(UpdateAgentRequest, data)


def _check_clear(clear: list[str], cells: Mapping[str, Any]) -> None:
    if "" in clear:
        raise UsageError("--clear names no field; write e.g. --clear notes.")
    both = next((name for name in clear if cells.get(name) is not None), None)
    if both is not None:
        raise UsageError(f"{both} has a new value and is to be empty; leave --clear {both} or the value out.")


def _mistake(problem: RowProblem) -> str:
    """Return a mistake in a sentence that begins with the name that was given."""
    message = without_advice(problem.message)
    name = problem.column or problem.field
    return message if message.startswith(name) else f"{name} {message}"


def _flat(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the fields of nested objects by their paths, `office.id`; the API's names are read, too."""
    for key, value in data.items():
        name = prefix + _CAPITAL.sub("_", key).lower()
        if isinstance(value, dict):
            yield from _flat(cast("dict[str, Any]", value), f"{name}.")
        else:
            yield name, value
