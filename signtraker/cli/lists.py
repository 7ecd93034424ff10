"""Make the commands `list` and `get` of every resource from the table of resources."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from signtraker.cli.errors import CommandError
from signtraker.cli.options import add_command, option
from signtraker.cli.output import Output, write_records
from signtraker.cli.resources import Resource
from signtraker.cli.session import Session

if TYPE_CHECKING:
    import inspect
    from collections.abc import Iterator
    from datetime import datetime

    from signtraker.cli.resources import FilterOption

_PAGE_SIZE: Final = 100
_PAGES_AT_A_TIME: Final = 4
_EXAMPLES: Final = {
    "orders": (
        'list --status Draft --created-since "2 weeks ago"',
        "list --orderby -created --limit 50 --columns id,city",
        "list --filter \"contains(Notes,'gate')\" --output gate.csv",
    ),
    "agents": ("list --email mia@example.com", "list --office-id 3 --output agents.csv"),
}


def add_list_and_get(app: typer.Typer, resource: Resource) -> None:
    """Add the two commands of a resource."""
    examples = _EXAMPLES.get(resource.name, ("list --limit 10", "list --output all.csv"))
    shown = "\n".join(f"  signtraker {resource.name} {one}" for one in examples)
    plural = f"{resource.singular}s"
    add_command(
        app,
        "list",
        list_records,
        bound={"resource": resource},
        help=f"List {plural}.\n\n\b\nExamples:\n{shown}\n",
        parameters=[_parameter(one) for one in (*resource.parameters, *resource.filters)],
    )
    add_command(
        app,
        "get",
        get_record,
        bound={"resource": resource},
        help=f"Show one {resource.singular}.\n\n\b\nExamples:\n  signtraker {resource.name} get 1\n"
        f"  signtraker {resource.name} get 1 --json\n",
    )


def _parameter(one: FilterOption) -> inspect.Parameter:
    more: dict[str, Any] = {}
    if one.suggestions:

        def suggest(incomplete: str) -> list[str]:
            return [text for text in one.suggestions if text.lower().startswith(incomplete.lower())]

        more["autocompletion"] = suggest
    is_time = one.operator != "eq"
    more["metavar"] = "TIME" if is_time else "ID" if one.kind is int else "TEXT"
    return option(one.name, list[one.kind] | None if one.is_repeatable else one.kind | None, one.help, **more)  # type: ignore[name-defined]  # a type in a variable


def list_records(
    resource: Resource,
    session: Session,
    output: Output,
    *,
    filter: Annotated[  # noqa: A002 - the option's name
        str | None, typer.Option(help="OData text, such as \"Status eq 'Draft'\".", metavar="TEXT")
    ] = None,
    orderby: Annotated[
        list[str] | None,
        typer.Option(help="Order by a column; -created is the newest first.", metavar="NAMES"),
    ] = None,
    limit: Annotated[int | None, typer.Option(help="At most so many.", min=1, metavar="COUNT")] = None,
    **values: Any,
) -> None:
    """Write the records that the options ask for, in the format that they ask for."""
    from signtraker.cli.dates import read_time
    from signtraker.cli.filters import build_filter, ordering

    version = session.odata_version

    def read(name: str, text: str) -> datetime:
        return read_time(text, session.now, option=f"--{name}")

    options: dict[str, Any] = {
        "filter": build_filter(resource, values, filter, version, read),
        "orderby": ordering(orderby or [], resource.model, version),
        "max_items": limit,
    }
    if limit is not None:
        options["page_size"] = min(limit, _PAGE_SIZE)
    if output.is_file and not orderby:
        # A file wants every record; a reader of stdout may have seen enough after the first.
        options["concurrency"] = _PAGES_AT_A_TIME
    for one in resource.parameters:
        if values[one.parameter] is not None:
            options[one.path] = values[one.parameter]
    write_records(session, output, resource, _records(resource, session, options))


def _records(resource: Resource, session: Session, options: dict[str, Any]) -> Iterator[Any]:
    """Read the records; the client is made for the first of them, after all options are checked."""
    with closing(resource.iterate(session.client, **options)) as records:
        yield from records


def get_record(
    resource: Resource,
    session: Session,
    record_id: Annotated[int, typer.Argument(metavar="ID", help="The id of the record.")],
    *,
    json: Annotated[bool, typer.Option("--json", help="Write the API's JSON.")] = False,
) -> None:
    """Write one record, as a card or as JSON."""
    record = resource.read(session.client, record_id)
    if record is None:
        raise CommandError(f"There is no {resource.singular} with the id {record_id}.")
    if json:
        from signtraker.cli.writers import json_text

        sys.stdout.write(json_text(record, indent=2) + "\n")
        return
    from signtraker.cli.card import card

    sys.stdout.write(card(record, resource, session.terminal, session.timezone))
