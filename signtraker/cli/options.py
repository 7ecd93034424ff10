"""Define the options that many commands share, and add commands to the tree.

A command is a function. For a parameter `session` it gets the options of the connection, for `output` those
of the output: the function sees a `Session` and an `Output` instead.
"""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_type_hints

import typer

from signtraker.cli.errors import ExitCode
from signtraker.cli.output import Output
from signtraker.cli.session import Connection, Session
from signtraker.cli.terminal import Terminal, silence_stdout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


def option(name: str, kind: Any, text: str, default: Any = None, **more: Any) -> inspect.Parameter:
    """Return the parameter of an option; `name` is the option without its dashes."""
    info = typer.Option(f"--{name}", help=text, **more)
    return inspect.Parameter(
        name.replace("-", "_"),
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, info],
    )


def _profiles(incomplete: str) -> list[str]:
    """Suggest the profiles of the file for the shell's completion."""
    from signtraker.cli.errors import UsageError
    from signtraker.cli.settings import config_path, read_profiles

    path = config_path(os.environ)
    try:
        names, _ = read_profiles(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError, UsageError):
        return []
    return [name for name in names if name.startswith(incomplete)]


def _column_names(context: typer.Context, incomplete: str) -> list[str]:
    """Suggest the columns of the command's resource, after those that the option has already."""
    from signtraker.cli.columns import columns_of
    from signtraker.cli.resources import RESOURCES

    parent = context.parent.info_name if context.parent is not None else None
    models = [one.model for one in RESOURCES if one.name == parent]
    before, comma, last = incomplete.rpartition(",")
    names = [one.name for model in models for one in columns_of(model)]
    return [f"{before}{comma}{name}" for name in names if name.startswith(last)]


CONNECTION: Final = (
    option(
        "profile",
        str | None,
        "Use this profile of the file of profiles.",
        metavar="NAME",
        autocompletion=_profiles,
    ),
    option("subdomain", str | None, "The tenant: acme for https://acme.signtraker.com.", metavar="NAME"),
    option("base-url", str | None, "The address of the API, instead of --subdomain.", metavar="URL"),
    option("timezone", str | None, "The time zone of times, such as America/Denver.", metavar="ZONE"),
    option("sandbox", bool, "Work on made-up records of a private server.", default=False),
)
OUTPUT: Final = (
    option(
        "columns",
        str | None,
        "Only these columns, such as id,status,city.",
        metavar="NAMES",
        autocompletion=_column_names,
    ),
    option("output", Path | None, "Write to this file; its ending names the format.", metavar="FILE"),
    option("json", bool, "Write one JSON array.", default=False),
    option("ndjson", bool, "Write a line of JSON for each record.", default=False),
    option("csv", bool, "Write CSV.", default=False),
    option("parquet", bool, "Write Parquet.", default=False),
    option("table", bool, "Write the table of a terminal anywhere.", default=False),
    option("no-pager", bool, "Don't page the table.", default=False),
)


def _output(values: dict[str, Any]) -> Output:
    kinds = tuple(name for name in ("json", "ndjson", "csv", "parquet", "table") if values[name])
    return Output(kinds, values["output"], values["columns"], pager=not values["no_pager"])  # type: ignore[arg-type]  # as OUTPUT says


def add_command(
    app: typer.Typer,
    name: str,
    function: Callable[..., Any],
    *,
    help: str | None = None,  # noqa: A002 - as Typer calls it
    parameters: Iterable[inspect.Parameter] = (),
    bound: Mapping[str, Any] | None = None,
) -> None:
    """Add a function to the tree as a command.

    Args:
        app: The part of the tree.
        name: The name of the command.
        function: The function; it returns None or an `ExitCode`.
        help: The help text; the function's docstring by default.
        parameters: Further options, which reach the function as keyword arguments.
        bound: Arguments of the function that are no options.
    """
    given = dict(bound or {})
    hints = get_type_hints(function, include_extras=True)
    known = inspect.signature(function).parameters
    own = [
        one.replace(annotation=hints[one.name], kind=inspect.Parameter.KEYWORD_ONLY)
        for one in known.values()
        if one.name not in {"session", "output", *given} and one.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    wants_output = "output" in known
    shared = [*parameters, *own, *(OUTPUT if wants_output else ()), *CONNECTION]
    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)

    def run(context: typer.Context, **values: Any) -> Any:
        connection = Connection(**{one.name: values.pop(one.name) for one in CONNECTION})
        if wants_output:
            values["output"] = _output({one.name: values.pop(one.name) for one in OUTPUT})
        try:
            with Session(connection, clock=context.obj) as session:
                return function(session=session, **given, **values)
        except KeyboardInterrupt:
            Terminal(os.environ).note("Interrupted.")
            return ExitCode.INTERRUPTED
        except BrokenPipeError:
            # The reader of stdout has seen enough, which Typer would take for an error.
            silence_stdout()
            return ExitCode.DONE

    run.__signature__ = inspect.Signature([context, *shared])  # type: ignore[attr-defined]  # Typer reads it
    run.__annotations__ = {}
    run.__doc__ = help or function.__doc__
    app.command(name)(run)
