"""Add the command `sandbox`, which is `python -m signtraker.sandbox`."""

from __future__ import annotations

from typing import Any

import typer


def add_sandbox(app: typer.Typer) -> None:
    """Add the command; the arguments after it are those of `python -m signtraker.sandbox`."""
    app.command(
        "sandbox",
        short_help="Run a server with made-up records, to try things.",
        add_help_option=False,
        context_settings={
            "ignore_unknown_options": True,
            "allow_extra_args": True,
            "allow_interspersed_args": False,
        },
    )(run_sandbox)


def run_sandbox(context: typer.Context) -> Any:
    """Run a server that behaves like SignTraker, with made-up records."""
    # Its parser needs no extra.
    from signtraker.sandbox.__main__ import main

    return main(context.args, prog="signtraker sandbox")
