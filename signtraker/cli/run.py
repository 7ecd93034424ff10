"""Run the command: turn its errors into a sentence and an exit code."""

from __future__ import annotations

import io
import os
import re
import sys
import warnings
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import typer
from typer.main import get_command

from signtraker.cli.app import build
from signtraker.cli.errors import CommandError, ExitCode, exit_code, sentence
from signtraker.cli.terminal import Terminal, silence_stdout
from signtraker.exceptions import SignTrakerError

_AT_LEAST: Final = re.compile(r"Input should be greater than or equal to (\d+)")

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from datetime import datetime


def run(arguments: Sequence[str], *, clock: Callable[[], datetime] | None = None) -> int:
    """Run the command with these arguments and return its exit code.

    Args:
        arguments: The arguments after the name of the command.
        clock: Returns the current time; the machine's by default.
    """
    terminal = Terminal(os.environ)
    if sys.stdout is None:
        # Python's sign for a stream that the shell closed, as `>&-` does.
        terminal.error("stdout is closed; write >/dev/null where nobody reads it.")
        return ExitCode.USAGE
    _prepare_streams()
    try:
        with _notes_for_warnings(terminal):
            result = _tree()(args=list(arguments), prog_name="signtraker", standalone_mode=False, obj=clock)
            sys.stdout.flush()
    except (CommandError, SignTrakerError, typer.TyperException) as error:
        return _report(terminal, error)
    except (KeyboardInterrupt, typer.Abort):
        terminal.note("Interrupted.")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        silence_stdout()
        return ExitCode.DONE
    except OSError as error:
        # Such as a full disk. Files are opened elsewhere, with their own sentences.
        silence_stdout()
        place = "stdout" if error.filename is None else error.filename
        terminal.error(f"{place} can't be read or written: {error.strerror}.")
        return ExitCode.REFUSED
    return result if isinstance(result, int) else ExitCode.DONE


def _prepare_streams() -> None:
    """Write UTF-8 to files and pipes, whatever the system's encoding; replace what a terminal can't show."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                # A name that is not UTF-8 must not hide the error that is about it.
                errors = "backslashreplace" if stream is sys.stderr else "strict"
                stream.reconfigure(encoding="utf-8", errors=errors, newline="")


@cache
def _tree() -> Callable[..., Any]:
    # Not the Typer itself, which would replace `sys.excepthook`.
    return get_command(build())


def _report(terminal: Terminal, error: CommandError | SignTrakerError | typer.TyperException) -> int:
    """Write the sentence of an error; return its exit code."""
    if isinstance(error, CommandError):
        terminal.error(error.message)
        return error.code
    if isinstance(error, SignTrakerError):
        terminal.error(sentence(error))
        return exit_code(error)
    return _refuse_usage(terminal, error)


def _refuse_usage(terminal: Terminal, error: Any) -> int:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        terminal.note(error.format_message())
        return ExitCode.USAGE
    where = "" if context is None else f" See: {context.command_path} --help"
    terminal.error(f"{_refused(error.format_message())}{where}")
    return ExitCode.USAGE


def _refused(text: str) -> str:
    text = " ".join(text.split())
    # Typer passes on what pydantic says.
    text = text.replace(
        "Input should be a valid integer, unable to parse string as an integer", "it must be a whole number"
    )
    text = _AT_LEAST.sub(r"it must be \1 or more", text)
    if "--api-key" in text:
        text = "The key never goes on the command line: set SIGNTRAKER_API_KEY, or write it into a profile."
    return text if text.endswith((".", "?", "!", ")")) else f"{text}."


@contextmanager
def _notes_for_warnings(terminal: Terminal) -> Generator[None]:
    """Show the SDK's warnings as a line, without a path and a line of code."""
    with warnings.catch_warnings():

        def show(message: Warning | str, *_: object, **__: object) -> None:
            terminal.note(f"Note: {message}")

        warnings.showwarning = show
        warnings.simplefilter("always", UserWarning)
        yield
