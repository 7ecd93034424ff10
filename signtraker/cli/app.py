"""Build the tree of commands."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Final

import typer

from signtraker._version import __version__
from signtraker.cli.agents import add_agent_commands
from signtraker.cli.doctor import add_doctor
from signtraker.cli.export.command import add_export
from signtraker.cli.imports import add_import
from signtraker.cli.lists import add_list_and_get
from signtraker.cli.orders import add_order_commands
from signtraker.cli.report.command import add_report
from signtraker.cli.resources import RESOURCES
from signtraker.cli.sandbox import add_sandbox

_HELP = """Look, order, import and remove yard signs of SignTraker.

\b
Examples:
  signtraker orders list --sandbox
  signtraker orders list --status Draft --created-since "2 weeks ago"
  signtraker orders get 1001
  signtraker sandbox

\b
The key comes from SIGNTRAKER_API_KEY or from a profile, never from an option.
The tenant is --subdomain, SIGNTRAKER_SUBDOMAIN or a profile's.
"""

_MORE: Final[dict[str, tuple[tuple[Callable[[typer.Typer], None], tuple[str, ...]], ...]]] = {
    "orders": ((add_order_commands, ("create", "remove")), (add_import, ("import",))),
    "agents": ((add_agent_commands, ("update",)),),
}
"""The commands of a resource besides `list` and `get`."""


def build() -> typer.Typer:
    """Return the tree of commands; each module adds its own."""
    # Plain help: it is fast, fits 80 columns and can be piped. A traceback shows no locals.
    app = typer.Typer(
        name="signtraker",
        help=_HELP,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_callback)
    for resource in RESOURCES:
        part = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
        add_list_and_get(part, resource)
        verbs = ["list", "get"]
        for add, more in _MORE.get(resource.name, ()):
            add(part)
            verbs += more
        names = f"{', '.join(verbs[:-1])} and {verbs[-1]}"
        app.add_typer(part, name=resource.name, help=f"{resource.singular.capitalize()}s: {names}.")
    add_report(app)
    add_export(app)
    add_doctor(app)
    add_sandbox(app)
    return app


def _callback(
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    if version:
        sys.stdout.write(f"signtraker {__version__}\n")
        raise typer.Exit


_callback.__doc__ = _HELP
